"""The history files of a data directory, read as a stranger would: by a plain glob."""

import pathlib
import re

FOLDERS = ("bars", "events")
NAME = re.compile(r"part-(?:events|settled)-(\d+)-(\d+)-(\d+)")


def files(data, folder, form):
    return sorted(pathlib.Path(data, "history", folder, form).glob(f"*/*.{form}"))


def rows_of(path):
    """The lines of one CSV file without its header. Half a file is an error."""
    text = path.read_bytes()
    if not text.endswith(b"\n"):
        raise AssertionError(f"{path} ends within a line: {text[-80:]}")
    header, *rows = text.splitlines(keepends=True)
    if not header.startswith(b"symbol,"):
        raise AssertionError(f"{path} has no header: {header}")
    return rows


def sorted_rows(data, folder):
    return b"".join(sorted(row for path in files(data, folder, "csv") for row in rows_of(path)))


def overlaps(data, folder):
    """Files of one partition and date that cover the same stretch of the tape, of either format."""
    found = []
    for form in ("csv", "parquet"):
        last = {}
        parts = [(path.parent.name, *map(int, NAME.match(path.name).groups()), path.name) for path in files(data, folder, form)]
        for date, partition, first, end, name in sorted(parts):
            if first <= last.get((date, partition), (-1, ""))[0]:
                found.append((last[date, partition][1], name))
            last[date, partition] = (end, name)
    return found
