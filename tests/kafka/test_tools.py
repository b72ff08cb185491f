"""`topic`, `group`, `tail` and `demo` on a cluster, beside Kafka's own tools: what one side makes, the other one sees."""

import json
import re
import signal
import subprocess
import unittest

from on_broker import BrokerTest, binary

TOOLS = "org.apache.kafka.tools."
GROUPS = TOOLS + "consumer.group.ConsumerGroupCommand"
CONSUMER = TOOLS + "consumer.ConsoleConsumer"
PATIENCE_S = 60
# Of org.apache.kafka.common.utils.Utils.murmur2 on four partitions, as the Java producer places them.
PLACES = {"AAPL": 1, "AMZN": 1, "GOOG": 1, "MSFT": 2}


class Tools(BrokerTest):
    def run_ours(self, *arguments, expect=0):
        return binary.run(*arguments, "--brokers", self.kafka.bootstrap, expect=expect).decode()

    def said(self, *arguments, expect):
        """stderr of a command that fails as expected."""
        return self.fails(*arguments, "--brokers", self.kafka.bootstrap, code=expect, timeout=PATIENCE_S)

    def json_of(self, *arguments):
        return json.loads(self.run_ours(*arguments, "--json"))

    def java(self, tool, *arguments, given=None):
        done = subprocess.run([*self.kafka.java("128m"), tool, "--bootstrap-server", self.kafka.bootstrap, *arguments], input=given,
                              capture_output=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def java_topic(self, name):
        """(partitions, settings) as Kafka's own tool describes a topic."""
        head = self.java(TOOLS + "TopicCommand", "--describe", "--topic", name).splitlines()[0]
        settings = head.rsplit("Configs: ", 1)[1]
        return int(re.search(r"PartitionCount: (\d+)", head)[1]), dict(pair.split("=", 1) for pair in settings.split(",") if pair)

    def java_topics(self):
        return self.java(TOOLS + "TopicCommand", "--list").split()

    def java_group(self, name):
        """{(topic, partition): (committed, end, lag, member)} as Kafka's own tool describes a group."""
        rows = [line.split() for line in self.java(GROUPS, "--describe", "--group", name).splitlines() if line.startswith(name)]
        return {(row[1], int(row[2])): tuple(row[3:7]) for row in rows}

    def our_group(self, name):
        shown = lambda value: "-" if value in (None, "") else str(value)  # noqa: E731
        return {(row["topic"], row["partition"]): (shown(row["committed"]), shown(row["end"]), shown(row["lag"]), shown(row["member"]))
                for row in self.json_of("group", "describe", name)["offsets"]}

    def committed(self, name):
        return {place[1]: row[0] for place, row in self.java_group(name).items()}

    def fill(self, topic, count=60, partitions=3):
        self.run_ours("topic", "create", topic, "--partitions", partitions)
        lines = "".join(f"key{i}|{{\"number\":{i}}}\n" for i in range(count))
        self.java(TOOLS + "ConsoleProducer", "--topic", topic, "--property", "parse.key=true", "--property", "key.separator=|", given=lines.encode())

    def test_topics_made_changed_and_deleted(self):
        name = self.name
        self.run_ours("topic", "create", name, "--partitions", "3", "--replication", "1", "--set", "retention.ms=3600000", "--set", "segment.bytes=1048576")
        partitions, settings = self.java_topic(name)
        self.assertEqual((partitions, settings["retention.ms"], settings["segment.bytes"]), (3, "3600000", "1048576"))
        ours = self.json_of("topic", "describe", name)
        self.assertEqual([(row["partition"], row["leader"], row["replicas"], row["in_sync"], row["first"], row["next"]) for row in ours["partitions"]],
                         [(i, 1, [1], [1], 0, 0) for i in range(3)])
        self.assertEqual({row["name"]: row["value"] for row in ours["settings"]}, settings)
        self.assertIn("retention.ms", self.run_ours("topic", "describe", name))

        self.run_ours("topic", "alter", name, "--partitions", "5", "--set", "cleanup.policy=compact", "--unset", "retention.ms")
        partitions, settings = self.java_topic(name)
        self.assertEqual((partitions, settings["cleanup.policy"], settings["segment.bytes"]), (5, "compact", "1048576"))
        self.assertNotIn("retention.ms", settings)

        self.assertIn("--yes", self.said("topic", "delete", name, expect=64))
        self.assertEqual([row["topic"] for row in self.json_of("topic", "list")], sorted(self.java_topics()))
        self.assertIn(name, self.run_ours("topic", "list"))
        self.run_ours("topic", "delete", name, "--yes")
        self.assertNotIn(name, self.java_topics())

    def test_what_cannot_be(self):
        name = self.name
        self.run_ours("topic", "create", "--set", "retention.ms=1000", "-X", "client.id=me", name, "--partitions", "2")
        self.assertIn("topic list", self.said("topic", "describe", "nowhere", expect=66))
        for arguments, code in ((["topic", "create", name], 78), (["topic", "create", "not a name"], 64), (["topic", "create", "x", "--replication", "3"], 78),
                                (["topic", "create", "x", "--set", "no.such.setting=1"], 78), (["topic", "create", "x", "--set", "novalue"], 64),
                                (["topic", "alter", name, "--partitions", "1"], 64), (["topic", "alter", name], 64), (["topic", "alter", "nowhere", "--set", "a=b"], 66),
                                (["topic", "alter", name, "--set", "retention.ms=soon"], 78), (["topic", "delete", "nowhere", "--yes"], 66),
                                (["group", "describe", "nowhere"], 66), (["group", "reset", "nowhere", "--to", "end"], 66), (["group", "reset", "nowhere"], 64),
                                (["group", "reset", "nowhere", "--to", "yesterday"], 64), (["tail", "nowhere", "--exit-at-end"], 66),
                                (["tail", "events", "--exit-at-end"], 66), (["tail", name, "--symbol", "AAPL"], 64), (["tail", name, "--from", "lately"], 64)):
            with self.subTest(arguments=arguments):
                self.said(*arguments, expect=code)
        binary.run("group", "list", expect=78)  # no brokers

    def test_topics_of_a_pipeline(self):
        pipeline, data = self.pipeline, self.data
        binary.run("simulate", "--events", "3000", "--symbols", "6", "--fault", "malformed=0.01", "--data", data, *self.tape())
        everything = ["--from", "beginning", "--exit-at-end"]
        for topic in ("events", "bars", "rejects", "late"):
            for flags in (["--place"], ["--format", "csv"]):
                beside = binary.run("tail", topic, "--data", data, *everything, *flags).decode()
                self.assertEqual(self.run_ours("tail", topic, "--pipeline", pipeline, *everything, *flags), beside, topic)
        for topic in ("events", "bars"):  # the messages are the rows
            rows = binary.run("tail", topic, "--data", data, *everything, "--place").decode()
            self.assertEqual(sorted(self.run_ours("tail", f"{pipeline}.{topic}", *everything, "--place").splitlines()), sorted(rows.splitlines()))
        self.assertIn("kind=reject,", self.run_ours("tail", f"{pipeline}.rejects", *everything, "--headers", "--count", "1"))
        self.said("tail", "events", "--pipeline", pipeline, "--key", expect=64)

        # With --data it is the directory's, whatever brokers it has.
        self.assertIn("positions", self.run_ours("topic", "list"))
        self.assertNotIn("positions", self.run_ours("topic", "list", "--data", data))
        rows = {row["topic"]: row for row in json.loads(binary.run("topic", "list", "--data", data, "--json"))}
        self.assertEqual(rows["events"]["partitions"], 4)

        self.assertIn("fixed", self.said("topic", "alter", f"{pipeline}.bars", "--partitions", "9", expect=78))
        self.assertEqual(self.java_topic(f"{pipeline}.bars")[0], 4)
        self.assertIn(f"pipeline {pipeline}", self.said("topic", "delete", f"{pipeline}.bars", expect=64))
        self.assertIn(f"{pipeline}.bars", self.java_topics())
        self.run_ours("topic", "delete", f"{pipeline}.bars", "--yes")
        self.assertNotIn(f"{pipeline}.bars", self.java_topics())

    def test_tail_of_a_foreign_topic(self):
        topic = self.name
        self.run_ours("topic", "create", topic, "--partitions", "2")
        values = ['{"price":"1.5","note":"a \\"quoted\\" word"}', "plain text", "tab\there", "\x1b[31mred", "Überraschung €", ""]
        lines = "".join(f"h1:one,h2:two!key{i}|{value}\n" for i, value in enumerate(values)).encode() + b"h1:\xe2\x82!keyX|bad \xff byte\n"
        self.java(TOOLS + "ConsoleProducer", "--topic", topic, *(word for name in ("parse.key=true", "key.separator=|", "parse.headers=true", "headers.delimiter=!")
                                                                 for word in ("--property", name)), given=lines)
        expected = ['{"price":"1.5","note":"a \\"quoted\\" word"}', "plain text", "tab\\x09here", "\\x1B[31mred", "Überraschung €", ""]
        everything = ["--from", "beginning", "--exit-at-end"]
        shown = self.run_ours("tail", topic, *everything).splitlines()
        self.assertEqual(len(shown), 7)
        self.assertEqual(sorted(line for line in shown if not line.startswith("bad")), sorted(expected))
        keyed = dict(line.split("\t") for line in self.run_ours("tail", topic, *everything, "--key").splitlines())
        self.assertEqual({f"key{i}": value for i, value in enumerate(expected)}, {key: value for key, value in keyed.items() if key != "keyX"})
        self.assertTrue(all(line.startswith("h1=") for line in self.run_ours("tail", topic, *everything, "--headers").splitlines()))

        placed = [line.split(" ", 1)[0].split(":") for line in self.run_ours("tail", topic, *everything, "--place").splitlines()]
        counts = {str(p): sum(partition == str(p) for partition, _ in placed) for p in range(2)}
        self.assertEqual([line.split(":")[1:] for line in self.java(TOOLS + "GetOffsetShell", "--topic", topic).splitlines()],
                         [[partition, str(count)] for partition, count in counts.items()])
        self.assertEqual([str(row["next"]) for row in self.json_of("topic", "describe", topic)["partitions"]], list(map(str, counts.values())))
        self.assertEqual(len(self.run_ours("tail", topic, *everything, "--count", "3").splitlines()), 3)
        self.assertEqual(len(self.run_ours("tail", topic, "--from", "1", "--exit-at-end").splitlines()), sum(max(0, count - 1) for count in counts.values()))
        self.assertEqual(len(self.run_ours("tail", topic, "--from", "2020-01-01", "--exit-at-end").splitlines()), 7)
        self.assertEqual(self.run_ours("tail", topic, "--from", "2100-01-01T00:00:00Z", "--exit-at-end"), "")
        self.assertEqual(self.run_ours("tail", topic, "--timeout", "1s"), "")

    def test_tail_sees_what_comes(self):
        topic = self.name
        self.fill(topic, 5)
        tail = subprocess.Popen(binary.command("tail", topic, "--brokers", self.kafka.bootstrap, "--count", "2", "--timeout", f"{PATIENCE_S}s"),
                                stdout=subprocess.PIPE, env=binary.environment())
        self.addCleanup(tail.kill)
        # It begins at the end of what is there when it starts, which nobody can see from outside: so again and again.
        self.wait("it is so", lambda: self.java(TOOLS + "ConsoleProducer", "--topic", topic, given=b"fresh\n") or tail.poll() is not None)
        self.assertEqual(tail.communicate(timeout=PATIENCE_S)[0], b"fresh\nfresh\n")

    def test_tail_passes_over_what_was_aborted(self):
        topic = self.name
        self.run_ours("topic", "create", topic, "--partitions", "1")
        everything = ["tail", topic, "--from", "beginning", "--exit-at-end"]
        ended = lambda: self.json_of("topic", "describe", topic)["partitions"][0]["next"]  # noqa: E731

        def producer(records):
            """One transaction of so many records, a hundred in a second."""
            return subprocess.Popen([*self.kafka.java("128m"), TOOLS + "ProducerPerformance", "--topic", topic, "--num-records", records, "--record-size",
                                     "8", "--throughput", "100", "--transactional-id", topic, "--transaction-duration-ms", "600000", "--producer-props",
                                     f"bootstrap.servers={self.kafka.bootstrap}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        killed = producer("1000000")
        self.addCleanup(killed.wait)
        self.addCleanup(killed.kill)
        self.wait("it is so", lambda: ended() > 10)
        self.assertEqual(self.run_ours(*everything), "")  # open
        killed.kill()
        self.assertEqual(producer("3").wait(PATIENCE_S), 0)  # of the same id: its start aborts the other's
        self.assertEqual(len(self.run_ours(*everything).splitlines()), 3)
        self.assertGreater(ended(), 10)

    def test_groups_and_their_lag(self):
        topic = group = self.name
        self.fill(topic)
        self.java(CONSUMER, "--topic", topic, "--group", group, "--from-beginning", "--max-messages", "25")
        theirs = self.wait("it is so", lambda: self.java_group(group))
        self.assertEqual(self.our_group(group), theirs)
        self.assertEqual(sum(int(row[2]) for row in theirs.values()), 35)
        self.assertIn({"group": group, "state": "Empty", "protocol": "classic", "members": 0}, self.json_of("group", "list"))
        self.assertEqual(sorted(row["group"] for row in self.json_of("group", "list")), sorted(self.java(GROUPS, "--list").split()))
        for arguments in (["list"], ["describe", group]):
            self.assertIn(group, self.run_ours("group", *arguments))

    def test_a_group_with_members(self):
        topic = group = self.name
        self.fill(topic)
        member = subprocess.Popen([*self.kafka.java("128m"), CONSUMER, "--bootstrap-server", self.kafka.bootstrap, "--topic", topic, "--group", group,
                                   "--from-beginning", "--consumer-property", "group.instance.id=static-one", "--consumer-property",
                                   "auto.commit.interval.ms=100"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(member.wait)
        self.addCleanup(member.kill)

        def has_read():
            groups = [row["group"] for row in self.json_of("group", "list")]
            return group in groups and [row[2] for row in self.our_group(group).values()] == ["0"] * 3
        self.wait("it is so", has_read)
        self.assertEqual(self.our_group(group), self.java_group(group))
        ours = self.json_of("group", "describe", group)
        self.assertEqual((ours["state"], ours["members"][0]["instance"], ours["members"][0]["host"]), ("Stable", "static-one", "127.0.0.1"))
        self.assertEqual([place["partition"] for place in ours["members"][0]["partitions"]], [0, 1, 2])
        self.assertIn("static-one", self.run_ours("group", "describe", group))
        self.assertIn("1 member", self.said("group", "reset", group, "--to", "beginning", expect=75))

    def test_offsets_set_back(self):
        topic = group = self.name
        self.fill(topic)
        self.java(CONSUMER, "--topic", topic, "--group", group, "--from-beginning", "--max-messages", "25")
        before = self.wait("it is so", lambda: self.committed(group))
        ends = {str(row["partition"]): row["next"] for row in self.json_of("topic", "describe", topic)["partitions"]}
        rows = [line.split() for line in self.run_ours("group", "reset", group, "--to", "beginning", "--dry-run").splitlines()[1:]]
        self.assertEqual(rows, [[topic, str(p), offset, "0"] for p, offset in sorted(before.items())])
        self.assertEqual(self.committed(group), before)

        self.run_ours("group", "reset", group, "--to", "beginning")
        self.assertEqual(self.committed(group), {p: "0" for p in before})
        for flags, expected in ((["--to", "end"], lambda end: end), (["--shift", "-4"], lambda end: end - 4), (["--shift", "1"], lambda end: end - 3),
                                (["--shift", "-1000"], lambda end: 0), (["--to", "7"], lambda end: min(7, end)),
                                (["--to", "2100-01-01"], lambda end: end), (["--to", "2020-01-01"], lambda end: 0)):
            self.run_ours("group", "reset", group, "--topic", topic, *flags)
            ours = {str(place[1]): row[0] for place, row in self.our_group(group).items()}
            self.assertEqual(ours, {p: str(expected(end)) for p, end in ends.items()}, flags)
        self.run_ours("group", "reset", group, "--to", "5")
        self.assertEqual(self.committed(group), {int(p): str(min(5, end)) for p, end in ends.items()})

    def test_the_demo(self):
        shown = self.run_ours("demo", "partitions", "--seconds", "12")
        places = dict(re.findall(r"key (\w+) is in partition (\d)", shown))
        self.assertEqual(len(places), 12)
        self.assertEqual({key: int(places[key]) for key in PLACES}, PLACES)
        for news in ("member one joins", "member three joins", "member one leaves"):
            self.assertIn(news, shown)
        self.assertTrue(re.search(r"member three has \d", shown), shown)
        self.assertEqual(set(re.findall(r"partition (\d): member (?:one|two|three)", shown)), set("0123"))
        self.assertTrue(re.search(r"committed [1-9]", shown), shown)
        self.assert_no_demo_left()

    def test_the_demo_ends_at_a_signal(self):
        demo = subprocess.Popen(binary.command("demo", "partitions", "--seconds", "600", "--brokers", self.kafka.bootstrap), stdout=subprocess.PIPE,
                                env=binary.environment())
        self.addCleanup(demo.kill)
        for line in demo.stdout:
            if b"has 0" in line:
                break
        demo.send_signal(signal.SIGINT)
        shown = demo.communicate(timeout=PATIENCE_S)[0]
        self.assertEqual((demo.returncode, b"deleted" in shown), (0, True), shown)
        self.assert_no_demo_left()

    def assert_no_demo_left(self):
        self.assertFalse([name for name in self.java_topics() + self.java(GROUPS, "--list").split() if name.startswith("tickerhouse-demo-")])


if __name__ == "__main__":
    unittest.main()
