"""No ledger, by choice: nothing is remembered, and the run lock is that of the project folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

from reconciler.core.history import Entry, Seen
from reconciler.core.sight import LastLook
from reconciler.ledger.folder_lock import folder_lock
from reconciler.ledger.port import Held, Journal, OpenRun


class NoJournal:
    """Notes nothing."""

    run = ""
    ahead = 0

    def begin(self, entries: Sequence[Entry]) -> None:
        """Let it be written."""

    def end(self, effect: str, outcome: str) -> None:
        """Hear it, and forget."""


class NoLedger:
    """Remembers nothing; only the lock is real."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recall(self, target: str, now: datetime) -> None:
        """Say that there is no ledger."""

    def remember(self, target: str, now: datetime, seen: Seen) -> None:
        """Forget it."""

    def remember_pins(self, target: str, fingerprints: Mapping[str, str]) -> None:
        """Forget them."""

    def last_look(self, target: str) -> None:
        """Say that nobody has looked."""

    def keep_look(self, target: str, look: LastLook) -> None:
        """Forget it."""

    def lock(self, target: str, name: str) -> AbstractContextManager[Held]:
        """Hold the run lock of this folder."""
        del target
        return folder_lock(self._folder, name)

    @contextmanager
    def journal(self, target: str, now: datetime) -> Iterator[Journal]:
        """Give a journal that notes nothing."""
        del target, now
        yield NoJournal()

    def open_runs(self, target: str) -> tuple[OpenRun, ...]:
        """Know of none."""
        del target
        return ()

    def settle(self, run: str, outcomes: Sequence[tuple[str, str]], now: datetime) -> None:
        """Know of no run to close."""

    def close(self) -> None:
        """Have nothing to let go of."""
