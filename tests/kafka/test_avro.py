"""A topic of Avro messages whose schemas a real registry knows, written by fastavro and the Python client: the results are those of
the same records as JSON lines; what cannot be read is rejected with its bytes; what can never fit is refused at the start."""

import base64
import csv
import datetime
import decimal
import http.server
import io
import json
import pathlib
import struct
import sys
import threading
import unittest

import confluent_kafka
import fastavro
from on_broker import EXIT_CONFIGURATION, FAULTS, PATIENCE_S, ROOT, BrokerTest, Serving, binary
from test_sources import rows

sys.path.insert(0, str(ROOT / "tools/kafka"))
import registry  # noqa: E402

EXIT_FAILED = 1
PARTITIONS = 3
DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 28, "scale": 9}
FIRST = {"type": "record", "name": "Trade", "namespace": "feed", "fields": [
    {"name": "symbol", "type": "string"}, {"name": "price", "type": DECIMAL}, {"name": "volume", "type": ["null", DECIMAL]},
    {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-nanos"}}, {"name": "trade_id", "type": ["null", "string"]},
]}  # fmt: skip
# The same one release later: a field more, the time in another unit.
SECOND = {**FIRST, "fields": [*FIRST["fields"][:3], {"name": "venue", "type": ["null", "string"], "default": None},
                              {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-micros"}}, FIRST["fields"][4]]}  # fmt: skip
NESTED = {"type": "record", "name": "Tick", "fields": [{"name": "d", "type": {"type": "record", "name": "D", "fields": [
    {"name": "s", "type": "string"}, {"name": "p", "type": "double"}, {"name": "t", "type": "long"}]}}]}  # fmt: skip


def framed(number, schema, record):
    out = io.BytesIO(struct.pack(">bI", 0, number))
    out.seek(5)
    fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(json.dumps(schema))), record)
    return out.getvalue()


def nanos(text):
    """Of "2026-01-05T14:30:00.123456789Z"."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc).timestamp()
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0") or 0)


class RegistryTest(BrokerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = registry.Registry(cls.path / "registry")
        cls.addClassCleanup(cls.registry.stop)
        cls.registry.start()

    @classmethod
    def simulate(cls, faults):
        cls.feed = cls.path / "feed.jsonl"
        flags = [part for fault in faults for part in ("--fault", fault)]
        binary.run("simulate", "--seed", "5", "--events", "6000", "--symbols", "7", "--rate", "40", *flags, "--output", cls.feed)


class Avro(RegistryTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.simulate([fault for fault in FAULTS if not fault.startswith("malformed")])
        cls.records = [json.loads(line, parse_float=decimal.Decimal, parse_int=decimal.Decimal) for line in cls.feed.read_text().splitlines()]

    def setUp(self):
        super().setUp()
        self.topic = self.name
        self.kafka.tool("TopicCommand", "--create", "--topic", self.topic, "--partitions", PARTITIONS)

    def produce(self, messages):
        """(partition, value) in order."""
        producer = confluent_kafka.Producer({"bootstrap.servers": self.brokers(), "linger.ms": 20})
        failed = []
        for partition, value in messages:
            while True:
                try:
                    producer.produce(self.topic, value, partition=partition, on_delivery=lambda error, _: failed.append(error) if error else None)
                    break
                except BufferError:
                    producer.poll(0.1)
        self.assertEqual(producer.flush(PATIENCE_S), 0)
        self.assertEqual(failed, [])

    def trade(self, number, schema, record):
        ts = nanos(record["ts"])
        return framed(number, schema, {
            "symbol": record["symbol"], "price": decimal.Decimal(record["price"]), "trade_id": record.get("trade_id"), "venue": None,
            "volume": None if record.get("volume") is None else decimal.Decimal(record["volume"]),
            "ts": ts if schema is FIRST else ts // 1000})  # fmt: skip

    def input(self, url=None):
        return ["--topic", self.topic, "--brokers", self.brokers(), "--format", "avro", "--schema-registry", url or self.registry.url]

    def refused(self, *flags, code=EXIT_CONFIGURATION):
        """What `replay` says of it."""
        return self.fails("replay", "--data", self.data, *flags, code=code)

    def test_equal_to_the_same_records_as_json(self):
        """Two schemas in one topic, and between them what no consumer could read."""
        first = self.registry.register(f"{self.topic}-value", FIRST)
        second = self.registry.register(f"{self.topic}-value", SECOND)
        protobuf = self.registry.register("other", 'syntax = "proto3"; message M { string s = 1; }', "PROTOBUF")
        self.assertNotEqual(first, second)
        messages, lines = [], [[] for _ in range(PARTITIONS)]
        for i, record in enumerate(self.records):
            schema = FIRST if i % 2 == 0 else SECOND
            messages.append((i % PARTITIONS, self.trade(first if schema is FIRST else second, schema, record)))
            line = {key: record.get(key) for key in ("symbol", "price", "volume", "ts", "trade_id")}
            if schema is SECOND:  # which knows microseconds
                whole, _, fraction = line["ts"].removesuffix("Z").partition(".")
                line["ts"] = f"{whole}.{fraction[:6] or 0}Z"
            lines[i % PARTITIONS].append(json.dumps(line, default=str))
        good = self.trade(first, FIRST, self.records[0])
        bad = [b"", b"\0", json.dumps({"symbol": "A"}).encode(), good[:-1], good + b"\0", b"\0\0\0\0\x63" + good[5:], struct.pack(">bI", 0, protobuf) + good[5:]]
        for i, value in enumerate(bad):
            messages.insert(100 * i + 50, (0, value))
        messages.insert(1000, (1, None))
        self.produce(messages)
        files = [self.path / f"{self.name}-{p}.jsonl" for p in range(PARTITIONS)]
        for file, of_it in zip(files, lines):
            file.write_text("".join(f"{line}\n" for line in of_it))
        expected = binary.replay(files, self.path / "json")
        ledger = binary.replay([], self.data, *self.input())
        self.assertEqual(ledger, {**expected, "received": expected["received"] + len(bad), "rejected": expected["rejected"] + len(bad)})
        for what in ("bars", "events", "late"):
            self.assertEqual(rows(self.data, what), rows(self.path / "json", what), what)
        rejects = [json.loads(line) for line in binary.export("rejects", self.data, "jsonl").splitlines()]
        self.assertEqual([reject["reason"] for reject in rejects], ["bad_avro"] * len(bad))
        self.assertEqual([base64.b64decode(reject["raw_base64"]) for reject in rejects], bad)
        binary.run("verify", "--data", self.data)
        self.assertEqual(binary.replay([], self.data, *self.input()), ledger, "a second time it holds nothing new")

    def test_a_mapping_is_compared_with_the_schema_at_the_start(self):
        self.registry.register(f"{self.topic}-value", NESTED)
        said = self.refused(*self.input(), "--map", "symbol=d.s,price=d.last,size=d,ts=d.t")
        for problem in ("price = d.last: the schema has no such field", "size = d: is not one value", "ts = d.t: is a number; name its unit with ts_unit"):
            self.assertIn(problem, said)
        self.assertFalse((self.data / "tape").exists(), "nothing was begun")
        self.produce([(0, framed(self.registry.register(f"{self.topic}-value", NESTED), NESTED, {"d": {"s": "A", "p": 2.5, "t": 1767623400000}}))])
        ledger = binary.replay([], self.data, *self.input(), "--map", "symbol=d.s,price=d.p,ts=d.t", "--ts-unit", "ms")
        self.assertEqual((ledger["received"], ledger["used"]), (1, 1))

    def test_other_kinds_of_schema_are_refused(self):
        self.registry.register(f"{self.topic}-value", 'syntax = "proto3"; message M { string s = 1; }', "PROTOBUF")
        self.assertIn(f"schema of {self.topic}-value: is of kind PROTOBUF, not Avro", self.refused(*self.input()))

    def test_a_registry_that_is_not_there(self):
        first = self.registry.register("kept", FIRST)
        self.produce([(0, self.trade(first, FIRST, self.records[0]))])
        said = self.refused(*self.input("http://127.0.0.1:9"), code=EXIT_FAILED)
        self.assertIn("schema registry http://127.0.0.1:9: ", said)
        self.assertIn("does not answer as a schema registry does", self.refused(*self.input(self.registry.url.removesuffix("/apis/ccompat/v7") + "/nowhere")))
        self.assertIn("kafka.schema_registry: is no http:// or https:// address", self.refused(*self.input("localhost:8081")))
        self.assertIn("holds a login", self.refused(*self.input("http://me:secret@127.0.0.1:9")))
        self.assertIn("--schema-registry URL", self.refused(*self.input()[:-2]))
        self.assertIn("is for the messages of a topic", self.refused(self.path / "feed.jsonl", "--format", "avro"))
        self.assertEqual(binary.replay([], self.data, *self.input())["used"], 1, "a topic whose schemas go by other names")

    def test_a_registry_with_a_login(self):
        """In front of the real one stands what asks for a password, as its vendors' services do."""
        behind, seen = self.registry, []

        class Guard(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append(self.headers.get("Authorization"))
                if seen[-1] != "Basic " + base64.b64encode(b"me:p4ss word").decode():
                    self.send_error(401)
                    return
                body = json.dumps(behind.request("GET", self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Guard)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        first = self.registry.register(f"{self.topic}-value", FIRST)
        self.produce([(0, self.trade(first, FIRST, self.records[0]))])
        said = self.refused(*self.input(url), "--schema-registry-user", "me")
        self.assertIn("refuses the login (HTTP 401)", said)
        secret = pathlib.Path(self.path / "password")
        secret.write_text("p4ss word\n")
        login = ["--schema-registry-user", "me", "--schema-registry-password-file", secret]
        self.assertEqual(binary.replay([], self.data, *self.input(url), *login)["used"], 1)
        self.assertTrue(seen)


class OwnTopics(RegistryTest):
    """The pipeline's own topics as Avro: fastavro reads what exports say, and nothing else changes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.simulate(FAULTS)
        cls.ledger = binary.replay([cls.feed], cls.path / "embedded")

    def avro(self, url=None):
        return [*self.tape(), "--topic-format", "avro", *self.known(url)]

    def known(self, url=None):
        return ["--schema-registry", url or self.registry.url]

    def values(self, topic):
        """[(kind, value)] of a topic, read as anybody would: the schema by its id from the registry."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.brokers(), "group.id": "look", "isolation.level": "read_committed", "enable.partition.eof": True,
                                             "enable.auto.commit": False})
        consumer.assign([confluent_kafka.TopicPartition(topic, partition, confluent_kafka.OFFSET_BEGINNING) for partition in range(PARTITIONS)])
        found, schemas, ended = [], {}, set()
        while len(ended) < PARTITIONS:
            message = consumer.poll(10)
            if message.error():
                self.assertEqual(message.error().code(), confluent_kafka.KafkaError._PARTITION_EOF, message.error())
                ended.add(message.partition())
                continue
            zero, number = struct.unpack(">bI", message.value()[:5])
            self.assertEqual(zero, 0)
            if number not in schemas:
                schemas[number] = fastavro.parse_schema(self.registry.schema(number))
            found.append((dict(message.headers())["kind"].decode(), fastavro.schemaless_reader(io.BytesIO(message.value()[5:]), schemas[number])))
        consumer.close()
        return found

    def exports(self, data):
        return {what: binary.run("export", what, "--data", data, "--format", "csv", *(self.known() if data == self.data else [])) for what in ("bars", "events", "late", "rejects")}

    def test_equal_to_the_embedded_run(self):
        self.assertEqual(binary.replay([self.feed], self.data, *self.avro(), "--partitions", PARTITIONS), self.ledger)
        self.assertEqual(self.exports(self.data), self.exports(self.path / "embedded"))
        binary.run("verify", "--data", self.data, *self.known())
        # A second start knows the format, and so does a worker of another directory.
        self.assertEqual(binary.replay([self.feed], self.data, *self.known()), self.ledger)
        lines = binary.export("events", self.path / "embedded", "jsonl").decode().splitlines()
        exported = sorted((row["symbol"], nanos(row["ts"]), decimal.Decimal(row["price"])) for row in (json.loads(line, parse_float=decimal.Decimal) for line in lines) if "price" in row)
        mine = [(value["symbol"], value["ts"], value["price"]) for kind, value in self.values(f"{self.pipeline}.events") if kind == "trade"]
        self.assertLessEqual(set(exported), set(mine))
        bars = list(csv.DictReader(io.StringIO(binary.export("bars", self.path / "embedded", "csv").decode())))
        newest = {(bar["symbol"], bar["interval"], bar["window_start"]): bar for kind, bar in self.values(f"{self.pipeline}.bars")}
        self.assertEqual(len(newest), len(bars))
        for bar in bars:
            value = newest[bar["symbol"], bar["interval"], nanos(bar["window_start"])]
            for column in ("open", "high", "low", "close", "volume", "notional", "vwap", "price_avg", "pct_change"):
                self.assertEqual(value[column], decimal.Decimal(bar[column]) if bar[column] else None, column)
            self.assertEqual((value["trade_count"], value["revision"], value["state"], value["quality"], str(value["trade_date"])),
                             (int(bar["trade_count"]), int(bar["revision"]), bar["state"], bar["quality"], bar["trade_date"]))
            self.assertEqual((value["open_time"], value["close_time"]), (nanos(bar["open_time"]), nanos(bar["close_time"])))

    def told(self, rows):
        return sorted((row["symbol"], row["interval"], nanos(row["window_start"]), row["revision"], decimal.Decimal(row["close"])) for row in rows)

    def test_people_see_what_it_means(self):
        binary.replay([self.feed], self.data, *self.avro(), "--partitions", PARTITIONS)
        bars = f"{self.pipeline}.bars"
        whole = ["tail", bars, "--brokers", self.brokers(), "--from", "beginning", "--exit-at-end"]
        meant = [json.loads(line, parse_float=decimal.Decimal) for line in binary.run(*whole, *self.known()).decode().splitlines()]
        expected = sorted((bar["symbol"], bar["interval"], bar["window_start"], bar["revision"], bar["close"]) for _, bar in self.values(bars))
        self.assertGreater(len(expected), 50)
        self.assertEqual(self.told(meant), expected)
        self.assertEqual(len(binary.run("tail", "bars", *whole[2:], *self.known(), "--pipeline", self.pipeline).splitlines()), len(expected), "by its own name: rows")
        self.assertTrue(binary.run(*whole).startswith(b"\\x00\\x00\\x00"), "without a registry: its bytes")
        self.fails(*whole, *self.known("http://127.0.0.1:9"), code=EXIT_FAILED, words=["schema registry http://127.0.0.1:9"])
        serving = Serving(self.path / "serving.log", "--data", self.data, *self.known())
        try:
            status, body = serving.ask(f"cluster/{bars}/0?limit=5")
        finally:
            serving.end()
        self.assertEqual(status, 200, body)
        messages = json.loads(body)["messages"]
        self.assertEqual(len(messages), 5)
        for message in messages:
            self.assertIn(self.told([json.loads(message["value"], parse_float=decimal.Decimal)])[0], expected)
            self.assertLess(message["value_bytes"], len(message["value"]), "its size on the wire")

    def test_roles_apart(self):
        binary.run("produce", self.feed, "--data", self.data, *self.avro(), "--partitions", PARTITIONS)
        worker = self.spawn("work", "--data", self.path / f"{self.name}-w", *self.tape(), *self.known())
        self.wait("all is stepped", lambda: not any(partition["waiting"] for partition in self.status()["partitions"]) and self.received() == self.ledger["received"])
        worker.terminate()
        self.assertEqual(worker.wait(60), 0)
        self.assertEqual(self.exports(self.data), self.exports(self.path / "embedded"))
        # To another pipeline its events are a topic like any other.
        ledger = binary.replay([], self.path / f"{self.name}-other", "--topic", f"{self.pipeline}.events", "--format", "avro", "--brokers", self.brokers(), *self.known())
        self.assertEqual((ledger["received"], ledger["rejected"]), (self.ledger["received"] - self.ledger["rejected"], 0))
        binary.run("sink", "parquet", "--exit-at-end", "--data", self.path / f"{self.name}-s", *self.tape(), *self.known())
        self.assertTrue(list((self.path / f"{self.name}-s").rglob("*.parquet")))

    def test_what_cannot_be(self):
        self.fails("replay", self.feed, "--data", self.data, *self.tape(), "--topic-format", "avro", words=["--schema-registry"])
        self.fails("replay", self.feed, "--data", self.data, *self.tape(), "--topic-format", "xml", words=["kafka.topic_format"])
        # Somebody else's schema is there.
        self.registry.register(f"{self.pipeline}.bars-value", FIRST)
        self.registry.demand(f"{self.pipeline}.bars-value", "BACKWARD")
        self.fails("replay", self.feed, "--data", self.data, *self.avro(), words=[f"{self.pipeline}.bars-value"])
        self.pipeline += "-2"
        self.assertEqual(binary.replay([self.feed], self.data, *self.avro()), self.ledger)
        self.fails("export", "bars", "--data", self.data, words=["--schema-registry"])
        self.fails("replay", self.feed, "--data", self.data, "--topic-format", "json", *self.known(), words=["its messages are avro"])
        # A pipeline of JSON stays one.
        self.pipeline += "-3"
        plain = self.path / f"{self.name}-json"
        self.assertEqual(binary.replay([self.feed], plain, *self.tape()), self.ledger)
        self.fails("replay", self.feed, "--data", plain, *self.avro(), words=["its messages are json"])


if __name__ == "__main__":
    unittest.main()
