"""Rounds and report of `benchmarks/run kafka-latency`."""

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from kafka.race import FLINK, OURS, PARTITIONS, STREAMS, Bench, build_peers, call, cluster, high_water
from path.race import Failed, environment, machine, programs, spread, times

CONTENDERS = (OURS, STREAMS, FLINK)
FIGURES = ("p50", "p90", "p99", "max")
PATIENCE_S = 60


def run(arguments):
    build = programs(arguments.build, "bar_latency")
    build_peers()
    cells = []
    with tempfile.TemporaryDirectory(prefix="tickerhouse-kafka-bench-", dir=arguments.work) as folder:
        work = Path(folder)
        with cluster.Cluster(work / "broker", heap="1g") as broker:
            bench = Bench(build, work, broker)
            # A broker that has just come up is seconds behind: a run that does not count.
            (work / "warm").mkdir()
            once(bench, OURS, work / "warm", (arguments, 0))
            for number in range(arguments.rounds):
                shift = number % len(CONTENDERS)
                for contender in CONTENDERS[shift:] + CONTENDERS[:shift]:
                    place = work / f"round{number + 1}-{contender.split()[-1].lower()}"
                    place.mkdir()
                    cells.append({"round": number + 1, "contender": contender, **once(bench, contender, place, (arguments, number + 1))})
    return {"command": f"benchmarks/run kafka-latency --rate {arguments.rate} --symbols {arguments.symbols} --seconds {arguments.seconds} --rounds {arguments.rounds}",
            "rate": arguments.rate, "symbols": arguments.symbols, "seconds": arguments.seconds, "machine": machine(build), "cells": cells,
            "contenders": {name: summary(cells, name) for name in CONTENDERS}, "ratios": {name: ratio(cells, name) for name in CONTENDERS if name != OURS}}


def once(bench, contender, folder, sizes):
    """One engine, fed and listened to. sizes: the arguments, and the seed."""
    arguments, seed = sizes
    brokers, trades, bars = bench.broker.bootstrap, f"{folder.name}-trades", f"{folder.name}-bars"
    call(*bench.ours("topic", "create", trades, "--partitions", PARTITIONS, "--brokers", brokers))
    if contender == OURS:
        bars = f"{folder.name}.bars"
        tape = ["--data", folder / "data", *bench.tape(folder.name)]
        call(*bench.ours("replay", "--topic", trades, "--keyed", "symbol", "--intervals", "1s", *tape))  # it is empty yet
        engine = [bench.ours("work", "--group", "g", "--id", "1", *tape)]
    else:
        call(*bench.ours("topic", "create", bars, "--partitions", PARTITIONS, "--brokers", brokers))
        name = "streams" if contender == STREAMS else "flink"
        engine = [bench.java(name, f"{name.capitalize()}Bars", brokers, trades, bars, folder / "state", "live")]
    processes = []
    with open(folder / "log", "ab") as log:
        try:
            for words in engine:
                processes.append(subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=environment()))
            wait_for_topic(bench, bars)
            measured = json.loads(call(bench.build / "benchmarks/bar_latency", brokers, trades, bars, arguments.symbols, arguments.rate, 2 * arguments.seconds, arguments.seconds, seed))
            times_of_bars = measured.pop("bars")
            return {"bars": times_of_bars.pop("count"), **times_of_bars, **measured, **end(processes, folder)}
        finally:
            for process in processes:
                if process.returncode is None:
                    process.kill()
                    process.wait()


def wait_for_topic(bench, name):
    deadline = time.monotonic() + PATIENCE_S
    while name not in call(*bench.ours("topic", "list", "--brokers", bench.broker.bootstrap)).split():
        if time.monotonic() > deadline:
            raise Failed(f"no topic {name} after {PATIENCE_S} s")
        time.sleep(0.2)


def end(processes, folder):
    """What they have used since they began."""
    if any(process.poll() is not None for process in processes):
        raise Failed(f"an engine has ended by itself\n{(folder / 'log').read_text(errors='replace')[-2000:]}")
    peak, cpu = sum(high_water(process.pid) for process in processes), 0
    for process in processes:
        process.send_signal(signal.SIGTERM)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu += used.ru_utime + used.ru_stime
    return {"cpu_s": cpu, "rss_max_kib": peak}


def summary(cells, name):
    mine = [cell for cell in cells if cell["contender"] == name]
    return {**{key: spread([cell[key] for cell in mine]) for key in (*FIGURES, "cpu_s", "late_ms")}, "bars": sum(cell["bars"] for cell in mine),
            "rss_max_mib": max(cell["rss_max_kib"] for cell in mine) / 1024}


def ratio(cells, peer):
    """Ours as a share of the peer's, formed within each round."""
    cell = {(one["round"], one["contender"]): one for one in cells}
    pairs = [(cell[number, OURS], one) for (number, name), one in cell.items() if name == peer]
    return {key: spread([ours[key] / theirs[key] for ours, theirs in pairs]) for key in ("p50", "p99", "cpu_s")}


def text(report):
    lines = [report["machine"], f"{report['rate']:,} trades/s of {report['symbols']} symbols, open loop; windows of a second, of {report['seconds']} s after as long to warm up",
             "ms from a window's end and the bound of 5 s until its bar was with a read_committed consumer; each came once, with all its trades", "",
             f"{'median (min to max)':<22}{'p50':<30}{'p99':<30}{'largest':<30}{'CPU-s':<24}{'MiB':<8}bars"]
    lines += [f"{name:<22}{times(one['p50']):<30}{times(one['p99']):<30}{times(one['max']):<30}{times(one['cpu_s']):<24}{one['rss_max_mib']:<8.0f}{one['bars']:,}"
              for name, one in report["contenders"].items()]
    lines += ["", *(f"{OURS} / {name}".ljust(30) + ", ".join(f"{key.replace('_s', '')} {times(values)}" for key, values in one.items()) for name, one in report["ratios"].items())]
    return "\n".join([*lines, "", report["command"]])
