"""From groups of Entra ID to group paths of MyQ: names, trees, and two groups of one name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from reconciler.core.model import Cell
from reconciler.core.normal import clean, fold
from reconciler.errors import SourceDataError
from reconciler.sources.entra import EntraMemberships
from reconciler.sources.entra.groups import Group

Paths: TypeAlias = dict[str, tuple[str, ...]]
"""The paths of a group, by its id; a group within two others has two."""

_MOST_PATHS: Final = 100_000
_SUFFIXES: Final = (8, 36)
"""How much of an object id tells two groups apart: its beginning, or where that is not enough all of it."""


class Way(NamedTuple):
    """One of the manifest's imports of memberships, with the groups it takes and who is within whom."""

    said: EntraMemberships
    groups: tuple[Group, ...]
    children: Mapping[str, Sequence[str]]


def place(ways: Sequence[Way], replacement: str | None, max_depth: int) -> list[Paths]:
    """Return the paths of every way's groups; no two groups share one, in whatever case.

    Raises SourceDataError for names that MyQ cannot hold, for groups that cannot be told apart where a way
    wants that to stop, and for trees without end.
    """
    plain = {group.id: _name(group, replacement) for way in ways for group in way.groups}
    names = dict(plain)
    suffixes = iter(_SUFFIXES)
    while twins := _twins(placed := [_paths(way, names, max_depth) for way in ways]):
        length = next(suffixes, 0)
        if not length or any(way.said.same_name == "error" for way in ways):
            raise _indistinct(twins, plain)
        names |= {key: f"{plain[key]} ({key[:length]})" for key in twins}
    return placed


def cells(groups: Sequence[Group], paths: Paths, held: Mapping[str, Iterable[int]]) -> dict[str, Cell]:
    """Return each user's paths; the paths of a preferred group come before those of the next."""
    made: dict[tuple[int, ...], Cell] = {}
    found: dict[str, Cell] = {}
    for user, positions in held.items():
        key = tuple(positions)
        cell = made.get(key)
        if cell is None:
            mine = tuple(dict.fromkeys(path for at in key for path in paths[groups[at].id]))
            cell = made[key] = mine[0] if len(mine) == 1 else mine
        found[user] = cell
    return found


def _name(group: Group, replacement: str | None) -> str:
    if "|" not in group.name and "," not in group.name:
        return clean(group.name)
    if replacement is None:
        raise SourceDataError(
            f"{group}: a group name of MyQ can hold neither ',' nor '|'",
            hint="groups.replaceSeparators puts something else in their place; ignoreGroups leaves it out",
            where=group.id,
        )
    return clean(group.name.replace("|", replacement).replace(",", replacement))


def _paths(way: Way, names: Mapping[str, str], max_depth: int) -> Paths:
    if way.said.tree:
        return _tree(way, names, max_depth)
    return {group.id: (names[group.id],) for group in way.groups}


def _tree(way: Way, names: Mapping[str, str], max_depth: int) -> Paths:
    """Place each group below those it is in; a circle that nobody leads into begins at its first name."""
    order = sorted((group.id for group in way.groups), key=lambda key: (names[key], key))
    mine = set(order)
    below = {key: [child for child in way.children.get(key, ()) if child in mine] for key in order}
    within = {child for key, children in below.items() for child in children if child != key}
    found: dict[str, list[str]] = {key: [] for key in order}
    count = 0
    for start in (*(key for key in order if key not in within), *order):
        todo: list[tuple[str, ...]] = [] if found[start] else [(start,)]
        while todo:
            trail = todo.pop()
            count += 1
            if len(trail) > max_depth or count > _MOST_PATHS:
                raise _endless([names[key] for key in trail], max_depth)
            found[trail[-1]].append("|".join(names[key] for key in trail))
            todo += [(*trail, child) for child in below[trail[-1]] if child not in trail]
    return {key: tuple(sorted(paths)) for key, paths in found.items()}


def _twins(placed: Iterable[Paths]) -> set[str]:
    holders: dict[str, set[str]] = {}
    for paths in placed:
        for key, mine in paths.items():
            for path in mine:
                holders.setdefault(fold(path), set()).add(key)
    return {key for keys in holders.values() if len(keys) > 1 for key in keys}


def _indistinct(twins: set[str], names: Mapping[str, str]) -> SourceDataError:
    shown = ", ".join(f"{names[key]!r} ({key})" for key in sorted(twins, key=lambda key: (names[key], key)))
    return SourceDataError(
        f"groups that MyQ could not tell apart: {shown}",
        hint="rename one, leave one out by its id (ignoreGroups), or set sameName: suffix",
        where="groups.import",
    )


def _endless(trail: Sequence[str], max_depth: int) -> SourceDataError:
    return SourceDataError(
        f"the tree of groups is more than {max_depth} levels deep, or has more than {_MOST_PATHS:,} places: "
        f"{'|'.join(trail[:5])}...",
        hint="groups.maxDepth allows more levels; ignoreGroups takes groups out of the tree",
        where="groups.import",
    )
