"""All sources together: who shall exist, and which source says what of whom.

Where two sources know one person, the one with the lower precedence number is right. Another source
adds to that person only when its option *ignore synchronization source* is on; otherwise its record
gives way, and with equal precedence nobody is right and neither is touched. Chance decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from operator import itemgetter
from typing import NamedTuple

from reconciler.core.assumptions import Assumptions
from reconciler.core.mapping import MappedSource
from reconciler.core.model import INDEX, MANY, Property, User
from reconciler.core.notice import Kind, Notice
from reconciler.core.rules import Mode, SourceRules, Values
from reconciler.core.tree import GroupNode
from reconciler.core.unique import Clash, clashes, name_key


class Compared(NamedTuple):
    """One property that is held against MyQ: where it stands in `User`, how, and who says so."""

    at: int
    property: Property
    mode: Mode
    rule: str


@dataclass(frozen=True, eq=False)
class Ownership:
    """Which source owns a user, and which properties of the user are compared."""

    rules: SourceRules
    compared: tuple[Compared, ...]

    @cached_property
    def key(self) -> itemgetter[tuple[object, ...]]:
        """What gives the compared fields, the user name and the source of a user at once."""
        fixed = (INDEX[Property.USER_NAME], INDEX[Property.SYNCHRONIZATION_SOURCE])
        return itemgetter(*fixed, *(field.at for field in self.compared))


class Wanted(NamedTuple):
    """One user as the sources want it, the record that says so, and who owns it."""

    user: User
    origin: str
    owned: Ownership


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What the sources and the group trees want, all sources having been read to the end.

    `held` are positions in `users` that stand in a conflict: they pair with their accounts, so that
    nobody counts as missing, and nothing is done to them. `outranked` records gave way to another
    source; what accounts they mean are not missing either. `pins` are by user name, and shown nowhere.
    """

    users: Sequence[Wanted]
    held: frozenset[int]
    outranked: tuple[Wanted, ...]
    nodes: tuple[GroupNode, ...]
    source_groups: tuple[tuple[str, str], ...]
    covered: tuple[SourceRules, ...]
    notices: tuple[Notice, ...] = ()
    pins: Mapping[str, Values] = field(default_factory=dict, repr=False)


def resolve(
    mapped: Sequence[MappedSource], nodes: tuple[GroupNode, ...], assumptions: Assumptions
) -> DesiredState:
    """Return what all sources want together, with every conflict among them."""
    ordered = sorted(mapped, key=lambda one: (one.rules.precedence, one.rules.name))
    merged = _Merge(assumptions)
    for source in ordered:
        merged.add(source)
    held, notices = set(merged.held), list(merged.notices)
    for clash in clashes([wanted.user for wanted in merged.users], assumptions):
        held.update(clash.positions)
        notices.append(_conflict(clash, merged.users))
    groups = ((path, one.rules.name) for one in ordered for path in one.reading.groups)
    return DesiredState(
        users=merged.users,
        held=frozenset(held),
        outranked=tuple(merged.outranked),
        nodes=nodes,
        source_groups=tuple(sorted(groups)),
        covered=tuple(one.rules for one in ordered),
        notices=tuple(notices),
        pins={name: held for one in reversed(ordered) for name, held in one.pins.items()},
    )


def ownership(rules: SourceRules) -> Ownership:
    """Return what one source alone owns of its users."""
    compared: dict[Property, Compared] = {
        rule.property: Compared(INDEX[rule.property], rule.property, rule.mode, str(rule.place))
        for rule in rules.rules
        if rule.property not in {Property.USER_NAME, Property.PINS}
    }
    for prop, mode, rule in _implied(rules):
        compared[prop] = Compared(INDEX[prop], prop, mode, rule)
    return Ownership(rules, tuple(sorted(compared.values())))


def _implied(rules: SourceRules) -> Iterator[tuple[Property, Mode, str]]:
    """Yield what is compared because of group imports and options."""
    if rules.ways:
        yield Property.GROUPS, rules.groups_mode, str(rules.ways[0].place)
    for way in rules.ways:
        if way.make_default:
            yield Property.DEFAULT_GROUP, Mode.REPLACE_IF_PRESENT, str(way.place)
            break
    if rules.options.authentication_server:
        yield Property.AUTHENTICATION_SERVER, Mode.REPLACE, str(rules.place)


class _Merge:
    """Users of the sources seen so far, found again by the keys that later sources pair by."""

    def __init__(self, assumptions: Assumptions) -> None:
        self.users: list[Wanted] = []
        self.held: set[int] = set()
        self.outranked: list[Wanted] = []
        self.notices: list[Notice] = []
        self._assumptions = assumptions
        self._overlays: dict[tuple[Ownership, SourceRules, tuple[int, ...]], Ownership] = {}

    def add(self, source: MappedSource) -> None:
        """Take in one source; it must not be of higher precedence than those before."""
        owned = ownership(source.rules)
        incoming = map(
            Wanted._make, zip(source.users, source.origins, repeat(owned, len(source.users)), strict=True)
        )
        if not self.users:
            self.users = list(incoming)
            return
        known = [(key, self._index(key)) for key in source.rules.options.pair_by]
        for wanted in incoming:
            at = self._find(wanted.user, known)
            if at is None:
                self.users.append(wanted)
            else:
                self._meet(at, wanted)

    def _index(self, key: Property) -> dict[str, int]:
        index = INDEX[key]
        return {
            self._key(key, value): at for at, wanted in enumerate(self.users) if (value := wanted.user[index])
        }

    def _key(self, key: Property, value: object) -> str:
        text = str(value)
        return name_key(text, self._assumptions) if key is Property.USER_NAME else text

    def _find(self, user: User, known: list[tuple[Property, dict[str, int]]]) -> int | None:
        for key, index in known:
            value = user[INDEX[key]]
            if value and (at := index.get(self._key(key, value))) is not None:
                return at
        return None

    def _meet(self, at: int, second: Wanted) -> None:
        """Settle what a second source says of somebody known."""
        first = self.users[at]
        if second.owned.rules.options.ignore_synchronization_source:
            self.users[at] = self._overlay(first, second)
        elif first.owned.rules.precedence < second.owned.rules.precedence:
            self.outranked.append(second)
            self.notices.append(
                Notice(
                    Kind.OUTRANKED,
                    first.user.user_name,
                    f"{second.owned.rules.name} knows them too and gives way to {first.owned.rules.name}",
                    (first.origin, second.origin),
                )
            )
        else:
            self.held |= {at, len(self.users)}
            self.users.append(second)
            self.notices.append(
                Notice(
                    Kind.CONFLICT,
                    first.user.user_name,
                    f"{first.owned.rules.name} and {second.owned.rules.name} both claim this person"
                    " with the same precedence",
                    (first.origin, second.origin),
                )
            )

    def _overlay(self, first: Wanted, second: Wanted) -> Wanted:
        """Return the first with what only the second has, and both's values where both add."""
        own = {field.at: field for field in first.owned.compared}
        values: list[str | tuple[str, ...]] = list(first.user)
        taken: list[int] = []
        for field in second.owned.compared:
            theirs, mine = second.user[field.at], values[field.at]
            mine_field = own.get(field.at)
            if field.property in MANY and mine_field and {field.mode, mine_field.mode} == {Mode.ADD}:
                values[field.at] = tuple(sorted({*mine, *theirs}))
            elif mine_field is None or (theirs and not mine):
                values[field.at] = theirs
                taken.append(field.at)
        user = User._make(values)
        if user.default_group and user.default_group not in user.groups:
            user = user._replace(groups=tuple(sorted((*user.groups, user.default_group))))
        return Wanted(user, first.origin, self._combined(first.owned, second.owned, taken))

    def _combined(self, first: Ownership, second: Ownership, taken: list[int]) -> Ownership:
        key = (first, second.rules, tuple(taken))
        if key not in self._overlays:
            fields = {field.at: field for field in first.compared}
            fields.update((field.at, field) for field in second.compared if field.at in taken)
            self._overlays[key] = Ownership(first.rules, tuple(sorted(fields.values())))
        return self._overlays[key]


def _conflict(clash: Clash, users: Sequence[Wanted]) -> Notice:
    claimants = [users[at] for at in clash.positions]
    names = ", ".join(wanted.user.user_name for wanted in claimants)
    # Cards and numbers open doors; the records named below show them to whoever may see them.
    value = f" {clash.value!r}" if clash.property in {Property.USER_NAME, Property.ALIASES} else ""
    return Notice(
        Kind.CONFLICT,
        claimants[0].user.user_name,
        f"the same {clash.property}{value} is claimed by {len(claimants)} records ({names}); none is touched",
        tuple(wanted.origin for wanted in claimants),
    )
