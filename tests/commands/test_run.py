"""`run` and the commands around it, as one types them: the demo, the background, ports, what the oracle says, faults that are switched on while it runs."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "proof"))
import binary  # noqa: E402
from running import SMALL, Running, wait  # noqa: E402


def run(*arguments, expect=0):
    """(stdout, stderr) of a command whose exit code is `expect`."""
    done = subprocess.run(binary.command(*arguments), stdin=subprocess.DEVNULL, capture_output=True, timeout=60, env=binary.environment(), text=True)
    if done.returncode != expect:
        raise AssertionError(f"exit {done.returncode}, expected {expect}: {arguments}\n{done.stderr[-1500:]}")
    return done.stdout, done.stderr


class InAFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="run")
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name, "data")

    def start(self, *flags):
        running = Running(self.data, *flags)
        self.addCleanup(running.process.kill)
        running.wait_ready()
        return running


class Demo(InAFolder):
    def test_the_oracle_finds_every_bar_exact(self):
        running = self.start("--fault", "late=0.02", "--fault", "duplicate=0.02")
        status = running.wait_status("judged bars", lambda now: now["oracle"]["judged"] > 50 and now["catching_up"] is None)
        self.assertEqual(status["oracle"]["exact"], status["oracle"]["judged"], status["oracle"]["first_wrong"])
        self.assertEqual(status["source_label"]["kind"], "simulated")
        self.assertEqual([stage["name"] for stage in status["stages"]], ["source", "ingest", "tape", "shards", "sinks", "live", "ledger"])
        self.assertEqual({stage["state"] for stage in status["stages"]}, {"ok"}, status["stages"])
        screen, _ = run("status", "--data", self.data)
        self.assertIn(running.url, screen)
        self.assertRegex(screen, r"oracle: (\d+) of \1 bars exact")
        running.stop()
        # What came is history: another process counts from there.
        again = self.start()
        self.assertEqual(again.status()["restarts"], 1)
        self.assertNotEqual(again.status()["start_id"], status["start_id"])
        again.stop()

    def test_a_crash_says_where_it_was(self):
        running = self.start()
        running.process.send_signal(signal.SIGSEGV)
        self.assertEqual(running.process.wait(30), -signal.SIGSEGV)
        running.close()
        said = pathlib.Path(running.log.name).read_text(errors="replace")
        self.assertIn("crashed: SIGSEGV in thread tickerhouse", said)
        calls = re.findall(r"^\S*tickerhouse\(\+(0x[0-9a-f]+)\)", said, re.MULTILINE)
        named = subprocess.run(["addr2line", "-Cfe", binary.path(), *calls], capture_output=True, text=True, check=True).stdout
        self.assertIn("tickerhouse::app::run_program(", named, said)
        again = self.start()
        self.assertEqual(again.status()["restarts"], 1)
        again.stop()

    def test_faults_switched_on_are_counted(self):
        running = self.start()
        running.wait_status("the present", lambda now: now["catching_up"] is None)
        request = urllib.request.Request(running.url + "/api/v1/demo", data=json.dumps({"faults": {"malformed": 0.2}}).encode(), method="PUT", headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertEqual(json.loads(answer.read())["faults"]["malformed"], 0.2)
        status = running.wait_status("rejects", lambda now: now["total"]["rejected"] > 10)
        total = dict(status["total"])
        self.assertEqual(total.pop("received"), sum(total.values()))
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(running.url + "/api/v1/demo", data=b'{"faults":{"late":0.9}}', method="PUT", headers={"Content-Type": "application/json"}), timeout=10)
        self.assertEqual(refused.exception.code, 400)
        refused.exception.close()
        running.stop()

    def test_the_tape_is_kept_small(self):
        """More comes than may stay: the beginning goes, the bars stay exact, and verify proves what is left."""
        flags = ("--rate", "20000", "--partitions", "1", "--retention-size", "15MB", "--durability", "os", "--history-interval", "1s")
        running = self.start(*flags)
        for _ in wait("a cut tape", 90, running.process):
            events = next(topic for topic in json.loads(running.get("/api/v1/topics"))["topics"] if topic["topic"] == "events")
            if events["partitions"][0]["first"] > 0:
                break
        status = running.status()
        self.assertLess(status["tape"]["bytes_used"], 40_000_000)
        running.stop()
        again = self.start(*flags)
        again.wait_status("judged bars", lambda now: now["total"]["received"] > status["total"]["received"])
        again.stop()
        verified = subprocess.run(binary.command("verify", "--data", self.data), capture_output=True, text=True, timeout=60, env=binary.environment())
        self.assertEqual(verified.returncode, 0, verified.stderr)
        self.assertIn("from the oldest checkpoint on", verified.stderr)
        self.assertIn("not compared", verified.stderr)

    def test_one_process_at_a_time(self):
        running = self.start()
        _, stderr = run("run", "--data", self.data, *SMALL, expect=75)
        self.assertIn("use", stderr)
        running.stop()

    def test_another_market_in_the_directory_is_refused(self):
        running = self.start()
        running.wait_status("its first events", lambda now: now["total"]["received"] > 0)
        running.stop()
        _, stderr = run("run", "--data", self.data, "--symbols", "7", "--port", "0", expect=78)
        self.assertIn("other symbols or another seed", stderr)

    def test_replay_and_serve(self):
        feed = self.data.with_suffix(".jsonl")
        run("simulate", "--events", "2000", "--symbols", "2", "--rate", "10", "--output", feed)
        process = subprocess.Popen(binary.command("replay", feed, "--data", self.data, "--serve", "--port", "0"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=binary.environment())
        self.addCleanup(process.kill)
        url = re.search(rb"dashboard: (http\S+)", process.stderr.readline())[1].decode()
        for _ in wait("all bars", 30, process):
            with urllib.request.urlopen(url + "/api/v1/status", timeout=10) as answer:
                status = json.loads(answer.read())
            if status["sources"] and status["sources"][0]["finished"] and all(sink["lag"] == 0 for sink in status["sinks"]):
                break
        with urllib.request.urlopen(url + "/api/v1/bars?symbol=AAPL&interval=1m&format=csv", timeout=10) as answer:
            shown = answer.read()
        self.assertEqual(shown, binary.export("bars", self.data, "csv", "--interval", "1m", "--symbol", "AAPL"))
        process.send_signal(signal.SIGTERM)
        stdout, _ = process.communicate(timeout=15)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(binary.ledger_of(stdout)["used"], 2000)
        # And afterwards, without a source.
        serving = subprocess.Popen(binary.command("serve", "--data", self.data, "--port", "0"), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=binary.environment())
        self.addCleanup(serving.kill)
        url = re.search(rb"dashboard: (http\S+)", serving.stderr.readline())[1].decode()
        with urllib.request.urlopen(url + "/api/v1/bars?symbol=AAPL&interval=1m&format=csv", timeout=10) as answer:
            self.assertEqual(answer.read(), shown)
        serving.send_signal(signal.SIGINT)
        serving.communicate(timeout=15)
        self.assertEqual(serving.returncode, 0)


class Files(InAFolder):
    """`run` on what a configuration names, in place of the demo."""

    def setUp(self):
        super().setUp()
        self.feed = self.data.with_suffix(".jsonl")
        run("simulate", "--events", "3000", "--symbols", "2", "--rate", "10", "--output", self.feed)

    def configuration(self, *lines):
        path = self.data.with_suffix(".toml")
        path.write_text("\n".join(["[source]", f'files = "{self.feed}"', *lines, "[serve]", 'port = "0"']))
        return "--config", path

    def test_a_file_that_grows(self):
        lines = self.feed.read_bytes().splitlines(keepends=True)
        self.feed.write_bytes(b"".join(lines[:1000]))
        running = self.start(*self.configuration('follow = "true"'), "--console", "5", "--console-rate", "1")
        running.wait_status("the first part", lambda now: now["total"]["used"] == 1000)
        self.assertEqual(running.status()["source_label"]["kind"], "replay")
        with open(self.feed, "ab") as feed:
            feed.write(b"".join(lines[1000:]))
        running.wait_status("the rest", lambda now: now["total"]["used"] == 3000)
        running.process.send_signal(signal.SIGTERM)
        stdout, _ = running.process.communicate(timeout=15)
        running.close()
        self.assertEqual(running.process.returncode, 0)
        self.assertEqual(binary.ledger_of(stdout)["used"], 3000)
        self.assertRegex(stdout, rb"(AAPL|MSFT) \| \$[0-9,.]+ \| Vol: [0-9,.]+ \| Partition: \d \| Offset: \d+\n")
        self.assertRegex(stdout, rb"Total: 5 bars of [0-9,]+ trades")

    def test_in_the_background_to_the_end(self):
        stdout, _ = run("run", "--data", self.data, "--detach", *self.configuration())
        self.addCleanup(run, "stop", "--data", self.data)
        self.assertIn("dashboard: ", stdout)
        for _ in wait("the end of the file", 30):
            if json.loads(run("status", "--data", self.data, "--json")[0])["total"]["used"] == 3000:
                break
        run("stop", "--data", self.data)
        run("verify", "--data", self.data)

    def test_what_does_not_go_together(self):
        files = ("run", "--data", self.data, *self.configuration())
        self.assertIn("--fault", run(*files, "--fault", "late=0.1", expect=64)[1])
        self.assertIn("standard input", run("run", "--data", self.data, "--files", "-", "--detach", expect=64)[1])
        self.assertIn("missing.jsonl", run("run", "--data", self.data, "--files", "missing.jsonl", expect=66)[1])
        self.assertIn("--speed", run(*files, "--speed", "fast", expect=78)[1])
        self.assertIn("--seed", run(*files, "--seed", "2", expect=64)[1])
        self.assertFalse(self.data.exists(), "something was begun")


class Store(InAFolder):
    def test_a_copy_beside_a_running_process(self):
        import duckdb

        copy = self.data.with_suffix(".duckdb")
        running = self.start("--fault", "late=0.05", "--fault", "malformed=0.05")
        # Faults are of the present; those that came first are in the store by the time there are some.
        running.wait_status("the present", lambda now: now["catching_up"] is None and now["total"]["rejected"] > 5)
        copy.write_text("what was there before")
        run("export", "store", "--data", self.data, "--output", copy)
        self.assertEqual([path.name for path in copy.parent.glob("*.duckdb*")], [copy.name])
        running.stop()
        with duckdb.connect(str(copy), read_only=True) as there:
            bars, rejects = (there.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("bars", "rejects"))
        self.assertGreater(bars, 20)
        self.assertGreater(rejects, 0)
        # Once nothing runs: the same rows.
        run("export", "store", "--data", self.data, "--output", copy)
        with duckdb.connect(str(copy), read_only=True) as there, duckdb.connect(str(self.data / "store.duckdb"), read_only=True) as here:
            for table in ("bars", "late", "rejects", "positions"):
                rows = [database.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for database in (there, here)]
                self.assertEqual(rows[0], rows[1], table)

    def test_what_no_store_can_be_written_to(self):
        run("simulate", "--events", "100", "--data", self.data)
        self.assertIn("needs a file", run("export", "store", "--data", self.data, expect=64)[1])
        self.assertIn("itself", run("export", "store", "--data", self.data, "--output", self.data / "store.duckdb", expect=64)[1])
        self.assertIn("whole", run("export", "store", "--data", self.data, "--output", "x", "--symbol", "AAPL", expect=64)[1])
        self.assertIn("no such directory", run("export", "store", "--data", self.data, "--output", self.data / "none" / "copy.duckdb", expect=1)[1])


class Background(InAFolder):
    def test_detach_logs_stop_reset(self):
        stdout, _ = run("run", "--data", self.data, "--detach", *SMALL)
        self.addCleanup(run, "stop", "--data", self.data)
        url = re.search(r"dashboard: (http\S+)", stdout)[1]
        self.assertIn("tickerhouse stop", stdout)
        self.assertTrue(Running.is_ready(url))
        self.assertIn(url, run("logs", "--data", self.data)[0])
        self.assertEqual(run("logs", "--data", self.data, "-n", "1")[0].count("\n"), 1)
        _, stderr = run("reset", "--data", self.data, "--yes", expect=75)
        self.assertIn("use", stderr)
        run("stop", "--data", self.data)
        self.assertFalse(Running.is_ready(url))
        self.assertIn("nothing runs", run("stop", "--data", self.data)[1])
        run("reset", "--data", self.data, expect=64)
        self.assertTrue((self.data / "tape").exists())
        (self.data / "mine.txt").write_text("stays")
        run("reset", "--data", self.data, "--yes")
        self.assertEqual([path.name for path in self.data.iterdir()], ["mine.txt"])

    def test_what_fails_in_the_background_is_said(self):
        run("simulate", "--events", "10", "--data", self.data)
        with tempfile.NamedTemporaryFile() as broken:
            _, stderr = run("run", "--data", self.data, "--detach", "--symbols", "0", *SMALL[2:], expect=78)
        self.assertIn("its words are in", stderr)


class Around(InAFolder):
    def test_ports(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            _, stderr = run("run", "--data", self.data, "--symbols", "2", "--catch-up", "0s", "--port", port, expect=75)
            self.assertIn(str(port), stderr)
            self.assertIn(str(os.getpid()), stderr, "the owner of the port is not named")

    def test_the_open_network_needs_a_token_and_tls(self):
        _, stderr = run("run", "--data", self.data, *SMALL, "--address", "0.0.0.0", expect=78)
        self.assertIn("token", stderr)
        self.assertIn("tls", stderr.lower())

    def test_doctor(self):
        stdout, _ = run("doctor", "--data", self.data)
        for what in ("version", "disk", "permissions", "port", "limits"):
            self.assertRegex(stdout, rf"ok +{what}")
        (self.data).mkdir()
        (self.data / "tape").mkdir()
        (self.data / "tape" / "data.mdb").write_bytes(b"rubbish" * 4000)
        stdout, _ = run("doctor", "--data", self.data, expect=1)
        self.assertIn("WRONG  data", stdout)
        self.assertIn("do: ", stdout)

    def test_topics(self):
        run("simulate", "--events", "1000", "--symbols", "3", "--data", self.data, "--partitions", "2")
        stdout, _ = run("topic", "list", "--data", self.data)
        self.assertRegex(stdout, r"events +2 +1 \d\d\d")
        stdout, _ = run("topic", "describe", "bars", "--data", self.data)
        self.assertEqual(stdout.count("duckdb (lag 0)"), 2)
        topics = {row["topic"]: row for row in json.loads(run("topic", "list", "--json", "--data", self.data)[0])}
        partitions = json.loads(run("topic", "describe", "events", "--json", "--data", self.data)[0])["partitions"]
        self.assertEqual((topics["events"]["partitions"], topics["events"]["rows"]), (2, sum(row["next"] - row["first"] for row in partitions)))
        _, stderr = run("topic", "describe", "nonsense", "--data", self.data, expect=64)
        self.assertIn("topic list", stderr)

    def test_json_logs(self):
        running = self.start("--log-format", "json")
        running.wait_status("the present", lambda now: now["catching_up"] is None)
        running.stop()
        lines = [line for line in pathlib.Path(f"{self.data}.log").read_text().splitlines() if line.startswith("{")]
        self.assertTrue(any("caught up" in json.loads(line)["message"] for line in lines), lines)


if __name__ == "__main__":
    unittest.main()
