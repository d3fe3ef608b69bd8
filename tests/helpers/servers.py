"""Real servers for tests: Debian's PostgreSQL with PostGIS, and mosquitto; each in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class NotHere(Exception):
    """A server that is not installed, or cannot run here; the text says why."""


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Run a fresh PostgreSQL with PostGIS on a socket of its own and give its address."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise NotHere("PostgreSQL is not installed (Debian: postgresql)")
    programs = found[-1].parent
    if not list(Path("/usr/share/postgresql").glob(f"{programs.parent.name}/extension/postgis.control")):
        raise NotHere("PostGIS is not installed (Debian: postgresql-15-postgis-3)")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            raise NotHere("there is no user postgres to run PostgreSQL as") from None
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"
    try:
        _run([*as_user, str(programs / "initdb"), "-D", str(data), "-U", "twin", "-A", "trust", "--no-sync"], folder)
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c shared_buffers=32MB"
        control = [*as_user, str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
        _run([*control, "-o", options, "start"], folder)
        try:
            _run([*as_user, str(programs / "createdb"), "-h", str(folder), "-U", "twin", "twin"], folder)
            yield f"host={folder} user=twin dbname=twin"
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=240)
    if done.returncode:
        raise NotHere(f"{Path(command[-1]).name}: {done.stderr.strip() or done.stdout.strip()}")


class Mosquitto:
    """A mosquitto of its own: start, stop and start again on the same port, with its log.

    Parameters
    ----------
    folder : Path
        Where configuration and log go.
    tls : bool
        With a certificate of a small authority of our own, ``ca`` (needs ``cryptography``).
    lines : tuple of str
        More lines of its configuration.
    """

    def __init__(self, folder: Path, tls: bool = False, lines: tuple[str, ...] = ()) -> None:
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if program is None:
            raise NotHere("mosquitto is not installed (Debian: mosquitto)")
        self._program = program
        self.port = free_port()
        self.folder = folder
        self.ca: Path | None = None
        words = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence false", "sys_interval 1",
                 *(f"log_type {kind}" for kind in ("error", "warning", "notice", "information", "subscribe")),
                 ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            words.append("user root")  # else it gives up root and cannot read its files here
        if tls:
            self.ca = _certificates(folder)
            words += [f"cafile {self.ca}", f"certfile {folder / 'server.crt'}", f"keyfile {folder / 'server.key'}"]
        (folder / "mosquitto.conf").write_text("\n".join([*words, *lines]) + "\n")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Address as the program takes it."""
        return f"{'mqtts' if self.ca else 'mqtt'}://localhost:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = (self.folder / "mosquitto.log").open("ab")
        self._process = subprocess.Popen(
            [self._program, "-c", str(self.folder / "mosquitto.conf")], stdout=log, stderr=log
        )
        log.close()
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((self.folder / "mosquitto.log").read_text()) from None
                time.sleep(0.02)

    def subscribed(self, topic: str) -> bool:
        """Whether somebody asked for a topic since it was first started."""
        return f" {topic}\n" in (self.folder / "mosquitto.log").read_text()

    def stop(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _certificates(folder: Path) -> Path:
    """Write an authority and a server certificate for localhost."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.datetime.now(datetime.UTC)

    def made(name: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey, ca: bool):  # type: ignore[no-untyped-def]
        one = x509.CertificateBuilder(
            issuer_name=x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]),
            subject_name=x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]),
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - datetime.timedelta(days=1),
            not_valid_after=now + datetime.timedelta(days=2),
        ).add_extension(x509.BasicConstraints(ca, None), critical=True)
        if ca:
            usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
            one = one.add_extension(usage, critical=True)
        else:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            one = one.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return one.sign(signer, hashes.SHA256())

    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    root = made("Test city CA", authority, "Test city CA", authority, True)
    (folder / "ca.crt").write_bytes(root.public_bytes(pem))
    leaf = made("localhost", server, "Test city CA", authority, False)
    (folder / "server.crt").write_bytes(leaf.public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "server.key").write_bytes(server.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    if sys.platform != "win32":
        for name in ("ca.crt", "server.crt", "server.key"):
            (folder / name).chmod(0o644)
        folder.chmod(0o755)
    return folder / "ca.crt"
