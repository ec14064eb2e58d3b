"""Entries to the columns that the manifests asked for, whether an attribute or worked out here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from reconciler.core.model import Cell
from reconciler.errors import SourceDataError
from reconciler.sources.ldap import LdapGroupImport, LdapSpec
from reconciler.sources.ldap.decode import Entry
from reconciler.sources.ldap.groups import Limits, MemberOfPaths
from reconciler.sources.ldap.names import ContainerPaths
from reconciler.sources.ldap.values import DN, column


class Way(Protocol):
    """One way to import groups that is worked out here."""

    @property
    def attributes(self) -> tuple[str, ...]:
        """What the users' entries must tell."""
        ...

    def cells(self, entries: Sequence[Entry]) -> list[Cell]:
        """Return the group paths of each entry."""
        ...


def make_ways(spec: LdapSpec, attributes: Iterable[str]) -> dict[str, Way]:
    """Return the ways that these attributes stand for, by the attribute's name."""
    offered = {
        name: way
        for position, way in enumerate(spec.groups.import_)
        if (name := way.ready_attribute(position))
    }
    return {name: _way(spec, offered[name]) for name in attributes if name in offered}


def _way(spec: LdapSpec, way: LdapGroupImport) -> Way:
    replacement = spec.groups.replace_separators
    if way.member_of:
        return MemberOfPaths(way.member_of, spec.traits, Limits(spec.groups.max_depth, replacement))
    if way.ou_tree:
        strip = (way.ou_tree.strip_left, way.ou_tree.strip_right)
        return ContainerPaths(strip=strip, empty=way.empty_level, replacement=replacement)
    return ContainerPaths(index=way.ou_index or 1, empty=way.empty_level, replacement=replacement)


class Columns:
    """The columns asked for, in the order asked for.

    `called` says what the server calls each attribute, in lower case as keys; `wanted` is what a search
    must bring, and how the entries then spell it.
    """

    def __init__(self, order: Sequence[str], ways: Mapping[str, Way], called: Mapping[str, str]) -> None:
        self._order = order
        self._ways = ways
        plain = [name for name in order if name not in ways and name.lower() != DN]
        spellings = {name.lower(): name for way in ways.values() for name in way.attributes}
        for name in sorted(called[name.lower()] for name in plain):
            spellings.setdefault(name.lower(), name)
        self.wanted = tuple(spellings.values())
        self._spelled = {name: spellings[called[name.lower()].lower()] for name in plain}
        self._unseen = set(self._spelled.values())

    def of(self, entries: Sequence[Entry]) -> list[list[Cell]]:
        """Return what the entries say, a column for each attribute asked for."""
        return [
            self._ways[name].cells(entries) if name in self._ways else self._column(entries, name)
            for name in self._order
        ]

    def _column(self, entries: Sequence[Entry], name: str) -> list[Cell]:
        spelled = self._spelled.get(name, name)
        cells = column(entries, spelled)
        if spelled in self._unseen and any(cells):
            self._unseen.remove(spelled)
        return cells

    def check(self, spec: LdapSpec, records: int) -> None:
        """Raise when an attribute came with nobody: the account may have lost its view of it."""
        allowed = {name.lower() for name in spec.may_be_empty.attributes}
        unseen = sorted(name for name in self._unseen if name.lower() not in allowed)
        if records and unseen:
            raise SourceDataError(
                f"not one of {records} entries has {', '.join(unseen)}",
                hint="see whether the bind account may read it; if nobody has one, say so in "
                "mayBeEmpty.attributes",
                where=", ".join(spec.base_dns),
            )
        for way in self._ways.values():
            if records and isinstance(way, MemberOfPaths) and not way.members and "memberof" not in allowed:
                raise SourceDataError(
                    f"not one of {records} entries is in any of the {len(way.paths)} groups",
                    hint="look at memberOf.membership, and whether the bind account may read it; if all is "
                    "well, put memberOf into mayBeEmpty.attributes",
                    where=way.base_dn,
                )
