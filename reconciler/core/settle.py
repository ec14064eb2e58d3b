"""Comparing one user with one account, property by property."""

from __future__ import annotations

from typing import assert_never

from reconciler.core.change import FieldChange, Value
from reconciler.core.desired import Compared, Wanted
from reconciler.core.model import INDEX, MANY, Property, User
from reconciler.core.rules import Mode

_GROUPS, _DEFAULT_GROUP = Property.GROUPS.value, Property.DEFAULT_GROUP.value
_OF_GROUPS = frozenset({_GROUPS, _DEFAULT_GROUP})


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
    for at, _, mode, rule in compared:
        want, before = wanted.user[at], have[at]
        if want == before:
            continue
        after = settle(mode, want, before)
        if after != before:
            changes.append(FieldChange(INDEX_NAME[at], before, after, rule))
    stays = wanted.owned.rules.options.do_not_change_default_group
    return with_default_group(tuple(changes), have, kept=have.default_group if stays else "")


def with_default_group(
    changes: tuple[FieldChange, ...], have: User, *, kept: str = ""
) -> tuple[FieldChange, ...]:
    """Keep the default group among the groups: MyQ accounts people to a group that they are in.

    `kept` is a default group that shall stay what it is, so whoever is in it does not leave it.
    """
    of_groups = {change.field: change for change in changes if change.field in _OF_GROUPS}
    if not of_groups:
        return changes
    default, groups = of_groups.get(_DEFAULT_GROUP), of_groups.get(_GROUPS)
    needed = str(default.after) if default else kept if kept in have.groups else ""
    held = groups.after if groups else have.groups
    asking = default or groups
    if asking is None or not needed or needed in held:
        return changes
    joined = tuple(sorted({*held, needed}))
    others = tuple(change for change in changes if change is not groups)
    if joined == have.groups:
        return others
    return (*others, FieldChange(_GROUPS, have.groups, joined, asking.rule))


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
