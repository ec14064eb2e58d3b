"""MyQ's lists, read page by page to a proven end.

Paging is documented nowhere (myq.md section 6.3), so each list says in its binding how it is cut. What
proves its end depends on that:

- a count of all: as many came, each once, and the count stood still. A count that is just the length of
  the first page may be a page's own, so the next page is asked for and has to be empty;
- offsets or page numbers without a count: an empty page, and the same again when it is read once more;
- a cursor or a link: the server says that nothing follows. Where its first page says nothing at all, it is
  asked for less, and has to say that there is more;
- everything in one answer: only a count proves it. Where nothing does, a person vouches (`trusted`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from reconciler.errors import ReconcilerError
from reconciler.sources.answer import Json
from reconciler.sources.myq_api import About, Api
from reconciler.sources.myq_binding import NOTHING, Paging, Style
from reconciler.sources.myq_json import MISSING, at, is_count, is_id

MISREAD: Final = "this release of MyQ may answer otherwise than assumed; nothing was concluded from it"

_QUIET: Final = "somebody may be changing users right now; run again when MyQ is quiet"
_UNPROVEN: Final = (
    "name a key with the count of all in the binding; or, if it is certain that nothing is ever left out, "
    "write `trusted: true` there"
)
_NEXT: Final = re.compile(r'<([^<>]*)>[^<>]*;\s*rel="?next"?(?:\s|;|,|$)', re.IGNORECASE)

_NUMBERED: Final = frozenset({Style.OFFSET, Style.PAGE})


class _Page(NamedTuple):
    entries: list[Any]
    told: Any
    headers: Mapping[str, str]


class Pages:
    """The pages of one list; `arrived` and `pages` count what came, once it was read through."""

    def __init__(
        self, api: Api, operation: str, noun: str, page_size: int, id_key: str = "id", about: About = NOTHING
    ) -> None:
        self._begin()
        self._api = api
        self._operation = operation
        self._noun = noun
        self._page_size = page_size
        self._id_key = id_key
        self._about = about
        self._paging = api.operation(operation).paging or Paging(Style.NONE, count="", trusted=True)

    def __iter__(self) -> Iterator[list[Any]]:
        """Yield each page's entries; raise `failed` of the api unless all of them came, each once."""
        yield from self._read()
        if self._paging.style in _NUMBERED and not self._paging.count:
            self._compare(tuple(self._ids))

    def _read(self) -> Iterator[list[Any]]:
        self._begin()
        for page in self._walk():
            yield page.entries
            self._take(page)
        if self._total is not None and self.arrived != self._total:
            raise self._doubt(f"{self._total} are said to be there, {self.arrived} came")

    def _begin(self) -> None:
        self.arrived = 0
        self.pages = 0
        self._total: int | None = None
        self._ids: dict[str, None] = {}

    def _walk(self) -> Iterator[_Page]:
        if self._paging.style in _NUMBERED:
            return self._numbered()
        return self._single() if self._paging.style is Style.NONE else self._followed()

    def _compare(self, first: tuple[str, ...]) -> None:
        """Read all of it once more: without a count, nothing else shows that the list shifted meanwhile."""
        arrived, pages = self.arrived, self.pages
        for _ in self._read():
            pass
        if tuple(self._ids) != first:
            raise self._doubt("it was another one when it was read a second time")
        self.arrived, self.pages = arrived, pages

    def _numbered(self) -> Iterator[_Page]:
        paging = self._paging
        place = paging.first
        while True:
            page = self._ask({paging.start: place})
            if not page.entries:
                self._check_empty()
                return
            yield page
            if self._is_all(page):
                return
            place += len(page.entries) if paging.style is Style.OFFSET else 1

    def _is_all(self, page: _Page) -> bool:
        """Return whether as many came as there are; a count no larger than the one page may be its own."""
        return self._total is not None and self.arrived >= self._total > len(page.entries)

    def _check_empty(self) -> None:
        if self._total is not None and self.arrived < self._total:
            raise self._doubt(f"{self.arrived} of {self._total} came")

    def _followed(self) -> Iterator[_Page]:
        paging = self._paging
        page = self._ask({})
        followed: set[str] = set()
        while True:
            yield page
            after = self._next(page)
            if after is MISSING and not followed:
                self._check_first(page)
            if not _goes_on(after):
                return
            if not is_id(after) or str(after) in followed:
                raise self._doubt(f"it goes on at {after!r:.100}, where it was before, or which is nowhere")
            followed.add(str(after))
            if paging.style is Style.CURSOR:
                page = self._ask({paging.start: after})
            else:
                page = self._ask({}, self._api.next_address(self._operation, str(after)))

    def _next(self, page: _Page) -> Json:
        if self._paging.next:
            return at(page.told, self._paging.next)
        found = _NEXT.search(page.headers.get("Link") or "")
        return found[1] if found else MISSING

    def _check_first(self, page: _Page) -> None:
        """Doubt a first page that does not say whether another follows, unless the server would have said it.

        Asked for less, it has to say that there is more; of a page of one, a larger one has to hold the same.
        """
        paging = self._paging
        if paging.trusted or self._total is not None:
            return
        told = False
        if paging.size:
            smaller = len(page.entries) > 1
            other = self._ask({paging.size: 1 if smaller else 2})
            told = _goes_on(self._next(other)) if smaller else len(other.entries) == len(page.entries)
        if not told:
            raise self._doubt("its first page says neither where it goes on nor that it ends", _UNPROVEN)

    def _single(self) -> Iterator[_Page]:
        page = self._ask({})
        if self._total is None and not self._paging.trusted:
            raise self._doubt("it came in one answer, and nothing says that this is all", _UNPROVEN)
        yield page

    def _ask(self, query: About, address: str = "") -> _Page:
        paging = self._paging
        asked = {paging.size: self._page_size, **query} if paging.size else query
        heard = self._api.ask(
            self._operation, self._about, query=NOTHING if address else asked, address=address
        )
        entries = at(heard.content, self._api.operation(self._operation).entries)
        if not isinstance(entries, list):
            raise self._misread(f"no list of {self._noun}")
        if paging.count:
            self._count(at(heard.content, paging.count))
        return _Page(entries, heard.content, heard.headers)

    def _count(self, told: object) -> None:
        if not is_count(told):
            raise self._misread(f"no list of {self._noun} with its count")
        if self._total not in {None, told}:
            raise self._doubt(f"the count went from {self._total} to {told} while it was read")
        self._total = int(str(told))

    def _take(self, page: _Page) -> None:
        """Count a page's entries, once whoever reads them has seen that they are what they should be."""
        self.arrived += len(page.entries)
        self.pages += 1
        for entry in page.entries:
            id_ = at(entry, self._id_key)
            if is_id(id_):
                self._ids[str(id_)] = None
        if len(self._ids) != self.arrived:
            raise self._doubt(f"{self.arrived} came, {len(self._ids)} different ones")

    def _misread(self, what: str) -> ReconcilerError:
        return self._api.failures.failed(f"MyQ's answer holds {what}", hint=MISREAD, where=self._api.url)

    def _doubt(self, what: str, hint: str = _QUIET) -> ReconcilerError:
        return self._api.failures.failed(
            f"MyQ's list of {self._noun} was not read to the end: {what}", hint=hint, where=self._api.url
        )


def _goes_on(after: object) -> bool:
    return not (after is MISSING or after in (None, "", False))
