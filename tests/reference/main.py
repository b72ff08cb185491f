"""The naive reference: reads recorded files and writes what every implementation must write. See docs/semantics.md."""

import argparse
import pathlib
import sys
import time

import mapping
import output
import times
from engine import Pipeline, Settings
from reading import content_of, read


def source_name(path):
    return "stdin" if path == "-" else pathlib.PurePath(path).name.removesuffix(".gz")


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--mapping", metavar="FILE")
    parser.add_argument("--map", metavar="ts=Time,price=Price*0.01")
    parser.add_argument("--where", action="append", metavar="'FIELD = VALUE'")
    for flag in ("format", "delimiter", "symbol", "zone", "date", "prefix", "ts-unit", "ts-recv-unit"):
        parser.add_argument("--" + flag)
    parser.add_argument("--no-header", action="store_true")
    parser.add_argument("--bound", default="5s")
    parser.add_argument("--allowed-lateness", default="2m")
    parser.add_argument("--skew", default="5s")
    parser.add_argument("--intervals", default="1m,5m,15m,30m,1h,1d")
    parser.add_argument("--lost", metavar="FIRST:END", default="0:0", help="events that the tape lost, by their arrival, counted from 0")
    parser.add_argument("--deleted", metavar="FILE:FIRST:END:RECEIVED", help="records [FIRST, END) of a file, both counted from 0, that were deleted when so many were received")
    parser.add_argument("--allow", metavar="SYMBOL,SYMBOL", help="reject all other symbols")
    parser.add_argument("--opened", metavar="ISO", help="the moment the input was first opened (default: now)")
    for flag in ("bars", "events", "late", "rejects", "ledger", "all-revisions", "settled"):
        parser.add_argument("--" + flag, metavar="OUT")
    return parser.parse_args(argv)


def mapping_of(options):
    flags = {key: getattr(options, key) for key in ("format", "delimiter", "symbol", "zone", "date", "prefix", "ts_unit", "ts_recv_unit", "where")}
    flags = {key: value for key, value in flags.items() if value is not None}
    if options.no_header:
        flags["header"] = False
    if options.map:
        flags["fields"] = dict(part.split("=", 1) for part in options.map.split(","))
    return mapping.from_file_and_flags(options.mapping, flags)


def settings_of(options):
    opened = times.parse_iso(options.opened) if options.opened else time.time_ns()
    return Settings(bound=times.parse_duration(options.bound), allowed_lateness=times.parse_duration(options.allowed_lateness),
                    skew=times.parse_duration(options.skew), opened=opened,
                    intervals=tuple(sorted(times.parse_duration(part) for part in options.intervals.split(","))),
                    allowed_symbols=frozenset(options.allow.split(",")) if options.allow else None)


def main(argv):
    options = arguments(argv)
    how = mapping_of(options)
    pipeline = Pipeline(settings_of(options), lost=range(*map(int, options.lost.split(":"))), deleted=tuple(map(int, options.deleted.split(":"))) if options.deleted else None)
    contents = [sys.stdin.buffer.read() if path == "-" else content_of(path) for path in options.files]
    pipeline.run(source_name(options.files[0]), *(read(data, source_name(path), how) for data, path in zip(contents, options.files)))
    results = {
        "bars": lambda: output.bars_csv(pipeline),
        "events": lambda: output.events_jsonl(pipeline.events),
        "late": lambda: output.events_jsonl(pipeline.late),
        "rejects": lambda: output.rejects_csv(pipeline.rejects),
        "ledger": lambda: output.ledger_json(pipeline),
        "all_revisions": lambda: output.emitted_csv(pipeline.revisions),
        "settled": lambda: output.emitted_csv(pipeline.settled),
    }
    for name, make in results.items():
        path = getattr(options, name)
        if path:
            pathlib.Path(path).write_text(make(), encoding="utf-8", newline="")
    sys.stdout.write(output.ledger_json(pipeline))


if __name__ == "__main__":
    main(sys.argv[1:])
