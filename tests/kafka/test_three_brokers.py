"""Three brokers that are their own controllers, three copies of every topic, two of them in step before a write counts: one broker is killed,
the others go on, and results equal those of the embedded run."""

import json
import random
import time
import unittest

from on_broker import WorkersTest, amount, binary, cluster

KILLS = amount("CLUSTER_KILLS", 1)
NODES = [1, 2, 3]


class ThreeBrokers(WorkersTest):
    EVENTS = amount("EVENTS", 20_000)

    @classmethod
    def make_cluster(cls, folder):
        return cluster.Cluster(folder, brokers=len(NODES), heap="384m")

    def in_sync(self):
        """Those that are so everywhere in our topics."""
        topics = json.loads(binary.run("topic", "list", "--data", self.data, "--json"))
        told = [json.loads(binary.run("topic", "describe", f"{self.pipeline}.{row['topic']}", "--brokers", self.brokers(), "--json")) for row in topics]
        return set(NODES).intersection(*(row["in_sync"] for topic in told for row in topic["partitions"]))

    def wait_until_in_sync(self):
        """Else the next kill would leave fewer than a write needs."""
        self.wait("all brokers are in sync", lambda: self.in_sync() == set(NODES))

    def test_one_broker_down(self):
        """One of three brokers killed at random moments; the others go on without it, and it comes back."""
        chance, hit = random.Random(9), 0
        producing = self.produce("--batch", "300", *self.speed(25 * KILLS + 15))
        self.wait_until_set_up()
        for number in (1, 2, 3):
            self.start(number)
        self.wait_until_shared()
        self.wait("it has begun", self.has_begun)
        for i in range(KILLS):
            self.wait_until_in_sync()
            time.sleep(chance.uniform(0.5, 3))
            node = NODES[i % len(NODES)]
            self.kafka.kill(node)
            if producing.poll() is None:
                hit += 1
                before = self.received()
                self.wait("results come with one broker down", lambda: self.received() > before or producing.poll() is not None)
            self.kafka.start_node(node)
            self.kafka.wait_until_ready()
        self.wait_until_produced(producing)
        self.wait_until_stepped()
        self.assert_all_work()
        self.assert_equal_to_the_embedded_run()
        self.assertGreater(hit, 0)
        self.did(events=self.EVENTS, broker_kills=KILLS, while_events_came=hit)


if __name__ == "__main__":
    unittest.main()
