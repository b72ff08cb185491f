"""`run` killed at random moments, during recovery too: no event lost or counted twice, the bars are those of an independent reference, and files,
store and tape say the same. Readers of the plain glob of the history files look on, and never see half a file, a row twice or a row gone.

    TICKERHOUSE_BIN=build/release/tickerhouse python3 tests/proof/test_run.py

TICKERHOUSE_RUN_KILLS (50) changes the size.
"""

import csv
import datetime
import io
import json
import os
import pathlib
import random
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import binary
import history
from expected import expect
from glob_reader import readers_beside
from running import Running

KILLS = int(os.environ.get("TICKERHOUSE_RUN_KILLS", "50"))
FAULTS = [flag for fault in ("duplicate=0.02", "out_of_order=0.05", "malformed=0.01") for flag in ("--fault", fault)]


def events_of(data):
    """Every event row of the tape with its place, control rows left out."""
    lines = binary.run("tail", "events", "--data", data, "--from", "beginning", "--exit-at-end").decode().splitlines()
    return [event for event in map(json.loads, lines) if event["kind"] == "trade"]


class Killed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="run")
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name, "data")

    def check(self, ledger):
        self.check_events(ledger)
        self.check_bars()
        self.check_history()
        binary.run("verify", "--data", self.data)

    def check_events(self, ledger):
        """Every number of the feed is on the tape; what came twice was sent twice, and is counted as that."""
        events = events_of(self.data)
        self.assertEqual(ledger["received"], len(events) + ledger["rejected"])
        numbers = {event["seq"] for event in events}
        self.assertEqual(len(events) - len(numbers), ledger["duplicate"])
        self.assertEqual(max(numbers) - len(numbers), ledger["rejected"], "numbers are missing")

    def check_bars(self):
        """Closed windows are those of the reference over the same events."""
        feed = self.data.with_suffix(".jsonl")
        feed.write_bytes(binary.export("events", self.data, "jsonl"))
        reference = {tuple(row[:3]): row[:-3] for row in csv.reader(io.StringIO(expect([feed]).exports["bars"].decode()))}
        rows = [row[:-3] for row in csv.reader(io.StringIO(binary.export("bars", self.data, "csv").decode()))]
        self.assertGreater(len(rows), 50)
        for row in rows:
            self.assertEqual(row, reference.get(tuple(row[:3])), "a bar differs")
        watermark = json.loads(binary.run("status", "--data", self.data, "--json"))["sources"][0]["watermark"]
        closed = sum(1 for key, row in reference.items() if key[0] != "symbol" and moment(row[3]) <= moment(watermark))
        self.assertEqual(len(rows) - 1, closed, "bars are missing, or there are too many")

    def check_history(self):
        for folder, topic in (("events", "events"), ("bars", "settled")):
            lines = binary.run("tail", topic, "--data", self.data, "--from", "beginning", "--exit-at-end", "--format", "csv").splitlines(keepends=True)[1:]
            self.assertEqual(history.sorted_rows(self.data, folder), b"".join(sorted(lines)), folder)
            self.assertEqual(history.overlaps(self.data, folder), [])

    def test_kill_9_at_random_moments(self):
        seed = random.SystemRandom().randrange(1 << 32)
        chance = random.Random(seed)
        with self.subTest(seed=seed), readers_beside(self.data):
            for number in range(KILLS):
                running = Running(self.data, "--history-interval", "1s", *FAULTS)
                if number % 3 == 0:  # else during recovery, or the catch-up of the first start
                    running.wait_ready()
                time.sleep(chance.random() * 0.8)
                running.kill()
            running = Running(self.data)
            running.wait_ready()
            # What the faults have put off comes within the bound of 5 s.
            status = running.wait_status("the present, and what was put off", lambda status: status["catching_up"] is None and status["uptime_seconds"] > 7)
            self.assertTrue(status["restarts"] >= KILLS // 3, status["restarts"])
            self.check(running.stop())

    def test_sigterm_flushes_within_ten_seconds(self):
        running = Running(self.data)
        running.wait_ready()
        running.wait_status("the present", lambda status: status["catching_up"] is None)
        begin = time.monotonic()
        ledger = running.stop(seconds=10)
        self.assertLess(time.monotonic() - begin, 10)
        self.assertEqual(ledger["received"], ledger["used"])
        self.check_events(ledger)
        self.check_history()


def moment(text):
    """Nanoseconds are cut: windows begin and end on whole ones."""
    return datetime.datetime.fromisoformat(text[:19]).replace(tzinfo=datetime.timezone.utc)


if __name__ == "__main__":
    unittest.main()
