"""Rounds, comparison and report of `benchmarks/run kafka`."""

import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from kafka import feed
from path.race import ROOT, Failed, environment, machine, programs, spread, times

sys.path.insert(0, str(ROOT / "tools/kafka"))
import cluster  # noqa: E402

OURS, LOOP, STREAMS, FLINK, SPARK, SPARK_TUNED = "tickerhouse", "bare consume loop", "Kafka Streams", "Flink", "Spark", "Spark, tuned"
CONTENDERS = (OURS, LOOP, STREAMS, FLINK)
SPARKS = {SPARK: "plain", SPARK_TUNED: "tuned"}
PARTITIONS = 4
PEERS = ROOT / "build/peers"
PATIENCE_S = 1800
# Flink reaches into these.
OPENS = [word for package in ("java.lang", "java.util") for word in ("--add-opens", f"java.base/{package}=ALL-UNNAMED")]


def run(arguments):
    build = programs(arguments.build, "consume_loop")
    build_peers()
    contenders = CONTENDERS
    if arguments.spark:
        build_spark()
        contenders += tuple(SPARKS)
    with tempfile.TemporaryDirectory(prefix="tickerhouse-kafka-bench-", dir=arguments.work) as folder:
        work = Path(folder)
        with cluster.Cluster(work / "broker", heap="1g") as broker:
            bench = Bench(build, work, broker)
            cells, begun, compared = [], [], 0
            for number in range(arguments.rounds):
                name = f"round{number + 1}"
                bench.load(f"{name}-start", 1_000, arguments)
                begun += [{"contender": contender, **bench.once(f"{name}-start", contender)[0]} for contender in contenders]
                bench.load(name, arguments.events, arguments)
                shift = number % len(contenders)
                rows = {}
                for contender in contenders[shift:] + contenders[:shift]:
                    measured, rows[contender] = bench.once(name, contender)
                    cells.append({"round": number + 1, "contender": contender, **measured})
                compared = compare(rows)
                bench.drop(name)
    # Of the start the median: that of a Java machine varies by half.
    starts = {name: spread([one["cpu_s"] for one in begun if one["contender"] == name]) for name in contenders}
    for cell in cells:
        cell["net_cpu_s_per_million"] = (cell["cpu_s"] - starts[cell["contender"]]["median"]) / arguments.events * 1e6
    return {"command": f"benchmarks/run kafka --events {arguments.events} --symbols {arguments.symbols} --rounds {arguments.rounds} --seed {arguments.seed}{' --spark' if arguments.spark else ''}",
            "events": arguments.events, "symbols": arguments.symbols, "machine": machine(build), "bars_compared": compared, "starts": starts, "cells": cells,
            "contenders": {name: summary(cells, name) for name in contenders},
            "ratios": {name: ratio(cells, name, arguments.rounds) for name in contenders if name != OURS}}


def build_peers():
    if not shutil.which("mvn"):
        raise Failed("no mvn, which builds the peers: ./test installs it")
    for engine in ("streams", "flink"):
        done = subprocess.run(["mvn", "-q", "-B", "-f", ROOT / "benchmarks/kafka/peers/pom.xml", "-P", engine, f"-Dout={PEERS / engine}", "package"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"mvn: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def build_spark():
    """Its Python package, and beside that what joins it to Kafka."""
    base, sources = PEERS / "spark", ROOT / "benchmarks/kafka/peers/spark"
    shims = sorted((sources / "src").rglob("*.java"))
    wanted = b"".join(file.read_bytes() for file in (sources / "requirements.txt", sources / "connector.xml", *shims))
    stamp = base / ".stamp"
    if stamp.exists() and stamp.read_bytes() == wanted:
        return
    shutil.rmtree(base, ignore_errors=True)
    python, classes = base / "python", base / "classes"
    for words in (["/usr/bin/python3", "-m", "venv", python],
                  [python / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r", sources / "requirements.txt"],
                  ["mvn", "-q", "-B", "-f", sources / "connector.xml", "dependency:copy-dependencies", f"-DoutputDirectory={base / 'jars'}"]):
        call(*words)
    spark_jars = next(python.glob("lib/python3*/site-packages/pyspark/jars"))
    call("javac", "--release", "17", "-cp", f"{spark_jars}/*:{base / 'jars'}/*", "-d", classes, *shims)
    call("jar", "--create", "--file", base / "jars/tokens.jar", "-C", classes, ".")
    stamp.write_bytes(wanted)


def call(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=environment(), timeout=PATIENCE_S)
    if done.returncode != 0:
        raise Failed(f"exit {done.returncode}: {' '.join(map(str, words))}\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
    return done.stdout


class Bench:
    def __init__(self, build, work, broker):
        self.build, self.work, self.broker = build, work, broker
        self.markers = 0

    def ours(self, *words):
        return [self.build / "tickerhouse", *words]

    def tape(self, name):
        return ["--tape", "kafka", "--brokers", self.broker.bootstrap, "--pipeline", name]

    def load(self, name, events, arguments):
        """A pipeline whose events are on the brokers, and nothing else is done."""
        file = self.work / "feed.jsonl"
        self.markers = feed.write(file, events, arguments.symbols, arguments.seed, PARTITIONS)
        call(*self.ours("produce", file, "--data", self.work / f"{name}-produce", "--partitions", PARTITIONS, "--intervals", "1m", *self.tape(name)))
        file.unlink()

    def drop(self, name):
        for topic in call(*self.ours("topic", "list", "--brokers", self.broker.bootstrap)).split():
            if topic.startswith(name):
                call(*self.ours("topic", "delete", topic, "--yes", "--brokers", self.broker.bootstrap))
        for folder in self.work.glob(f"{name}-*"):
            shutil.rmtree(folder)

    def once(self, name, contender):
        """What it cost and the bars it made, of the loop none."""
        folder = self.work / f"{name}-{contender.replace(' ', '-')}"
        folder.mkdir()
        if contender in SPARKS:
            return self.once_spark(name, folder, SPARKS[contender])
        return {OURS: self.once_ours, LOOP: self.once_loop, STREAMS: self.once_streams, FLINK: self.once_flink}[contender](name, folder)

    def once_ours(self, name, folder):
        data = folder / "data"
        worker = measure(self.ours("work", "--data", data, "--group", "g", "--id", "1", *self.tape(name)), folder, lambda: self.has_stepped_all(data))
        sink = measure(self.ours("sink", "parquet", "--history-rows-of", "bars", "--exit-at-end", "--data", data, *self.tape(name)), folder)
        total = {key: worker[key] + sink[key] for key in ("cpu_s", "user_s", "system_s", "wall_s")}
        return {**total, "rss_max_kib": max(worker["rss_max_kib"], sink["rss_max_kib"]), "parts": {"work": worker, "sink": sink}}, our_rows(data)

    def has_stepped_all(self, data):
        done = subprocess.run([str(word) for word in self.ours("status", "--data", data, "--json")], capture_output=True, text=True, env=environment())
        if done.returncode != 0:
            return False  # not set up yet
        status = json.loads(done.stdout)
        return status["total"]["received"] > 0 and not any(partition["waiting"] for partition in status["partitions"])

    def once_loop(self, name, folder):
        measured = measure([self.build / "benchmarks/consume_loop", self.broker.bootstrap, f"{name}.events"], folder)
        return measured, None

    def java(self, engine, main, *words):
        base = PEERS / engine
        return ["java", "-Xmx1g", "-XX:+UseParallelGC", *(OPENS if engine == "flink" else []), "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp", f"{base}/peers-1.jar:{base}/lib/*", f"tickerhouse.peers.{engine}.{main}", *words]

    def once_streams(self, name, folder):
        out = f"{name}-streams"
        call(*self.ours("topic", "create", out, "--partitions", PARTITIONS, "--brokers", self.broker.bootstrap))
        measured = measure(self.java("streams", "StreamsBars", self.broker.bootstrap, f"{name}.events", out, folder / "state", self.markers), folder)
        return measured, streams_rows(self.broker.bootstrap, out)

    def once_flink(self, name, folder):
        measured = measure(self.java("flink", "FlinkBars", self.broker.bootstrap, f"{name}.events", folder / "out", folder / "state"), folder)
        return measured, flink_rows(folder / "out")

    def once_spark(self, name, folder, how):
        base = PEERS / "spark"
        submit = next(base.glob("python/lib/python3*/site-packages/pyspark")) / "bin/spark-submit"
        jars = ",".join(map(str, sorted((base / "jars").glob("*.jar"))))
        words = ["env", f"PYSPARK_PYTHON={base / 'python/bin/python'}", "SPARK_LOCAL_IP=127.0.0.1", f"SPARK_HOME={submit.parents[1]}", submit, "--master", "local[2]",
                 "--driver-memory", "4g", "--jars", jars, ROOT / "benchmarks/kafka/peers/spark/bars.py", self.broker.bootstrap, f"{name}.events", folder / "out", folder / "state", how]
        measured = measure(words, folder)
        return measured, spark_rows(folder / "out")


def measure(words, folder, has_done=None):
    """A process until it ends; one that does not by itself is told to when it `has_done`. Its peak of memory is read while it runs: what
    the kernel tells afterwards counts this program, which it was for a moment."""
    words, begun, wall, peak = [str(word) for word in words], time.monotonic(), None, 0
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=environment())
    while True:
        peak = max(peak, high_water(process.pid))
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - begun > PATIENCE_S:
            process.kill()
        elif has_done and wall is None and has_done():
            wall = time.monotonic() - begun
            process.send_signal(signal.SIGTERM)
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 or (has_done and wall is None):
        raise Failed(f"exit {process.returncode}: {' '.join(words)}\n{(folder / 'log').read_text(errors='replace')[-2000:]}")
    return {"cpu_s": used.ru_utime + used.ru_stime, "user_s": used.ru_utime, "system_s": used.ru_stime,
            "wall_s": wall or time.monotonic() - begun, "rss_max_kib": peak}


def high_water(pid):
    """Of what the process runs now, in KiB; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def instant(moment):
    return int(moment.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000) if moment.tzinfo is None else int(moment.timestamp() * 1000)


def bar(symbol, start, values, volume, count):
    return (symbol, start, *(Decimal(str(value)).normalize() for value in values), int(volume), int(count))


def our_rows(data):
    import pyarrow.parquet

    rows = []
    for file in (data / "history/bars/parquet").rglob("*.parquet"):
        for row in pyarrow.parquet.ParquetFile(file).read().to_pylist():
            rows.append(bar(row["symbol"], instant(row["window_start"]), (row["open"], row["high"], row["low"], row["close"]), row["volume"], row["trade_count"]))
    return rows


def flink_rows(folder):
    return parquet_rows(folder.rglob("part-*"))


def spark_rows(folder):
    return parquet_rows(folder.glob("part-*.parquet"))


def parquet_rows(files):
    import pyarrow.parquet

    rows = []
    for file in files:
        for row in pyarrow.parquet.ParquetFile(file).read().to_pylist():
            start = row["start"] if isinstance(row["start"], int) else instant(row["start"])
            if row["symbol"] is not None:  # Spark keeps what is no event
                rows.append(bar(row["symbol"], start, (row["open"], row["high"], row["low"], row["close"]), row["volume"], row["count"]))
    return rows


def streams_rows(bootstrap, topic):
    import confluent_kafka

    consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": "report", "isolation.level": "read_committed", "enable.partition.eof": True,
                                         "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.assign([confluent_kafka.TopicPartition(topic, partition, confluent_kafka.OFFSET_BEGINNING) for partition in range(PARTITIONS)])
    rows, ended = [], set()
    try:
        while len(ended) < PARTITIONS:
            message = consumer.poll(60)
            if message is None:
                raise Failed(f"no answer about {topic}")
            if message.error():
                ended.add(message.partition())
                continue
            row = json.loads(message.value(), parse_float=Decimal)
            rows.append(bar(row["symbol"], row["start"], (row["open"], row["high"], row["low"], row["close"]), row["volume"], row["count"]))
    finally:
        consumer.close()
    return rows


def compare(rows):
    """How many bars every engine has, all of them the same. Those of the markers are not all closed by all."""
    kept = {name: sorted(row for row in of_it if not row[0].startswith("~")) for name, of_it in rows.items() if of_it is not None}
    expected = kept[OURS]
    if not expected:
        raise Failed("tickerhouse made no bars")
    for name, mine in kept.items():
        if mine == expected:
            continue
        for one, other in zip(mine, expected):
            if one != other:
                raise Failed(f"results differ, the first bar:\n  {name}: {one}\n  {OURS}: {other}")
        raise Failed(f"results differ: {name} has {len(mine)} bars, {OURS} {len(expected)}")
    return len(expected)


def summary(cells, name):
    mine = [cell for cell in cells if cell["contender"] == name]
    return {"net_cpu_s_per_million": spread([cell["net_cpu_s_per_million"] for cell in mine]), "wall_s": spread([cell["wall_s"] for cell in mine]),
            "rss_max_mib": max(cell["rss_max_kib"] for cell in mine) / 1024}


def ratio(cells, peer, rounds):
    """How many times the peer's events per CPU-second are ours, and its memory, formed within each round."""
    cell = {(one["round"], one["contender"]): one for one in cells}
    pairs = [(cell[number, OURS], cell[number, peer]) for number in range(1, rounds + 1)]
    return {"per_cpu_s": spread([theirs["net_cpu_s_per_million"] / mine["net_cpu_s_per_million"] for mine, theirs in pairs]),
            "memory": spread([theirs["rss_max_kib"] / mine["rss_max_kib"] for mine, theirs in pairs])}


def text(report):
    lines = [f"{report['events']:,} trades of {report['symbols']} symbols; {report['bars_compared']:,} bars equal in all engines", report["machine"], "",
             f"{'median (min to max)':<22}{'CPU-s per million, without start':<36}{'start, CPU-s':<14}{'seconds':<28}MiB"]
    for name, one in report["contenders"].items():
        lines.append(f"{name:<22}{times(one['net_cpu_s_per_million']):<36}{report['starts'][name]['median']:<14.2f}{times(one['wall_s']):<28}{one['rss_max_mib']:.0f}")
    lines += ["", f"{'tickerhouse beside':<22}{'events per CPU-second':<36}memory"]
    lines += [f"{name:<22}{times(one['per_cpu_s']) + ' x':<36}1 / {times(one['memory'])}" for name, one in report["ratios"].items()]
    return "\n".join([*lines, "", report["command"]])
