"""Rounds, checks and report of `benchmarks/run latency`."""

import contextlib
import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from path.race import Failed, environment, machine, programs, spread, times
from served import Served, free_port

OURS, OURS_OS, OURS_FILE = "tickerhouse", "tickerhouse --durability os", "tickerhouse --follow FILE"
FLOOR, AT_ONCE = "echo every 100 ms", "echo at once"
CONTENDERS = (OURS, OURS_OS, OURS_FILE, FLOOR, AT_ONCE)
QUICK = (OURS, FLOOR, AT_ONCE)
PACED, SPARSE = "paced", "sparse"
LOADS = (PACED, SPARSE)
WARM_UP_SHARE = 0.15
SETTLE_SECONDS = 60
FEED_SECONDS_MORE = 120  # the helper's own limits are shorter, but for a server that reads no more


def run(arguments):
    build = programs(arguments.build, "stream_latency")
    contenders = QUICK if arguments.quick else CONTENDERS
    cells = []
    with tempfile.TemporaryDirectory(prefix="tickerhouse-latency-", dir=arguments.work) as folder:
        for number in range(arguments.rounds):
            shift = number % len(contenders)
            for contender in contenders[shift:] + contenders[:shift]:
                for load in LOADS:
                    work = Path(folder, f"{number}-{CONTENDERS.index(contender)}-{load}")
                    work.mkdir()
                    measured = once(build, contender, arguments, (load, number + 1, work))
                    cells.append({"round": number + 1, "contender": contender, "load": load, **measured})
    return {"command": command(arguments), "rate": arguments.rate, "symbols": arguments.symbols, "seconds": arguments.seconds, "machine": machine(build), "cells": cells,
            "loads": {load: {name: summary(cells, load, name) for name in contenders} for load in LOADS},
            "ratios": {load: {name: ratio(cells, load, name) for name in contenders if name not in (FLOOR, AT_ONCE)} for load in LOADS}}


def command(arguments):
    words = ["benchmarks/run", "latency", "--rate", arguments.rate, "--symbols", arguments.symbols, "--seconds", arguments.seconds, "--rounds", arguments.rounds]
    return shlex.join(str(word) for word in words)


def once(build, contender, arguments, place):
    """One server, fed and listened to. place: the load, the seed, a fresh folder."""
    load, seed, work = place
    port, file = free_port(), work / "events.jsonl"
    file.touch()
    with pipe() as (reading, writing):
        with Served(server_words(build, contender, port, file), port, work / "log", stdin=reading) as server:
            reading.close()
            target = file if contender == OURS_FILE else f"/dev/fd/{writing.fileno()}"
            words = ["feed", port, target, arguments.symbols, arguments.rate if load == PACED else 0, arguments.seconds, WARM_UP_SHARE * arguments.seconds, seed]
            measured = feed([build / "benchmarks" / "stream_latency", *words], writing, server, arguments.seconds)
            writing.close()
            if contender not in (FLOOR, AT_ONCE):
                server.until(lambda: all_used(server, measured["fed"]), SETTLE_SECONDS, f"the ledger has {measured['fed']} used events")
    return {**measured, "cpu_s": server.cpu_s}


@contextlib.contextmanager
def pipe():
    read, written = os.pipe()
    with open(read, "rb", buffering=0) as reading, open(written, "wb", buffering=0) as writing:
        yield reading, writing


def feed(words, writing, server, seconds):
    try:
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=environment(), pass_fds=[writing.fileno()], timeout=seconds + FEED_SECONDS_MORE)
    except subprocess.TimeoutExpired:
        raise server.problem("it does not take what it is fed") from None
    if done.returncode != 0:
        raise server.problem(done.stderr.strip())
    return json.loads(done.stdout)


def all_used(server, fed):
    total = server.json("/api/v1/status")["total"]
    if total["received"] > fed or any(count for name, count in total.items() if name not in ("received", "used")):
        raise Failed(f"{fed} events were fed, the ledger says {total}")
    return total["used"] == fed


def server_words(build, contender, port, file):
    if contender in (FLOOR, AT_ONCE):
        return [build / "benchmarks" / "stream_latency", "echo", port, "at-once" if contender == AT_ONCE else "every-100"]
    words = [build / "tickerhouse", "replay", "--serve", "--port", port, "--data", file.parent / "data", "--history", "none"]
    if contender == OURS_OS:
        words += ["--durability", "os"]
    return words + (["--follow", file] if contender == OURS_FILE else ["-"])


def of(cells, load, name):
    return [cell for cell in cells if cell["load"] == load and cell["contender"] == name]


def summary(cells, load, name):
    """Medians over the rounds, in milliseconds; CPU seconds of the server, start and end included."""
    mine = of(cells, load, name)
    named = {f"{what}_{key}": spread([cell[what][key] for cell in mine]) for what in ("events", "rows", "feeder") for key in ("p50", "p99", "max")}
    return {**named, "frames": spread([cell["frames"] for cell in mine]), "cpu_s": spread([cell["cpu_s"] for cell in mine])}


def ratio(cells, load, name):
    """Our percentiles in multiples of those of the floor with the same cadence, and ms above them, formed within each round."""
    pairs = [(ours["events"], floor["events"]) for ours, floor in zip(of(cells, load, name), of(cells, load, FLOOR))]
    return {key: {"times": spread([ours[key] / floor[key] for ours, floor in pairs]), "more_ms": spread([ours[key] - floor[key] for ours, floor in pairs])}
            for key in ("p50", "p99")}


def text(report):
    heads = {PACED: f"{report['rate']:,} events/s of {report['symbols']} symbols for {report['seconds']} s, open loop",
             SPARSE: f"single events 150 to 450 ms apart for {report['seconds']} s"}
    lines = [report["machine"], "Each row seen is an event that was fed, the last state seen is the last one fed, the ledger has them all.",
             "ms from when an event was due until a message with it had come; median (min to max) of the rounds"]
    for load, contenders in report["loads"].items():
        lines += ["", heads[load], f"{'':<28}{'p50':<28}{'p99':<30}{'largest':<10}{'p50 of rows':<13}{'fed, p99':<10}CPU s"]
        lines += [f"{name:<28}{times(one['events_p50']):<28}{times(one['events_p99']):<30}{one['events_max']['median']:<10.1f}{one['rows_p50']['median']:<13.2f}"
                  f"{one['feeder_p99']['median']:<10.2f}{one['cpu_s']['median']:.1f}" for name, one in contenders.items()]
        lines += [f"{name} / {FLOOR}".ljust(50) + ", ".join(f"{key} {times(one[key]['times'])}, {one[key]['more_ms']['median']:+.1f} ms" for key in one)
                  for name, one in report["ratios"][load].items()]
    return "\n".join([*lines, "", *EXPLANATION, "", report["command"]])


EXPLANATION = (
    "Every event counts, also one that a later event of its symbol has overtaken: it has come with the first row that holds it or a later",
    "one. 'p50 of rows' is the age of what a row shows when it comes, 'fed' how late the line was written, which is in every figure, and",
    "'CPU s' the server's, start and end included. Most of the time is waiting, not work: the shards tell of open bars at most every",
    "20 ms, then a connection hears every 100 ms. The echo every 100 ms waits for the second only, the echo at once for nothing.",
    "More in docs/performance.md.",
)
