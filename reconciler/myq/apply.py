"""Carrying out approved changes: in order, each on the account it was made for, each told as it ended.

Before a change is written its account is read again. Somebody else's hand in between makes the change
stale, and it is left; a value that already is as it shall be needs no second write. So an apply that was
cut off can simply be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from enum import Enum
from threading import Event

from reconciler.core.approval import in_order
from reconciler.core.change import Action, Change, FieldChange, gained, lost
from reconciler.core.model import Account, Property
from reconciler.core.outcome import Outcome, Status
from reconciler.errors import TargetError
from reconciler.myq.port import Server
from reconciler.myq.rest import values_now

_GLANCE = 0.2
"""Seconds; on Windows a wait without an end cannot be interrupted."""


class Found(Enum):
    """How an account stands before a change is written."""

    AS_PLANNED = "as planned"
    DONE = "as it shall be"
    OTHERWISE = "otherwise"


@dataclass(frozen=True, slots=True)
class Applying:
    """One apply: the server, the PINs to hand over by user name, how many writes at once.

    `told` hears every outcome as it comes, from any thread.
    """

    server: Server
    pins: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    concurrency: int = 1
    told: Callable[[Outcome], None] = lambda _: None

    def run(self, changes: Sequence[Change]) -> tuple[Outcome, ...]:
        """Carry the changes out and return how each ended, in the order of the changes.

        A change whose need was not met is blocked. KeyboardInterrupt ends the run after the writes
        that are under way; what was not begun is told as failed.
        """
        stop = Event()
        # All is done in another thread, so that an interrupt meets this one while it waits.
        with ThreadPoolExecutor(max_workers=1) as conductor:
            ended = conductor.submit(self._conduct, changes, stop)
            while not ended.done():
                try:
                    wait((ended,), timeout=_GLANCE)
                except KeyboardInterrupt:
                    stop.set()
            return ended.result()

    def _conduct(self, changes: Sequence[Change], stop: Event) -> tuple[Outcome, ...]:
        outcomes: dict[str, Outcome] = {}
        with ThreadPoolExecutor(max_workers=self.concurrency) as workers:
            for wave in waves(changes):
                before = dict(outcomes)
                futures = [workers.submit(self._one, change, before, stop) for change in wave]
                for outcome in (future.result() for future in futures):
                    outcomes[outcome.change.id] = outcome
        return tuple(outcomes[change.id] for change in changes)

    def _one(self, change: Change, before: Mapping[str, Outcome], stop: Event) -> Outcome:
        unmet = [id_ for id_ in change.needs if id_ in before and before[id_].status is not Status.APPLIED]
        if stop.is_set():
            outcome = Outcome(change, Status.FAILED, "the run was interrupted before it")
        elif unmet:
            outcome = Outcome(change, Status.BLOCKED, f"it needs {', '.join(unmet)}")
        else:
            outcome = self._carried_out(change, _new_name(change, before))
        self.told(outcome)
        return outcome

    def _carried_out(self, change: Change, name: str) -> Outcome:
        try:
            current = self._current(change, name)
            found = _found(change, current)
            if found is Found.DONE:
                return Outcome(change, Status.APPLIED, "it was so already")
            if found is Found.OTHERWISE:
                return Outcome(change, Status.STALE, "it is no longer as planned; plan again")
            self.server.write(change, current, self.pins.get(change.name, ()))
        except TargetError as error:
            return self._after_failure(change, name, error)
        return Outcome(change, Status.APPLIED)

    def _current(self, change: Change, name: str) -> Account | None:
        """Return the account a change is about; a group is looked at only when writing it fails."""
        if change.is_group:
            return None
        current = self.server.account(name, change.account_id)
        renamed = change.field(Property.USER_NAME.value)
        if current is None and renamed is not None and change.action is Action.REKEY:
            return self.server.account(str(renamed.after), change.account_id)
        return current

    def _after_failure(self, change: Change, name: str, error: TargetError) -> Outcome:
        """Settle what an answer that never came, or a refusal, left behind, by looking again."""
        try:
            if self._is_done(change, name):
                return Outcome(change, Status.APPLIED, "settled by reading it back")
        except TargetError:
            return Outcome(change, Status.FAILED, f"{error.message}; reading it back failed as well")
        return Outcome(change, Status.FAILED, error.message)

    def _is_done(self, change: Change, name: str) -> bool:
        if change.action is Action.GROUP_MOVE and self.server.has_group(change.name):
            return False
        if change.is_group:
            return self.server.has_group(str(change.fields[0].after))
        return _found(change, self._current(change, name)) is Found.DONE


def _new_name(change: Change, before: Mapping[str, Outcome]) -> str:
    """Return the name that an account has by now, where this run has renamed it."""
    renaming = before.get(Change(Action.REKEY, change.name).id)
    if change.is_group or change.action is Action.CREATE or renaming is None:
        return change.name
    return str(renaming.change.fields[0].after) if renaming.status is Status.APPLIED else change.name


def waves(changes: Sequence[Change]) -> Iterator[tuple[Change, ...]]:
    """Yield the changes in groups that may run at once.

    What a change needs is in an earlier wave, and so is what happens before to the same account.
    """
    stages: dict[str, int] = {}
    accounts: dict[tuple[bool, str], int] = {}
    for change in in_order(changes):
        whose = (change.is_group, change.name)
        stage = max(
            change.action.rank,
            accounts.get(whose, -1) + 1,
            *(stages[id_] + 1 for id_ in change.needs if id_ in stages),
        )
        stages[change.id] = accounts[whose] = stage
    for stage in sorted(set(stages.values())):
        yield tuple(change for change in changes if stages[change.id] == stage)


def _found(change: Change, current: Account | None) -> Found:
    if change.is_group:
        return Found.AS_PLANNED
    if current is None:
        return Found.AS_PLANNED if change.action is Action.CREATE else Found.OTHERWISE
    if change.action is Action.CREATE:
        done = current.active and all(_holds_after(field, current) for field in change.fields)
        return Found.DONE if done else Found.OTHERWISE
    if change.action is Action.DEACTIVATE and not current.active:
        return Found.DONE
    return _compared(change, current)


def _compared(change: Change, current: Account) -> Found:
    written = change.action is not Action.DEACTIVATE and current.active
    if written and all(_holds_after(field, current) for field in change.fields):
        return Found.DONE
    # What a deactivation takes away must be just what was approved: every group, and no other.
    holds = _holds_exactly if change.action is Action.DEACTIVATE else _holds_before
    # A reactivation that was cut off has undeleted the account, and the fields are still to be written.
    as_planned = (
        (current.active or change.action is Action.REACTIVATE)
        and current.user.source == change.account_source
        and all(holds(field, current) for field in change.fields)
    )
    return Found.AS_PLANNED if as_planned else Found.OTHERWISE


def _holds_before(field: FieldChange, current: Account) -> bool:
    """Return whether a field still is as planned; of several values, those that come or go count."""
    held = values_now(current, field.field)
    if isinstance(held, str):
        return held == field.before
    return set(lost(field)) <= set(held) and not set(gained(field)) & set(held)


def _holds_exactly(field: FieldChange, current: Account) -> bool:
    return values_now(current, field.field) == field.before


def _holds_after(field: FieldChange, current: Account) -> bool:
    held = values_now(current, field.field)
    if isinstance(held, str):
        return held == field.after
    return set(gained(field)) <= set(held) and not set(lost(field)) & set(held)
