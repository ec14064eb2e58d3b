"""One change being carried out: look, write, and after a failure look again.

Before a change is written its account is read again. Somebody else's hand in between makes the change
stale, and it is left; a value that already is as it shall be needs no second write. After a failure the
account is read once more, which tells a lost answer from a lost request, and only what was not done is
tried again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event
from typing import NamedTuple

from reconciler.core.change import Action, Change
from reconciler.core.found import Found, found
from reconciler.core.model import Account, Property
from reconciler.core.outcome import Outcome, Status
from reconciler.errors import TargetError, TargetRejected
from reconciler.myq.port import Journal, Server
from reconciler.sources.patience import Patience

_TRIES = 3
"""Of one write that was read back as not done, and of one look; each has the patience of a request within."""


class Means(NamedTuple):
    """What the changes of one run are carried out with."""

    server: Server
    pins: Mapping[str, Sequence[str]]
    patience: Patience
    stop: Event
    journal: Journal


class Ended(NamedTuple):
    """How a change ended, and whether MyQ had a say in it."""

    outcome: Outcome
    answered: bool = True


class Writing:
    """One change being carried out: look, write, and after a failure look again."""

    def __init__(self, means: Means, change: Change, name: str) -> None:
        self._means = means
        self._server = means.server
        self._change = change
        self._name = name
        self._begun = False
        self._end = means.patience.clock() + means.patience.seconds

    def ended(self) -> Ended:
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
                return Ended(Outcome(self._change, Status.APPLIED))
            tries, before = tries + 1, current

    def _settled(self, error: TargetError | None) -> tuple[Ended | None, Account | None]:
        """Look, and return how it ended if it has; else the account to write to.

        After an error this is what tells a lost answer from a lost request.
        """
        try:
            state, current = self._seen(again=error is not None)
        except TargetError as unseen:
            if error:
                detail = f"{error.message}; reading it back failed as well"
                return Ended(Outcome(self._change, Status.FAILED, detail), answered=False), None
            return self._failed(unseen), None
        if state is Found.DONE:
            detail = "settled by reading it back" if error else "it was so already"
            return Ended(Outcome(self._change, Status.APPLIED, detail)), None
        if state is Found.OTHERWISE and error:
            return self._failed(error), None
        if state is Found.OTHERWISE:
            stale = Outcome(self._change, Status.STALE, "it is no longer as planned; plan again")
            return Ended(stale), None
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
        means, change = self._means, self._change
        if not self._begun:
            self._begun = True
            means.journal.begins(change)
        try:
            self._server.write(change, current, means.pins.get(self._name, ()))
        except TargetError as error:
            return error
        return None

    def _again(self, error: TargetError, tries: int, *, moved: bool = False) -> bool:
        """Return, after a while, whether what went wrong may be tried again."""
        patience, stop = self._means.patience, self._means.stop
        over = tries >= _TRIES or patience.clock() > self._end
        refused = isinstance(error, TargetRejected) and not moved
        if over or refused or stop.is_set():
            return False
        patience.sleep(patience.wait_after(tries))
        return not stop.is_set()

    def _failed(self, error: TargetError) -> Ended:
        answered = isinstance(error, TargetRejected)
        return Ended(Outcome(self._change, Status.FAILED, error.message), answered=answered)
