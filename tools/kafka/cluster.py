"""A real Apache Kafka cluster (KRaft) on 127.0.0.1, for the tests and for a newcomer's demo.

    with Cluster(folder) as kafka:
        kafka.bootstrap            # "127.0.0.1:39211"

A secured one has beside PLAINTEXT the listeners of LISTENERS, each at kafka.addresses(NAME), with one user (USER, PASSWORD) and
certificates in folder/certificates (see certificates.py).

One process per broker, each broker and controller at once, on free ports that a folder keeps from start to start. Each is ended
by its pid. Nothing outlives stop(), except the folder.
"""

import base64
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import time
import uuid
from pathlib import Path

import certificates

ROOT = Path(__file__).resolve().parent.parent.parent
JARS = ROOT / "build/deps/kafka"
READY_SECONDS = 120
STOP_SECONDS = 20
USER, PASSWORD = "trader", "correct-horse-7"                    # of a broker that only this machine sees
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
PROTOCOLS = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"}
LISTENERS = {"LOGIN": "SASL_PLAINTEXT", "TLS": "SSL", "MUTUAL": "SSL", "LOGIN_TLS": "SASL_SSL"}


class CannotStart(Exception):
    pass


def available():
    """What is missing for a broker, or nothing."""
    if not (JARS / ".stamp").exists():
        return "no jars in build/deps/kafka: type tools/deps/fetch_kafka"
    return "" if shutil.which("java") else "no java: install openjdk-17-jre-headless"


def free_ports(count):
    """None of those that the kernel gives to whoever connects: a broker that is away for a moment finds its own free when it is back."""
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    sockets = []
    for port in random.sample(range(10000, first) if first > 12000 else range(last, 65536), 400):
        one = socket.socket()
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            one.close()
            continue
        sockets.append(one)
        if len(sockets) == count:
            break
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def call(port, key, version, body, seconds=5):
    """One request of the Kafka protocol; the answer without its header."""
    with socket.create_connection(("127.0.0.1", port), seconds) as connection:
        message = struct.pack(">hhih", key, version, 1, 11) + b"tickerhouse" + body
        connection.sendall(struct.pack(">i", len(message)) + message)
        stream = connection.makefile("rb")
        head = stream.read(4)
        if len(head) < 4:
            raise OSError("connection closed")
        return stream.read(struct.unpack(">i", head)[0])[4:]


def members(port):
    """Metadata v1 without topics: the brokers that are there, and the controller."""
    answer = call(port, 3, 1, struct.pack(">i", 0))
    count, at, ids = struct.unpack_from(">i", answer)[0], 4, set()
    for _ in range(count):
        ids.add(struct.unpack_from(">i", answer, at)[0])
        at += 4
        at += 2 + struct.unpack_from(">h", answer, at)[0] + 4           # host, port
        at += 2 + max(0, struct.unpack_from(">h", answer, at)[0])       # rack
    return ids, struct.unpack_from(">i", answer, at)[0]


class Cluster:
    def __init__(self, folder, brokers=1, heap="512m", secured=False, before_exec=None):
        self.folder = Path(folder)
        self.protocols = {**PROTOCOLS, **(LISTENERS if secured else {})}
        self.secured = secured
        self.nodes = range(1, brokers + 1)
        self.heap = heap
        self.before_exec = before_exec
        self.processes = {}
        self.ports = {}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def bootstrap(self):
        return self.addresses("PLAINTEXT")

    def addresses(self, listener):
        return ",".join(f"127.0.0.1:{self.ports[str(node)][listener]}" for node in self.nodes)

    @property
    def certificates(self):
        return self.folder / "certificates"

    def start(self):
        if problem := available():
            raise CannotStart(problem)
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = self.folder / "ports.json"
        if kept.exists():
            self.ports = json.loads(kept.read_text())
        else:
            self.format(kept)
        try:
            for node in self.nodes:
                self.start_node(node)
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def wait_for_another(self):
        """Until the brokers that another process starts in this folder are there."""
        deadline, kept = time.monotonic() + READY_SECONDS, self.folder / "ports.json"
        while not kept.exists():
            if time.monotonic() > deadline:
                raise CannotStart(f"{kept} does not appear")
            time.sleep(0.05)
        self.ports = json.loads(kept.read_text())
        self.wait_until_ready()

    def format(self, kept):
        listeners = list(self.protocols)
        ports = free_ports(len(self.nodes) * len(listeners))
        self.ports = {str(node): dict(zip(listeners, ports[i * len(listeners):])) for i, node in enumerate(self.nodes)}
        # The tool would take an id that begins with "-" for an option.
        cluster = "A" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[:21]
        users = [part for mechanism in MECHANISMS[1:] for part in ("--add-scram", f"{mechanism}=[name={USER},password={PASSWORD}]")]
        if self.secured:
            certificates.make(self.certificates)
        jobs = []
        for node in self.nodes:
            self.settings(node).write_text(self.properties(node))
            jobs.append(subprocess.Popen([*self.java("128m"), "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self.settings(node)),
                                          *(users if self.secured else ())],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
        for job in jobs:
            _, said = job.communicate()
            if job.returncode:
                raise CannotStart(f"formatting the broker's folder failed: {said.decode()[-500:]}")
        written = kept.with_suffix(".staging")
        written.write_text(json.dumps(self.ports))
        written.rename(kept)

    def settings(self, node):
        return self.folder / f"server-{node}.properties"

    def log(self, node):
        return self.folder / f"broker-{node}.log"

    @staticmethod
    def java(heap):
        return ["java", f"-Xms{heap}", f"-Xmx{heap}", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{JARS}/*"]

    def properties(self, node):
        ports, replicas = self.ports[str(node)], min(len(self.nodes), 3)
        settings = {
            "process.roles": "broker,controller", "node.id": node,
            "controller.quorum.voters": ",".join(f"{i}@127.0.0.1:{self.ports[str(i)]['CONTROLLER']}" for i in self.nodes),
            "controller.listener.names": "CONTROLLER", "inter.broker.listener.name": "PLAINTEXT",
            "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items()),
            "advertised.listeners": ",".join(f"{name}://127.0.0.1:{self.advertised_port(node, name)}" for name in ports if name != "CONTROLLER"),
            "listener.security.protocol.map": ",".join(f"{name}:{self.protocols[name]}" for name in ports),
            "log.dirs": self.folder / f"data-{node}",
            "auto.create.topics.enable": "false", "default.replication.factor": replicas, "min.insync.replicas": max(1, replicas - 1),
            "offsets.topic.replication.factor": replicas, "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": replicas, "transaction.state.log.min.isr": max(1, replicas - 1),
            "transaction.state.log.num.partitions": 4, "group.initial.rebalance.delay.ms": 0,
            "log.cleaner.dedupe.buffer.size": 16777216, **(self.security() if self.secured else {}),
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())

    def advertised_port(self, node, listener):
        """Where others are told to go."""
        return self.ports[str(node)][listener]

    def security(self):
        login = "org.apache.kafka.common.security"
        settings = {"ssl.keystore.type": "PEM", "ssl.keystore.location": self.certificates / "server.store.pem", "ssl.truststore.type": "PEM",
                    "ssl.truststore.location": self.certificates / "ca.pem", "listener.name.mutual.ssl.client.auth": "required"}
        for listener in ("login", "login_tls"):
            settings[f"listener.name.{listener}.sasl.enabled.mechanisms"] = ",".join(MECHANISMS)
            settings[f"listener.name.{listener}.plain.sasl.jaas.config"] = f'{login}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
            for mechanism in MECHANISMS[1:]:
                settings[f"listener.name.{listener}.{mechanism.lower()}.sasl.jaas.config"] = f"{login}.scram.ScramLoginModule required;"
        return settings

    def tool(self, name, *arguments):
        """One of Kafka's own command line tools, by its class; what it printed."""
        done = subprocess.run([*self.java("128m"), f"org.apache.kafka.tools.{name}", "--bootstrap-server", self.bootstrap, *map(str, arguments)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{name} {arguments}: {done.stdout[-1000:]}")
        return done.stdout

    def start_node(self, node):
        with open(self.log(node), "ab") as log:
            self.processes[node] = subprocess.Popen([*self.java(self.heap), "kafka.Kafka", str(self.settings(node))], stdout=log, stderr=log,
                                                    stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=self.before_exec)

    def wait_until_ready(self):
        deadline, waiting = time.monotonic() + READY_SECONDS, set(self.nodes)
        while waiting:
            for node in sorted(waiting):
                if node in self.processes and self.processes[node].poll() is not None:
                    raise CannotStart(f"broker {node} ended: {self.log(node).read_text(errors='replace')[-500:]}")
                try:
                    ids, controller = members(self.ports[str(node)]["PLAINTEXT"])
                except (OSError, struct.error):
                    continue
                if ids == set(self.nodes) and controller in ids:
                    waiting.discard(node)
            if time.monotonic() > deadline:
                raise CannotStart(f"not ready after {READY_SECONDS} s, see {self.folder}/broker-*.log")
            time.sleep(0.05)

    def pause(self, node):
        """As a machine that hangs."""
        self.processes[node].send_signal(signal.SIGSTOP)

    def resume(self, node):
        self.processes[node].send_signal(signal.SIGCONT)

    def kill(self, node):
        """As a machine that loses its power."""
        self.processes[node].send_signal(signal.SIGKILL)
        self.processes[node].wait()

    def stop(self):
        for signum, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5)):
            running = [process for process in self.processes.values() if process.poll() is None]
            for process in running:
                os.kill(process.pid, signum)
                os.kill(process.pid, signal.SIGCONT)  # if it is paused
            for process in running:
                try:
                    process.wait(seconds)
                except subprocess.TimeoutExpired:
                    continue
