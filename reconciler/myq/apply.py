"""Carrying out approved changes: each as soon as it can be, on the account it was made for.

Several workers share one schedule; what each of them does with a change stands in `writing`. An apply that
was cut off can simply be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Condition, Event

from reconciler.core.change import Action, Change
from reconciler.core.outcome import Outcome, Status
from reconciler.errors import LedgerError
from reconciler.myq.port import Journal, NoJournal, Server
from reconciler.myq.schedule import Schedule
from reconciler.myq.writing import Ended, Means, Writing
from reconciler.sources.patience import Patience

UNANSWERED = 5
"""So many changes in a row without an answer, and MyQ is taken to be gone."""

REFUSED = 50
"""So many changes in a row that fail for whatever reason, and the rest is not even tried."""

_GLANCE = 0.1
"""Seconds between two looks at what has ended. It is told some at a time: a line of its own for each, out of
many threads, would take longer than the requests."""


@dataclass(frozen=True, slots=True)
class Applying:
    """One apply: the server, the PINs to hand over by user name, how many changes at once.

    `told` hears the outcomes as they come, some at a time, in the thread that runs it; not of what was not
    begun. Once `stop` is set nothing more is begun. The `journal` hears of each write before it and of
    every end.
    """

    server: Server
    pins: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    concurrency: int = 1
    told: Callable[[Sequence[Outcome]], None] = lambda _: None
    patience: Patience = field(default_factory=Patience)
    stop: Event = field(default_factory=Event)
    journal: Journal = field(default_factory=NoJournal)

    def run(self, changes: Sequence[Change]) -> tuple[Outcome, ...]:
        """Carry the changes out and return how each ended, in the order of the changes.

        A change whose need was not met is blocked. After a stop, and when MyQ answers no more, what is
        under way is brought to its end and the rest is told as not begun.
        """
        means = Means(self.server, self.pins, self.patience, self.stop, self.journal)
        conducted = _Conducted(means, changes)
        several = max(1, min(self.concurrency, len(changes)))
        with ThreadPoolExecutor(several, thread_name_prefix="apply") as workers:
            waiting = {workers.submit(conducted.work) for _ in range(several)}
            while waiting:
                ended, waiting = wait(waiting, timeout=_GLANCE, return_when=FIRST_EXCEPTION)
                self._tell(conducted)
                for future in ended:
                    future.result()
        return conducted.outcomes()

    def _tell(self, conducted: _Conducted) -> None:
        news = conducted.news()
        try:
            if news:
                self.told(news)
        except BaseException:
            conducted.break_off()
            raise


class _Conducted:
    """One run under way, as its workers share it."""

    def __init__(self, means: Means, changes: Sequence[Change]) -> None:
        self._means = means
        self._changes = changes
        self._schedule = Schedule(changes)
        self._outcomes: dict[int, Outcome] = {}
        self._untold: list[Outcome] = []
        self._renamed: dict[str, str] = {}
        self._failed = self._unanswered = 0
        self._given_up = ""
        self._broken = False
        self._moment = Condition()

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return how each change ended, in the order of the changes."""
        return tuple(self._outcomes[at] for at in range(len(self._changes)))

    def news(self) -> list[Outcome]:
        """Return what has ended since the last time."""
        with self._moment:
            news, self._untold = self._untold, []
        return news

    def break_off(self) -> None:
        """Begin nothing more: whatever happens now, the run ends without a result."""
        with self._moment:
            self._broken = True
            self._moment.notify_all()

    def work(self) -> None:
        """Take one change after the other until all have ended; several threads do."""
        whole = False
        try:
            while (at := self._next()) is not None:
                ended = self._ended(at)
                self._means.journal.ended(ended.outcome)
                self._note(at, ended)
            whole = True
        finally:
            if not whole:
                self.break_off()

    def _next(self) -> int | None:
        with self._moment:
            while not (self._schedule.over or self._broken):
                at = self._schedule.take()
                if at is not None:
                    return at
                self._moment.wait()
            return None

    def _ended(self, at: int) -> Ended:
        change = self._changes[at]
        unmet = [
            self._changes[need].id
            for need in self._schedule.needs.get(at, ())
            if self._outcomes[need].status is not Status.APPLIED
        ]
        why = "the run was interrupted before it" if self._means.stop.is_set() else self._given_up
        if why:
            return Ended(Outcome(change, Status.NOT_BEGUN, why))
        if unmet:
            return Ended(Outcome(change, Status.BLOCKED, f"it needs {', '.join(unmet)}"))
        return self._written(change)

    def _written(self, change: Change) -> Ended:
        try:
            return Writing(self._means, change, self._name(change)).ended()
        except LedgerError as error:
            # It was to be noted before the write; with the ledger the run lock may be gone as well.
            self._given_up = f"without its ledger the run writes nothing: {error.message}"
            return Ended(Outcome(change, Status.NOT_BEGUN, self._given_up))

    def _name(self, change: Change) -> str:
        """Return the name that an account has by now, where this run has renamed it."""
        if change.is_group or change.action is Action.CREATE:
            return change.name
        return self._renamed.get(change.name, change.name)

    def _note(self, at: int, ended: Ended) -> None:
        change, status, _ = ended.outcome
        with self._moment:
            self._outcomes[at] = ended.outcome
            if status is not Status.NOT_BEGUN:
                self._untold.append(ended.outcome)
            if status is Status.APPLIED and change.action is Action.REKEY:
                self._renamed[change.name] = str(change.fields[0].after)
            self._count(status, answered=ended.answered)
            freed = self._schedule.ended(at)
            if self._schedule.over:
                self._moment.notify_all()
            elif freed > 1:
                self._moment.notify(freed - 1)  # one of them is for the thread that is here

    def _count(self, status: Status, *, answered: bool) -> None:
        """Give up when failure follows upon failure: 100,000 more of them help nobody."""
        if status is Status.APPLIED:
            self._failed = self._unanswered = 0
        if status is not Status.FAILED:
            return
        self._failed += 1
        self._unanswered = 0 if answered else self._unanswered + 1
        if self._unanswered >= UNANSWERED:
            self._given_up = f"MyQ gave no answer to {UNANSWERED} changes in a row, and was not asked again"
        elif self._failed >= REFUSED:
            self._given_up = f"{REFUSED} changes failed in a row, and no other was begun"
