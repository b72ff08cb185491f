"""The tape on a real broker: the contract of tapes, in C++ against flow::Tape (tests/contract)."""

import os
import subprocess
import unittest

from on_broker import ROOT, BrokerTest

TEST = os.environ.get("TICKERHOUSE_KAFKA_TAPE_TEST", ROOT / "build/asan/tests/kafka_tape_test")


class Contract(BrokerTest):
    def test_contract(self):
        done = subprocess.run([str(TEST), "--gtest_brief=1"], env={**os.environ, "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout[-5000:])
        self.assertIn("[  PASSED  ]", done.stdout)


if __name__ == "__main__":
    unittest.main()
