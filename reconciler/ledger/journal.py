"""The journal of one apply, kept before each write and never behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from threading import Lock
from typing import TypeVar

from reconciler.core.history import Entry
from reconciler.ledger.database import Database

_BEGIN = (
    "INSERT INTO ledger_entry (run, effect, action, source, marks) VALUES {each}"
    " ON CONFLICT (run, effect) DO UPDATE SET outcome = NULL"
)
_END = "UPDATE ledger_entry SET outcome = ? WHERE run = ? AND effect IN ({each})"

_TOGETHER = 160
"""Rows of one statement: of several, each would wait for its turn among the threads that send requests."""

_T = TypeVar("_T")


class StoredJournal:
    """Notes what is about to be written at once, and how it ended together with the next notes.

    An end that a killed program did not note leaves its entry open: whoever runs next looks at the
    account. So a write costs at most one transaction.
    """

    def __init__(self, database: Database, run: str) -> None:
        self.run = run
        self.ahead = database.ahead
        self._database = database
        self._ended: dict[str, list[str]] = {}
        self._alone = Lock()

    def begin(self, entries: Sequence[Entry]) -> None:
        """Note that these are about to be written, and how earlier ones have ended."""
        with self._alone:
            ended, self._ended = self._ended, {}
        unlike = {entry.effect: entry for entry in entries}.values()
        with self._database.transaction():
            self._end(ended)
            for some in _pieces(unlike):
                each = ", ".join(["(?, ?, ?, ?, ?)"] * len(some))
                self._database.run(
                    _BEGIN.format(each=each), *(one for entry in some for one in self._row(entry))
                )

    def _row(self, entry: Entry) -> tuple[str, ...]:
        return self.run, entry.effect, entry.action, entry.source, "".join(entry.marks)

    def end(self, effect: str, outcome: str) -> None:
        """Note how one ended, with the next notes."""
        with self._alone:
            self._ended.setdefault(outcome, []).append(effect)

    def close(self, now: str) -> None:
        """Note the last ends, and that the apply is over."""
        with self._database.transaction():
            self._end(self._ended)
            self._database.run("UPDATE ledger_run SET ended = ? WHERE run = ?", now, self.run)

    def _end(self, ended: dict[str, list[str]]) -> None:
        for outcome, effects in ended.items():
            for some in _pieces(effects):
                each = ", ".join("?" * len(some))
                self._database.run(_END.format(each=each), outcome, self.run, *some)


def _pieces(of: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield all of it in lists that one statement can hold."""
    left = iter(of)
    while piece := list(islice(left, _TOGETHER)):
        yield piece
