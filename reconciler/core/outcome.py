"""How an apply ended, change by change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.model import Property
from reconciler.core.plan import TargetIdentity
from reconciler.core.waiver import Pass


class Status(StrEnum):
    """What became of one change."""

    APPLIED = "applied"
    HANDED_OVER = "handed-over"
    """Written into an import file, and done once somebody has run the import in MyQ."""
    STALE = "stale"
    """The account was no longer as planned; it was left alone."""
    FAILED = "failed"
    UNAPPROVED = "unapproved"
    """Needed, and nobody approved it."""
    UNNEEDED = "unneeded"
    """Approved, and no longer needed."""
    BLOCKED = "blocked"
    """It needs a change that was not carried out."""
    UNREACHABLE = "unreachable"
    """Needed, and it cannot be applied through this target."""
    NOT_BEGUN = "not-begun"
    """The run ended before it: somebody interrupted it, or MyQ answered no more."""


class Outcome(NamedTuple):
    """One change and how it ended; `detail` is for a person."""

    change: Change
    status: Status
    detail: str = ""


class HeldBack(NamedTuple):
    """A removal that was approved, is due, and does not happen for want of proof or of patience."""

    id: str
    why: str


class HandOver(NamedTuple):
    """An import file to be run in MyQ: how many users are in it, and the settings it must be run with.

    `settings_file` has the same in words. `digest` is the SHA-256 of the import file.
    """

    file: str
    settings_file: str
    synchronization_source: str
    users: int
    settings: tuple[tuple[str, str], ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Result:
    """One apply: who allowed it, what was done, what was left, what a fresh look then found.

    `unneeded` are ids of approved changes that nobody needs any more. `remaining` are ids of changes
    that the verification still found necessary; None when it could not look. Times are UTC, ISO 8601.
    `waived` are guards that would have stood in the way, and who let them pass.
    `held_back` are approved removals that the fresh plan withholds.
    `hand_overs` are import files that somebody has to run in MyQ before what is handed over is done.
    """

    target: TargetIdentity
    started: str
    finished: str
    tool: str
    approved_by: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    unneeded: tuple[str, ...] = ()
    remaining: tuple[str, ...] | None = None
    hand_overs: tuple[HandOver, ...] = ()
    waived: tuple[Pass, ...] = ()
    held_back: tuple[HeldBack, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything that was allowed was done."""
        undone = {Status.STALE, Status.FAILED, Status.BLOCKED, Status.NOT_BEGUN}
        return not any(outcome.status in undone for outcome in self.outcomes)


_INVERSE = {
    Action.CREATE: Action.DEACTIVATE,
    Action.REACTIVATE: Action.DEACTIVATE,
    Action.DEACTIVATE: Action.REACTIVATE,
    Action.UPDATE: Action.UPDATE,
    Action.REKEY: Action.REKEY,
    Action.GROUP_MOVE: Action.GROUP_MOVE,
}


def inverse(change: Change) -> Change | None:
    """Return the change that takes one back; None for a created group, since groups are never removed.

    It expects the account as the change left it. A deactivation takes nothing but groups, whatever a
    creation or a reactivation has written beside them. Of PINs nobody knows those that were before: they
    stay, and alone they have no inverse.
    """
    action = _INVERSE.get(change.action)
    if action is None:
        return None
    fields = tuple(
        FieldChange(field.field, field.after, field.before, change.id)
        for field in change.fields
        if action is not Action.DEACTIVATE or field.field == Property.GROUPS
    )
    if action is Action.UPDATE and not fields:
        return None
    renamed = change.action in {Action.REKEY, Action.GROUP_MOVE}
    taken = change.field(Property.SYNCHRONIZATION_SOURCE.value)
    return Change(
        action,
        str(change.fields[0].after) if renamed else change.name,
        fields,
        f"takes back {change.id}",
        account_id=change.account_id,
        account_source=str(taken.after) if taken else change.account_source,
    )
