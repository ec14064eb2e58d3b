"""MyQ's fourth way to import groups: the directory's own, and who belongs to them.

All groups are read once and memberships are worked out here: Active Directory's rule "in chain" takes 500
times as long for the same answer (components.md section 1), and other directories do not have it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from reconciler.core.model import Cell
from reconciler.core.normal import fold
from reconciler.errors import SourceDataError
from reconciler.sources.ldap import MemberOf
from reconciler.sources.ldap.decode import Entry
from reconciler.sources.ldap.graph import Group, check_distinct, flat_paths, tree_paths, with_ancestors
from reconciler.sources.ldap.kinds import Membership, Traits
from reconciler.sources.ldap.names import group_name, key_of, levels_of
from reconciler.sources.ldap.values import column

OBJECT_SID, PRIMARY_GROUP_ID, GID_NUMBER = "objectSid", "primaryGroupID", "gidNumber"

Find: TypeAlias = Callable[[str, str, tuple[str, ...]], Iterator[Entry]]
"""Reads all entries under a base DN that pass a filter, to the end: ``find(base, filter, attributes)``."""

_OPTIONAL_UID = re.compile(r"#'[01]*'B\Z")
"""What may stand behind the DN in a value of uniqueMember (RFC 4517 section 3.3.21)."""

_MOST_REMEMBERED = 50_000
_RELATIVE_ID_BYTES = 4


class Limits(NamedTuple):
    """What the manifest says of all its groups."""

    max_depth: int
    replacement: str | None


class MemberOfPaths:
    """Group paths of entries by the directory's own groups: `prepare` reads these, `cells` asks no more.

    Groups go by the comparable form of their DN. `paths` are those of every group to be imported, and
    `members` counts the entries that turned out to be in one.
    """

    def __init__(self, spec: MemberOf, traits: Traits, limits: Limits) -> None:
        self._spec = spec
        self._traits = traits
        self._limits = limits
        self._kinds = spec.membership or traits.memberships
        self._parents: dict[str, set[str]] = {}
        self._by_dn: dict[str, list[str]] = defaultdict(list)
        self._by_login: dict[str, list[str]] = defaultdict(list)
        self._by_primary: dict[bytes, str] = {}
        self._key_of: dict[bytes, str] = {}
        self._cell_of: dict[frozenset[str], Cell] = {}
        self.paths: dict[str, tuple[str, ...]] = {}
        self.members = 0
        self._on_user = tuple(kind.value for kind in self._kinds if kind.on_user)
        self._primary = _primary_attributes(self._kinds, traits) if spec.primary_group else ()

    @property
    def base_dn(self) -> str:
        """Where the groups are."""
        return self._spec.base_dn

    @property
    def filter(self) -> str:
        """Which entries there are groups to be imported."""
        return self._spec.entries(self._traits.groups)

    @property
    def with_empty(self) -> bool:
        """Whether groups without members are imported too."""
        return self._spec.empty_groups

    @property
    def attributes(self) -> tuple[str, ...]:
        """What the users' entries must tell."""
        login = (self._traits.login,) if Membership.MEMBER_UID in self._kinds else ()
        return (*self._on_user, *login, *self._primary)

    def prepare(self, find: Find, whole: str) -> None:
        """Read the groups; `whole` is the DN under which groups in groups are looked for.

        Raises SourceDataError when there is none: the account may have lost its view of them.
        """
        name = self._spec.name or self._traits.group_name
        asked = tuple(dict.fromkeys((name, *(kind.value for kind in self._kinds), *self._primary[:1])))
        usual = self._traits.groups
        groups = {
            self._take(entry): Group(entry[0], self._name(entry, name))
            for entry in find(self._spec.base_dn, self.filter, asked)
        }
        if not groups:
            raise SourceDataError(
                "no group was found",
                hint="look at memberOf.baseDn and its filter, and whether the bind account may see groups",
                where=self._spec.base_dn,
            )
        if self._spec.nested:
            for entry in find(whole, usual, asked):
                self._take(entry)
        for key in self._by_dn.keys() & self._parents.keys():
            self._parents[key].update(self._by_dn[key])
        depth = self._limits.max_depth
        self.paths = tree_paths(groups, self._parents, depth) if self._spec.tree else flat_paths(groups)
        check_distinct(groups, self.paths)

    def cells(self, entries: Sequence[Entry]) -> list[Cell]:
        """Return the group paths of each entry."""
        cells = [self._cell(frozenset(self._direct(entry))) for entry in entries]
        self.members += sum(map(bool, cells))
        return cells

    def _cell(self, direct: frozenset[str]) -> Cell:
        cell = self._cell_of.get(direct)
        if cell is None:
            keys = with_ancestors(direct, self._parents) if self._spec.nested else direct
            paths = sorted({path for key in keys for path in self.paths.get(key, ())})
            cell = tuple(paths) if len(paths) > 1 else "".join(paths)
            if len(self._cell_of) < _MOST_REMEMBERED:
                self._cell_of[direct] = cell
        return cell

    def _direct(self, entry: Entry) -> Iterator[str]:
        """Yield the keys of the groups that the entry itself is in, whether they are imported or not."""
        dn, attributes = entry
        for name in self._on_user:
            yield from map(self._key, attributes.get(name) or ())
        if self._by_dn:
            yield from self._by_dn.get(key_of(dn), ())
        if self._by_login:
            for login in attributes.get(self._traits.login) or ():
                yield from self._by_login.get(fold(_text(login, dn)), ())
        for value in _primary_values(entry, self._primary):
            if value in self._by_primary:
                yield self._by_primary[value]

    def _take(self, entry: Entry) -> str:
        """Note what a group's entry says of membership; return its key."""
        dn, attributes = entry
        key = key_of(dn)
        if key in self._parents:
            return key
        self._parents[key] = set()
        for kind in self._kinds:
            for value in attributes.get(kind.value) or ():
                if kind.on_user:
                    self._parents[key].add(self._key(value))
                elif kind is Membership.MEMBER_UID:
                    self._by_login[fold(_text(value, dn))].append(key)
                else:
                    self._by_dn[self._key(value)].append(key)
        for attribute in self._primary[:1]:
            for value in attributes.get(attribute) or ():
                self._by_primary[value] = key
        return key

    def _key(self, raw: bytes) -> str:
        """Return the key of a DN that stands in a value; each different one is worked out once."""
        key = self._key_of.get(raw)
        if key is None:
            key = key_of(_OPTIONAL_UID.sub("", _text(raw, self._spec.base_dn)))
            if len(self._key_of) < _MOST_REMEMBERED:
                self._key_of[raw] = key
        return key

    def _name(self, entry: Entry, attribute: str) -> str:
        dn = entry[0]
        (cell,) = column([entry], attribute)
        if isinstance(cell, tuple):  # the one of several names that also stands in the DN
            own = [part.value for part in levels_of(dn)[0]]
            cell = next((name for name in cell if name in own), "")
        if not cell:
            raise SourceDataError(
                f"the group has no name of its own in {attribute}",
                hint="memberOf.name chooses another attribute",
                where=dn,
            )
        return group_name(cell, dn, self._limits.replacement)


def _primary_attributes(kinds: Sequence[Membership], traits: Traits) -> tuple[str, ...]:
    """Return what finds an entry's primary group: the first of them stands on groups too."""
    if Membership.MEMBER_UID in kinds:
        return (GID_NUMBER,)
    return (OBJECT_SID, PRIMARY_GROUP_ID) if traits.has_security_ids else ()


def _primary_values(entry: Entry, names: tuple[str, ...]) -> list[bytes]:
    """Return the values that the primary group's own entry has in the first of these attributes."""
    dn, attributes = entry
    if names != (OBJECT_SID, PRIMARY_GROUP_ID):
        return [value for name in names for value in attributes.get(name) or ()]
    # the group is in the account's domain: its identifier is the account's but for the last part
    domains = [sid[:-_RELATIVE_ID_BYTES] for sid in attributes.get(OBJECT_SID) or ()]
    try:
        relative = [
            int(value).to_bytes(_RELATIVE_ID_BYTES, "little")
            for value in attributes.get(PRIMARY_GROUP_ID) or ()
        ]
    except (ValueError, OverflowError):
        raise SourceDataError(
            f"{PRIMARY_GROUP_ID} is no number of a group", hint="mend the entry", where=dn
        ) from None
    return [domain + last for domain in domains for last in relative]


def _text(raw: bytes, dn: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise SourceDataError(
            f"a membership holds {raw[:40]!r}, which is not text", hint="mend the entry", where=dn
        ) from None
