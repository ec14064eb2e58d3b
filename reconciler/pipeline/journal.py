"""The journal of an apply: kept before each write, and what an earlier one has left open is settled.

A program that is killed leaves entries without an end. Nobody needs them to go on, since every plan is
made of what MyQ holds; they say to people what became of the writes that were under way or next in line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from threading import Lock

from reconciler.core.approval import end_of_a_return
from reconciler.core.change import Change, effect
from reconciler.core.history import Entry
from reconciler.core.marks import marks_of
from reconciler.core.outcome import Outcome, Status
from reconciler.core.plan import Plan
from reconciler.core.render.words import counted
from reconciler.errors import LedgerError
from reconciler.ledger import Journal, Ledger, OpenRun


class Kept:
    """A ledger's journal as the engine knows it; what is `coming`, in that order, is noted some at a time.

    A note before its time costs nothing but a look at an account, should the run be killed; a
    transaction for each write costs as much as the request itself.
    """

    def __init__(
        self, target: str, journal: Journal, coming: Iterable[Change] = (), salt: bytes = b""
    ) -> None:
        self._target = target
        self._salt = salt
        self._journal = journal
        self._coming = {change.id: change for change in coming}
        self._noted: dict[str, str] = {}
        self._ended: dict[str, str] = {}
        self._lost: LedgerError | None = None
        self._books, self._one = Lock(), Lock()

    def begins(self, change: Change) -> None:
        """Note that a change is about to be written; raise LedgerError when that cannot be kept."""
        id_ = change.id
        if id_ in self._noted:
            self._keep_up()
            return
        with self._one:
            # Whoever was here before may have noted it as one of those that come.
            if id_ not in self._noted:
                self._note(self._taken(change))

    def ended(self, outcome: Outcome) -> None:
        """Note how a change has ended, if it was noted; else it need not be any more."""
        id_, status = outcome.change.id, outcome.status.value
        with self._books:
            effect_ = self._noted.pop(id_, None)
            if effect_ is None and self._coming.pop(id_, None) is None:
                self._ended[id_] = status  # it is being noted by another thread
        if effect_ is not None:
            self._journal.end(effect_, status)

    def _keep_up(self) -> None:
        """Note some more before the last of them is begun, so that nobody has to wait for it."""
        low = len(self._noted) <= self._journal.ahead // 2
        if low and self._coming and self._one.acquire(blocking=False):
            try:
                self._note(self._taken())
            finally:
                self._one.release()

    def _taken(self, *changes: Change) -> list[Change]:
        """Return some changes and those that come next, which then come no more."""
        with self._books:
            for change in changes:
                self._coming.pop(change.id, None)
            next_ = list(islice(self._coming, self._journal.ahead))
            return [*changes, *(self._coming.pop(id_) for id_ in next_)]

    def _note(self, changes: Sequence[Change]) -> None:
        if self._lost is not None:
            raise self._lost
        entries = {change.id: entry_of(self._target, change, self._salt) for change in changes}
        try:
            self._journal.begin(list(entries.values()))
        except LedgerError as error:
            self._lost = error
            raise
        with self._books:
            self._noted.update({id_: entry.effect for id_, entry in entries.items()})
            early = [(self._noted.pop(id_), self._ended.pop(id_)) for id_ in entries if id_ in self._ended]
        for effect_, status in early:
            self._journal.end(effect_, status)


def entry_of(target: str, change: Change, salt: bytes = b"") -> Entry:
    """Return what a journal notes of a change on a target, with the marks of what it writes."""
    marks = marks_of(salt, target, change)
    return Entry(effect(target, change), change.action.value, change.source, tuple(marks.values()))


def settle(ledger: Ledger, plan: Plan, now: datetime) -> Iterator[str]:
    """Settle what earlier applies have left open by a plan of what MyQ holds now; say what was found.

    What that plan still needs was not done, and everything else was.
    """
    target = plan.target.identity
    needed = {effect(target, change) for change in plan.changes}
    needed.update(end for change in plan.changes if (end := end_of_a_return(target, change)))
    for cut_off in ledger.open_runs(target):
        outcomes = [
            (entry.effect, Status.FAILED.value if entry.effect in needed else Status.APPLIED.value)
            for entry in cut_off.entries
        ]
        ledger.settle(cut_off.run, outcomes, now)
        yield _told(cut_off, [outcome for _, outcome in outcomes])


def _told(cut_off: OpenRun, outcomes: Sequence[str]) -> str:
    began = f"the apply that began at {cut_off.started} was cut off"
    if not outcomes:
        return f"{began}, with no write under way"
    done = outcomes.count(Status.APPLIED.value)
    noted = counted(len(outcomes), "write")
    return f"{began} with {noted} under way or next in line: {done} done, {len(outcomes) - done} not"
