"""What the program asks of a MyQ server, however it is reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reconciler.core.change import Change
from reconciler.core.model import Account, ActualState
from reconciler.core.outcome import Outcome


class StateReader(Protocol):
    """Reads what a server holds."""

    def read_state(self) -> ActualState:
        """Return everything, read to the end; raise TargetError on any doubt."""
        ...


class Server(StateReader, Protocol):
    """A server that can also be written to; its calls may come from several threads."""

    def account(self, name: str, account_id: str) -> Account | None:
        """Return one account as it is now, deleted or not; None when there is none.

        It is found by MyQ's id, or by the user name where the id is ``""``.
        """
        ...

    def has_group(self, path: str) -> bool:
        """Return whether a group is there now."""
        ...

    def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
        """Carry out one change on the account as it is now.

        Raises TargetRejected when MyQ refuses, TargetError when nobody knows what happened.
        """
        ...


class Journal(Protocol):
    """Hears of each write before it and after it, from several threads.

    What was begun and has not ended when the process dies is what the next run has to look at.
    """

    def begins(self, change: Change) -> None:
        """Note, so that it outlives the process, that a change is about to be written.

        Raises LedgerError when that cannot be kept; then it must not be written.
        """
        ...

    def ended(self, outcome: Outcome) -> None:
        """Note how a change has ended, whether or not it was begun."""
        ...


class NoJournal:
    """Where there is no ledger: nothing is noted, and the next run finds out by itself."""

    def begins(self, change: Change) -> None:
        """Note nothing."""

    def ended(self, outcome: Outcome) -> None:
        """Note nothing."""
