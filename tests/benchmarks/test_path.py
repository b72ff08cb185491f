"""`benchmarks/run path`: replay and DuckDB's query make the same bars, and the comparison sees when they do not."""

import json
import re
import sys
import tempfile
import unittest
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from quick import quick_run  # first: it finds the others
from path import race, trades


class QuickRun(unittest.TestCase):
    def test_equal_results_and_a_ratio(self):
        with tempfile.TemporaryDirectory() as folder:
            stdout, report = quick_run("path", folder)
        self.assertEqual({cell["contender"] for cell in report["cells"]}, set(race.CONTENDERS))
        self.assertGreater(report["bars_compared"], 60 * 500)
        self.assertEqual(len(report["ratios"]), 4)
        self.assertTrue(all(one["per_cpu_s"]["median"] > 0 for one in report["ratios"]))
        self.assertRegex(stdout, r"tickerhouse / DuckDB, 1 thread +\d+\.\d\d")
        self.assertEqual(stdout.splitlines()[-1], report["command"])


class Comparison(unittest.TestCase):
    ROW = ("A", 1, "2025-03-03T14:00:00Z", *map(Decimal, ("1", "2", "1", "1.5", "10", "3", "14.25")), Decimal("1.425"))

    def test_trailing_zeros_are_no_difference(self):
        other = (*self.ROW[:3], Decimal("1.0000"), *self.ROW[4:])
        self.assertEqual(race.compare("b", [other], ("a", [self.ROW])), ("a", [self.ROW]))

    def test_the_first_differing_row_is_shown(self):
        other = (*self.ROW[:-1], Decimal("1.425000001"))
        with self.assertRaisesRegex(race.Failed, re.escape("b: A, 1, 2025-03-03T14:00:00Z, 1, 2, 1, 1.5, 10, 3, 14.25, 1.425000001")):
            race.compare("b", [self.ROW, other], ("a", [self.ROW, self.ROW]))

    def test_missing_and_no_rows(self):
        with self.assertRaisesRegex(race.Failed, "b has 1 bars, a 2"):
            race.compare("b", [self.ROW], ("a", [self.ROW] * 2))
        with self.assertRaisesRegex(race.Failed, "made no bars"):
            race.compare("a", [], None)


class Trades(unittest.TestCase):
    def test_order_repeats_and_seed(self):
        with tempfile.TemporaryDirectory() as folder:
            one, two = Path(folder, "1"), Path(folder, "2")
            self.assertEqual(trades.write(one, 50_000, 20, 7), one.stat().st_size)
            trades.write(two, 50_000, 20, 7)
            self.assertEqual(one.read_bytes(), two.read_bytes())
            rows = [json.loads(line) for line in one.read_text().splitlines()]
        self.assertEqual(len(rows), 50_000)
        first, greatest, late = {}, "", 0
        for row in rows:
            self.assertEqual(first.setdefault(row["trade_id"], row), row)
            late += row["ts"] < greatest
            greatest = max(greatest, row["ts"])
        self.assertEqual([int(number) for number in first], list(range(1, len(first) + 1)))
        self.assertAlmostEqual(1 - len(first) / 50_000, 0.005, delta=0.002)
        self.assertAlmostEqual(late / 50_000, 0.025, delta=0.006)


if __name__ == "__main__":
    unittest.main()
