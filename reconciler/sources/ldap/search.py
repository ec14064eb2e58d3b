"""One search to its end: pages, ranges of values, and nothing that could be missing unnoticed."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import NamedTuple, TypeAlias

from ldap3 import BASE

from reconciler.errors import SourceDataError, SourceUnavailable
from reconciler.sources.ldap.connect import Session
from reconciler.sources.ldap.decode import Entry
from reconciler.sources.ldap.errors import REFERRAL
from reconciler.sources.ldap.strategy import PAGED_RESULTS, Page, Search

_RANGE = re.compile(r"(.+);range=(\d+)-(\d+|\*)", re.IGNORECASE)
_MOST_EMPTY_PAGES = 1000
"""After so many pages without an entry, one after the other, the server is taken to run in circles."""


class Ended(NamedTuple):
    """What proves that a search was read to its end, and which parts of the directory lie elsewhere."""

    pages: int
    entries: int
    referrals: tuple[str, ...]


Pages: TypeAlias = Generator[list[Entry], None, Ended]


def search_all(session: Session, search: Search, doing: str) -> Pages:
    """Yield the entries page by page; return only when the server said that this was the end.

    Every page must be a success and carry the paging control, and no entry may come twice: it would stand
    in the place of one that never came. Attributes that came in ranges are completed.
    """
    cookie, pages, empty = b"", 0, 0
    came: set[str] = set()
    referrals: list[str] = []
    while True:
        page = session.page(search, cookie, doing)
        pages += 1
        _check_paging(session, search, page, doing)
        complete_ranges(session, search, page.entries, doing)
        _check_new(session, page, came, doing)
        referrals += page.referrals
        empty = 0 if page.entries else empty + 1
        yield page.entries
        cookie = page.cookie
        if not cookie:
            return Ended(pages, len(came), tuple(dict.fromkeys(referrals)))
        if empty > _MOST_EMPTY_PAGES:
            raise SourceDataError(
                f"{empty} pages without an entry came one after the other, and still no last one",
                hint="try another server, or `pageSize: 0`",
                where=f"{session.address}: {doing}",
            )


def _check_paging(session: Session, search: Search, page: Page, doing: str) -> None:
    if page.result["result"] == REFERRAL:
        return
    if search.page_size and PAGED_RESULTS not in page.result.get("controls", {}):
        raise SourceDataError(
            "the answer does not say whether there are more pages",
            hint="a server without paging wants `pageSize: 0`; a proxy in between may swallow controls",
            where=f"{session.address}: {doing}",
        )


def _check_new(session: Session, page: Page, came: set[str], doing: str) -> None:
    """Add a page's DNs to those that came; a server that lost its place between two pages repeats some."""
    before = len(came)
    came.update(dn for dn, _ in page.entries)
    if len(came) != before + len(page.entries):
        raise SourceUnavailable(
            f"{before + len(page.entries)} entries came, and {len(came)} different ones",
            hint="the server lost its place between two pages: try again, try another one, or `pageSize: 0`",
            where=f"{session.address}: {doing}",
        )


def complete_ranges(session: Session, search: Search, entries: list[Entry], doing: str) -> None:
    """Fetch the values that the server held back (Active Directory: beyond 1,500), in place."""
    names: set[str] = set().union(*(attributes for _, attributes in entries))
    if not any(map(_RANGE.fullmatch, names)):
        return
    asked = {name.lower(): name for name in search.attributes}
    for dn, attributes in entries:
        for spelled in [name for name in attributes if _RANGE.fullmatch(name)]:
            name, values = _whole(session, dn, spelled, attributes.pop(spelled), doing)
            attributes[asked.get(name.lower(), name)] = values


def _whole(
    session: Session, dn: str, spelled: str, values: list[bytes], doing: str
) -> tuple[str, list[bytes]]:
    """Return an attribute's name and all its values, given the first range of them."""
    name, _, last = _range(spelled)
    values = list(values)
    while last != "*":
        if len(values) != int(last) + 1:
            raise _torn(session, dn, doing, f"{spelled} came with {len(values)} values so far")
        wanted = len(values)
        search = Search(dn, "(objectClass=*)", BASE, (f"{name};range={wanted}-*",), 0)
        spelled, more = _continuation(session.all(search, doing), name, wanted)
        if not more:
            raise _torn(session, dn, doing, f"{name} has no values from {wanted} on")
        last = _range(spelled)[2]
        values += more
    if len(set(values)) != len(values):
        raise _torn(session, dn, doing, f"{name} came with values twice")
    return name, values


def _continuation(page: Page, name: str, wanted: int) -> tuple[str, list[bytes]]:
    """Return the range that begins where the one before ended; no values when there is none."""
    for _, attributes in page.entries:
        for spelled, values in attributes.items():
            found, first, _ = _range(spelled)
            if first == wanted and found.lower() == name.lower():
                return spelled, values
    return "", []


def _range(spelled: str) -> tuple[str, int, str]:
    """Return the name, the first position and the last one (``*``: there is nothing behind)."""
    found = _RANGE.fullmatch(spelled)
    if found is None:
        return spelled, 0, "*"
    return found[1], int(found[2]), found[3]


def _torn(session: Session, dn: str, doing: str, fact: str) -> SourceUnavailable:
    return SourceUnavailable(
        f"the values of {dn} cannot be read to the end: {fact}",
        hint="the entry may have changed meanwhile: try again",
        where=f"{session.address}: {doing}",
    )
