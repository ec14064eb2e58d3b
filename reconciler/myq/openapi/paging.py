"""How a list is cut into pages, by its parameters and by what stands beside it in the answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from reconciler.myq.openapi.shapes import Shape
from reconciler.myq.openapi.spec import Endpoint, Parameter
from reconciler.myq.openapi.words import GONE, plain, words
from reconciler.sources.myq_binding import Paging, Style

_OFFSET: Final = frozenset(["offset", "skip", "start", "startindex", "startat", "firstresult"])
_PAGE: Final = frozenset(["page", "pagenumber", "pageno", "pageindex", "pagenum"])
_CURSOR: Final = frozenset(
    ["cursor", "after", "continuationtoken", "pagetoken", "nexttoken", "marker", "startafter"]
)
_SIZE: Final = frozenset(
    ["limit", "take", "top", "pagesize", "size", "perpage", "maxresults", "batch", "batchsize", "pagelimit"]
)
_COUNT: Final = frozenset(
    ["count", "total", "totalcount", "totalitems", "totalelements", "totalresults", "totalrecords"]
)
_NEXT: Final = frozenset(
    ["next", "nextcursor", "nextlink", "nextpage", "following", "continuationtoken", "nexttoken", "nexturl"]
)
_INCLUDE: Final = frozenset({"include", "with", "show", "including"})


class Cut(NamedTuple):
    """How a list is cut, with why; without a paging, that is not clear."""

    paging: Paging | None
    why: str


def cut(endpoint: Endpoint, beside: Shape, prefix: str) -> Cut:
    """Return the paging of a list; `beside` is the object that holds it, under the key `prefix` if any."""
    query = [one for one in endpoint.parameters if one.place == "query"]
    size = _named(query, _SIZE, "page size|how many to give|at most")
    count = next(iter(_keys(beside, prefix, _COUNT, "number")), "")
    following = _following(beside, prefix)
    cursor = _named(query, _CURSOR, "cursor")
    if cursor and following and not following[1]:
        paging = Paging(Style.CURSOR, cursor.name, size.name if size else "", 0, count, following[0])
        return Cut(paging, f"cursor {cursor.name}, the next one in {following[0]}")
    if following and following[1]:
        paging = Paging(Style.LINK, "", size.name if size else "", 0, count, following[0])
        return Cut(paging, f"the next page's address in {following[0]}")
    if _has_link(endpoint):
        return Cut(
            Paging(Style.LINK, "", size.name if size else "", 0, count), "the next page's address in Link"
        )
    return _numbered(query, size, count)


def _numbered(query: list[Parameter], size: Parameter | None, count: str) -> Cut:
    page, offset = _named(query, _PAGE, ""), _named(query, _OFFSET, "")
    counted = f", counted in {count}" if count else ", without a count: it is read twice"
    if page:
        first = _first(page)
        if first is None:
            return Cut(None, f"whether the first {page.name} is 0 or 1 is not told")
        paging = Paging(Style.PAGE, page.name, size.name if size else "", first, count, "")
        return Cut(paging, f"{page.name} from {first}{counted}")
    if offset:
        return Cut(
            Paging(Style.OFFSET, offset.name, size.name if size else "", 0, count), f"{offset.name}{counted}"
        )
    if count:
        return Cut(Paging(Style.NONE, "", "", 0, count), f"all in one answer, counted in {count}")
    return Cut(None, "nothing tells how it is cut into pages, or that one answer is all of it")


def _first(page: Parameter) -> int | None:
    """Return the number of the first page, where the specification tells it."""
    for told in (page.shape.least, page.shape.default):
        if str(told) in {"0", "1"}:
            return int(str(told))
    found = re.search(
        r"\b(?:from|starts? (?:at|with)|first (?:page )?is)\s+(0|1)\b", page.about, re.IGNORECASE
    )
    if found:
        return int(found[1])
    based = re.search(r"\b(zero|one|0|1)[- ]based\b", page.about, re.IGNORECASE)
    return None if based is None else int(based[1].lower() in {"one", "1"})


def _named(query: Iterable[Parameter], names: frozenset[str], phrase: str) -> Parameter | None:
    """Return the parameter with one of the names, else the one whose description has the phrase."""
    several = list(query)
    by_name = next((one for one in several if plain(one.name) in names), None)
    if by_name is not None or not phrase:
        return by_name
    found = re.compile(rf"\b(?:{phrase})\b", re.IGNORECASE)
    return next((one for one in several if found.search(one.about)), None)


def _keys(shape: Shape, prefix: str, names: frozenset[str], kind: str) -> Iterator[str]:
    """Yield the keys with one of the names in an object, and in objects in it; the clearest name first."""
    for key, each in sorted(shape.properties.items(), key=lambda item: "total" not in item[0].lower()):
        if each.kind == kind and plain(key) in names:
            yield f"{prefix}{key}"
    for key, each in shape.properties.items():
        if each.kind == "object":
            yield from _keys(each, f"{prefix}{key}.", names, kind)


def _following(shape: Shape, prefix: str) -> tuple[str, bool] | None:
    """Return the key of what comes next, and whether that is an address."""
    for key in _keys(shape, prefix, _NEXT, "text"):
        return key, _is_address(key, _at(shape, key.removeprefix(prefix)))
    return None


def _at(shape: Shape, key: str) -> Shape:
    for step in key.split("."):
        shape = shape.properties[step]
    return shape


def _is_address(key: str, shape: Shape) -> bool:
    said = words(f"{key} {shape.about}")
    return bool(said & {"link", "url", "uri", "address", "href"})


def _has_link(endpoint: Endpoint) -> bool:
    return "link" in {header.lower() for header in endpoint.headers} or bool(
        re.search(r"\bheader `?Link\b|\bLink`? header\b", endpoint.summary)
    )


def with_deleted(endpoint: Endpoint) -> tuple[tuple[str, str], ...]:
    """Return the parameter that asks for the deleted ones as well, where there is one."""
    return tuple(
        (one.name, "true")
        for one in endpoint.parameters
        if one.place == "query"
        and one.shape.kind == "boolean"
        and words(one.name) & _INCLUDE
        and words(one.name) & GONE
    )
