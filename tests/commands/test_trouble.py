"""What goes wrong around the program, and what must come of it: hostile values, cut-off and damaged files, signals, other settings, no room to write."""

import csv
import ctypes
import gzip
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

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

    def start(self, *arguments):
        process = subprocess.Popen(binary.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=binary.environment())
        self.addCleanup(process.kill)
        return process

    def wait_until_received(self, count, data, patience=60):
        deadline, received = time.monotonic() + patience, -1
        while received < count:
            self.assertLess(time.monotonic(), deadline, f"{received} of {count} received in {patience} s")
            time.sleep(0.02)
            done = subprocess.run(binary.command("status", "--data", data, "--json"), capture_output=True, timeout=60, env=binary.environment())
            received = json.loads(done.stdout)["total"]["received"] if done.returncode == 0 else -1


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


class Files(Trouble):
    def test_the_summary_says_what_is_so(self):
        """Of an input without records, and with the next command for the intervals that the directory has."""
        _, stderr = run("replay", self.file("one.jsonl", line() + b"\n"), "--data", self.data, "--intervals", "5m 1h")
        self.assertIn("--interval 5m\n", stderr)
        _, stderr = run("replay", self.file("two.jsonl", line(symbol='"B"') + b"\n"), "--data", self.data)
        self.assertIn("--interval 5m\n", stderr)
        _, stderr = run("replay", self.file("empty.jsonl", ""), "--data", self.data)
        self.assertIn("empty.jsonl: holds no records\n", stderr)

    def test_a_header_that_cannot_be_cut_is_a_reject(self):
        """And the next line is the header: nothing vanishes."""
        file = self.file("header.csv", 'symbol,"price"x,volume,ts\nsymbol,price,volume,ts\nA,1,2,2024-03-05T12:00:00Z\n')
        ledger = binary.replay([file], self.data)
        self.assertEqual((ledger["received"], ledger["used"], ledger["rejected"]), (2, 1, 1))
        self.assertEqual(differences(expect([file]), ledger, self.data), "")

    def test_what_counts_of_a_cut_off_gzip(self):
        """The whole lines that can be read, and no half one; --finish settles just these."""
        content = self.feed(1500).read_bytes()
        packed = gzip.compress(content)
        for size in (5, 30, len(packed) // 3, len(packed) // 2, len(packed) - 9, len(packed) - 1):
            with self.subTest(size=size, of=len(packed)):
                data = self.path / f"data{size}"
                readable = zlib.decompressobj(31).decompress(packed[:size])
                whole_lines = self.file("cut.jsonl", readable[:readable.rfind(b"\n") + 1])
                expected = expect([whole_lines])
                cut = self.file("cut.jsonl.gz", packed[:size])
                stdout, stderr = run("replay", cut, "--data", data, expect=65)
                self.assertEqual(binary.ledger_of(stdout), expected.ledger)
                self.assertIn("--finish", stderr)
                self.assertEqual(binary.first_difference("events", binary.export("events", data, "jsonl"), expected.exports["events"]), "")
                ledger = binary.ledger_of(run("replay", cut, "--finish", "--data", data)[0])
                self.assertEqual(differences(expected, ledger, data), "")

    def stopped_half_way(self):
        """A file that was followed for half of its lines, then stopped, so that all shards have checkpoints."""
        whole = self.feed(2000)
        lines = whole.read_bytes().splitlines(keepends=True)
        file = self.file("grows.jsonl", b"".join(lines[: len(lines) // 2]))
        process = self.start("replay", file, "--follow", "--data", self.data)
        self.wait_until_received(len(lines) // 2, self.data)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=30)
        self.assertEqual((process.returncode, binary.ledger_of(stdout)["received"]), (0, len(lines) // 2))
        file.write_bytes(b"".join(lines))
        return file

    def test_damaged_checkpoints_cost_a_replay_and_no_result(self):
        file = self.stopped_half_way()
        expected = expect([file])
        flipped = lambda content: content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 1]) + content[len(content) // 2 + 1 :]  # noqa: E731
        damages = {"empty": lambda content: b"", "half": lambda content: content[: len(content) // 2], "a bit": flipped, "other version": lambda content: content[:4] + b"\x63" + content[5:],
                   "longer": lambda content: content + b"x", "rubbish": lambda content: b"rubbish" * 100}
        for name, damage in damages.items():
            with self.subTest(damage=name):
                data = self.path / name.replace(" ", "_")
                shutil.copytree(self.data, data)
                checkpoints = sorted((data / "checkpoints").iterdir())
                self.assertEqual({path.name.split("-")[1] for path in checkpoints}, {"0", "1", "2", "3"})
                for path in checkpoints:
                    path.write_bytes(damage(path.read_bytes()))
                stdout, stderr = run("replay", file, "--data", data)
                for path in checkpoints:
                    self.assertIn(path.name, stderr)
                self.assertEqual(differences(expected, binary.ledger_of(stdout), data), "")
                run("verify", "--data", data)
        shutil.rmtree(self.data / "checkpoints")
        self.assertEqual(differences(expected, binary.replay([file], self.data), self.data), "")

    def test_a_tape_of_a_newer_version_is_not_touched(self):
        file = self.file("one.jsonl", line() + b"\n")
        binary.replay([file], self.data)
        tape = self.data / "tape" / "data.mdb"
        content = tape.read_bytes()
        self.assertEqual(content.count(b"format\x01\0\0\0"), 1)
        newer = content.replace(b"format\x01\0\0\0", b"format\x02\0\0\0")
        tape.write_bytes(newer)
        for command in (["replay", file], ["simulate", "--events", "3"], ["export", "bars"], ["status"], ["status", "--json"], ["verify"], ["tail", "bars", "--exit-at-end"]):
            with self.subTest(command=command[0]):
                stdout, stderr = run(*command, "--data", self.data, expect=74)
                self.assertEqual(stdout, b"")
                self.assertIn("newer version (format 2, this program knows 1)", stderr)
        self.assertEqual(tape.read_bytes(), newer)
        tape.write_bytes(content)
        run("verify", "--data", self.data)

    def test_each_fixed_setting_is_refused_when_it_differs(self):
        file, more = self.file("one.jsonl", line() + b"\n"), self.file("more.jsonl", line(symbol='"Z"') + b"\n")
        fixed = {"bound": "3s", "skew": "4s", "idle-timeout": "7s", "grace": "6s", "allowed-lateness": "1m", "intervals": "30s,1m", "partitions": "2"}
        binary.replay([file], self.data, *(part for name, value in fixed.items() for part in (f"--{name}", value)))
        before = binary.exports(self.data)
        other = {"bound": "5s", "skew": "5s", "idle-timeout": "10s", "grace": "5s", "allowed-lateness": "2m", "intervals": "1m", "partitions": "4"}
        for name, value in other.items():
            key = ("engine." if name in ("allowed-lateness", "intervals", "partitions") else "ingest.") + name.replace("-", "_")
            section, _, setting = key.partition(".")
            config = self.file("other.toml", f'[{section}]\n{setting} = "{value}"\n')
            for flags, env in (([f"--{name}", value], {}), (["--config", config], {}), ([], {"TICKERHOUSE_" + key.replace(".", "_").upper(): value})):
                with self.subTest(setting=name, flags=flags, env=env):
                    _, stderr = run("replay", more, "--data", self.data, *flags, expect=78, env=env)
                    self.assertIn(setting, stderr)
        self.assertEqual(binary.exports(self.data), before)
        same = {"bound": "3000ms", "skew": "4 seconds", "allowed-lateness": "60s", "intervals": "60s 30s", "partitions": "2", "threads": "1", "batch": "3"}
        self.assertEqual(binary.replay([more], self.data, *(part for name, value in same.items() for part in (f"--{name}", value)))["used"], 2)
        run("verify", "--data", self.data)

    def test_nowhere_to_write(self):
        file, plain = self.file("one.jsonl", line() + b"\n"), self.file("plain", "x")
        for data in (plain, plain / "below"):
            for command in (["replay", file], ["simulate", "--events", "3"]):
                stdout, stderr = run(*command, "--data", data, expect=1)
                self.assertEqual((stdout, stderr.count("\n")), (b"", 1))
                self.assertIn(str(data), stderr)
        self.assertEqual(plain.read_bytes(), b"x")
        binary.replay([file], self.data)
        for target in (plain / "bars.csv", self.path / "missing" / "bars.csv"):
            _, stderr = run("export", "bars", "--data", self.data, "--output", target, expect=1)
            self.assertIn(str(target), stderr)

    def test_a_directory_without_the_right_to_write(self):
        """Root may write everywhere, except without the capability to (1: CAP_DAC_OVERRIDE)."""
        self.data.mkdir(mode=0o555)
        drop = lambda: ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # noqa: E731  (PR_CAPBSET_DROP; refused to others, who lack it anyway)
        for command in (["replay", self.file("one.jsonl", line() + b"\n")], ["simulate", "--events", "3"]):
            _, stderr = run(*command, "--data", self.data, expect=1, preexec_fn=drop)
            self.assertIn(str(self.data), stderr)
            self.assertIn("Permission denied", stderr)
        self.assertEqual(list(self.data.iterdir()), [])

    def test_a_full_disk_behind_stdout_is_said(self):
        file = self.file("one.jsonl", line() + b"\n{\n")
        binary.replay([file], self.data)
        for command in (["export", "bars"], ["export", "rejects", "--format", "jsonl"], ["status"], ["tail", "bars", "--from", "beginning", "--exit-at-end"], ["replay", file]):
            with self.subTest(command=command), open("/dev/full", "wb") as full:
                done = subprocess.run(binary.command(*command, "--data", self.data), stdout=full, stderr=subprocess.PIPE, timeout=60, env=binary.environment())
                self.assertEqual(done.returncode, 1)
                self.assertIn(b"stdout: cannot write", done.stderr)
        run("verify", "--data", self.data)

    def test_output_into_a_pipe(self):
        """Nothing is put in the place of a pipe or a device."""
        binary.replay([self.file("one.jsonl", line() + b"\n")], self.data)
        pipe = self.path / "pipe"
        os.mkfifo(pipe)
        reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
        try:
            run("export", "bars", "--data", self.data, "--output", pipe)
            self.assertTrue(pipe.is_fifo())
            self.assertEqual(reader.communicate(timeout=10)[0], binary.export("bars", self.data, "csv"))
            _, stderr = run("export", "bars", "--data", self.data, "--format", "parquet", "--output", pipe, expect=64)
            self.assertIn("pipe", stderr)
        finally:
            reader.kill()
            reader.communicate()


class Pace(Trouble):
    SPAN_S = 8

    def timed(self, name, *flags):
        """Seconds that a replay of 8 seconds of events takes, and its bars."""
        file = self.file("paced.jsonl", b"".join(line(ts=None, ts_epoch_ms=str(1_709_632_800_000 + 250 * number)) + b"\n" for number in range(self.SPAN_S * 4 + 1)))
        began = time.monotonic()
        binary.replay([file], self.path / name, *flags)
        return time.monotonic() - began, binary.export("bars", self.path / name, "csv")

    def test_a_greater_speed_takes_less_time(self):
        """One speed is sixteen times the other; what starting and ending take leaves at least twice of that."""
        _, bars = self.timed("free")
        slow, slow_bars = self.timed("slow", "--speed", "2", "--batch", "1")
        fast, fast_bars = self.timed("fast", "--speed", "x32", "--batch", "1")
        self.assertEqual([slow_bars, fast_bars], [bars, bars])
        self.assertGreaterEqual(slow, self.SPAN_S / 2)       # never earlier than it happened
        self.assertGreaterEqual(fast, self.SPAN_S / 32)
        self.assertGreater(slow, 2 * fast)

    def test_speed_at_the_usual_size_of_a_batch(self):
        """An input of fewer records than a batch holds is paced too."""
        took, _ = self.timed("slow", "--speed", "2")
        self.assertGreaterEqual(took, self.SPAN_S / 2)

    def test_what_is_no_speed(self):
        for speed in ("0", "-1", "fast", "nan", "inf", "1,5", ""):
            with self.subTest(speed=speed):  # nothing at all is a mistake of the command line
                run("replay", self.file("one.jsonl", line() + b"\n"), "--data", self.data, f"--speed={speed}", expect=78 if speed else 64)


class Signals(Trouble):
    SIMULATE = ["simulate", "--seed", "3", "--events", "6000", "--rate", "300", "--symbols", "5", "--fault", "late=0.02", "--fault", "malformed=0.01", "--fault", "duplicate=0.01"]

    def test_a_stopped_simulator_is_flushed_and_adds_up(self):
        run(*self.SIMULATE, "--data", self.path / "whole")
        bars = binary.export("bars", self.path / "whole", "csv")
        for name in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=name):
                data = self.path / f"data{name}"
                process = self.start(*self.SIMULATE, "--speed", "2", "--batch", "20", "--data", data)
                self.wait_until_received(100, data)
                began = time.monotonic()
                process.send_signal(name)
                stdout, stderr = process.communicate(timeout=60)
                self.assertLess(time.monotonic() - began, 10)
                self.assertEqual(process.returncode, 0, stderr)
                self.assertIn(b"start again with the same arguments", stderr)
                ledger = binary.ledger_of(stdout)
                self.assertEqual(ledger["received"], sum(count for key, count in ledger.items() if key != "received"))
                self.assertTrue(100 <= ledger["received"] < 6000, ledger)
                status = json.loads(run("status", "--data", data, "--json")[0])
                self.assertEqual({key: status["total"][key] for key in binary.LEDGER_KEYS}, ledger)
                self.assertEqual([sink["lag"] for sink in status["sinks"]], [0] * len(status["sinks"]))
                run("verify", "--data", data)
                run(*self.SIMULATE, "--data", data)
                self.assertEqual(binary.first_difference("bars", binary.export("bars", data, "csv"), bars), "")


if __name__ == "__main__":
    unittest.main()
