"""Comparing one user with one account, property by property."""

from __future__ import annotations

from typing import assert_never

from reconciler.core.change import FieldChange, Value
from reconciler.core.desired import Compared, Wanted
from reconciler.core.model import INDEX, MANY, Property, User
from reconciler.core.rules import Mode


def settle(mode: Mode, want: Value, have: Value) -> Value:
    """Return what a property shall hold, given what a source says and what MyQ has.

    Settling twice is settling once: ``settle(m, w, settle(m, w, h)) == settle(m, w, h)``.
    """
    match mode:
        case Mode.IGNORE:
            return have
        case Mode.REPLACE:
            return want
        case Mode.REPLACE_IF_PRESENT:
            return want or have
        case Mode.ADD:
            if isinstance(have, str):
                return have or want
            return tuple(sorted({*have, *want}))
    assert_never(mode)


def field_changes(wanted: Wanted, have: User, compared: tuple[Compared, ...]) -> tuple[FieldChange, ...]:
    """Return what has to change in an account that exists; the user name is not looked at here."""
    changes = []
    for at, prop, mode, rule in compared:
        before: Value = have[at]
        after = settle(mode, wanted.user[at], before)
        if after != before:
            changes.append(FieldChange(prop.value, before, after, rule))
    return with_default_group(tuple(changes), have)


def with_default_group(changes: tuple[FieldChange, ...], have: User) -> tuple[FieldChange, ...]:
    """Keep the default group among the groups: MyQ accounts people to a group that they are in."""
    default = next((change for change in changes if change.field == Property.DEFAULT_GROUP), None)
    groups = next((change for change in changes if change.field == Property.GROUPS), None)
    if default is None or not default.after:
        return changes
    held = groups.after if groups else have.groups
    if default.after in held:
        return changes
    joined = tuple(sorted({*held, str(default.after)}))
    completed = FieldChange(Property.GROUPS.value, have.groups, joined, default.rule)
    return (*(change for change in changes if change is not groups), completed)


def first_fields(wanted: Wanted) -> tuple[FieldChange, ...]:
    """Return all fields of a new account, each from nothing to what the sources say."""
    rules = {INDEX_NAME[field.at]: field.rule for field in wanted.owned.compared}
    values: tuple[Value, ...] = wanted.user
    return tuple(
        FieldChange(name, () if prop in MANY else "", value, rules.get(name, ""))
        for (prop, name), value in zip(_FIELDS, values, strict=True)
        if value
    )


_FIELDS = tuple((prop, prop.value) for prop in INDEX)
INDEX_NAME = {index: prop.value for prop, index in INDEX.items()}
