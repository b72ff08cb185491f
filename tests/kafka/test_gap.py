"""Rows that are deleted from a topic before they were read (kafka-delete-records, as a retention does): refused with what is missing, or accepted; then
the bars are those that the reference gives for the feed without the lost events, marks included, and everything says so afterwards."""

import json
import re
import signal
import subprocess
import sys
import time
import unittest

import on_broker
from on_broker import ROOT, binary

FEED = ["simulate", "--seed", "5", "--events", "12000", "--symbols", "8", "--rate", "10", "--fault", "late=0.0004", "--fault", "duplicate=0.01", "--fault", "out_of_order=0.05"]
REFUSED, DAMAGED = 78, 74


class Gap(on_broker.WorkersTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lossy = cls.path / "lossy.jsonl"
        binary.run(*FEED, "--output", cls.lossy)
        cls.lines = cls.lossy.read_bytes().splitlines(True)

    def setUp(self):
        super().setUp()
        self.feeding = None

    def place(self, name):
        return self.path / f"{self.name}-{name}"

    def put(self, begin, end):
        """Lines of the feed into a producer that stays open."""
        if self.feeding is None:
            self.feeding = subprocess.Popen(binary.command("produce", "-", "--data", self.data, "--partitions", "1", *self.tape()), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.PIPE, env=binary.environment())
            for stream in (self.feeding.stdin, self.feeding.stdout, self.feeding.stderr):
                self.addCleanup(stream.close)
            self.addCleanup(self.feeding.kill)
        for line in self.lines[begin:end]:
            self.feeding.stdin.write(line)
        self.feeding.stdin.flush()

    def end_input(self):
        self.feeding.stdin.close()
        said = self.feeding.stderr.read()
        self.assertEqual(self.feeding.wait(60), 0, said)

    def work(self, number, place, *flags):
        return self.start(number, self.place(place), *self.tape(), "-X", "session.timeout.ms=30000", *flags)

    def rows(self):
        """[(offset, is an event)] of the topic of events."""
        said = binary.run("tail", f"{self.pipeline}.events", "--brokers", self.kafka.bootstrap, "--place", "--headers", "--from", "beginning", "--exit-at-end").decode()
        found = []
        for line in said.splitlines():
            place, kind = re.match(r"0:(\d+)\skind=(\w+)\s", line).groups()
            found.append((int(place), kind not in ("watermark", "status")))
        return found

    def delete_before(self, offset):
        cut = self.path / f"{self.name}.json"
        cut.write_text(json.dumps({"version": 1, "partitions": [{"topic": f"{self.pipeline}.events", "partition": 0, "offset": offset}]}))
        self.kafka.tool("DeleteRecordsCommand", "--offset-json-file", cut)

    def lose(self, next_offset, events):
        """Deletes from there on, up to the watermark after so many events; ({first, end} of the lost by arrival, the first offset that is left)."""
        rows = self.rows()
        first = sum(is_event for offset, is_event in rows if offset < next_offset)
        arrived = 0
        for offset, is_event in rows:
            arrived += is_event
            if not is_event and arrived > first + events:
                self.delete_before(offset)
                return (first, arrived), offset
        self.fail("no such watermark")

    def position(self):
        """Where the shard stands: its commits tell the group."""
        said = json.loads(binary.run("group", "describe", "g", "--brokers", self.kafka.bootstrap, "--json"))
        return next(row["committed"] for row in said["offsets"] if row["topic"] == f"{self.pipeline}.events")

    def assert_refused(self, worker, code, *words):
        self.assertEqual(worker.process.wait(60), code, worker.said())
        self.workers.pop(worker.number)
        for word in words:
            self.assertIn(str(word), worker.said())

    def verified(self):
        done = subprocess.run(binary.command("verify", "--data", self.data), capture_output=True, text=True, timeout=120, env=binary.environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def assert_is_the_feed_without(self, lost):
        expected = self.path / f"{self.name}-expected.csv"
        ledger = json.loads(subprocess.run([sys.executable, str(ROOT / "tests/reference/main.py"), str(self.lossy), "--lost", f"{lost[0]}:{lost[1]}", "--bars", str(expected)],
                                           capture_output=True, check=True, timeout=120).stdout.decode().splitlines()[-1])
        status = self.status()
        self.assertEqual({key: status["total"][key] for key in binary.LEDGER_KEYS}, {key: ledger[key] for key in binary.LEDGER_KEYS})
        # What was read and what was lost is all there was.
        self.assertEqual(status["total"]["received"] + lost[1] - lost[0], len(self.lines))
        (told,) = [partition["lost"] for partition in status["partitions"] if "lost" in partition]
        self.assertGreaterEqual(told["offsets"], lost[1] - lost[0])  # watermarks and ends of transactions have offsets too
        self.assertLessEqual(told["to"] - told["from"], told["offsets"])
        bars = binary.export("bars", self.data, "csv")
        self.assertEqual(binary.first_difference("bars", bars, expected.read_bytes()), "")
        marked = [line for line in bars.splitlines() if b"gap" in line.rsplit(b",", 1)[1]]
        self.assertTrue(0 < len(marked) < len(bars.splitlines()) - 1, len(marked))
        self.verified()

    def test_a_shard(self):
        self.put(0, 4000)
        self.work(1, "a")
        self.wait("it has the first part", lambda: self.received() >= 3990)
        self.assertEqual(self.workers.pop(1).end(), 0)
        self.put(4000, len(self.lines))
        self.end_input()
        start = self.position()
        lost, begin = self.lose(start, 3000)
        self.assert_refused(self.work(1, "b"), REFUSED, "events, partition 0", start, begin, begin - start, "--accept-gap")
        accepting = self.work(1, "b", "--accept-gap")
        self.wait("it goes on", lambda: "lost, and it goes on" in accepting.said())
        self.workers.pop(1).end(signal.SIGKILL)
        # Once is enough: another one, elsewhere, knows of it.
        self.work(1, "c")
        self.wait_until_nothing_waits()
        self.assertEqual(self.workers.pop(1).end(), 0)
        for said in (binary.run("status", "--data", self.data).decode(), self.verified()):
            self.assertIn(f"from offset {start} to {begin}; what may lack one is marked gap", said)
        self.assert_is_the_feed_without(lost)

    def test_a_worker_that_is_too_slow(self):
        """It is there all the time; what it meets ends it, and its state is not lost."""
        self.put(0, 4000)
        slow = self.work(1, "a")
        self.wait("it has the first part", lambda: self.received() >= 3990)
        slow.send(signal.SIGSTOP)
        time.sleep(0.5)
        self.put(4000, len(self.lines))
        self.end_input()
        start = self.position()
        lost, begin = self.lose(start, 3000)
        slow.send(signal.SIGCONT)
        self.assert_refused(slow, REFUSED, start, begin, "--accept-gap")
        self.work(1, "b", "--accept-gap")
        self.wait_until_nothing_waits()
        self.assertEqual(self.workers.pop(1).end(), 0)
        self.assert_is_the_feed_without(lost)

    def test_a_state_that_nobody_has(self):
        self.put(0, 4000)
        killed = self.work(1, "a")
        self.wait("it has the first part", lambda: self.received() >= 3990)
        killed.end(signal.SIGKILL)
        self.workers.pop(1)
        self.put(4000, len(self.lines))
        self.end_input()
        self.lose(self.position(), 3000)
        self.assert_refused(self.work(1, "b", "--accept-gap"), DAMAGED, "checkpoint")

    def test_a_sink(self):
        self.put(0, 4000)
        self.work(1, "a")
        self.wait("the first part is there", lambda: self.received() >= 3990)
        binary.run("sink", "csv", "--data", self.data, "--exit-at-end")
        self.put(4000, len(self.lines))
        self.end_input()
        self.wait_until_nothing_waits()
        read = self.sink_position()
        lost, begin = self.lose(read, 3000)
        binary.run("sink", "csv", "--data", self.data, "--exit-at-end", expect=REFUSED)
        binary.run("sink", "csv", "--data", self.data, "--exit-at-end", "--accept-gap")
        binary.run("sink", "csv", "--data", self.data, "--exit-at-end")
        self.assertGreater(self.sink_position(), begin)
        written = [line for path in (self.data / "history/events").rglob("*.csv") for line in path.read_text().splitlines()[1:]]
        self.assertEqual(len(written), len(self.lines) - (lost[1] - lost[0]))

    def sink_position(self):
        return next(sink["position"] for sink in self.status()["sinks"] if sink["name"] == "csv" and sink["topic"] == "events")

    def wait_until_nothing_waits(self):
        def all_stepped():
            status = self.status()
            return status["sources"][0]["finished"] and not any(partition["waiting"] for partition in status["partitions"])

        self.wait("nothing waits", all_stepped)


if __name__ == "__main__":
    unittest.main()
