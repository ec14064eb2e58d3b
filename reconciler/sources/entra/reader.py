"""Reads one Entra ID tenant: sign in, groups first, then users page by page."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Final, NamedTuple, TypeVar

from reconciler.core.model import Batch, Cell, Doubt, Fact, Read, Reading
from reconciler.errors import SourceUnavailable
from reconciler.sources.base import Surroundings
from reconciler.sources.entra import CLOUDS, EntraSpec
from reconciler.sources.entra.graph import Graph, Listing, Page, Tally
from reconciler.sources.entra.groups import GroupReader, check_hidden, chosen, ids_by_user, users_of
from reconciler.sources.entra.paths import Way, cells, place
from reconciler.sources.entra.signin import SignIn
from reconciler.sources.entra.users import UPN, Choice, Columns
from reconciler.sources.patience import Patience
from reconciler.sources.web import Http

Shape = TypeVar("Shape")

USERS_PERMISSION: Final = "User.Read.All"

_OFFERED: Final = (
    UPN,
    "companyName",
    "department",
    "displayName",
    "employeeId",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "officeLocation",
    "onPremisesSamAccountName",
    "preferredLanguage",
    "surname",
    "upnPrefix",
)
"""What every user of Graph has, be it empty, and an application that may read users may read."""


class _Joined(NamedTuple):
    """What users say in the reader's own attributes, and the groups to create without members."""

    cells: dict[str, dict[str, Cell]]
    empty: tuple[str, ...]
    facts: tuple[Fact, ...]


class EntraReader:
    """Reads the users of one tenant, with the paths of their groups; the origin is the object id."""

    def __init__(self, spec: EntraSpec, surroundings: Surroundings, patience: Patience | None = None) -> None:
        self._spec = spec
        self._surroundings = surroundings
        self._patience = patience

    def attributes(self) -> tuple[str, ...]:
        """Return what can be read of every user of any tenant."""
        return _OFFERED

    def read(self, attributes: tuple[str, ...]) -> Read:
        """Yield the users, a page of Graph at a time, each once."""
        spec = self._spec
        ca_file = None if spec.ca_file is None else self._surroundings.folder / spec.ca_file
        with Http(
            ca_file=ca_file, proxy=spec.proxy or "", connections=spec.connections, patience=self._patience
        ) as http:
            root = spec.graph_url or CLOUDS[spec.cloud].graph
            graph = Graph(http, SignIn(http, spec, self._surroundings), root, spec.count_tolerance)
            groups = GroupReader(graph, spec.connections)
            joined = self._joined(groups, attributes)
            columns, choice = Columns(attributes, joined.cells), Choice(spec.users)
            pages = self._pages(graph, groups, columns.properties | choice.properties)
            records = 0

            def batch(page: Page) -> Batch:
                nonlocal records
                kept = choice.of(page)
                records += len(kept)
                return Batch([record["id"] for record in kept], columns.of(kept))

            tally = yield from _shaped(pages, batch)
        columns.check()
        facts = (
            Fact("users", f"{tally.arrived} of {tally.counted} counted, in {tally.pages} pages"),
            *(Fact(f"left out: {reason}", str(count)) for reason, count in sorted(choice.left_out.items())),
            *joined.facts,
        )
        under = self._spec.options.import_groups_under
        empty = (f"{under}|{path}" if under else path for path in joined.empty)
        return Reading(
            records, facts, tuple(sorted(empty)), counted=tally.counted, doubts=tuple(_doubts(tally))
        )

    def _joined(self, groups: GroupReader, attributes: tuple[str, ...]) -> _Joined:
        """Work out the group paths of everybody, for the imports that are asked for."""
        said = {
            way.ready_attribute(position) or "": way.memberships
            for position, way in enumerate(self._spec.groups.import_)
            if way.memberships is not None and way.ready_attribute(position) in attributes
        }
        ways = []
        for memberships in said.values():
            mine = chosen(groups.all(), memberships)
            ways.append(Way(memberships, mine, groups.children(mine) if memberships.tree else {}))
        placed = place(ways, self._spec.groups.replace_separators, self._spec.groups.max_depth)
        found: dict[str, dict[str, Cell]] = {}
        empty: set[str] = set()
        for name, way, paths in zip(said, ways, placed, strict=True):
            users = groups.users(way.groups, nested=way.said.members == "transitive")
            found[name] = cells(way.groups, paths, ids_by_user(way.groups, users))
            if way.said.import_empty_groups:
                empty.update(path for mine in paths.values() for path in mine)
        count = len({group.id for way in ways for group in way.groups})
        facts = (Fact("groups", str(count)),) if ways else ()
        return _Joined(found, tuple(sorted(empty)), facts)

    def _pages(
        self, graph: Graph, groups: GroupReader, properties: frozenset[str]
    ) -> Generator[Page, None, Tally]:
        users = self._spec.users
        if users.from_groups:
            return (yield from self._members(graph, groups, _select({*properties, UPN})))
        listing = Listing("the users", "/users", _select(properties), USERS_PERMISSION, users.filter or "")
        return (yield from graph.read(listing))

    def _members(self, graph: Graph, groups: GroupReader, select: str) -> Generator[Page, None, Tally]:
        """Yield who is in at least one of the selected groups, each once."""
        users = self._spec.users
        seen: set[str] = set()
        tallies = []
        for group in [groups.find(word) for word in users.from_groups]:
            listing = users_of(group, nested=users.nested, select=select, only=users.filter or "")

            def fresh(page: Page) -> Page:
                _check_shown(page)
                unseen = [record for record in page if record["id"] not in seen]
                seen.update([record["id"] for record in unseen])
                return unseen

            tally = yield from _shaped(graph.read(listing), fresh)
            check_hidden(group, tally.arrived)
            tallies.append(tally)
        return Tally(*map(sum, zip(*tallies, strict=True)))


def _doubts(tally: Tally) -> Iterator[Fact]:
    """Yield what the tolerance lets pass: good enough to update people, not to remove any."""
    if tally.arrived != tally.counted:
        yield Fact(Doubt.COUNT_OFF, f"Graph counts {tally.counted} users, and {tally.arrived} came")


def _select(properties: Iterable[str]) -> str:
    return ",".join(sorted({"id", *properties}))


def _check_shown(page: Page) -> None:
    """Refuse users of whom Graph shows the id alone, as it does to an application that may not read them.

    The properties are null then, and the answer is 200 (Graph documentation, permissions-overview,
    "Limited information returned for inaccessible member objects").
    """
    for record in page:
        if not isinstance(record.get(UPN), str):
            raise SourceUnavailable(
                "Graph shows members of a group without their properties",
                hint=f"give the app registration the application permission {USERS_PERMISSION}, "
                "and have an administrator consent",
                where=record["id"],
            )


def _shaped(
    pages: Generator[Page, None, Tally], shape: Callable[[Page], Shape]
) -> Generator[Shape, None, Tally]:
    while True:
        try:
            page = next(pages)
        except StopIteration as end:
            tally: Tally = end.value
            return tally
        yield shape(page)
