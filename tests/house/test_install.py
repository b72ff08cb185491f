"""tools/deps/install on made-up machines: every command it calls is a stand-in that notes how it was called."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CANNOT_INSTALL = 69
TOOLS = "bash sh env sed awk cat cmp mkdir flock dirname tail rm uname true".split()

APT = """#!/bin/sh
echo "apt-get $*" >> "$LOG"
case "$*" in
  *--print-uris*) echo "'http://x/a.deb' a.deb 12000000 x"; echo "'http://x/b.deb' b.deb 8000000 x" ;;
esac
"""
FETCHED = ("duckdb", "librdkafka", "kafka", "apicurio")
# Knows every package, or none.
DPKG_ALL = '#!/bin/sh\nshift 2\nfor name in "$@"; do printf "ii %s " "$name"; done\n'
DPKG_NONE = "#!/bin/sh\nexit 1\n"


class Install(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.bin = self.folder / "bin"
        self.deps = self.folder / "tree/tools/deps"
        shutil.copytree(ROOT / "tools/deps", self.deps)
        self.bin.mkdir()
        for name in TOOLS:
            os.symlink(shutil.which(name), self.bin / name)
        self.script("id", "#!/bin/sh\necho 0\n")
        self.script("npm", "#!/bin/sh\n")
        self.script("cargo", "#!/bin/sh\n")
        for name in FETCHED:
            line = next(line for line in (self.deps / f"fetch_{name}").read_text().splitlines() if line.startswith("version="))
            (self.deps / f"fetch_{name}").write_text(f'#!/bin/sh\n{line}\necho {name} >> "$LOG"\n')
            # What the real one writes behind its work: the version as the shell reads that line.
            self.fetched(name, subprocess.run(["sh", "-c", f'{line}\necho "$version"'], capture_output=True, text=True, check=True).stdout.strip())
        (self.deps / "fetch_python").write_text('#!/bin/sh\necho python >> "$LOG"\n')

    def script(self, name, text):
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def fetched(self, name, version):
        stamp = self.folder / f"tree/build/deps/{name}/.stamp"
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(version + "\n")

    def install(self, *lists, **environment):
        log = self.folder / "log"
        log.write_text("")
        done = subprocess.run(
            [self.deps / "install", *(lists or ["program"])],
            env={"PATH": str(self.bin), "LOG": str(log), **environment},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr, log.read_text()

    def test_nothing_to_do_is_silent(self):
        self.script("apt-get", APT)
        self.script("dpkg-query", DPKG_ALL)
        self.assertEqual(self.install(), (0, "", ""))

    def test_says_what_and_how_much_before_it_installs(self):
        self.script("apt-get", APT)
        self.script("dpkg-query", DPKG_NONE)
        code, said, log = self.install()
        self.assertEqual(code, 0, said)
        self.assertIn("2 packages with what they need, 20 MB to fetch, about 1 min", said)
        self.assertRegex(log, r"apt-get .*install -y --no-install-recommends g\+\+-12 ")
        self.assertNotIn("apt-get -qq update", log)

    def test_reads_package_lists_only_if_they_are_missing(self):
        self.script("dpkg-query", DPKG_NONE)
        self.script("apt-get", '#!/bin/sh\necho "apt-get $*" >> "$LOG"\ncase "$*" in *print-uris*) exit 100 ;; esac\n')
        _, said, log = self.install()
        self.assertIn("reads the package lists", said)
        self.assertIn("update", log)

    def test_without_root_prints_the_command_and_stops(self):
        self.script("apt-get", APT)
        self.script("dpkg-query", DPKG_NONE)
        self.script("id", "#!/bin/sh\necho 1000\n")
        self.script("sudo", "#!/bin/sh\nexit 1\n")
        code, said, log = self.install()
        self.assertEqual(code, CANNOT_INSTALL)
        self.assertIn("type: sudo apt-get update && sudo apt-get install -y --no-install-recommends g++-12 ", said)
        self.assertEqual(log, "")

    def test_with_password_free_sudo_goes_on(self):
        self.script("apt-get", APT)
        self.script("dpkg-query", DPKG_NONE)
        self.script("id", "#!/bin/sh\necho 1000\n")
        self.script("sudo", '#!/bin/sh\nshift\n[ "$1" = true ] || echo sudo >> "$LOG"\nexec "$@"\n')
        code, said, log = self.install()
        self.assertEqual(code, 0, said)
        self.assertIn("sudo\napt-get", log)

    def test_off_debian_a_plain_message(self):
        code, said, _ = self.install()
        self.assertEqual(code, CANNOT_INSTALL)
        self.assertIn("not Debian or Ubuntu", said)
        self.assertEqual(self.install(TICKERHOUSE_INSTALL="never"), (0, "", ""))

    def test_a_failed_installation_is_said(self):
        self.script("dpkg-query", DPKG_NONE)
        self.script("apt-get", '#!/bin/sh\ncase "$*" in *install\\ -y*) echo "E: broken"; exit 100 ;; esac\n')
        code, said, _ = self.install()
        self.assertEqual(code, CANNOT_INSTALL)
        self.assertIn("E: broken", said)

    def test_what_has_another_version_is_fetched_again(self):
        self.script("apt-get", APT)
        self.script("dpkg-query", DPKG_ALL)
        self.fetched("duckdb", "1.4.4")
        self.fetched("librdkafka", "2.14.0")
        code, said, log = self.install()
        self.assertEqual((code, log), (0, "duckdb\nlibrdkafka\n"), said)

    def test_the_broker_is_fetched_where_one_is_needed(self):
        self.script("apt-get", APT)
        self.script("dpkg-query", DPKG_ALL)
        self.fetched("kafka", "")
        self.assertEqual(self.install(), (0, "", ""))
        code, said, log = self.install("program", "broker")
        self.assertEqual((code, log), (0, "kafka\n"), said)

    def test_a_failed_fetch_is_said(self):
        self.script("apt-get", APT)
        self.script("dpkg-query", DPKG_ALL)
        self.fetched("librdkafka", "")
        (self.deps / "fetch_librdkafka").write_text("#!/bin/sh\nversion=2.15.1\nexit 1\n")
        code, said, _ = self.install()
        self.assertEqual(code, CANNOT_INSTALL)
        self.assertIn("could not make build/deps/librdkafka (npm, make, gcc-12)", said)

    def test_a_schema_registry_is_fetched_for_the_tests_only(self):
        self.script("apt-get", APT)
        self.script("dpkg-query", DPKG_ALL)
        self.fetched("python", "")
        shutil.copy(self.deps / "python-test.txt", self.folder / "tree/build/deps/python/.stamp")
        self.fetched("apicurio", "")
        self.assertEqual(self.install("program", "broker"), (0, "", ""))
        self.assertEqual(self.install("program", "test")[2], "apicurio\n")

    def test_python_packages_are_fetched_for_the_tests_and_again_when_the_list_changes(self):
        self.script("apt-get", APT)
        self.script("dpkg-query", DPKG_ALL)
        code, said, log = self.install("program", "test")
        self.assertEqual((code, log), (0, "python\n"), said)
        stamp = self.folder / "tree/build/deps/python/.stamp"
        stamp.parent.mkdir()
        shutil.copy(self.deps / "python-test.txt", stamp)
        self.assertEqual(self.install("program", "test"), (0, "", ""))
        with open(self.deps / "python-test.txt", "a") as lock:
            lock.write("# another version\n")
        self.assertEqual(self.install("program", "test")[2], "python\n")

    def test_npm_and_cargo_are_installed_only_for_the_fetch(self):
        self.script("apt-get", APT)
        self.script("dpkg-query", DPKG_ALL)
        (self.bin / "npm").unlink()
        (self.bin / "cargo").unlink()
        self.assertEqual(self.install(), (0, "", ""))
        self.fetched("duckdb", "")
        _, said, _ = self.install()
        self.assertIn("installs Debian packages: npm cargo-web", said)


if __name__ == "__main__":
    unittest.main()
