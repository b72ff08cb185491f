"""Hostile inputs, one per seed: every fault a feed has shown, and some it has not yet. Nothing here knows how to judge them.

    python3 tests/proof/generate.py --seed 17 --output DIR     writes the input (and its mapping) and prints the flags
"""

import argparse
import gzip
import json
import pathlib
import random
from dataclasses import dataclass, field

NS = 10**9
DAY = 86400 * NS
SYMBOLS = ["AAPL", "BRK.B", "BTC/USD", "^VIX", "EURUSD=X", "BINANCE:ETHUSDT", "M&M.NS", "aapl", "A", "Z" * 32, "AA", "a-b_c", "~", "!", "#1", "ES=F", "0700.HK",
           "X{}", "x;y", "T|U"]
DAYS_1970 = {2012: 15512, 2020: 18321, 2024: 19787}         # 2012-06-21, 2020-02-29, 2024-03-05
INTERVAL_SETS = [None, None, None, "1m", "1m,5m", "1m,5m,15m,30m,1h,1d", "30s,1m", "90s,1m", "250ms,1s,1m", "1s,10s", "1m,7h", "5h,2d", "1h,1d", "5m", "45s,2m,1h"]
BOUNDS = ["5s", "5s", "5s", "1s", "250ms", "30s", "0s", "2500ms", "1m"]
LATENESSES = ["2m", "2m", "2m", "30s", "5s", "10m", "0s", "1h", "90s"]
SKEWS = ["5s", "5s", "1s", "0s", "1m"]


@dataclass
class Scenario:
    seed: int
    file_name: str
    data: bytes
    settings: dict                          # bound, allowed-lateness, skew, intervals: as text, absent = default
    mapping: str | None = None              # TOML
    lines: int = 0
    notes: list = field(default_factory=list)

    def flags(self):
        return [part for name, value in self.settings.items() for part in (f"--{name}", value)]


def duration_ns(text):
    number = int("".join(c for c in text if c.isdigit()))
    return number * {"ms": 10**6, "s": NS, "m": 60 * NS, "h": 3600 * NS, "d": DAY}[text.lstrip("0123456789")]


def date_parts(ns):
    """UTC calendar fields, by the civil-from-days rule (no library that the reference uses too)."""
    days, rest = divmod(ns, DAY)
    z = days + 719468
    era, doe = divmod(z, 146097)
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + 3 if mp < 10 else mp - 9
    year = yoe + era * 400 + (1 if month <= 2 else 0)
    seconds, nanos = divmod(rest, NS)
    return year, month, doy - (153 * mp + 2) // 5 + 1, seconds // 3600, seconds // 60 % 60, seconds % 60, nanos


def iso(ns, offset_minutes=0, separator="T", tail="Z", digits=None):
    year, month, day, hour, minute, second, nanos = date_parts(ns + offset_minutes * 60 * NS)
    text = f"{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}"
    if digits is None:
        fraction = f"{nanos:09}".rstrip("0")
    else:
        fraction = f"{nanos:09}"[:digits]
    return text + ("." + fraction if fraction else "") + tail


class Generator:
    def __init__(self, seed):
        self.rng = random.Random(f"tickerhouse {seed}")
        self.seed = seed
        rng = self.rng
        self.symbols = rng.sample(SYMBOLS, rng.randint(1, rng.choice([2, 6, 20])))
        self.weights = [rng.choice([1, 1, 3, 10, 0.1]) for _ in self.symbols]
        self.settings = {}
        if rng.random() < 0.6:
            self.settings["bound"] = rng.choice(BOUNDS)
        if rng.random() < 0.6:
            self.settings["allowed-lateness"] = rng.choice(LATENESSES)
        if rng.random() < 0.4:
            self.settings["skew"] = rng.choice(SKEWS)
        intervals = rng.choice(INTERVAL_SETS)
        if intervals:
            self.settings["intervals"] = intervals
        self.bound = duration_ns(self.settings.get("bound", "5s"))
        self.lateness = duration_ns(self.settings.get("allowed-lateness", "2m"))
        self.skew = duration_ns(self.settings.get("skew", "5s"))
        self.feed = rng.choice(["ids", "ids", "seqs", "seqs", "both", "none", "mixed"])
        self.tick = rng.choice([NS // 20, NS // 3, NS, 5 * NS, 20 * NS, 60 * NS])
        self.grid = rng.choice([1, 1, 1000, 10**6, 250 * 10**6, NS])        # coarse clocks make equal times
        day = rng.choice(list(DAYS_1970.values()))
        self.now = day * DAY + rng.choice([rng.randrange(DAY), DAY - 60 * NS - rng.randrange(300 * NS), 0, 14 * 3600 * NS])
        self.price = {symbol: rng.choice([150.25, 0.00001305, 61837.63, 3.5, 9e8]) for symbol in self.symbols}
        self.day_volume = {}
        self.seq = rng.choice([0, 1, 1, 1000, 2**63 - 2000])
        self.next_id = rng.choice([1, 3735683259, 10**19, 2**62])
        self.history = []
        # How often each fault strikes; a third of them not at all in a given scenario.
        names = ["early", "late", "very_late", "ancient", "repeat", "same_id", "gap", "malformed", "future", "jump", "quote", "snapshot", "cancel",
                 "unknown_size", "zero_size", "tie", "rounding", "huge", "dialect", "bad_value", "swap_seq", "blank", "edge"]
        self.rates = {name: rng.choice([0, 0.01, 0.03, 0.1]) for name in names}
        self.rates["jump"] = rng.choice([0, 0.003, 0.01])
        self.rates["edge"] = rng.choice([0, 0.03, 0.1, 0.3])
        self.rates["ancient"] = min(self.rates["ancient"], 0.01)
        if rng.random() < 0.3:
            self.rates["snapshot"] = 0.6
        if rng.random() < 0.2:
            self.rates = {name: 0 for name in names}                          # a clean feed must be flawless too

    def strikes(self, fault):
        return self.rng.random() < self.rates[fault]

    # ---- one event as {name: JSON text}

    def event(self):
        rng = self.rng
        self.now += int(rng.expovariate(1) * self.tick)
        if self.strikes("jump"):
            self.now += rng.choice([90 * NS, 600 * NS, 3 * 3600 * NS, DAY, 3 * DAY])
        ts = self.now
        if self.strikes("tie") and self.history:
            ts = self.now = max(event["@ts"] for event in self.history[-3:])
        if self.strikes("early"):
            ts -= rng.randrange(self.bound + 1)
        if self.strikes("late"):
            ts -= self.bound + rng.randrange(self.lateness + 60 * NS)
        if self.strikes("very_late"):
            ts -= self.bound + self.lateness + rng.choice([1, 60 * NS, 3600 * NS, DAY, 30 * DAY])
        if self.strikes("ancient"):
            ts = rng.choice([0, 1, 10**9, rng.randrange(10**18)])
        ts = max(0, ts // self.grid * self.grid)
        if self.strikes("edge"):
            ts = self.edge()
        symbol = rng.choices(self.symbols, self.weights)[0]
        event = {"@ts": ts, "@symbol": symbol, "symbol": json.dumps(symbol)}
        if self.strikes("quote"):
            self.quote(event)
        elif self.strikes("snapshot"):
            self.snapshot(event)
        else:
            self.trade(event)
        if self.strikes("cancel"):
            event["kind"] = rng.choice(['"cancel"', '"correction"', '"status"', '"watermark"', '"TRADE"', '""', "5", "[]", "true"])
        self.identity(event)
        self.time(event)
        if self.strikes("bad_value"):
            self.spoil(event)
        self.history.append(event)
        return event

    def edge(self):
        """A time at which something is decided, or a nanosecond beside it."""
        rng, minute = self.rng, 60 * NS
        newest = max((event["@ts"] for event in self.history[-20:]), default=self.now)
        watermark = (newest - self.bound) // (NS // 4) * (NS // 4)
        beside = rng.choice([0, 0, 0, 1, -1])
        if rng.random() < 0.5:                                  # moves the watermark to the end of a pane, or to where it is shut
            self.now = max(self.now, (self.now // minute + 1) * minute + self.bound + rng.choice([0, 0, self.lateness]))
            return self.now + beside
        return max(0, rng.choice([watermark, watermark // minute * minute, (watermark - self.lateness) // minute * minute]) + beside)

    def trade(self, event):
        rng = self.rng
        if rng.random() < 0.3:
            event["kind"] = rng.choice(['"trade"', "null"])
        event["price"] = self.price_text(event["@symbol"])
        event["volume"] = self.size_text()
        if self.strikes("unknown_size"):
            event["volume"] = "null"
            if rng.random() < 0.5:
                del event["volume"]
        elif self.strikes("zero_size"):
            event["volume"] = rng.choice(["0", '"0"', "0.0", "-0", "0e5", "1e-9"])
        elif self.strikes("huge"):
            event["price"], event["volume"] = rng.choice([("9223372036.854775807", "9223372036854.775807"), ("9e9", "9e12"), ("0.000000001", "0.000001")])
        if "volume" in event and rng.random() < 0.15:
            event["size"] = event.pop("volume")
            if rng.random() < 0.2:
                event["volume"] = "7"

    def quote(self, event):
        rng = self.rng
        event["kind"] = '"quote"'
        event["bid"] = rng.choice([self.price_text(event["@symbol"]), "0"])
        event["ask"] = rng.choice([self.price_text(event["@symbol"]), "0.00"])
        for name in ("bid_size", "ask_size"):
            if rng.random() < 0.7:
                event[name] = self.size_text()
        if rng.random() < 0.1:
            event["price"] = '"not read in a quote"'

    def snapshot(self, event):
        rng = self.rng
        symbol, day = event["@symbol"], event["@ts"] // DAY
        event["kind"] = '"snapshot"'
        event["price"] = self.price_text(symbol)
        volume = self.day_volume.get((symbol, day), 0) + rng.randrange(1000)
        self.day_volume[symbol, day] = volume
        kind = rng.choice(["cumulative_day"] * 8 + ["none", None])
        if kind:
            event["volume_kind"] = f'"{kind}"'
        if rng.random() < 0.9:
            event["volume"] = str(volume if rng.random() < 0.95 else rng.randrange(volume + 1))
        for name in ("open", "high", "low", "prev_close"):
            if rng.random() < 0.3:
                event[name] = self.price_text(symbol)

    def identity(self, event):
        rng = self.rng
        feed = rng.choice(["ids", "seqs", "both", "none"]) if self.feed == "mixed" else self.feed
        if feed in ("ids", "both"):
            if self.strikes("same_id"):
                self.next_id -= rng.randint(1, 5)
            event["trade_id"] = rng.choice([str(self.next_id), f'"{self.next_id}"', f'"{self.next_id}"'])
            if rng.random() < 0.02:
                event["trade_id"] = rng.choice([json.dumps("\u00e9\U0001f600\"\\\n\x01/"), json.dumps("x" * 256), '"\\u0041\\/"', "-5", '" "', '"' + "y" * 17 + str(rng.randrange(9)) + '"'])
            self.next_id += 1
        if feed in ("seqs", "both"):
            if self.strikes("gap"):
                self.seq += rng.choice([1, 1, 2, 10])
            seq = self.seq
            if self.strikes("swap_seq"):
                seq = max(0, seq + rng.randint(-4, 4))
            event["seq"] = rng.choice([str(seq), str(seq), f'"{seq}"'])
            self.seq += 1
        if rng.random() < 0.1:
            event["venue"] = rng.choice(['"XNAS"', '"V"', "null"])

    def time(self, event):
        rng, ts = self.rng, event["@ts"]
        form = rng.random()
        if form < 0.55:
            event["ts"] = json.dumps(self.iso_text(ts))
        elif form < 0.7:
            event["ts_epoch_ms"] = self.millis(ts)
        elif form < 0.8:
            event["timestamp"] = rng.choice([json.dumps(self.iso_text(ts)), self.seconds(ts), f'"{self.seconds(ts)}"'])
        else:
            event["ts"] = json.dumps(self.iso_text(ts))
            event["ts_epoch_ms"] = rng.choice([self.millis(ts), "5", "null"])
            if rng.random() < 0.3:
                event["timestamp"] = rng.choice([self.seconds(ts), '"2020-01-01 00:00:00"'])
        if self.strikes("future"):
            ahead = rng.choice([self.skew, self.skew + 1, self.skew - 1, self.skew + NS, 3600 * NS])
            event["ts_recv"] = json.dumps(iso(max(0, ts - ahead)))
            if rng.random() < 0.2:
                event.pop("ts_recv")
                event["ts"] = rng.choice(['"2200-01-01T00:00:00Z"', '"2262-04-10T23:59:59.999999999Z"', '"2262-04-11T00:00:00Z"'])
        elif rng.random() < 0.1:
            event["ts_recv"] = json.dumps(iso(ts + rng.randrange(NS)))

    def iso_text(self, ns):
        rng = self.rng
        form = rng.random()
        if form < 0.5:
            return iso(ns)
        if form < 0.6:
            return iso(ns, separator=rng.choice("tT "), tail=rng.choice(["", "z", "Z"]))
        if form < 0.7 and ns > DAY:
            return iso(ns, 120, tail=rng.choice(["+02:00", "+0200", "+02"]))
        if form < 0.8:
            return iso(ns, -330, tail=rng.choice(["-05:30", "-0530"])) if ns > DAY else iso(ns)
        if form < 0.9:
            return iso(ns, digits=9, tail=rng.choice(["9Z", "0000000", "5+00:00"]))
        return iso(ns, tail="")

    def millis(self, ns):
        whole, fraction = divmod(ns, 10**6)
        text = str(whole) + (f".{fraction:06}" if fraction else "")
        return self.rng.choice([text, text, f'"{text}"'])

    def seconds(self, ns):
        whole, fraction = divmod(ns, NS)
        return str(whole) + (f".{fraction:09}".rstrip("0") if fraction else "")

    def price_text(self, symbol):
        rng = self.rng
        price = self.price[symbol] = max(1e-7, min(9e9, self.price[symbol] * (1 + rng.gauss(0, 0.002))))
        units = max(1, round(price * 10**9))
        units = rng.choice([units, units // 10**7 * 10**7 or units])
        text = f"{units // 10**9}.{units % 10**9:09}"
        if self.strikes("rounding"):
            text += rng.choice(["5", "50", "4999999999999", "5000000000000000000001", "000"])
        return self.dressed(text)

    def size_text(self):
        rng = self.rng
        text = rng.choice([str(rng.randrange(1, 1000)), f"{rng.randrange(100)}.{rng.randrange(10**6):06}", "100"])
        if self.strikes("rounding"):
            text = f"{rng.randrange(10)}.{rng.randrange(10**6):06}" + rng.choice(["5", "50", "51", "49"])
        return self.dressed(text)

    def dressed(self, text):
        """The same number in other clothes."""
        rng = self.rng
        form = rng.random()
        if form < 0.7:
            return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
        if form < 0.8:
            return f'"{text}"'
        if form < 0.9:
            return text
        whole, _, fraction = text.partition(".")
        digits = (whole + fraction).lstrip("0") or "0"
        return digits + rng.choice(["e", "E"]) + str(-len(fraction))

    def spoil(self, event):
        """One field, wrong."""
        rng = self.rng
        junk = ['""', "true", "[]", "{}", '"x"', '"NaN"', '" 1"', '"1 "', '"+1"', '"0x10"', '"1,5"', '"Infinity"']
        wrong = {
            "price": junk + ["0", "-1", "null", "1e400", "1e-400", "0.0000000004", "0.0000000005", "9223372036.854775808", "9999999999999999999", "1" * 400, "9223372036.8547758075", "9223372036.8547758074", '"-0"'],
            "volume": junk + ["-1", "-0.0000001", "-0.0000006", "1e400", "9223372036854.775808", "9223372036854.7758075", "-1e-400", "1e-99999999999999999999", "0e99999999999999999999"],
            "symbol": ['""', "null", "5", "[]", '"A B"', '"A,B"', '"A<"', '"\\u00e9"', '"' + "S" * 33 + '"', '"' + "S" * 5000 + '"', '"A\\u0000"', '"A\\\\"', '"\\""', '"A\\n"', '"\x7f"', '"\'"'],
            "ts": junk + ["5", "null", '"2024-03-05"', '"2024-02-30T00:00:00Z"', '"2024-03-05T24:00:00Z"', '"2024-03-05T23:59:60Z"', '"1969-12-31T23:59:59.999999999Z"', '"2024-03-05T10:00:00."', '"1970-01-01T00:30+01:00"',
                          '"2024-03-05T10:00:00,5Z"', '"2024-03-05T10:00:00+2"', '"20240305T100000Z"', '"2024-03-05T10:00.5Z"', '"2024-03-05T10:00:00 Z"', '"0000-01-01T00:00:00Z"', '"2300-01-01T00:00:00Z"'],
            "ts_epoch_ms": junk + ["-1", "-0.0000001", "1e400", "null", "9223372036855", "99999999999999999999", '"2024-03-05T10:00:00Z"'],
            "timestamp": junk + ["-1", "1e400", "99999999999", "99999999999.999999999", "null", "1e30"],
            "trade_id": ['""', "1.5", "1e3", "true", "[]", "-0", "1" * 257, '"' + "x" * 257 + '"', '"' + "\u00e9" * 129 + '"', "null"],
            "venue": ['""', "5", '"A B"', '"' + "V" * 33 + '"', "null"],
            "seq": ["-1", "1.0", "1e3", '""', '"01"', '"-0"', str(2**63), '"+5"', "true", "null", "-0"],
            "ts_recv": ["5", '""', '"x"', "null", '"2024-03-05"'],
        }
        if event.get("kind") == '"quote"':
            wrong["bid"] = wrong["ask"] = junk + ["-1", "null", "1e400", "9223372036.854775808", "-0", "-1e-10"]
            wrong["bid_size"] = wrong["ask_size"] = wrong.pop("volume")
            wrong.pop("price")
        if event.get("kind") == '"snapshot"':
            wrong["open"] = wrong["prev_close"] = wrong["price"]
            wrong["volume_kind"] = ['""', '"daily"', "5", "null", "true"]
        for _ in range(rng.choice([1, 1, 1, 2])):
            name = rng.choice(sorted(wrong))
            event[name] = rng.choice(wrong[name])

    # ---- events to lines

    def json_line(self, event):
        rng = self.rng
        fields = [(name, text) for name, text in event.items() if not name.startswith("@")]
        if rng.random() < 0.2:
            rng.shuffle(fields)
        if rng.random() < 0.1:
            extra = [('"note"', '"\\u00fc\\ud83d\\ude00\\/"'), ('"big"', "1e400"), ('"long"', "1" * 30), ('"deep"', "[" * 62 + "]" * 62), ('"conditions"', '["@","T"]'), ('""', "null"),
                     ('"Price"', '"x"'), ('"nested"', '{"price":-1,"symbol":5}')]
            name, value = rng.choice(extra)
            fields.insert(rng.randrange(len(fields) + 1), (json.loads(name), value))
        name_text = lambda name: '"' + (name if rng.random() > 0.01 or not name else f"\\u{ord(name[0]):04X}{name[1:]}") + '"'
        comma, colon = rng.choice([(",", ":"), (", ", ": "), (" ,\t", " : ")])
        return "{" + comma.join(name_text(name) + colon + value for name, value in fields) + "}" + rng.choice(["", "", "", " "])

    def foreign_line(self, event):
        """Some vendor's shape, where the event fits it."""
        rng = self.rng
        kind = event.get("kind", '"trade"').strip('"')
        take = lambda names: {theirs: event[ours] for theirs, ours in names.items() if ours in event}
        millis = str(event["@ts"] // 10**6)
        if kind == "quote":
            fields = {"T": '"q"', **take({"S": "symbol", "bp": "bid", "bs": "bid_size", "ap": "ask", "as": "ask_size"}), "t": json.dumps(iso(event["@ts"]))}
        elif kind == "snapshot":
            fields = take({"id": "symbol", "price": "price", "dayVolume": "volume", "openPrice": "open", "dayHigh": "high", "dayLow": "low", "previousClose": "prev_close", "exchange": "venue"})
            fields["time"] = rng.choice([millis, f'"{millis}"'])
        elif rng.random() < 0.5:
            fields = {"T": rng.choice(['"t"'] * 9 + ['"b"']), **take({"S": "symbol", "p": "price", "s": "volume", "i": "trade_id", "x": "venue"}), "t": json.dumps(iso(event["@ts"]))}
        else:
            elements = [take({"s": "symbol", "p": "price", "v": "volume"}) | {"t": millis}]
            for _ in range(rng.randrange(3)):
                more = {"@symbol": rng.choice(self.symbols), "@ts": event["@ts"]}
                self.trade(more)
                elements.append({"s": json.dumps(more["@symbol"]), "p": more.get("price", "1"), **({"v": more["volume"]} if "volume" in more else {}), "t": millis})
            data = [self.object_text(element) for element in elements]
            if rng.random() < 0.1:
                data.insert(rng.randrange(len(data) + 1), rng.choice(["5", "null", "{}", "[]", '{"s":"A","p":0}']))
            fields = {"data": "[" + ",".join(data) + "]", "type": '"trade"'}
        return self.object_text(fields)

    def object_text(self, fields):
        return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"

    def malformed_line(self, good):
        """Bytes that are no record; built around a good line, so that a sloppy parser would take them."""
        rng = self.rng
        inside = good.strip()[1:-1]
        choices = [
            good[:rng.randrange(1, len(good))], "{" + inside, "{" + inside + ",}", "{" + inside + "}}", "{" + inside + "} x", "[" + good + "]", good + good, good + ",",
            "{" + inside + ',"symbol":"A"}', "{" + inside + ',"x":{"y":1,"y":1}}', "{" + inside + ',"x":[{"\\u0079":1,"y":1}]}', "{" + inside + ',"\\u0070rice":1}',
            "{" + inside + ',"x":NaN}', "{" + inside + ',"x":Infinity}', "{" + inside + ',"x":-Infinity}', "{" + inside + ',"x":01}', "{" + inside + ',"x":.5}', "{" + inside + ',"x":5.}', "{" + inside + ',"x":+5}',
            "{" + inside + ',"x":1e}', "{" + inside + ',"x":0x10}', "{" + inside + ',"x":-}', "{" + inside + ',"x":tru}', "{" + inside + ',"x":TRUE}', "{" + inside + ',"x":"\\x41"}', "{" + inside + ',"x":"\\u12G4"}',
            "{" + inside + ',"x":"\\ud800"}', "{" + inside + ',"x":"\\udc00"}', "{" + inside + ',"x":"\\ud800\\ud800"}', "{" + inside + ',"\\udfff":1}', "{" + inside + ",\"x\":'y'}", "{" + inside + ',x:1}', "{" + inside + ',"x":"\t"}',
            "{" + inside + ',"x":"\x00"}', "{" + inside + ',"x"}', "{" + inside + ',"x":}', "{" + inside + ' "x":1}', "{," + inside + "}", "{" + inside + ',"x":' + "[" * 64 + "]" * 64 + "}", "{" + inside + ',"x":' + "[" * 3000 + "}",
            "{}", "[]", "null", "5", '"x"', "x", "{", "}", "/* c */" + good, good + "//", "\ufeff" + good, "{" + inside + ',"x":1 2}', "{" + inside + ',"x":[1,]}', "{" + inside + ',"x":"', "{" + inside + ',"x":"\\"}',
            "{" + inside + ',"x":nulll}', "\x0b" + good, good + "\x00", "\u00a0" + good,
            '{"type":"ping"}', '{"type":"subscribed","channels":["a"]}', '{"type":"trade"}', '{"type":"trade","data":[]}', '{"type":"trade","data":{}}', '{"type":"news","data":[1]}', '{"type":5,"data":[]}', '{"type":"x","data":null}',
            '{"T":"success","msg":"connected"}', '{"T":"b","S":"A"}', '{"T":5}', '{"T":null}', '{"T":"t"}', '{"id":"A"}', '{"id":"A","time":5}', '{"id":"A","time":1709637240000,"price":1}',
        ]
        line = rng.choice(choices).encode("utf-8")
        if rng.random() < 0.15:
            cut = rng.randrange(len(line) + 1)
            line = line[:cut] + rng.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80"]) + line[cut:]
        return line

    def scenario(self):
        rng = self.rng
        count = rng.randint(150, 600)
        shape = ("csv" if self.seed % 10 in (4, 6) else "mapped_csv" if self.seed % 10 == 9 else "mapped_json" if self.seed % 10 == 8 else "json")
        mapping = None
        if shape == "json":
            lines = self.json_lines(count)
        elif shape == "csv":
            lines = self.csv_lines(count)
        elif shape == "mapped_csv":
            lines, mapping = self.mapped_csv(count)
        else:
            lines, mapping = self.mapped_json(count)
        if shape != "mapped_json" and rng.random() < 0.15:
            lines[0] = b"\xef\xbb\xbf" + lines[0]
        if rng.random() < 0.05:
            lines.insert(len(lines) // 2, b"{" + b" " * (4 << 20) + b"}")
            lines.insert(len(lines) // 3, b'{"x":"' + b"y" * ((4 << 20) - 8) + b'"}')      # exactly 4 MiB
        ends = rng.choice([[b"\n"], [b"\n"], [b"\r\n"], [b"\n", b"\r\n"]])
        data = b"".join(line + rng.choice(ends) for line in lines)
        if rng.random() < 0.3:
            data = data[:-1].removesuffix(b"\r")
        name = f"feed{self.seed}." + ("csv" if "csv" in shape else "jsonl")
        if rng.random() < 0.1:
            data, name = gzip.compress(data, 1, mtime=0), name + ".gz"
        return Scenario(self.seed, name, data, self.settings, mapping, len(lines))

    def json_lines(self, count):
        rng, lines = self.rng, []
        while len(lines) < count:
            event = self.event()
            line = (self.foreign_line(event) if self.strikes("dialect") else self.json_line(event)).encode("utf-8", "surrogatepass")
            lines.append(line)
            if self.strikes("repeat"):
                lines.append(rng.choice(lines[-rng.choice([1, 5, 50]):]))
            if self.strikes("malformed"):
                lines.append(self.malformed_line(line.decode("utf-8", "replace")))
            if self.strikes("blank"):
                lines.append(rng.choice([b"", b" \t ", b"\r"]))
        return lines

    def cells(self, event, columns):
        """CSV cells of an event: JSON text stripped of its clothes."""
        result = []
        for column in columns:
            text = event.get(column, "null")
            value = json.loads(text) if text.startswith('"') else {"null": ""}.get(text, text)
            result.append(value.replace("\n", " ").replace("\r", " ").encode("utf-8", "replace").decode())
        return result

    def csv_text(self, cells, delimiter=","):
        quoted = lambda cell: '"' + cell.replace('"', '""') + '"'
        return delimiter.join(quoted(cell) if delimiter in cell or '"' in cell or self.rng.random() < 0.03 else cell for cell in cells)

    def broken_csv(self, line):
        rng = self.rng
        return rng.choice([line + b",", line.rpartition(b",")[0], line + b'"', b'"' + line, line + b',"x"y', line.replace(b",", b';'), b"x", b",,,", b'"', line + b"," + b"z" * 5000, b"\xff" + line, line[:len(line) // 2]])

    def csv_lines(self, count):
        rng = self.rng
        columns = ["symbol", "ts", "ts_epoch_ms", "timestamp", "price", rng.choice(["volume", "size"]), "kind", "trade_id", "venue", "seq", "ts_recv", "volume_kind", "open", "prev_close", "bid", "ask", "bid_size", "ask_size", "Other"]
        rng.shuffle(columns)
        lines = [self.csv_text(columns).encode()]
        while len(lines) < count:
            event = self.event()
            if "size" in columns and "volume" in event:
                event["size"] = event.pop("volume")
            if "volume" in columns and "size" in event:
                event["volume"] = event.pop("size")
            event["Other"] = rng.choice(['"a,b"', '"say \\"x\\""', '""', '"\u00fc"'])
            line = self.csv_text(self.cells(event, columns)).encode()
            lines.append(line)
            if self.strikes("repeat"):
                lines.append(rng.choice(lines[1:][-rng.choice([1, 5, 50]):]))
            if self.strikes("malformed"):
                lines.append(self.broken_csv(line))
            if self.strikes("blank"):
                lines.append(rng.choice([b"", b" \t "]))
        return lines

    def mapped_csv(self, count):
        """Local times of New York (with its changes of clock) or microseconds, scaled prices, a filter."""
        rng = self.rng
        local = rng.random() < 0.6
        header = rng.random() < 0.5
        if local:                                            # 2024-11-03 05:00 UTC or 2024-03-10 06:30 UTC: clocks change within the hour
            self.now = rng.choice([1730610000 * NS, 1710052200 * NS, 1718000000 * NS])
        place = (lambda name, number: name) if header else (lambda name, number: f"${number}")
        mapping = ['format = "csv"', f"header = {'true' if header else 'false'}", 'delimiter = ";"', "where = [" + json.dumps(f"{place('Type', 2)} in 4,5") + "]"]
        if local:
            mapping.append('zone = "America/New_York"')
        else:
            mapping.append('ts_unit = "us"')
        one_symbol = rng.random() < 0.5
        if one_symbol:
            mapping.append(f"symbol = {json.dumps(self.symbols[0])}")
        mapping += ["[fields]", f"ts = {json.dumps(place('When', 1))}", f"price = {json.dumps(place('Px', 3) + '*0.0001')}", f"size = {json.dumps(place('Qty', 4) + '*1e-2')}", f"trade_id = {json.dumps(place('Id', 5))}"]
        if not one_symbol:
            mapping.append(f"symbol = {json.dumps(place('Sym', 6))}")
        lines = [b"When;Type;Px;Qty;Id;Sym"] if header else []
        while len(lines) < count:
            event = self.event()
            ts = event["@ts"]
            when = iso(ts, rng.choice([-240, -240, -300]), separator=" ", tail=rng.choice(["", "", "", "-04:00"])) if local and ts > DAY else str(ts // 1000) + rng.choice(["", ".123456", "e0"])
            price = event.get("price", "1").strip('"') if rng.random() < 0.1 else str(rng.randrange(1, 10**9)) + rng.choice(["", ".5", ".00001", ".000005"])
            cells = [when, rng.choice(["4", "5", "4", "1", "", "4.0"]), price, rng.choice([str(rng.randrange(1000)), "0.005", "", "-1"] if rng.random() < 0.1 else [str(rng.randrange(1000))]), str(self.next_id) if rng.random() < 0.9 else "", event["@symbol"]]
            line = self.csv_text(cells, ";").encode("utf-8", "replace")
            lines.append(line)
            if self.strikes("malformed"):
                lines.append(rng.choice([line + b";", line + b'"', b'"' + line, b";;", b"\xff" + line]))
        return lines, "\n".join(mapping) + "\n"

    def mapped_json(self, count):
        """A raw feed: receive time, space, message; trades among other messages."""
        rng = self.rng
        mapping = ('format = "json"\nprefix = "ns"\nts_unit = "ms"\nwhere = ["data.e = trade", "data.m != true"]\n[fields]\nsymbol = "data.s"\nts = "data.T"\nts_recv = "@prefix"\n'
                   'price = "data.p*10"\nsize = "data.q"\ntrade_id = "data.t"\nseq = "n"\n')
        lines = []
        while len(lines) < count:
            event = self.event()
            data = {"e": rng.choice(['"trade"', '"trade"', '"trade"', '"depth"', "5", "null"]), "s": event["symbol"], "T": str(event["@ts"] // 10**6), "p": event.get("price", '"1.5"'), "q": event.get("volume", "null"),
                    "t": event.get("trade_id", "null"), "m": rng.choice(["true", "false", "false", "null"])}
            message = self.object_text({"stream": '"x"', "data": self.object_text(data), "n": event.get("seq", "null")})
            line = str(event["@ts"] + rng.randrange(-NS, NS) if event["@ts"] > NS else 0) + " " + message
            lines.append(line.encode("utf-8", "surrogatepass"))
            if self.strikes("malformed"):
                lines.append(rng.choice([message, "x " + message, "5", "5 ", "5  " + message, "1e3 " + message, "01 " + message, "5\t" + message, '5 {"data":5}', "6 {}", '7 {"data":{"e":"depth","e":"depth"}}', "5 " + message[:-1]]).encode("utf-8", "surrogatepass"))
        return lines, mapping


def scenario(seed):
    return Generator(seed).scenario()


def orderly(seed):
    """Events whose times all differ, in order, as JSON lines with their times: to be shuffled within the bound."""
    rng = random.Random(f"orderly {seed}")
    now, events, day_volume = DAYS_1970[2024] * DAY + rng.randrange(DAY), [], {}
    symbols = rng.sample(SYMBOLS, rng.randint(1, 6))
    for number in range(rng.randint(200, 500)):
        now += 1 + int(rng.expovariate(1) * rng.choice([NS // 10, NS, 10 * NS]))
        symbol = rng.choice(symbols)
        fields = {"symbol": json.dumps(symbol), "price": f"{rng.randrange(1, 10**6)}.{rng.randrange(10**9):09}", "ts": json.dumps(iso(now)), "trade_id": str(number)}
        if rng.random() < 0.2:
            key = (symbol, now // DAY)
            day_volume[key] = day_volume.get(key, 0) + rng.randrange(100)
            fields |= {"kind": '"snapshot"', "volume_kind": '"cumulative_day"', "volume": str(day_volume[key])}
        else:
            fields["volume"] = rng.choice([str(rng.randrange(1000)), "null", "0.25"])
        events.append((now, "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}\n"))
    return events


def shuffled(events, bound_ns, seed):
    """No event comes after one that is more than the bound younger."""
    rng = random.Random(f"shuffle {seed}")
    return sorted(events, key=lambda event: event[0] + rng.randrange(bound_ns + 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True, metavar="DIR")
    options = parser.parse_args()
    made = scenario(options.seed)
    folder = pathlib.Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / made.file_name).write_bytes(made.data)
    flags = made.flags()
    if made.mapping:
        (folder / "mapping.toml").write_text(made.mapping)
        flags += ["--mapping", str(folder / "mapping.toml")]
    print(folder / made.file_name, *flags)


if __name__ == "__main__":
    main()
