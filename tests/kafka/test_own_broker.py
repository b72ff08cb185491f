"""`./run --tape kafka` as a newcomer types it: a real broker comes with it and goes with it; what it made is there for the next command."""

import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/proof"))
import binary  # noqa: E402

PATIENCE_S = 120


class OwnBroker(unittest.TestCase):
    """tools/kafka/with_broker around the program under test: what ./run does once everything is built."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tickerhouse-own-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"

    def command(self, *arguments):
        return [ROOT / "tools/kafka/with_broker", self.data / "broker", *binary.command(*arguments, "--data", self.data)]

    def run_it(self, *arguments):
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=PATIENCE_S, env=binary.environment(), check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def brokers_alive(self):
        pids = subprocess.run(["pgrep", "-f", f"kafka.Kafka {self.data}/broker"], capture_output=True, text=True, check=False).stdout.split()
        return [int(pid) for pid in pids]

    def test_the_demo(self):
        demo = subprocess.Popen(self.command("run", "--tape", "kafka", "--symbols", "3", "--catch-up", "2m"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                env=binary.environment())
        self.addCleanup(demo.kill)
        said = ""
        while "dashboard: " not in said:
            line = demo.stderr.readline()
            self.assertTrue(line, said)
            said += line
        self.assertIn("starts an Apache Kafka broker for this pipeline", said)
        self.assertEqual(len(self.brokers_alive()), 1)
        # Beside it, another command finds the same broker.
        beside = self.run_it("tail", "bars", "--from", "beginning", "--count", "1")
        self.assertIn("uses the broker that another command has started", beside.stderr)
        self.assertIn('"open"', beside.stdout)
        demo.send_signal(signal.SIGTERM)
        _, rest = demo.communicate(timeout=60)
        self.assertEqual(demo.returncode, 0, said + rest)
        self.assertEqual(self.brokers_alive(), [])
        # Later: it comes back with all that it has.
        later = self.run_it("export", "bars", "--format", "csv")
        self.assertGreater(len(later.stdout.splitlines()), 1)
        self.run_it("verify")
        self.assertEqual(self.brokers_alive(), [])
        binary.run("reset", "--yes", "--data", self.data)
        self.assertFalse(self.data.exists())

    def test_a_broker_ends_with_a_starter_that_is_killed(self):
        demo = subprocess.Popen(self.command("run", "--tape", "kafka", "--symbols", "3", "--catch-up", "1m"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env=binary.environment(), start_new_session=True)
        deadline = time.monotonic() + PATIENCE_S
        while not (self.brokers_alive() and (self.data / "control.sock").exists()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        demo.kill()
        demo.wait()
        while self.brokers_alive():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        # Its brokers are gone for good, so the end of the demo takes a while; `stop` knows.
        binary.run("stop", "--data", self.data)
        self.assertEqual(subprocess.run(["pgrep", "-f", f"run .*{self.data}"], capture_output=True, check=False).stdout, b"")

    def test_no_broker_can_be_had(self):
        done = subprocess.run(self.command("status"), capture_output=True, text=True, timeout=60, env={**binary.environment(), "PATH": self.path_without_java()},
                              check=False)
        self.assertEqual((done.returncode, done.stdout), (69, ""))
        self.assertIn("no java", done.stderr)

    def path_without_java(self):
        bare = self.folder / "bin"
        bare.mkdir()
        (bare / "python3").symlink_to(sys.executable)
        return str(bare)


if __name__ == "__main__":
    unittest.main()
