"""The same input gives the same bytes: whatever the number of threads and the size of a batch. With other partitions: the same exports.

    TICKERHOUSE_BIN=build/release/tickerhouse python3 tests/proof/test_replay_equal.py
"""

import hashlib
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import binary
import feed
import generate
from expected import differences, expect

EVENTS = int(os.environ.get("TICKERHOUSE_EQUAL_EVENTS", "20000"))
TOPICS = ("bars", "settled", "late", "signals", "alerts")
RUNS = {f"threads {threads}": ["--threads", threads] for threads in (1, 2, 4)}
RUNS |= {f"batch {batch}": ["--batch", batch, "--durability", "os"] for batch in (1, 7, 1000)}
RUNS |= {"one thread": ["--one-thread"], "threads 4, batch 7": ["--threads", 4, "--batch", 7, "--durability", "os"]}


def fingerprint(data):
    """One hash over all result topics, message by message, and all exports."""
    total = hashlib.sha256()
    for topic in TOPICS:
        total.update(topic.encode() + b"\0" + binary.run("tail", topic, "--data", data, "--from", "beginning", "--exit-at-end", "--format", "jsonl"))
    for name, content in sorted(binary.exports(data).items()):
        total.update(name.encode() + b"\0" + content)
    return total.hexdigest()


class ReplayEqual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="equal")
        cls.file = pathlib.Path(cls.folder.name, "feed.jsonl")
        feed.write(cls.file, 7, EVENTS)
        made = next(made for made in map(generate.scenario, range(30, 100)) if made.file_name.endswith(".jsonl") and not made.mapping)
        cls.hostile, cls.hostile_flags = pathlib.Path(cls.folder.name, made.file_name), made.flags()
        cls.hostile.write_bytes(made.data)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def loaded(self, name, file, flags):
        data = pathlib.Path(self.folder.name, f"{file.stem} {name}".replace(" ", "_").replace(",", ""))
        return data, binary.replay([file], data, *flags)

    def test_threads_and_batches(self):
        for file, more in ((self.file, []), (self.hostile, self.hostile_flags)):
            prints, ledgers = {}, {}
            for name, flags in RUNS.items():
                data, ledgers[name] = self.loaded(name, file, [*flags, "--partitions", 4, *more])
                prints[name] = fingerprint(data)
            self.assertEqual(len(set(prints.values())), 1, f"{file.name}: {prints}")
            self.assertEqual(len({tuple(ledger.items()) for ledger in ledgers.values()}), 1, ledgers)

    def test_partitions(self):
        for file, more in ((self.file, []), (self.hostile, self.hostile_flags)):
            exports = {}
            for partitions in (1, 3, 8):
                data, _ = self.loaded(f"partitions {partitions}", file, ["--partitions", partitions, *more])
                exports[partitions] = binary.exports(data)
            for partitions in (3, 8):
                for name, content in exports[partitions].items():
                    self.assertEqual(binary.first_difference(f"{name} of {partitions} partitions", content, exports[1][name]), "")

    def test_the_feed_is_right(self):
        data, ledger = self.loaded("right", self.file, [])
        self.assertEqual(differences(expect([self.file]), ledger, data), "")


if __name__ == "__main__":
    unittest.main()
