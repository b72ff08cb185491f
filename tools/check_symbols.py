#!/usr/bin/env python3
"""Checks that the pure folders call nothing impure. usage: check_symbols.py BUILD_DIR | --self-test

Reads with nm what the object files of the pure folders leave undefined, and fails on a clock, a thread, a file, a
socket, the environment, a locale or randomness: whatever could make two runs over the same tape differ. It sees calls
that come through templates and headers, which check_layers.py cannot.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from check_layers import PURE  # noqa: E402

# C names, whole; then beginnings of demangled C++ names.
FORBIDDEN_C = {
    "clock": "clock clock_gettime clock_getres time gettimeofday localtime localtime_r gmtime gmtime_r mktime strftime "
    "nanosleep clock_nanosleep usleep sleep timespec_get",
    "thread": r"pthread_\w+ sem_\w+ sched_\w+ fork vfork gettid __gthread\w+",
    "file": r"open open64 openat creat fopen fopen64 fdopen read write pread pread64 pwrite pwrite64 readv writev mmap "
    r"mmap64 fread fwrite fputs fputc puts putchar printf fprintf vprintf vfprintf __printf_chk __fprintf_chk scanf "
    r"fscanf getchar fgets stat stat64 fstat unlink rename remove mkdir opendir ioctl stdout stderr stdin",
    "socket": "socket connect bind listen accept send sendto sendmsg recv recvfrom recvmsg poll select epoll_\\w+ "
    "getaddrinfo gethostbyname gethostname",
    "environment": "getenv secure_getenv setenv putenv environ getpid getuid getcwd system popen",
    "locale": "setlocale localeconv uselocale newlocale strtod strtof strtold atof strcoll strxfrm sprintf snprintf "
    "vsnprintf __snprintf_chk __sprintf_chk toupper_l tolower_l",
    "randomness": "rand rand_r srand random srandom drand48 lrand48 arc4random\\w* getrandom getentropy",
}
FORBIDDEN_CXX = {
    "clock": r"std::chrono::.*::now\(",
    "thread": r"std::(thread|this_thread|mutex|timed_mutex|condition_variable|jthread|__future|future|promise)\b",
    "file": r"std::(filesystem|basic_filebuf|basic_fstream|basic_ifstream|basic_ofstream|cout|cerr|clog|cin)\b",
    "locale": r"std::(locale|basic_ios|ios_base|basic_ostream|basic_istream|basic_stringbuf|__cxx11::basic_\w*stringstream"
    r"|ostream|istream)\b",
    "randomness": r"std::random_device\b",
}
C_PATTERNS = {kind: re.compile("^(" + "|".join(names.split()) + r")(@.*)?$") for kind, names in FORBIDDEN_C.items()}
CXX_PATTERNS = {kind: re.compile(pattern) for kind, pattern in FORBIDDEN_CXX.items()}


def kind_of(symbol):
    """What an undefined symbol stands for, or None if it is harmless."""
    patterns = CXX_PATTERNS if "::" in symbol else C_PATTERNS
    return next((kind for kind, pattern in patterns.items() if pattern.search(symbol)), None)


def offences(path):
    run = subprocess.run(["nm", "-C", "--undefined-only", str(path)], capture_output=True, text=True, check=True)
    for line in run.stdout.splitlines():
        symbol = line.split(None, 1)[1] if len(line.split(None, 1)) == 2 else ""
        if kind := kind_of(symbol):
            yield f"{kind}: {symbol}"


def check(build):
    errors, count = [], 0
    for folder in sorted(PURE):
        for path in sorted((build / "src" / folder).rglob("*.o")):
            count += 1
            errors += [f"src/{folder}/{path.stem}: {offence}" for offence in offences(path)]
    if count == 0:
        errors.append(f"{build}: no object files of the pure folders; build first")
    return errors, count


CLEAN = "#include <string>\n#include <charconv>\nstd::string f(int n) { return std::string(n, 'x') + \"y\"; }\n"
OFFENDERS = {
    "clock": "#include <chrono>\nlong f() { return std::chrono::steady_clock::now().time_since_epoch().count(); }\n",
    "thread": "#include <mutex>\nstd::mutex m;\nvoid f() { std::lock_guard lock(m); }\n",
    "file": "#include <fstream>\nbool f() { return std::ifstream(\"x\").good(); }\n",
    "socket": "#include <sys/socket.h>\nint f() { return socket(1, 1, 0); }\n",
    "environment": "#include <cstdlib>\nchar* f() { return std::getenv(\"X\"); }\n",
    "locale": "#include <sstream>\nstd::string f() { std::ostringstream s; s << 1.5; return s.str(); }\n",
    "randomness": "#include <random>\nunsigned f() { return std::random_device()(); }\n",
}


def self_test():
    """Compiles a clean file and one offender of each kind; the check must tell them apart."""
    errors = []
    compiler = os.environ.get("CXX", "g++-12")
    with tempfile.TemporaryDirectory() as folder:
        for kind, text in [("", CLEAN), *OFFENDERS.items()]:
            source, target = Path(folder) / "f.cc", Path(folder) / "f.o"
            source.write_text(text, encoding="utf-8")
            subprocess.run([compiler, "-std=c++20", "-O1", "-c", str(source), "-o", str(target)], check=True)
            found = list(offences(target))
            if not kind and found:
                errors.append(f"self-test: complaints about a clean file: {found}")
            if kind and not any(offence.startswith(kind + ":") for offence in found):
                errors.append(f"self-test: the offender '{kind}' was not found: {found}")
    return errors, len(OFFENDERS) + 1


def main(arguments):
    if len(arguments) != 1:
        print(__doc__)
        return 64
    errors, count = self_test() if arguments[0] == "--self-test" else check(Path(arguments[0]))
    print("\n".join(errors) if errors else f"symbols: ok ({count} object files)")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
