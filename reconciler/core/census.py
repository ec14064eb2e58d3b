"""The groups of a server before and after a plan: where each is, and how many are in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from reconciler.core.change import Action, Change, gained, lost
from reconciler.core.model import ActualState, Property

_GROUPS = Property.GROUPS.value


class GroupCount(NamedTuple):
    """One group as it will be, and as it was: `was` is its path until now, "" of a new one.

    Members are counted where they are themselves; those of groups below are not among them.
    """

    path: str
    was: str
    before: int
    after: int


def members(actual: ActualState) -> Counter[str]:
    """Return how many living accounts are in each group; most share their groups with many."""
    sets = Counter([account.user.groups for account in actual.accounts if account.active])
    counts: Counter[str] = Counter()
    for groups, times in sets.items():
        counts.update(dict.fromkeys(groups, times))
    return counts


def census(
    groups: Iterable[str], counts: Mapping[str, int], changes: Iterable[Change], former: Mapping[str, str]
) -> tuple[GroupCount, ...]:
    """Return all groups there will be, by path; *former* has those that move, by their new paths.

    The *groups* are those that are there, and *counts* are of their members.
    """
    now = {old: new for new, old in former.items()}
    was = {now.get(path, path): path for path in groups}
    difference: Counter[str] = Counter()
    for change in changes:
        if change.action is Action.GROUP_CREATE:
            was.setdefault(change.name, "")
        field = None if change.is_group else change.field(_GROUPS)
        if field is not None:
            difference.update(gained(field))
            difference.subtract(lost(field))
    return tuple(
        GroupCount(path, old, counts.get(old, 0), counts.get(old, 0) + difference[path])
        for path, old in sorted(was.items())
    )
