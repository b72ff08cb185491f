"""`benchmarks/run footprint`: everything is measured or said to be missing, and what is sent compressed is the page."""

import gzip
import sys
import tempfile
import types
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from quick import quick_run  # first: it finds the others
from footprint import report as footprint
from path.race import Failed


class QuickRun(unittest.TestCase):
    def test_all_is_there(self):
        with tempfile.TemporaryDirectory() as folder:
            stdout, report = quick_run("footprint", folder)
        self.assertTrue(all(report["ready"][name]["median"] > 0 for name in footprint.READY))
        for name in footprint.AT_REST:
            self.assertGreaterEqual(report["memory"][name]["rss_mib"]["median"], report["memory"][name]["pss_mib"]["median"])
        if report["page"]["files"]:
            self.assertIn("/", report["page"]["files"])
            self.assertGreater(len(report["page"]["files"]), 2)
        if "missing" not in report["paint"]:
            self.assertGreaterEqual(report["paint"]["table_ms"]["min"], report["paint"]["first_paint_ms"]["min"])
        self.assertRegex(stdout, r"first paint(, 500 symbols, ms +\d|: not measured)")
        self.assertEqual(stdout.splitlines()[-1], report["command"])


class Compressed(unittest.TestCase):
    @staticmethod
    def server(sent, plain):
        return types.SimpleNamespace(get=lambda _path, headers=None: (200, {"Content-Encoding": "gzip"} if headers else {}, gzip.compress(sent) if headers else plain))

    def test_the_same_text(self):
        self.assertEqual(footprint.compressed(self.server(b"page", b"page"), "/"), (len(gzip.compress(b"page")), b"page"))

    def test_another_text(self):
        with self.assertRaisesRegex(Failed, "GET /: status 200"):
            footprint.compressed(self.server(b"page", b"pages"), "/")

    def test_no_page(self):
        self.assertEqual(footprint.compressed(types.SimpleNamespace(get=lambda *_: (404, {}, b"")), "/"), (None, b""))


if __name__ == "__main__":
    unittest.main()
