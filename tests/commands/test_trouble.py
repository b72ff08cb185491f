"""What goes wrong around the program, and what must come of it: hostile values, cut-off and damaged files, signals, other settings, no room to write."""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "proof"))
import binary  # noqa: E402
import feed  # noqa: E402
from expected import differences, expect  # noqa: E402

NOON = "2024-03-05T12:00:00Z"


def run(*arguments, expect=0, stdin=b"", **options):
    """(stdout, stderr) of a run whose exit code is `expect`."""
    done = subprocess.run(binary.command(*arguments), input=stdin, capture_output=True, timeout=120, env={**binary.environment(), **options.pop("env", {})}, **options)
    if done.returncode != expect:
        raise AssertionError(f"exit {done.returncode}, expected {expect}: {arguments}\n{done.stderr.decode(errors='replace')[-1500:]}")
    return done.stdout, done.stderr.decode()


def bars_of(data, interval):
    """Bars as dicts of texts, in the order of the export."""
    return list(csv.DictReader(binary.export("bars", data, "csv", "--interval", interval).decode().splitlines()))


class Trouble(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="trouble")
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.data = self.path / "data"

    def file(self, name, content):
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def feed(self, events):
        path = self.path / "feed.jsonl"
        feed.write(path, 11, events, symbols=9)
        return path


def line(**fields):
    """A good JSON trade with some fields in other words; None leaves one out. Values are JSON texts."""
    texts = {"symbol": '"A"', "price": "10", "volume": "1", "ts": f'"{NOON}"', **fields}
    return ("{" + ",".join(f'"{name}":{text}' for name, text in texts.items() if text is not None) + "}").encode("utf-8", "surrogateescape")


# By hand from docs/semantics.md 1.7: a line and the reason it must be rejected for.
REASONS = [
    (line(price="NaN"), "bad_json"), (line(price='"NaN"'), "bad_price"), (line(price="Infinity"), "bad_json"), (line(price='"-Infinity"'), "bad_price"),
    (line(price="1e400"), "bad_price"), (line(price="1e-400"), "bad_price"), (line(price="-1"), "bad_price"), (line(price="0"), "bad_price"), (line(price="-0"), "bad_price"),
    (line(price="9223372036.854775808"), "bad_price"), (line(price="true"), "bad_price"), (line(price='""'), "bad_price"), (line(price=None), "missing_price"), (line(price="null"), "missing_price"),
    (line(volume="NaN"), "bad_json"), (line(volume='"NaN"'), "bad_size"), (line(volume="-1"), "bad_size"), (line(volume="1e400"), "bad_size"), (line(volume="9223372036854.775808"), "bad_size"),
    (line(kind='"cancel"'), "unsupported_kind"), (line(kind='"TRADE"'), "unsupported_kind"), (line(kind="7"), "unsupported_kind"), (line(kind='""'), "unsupported_kind"),
    (line(symbol=None), "missing_symbol"), (line(symbol='""'), "bad_symbol"), (line(symbol='"' + "S" * 33 + '"'), "bad_symbol"), (line(symbol='"' + "S" * (1 << 20) + '"'), "bad_symbol"),
    (line(symbol='"A\\u0007"'), "bad_symbol"), (line(symbol='"A\\u0000B"'), "bad_symbol"), (line(symbol='"A\x07"'), "bad_json"), (line(symbol='"\x7f"'), "bad_symbol"), (line(symbol='"\u00c4"'), "bad_symbol"),
    (line(symbol='"\udcff"'), "bad_json"), (line(note='"\udcc0\udcaf"'), "bad_json"), (line(symbol='"A", "symbol":"A"'), "repeated_key"),
    (line(ts=None), "missing_time"), (line(ts='"yesterday"'), "bad_time"), (line(ts='"1969-12-31T23:59:59Z"'), "bad_time"), (line(ts='"0001-01-01T00:00:00Z"'), "bad_time"),
    (line(ts='"2262-04-11T00:00:00Z"'), "bad_time"), (line(ts='"9999-12-31T23:59:59Z"'), "bad_time"), (line(ts=None, ts_epoch_ms="-1"), "bad_time"), (line(ts=None, ts_epoch_ms="1e400"), "bad_time"),
    (line(ts='"2200-01-01T00:00:00Z"'), "future_time"), (line(ts_recv='"2024-03-05T11:59:54.999999999Z"'), "future_time"),
    (line(trade_id='""'), "bad_field"), (line(trade_id="1.5"), "bad_field"), (line(venue='"a b"'), "bad_field"), (line(seq="-1"), "bad_field"), (line(ts_recv='"now"'), "bad_field"),
    (line(symbol='"B"'), "unknown_symbol"), (line(symbol='"B"', ts='"2200-01-01T00:00:00Z"'), "unknown_symbol"),
    (b"[1]", "bad_json"), (b"\x00", "bad_json"), (b"\xff\xfe", "bad_json"), (line()[:-1], "bad_json"),
]

CSV_REASONS = [
    (b"A,NaN,1,2024-03-05T12:00:00Z", "bad_price"), (b"A,inf,1,2024-03-05T12:00:00Z", "bad_price"), (b"A,1e400,1,2024-03-05T12:00:00Z", "bad_price"), (b"A,0,1,2024-03-05T12:00:00Z", "bad_price"),
    (b"A,,1,2024-03-05T12:00:00Z", "missing_price"), (b"A, 1,1,2024-03-05T12:00:00Z", "bad_price"), (b'A,"1,5",1,2024-03-05T12:00:00Z', "bad_price"), (b"A,1,-1,2024-03-05T12:00:00Z", "bad_size"),
    (b",1,1,2024-03-05T12:00:00Z", "missing_symbol"), (b"\xff,1,1,2024-03-05T12:00:00Z", "bad_symbol"), (b"A\x07,1,1,2024-03-05T12:00:00Z", "bad_symbol"), (b"A,1,1,", "missing_time"),
    (b"A,1,1,05/03/2024", "bad_time"), (b"A,1,1", "bad_csv"), (b"A,1,1,2024-03-05T12:00:00Z,", "bad_csv"), (b'A,1,1,"2024-03-05T12:00:00Z', "bad_csv"), (b'A,1"2,1,2024-03-05T12:00:00Z', "bad_csv"),
    (b'"A"x,1,1,2024-03-05T12:00:00Z', "bad_csv"), (b"A,1,1,2200-01-01T00:00:00Z", "future_time"), (b"B,1,1,2024-03-05T12:00:00Z", "unknown_symbol"),
]


class Values(Trouble):
    def check_reasons(self, name, head, cases, good):
        file = self.file(name, b"".join(text + b"\n" for text in [*head, good, *(text for text, _ in cases), good]))
        ledger = binary.replay([file], self.data, "--allow-symbols", "A")
        self.assertEqual((ledger["rejected"], ledger["used"]), (len(cases), 2))
        first = len(head) + 2
        self.assertEqual(binary.rejects_of(binary.export("rejects", self.data, "csv")), [(reason, str(number), text) for number, (text, reason) in enumerate(cases, first)])
        self.assertEqual(differences(expect([file], settings={"allow-symbols": "A"}), ledger, self.data), "")
        counted = json.loads(run("status", "--data", self.data, "--json")[0])["sources"][0]["rejects"]
        self.assertEqual(counted, {reason: sum(one == reason for _, one in cases) for reason in {reason for _, reason in cases}})
        run("verify", "--data", self.data)

    def test_each_fault_has_its_reason(self):
        self.check_reasons("faults.jsonl", [], REASONS, line())

    def test_each_fault_of_a_table_has_its_reason(self):
        self.check_reasons("faults.csv", [b"symbol,price,volume,ts"], CSV_REASONS, b"A,1,1,2024-03-05T12:00:00Z")

    def test_the_oldest_times_make_bars(self):
        file = self.file("old.jsonl", b"".join(line(ts=None, ts_epoch_ms=str(ms)) + b"\n" for ms in (0, 1, 86_400_000)))
        binary.replay([file], self.data)
        self.assertEqual([(bar["window_start"], bar["trade_count"]) for bar in bars_of(self.data, "1d")], [("1970-01-01T00:00:00Z", "2"), ("1970-01-02T00:00:00Z", "1")])
        run("verify", "--data", self.data)

    def test_allowed_symbols_from_each_place(self):
        file = self.file("three.jsonl", b"".join(line(symbol=f'"{name}"', ts_recv=f'"{NOON}"') + b"\n" for name in "ABC"))
        config = self.file("my.toml", '[ingest]\nsymbols = "A, C"\n')
        for number, (flags, env) in enumerate(((["--allow-symbols", "C,A"], {}), (["--config", config], {}), ([], {"TICKERHOUSE_INGEST_SYMBOLS": "A,C"}))):
            with self.subTest(flags=flags, env=env):
                data = self.path / f"data{number}"
                run("replay", file, "--data", data, *flags, env=env)
                self.assertEqual(binary.export("rejects", data, "csv").decode().splitlines()[1].split(",")[:4], ["unknown_symbol", "three.jsonl", "2", NOON])
                self.assertEqual([bar["symbol"] for bar in bars_of(data, "1d")], ["A", "C"])


class Sums(Trouble):
    LARGEST = "9223372036854.775807"

    def test_volumes_beyond_64_bits_are_exact(self):
        file = self.file("large.jsonl", b"".join(line(price="0.000000001", volume=self.LARGEST) + b"\n" for _ in range(3)))
        binary.replay([file], self.data)
        for bar in bars_of(self.data, "1m") + bars_of(self.data, "1d"):
            self.assertEqual([bar[name] for name in ("volume", "trade_count", "notional", "vwap", "quality")], ["27670116110564.327421", "3", "27670.116110564327421", "0.000000001", ""])
        run("verify", "--data", self.data)

    def test_a_sum_beyond_38_digits_is_null_and_said(self):
        """The notional of one such trade is (2^63 - 1)^2 at 1e-15, 8.5 * 10^37: one fits, two do not."""
        texts = [line(price="9223372036.854775807", volume=self.LARGEST, ts=f'"2024-03-05T12:0{minute}:00Z"') for minute in (0, 1, 1)]
        file = self.file("larger.jsonl", b"\n".join(texts))
        ledger = binary.replay([file], self.data)
        self.assertEqual([[bar[name] for name in ("volume", "notional", "vwap", "price_avg", "quality")] for bar in bars_of(self.data, "1m")],
                         [["9223372036854.775807", "85070591730234615847396.907784232501249", "9223372036.854775807", "9223372036.854775807", ""],
                          ["18446744073709.551614", "", "", "9223372036.854775807", "overflow"]])
        self.assertEqual(differences(expect([file]), ledger, self.data), "")
        run("verify", "--data", self.data)


if __name__ == "__main__":
    unittest.main()
