"""`benchmarks/run history`: the history sink and DuckDB's COPY write the same rows, and the comparison sees when they do not."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from quick import ROOT, quick_run  # first: it finds the others
from history import race
from path.race import Failed


class QuickRun(unittest.TestCase):
    def test_equal_rows_and_a_share(self):
        with tempfile.TemporaryDirectory() as folder:
            stdout, report = quick_run("history", folder)
            self.assertEqual({(cell["topic"], cell["contender"]) for cell in report["cells"]}, {(topic, name) for topic in race.TOPICS for name in race.CONTENDERS})
            self.assertTrue(all(one["share"][race.OURS]["median"] > 0 for one in report["topics"].values()))
            self.assertRegex(stdout, r"events: history, Parquet +[\d,]+ ")
            self.compared(Path(folder))

    def compared(self, folder):
        """Fewer rows, and as many others, are seen."""
        program = ROOT / "build/release/benchmarks/history_rows"
        for name, rows in (("one", 3_000), ("other", 3_001)):
            race.call(program, race.OURS, "events", rows, folder / name)
        race.call(program, race.PEER, "bars", 3_000, folder / "bars")
        race.call(program, "compare", "events", folder / "one", folder / "one")
        for other in ("other", "bars"):
            with self.assertRaises(Failed):
                race.call(program, "compare", "events", folder / "one", folder / other)


if __name__ == "__main__":
    unittest.main()
