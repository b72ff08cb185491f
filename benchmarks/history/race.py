"""Rounds, comparison and report of `benchmarks/run history`."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from path.race import Failed, environment, machine, programs, spread, times

OURS, PEER, CSV = "tickerhouse", "duckdb", "csv"
CONTENDERS = (OURS, PEER, CSV)
NAMES = {OURS: "history, Parquet", PEER: "DuckDB COPY", CSV: "history, CSV"}
TOPICS = ("events", "bars")


def run(arguments):
    build = programs(arguments.build, "history_rows")
    program = build / "benchmarks" / "history_rows"
    cells, compared = [], {}
    with tempfile.TemporaryDirectory(prefix="tickerhouse-history-", dir=arguments.work) as folder:
        for topic in TOPICS:
            for number in range(arguments.rounds):
                shift = number % len(CONTENDERS)
                for contender in CONTENDERS[shift:] + CONTENDERS[:shift]:
                    out = Path(folder, contender)
                    shutil.rmtree(out, ignore_errors=True)
                    cells.append({"round": number + 1, "topic": topic, "contender": contender, **call(program, contender, topic, arguments.rows, out)})
                for contender in (OURS, CSV):
                    compared[topic] = call(program, "compare", topic, Path(folder, contender), Path(folder, PEER))["rows"]
                    if compared[topic] != arguments.rows:
                        raise Failed(f"{contender} has {compared[topic]} rows of {topic}, not {arguments.rows}")
    return {"command": f"benchmarks/run history --rows {arguments.rows} --rounds {arguments.rounds}", "rows": arguments.rows, "machine": machine(build),
            "cells": cells, "topics": {topic: summary(cells, topic, arguments.rounds) for topic in TOPICS}}


def call(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, env=environment())
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def summary(cells, topic, rounds):
    """Rows per CPU-second of each, and ours in shares of the peer's, formed within each round."""
    cell = {(one["round"], one["contender"]): one for one in cells if one["topic"] == topic}
    numbers = range(1, rounds + 1)
    return {"contenders": {name: {"rows_per_cpu_s": spread([cell[n, name]["rows"] / cell[n, name]["cpu_s"] for n in numbers]),
                                  "bytes": cell[1, name]["bytes"]} for name in CONTENDERS},
            "share": {name: spread([cell[n, PEER]["cpu_s"] / cell[n, name]["cpu_s"] for n in numbers]) for name in (OURS, CSV)}}


def text(report):
    lines = [report["machine"], "", f"{report['rows']:,} rows of each, equal; median (min to max)", f"{'':<28}{'rows per CPU-second':<40}{'MB':<8}of DuckDB's COPY"]
    for topic, one in report["topics"].items():
        for name, numbers in one["contenders"].items():
            rate = numbers["rows_per_cpu_s"]
            share = times(one["share"][name]) if name in one["share"] else ""
            lines.append(f"{topic + ': ' + NAMES[name]:<28}{rate['median']:>11,.0f} ({rate['min']:,.0f} to {rate['max']:,.0f})".ljust(68)
                         + f"{numbers['bytes'] / 1e6:<8.1f}{share}")
    return "\n".join([*lines, "", report["command"]])
