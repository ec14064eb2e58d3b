"""The ledger in a PostgreSQL, for CI runners that keep nothing.

The run lock is an advisory lock of the one connection that everything goes through. When the connection
is lost the lock is lost with it, and so is the journal: `begin` raises, and no further write begins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from reconciler.errors import LedgerError, LockHeld
from reconciler.ledger.database import Cursor, Database

try:
    import psycopg
    from psycopg.conninfo import make_conninfo
except ImportError:
    raise LedgerError(
        "a ledger in PostgreSQL needs the package psycopg",
        hint="install it beside this program: `pip install 'myq-reconciler[postgres]'`",
        where="RECONCILER_LEDGER",
    ) from None

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_SETTINGS: Final[dict[str, Any]] = {
    "application_name": "myq-reconciler",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "options": "-c statement_timeout=60s -c lock_timeout=30s",
}
"""So that a server which has gone silent is noticed, instead of being waited for."""


class PostgresDatabase(Database):
    """The one connection of a run to a ledger in PostgreSQL."""

    begin = "BEGIN"

    def __init__(self, url: str) -> None:
        super().__init__("the ledger in PostgreSQL")
        with self.told():
            self._connect = partial(psycopg.connect, make_conninfo(url, **_SETTINGS))
            self._connection = self._connect(autocommit=True)
            self.where = f"postgresql://{self._connection.info.host}/{self._connection.info.dbname}"

    def cursor(self) -> Cursor:
        """Return a new cursor."""
        return self._connection.cursor()

    def spelled(self, sql: str) -> str:
        """Return a statement with psycopg's marks for values."""
        return sql.replace("?", "%s")

    def has(self, table: str) -> bool:
        """Return whether the schema that is used has a table; to_regclass() may remember an older answer."""
        found = self.rows(
            "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = ?", table
        )
        return bool(found)

    def alone_about(self, about: str) -> None:
        """Wait for any other transaction about the same."""
        if about:
            self.run("SELECT pg_advisory_xact_lock(?)", number_of("transaction", about))

    def undo(self) -> None:
        """Undo the open transaction; a lost connection has undone it."""
        with suppress(psycopg.Error):  # the error that led here is being told
            self._connection.execute("ROLLBACK")

    @contextmanager
    def lock(self, target: str, name: str) -> Iterator[HeldInPostgres]:
        """Hold the run lock of a server of MyQ, against every machine that shares this ledger."""
        number = number_of("run", target)
        if self.rows("SELECT pg_try_advisory_lock(?)", number) != [(True,)]:
            raise LockHeld(
                f"another run is applying to {name}, perhaps on another machine",
                hint="wait until it has ended; the lock goes with its connection",
                where=self.where,
            )
        try:
            yield HeldInPostgres(self, number)
        finally:
            with suppress(LedgerError):  # a lost connection holds nothing
                self.rows("SELECT pg_advisory_unlock(?)", number)

    def engine(self) -> Engine:
        """Return SQLAlchemy's engine for the server; two migrations wait for each other."""
        from sqlalchemy import create_engine, event  # noqa: PLC0415  slow to load, and seldom needed
        from sqlalchemy.pool import NullPool  # noqa: PLC0415  the same

        engine = create_engine("postgresql+psycopg://", creator=self._connect, poolclass=NullPool)

        @event.listens_for(engine, "begin")
        def _alone(connection: Connection) -> None:
            number = number_of("transaction", "schema")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({number})")

        return engine

    def close(self) -> None:
        """Close the connection; its lock goes with it."""
        self._connection.close()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn errors of the driver into LedgerError; they may quote the address, but no password."""
        try:
            yield
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()
            raise LedgerError(
                f"the ledger cannot be used: {reason[0] if reason else type(error).__name__}",
                hint="let this machine reach the server, and its role create tables there; what the run has"
                " written to MyQ stays, and the next run goes on",
                where=self.where,
            ) from None


class HeldInPostgres:
    """An advisory lock while its connection has it."""

    def __init__(self, database: Database, number: int) -> None:
        self._database = database
        self._key = (number >> 32 & 0xFFFFFFFF, number & 0xFFFFFFFF)

    def check(self) -> None:
        """Ask the server whether this connection still has the lock: a pooler may have given another one."""
        found = self._database.rows(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted"
            " AND classid::bigint = ? AND objid::bigint = ? AND objsubid = 1",
            *self._key,
        )
        if not found:
            raise LedgerError(
                "the run lock is lost: the connection is not the one that took it",
                hint="connect to PostgreSQL itself, or to a pooler in session mode",
                where=self._database.where,
            )


def number_of(kind: str, what: str) -> int:
    """Return the number under which PostgreSQL knows a lock: 64 bits, with a sign."""
    digest = hashlib.sha256(f"myq-reconciler/{kind}/{what}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
