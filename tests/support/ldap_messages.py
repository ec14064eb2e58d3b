"""LDAP messages as servers write them, and a server on loopback that says what a test tells it to."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TypeAlias

from ldap3.protocol.rfc4511 import (
    LDAPDN,
    AttributeDescription,
    AttributeValue,
    LDAPMessage,
    MessageID,
    PartialAttribute,
    PartialAttributeList,
    ProtocolOp,
    SearchResultEntry,
    Vals,
)
from ldap3.utils.asn1 import encode

Attributes: TypeAlias = list[tuple[str, list[bytes]]]
"""Names and values in the order of the message."""

MESSAGE, INTEGER, OCTET_STRING, ENUMERATED, SEQUENCE, SET = 0x30, 0x02, 0x04, 0x0A, 0x30, 0x31
BIND, BIND_ANSWER, UNBIND, SEARCH = 0x60, 0x61, 0x42, 0x63
ENTRY, DONE, REFERENCE, EXTENDED, INTERMEDIATE, CONTROLS = 0x64, 0x65, 0x73, 0x78, 0x79, 0xA0

PAGED_RESULTS = b"1.2.840.113556.1.4.319"
DISCONNECTION = b"1.3.6.1.4.1.1466.20036"


def short(tag: int, *parts: bytes) -> bytes:
    """Return an element with its length in as few octets as can be, as OpenLDAP writes all of them."""
    content = b"".join(parts)
    size = len(content)
    if size <= 0x7F:
        return bytes((tag, size)) + content
    octets = (size.bit_length() + 7) // 8
    return bytes((tag, 0x80 + octets)) + size.to_bytes(octets, "big") + content


def wide(tag: int, *parts: bytes) -> bytes:
    """Return an element with its length in five octets, as Active Directory writes sequences and sets."""
    content = b"".join(parts)
    return bytes((tag, 0x84)) + len(content).to_bytes(4, "big") + content


def number(value: int, tag: int = INTEGER) -> bytes:
    """Return a number that is not negative."""
    return short(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def text(value: str | bytes) -> bytes:
    """Return an octet string."""
    return short(OCTET_STRING, value.encode() if isinstance(value, str) else value)


def entry(
    message_id: int,
    dn: str | bytes,
    attributes: Attributes,
    *,
    nest: Callable[..., bytes] = short,
    controls: bytes = b"",
) -> bytes:
    """Return a SearchResultEntry; `nest` writes its sequences and sets."""
    listed = [nest(SEQUENCE, text(name), nest(SET, *map(text, values))) for name, values in attributes]
    return nest(MESSAGE, number(message_id), nest(ENTRY, text(dn), nest(SEQUENCE, *listed)), controls)


def entry_by_ldap3(message_id: int, dn: str, attributes: Attributes) -> bytes:
    """Return the same message, written by ldap3's definitions and pyasn1's encoder."""
    listed = PartialAttributeList()
    for name, values in attributes:
        attribute, together = PartialAttribute(), Vals()
        for value in values:
            together.append(AttributeValue(value))
        attribute["type"] = AttributeDescription(name)
        attribute["vals"] = together
        listed.append(attribute)
    found = SearchResultEntry()
    found["object"] = LDAPDN(dn)
    found["attributes"] = listed
    message = LDAPMessage()
    message["messageID"] = MessageID(message_id)
    message["protocolOp"] = ProtocolOp().setComponentByName("searchResEntry", found)
    return bytes(encode(message))


def done(message_id: int, code: int = 0, cookie: bytes | None = None, tag: int = DONE) -> bytes:
    """Return the answer that ends a request; a cookie comes in the control of paged results."""
    paging = b""
    if cookie is not None:
        value = short(SEQUENCE, number(0), text(cookie))
        paging = short(CONTROLS, short(SEQUENCE, text(PAGED_RESULTS), text(value)))
    return short(
        MESSAGE, number(message_id), short(tag, number(code, ENUMERATED), text(""), text("")), paging
    )


def reference(message_id: int, *uris: str) -> bytes:
    """Return a SearchResultReference."""
    return short(MESSAGE, number(message_id), short(REFERENCE, *map(text, uris)))


def notice(oid: bytes = DISCONNECTION) -> bytes:
    """Return what a server says without having been asked."""
    content = number(52, ENUMERATED), text(""), text("going down"), short(0x8A, oid)
    return short(MESSAGE, number(0), short(EXTENDED, *content))


def intermediate(message_id: int) -> bytes:
    """Return an IntermediateResponse."""
    return short(MESSAGE, number(message_id), short(INTERMEDIATE, short(0x80, b"1.3.6.1.4.1.4203.1.9.1.4")))


Answer: TypeAlias = Callable[[int], Iterable[bytes]]
"""Given the id of a search, what is sent, piece by piece; ``b""`` hangs up."""


@contextmanager
def ldap_server(answer: Answer) -> Iterator[int]:
    """Serve one connection: binds succeed, searches get the answer. Gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=_serve, args=(listener, answer))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(timeout=30)
    if thread.is_alive():
        raise AssertionError("the connection to the test's LDAP server was never closed")


def _serve(listener: socket.socket, answer: Answer) -> None:
    connection, _ = listener.accept()
    with connection, suppress(ConnectionError):  # a client that has heard enough may hang up
        while request := connection.recv(1 << 16):  # on loopback a small request comes in one piece
            start = 2 if request[1] <= 0x7F else request[1] - 0x80 + 2
            operation = start + 2 + request[start + 1]
            message_id = int.from_bytes(request[start + 2 : operation], "big")
            if request[operation] == BIND:
                connection.sendall(done(message_id, tag=BIND_ANSWER))
                continue
            if request[operation] == UNBIND:
                return
            for piece in answer(message_id):
                if not piece:
                    return
                connection.sendall(piece)
