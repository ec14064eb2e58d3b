"""All sources together: who shall exist, and which source says what of whom.

Where two sources know one person, the one with the lower precedence number is right. Another source
adds to that person only when its option *ignore synchronization source* is on; otherwise its record
gives way, and with equal precedence nobody is right and neither is touched. Chance decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import NamedTuple

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Value
from reconciler.core.evidence import Proof, weigh
from reconciler.core.history import History
from reconciler.core.mapping import MappedSource
from reconciler.core.model import INDEX, MANY, Property, User, made
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
    """Which source owns a user, and which properties of the user are compared.

    `place` is the source's manifest in words, at hand for the reasons of many changes.
    """

    rules: SourceRules
    compared: tuple[Compared, ...]
    place: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", str(self.rules.place))


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
    `proofs` say of each source, by its name, whether somebody may be removed on its word.
    """

    users: Sequence[Wanted]
    held: frozenset[int]
    outranked: tuple[Wanted, ...]
    nodes: tuple[GroupNode, ...]
    source_groups: tuple[tuple[str, str], ...]
    covered: tuple[SourceRules, ...]
    notices: tuple[Notice, ...] = ()
    pins: Mapping[str, Values] = field(default_factory=dict, repr=False)
    proofs: Mapping[str, tuple[Proof, ...]] = field(default_factory=dict)


def resolve(
    mapped: Sequence[MappedSource],
    nodes: tuple[GroupNode, ...],
    assumptions: Assumptions,
    history: History | None = None,
) -> DesiredState:
    """Return what all sources want together, with every conflict among them."""
    compared = history.compared if history else {}
    ordered = sorted(mapped, key=lambda one: (one.rules.precedence, one.rules.name))
    merged = _Merge(assumptions)
    for source in ordered:
        merged.add(source)
    merged.quarrels()
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
        proofs={
            one.rules.name: weigh(one.rules.expect, one.reading, compared.get(one.rules.name))
            for one in ordered
        },
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
        self._lent: dict[tuple[int, int], list[Wanted]] = {}

    def add(self, source: MappedSource) -> None:
        """Take in one source; it must not be of higher precedence than those before."""
        owned = ownership(source.rules)
        records = zip(source.users, source.origins, repeat(owned, len(source.users)), strict=True)
        incoming = made(Wanted, records)
        if not self.users:
            self.users = list(incoming)
            return
        known = [(key, self._index(key)) for key in source.rules.options.pair_by]
        for wanted in incoming:
            found = self._find(wanted.user, known)
            if len(found) == 1:
                self._meet(found[0], wanted)
            else:
                if found:
                    self._hold([*found, len(self.users)], wanted, "could mean several people")
                self.users.append(wanted)

    def _index(self, key: Property) -> dict[str, list[int]]:
        where = INDEX[key]
        index: dict[str, list[int]] = {}
        for at, wanted in enumerate(self.users):
            if wanted.user[where]:
                index.setdefault(self._key(key, wanted.user[where]), []).append(at)
        return index

    def _key(self, key: Property, value: object) -> str:
        text = str(value)
        return name_key(text, self._assumptions) if key is Property.USER_NAME else text

    def _find(self, user: User, known: list[tuple[Property, dict[str, list[int]]]]) -> list[int]:
        for key, index in known:
            value = user[INDEX[key]]
            if value and (found := index.get(self._key(key, value))):
                return found
        return []

    def _hold(self, positions: list[int], second: Wanted, why: str) -> None:
        self.held.update(positions)
        known = [self.users[at] for at in positions if at < len(self.users)]
        places = (*sorted(wanted.origin for wanted in known), second.origin)
        source = second.owned.rules.name
        message = f"the record of {source} {why}; none is touched"
        self.notices.append(Notice(Kind.CONFLICT, second.user.user_name, message, places))

    def _meet(self, at: int, second: Wanted) -> None:
        """Settle what a second source says of somebody known."""
        first = self.users[at]
        if second.owned.rules.options.ignore_synchronization_source:
            self._overlay(at, second)
        elif first.owned.rules.precedence < second.owned.rules.precedence:
            self.outranked.append(second)
            message = f"{second.owned.rules.name} knows them too and gives way to {first.owned.rules.name}"
            places = (first.origin, second.origin)
            self.notices.append(Notice(Kind.OUTRANKED, first.user.user_name, message, places))
        else:
            name = first.owned.rules.name
            self._hold([at, len(self.users)], second, f"is somebody {name} has with the same precedence")
            self.users.append(second)

    def _overlay(self, position: int, second: Wanted) -> None:
        """Give somebody known what only the second has, and both's values where both add.

        Two records of one precedence that would give different things hold the person.
        """
        first = self.users[position]
        own = {one.at: one for one in first.owned.compared}
        values: list[Value] = list(first.user)
        taken: list[int] = []
        for at, prop, mode, _ in second.owned.compared:
            theirs, mine = second.user[at], values[at]
            known = own.get(at)
            if known and prop in MANY and {mode, known.mode} == {Mode.ADD}:
                values[at] = _both(mine, theirs)
            elif known is None or (theirs and not mine):
                values[at] = theirs
                taken.append(at)
                self._lent[position, at] = [second]
            elif theirs and (lent := self._lent.get((position, at))) and _of_one_rank(lent[0], second):
                values[at] = _both(mine, theirs)
                lent.append(second)
        owned = self._combined(first.owned, second.owned, taken)
        self.users[position] = Wanted(_in_default_group(User._make(values)), first.origin, owned)

    def quarrels(self) -> None:
        """Hold those to whom records of one precedence give different things; name all who give."""
        for (position, at), lenders in self._lent.items():
            if len({lender.user[at] for lender in lenders}) > 1:
                self.held.add(position)
                prop = next(one.property for one in lenders[0].owned.compared if one.at == at)
                sources = sorted({lender.owned.rules.name for lender in lenders})
                message = f"records of {' and '.join(sources)} give different {prop}; none is touched"
                places = (self.users[position].origin, *sorted(lender.origin for lender in lenders))
                name = min(lender.user.user_name for lender in lenders)
                self.notices.append(Notice(Kind.CONFLICT, name, message, places))

    def _combined(self, first: Ownership, second: Ownership, taken: list[int]) -> Ownership:
        key = (first, second.rules, tuple(taken))
        if key not in self._overlays:
            fields = {one.at: one for one in first.compared}
            fields.update((one.at, one) for one in second.compared if one.at in taken)
            self._overlays[key] = Ownership(first.rules, tuple(sorted(fields.values())))
        return self._overlays[key]


def _of_one_rank(one: Wanted, other: Wanted) -> bool:
    return one.owned.rules.precedence == other.owned.rules.precedence


def _both(mine: Value, theirs: Value) -> Value:
    """Return what two records say together, whichever comes first; of two texts the lesser."""
    if isinstance(mine, str):
        return min(mine, str(theirs))
    return tuple(sorted({*mine, *theirs}))


def _in_default_group(user: User) -> User:
    if not user.default_group or user.default_group in user.groups:
        return user
    return user._replace(groups=tuple(sorted((*user.groups, user.default_group))))


def _conflict(clash: Clash, users: Sequence[Wanted]) -> Notice:
    claimants = sorted((users[at] for at in clash.positions), key=lambda one: (one.user, one.origin))
    names = ", ".join(wanted.user.user_name for wanted in claimants)
    # Cards and numbers open doors; the records named below show them to whoever may see them.
    value = f" {clash.value!r}" if clash.property in {Property.USER_NAME, Property.ALIASES} else ""
    return Notice(
        Kind.CONFLICT,
        claimants[0].user.user_name,
        f"{len(claimants)} records claim the same {clash.property}{value} ({names}); none is touched",
        tuple(wanted.origin for wanted in claimants),
    )
