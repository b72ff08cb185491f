"""A topic of others, keyed by symbol, that is the tape's events itself (docs/kafka.md): each partition is a source of its own that never ends."""

from engine import Pipeline
from mapping import Mapping
from reading import Record, Reject, Skipped, read

CONTROL = (b'{"kind":"watermark",', b'{"kind":"status",')


class Partition(Pipeline):
    """The events of one partition: (offset, timestamp in ns, value or None) each."""

    def __init__(self, settings, topic, number, messages, mapping=None):
        super().__init__(settings)
        self.mapping = mapping or Mapping({"format": "json"})
        self.timestamp = None
        self.run(topic, self.read_all(f"{topic}/{number}", messages))

    def read_all(self, place, messages):
        for offset, timestamp, value in messages:
            self.timestamp = timestamp
            yield self.read_one(place, offset, value)

    def read_one(self, place, offset, value):
        found = [] if value is None or value.startswith(CONTROL) else list(read(value, place, self.mapping))
        if not found or isinstance(found[0], Skipped):
            return Skipped()
        item = found[0]
        if len(found) > 1 and isinstance(item, Record):
            item = Reject(place, offset, None, value, "unsupported_kind", item.ts_recv)
        item.line, item.index = offset, None
        return item

    def fault_of(self, record):
        reference = record.ts_recv if record.ts_recv is not None else self.timestamp
        return "future_time" if record.ts > reference + self.settings.skew else None

    def note_seq(self, source, event):
        """Numbers count what is in all partitions."""

    def finish(self, source):
        """There is no end."""


def united(parts):
    """The results of all partitions, as the outputs take them."""
    first, *others = parts
    for part in others:
        for key, count in part.ledger.items():
            first.ledger[key] += count
        first.skipped += part.skipped
        first.rounded += part.rounded
        first.windows.update(part.windows)
        for name in ("rejects", "events", "late", "revisions", "settled"):
            getattr(first, name).extend(getattr(part, name))
    return first
