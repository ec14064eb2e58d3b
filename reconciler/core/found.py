"""How an account stands to a change that is about to be made: as planned, done, or otherwise."""

from __future__ import annotations

from enum import Enum

from reconciler.core.change import Action, Change, FieldChange, Value, gained, lost
from reconciler.core.model import INDEX, Account


class Found(Enum):
    """How an account stands before a change is written."""

    AS_PLANNED = "as planned"
    DONE = "as it shall be"
    OTHERWISE = "otherwise"


def found(change: Change, current: Account | None) -> Found:
    """Return how the account that a change is about stands; None is one that is not there."""
    if current is None:
        return Found.AS_PLANNED if change.action is Action.CREATE else Found.OTHERWISE
    if change.action is Action.CREATE:
        done = current.active and all(holds_after(field, current) for field in change.fields)
        return Found.DONE if done else Found.OTHERWISE
    if change.action is Action.DEACTIVATE and not current.active:
        return Found.DONE
    return _compared(change, current)


def _compared(change: Change, current: Account) -> Found:
    written = change.action is not Action.DEACTIVATE and current.active
    if written and all(holds_after(field, current) for field in change.fields):
        # PINs are not shown: whether they are those that were planned, nobody can see.
        return Found.AS_PLANNED if change.handed else Found.DONE
    # What a deactivation takes away must be just what was approved: every group, and no other.
    holds = _holds_exactly if change.action is Action.DEACTIVATE else holds_before
    # A reactivation that was cut off has undeleted the account, and the fields are still to be written.
    as_planned = (
        (current.active or change.action is Action.REACTIVATE)
        and current.user.source == change.account_source
        and all(holds(field, current) for field in change.fields)
    )
    return Found.AS_PLANNED if as_planned else Found.OTHERWISE


def holds_before(field: FieldChange, current: Account) -> bool:
    """Return whether a field still is as planned; of several values, those that come or go count."""
    held = values_now(current, field.field)
    if isinstance(held, str):
        return held == field.before
    return set(lost(field)) <= set(held) and not set(gained(field)) & set(held)


def _holds_exactly(field: FieldChange, current: Account) -> bool:
    return values_now(current, field.field) == field.before


def holds_after(field: FieldChange, current: Account) -> bool:
    """Return whether a field is as it shall be; of several values, those that come or go count."""
    held = values_now(current, field.field)
    if isinstance(held, str):
        return held == field.after
    return set(gained(field)) <= set(held) and not set(lost(field)) & set(held)


def values_now(current: Account, name: str) -> Value:
    """Return what an account holds in a field, by the field's name in plans."""
    value: Value = current.user[_POSITIONS[name]]
    return value


_POSITIONS = {prop.value: at for prop, at in INDEX.items()}
