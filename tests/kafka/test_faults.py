"""Everything that breaks, again and again while events come: workers, the broker, the network between. Results equal those of the
embedded run of the same input. TICKERHOUSE_KILLS and its like say how often (python tests/kafka --all)."""

import random
import signal
import time
import unittest

from on_broker import PARTITIONS, PATIENCE_S, WorkersTest, amount
import proxy  # noqa: I001  after on_broker, which knows the folders

KILLS = amount("KILLS", 6)
PAUSES = amount("PAUSES", 1)
BROKER_KILLS = amount("BROKER_KILLS", 1)
BROKER_PAUSES = amount("BROKER_PAUSES", 1)
CUTS = amount("CUTS", 2)
CHANGES = amount("CHANGES", 8)


class Faults(WorkersTest):
    @classmethod
    def make_cluster(cls, folder):
        return proxy.BehindProxy(folder)

    def setUp(self):
        super().setUp()
        self.chance = random.Random(5)
        self.where = self.kafka.bootstrap

    def brokers(self):
        return self.where

    def begin(self, seconds):
        """A producer and three workers, and beside them a `replay` into a pipeline of its own; they have work for about so long."""
        self.producing = self.produce("--batch", "300", *self.speed(seconds))
        self.wait_until_set_up()
        for number in (1, 2, 3):
            self.start(number)
        self.replayed = self.path / f"{self.name}-replay"
        self.replay_log = self.path / f"{self.name}-replay.log"
        with open(self.replay_log, "ab") as log:
            self.replaying = self.spawn("replay", self.feed, "--data", self.replayed, "--batch", "300", *self.tape()[:-1], f"{self.pipeline}-replay", *self.speed(seconds), log=log)
        self.wait_until_shared()
        self.wait("both have begun", lambda: self.has_begun() and self.has_begun(self.replayed))
        self.hit = 0

    def note_hit(self):
        """Whether events still came is in the table."""
        self.hit += self.producing.poll() is None

    def end(self, **counts):
        self.wait_until_produced(self.producing)
        self.assertEqual(self.replaying.wait(PATIENCE_S), 0, self.replay_log.read_text()[-3000:])
        self.wait_until_stepped()
        self.assert_all_work()
        self.assert_equal_to_the_embedded_run()
        self.assert_equal_to_the_embedded_run(self.replayed)
        self.assertGreater(self.hit, 0)
        self.did(events=2 * self.EVENTS, **counts, while_events_came=self.hit)

    def explain(self):
        """With what the broker holds open: an end that it never writes holds up every reader."""
        said = super().explain() + f"\nproduce: {self.produced.read_text()[-1500:]}\n" + self.kafka.tool("TransactionsCommand", "list")
        for partition in range(PARTITIONS):
            said += self.kafka.tool("TransactionsCommand", "describe-producers", "--topic", f"{self.pipeline}.events", "--partition", partition)
        return said + self.kafka.log(1).read_text(errors="replace")[-3000:]

    def test_killed_workers(self):
        """Workers killed at random moments; each comes back under its name, now and then in another's directory."""
        self.producing, self.hit = self.produce("--batch", "300", *self.speed(KILLS)), 0
        for number in (1, 2, 3):
            self.start(number)
        for i in range(KILLS):
            time.sleep(self.chance.uniform(0.2, 2.5))
            number = self.chance.choice((1, 2, 3))
            self.workers[number].end(signal.SIGKILL)
            self.note_hit()
            # A directory of its own: no checkpoint of another's is there.
            self.start(number, self.path / f"{self.name}-{number}" if i % 3 == 2 else None)
        self.wait_until_produced(self.producing)
        self.wait_until_stepped()
        self.assert_all_work()
        self.assert_equal_to_the_embedded_run()
        self.did(events=self.EVENTS, worker_kills=KILLS, while_events_came=self.hit)

    def test_paused_beyond_its_session(self):
        """A worker paused until its partitions are another's. What it has in hand when it wakes up is refused, and it goes on."""
        quick = [*self.tape(), "-X", "session.timeout.ms=6000"]
        self.start(1, None, *quick), self.start(2, None, *quick)
        self.wait("both wait for a pipeline or run", lambda: all(worker.said() for worker in self.workers.values()))
        producing = self.produce("--batch", "50", *self.speed(20 * PAUSES + 30))
        for _ in range(PAUSES):
            self.wait_until_shared()
            time.sleep(1)
            self.workers[1].send(signal.SIGSTOP)
            self.wait("worker 2 has all", lambda: len(self.workers[2].has_partitions()) == PARTITIONS)
            self.workers[1].send(signal.SIGCONT)
            self.wait("worker 1 is back", lambda: len(self.workers[2].has_partitions()) < PARTITIONS)
        producing.send_signal(signal.SIGINT)
        producing.wait(60)
        self.produce_all()
        self.wait_until_stepped()
        self.assert_all_work()
        self.assert_equal_to_the_embedded_run()
        self.did(events=self.EVENTS, worker_pauses=PAUSES)

    def test_workers_come_and_go(self):
        """Rebalances under load: workers, with names and without, join, leave, or are killed all the time."""
        self.producing, self.hit = self.produce("--batch", "300", *self.speed(2 * CHANGES)), 0
        self.wait_until_set_up()
        self.start(1)
        for number in range(2, CHANGES + 2):
            time.sleep(self.chance.uniform(0.1, 2))
            self.note_hit()
            if len(self.workers) > 1 and self.chance.random() < 0.5:
                leaving = self.workers.pop(self.chance.choice(sorted(self.workers)))
                if self.chance.random() < 0.3:
                    leaving.end(signal.SIGKILL)
                else:
                    self.assertEqual(leaving.end(), 0, leaving.said())
            else:
                self.start(number if self.chance.random() < 0.5 else -number)
        self.wait_until_produced(self.producing)
        self.wait_until_stepped()
        self.assert_all_work()
        self.assert_equal_to_the_embedded_run()
        self.did(events=self.EVENTS, changes_of_the_group=CHANGES, while_events_came=self.hit)

    def test_killed_broker(self):
        """The broker killed at random moments and started again."""
        self.begin(9 * BROKER_KILLS)
        for _ in range(BROKER_KILLS):
            time.sleep(self.chance.uniform(0.5, 3))
            self.kafka.kill(1)
            self.note_hit()
            time.sleep(self.chance.uniform(0, 2))
            self.kafka.start_node(1)
            self.kafka.wait_until_ready()
        self.end(broker_kills=BROKER_KILLS)

    def test_paused_broker(self):
        """The broker stopped for longer than sessions and transactions last."""
        self.begin(20 * BROKER_PAUSES)
        for _ in range(BROKER_PAUSES):
            time.sleep(self.chance.uniform(0.5, 3))
            self.kafka.pause(1)
            self.note_hit()
            time.sleep(self.chance.uniform(11, 15))
            self.kafka.resume(1)
            self.kafka.wait_until_ready()
        self.end(broker_pauses=BROKER_PAUSES)

    def test_cut_network(self):
        """Every connection dropped; new ones are refused for some seconds, or no byte passes for longer than a session."""
        self.where = self.kafka.proxied
        self.begin(14 * CUTS)
        for i in range(CUTS):
            time.sleep(self.chance.uniform(0.5, 3))
            if i % 2:
                self.kafka.proxy.silence()
                self.note_hit()
                time.sleep(self.chance.uniform(8, 14))
            self.kafka.proxy.cut()
            self.note_hit()
            time.sleep(self.chance.uniform(0, 5))
            self.kafka.proxy.mend()
        self.end(cuts=CUTS)


if __name__ == "__main__":
    unittest.main()
