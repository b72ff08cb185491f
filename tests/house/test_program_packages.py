"""`./run` on a machine that has only the packages of the program: its build must not ask for those of the tests."""

import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OF_THE_TESTS = ["GTest", "rapidcheck", "benchmark"]


class ProgramPackages(unittest.TestCase):
    def configure(self, preset):
        with tempfile.TemporaryDirectory() as folder:
            without = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in OF_THE_TESTS]
            return subprocess.run(["cmake", "--preset", preset, "-B", folder, *without], cwd=ROOT, capture_output=True, text=True, timeout=120)

    def test_the_program_needs_no_package_of_the_tests(self):
        done = self.configure("release")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_tests_do(self):
        self.assertNotEqual(self.configure("dev").returncode, 0)


if __name__ == "__main__":
    unittest.main()
