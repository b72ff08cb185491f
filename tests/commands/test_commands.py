"""The commands as a stranger meets them: exit codes, ledgers, going on after a stop, settings and their sources, what works beside a running process."""

import base64
import gzip
import json
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "proof"))
import binary  # noqa: E402

FAULTS = ["--fault", "late=0.02", "--fault", "duplicate=0.01", "--fault", "out_of_order=0.05", "--fault", "gap=0.002", "--fault", "malformed=0.003",
          "--fault", "future=0.001"]
SIMULATED = ["simulate", "--seed", "5", "--events", "40000", "--symbols", "12", "--rate", "100", *FAULTS]


def run(*arguments, expect=0, stdin=b"", env=None):
    """(stdout, stderr) of a run whose exit code is `expect`."""
    done = subprocess.run(binary.command(*arguments), input=stdin, capture_output=True, timeout=120, env={**binary.environment(), **(env or {})})
    if done.returncode != expect:
        raise AssertionError(f"exit {done.returncode}, expected {expect}: {arguments}\n{done.stderr.decode(errors='replace')[-1500:]}")
    return done.stdout, done.stderr.decode()


def wait_for(condition, what, patience=60):
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen in {patience} s: {what}")
        time.sleep(0.02)


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tickerhouse-commands-")
        cls.path = pathlib.Path(cls.folder.name)
        cls.feed = cls.path / "feed.jsonl"
        run(*SIMULATED, "--output", cls.feed, "--truth", cls.path / "truth.csv")
        cls.lines = cls.feed.read_bytes().splitlines(keepends=True)
        cls.ledger = binary.replay([cls.feed], cls.path / "whole")
        cls.bars = binary.export("bars", cls.path / "whole", "csv")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def data(self):
        """A directory of its own for each test."""
        return self.path / self.id().rsplit(".", 1)[1]

    def test_the_process_of_a_statement_answers_on_its_socket(self):
        """The command behind SQL: hidden, and it speaks src/sinks/sql/sql_channel.h."""
        text = b"SELECT 6 * 7 AS answer"
        request = struct.pack("<I", len(text)) + text + struct.pack("<QQI", 10, 256_000_000, 0)
        ours, its = socket.socketpair()
        with ours, subprocess.Popen(binary.command("sql-worker"), stdin=its, stdout=subprocess.DEVNULL, env=binary.environment(), cwd=self.path) as worker:
            its.close()
            ours.sendall(struct.pack("<IB", len(request), 1) + request)
            answer = b"".join(iter(lambda: ours.recv(65536), b""))
        self.assertEqual(worker.returncode, 0)
        self.assertIn(b"\x02\x00\x00\x0042", answer)
        self.assertIn(b"\x06\x00\x00\x00answer", answer)
        self.assertNotIn("sql-worker", run("--help")[0].decode())

    def test_the_simulator_knows_the_truth(self):
        run(*SIMULATED, "--data", self.data(), "--truth", self.path / "truth2.csv")
        truth = (self.path / "truth.csv").read_text()
        self.assertEqual(truth, (self.path / "truth2.csv").read_text())
        without_state = "".join(",".join(line.split(",")[:17]) + "\n" for line in self.bars.decode().splitlines())
        self.assertEqual(without_state, truth)
        self.assertEqual(binary.export("bars", self.data(), "csv"), self.bars)
        self.assertGreater(self.ledger["late_kept"] * self.ledger["late_revised"] * self.ledger["duplicate"] * self.ledger["rejected"], 0)

    def test_a_killed_simulator_goes_on(self):
        for moment in (0.02, 0.05, 0.1, 0.15, 0.2):
            process = subprocess.Popen(binary.command(*SIMULATED, "--data", self.data(), "--batch", "100"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        run(*SIMULATED, "--data", self.data(), "--batch", "100")
        self.assertEqual(binary.export("bars", self.data(), "csv"), self.bars)

    def test_loaded_again_it_adds_nothing(self):
        other_name = self.path / "renamed.jsonl.gz"
        other_name.write_bytes(gzip.compress(self.feed.read_bytes()))
        for file in (self.feed, other_name, "-"):
            stdout, stderr = run("replay", file, "--data", self.path / "whole", stdin=self.feed.read_bytes() if file == "-" else b"")
            self.assertEqual(binary.ledger_of(stdout), self.ledger)
            self.assertIn("nothing new", stderr)

    def test_a_finished_file_that_grows_goes_on(self):
        file = self.path / "grows.jsonl"
        file.write_bytes(b"".join(self.lines[:10_000]))
        first = binary.replay([file], self.data())
        file.write_bytes(b"".join(self.lines))
        self.assertEqual(binary.replay([file], self.data())["received"], self.ledger["received"])
        self.assertLess(first["received"], self.ledger["received"])
        run("verify", "--data", self.data())

    def test_a_last_line_without_lf_that_grows(self):
        line = '{{"symbol":"A","price":1,"volume":1,"ts":"2024-01-{:02}T10:00:00Z"}}'
        file = self.path / "unended.jsonl"
        for ending, more, rejects in (("", "\n", []), ("", ',"x":1}\n', [(2, ',"x":1}')]), ("{", '"x":1}\r\n', [(2, "{"), (2, '"x":1}')])):
            with self.subTest(ending=ending, more=more):
                data = self.path / f"unended-{len(rejects)}"
                first = line.format(1) + "\n" + (ending or line.format(2))
                file.write_text(first)
                binary.replay([file], data)
                file.write_text(first + more + line.format(3) + "\nnot json\n")
                ledger = binary.replay([file], data)
                self.assertEqual(ledger["used"], 3 if not ending else 2)
                rows = binary.export("rejects", data, "jsonl").decode().splitlines()
                found = [(int(row["position"].split(":")[0]), base64.b64decode(row["raw_base64"]).decode()) for row in map(json.loads, rows)]
                self.assertEqual(found, [*rejects, (4, "not json")])

    def test_one_watermark_closes_more_windows_than_a_batch_holds(self):
        symbols = [f"S{i:05}" for i in range(70_000)]
        feed = "".join(f'{{"symbol":"{s}","price":{i + 1},"volume":1,"ts_epoch_ms":1704189600000}}\n' for i, s in enumerate(symbols))
        run("replay", "-", "--data", self.data(), "--partitions", "1", "--intervals", "1m 1d", stdin=feed.encode())
        bars = binary.export("bars", self.data(), "csv").decode().splitlines()[1:]
        self.assertEqual([tuple(bar.split(",")[i] for i in (0, 1, 6)) for bar in bars],
                         [(s, interval, str(i + 1)) for i, s in enumerate(symbols) for interval in ("1m", "1d")])
        run("verify", "--data", self.data())

    def test_changed_bytes_are_refused_with_their_offset(self):
        file = self.path / "changed.jsonl"
        lines = list(self.lines)
        lines[30_000] = lines[30_000].replace(b"1", b"2")
        file.write_bytes(b"".join(lines))
        _, stderr = run("replay", file, "--data", self.path / "whole", expect=78)
        self.assertIn(str(len(self.feed.read_bytes())), stderr)

    def test_a_set_that_overlaps_is_refused(self):
        other = self.path / "other.jsonl"
        other.write_bytes(b'{"symbol":"ZZZ","price":1,"volume":1,"ts":"2026-01-05T14:30:00Z"}\n')
        _, stderr = run("replay", self.feed, other, "--data", self.path / "whole", expect=78)
        self.assertIn("feed.jsonl", stderr)

    def test_cut_off_compressed_input(self):
        cut, whole = self.path / "cut.gz", self.path / "cut_whole.gz"
        whole.write_bytes(gzip.compress(self.feed.read_bytes()))
        cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        run("replay", cut, "--data", self.data(), expect=65)
        status = json.loads(run("status", "--data", self.data(), "--json")[0])
        self.assertTrue(status["sources"][0]["truncated"] and not status["sources"][0]["finished"])
        self.assertEqual(binary.replay([whole], self.data()), self.ledger)
        self.assertEqual(binary.export("bars", self.data(), "csv"), self.bars)

    def test_cut_off_input_can_be_finished(self):
        cut = self.path / "cut2.gz"
        content = gzip.compress(self.feed.read_bytes())
        cut.write_bytes(content[: len(content) // 2])
        run("replay", cut, "--finish", "--data", self.data())
        status = json.loads(run("status", "--data", self.data(), "--json")[0])
        self.assertTrue(status["sources"][0]["finished"])

    def test_a_full_tape_pauses_and_resumes(self):
        _, stderr = run("replay", self.feed, "--data", self.data(), "--tape-size", "2MiB", "--wait-space", "1s", expect=1)
        self.assertIn("degraded", stderr)
        run("verify", "--data", self.data())
        self.assertEqual(binary.replay([self.feed], self.data(), "--tape-size", "200MiB"), self.ledger)
        self.assertEqual(binary.export("bars", self.data(), "csv"), self.bars)

    def test_settings_are_fixed_by_the_first_start(self):
        _, stderr = run("replay", self.feed, "--data", self.path / "whole", "--bound", "7s", expect=78)
        self.assertIn("bound is 5s", stderr)
        _, stderr = run(*SIMULATED, "--data", self.path / "whole", expect=78)
        self.assertIn("recorded", stderr)

    def test_two_unfinished_sources_of_a_symbol(self):
        a, b = self.path / "a.jsonl", self.path / "b.jsonl"
        line = '{{"symbol":"AAA","price":{},"volume":1,"ts":"2026-01-05T14:3{}:00Z"}}\n'
        a.write_text("".join(line.format(n + 1, n) for n in range(5)))
        b.write_text("".join(line.format(n + 7, n + 2) for n in range(5)))
        process = subprocess.Popen(binary.command("replay", a, "--follow", "--data", self.data()), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: self.received(self.data()) == 5, "the followed file is read")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        _, stderr = run("replay", b, "--data", self.data(), expect=78)
        self.assertIn("a.jsonl", stderr)
        self.assertIn("b.jsonl", stderr)
        self.assertEqual(binary.replay([b], self.data(), "--merge")["received"], 10)
        run("verify", "--data", self.data())

    @staticmethod
    def received(data):
        done = subprocess.run(binary.command("status", "--data", data, "--json"), capture_output=True, timeout=60)
        return json.loads(done.stdout)["total"]["received"] if done.returncode == 0 else -1

    def test_beside_a_running_process(self):
        process = subprocess.Popen(binary.command("replay", "-", "--data", self.data()), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        half = len(self.lines) // 2
        process.stdin.write(b"".join(self.lines[:half]))
        process.stdin.flush()
        wait_for(lambda: self.received(self.data()) == half, "the first half is through")
        status = json.loads(run("status", "--data", self.data(), "--json")[0])
        self.assertTrue(status["running"])
        self.assertEqual(sum(status["total"][key] for key in binary.LEDGER_KEYS[1:]), half)
        wait_for(lambda: all(sink["lag"] == 0 for sink in json.loads(run("status", "--data", self.data(), "--json")[0])["sinks"] if sink["name"] == "duckdb"), "the store has caught up")
        _, stderr = run("verify", "--data", self.data())
        self.assertRegex(stderr, r"store: \d+ bars equal")
        self.assertTrue(binary.export("bars", self.data(), "csv").startswith(b"symbol,"))
        self.assertGreater(len(run("tail", "bars", "--from", "beginning", "--exit-at-end", "--data", self.data())[0]), 1000)
        process.stdin.write(b"".join(self.lines[half:]))
        process.stdin.close()
        self.assertEqual(binary.ledger_of(process.stdout.read()), self.ledger)
        process.stdout.close()
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(binary.export("bars", self.data(), "csv"), self.bars)

    def test_a_directory_in_use(self):
        process = subprocess.Popen(binary.command("replay", "-", "--data", self.data()), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: (self.data() / "tape").is_dir() and self.received(self.data()) == 0, "the first one is up")
        _, stderr = run("replay", self.feed, "--data", self.data(), expect=75)
        self.assertIn(str(process.pid), stderr)
        process.stdin.close()
        self.assertEqual(process.wait(30), 0)

    def test_terminated_and_taken_up_again(self):
        process = subprocess.Popen(binary.command("replay", self.feed, "--data", self.data(), "--speed", "20", "--batch", "50"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        wait_for(lambda: self.received(self.data()) > 0, "something is through")
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        partial = binary.ledger_of(process.stdout.read())
        process.stdout.close()
        self.assertEqual(process.wait(20), 0)
        self.assertLess(time.monotonic() - started, 10)
        self.assertLess(partial["received"], self.ledger["received"])
        self.assertEqual(binary.replay([self.feed], self.data()), self.ledger)
        self.assertEqual(binary.export("bars", self.data(), "csv"), self.bars)

    def test_a_damaged_store_is_rebuilt(self):
        binary.replay([self.feed], self.data())
        store = self.data() / "store.duckdb"
        store.write_bytes(b"this is no database" * 1000)
        _, stderr = run("replay", self.feed, "--data", self.data())
        self.assertIn("moved aside", stderr)
        run("verify", "--data", self.data())

    def test_a_changed_store_is_found(self):
        binary.replay([self.feed], self.data())
        (self.data() / "store.duckdb").write_bytes((self.path / "whole" / "store.duckdb").read_bytes())
        run("verify", "--data", self.data())
        smaller = self.path / "smaller.jsonl"
        smaller.write_bytes(b"".join(self.lines[:20_000]))
        binary.replay([smaller], self.path / "smaller")
        (self.data() / "store.duckdb").write_bytes((self.path / "smaller" / "store.duckdb").read_bytes())
        done = subprocess.run(binary.command("verify", "--data", self.data()), capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_damage_on_the_tape_is_found(self):
        binary.replay([self.feed], self.data())
        file = self.data() / "tape" / "data.mdb"
        content = file.read_bytes()
        self.assertIn(b'"symbol":"AAPL"', content)  # of rejects, kept with their bytes
        file.write_bytes(content.replace(b'"symbol":"AAPL"', b'"symbol":"AAPM"'))  # wherever pages were copied to
        codes = {subprocess.run(binary.command(*arguments, "--data", self.data()), capture_output=True, timeout=60).returncode
                 for arguments in (("verify",), ("export", "rejects"))}
        self.assertIn(74, codes)

    def test_exports(self):
        data = self.path / "whole"
        one = run("export", "bars", "--interval", "1m", "--symbol", "AAPL", "--from", "2026-01-05T14:31:00Z", "--to", "2026-01-05T14:33:00Z", "--data", data)[0].decode().splitlines()
        self.assertEqual([line.split(",")[:3] for line in one[1:]], [["AAPL", "1m", "2026-01-05T14:31:00Z"], ["AAPL", "1m", "2026-01-05T14:32:00Z"]])
        for what in ("bars", "events", "late", "rejects"):
            rows = run("export", what, "--data", data)[0].count(b"\n") - 1
            self.assertEqual(run("export", what, "--format", "jsonl", "--data", data)[0].count(b"\n"), rows, what)
            file = self.path / f"{what}.parquet"
            run("export", what, "--format", "parquet", "--output", file, "--data", data)
            self.assertEqual((file.read_bytes()[:4], file.read_bytes()[-4:]), (b"PAR1", b"PAR1"))
            self.assertFalse(list(self.path.glob("*.staging")))
        events = self.path / "events.jsonl"
        run("export", "events", "--format", "jsonl", "--output", events, "--data", data)
        binary.replay([events], self.data())
        cut = lambda table: [line.split(",")[:17] for line in table.decode().splitlines()]  # noqa: E731
        self.assertEqual(cut(binary.export("bars", self.data(), "csv")), cut(self.bars))
        seed = run("export", "bars", "--columns", "seed", "--data", data)[0].splitlines()[0]
        self.assertEqual(seed, b"symbol,window_start,window_end,price_avg,price_min,price_max,price_first,price_last,pct_change")

    def test_usage(self):
        run("replay", self.path / "missing.jsonl", "--data", self.data(), expect=66)
        self.assertFalse(self.data().exists())
        run("replay", self.feed, "--data", self.data(), "--no-such-flag", expect=64)
        run("export", "bars", "--data", self.path / "whole", "--interval", "7m", expect=64)
        run("export", "nothing", "--data", self.path / "whole", expect=64)
        run("export", "bars", "--data", self.path / "nowhere", expect=66)
        self.assertIn(b"tickerhouse", run("version")[0])
        for command in ("replay", "simulate", "export", "status", "verify", "tail", "topic", "group", "demo", "check"):
            self.assertIn(b"Examples" if command != "check" else b"check", run(command, "--help")[0])

    def test_configuration(self):
        config = self.path / "my.toml"
        config.write_text('data = "x"\n[ingest]\nbound = "3s"\nskew = "4s"\n')
        shown = run("check", "--show", "--config", config, "--skew", "9s", env={"TICKERHOUSE_INGEST_BOUND": "6s", "WATERMARK": "2 minutes"})[0].decode()
        self.assertIn('ingest.bound = "6s"  # environment TICKERHOUSE_INGEST_BOUND', shown)
        self.assertIn('ingest.skew = "9s"  # flag --skew', shown)
        self.assertIn(f'data = "x"  # {config}:1', shown)
        shown, stderr = run("check", "--show", env={"WATERMARK": "2 minutes", "WINDOW_DURATION": "1 minute", "LOGLEVEL": "INFO", "PROCESSING_TRIGGER": "10 seconds", "MAX_OFFSETS_PER_TRIGGER": "100000"})
        self.assertIn(b'ingest.bound = "2 minutes"', shown)
        self.assertIn("WATERMARK=2 minutes", stderr)
        config.write_text('[ingest]\nbuond = "3s"\nskew = "banana"\n')
        _, stderr = run("check", "--config", config, expect=78)
        self.assertIn("did you mean ingest.bound", stderr)
        self.assertIn("banana", stderr)
        page = (binary.ROOT / "docs" / "configuration.md").read_bytes()
        self.assertEqual(run("config", "docs")[0], page, "docs/configuration.md is written by `tickerhouse config docs`")

    def test_sorted_input(self):
        backwards = self.path / "backwards.csv"
        rows = [f"AAA,{n % 7 + 1},1,{1_700_000_000 + n}\n" for n in range(5_000)]
        backwards.write_text("symbol,price,volume,timestamp\n" + "".join(reversed(rows)))
        forwards = self.path / "forwards.csv"
        forwards.write_text("symbol,price,volume,timestamp\n" + "".join(rows))
        binary.replay([forwards], self.path / "forwards")
        ledger = binary.replay([backwards], self.data(), "--sort")
        self.assertEqual(ledger["used"], 5_000)
        self.assertEqual(binary.export("bars", self.data(), "csv"), binary.export("bars", self.path / "forwards", "csv"))


if __name__ == "__main__":
    unittest.main()
