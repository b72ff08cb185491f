"""`benchmarks/run latency`: what comes out is what was fed, and a row that was never fed is seen."""

import os
import subprocess
import sys
import tempfile
import threading
import types
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from quick import ROOT, quick_run  # first: it finds the others
from latency import race
from path.race import Failed
from served import Served, free_port


class QuickRun(unittest.TestCase):
    def test_every_event_arrives_and_a_changed_one_is_seen(self):
        with tempfile.TemporaryDirectory() as folder:
            stdout, report = quick_run("latency", folder)
            self.changed(Path(folder))
        self.assertEqual({(cell["load"], cell["contender"]) for cell in report["cells"]}, {(load, name) for load in race.LOADS for name in race.QUICK})
        for cell in report["cells"]:
            self.assertLessEqual(cell["rows"]["count"], cell["events"]["count"])
            if cell["load"] == race.PACED:
                self.assertEqual((cell["fed"], cell["events"]["count"]), (50 + 2000, 1700))
        self.assertGreater(report["ratios"][race.PACED][race.OURS]["p99"]["times"]["median"], 0)
        self.assertEqual(stdout.splitlines()[-1], report["command"])

    def changed(self, folder):
        """Between the feeder and the floor one price becomes another."""
        helper, port = ROOT / "build/release/benchmarks/stream_latency", free_port()
        (read, written), (heard, told) = os.pipe(), os.pipe()

        def tell():
            with os.fdopen(read, "rb") as lines, os.fdopen(told, "wb", buffering=0) as out:
                for line in lines:
                    out.write(line.replace(b'"symbol":"S0003","price":100.03', b'"symbol":"S0003","price":100.04'))

        with Served([helper, "echo", port, "every-100"], port, folder / "log", stdin=heard):
            os.close(heard)
            between = threading.Thread(target=tell)
            between.start()
            words = [helper, "feed", port, f"/dev/fd/{written}", 5, 0, 1, 0, 1]
            done = subprocess.run([str(word) for word in words], capture_output=True, text=True, pass_fds=[written], timeout=60)
            os.close(written)
            between.join()
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("a row that was never fed: S0003", done.stderr)


class Ledger(unittest.TestCase):
    @staticmethod
    def server(**total):
        return types.SimpleNamespace(json=lambda _path: {"total": {"received": total["used"], "late_kept": 0, **total}})

    def test_waited_for_until_it_has_all(self):
        self.assertFalse(race.all_used(self.server(used=4), 5))
        self.assertTrue(race.all_used(self.server(used=5), 5))

    def test_one_too_many_or_not_used(self):
        for total in ({"used": 6}, {"used": 4, "late_kept": 1, "received": 5}):
            with self.assertRaisesRegex(Failed, "5 events were fed"):
                race.all_used(self.server(**total), 5)


if __name__ == "__main__":
    unittest.main()
