"""A directory knows its topics by their ids: what has only their names is refused, and nothing is made or written in its place."""

import subprocess
import time
import unittest

from on_broker import BrokerTest, binary, cluster

SIMULATED = ["simulate", "--events", "200"]


class Identity(BrokerTest):
    def start(self, *flags):
        binary.run(*SIMULATED, "--data", self.data, *(flags or self.tape()))

    def record(self):
        return (self.data / "kafka").read_text()

    def topics(self, *arguments):
        return self.kafka.tool("TopicCommand", *arguments)

    def listed(self):
        return {name for name in self.topics("--list").split() if name.startswith(self.pipeline + ".")}

    def write_row(self, topic):
        done = subprocess.run([*self.kafka.java("128m"), "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", self.kafka.bootstrap, "--topic", topic],
                              input="a row of somebody's\n", text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout)

    def assert_refused(self, *names, arguments=None):
        self.fails(*(arguments or [*SIMULATED, "--data", self.data, *self.tape()]), words=names, timeout=60)

    def test_ids_are_noted(self):
        self.start()
        lines = self.record().splitlines()
        topics = self.listed()
        self.assertEqual([line.split("=")[0] for line in lines], ["brokers", "pipeline", "id", "cluster"] + ["topic"] * len(topics))
        described = self.topics("--describe", "--topic", f"{self.pipeline}.events")
        noted = dict(line.removeprefix("topic=").split() for line in lines if line.startswith("topic="))
        self.assertEqual(set(noted), topics)
        self.assertIn(noted[f"{self.pipeline}.events"], described)
        # A record of three lines, as an older version wrote it, becomes a whole one.
        (self.data / "kafka").write_text("\n".join(lines[:3]) + "\n")
        binary.run("export", "bars", "--data", self.data)
        self.start("--tape", "kafka")
        self.assertEqual(self.record().splitlines(), lines)

    def test_a_topic_made_again(self):
        self.start()
        name = f"{self.pipeline}.late"
        self.topics("--delete", "--topic", name)
        self.assert_refused(name, "missing")
        self.assertNotIn(name, self.listed())  # and is not made in silence
        self.topics("--create", "--topic", name, "--partitions", "4", "--config", "max.message.bytes=8388608")
        self.assert_refused(name, "made again", "--pipeline")
        self.assert_refused(name, "made again", arguments=["export", "bars", "--data", self.data])

    def test_all_topics_deleted(self):
        self.start()
        self.topics("--delete", "--topic", f"{self.pipeline}\\..*")
        self.assert_refused(self.pipeline, "missing", arguments=["status", "--data", self.data])
        self.assert_refused(self.pipeline, "missing")
        self.assertEqual(self.listed(), set())

    def test_another_cluster(self):
        self.start()
        noted = next(line for line in self.record().splitlines() if line.startswith("cluster=")).removeprefix("cluster=")
        with cluster.Cluster(self.path / "other", heap="256m") as other:
            for arguments in (["export", "bars", "--data", self.data, "--brokers", other.bootstrap],
                              [*SIMULATED, "--data", self.data, "--tape", "kafka", "--brokers", other.bootstrap]):
                self.assert_refused("kafka.brokers", noted, other.bootstrap, arguments=arguments)
            self.assertEqual(other.tool("TopicCommand", "--list").split(), [])

    def test_rows_of_somebody_else(self):
        name = f"{self.pipeline}.events"
        self.topics("--create", "--topic", name, "--partitions", "4", "--config", "max.message.bytes=8388608")
        self.write_row(name)
        self.assert_refused(name, "rows")
        self.assertEqual(self.listed(), {name})
        # A refused start has decided nothing: another pipeline is free to choose.
        self.pipeline += "-2"
        self.start()

    def test_positions_of_somebody_else(self):
        name = f"{self.pipeline}.positions"
        self.topics("--create", "--topic", name, "--partitions", "1", "--config", "max.message.bytes=8388608")
        self.write_row(name)
        self.assert_refused(name, "rows")
        self.assertEqual(self.listed(), {name})

    def test_empty_topics_are_adopted(self):
        name = f"{self.pipeline}.events"
        self.topics("--create", "--topic", name, "--partitions", "4", "--config", "max.message.bytes=8388608")
        self.start()
        binary.run("verify", "--data", self.data)

    def test_a_first_start_that_was_killed(self):
        for seconds in (0.2, 0.6, 1.0, 1.5):
            process = self.spawn(*SIMULATED, "--data", self.data, *self.tape())
            time.sleep(seconds)
            process.kill()
            process.wait()
        self.start()
        self.assertIn("cluster=", self.record())
        binary.run("verify", "--data", self.data)

    def test_messages_that_would_be_too_large(self):
        name = f"{self.pipeline}.events"
        self.topics("--create", "--topic", name, "--partitions", "4")
        self.assert_refused(name, "max.message.bytes", "1048588", "8388608")
        self.assertEqual(self.listed(), {name})
        self.topics("--delete", "--topic", name)
        self.start()


if __name__ == "__main__":
    unittest.main()
