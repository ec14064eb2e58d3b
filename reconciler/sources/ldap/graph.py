"""Groups in groups: who is above whom, and the tree that they make; no directory is asked here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from reconciler.errors import SourceDataError

MOST_PATHS = 10
"""Paths that a group of a tree may have on average; one with many parents stands in it once for each."""

FEW_PATHS = 10_000
"""So many paths are never too many."""


class Group(NamedTuple):
    """A group to be imported: its DN, and its name as MyQ can hold it."""

    dn: str
    name: str


def with_ancestors(keys: Iterable[str], parents: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Return these groups and all that they are in, directly or through others; a cycle ends by itself."""
    found: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(parents.get(key, ()))
    return frozenset(found)


def flat_paths(groups: Mapping[str, Group]) -> dict[str, tuple[str, ...]]:
    """Return each group's path when all lie side by side: its name."""
    return {key: (group.name,) for key, group in groups.items()}


def tree_paths(
    groups: Mapping[str, Group], parents: Mapping[str, Iterable[str]], max_depth: int
) -> dict[str, tuple[str, ...]]:
    """Return each group's paths in the tree of groups in groups.

    A group in several groups has several paths. Groups that hold each other make no tree: going down from
    the roots in the order of their keys, a step back up is left out, and of a cycle without a way in
    the group with the smallest key counts as its root. Raises SourceDataError for a tree out of hand.
    """
    inner = {key: set(parents.get(key, ())) & groups.keys() - {key} for key in groups}
    children: dict[str, list[str]] = {key: [] for key in groups}
    for key in sorted(groups):
        for parent in inner[key]:
            children[parent].append(key)
    paths: dict[str, list[str]] = {key: [] for key in groups}
    most = max(FEW_PATHS, MOST_PATHS * len(groups))
    count = 0
    for root in _roots(inner):
        for key, path in _walk(root, groups, children, max_depth):
            paths[key].append(path)
            count += 1
            if count > most:
                raise _out_of_hand(groups[root], f"has more than {most} paths")
    return {key: tuple(sorted(set(found))) for key, found in paths.items()}


def _roots(parents: Mapping[str, set[str]]) -> list[str]:
    """Return the groups without a group above them, and one of each cycle that nothing leads into."""
    roots = sorted(key for key, above in parents.items() if not above)
    for key in sorted(key for key, above in parents.items() if above):
        above = with_ancestors([key], parents)
        if above.isdisjoint(roots) and all(key in with_ancestors([other], parents) for other in above):
            roots.append(key)
    return roots


def _walk(
    root: str, groups: Mapping[str, Group], children: Mapping[str, list[str]], max_depth: int
) -> Iterable[tuple[str, str]]:
    """Yield every group below a root with each of its paths."""
    above: list[str] = []
    waiting = [(root, 0, "")]
    while waiting:
        key, depth, parent = waiting.pop()
        if depth >= max_depth:
            raise _out_of_hand(groups[root], f"is more than {max_depth} levels deep")
        del above[depth:]
        path = f"{parent}|{groups[key].name}" if parent else groups[key].name
        yield key, path
        above.append(key)
        waiting.extend((child, depth + 1, path) for child in reversed(children[key]) if child not in above)


def _out_of_hand(root: Group, fact: str) -> SourceDataError:
    return SourceDataError(
        f"the tree of groups below this one {fact}",
        hint="import them side by side (`tree: false`), narrow `memberOf.baseDn`, or raise `groups.maxDepth`",
        where=root.dn,
    )


def check_distinct(groups: Mapping[str, Group], paths: Mapping[str, tuple[str, ...]]) -> None:
    """Raise SourceDataError when two groups would become one in MyQ."""
    owners: dict[str, str] = {}
    for key in sorted(paths):
        for path in paths[key]:
            other = owners.setdefault(path, key)
            if other != key:
                raise SourceDataError(
                    f"this group and {groups[other].dn} would both be the group {path!r}",
                    hint="name groups by an attribute that is unique (`memberOf.name`), or narrow `baseDn` "
                    "or the filter",
                    where=groups[key].dn,
                )
