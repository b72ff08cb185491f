"""`tickerhouse run` as a process of the test: started on a free port, watched, killed or stopped."""

import json
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import binary

READY_S = 60
SMALL = ("--symbols", "4", "--catch-up", "20m", "--port", "0")


class Running:
    def __init__(self, data, *flags):
        self.data = data
        self.log = open(f"{data}.log", "ab")
        self.process = subprocess.Popen(binary.command("run", "--data", data, *SMALL, *flags), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, env=binary.environment())

    def wait_ready(self):
        """The address of its pages, once /readyz answers 200."""
        log, start = pathlib.Path(self.log.name), self.log.tell()
        for _ in wait("it to serve", READY_S, self.process):
            found = re.findall(rb"dashboard: (http\S+)", log.read_bytes())
            if found and self.is_ready(found[-1].decode()):
                self.url = found[-1].decode()
                return self.url

    @staticmethod
    def is_ready(url):
        try:
            with urllib.request.urlopen(url + "/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=20) as answer:
            return answer.read()

    def status(self):
        return json.loads(self.get("/api/v1/status"))

    def wait_status(self, what, condition, seconds=60):
        for _ in wait(what, seconds, self.process):
            status = self.status()
            if condition(status):
                return status

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.close()

    def stop(self, seconds=15):
        """SIGTERM; its ledger."""
        self.process.send_signal(signal.SIGTERM)
        stdout, _ = self.process.communicate(timeout=seconds)
        self.close()
        if self.process.returncode != 0:
            raise AssertionError(f"exit {self.process.returncode}: {pathlib.Path(self.log.name).read_text()[-1500:]}")
        return binary.ledger_of(stdout)

    def close(self):
        self.process.stdout.close()
        self.log.close()


def wait(what, seconds, process=None):
    """Yields until the caller has seen what it waits for; an error after `seconds`, or when the process has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        if process is not None and process.poll() is not None:
            raise AssertionError(f"it ended with {process.returncode} while the test waited for {what}")
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain for {what}")
