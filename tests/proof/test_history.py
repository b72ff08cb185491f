"""History files: the rows of the tape and no others, and what a reader sees while the writer is killed again and again.

    TICKERHOUSE_BIN=build/release/tickerhouse python3 tests/proof/test_history.py

TICKERHOUSE_HISTORY_KILLS (10) changes the size.
"""

import os
import pathlib
import random
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import binary
import feed
import history
from test_crash import Killed, replay_and_kill

KILLS = int(os.environ.get("TICKERHOUSE_HISTORY_KILLS", "10"))
EVENTS = 60_000
TOPIC = {"bars": "settled", "events": "events"}


class Reader(threading.Thread):
    """Reads the plain glob without rest: every row it has seen stays, and none comes twice."""

    def __init__(self, data):
        super().__init__()
        self.data, self.stop, self.rounds, self.wrong = data, threading.Event(), 0, []

    def run(self):
        seen = {folder: {} for folder in history.FOLDERS}
        while not self.stop.is_set() and not self.wrong:
            for folder in history.FOLDERS:
                now = {path: len(history.rows_of(path)) for path in history.files(self.data, folder, "csv")}
                for path, count in seen[folder].items():
                    if now.get(path) != count:
                        self.wrong.append(f"{path}: had {count} rows, has {now.get(path)}")
                seen[folder] = now
                self.wrong += [f"twice: {pair}" for pair in history.overlaps(self.data, folder)]
            self.rounds += 1


class History(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="history")
        cls.file = pathlib.Path(cls.folder.name, "feed.jsonl")
        feed.write(cls.file, 7, EVENTS)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def check_rows(self, data):
        """As many rows as the tape has, and the same ones."""
        for folder, topic in TOPIC.items():
            tail = binary.run("tail", topic, "--data", data, "--from", "beginning", "--exit-at-end", "--format", "csv").splitlines(keepends=True)
            self.assertEqual(binary.first_difference(folder, history.sorted_rows(data, folder), b"".join(sorted(tail[1:]))), "")
            self.assertEqual(history.overlaps(data, folder), [])
            self.assertEqual({path.parent.name for path in history.files(data, folder, "parquet")}, {path.parent.name for path in history.files(data, folder, "csv")})

    def test_the_rows_of_the_tape(self):
        data = pathlib.Path(self.folder.name, "whole")
        binary.replay([self.file], data)
        self.check_rows(data)
        dates = {path.parent.name for path in history.files(data, "events", "csv")}
        self.assertEqual(dates, {"date=2024-03-05", "date=2024-03-06"})
        for path in history.files(data, "events", "csv"):
            self.assertEqual({row.split(b",")[7][:10].decode() for row in history.rows_of(path)}, {path.parent.name.removeprefix("date=")})
        before = {path: path.stat().st_mtime_ns for folder in history.FOLDERS for path in history.files(data, folder, "csv")}
        binary.replay([self.file], data)
        self.assertEqual(before, {path: path.stat().st_mtime_ns for folder in history.FOLDERS for path in history.files(data, folder, "csv")})

    def test_a_reader_while_the_writer_is_killed(self):
        dice = random.Random("history")
        data, killed = pathlib.Path(self.folder.name, "killed"), Killed()
        reader = Reader(data)
        reader.start()
        try:
            while killed.landed < KILLS and killed.finished == 0:
                replay_and_kill(self.file, data, dice.uniform(0.05, 0.4), killed, "--history-rows", 1_000)
            binary.replay([self.file], data, "--history-rows", 1_000)
        finally:
            reader.stop.set()
            reader.join()
        self.assertEqual(reader.wrong, [])
        self.assertGreater(reader.rounds, 2)
        self.check_rows(data)

    def test_formats_are_chosen(self):
        for formats, expected in (("none", set()), ("csv", {"csv"}), ("parquet", {"parquet"}), ("parquet,csv", {"csv", "parquet"})):
            with self.subTest(formats=formats):
                data = pathlib.Path(self.folder.name, f"only-{formats}")
                binary.replay([self.file], data, "--history", formats)
                self.assertEqual({form for form in ("csv", "parquet") if history.files(data, "bars", form)}, expected)


if __name__ == "__main__":
    unittest.main()
