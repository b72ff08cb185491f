"""The reference against cases worked out by hand. Run: python3 tests/reference/test_reference.py"""

import gzip
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import exact
import main
import mapping
import output
import strict_json
import times
import xxh3
from engine import Pipeline, Settings
from reading import Record, Reject, Skipped, content_of, read

MIN = times.NS_PER_MINUTE
OPENED = times.parse_iso("2025-01-01T00:00:00Z")


def run(*lines, settings=None, how=None):
    pipeline = Pipeline(settings or Settings(opened=OPENED))
    data = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines).encode()
    pipeline.run("in", read(data, "in", how))
    return pipeline


def trade(ts, price=10, volume=1, symbol="A", **more):
    ts = ts if "-" in ts else f"2024-03-05T{ts}Z"
    return {"symbol": symbol, "price": price, "volume": volume, "ts": ts, **more}


def bars(pipeline, interval="1m"):
    header, *rows = output.bars_csv(pipeline).splitlines()
    named = [dict(zip(header.split(","), row.split(","))) for row in rows]
    return [bar for bar in named if bar["interval"] == interval]


def counts(pipeline):
    return {key: count for key, count in pipeline.ledger.items() if count}


def reasons(pipeline):
    return [(reject.reason, reject.position) for reject in pipeline.rejects]


class Numbers(unittest.TestCase):
    def scaled(self, text, scale=9):
        return exact.parse_number(text).scaled(scale)

    def test_grammar(self):
        for bad in ("", "+1", ".5", "5.", "01", "1e", "0x1", "NaN", "Infinity", " 1", "1 ", "1_0", "--1", "-", "1e1.5", "\u0661"):
            self.assertIsNone(exact.parse_number(bad), bad)

    def test_exact_and_half_even(self):
        self.assertEqual(self.scaled("150.25"), (150250000000, False))
        self.assertEqual(self.scaled("1.5e2"), (150000000000, False))
        self.assertEqual(self.scaled("0.0000000005"), (0, True))          # half to even: 0
        self.assertEqual(self.scaled("0.0000000015"), (2, True))          # half to even: 2
        self.assertEqual(self.scaled("0.0000000025"), (2, True))
        self.assertEqual(self.scaled("0.00000000250000000000001"), (3, True))
        self.assertEqual(self.scaled("5.800000000000"), (5800000000, False))
        self.assertEqual(self.scaled("-0.0000001", 6), (0, True))
        self.assertEqual(self.scaled("1e-400"), (0, True))
        self.assertEqual(self.scaled("1e400")[0], None)
        self.assertEqual(self.scaled("0e999999999999999999999"), (0, False))
        self.assertEqual(self.scaled("1" + "0" * 50 + "e-50"), (10**9, False))
        self.assertEqual(self.scaled("9223372036.854775807"), (2**63 - 1, False))

    def test_plain(self):
        self.assertEqual(exact.plain(150250000000, 9), "150.25")
        self.assertEqual(exact.plain(-5, 6), "-0.000005")
        self.assertEqual(exact.plain(10**10, 9), "10")
        self.assertEqual(exact.plain(0, 6), "0")

    def test_divide_half_even(self):
        self.assertEqual([exact.divide_half_even(n, 2) for n in (1, 3, 5, -1, -3, -5)], [0, 2, 2, 0, -2, -2])
        self.assertEqual(exact.divide_half_even(-7, 3), -2)

    def test_hash(self):
        # From the C library: XXH3_128bits of 1000 zero bytes.
        self.assertEqual(f"{xxh3.hash128(bytes(1000)):032x}", "3fb94aea6d09b97224c1ea6074dd588c")


class Times(unittest.TestCase):
    def test_forms(self):
        base = 1709637240 * 10**9                                         # 2024-03-05T11:14:00Z, from `date -u +%s`
        for text in ("2024-03-05T11:14", "2024-03-05 11:14:00", "2024-03-05t11:14:00z", "2024-03-05T13:14:00+02:00",
                     "2024-03-05T13:14+0200", "2024-03-05T13:14:00.000+02", "2024-03-05T05:44:00-05:30", "2024-03-05T05:44-0530"):
            self.assertEqual(times.parse_iso(text), base, text)
        self.assertEqual(times.parse_iso("2024-03-05T11:14:00.1234567899Z"), base + 123456789)

    def test_not_a_time(self):
        for text in ("2024-03-05", "2024-03-05T11", "2024-03-05T11:14.5", "2024-03-05T11:14:60", "2024-03-05T24:00:00", "2024-02-30T00:00",
                     "2024-03-05T11:14:00.", "2024-03-05T11:14:00 Z", "2024-03-05T11:14:00+2", "2024-03-05  11:14", "2024-13-01T00:00",
                     "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "2262-04-11T00:00:00Z", "0000-01-01T00:00", "2024-03-05T11:14+24:00"):
            self.assertIsNone(times.parse_iso(text), text)
        self.assertEqual(times.parse_iso("1970-01-01T00:00:00Z"), 0)

    def test_numbers(self):
        self.assertEqual(times.from_timestamp_number(exact.parse_number("1709637240.5")), 1709637240_500000000)
        self.assertEqual(times.from_timestamp_number(exact.parse_number("1709637240500")), 1709637240_500000000)
        self.assertEqual(times.from_timestamp_number(exact.parse_number("100000000000")), 100000000 * 10**9)
        self.assertIsNone(times.from_timestamp_number(exact.parse_number("99999999999")))          # the year 5138
        self.assertEqual(times.from_number(exact.parse_number("1.0000019"), "ms"), 1000001)
        self.assertIsNone(times.from_number(exact.parse_number("-0.00000001"), "ms"))
        self.assertEqual(times.from_number(exact.parse_number("-0"), "ms"), 0)

    def test_zones(self):
        new_york = times.zone_of("America/New_York")
        utc = times.parse_iso
        self.assertEqual(times.parse_iso("2012-06-21T09:30:00", new_york), utc("2012-06-21T13:30:00Z"))
        self.assertEqual(times.parse_iso("2012-06-21T09:30:00Z", new_york), utc("2012-06-21T09:30:00Z"))
        self.assertEqual(times.parse_iso("2024-11-03T01:30:00", new_york), utc("2024-11-03T05:30:00Z"))  # the first of two
        self.assertIsNone(times.parse_iso("2024-03-10T02:30:00", new_york))                              # skipped

    def test_text(self):
        self.assertEqual(times.to_iso(1709637240_500000000), "2024-03-05T11:14:00.5Z")
        self.assertEqual(times.to_iso(1709637240_000000000), "2024-03-05T11:14:00Z")
        self.assertEqual(times.duration_name(60 * MIN), "1h")
        self.assertEqual(times.duration_name(times.parse_duration("90s")), "90s")


class Json(unittest.TestCase):
    def test_accepts(self):
        value = strict_json.parse_object(b' {"a" : [1e400, -0, {"b":"\\u00e9\\ud83d\\ude00\\/"}], "c":null}\r')
        self.assertEqual(value, {"a": ["1e400", "-0", {"b": "\u00e9\U0001f600/"}], "c": None})

    def test_rejects(self):
        for bad in (b"", b"[1]", b'{"a":1} x', b'{"a":01}', b'{"a":1,}', b"{'a':1}", b'{"a":NaN}', b'{"a":.5}', b'{"a":"\x01"}', b'{"a":"\\x"}',
                    b'{"a":"\\ud800"}', b'{"a":"\\udc00"}', b'{"a":"\\ud800\\u0041"}', b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b'{"a":1', b'{"a" 1}',
                    b'{"a":tru}', b'{"a":[1,]}', b'{"a":"', b'{"a":+1}', b'{"a":1.}', b'{1:2}', b'\xc2\xa0{"a":1}', b'{"a":1,"a":2', b'{}{}'):
            with self.assertRaises(strict_json.BadJson, msg=bad):
                strict_json.parse_object(bad)

    def test_repeated_keys_at_every_level(self):
        for bad in (b'{"a":1,"a":1}', b'{"x":{"a":1,"\\u0061":2}}', b'{"x":[[{"a":1,"b":2,"a":3}]]}'):
            with self.assertRaises(strict_json.RepeatedKey, msg=bad):
                strict_json.parse_object(bad)

    def test_depth(self):
        strict_json.parse_object(b'{"a":' + b"[" * 63 + b"]" * 63 + b"}")
        with self.assertRaises(strict_json.BadJson):
            strict_json.parse_object(b'{"a":' + b"[" * 64 + b"]" * 64 + b"}")


class Reading(unittest.TestCase):
    def one(self, line, how=None):
        items = list(read(line if isinstance(line, bytes) else json.dumps(line).encode(), "in", how))
        self.assertEqual(len(items), 1)
        return items[0]

    def reason(self, **changes):
        fields = {**trade("10:00:00"), **changes}
        item = self.one({name: value for name, value in fields.items() if value != "absent"})
        return item.reason if isinstance(item, Reject) else None

    def test_reasons(self):
        long = "x" * 257
        cases = [("unsupported_kind", dict(kind="cancel")), ("unsupported_kind", dict(kind="")), ("unsupported_kind", dict(kind=1)), (None, dict(kind=None)),
                 ("missing_symbol", dict(symbol=None)), ("missing_symbol", dict(symbol="absent")), ("bad_symbol", dict(symbol="")), ("bad_symbol", dict(symbol=5)),
                 ("bad_symbol", dict(symbol="A B")), ("bad_symbol", dict(symbol="A<B")), ("bad_symbol", dict(symbol="x" * 33)), ("bad_symbol", dict(symbol="\u00e9")),
                 (None, dict(symbol="x" * 32)), (None, dict(symbol="M&M.NS=^/:")),
                 ("missing_price", dict(price=None)), ("bad_price", dict(price=0)), ("bad_price", dict(price=-1)), ("bad_price", dict(price="")), ("bad_price", dict(price=True)),
                 ("bad_price", dict(price="1,5")), ("bad_price", dict(price="0.0000000005")), (None, dict(price="0.0000000006")),
                 (None, dict(price="9223372036.854775807")), ("bad_price", dict(price="9223372036.854775808")), ("bad_price", dict(price="1e400")),
                 ("bad_size", dict(volume=-1)), (None, dict(volume=0)), (None, dict(volume=None)), (None, dict(volume="-0")), ("bad_size", dict(volume="")),
                 ("bad_size", dict(volume=[1])), ("bad_size", dict(volume="9223372036854.7758075")), ("bad_size", dict(size="x")),
                 ("missing_time", dict(ts=None)), ("bad_time", dict(ts="")), ("bad_time", dict(ts=5)), ("bad_time", dict(ts="2024-03-05")), ("bad_time", dict(ts_epoch_ms="x")),
                 ("bad_time", dict(timestamp="yesterday")), ("bad_time", dict(ts_epoch_ms=-1)), (None, dict(ts_epoch_ms="5")), (None, dict(ts=None, timestamp="1709637240")),
                 ("bad_field", dict(trade_id="")), ("bad_field", dict(trade_id=long)), ("bad_field", dict(trade_id=1.5)), ("bad_field", dict(trade_id=True)), (None, dict(trade_id=5)),
                 ("bad_field", dict(venue="")), ("bad_field", dict(venue=1)), ("bad_field", dict(seq=-1)), ("bad_field", dict(seq=1.0)), ("bad_field", dict(seq="007")),
                 ("bad_field", dict(seq=2**63)), (None, dict(seq=2**63 - 1)), (None, dict(seq="7")), ("bad_field", dict(ts_recv=5)), ("bad_field", dict(ts_recv="")),
                 (None, dict(bid="junk")), (None, dict(open="junk")), (None, dict(other="\u0000"))]
        for reason, changes in cases:
            self.assertEqual(self.reason(**changes), reason, changes)

    def test_order_of_checks(self):
        everything = dict(kind="x", symbol="", price=-1, volume=-1, ts="x", seq=-1)
        cures = [("unsupported_kind", dict(kind="trade")), ("bad_symbol", dict(symbol="A")), ("bad_price", dict(price=1)), ("bad_size", dict(volume=1)),
                 ("bad_time", dict(ts="2024-03-05T10:00Z")), ("bad_field", dict(seq=1)), (None, {})]
        for reason, cure in cures:
            self.assertEqual(self.reason(**everything), reason)
            everything.update(cure)

    def test_quote_and_snapshot(self):
        quote = {"kind": "quote", "symbol": "A", "bid": 0, "ask": "1.5", "bid_size": 2, "ts": "2024-03-05T10:00Z", "price": "junk"}
        record = self.one(quote)
        self.assertEqual((record.bid, record.ask, record.bid_size, record.ask_size), (0, 1500000000, 2000000, None))
        self.assertEqual(self.one({**quote, "ask": None}).reason, "missing_price")
        self.assertEqual(self.one({**quote, "bid": -1}).reason, "bad_price")
        self.assertEqual(self.one({**quote, "ask_size": -1}).reason, "bad_size")
        snapshot = {"kind": "snapshot", "symbol": "A", "price": 3, "volume": 5, "ts": "2024-03-05T10:00Z"}
        self.assertEqual((self.one(snapshot).volume_kind, self.one(snapshot).volume), ("none", None))
        self.assertEqual(self.one({**snapshot, "volume_kind": "cumulative_day"}).volume, 5000000)
        self.assertEqual(self.one({**snapshot, "volume_kind": "daily"}).reason, "bad_field")
        self.assertEqual(self.one({**snapshot, "open": 0}).reason, "bad_field")
        self.assertEqual(self.one({**snapshot, "volume": -5}).reason, "bad_size")

    def test_which_time(self):
        self.assertEqual(self.one({**trade("10:00:00"), "ts_epoch_ms": 5, "timestamp": 7}).ts, times.parse_iso("2024-03-05T10:00Z"))
        self.assertEqual(self.one({**trade("10:00:00"), "ts": None, "ts_epoch_ms": 5, "timestamp": 7}).ts, 5 * 10**6)
        self.assertEqual(self.one({**trade("10:00:00"), "ts": None, "timestamp": 7}).ts, 7 * 10**9)

    def test_lines(self):
        good = json.dumps(trade("10:00:00")).encode()
        data = b"\xef\xbb\xbf" + good + b"\r\n\r\n \t\n" + b"{x\r\n" + good
        items = list(read(data, "in"))
        self.assertEqual([(type(item), item.line) for item in items], [(Record, 1), (Reject, 4), (Record, 5)])
        self.assertEqual(items[1].raw, b"{x")
        long = b'{"a":"' + b"x" * (4 << 20) + b'"}'
        self.assertEqual(list(read(long, "in"))[0].reason, "line_too_long")
        exactly = b'{"a":"' + b"x" * ((4 << 20) - 8) + b'"}\r\n'
        self.assertEqual(list(read(exactly, "in"))[0].reason, "missing_symbol")

    def test_gzip_is_found_by_content(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "in.jsonl")
            path.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))
            self.assertEqual(content_of(path), b"one\ntwo\n")

    def test_csv(self):
        data = (b'symbol,price,size,ts,note\r\n'
                b'A,1.5,2,2024-03-05T10:00Z,"say ""hi"", you"\r\n'
                b'A,1.5,,2024-03-05T10:00Z,\n'
                b'A,1.5,2,2024-03-05T10:00Z\n'
                b'A,1.5,2,2024-03-05T10:00Z,a"b\n'
                b'A,1.5,2,2024-03-05T10:00Z,"a"b\n'
                b'A,1.5,2,2024-03-05T10:00Z,"a\n'
                b'A, 1.5,2,2024-03-05T10:00Z,\xff\n'
                b',1.5,2,2024-03-05T10:00Z,x\n'
                b'A,1.5,2,2024-03-05T10:00Z,\xff\n')
        items = list(read(data, "in"))
        self.assertEqual([getattr(item, "reason", "ok") for item in items],
                         ["ok", "ok", "bad_csv", "bad_csv", "bad_csv", "bad_csv", "bad_price", "missing_symbol", "ok"])
        self.assertEqual([item.line for item in items], list(range(2, 11)))
        self.assertEqual((items[0].volume, items[1].volume), (2000000, None))

    def test_dialects(self):
        finnhub = {"type": "trade", "data": [{"s": "A", "p": 1, "v": 2, "t": 1709637240000}, {"s": "B", "p": 0, "v": 2, "t": 1}, 7, {"s": "C", "p": 1, "t": 5}]}
        items = list(read(json.dumps(finnhub).encode(), "in"))
        self.assertEqual([getattr(item, "reason", "ok") for item in items], ["ok", "bad_price", "bad_json", "ok"])
        self.assertEqual([item.index for item in items], [0, 1, 2, 3])
        self.assertEqual(items[1].position, "1#1")
        self.assertEqual((items[0].ts, items[0].volume, items[3].volume), (1709637240 * 10**9, 2000000, None))
        for skipped in ({"type": "ping"}, {"type": "news", "data": None}, {"type": "trade", "data": []}):
            self.assertIsInstance(self.one(skipped), Skipped, skipped)
        for ours in ({"type": "trade"}, {"type": "news", "data": [1]}, {"type": 5}, {"id": "A", "price": 1}):
            self.assertEqual(self.one(ours).reason, "missing_symbol", ours)
        alpaca = {"T": "t", "S": "A", "p": 1.5, "s": 3, "t": "2024-03-05T11:14:00.5Z", "i": 52, "x": "V", "z": "A"}
        item = self.one(alpaca)
        self.assertEqual((item.symbol, item.price, item.volume, item.trade_id, item.venue), ("A", 1500000000, 3000000, "52", "V"))
        self.assertEqual(self.one({**alpaca, "symbol": None}).price, 1500000000)
        self.assertEqual(self.one({**alpaca, "T": "b"}).reason, "unsupported_kind")
        quote = self.one({"T": "q", "S": "A", "bp": 1, "bs": 2, "ap": 3, "as": 4, "t": "2024-03-05T11:14Z"})
        self.assertEqual((quote.kind, quote.bid, quote.bid_size, quote.ask, quote.ask_size), ("quote", 10**9, 2 * 10**6, 3 * 10**9, 4 * 10**6))
        yahoo = self.one({"id": "A", "price": 1, "time": "1709637240000", "dayVolume": "9", "exchange": "NMS", "dayHigh": 2, "previousClose": 1})
        self.assertEqual((yahoo.kind, yahoo.volume_kind, yahoo.volume, yahoo.venue, yahoo.high, yahoo.open), ("snapshot", "cumulative_day", 9 * 10**6, "NMS", 2 * 10**9, None))


class Mappings(unittest.TestCase):
    def read(self, data, **options):
        return list(read(data, "in", mapping.Mapping(options)))

    def test_scale_zone_and_constant_symbol(self):
        data = b"Time,Price,Volume,timestamp\n2012-06-21 09:30:00.5,2238250,1,junk\n"
        (item,) = self.read(data, symbol="AMZN", zone="America/New_York", fields={"ts": "Time", "price": "Price*0.0001", "size": "Volume"})
        self.assertEqual((item.symbol, item.price, item.volume, times.to_iso(item.ts)), ("AMZN", 223825000000, 1000000, "2012-06-21T13:30:00.5Z"))

    def test_columns_and_where(self):
        data = b"34200.5,4,1,18,5853300,1\n34200.5,1,1,18,5853300,1\n86400,5,1,18,5853300,1\nx\n"
        items = self.read(data, format="csv", header=False, symbol="AAPL", zone="America/New_York", date="2012-06-21", ts_unit="seconds_of_day",
                          where=["$2 in 4,5"], fields={"ts": "$1", "price": "$5*0.0001", "size": "$4"})
        self.assertEqual([getattr(item, "reason", type(item).__name__) for item in items], ["Record", "Skipped", "bad_time", "bad_csv"])
        self.assertEqual((items[0].price, times.to_iso(items[0].ts)), (585330000000, "2012-06-21T13:30:00.5Z"))

    def test_prefix_and_paths(self):
        data = b'5000000000 {"d":{"e":"trade","s":"X","p":"1.5","t":7,"T":4000}}\n6 {"d":{"e":"depth"}}\n7 {"x":1,"x":1}\n{"d":1}\nx {"d":1}\n6 {"d":5}\n'
        items = self.read(data, format="json", prefix="ns", ts_unit="ms", where=["d.e = trade"],
                          fields={"symbol": "d.s", "price": "d.p", "ts": "d.T", "ts_recv": "@prefix", "trade_id": "d.t"})
        self.assertEqual([getattr(item, "reason", type(item).__name__) for item in items], ["Record", "Skipped", "repeated_key", "bad_json", "bad_json", "Skipped"])
        self.assertEqual((items[0].ts, items[0].ts_recv, items[0].trade_id, items[0].volume), (4 * 10**9, 5 * 10**9, "7", None))

    def test_conditions(self):
        holds = lambda text, raw: mapping.Condition(text).holds(raw)
        self.assertTrue(holds("a = b c", "b c"))
        self.assertTrue(holds("a != b", None))
        self.assertFalse(holds("a = b", None))
        self.assertFalse(holds("a in 4,5", "4.0"))
        self.assertTrue(holds("a in 4, 5", "5"))

    def test_mistakes(self):
        for options in (dict(colour="red"), dict(fields={"px": "a"}), dict(fields={"ts": "a*2"}), dict(symbol="A", fields={"symbol": "s"}), dict(ts_unit="days"),
                        dict(ts_unit="seconds_of_day"), dict(prefix="ns"), dict(format="json", fields={"ts_recv": "@prefix"}), dict(where=["a > 5"])):
            with self.assertRaises(mapping.BadMapping, msg=options):
                mapping.Mapping(options)

    def test_flags(self):
        options = main.arguments(["f.csv", "--map", "ts=Time,price=P*0.5", "--zone", "UTC", "--where", "$1 = x", "--no-header", "--symbol", "S"])
        how = main.mapping_of(options)
        self.assertEqual((how.sources, how.header, how.symbol), ({"ts": "Time", "price": "P"}, False, "S"))
        self.assertEqual(how.factors["price"].scaled(1), (5, False))


class Watermarks(unittest.TestCase):
    def test_future_guard(self):
        pipeline = run(trade("2025-01-01T00:00:05Z"), trade("2025-01-01T00:00:05.000000001Z"),
                       trade("10:00:06", ts_recv="2024-03-05T10:00:00Z"), trade("10:00:05", ts_recv="2024-03-05T10:00:00Z"))
        self.assertEqual(reasons(pipeline), [("future_time", "2"), ("future_time", "3")])

    def test_grid_bound_and_verdicts(self):
        # W after the first event: 10:01:04.9 - 5 s = 10:00:59.9, on the grid 10:00:59.75. The second moves it to 10:01:00.
        pipeline = run(trade("10:01:04.9", 1), trade("10:00:59.8", 2), trade("10:01:05.1", 3), trade("10:00:59.9", 4))
        self.assertEqual(counts(pipeline), {"received": 4, "used": 3, "late_revised": 1})
        first, second = bars(pipeline)
        self.assertEqual((first["open"], first["close"], first["state"], first["revision"], first["quality"]), ("2", "4", "revised", "1", "late"))
        self.assertEqual((second["trade_count"], second["state"], second["quality"]), ("2", "final", ""))
        self.assertEqual([(bar.start % (60 * MIN) // MIN, bar.revision) for bar in pipeline.revisions if bar.interval == MIN], [(0, 0), (0, 1), (1, 0)])

    def test_late_beyond(self):
        # W = 10:03:00 exactly when the last of these comes; the pane 10:00 ends 10:01 and takes late events for 2 min.
        pipeline = run(trade("10:00:30"), trade("10:03:05"), trade("10:00:40"), trade("10:01:00"), trade("10:03:04.9"))
        self.assertEqual(counts(pipeline), {"received": 5, "used": 3, "late_revised": 1, "late_kept": 1})
        self.assertEqual(len(pipeline.late), 1)

    def test_window_born_late(self):
        pipeline = run(trade("10:00:30"), trade("10:02:10"), trade("10:01:30", 5), trade("10:02:11", 6))
        born = [bar for bar in pipeline.revisions if bar.interval == MIN and bar.start % (60 * MIN) == MIN]
        self.assertEqual([(bar.revision, bar.state, bar.quality) for bar in born], [(0, "final", "")])
        self.assertEqual(counts(pipeline)["late_revised"], 1)

    def test_change_without_new_values_emits_nothing(self):
        snapshot = dict(kind="snapshot", symbol="A", price=10)
        pipeline = run({**snapshot, "ts": "2024-03-05T10:00:30Z"}, trade("10:02:10"), {**snapshot, "ts": "2024-03-05T10:00:30Z"}, trade("10:02:11"))
        self.assertEqual(counts(pipeline), {"received": 4, "used": 3, "late_revised": 1})
        self.assertEqual(bars(pipeline)[0]["revision"], "0")

    def test_one_revision_per_watermark(self):
        lines = [trade("10:00:30", 1), trade("10:01:10", 1), trade("10:00:40", 2), trade("10:00:50", 3), trade("10:01:10.1", 1), trade("10:01:20", 1)]
        pipeline = run(*lines)
        self.assertEqual([bar.values.high // 10**9 for bar in pipeline.revisions if bar.interval == MIN and bar.start % (60 * MIN) == 0], [1, 3])

    def test_settled_once_each(self):
        pipeline = run(trade("10:00:30"), trade("10:01:30"), trade("10:09:00"))
        settled = [(bar.interval // MIN, bar.start // MIN % 60) for bar in pipeline.settled]
        self.assertEqual(settled, [(1, 0), (1, 1), (5, 0), (1, 9), (5, 5), (15, 0), (30, 0), (60, 0), (1440, 0)])

    def test_order_of_results(self):
        # The end closes all: by window_end, then interval, then symbol bytes ("B" before "a").
        pipeline = run(trade("10:59:01", symbol="a"), trade("10:59:01", symbol="B"))
        order = [(bar.symbol, bar.interval // MIN) for bar in pipeline.revisions]
        self.assertEqual(order, [(s, i) for i in (1, 5, 15, 30, 60, 1440) for s in ("B", "a")])

    def test_later_source(self):
        pipeline = Pipeline(Settings(opened=OPENED))
        for name, lines in (("one", [trade("10:00:30")]), ("two", [trade("10:00:40"), trade("2024-03-04T10:00:00Z")])):
            pipeline.run(name, read("\n".join(map(json.dumps, lines)).encode(), name))
        # The second source's day of the 5th is settled. Its 4th is free, though it comes "late" there: W is 10:00:35 of the 5th.
        self.assertEqual(counts(pipeline), {"received": 3, "used": 1, "late_kept": 2})

    def test_files_are_merged_by_time(self):
        pipeline = Pipeline(Settings(opened=OPENED))
        one = read("\n".join(map(json.dumps, [trade("10:00:01", 1), trade("10:00:04", 4)])).encode(), "one")
        two = read(("{x\n" + "\n".join(map(json.dumps, [trade("10:00:01", 2), trade("10:00:03", 3), trade("2200-01-01T00:00Z"), trade("10:00:05", 5)]))).encode(), "two")
        pipeline.run("one", one, two)
        self.assertEqual([event.price // 10**9 for _, event in pipeline.events], [1, 2, 3, 4, 5])
        self.assertEqual(reasons(pipeline), [("bad_json", "1"), ("future_time", "4")])


class Identity(unittest.TestCase):
    def test_trade_ids(self):
        pipeline = run(trade("10:00:01", trade_id="1"), trade("10:00:02", trade_id=1), trade("10:00:02", trade_id=1, symbol="B"),
                       trade("10:00:03", trade_id=1, venue="X"), trade("10:00:03"), trade("10:00:03"))
        self.assertEqual(counts(pipeline), {"received": 6, "used": 5, "duplicate": 1})

    def test_date_is_part_of_the_id(self):
        pipeline = run(trade("23:59:59", trade_id=1), trade("2024-03-06T00:00:00Z", trade_id=1))
        self.assertEqual(counts(pipeline), {"received": 2, "used": 2})

    def test_seq_is_an_id_without_trade_id(self):
        pipeline = run(trade("10:00:01", seq=1), trade("10:00:02", seq=1), trade("10:00:02", seq=1, symbol="B"), trade("10:00:02", seq=1, trade_id="x"))
        self.assertEqual(counts(pipeline), {"received": 4, "used": 3, "duplicate": 1})

    def test_forgotten_when_its_pane_takes_no_more(self):
        # The id's pane ends 10:01:00: remembered while W < 10:03:00, that is until an event at 10:03:05.
        pipeline = run(trade("10:00:30", trade_id=1), trade("10:03:04.9", trade_id=1), trade("10:03:05", trade_id=1))
        self.assertEqual(counts(pipeline), {"received": 3, "used": 2, "duplicate": 1})

    def test_late_kept_is_not_remembered(self):
        pipeline = run(trade("10:10:00"), trade("10:00:00", trade_id=1), trade("10:10:00", trade_id=1))
        self.assertEqual(counts(pipeline), {"received": 3, "used": 2, "late_kept": 1})


class Bars(unittest.TestCase):
    def test_all_columns(self):
        pipeline = run(trade("10:00:00", "10", 2), trade("10:00:59.999999999", "11", "0.5"), trade("10:00:30", "8", 1))
        # notional 20 + 5.5 + 8 = 33.5; volume 3.5; vwap 9.571428571(42..); mean 29/3; change 10 %
        self.assertEqual(output.bars_csv(pipeline).splitlines()[1],
                         "A,1m,2024-03-05T10:00:00Z,2024-03-05T10:01:00Z,10,11,8,11,3.5,3,33.5,9.571428571,9.666666667,10,"
                         "2024-03-05T10:00:00Z,2024-03-05T10:00:59.999999999Z,2024-03-05,final,0,")
        self.assertEqual(len(output.bars_csv(pipeline).splitlines()), 7)

    def test_ties_by_seq_then_arrival(self):
        (bar,) = bars(run(trade("10:00:00", 1, seq=5), trade("10:00:00", 2, seq=4), trade("10:00:00", 3), trade("10:00:00", 4)))
        self.assertEqual((bar["open"], bar["close"]), ("3", "1"))

    def test_unknown_and_zero_sizes(self):
        (bar,) = bars(run(trade("10:00:00", 1, 5), trade("10:00:01", 2, None)))
        self.assertEqual((bar["volume"], bar["notional"], bar["vwap"], bar["trade_count"]), ("", "", "", "2"))
        (bar,) = bars(run(trade("10:00:00", 1, 0), trade("10:00:01", 2, 0)))
        self.assertEqual((bar["volume"], bar["notional"], bar["vwap"]), ("0", "0", ""))

    def test_half_even(self):
        # vwap (1 * 1e-9 + 1 * 2e-9) / 2 = 1.5e-9 rounds to 2e-9; of 2e-9 and 3e-9: 2.5e-9 rounds to 2e-9.
        (bar,) = bars(run(trade("10:00:00", "0.000000001"), trade("10:00:01", "0.000000002")))
        self.assertEqual((bar["vwap"], bar["price_avg"], bar["pct_change"]), ("0.000000002", "0.000000002", "100"))
        (bar,) = bars(run(trade("10:00:00", "0.000000002"), trade("10:00:01", "0.000000003")))
        self.assertEqual((bar["vwap"], bar["price_avg"], bar["pct_change"]), ("0.000000002", "0.000000002", "50"))
        # 100 * (400000001 - 400000000) / 400000000 = 0.00000025 -> 0; -(...) likewise
        (bar,) = bars(run(trade("10:00:00", "40000000"), trade("10:00:01", "40000000.2")))
        self.assertEqual(bar["pct_change"], "0")                           # 0.0000005 is half of a millionth: to even
        (bar,) = bars(run(trade("10:00:00", "40000000"), trade("10:00:01", "39999999.4")))
        self.assertEqual(bar["pct_change"], "-0.000002")                   # -0.0000015

    def test_overflow(self):
        big = trade("10:00:00", "9223372036", "9223372036854")              # notional in units: 8.5e37 each
        one = bars(run(big))[0]
        self.assertEqual((one["notional"], one["quality"]), (str(9223372036 * 9223372036854), ""))
        two = bars(run(big, big))[0]
        self.assertEqual((two["volume"], two["notional"], two["vwap"], two["quality"]), (str(2 * 9223372036854), "", "", "overflow"))

    def test_quotes_make_no_bar_but_move_the_watermark(self):
        quote = {"kind": "quote", "symbol": "Q", "bid": 1, "ask": 2, "ts": "2024-03-05T10:10:00Z"}
        pipeline = run(trade("10:00:00"), quote, trade("10:00:01"))
        self.assertEqual(counts(pipeline), {"received": 3, "used": 2, "late_kept": 1})
        self.assertEqual({bar["symbol"] for bar in bars(pipeline)}, {"A"})

    def snapshot(self, ts, volume=None, price=10, kind="cumulative_day"):
        return {"kind": "snapshot", "symbol": "A", "price": price, "volume": volume, "volume_kind": kind, "ts": ts if "-" in ts else f"2024-03-05T{ts}Z"}

    def test_snapshot_volume(self):
        s = self.snapshot
        pipeline = run(s("10:00:10", 100), s("10:00:50", 130, 12), s("10:01:10", 150), s("10:02:10", 140), s("10:03:10", None), s("10:04:10", 200), s("10:05:10", 210, kind="none"))
        self.assertEqual([bar["volume"] for bar in bars(pipeline)], ["", "20", "", "", "60", ""])
        (first, *_) = bars(pipeline)
        self.assertEqual([first[name] for name in ("open", "high", "close", "trade_count", "notional", "vwap", "price_avg")], ["10", "12", "12", "0", "", "", "11"])
        (day,) = bars(run(s("10:00:10", 100), s("10:01:10", 150)), "1d")
        self.assertEqual(day["volume"], "150")

    def test_snapshot_volume_needs_the_same_date(self):
        pipeline = run(self.snapshot("23:59:10", 100), self.snapshot("2024-03-06T00:00:10Z", 5), self.snapshot("2024-03-06T00:01:10Z", 7))
        self.assertEqual([bar["volume"] for bar in bars(pipeline)], ["", "5", "2"])

    def test_window_over_several_dates(self):
        seven_hours = Settings(opened=OPENED, intervals=(7 * 60 * MIN,))
        # 7 h windows since 1970: 2024-03-05 is day 19787 and 19787 * 24 mod 7 = 1, so windows begin 06:00, 13:00 and 20:00.
        pipeline = run(self.snapshot("12:59:00", 4), self.snapshot("19:59:00", 5), self.snapshot("22:00:00", 9), settings=seven_hours)
        self.assertEqual([(bar["window_start"], bar["volume"]) for bar in bars(pipeline, "7h")],
                         [("2024-03-05T06:00:00Z", ""), ("2024-03-05T13:00:00Z", "1"), ("2024-03-05T20:00:00Z", "")])

    def test_late_snapshot_changes_a_later_window(self):
        s = self.snapshot
        pipeline = run(s("10:00:10", 100), s("10:01:10", 150), trade("10:02:10", symbol="B"), s("10:00:50", 120), trade("10:02:11", symbol="B"))
        second = [(bar.revision, bar.values.volume // 10**6, bar.quality) for bar in pipeline.revisions if bar.interval == MIN and bar.symbol == "A" and bar.start % (60 * MIN) == MIN]
        self.assertEqual(second, [(0, 50, ""), (1, 30, "late")])

    def test_trades_rule_where_both_are(self):
        (bar,) = bars(run(trade("10:00:00", 1, 5), self.snapshot("10:00:01", 100, 4)))
        self.assertEqual([bar[name] for name in ("close", "volume", "trade_count", "notional", "price_avg")], ["4", "5", "1", "5", "2.5"])


class Gaps(unittest.TestCase):
    def test_missing_number(self):
        pipeline = run(trade("10:00:30", seq=1), trade("10:01:30", seq=3), trade("10:02:30", seq=4), trade("10:04:30", seq=5))
        self.assertEqual([bar["quality"] for bar in bars(pipeline)], ["gap", "gap", "", ""])
        self.assertEqual(bars(pipeline, "1d")[0]["quality"], "gap")

    def test_filled_in_time(self):
        # 3 comes before 2, within the bound and before any mark beyond its event.
        pipeline = run(trade("10:00:30", seq=1), trade("10:00:31", seq=3), trade("10:00:30.5", seq=2), trade("10:01:30", seq=4))
        self.assertEqual([bar["quality"] for bar in bars(pipeline)], ["", ""])

    def test_a_hole_that_begins_at_the_watermark_is_not_marked_yet(self):
        # The second event puts W at 10:00:30, where the hole begins; 2 comes before W moves on.
        pipeline = run(trade("10:00:30", seq=1), trade("10:00:35", seq=3), trade("10:00:31", seq=2), trade("10:01:35", seq=4))
        self.assertEqual([bar["quality"] for bar in bars(pipeline)], ["", ""])

    def test_filled_too_late_stays_marked(self):
        # 10:00:31 makes the hole; the mark W = 10:01:25 marks it and closes the window; 2 comes after.
        pipeline = run(trade("10:00:30", seq=1), trade("10:00:31", seq=3), trade("10:01:30", seq=4), trade("10:00:30.5", seq=2))
        self.assertEqual([bar["quality"] for bar in bars(pipeline)], ["gap|late", ""])

    def test_end_marks_what_is_open(self):
        pipeline = run(trade("10:00:30", seq=1), trade("10:00:31", seq=3))
        self.assertEqual(bars(pipeline)[0]["quality"], "gap")

    def test_rejected_fill_nothing_but_late_and_duplicates_do(self):
        pipeline = run(trade("10:00:30", seq=1), trade("10:00:31", seq=2, price=-1), trade("10:00:32", seq=3), trade("10:01:30", seq=4))
        self.assertEqual(bars(pipeline)[0]["quality"], "gap")
        pipeline = run(trade("10:09:30", seq=1), trade("10:09:31", seq=3), trade("10:00:30", seq=2), trade("10:11:30", seq=4))
        self.assertEqual([bar["quality"] for bar in bars(pipeline)], ["", ""])

    def test_gap_is_decided_at_revision_0(self):
        # The hole opens on an event of the closed minute, after it was closed.
        pipeline = run(trade("10:00:30", seq=1), trade("10:02:30", seq=2), trade("10:00:40", seq=4), trade("10:02:31", seq=5))
        self.assertEqual([bar["quality"] for bar in bars(pipeline)], ["late", "gap"])


class Lost(unittest.TestCase):
    TRADES = [trade(f"10:{minute:02}:{second:02}", 100 + minute, 1) for minute in range(8) for second in (10, 40)]

    def qualities(self, lost):
        pipeline = Pipeline(Settings(opened=OPENED), lost=lost)
        pipeline.run("in", read("\n".join(map(json.dumps, self.TRADES)).encode(), "in", None))
        self.assertEqual(pipeline.lost_count + pipeline.ledger["received"], len(self.TRADES))
        return {bar["window_start"][14:16]: (bar["trade_count"], bar["quality"]) for bar in bars(pipeline)}

    def test_windows_that_may_lack_an_event_are_marked(self):
        # 10:02:40 to 10:04:10 are lost: W was 10:02:05 and is 10:04:35 next, so what was lost is before 10:04:40.25.
        self.assertEqual(self.qualities(range(5, 9)), {"00": ("2", ""), "01": ("2", ""), "02": ("1", "gap"), "04": ("1", "gap"), "05": ("2", ""), "06": ("2", ""), "07": ("2", "")})

    def test_the_beginning(self):
        self.assertEqual(self.qualities(range(0, 3)), {"01": ("1", "gap"), **{f"{minute:02}": ("2", "") for minute in range(2, 8)}})

    def test_the_end(self):
        self.assertEqual(self.qualities(range(13, 16)), {**{f"{minute:02}": ("2", "") for minute in range(6)}, "06": ("1", "gap")})


class Deleted(unittest.TestCase):
    FIRST, SECOND = ([trade(f"10:{minute:02}:{second:02}", 100 + minute, 1) for minute in range(8)] for second in (10, 40))

    def qualities(self, deleted, first=None):
        pipeline = Pipeline(Settings(opened=OPENED), deleted=deleted)
        pipeline.run("in", *(read("\n".join(map(json.dumps, trades)).encode(), "in", None) for trades in (first or self.FIRST, self.SECOND)))
        return {bar["window_start"][14:16]: (bar["trade_count"], bar["quality"]) for bar in bars(pipeline)}

    def test_marked_until_the_input_goes_on(self):
        # Of the first input 10:02:10 to 10:04:10 are gone; W was 10:01:35; it goes on with 10:05:10.
        expected = {f"{minute:02}": ("2", "gap" if minute in (1, 5) else "") for minute in range(8)} | {minute: ("1", "gap") for minute in ("02", "03", "04")}
        self.assertEqual(self.qualities((0, 2, 5, 4)), expected)

    def test_a_late_one_does_not_say_how_far_it_is(self):
        first = [*self.FIRST[:5], trade("10:00:20"), *self.FIRST[5:]]
        self.assertEqual(self.qualities((0, 2, 5, 4), first)["04"], ("1", "gap"))

    def test_before_everything_and_to_the_end(self):
        self.assertEqual(self.qualities((0, 0, 3, 0)), {f"{minute:02}": ("1" if minute < 3 else "2", "gap" if minute < 4 else "") for minute in range(8)})
        self.assertEqual(self.qualities((0, 6, 8, 12)), {f"{minute:02}": ("1" if minute > 5 else "2", "gap" if minute > 4 else "") for minute in range(8)})


class Output(unittest.TestCase):
    def test_events(self):
        pipeline = run({**trade("10:00:01.5", "1.50", None), "trade_id": 'a"\\\u00e9\u0001/', "venue": "X", "seq": 7, "ts_recv": "2024-03-05T10:00:02Z"},
                       {"kind": "quote", "symbol": "A", "bid": 0, "ask": 2, "ask_size": 3, "ts": "2024-03-05T10:00:00Z"},
                       {"kind": "snapshot", "symbol": "A", "price": 3, "prev_close": 2, "ts": "2024-03-05T10:00:00Z"},
                       {"kind": "snapshot", "symbol": "A", "price": 3, "volume": 9, "volume_kind": "cumulative_day", "ts": "2024-03-05T10:00:00Z"})
        self.assertEqual(output.events_jsonl(pipeline.events).splitlines(), [
            '{"symbol":"A","bid":0,"ask":2,"ask_size":3,"ts":"2024-03-05T10:00:00Z","ts_epoch_ms":1709632800000,"kind":"quote","source":"in"}',
            '{"symbol":"A","price":3,"ts":"2024-03-05T10:00:00Z","ts_epoch_ms":1709632800000,"kind":"snapshot","volume_kind":"none","prev_close":2,"source":"in"}',
            '{"symbol":"A","price":3,"volume":9,"ts":"2024-03-05T10:00:00Z","ts_epoch_ms":1709632800000,"kind":"snapshot","volume_kind":"cumulative_day","source":"in"}',
            '{"symbol":"A","price":1.5,"volume":null,"ts":"2024-03-05T10:00:01.5Z","ts_epoch_ms":1709632801500,"kind":"trade",'
            '"trade_id":"a\\"\\\\\u00e9\\u0001/","venue":"X","seq":7,"ts_recv":"2024-03-05T10:00:02Z","source":"in"}'])

    def test_rejects(self):
        pipeline = run("{x", trade("10:00:00", -1), {"type": "trade", "data": [{"s": ""}, {}]})
        lines = output.rejects_csv(pipeline.rejects).splitlines()
        self.assertEqual(lines[:2], ["reason,source,position,ts_recv,raw_base64", "bad_json,in,1,,e3g="])
        self.assertEqual([line.split(",")[0:3:2] for line in lines[2:]], [["bad_price", "2"], ["bad_symbol", "3#0"], ["missing_symbol", "3#1"]])

    def test_long_line(self):
        pipeline = run(json.dumps(trade("10:00:00")), "x" * (4 << 20) + "yz")
        reason, _, _, _, raw = output.reject_fields(pipeline.rejects[0])
        self.assertRegex(reason, r"^line_too_long:4194306:[0-9a-f]{32}$")
        self.assertEqual(len(raw), 4 << 20)

    def test_sorted_by_symbol_bytes(self):
        pipeline = run(trade("10:00:00", symbol="b"), trade("10:00:00", symbol="B"), trade("10:00:00", symbol="AA"))
        self.assertEqual([bar["symbol"] for bar in bars(pipeline)], ["AA", "B", "b"])

    def test_replaying_the_export_gives_the_same_bars(self):
        pipeline = run(trade("10:00:30", 1, seq=1), trade("10:01:30", 2, seq=2), trade("10:00:10", 3, seq=3), trade("10:00:30", 4, seq=1))
        again = run(*output.events_jsonl(pipeline.events).splitlines())
        without = lambda p: [{k: v for k, v in bar.items() if k not in ("state", "revision", "quality")} for bar in bars(p)]
        self.assertEqual(without(again), without(pipeline))


if __name__ == "__main__":
    unittest.main()
