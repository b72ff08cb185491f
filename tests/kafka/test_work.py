"""The roles apart, each a process as a stranger starts it: `produce`, several `work`, `sink`, `serve`, on a real broker. However
workers come, leave or stay away, results equal those of the embedded run of the same input."""

import json
import signal
import subprocess
import time
import unittest

from on_broker import EXIT_CONFIGURATION, PARTITIONS, PATIENCE_S, Serving, Worker, WorkersTest, binary


class Work(WorkersTest):
    EVENTS = 60_000

    def committed(self):
        """What the broker's own tool says of the group: {partition: lag}."""
        told = self.kafka.tool("consumer.group.ConsumerGroupCommand", "--describe", "--group", "g")
        rows = [line.split() for line in told.splitlines() if f"{self.pipeline}.events" in line]
        return {int(row[2]): row[5] for row in rows}

    def test_each_role_a_process(self):
        """Workers first: they wait for the pipeline. Then the producer, a sink and the pages, each beside the others."""
        self.start(1), self.start(2)
        self.produce_all()
        self.wait_until_stepped()
        self.wait_until_shared()
        # The last rows of a partition are a transaction's marks: to the group's tools they are at most one row behind.
        self.assertEqual(set(self.committed()), set(range(PARTITIONS)))
        self.assertTrue(all(lag in ("0", "1") for lag in self.committed().values()), self.committed())
        binary.run("sink", "parquet", "--data", self.data, "--exit-at-end")
        binary.run("sink", "duckdb", "--data", self.data, "--exit-at-end")
        self.look_at_pages()
        for worker in self.workers.values():
            self.assertEqual(worker.end(), 0, worker.said())
        self.assert_equal_to_the_embedded_run()

    def look_at_pages(self):
        """A directory of its own, as on another machine."""
        serving = Serving(self.path / "pages.log", "--data", self.path / "pages", *self.tape())
        try:
            status, body = serving.ask("status")
            self.assertEqual((status, json.loads(body)["total"]["received"]), (200, self.ledger["received"]))
        finally:
            serving.end()

    def test_a_worker_that_stays_away(self):
        """Its partitions are the other's within the session timeout."""
        self.start(1), self.start(2)
        self.produce_all("--batch", "300")
        self.wait_until_shared()
        self.workers.pop(2).end(signal.SIGKILL)
        self.wait("worker 1 has all", lambda: "runs partitions 0 1 2 3\n" in self.workers[1].said())
        self.wait_until_stepped()
        self.assert_equal_to_the_embedded_run()

    def test_a_worker_of_no_name_leaves(self):
        """The others need not wait for its session to time out."""
        self.produce_all()
        self.start(0), self.start(1)
        self.wait_until_shared()
        begin = time.monotonic()
        self.assertEqual(self.workers[0].end(), 0)
        self.wait("worker 1 has all", lambda: self.workers[1].said().rstrip().endswith("runs partitions 0 1 2 3"))
        self.assertLess(time.monotonic() - begin, 9)
        self.wait_until_stepped()
        self.assert_equal_to_the_embedded_run()

    def test_replay_leaves_the_shards_to_workers(self):
        binary.run("produce", "/dev/null", "--data", self.data, *self.tape())
        self.start(1)
        self.wait("it runs", lambda: "runs partitions 0 1 2 3\n" in self.workers[1].said())
        self.assertIn("the workers of group g run the shards", self.end_of(self.replay()))
        self.assert_equal_to_the_embedded_run()

    def test_replay_leaves_the_shards_to_workers_that_come(self):
        """They take over what it had begun, and it waits for them."""
        loading = self.replay("--speed", "12")
        self.wait("it has begun", self.has_begun)
        self.start(1), self.start(2)
        self.assertIn("another process runs shard", self.end_of(loading))
        self.assert_equal_to_the_embedded_run()

    def replay(self, *flags):
        return subprocess.Popen(binary.command("replay", self.feed, "--data", self.data, "--batch", "300", *self.tape(), *flags), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=binary.environment())

    def end_of(self, loading):
        out, said = loading.communicate(timeout=PATIENCE_S)
        self.assertEqual((loading.returncode, binary.ledger_of(out)), (0, self.ledger), said)
        return said.decode()

    def test_two_workers_of_one_name(self):
        """The older one says so and ends: its number is somebody else's."""
        self.produce_all()
        first = self.start(1)
        self.wait("it runs", lambda: "runs partitions" in first.said())
        self.workers["again"] = Worker(self.data, 1, self.path / f"{self.name}-again.log", self.tape())
        self.assertEqual(first.process.wait(60), 75, first.said())
        self.assertIn("another worker has joined the group under this --id", first.said())
        self.wait_until_stepped()
        self.assert_equal_to_the_embedded_run()

    def test_what_has_no_workers(self):
        embedded = self.path / "embedded"
        for role in (["work"], ["sink", "parquet"]):
            with self.subTest(role=role):
                binary.run(*role, "--data", embedded, expect=EXIT_CONFIGURATION)
        binary.run("sink", "paper", "--data", embedded, expect=64)
        binary.run("work", "--data", self.data, "--tape", "kafka", expect=EXIT_CONFIGURATION)


if __name__ == "__main__":
    unittest.main()
