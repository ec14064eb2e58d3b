"""Reading the groups of Entra ID and who is in them: list by list, several at a time, never user by user."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeAlias

from reconciler.core.normal import fold
from reconciler.errors import SourceDataError, SourceUnavailable
from reconciler.sources.entra import EntraMemberships
from reconciler.sources.entra.batch import BATCH_SIZE
from reconciler.sources.entra.graph import Graph, Listing, Record

GROUPS_PERMISSION: Final = "GroupMember.Read.All"
_SELECT: Final = "id,displayName,groupTypes,securityEnabled,visibility"
_OBJECT_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Lists: TypeAlias = dict[str, list[str]]
"""Ids of members by the id of the group."""


class Group(NamedTuple):
    """A group of Entra ID; `kind` is security, microsoft365 or other."""

    id: str
    name: str
    kind: str
    hidden: bool = False

    def is_called(self, word: str) -> bool:
        """Say whether a word of the manifest means this group: its id, or its name in any case."""
        return self.id == word.lower() or fold(self.name) == fold(word)

    def __str__(self) -> str:
        return f"the group {self.name!r} ({self.id})"


def users_of(group: Group, *, nested: bool, select: str = "id", only: str = "") -> Listing:
    """Return the list of users in a group, and in groups within it where `nested`."""
    relation = "transitiveMembers" if nested else "members"
    permission = "Member.Read.Hidden" if group.hidden else GROUPS_PERMISSION
    path = f"/groups/{group.id}/{relation}/microsoft.graph.user"
    return Listing(f"the members of {group}", path, select, permission, only)


def check_hidden(group: Group, arrived: int) -> None:
    """Refuse the silence of a group with hidden membership: it looks empty to whoever may not see it."""
    if group.hidden and not arrived:
        raise SourceUnavailable(
            f"{group} hides its members, and shows none",
            hint="give the app registration the application permission Member.Read.Hidden, "
            "or leave the group out",
            where=group.id,
        )


class GroupReader:
    """The groups of a tenant and their members, each list read once."""

    def __init__(self, graph: Graph, connections: int) -> None:
        self._graph = graph
        self._connections = connections
        self._groups: tuple[Group, ...] = ()
        self._users: dict[bool, Lists] = {False: {}, True: {}}
        self._children: Lists = {}

    def all(self) -> tuple[Group, ...]:
        """Return every group of the tenant."""
        if not self._groups:
            pages = self._graph.read(Listing("the groups", "/groups", _SELECT, GROUPS_PERMISSION))
            self._groups = tuple(_group(record) for page in pages for record in page)
        return self._groups

    def find(self, word: str) -> Group:
        """Return the one group that a word of the manifest means, or raise SourceDataError."""
        quoted = word.replace("'", "''")
        by_id = _OBJECT_ID.fullmatch(word)
        only = f"id eq '{quoted.lower()}'" if by_id else f"displayName eq '{quoted}'"
        listing = Listing(f"the group {word!r}", "/groups", _SELECT, GROUPS_PERMISSION, only)
        found = [_group(record) for page in self._graph.read(listing) for record in page]
        if len(found) == 1:
            return found[0]
        if not found:
            raise unknown(word)
        raise SourceDataError(
            f"{len(found)} groups are called {word!r}: {', '.join(sorted(group.id for group in found))}",
            hint="name the group that is meant by its object id",
            where="users.fromGroups",
        )

    def users(self, groups: Sequence[Group], *, nested: bool) -> Lists:
        """Return the ids of the users in each of the groups."""
        known = self._users[nested]
        self._fill(known, groups, lambda group: users_of(group, nested=nested))
        for group in groups:
            check_hidden(group, len(known[group.id]))
        return known

    def children(self, groups: Sequence[Group]) -> Lists:
        """Return the ids of the groups directly within each of the groups.

        Microsoft 365 groups hold no groups, and Graph answers 400 to the question (its reference,
        group-list-transitivemembers).
        """
        may_nest = [group for group in groups if group.kind != "microsoft365"]
        self._fill(self._children, may_nest, _groups_in)
        return self._children

    def _fill(self, known: Lists, groups: Iterable[Group], listing: Callable[[Group], Listing]) -> None:
        absent = [group for group in groups if group.id not in known]
        parts = [absent[at : at + BATCH_SIZE] for at in range(0, len(absent), BATCH_SIZE)]
        with ThreadPoolExecutor(self._connections) as pool:
            read = pool.map(lambda part: self._ids([listing(group) for group in part]), parts)
            for part, lists in zip(parts, read, strict=True):
                known.update(zip((group.id for group in part), lists, strict=True))

    def _ids(self, listings: Sequence[Listing]) -> list[list[str]]:
        firsts = self._graph.first_pages(listings) if len(listings) > 1 else [None]
        return [
            [record["id"] for page in self._graph.read(listing, first) for record in page]
            for listing, first in zip(listings, firsts, strict=True)
        ]


def _groups_in(group: Group) -> Listing:
    path = f"/groups/{group.id}/members/microsoft.graph.group"
    return Listing(f"the groups within {group}", path, "id", GROUPS_PERMISSION)


def _group(record: Record) -> Group:
    name, kinds = record.get("displayName"), record.get("groupTypes")
    if not isinstance(name, str) or not isinstance(kinds, list):
        raise SourceUnavailable(
            "Graph shows a group without its name",
            hint=f"give the app registration the application permission {GROUPS_PERMISSION}, "
            "and have an administrator consent",
            where=record["id"],
        )
    kind = "microsoft365" if "Unified" in kinds else "security" if record.get("securityEnabled") else "other"
    return Group(record["id"], name, kind, record.get("visibility") == "HiddenMembership")


def chosen(groups: Iterable[Group], way: EntraMemberships) -> tuple[Group, ...]:
    """Return the groups that a way imports: the preferred first, else in the order of their names.

    Raises SourceDataError for one of `onlyGroups` that does not exist: were it passed over, everybody
    would leave it.
    """
    kinds = {"security", "microsoft365"} if way.types == "both" else {way.types}
    rest = [group for group in groups if group.kind in kinds and not _ignored(group, way)]
    if not way.only_groups:
        return tuple(sorted(rest, key=lambda group: (group.name, group.id)))
    rank: dict[Group, int] = {}
    for position, word in enumerate(way.only_groups):
        meant = [group for group in rest if group.is_called(word)]
        if not meant:
            raise unknown(word)
        for group in meant:
            rank.setdefault(group, position)
    return tuple(sorted(rank, key=lambda group: (rank[group], group.name, group.id)))


def _ignored(group: Group, way: EntraMemberships) -> bool:
    name = fold(group.name)
    return any(group.is_called(word) for word in way.ignore_groups) or any(
        fold(part) in name for part in way.ignore_groups_containing
    )


def unknown(word: str) -> SourceDataError:
    """Return the error for a group of the manifest that the tenant does not have."""
    return SourceDataError(
        f"there is no group {word!r} to read",
        hint="name it as Entra ID does, or by its object id; is it of another type, or ignored?",
        where=word,
    )


def ids_by_user(groups: Sequence[Group], lists: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    """Return, for each user, the positions of the groups that hold him."""
    found: dict[str, list[int]] = {}
    for position, group in enumerate(groups):
        for user in lists[group.id]:
            if user in found:
                found[user].append(position)
            else:
                found[user] = [position]
    return found
