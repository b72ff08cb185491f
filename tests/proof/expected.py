"""What the reference says of an input, in the bytes the exports are compared with."""

import time
import tomllib
from dataclasses import dataclass

import binary  # noqa: F401  (makes tests/reference importable)
import mapping
import output
import times
from engine import Pipeline, Settings
from main import source_name
from reading import content_of, read


@dataclass
class Expected:
    exports: dict               # bars, events, late: bytes
    rejects: list               # (reason, position, raw)
    ledger: dict
    emitted: dict               # bars, settled: rows in the order of emission
    came: list                  # (source, event): all that was valid, in the order of arrival
    settled: list               # bars, as the reference has them


class Witness(Pipeline):
    """Remembers what came, whatever became of it."""

    def __init__(self, settings):
        super().__init__(settings)
        self.came = []

    def take(self, source, event):
        self.came.append((source.name, event))
        super().take(source, event)


def settings_of(texts):
    """Settings from their texts, named as the flags are."""
    settings = Settings(opened=time.time_ns())
    for name, text in texts.items():
        if name == "intervals":
            settings.intervals = tuple(sorted(times.parse_duration(part) for part in text.split(",")))
        elif name == "allow-symbols":
            settings.allowed_symbols = frozenset(text.split(","))
        else:
            setattr(settings, name.replace("-", "_"), times.parse_duration(text))
    return settings


def expect(*inputs, settings=None, mapping_toml=None):
    """Each input is a list of files that one command replays; inputs are replayed one after another."""
    how = mapping.Mapping(tomllib.loads(mapping_toml)) if mapping_toml else mapping.Mapping()
    pipeline = Witness(settings_of(settings or {}))
    for paths in inputs:
        pipeline.run(source_name(paths[0]), *(read(content_of(path), source_name(path), how) for path in paths))
    rejects = []
    for reject in sorted(pipeline.rejects, key=lambda one: (one.source.encode(), one.line, -1 if one.index is None else one.index)):
        reason, _, position, _, raw = output.reject_fields(reject)
        rejects.append((reason, position, raw))
    return Expected(
        exports={"bars": output.bars_csv(pipeline).encode(), "events": output.events_jsonl(pipeline.events).encode(), "late": output.events_jsonl(pipeline.late).encode()},
        rejects=rejects, ledger=dict(pipeline.ledger),
        emitted={"bars": [output.bar_row(bar) for bar in pipeline.revisions], "settled": [output.bar_row(bar) for bar in pipeline.settled]},
        came=pipeline.came, settled=pipeline.settled)


def misplaced(expected, topic, data):
    """Each partition holds all revisions of its own symbols, in the order in which the reference emits them (5.8), and no symbol has two partitions."""
    home, found = {}, []
    for partition, rows in binary.emitted(topic, data).items():
        for row in rows:
            symbol = row.partition(",")[0]
            if home.setdefault(symbol, partition) != partition:
                return [f"{topic}: {symbol} is in partitions {home[symbol]} and {partition}"]
        found.append(binary.first_difference(f"{topic} of partition {partition}", rows, [row for row in expected if home.get(row.partition(",")[0]) == partition]))
    missing = [row for row in expected if row.partition(",")[0] not in home]
    return found + ([f"{topic}: {len(missing)} rows missing, the first: {missing[0]}"] if missing else [])


def differences(expected, ledger, data):
    """Everything in which the data directory differs from what was expected, as text; empty if nothing."""
    found = [] if ledger == expected.ledger else [f"ledger: is {ledger}\n  expected  {expected.ledger}"]
    actual = binary.exports(data)
    found += [binary.first_difference(name, actual[name], expected.exports[name]) for name in ("bars", "events", "late")]
    found.append(binary.first_difference("rejects", binary.rejects_of(actual["rejects"]), expected.rejects))
    for topic, rows in expected.emitted.items():
        found += misplaced(rows, topic, data)
    return "\n".join(text for text in found if text)
