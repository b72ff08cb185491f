#!/usr/bin/env python3
"""./test: everything that is checked, in one command.

usage: ./test                  all suites but unit, whose cases asan and clang run too
       ./test --quick          a minute once built: style, unit tests, the Python tests that need no servers; dev build
       ./test --list           the suites and what they are for
       ./test NAME ...         a suite (unit), a suite and a part of case names (asan:Window), a part of the names of
                               unit tests (engine.Window), or a Python test file or a part of its path

The plan and the expected minutes (as measured in the last run) come first; each failure prints the line that runs it
again; the last line is `N passed, N failed, N skipped`. With CI=true in the environment a skip is a failure.
TICKERHOUSE_BIN names the program that the Python tests run (default: the release build, which is built first),
TICKERHOUSE_TEST_DATA the folder of recorded data (default: ../shared/data beside the repository).
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PYTHON = next((str(p) for p in [BUILD / "deps/python/bin/python"] if p.exists()), sys.executable)  # with python-test.txt
JOBS = os.cpu_count() or 2
IN_CI = os.environ.get("CI") == "true"
FUZZ_SECONDS = 10  # for each target
CASE_SECONDS_MAX = 600  # for a Python file, a fuzz target or a check; ctest has its own limits
BROKER_SECONDS_MAX = 1500  # for a Python file with brokers
CPP_FOLDERS = ("src", "tests", "fuzz", "benchmarks")
ENVIRONMENT = {
    **os.environ,
    "TICKERHOUSE_TEST_DATA": os.environ.get("TICKERHOUSE_TEST_DATA") or str(ROOT.parent / "shared" / "data"),
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TICKERHOUSE_KAFKA_TAPE_TEST": str(BUILD / "asan/tests/kafka_tape_test"),
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


class Tally:
    """Outcomes of all cases; says each failure at once, with the line that repeats it."""

    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []

    def note(self, outcome, again, text=""):
        if outcome == "skipped" and IN_CI:
            outcome, text = "failed", f"skipped, which CI does not accept: {text}"
        if outcome == "passed":
            self.passed += 1
            return
        text = text.strip()
        if outcome == "skipped":
            self.skipped.append(again)
            say(f"  skipped: {again}  ({text[:200]})")
        else:
            self.failed.append(again)
            say(f"  FAILED {again}{': ' + text[-6000:] if text else ''}\n  again with: ./test {again}")

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def command(self, again, arguments, **options):
        """Notes one case: a command that must end with 0."""
        code, output = run(arguments, **options)
        self.note("passed" if code == 0 else "failed", again, output)
        return code == 0


def say(text):
    print(text, flush=True)


# Before a command: it takes what nobody else wants. Sessions share alike (sched_autogroup), so its own is made small too.
GIVE_WAY = ["setsid", "--wait", "sh", "-c", 'echo 19 2>/dev/null >/proc/self/autogroup; exec nice -n 19 "$@"', "sh"]


def run(arguments, timeout=CASE_SECONDS_MAX, environment=None):
    """Exit code and the output, both streams; a command over its time counts as failed."""
    try:
        done = subprocess.run(
            [str(a) for a in arguments], cwd=ROOT, env=environment or ENVIRONMENT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        return 124, (output if isinstance(output, str) else output.decode(errors="replace")) + f"\nover {timeout} s"


def build(tally, suite, preset, *targets):
    """Builds; what the compiler says goes to stderr as it comes. A failed build is one failed case."""
    code = subprocess.run([ROOT / "tools/build", preset, *targets], cwd=ROOT, stdin=subprocess.DEVNULL).returncode
    if code != 0:
        tally.note("failed", suite, f"the {preset} build failed (see above)")
    return code == 0


def tracked(*suffixes, folders=()):
    """Files of the tree that git knows or would add, below the folders if any are named."""
    listed = run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders])[1].splitlines()
    return [ROOT / f for f in listed if (not suffixes or f.endswith(suffixes)) and (ROOT / f).is_file()]


def has(folder, pattern="*/CMakeLists.txt"):
    return any((ROOT / folder).glob(pattern))


# --- suites: each takes the tally and a part of case names (or None for all) ------------------------------------------


def suite_style(tally, _part):
    if files := tracked(".h", ".cc", folders=[f for f in CPP_FOLDERS if (ROOT / f).is_dir()]):
        _, output = run(["clang-format-16", "--dry-run", *files])
        wrong = sorted({str(Path(f).relative_to(ROOT)) for f in re.findall(r"^(/.*?):\d+:\d+: ", output, re.M)})
        text = f"not formatted; type: clang-format-16 -i {' '.join(wrong)}" if wrong else ""
        tally.note("failed" if wrong else "passed", "style", text)
    tally.command("style", [ROOT / "tools/check_layers.py", "--self-test"])
    tally.command("style", [ROOT / "tools/check_layers.py"])
    errors = [error for path in tracked() for error in untidy(path)]
    tally.note("failed" if errors else "passed", "style", "\n".join(errors))


def untidy(path):
    """Small things a reviewer should not have to say."""
    name, data = path.relative_to(ROOT), path.read_bytes()
    if len(data) > 2_000_000:
        yield f"{name}: larger than 2 MB"
    if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".gif", ".webp") and (
        name.parent != Path("docs/pictures") or path.suffix != ".png" or len(data) > 300_000
    ):
        yield f"{name}: a picture that is not a .png of at most 300 kB in docs/pictures"
    if b"\0" in data or name.parts[:2] == ("fuzz", "corpus") or "golden" in name.parts or name.name == "LICENSE":
        return
    if b"\r" in data and path.suffix not in (".csv", ".scn"):
        yield f"{name}: carriage returns"
    if data and not data.endswith(b"\n") and path.suffix in (".h", ".cc", ".py", ".md", ".txt", ".cmake", ".json"):
        yield f"{name}: no new line at the end"
    if (path.suffix in (".h", ".cc", ".py", ".cmake") or not path.suffix) and path.name != "Makefile":
        for number, line in enumerate(data.splitlines(), 1):
            if line != line.rstrip() or b"\t" in line:
                yield f"{name}:{number}: a tab, or blanks at the end"
    if re.search(rb"(?<![\w.$}])/(work|root|home)/[a-z]", data) and path != Path(__file__).resolve():
        yield f"{name}: an absolute path of somebody's machine"
    if data.startswith(b"#!") and not os.access(path, os.X_OK):
        yield f"{name}: starts with #! and is not executable"
    if path.suffix == ".h" and b"#pragma once" not in data:
        yield f"{name}: no #pragma once"


def ctest(tally, suite, preset, part, *arguments):
    folder = BUILD / preset
    report = folder / "junit.xml"
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", folder, "-j", JOBS, "--timeout", 300, "--output-junit", report, *arguments]
    if part:
        command += ["-R", part]
    _, output = run(command, timeout=3600)
    if not report.exists():
        tally.note("failed", suite, output)
        return
    cases = ElementTree.parse(report).getroot().iter("testcase")
    count = 0
    for case in cases:
        count += 1
        skipped = case.find("skipped")
        status = {"run": "passed", "fail": "failed"}.get(case.get("status"), "skipped")
        text = (case.findtext("system-out") or "") if status != "passed" else ""
        if status == "skipped":
            text = (re.findall(r"Skipped\n(.*)", text) or [skipped.get("message") if skipped is not None else ""])[0] or ""
        tally.note(status, f"'{suite}:^{re.escape(case.get('name'))}$'", text)
    if count == 0 and not part:
        tally.note("failed", suite, "ctest knows no case")


def suite_unit(tally, part):
    if build(tally, "unit", "dev"):
        ctest(tally, "unit", "dev", part)


def suite_symbols(tally, _part):
    tally.command("symbols", [ROOT / "tools/check_symbols.py", "--self-test"])
    if build(tally, "symbols", "release"):
        tally.command("symbols", [ROOT / "tools/check_symbols.py", BUILD / "release"])


def suite_clang(tally, part):
    if build(tally, "clang", "clang"):
        ctest(tally, "clang", "clang", part)


def suite_asan(tally, part):
    if build(tally, "asan", "asan"):
        ctest(tally, "asan", "asan", part, "-LE", "misuse")


def suite_tsan(tally, part):
    if build(tally, "tsan", "tsan", "threaded_tests"):
        ctest(tally, "tsan", "tsan", part, "-L", "threads")


def suite_fuzz(tally, part):
    if not build(tally, "fuzz", "fuzz", "fuzz_programs"):
        return
    for target in sorted((BUILD / "fuzz/fuzz").glob("*_fuzz")):
        name = target.name.removesuffix("_fuzz")
        if part and not re.search(part, name):
            continue
        seeds, grown, found = ROOT / "fuzz/corpus" / name, BUILD / "fuzz/grown" / name, BUILD / "fuzz/found"
        for folder in (grown, found):
            folder.mkdir(parents=True, exist_ok=True)
        options = [f"-max_total_time={FUZZ_SECONDS}", "-timeout=5", "-rss_limit_mb=2048", f"-artifact_prefix={found}/{name}-"]
        if not tally.command(f"fuzz:{name}", [target, *options, grown, *([seeds] if seeds.is_dir() else [])]):
            say(f"  keep what was found: mv build/fuzz/found/{name}-* fuzz/corpus/{name}/, then ./test asan:fuzz_replay.{name}")


def suite_tidy(tally, part):
    """clang-tidy of every .cc in src/, as many at once as there are cores. A file that passed is not read again until it,
    a header of src/ or the list of checks changes."""
    if not (BUILD / "tidy/compile_commands.json").exists():
        code, output = run(["cmake", "--preset", "tidy"])
        if code != 0:
            tally.note("failed", "tidy", output)
            return
    common = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for header in sorted(tracked(".h", folders=["src"])):
        common.update(header.read_bytes())
    stamps = BUILD / "tidy/passed"
    stamps.mkdir(parents=True, exist_ok=True)

    def check(path):
        stamp = stamps / hashlib.sha256(common.digest() + str(path).encode() + path.read_bytes()).hexdigest()
        if stamp.exists():
            return path, 0, ""
        code, output = run([*GIVE_WAY, "clang-tidy-16", "--quiet", "-p", BUILD / "tidy", path], timeout=3 * CASE_SECONDS_MAX)
        output = re.sub(r"^\d+ warnings? generated\.\n", "", output, flags=re.M)
        if code == 0:
            stamp.touch()
        return path, code, output

    known = {entry["file"] for entry in json.loads((BUILD / "tidy/compile_commands.json").read_text())}
    files = [p for p in tracked(".cc", folders=["src"]) if str(p) in known and (not part or re.search(part, str(p)))]
    with ThreadPoolExecutor(JOBS) as pool:
        for path, code, output in pool.map(check, files):
            name = path.relative_to(ROOT)
            tally.note("passed" if code == 0 else "failed", f"tidy:{name}", output)


def python_files(part=None, servers=True):
    files = [p for p in tracked(".py", folders=["tests"]) if p.name.startswith("test_")]
    files = [p for p in files if servers or "kafka" not in p.parts]
    return [p for p in files if not part or part.split("::")[0] in str(p.relative_to(ROOT))]


def run_python_files(tally, files, preset, case=None, at_once=1, seconds=CASE_SECONDS_MAX):
    environment = dict(ENVIRONMENT)
    if not environment.get("TICKERHOUSE_BIN"):
        if (ROOT / "src/app/CMakeLists.txt").exists() and not build(tally, "python", preset, "tickerhouse"):
            return
        environment["TICKERHOUSE_BIN"] = str(BUILD / preset / "tickerhouse")

    def run_file(path):
        report = BUILD / f"python-{os.getpid()}-{path.stem}.json"
        code, output = run([PYTHON, ROOT / "tools/run_python_test.py", path, report, *([case] if case else [])], timeout=seconds, environment=environment)
        if code != 0 or not report.exists():
            return path, None, output
        outcomes = json.loads(report.read_text(encoding="utf-8"))
        report.unlink()
        return path, outcomes, output

    with ThreadPoolExecutor(at_once) as pool:
        for path, outcomes, output in pool.map(run_file, files):
            name = path.relative_to(ROOT)
            if outcomes is None:
                tally.note("failed", str(name), output)
                continue
            for test, (outcome, text) in outcomes.items():
                tally.note(outcome, f"{name}::{test}", text)
            if not outcomes and not case:
                tally.note("failed", str(name), "holds no case")


def suite_python(tally, part):
    run_python_files(tally, python_files(part, servers=False), "release", case_of(part))


def case_of(part):
    return part.split("::")[1] if part and "::" in part else None


def suite_kafka(tally, part):
    if build(tally, "kafka", "asan", "kafka_tape_test"):
        # Mostly they wait for brokers, logins and sessions.
        run_python_files(tally, [p for p in python_files(part) if "kafka" in p.parts], "release", case_of(part), JOBS, BROKER_SECONDS_MAX)


def suite_python_quick(tally, _part):
    run_python_files(tally, python_files(servers=False), "dev")


WEB = ROOT / "tests/web"
WEB_PROJECTS = ("unit", "page", "real")  # besides: `screenshots` to look at (tests/web/README.md)


def suite_web(tally, part):
    """The page in a browser; each Playwright test is a case."""
    if not build(tally, "web", "release", "tickerhouse"):  # with the page in it
        return
    program = ENVIRONMENT.get("TICKERHOUSE_BIN") or str(BUILD / "release/tickerhouse")
    installed, lock = WEB / "node_modules/.lock-hash", hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if not installed.exists() or installed.read_text() != lock:
        code, output = run(["npm", "ci", "--ignore-scripts", "--silent", "--prefix", WEB])
        if code != 0:
            tally.note("failed", "web", output)
            return
        installed.write_text(lock)
    report = BUILD / "web/report.json"
    report.unlink(missing_ok=True)
    command = ["node", WEB / "node_modules/@playwright/test/cli.js", "test", "--config", WEB / "playwright.config.mjs"]
    command += [f"--project={name}" for name in WEB_PROJECTS] + (["--grep", part] if part else [])
    _, output = run(command, timeout=3600, environment={**ENVIRONMENT, "PLAYWRIGHT_JSON": str(report), "TICKERHOUSE_BIN": program})
    if not report.exists():
        tally.note("failed", "web", output)
        return
    count = 0
    for name, outcome, text in playwright_cases(json.loads(report.read_text(encoding="utf-8"))["suites"]):
        tally.note(outcome, shlex.quote("web:" + re.escape(name).replace("\\ ", " ")), text)
        count += 1
    if count == 0 and not part:
        tally.note("failed", "web", output)


def playwright_cases(suites, above=""):
    """(name, outcome, what it said) of each test of a report, nested as Playwright nests them."""
    for suite in suites:
        here = above if suite["title"].endswith(".spec.mjs") else f"{above}{suite['title']} "
        for spec in suite.get("specs", []):
            for test in spec["tests"]:
                outcome = {"expected": "passed", "skipped": "skipped"}.get(test["status"], "failed")
                results = test["results"]
                text = "\n".join(error.get("message", "") for result in results for error in result.get("errors", []))
                notes = "; ".join(note.get("description") or "" for note in test.get("annotations", []))
                yield here + spec["title"], outcome, re.sub(r"\x1b\[[0-9;]*m", "", text or notes)
        yield from playwright_cases(suite.get("suites", []), here)


# Name: (function, is there anything to run yet, minutes on two cores from nothing, what it is for)
SUITES = {
    "style": (suite_style, lambda: True, 0.2, "formatting, layers between the folders, tidiness of the tree"),
    "unit": (suite_unit, lambda: has("tests"), 4, "every C++ test and every fuzz corpus, dev build (when named)"),
    "symbols": (suite_symbols, lambda: has("src"), 2.7, "the pure folders call no clock, thread, file, ..."),
    "python": (suite_python, lambda: bool(python_files()), 11, "the real program from outside, release build"),
    "asan": (suite_asan, lambda: has("tests"), 9.6, "the C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer"),
    "kafka": (suite_kafka, lambda: has("tests", "kafka/test_*.py"), 16, "the tape on a real broker of Apache Kafka"),
    "tsan": (suite_tsan, lambda: has_threaded(), 2.8, "the threaded tests under ThreadSanitizer"),
    "clang": (suite_clang, lambda: has("tests"), 7, "the C++ tests built by the second compiler, -O3"),
    "web": (suite_web, lambda: (ROOT / "tests/web/package.json").exists(), 2.5, "the dashboard: its functions, and its pages in a browser"),
    "fuzz": (suite_fuzz, lambda: has("fuzz"), 5, f"each parser of outside bytes, {FUZZ_SECONDS} s"),
    "tidy": (suite_tidy, lambda: has("src"), 1, "clang-tidy over src/"),
}
# In a whole run these take what the others leave of the machine, which wait for much: servers, browsers, clocks.
BESIDE = {"tidy"}
QUICK = {
    "style": SUITES["style"],
    "unit": SUITES["unit"],
    "python": (suite_python_quick, lambda: bool(python_files(servers=False)), 1, "Python tests that need no servers"),
}


def has_threaded():
    return any(re.search(r"LABELS[^)]*\bthreads\b", p.read_text()) for p in (ROOT / "tests").glob("*/CMakeLists.txt"))


def plan_of(names):
    """(suite, part, its row) for each name on the command line."""
    for name in names:
        suite, _, part = name.partition(":")
        if suite in SUITES and not part.startswith(":"):
            yield suite, part or None, SUITES[suite]
        elif files := python_files(name):
            suite = "kafka" if all("kafka" in path.parts for path in files) else "python"
            yield suite, name, SUITES[suite]
        elif has("tests"):
            yield "unit", name, SUITES["unit"]
        else:
            sys.exit(f"no suite or test is called {name}; ./test --list shows the suites")


def main(arguments):
    if "-h" in arguments or "--help" in arguments:
        say(__doc__.strip())
        return 0
    if "--list" in arguments:
        for name, (_, there, _, what) in SUITES.items():
            say(f"{name:8} {what}{'' if there() else ' (nothing to run yet)'}")
        return 0
    quick = "--quick" in arguments
    names = [a for a in arguments if a != "--quick"]
    if unknown := [a for a in names if a.startswith("-")]:
        say(f"unknown option {unknown[0]}\n\n{__doc__.strip()}")
        return 64
    if names:
        plan = list(plan_of(names))
    else:
        plan = [(name, None, row) for name, row in (QUICK if quick else SUITES).items() if row[1]() and (quick or name != "unit")]
    return carry_out(plan, whole=not names)


def carry_out(plan, whole):
    times_file = BUILD / "test-minutes.json"
    times = json.loads(times_file.read_text()) if times_file.exists() else {}
    expected = [times.get(name, row[2]) if whole else None for name, _, row in plan]
    if whole:
        say(f"plan, about {sum(expected):.0f} min:")
        for (name, _, row), minutes in zip(plan, expected):
            say(f"  {name:8} {minutes:4.1f} min  {row[3]}")
    tally, aside = Tally(), ThreadPoolExecutor(len(BESIDE))
    beside = {name: (own := Tally(), aside.submit(row[0], own, part)) for name, part, row in plan if whole and name in BESIDE}
    for name, part, (function, _, _, what) in plan:
        say(f"[{name}{':' + part if part else ''}] {what}")
        before, start = (tally.passed, len(tally.failed), len(tally.skipped)), time.monotonic()
        if name in beside:
            own, done = beside[name]
            done.result()
            tally.add(own)
        else:
            function(tally, part)
        minutes = (time.monotonic() - start) / 60
        after = (tally.passed, len(tally.failed), len(tally.skipped))
        counts = "{} passed, {} failed, {} skipped".format(*(b - a for a, b in zip(before, after)))
        say(f"[{name}] done in {minutes:.1f} min ({counts})")
        if whole:
            times[name] = round(minutes, 2)
    if whole:
        BUILD.mkdir(exist_ok=True)
        times_file.write_text(json.dumps(times), encoding="utf-8")
    if tally.failed:
        say("failed; run one again with:")
        for again in dict.fromkeys(tally.failed):
            say(f"  ./test {again}")
    if tally.passed + len(tally.failed) + len(tally.skipped) == 0:
        tally.failed.append("nothing matched")
        say("nothing was run: no test has that name")
    say(f"{tally.passed} passed, {len(tally.failed)} failed, {len(tally.skipped)} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
