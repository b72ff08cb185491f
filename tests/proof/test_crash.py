"""kill -9 at any moment, start again, and nothing shows.

    TICKERHOUSE_BIN=build/release/tickerhouse python3 tests/proof/test_crash.py

TICKERHOUSE_KILLS (50), TICKERHOUSE_CRASH_EVENTS (200000) and TICKERHOUSE_CRASH_SEED (1) change the size and the dice.
"""

import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import binary
import feed
import history
from expected import differences, expect

KILLS = int(os.environ.get("TICKERHOUSE_KILLS", "50"))
EVENTS = int(os.environ.get("TICKERHOUSE_CRASH_EVENTS", "200000"))
SEED = int(os.environ.get("TICKERHOUSE_CRASH_SEED", "1"))
FLAGS = ("--batch", 500, "--history-rows", 20_000)
DEADLINE_S = 300


class Killed:
    """Counts of what the kills met."""

    def __init__(self):
        self.landed = self.finished = 0


def replay_and_kill(file, data, after_s, killed, *flags):
    """Starts a replay and kills it after so many seconds, unless it ends before."""
    process = subprocess.Popen(binary.command("replay", file, "--data", data, *(flags or FLAGS)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, env=binary.environment(), start_new_session=True)
    try:
        _, errors = process.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)              # its own session: all it has started, and nobody else
        process.communicate()
        killed.landed += 1
        return
    if process.returncode != 0:
        raise AssertionError(f"a run after {killed.landed} kills ended with {process.returncode}:\n{errors[-2000:].decode('utf-8', 'replace')}")
    killed.finished += 1


class Crash(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="crash")
        cls.file = pathlib.Path(cls.folder.name, "feed.jsonl")
        feed.write(cls.file, SEED, EVENTS)
        cls.whole = pathlib.Path(cls.folder.name, "whole")
        began = time.monotonic()
        cls.ledger = binary.replay([cls.file], cls.whole, *FLAGS, timeout=DEADLINE_S)
        cls.whole_s = time.monotonic() - began
        cls.exports = binary.exports(cls.whole)
        cls.history = {folder: history.sorted_rows(cls.whole, folder) for folder in history.FOLDERS}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def check_equal(self, data):
        """Runs to the end, then: the same ledger and bytes, a clean verify, and one run more adds nothing."""
        ledger = binary.replay([self.file], data, *FLAGS, timeout=DEADLINE_S)
        self.assertEqual(ledger, self.ledger)
        self.assertEqual(ledger["received"], sum(count for key, count in ledger.items() if key != "received"))
        for name, expected in self.exports.items():
            self.assertEqual(binary.first_difference(name, binary.export(name, data, "csv" if name in ("bars", "rejects") else "jsonl"), expected), "")
        for folder, rows in self.history.items():
            self.assertEqual(binary.first_difference(f"history/{folder}", history.sorted_rows(data, folder), rows), "")
            self.assertEqual(history.overlaps(data, folder), [])
        binary.run("verify", "--data", data, timeout=DEADLINE_S)
        self.assertEqual(binary.replay([self.file], data, *FLAGS, timeout=DEADLINE_S), self.ledger)
        self.assertEqual(binary.export("bars", data, "csv"), self.exports["bars"])

    def test_the_uninterrupted_run_is_right(self):
        self.assertEqual(differences(expect([self.file]), self.ledger, self.whole), "")

    def test_killed_at_random_moments(self):
        """Each life gets a random share of the whole time; a new directory whenever one has been finished."""
        dice = random.Random(f"kills {SEED}")
        killed, directory = Killed(), 0
        while killed.landed < KILLS:
            data = pathlib.Path(self.folder.name, f"random{directory}")
            directory += 1
            self.assertLess(directory, 20 * KILLS, f"only {killed.landed} kills landed; a run takes {self.whole_s:.2f} s")
            finished = killed.finished
            while killed.landed < KILLS and killed.finished == finished:
                replay_and_kill(self.file, data, dice.uniform(0.0, 0.6) * self.whole_s, killed)
            with self.subTest(directory=directory, kills=killed.landed):
                self.check_equal(data)
        self.assertGreaterEqual(killed.landed, KILLS)

    def test_killed_while_recovering(self):
        """Half way dead, then many short lives of 1 to 50 ms and some a little longer: recovery itself is killed."""
        dice = random.Random(f"recoveries {SEED}")
        for half in (0.3, 0.6, 0.9):
            data = pathlib.Path(self.folder.name, f"recovery{half}")
            killed = Killed()
            replay_and_kill(self.file, data, half * self.whole_s, killed)
            for _ in range(KILLS // 5):
                replay_and_kill(self.file, data, dice.uniform(0.001, 0.05), killed)
                replay_and_kill(self.file, data, dice.uniform(0.05, 0.15) * self.whole_s, killed)
            with self.subTest(half=half):
                self.check_equal(data)

    def test_killed_at_its_very_start(self):
        """A directory that is only half made is made again, or goes on."""
        dice = random.Random(f"starts {SEED}")
        killed = Killed()
        data = pathlib.Path(self.folder.name, "start")
        for _ in range(KILLS // 2):
            replay_and_kill(self.file, data, dice.uniform(0.001, 0.05), killed)
        self.check_equal(data)


if __name__ == "__main__":
    unittest.main()
