"""A topic of others, keyed by symbol, as the tape's events themselves: written by another client, compared with the reference, which reads each partition
as a source of its own."""

import json
import random
import signal
import sys
import time
import unittest

import confluent_kafka
import on_broker
from on_broker import FAULTS, ROOT, amount, binary

sys.path[:0] = [str(ROOT / "tests/reference"), str(ROOT / "tests/kafka")]
import engine  # noqa: E402
import keyed  # noqa: E402
import output  # noqa: E402
import times  # noqa: E402

PARTITIONS = 3
KILLS = amount("KEYED_KILLS", 6)
EXIT_DAMAGED = 74
SIMULATED = ["simulate", "--seed", "23", "--events", "20000", "--symbols", "9", "--rate", "100", *(part for fault in FAULTS for part in ("--fault", fault))]


def symbol_of(line):
    try:
        return json.loads(line)["symbol"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def time_of(line):
    """Of the message, in ms: its event's, or of a line that has none long ago."""
    try:
        return times.parse_iso(json.loads(line)["ts"]) // 1_000_000
    except (ValueError, KeyError, TypeError, AttributeError):
        return 1_600_000_000_000


def odd_messages(line):
    """[(value, timestamp in ms)]: what a topic may hold besides events."""
    ts = time_of(line)
    two = json.dumps({"type": "trade", "data": [{"s": "AAA", "p": 1.5, "t": ts, "v": 1}, {"s": "AAA", "p": 1.6, "t": ts, "v": 1}]}).encode()
    future = json.dumps({"symbol": "FFF", "price": 1.8, "ts": json.loads(line)["ts"]}).encode()
    one = json.dumps({"type": "trade", "data": [{"s": "AAA", "p": 1.7, "t": ts, "v": 2}]}).encode()
    return [(None, ts), (b"", ts), (two, ts), (one, ts), (b'{"kind":"watermark","ts":"2026-01-05T14:30:00Z","source":"x"}', ts), (future, ts - 5_001), (future, ts - 4_999), (b"{" * 40, ts),
            (b'{"symbol":"BIG","price":1,"ts":"2026-01-05T14:30:00Z","venue":"' + b"x" * (4 << 20) + b'"}', ts), (b"\xff\xfe", ts)]


class Keyed(on_broker.WorkersTest):
    EVENTS, SYMBOLS = 2_000, 3  # of the embedded run, which only the base class needs

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        binary.run(*SIMULATED, "--output", cls.path / "keyed.jsonl")
        cls.lines = (cls.path / "keyed.jsonl").read_bytes().splitlines()
        odd = odd_messages(next(line for line in cls.lines if symbol_of(line)))
        cls.messages = [(line, time_of(line)) for line in cls.lines]
        for place, message in zip(range(500, 19_500, 1_900), odd):
            cls.messages.insert(place, message)

    def topic(self):
        return f"{self.name}-ticks"

    def make(self, partitions=PARTITIONS):
        # Its messages bear times of the feed: to the broker they are old.
        self.kafka.tool("TopicCommand", "--create", "--topic", self.topic(), "--partitions", partitions, "--config", f"max.message.bytes={8 << 20}",
                        "--config", "retention.ms=-1")

    def write(self, messages):
        producer = confluent_kafka.Producer({"bootstrap.servers": self.brokers(), "partitioner": "murmur2_random", "linger.ms": 5, "message.max.bytes": 8 << 20,
                                             "queue.buffering.max.messages": 100_000})
        for value, timestamp in messages:
            producer.produce(self.topic(), value=value, key=str(symbol_of(value or b"")).encode(errors="replace"), timestamp=timestamp, on_delivery=self.delivered)
            producer.poll(0)
        self.assertEqual(producer.flush(60), 0)

    def delivered(self, error, _):
        self.assertIsNone(error)

    def read(self, partitions=PARTITIONS):
        """[[(offset, timestamp in ns, value)]] as another client sees them."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.brokers(), "group.id": "look", "enable.partition.eof": True, "enable.auto.commit": False,
                                             "fetch.message.max.bytes": 16 << 20})
        consumer.assign([confluent_kafka.TopicPartition(self.topic(), partition, confluent_kafka.OFFSET_BEGINNING) for partition in range(partitions)])
        found, ended = [[] for _ in range(partitions)], set()
        while len(ended) < partitions:
            message = consumer.poll(10)
            if message.error():
                self.assertEqual(message.error().code(), confluent_kafka.KafkaError._PARTITION_EOF, message.error())
                ended.add(message.partition())
            else:
                found[message.partition()].append((message.offset(), message.timestamp()[1] * 1_000_000, message.value()))
        consumer.close()
        return found

    def input(self, *flags):
        return ["--topic", self.topic(), "--keyed", "symbol", *self.tape(), *flags]

    def replay(self, *flags, data=None):
        return binary.replay([], data or self.data, *(flags or self.input()), timeout=on_broker.PATIENCE_S)

    def expected(self):
        parts = [keyed.Partition(engine.Settings(), self.topic(), number, messages) for number, messages in enumerate(self.read())]
        return keyed.united(parts)

    def assert_equal_to_the_reference(self, data=None):
        data = data or self.data
        expected = self.expected()
        status = self.status(data)
        self.assertEqual({key: status["total"][key] for key in binary.LEDGER_KEYS}, expected.ledger)
        found = {"bars": output.bars_csv(expected), "events": output.events_jsonl(expected.events), "late": output.events_jsonl(expected.late),
                 "rejects": output.rejects_csv(expected.rejects)}
        for what, bytes_of in binary.exports(data).items():
            if difference := binary.first_difference(what, bytes_of, found[what].encode()):
                self.fail(difference)
        (source,) = status["sources"]
        self.assertEqual((source["name"], source["received"], source["skipped"]), (self.topic(), expected.ledger["received"], expected.skipped))
        self.assertEqual(sum(source["rejects"].values()), expected.ledger["rejected"])
        binary.run("verify", "--data", data)
        return expected

    def test_tail_of_the_cluster(self):
        """By the names of the pipeline's rows, of a machine that has no directory of it."""
        self.make()
        self.write(self.messages)
        self.replay()
        for what in ("events", "bars"):
            here = binary.run("tail", what, "--data", self.data, "--from", "beginning", "--exit-at-end")
            there = binary.run("tail", what, *self.tape()[2:], "--from", "beginning", "--exit-at-end")
            self.assertGreater(len(here.splitlines()), 3)
            self.assertEqual(there, here)

    def test_equal_to_the_reference(self):
        """Events, late ones, duplicates, garbage, tombstones, several trades in a message, one of the future, one of 4 MiB."""
        self.make()
        self.write(self.messages)
        self.replay()
        expected = self.assert_equal_to_the_reference()
        reasons = {reject.reason for reject in expected.rejects}
        self.assertLessEqual({"unsupported_kind", "future_time", "line_too_long", "bad_json"}, reasons)
        self.assertGreater(expected.ledger["late_kept"] + expected.ledger["late_revised"], 0)
        self.assertEqual(expected.skipped, 3)
        self.assertEqual(self.status()["sources"][0]["rejects"], {reason: sum(reject.reason == reason for reject in expected.rejects) for reason in reasons})
        ledger = self.replay("--batch", "100")
        self.assertEqual(ledger, {key: expected.ledger[key] for key in binary.LEDGER_KEYS}, "a second time it holds nothing new")
        topics = binary.run("topic", "list", "--brokers", self.brokers()).decode()
        self.assertNotIn(f"{self.pipeline}.events", topics, "nothing is copied")

    def test_workers_killed_while_others_write(self):
        """The topic is written while workers of other directories are killed."""
        self.make()
        third = len(self.messages) // 3
        self.write(self.messages[:third])
        self.replay()
        chance = random.Random(3)
        for number in (1, 2):
            self.start(number, self.path / f"{self.name}-{number}", *self.tape(), "--checkpoint-rows", "500")
        self.wait_until_shared()
        feeding = iter(range(third, len(self.messages) + 1, (len(self.messages) - third) // KILLS))
        begin = next(feeding)
        for end in feeding:
            self.write(self.messages[begin:end])
            begin = end
            number = chance.choice((1, 2))
            time.sleep(chance.uniform(0, 1))
            self.workers[number].end(signal.SIGKILL)
            self.start(number, self.path / f"{self.name}-{number}", *self.tape(), "--checkpoint-rows", "500")
        self.write(self.messages[begin:])
        self.wait("nothing waits", lambda: not any(partition["waiting"] for partition in self.status()["partitions"]))
        self.assert_all_work()
        self.assert_equal_to_the_reference()

    def test_run_as_it_comes(self):
        self.make()
        self.write(self.messages[:5_000])
        running = self.spawn("run", "--data", self.data, "--port", "0", *self.input())
        self.wait("the first have come", lambda: self.received() >= 4_990)
        self.write(self.messages[5_000:])
        expected = self.expected().ledger["received"]
        self.wait(f"{expected} have come", lambda: self.received() == expected)
        running.terminate()
        self.assertEqual(running.wait(60), 0)
        self.assert_equal_to_the_reference()
        # The directory knows what it runs.
        running = self.spawn("run", "--data", self.data, "--port", "0")
        self.write([(line, ts) for line, ts in self.messages[:100] if symbol_of(line or b"")])
        expected = self.expected().ledger["received"]
        self.wait(f"{expected} have come", lambda: self.received() == expected)
        running.terminate()
        self.assertEqual(running.wait(60), 0)
        self.assert_equal_to_the_reference()

    def delete_before(self, partition, offset):
        cut = self.path / f"{self.name}.json"
        cut.write_text(json.dumps({"version": 1, "partitions": [{"topic": self.topic(), "partition": partition, "offset": offset}]}))
        self.kafka.tool("DeleteRecordsCommand", "--offset-json-file", cut)

    def test_what_retention_has_deleted(self):
        """Before the first start that is no gap; later it is, refused or accepted."""
        self.make()
        self.write(self.messages[:6_000])
        for partition in range(PARTITIONS):
            self.delete_before(partition, 300 + partition)
        self.replay()
        self.assert_equal_to_the_reference()
        first_left = self.read()[0][-1][0] + 200
        self.write(self.messages[6_000:12_000])
        self.delete_before(0, first_left)
        self.fails("replay", "--data", self.data, *self.input(), words=["partition 0", first_left, "--accept-gap"])
        self.replay(*self.input("--accept-gap"))
        status = self.status()
        self.assertEqual(status["partitions"][0]["lost"]["to"], first_left)
        self.assertFalse(any(partition["waiting"] for partition in status["partitions"]))
        bars = binary.export("bars", self.data, "csv").decode()
        self.assertIn("gap", bars)
        binary.run("verify", "--data", self.data)

    def test_not_keyed_at_all(self):
        """A symbol in two partitions is found, whatever processes run its shards, and found again."""
        self.make()
        producer = confluent_kafka.Producer({"bootstrap.servers": self.brokers()})
        for number, line in enumerate(line for line in self.lines[:3_000] if symbol_of(line)):
            producer.produce(self.topic(), value=line, partition=number % PARTITIONS, timestamp=time_of(line))
        self.assertEqual(producer.flush(60), 0)
        said = self.fails("replay", "--data", self.data, *self.input(), words=["not keyed by symbol", f"{self.topic()}/"])
        self.assertIn("--keyed", said)
        self.fails("replay", "--data", self.data, words=["not keyed by symbol"])

    def test_partitions_that_are_added(self):
        self.make()
        self.write(self.messages[:2_000])
        log = open(self.path / f"{self.name}.log", "w+b")
        self.addCleanup(log.close)
        running = self.spawn("run", "--data", self.data, "--port", "0", *self.input(), log=log)
        self.wait("they have come", lambda: self.received() >= 1_990)
        self.kafka.tool("TopicCommand", "--alter", "--topic", self.topic(), "--partitions", PARTITIONS + 2)
        self.wait("it is noticed, though nothing comes", lambda: running.poll() is not None)
        self.assertNotEqual(running.returncode, 0)
        log.seek(0)
        self.assertIn(f"has {PARTITIONS + 2} partitions, and had {PARTITIONS}", log.read().decode())
        self.fails("replay", "--data", self.data, words=["symbols have moved"])

    def test_how_it_is_read_is_remembered(self):
        """Mapping and skew are of the pipeline: workers elsewhere read it as it was declared, and nobody otherwise."""
        self.make(1)
        producer = confluent_kafka.Producer({"bootstrap.servers": self.brokers()})
        rows = [("MSFT", 30 + i / 8, 1_767_623_400_000 + i * 500) for i in range(400)]
        for symbol, price, ts in rows:
            producer.produce(self.topic(), value=f"{ts};{symbol};{price};7".encode(), timestamp=ts)
        self.assertEqual(producer.flush(60), 0)
        how = ["--format", "csv", "--delimiter", ";", "--map", "ts=$1,symbol=$2,price=$3,size=$4", "--ts-unit", "ms"]
        self.fails("replay", "--data", self.data, *self.input("--format", "csv"), words=["header"])
        ledger = self.replay(*self.input(*how, "--skew", "1s"))
        self.assertEqual((ledger["received"], ledger["used"]), (400, 400))
        for symbol, price, ts in rows:
            producer.produce(self.topic(), value=f"{ts + 200_000};{symbol};{price};7".encode(), timestamp=ts + 200_000 - 1_500)
        self.assertEqual(producer.flush(60), 0)
        self.start(1, self.path / f"{self.name}-1", *self.tape())
        self.wait("all are stepped", lambda: self.received() == 800)
        self.assertEqual(self.status()["sources"][0]["rejects"], {"future_time": 400})
        self.workers[1].end()
        self.fails("replay", "--data", self.data, *self.input("--map", "ts=$1,symbol=$2,price=$4"), words=["fixed by the first start"])
        self.fails("replay", "--data", self.data, *self.input(), "--skew", "2s", words=["ingest.skew was 1s"])
        self.assertEqual(self.replay(*self.input(*how))["received"], 800)
        binary.run("verify", "--data", self.data)

    def test_what_cannot_be(self):
        self.make()
        self.write(self.messages[:1_000])
        fresh = self.path / f"{self.name}-fresh"
        self.fails("replay", "--data", fresh, "--topic", self.topic(), "--keyed", "symbol", "--brokers", self.brokers(), words=["--tape kafka"])
        self.fails("replay", "--data", fresh, *self.input()[2:], words=["source.keyed"])
        self.fails("replay", "--data", fresh, *self.input("--partitions", "5"), words=["engine.partitions", "has 3"])
        self.fails("replay", "--data", fresh, "--topic", "nowhere", "--keyed", "symbol", *self.tape(), words=["nowhere"])
        self.fails("produce", "--data", fresh, *self.tape(), "--topic", self.topic(), "--config", self.config(), words=["source.keyed"])
        self.replay()
        self.fails("replay", self.path / "keyed.jsonl", "--data", self.data, words=[self.topic(), "others"])
        self.fails("produce", self.path / "keyed.jsonl", "--data", self.data, words=[self.topic()])
        self.fails("simulate", "--events", "10", "--data", self.data, words=["holds recorded data"])
        self.fails("replay", "--data", self.data, "--topic", "other", "--keyed", "symbol", words=[f"the topic was {self.topic()}"])
        # A pipeline with events of its own keeps them.
        own = self.path / f"{self.name}-own"
        self.pipeline += "-own"
        binary.replay([self.path / "feed.jsonl"], own, *self.tape())
        self.fails("replay", "--data", own, *self.input(), words=["events of its own"])
        # The topic is known by its id.
        self.kafka.tool("TopicCommand", "--delete", "--topic", self.topic())
        self.wait("it is gone", lambda: self.topic() not in self.kafka.tool("TopicCommand", "--list"))
        self.make()
        self.fails("status", "--data", self.data, words=["made again"])

    def config(self):
        file = self.path / "keyed.toml"
        file.write_text('[source]\nkeyed = "symbol"\n')
        return file


if __name__ == "__main__":
    unittest.main()
