#!/usr/bin/env python3
"""Runs the unittest cases of one file and writes their outcomes as JSON. usage: run_python_test.py FILE OUT [PATTERN]"""

import importlib.util
import json
import sys
import unittest
from pathlib import Path


class Result(unittest.TextTestResult):
    """Remembers every case by name, also those that failed in a subTest."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.outcomes = {}

    def note(self, test, outcome, text=""):
        name = ".".join(getattr(test, "test_case", test).id().split(".")[1:]) or str(test)
        if self.outcomes.get(name, ("passed",))[0] != "failed":
            self.outcomes[name] = (outcome, text)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.note(test, "passed")

    def addError(self, test, err):
        super().addError(test, err)
        self.note(test, "failed", self._exc_info_to_string(err, test))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note(test, "failed", self._exc_info_to_string(err, test))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(test, "failed", f"{subtest}\n{self._exc_info_to_string(err, test)}")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, "skipped", reason)

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.note(test, "passed")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.note(test, "failed", "expected to fail, and passed")


def main(file, out, pattern=None):
    path = Path(file).resolve()
    # Helpers stand beside the test or in tests/support.
    tests = next((p for p in path.parents if p.name == "tests"), path.parent)
    sys.path[:0] = [str(path.parent), str(tests), str(tests / "support")]
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    loader = unittest.TestLoader()
    if pattern:
        loader.testNamePatterns = [f"*{pattern}*"]
    runner = unittest.TextTestRunner(resultclass=Result, verbosity=2, stream=sys.stdout)
    result = runner.run(loader.loadTestsFromModule(module))
    Path(out).write_text(json.dumps(result.outcomes), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
