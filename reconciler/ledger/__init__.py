"""What outlives a run: last good reads, absences, the journal of an apply, and the run lock.

A file of SQLite in the project folder, a PostgreSQL for machines that keep nothing, or nothing.
"""

from __future__ import annotations

from pathlib import Path

from reconciler.errors import LedgerError
from reconciler.ledger.nothing import NoLedger
from reconciler.ledger.port import Held, Journal, Ledger, OpenRun
from reconciler.ledger.sqlite import SqliteDatabase
from reconciler.ledger.store import Store

__all__ = ["FOLDER", "NONE", "Held", "Journal", "Ledger", "OpenRun", "exists", "open_ledger"]

FOLDER = ".reconciler"
"""What the program keeps beside the manifests."""

NONE = "none"
_FILE = "ledger.db"
_POSTGRES = ("postgresql://", "postgres://")


def open_ledger(url: str | None, folder: Path) -> Ledger:
    """Open the ledger of a project folder: its own file, the PostgreSQL of a URL, or ``none``.

    Raises LedgerError when it cannot be opened.
    """
    kept = folder / FOLDER
    if url == NONE:
        return NoLedger(kept)
    if not url:
        return Store(SqliteDatabase(kept / _FILE))
    if url.startswith(_POSTGRES):
        from reconciler.ledger.postgres import PostgresDatabase  # noqa: PLC0415  an extra, and slow to load

        return Store(PostgresDatabase(url))
    raise LedgerError(
        "the address of the ledger cannot be understood",
        hint=f"write postgresql://USER@HOST/DATABASE, or `{NONE}`; unwritten, it is a file in {FOLDER}",
        where="RECONCILER_LEDGER",
    )


def exists(url: str, folder: Path) -> bool:
    """Return whether there is a ledger to open; of one on a server that is taken for granted."""
    return bool(url) or (folder / FOLDER / _FILE).exists()
