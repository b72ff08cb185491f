"""Workers on different machines, each with a directory of its own: who takes a shard over goes on from the checkpoint in the topic. What is torn is
not used, what retention has cut is not needed, and a pipeline from before the topic gets it."""

import re
import signal
import subprocess
import unittest

import on_broker
from on_broker import PARTITIONS, binary

CHECKPOINT_ROWS, STEP_ROWS = 2000, 300
QUICK = ["-X", "session.timeout.ms=6000"]
RECOVERED = re.compile(r"partition (\d+) goes on at offset (\d+): (\d+) events stepped again from (?:the checkpoint at offset (\d+)|the beginning)")


def recovered(worker):
    """{partition: (events stepped again, offset of the checkpoint; 0: none)}, of the last time."""
    return {int(found[1]): (int(found[3]), int(found[4] or 0)) for found in RECOVERED.finditer(worker.said())}


class Checkpoints(on_broker.WorkersTest):
    EVENTS = 60_000

    def start(self, number, data=None, *flags):
        flags = [*self.tape(), *QUICK, "--checkpoint-rows", CHECKPOINT_ROWS, "--batch", STEP_ROWS, *flags]
        return super().start(number, data, *map(str, flags))

    def place(self, name):
        return self.path / f"{self.name}-{name}"

    def files(self, data):
        return sorted((data / "checkpoints").iterdir())

    def ends(self, topic, time):
        """{partition: offset} of the first (-2) or next (-1) message."""
        said = self.kafka.tool("GetOffsetShell", "--topic", f"{self.pipeline}.{topic}", "--time", time)
        return {int(line.split(":")[1]): int(line.split(":")[2]) for line in said.split()}

    def settle(self):
        """Worker 1 steps everything and ends."""
        self.produce_all()
        self.start(1, self.place("a"))
        self.wait_until_stepped()
        self.assertEqual(self.workers.pop(1).end(), 0)

    def test_taken_over_in_another_directory(self):
        producing = self.produce("--batch", "300", "--speed", "20")
        self.start(1, self.place("a"))
        self.wait("it is in the middle", lambda: self.received() > 25_000)
        self.workers[1].end(signal.SIGKILL)
        self.assertLess(self.received(), self.ledger["received"])
        successor = self.start(2, self.place("b"))
        self.wait("worker 2 has all", lambda: len(recovered(successor)) == PARTITIONS)
        for partition, (again, checkpoint) in recovered(successor).items():
            self.assertGreater(checkpoint, 3 * CHECKPOINT_ROWS // 2, partition)
            self.assertLessEqual(again, CHECKPOINT_ROWS + STEP_ROWS, partition)
        self.wait_until_produced(producing)
        self.wait_until_stepped()
        self.assertEqual(successor.end(), 0)
        self.assert_equal_to_the_embedded_run()
        self.assertEqual([self.files(self.place(name)) for name in "ab"], [[], []])

    def test_in_the_directory(self):
        """As it was before: another directory steps everything again. Told to use the topic, the first one finds its files all the same."""
        self.produce_all()
        self.start(1, self.place("a"), "--checkpoints", "directory")
        self.wait_until_stepped()
        self.assertEqual(self.workers.pop(1).end(), 0)
        self.assertEqual(set(self.ends("checkpoints", -1).values()), {0})
        self.assertGreaterEqual(len(self.files(self.place("a"))), PARTITIONS)
        another = self.start(2, self.place("b"), "--checkpoints", "directory")
        self.wait("worker 2 has all", lambda: len(recovered(another)) == PARTITIONS)
        self.assertEqual({checkpoint for _, checkpoint in recovered(another).values()}, {0})
        self.assertGreaterEqual(sum(again for again, _ in recovered(another).values()), self.ledger["received"] - self.status()["ingest"]["rejected"])
        self.assertEqual(another.end(), 0)
        first = self.start(3, self.place("a"))
        self.wait("worker 3 has all", lambda: len(recovered(first)) == PARTITIONS)
        self.assertEqual({again for again, _ in recovered(first).values()}, {0})
        self.assert_equal_to_the_embedded_run()

    def write_torn(self):
        """The first of two chunks, by somebody whose second never came; to every partition."""
        torn = "".join(f"kind:checkpoint,offset:999999,chunk:0,chunks:2,hash:{'0' * 32}\tshard/{i} 0\thalf of it\n" for i in range(100))
        done = subprocess.run([*self.kafka.java("128m"), "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", self.kafka.bootstrap, "--topic",
                               f"{self.pipeline}.checkpoints", "--property", "parse.key=true", "--property", "parse.headers=true"],
                              input=torn, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_torn(self):
        self.settle()
        before = self.ends("checkpoints", -1)
        self.write_torn()
        self.assertTrue(all(end > before[partition] for partition, end in self.ends("checkpoints", -1).items()))
        successor = self.start(2, self.place("b"))
        self.wait("worker 2 has all", lambda: len(recovered(successor)) == PARTITIONS)
        self.assertEqual({again for again, _ in recovered(successor).values()}, {0})
        self.assertEqual(successor.end(), 0)
        # The whole ones of one partition go, and the torn one stays.
        name = f"{self.pipeline}.checkpoints"
        binary.run("topic", "alter", name, "--set", "cleanup.policy=compact,delete", "--brokers", self.kafka.bootstrap)
        cut = self.path / "cut.json"
        cut.write_text(f'{{"version": 1, "partitions": [{{"topic": "{name}", "partition": 2, "offset": {before[2]}}}]}}')
        self.kafka.tool("DeleteRecordsCommand", "--offset-json-file", cut)
        third = self.start(3, self.place("c"))
        self.wait("worker 3 has all", lambda: len(recovered(third)) == PARTITIONS)
        for partition, (again, checkpoint) in recovered(third).items():
            self.assertEqual(again == 0 and checkpoint > 0, partition != 2, partition)
        self.assertEqual(third.end(), 0)
        self.assert_equal_to_the_embedded_run()

    def forget_topic(self, data):
        record = data / "kafka"
        record.write_text("".join(line for line in record.read_text().splitlines(True) if ".checkpoints " not in line))

    def test_a_pipeline_from_before_the_topic(self):
        self.produce_all()
        name = f"{self.pipeline}.checkpoints"
        self.kafka.tool("TopicCommand", "--delete", "--topic", name)
        self.forget_topic(self.data)
        # Who only reads, reads.
        self.assertEqual(self.received(), self.status()["ingest"]["rejected"])
        self.start(1, self.place("a"))
        self.wait_until_stepped()
        self.assertEqual(self.workers.pop(1).end(), 0)
        self.assertTrue(all(end > 0 for end in self.ends("checkpoints", -1).values()))
        self.assertIn(f"topic={name} ", (self.place("a") / "kafka").read_text())
        self.produce_all()
        self.assertIn(f"topic={name} ", (self.data / "kafka").read_text())
        self.assert_equal_to_the_embedded_run()
        # From now on it is known by its id.
        self.kafka.tool("TopicCommand", "--delete", "--topic", name)
        binary.run("work", "--data", self.place("a"), *self.tape(), expect=78)

    def test_retention(self):
        """The producer cuts what the checkpoints of workers elsewhere allow; a successor in a new directory goes on behind the cut."""
        producing = self.produce("--batch", "300", "--speed", "12", "--retention-age", "1h")
        self.start(1, self.place("a"))
        self.wait("events are cut", lambda: (self.place("a") / "kafka").exists() and all(first > CHECKPOINT_ROWS for first in self.ends("events", -2).values()))
        self.workers[1].end(signal.SIGKILL)
        self.assertIsNone(producing.poll())
        successor = self.start(2, self.place("b"))
        self.wait("worker 2 has all", lambda: len(recovered(successor)) == PARTITIONS)
        self.wait_until_produced(producing)
        self.wait_until_stepped()
        self.assertEqual(successor.end(), 0)
        self.assertEqual({key: self.status()["total"][key] for key in binary.LEDGER_KEYS}, self.ledger)
        for what in ("bars", "late", "rejects"):
            self.assertEqual(binary.export(what, self.data, "csv"), self.exports[what], what)
        binary.run("verify", "--data", self.data)


if __name__ == "__main__":
    unittest.main()
