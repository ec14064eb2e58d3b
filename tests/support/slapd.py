"""Real OpenLDAP servers on loopback, each with a folder of its own, ended by the tests."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeAlias

import pytest
from ldap3 import MODIFY_ADD, MODIFY_REPLACE, Connection, Server

from support.authority import Authority, Issued

HOST = "127.0.0.1"
BASE = "dc=example,dc=org"
ROOT, ROOT_PASSWORD = f"cn=root,{BASE}", "root secret"
READER, READER_PASSWORD = f"cn=reader,{BASE}", "reader secret"

SECONDS = 20
"""How long a server may take to answer for the first time."""

Entry: TypeAlias = tuple[str, Mapping[str, Sequence[str | bytes]]]
"""A DN and the values of each attribute."""

EVERYTHING_TO_THE_READER = f"""
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{READER}" read by * none
"""

FOUNDATION: tuple[Entry, ...] = (
    (BASE, {"objectClass": ["dcObject", "organization"], "dc": ["example"], "o": ["Example"]}),
    (
        READER,
        {
            "objectClass": ["organizationalRole", "simpleSecurityObject"],
            "cn": ["reader"],
            "userPassword": [READER_PASSWORD],
        },
    ),
)

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload refint
moduleload sssvlv
pidfile {folder}/slapd.pid
TLSCACertificateFile {ca}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
{top}
database mdb
suffix "{base}"
rootdn "{root}"
rootpw "{root_password}"
directory {folder}/data
maxsize {maxsize}
dbnosync
index objectClass,uid,entryUUID eq
{access}
{extra}
"""


@dataclass(slots=True)
class Slapd:
    """One server; it runs from `start` to `stop`, and no longer than the context."""

    folder: Path
    ca: Path
    port: int
    tls_port: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"ldap://{HOST}:{self.port}"

    @property
    def ldaps_url(self) -> str:
        return f"ldaps://{HOST}:{self.tls_port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def load(self, entries: Sequence[Entry]) -> None:
        """Load entries while the server is down."""
        text = self.folder / "load.ldif"
        text.write_bytes(ldif(entries))
        self._run("-T", "add", "-q", "-l", str(text))

    def start(self) -> None:
        """Return when the server answers."""
        urls = f"{self.url}/ {self.ldaps_url}/"
        log = (self.folder / "slapd.log").open("ab")
        with closing(log):
            command = [str(self.folder / "slapd"), "-d", "0", "-f", str(self._config), "-h", urls]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for(HOST, self.port, self.process, self.folder / "slapd.log")

    def stop(self) -> None:
        """End the server at once, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def add(self, entries: Sequence[Entry]) -> None:
        """Add entries to the running server, so that its overlays see them."""
        with closing_connection(self.url) as connection:
            for dn, attributes in entries:
                connection.add(dn, attributes={name: list(values) for name, values in attributes.items()})

    def modify(self, dn: str, attribute: str, values: Sequence[str], *, replace: bool = False) -> None:
        """Add values to an entry of the running server, or put them in the place of all that it has."""
        change = [(MODIFY_REPLACE if replace else MODIFY_ADD, list(values))]
        with closing_connection(self.url) as connection:
            connection.modify(dn, {attribute: change})

    def rename(self, dn: str, name: str, above: str) -> None:
        """Give an entry of the running server another name, under another entry."""
        with closing_connection(self.url) as connection:
            connection.modify_dn(dn, name, new_superior=above)

    def remove(self, dn: str) -> None:
        """Delete an entry of the running server."""
        with closing_connection(self.url) as connection:
            connection.delete(dn)

    def _run(self, *arguments: str) -> None:
        command = [str(self.folder / "slapd"), *arguments, "-f", str(self._config)]
        ended = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=600)
        if ended.returncode:
            pytest.fail(ended.stderr[-2000:])

    @property
    def _config(self) -> Path:
        return self.folder / "slapd.conf"


class closing_connection:  # noqa: N801  reads as what it is: a context
    """A connection as root that raises on every failure."""

    def __init__(self, url: str) -> None:
        self.connection = Connection(
            Server(url), ROOT, ROOT_PASSWORD, raise_exceptions=True, check_names=False
        )

    def __enter__(self) -> Connection:
        self.connection.bind()
        return self.connection

    def __exit__(self, *_: object) -> None:
        self.connection.unbind()


def make_slapd(  # noqa: PLR0913  each is one thing that servers differ in
    folder: Path,
    authority: Authority,
    issued: Issued,
    *,
    access: str = EVERYTHING_TO_THE_READER,
    top: str = "sizelimit unlimited",
    extra: str = "",
    maxsize: int = 1 << 28,
) -> Slapd:
    """Write the configuration of a server that is not running yet."""
    (folder / "data").mkdir(parents=True)
    # Ubuntu's AppArmor lets /usr/sbin/slapd read no such folder; a copy elsewhere is left alone.
    shutil.copy(shutil.which("slapd") or "/usr/sbin/slapd", folder / "slapd")
    (folder / "slapd.conf").write_text(
        _CONFIG.format(
            folder=folder,
            ca=authority.ca,
            certificate=issued.certificate,
            key=issued.key,
            top=top,
            base=BASE,
            root=ROOT,
            root_password=ROOT_PASSWORD,
            maxsize=maxsize,
            access=access,
            extra=extra,
        ),
        encoding="utf-8",
    )
    first, second = free_ports(2)
    return Slapd(folder, authority.ca, first, second)


def ldif(entries: Sequence[Entry]) -> bytes:
    """Return entries as LDIF, every value in base64."""
    lines: list[bytes] = []
    for dn, attributes in entries:
        lines.append(b"dn:: " + base64.b64encode(dn.encode("utf-8")))
        for name, values in attributes.items():
            for value in values:
                raw = value if isinstance(value, bytes) else value.encode("utf-8")
                lines.append(name.encode("ascii") + b":: " + base64.b64encode(raw))
        lines.append(b"")
    return b"\n".join([*lines, b""])


def free_ports(count: int, host: str = HOST) -> list[int]:
    """Return ports that nobody listens on."""
    held = [socket.create_server((host, 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def wait_for(host: str, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when a server accepts connections; fail with its log when it ends or takes too long."""
    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    pytest.fail(f"no server on {host}:{port}:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")


StartSlapd: TypeAlias = Callable[..., Slapd]


@pytest.fixture(scope="session")
def slapd_certificate(authority: Authority) -> Issued:
    """Return the certificate of all OpenLDAP servers: loopback, by address and by name."""
    return authority.issue("slapd", [HOST, "localhost"])


@pytest.fixture
def start_slapd(tmp_path: Path, authority: Authority, slapd_certificate: Issued) -> Iterator[StartSlapd]:
    """Start servers that end with the test: ``start_slapd(entries, access=..., top=..., extra=...)``."""
    started: list[Slapd] = []

    def start(
        entries: Sequence[Entry] = FOUNDATION, issued: Issued = slapd_certificate, **settings: str
    ) -> Slapd:
        folder = tmp_path / f"slapd{len(started)}"
        server = make_slapd(folder, authority, issued, **settings)
        server.load(entries)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


def is_root() -> bool:
    """Return whether the tests run as root; False where there is no such thing."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
