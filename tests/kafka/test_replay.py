"""`replay --tape kafka` as a stranger types it, beside the embedded tape: the same exports byte for byte, also after kills."""

import random
import time
import unittest

from on_broker import EXIT_CONFIGURATION, TwinTest, binary

KILLS = 6


class Replay(TwinTest):
    EVENTS, SYMBOLS, RATE = 30_000, 12, 100

    def assert_equal_to_the_embedded_run(self, data=None):
        status = super().assert_equal_to_the_embedded_run(data)
        self.assertEqual({sink["lag"] for sink in status["sinks"]}, {0})
        return status

    def test_equal_to_the_embedded_run(self):
        self.assertEqual(binary.replay([self.feed], self.data, *self.tape()), self.ledger)
        self.assert_equal_to_the_embedded_run()
        # Again: nothing new, the same ledger.
        self.assertEqual(binary.replay([self.feed], self.data), self.ledger)

    def test_killed_and_started_again(self):
        chance = random.Random(4)
        for _ in range(KILLS):
            process = self.spawn("replay", self.feed, "--data", self.data, "--batch", "500", *self.tape())
            time.sleep(chance.uniform(0.3, 3))
            process.kill()
            process.wait()
        self.assertEqual(binary.replay([self.feed], self.data, *self.tape()), self.ledger)
        self.assert_equal_to_the_embedded_run()

    def test_what_belongs_to_another_directory_is_refused(self):
        binary.run("simulate", "--events", "100", "--data", self.data, *self.tape())
        other = self.data.with_name("other")
        binary.run("simulate", "--events", "100", "--data", other, *self.tape(), expect=EXIT_CONFIGURATION)
        binary.run("simulate", "--events", "100", "--data", self.data, "--tape", "lmdb", expect=EXIT_CONFIGURATION)
        binary.run("simulate", "--events", "100", "--data", self.data, "--partitions", "8", expect=EXIT_CONFIGURATION)

    def test_settings_that_cannot_be(self):
        for flags in (["--tape", "kafka"], ["--tape", "paper"], [*self.tape(), "-X", "no.such=1"], [*self.tape(), "-X", "enable.idempotence=false"],
                      ["--tape", "kafka", "--brokers", self.kafka.bootstrap, "--pipeline", "no spaces"]):
            with self.subTest(flags=flags):
                binary.run("simulate", "--events", "100", "--data", self.data, *flags, expect=EXIT_CONFIGURATION)


if __name__ == "__main__":
    unittest.main()
