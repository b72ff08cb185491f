"""The program agrees with the reference, byte for byte, on hostile inputs of many seeds.

    TICKERHOUSE_BIN=build/release/tickerhouse python3 tests/proof/test_oracle.py                          all
    TICKERHOUSE_BIN=build/release/tickerhouse python3 tests/proof/test_oracle.py Scenarios.test_seed_017  one

TICKERHOUSE_SEEDS=N changes how many. A failing seed's input: python3 tests/proof/generate.py --seed 17 --output DIR
"""

import concurrent.futures
import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import binary
import generate
from expected import differences, expect

SEEDS = int(os.environ.get("TICKERHOUSE_SEEDS", "220"))
VERIFIED_EVERY = 10
WORKERS = 2
PARTITIONS = (1, 3, 1, 3, 2, 4, 1, 3, 5)        # nine, so that every shape of input (ten in turn) meets every count


def judge(seed):
    """One scenario through the program and the reference; the text of what differs."""
    made = generate.scenario(seed)
    with tempfile.TemporaryDirectory(prefix="oracle") as folder:
        file = pathlib.Path(folder, made.file_name)
        file.write_bytes(made.data)
        flags = made.flags() + ["--partitions", PARTITIONS[seed % len(PARTITIONS)]]
        if made.mapping:
            mapping_file = pathlib.Path(folder, "mapping.toml")
            mapping_file.write_text(made.mapping)
            flags += ["--mapping", mapping_file]
        data = pathlib.Path(folder, "data")
        ledger = binary.replay([file], data, *flags, "--history", "none")  # history files have proofs of their own
        found = differences(expect([file], settings=made.settings, mapping_toml=made.mapping), ledger, data)
        if not found and seed % VERIFIED_EVERY == 0:
            binary.run("verify", "--data", data)
        return found


class Scenarios(unittest.TestCase):
    """One test per seed; the next ones run ahead on the other core."""

    @classmethod
    def setUpClass(cls):
        cls.pool = concurrent.futures.ThreadPoolExecutor(WORKERS)
        cls.running = {}

    @classmethod
    def tearDownClass(cls):
        cls.pool.shutdown(cancel_futures=True)

    def judged(self, seed):
        alone = any("test_seed_" in argument for argument in sys.argv)
        for ahead in range(seed, min(SEEDS, seed + (1 if alone else 2 * WORKERS))):
            if ahead not in self.running:
                self.running[ahead] = self.pool.submit(judge, ahead)
        return self.running[seed].result()


def _add_seed(seed):
    def test(self):
        found = self.judged(seed)
        self.maxDiff = None
        self.assertEqual(found, "", f"\nseed {seed} differs; its input: python3 tests/proof/generate.py --seed {seed} --output DIR")
    setattr(Scenarios, f"test_seed_{seed:03}", test)


for _seed in range(SEEDS):
    _add_seed(_seed)


def _trade(time, **more):
    return json.dumps({"symbol": "A", "price": 10, "volume": 1, "ts": f"2024-03-05T{time}Z", **more})


# Inputs that dice would hardly throw: (name of the file, its bytes).
CORNERS = {
    "empty": ("in.jsonl", b""),
    "blank": ("in.jsonl", b"\n \t\r\n\n"),
    "only_a_mark": ("in.jsonl", b"\xef\xbb\xbf"),
    "only_a_header": ("in.csv", b"symbol,price,volume,ts\n"),
    "header_without_end": ("in.csv", b"symbol,price,volume,ts"),
    "only_rejects": ("in.jsonl", b"{x\n{}\n"),
    "only_skipped": ("in.jsonl", b'{"type":"ping"}\n'),
    "no_last_line_end": ("in.jsonl", _trade("10:00:00").encode()),
    "carriage_return_at_the_end": ("in.csv", b"symbol,price,volume,ts\r\nA,1,2,2024-03-05T10:00:00Z\r"),
    "first_moment": ("in.jsonl", b'{"symbol":"A","price":1,"ts_epoch_ms":0}\n{"symbol":"A","price":2,"ts_epoch_ms":-1}\n{"symbol":"A","price":3,"ts_epoch_ms":60000}\n'),
    "last_moment": ("in.jsonl", b'{"symbol":"A","price":1,"ts":"2262-04-10T23:59:59.999999999Z","ts_recv":"2262-04-10T23:59:59Z"}\n{"symbol":"A","price":1,"ts":"2262-04-11T00:00:00Z"}\n'),
    "one_quote": ("in.jsonl", b'{"kind":"quote","symbol":"A","bid":0,"ask":0,"ts":"2024-03-05T10:00:00Z"}\n'),
    "a_hole_at_the_watermark": ("in.jsonl", "\n".join([_trade("10:00:30", seq=1), _trade("10:00:35", seq=3), _trade("10:00:31", seq=2), _trade("10:01:35", seq=4)]).encode()),
    "a_hole_as_wide_as_can_be": ("in.jsonl", "\n".join([_trade("10:00:30", seq=0), _trade("10:00:35", seq=2**63 - 1), _trade("10:00:31", seq=2), _trade("10:01:35", seq=4)]).encode()),
    "a_message_of_many": ("in.jsonl", b'{"type":"trade","data":[' + b",".join(b'{"s":"S%d","p":1.5,"v":1,"t":1709637240000}' % n for n in range(3000)) + b"]}\n"),
    "long_line": ("in.jsonl", _trade("10:00:00").encode() + b"\n" + b"x" * (4 << 20) + b"y\r\n" + _trade("10:00:01").encode()),
    "many_symbols": ("in.jsonl", "".join(_trade(f"10:00:{n % 60:02}.{n:06}", symbol=f"S{n}") + "\n" for n in range(3000)).encode()),
    "csv_in_any_order": ("in.csv", b'price,"ts",Other,symbol,size\n1.5,2024-03-05 10:00,,"A",\n'),
    "csv_with_a_column_twice": ("in.csv", b"symbol,price,price,volume,ts\nA,1,5,2,2024-03-05T10:00:00Z\nA,,6,2,2024-03-05T10:00:01Z\nA,7,,2,2024-03-05T10:00:02Z\n"),
    "csv_with_names_in_quotes": ("in.csv", b'"symbol","pr""ice","price",volume,"ts"\nA,x,7,2,2024-03-05T10:00:02Z\n'),
    "csv_header_after_blank_lines": ("in.csv", b"\n \t\r\nsymbol,price,volume,ts\r\nA,7,2,2024-03-05T10:00:02Z\n"),
    "csv_header_with_other_bytes": ("in.csv", b"\xff,symbol,price,volume,ts,\n\xfe,A,7,2,2024-03-05T10:00:02Z,\n"),
    "csv_with_names_of_other_case": ("in.csv", b"Symbol, price,volume,ts\nA,7,2,2024-03-05T10:00:02Z\n"),
    "not_a_table": ("in.csv", b"hello\nworld\n"),
}


class Corners(unittest.TestCase):
    def check(self, name, content):
        with tempfile.TemporaryDirectory(prefix="oracle") as folder:
            file, data = pathlib.Path(folder, name), pathlib.Path(folder, "data")
            file.write_bytes(content)
            ledger = binary.replay([file], data)
            self.assertEqual(differences(expect([file]), ledger, data), "")
            binary.run("verify", "--data", data)


for _name, _corner in CORNERS.items():
    setattr(Corners, f"test_{_name}", lambda self, corner=_corner: self.check(*corner))


class Metamorphic(unittest.TestCase):
    """What must not matter."""

    def bars_of(self, folder, name, content, *flags):
        file = pathlib.Path(folder, name + ".jsonl")
        file.write_bytes(content)
        data = pathlib.Path(folder, name)
        binary.replay([file], data, *flags)
        return binary.export("bars", data, "csv")

    def test_order_within_the_bound(self):
        for seed in range(8):
            with self.subTest(seed=seed), tempfile.TemporaryDirectory(prefix="oracle") as folder:
                events = generate.orderly(seed)
                text = lambda order: "".join(line for _, line in order).encode()
                straight = self.bars_of(folder, "straight", text(events))
                other = generate.shuffled(events, 5 * generate.NS, seed)
                self.assertNotEqual(events, other)
                mixed = self.bars_of(folder, "mixed", text(other))
                self.assertEqual(binary.first_difference("bars", binary.bars_without_state(mixed), binary.bars_without_state(straight)), "")

    def test_exported_events_replay_to_the_same_bars(self):
        for seed in range(8):
            with self.subTest(seed=seed), tempfile.TemporaryDirectory(prefix="oracle") as folder:
                events = generate.shuffled(generate.orderly(seed), 60 * generate.NS, seed)            # many of them late
                first = self.bars_of(folder, "first", "".join(line for _, line in events).encode())
                exported = binary.export("events", pathlib.Path(folder, "first"), "jsonl")
                again = self.bars_of(folder, "again", exported)
                self.assertEqual(binary.first_difference("bars", binary.bars_without_state(again), binary.bars_without_state(first)), "")

    def test_gzip_and_packets_change_nothing(self):
        import gzip
        made = generate.scenario(1)
        with tempfile.TemporaryDirectory(prefix="oracle") as folder:
            plain = pathlib.Path(folder, "feed.jsonl")
            plain.write_bytes(made.data if not made.file_name.endswith(".gz") else gzip.decompress(made.data))
            packed = pathlib.Path(folder, "feed.jsonl.gz")
            whole = plain.read_bytes()
            half = len(whole) // 2
            packed.write_bytes(gzip.compress(whole[:half]) + gzip.compress(whole[half:]))              # two members, as pigz and logrotate write
            results = []
            for file, name in ((plain, "one"), (packed, "two")):
                data = pathlib.Path(folder, name)
                ledger = binary.replay([file], data, *made.flags())
                results.append((ledger, binary.exports(data)))
            self.assertEqual(results[0], results[1])

    def test_a_second_load_adds_nothing(self):
        made = generate.scenario(2)
        with tempfile.TemporaryDirectory(prefix="oracle") as folder:
            file, data = pathlib.Path(folder, made.file_name), pathlib.Path(folder, "data")
            file.write_bytes(made.data)
            first = binary.replay([file], data, *made.flags()), binary.exports(data)
            other_name = file.rename(pathlib.Path(folder, "renamed.jsonl"))
            self.assertEqual((binary.replay([other_name], data, *made.flags()), binary.exports(data)), first)

    def test_several_files_are_one_input(self):
        for seed in (3, 5):
            with self.subTest(seed=seed), tempfile.TemporaryDirectory(prefix="oracle") as folder:
                events = generate.orderly(seed)
                files = []
                for number in range(3):
                    files.append(pathlib.Path(folder, f"part{number}.jsonl"))
                    files[-1].write_text("".join(line for _, line in events[number::3]) + '{"broken\n')
                data = pathlib.Path(folder, "data")
                ledger = binary.replay(files, data)
                self.assertEqual(differences(expect(files), ledger, data), "")
                straight = self.bars_of(folder, "straight", "".join(line for _, line in events).encode())
                self.assertEqual(binary.bars_without_state(binary.export("bars", data, "csv")), binary.bars_without_state(straight))

    def test_one_input_after_another(self):
        """What a later source brings into settled windows is late_kept; all else is free."""
        for seed, settings in ((1, {}), (2, {"intervals": "1m,5m"}), (3, {"intervals": "1m"})):
            with self.subTest(seed=seed), tempfile.TemporaryDirectory(prefix="oracle") as folder:
                flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
                data, files, ledger = pathlib.Path(folder, "data"), [], None
                first, second = generate.orderly(seed), generate.orderly(seed + 100)
                for name, events in (("one", first), ("two", sorted(first[::7] + second))):
                    files.append(pathlib.Path(folder, name + ".jsonl"))
                    files[-1].write_text("".join(line for _, line in events))
                    ledger = binary.replay(files[-1:], data, *flags)
                self.assertEqual(differences(expect(*([file] for file in files), settings=settings), ledger, data), "")
                binary.run("verify", "--data", data)


if __name__ == "__main__":
    unittest.main()
