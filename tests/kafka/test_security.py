"""A tape on brokers that want a login, TLS or both: every way in works, every wrong setting ends the start with its name, and no secret is seen."""

import pathlib
import subprocess
import threading
import time
import unittest

from on_broker import EXIT_CONFIGURATION, BrokerTest, binary, cluster  # isort: skip: it says where the others are
import certificates

SIMULATED = ["simulate", "--events", "200"]
WRONG_ENDS_S = 20
EXIT_FAILED = 1
WRONG_PASSWORD = "wrong-horse-8"
SECRETS = [cluster.PASSWORD, certificates.KEY_PASSWORD, WRONG_PASSWORD]


def arguments_of(process):
    """What everybody on the machine sees of a process; nothing when it has ended."""
    try:
        return pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()
    except OSError:
        return b""


class Security(BrokerTest):
    @classmethod
    def make_cluster(cls, folder):
        return cluster.Cluster(folder, secured=True)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pems = cls.kafka.certificates
        for name, secret in (("password", cluster.PASSWORD), ("wrong", WRONG_PASSWORD), ("key-password", certificates.KEY_PASSWORD)):
            (cls.path / name).write_text(secret + "\n")

    def setUp(self):
        super().setUp()
        self.work = self.data
        self.work.mkdir()
        self.count = 0

    def run_and_look(self, *arguments, environment=None):
        """(exit code, what was said) of a run in a folder of its own, after a look for secrets wherever others could look too."""
        process = subprocess.Popen(binary.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=self.work,
                                   env={**binary.environment(), **(environment or {})})
        seen = []
        watch = threading.Thread(target=lambda: seen.extend(iter(lambda: (time.sleep(0.05), arguments_of(process))[1], b"")))
        watch.start()
        try:
            output, error = process.communicate(timeout=binary.TIMEOUT_S)
        finally:
            process.kill()
            watch.join()
        kept = [file.read_bytes() for file in (self.work / "data").rglob("*") if file.is_file()]
        for secret in SECRETS:
            for text in (output, error, *seen, *kept):
                self.assertNotIn(secret.encode(), text)
        return process.returncode, error.decode()

    def simulate(self, listener, *flags, properties=None, environment=None, brokers=None):
        self.count += 1
        given = [part for name, value in (properties or {}).items() for part in ("-X", f"{name}={value}")]
        pipeline = f"{self.name}-{self.count}"
        where = ["--data", self.work / "data" / str(self.count), "--tape", "kafka", "--brokers", brokers or self.kafka.addresses(listener), "--pipeline", pipeline]
        return self.run_and_look(*SIMULATED, *where, *given, *flags, environment=environment)

    def assert_works(self, listener, *flags, **more):
        code, said = self.simulate(listener, *flags, **more)
        self.assertEqual(code, 0, said)

    def assert_wrong(self, names, listener, *flags, code=(EXIT_CONFIGURATION,), **more):
        """Ends soon, once, and names the setting."""
        begun = time.monotonic()
        ended, said = self.simulate(listener, *flags, **more)
        self.assertIn(ended, code, said)
        self.assertLess(time.monotonic() - begun, WRONG_ENDS_S)
        for name in names:
            self.assertIn(name, said)
        self.assertEqual(len(said.strip().splitlines()), 1, said)

    def login(self, mechanism, protocol="SASL_PLAINTEXT", **more):
        return {"security.protocol": protocol, "sasl.mechanism": mechanism, "sasl.username": cluster.USER, **more}

    def tls(self, protocol="SSL", **more):
        return {"security.protocol": protocol, "ssl.ca.location": self.pems / "ca.pem", **{name.replace("_", "."): value for name, value in more.items()}}

    def client(self, name="client", key=None):
        return {"ssl_certificate_location": self.pems / f"{name}.pem", "ssl_key_location": self.pems / (key or f"{name}.key")}

    def password(self, name="password"):
        return "--kafka-password-file", self.path / name

    # What works.

    def test_login(self):
        for mechanism in cluster.MECHANISMS:
            with self.subTest(mechanism):
                self.assert_works("LOGIN", *self.password(), properties=self.login(mechanism))

    def test_login_over_tls(self):
        for mechanism in cluster.MECHANISMS:
            with self.subTest(mechanism):
                self.assert_works("LOGIN_TLS", *self.password(), properties={**self.tls(), **self.login(mechanism, "SASL_SSL")})

    def test_tls(self):
        self.assert_works("TLS", properties=self.tls())

    def test_both_sides_with_certificates(self):
        self.assert_works("MUTUAL", properties=self.tls(**self.client()))

    def test_a_locked_key(self):
        locked = self.tls(**self.client(key="client.locked.key"))
        self.assert_works("MUTUAL", "--kafka-tls-key-password-file", self.path / "key-password", properties=locked)
        self.assert_works("MUTUAL", properties=locked, environment={"KAFKA_TLS_KEY_PASSWORD": certificates.KEY_PASSWORD})

    def test_the_ways_to_give_a_password(self):
        properties = self.login("SCRAM-SHA-256")
        self.assert_works("LOGIN", properties=properties, environment={"KAFKA_PASSWORD": cluster.PASSWORD})
        self.assert_works("LOGIN", properties={**properties, "sasl.password_file": self.path / "password"})
        # A flag wins over the environment, and that over the file.
        self.assert_works("LOGIN", *self.password(), properties=properties, environment={"KAFKA_PASSWORD": WRONG_PASSWORD})
        (self.work / "tickerhouse.toml").write_text(f'[kafka]\npassword_file = "{self.path / "wrong"}"\n')
        self.assert_works("LOGIN", properties=properties, environment={"KAFKA_PASSWORD": cluster.PASSWORD})
        (self.work / ".env").write_text(f"KAFKA_PASSWORD={cluster.PASSWORD}\n")
        self.assert_works("LOGIN", properties=properties)

    def test_a_file_has_all_of_it(self):
        lines = [f'"{name}" = "{value}"' for name, value in {**self.tls(), **self.login("SCRAM-SHA-512", "SASL_SSL")}.items()]
        file = self.work / "tickerhouse.toml"
        file.write_text(f'[kafka]\npassword_file = "{self.path / "password"}"\n[kafka.properties]\n' + "\n".join(lines) + "\n")
        self.assert_works("LOGIN_TLS")
        code, said = self.run_and_look("export", "bars", "--data", self.work / "data/1")  # reading takes the same way
        self.assertEqual(code, 0, said)

    # What does not.

    def test_a_wrong_login(self):
        for mechanism in cluster.MECHANISMS:
            with self.subTest(mechanism):
                self.assert_wrong(["sasl.password", "sasl.username"], "LOGIN", *self.password("wrong"), properties=self.login(mechanism))
        self.assert_wrong(["sasl.username"], "LOGIN", *self.password(), properties={**self.login("PLAIN"), "sasl.username": "nobody"})
        self.assert_wrong(["sasl.password"], "LOGIN_TLS", *self.password("wrong"), properties={**self.tls(), **self.login("PLAIN", "SASL_SSL")})
        self.assert_wrong(["sasl.password"], "LOGIN", properties=self.login("PLAIN"))

    def test_a_wrong_mechanism(self):
        self.assert_wrong(["sasl.mechanism"], "LOGIN", *self.password(), properties=self.login("SCRAM-SHA-1"))
        self.assert_wrong(["sasl.mechanism"], "LOGIN", *self.password(), properties={"security.protocol": "SASL_PLAINTEXT", "sasl.username": cluster.USER})

    def test_a_wrong_protocol(self):
        login = self.login("PLAIN")
        for listener, properties in (("LOGIN", {}), ("LOGIN", self.tls()), ("TLS", {}), ("TLS", login), ("PLAINTEXT", self.tls()), ("PLAINTEXT", login),
                                     ("LOGIN_TLS", login), ("LOGIN_TLS", self.tls()), ("TLS", {**self.tls(), **self.login("PLAIN", "SASL_SSL")})):
            with self.subTest(listener=listener, protocol=properties.get("security.protocol")):
                flags = self.password() if "sasl.mechanism" in properties else ()
                self.assert_wrong(["security.protocol"], listener, *flags, properties=properties)

    def test_a_wrong_authority(self):
        self.assert_wrong(["ssl.ca.location"], "TLS", properties=self.tls(ssl_ca_location=self.pems / "other.ca.pem"))
        self.assert_wrong(["ssl.ca.location"], "TLS", properties=self.tls(ssl_ca_location=self.work / "none.pem"))
        self.assert_wrong(["ssl.ca.location"], "TLS", properties={"security.protocol": "SSL"})

    def test_a_wrong_certificate(self):
        self.assert_wrong(["ssl.certificate.location"], "MUTUAL", properties=self.tls())
        self.assert_wrong(["ssl.certificate.location"], "MUTUAL", properties=self.tls(**self.client("other")))
        self.assert_wrong(["ssl.key.location"], "MUTUAL", properties=self.tls(**self.client(key="other.key")))

    def test_a_wrong_password_of_the_key(self):
        locked = self.tls(**self.client(key="client.locked.key"))
        self.assert_wrong(["ssl.key.password", "kafka.tls_key_password_file"], "MUTUAL", "--kafka-tls-key-password-file", self.path / "wrong", properties=locked)
        self.assert_wrong(["ssl.key.password", "kafka.tls_key_password_file"], "MUTUAL", properties=locked)

    def test_wrong_brokers(self):
        port = cluster.free_ports(1)[0]
        self.assert_wrong(["no broker answers", f"127.0.0.1:{port}"], None, brokers=f"127.0.0.1:{port}", code=(EXIT_FAILED,))
        # A resolver that is not there itself answers otherwise than one that knows no such host.
        self.assert_wrong(["kafka.brokers", "nowhere.invalid"], None, brokers="nowhere.invalid:9092", code=(EXIT_CONFIGURATION, EXIT_FAILED))

    def test_files_that_hold_no_secret(self):
        (self.work / "empty").write_text("\n")
        self.assert_wrong(["kafka.password_file"], "LOGIN", "--kafka-password-file", self.work / "empty", properties=self.login("PLAIN"))
        self.assert_wrong(["kafka.password_file"], "LOGIN", "--kafka-password-file", self.work / "none", properties=self.login("PLAIN"))
        self.assertFalse(any((self.work / "data").rglob("kafka")))  # a refused start leaves no word of the brokers

    def test_no_secret_on_a_command_line(self):
        for name, way in (("sasl.password", "kafka.password_file"), ("ssl.key.password", "KAFKA_TLS_KEY_PASSWORD"), ("ssl.keystore.password", "ssl.keystore.password_file"),
                          ("sasl.oauthbearer.client.secret", "sasl.oauthbearer.client.secret_file"), ("ssl.key.pem", "ssl.key.pem_file")):
            with self.subTest(name):
                self.assert_wrong([name, way], "LOGIN", properties={name: "any"})

    def test_no_secret_is_shown(self):
        (self.work / "tickerhouse.toml").write_text(f'[kafka.properties]\n"sasl.password" = "{WRONG_PASSWORD}"\n"sasl.username" = "{cluster.USER}"\n')
        shown = subprocess.run(binary.command("check", "--show"), capture_output=True, cwd=self.work, env={**binary.environment(), "KAFKA_PASSWORD": cluster.PASSWORD}, check=True)
        self.assertIn(cluster.USER, shown.stdout.decode())
        self.assertIn("sasl.password", shown.stdout.decode())
        for secret in SECRETS:
            self.assertNotIn(secret, shown.stdout.decode() + shown.stderr.decode())


if __name__ == "__main__":
    unittest.main()
