"""The reader of LDAP directories: from settings to batches, and the proof that these were all."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ldap3 import BASE, LEVEL, SUBTREE

from reconciler.core.model import Batch, Doubt, Fact, Read, Reading
from reconciler.errors import SourceDataError, SourceUnavailable
from reconciler.sources.base import Surroundings
from reconciler.sources.ldap import LdapSpec
from reconciler.sources.ldap.columns import Columns, Way, make_ways
from reconciler.sources.ldap.count import count_entries
from reconciler.sources.ldap.filter import all_of, parse_filter
from reconciler.sources.ldap.groups import MemberOfPaths
from reconciler.sources.ldap.kinds import DirectoryKind
from reconciler.sources.ldap.names import checked_path, key_of
from reconciler.sources.ldap.reach import Directory, Extent
from reconciler.sources.ldap.strategy import Search
from reconciler.sources.ldap.values import DN
from reconciler.sources.ldap.view import (
    View,
    check_base,
    check_names,
    check_rules,
    identity,
    look,
    whole_tree,
    without_covered,
)

MOST_RECORDS = 5_000
"""Records of one batch at most."""

_SCOPES = {"subtree": SUBTREE, "oneLevel": LEVEL, "base": BASE}


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class LdapReader:
    """Reads one directory; `now` decides which accounts have expired."""

    spec: LdapSpec
    surroundings: Surroundings
    now: Callable[[], datetime] = _now

    def read(self, attributes: tuple[str, ...]) -> Read:
        """Yield all records; the contract is that of `reconciler.sources.base.Reader`."""
        with Directory(self.spec, self.surroundings) as directory:
            view = look(directory.session)
            ways = make_ways(self.spec, attributes)
            people = self._people()
            columns = self._columns(view, attributes, ways, people)
            facts = self._first_facts(directory, view)
            for way in _member_of(ways):
                way.prepare(directory.find, whole_tree(view, way.base_dn))
                facts.append(Fact(f"groups under {way.base_dn}", str(len(way.paths))))
            bases, covered = without_covered(self.spec.base_dns, subtree=self.spec.scope == "subtree")
            for base, above in covered.items():
                check_base(directory.session, base)
                facts.append(Fact(f"entries under {base}", f"counted under {above}"))
            records, counts = 0, []
            for base in bases:
                scope = _SCOPES[self.spec.scope]
                search = Search(base, people, scope, columns.wanted, self.spec.page_size)
                came, counted = yield from self._base(directory, view, search, columns, facts)
                records += came
                counts.append(counted)
            columns.check(self.spec, records)
            elsewhere = dict.fromkeys(directory.left_out)
            return Reading(
                records,
                tuple(facts),
                self._empty_groups(ways),
                counted=None if None in counts else sum(filter(None, counts)),
                doubts=tuple(Fact(Doubt.LEFT_OUT, f"it lies elsewhere: {uri}") for uri in elsewhere),
            )

    def _people(self) -> str:
        """Return the filter of the entries that count."""
        traits, accounts = self.spec.traits, self.spec.accounts
        filters = [self.spec.entries(traits.people)]
        if accounts.disabled == "exclude":
            filters.append(f"(!{traits.disabled})")
        if accounts.expired == "exclude" and traits.expired:
            filters.append(f"(!{traits.expired(self.now())})")
        return all_of(filters)

    def _columns(
        self, view: View, attributes: Sequence[str], ways: Mapping[str, Way], people: str
    ) -> Columns:
        """Return the columns, when the directory knows every attribute and rule that is used anywhere."""
        names = [name for name in attributes if name not in ways and name.lower() != DN]
        own = [name for way in ways.values() for name in way.attributes]
        called = check_names(view, [*names, *own])
        for text in (people, *(way.filter for way in _member_of(ways))):
            checked = parse_filter(text)
            check_names(view, checked.attributes)
            if self.spec.directory is not DirectoryKind.ACTIVE_DIRECTORY:
                check_rules(view, checked)
        return Columns(attributes, ways, {name.lower(): spelled for name, spelled in called.items()})

    def _first_facts(self, directory: Directory, view: View) -> list[Fact]:
        """Return what is known before anything was read."""
        session = directory.session
        who = identity(session, view, named=self.spec.bind != "anonymous")
        verified = "certificate verified" if self.spec.tls.verify else "certificate not verified"
        return [
            *(Fact("warning", warning) for warning in self.spec.warnings()),
            Fact("server", str(session.address)),
            Fact("TLS", f"{session.tls_version}, {verified}" if session.tls_version else "none"),
            Fact("account", who or "the server does not say whom it takes us for"),
            Fact("schema", "read" if view.attributes else "not shown: attribute names are unchecked"),
        ]

    def _base(
        self, directory: Directory, view: View, search: Search, columns: Columns, facts: list[Fact]
    ) -> Generator[Batch, None, tuple[int, int | None]]:
        """Yield the records of one base DN; return how many, and the server's own count where it counts."""
        check_base(directory.session, search.base)
        counts = self.spec.count_query and self.spec.directory is not DirectoryKind.ACTIVE_DIRECTORY
        before = count_entries(directory.session, view, search) if counts else None
        records = 0
        pages = directory.pages(search)
        while True:
            try:
                entries = next(pages)
            except StopIteration as end:
                extent: Extent = end.value
                break
            records += len(entries)
            for start in range(0, len(entries), MOST_RECORDS):
                some = entries[start : start + MOST_RECORDS]
                yield Batch([dn for dn, _ in some], columns.of(some))
        self._check_extent(search, extent)
        facts.append(Fact(f"entries under {search.base}", f"{records} in {_pages(extent.pages)}"))
        if before is None:
            return records, None
        counted = self._recount(directory, view, search, before, records)
        facts.append(Fact(f"entries under {search.base} as the server counts", str(counted)))
        return records, counted

    def _check_extent(self, search: Search, extent: Extent) -> None:
        allowed = {key_of(base) for base in self.spec.may_be_empty.base_dns}
        if not extent.entries and key_of(search.base) not in allowed:
            raise SourceDataError(
                "the server answered success, and no entries",
                hint="the bind account may have lost its view of them, or the filter fits nobody; if nobody "
                "may be there, say so in mayBeEmpty.baseDns",
                where=search.base,
            )

    def _recount(self, directory: Directory, view: View, search: Search, before: int, records: int) -> int:
        """Return the server's count; raise when fewer came than there were before *and* are now."""
        if records >= before:
            return before
        now = count_entries(directory.session, view, search)
        least = before if now is None else min(before, now)
        if records < least:
            raise SourceUnavailable(
                f"{records} entries came, and the server counts {least}",
                hint="try again; if it stays so, look at what limits the bind account (size, access), or set "
                "`countQuery: false`",
                where=search.base,
            )
        return least

    def _empty_groups(self, ways: Mapping[str, Way]) -> tuple[str, ...]:
        """Return the complete paths of all groups that exist even when nobody is in them."""
        under, depth = self.spec.options.import_groups_under, self.spec.groups.max_depth
        paths = {
            checked_path(path, way.base_dn, under, depth)
            for way in _member_of(ways)
            if way.with_empty
            for each in way.paths.values()
            for path in each
        }
        return tuple(sorted(paths))


def _member_of(ways: Mapping[str, Way]) -> list[MemberOfPaths]:
    return [way for way in ways.values() if isinstance(way, MemberOfPaths)]


def _pages(count: int) -> str:
    return (
        "one page, the last by the server's word"
        if count == 1
        else f"{count} pages, the last by the server's word"
    )
