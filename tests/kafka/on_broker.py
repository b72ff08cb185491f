"""What the tests on real brokers share: brokers and a folder for each class of cases, a pipeline for each case, the embedded run of
the same input, and worker processes. `python tests/kafka --all` sets the amounts."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/proof"), str(ROOT / "tools/kafka")]
import binary  # noqa: E402
import cluster  # noqa: E402

EXPORTS = ("bars", "events", "late", "rejects")
EXIT_CONFIGURATION = 78
PARTITIONS = 4
FAULTS = ("late=0.02", "duplicate=0.01", "out_of_order=0.05", "malformed=0.003", "gap=0.002")


def amount(name, small):
    """How often, how many: `small` in ./test, of the environment in the whole proof."""
    return int(os.environ.get(f"TICKERHOUSE_{name}", small))


PATIENCE_S = amount("PATIENCE_S", 300)


class BrokerTest(unittest.TestCase):
    """`path` and `kafka` of the class; `name`, also of its pipeline, and `data` of each case."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="tickerhouse-kafka-")
        cls.addClassCleanup(folder.cleanup)
        cls.path = pathlib.Path(folder.name)
        cls.kafka = cls.make_cluster(cls.path / "kafka")
        cls.addClassCleanup(cls.kafka.stop)
        cls.kafka.start()

    @classmethod
    def make_cluster(cls, folder):
        return cluster.Cluster(folder)

    def setUp(self):
        self.name = self.pipeline = self.id().rsplit(".", 1)[1].removeprefix("test_").replace("_", "-")
        self.data = self.path / self.name
        self.begun = time.monotonic()
        self.done = {}

    def brokers(self):
        return self.kafka.bootstrap

    def tape(self):
        return ["--tape", "kafka", "--brokers", self.brokers(), "--pipeline", self.pipeline]

    def spawn(self, *arguments, log=subprocess.DEVNULL):
        """The program in the background; it does not outlive the case."""
        process = subprocess.Popen(binary.command(*arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=binary.environment())
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def explain(self):
        """What a failed wait is to show."""
        return ""

    def wait(self, what, check):
        """The first true answer."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := check()):
            if time.monotonic() > deadline:
                self.fail(f"{what} is not so after {PATIENCE_S} s\n{self.explain()}")
            time.sleep(0.1)
        return found

    def status(self, data=None):
        return json.loads(binary.run("status", "--data", data or self.data, "--json"))

    def received(self, data=None):
        """None yet while the directory is being set up."""
        try:
            return self.status(data)["total"]["received"]
        except AssertionError:
            return 0

    def fails(self, *arguments, code=EXIT_CONFIGURATION, words=(), environment=None, timeout=PATIENCE_S):
        """What it says of it, on stderr: these words among it."""
        done = subprocess.run(binary.command(*arguments), capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL,
                              env=binary.environment() | (environment or {}))
        self.assertEqual(done.returncode, code, done.stderr)
        for word in words:
            self.assertIn(str(word), done.stderr)
        return done.stderr

    def did(self, **counts):
        """For the table of the whole proof, which has this case if it passes."""
        self.done.update(counts)
        if name := os.environ.get("TICKERHOUSE_PROOF"):
            row = {"case": self.id().split(".", 1)[1], "what": self.shortDescription(), "seconds": round(time.monotonic() - self.begun), **self.done}
            with open(name, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


class Serving:
    """`tickerhouse serve` on a free port, until `end`; what it says is in a file."""

    def __init__(self, log, *flags, environment=None):
        self.log = log
        with open(log, "wb") as out:
            self.process = subprocess.Popen(binary.command("serve", "--port", "0", *flags), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            env=binary.environment() | (environment or {}))
        deadline = time.monotonic() + PATIENCE_S
        while not (found := re.search(r"dashboard: (\S+?)/?\s", self.said())):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"it does not serve (exit {self.process.wait()}):\n{self.said()}")
            time.sleep(0.05)
        self.url = found.group(1)

    def said(self):
        return self.log.read_text(errors="replace")

    def ask(self, path):
        """(status, body) of a path below /api/v1/."""
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}", timeout=PATIENCE_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except OSError as error:
            raise AssertionError(f"{path}: {error}; exit {self.process.poll()}:\n{self.said()}") from error

    def end(self):
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(60)
        finally:
            self.process.kill()
        if code != 0:
            raise AssertionError(f"exit {code}:\n{self.said()}")


class TwinTest(BrokerTest):
    """Each class has a feed, and the results of its embedded run."""

    SEED, EVENTS, SYMBOLS = 7, amount("EVENTS", 60_000), 40
    RATE = 200  # events per second of the feed's own time

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.feed = cls.path / "feed.jsonl"
        faults = [part for fault in FAULTS for part in ("--fault", fault)]
        binary.run("simulate", "--seed", cls.SEED, "--events", cls.EVENTS, "--symbols", cls.SYMBOLS, "--rate", cls.RATE, *faults, "--output", cls.feed)
        cls.ledger = binary.replay([cls.feed], cls.path / "embedded")
        cls.exports = {what: binary.export(what, cls.path / "embedded", "csv") for what in EXPORTS}

    def explain(self):
        return json.dumps(self.status()["partitions"])

    def has_begun(self, data=None):
        """Results come."""
        return self.received(data) > 1000

    def speed(self, seconds):
        """Flags with which the feed takes about so long."""
        return ["--speed", self.EVENTS / self.RATE / seconds]

    def assert_equal_to_the_embedded_run(self, data=None):
        """Its status."""
        status = self.status(data)
        self.assertEqual({key: status["total"][key] for key in binary.LEDGER_KEYS}, self.ledger)
        self.assertEqual([partition["waiting"] for partition in status["partitions"]], [0] * PARTITIONS)
        for what in EXPORTS:
            if difference := binary.first_difference(what, binary.export(what, data or self.data, "csv"), self.exports[what]):
                self.fail(difference)
        binary.run("verify", "--data", data or self.data)
        return status


class Worker:
    """One `tickerhouse work` of group g; what it says is in a file."""

    def __init__(self, data, number, log, flags):
        self.number, self.log = number, log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(binary.command("work", "--data", data, "--group", "g", *(["--id", str(number)] if number > 0 else []), *flags), stdout=out, stderr=out,
                                            stdin=subprocess.DEVNULL, env=binary.environment())

    def send(self, signum):
        self.process.send_signal(signum)

    def end(self, signum=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signum)
        return self.process.wait(60)

    def said(self):
        return self.log.read_text(errors="replace")

    def has_partitions(self):
        """In what it said last of them."""
        lines = [line for line in self.said().splitlines() if "runs partitions" in line or "runs no partition" in line]
        return lines[-1].split("runs partitions")[1].split() if lines and "runs partitions" in lines[-1] else []


class WorkersTest(TwinTest):
    SEED = 11

    def setUp(self):
        super().setUp()
        self.workers = {}
        self.addCleanup(self.end_all)

    def end_all(self):
        for worker in self.workers.values():
            worker.end(signal.SIGKILL)

    def explain(self):
        return super().explain() + "".join(f"\nworker {number}: {worker.said()[-1500:]}" for number, worker in self.workers.items())

    def start(self, number, data=None, *flags):
        """Below 1 it has no name."""
        self.workers[number] = Worker(data or self.data, number, self.path / f"{self.name}-{number}.log", flags or self.tape())
        return self.workers[number]

    def produce_all(self, *flags):
        binary.run("produce", self.feed, "--data", self.data, *self.tape(), *flags, timeout=PATIENCE_S)

    def produce(self, *flags):
        """In the background. What it says is in `produced`."""
        self.produced = self.path / f"{self.name}-produce.log"
        with open(self.produced, "ab") as log:
            return self.spawn("produce", self.feed, "--data", self.data, *self.tape(), *flags, log=log)

    def wait_until_produced(self, producing):
        self.assertEqual(producing.wait(PATIENCE_S), 0, self.produced.read_text()[-3000:])

    def wait_until_set_up(self):
        """The directory has its pipeline: commands and workers find it."""
        self.wait("the pipeline is there", lambda: "cluster=" in (self.data / "kafka").read_text() if (self.data / "kafka").exists() else False)

    def wait_until_shared(self):
        self.wait("all have partitions", lambda: all(worker.has_partitions() for worker in self.workers.values()))

    def assert_all_work(self):
        """None has ended by itself."""
        for number, worker in self.workers.items():
            self.assertIsNone(worker.process.poll(), f"worker {number}: {worker.said()}")

    def wait_until_stepped(self):
        def stepped():
            status = self.status()
            return status["total"]["received"] == self.ledger["received"] and not any(partition["waiting"] for partition in status["partitions"])

        self.wait("nothing waits", stepped)
