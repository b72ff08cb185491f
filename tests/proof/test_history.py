"""History files: the rows of the tape and no others, and what a reader sees while the writer is killed again and again.

    TICKERHOUSE_BIN=build/release/tickerhouse build/deps/python/bin/python tests/proof/test_history.py

TICKERHOUSE_HISTORY_KILLS (10) changes the size.
"""

import decimal
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import pyarrow
import pyarrow.parquet

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import binary
import feed
import history
from glob_reader import csv_rows, parquet_rows, readers_beside
from test_crash import Killed, replay_and_kill

KILLS = int(os.environ.get("TICKERHOUSE_HISTORY_KILLS", "10"))
EVENTS = 60_000
TOPIC = {"bars": "settled", "events": "events"}


# Each does something to a file and gives what verify must name: a pattern, or a path.

def deleted(path):
    path.unlink()
    return rf"no file holds the row at offset \d+ of .* {path.parent.relative_to(path.parents[3])}"


def copied(path):
    """Under a name that is no file's; a glob reads its rows twice."""
    copy = path.with_name("copy-of-" + path.name)
    shutil.copy(path, copy)
    return copy


def renamed(path):
    """As if it held more of the tape than it does: the row before its first."""
    head, partition, first, last = NAME.match(path.stem).groups()
    other = path.with_name(f"{head}-{partition}-{int(first) - 1}-{last}{path.suffix}")
    path.rename(other)
    return f"{re.escape(str(other))}: |also in"


def moved_to_another_date(path):
    other = path.parent.with_name("date=2024-03-07")
    other.mkdir()
    path.rename(other / path.name)
    return "no file holds the row"


def rewritten(path, change):
    """The file with other rows, written by somebody else."""
    if path.suffix == ".csv":
        header, *rows = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([header, *change(rows, lambda row: row.replace(b"Z", b"1Z", 1))]))
    else:
        table = pyarrow.parquet.read_table(path, partitioning=None)
        rows = change(table.to_pylist(), lambda row: {**row, "open" if "state" in row else "price": (row["open" if "state" in row else "price"] or 0) + decimal.Decimal("1e-9")})
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=table.schema), path, compression="zstd")
    return path


def a_value_changed(path):
    return rewritten(path, lambda rows, other: [*rows[:-1], other(rows[-1])])


def a_row_lost(path):
    return rewritten(path, lambda rows, _: rows[:-1])


def a_row_twice(path):
    return rewritten(path, lambda rows, _: [*rows, rows[-1]])


def rows_swapped(path):
    return rewritten(path, lambda rows, _: [rows[-1], *rows[1:-1], rows[0]])


def cut_off(path):
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    return path


NAME = re.compile(r"(part-\w+)-(\d+)-(\d+)-(\d+)")
DAMAGES = (deleted, copied, renamed, moved_to_another_date, a_value_changed, a_row_lost, a_row_twice, rows_swapped, cut_off)


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

    def test_of_bars_alone_until_events_are_wanted_too(self):
        data = pathlib.Path(self.folder.name, "bars")
        binary.replay([self.file], data, "--history-rows-of", "bars")
        self.assertEqual([path.name for path in (data / "history").iterdir() if path.is_dir()], ["bars"])
        binary.run("verify", "--data", data)
        binary.replay([self.file], data)
        self.check_rows(data)
        binary.run("verify", "--data", data)

    def test_a_reader_while_the_writer_is_killed(self):
        dice = random.Random("history")
        data, killed = pathlib.Path(self.folder.name, "killed"), Killed()
        with readers_beside(data):
            while killed.landed < KILLS and killed.finished == 0:
                replay_and_kill(self.file, data, dice.uniform(0.05, 0.4), killed, "--history-rows", 1_000)
            binary.replay([self.file], data, "--history-rows", 1_000)
        self.check_rows(data)
        for folder in history.FOLDERS:
            self.assertEqual(sum(map(parquet_rows, history.files(data, folder, "parquet"))), sum(map(csv_rows, history.files(data, folder, "csv"))))
        binary.run("verify", "--data", data)

    def found_by_verify(self, data):
        """What verify says, which must be that something differs."""
        done = subprocess.run(binary.command("verify", "--data", data), capture_output=True, timeout=120, env=binary.environment(), check=False)
        self.assertEqual(done.returncode, 1, done.stderr.decode())
        return done.stderr.decode()

    def test_verify_finds_what_is_wrong(self):
        clean, small = pathlib.Path(self.folder.name, "clean"), pathlib.Path(self.folder.name, "small.jsonl")
        feed.write(small, 8, 8_000)
        binary.replay([small], clean, "--history-rows", 2_000, "--batch", 500, "--partitions", 2)
        binary.run("verify", "--data", clean)
        for form in ("csv", "parquet"):
            for folder in history.FOLDERS:
                for damage in DAMAGES:
                    with self.subTest(form=form, folder=folder, damage=damage.__name__):
                        data = pathlib.Path(self.folder.name, "damaged")
                        shutil.copytree(clean, data)
                        files = history.files(data, folder, form)
                        victim = files[len(files) // 2]
                        expected = damage(victim)
                        said = self.found_by_verify(data)
                        self.assertRegex(said, expected if isinstance(expected, str) else re.escape(str(expected)))
                        shutil.rmtree(data)

    def test_verify_knows_what_a_kill_leaves(self):
        """Files that the journal has still to rename count; others under a staging name are nothing."""
        data = pathlib.Path(self.folder.name, "left")
        binary.replay([self.file], data)
        for form in ("csv", "parquet"):
            path = history.files(data, "bars", form)[0]
            path.rename(f"{path}.staging")
            pathlib.Path(f"{path.parent}/part-settled-0-900000-900001.{form}.staging").write_text("half a fi")
        binary.run("verify", "--data", data)

    def test_verify_while_files_come(self):
        data = pathlib.Path(self.folder.name, "running")
        running = subprocess.Popen(binary.command("replay", self.file, "--data", data, "--history-rows", 1_000, "--speed", 4_000), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=binary.environment())
        try:
            verified = 0
            while running.poll() is None:
                if history.files(data, "events", "parquet"):
                    binary.run("verify", "--data", data)
                    verified += 1
            self.assertGreater(verified, 0)
        finally:
            running.kill()
            running.wait()

    def test_formats_are_chosen(self):
        for formats, expected in (("none", set()), ("csv", {"csv"}), ("parquet", {"parquet"}), ("parquet,csv", {"csv", "parquet"})):
            with self.subTest(formats=formats):
                data = pathlib.Path(self.folder.name, f"only-{formats}")
                binary.replay([self.file], data, "--history", formats)
                self.assertEqual({form for form in ("csv", "parquet") if history.files(data, "bars", form)}, expected)


if __name__ == "__main__":
    unittest.main()
