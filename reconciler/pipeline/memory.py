"""The ledger in a run: recalled before anything is compared, added to once everything was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from reconciler.core.desired import DesiredState
from reconciler.core.diff import Difference
from reconciler.core.evidence import lacking
from reconciler.core.history import History, Seen, weighed
from reconciler.core.mapping import MappedSource
from reconciler.core.notice import Kind, Notice
from reconciler.core.times import stamp
from reconciler.errors import LedgerError
from reconciler.ledger import NONE, Ledger, exists, open_ledger

if TYPE_CHECKING:
    from reconciler.pipeline.plan import Run

_WITHOUT = (
    "there is none: absences are not counted, a read is not held against the one before, removals are not "
    "added up over days, and only runs in this folder keep out of each other's way"
)


class Remembering(Protocol):
    """What is added to: a ledger, or what stands for one while days are replayed."""

    def remember(self, target: str, now: datetime, seen: Seen) -> None:
        """Add what a run has seen."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run remembers of its target, and the ledger that it adds to; None where it shall not.

    `history` is None without a ledger.
    """

    target: str
    now: datetime
    history: History | None
    ledger: Remembering | None = None

    def weighed(self, mapped: Sequence[MappedSource]) -> History | None:
        """Return the history with each read held against the last one that was believed."""
        if self.history is None or self.history.unreadable:
            return self.history
        counted = {one.rules.name: len(one.users) for one in mapped}
        return weighed(self.history, counted, [one.rules for one in mapped])

    def add(
        self, history: History | None, desired: DesiredState, difference: Difference
    ) -> tuple[Notice, ...]:
        """Remember what was seen; return what the ledger does not give to this plan."""
        if history is None:
            return (Notice(Kind.LEDGER, "ledger", _WITHOUT),)
        if history.unreadable:
            return (Notice(Kind.LEDGER, "ledger", history.unreadable),)
        if self.ledger is None:
            return ()
        reads = {rules.name: history.last_reads[rules.name] for rules in desired.covered}
        unproven = {name for name, proofs in desired.proofs.items() if lacking(proofs)}
        seen = Seen(reads, difference.absent, unproven, difference.fingerprints)
        try:
            self.ledger.remember(self.target, self.now, seen)
        except LedgerError as error:
            return (Notice(Kind.LEDGER, "ledger", f"this run does not count in it: {error.message}"),)
        return ()


@contextmanager
def opened(run: Run) -> Iterator[Ledger]:
    """Give the ledger of a run; where it shall have none, there still is the run lock.

    Raises LedgerError when it cannot be opened.
    """
    with closing(open_ledger(run.ledger_url if run.ledger else NONE, run.folder)) as ledger:
        yield ledger


@contextmanager
def recalled(run: Run, target: str, ledger: Ledger | None = None) -> Iterator[Memory]:
    """Give what is remembered of a target; of a ledger that cannot be read, that it proves nothing.

    A run that adds nothing makes no file either.
    """
    if ledger is None and not run.remembers and not exists(run.ledger_url, run.folder):
        yield Memory(target, run.now, History(target, stamp(run.now)) if run.ledger else None)
        return
    with ExitStack() as stack:
        try:
            known = ledger or stack.enter_context(opened(run))
            history = known.recall(target, run.now)
        except LedgerError as error:
            yield Memory(target, run.now, History(target, stamp(run.now), unreadable=error.message))
            return
        yield Memory(target, run.now, history, known if run.remembers else None)
