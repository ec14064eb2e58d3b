"""A real Active Directory domain controller: Samba on a loopback address of its own, ended by the tests."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeAlias

import pytest
from filelock import FileLock

from support.authority import Issued
from support.slapd import wait_for

REALM = "corp.example"
BASE = "DC=corp,DC=example"
ADMIN_PASSWORD = "Adm1n-secret"
READER, READER_PASSWORD = "reader@corp.example", "R3ader-secret"
HOST_NAME = f"dc1.{REALM}"

LDAP_PORT, LDAPS_PORT = 389, 636
"""Samba knows no others."""

Step: TypeAlias = tuple[str, str, Any]
"""What `samba_load.py` does: ``("add", dn, {attribute: [values]})``, ``"replace"``, ``"password"``."""


@dataclass(slots=True)
class Samba:
    """One domain controller; it runs from `start` to the end of the context."""

    folder: Path
    ca: Path
    issued: Issued
    address: str
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"ldap://{self.address}:{LDAP_PORT}"

    @property
    def ldaps_url(self) -> str:
        return f"ldaps://{self.address}:{LDAPS_PORT}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            _signalled(self.process)
        make_ours(self.folder)

    def start(self) -> None:
        """Return when the server accepts connections."""
        key = self.folder / "server.key"
        _run("install", "-m", "600", str(self.issued.key), str(key))  # Samba wants it to be root's own
        log = (self.folder / "samba.log").open("ab")
        options = {
            "server services": "ldap",
            "interfaces": f"{self.address}/8",
            "lock directory": str(self.folder / "lock"),
            "pid directory": str(self.folder),
            "ncalrpc dir": str(self.folder / "ncalrpc"),
            "log file": str(self.folder / "samba.log"),
            "tls keyfile": str(key),
            "tls certfile": str(self.issued.certificate),
            "tls cafile": str(self.ca),
            "ldap server require strong auth": "allow_sasl_over_tls",
        }
        command = [shutil.which("samba") or "/usr/sbin/samba", "-F", "--no-process-group", "-M", "single"]
        command += ["--debug-stdout", "-s", str(self._configuration)]
        command += [f"--option={name}={value}" for name, value in options.items()]
        with closing(log):
            self.process = subprocess.Popen([*as_root(), *command], stdout=log, stderr=log)
        wait_for(self.address, LDAPS_PORT, self.process, self.folder / "samba.log")

    @property
    def _configuration(self) -> Path:
        return self.folder / "etc" / "smb.conf"


def as_root() -> list[str]:
    """Return what runs a command as root, which Samba needs for its database and its ports."""
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


def _signalled(process: subprocess.Popen[bytes]) -> None:
    """End a server; one started through sudo is ended through it."""
    if as_root():
        subprocess.run([*as_root(), "kill", str(process.pid)], check=False, capture_output=True)
    else:
        process.terminate()
    process.wait(timeout=30)


def free_address() -> str:
    """Return a loopback address whose LDAP ports nobody uses; each test process begins at its own."""
    start = os.getpid() % 200
    for number in range(start, start + 50):
        address = f"127.89.{number}.10"
        if all(_free(address, port) for port in (LDAP_PORT, LDAPS_PORT)):
            return address
    pytest.fail(f"something listens on port {LDAP_PORT} of every loopback address")


def _free(address: str, port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) != 0


def make_domain(folder: Path, steps: Sequence[Step], shared: Path | None) -> None:
    """Make a domain that holds what the steps say, or copy the one that another test process made.

    Making one takes seconds of two processors; `shared` is a folder that all processes of this run know.
    """
    if shared is None:
        _provisioned(folder, steps)
        return
    template = shared / "samba-template"
    with FileLock(shared / "samba-template.lock"):
        if not template.exists():
            made = shared / "samba-being-made"
            _provisioned(made, steps)
            made.rename(template)
    subprocess.run([*as_root(), "cp", "-a", str(template), str(folder)], check=True)
    configuration = folder / "etc" / "smb.conf"
    text = configuration.read_text(encoding="utf-8").replace(str(shared / "samba-being-made"), str(folder))
    configuration.write_text(text, encoding="utf-8")


def _provisioned(folder: Path, steps: Sequence[Step]) -> None:
    _run(
        *(shutil.which("samba-tool") or "samba-tool", "domain", "provision"),
        f"--targetdir={folder}",
        f"--realm={REALM}",
        "--domain=CORP",
        "--server-role=dc",
        "--dns-backend=NONE",
        f"--adminpass={ADMIN_PASSWORD}",
        "--host-name=dc1",
        "--host-ip=127.0.0.10",
        "--option=interfaces=127.0.0.10/8",
        "--option=bind interfaces only=yes",
    )
    make_ours(folder)
    script, database = Path(__file__).with_name("samba_load.py"), folder / "private" / "sam.ldb"
    configuration = folder / "etc" / "smb.conf"
    _run("/usr/bin/python3", "-I", str(script), str(configuration), str(database), said=json.dumps(steps))


def make_ours(folder: Path) -> None:
    """Let whoever runs the tests read, change and remove what root made."""
    if as_root():
        subprocess.run([*as_root(), "chown", "-R", str(os.geteuid()), str(folder)], check=True)


def _run(*command: str, said: str = "") -> None:
    ended = subprocess.run(
        [*as_root(), *command], input=said, check=False, capture_output=True, encoding="utf-8", timeout=300
    )
    if ended.returncode:
        pytest.fail(f"{command[0]}: {(ended.stdout + ended.stderr)[-3000:]}")


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """Return the folder that all test processes of this run share, None when there is only one."""
    return tmp_path_factory.getbasetemp().parent if os.environ.get("PYTEST_XDIST_WORKER") else None
