"""Search result entries out of LDAP's bytes: BER with definite lengths, every length checked.

ldap3 spends four fifths of its time on decoding entries by general rules (components.md section 2).
Here the one message that comes in masses is decoded by hand; the others are handed back whole.

    LDAPMessage ::= SEQUENCE { messageID INTEGER, protocolOp CHOICE { ... }, controls [0] OPTIONAL }
    SearchResultEntry ::= [APPLICATION 4] SEQUENCE { objectName OCTET STRING, attributes SEQUENCE OF
        SEQUENCE { type OCTET STRING, vals SET OF OCTET STRING } }         RFC 4511 sections 4.1 and 4.5.2
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from reconciler.errors import SourceDataError

Entry: TypeAlias = tuple[str, dict[str, list[bytes]]]
"""A DN, and the values of each of its attributes as the server sent them."""

INTEGER, OCTET_STRING, SEQUENCE, SET = 0x02, 0x04, 0x30, 0x31
SEARCH_ENTRY, CONTROLS, CONSTRUCTED = 0x64, 0xA0, 0x20
SHORT_FORM, INDEFINITE = 0x7F, 0x80
"""Up to the first, an octet of length is the length; the second would leave it open."""

MOST_LENGTH_OCTETS = 8
LARGEST_MESSAGE = 1 << 28
"""Bytes; a length above it is taken for a wrong one, since its message would be waited for in vain."""

DEEPEST_MESSAGE = 16
"""Levels of elements; an answer of LDAP has six."""


def malformed(fact: str, where: str = "") -> SourceDataError:
    """Return the error for bytes that are no answer of LDAP."""
    return SourceDataError(
        fact,
        hint="see what `ldapsearch` makes of the same search, and what stands between here and the server",
        where=where,
    )


def dn_text(raw: bytes) -> str:
    """Return a DN as text."""
    try:
        return str(raw, "utf-8")
    except UnicodeDecodeError as error:
        raise malformed("the DN of an entry is not UTF-8", repr(raw)) from error


class Spelling:
    """One spelling for each attribute, since servers answer in a case of their own.

    Names asked for keep the case they were asked in, others the case that came first.
    """

    def __init__(self, asked: Iterable[str]) -> None:
        self._names = {name.lower(): name for name in asked}

    def of(self, name: str) -> str:
        """Return how this name is spelled here."""
        return self._names.setdefault(name.lower(), name)


def element(buffer: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Return where the content of the element at `at` starts and stops; it may reach up to `end`."""
    if end - at < 2:  # noqa: PLR2004  # a tag and a length
        raise malformed("a message breaks off within an element")
    if buffer[at] != tag:
        raise malformed(f"a message has an element of type {buffer[at]:#04x} where {tag:#04x} belongs")
    start, size = at + 2, buffer[at + 1]
    if size > SHORT_FORM:
        start += size - INDEFINITE
        if size == INDEFINITE or start > end:
            raise malformed("a message has an element without a definite length")
        size = int.from_bytes(buffer[at + 2 : start], "big")
    stop = start + size
    if stop > end:
        raise malformed("a message has an element that is longer than what it is part of")
    return start, stop


def message(buffer: bytes, at: int) -> tuple[int, int]:
    """Return where the content of the LDAPMessage at `at` starts and stops.

    While some of the message is missing, it stops behind the end of the buffer.
    """
    end = len(buffer)
    if at == end:
        return at, end + 1
    if buffer[at] != SEQUENCE:
        raise malformed(f"a message begins with {buffer[at]:#04x}, which is not LDAP")
    start = at + 2
    if start > end:
        return at, end + 1
    size = buffer[at + 1]
    if size > SHORT_FORM:
        octets = size - INDEFINITE
        if not 0 < octets <= MOST_LENGTH_OCTETS:
            raise malformed("a message has no definite length")
        start += octets
        if start > end:
            return at, end + 1
        size = int.from_bytes(buffer[at + 2 : start], "big")
        if size > LARGEST_MESSAGE:
            raise malformed(f"a message claims to be {size} bytes long")
    return start, start + size


def check_nesting(buffer: bytes, at: int, end: int, depth: int = 0) -> None:
    """Raise unless the elements from `at` fill up the room to `end`, on every level."""
    if depth > DEEPEST_MESSAGE:
        raise malformed("a message has too many levels")
    while at < end:
        tag = buffer[at]
        start, at = element(buffer, at, end, tag)
        if tag & CONSTRUCTED:
            check_nesting(buffer, start, at, depth + 1)


class EntryStream:
    """Takes what a server answers to one search, in pieces of any size, and keeps the entries.

    Attributes are named by the `Spelling` of those asked for. What cannot be decoded raises
    `SourceDataError`; nothing can be concluded from the entries before it then.
    """

    def __init__(self, message_id: int, asked: Iterable[str] = ()) -> None:
        self.entries: list[Entry] = []
        self._pending = bytearray()
        self._needed = 1
        self._message_id = message_id
        size = message_id.bit_length() // 8 + 1
        self._opening = bytes((INTEGER, size, *message_id.to_bytes(size, "big"), SEARCH_ENTRY))
        self._spelling = Spelling(asked)
        self._seen: dict[bytes, tuple[str, int]] = {}

    @property
    def pending(self) -> bool:
        """Whether a message is begun and not finished."""
        return bool(self._pending)

    def feed(self, received: bytes) -> list[bytes]:
        """Keep the entries that these bytes complete; return the other messages, undecoded."""
        self._pending += received
        if len(self._pending) < self._needed:
            return []
        buffer = bytes(self._pending)
        others: list[bytes] = []
        at = 0
        start, stop = message(buffer, at)
        while stop <= len(buffer):
            if buffer.startswith(self._opening, start):
                self._keep(buffer, start + len(self._opening) - 1, stop)
            elif self._is_entry(buffer, start, stop):
                self._keep(buffer, element(buffer, start, stop, INTEGER)[1], stop)
            else:
                others.append(buffer[at:stop])
            at = stop
            start, stop = message(buffer, at)
        self._pending = bytearray(buffer[at:])
        self._needed = stop - at
        return others

    def _is_entry(self, buffer: bytes, at: int, end: int) -> bool:
        """Return whether the message is an entry of this search; any other is checked as far as it is BER."""
        start, stop = element(buffer, at, end, INTEGER)
        if stop == end:
            raise malformed("a message has no operation")
        if buffer[stop] != SEARCH_ENTRY:
            check_nesting(buffer, at, end)
            return False
        found = int.from_bytes(buffer[start:stop], "big", signed=True)
        if found != self._message_id:
            raise malformed(f"an entry came for request {found} while {self._message_id} is under way")
        return True

    def _keep(self, buffer: bytes, at: int, end: int) -> None:
        """Decode the entry whose protocolOp is at `at`."""
        at, stop = element(buffer, at, end, SEARCH_ENTRY)
        if stop != end and element(buffer, stop, end, CONTROLS)[1] != end:
            raise malformed("a message has something behind its controls")
        start, at = element(buffer, at, stop, OCTET_STRING)
        dn = dn_text(buffer[start:at])
        at, last = element(buffer, at, stop, SEQUENCE)
        if last != stop:
            raise malformed("an entry has something behind its attributes", dn)
        self.entries.append((dn, self._attributes(buffer, at, stop)))

    def _attributes(self, buffer: bytes, at: int, end: int) -> dict[str, list[bytes]]:
        """Decode a list of attributes.

        An attribute of one short value has few different openings, everything up to the value. An
        opening that was decoded once says by itself what it means; only its bounds are new.
        """
        found: dict[str, list[bytes]] = {}
        seen = self._seen.get
        try:
            while at < end:
                # Active Directory writes the lengths of sequences and sets in five octets, others in one
                short = buffer[at + 1] <= SHORT_FORM
                start = at + 8 + buffer[at + 3] if short else at + 16 + buffer[at + 7]
                known = seen(buffer[at:start])
                if known is None:
                    name, values, at = self._attribute(buffer, at, end)
                else:
                    name, size = known
                    at += size
                    values = [buffer[start:at]]
                if name in found:
                    raise malformed(f"an entry has {name} twice")
                found[name] = values
        except IndexError as error:
            raise malformed("a message breaks off within an attribute") from error
        if at != end:
            raise malformed("an attribute is longer than the entry it is part of")
        return found

    def _attribute(self, buffer: bytes, at: int, end: int) -> tuple[str, list[bytes], int]:
        """Return an attribute's name and values, and where it stops."""
        begin = at
        at, stop = element(buffer, at, end, SEQUENCE)
        start, at = element(buffer, at, stop, OCTET_STRING)
        try:
            name = str(buffer[start:at], "utf-8")
        except UnicodeDecodeError as error:
            raise malformed(f"the name of an attribute is not UTF-8: {buffer[start:at]!r}") from error
        name = self._spelling.of(name)
        at, last = element(buffer, at, stop, SET)
        if last != stop:
            raise malformed(f"attribute {name} has something behind its values")
        values = []
        while at < stop:
            start, at = element(buffer, at, stop, OCTET_STRING)
            values.append(buffer[start:at])
        if len(values) == 1 and stop - start <= SHORT_FORM:
            self._seen[buffer[begin:start]] = name, stop - begin
        return name, values, stop
