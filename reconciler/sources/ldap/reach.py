"""A directory as one thing, though parts of it may lie on several servers."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import NamedTuple, Self, TypeAlias

from ldap3 import SUBTREE

from reconciler.errors import SourceDataError, SourceUnavailable
from reconciler.sources.base import Surroundings
from reconciler.sources.ldap import LdapSpec
from reconciler.sources.ldap.access import Address
from reconciler.sources.ldap.connect import Session, connect, open_session
from reconciler.sources.ldap.decode import Entry
from reconciler.sources.ldap.kinds import DirectoryKind
from reconciler.sources.ldap.names import key_of
from reconciler.sources.ldap.referrals import Referral, holds_people, parse_referral, refuse
from reconciler.sources.ldap.search import search_all
from reconciler.sources.ldap.strategy import Search


class Extent(NamedTuple):
    """How much one search read."""

    pages: int
    entries: int


Pages: TypeAlias = Generator[list[Entry], None, Extent]


class Directory:
    """The server that let us in, and those that it refers us to. A context: it closes all of them.

    `left_out` are the parts that no search read, because the manifest says so.
    """

    def __init__(self, spec: LdapSpec, surroundings: Surroundings) -> None:
        self._spec = spec
        self._surroundings = surroundings
        self._sessions: dict[Address, Session] = {}
        self.left_out: list[str] = []
        self.session = self._kept(open_session(spec, surroundings))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions.values():
            session.close()

    def _kept(self, session: Session) -> Session:
        self._sessions[session.address] = session
        return session

    def find(self, base: str, filter_: str, attributes: tuple[str, ...]) -> Iterator[Entry]:
        """Yield every entry at or under a base DN that passes a filter, to the end."""
        search = Search(base, filter_, SUBTREE, attributes, self._spec.page_size)
        for page in self.pages(search):
            yield from page

    def pages(self, search: Search) -> Pages:
        """Yield the pages of a search, wherever they lie."""
        doing = f"reading {search.base}"
        waiting = [(self.session, search)]
        visited = {(self.session.address, key_of(search.base))}
        pages = entries = 0
        while waiting:
            session, part = waiting.pop()
            ended = yield from search_all(session, part, doing)
            pages += ended.pages
            entries += ended.entries
            elsewhere = self._elsewhere(ended.referrals)
            if self._spec.referrals == "refuse":
                refuse(elsewhere, f"{session.address}: {doing}")
            elif self._spec.referrals == "ignore":
                self.left_out += [referral.uri for referral in elsewhere]
            else:
                waiting += self._followed(session, part, elsewhere, visited)
        return Extent(pages, entries)

    def _elsewhere(self, uris: tuple[str, ...]) -> list[Referral]:
        referrals = map(parse_referral, uris)
        if self._spec.directory is DirectoryKind.ACTIVE_DIRECTORY:
            return list(filter(holds_people, referrals))
        return list(referrals)

    def _followed(
        self, session: Session, part: Search, referrals: list[Referral], visited: set[tuple[Address, str]]
    ) -> Iterator[tuple[Session, Search]]:
        """Yield where to read on: several referrals to one DN are several servers that have it."""
        places: dict[str, list[Referral]] = {}
        for referral in referrals:
            places.setdefault(referral.base or part.base, []).append(referral)
        for base, alternatives in places.items():
            there = self._reached([referral.address(session.address) for referral in alternatives])
            place = (there.address, key_of(base))
            if place in visited:
                raise SourceDataError(
                    f"referrals lead to {base} twice",
                    hint="mend the referrals, or set `referrals: ignore`",
                    where=str(there.address),
                )
            visited.add(place)
            yield there, part._replace(base=base, scope=alternatives[0].scope or part.scope)

    def _reached(self, addresses: list[Address]) -> Session:
        """Return a session with the first of these servers that can be reached."""
        for address in addresses:
            if address in self._sessions:
                return self._sessions[address]
        for address in addresses[:-1]:
            with suppress(SourceUnavailable):
                return self._kept(connect(self._spec, self._surroundings, address))
        return self._kept(connect(self._spec, self._surroundings, addresses[-1]))
