"""Certificates for a broker of this machine and one client, as PEM files in a folder: ca.pem; server.pem, client.pem with their .key;
client.locked.key, whose password is KEY_PASSWORD; server.store.pem, key and certificate as a broker reads them; and other.ca.pem with
other.pem and other.key, an authority and its client that nobody knows.
"""

import subprocess

KEY_PASSWORD = "battery-staple-9"
DAYS = "30"


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    authority(folder, "ca")
    authority(folder, "other.ca")
    # Both names by which a client may call the broker.
    signed(folder, "server", "ca", "subjectAltName=IP:127.0.0.1,DNS:localhost")
    signed(folder, "client", "ca", "extendedKeyUsage=clientAuth")
    signed(folder, "other", "other.ca", "extendedKeyUsage=clientAuth")
    (folder / "server.store.pem").write_text((folder / "server.key").read_text() + (folder / "server.pem").read_text())
    (folder / "password").write_text(KEY_PASSWORD)
    openssl(folder, "pkcs8", "-topk8", "-v2", "aes256", "-in", "client.key", "-passout", "file:password", "-out", "client.locked.key")
    (folder / "password").unlink()


def authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", DAYS, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")


def signed(folder, name, by, extension):
    (folder / "extension").write_text(extension + "\n")
    # `req -newkey` writes PKCS#8, the form that a broker reads.
    openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", "request", "-subj", f"/CN={name}")
    openssl(folder, "x509", "-req", "-in", "request", "-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial", "-days", DAYS, "-extfile", "extension",
            "-out", f"{name}.pem")
    (folder / "request").unlink()
    (folder / "extension").unlink()


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
