"""Topics of others as inputs: written by Kafka's own producer, and the results compared with those of the same messages in files."""

import csv
import io
import json
import os
import random
import signal
import subprocess
import time
import unittest

from on_broker import EXIT_CONFIGURATION, FAULTS, PATIENCE_S, BrokerTest, binary

SIMULATED = ["simulate", "--seed", "11", "--events", "20000", "--symbols", "9", "--rate", "100", *(part for fault in FAULTS for part in ("--fault", fault))]
PARTITIONS = 3
KILLS = 5
EXIT_USAGE, EXIT_NOT_FOUND = 64, 66


def key_of(line):
    try:
        return json.loads(line)["symbol"].encode("ascii", "replace").decode()
    except (ValueError, KeyError, TypeError, AttributeError):
        return "junk"


def rows(data, what):
    """Of an export, without the column that names the file or topic."""
    return [{name: value for name, value in row.items() if name != "source"} for row in csv.DictReader(io.StringIO(binary.export(what, data, "csv").decode()))]


class Sources(BrokerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        binary.run(*SIMULATED, "--output", cls.path / "feed.jsonl")
        cls.lines = (cls.path / "feed.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
        cls.make("ticks", cls.lines)
        values = cls.values("ticks", len(cls.lines))
        files = [cls.path / f"partition{p}.jsonl" for p in sorted(values)]
        for p, file in enumerate(files):
            file.write_text("".join(f"{value}\n" for value in values[p]))
        cls.ledger = binary.replay(files, cls.path / "files")

    @classmethod
    def make(cls, topic, lines):
        cls.kafka.tool("TopicCommand", "--create", "--topic", topic, "--partitions", PARTITIONS)
        cls.write(topic, lines)

    @classmethod
    def write(cls, topic, lines):
        done = subprocess.run([*cls.kafka.java("128m"), "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", cls.kafka.bootstrap, "--topic", topic,
                               "--property", "parse.key=true", "--property", "null.marker=NULL"],
                              input="".join(f"{key_of(line)}\t{line}\n" for line in lines), text=True, capture_output=True, timeout=PATIENCE_S)
        if done.returncode or "ERROR" in done.stderr:
            raise RuntimeError(done.stderr[-2000:])

    @classmethod
    def values(cls, topic, count):
        """By partition, as Kafka's own consumer sees them."""
        done = subprocess.run([*cls.kafka.java("128m"), "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", cls.kafka.bootstrap, "--topic", topic,
                               "--from-beginning", "--max-messages", str(count), "--property", "print.partition=true"], capture_output=True, timeout=PATIENCE_S)
        found = {}
        for line in done.stdout.decode("utf-8", "replace").splitlines():
            partition, value = line.removeprefix("Partition:").split("\t", 1)
            found.setdefault(int(partition), []).append(value)
        return found

    def input(self, topic="ticks"):
        return ["--topic", topic, "--brokers", self.brokers()]

    def assert_equal_to_the_files(self):
        for what in ("bars", "events", "late"):
            self.assertEqual(rows(self.data, what), rows(self.path / "files", what), what)
        ours, theirs = rows(self.data, "rejects"), rows(self.path / "files", "rejects")
        for row, same in zip(ours, theirs, strict=True):
            # In the files lines count from 1; the offset of a message is its place in the topic.
            self.assertEqual(row | {"position": str(int(row["position"]) + 1)}, same)
        binary.run("verify", "--data", self.data)

    def replay(self, *flags):
        return binary.replay([], self.data, *self.input(), *flags)

    def test_equal_to_the_same_messages_in_files(self):
        self.assertGreater(self.ledger["rejected"], 0)
        self.assertEqual(self.replay(), self.ledger)
        self.assert_equal_to_the_files()
        places = {row["source"] for row in csv.DictReader(io.StringIO(binary.export("rejects", self.data, "csv").decode()))}
        self.assertLessEqual(places, {f"ticks/{p}" for p in range(PARTITIONS)})
        self.assertEqual(self.replay(), self.ledger, "a second time it holds nothing new")

    def test_killed_and_started_again(self):
        for name, tape in (("embedded", []), ("kafka", self.tape()[:2] + self.tape()[4:])):
            with self.subTest(tape=name):
                chance = random.Random(5)
                for _ in range(KILLS):
                    process = subprocess.Popen(binary.command("replay", "--data", self.data, "--batch", "200", *self.input(), *tape), stdout=subprocess.DEVNULL,
                                               stderr=subprocess.DEVNULL, env=binary.environment())
                    time.sleep(chance.uniform(0.3, 1.5))
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                self.assertEqual(self.replay(*tape), self.ledger)
                self.assert_equal_to_the_files()
                if name == "embedded":
                    self.data.rename(self.data.with_name("first"))

    def follow_until(self, received):
        process = subprocess.Popen(binary.command("run", "--data", self.data, "--port", "0", *self.input("live")), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True, env=binary.environment())
        try:
            self.wait(f"{received} messages have come", lambda: process.poll() is not None or self.received() >= received)
            process.terminate()
            _, said = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
            process.wait()
        self.assertEqual(process.returncode, 0, said)

    def test_followed_over_new_partitions(self):
        third = len(self.lines) // 3
        self.make("live", self.lines[:third])
        self.follow_until(third)
        self.write("live", [*self.lines[third:2 * third], "NULL"])
        self.follow_until(2 * third)
        self.kafka.tool("TopicCommand", "--alter", "--topic", "live", "--partitions", PARTITIONS + 1)
        self.write("live", self.lines[2 * third:])
        self.follow_until(len(self.lines))
        self.assertEqual(self.received(), len(self.lines))
        status = json.loads(binary.run("status", "--data", self.data, "--json"))
        self.assertEqual([source["name"] for source in status["sources"]], ["live"])
        self.assertEqual(sum(1 for _ in rows(self.data, "rejects")), self.ledger["rejected"])
        binary.run("verify", "--data", self.data)

    def test_what_cannot_be(self):
        here = ["--data", self.data, "--brokers", self.brokers()]
        self.fails("replay", "--topic", "nowhere", *here, code=EXIT_NOT_FOUND, words=["nowhere"])
        self.fails("replay", "--topic", "ticks", self.path / "feed.jsonl", *here, code=EXIT_USAGE, words=["--topic"])
        self.fails("replay", "--topic", "ticks", "--sort", *here, code=EXIT_USAGE, words=["--sort"])
        self.fails("replay", *here, code=EXIT_USAGE, words=["names no input"])
        self.fails("replay", "--topic", "ticks", "--data", self.data, code=EXIT_CONFIGURATION, words=["--brokers"])
        self.fails("run", "--topic", "ticks", "--files", self.path / "feed.jsonl", *here, code=EXIT_CONFIGURATION, words=["source.topic", "source.files"])
        binary.run("simulate", "--events", "100", "--data", self.data, *self.tape())
        own = self.pipeline + ".events"
        self.fails("replay", "--topic", own, *here, code=EXIT_CONFIGURATION, words=[own, "this pipeline"])

    def test_the_environment_names_it(self):
        named = {"KAFKA_TOPIC": "ticks", "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap}
        done = subprocess.run(binary.command("replay", "--data", self.data), capture_output=True, text=True, timeout=PATIENCE_S, env=binary.environment() | named)
        self.assertEqual(binary.ledger_of(done.stdout.encode()), self.ledger, done.stderr)
        # Files that are named win.
        done = subprocess.run(binary.command("replay", os.devnull, "--data", self.data.with_name("none")), capture_output=True, text=True, timeout=PATIENCE_S,
                              env=binary.environment() | named)
        self.assertEqual((done.returncode, "null: holds no records" in done.stderr), (0, True), done.stderr)

    def test_messages_that_were_deleted_before_they_were_read(self):
        self.make("short", self.lines[:900])
        flags = ["--data", self.data, *self.input("short")]
        binary.run("replay", *flags)
        self.write("short", self.lines[900:1800])
        (partition, end), *_ = [(int(line.split(":")[1]), int(line.split(":")[2])) for line in self.kafka.tool("GetOffsetShell", "--topic", "short").split()]
        cut = self.path / "cut.json"
        cut.write_text(json.dumps({"partitions": [{"topic": "short", "partition": partition, "offset": end - 1}], "version": 1}))
        self.kafka.tool("DeleteRecordsCommand", "--offset-json-file", cut)
        self.fails("replay", *flags, code=EXIT_CONFIGURATION, words=[f"short, partition {partition}", "were deleted before they were read", str(end - 2)])


if __name__ == "__main__":
    unittest.main()
