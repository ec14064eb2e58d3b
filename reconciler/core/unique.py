"""Identities that can have one owner only: user names, aliases, cards, personal numbers.

MyQ signs people in by any of them (myq.md section 5), so one value with two owners is never
resolved by whoever comes last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reconciler.core.assumptions import Assumptions
from reconciler.core.model import Property, User
from reconciler.core.normal import fold


class Clash(NamedTuple):
    """One value that several users claim; `positions` are theirs in the sequence looked at."""

    property: Property
    value: str
    positions: tuple[int, ...]


def name_key(name: str, assumptions: Assumptions) -> str:
    """Return what makes a user name itself: MyQ may hold ``Ada`` and ``ada`` (myq.md section 5)."""
    return name if assumptions.user_name_case_sensitive else fold(name)


def alias_key(alias: str, assumptions: Assumptions) -> str:
    """Return what makes an alias itself, when it is held against names and aliases of others."""
    return fold(alias) if assumptions.aliases_ignore_case else alias


def clashes(users: Sequence[User], assumptions: Assumptions) -> Iterator[Clash]:
    """Yield every identity claimed twice, in the order of properties and values."""
    names = [user.user_name for user in users]
    if not assumptions.user_name_case_sensitive:
        names = list(map(fold, names))
    yield from _repeated(Property.USER_NAME, names, _numbered(names))
    yield from _alias_clashes(users, assumptions)
    yield from _repeated(
        Property.CARDS,
        [card for user in users for card in user.cards],
        ((card, at) for at, user in enumerate(users) for card in user.cards),
    )
    numbers = [user.personal_number for user in users]
    yield from _repeated(Property.PERSONAL_NUMBER, list(filter(None, numbers)), _numbered(numbers))
    objects = [user.object_id for user in users]
    yield from _repeated(Property.OBJECT_ID, list(filter(None, objects)), _numbered(objects))


def _numbered(values: Sequence[str]) -> Iterator[tuple[str, int]]:
    return ((value, at) for at, value in enumerate(values) if value)


def _repeated(prop: Property, values: list[str], claims: Iterator[tuple[str, int]]) -> Iterator[Clash]:
    """Yield the values that stand there twice; who claims them is asked only when there are any."""
    if len(set(values)) == len(values):
        return
    claimants: defaultdict[str, list[int]] = defaultdict(list)
    for value, at in claims:
        claimants[value].append(at)
    for value in sorted(claimants):
        positions = tuple(dict.fromkeys(claimants[value]))
        if len(positions) > 1:
            yield Clash(prop, value, positions)


def _alias_clashes(users: Sequence[User], assumptions: Assumptions) -> Iterator[Clash]:
    """Yield aliases that are another user's alias or user name (myq.md section 9, Identity)."""
    aliases = [alias for user in users for alias in user.aliases]
    keys = [user.user_name for user in users]
    if assumptions.aliases_ignore_case:
        aliases, keys = list(map(fold, aliases)), list(map(fold, keys))
    different = set(aliases)
    if len(different) == len(aliases) and different.isdisjoint(keys):
        return
    claimants: defaultdict[str, list[int]] = defaultdict(list)
    whose = (at for at, user in enumerate(users) for _ in user.aliases)
    for alias, at in zip(aliases, whose, strict=True):
        claimants[alias].append(at)
    for at, key in enumerate(keys):
        if key in different:
            claimants[key].append(at)
    for alias in sorted(claimants):
        positions = tuple(dict.fromkeys(claimants[alias]))
        if len(positions) > 1:
            yield Clash(Property.ALIASES, alias, positions)
