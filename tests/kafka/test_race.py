"""`benchmarks/run kafka` and `kafka-latency`: all engines make the same bars, and the comparison sees when one does not."""

import datetime
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "benchmarks"))

from quick import quick_run  # first: it finds the others
from kafka import feed, latency, race
from path.race import Failed


class QuickRun(unittest.TestCase):
    def test_equal_bars_and_ratios(self):
        with tempfile.TemporaryDirectory() as folder:
            stdout, report = quick_run("kafka", folder)
        self.assertEqual([cell["contender"] for cell in report["cells"]], list(race.CONTENDERS))
        self.assertGreater(report["bars_compared"], 1_000)
        self.assertTrue(all(one["memory"]["median"] > 0 for one in report["ratios"].values()))
        self.assertRegex(stdout, r"bars equal in all engines")

    def test_each_live_bar_comes_once(self):
        with tempfile.TemporaryDirectory() as folder:
            stdout, report = quick_run("kafka-latency", folder)
        self.assertEqual([(cell["contender"], cell["bars"]) for cell in report["cells"]], [(name, 4 * 20) for name in latency.CONTENDERS])
        self.assertRegex(stdout, r"each came once, with all its trades")


class Comparison(unittest.TestCase):
    BARS = [race.bar("A", 60_000, ("1.5", "2", "1", "1.50"), 7, 3), race.bar("B", 60_000, (1, 1, 1, 1), 1, 1)]

    def test_all_but_the_markers(self):
        marker = race.bar("~0", 60_000, (1, 1, 1, 1), 1, 1)
        self.assertEqual(race.compare({race.OURS: self.BARS, race.STREAMS: [*reversed(self.BARS), marker], race.LOOP: None}), 2)

    def test_a_bar_more_or_less_or_another(self):
        other = race.bar("B", 60_000, (1, 1, 1, 2), 1, 1)
        for bars in (self.BARS[:1], [*self.BARS, other], [self.BARS[0], other], []):
            for rows in ({race.OURS: self.BARS, race.FLINK: bars}, {race.OURS: bars, race.FLINK: self.BARS}):
                with self.assertRaises(Failed):
                    race.compare(rows)


class Files(unittest.TestCase):
    def test_spark_keeps_what_is_no_event(self):
        import pyarrow
        import pyarrow.parquet

        start = datetime.datetime(1970, 1, 1, 0, 1, tzinfo=datetime.timezone.utc)
        values = {"start": [start, start], "open": [1.5, None], "high": [2.0, None], "low": [1.0, None], "close": [1.5, None], "volume": [7, None], "count": [3, 0]}
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            pyarrow.parquet.write_table(pyarrow.table({"symbol": ["A", None], **values}), place / "part-0.parquet")
            self.assertEqual(race.spark_rows(place), Comparison.BARS[:1])
            pyarrow.parquet.write_table(pyarrow.table({"symbol": ["A", None], **values, "start": [60_000, 60_000]}), place / "part-0.parquet")
            self.assertEqual(race.flink_rows(place), Comparison.BARS[:1])


class Feed(unittest.TestCase):
    def test_each_partition_has_its_marker(self):
        self.assertEqual([(feed.murmur2(name.encode()) & 0x7FFFFFFF) % 4 for name in feed.markers(4)], [0, 1, 2, 3])
        # Golden values of org.apache.kafka.common.utils.UtilsTest.
        self.assertEqual([feed.murmur2(key.encode()) for key in ("21", "foobar", "abc")], [(value + 2**32) for value in (-973932308, -790332482, 479470107 - 2**32)])


if __name__ == "__main__":
    unittest.main()
