"""A program that serves on a port of 127.0.0.1, for `benchmarks/run latency` and `footprint`."""

import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import time

from path.race import Failed, environment

END_SECONDS = 30
TRY_AGAIN_SECONDS = 0.002


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Served:
    """Started by `with`; ended with SIGTERM, and after that `cpu_s` is what it used."""

    def __init__(self, words, port, log, stdin=subprocess.DEVNULL):
        self.words, self.port, self.log, self.stdin, self.cpu_s = [str(word) for word in words], port, log, stdin, None

    def __enter__(self):
        self.started = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.words, stdin=self.stdin, stdout=log, stderr=log, cwd=self.log.parent, env=environment())
        return self

    def __exit__(self, *_):
        if self.cpu_s is None:
            os.kill(self.process.pid, signal.SIGTERM)  # not send_signal(), which would take the end of one that has ended
            self.wait()

    def wait(self):
        """Until it has ended; one that will not is killed."""
        deadline = time.monotonic() + END_SECONDS
        while True:
            pid, status, used = os.wait4(self.process.pid, os.WNOHANG)
            if pid != 0:
                break
            if time.monotonic() > deadline:
                self.process.kill()
            time.sleep(0.01)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_s = used.ru_utime + used.ru_stime

    def problem(self, what):
        return Failed(f"{what}: {shlex.join(self.words)}\n{self.log.read_text(errors='replace')[-2000:]}")

    def get(self, path, headers=None):
        """(status, headers, body as it was sent)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def json(self, path):
        return json.loads(self.get(path)[2])

    def until(self, holds, seconds, what):
        """Asks again and again; a refused connection is a no. Returns the seconds since the start."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if holds():
                    return time.monotonic() - self.started
            except (OSError, http.client.HTTPException):
                pass
            if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                raise self.problem(f"ended before {what}")
            if time.monotonic() > deadline:
                raise self.problem(f"{what}: not within {seconds} s")
            time.sleep(TRY_AGAIN_SECONDS)

    def ready(self, seconds=60):
        return self.until(lambda: self.get("/readyz")[0] == 200, seconds, "/readyz is 200")
