"""How many entries a search would find, by the server's own count (virtual list view).

The controls are those of RFC 2891 (sorting) and draft-ietf-ldapext-ldapv3-vlv-09. Only servers that offer
both are asked, and one that then does not answer has not counted: the read must prove itself otherwise.
"""

from __future__ import annotations

from reconciler.errors import SourceError
from reconciler.sources.ldap.connect import Session
from reconciler.sources.ldap.decode import INTEGER, OCTET_STRING, SEQUENCE, element
from reconciler.sources.ldap.strategy import Search
from reconciler.sources.ldap.view import View

SORT, LIST_VIEW, LIST_VIEW_ANSWER = (
    "1.2.840.113556.1.4.473",
    "2.16.840.1.113730.3.4.9",
    "2.16.840.1.113730.3.4.10",
)
_BY_OFFSET = 0xA0
_SORTED_BY = (b"entryUUID", b"uid", b"cn")


def count_entries(session: Session, view: View, search: Search) -> int | None:
    """Return the server's count of what a search finds, None where it does not count."""
    if not {SORT, LIST_VIEW} <= view.controls:
        return None
    key = next((name for name in _SORTED_BY if name.decode().lower() in view.attributes), _SORTED_BY[-1])
    sort = _element(SEQUENCE, _element(SEQUENCE, _element(OCTET_STRING, key)))
    nothing = _element(INTEGER, b"\0")
    first = _element(_BY_OFFSET, _element(INTEGER, b"\1") + nothing)
    controls = ((SORT, True, sort), (LIST_VIEW, True, _element(SEQUENCE, nothing + nothing + first)))
    try:
        page = session.all(search._replace(attributes=(), controls=controls), "counting")
    except SourceError:
        if session.connection.closed:
            raise
        return None
    answer = page.result.get("controls", {}).get(LIST_VIEW_ANSWER)
    return _content_count(answer["value"]) if answer else None


def _content_count(value: bytes) -> int:
    """Return the second number of the answer, how many entries the list has."""
    start, stop = element(value, 0, len(value), SEQUENCE)
    _, start = element(value, start, stop, INTEGER)
    start, stop = element(value, start, stop, INTEGER)
    return int.from_bytes(value[start:stop], "big")


def _element(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content
