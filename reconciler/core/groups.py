"""From what records say to group paths, one column of paths for each way to import groups."""

from __future__ import annotations

from itertools import product
from typing import TypeAlias

from reconciler.core.model import Cell
from reconciler.core.normal import clean, first_with_control
from reconciler.core.rules import EmptyLevel, GroupWay, SourceRules

Paths: TypeAlias = tuple[str, ...]

ALL_USERS = "All users"
"""MyQ's built-in group of everybody (myq.md section 5): nobody joins or leaves it by synchronization."""


_MEND = "mend the record, or the template that makes this group"
_SHOWN = 80


class GroupError(ValueError):
    """A record's groups cannot be understood; message and hint are fit for a person."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class PathsMemo(dict[tuple[Cell, ...], Paths]):
    """Group paths by what a record says of one way's attributes.

    Thousands of people share a department, so each different saying is worked out once. The paths
    are in the order in which the record has them. Looking one up raises GroupError.
    """

    def __init__(self, rules: SourceRules, way: GroupWay) -> None:
        super().__init__()
        self._rules = rules
        self._way = way

    def __missing__(self, cells: tuple[Cell, ...]) -> Paths:
        paths = self[cells] = _place(self._rules, self._way, cells)
        return paths


def _place(rules: SourceRules, way: GroupWay, cells: tuple[Cell, ...]) -> Paths:
    found = _ready_paths(cells) if way.ready else _template_paths(rules, way, cells)
    parent = rules.options.import_groups_under
    paths = tuple(
        dict.fromkeys(check_path(f"{parent}|{path}" if parent else path, rules.max_depth) for path in found)
    )
    if way.make_default and not way.ready and len(paths) > 1:
        raise GroupError(
            f"{way.template.text!r} gives the groups {' and '.join(paths)}, and one is to be the default",
            "makeDefault needs an attribute with one value",
        )
    return paths


def _ready_paths(cells: tuple[Cell, ...]) -> list[str]:
    branches = (branch for cell in cells for value in values_of(cell) for branch in value.split(","))
    return [branch for branch in branches if branch.strip()]


def _template_paths(rules: SourceRules, way: GroupWay, cells: tuple[Cell, ...]) -> list[str]:
    """Fill the template once for each combination of values; a bare list gives each value as a group."""
    names = {
        attribute: [_name(rules, attribute, value) for value in values_of(cell)] or [""]
        for attribute, cell in zip(way.template.attributes, cells, strict=True)
    }
    if not way.template.levels:
        return [name for values in names.values() for name in values if name]
    several = [attribute for attribute, values in names.items() if len(values) > 1]
    if len(several) > 1:
        raise GroupError(
            f"{' and '.join(several)} have several values each: {way.template.text!r} pairs them by no rule",
            "use one attribute of several values in a template",
        )
    filled = (_fill(way, dict(zip(names, chosen, strict=True))) for chosen in product(*names.values()))
    return [path for path in filled if path]


def _fill(way: GroupWay, values: dict[str, str]) -> str:
    levels: list[str] = []
    for level in way.template.levels:
        empty = [attribute for _, attribute in level if attribute and not values[attribute]]
        if empty and way.empty_level is EmptyLevel.ERROR:
            raise GroupError(
                f"{empty[0]} is empty, and {way.template.text!r} needs it",
                "mend the record, or set emptyLevel to skip or cut",
            )
        if empty and way.empty_level is EmptyLevel.SKIP:
            return ""
        if empty:
            break
        levels.append("".join(text or values[attribute] for text, attribute in level))
    return "|".join(levels)


def _name(rules: SourceRules, attribute: str, value: str) -> str:
    if "|" not in value and "," not in value:
        return clean(value)
    if not rules.replace_separators:
        raise GroupError(
            f"{attribute} is {value!r}, and a group name can hold neither ',' nor '|'",
            "groups.replaceSeparators puts something else in their place",
        )
    return clean(value.replace("|", rules.replace_separators).replace(",", rules.replace_separators))


def values_of(cell: Cell) -> tuple[str, ...]:
    """Return the values a cell holds."""
    if isinstance(cell, str):
        return (cell,) if cell else ()
    return cell


def _short(path: str) -> str:
    return ascii(path if len(path) <= _SHOWN else f"{path[:_SHOWN]}...")


def check_path(path: str, max_depth: int) -> str:
    """Return the path with its levels cleaned, or raise GroupError."""
    levels = [clean(level) for level in path.split("|")]
    if not all(levels):
        raise GroupError(f"the group {_short(path)} has a level without a name", _MEND)
    if len(levels) > max_depth:
        raise GroupError(
            f"the group {_short(path)} is {len(levels)} levels deep, and groups.maxDepth is {max_depth}",
            _MEND,
        )
    if first_with_control(levels) is not None:
        raise GroupError(f"the group {_short(path)} holds control characters", _MEND)
    if levels[0] == ALL_USERS:
        raise GroupError(f"the group {ALL_USERS!r} is built into MyQ: everybody is in it", _MEND)
    return "|".join(levels)


def ancestors(path: str) -> tuple[str, ...]:
    """Return the paths above a group, the root first; the group itself is not among them."""
    levels = path.split("|")
    return tuple("|".join(levels[:depth]) for depth in range(1, len(levels)))


def with_ancestors(paths: set[str]) -> set[str]:
    """Return the paths and all that stand above them."""
    return paths.union(*(ancestors(path) for path in paths))
