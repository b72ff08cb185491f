"""Topics of others as inputs: written by Kafka's own producer, and the results compared with those of the same messages in files."""

import csv
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import unittest

from on_broker import EXIT_CONFIGURATION, FAULTS, PATIENCE_S, ROOT, BrokerTest, binary

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


class SourcesTest(BrokerTest):
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


class Sources(SourcesTest):
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


class Deleted(SourcesTest):
    """Messages that are gone before they were read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        binary.run("simulate", "--seed", "7", "--events", "9000", "--symbols", "9", "--rate", "5", "--fault", "late=0.0004", "--fault", "duplicate=0.01", "--output", cls.path / "feed.jsonl")
        cls.lines = (cls.path / "feed.jsonl").read_text().splitlines()

    def ends(self, topic):
        return {int(line.split(":")[1]): int(line.split(":")[2]) for line in self.kafka.tool("GetOffsetShell", "--topic", topic).split()}

    def delete_before(self, topic, partition, offset):
        cut = self.path / "cut.json"
        cut.write_text(json.dumps({"partitions": [{"topic": topic, "partition": partition, "offset": offset}], "version": 1}))
        self.kafka.tool("DeleteRecordsCommand", "--offset-json-file", cut)

    def source(self):
        (source,) = self.status()["sources"]
        return source

    def read_by_reference(self, topic, deleted):
        """The ledger and the bars of the topic's partitions, of which these records were deleted."""
        files = []
        for partition, values in sorted(self.values(topic, len(self.lines)).items()):
            files.append(self.path / f"{topic}{partition}.jsonl")
            files[-1].write_text("".join(f"{value}\n" for value in values))
        return lambda: subprocess.run([sys.executable, str(ROOT / "tests/reference/main.py"), *map(str, files), "--deleted", ":".join(map(str, deleted())),
                                       "--bars", str(self.path / f"{topic}.csv")], capture_output=True, check=True, timeout=120)

    def test_a_reading_that_was_cut_short(self):
        self.make("short", self.lines)
        flags = ["--data", self.data, *self.input("short")]
        deleted = []
        reference = self.read_by_reference("short", lambda: deleted)
        reading = self.spawn("replay", *flags, "--speed", "200", "--batch", "50")
        self.wait("a quarter is read", lambda: self.received() > len(self.lines) // 4)
        reading.send_signal(signal.SIGKILL)
        reading.wait()
        partition = 1
        end = self.ends("short")[partition] * 3 // 4
        self.delete_before("short", partition, end)
        said = self.fails("replay", *flags, code=EXIT_CONFIGURATION, words=[f"short, partition {partition}", "were deleted before they were read", "--accept-gap"])
        first = int(re.search(r"offsets (\d+) to", said).group(1))
        deleted[:] = [partition, first, end, self.source()["received"]]
        done = subprocess.run(binary.command("replay", *flags, "--accept-gap"), capture_output=True, text=True, timeout=PATIENCE_S, env=binary.environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"from offset {first} to {end} of short/{partition}; it goes on without them", done.stderr)
        self.assertEqual(self.source()["lost"], {"offsets": end - first, "from": first, "to": end, "input": f"short/{partition}"})
        self.assertIn(f"from offset {first} to {end} of short/{partition}; what may lack one is marked gap", binary.run("status", "--data", self.data).decode())
        # What was read and what was lost is all there was; and each bar is the reference's, marks included.
        self.assertEqual(self.received() + end - first, len(self.lines))
        ledger = json.loads(reference().stdout.decode().splitlines()[-1])
        self.assertEqual({key: self.status()["total"][key] for key in binary.LEDGER_KEYS}, {key: ledger[key] for key in binary.LEDGER_KEYS})
        bars = binary.export("bars", self.data, "csv")
        self.assertEqual(binary.first_difference("bars", bars, (self.path / "short.csv").read_bytes()), "")
        marked = [line for line in bars.splitlines() if b"gap" in line.rsplit(b",", 1)[1]]
        self.assertTrue(0 < len(marked) < len(bars.splitlines()) - 1, len(marked))
        binary.run("verify", "--data", self.data)
        binary.run("replay", *flags)  # the gap is behind it

    def test_while_it_is_followed(self):
        third = len(self.lines) // 3
        self.make("live", self.lines[:third])
        command = ["run", "--data", self.data, "--port", "0", *self.input("live")]
        with open(self.path / "said.txt", "w+") as log:
            running = self.spawn(*command, log=log)
            self.wait("the first third has come", lambda: self.received() >= third)
            self.wait("its position is on the tape", lambda: self.source()["received"] == third)
            running.send_signal(signal.SIGSTOP)
            begins = self.ends("live")
            self.write("live", self.lines[third:2 * third])
            ends = self.ends("live")
            for partition in (0, 2):
                self.delete_before("live", partition, ends[partition])
            running.send_signal(signal.SIGCONT)
            self.assertEqual(running.wait(PATIENCE_S), EXIT_CONFIGURATION)
            log.seek(0)
            self.assertRegex(log.read(), "were deleted before they were read: .*--accept-gap")
        running = self.spawn(*command, "--accept-gap")
        lost = sum(ends[partition] - begins[partition] for partition in (0, 2))
        self.write("live", self.lines[2 * third:])
        self.wait("the rest has come", lambda: self.received() >= len(self.lines) - lost)
        running.terminate()
        self.assertEqual(running.wait(PATIENCE_S), 0)
        self.assertEqual(self.source()["lost"], {"offsets": lost, "from": begins[2], "to": ends[2], "input": "live/2"})
        self.assertEqual(self.received() + lost, len(self.lines))
        self.assertIn(b"gap", binary.export("bars", self.data, "csv"))
        binary.run("verify", "--data", self.data)


if __name__ == "__main__":
    unittest.main()
