"""What a ledger can do, whatever it is kept in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol

from reconciler.core.history import Entry, History, Seen
from reconciler.core.sight import LastLook


class OpenRun(NamedTuple):
    """An apply that was cut off: what it had noted, and nobody knows whether it was done."""

    run: str
    started: str
    entries: tuple[Entry, ...]


class Journal(Protocol):
    """The notes of one apply. `begin` returns when they are kept; a killed program keeps what it returned.

    It may be used from several threads. Every method raises LedgerError when the ledger is gone, and
    then nothing may be written any more: with it the run lock is gone.
    """

    run: str
    ahead: int
    """How many more may be noted with one that begins; 0 where each note also shows that the lock is held."""

    def begin(self, entries: Sequence[Entry]) -> None:
        """Note that these are about to be written; better many at a time than one by one."""
        ...

    def end(self, effect: str, outcome: str) -> None:
        """Note how one ended, by a word of `Status`; kept with the next `begin`, and at the end."""
        ...


class Held(Protocol):
    """The run lock while it is held."""

    def check(self) -> None:
        """Raise LedgerError when it is held no longer, or nobody can say."""
        ...


class Ledger(Protocol):
    """What outlives a run, for any number of targets. A target is named by its identity.

    Every method raises LedgerError when the ledger cannot be read or written.
    """

    def recall(self, target: str, now: datetime) -> History | None:
        """Return what is remembered of a target; None where there is no ledger, by choice."""
        ...

    def remember(self, target: str, now: datetime, seen: Seen) -> None:
        """Add what a run has seen, in one step, to what is remembered by now."""
        ...

    def remember_pins(self, target: str, fingerprints: Mapping[str, str]) -> None:
        """Remember which PINs accounts have been given, by keyed fingerprints."""
        ...

    def last_look(self, target: str) -> LastLook | None:
        """Return what the last look at a target saw; None where nobody has looked."""
        ...

    def keep_look(self, target: str, look: LastLook) -> None:
        """Keep what a look saw, in the place of what the one before did."""
        ...

    def lock(self, target: str, name: str) -> AbstractContextManager[Held]:
        """Hold the run lock of a target; raise LockHeld at once when another run has it.

        `name` is the Target manifest's.
        """
        ...

    def journal(self, target: str, now: datetime) -> AbstractContextManager[Journal]:
        """Open the journal of an apply; take it only under the lock. It ends with the context."""
        ...

    def open_runs(self, target: str) -> tuple[OpenRun, ...]:
        """Return the applies that were cut off, the oldest first."""
        ...

    def settle(self, run: str, outcomes: Sequence[tuple[str, str]], now: datetime) -> None:
        """Note for an apply that was cut off how its effects have ended after all, and close it."""
        ...

    def close(self) -> None:
        """Let go of file or connection."""
        ...
