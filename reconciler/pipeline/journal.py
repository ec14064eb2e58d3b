"""The journal of an apply: kept before each write, and what an earlier one has left open is settled.

A program that is killed leaves entries without an end. Nobody needs them to go on, since every plan is
made of what MyQ holds; they say to people what became of the writes that were under way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from reconciler.core.approval import end_of_a_return
from reconciler.core.change import Change, effect
from reconciler.core.history import Entry
from reconciler.core.outcome import Outcome, Status
from reconciler.core.plan import Plan
from reconciler.core.render.words import counted
from reconciler.errors import LedgerError
from reconciler.ledger import Journal, Ledger, OpenRun


@dataclass(slots=True)
class _Note:
    entry: Entry
    kept: bool = False


class Kept:
    """A ledger's journal as the engine knows it; writes that begin together are noted together."""

    def __init__(self, target: str, journal: Journal) -> None:
        self._target = target
        self._journal = journal
        self._waiting: list[_Note] = []
        self._effects: dict[str, str] = {}
        self._lost: LedgerError | None = None
        self._queue, self._one = Lock(), Lock()

    def begins(self, change: Change) -> None:
        """Note that a change is about to be written; raise LedgerError when that cannot be kept."""
        note = _Note(entry_of(self._target, change))
        self._effects[change.id] = note.entry.effect
        with self._queue:
            self._waiting.append(note)
        with self._one:
            if not note.kept:
                self._keep_all()

    def _keep_all(self) -> None:
        """Note all that wait by now: whoever comes first does it for those behind."""
        if self._lost is not None:
            raise self._lost
        with self._queue:
            together, self._waiting = self._waiting, []
        try:
            self._journal.begin([note.entry for note in together])
        except LedgerError as error:
            self._lost = error
            raise
        for note in together:
            note.kept = True

    def ended(self, outcome: Outcome) -> None:
        """Note how a change that was begun has ended."""
        self._journal.end(self._effects.pop(outcome.change.id), outcome.status.value)


def entry_of(target: str, change: Change) -> Entry:
    """Return what a journal notes of a change on a target."""
    return Entry(effect(target, change), change.action.value, change.source)


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
    return f"{began} during {counted(len(outcomes), 'write')}: {done} done, {len(outcomes) - done} not"
