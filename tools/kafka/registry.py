"""A real schema registry (Apicurio) on 127.0.0.1, for the tests. What it knows dies with it.

    with Registry(folder) as registry:
        registry.url               # "http://127.0.0.1:23071/apis/ccompat/v7"
        registry.register("trades-value", schema)
"""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from cluster import READY_SECONDS, STOP_SECONDS, CannotStart, free_ports

ROOT = Path(__file__).resolve().parent.parent.parent
HOME = ROOT / "build/deps/apicurio"


def available():
    """What is missing for a registry, or nothing."""
    if not (HOME / ".stamp").exists():
        return "no Apicurio in build/deps/apicurio: type tools/deps/fetch_apicurio"
    return "" if shutil.which("java") else "no java: install openjdk-17-jre-headless"


class Registry:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.port = None
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/apis/ccompat/v7"

    def start(self):
        if problem := available():
            raise CannotStart(problem)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_ports(1)[0]
        jar = next(HOME.glob("*runner.jar"))
        options = ["-Xmx256m", "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={self.port}"]
        with open(self.folder / "registry.log", "ab") as log:
            self.process = subprocess.Popen(["java", *options, "-jar", str(jar)], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise CannotStart((self.folder / "registry.log").read_text(errors="replace")[-2000:])
            time.sleep(0.1)

    def answers(self):
        try:
            return self.request("GET", "/subjects") is not None
        except OSError:
            return False

    def request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.url + path, data, {"Content-Type": "application/vnd.schemaregistry.v1+json"}, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=20) as answer:
            return json.load(answer)

    def register(self, subject, schema, kind="AVRO"):
        """The schema's id."""
        text = schema if isinstance(schema, str) else json.dumps(schema)
        return self.request("POST", f"/subjects/{subject}/versions", {"schema": text, "schemaType": kind})["id"]

    def schema(self, number):
        return json.loads(self.request("GET", f"/schemas/ids/{number}")["schema"])

    def demand(self, subject, compatibility):
        """Of the next schemas: BACKWARD, FULL, NONE, ..."""
        self.request("PUT", f"/config/{subject}", {"compatibility": compatibility})

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
