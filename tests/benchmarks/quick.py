"""A quick run of one benchmark. Whoever imports this may import the benchmarks' own modules."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))


def quick_run(benchmark, folder):
    """What `benchmarks/run BENCHMARK --quick` prints, and its report; it must end with 0."""
    out = Path(folder, "report.json")
    done = subprocess.run([ROOT / "benchmarks/run", benchmark, "--quick", "--json", out], cwd=folder, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {done.stderr}")
    return done.stdout, json.loads(out.read_text())
