"""./run and tools/build around a made-up program: what reaches stdout, exit codes, folders, calls at the same time."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CMAKE = """cmake_minimum_required(VERSION 3.25)
project(tickerhouse LANGUAGES NONE)
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/*.sh)
add_custom_command(OUTPUT tickerhouse DEPENDS ${CMAKE_SOURCE_DIR}/program.sh
  COMMAND sh -c "echo built >> ../log && cp ${CMAKE_SOURCE_DIR}/program.sh tickerhouse && chmod +x tickerhouse" VERBATIM)
add_custom_target(all_of_it ALL DEPENDS ${CMAKE_BINARY_DIR}/tickerhouse)
"""
PRESETS = """{"version": 6, "configurePresets": [
  {"name": "release", "generator": "Ninja", "binaryDir": "${sourceDir}/build/release"}]}
"""
PROGRAM = """#!/bin/sh
echo "in $(pwd) with $*"
echo "locks $(ls -l /proc/$$/fd | grep -c '[.]lock')"
[ "$1" != fail ] || exit 78
"""


class RunScript(unittest.TestCase):
    def setUp(self):
        self.tree = Path(os.path.realpath(tempfile.mkdtemp()))
        self.addCleanup(shutil.rmtree, self.tree)
        shutil.copy(ROOT / "run", self.tree)
        shutil.copytree(ROOT / "tools", self.tree / "tools", ignore=shutil.ignore_patterns("__pycache__"))
        (self.tree / "CMakeLists.txt").write_text(CMAKE)
        (self.tree / "CMakePresets.json").write_text(PRESETS)
        (self.tree / "program.sh").write_text(PROGRAM)
        (self.tree / "tools" / "build_web").write_text("#!/bin/sh\n")  # the page has suites of its own

    def start(self, *arguments, cwd=None):
        return subprocess.Popen(
            [self.tree / "run", *arguments], cwd=cwd or self.tree, env={**os.environ, "TICKERHOUSE_INSTALL": "never"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run_it(self, *arguments, cwd=None):
        process = self.start(*arguments, cwd=cwd)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def test_stdout_is_the_programs_alone(self):
        code, out, err = self.run_it("export", "a b")
        self.assertEqual((code, out), (0, f"in {self.tree} with export a b\nlocks 0\n"))
        self.assertIn("build release: 1 of 1", err)

    def test_the_second_time_is_silent(self):
        self.run_it()
        self.assertEqual(self.run_it(), (0, f"in {self.tree} with run\nlocks 0\n", ""))

    def test_the_callers_folder_is_kept(self):
        _, out, _ = self.run_it("x", cwd="/")
        self.assertIn("in / with x", out)
        link = self.tree / "link"
        link.symlink_to(self.tree / "run")
        done = subprocess.run([link], cwd="/", env={**os.environ, "TICKERHOUSE_INSTALL": "never"}, capture_output=True)
        self.assertEqual(done.returncode, 0)

    def test_a_flag_alone_is_the_demos(self):
        self.assertEqual(self.run_it("--rate", "5")[1], f"in {self.tree} with run --rate 5\nlocks 0\n")
        self.assertEqual(self.run_it("--help")[1], f"in {self.tree} with --help\nlocks 0\n")

    def test_who_gets_a_broker(self):
        """A stand-in says which folder it is asked for."""
        stand_in = self.tree / "tools/kafka/with_broker"
        stand_in.write_text('#!/bin/sh\necho "beside $1"\n')
        (self.tree / "theirs").mkdir()
        (self.tree / "theirs/kafka").touch()
        (self.tree / "ours/broker").mkdir(parents=True)
        (self.tree / "ours/kafka").touch()
        (self.tree / "ours/broker/ports.json").touch()
        own = ["beside ./data/broker", "beside new/broker", "beside ours/broker", "beside ours/broker"]
        for words, answer in [(["--tape", "kafka"], own[0]), (["replay", "f", "--tape=kafka", "--data", "new"], own[1]), (["export", "bars", "--data=ours"], own[2]),
                              (["run", "--data", "ours", "--tape", "kafka"], own[3])]:
            with self.subTest(words=words):
                self.assertEqual(self.run_it(*words)[1].strip(), answer)
        for words in [["run"], ["run", "--tape", "kafka", "--brokers", "x:1"], ["run", "--tape", "kafka", "--data", "theirs"], ["export", "bars", "--data", "theirs"],
                      ["stop", "--data", "ours"], ["--help", "--tape", "kafka"], ["run", "--tape", "lmdb"]]:
            with self.subTest(words=words):
                self.assertTrue(self.run_it(*words)[1].startswith("in "), words)
        self.assertEqual(self.run_it("--tape", "kafka", "--detach")[0], 64)

    def test_the_exit_code_is_the_programs(self):
        self.assertEqual(self.run_it("fail")[0], 78)

    def test_a_failed_build_starts_nothing(self):
        self.run_it()
        (self.tree / "program.sh").unlink()
        code, out, err = self.run_it()
        self.assertEqual((code, out), (69, ""))
        self.assertIn("the build failed; nothing was started", err)

    def test_calls_at_the_same_time_build_once(self):
        processes = [self.start("x") for _ in range(4)]
        outcomes = [(p.communicate(timeout=60)[0], p.returncode) for p in processes]
        self.assertEqual(outcomes, [(f"in {self.tree} with x\nlocks 0\n", 0)] * 4)
        self.assertEqual((self.tree / "build/log").read_text(), "built\n")


if __name__ == "__main__":
    unittest.main()
