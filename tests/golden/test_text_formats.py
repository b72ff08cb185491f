"""Every text format, byte for byte: tests/golden/text/feed.jsonl holds one record of each kind and fate, the files beside it what each export of it is.

The files are not the program's word alone: the Python reference writes the same bytes where it has the format. A difference that is meant is a change of format: it
belongs into docs/semantics.md section 6 and a release note."""

import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "proof"))
import binary  # noqa: E402
import expected  # noqa: E402

FEED = HERE / "text" / "feed.jsonl"
LEDGER = {"received": 16, "used": 8, "duplicate": 1, "late_revised": 1, "late_kept": 1, "rejected": 5, "cancelled": 0}
FORMATS = [(what, form) for what in ("bars", "events", "late", "rejects") for form in ("csv", "jsonl")]


def golden(what, form):
    return (HERE / "text" / f"{what}.{form}").read_bytes()


class TextFormats(unittest.TestCase):
    maxDiff = None

    def test_the_exports_have_these_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(binary.replay([FEED], folder), LEDGER)
            for what, form in FORMATS:
                with self.subTest(what=what, form=form):
                    self.assertEqual(binary.export(what, folder, form), golden(what, form))

    def test_the_reference_writes_the_same(self):
        said = expected.expect([FEED])
        self.assertEqual({key: said.ledger[key] for key in LEDGER}, LEDGER)
        self.assertEqual(said.exports, {"bars": golden("bars", "csv"), "events": golden("events", "jsonl"), "late": golden("late", "jsonl")})
        self.assertEqual(said.rejects, binary.rejects_of(golden("rejects", "csv")))

    def test_what_counted_replays_to_the_same_bars(self):
        with tempfile.TemporaryDirectory() as folder:
            binary.replay([HERE / "text" / "events.jsonl"], folder)
            self.assertEqual(binary.bars_without_state(binary.export("bars", folder, "csv")), binary.bars_without_state(golden("bars", "csv")))


if __name__ == "__main__":
    unittest.main()
