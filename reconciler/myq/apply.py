"""Carrying out approved changes: each as soon as it can be, on the account it was made for.

Before a change is written its account is read again. Somebody else's hand in between makes the change
stale, and it is left; a value that already is as it shall be needs no second write. After a failure the
account is read once more, which tells a lost answer from a lost request, and only what was not done is
tried again. So an apply that was cut off can simply be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Condition, Event
from typing import NamedTuple

from reconciler.core.change import Action, Change
from reconciler.core.found import Found, found
from reconciler.core.model import Account, Property
from reconciler.core.outcome import Outcome, Status
from reconciler.errors import LedgerError, TargetError, TargetRejected
from reconciler.myq.port import Journal, NoJournal, Server
from reconciler.myq.schedule import Schedule
from reconciler.sources.patience import Patience

UNANSWERED = 5
"""So many changes in a row without an answer, and MyQ is taken to be gone."""

REFUSED = 50
"""So many changes in a row that fail for whatever reason, and the rest is not even tried."""

_TRIES = 3
"""Of one write that was read back as not done, and of one look; each has the patience of a request within."""

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
        conducted = _Conducted(self, changes)
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


class _Ended(NamedTuple):
    """How a change ended, and whether MyQ had a say in it."""

    outcome: Outcome
    answered: bool = True


class _Conducted:
    """One run under way, as its workers share it."""

    def __init__(self, applying: Applying, changes: Sequence[Change]) -> None:
        self._applying = applying
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
                self._applying.journal.ended(ended.outcome)
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

    def _ended(self, at: int) -> _Ended:
        change = self._changes[at]
        unmet = [
            self._changes[need].id
            for need in self._schedule.needs.get(at, ())
            if self._outcomes[need].status is not Status.APPLIED
        ]
        why = "the run was interrupted before it" if self._applying.stop.is_set() else self._given_up
        if why:
            return _Ended(Outcome(change, Status.NOT_BEGUN, why))
        if unmet:
            return _Ended(Outcome(change, Status.BLOCKED, f"it needs {', '.join(unmet)}"))
        return self._written(change)

    def _written(self, change: Change) -> _Ended:
        try:
            return _Writing(self._applying, change, self._name(change)).ended()
        except LedgerError as error:
            # It was to be noted before the write; with the ledger the run lock may be gone as well.
            self._given_up = f"without its ledger the run writes nothing: {error.message}"
            return _Ended(Outcome(change, Status.NOT_BEGUN, self._given_up))

    def _name(self, change: Change) -> str:
        """Return the name that an account has by now, where this run has renamed it."""
        if change.is_group or change.action is Action.CREATE:
            return change.name
        return self._renamed.get(change.name, change.name)

    def _note(self, at: int, ended: _Ended) -> None:
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


class _Writing:
    """One change being carried out: look, write, and after a failure look again."""

    def __init__(self, applying: Applying, change: Change, name: str) -> None:
        self._applying = applying
        self._server = applying.server
        self._change = change
        self._name = name
        self._begun = False
        self._end = applying.patience.clock() + applying.patience.seconds

    def ended(self) -> _Ended:
        """Carry the change out as far as it goes, and return how it ended."""
        error: TargetError | None = None
        tries, before = 0, None
        while True:
            settled, current = self._settled(error)
            if settled:
                return settled
            # What was refused to the account as it was may be granted to it as it is: half of it is done.
            moved = current != before
            if error and not self._again(error, tries, moved=moved):
                return self._failed(error)
            error = self._write(current)
            if error is None:
                return _Ended(Outcome(self._change, Status.APPLIED))
            tries, before = tries + 1, current

    def _settled(self, error: TargetError | None) -> tuple[_Ended | None, Account | None]:
        """Look, and return how it ended if it has; else the account to write to.

        After an error this is what tells a lost answer from a lost request.
        """
        try:
            state, current = self._seen(again=error is not None)
        except TargetError as unseen:
            if error:
                detail = f"{error.message}; reading it back failed as well"
                return _Ended(Outcome(self._change, Status.FAILED, detail), answered=False), None
            return self._failed(unseen), None
        if state is Found.DONE:
            detail = "settled by reading it back" if error else "it was so already"
            return _Ended(Outcome(self._change, Status.APPLIED, detail)), None
        if state is Found.OTHERWISE and error:
            return self._failed(error), None
        if state is Found.OTHERWISE:
            stale = Outcome(self._change, Status.STALE, "it is no longer as planned; plan again")
            return _Ended(stale), None
        return None, current

    def _seen(self, *, again: bool) -> tuple[Found, Account | None]:
        """Look, and once more where an answer made no sense."""
        tries = 1
        while True:
            try:
                return self._look(again=again)
            except TargetError as error:
                if not self._again(error, tries):
                    raise
            tries += 1

    def _look(self, *, again: bool) -> tuple[Found, Account | None]:
        """Return how things stand; a group is looked at only when writing it failed."""
        change, server = self._change, self._server
        if change.is_group:
            done = again and self._group_is_there()
            return (Found.DONE if done else Found.AS_PLANNED), None
        current = server.account(self._name, change.account_id)
        renamed = change.field(Property.USER_NAME.value)
        if current is None and renamed is not None and change.action is Action.REKEY:
            current = server.account(str(renamed.after), change.account_id)
        return found(change, current), current

    def _group_is_there(self) -> bool:
        change, server = self._change, self._server
        if change.action is Action.GROUP_MOVE and server.has_group(change.name):
            return False
        return server.has_group(str(change.fields[0].after))

    def _write(self, current: Account | None) -> TargetError | None:
        applying, change = self._applying, self._change
        if not self._begun:
            self._begun = True
            applying.journal.begins(change)
        try:
            self._server.write(change, current, applying.pins.get(self._name, ()))
        except TargetError as error:
            return error
        return None

    def _again(self, error: TargetError, tries: int, *, moved: bool = False) -> bool:
        """Return, after a while, whether what went wrong may be tried again."""
        patience, stop = self._applying.patience, self._applying.stop
        over = tries >= _TRIES or patience.clock() > self._end
        refused = isinstance(error, TargetRejected) and not moved
        if over or refused or stop.is_set():
            return False
        patience.sleep(patience.wait_after(tries))
        return not stop.is_set()

    def _failed(self, error: TargetError) -> _Ended:
        answered = isinstance(error, TargetRejected)
        return _Ended(Outcome(self._change, Status.FAILED, error.message), answered=answered)
