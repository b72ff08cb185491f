"""Mappings of foreign files, as docs/mapping.md describes them: a TOML file, flags, or both."""

import datetime
import re
import tomllib

import exact
import times

NUMBER_FIELDS = {"price", "volume", "bid", "ask", "bid_size", "ask_size", "open", "high", "low", "prev_close"}
FIELDS = NUMBER_FIELDS | {"kind", "symbol", "ts", "ts_epoch_ms", "timestamp", "trade_id", "venue", "seq", "ts_recv", "volume_kind"}
UNITS = {"iso", "s", "ms", "us", "ns", "seconds_of_day"}
KEYS = {"format", "header", "delimiter", "symbol", "zone", "date", "prefix", "fields", "ts_unit", "ts_recv_unit", "where"}
EXPRESSION = re.compile(r"(.+?)\s*(?:\*\s*([0-9][0-9.eE+-]*))?")
CONDITION = re.compile(r"\s*(.+?)\s+(=|!=|in)\s+(.*?)\s*")


class BadMapping(Exception):
    pass


class Condition:
    def __init__(self, text):
        match = CONDITION.fullmatch(text)
        if match is None:
            raise BadMapping(f"no condition: {text!r}")
        self.field, self.operator, value = match.groups()
        self.values = [part.strip() for part in value.split(",")] if self.operator == "in" else [value]

    def holds(self, raw):
        """raw: the text of the field, None when it is missing. What is missing equals nothing."""
        found = raw is not None and raw in self.values
        return not found if self.operator == "!=" else found


class Mapping:
    """What every record is read with; the default is "our own names, everything UTC"."""

    def __init__(self, options=None):
        options = options or {}
        unknown = set(options) - KEYS
        if unknown:
            raise BadMapping(f"unknown keys: {sorted(unknown)}")
        self.format = options.get("format")
        self.header = options.get("header", True)
        self.delimiter = options.get("delimiter", ",")
        self.symbol = options.get("symbol")
        self.zone = times.zone_of(options["zone"]) if "zone" in options else None
        self.date = None
        if "date" in options:
            date = options["date"]
            self.date = date if isinstance(date, datetime.date) else datetime.date.fromisoformat(date)
        self.prefix = options.get("prefix")
        self.units = {"ts": options.get("ts_unit", "iso"), "ts_recv": options.get("ts_recv_unit", "iso")}
        self.where = [Condition(text) for text in options.get("where", [])]
        self.sources, self.factors = {}, {}
        for name, expression in options.get("fields", {}).items():
            self._add_field("volume" if name == "size" else name, expression)
        self._check()

    def _add_field(self, name, expression):
        if name not in FIELDS:
            raise BadMapping(f"unknown field: {name}")
        source, factor = EXPRESSION.fullmatch(expression.strip()).groups()
        if factor is not None:
            self.factors[name] = exact.parse_number(factor)
            if name not in NUMBER_FIELDS or self.factors[name] is None:
                raise BadMapping(f"no factor here: {name} = {expression}")
        self.sources[name] = source
        if source == "@prefix" and name in self.units:
            self.units[name] = self.prefix

    def _check(self):
        if self.format not in (None, "csv", "json") or self.prefix not in (None, "s", "ns"):
            raise BadMapping("format is csv or json, prefix is s or ns")
        if self.prefix and self.format != "json":
            raise BadMapping("a prefix needs format = json")
        if self.symbol is not None and "symbol" in self.sources:
            raise BadMapping("symbol is given twice")
        if not set(self.units.values()) <= UNITS:
            raise BadMapping(f"units are {sorted(UNITS)}")
        if self.prefix is None and "@prefix" in [*self.sources.values(), *(condition.field for condition in self.where)]:
            raise BadMapping("@prefix without a prefix")
        if "seconds_of_day" in self.units.values() and self.date is None:
            raise BadMapping("seconds_of_day needs a date")


def from_file_and_flags(path=None, flags=None):
    """Flags win over the file, field by field."""
    options = {}
    if path:
        with open(path, "rb") as file:
            options = tomllib.load(file)
    for key, value in (flags or {}).items():
        options[key] = {**options.get("fields", {}), **value} if key == "fields" else value
    return Mapping(options)
