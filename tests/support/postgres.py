"""A real PostgreSQL on loopback, in a folder of its own, ended by the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest

from support.slapd import HOST, SECONDS, free_ports, wait_for

NOBODY = "postgres"
"""The account that the package makes: PostgreSQL refuses to run as root."""

_QUICK = ("fsync=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=40")
_numbers = count(1)


@dataclass(slots=True)
class Postgres:
    """One server; `start` and `stop` as often as a test likes."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when the server takes connections."""
        settings = [word for setting in _QUICK for word in ("-c", setting)]
        command = _as_nobody(
            _program("postgres"), "-D", str(self.folder / "data"), "-h", HOST, "-p", str(self.port),
            "-k", str(self.folder), *settings,
        )  # fmt: skip
        log = self.folder / "postgres.log"
        with log.open("ab") as told:
            self.process = subprocess.Popen(command, stdout=told, stderr=told)
        wait_for(HOST, self.port, self.process, log)
        end = time.monotonic() + SECONDS
        while not self._is_ready():
            assert time.monotonic() < end, log.read_text(encoding="utf-8")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server at once and with all its connections, as a power cut would."""
        if self.process is not None:
            subprocess.run(
                _as_nobody(_program("pg_ctl"), "-D", str(self.folder / "data"), "-m", "immediate", "stop"),
                check=True, capture_output=True, timeout=60,
            )  # fmt: skip
            self.process.wait()
            self.process = None

    def _is_ready(self) -> bool:
        asked = [_program("pg_isready"), "-q", "-h", HOST, "-p", str(self.port)]
        return subprocess.run(asked, check=False, timeout=60).returncode == 0

    def database(self) -> str:
        """Make an empty database, and return its URL."""
        name = f"ledger{next(_numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql://{NOBODY}:kept-to-itself@{HOST}:{self.port}/{database}"

    def run(self, url: str, sql: str) -> Sequence[tuple[object, ...]]:
        """Run one statement, as somebody else than the program."""
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One server for all tests; each takes a database of its own."""
    yield from started()


def started() -> Iterator[Postgres]:
    """Give a running server, and leave nothing of it behind."""
    folder = Path(tempfile.mkdtemp(prefix="myq-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, NOBODY, NOBODY)
    initialise = ("-D", str(folder / "data"), "-U", NOBODY, "-A", "trust", "-E", "UTF8", "--no-sync")
    subprocess.run(_as_nobody(_program("initdb"), *initialise), check=True, capture_output=True, timeout=120)
    server = Postgres(folder, *free_ports(1))
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _program(name: str) -> str:
    """Return a program of the newest PostgreSQL; Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return str(found[-1]) if found else name


def _as_nobody(*command: str) -> list[str]:
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
