"""What differs for one person, told to people: source record, wanted user, MyQ's account.

The one module that uses deepdiff, and the engine does not use it: it decides nothing. At about 0.4 ms a
comparison it is for the records that somebody looks at (design.md section 3).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from deepdiff import DeepDiff
from deepdiff.helper import NotPresent

from reconciler.core.model import INDEX, Cell, User
from reconciler.core.render.harmless import shortened, visible
from reconciler.core.render.masks import AFTER, BEFORE, SECRET

Values: TypeAlias = Mapping[str, Cell]
"""What is said of one person, by property; nothing is said by leaving it out."""

_NOT_SAID = "not said"
_ORDER = {prop.value: position for prop, position in INDEX.items()}


class Differing(NamedTuple):
    """One property on which two sides differ: the values that only the one or the other has."""

    property: str
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


def what_differs(desired: User, source: Mapping[str, Cell] | None, account: User | None) -> tuple[str, ...]:
    """Return lines that say what the mapping made of a record, and where MyQ differs from that.

    *source* has the values as the source spells them, by the property they are mapped to; other
    names are told as not used. None means that there is no record, or no account. Values that open
    a door, cards and personal numbers, are masked.
    """
    wanted = values_of(desired)
    lines: list[str] = []
    if source is None:
        lines.append("no source has a record of it")
    else:
        told = {name: value for name, value in source.items() if value}
        lines += _told("as the source spells it -> as it is wanted", told, wanted)
    if account is None:
        lines.append("MyQ has no account of it")
    else:
        lines += _told("as MyQ has it -> as it is wanted", values_of(account), wanted)
    return tuple(lines)


def values_of(user: User) -> dict[str, Cell]:
    """Return what is said of a user, by property."""
    values: tuple[Cell, ...] = user
    return {prop.value: values[at] for prop, at in INDEX.items() if values[at]}


def differences(first: Values, second: Values) -> tuple[Differing, ...]:
    """Return the properties on which two sides differ, MyQ's own first and in MyQ's order."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    names = {*first, *second}
    compared = DeepDiff(_lists(first, names), _lists(second, names), ignore_order=True, view="tree")
    for levels in compared.values():
        for level in levels:
            name = str(level.path(output_format="list")[0])
            only_first, only_second = found.setdefault(name, ([], []))
            only_first += _values(level.t1)
            only_second += _values(level.t2)
    return tuple(
        Differing(name, tuple(sorted(only_first)), tuple(sorted(only_second)))
        for name, (only_first, only_second) in sorted(found.items(), key=lambda pair: _rank(pair[0]))
    )


def _lists(values: Values, names: Collection[str]) -> dict[str, list[str]]:
    """Return a list for every name, so that no value, one and two are told apart by number, not by type."""
    cells = {name: values.get(name, ()) for name in names}
    return {name: [cell] if isinstance(cell, str) else list(cell) for name, cell in cells.items()}


def _values(side: object) -> list[str]:
    if isinstance(side, NotPresent):
        return []
    return [str(one) for one in side] if isinstance(side, list) else [str(side)]


def _rank(name: str) -> tuple[int, str]:
    return _ORDER.get(name, len(_ORDER)), name


def _told(title: str, first: Values, second: Values) -> Iterator[str]:
    differing = differences(first, second)
    if not differing:
        yield f"{title}: the same"
        return
    yield f"{title}:"
    for one in differing:
        yield f"  {visible(one.property)}: {_sides(one)}"


def _sides(one: Differing) -> str:
    if one.property not in _ORDER:
        return f"{_listed(one.only_first)} (mapped to no property)"
    if one.property in SECRET:
        before, after = (BEFORE if one.only_first else _NOT_SAID), (AFTER if one.only_second else _NOT_SAID)
        return f"{before} -> {after}"
    return f"{_listed(one.only_first)} -> {_listed(one.only_second)}"


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(visible(shortened(value)) for value in values) or _NOT_SAID
