"""What `benchmarks/run footprint` measures, and its report."""

import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from path.race import ROOT, Failed, environment, machine, programs, spread
from served import Served, free_port

PAINT_SYMBOLS = 500
PAINT_SECONDS = 300
DEMO = ("run", "--symbols", 10, "--rate", 50, "--catch-up", "0s")
READY = {"ready_new_s": "ready, `run` in a new directory", "ready_again_s": "ready, `run` started again", "ready_serve_s": "ready, `serve`"}
AT_REST = {"run": "`run`, 10 symbols, 50 events/s", "serve": "`serve`, no source"}
PAGE_KB_MAX, PAINT_MS_MAX = 200, 1000  # what is aimed at


def run(arguments):
    build = programs(arguments.build)
    program = build / "tickerhouse"
    with tempfile.TemporaryDirectory(prefix="tickerhouse-footprint-", dir=arguments.work) as folder:
        work = Path(folder)
        cells = [once(program, work / f"data-{number}", work / "log", arguments.seconds) for number in range(arguments.rounds)]
        page = page_weight(program, work / "data-0", work / "log")
        paint = first_paint(program, work, arguments.rounds) if page["files"] else {"missing": "the program holds no page"}
    return {"command": shlex.join(["benchmarks/run", "footprint", "--rounds", str(arguments.rounds), "--seconds", str(arguments.seconds)]),
            "seconds": arguments.seconds, "machine": machine(build), "cells": cells, "page": page, "paint": paint, "program_bytes": program.stat().st_size,
            "ready": {name: spread([cell[name] for cell in cells]) for name in READY},
            "memory": {name: {key: spread([cell[name][key] for cell in cells]) for key in ("pss_mib", "rss_mib")} for name in AT_REST}}


def once(program, data, log, seconds):
    """One directory: started, at rest, started again, then served without a source."""
    cell = {}
    with served(program, DEMO, data, log) as server:
        cell["ready_new_s"] = server.ready()
        time.sleep(seconds)
        cell["run"] = memory(server)
    with served(program, DEMO, data, log) as server:
        cell["ready_again_s"] = server.ready()
    with served(program, ("serve",), data, log) as server:
        cell["ready_serve_s"] = server.ready()
        time.sleep(seconds)
        cell["serve"] = memory(server)
    return cell


def served(program, words, data, log):
    port = free_port()
    return Served([program, *words, "--data", data, "--port", port], port, log)


def memory(server):
    text = Path("/proc", str(server.process.pid), "smaps_rollup").read_text()
    return {f"{name.lower()}_mib": int(re.search(rf"^{name}: +(\d+) kB", text, re.M)[1]) / 1024 for name in ("Pss", "Rss")}


def page_weight(program, data, log):
    """The page's files as a browser is sent them: bytes of the bodies."""
    files = {}
    with served(program, ("serve",), data, log) as server:
        server.ready()
        waiting = ["/"]
        while waiting:
            path = waiting.pop()
            sent, text = compressed(server, path)
            if sent is None:
                return {"files": {}}
            files[path] = sent
            if path == "/":
                waiting += sorted(set(re.findall(r'(?:src|href)="(/[^"]+)"', text.decode())))
    return {"files": files, "bytes": sum(files.values())}


def compressed(server, path):
    """Bytes sent and the text, which must be that of a client that takes no compression; (None, ...): there is none."""
    status, headers, body = server.get(path, {"Accept-Encoding": "gzip"})
    if status == 404:
        return None, b""
    plain = server.get(path)[2]
    text = gzip.decompress(body) if headers["Content-Encoding"] == "gzip" else body
    if status != 200 or text != plain:
        raise Failed(f"GET {path}: status {status}, {len(text)} bytes when compressed, {len(plain)} when not")
    return len(body), text


def first_paint(program, work, rounds):
    """Times of a real browser, or what is missing for them."""
    web, chromium = ROOT / "tests/web", os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not (web / "node_modules/@playwright/test").is_dir():
        return {"missing": "npm ci --ignore-scripts in tests/web was not run"}
    if shutil.which("node") is None or not os.access(chromium, os.X_OK):
        return {"missing": "node or Chromium is not installed"}
    try:
        done = subprocess.run(["node", web / "support/first_paint.mjs", str(PAINT_SYMBOLS), str(rounds)], capture_output=True, text=True, timeout=PAINT_SECONDS,
                              env={**environment(), "TICKERHOUSE_BIN": str(program), "CHROMIUM": chromium, "TMPDIR": str(work)})
    except subprocess.TimeoutExpired as problem:
        raise Failed(f"first paint: {problem}") from None
    if done.returncode != 0:
        raise Failed(f"first paint: {done.stderr[-2000:]}")
    answer = json.loads(done.stdout)
    return {"browser": answer["browser"], **{key: spread([one[key] for one in answer["loads"]]) for key in ("first_paint_ms", "table_ms")}}


def shown(values, digits):
    return f"{values['median']:.{digits}f} ({values['min']:.{digits}f} to {values['max']:.{digits}f})"


def text(report):
    lines = [report["machine"], "", f"median (min to max) of {len(report['cells'])}"]
    lines += [f"{name + ', s':<50}{shown(report['ready'][key], 3)}" for key, name in READY.items()]
    for key, name in AT_REST.items():
        one = report["memory"][key]
        lines.append(f"{name}, after {report['seconds']} s, MiB".ljust(50) + f"PSS {shown(one['pss_mib'], 1)}, RSS {shown(one['rss_mib'], 1)}")
    lines.append(f"{'the program, MB':<50}{report['program_bytes'] / 1e6:.1f}, and DuckDB's library")
    page = report["page"]
    lines.append(f"{'the page as it is sent, kB':<50}" + (f"{page['bytes'] / 1000:.1f} in {len(page['files'])} files (aim: {PAGE_KB_MAX})" if page["files"] else "the program holds no page"))
    paint = report["paint"]
    if "missing" in paint:
        lines.append(f"first paint: not measured, {paint['missing']}")
    else:
        lines += [f"{f'first paint, {PAINT_SYMBOLS} symbols, ms':<50}{shown(paint['first_paint_ms'], 0)} (aim: {PAINT_MS_MAX}); Chromium {paint['browser']}",
                  f"{'its table is there, ms':<50}{shown(paint['table_ms'], 0)}"]
    return "\n".join([*lines, "", report["command"]])
