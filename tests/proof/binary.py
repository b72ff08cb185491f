"""The program under test, run as a stranger would: only its commands, its output and its exit codes."""

import base64
import csv
import io
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "reference"))
csv.field_size_limit(1 << 30)

LEDGER_KEYS = ("received", "used", "duplicate", "late_revised", "late_kept", "rejected", "cancelled")
TIMEOUT_S = int(os.environ.get("TICKERHOUSE_TIMEOUT_S", "120"))


def path():
    """Where the program is. A proof that cannot run has failed, so its absence is an error and never a skip."""
    name = os.environ.get("TICKERHOUSE_BIN")
    if not name:
        raise AssertionError("set TICKERHOUSE_BIN to the tickerhouse program")
    if not os.access(name, os.X_OK):
        raise AssertionError(f"TICKERHOUSE_BIN={name} is no program")
    return name


def command(*arguments):
    return [path(), *map(str, arguments)]


def environment():
    """No setting of the tester's own shell may reach the program."""
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")}


def run(*arguments, expect=0, timeout=TIMEOUT_S):
    done = subprocess.run(command(*arguments), capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL, env=environment())
    if done.returncode != expect:
        raise AssertionError(f"exit {done.returncode}, expected {expect}: {' '.join(command(*arguments))}\n"
                             f"{done.stderr[-2000:].decode('utf-8', 'replace')}")
    return done.stdout


def ledger_of(stdout):
    lines = stdout.decode().splitlines()
    if not lines:
        raise AssertionError("no ledger: replay printed nothing on stdout")
    ledger = json.loads(lines[-1])
    return {key: ledger[key] for key in LEDGER_KEYS}


def replay(files, data, *flags, timeout=TIMEOUT_S):
    return ledger_of(run("replay", *files, "--data", data, *flags, timeout=timeout))


def export(what, data, form, *flags):
    return run("export", what, "--data", data, "--format", form, *flags)


def exports(data):
    """The bytes of everything that is compared."""
    return {"bars": export("bars", data, "csv"), "events": export("events", data, "jsonl"), "late": export("late", data, "jsonl"), "rejects": export("rejects", data, "csv")}


def emitted(topic, data):
    """{partition: [row]} of a topic of bars: every revision, as they lie on the tape."""
    _, *rows = run("tail", topic, "--data", data, "--from", "beginning", "--exit-at-end", "--format", "csv", "--place").decode().splitlines()
    found = {}
    for row in rows:
        place, _, bar = row.partition(" ")
        partition, _, offset = place.partition(":")
        bars = found.setdefault(int(partition), [])
        if int(offset) != len(bars):
            raise AssertionError(f"{topic}: row {len(bars)} of partition {partition} has offset {offset}")
        bars.append(bar)
    return found


def rejects_of(table):
    """[(reason, position, raw)] of the bytes of `export rejects`, in its order."""
    rows = list(csv.reader(io.StringIO(table.decode(), newline="")))
    if rows[0] != ["reason", "source", "position", "ts_recv", "raw_base64"]:
        raise AssertionError(f"header of rejects: {rows[0]}")
    return [(reason, position, base64.b64decode(raw, validate=True)) for reason, _, position, _, raw in rows[1:]]


def bars_without_state(table):
    """Bars as RULES 19 compares them: all columns but state, revision and quality."""
    return [row[:-3] for row in csv.reader(io.StringIO(table.decode(), newline=""))]


def first_difference(name, actual, expected):
    """What a reader needs to see of two unequal tables; empty when they are equal."""
    if actual == expected:
        return ""
    one, two = ([line for line in text.splitlines()] if isinstance(text, bytes) else text for text in (actual, expected))
    for number, (left, right) in enumerate(zip(one, two), 1):
        if left != right:
            return f"{name}: row {number} of {len(one)} (expected {len(two)})\n  is       {_short(left)}\n  expected {_short(right)}"
    longer, who = (one, "too many") if len(one) > len(two) else (two, "missing")
    rest = longer[min(len(one), len(two)):]
    return f"{name}: {len(rest)} rows {who}, the first: {_short(rest[0])}" if rest else f"{name}: line ends differ"


def _short(row):
    text = row.decode("utf-8", "replace") if isinstance(row, bytes) else repr(row)
    return text if len(text) < 600 else text[:600] + "…"
