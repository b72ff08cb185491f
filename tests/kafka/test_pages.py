"""What `serve` says of the brokers that hold its tape (/api/v1/cluster), beside Kafka's own tools, and messages beside what was produced."""

import datetime
import json
import subprocess
import time
import unittest
import urllib.parse

from on_broker import BrokerTest, Serving, binary, cluster

TOOLS = "org.apache.kafka.tools."
PIPELINE = "pages"
PATIENCE_S = 60
PASSWORD = "a-secret-8c1f"
HOSTILE = b'<script>alert(1)</script> \\ "quoted" \x00\x1b[31m \xff\xc3 \xe2\x82\xac ' + b"long " * 2_000


def printable(data):
    """As `tail` shows bytes: control characters and what is no UTF-8 as \\xNN."""
    text = data.decode(errors="surrogateescape")
    return "".join(f"\\x{ord(c) & 0xFF:02X}" if c < " " or c == "\x7f" or "\udc80" <= c <= "\udcff" else c for c in text)


class Pages(BrokerTest):
    printed = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        feed = cls.path / "feed.jsonl"
        binary.run("simulate", "--seed", "3", "--events", "1500", "--symbols", "6", "--output", feed)
        with feed.open("ab") as out:
            out.write(HOSTILE + b"\n")
        tape = ["--tape", "kafka", "--brokers", cls.kafka.bootstrap, "--pipeline", PIPELINE]
        binary.replay([feed], cls.path / "data", "--batch", "300", *tape)  # several commits: offsets have holes
        cls.java("ConsoleConsumer", "--topic", f"{PIPELINE}.bars", "--group", "billing", "--from-beginning", "--max-messages", "5", part="consumer.")
        cls.serving = Serving(cls.path / "serving.log", "--data", cls.path / "pages", *tape, environment={"KAFKA_PASSWORD": PASSWORD})
        cls.addClassCleanup(cls.serving.end)

    @classmethod
    def java(cls, tool, *arguments, part=""):
        done = subprocess.run([*cluster.Cluster.java("128m"), f"{TOOLS}{part}{tool}", "--bootstrap-server", cls.kafka.bootstrap, *arguments], capture_output=True,
                              timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode(errors="surrogateescape")

    def ask(self, path, expect=200):
        status, body = self.serving.ask(path)
        self.assertNotIn(PASSWORD.encode(), body)
        self.assertEqual(status, expect, body)
        return json.loads(body)

    def page(self, topic, partition, **where):
        return self.ask(f"cluster/{PIPELINE}.{topic}/{partition}?{urllib.parse.urlencode(where)}")

    @classmethod
    def in_java(cls, topic):
        """{partition: [(offset, time in ms, key, headers, value)]} of committed messages of events or bars, as Kafka's own consumer prints them."""
        if not cls.printed:
            shown = [word for name in ("timestamp", "partition", "offset", "headers", "key") for word in ("--property", f"print.{name}=true")]
            lines = cls.java("ConsoleConsumer", "--include", f"{PIPELINE}\\.(events|bars)", "--from-beginning", "--timeout-ms", "8000", "--isolation-level", "read_committed",
                             *shown, part="consumer.").splitlines()
            for line in lines:
                stamp, partition, offset, headers, key, value = line.split("\t", 5)
                row = (int(offset.split(":")[1]), int(stamp.split(":")[1]), None if key == "null" else key, headers, value)
                of = "bars" if "kind:bar" in headers.split(",") else "events"
                cls.printed.setdefault(of, {}).setdefault(int(partition.split(":")[1]), []).append(row)
        return {partition: sorted(rows) for partition, rows in cls.printed[topic].items()}

    def as_java(self, messages):
        seconds = lambda text: int(round(time_of(text) * 1000))  # noqa: E731
        headers = lambda all_: ",".join(f"{one['name']}:{one['value']}" for one in all_) or "NO_HEADERS"  # noqa: E731
        return [(one["offset"], seconds(one["time"]), one["key"], headers(one["headers"]), one["value"]) for one in messages]

    def test_brokers_and_topics(self):
        seen = self.ask("cluster")
        self.assertEqual(seen["brokers"], [{"id": 1, "address": self.kafka.bootstrap, "controller": True}])
        self.assertEqual(seen["pipeline"], PIPELINE)
        theirs = sorted(name for name in self.java("TopicCommand", "--list").split() if name.startswith(f"{PIPELINE}."))
        self.assertEqual(sorted(one["topic"] for one in seen["topics"]), theirs)
        self.assertGreaterEqual(len(theirs), 6)
        self.until(lambda: self.edges() == self.edges_in_java() or None)  # positions move while the pages' own sinks begin
        self.assertEqual({(one["leader"], tuple(one["replicas"]), tuple(one["in_sync"])) for topic in seen["topics"] for one in topic["partitions"]}, {(1, (1,), (1,))})

    def edges(self):
        return {(topic["topic"], one["partition"]): (one["first"], one["next"]) for topic in self.ask("cluster")["topics"] for one in topic["partitions"]}

    def edges_in_java(self):
        found = {}
        for which in ("-2", "-1"):
            for line in self.java("GetOffsetShell", "--topic-partitions", f"{PIPELINE}\\..*", "--time", which).split():
                topic, partition, offset = line.rsplit(":", 2)
                found.setdefault((topic, int(partition)), []).append(int(offset))
        return {place: tuple(edges) for place, edges in found.items()}

    def test_groups_and_their_lag(self):
        def theirs(name):
            rows = [line.split() for line in self.java("ConsumerGroupCommand", "--describe", "--group", name, part="consumer.group.").splitlines() if line.startswith(name)]
            return {(row[1], int(row[2])): tuple(row[3:7]) for row in rows}

        def ours(name):
            groups = {one["group"]: one for one in self.ask("cluster")["groups"]}
            edges = self.edges()
            return {(one["topic"], one["partition"]): (str(one["committed"]), str(edges[one["topic"], one["partition"]][1]), str(one["lag"]), one["member"] or "-")
                    for one in groups.get(name, {"offsets": ()})["offsets"]}
        self.assertEqual(ours("billing"), theirs("billing"))
        self.assertGreater(sum(int(row[2]) for row in ours("billing").values()), 0)
        member = subprocess.Popen([*cluster.Cluster.java("128m"), f"{TOOLS}consumer.ConsoleConsumer", "--bootstrap-server", self.kafka.bootstrap, "--topic",
                                   f"{PIPELINE}.bars", "--group", "live", "--from-beginning", "--consumer-property", "auto.commit.interval.ms=100"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(member.wait)
        self.addCleanup(member.kill)
        self.until(lambda: {row[2] for row in ours("live").values()} == {"0"} or None)
        self.assertEqual(ours("live"), theirs("live"))
        group = next(one for one in self.ask("cluster")["groups"] if one["group"] == "live")
        self.assertEqual((group["state"], len(group["members"]), group["members"][0]["host"]), ("Stable", 1, "127.0.0.1"))
        self.assertEqual(len(group["members"][0]["partitions"]), 4)

    def test_messages_forwards_backwards_and_from_a_time(self):
        for topic in ("events", "bars"):
            rows = self.in_java(topic)
            self.assertTrue(rows)
            for partition, expected in rows.items():
                forwards, where = [], {"offset": 0}
                while True:
                    page = self.page(topic, partition, limit=70, **where)
                    forwards += page["messages"]
                    if page["newer"] is None:
                        break
                    where = {"offset": page["newer"]}
                self.assertEqual(self.as_java(forwards), expected)
                backwards, where = [], {}
                while True:
                    page = self.page(topic, partition, limit=70, **where)
                    backwards[:0] = page["messages"]
                    if page["older"] is None:
                        break
                    where = {"before": page["older"]}
                self.assertEqual(backwards, forwards)
                moment = forwards[len(forwards) // 2]["time"]
                first = self.page(topic, partition, limit=1, time=moment)["messages"]
                # The broker counts the ends of transactions too, and what is written after one may have been made just before it.
                times = [datetime.datetime.fromisoformat(message["time"]) for message in forwards]
                at, moment = forwards.index(first[0]), datetime.datetime.fromisoformat(moment)
                self.assertTrue(all(time < moment for time in times[:at]))
                self.assertLessEqual(at, next(i for i, time in enumerate(times) if time >= moment))
                self.assertEqual(self.page(topic, partition, time="2100-01-01")["messages"], [])
        offsets = [row[0] for row in self.in_java("events")[1]]
        self.assertNotEqual(offsets, list(range(len(offsets))))  # or the pages were not tried

    def test_a_long_value_of_foreign_bytes(self):
        found = next(one for one in self.page("rejects", 0)["messages"] if one["value"].startswith("<script>"))
        self.assertEqual((found["cut"], found["value_bytes"]), (True, len(HOSTILE)))
        self.assertEqual(found["value"], printable(HOSTILE[:4096]))
        whole = self.page("rejects", 0, offset=found["offset"], whole="true")["messages"]
        self.assertEqual([(one["cut"], one["value"]) for one in whole], [(False, printable(HOSTILE))])

    def test_what_is_not_there(self):
        self.java("TopicCommand", "--create", "--if-not-exists", "--topic", "somebody-elses", "--partitions", "1")
        for path in ("somebody-elses/0", f"{PIPELINE}.events/4", f"{PIPELINE}.nothing/0"):
            self.assertEqual(self.ask(f"cluster/{path}", expect=404)["error"]["code"], "unknown_place")
        self.assertEqual(self.page("events", 0, offset=10**12)["messages"], [])

    def test_the_rest_of_the_page(self):
        """What the Pipeline page shows besides, of a tape with holes in its offsets."""
        topics = {one["topic"]: one["partitions"] for one in self.ask("topics")["topics"]}
        self.assertTrue(all(one["newest"] for one in topics["events"] if one["next"] > 0))
        self.assertEqual(len(self.ask("rejects")["rejects"]), 1)
        rows = self.in_java("events")
        symbols = sum(row[2] is not None for partition in rows.values() for row in partition)
        events, cursor = [], ""
        while cursor is not None:
            answer = self.ask(f"events?limit=200&cursor={cursor}")
            events += answer["events"]
            cursor = answer["next"]
        self.assertEqual(len({(one["partition"], one["offset"]) for one in events}), symbols)
        self.assertEqual(len(events), symbols)
        status = self.ask("status")
        self.assertEqual((status["tape"]["kind"], status["tape"]["bytes_used"], status["tape"]["bytes_max"]), ("kafka", None, None))

    def test_without_brokers(self):
        self.ask("cluster")
        self.kafka.stop()
        try:
            error = self.until(lambda: self.silent("cluster"))
            self.assertEqual(error["code"], "no_broker")
            self.assertEqual(self.silent(f"cluster/{PIPELINE}.events/0")["code"], "no_broker")
            for path in ("symbols", "notices", "openapi.json"):
                self.ask(path)
        finally:
            self.kafka.start()
        self.until(lambda: self.silent("cluster") is None or None)

    def silent(self, path):
        """The error of a 503; None: it was answered."""
        status, body = self.serving.ask(path)
        self.assertNotIn(PASSWORD.encode(), body)
        self.assertIn(status, (200, 503), body)
        return json.loads(body)["error"] if status == 503 else None

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE_S
        while (found := condition()) is None:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
        return found


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


if __name__ == "__main__":
    unittest.main()
