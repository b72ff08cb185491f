#!/usr/bin/env python3
"""Checks who includes whom in src/, against the tables below. usage: check_layers.py [--self-test] [ROOT]

- a folder's CMake DEPENDS are allowed by ALLOWED, and its includes are among its DEPENDS; there is no cycle
- vendor headers stand in .cc files only (but VENDOR_HEADERS), and only in the folders of VENDORS
- pure folders include nothing that is a clock, thread, file, socket, environment, locale or randomness, not even
  through a header of another folder (what they call is checked by check_symbols.py)
- no banned folder names, nothing too large
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

# The folder table of the architecture: what each may include besides itself and base.
ALLOWED = {
    "base": set(),
    "market": set(),
    "formats": {"market"},
    "flow": {"market"},
    "engine": {"market", "flow"},
    "analytics": {"market", "flow", "engine"},
    "sources": {"market", "formats", "flow"},
    "sinks": {"market", "formats", "flow"},
    "serve": {"market", "formats", "flow"},
    "tape": {"market", "formats", "flow"},
    "runtime": {"market", "formats", "flow", "engine", "analytics"},
}
ALLOWED["app"] = set(ALLOWED)
PURE = {"market", "formats", "flow", "engine", "analytics"}

# Header (by its beginning) -> folders whose .cc files may include it. Any other non-standard header is an error.
ANYWHERE = set(ALLOWED)
VENDORS = {
    "boost/": {"serve", "sources"},
    "CLI/": {"app"},
    "curl/": {"sources", "runtime"},
    "date/": {"sources"},
    "duckdb.h": {"sinks", "sources"},
    "fmt/": ANYWHERE,
    "hiredis/": {"sinks"},
    "libpq-fe.h": {"sinks"},
    "librdkafka/": {"tape"},
    "lmdb.h": {"tape"},
    "muParser": {"analytics"},
    "nlohmann/": ANYWHERE - PURE | {"formats"},
    "openssl/": {"serve", "sources"},
    "prometheus/": {"serve"},
    "simdjson.h": {"formats"},
    "spdlog/": {"app", "runtime"},
    "toml++/": {"app"},
    "xxhash.h": {"base"},
    "zlib.h": {"sources"},
    "zstd.h": {"sources", "tape"},
}
# Headers that include a vendor's all the same: templates that several .cc files of one folder must share. Only files
# of that folder may include them.
VENDOR_HEADERS = {"serve/net/beast_streams.h"}
INTRINSICS = {"immintrin.h", "arm_neon.h", "wmmintrin.h"}
IMPURE_STANDARD = set(
    """atomic barrier chrono condition_variable csetjmp csignal ctime clocale codecvt execution filesystem fstream
    future iomanip iostream istream latch locale mutex ostream random regex semaphore shared_mutex sstream stop_token
    streambuf syncstream thread cstdio""".split()
)
BANNED = {"common", "util", "utils", "core", "helper", "helpers", "misc", "manager", "managers", "impl", "lib", "shared"}
HEADER_LINES_MAX, SOURCE_LINES_MAX, FOLDER_FILES_MAX = 250, 600, 32

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
MODULE = re.compile(r"tickerhouse_(?:module|program)\s*\(\s*(\w+)([^)]*)\)", re.S)


def module_of(cmake_text):
    """The words after DEPENDS of all calls in a CMake file, and whether PURE stands in one."""
    text = re.sub(r"#.*", "", cmake_text)
    depends, pure = set(), False
    for call in MODULE.finditer(text):
        key = None
        for word in call.group(2).split():
            if word in ("SOURCES", "DEPENDS", "LINKS", "PURE"):
                key = word
                pure |= word == "PURE"
            elif key == "DEPENDS":
                depends.add(word)
    return depends, pure


def includes_of(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if match := INCLUDE.match(line):
            yield number, match.group(1) == "<", match.group(2)


def is_c_header(name):
    return name.endswith(".h") and name not in INTRINSICS


class Checker:
    def __init__(self, root):
        self.src = Path(root) / "src"
        self.errors = []
        self.impure_cache = {}

    def error(self, path, line, text):
        self.errors.append(f"{path.relative_to(self.src.parent)}:{line}: {text}")

    def run(self):
        if not self.src.is_dir():
            return [f"{self.src}: no such folder"]
        depends = {}
        for folder in sorted(p for p in self.src.iterdir() if p.is_dir()):
            depends[folder.name] = self.check_folder(folder)
        self.check_cycles(depends)
        return self.errors

    def check_folder(self, folder):
        if folder.name not in ALLOWED:
            self.error(folder, 1, f"no such folder in the architecture: {folder.name}")
            return set()
        cmake = folder / "CMakeLists.txt"
        depends, pure = module_of(cmake.read_text(encoding="utf-8")) if cmake.exists() else (set(), folder.name in PURE)
        for name in sorted(depends - {folder.name, "base"} - ALLOWED[folder.name]):
            self.error(cmake, 1, f"{folder.name} may not depend on {name}")
        if pure != (folder.name in PURE):
            self.error(cmake, 1, f"{folder.name} {'lacks' if not pure else 'must not have'} the flag PURE")
        may_include = depends | {folder.name} if cmake.exists() else ALLOWED[folder.name] | {folder.name, "base"}

        files = sorted(p for p in folder.rglob("*") if p.suffix in (".h", ".cc"))
        for path in files:
            self.check_size(path)
            for line, angled, name in includes_of(path):
                if angled:
                    self.check_angled(folder.name, path, line, name)
                else:
                    self.check_quoted(folder.name, may_include, path, line, name)
        for sub in {folder, *(p for p in folder.rglob("*") if p.is_dir())}:
            if sub.name in BANNED:
                self.error(sub, 1, f"'{sub.name}' says nothing about what is in it: banned as a folder name")
            count = sum(1 for p in sub.iterdir() if p.suffix in (".h", ".cc"))
            if count > FOLDER_FILES_MAX:
                self.error(sub, 1, f"{count} files in a folder, at most {FOLDER_FILES_MAX}")
        return depends

    def check_size(self, path):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        limit = HEADER_LINES_MAX if path.suffix == ".h" else SOURCE_LINES_MAX
        if lines > limit:
            self.error(path, lines, f"{lines} lines, at most {limit}: split it by idea")

    def check_quoted(self, folder, may_include, path, line, name):
        target = self.src / name
        if not target.is_file():
            self.error(path, line, f'"{name}" is no file of src/ (write the path from there)')
            return
        if name in VENDOR_HEADERS and (path.suffix == ".h" or target.parent != path.parent):
            self.error(path, line, f'"{name}" is for the .cc files of its folder only')
        if (owner := name.split("/")[0]) not in may_include:
            why = "is not in the DEPENDS of" if owner in ALLOWED[folder] | {"base"} else "may not be included by"
            self.error(path, line, f"{owner} {why} {folder}")
        if folder in PURE and owner not in PURE:
            for impure in sorted(self.impure_headers(target)):
                self.error(path, line, f'"{name}" brings <{impure}> into the pure folder {folder}')

    def check_angled(self, folder, path, line, name):
        vendor = next((v for v in VENDORS if name == v or (not v.endswith(".h") and name.startswith(v))), None)
        if vendor:
            if folder not in VENDORS[vendor]:
                self.error(path, line, f"<{name}> may be included in {', '.join(sorted(VENDORS[vendor]))} only")
            if path.suffix == ".h" and str(path.relative_to(self.src)) not in VENDOR_HEADERS:
                self.error(path, line, f"<{name}> in a header: vendor headers stand in .cc files only")
        elif folder in PURE and (name in IMPURE_STANDARD or is_c_header(name)):
            self.error(path, line, f"<{name}> in the pure folder {folder}")
        elif "/" in name and not re.match(r"(sys|net|netinet|arpa|linux)/", name):
            self.error(path, line, f"<{name}>: a vendor header that no folder is allowed (table VENDORS)")

    def impure_headers(self, header):
        """Impure standard headers that a project header brings in, itself or through others."""
        if header not in self.impure_cache:
            self.impure_cache[header] = found = set()
            for _, angled, name in includes_of(header):
                if angled and (name in IMPURE_STANDARD or is_c_header(name)):
                    found.add(name)
                elif not angled and (self.src / name).is_file():
                    found |= self.impure_headers(self.src / name)
        return self.impure_cache[header]

    def check_cycles(self, depends):
        def visit(name, trail):
            if name in trail:
                cycle = " -> ".join([*trail[trail.index(name):], name])
                self.errors.append(f"src: cycle of DEPENDS: {cycle}")
            else:
                for other in sorted(depends.get(name, set()) - {name}):
                    visit(other, [*trail, name])

        for name in sorted(depends):
            visit(name, [])


# Each offender: file, its text, what the complaint must say.
OFFENDERS = [
    ("market/a.h", '#include "engine/e.h"\n', "engine may not be included by market"),
    ("market/a.h", '#include "base/queue.h"\n', "brings <mutex> into the pure folder market"),
    ("formats/a.cc", '#include "market/m.h"\n', "market is not in the DEPENDS of formats"),
    ("engine/a.cc", "#include <thread>\n", "<thread> in the pure folder engine"),
    ("engine/a.cc", "#include <unistd.h>\n", "<unistd.h> in the pure folder engine"),
    ("engine/a.cc", "#include <lmdb.h>\n", "<lmdb.h> may be included in tape only"),
    ("base/a.h", "#include <fmt/format.h>\n", "vendor headers stand in .cc files only"),
    ("serve/net/a.h", '#include "serve/net/beast_streams.h"\n', "is for the .cc files of its folder only"),
    ("serve/a.cc", '#include "serve/net/beast_streams.h"\n', "is for the .cc files of its folder only"),
    ("base/a.cc", "#include <absl/x.h>\n", "a vendor header that no folder is allowed"),
    ("base/a.cc", '#include "market/m.h"\n', "market may not be included by base"),
    ("base/a.cc", '#include "m.h"\n', "is no file of src/"),
    ("base/utils/a.cc", "\n", "banned as a folder name"),
    ("base/a.h", "\n" * 251, "251 lines, at most 250"),
    ("helpers/a.cc", "\n", "no such folder in the architecture"),
    ("market/CMakeLists.txt", "tickerhouse_module(market SOURCES m.cc DEPENDS base)", "market lacks the flag PURE"),
    ("base/CMakeLists.txt", "tickerhouse_module(base SOURCES b.cc DEPENDS market)", "cycle of DEPENDS"),
    ("market/CMakeLists.txt", "tickerhouse_module(market SOURCES m.cc DEPENDS base tape PURE)", "may not depend on tape"),
]


def write_clean_tree(root):
    files = {
        "base/CMakeLists.txt": "tickerhouse_module(base SOURCES b.cc LINKS tp_fmt)",
        "base/b.h": "#include <cstdint>\n",
        "base/b.cc": '#include "base/b.h"\n#include <fmt/format.h>\n#include <unistd.h>\n',
        "base/queue.h": "#include <mutex>\n",
        "market/CMakeLists.txt": "tickerhouse_module(market SOURCES m.cc DEPENDS base PURE)",
        "market/m.h": '#include "base/b.h"\n',
        "formats/CMakeLists.txt": "tickerhouse_module(formats SOURCES f.cc DEPENDS base PURE)",
        "engine/CMakeLists.txt": "tickerhouse_module(engine SOURCES e.cc DEPENDS base market PURE)",
        "serve/net/beast_streams.h": "#include <boost/asio/io_context.hpp>\n",
        "engine/e.h": '#include "market/m.h"\n#include <vector>\n',
    }
    for name, text in files.items():
        path = root / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def self_test():
    """A clean tree passes and each seeded offender is found."""
    for name, text, complaint in [(None, None, None), *OFFENDERS]:
        root = Path(tempfile.mkdtemp())
        try:
            write_clean_tree(root)
            if name:
                (root / "src" / name).parent.mkdir(parents=True, exist_ok=True)
                (root / "src" / name).write_text(text, encoding="utf-8")
            errors = Checker(root).run()
        finally:
            shutil.rmtree(root)
        if name is None and errors:
            return [f"self-test: complaints about a clean tree: {errors}"]
        if name and not any(complaint in error for error in errors):
            return [f"self-test: {name} was not found: expected '{complaint}' among {errors}"]
    return []


def main(arguments):
    if "--self-test" in arguments:
        errors = self_test()
    else:
        errors = Checker(arguments[0] if arguments else Path(__file__).resolve().parent.parent).run()
    print("\n".join(errors) if errors else "layers: ok")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
