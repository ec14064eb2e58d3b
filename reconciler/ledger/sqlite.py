"""The ledger as a file in the project folder: SQLite, which needs no server and survives a kill.

What is committed is there after a SIGKILL. After a power cut the last moments may be missing; the file
itself stays whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import LedgerError
from reconciler.ledger.database import Cursor, Database
from reconciler.ledger.folder_lock import folder_lock, make_folder
from reconciler.ledger.port import Held

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

PATIENCE = 10.0
"""Seconds that a run waits for another one's transaction."""


class SqliteDatabase(Database):
    """One connection to a ledger file; the folder and the file are made when they are not there."""

    begin = "BEGIN IMMEDIATE"
    ahead = 127  # the lock goes with the process, so that no note is needed to know of it

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._path = path
        with self.told():
            make_folder(path.parent)
            self._connection = sqlite3.connect(
                path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            try:
                with closing(self._connection.cursor()) as cursor:
                    cursor.execute("PRAGMA journal_mode=WAL")
                    cursor.execute("PRAGMA synchronous=NORMAL")
            except sqlite3.Error:
                self._connection.close()
                raise

    def cursor(self) -> Cursor:
        """Return a new cursor."""
        return self._connection.cursor()

    def has(self, table: str) -> bool:
        """Return whether the file has a table."""
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table))

    def lock(self, target: str, name: str) -> AbstractContextManager[Held]:
        """Hold the run lock of the project folder, which goes with the process."""
        del target
        return folder_lock(self._path.parent, name)

    def engine(self) -> Engine:
        """Return SQLAlchemy's engine for the file; its transactions begin when it says so."""
        from sqlalchemy import URL, create_engine, event  # noqa: PLC0415  slow to load, and seldom needed

        engine = create_engine(URL.create("sqlite", database=str(self._path)))

        @event.listens_for(engine, "connect")
        def _plain(connection: sqlite3.Connection, _: object) -> None:
            connection.isolation_level = None

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql(self.begin)

        return engine

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def undo(self) -> None:
        """Undo the open transaction, where there still is one."""
        with suppress(sqlite3.Error):  # the error that led here is being told
            self._connection.rollback()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn errors of the file system and of SQLite into LedgerError."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(
                f"the ledger cannot be used: {getattr(error, 'strerror', None) or error}",
                hint="let whoever runs this command write to the folder .reconciler of the project; a damaged"
                " ledger can be moved away, and everything is then counted anew",
                where=self.where,
            ) from None
