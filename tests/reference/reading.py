"""Bytes to records: sections 1 and 2 of docs/semantics.md."""

import gzip
import re
from dataclasses import dataclass

import exact
import strict_json
import times
from mapping import Mapping
from strict_json import NumberText

MAX_LINE = 4 * 1024 * 1024
BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"
BLANK = b" \t\r"
SEQ = re.compile(r"0|[1-9][0-9]*")
INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
KNOWN = ("kind symbol price volume size ts ts_epoch_ms timestamp trade_id venue seq ts_recv "
         "bid ask bid_size ask_size volume_kind open high low prev_close").split()
FORBIDDEN_IN_SYMBOLS = set(",\"'\\<>")
DAY_FIELDS = ("open", "high", "low", "prev_close")


class Fault(Exception):
    """The reason why a record is a reject."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


@dataclass
class Record:
    source: str
    line: int
    index: int | None                 # which trade of a message that carries several
    raw: bytes
    kind: str = "trade"
    symbol: str = ""
    price: int | None = None          # 1e-9
    volume: int | None = None         # 1e-6
    bid: int | None = None
    ask: int | None = None
    bid_size: int | None = None
    ask_size: int | None = None
    ts: int = 0                       # ns
    trade_id: str | None = None
    venue: str | None = None
    seq: int | None = None
    ts_recv: int | None = None
    volume_kind: str = "none"
    open: int | None = None
    high: int | None = None
    low: int | None = None
    prev_close: int | None = None
    rounded: bool = False
    order: int = -1                   # order of arrival, given by ingest


@dataclass
class Reject:
    source: str
    line: int
    index: int | None
    raw: bytes
    reason: str
    ts_recv: int | None = None

    @property
    def position(self):
        return str(self.line) if self.index is None else f"{self.line}#{self.index}"


class Skipped:
    """A line that is no record and not received: a `where` excluded it, or a message without data."""


# ---------------------------------------------------------------------------------------------------------- lines

def content_of(path):
    with open(path, "rb") as file:
        data = file.read()
    return gzip.decompress(data) if data.startswith(GZIP) else data


def lines_of(data):
    """(line number, bytes) of every line that is not blank."""
    if data.startswith(BOM):
        data = data[len(BOM):]
    lines = data.split(b"\n")
    last = len(lines) - 1                      # what follows the last LF; a CR there stands before no LF
    for index, line in enumerate(lines):
        if index != last and line.endswith(b"\r"):
            line = line[:-1]
        if line.strip(BLANK):
            yield index + 1, line


def looks_like_json(data):
    if data.startswith(BOM):
        data = data[len(BOM):]
    return data.lstrip(b" \t\r\n")[:1] == b"{"


def read(data, source, mapping=None):
    """Every Record, Reject and Skipped in `data`, in the order of the file."""
    mapping = mapping or Mapping()
    is_json = mapping.format == "json" if mapping.format else looks_like_json(data)
    decode_line = _JsonLines(mapping) if is_json else _CsvLines(mapping)
    for number, line in lines_of(data):
        def reject(reason, index=None):
            return Reject(source, number, index, line, reason)

        if len(line) > MAX_LINE:
            yield reject("line_too_long")
            continue
        try:
            field_sets = decode_line(line)
        except strict_json.BadJson:
            yield reject("bad_json")
            continue
        except strict_json.RepeatedKey:
            yield reject("repeated_key")
            continue
        except Fault as fault:
            yield reject(fault.reason)
            continue
        if field_sets is None:                 # a header
            continue
        if not field_sets:
            yield Skipped()
        for index, fields in field_sets:
            try:
                if isinstance(fields, Fault):
                    raise fields
                yield record_of(fields, mapping, Record(source, number, index, line))
            except Fault as fault:
                yield reject(fault.reason, index)


class _JsonLines:
    """A line to its list of (index, fields); fields is a dict of known names, or the Fault that stands in its place."""

    def __init__(self, mapping):
        self.mapping = mapping

    def __call__(self, line):
        prefix = None
        if self.mapping.prefix:
            head, space, line = line.partition(b" ")
            prefix = head.decode("latin-1")
            if not space or exact.parse_number(prefix) is None:
                raise Fault("bad_json")
        message = strict_json.parse_object(line)

        def value_at(path):
            if path == "@prefix":
                return NumberText(prefix)
            value = message
            for key in path.split("."):
                value = value.get(key) if isinstance(value, dict) else None
            return value

        for condition in self.mapping.where:
            if not condition.holds(_raw_text(value_at(condition.field))):
                return []
        if self.mapping.sources:
            return [(None, _with_symbol({name: value_at(path) for name, path in self.mapping.sources.items()}, self.mapping))]
        own = _with_symbol(own_names(message), self.mapping)
        return [(None, own)] if own.get("symbol") is not None else dialect(message, own)


class _CsvLines:
    def __init__(self, mapping):
        self.mapping = mapping
        self.header = None                      # names by column
        self.width = None
        self.awaits_header = mapping.header

    def __call__(self, line):
        cells = split_csv(line.decode("utf-8", "surrogateescape"), self.mapping.delimiter)
        if self.awaits_header:
            self.header, self.width, self.awaits_header = cells, len(cells), False
            return None
        if self.width is None:
            self.width = len(cells)
        if len(cells) != self.width:
            raise Fault("bad_csv")

        def value_at(name):
            if name.startswith("$"):
                column = int(name[1:]) - 1
            else:
                column = self.header.index(name)
            return (cells[column] or None) if column < len(cells) else None

        for condition in self.mapping.where:
            if not condition.holds(value_at(condition.field)):
                return []
        if self.mapping.sources:
            fields = {name: value_at(column) for name, column in self.mapping.sources.items()}
        else:
            columns = reversed(list(zip(self.header or [], cells)))       # of columns with one name the first counts
            fields = own_names({name: cell or None for name, cell in columns})
        return [(None, _with_symbol(fields, self.mapping))]


def split_csv(text, delimiter):
    """RFC 4180, one line. A quote may only open a field, and must close it."""
    cells, position = [], 0
    while True:
        if text[position:position + 1] == '"':
            cell, position = [], position + 1
            while True:
                end = text.find('"', position)
                if end < 0:
                    raise Fault("bad_csv")
                cell.append(text[position:end])
                position = end + 1
                if text[position:position + 1] != '"':
                    break
                cell.append('"')
                position += 1
            cells.append("".join(cell))
            if position == len(text):
                return cells
            if text[position] != delimiter:
                raise Fault("bad_csv")
            position += 1
        else:
            end = text.find(delimiter, position)
            cell = text[position:] if end < 0 else text[position:end]
            if '"' in cell:
                raise Fault("bad_csv")
            cells.append(cell)
            if end < 0:
                return cells
            position = end + 1


def _raw_text(value):
    """What a `where` compares: the text of a string or number; true and false; else nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else None


def own_names(message):
    fields = {name: message[name] for name in KNOWN if message.get(name) is not None}
    return fields


def _with_symbol(fields, mapping):
    if mapping.symbol is not None:
        fields["symbol"] = mapping.symbol
    return fields


def dialect(message, own):
    """Other vendors' shapes, tried where `symbol` is absent."""
    kind, data = message.get("type"), message.get("data")
    if kind == "trade" and not isinstance(kind, NumberText) and isinstance(data, list):
        return [(index, _finnhub_trade(element)) for index, element in enumerate(data)]
    if isinstance(kind, str) and not isinstance(kind, NumberText) and kind != "trade" and data is None:
        return []
    if message.get("T") is not None:
        return [(None, _alpaca(message))]
    if message.get("id") is not None and message.get("time") is not None:
        return [(None, _yahoo(message))]
    return [(None, own)]


def _renamed(message, names):
    return {ours: message.get(theirs) for ours, theirs in names.items()}


def _finnhub_trade(element):
    if not isinstance(element, dict):
        return Fault("bad_json")
    return _renamed(element, {"symbol": "s", "price": "p", "volume": "v", "ts_epoch_ms": "t"})


def _alpaca(message):
    kind = message["T"]
    if kind == "t" and not isinstance(kind, NumberText):
        return _renamed(message, {"symbol": "S", "price": "p", "volume": "s", "ts": "t", "trade_id": "i", "venue": "x"})
    if kind == "q" and not isinstance(kind, NumberText):
        names = {"symbol": "S", "bid": "bp", "bid_size": "bs", "ask": "ap", "ask_size": "as", "ts": "t"}
        return {"kind": "quote", **_renamed(message, names)}
    return Fault("unsupported_kind")


def _yahoo(message):
    names = {"symbol": "id", "price": "price", "volume": "dayVolume", "ts_epoch_ms": "time", "venue": "exchange",
             "open": "openPrice", "high": "dayHigh", "low": "dayLow", "prev_close": "previousClose"}
    return {"kind": "snapshot", "volume_kind": "cumulative_day", **_renamed(message, names)}


# --------------------------------------------------------------------------------------------------------- fields

def record_of(fields, mapping, record):
    """Fills `record` from the fields, checked in the order of the table in section 1.7."""
    reader = _FieldReader(fields, mapping, record)
    reader.kind()
    reader.symbol()
    reader.prices()
    reader.sizes()
    reader.time()
    reader.rest()
    return record


class _FieldReader:
    def __init__(self, fields, mapping, record):
        self.fields, self.mapping, self.record = fields, mapping, record

    def get(self, name):
        return self.fields.get(name)

    def kind(self):
        kind = self.get("kind")
        if kind is None:
            return
        if isinstance(kind, NumberText) or kind not in ("trade", "quote", "snapshot"):
            raise Fault("unsupported_kind")
        self.record.kind = kind

    def symbol(self):
        if self.get("symbol") is None:
            raise Fault("missing_symbol")
        self.record.symbol = self.name_text("symbol", "bad_symbol")

    def prices(self):
        if self.record.kind == "quote":
            self.record.bid = self.price("bid", "bad_price", zero_allowed=True)
            self.record.ask = self.price("ask", "bad_price", zero_allowed=True)
        else:
            self.record.price = self.price("price", "bad_price")

    def sizes(self):
        if self.record.kind == "quote":
            self.record.bid_size = self.size("bid_size")
            self.record.ask_size = self.size("ask_size")
        else:
            volume, size = self.size("volume"), self.size("size")
            self.record.volume = volume if volume is not None else size

    def time(self):
        times_given = [self.ts("ts", "bad_time"), self.epoch_ms(), self.timestamp()]
        times_given = [value for value in times_given if value is not None]
        if not times_given:
            raise Fault("missing_time")
        self.record.ts = times_given[0]

    def rest(self):
        record = self.record
        record.trade_id = None if record.kind == "quote" else self.trade_id()
        if self.get("venue") is not None:
            record.venue = self.name_text("venue", "bad_field")
        record.seq = self.seq()
        record.ts_recv = self.ts("ts_recv", "bad_field")
        if record.kind == "snapshot":
            kind = self.get("volume_kind")
            if kind is not None:
                if isinstance(kind, NumberText) or kind not in ("none", "cumulative_day"):
                    raise Fault("bad_field")
                record.volume_kind = kind
            if record.volume_kind == "none":
                record.volume = None
            for name in DAY_FIELDS:
                if self.get(name) is not None:
                    setattr(record, name, self.price(name, "bad_field"))

    def name_text(self, name, reason):
        text = self.get(name)
        if not isinstance(text, str) or isinstance(text, NumberText) or not 1 <= len(text) <= 32:
            raise Fault(reason)
        if any(not "!" <= character <= "~" or character in FORBIDDEN_IN_SYMBOLS for character in text):
            raise Fault(reason)
        return text

    def number(self, name, reason):
        """An exact number, written as one or in quotes, times the factor of the mapping."""
        text = self.get(name)
        number = exact.parse_number(text) if isinstance(text, str) else None
        if number is None:
            raise Fault(reason)
        factor = self.mapping.factors.get(name)
        return number if factor is None else number.times(factor)

    def price(self, name, reason, zero_allowed=False):
        if self.get(name) is None:
            raise Fault("missing_price")
        value, rounded = self.number(name, reason).scaled(exact.PRICE_SCALE)
        if value is None or value > exact.INT64_MAX or value < 0 or (value == 0 and not zero_allowed):
            raise Fault(reason)
        self.record.rounded |= rounded
        return value

    def size(self, name):
        if self.get(name) is None:
            return None
        value, rounded = self.number(name, "bad_size").scaled(exact.SIZE_SCALE)
        if value is None or not 0 <= value <= exact.INT64_MAX:
            raise Fault("bad_size")
        self.record.rounded |= rounded
        return value

    def ts(self, name, reason):
        """`ts` and `ts_recv`: ISO text, or what the unit of the mapping says."""
        text = self.get(name)
        if text is None:
            return None
        value, unit = None, self.mapping.units[name]
        if unit == "iso":
            if isinstance(text, str) and not isinstance(text, NumberText):
                value = times.parse_iso(text, self.mapping.zone)
        else:
            number = exact.parse_number(text) if isinstance(text, str) else None
            if number is not None and unit == "seconds_of_day":
                value = times.from_seconds_of_day(number, self.mapping.date, self.mapping.zone)
            elif number is not None:
                value = times.from_number(number, unit)
        if value is None:
            raise Fault(reason)
        return value

    def epoch_ms(self):
        text = self.get("ts_epoch_ms")
        if text is None:
            return None
        number = exact.parse_number(text) if isinstance(text, str) else None
        value = times.from_number(number, "ms") if number is not None else None
        if value is None:
            raise Fault("bad_time")
        return value

    def timestamp(self):
        text = self.get("timestamp")
        if text is None:
            return None
        number = exact.parse_number(text) if isinstance(text, str) else None
        if number is not None:
            value = times.from_timestamp_number(number)
        elif isinstance(text, str):
            value = times.parse_iso(text, self.mapping.zone)
        else:
            value = None
        if value is None:
            raise Fault("bad_time")
        return value

    def trade_id(self):
        text = self.get("trade_id")
        if text is None:
            return None
        if not isinstance(text, str) or (isinstance(text, NumberText) and not INTEGER.fullmatch(text)):
            raise Fault("bad_field")
        try:
            length = len(text.encode("utf-8"))
        except UnicodeEncodeError:              # bytes of a CSV cell that are no UTF-8
            raise Fault("bad_field") from None
        if not 1 <= length <= 256:
            raise Fault("bad_field")
        return str(text)

    def seq(self):
        text = self.get("seq")
        if text is None:
            return None
        if not isinstance(text, str) or not SEQ.fullmatch(text) or len(text) > 19 or int(text) > exact.INT64_MAX:
            raise Fault("bad_field")
        return int(text)
