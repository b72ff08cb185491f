"""usage: python tests/kafka [--all] [PART[:CASE] ...]

Runs the tests on real brokers, of all files or of those whose names have a PART, or only their cases that have CASE in their names. --all: in
the sizes of docs/proof.md (see AMOUNTS; TICKERHOUSE_NAME in the environment goes before), with the table of what was done at the end. TICKERHOUSE_BIN:
build/release/tickerhouse, which ./run builds, if not set.
"""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYTHON = next((str(path) for path in [ROOT / "build/deps/python/bin/python"] if path.exists()), sys.executable)
AMOUNTS = {"EVENTS": 1_000_000, "KILLS": 50, "PAUSES": 20, "BROKER_KILLS": 20, "BROKER_PAUSES": 10, "CUTS": 10, "CHANGES": 60, "CLUSTER_KILLS": 6, "PATIENCE_S": 1200,
           "TIMEOUT_S": 600}


def environment(whole, proof):
    amounts = {f"TICKERHOUSE_{name}": str(number) for name, number in AMOUNTS.items()} if whole else {}
    programs = {"TICKERHOUSE_BIN": str(ROOT / "build/release/tickerhouse"), "TICKERHOUSE_KAFKA_TAPE_TEST": str(ROOT / "build/asan/tests/kafka_tape_test")}
    return {**amounts, **programs, **os.environ, "TICKERHOUSE_PROOF": proof}


def run(file, case, env):
    """{case: (outcome, text)}"""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        code = subprocess.run([PYTHON, ROOT / "tools/run_python_test.py", file, report.name, *case], env=env, stdin=subprocess.DEVNULL, check=False).returncode
        written = pathlib.Path(report.name).read_text(encoding="utf-8")
        return json.loads(written) if code == 0 and written else {file.name: ("failed", f"exit {code}")}


def told(row):
    counts = [f"{number:,} {name.replace('_', ' ')}" for name, number in row.items() if name not in ("case", "what", "seconds", "events")]
    return f"| {row['what']} | {row.get('events', 0):,} | {', '.join(counts)} | {row['seconds']} s |"


def main(arguments):
    parts = [argument for argument in arguments if not argument.startswith("-")]
    if set(arguments) - set(parts) - {"--all"}:
        sys.exit(__doc__.strip())
    wanted = [part.partition(":")[::2] for part in parts] or [("", "")]
    jobs = [(file, [case] if case else []) for part, case in wanted for file in sorted(HERE.glob("test_*.py")) if part in file.name]
    with tempfile.TemporaryDirectory() as folder:
        proof = pathlib.Path(folder) / "proof"
        proof.touch()
        env = environment("--all" in arguments, str(proof))
        outcomes = {}
        for file, case in jobs:
            print(f"[{file.name}]", *case, flush=True)
            outcomes.update({f"{file.name}::{name}": outcome for name, (outcome, _) in run(file, case, env).items()})
        rows = [json.loads(line) for line in proof.read_text(encoding="utf-8").splitlines()]
    if rows:
        version = subprocess.run([env["TICKERHOUSE_BIN"], "version"], capture_output=True, text=True, check=False).stdout.splitlines()
        print(f"\n{datetime.date.today()}, {version[0] if version else env['TICKERHOUSE_BIN']}\n")
        print("| what | events | how often | took |\n|---|---|---|---|")
        print("\n".join(map(told, rows)), "\n")
    counts = {outcome: sum(found == outcome for found in outcomes.values()) for outcome in ("passed", "failed", "skipped")}
    for name, outcome in outcomes.items():
        if outcome == "failed":
            print(f"failed: tests/kafka/{name}")
    print(", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
