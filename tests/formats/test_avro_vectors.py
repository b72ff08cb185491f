"""The vectors that avro_test.cc reads are what fastavro writes."""

import json
import pathlib
import unittest

from avro_vectors import vectors


class Vectors(unittest.TestCase):
    def test_the_kept_ones_are_written_again(self):
        kept = json.loads((pathlib.Path(__file__).parent / "avro_vectors.json").read_text(encoding="utf-8"))
        self.assertEqual(vectors(), kept)


if __name__ == "__main__":
    unittest.main()
