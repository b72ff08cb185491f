"""Records to verdicts and bars: sections 3 to 5 of docs/semantics.md, as plainly as they can be said.

Every window keeps the list of its events, and its values are computed anew from that list whenever they are needed.
"""

import heapq
import math
from dataclasses import dataclass, field

import exact
import times
from reading import Record, Reject, Skipped

MINUTE = times.NS_PER_MINUTE
DAY = times.NS_PER_DAY
QUALITY_ORDER = ("partial", "gap", "late", "corrected", "overflow")


@dataclass
class Settings:
    bound: int = 5 * times.NS_PER_SECOND
    allowed_lateness: int = 2 * MINUTE
    skew: int = 5 * times.NS_PER_SECOND
    intervals: tuple = (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 60 * MINUTE, DAY)
    opened: int = times.END_OF_TIME_NS          # the moment the input was first opened
    allowed_symbols: frozenset | None = None

    @property
    def pane(self):
        if all(interval % MINUTE == 0 for interval in self.intervals):
            return MINUTE
        return math.gcd(*self.intervals)


@dataclass(frozen=True)
class Values:
    """All columns of a bar but state, revision and quality."""
    open: int
    high: int
    low: int
    close: int
    volume: int | None
    trade_count: int
    notional: int | None
    vwap: int | None
    price_avg: int | None
    pct_change: int | None
    open_time: int
    close_time: int


@dataclass(frozen=True)
class Bar:
    symbol: str
    interval: int
    start: int
    values: Values
    revision: int
    quality: str

    @property
    def end(self):
        return self.start + self.interval

    @property
    def state(self):
        return "revised" if self.revision else "final"


@dataclass
class Window:
    symbol: str
    interval: int
    start: int
    events: list = field(default_factory=list)
    bars: list = field(default_factory=list)    # what it emitted, revision by revision
    dirty: bool = True                          # may its values have changed since it last emitted?
    gap: bool = False
    settled: bool = False

    @property
    def end(self):
        return self.start + self.interval

    @property
    def order(self):
        """Results of one watermark are in this order."""
        return (self.end, self.interval, self.symbol.encode())


@dataclass
class Hole:
    """Numbers of a feed that have not come, somewhere in the event times [low, high]."""
    first: int
    last: int
    low: int
    high: int
    filled: set = field(default_factory=set)

    @property
    def is_open(self):
        return len(self.filled) < self.last - self.first + 1


@dataclass
class Deleted:
    """Records of an input that were deleted before they were read, and the event times they may have had."""
    input: int
    low: int
    high: float = math.inf                      # until an event of that input comes that is not late


@dataclass
class Source:
    name: str
    greatest_ts: int | None = None              # M
    watermark: int | None = None                # W
    greatest_seq: int | None = None
    ts_of_greatest_seq: int | None = None
    holes: list = field(default_factory=list)
    gaps: list = field(default_factory=list)    # marked stretches (low, high)
    deleted: list = field(default_factory=list)
    lost_from: int | None = None                # W when events were lost, until the next watermark
    lost_watermark: int = -1                    # the greatest W that was lost with them


def key_of(event):
    return (event.ts, event.seq or 0, event.order)


class Pipeline:
    def __init__(self, settings=None, lost=range(0), deleted=None):
        self.settings = settings or Settings()
        self.deleted = deleted                  # (input, first, end, received): so many were received when these records of an input were deleted
        self.lost = lost                        # events, by their arrival, that the tape lost before they were read
        self.lost_count = 0
        self.ledger = dict.fromkeys(("received", "used", "duplicate", "late_revised", "late_kept", "rejected", "cancelled"), 0)
        self.rounded = 0
        self.skipped = 0
        self.rejects = []
        self.events = []                        # (source name, event): what counted
        self.late = []                          # (source name, event): late_kept
        self.revisions = []                     # bars in the order of emission
        self.settled = []
        self.windows = {}                       # (symbol, interval, start) -> Window
        self.live = {}                          # the same, those that are not settled
        self.ids = {}                           # id -> the watermark at which it is forgotten
        self.day_snapshots = {}                 # symbol -> snapshots with a cumulative volume
        self.arrivals = 0

    # ---- ingest

    def run(self, name, *inputs):
        """One finite input, whole: an iterable of records per file, merged by time (RULES 8)."""
        source = Source(name)
        for item in self.arriving(source, [list(self.judged(items)) for items in inputs] if self.deleted else [self.judged(items) for items in inputs]):
            if isinstance(item, Skipped):
                self.skipped += 1
                continue
            self.ledger["received"] += 1
            if isinstance(item, Reject):
                self.ledger["rejected"] += 1
                self.rejects.append(item)
            else:
                self.take(source, item)
        self.finish(source)
        ledger = self.ledger
        assert ledger["received"] == sum(count for key, count in ledger.items() if key != "received")

    def arriving(self, source, inputs):
        if self.deleted is None:
            yield from merged(inputs)
            return
        number, first, end, received = self.deleted
        taken = [0] * len(inputs)
        for index, items in enumerate(inputs):
            for item in items:
                item.input = index
        for item in merged(inputs):
            if self.ledger["received"] == received:
                break
            taken[item.input] += 1
            yield item
        assert taken[number] == first, (taken, self.deleted)
        source.deleted.append(Deleted(number, source.watermark or 0))
        taken[number] = end
        yield from merged([items[count:] for items, count in zip(inputs, taken)])

    def judged(self, items):
        """Checks 8 and 9: what they catch becomes a reject."""
        for item in items:
            if isinstance(item, Record):
                reason = self.fault_of(item)
                if reason:
                    item = Reject(item.source, item.line, item.index, item.raw, reason, item.ts_recv)
            yield item

    def fault_of(self, record):
        if self.settings.allowed_symbols is not None and record.symbol not in self.settings.allowed_symbols:
            return "unknown_symbol"
        reference = record.ts_recv if record.ts_recv is not None else self.settings.opened
        return "future_time" if record.ts > reference + self.settings.skew else None

    def take(self, source, event):
        event.order = self.arrivals
        self.arrivals += 1
        self.rounded += event.rounded
        self.note_seq(source, event)
        for deleted in source.deleted:
            if deleted.input == event.input and deleted.high == math.inf and event.ts >= (source.watermark or 0):
                deleted.high = max(source.greatest_ts or 0, event.ts) + self.settings.bound
        if source.greatest_ts is None or event.ts > source.greatest_ts:
            source.greatest_ts = event.ts
        watermark = (source.greatest_ts - self.settings.bound) // times.GRID_NS * times.GRID_NS
        if event.order in self.lost:            # ingest knew it
            self.lose(source, watermark)
            return
        if source.watermark is None or watermark > max(source.watermark, source.lost_watermark):
            self.mark(source, watermark)
        verdict = self.verdict(source, event)
        self.ledger[verdict] += 1
        if verdict == "late_kept":
            self.late.append((source.name, event))
        elif verdict in ("used", "late_revised"):
            self.events.append((source.name, event))
            if event.kind != "quote":
                self.put_into_windows(event)

    def note_seq(self, source, event):
        if event.seq is None:
            return
        greatest = source.greatest_seq
        if greatest is not None and event.seq > greatest + 1:
            low, high = sorted((source.ts_of_greatest_seq, event.ts))
            source.holes.append(Hole(greatest + 1, event.seq - 1, low, high))
        for hole in source.holes:
            if hole.first <= event.seq <= hole.last:
                hole.filled.add(event.seq)
        if greatest is None or event.seq > greatest:
            source.greatest_seq, source.ts_of_greatest_seq = event.seq, event.ts

    def finish(self, source):
        if source.greatest_ts is None:
            return
        self.mark_gaps(source, math.inf)
        self.mark_lost(source, math.inf)
        ends = [(source.greatest_ts // interval + 1) * interval for interval in self.settings.intervals]
        self.apply_watermark(source, max(ends), finished=True)

    # ---- watermark records

    def mark(self, source, watermark):
        self.mark_gaps(source, watermark)
        self.mark_lost(source, watermark + self.settings.bound + times.GRID_NS)
        self.apply_watermark(source, watermark)

    def lose(self, source, watermark):
        self.ledger["received"] -= 1
        self.lost_count += 1
        if source.lost_from is None:
            source.lost_from = source.watermark or 0
        source.lost_watermark = watermark

    def mark_lost(self, source, reached):
        if source.lost_from is not None:
            source.gaps.append((source.lost_from, reached))
            source.lost_from = None

    def mark_gaps(self, source, watermark):
        for hole in source.holes:
            if hole.is_open and hole.low < watermark:
                source.gaps.append((hole.low, min(watermark, hole.high)))
        for deleted in source.deleted:
            if deleted.low < watermark:
                source.gaps.append((deleted.low, min(watermark, deleted.high)))
        source.deleted = [deleted for deleted in source.deleted if deleted.high > watermark]
        # Wholly marked or wholly filled: nothing more can come of it.
        source.holes = [hole for hole in source.holes if hole.is_open and not (hole.low < watermark and hole.high <= watermark)]

    def apply_watermark(self, source, watermark, finished=False):
        source.watermark = watermark
        closed = [window for window in self.live.values() if window.end <= watermark]
        closed.sort(key=lambda window: window.order)
        for window in closed:
            self.emit_if_changed(source, window)
        for window in closed:
            if finished or watermark >= window.end + self.settings.allowed_lateness:
                window.settled = True
                self.settled.append(window.bars[-1])
                del self.live[(window.symbol, window.interval, window.start)]

    def emit_if_changed(self, source, window):
        if not window.dirty:
            return
        window.dirty = False
        values, overflow = self.values_of(window)
        if window.bars and window.bars[-1].values == values:
            return
        revision = len(window.bars)
        if revision == 0:
            window.gap = any(low < window.end and high >= window.start for low, high in source.gaps)
        flags = {"gap": window.gap, "late": revision > 0, "overflow": overflow}
        quality = "|".join(name for name in QUALITY_ORDER if flags.get(name))
        bar = Bar(window.symbol, window.interval, window.start, values, revision, quality)
        window.bars.append(bar)
        self.revisions.append(bar)

    # ---- one event

    def verdict(self, source, event):
        watermark = source.watermark
        pane_end = (event.ts // self.settings.pane + 1) * self.settings.pane
        forgotten_at = pane_end + self.settings.allowed_lateness
        if watermark >= forgotten_at or self.is_settled(event):
            return "late_kept"
        identity = id_of(source, event)
        if identity is not None:
            if self.ids.get(identity, -math.inf) > watermark:
                return "duplicate"
            self.ids[identity] = forgotten_at
        return "late_revised" if watermark >= pane_end else "used"

    def is_settled(self, event):
        for interval in self.settings.intervals:
            window = self.windows.get((event.symbol, interval, event.ts // interval * interval))
            if window is not None and window.settled:
                return True
        return False

    def put_into_windows(self, event):
        for interval in self.settings.intervals:
            key = (event.symbol, interval, event.ts // interval * interval)
            if key not in self.windows:
                self.windows[key] = self.live[key] = Window(*key)
            self.windows[key].events.append(event)
            self.windows[key].dirty = True
        if event.kind == "snapshot":
            if event.volume is not None:
                self.day_snapshots.setdefault(event.symbol, []).append(event)
            for window in self.live.values():    # it may be the one before a later window of the day
                if window.symbol == event.symbol:
                    window.dirty = True

    # ---- bars

    def values_of(self, window):
        """(values, did a sum overflow)"""
        events = window.events
        trades = [event for event in events if event.kind == "trade"]
        first, last = min(events, key=key_of), max(events, key=key_of)
        prices = [event.price for event in events]
        overflow = False

        def summed(total):
            nonlocal overflow
            overflow = overflow or total > exact.SUM_MAX
            return None if total > exact.SUM_MAX else total

        volume = notional = vwap = None
        if trades and all(trade.volume is not None for trade in trades):
            volume = summed(sum(trade.volume for trade in trades))
            notional = summed(sum(trade.price * trade.volume for trade in trades))
            if volume and notional is not None:    # notional at 1e-15 over volume at 1e-6 is at 1e-9
                vwap = exact.divide_half_even(notional, volume)
        elif not trades:
            volume = self.volume_of_snapshots(window)
        total = summed(sum(prices))
        average = None if total is None else exact.divide_half_even(total, len(prices))
        change = exact.divide_half_even(100 * (last.price - first.price) * 10**exact.PERCENT_SCALE, first.price)
        return Values(first.price, max(prices), min(prices), last.price, volume, len(trades), notional, vwap, average, change,
                      first.ts, last.ts), overflow

    def volume_of_snapshots(self, window):
        last = max(window.events, key=key_of)
        date = window.start // DAY
        if last.volume is None or (window.end - 1) // DAY != date:
            return None
        if window.start % DAY == 0:
            return last.volume
        before = [event for event in self.day_snapshots.get(window.symbol, [])
                  if event.ts < window.start and event.ts // DAY == date]
        if not before:
            return None
        difference = last.volume - max(before, key=key_of).volume
        return difference if difference >= 0 else None


def id_of(source, event):
    if event.trade_id is not None:
        return (source.name, event.symbol, event.venue, event.ts // DAY, "trade_id", event.trade_id)
    return (source.name, event.symbol, "seq", event.seq) if event.seq is not None else None


def merged(inputs):
    """Several files as one: always the file whose next record has the least time; what has no time goes at once."""
    queue = []
    for index, items in enumerate(inputs):
        items = iter(items)
        _put_next(queue, index, items)
    while queue:
        _, index, item, items = heapq.heappop(queue)
        yield item
        _put_next(queue, index, items)


def _put_next(queue, index, items):
    item = next(items, None)
    if item is not None:
        time = item.ts if isinstance(item, Record) else -1
        heapq.heappush(queue, (time, index, item, items))
