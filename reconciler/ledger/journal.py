"""The journal of one apply, kept before each write and never behind it."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from reconciler.core.history import Entry
from reconciler.ledger.database import Database

_BEGIN = (
    "INSERT INTO ledger_entry (run, effect, action, source) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (run, effect) DO UPDATE SET outcome = NULL"
)
_END = "UPDATE ledger_entry SET outcome = ? WHERE run = ? AND effect = ?"


class StoredJournal:
    """Notes what is about to be written at once, and how it ended together with the next notes.

    An end that a killed program did not note leaves its entry open: whoever runs next looks at the
    account. So a write costs one transaction, and less when several begin together.
    """

    def __init__(self, database: Database, run: str) -> None:
        self.run = run
        self._database = database
        self._ended: list[tuple[str, str, str]] = []
        self._alone = Lock()

    def begin(self, entries: Sequence[Entry]) -> None:
        """Note that these are about to be written, and how earlier ones have ended."""
        with self._alone:
            ended, self._ended = self._ended, []
        with self._database.transaction():
            self._database.run_each(_END, ended)
            self._database.run_each(
                _BEGIN, [(self.run, entry.effect, entry.action, entry.source) for entry in entries]
            )

    def end(self, effect: str, outcome: str) -> None:
        """Note how one ended, with the next notes."""
        with self._alone:
            self._ended.append((outcome, self.run, effect))

    def close(self, now: str) -> None:
        """Note the last ends, and that the apply is over."""
        with self._database.transaction():
            self._database.run_each(_END, self._ended)
            self._database.run("UPDATE ledger_run SET ended = ? WHERE run = ?", now, self.run)
