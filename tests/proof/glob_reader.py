"""Readers in a loop over the plain glob of history files, beside whoever writes them or is killed."""

import contextlib
import threading

import pyarrow.parquet

import history


def csv_rows(path):
    return len(history.rows_of(path))


def parquet_rows(path):
    """All columns of all rows, decoded; half a file is an error."""
    return pyarrow.parquet.read_table(path, partitioning=None).num_rows


class Reader(threading.Thread):
    """Reads all files of one format without rest: every row it has seen stays, and none comes twice."""

    def __init__(self, data, form, rows):
        super().__init__()
        self.data, self.form, self.rows, self.stop, self.rounds, self.wrong = data, form, rows, threading.Event(), 0, []

    def run(self):
        seen = {folder: {} for folder in history.FOLDERS}
        while not self.stop.is_set() and not self.wrong:
            for folder in history.FOLDERS:
                try:
                    now = {path: self.rows(path) for path in history.files(self.data, folder, self.form)}
                except Exception as problem:  # whatever a reader says of half a file
                    self.wrong.append(f"{folder}: {problem!r}")
                    return
                for path, count in seen[folder].items():
                    if now.get(path) != count:
                        self.wrong.append(f"{path}: had {count} rows, has {now.get(path)}")
                seen[folder] = now
                self.wrong += [f"twice: {pair}" for pair in history.overlaps(self.data, folder)]
            self.rounds += 1


@contextlib.contextmanager
def readers_beside(data):
    """One of each format while the block runs; an error if one has seen anything wrong, or did not come to look."""
    readers = [Reader(data, "csv", csv_rows), Reader(data, "parquet", parquet_rows)]
    for reader in readers:
        reader.start()
    try:
        yield
    finally:
        for reader in readers:
            reader.stop.set()
            reader.join()
    for reader in readers:
        if reader.wrong or reader.rounds <= 2:
            raise AssertionError(f"{reader.form}, {reader.rounds} rounds: {reader.wrong[:5]}")
