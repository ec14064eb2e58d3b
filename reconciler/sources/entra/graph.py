"""Reading lists from Microsoft Graph to their end, with the count that proves it.

A list comes in pages, each naming the next (Graph documentation, concepts/paging.md): that link is
followed as it stands, the header ConsistencyLevel goes along each time, and only the first page has the
count. The count comes from an index that may lag behind, so a list whose count differs from what arrived
is read a second time before it is doubted.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote, urlsplit

from reconciler.errors import SourceDataError, SourceError, SourceUnavailable
from reconciler.sources.answer import Answer, plain, site
from reconciler.sources.entra.batch import batch_of, brought
from reconciler.sources.entra.signin import SignIn
from reconciler.sources.web import Http

Record: TypeAlias = dict[str, Any]
Page: TypeAlias = list[Record]

PAGE_SIZE: Final = 999
"""The most that Graph gives for users, groups and members (api-reference: user-list, group-list)."""

SETTLE_SECONDS: Final = 5.0
"""How long a lagging index is given before the second reading."""


_HTTPS_PORT: Final = 443


class Listing(NamedTuple):
    """A list to read: how messages call it, where it is, what Graph demands to show it."""

    what: str
    path: str
    select: str
    permission: str
    filter: str = ""

    def question(self) -> str:
        """Return what asks for the first page, relative to the root of Graph's version."""
        only = f"&$filter={quote(self.filter, safe='')}" if self.filter else ""
        fields = quote(self.select, safe=",")
        return f"{self.path}?$count=true&$top={PAGE_SIZE}&$select={fields}{only}"


class Tally(NamedTuple):
    """What proves that a list was read to its end."""

    arrived: int
    counted: int
    pages: int


class Graph:
    """Microsoft Graph as one tenant shows it; threads may share it."""

    def __init__(self, http: Http, sign_in: SignIn, root: str, tolerance: int) -> None:
        self._http = http
        self._sign_in = sign_in
        self._root = f"{root.rstrip('/')}/v1.0"
        self._tolerance = tolerance

    def first_pages(self, listings: Sequence[Listing]) -> list[Record | None]:
        """Return what one batch brings of the first pages, None for those it does not."""
        token = self._sign_in.token()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = batch_of([listing.question() for listing in listings])
        answer = self._http.post(f"{self._root}/$batch", body, headers, safe=True)
        if answer.status != HTTPStatus.OK:
            return [None] * len(listings)
        found, wait = brought(answer.json(), len(listings))
        if 0.0 < wait <= self._http.patience.seconds:
            self._http.patience.sleep(wait)
        return [found.get(at) for at in range(len(listings))]

    def read(self, listing: Listing, first: Record | None = None) -> Generator[Page, None, Tally]:
        """Yield the list in pages, each record once, then return the tally; raise SourceError in doubt.

        `first` is its first page, where a batch brought that already.
        """
        seen: set[str] = set()
        tally = yield from self._pass(listing, seen, seen, first)
        if self._believable(tally):
            return tally
        self._http.patience.sleep(SETTLE_SECONDS)
        again = yield from self._pass(listing, seen, set())
        if self._believable(again):
            return again
        raise SourceUnavailable(
            f"Graph counts {again.counted} and shows {again.arrived} of {listing.what}, read twice",
            hint="the directory may be changing: run again later; countTolerance says how far off is fine",
            where=site(self._url(listing)),
        )

    def _believable(self, tally: Tally) -> bool:
        return abs(tally.arrived - tally.counted) <= self._tolerance

    def _url(self, listing: Listing) -> str:
        return self._root + listing.question()

    def _pass(
        self, listing: Listing, seen: set[str], arrived: set[str], first: Record | None = None
    ) -> Generator[Page, None, Tally]:
        """Follow the links once: yield what was never seen, gather what arrived this time."""
        url: str | None = self._url(listing)
        followed: set[str] = set()
        counted = -1
        while url is not None:
            followed.add(url)
            body = first or self._body(url, listing)
            first = None
            if counted < 0:
                counted = _count(body, listing)
            records = _by_id(body, listing)
            fresh = [record for key, record in records.items() if key not in seen]
            seen.update(records)
            arrived.update(records)
            if fresh:
                yield fresh
            url = self._next(body, listing, followed)
        return Tally(len(arrived), counted, len(followed))

    def _body(self, url: str, listing: Listing) -> Record:
        token = self._sign_in.token()
        answer = self._ask(url, token)
        if answer.status == HTTPStatus.UNAUTHORIZED:  # expired or revoked on the way
            answer = self._ask(url, self._sign_in.renew(token))
        if answer.status != HTTPStatus.OK:
            raise _refused(answer, listing, url)
        body = answer.json()
        if not isinstance(body, dict):
            raise _odd("it is no object", listing)
        return body

    def _ask(self, url: str, token: str) -> Answer:
        return self._http.get(url, {"Authorization": f"Bearer {token}", "ConsistencyLevel": "eventual"})

    def _next(self, body: Record, listing: Listing, followed: set[str]) -> str | None:
        link = body.get("@odata.nextLink")
        if link is None:
            return None
        if not isinstance(link, str) or _origin(link) != _origin(self._root):
            raise SourceDataError(
                f"{listing.what} goes on at {plain(str(link))}, which is not where it began",
                hint="the token is not sent there; is graphUrl the address that Graph calls itself?",
                where=site(self._url(listing)),
            )
        if link in followed:
            raise SourceUnavailable(
                f"the pages of {listing.what} go round in a circle", hint="run again later", where=site(link)
            )
        return link


def _origin(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        return parts.scheme, (parts.hostname or "").lower(), parts.port or _HTTPS_PORT
    except ValueError:
        return "", "", 0


def _count(body: Record, listing: Listing) -> int:
    count = body.get("@odata.count")
    if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
        return count
    raise _odd("it has no count", listing)


def _by_id(body: Record, listing: Listing) -> dict[str, Record]:
    page = body.get("value")
    if isinstance(page, list) and set(map(type, page)) <= {dict}:
        records = {record.get("id"): record for record in page}
        if set(map(type, records)) <= {str}:
            return records
    raise _odd("it has no list of records with ids", listing)


def _odd(fact: str, listing: Listing) -> SourceUnavailable:
    return SourceUnavailable(
        f"the answer about {listing.what} cannot be understood: {fact}",
        hint="is graphUrl an address of Microsoft Graph v1.0? if so, run again later",
        where=listing.path,
    )


def _refused(answer: Answer, listing: Listing, url: str) -> SourceError:
    """Return Graph's own words with the remedy that its status calls for."""
    words = f"Graph does not show {listing.what} ({answer.status}): {_words(answer)}"
    if answer.status == HTTPStatus.FORBIDDEN:
        hint = (
            f"give the app registration the application permission {listing.permission}, "
            "and have an administrator consent"
        )
        return SourceUnavailable(words, hint=hint, where=site(url))
    if answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_IMPLEMENTED}:
        hint = "attributes are properties of Graph's users, spelled as there; filter is Graph's $filter"
        return SourceDataError(words, hint=hint, where=site(url))
    if answer.status == HTTPStatus.NOT_FOUND:
        hint = "it may just have been deleted, or be too new: run again, or mend the id in the manifest"
        return SourceUnavailable(words, hint=hint, where=site(url))
    return SourceUnavailable(
        words, hint="run again later; if it stays, look at graphUrl and cloud", where=site(url)
    )


def _words(answer: Answer) -> str:
    """Return what a Graph error says (concepts/errors.md), or the beginning of whatever this is."""
    try:
        error = answer.json()["error"]
        return plain(f"{error['code']}: {error['message']}")
    except (SourceUnavailable, KeyError, TypeError):
        return answer.excerpt()
