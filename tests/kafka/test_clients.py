"""Other people's clients on our topics: kcat, the Python client (confluent-kafka) and Kafka's own Java consumer, each read_committed, see each row
of `events`, `bars` and `late` once and in order, the same as `export` has of the embedded run."""

import collections
import json
import subprocess
import time
import unittest

import confluent_kafka
from on_broker import PATIENCE_S, TwinTest, amount, binary

TOPICS = ("events", "bars", "late")
QUIET_MS = 20_000  # after so long the Java consumer takes a topic's end for granted
ABORTED = 25

Row = collections.namedtuple("Row", "partition offset headers key value")


class Clients(TwinTest):
    EVENTS, RATE = amount("EVENTS", 30_000), 10  # so slow that some come too late for good

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.replay_with_interruptions(["replay", cls.feed, "--data", cls.path / "p", "--batch", 200, "--tape", "kafka", "--brokers", cls.kafka.bootstrap, "--pipeline", "p"])
        cls.jsonl = {what: binary.export(what, cls.path / "embedded", "jsonl").decode().splitlines() for what in ("bars", "events", "late")}

    @classmethod
    def replay_with_interruptions(cls, command):
        """Rows of transactions that never became true lie between ours: of a replay that was killed, and of somebody else's producer."""
        process = subprocess.Popen(binary.command(*command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=binary.environment())
        try:
            cls.wait_for_rows()
        finally:
            process.kill()
            process.wait()
        producer = confluent_kafka.Producer({"bootstrap.servers": cls.kafka.bootstrap, "transactional.id": "somebody"})
        producer.init_transactions(PATIENCE_S)
        producer.begin_transaction()
        for i in range(ABORTED):
            for topic in TOPICS:
                producer.produce(f"p.{topic}", b"never was", b"NOBODY", partition=i % 4, headers=[("kind", b"bar"), ("sequence", b"0")])
        producer.flush(PATIENCE_S)
        producer.abort_transaction(PATIENCE_S)
        binary.run(*command)

    @classmethod
    def wait_for_rows(cls):
        deadline = time.monotonic() + PATIENCE_S
        consumer = confluent_kafka.Consumer({"bootstrap.servers": cls.kafka.bootstrap, "group.id": "look"})
        try:
            while True:
                try:
                    if consumer.get_watermark_offsets(confluent_kafka.TopicPartition("p.bars", 1), 5)[1] > 50:
                        return
                except confluent_kafka.KafkaException:  # not made yet
                    pass
                if time.monotonic() > deadline:
                    raise AssertionError("no bars come")
                time.sleep(0.05)
        finally:
            consumer.close()

    def setUp(self):
        super().setUp()
        self.pipeline, self.data = "p", self.path / "p"

    # One function for each client: the rows of a topic as they come.

    def python_rows(self, topic, isolation="read_committed"):
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.kafka.bootstrap, "group.id": "python", "isolation.level": isolation, "enable.partition.eof": True,
                                             "enable.auto.commit": False, "auto.offset.reset": "error"})
        partitions = list(consumer.list_topics(topic, PATIENCE_S).topics[topic].partitions)
        consumer.assign([confluent_kafka.TopicPartition(topic, partition, 0) for partition in partitions])
        rows, ended, deadline = [], 0, time.monotonic() + PATIENCE_S
        while ended < len(partitions):
            self.assertLess(time.monotonic(), deadline)
            for message in consumer.consume(1000, 1):
                if message.error() is not None:
                    self.assertEqual(message.error().code(), confluent_kafka.KafkaError._PARTITION_EOF, message.error())
                    ended += 1
                    continue
                headers = {name: value.decode() for name, value in message.headers() or ()}
                rows.append(Row(message.partition(), message.offset(), headers, (message.key() or b"").decode(), message.value().decode()))
        consumer.close()
        return rows

    def kcat_rows(self, topic):
        done = subprocess.run(["kcat", "-C", "-b", self.kafka.bootstrap, "-t", topic, "-o", "beginning", "-e", "-q", "-X", "isolation.level=read_committed", "-f",
                               "%p\\t%o\\t%h\\t%k\\t%s\\n"], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [self.row(*line.split("\t"), "=") for line in done.stdout.splitlines()]

    def java_rows(self, topic):
        """It never knows that it is at the end: it is given time for more."""
        shown = [part for name in ("partition", "offset", "headers", "key") for part in ("--property", f"print.{name}=true")]
        done = subprocess.run([*self.kafka.java("256m"), "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", self.kafka.bootstrap, "--topic", topic,
                               "--isolation-level", "read_committed", "--from-beginning", "--timeout-ms", str(QUIET_MS), *shown, "--property", "null.literal="],
                              capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        rows = []
        for line in done.stdout.splitlines():
            partition, offset, headers, key, value = line.split("\t")
            rows.append(self.row(partition.removeprefix("Partition:"), offset.removeprefix("Offset:"), headers, key, value, ":"))
        self.assertTrue(rows, done.stderr[-2000:])
        return rows

    @staticmethod
    def row(partition, offset, headers, key, value, sign):
        pairs = dict(pair.split(sign, 1) for pair in headers.split(",")) if headers not in ("", "NO_HEADERS") else {}
        return Row(int(partition), int(offset), pairs, key, value)

    # What each must have seen.

    def assert_in_order(self, rows):
        """Offsets ascend in each partition; sequences, where there are any, count from 0 without a gap."""
        seen = collections.defaultdict(list)
        for row in rows:
            seen[row.partition].append(row)
        for partition, of_it in seen.items():
            offsets = [row.offset for row in of_it]
            self.assertEqual(offsets, sorted(set(offsets)), partition)
            if "sequence" in of_it[0].headers:
                self.assertEqual([int(row.headers["sequence"]) for row in of_it], list(range(len(of_it))), partition)

    def assert_events(self, rows):
        trades = [row for row in rows if row.headers["kind"] not in ("watermark", "status")]
        values = collections.Counter(row.value for row in trades)
        exported = collections.Counter(self.jsonl["events"])
        self.assertFalse(exported - values)
        # The topic has what came, exports what counts: not what came twice, nor too late for good.
        twice = [json.loads(value) for value in (values - exported - collections.Counter(self.jsonl["late"])).elements()]
        self.assertEqual(len(twice), self.ledger["duplicate"])
        known = {(trade["symbol"], trade["trade_id"]) for trade in map(json.loads, [*exported, *self.jsonl["late"]])}
        self.assertTrue(all((trade["symbol"], trade["trade_id"]) in known for trade in twice))
        self.assertTrue(all(row.key == json.loads(row.value)["symbol"] for row in trades))
        self.assertTrue(all(row.key == "" for row in rows if row.headers["kind"] == "watermark"))

    def assert_bars(self, rows):
        """The last row of each key is the window as it is exported; those before are its older revisions."""
        newest, revision = {}, {}
        for row in rows:
            bar = json.loads(row.value)
            self.assertEqual(row.key, f"{bar['symbol']} {bar['interval']} {bar['window_start']}")
            self.assertGreater(bar["revision"], revision.get(row.key, -1))
            newest[row.key], revision[row.key] = row.value, bar["revision"]
        self.assertEqual(sorted(newest.values()), sorted(self.jsonl["bars"]))

    def assert_late(self, rows):
        self.assertEqual(sorted(row.value for row in rows if row.headers["kind"] == "trade"), sorted(self.jsonl["late"]))

    def assert_reads(self, read):
        seen = 0
        for topic, check in zip(TOPICS, (self.assert_events, self.assert_bars, self.assert_late)):
            with self.subTest(topic):
                rows = read(f"p.{topic}")
                self.assert_in_order(rows)
                check(rows)
                seen += len(rows)
        self.did(events=self.EVENTS, rows_read=seen)

    def test_python(self):
        """The Python client reads events, bars and late."""
        self.assert_reads(self.python_rows)
        # That there was something to pass over.
        self.assertGreaterEqual(len(self.python_rows("p.bars", "read_uncommitted")) - len(self.python_rows("p.bars")), ABORTED)

    def test_kcat(self):
        """kcat reads events, bars and late."""
        self.assert_reads(self.kcat_rows)

    def test_java(self):
        """Kafka's own console consumer reads events, bars and late."""
        self.assert_reads(self.java_rows)

    def test_ours(self):
        """After somebody's aborted rows our own commands see what they should."""
        self.assert_equal_to_the_embedded_run()


if __name__ == "__main__":
    unittest.main()
