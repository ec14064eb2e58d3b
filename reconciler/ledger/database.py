"""One connection to what a ledger is kept in, used by one thread at a time.

SQL is written once, with ``?`` for values; what differs between the databases stands in the two classes
that inherit from this one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from reconciler.ledger.port import Held

if TYPE_CHECKING:
    from sqlalchemy import Engine

Row = tuple[Any, ...]


class Cursor(Protocol):
    """The part of the DB-API that is used."""

    def execute(self, sql: str, values: Sequence[object] = ..., /) -> object:
        """Run one statement."""
        ...

    def executemany(self, sql: str, rows: Iterable[Sequence[object]], /) -> object:
        """Run one statement for every row."""
        ...

    def fetchall(self) -> list[Row]:
        """Return all rows of the last statement."""
        ...


class Database(ABC):
    """What both kinds have in common; `where` names the ledger to people, without any password."""

    begin: ClassVar[str]
    """What opens a transaction that writes."""

    ahead: ClassVar[int] = 0
    """How many more an apply may note with a write that begins; see `reconciler.ledger.port.Journal`."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._alone = RLock()

    @abstractmethod
    def cursor(self) -> Cursor:
        """Return a new cursor of the connection."""

    @abstractmethod
    def told(self) -> AbstractContextManager[None]:
        """Turn what the driver raises into LedgerError."""

    @abstractmethod
    def has(self, table: str) -> bool:
        """Return whether there is a table of this name."""

    @abstractmethod
    def lock(self, target: str, name: str) -> AbstractContextManager[Held]:
        """Hold the run lock of a target."""

    @abstractmethod
    def engine(self) -> Engine:
        """Return what Alembic migrates the ledger through, with a connection of its own."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection; what was not committed is undone."""

    def spelled(self, sql: str) -> str:
        """Return a statement as the driver wants it."""
        return sql

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Return what a query finds."""
        with self._alone, self.told():
            cursor = self.cursor()
            cursor.execute(self.spelled(sql), values)
            return cursor.fetchall()

    def run(self, sql: str, *values: object) -> None:
        """Run one statement."""
        with self._alone, self.told():
            self.cursor().execute(self.spelled(sql), values)

    def run_each(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for every row."""
        if rows:
            with self._alone, self.told():
                self.cursor().executemany(self.spelled(sql), rows)

    @contextmanager
    def transaction(self, about: str = "") -> Iterator[None]:
        """Do all of it or nothing; two that are `about` the same do not run at once."""
        with self._alone:
            self.run(self.begin)
            try:
                self.alone_about(about)
                yield
                self.run("COMMIT")
            except BaseException:
                self.undo()
                raise

    def alone_about(self, about: str) -> None:
        """Wait until no other transaction about this is open; where none can be, there is nothing to do."""
        del about

    @abstractmethod
    def undo(self) -> None:
        """Undo the open transaction, or leave that to a connection that is lost."""
