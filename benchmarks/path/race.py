"""Rounds, measurements, comparison and report of `benchmarks/run path`."""

import csv
import datetime
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from path import trades

ROOT = Path(__file__).resolve().parents[2]
OURS = "tickerhouse"
OURS_OS = "tickerhouse --durability os"
PEERS = ("DuckDB, 1 thread", "DuckDB, 2 threads")
CONTENDERS = (OURS, OURS_OS, *PEERS)
MINUTES = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "1d": 1440}
COMPARED = ("symbol", "minutes", "window_start", "open", "high", "low", "close", "volume", "trade_count", "notional", "vwap")
NUMBERS = ("open", "high", "low", "close", "volume", "trade_count", "notional")


class Failed(Exception):
    pass


def run(arguments):
    build = programs(arguments.build, "duckdb_bars")
    with tempfile.TemporaryDirectory(prefix="tickerhouse-path-", dir=arguments.work) as folder:
        work = Path(folder)
        file = work / "trades.jsonl"
        size = trades.write(file, arguments.events, arguments.symbols, arguments.seed)
        warm_up(file)
        cells, bars, expected = [], {}, None
        for number in range(arguments.rounds):
            shift = number % len(CONTENDERS)
            for contender in CONTENDERS[shift:] + CONTENDERS[:shift]:
                measured, rows = once(build, contender, file, work)
                cells.append({"round": number + 1, "contender": contender, **measured})
                bars.setdefault(contender, rows)
                expected = compare(contender, rows, expected)
    return {
        "command": command(arguments),
        "events": arguments.events,
        "bytes": size,
        "symbols": arguments.symbols,
        "bars_compared": len(expected[1]),
        "machine": machine(build),
        "cells": cells,
        "contenders": {name: summary(cells, name, arguments.events) for name in CONTENDERS},
        "ratios": [ratio(cells, ours, peer, arguments.rounds) for ours in (OURS, OURS_OS) for peer in PEERS],
    }


def programs(build, *helpers):
    """The folder of the release build, brought up to date; one that was named is taken as it is."""
    if build is None:
        build = ROOT / "build" / "release"
        configured = build / "CMakeCache.txt"
        if not configured.exists() or "TICKERHOUSE_BENCHMARKS:BOOL=ON" not in configured.read_text():
            done = subprocess.run(["cmake", "--preset", "release", "-DTICKERHOUSE_BENCHMARKS=ON"], cwd=ROOT, capture_output=True, text=True)
            if done.returncode != 0:
                raise Failed(f"cmake: {done.stdout}{done.stderr}")
        if subprocess.run([ROOT / "tools" / "build", "release", "tickerhouse", *helpers]).returncode != 0:
            raise Failed("the build failed")
    for program in (build / "tickerhouse", *(build / "benchmarks" / helper for helper in helpers)):
        if not os.access(program, os.X_OK):
            raise Failed(f"no program {program}; it is built with -DTICKERHOUSE_BENCHMARKS=ON")
    return build.resolve()


def warm_up(file):
    """The file into the page cache, so that the first contender does not pay for the others."""
    with open(file, "rb") as data:
        while data.read(1 << 20):
            pass


def environment():
    """No setting of the caller's shell may reach a contender."""
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")}


def once(build, contender, file, work):
    """One run in a fresh folder: what it cost and the bars it made."""
    folder = work / "run"
    folder.mkdir()
    try:
        if contender in PEERS:
            result = folder / "bars.csv"
            measured = measure([build / "benchmarks" / "duckdb_bars", 1 + PEERS.index(contender), file, result], folder)
            return measured, duckdb_rows(result)
        data = folder / "data"
        more = ["--durability", "os"] if contender == OURS_OS else []
        measured = measure([build / "tickerhouse", "replay", "--history", "none", file, "--data", data, *more], folder)
        exported = folder / "bars.csv"
        with open(exported, "wb") as out:
            done = subprocess.run([build / "tickerhouse", "export", "bars", "--data", data, "--format", "csv"], stdout=out,
                                  stderr=subprocess.PIPE, cwd=folder, env=environment())
        if done.returncode != 0:
            raise Failed(f"export: {done.stderr.decode(errors='replace')}")
        return measured, our_rows(exported)
    finally:
        shutil.rmtree(folder)


def measure(words, folder):
    words = [str(word) for word in words]
    with open(folder / "log", "wb") as log:
        before = time.monotonic()
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=environment())
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"exit {process.returncode}: {shlex.join(words)}\n{(folder / 'log').read_text(errors='replace')[-2000:]}")
    return {"cpu_s": used.ru_utime + used.ru_stime, "user_s": used.ru_utime, "system_s": used.ru_stime, "wall_s": wall,
            "rss_max_kib": used.ru_maxrss}


def our_rows(file):
    with open(file, newline="") as table:
        rows = [(row["symbol"], MINUTES[row["interval"]], row["window_start"], *(Decimal(row[name]) for name in NUMBERS), Decimal(row["vwap"]))
                for row in csv.DictReader(table)]
    return sorted(rows)


def duckdb_rows(file):
    def instant(seconds):
        return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    with open(file, newline="") as table:
        rows = [(row["symbol"], int(row["minutes"]), instant(row["window_start_s"]), *(Decimal(row[name]) for name in NUMBERS),
                 Decimal(row["vwap_e9"]).scaleb(-9)) for row in csv.DictReader(table)]
    return sorted(rows)


def compare(name, rows, expected):
    """The first run's (name, rows); every later one must have the same."""
    if expected is None:
        if not rows:
            raise Failed(f"{name} made no bars")
        return name, rows
    other, others = expected
    if rows == others:
        return expected
    for mine, theirs in zip(rows, others):
        if mine != theirs:
            raise Failed(f"results differ, the first row:\n  {', '.join(COMPARED)}\n  {name}: {shown(mine)}\n  {other}: {shown(theirs)}")
    raise Failed(f"results differ: {name} has {len(rows)} bars, {other} {len(others)}")


def shown(row):
    return ", ".join(str(cell) for cell in row)


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def summary(cells, name, events):
    mine = [cell for cell in cells if cell["contender"] == name]
    return {"events_per_cpu_s": spread([events / cell["cpu_s"] for cell in mine]),
            "events_per_wall_s": spread([events / cell["wall_s"] for cell in mine]),
            "rss_max_mib": max(cell["rss_max_kib"] for cell in mine) / 1024}


def ratio(cells, ours, peer, rounds):
    """How many times the peer's events per second are ours, formed within each round."""
    cell = {(one["round"], one["contender"]): one for one in cells}
    pairs = [(cell[number, ours], cell[number, peer]) for number in range(1, rounds + 1)]
    return {"ours": ours, "peer": peer, "per_cpu_s": spread([theirs["cpu_s"] / mine["cpu_s"] for mine, theirs in pairs]),
            "per_wall_s": spread([theirs["wall_s"] / mine["wall_s"] for mine, theirs in pairs])}


def command(arguments):
    words = ["benchmarks/run", "path", "--events", arguments.events, "--symbols", arguments.symbols, "--rounds", arguments.rounds, "--seed", arguments.seed]
    return shlex.join(str(word) for word in words)


def machine(build):
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), platform.machine())
    version = subprocess.run([build / "tickerhouse", "version"], capture_output=True, text=True, check=True).stdout
    return f"{len(os.sched_getaffinity(0))} x {model}; {', '.join(version.split(chr(10))).strip(', ')}; Linux {platform.release()}; load {os.getloadavg()[0]:.1f}"


def rates(values):
    return f"{values['median']:>11,.0f} ({values['min']:,.0f} to {values['max']:,.0f})"


def times(values):
    return f"{values['median']:.2f} ({values['min']:.2f} to {values['max']:.2f})"


def text(report):
    lines = [f"{report['events']:,} trades of {report['symbols']} symbols, {report['bytes'] / 1e6:.0f} MB; {report['bars_compared']:,} bars equal in {len(COMPARED)} columns",
             report["machine"], "", f"{'median (min to max)':<28}{'events per CPU-second':<40}{'events per second':<40}MiB"]
    lines += [f"{name:<28}{rates(one['events_per_cpu_s']):<40}{rates(one['events_per_wall_s']):<40}{one['rss_max_mib']:.0f}" for name, one in report["contenders"].items()]
    lines += ["", f"{'ratio':<50}{'per CPU-second':<25}per second"]
    lines += [f"{one['ours'] + ' / ' + one['peer']:<50}{times(one['per_cpu_s']):<25}{times(one['per_wall_s'])}" for one in report["ratios"]]
    return "\n".join([*lines, "", report["command"]])
