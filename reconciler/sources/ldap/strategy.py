"""One page of an LDAP search, by our own decoding or by ldap3's; both give the same.

Connections, binds, TLS, controls, results and their errors are ldap3's. It chooses what talks to the
server, a *strategy*, by constants of its own and takes no other. `use_entry_strategy` therefore does
once more what the end of ldap3's constructor does: it sets the connection's strategy, and the five
functions that a connection takes from it. The new strategy is ldap3's synchronous one but for the
messages of a search made by `fast`: the entries among them are decoded here and kept from ldap3.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ldap3 import DIGEST_MD5, SYNC, Connection
from ldap3.core.exceptions import LDAPSocketReceiveError, communication_exception_factory
from ldap3.strategy.sync import SyncStrategy

from reconciler.errors import SourceDataError
from reconciler.sources.ldap.decode import Entry, EntryStream, Spelling, dn_text, malformed

RECEIVE_SIZE = 1 << 16
"""Bytes asked of the socket at a time; four times as many slow TLS down (components.md section 2)."""

PAGED_RESULTS = "1.2.840.113556.1.4.319"
"""The control of RFC 2696."""

UNDECODABLE = (LookupError, TypeError, ValueError, AttributeError)
"""What ldap3's decoding raises on bytes that it does not expect; a result code it does not know is one."""

SETTINGS = {
    "check_names": False,
    "return_empty_attributes": False,
    "auto_range": False,
    "auto_referrals": False,
}
"""What a connection is made with, so that ldap3 adds nothing to what the server says."""


class Search(NamedTuple):
    """A search in LDAP's terms; `scope` is ldap3's word, and a page size of 0 asks for all in one."""

    base: str
    filter: str
    scope: str
    attributes: tuple[str, ...]
    page_size: int = 1000
    controls: tuple[Any, ...] = ()


class Page(NamedTuple):
    """What one request brought: entries, URIs of referrals, the cookie of the next page or ``b""``.

    `result` is ldap3's dictionary of the SearchResultDone, and nobody has judged it: when a size or
    time limit was hit ldap3 raises nothing, and the entries are only some.
    """

    entries: list[Entry]
    referrals: list[str]
    cookie: bytes
    result: dict[str, Any]


class EntryStrategy(SyncStrategy):  # type: ignore[misc]  # ldap3 ships no types
    """ldap3's synchronous strategy, able to keep the entries of a search to itself."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._search: tuple[tuple[str, ...], list[Entry]] | None = None
        self._stream: EntryStream | None = None

    @contextmanager
    def keeping_entries(self, asked: tuple[str, ...]) -> Iterator[list[Entry]]:
        """Keep the entries of searches made meanwhile; the list given has them once a search succeeded."""
        kept: list[Entry] = []
        self._search = asked, kept
        try:
            yield kept
        finally:
            self._search = None

    def _get_response(self, message_id: int, timeout: float | None) -> Any:  # noqa: ANN401  # as ldap3 has it
        """Return ldap3's list of a request's answers, or one of its words for a broken session."""
        if self._search is None:
            return super()._get_response(message_id, timeout)
        asked, kept = self._search
        self._stream = EntryStream(message_id, asked)
        try:
            answers = super()._get_response(message_id, timeout)
            kept += self._stream.entries
        except SourceDataError as error:
            self.close()  # what is still to come belongs to no request
            error.where = f"{self.connection.server.name} {error.where}".rstrip()
            raise
        except UNDECODABLE as error:
            self.close()
            fact = f"ldap3 cannot decode a message: {error!r}"
            raise malformed(fact, self.connection.server.name) from error
        finally:
            self._stream = None
        return answers

    def receiving(self) -> list[bytes]:
        """Return the next messages that are no kept entries; an empty list when the server hung up."""
        stream = self._stream
        if stream is None:
            return super().receiving()  # type: ignore[no-any-return]  # ldap3 ships no types
        others: list[bytes] = []
        while stream.pending or not others:
            received = self._receive()
            if not received:
                break
            others += stream.feed(received)
        return others

    def _receive(self) -> bytes:
        """Return some bytes, ``b""`` at the end of the connection; raise as ldap3 does otherwise."""
        try:
            return self.connection.socket.recv(RECEIVE_SIZE)  # type: ignore[no-any-return]  # the same
        except OSError as error:
            self.connection.last_error = f"error receiving data: {error}"
            self.close()
            kind = communication_exception_factory(LDAPSocketReceiveError, error)
            raise kind(self.connection.last_error) from error


def use_entry_strategy(connection: Connection) -> None:
    """Let `search_page` decode the entries that come over this connection; call it before `open`.

    A connection of any other strategy than ldap3's synchronous one stays as it is, and so does one with
    DIGEST-MD5, which may sign what it sends.
    """
    if not connection.closed:
        raise ValueError("the connection is open already")
    if connection.strategy_type != SYNC or connection.sasl_mechanism == DIGEST_MD5:
        return
    strategy = EntryStrategy(connection)
    connection.strategy = strategy
    connection.send = strategy.send
    connection.open = strategy.open
    connection.get_response = strategy.get_response
    connection.post_send_single_response = strategy.post_send_single_response
    connection.post_send_search = strategy.post_send_search


def search_page(connection: Connection, search: Search, cookie: bytes = b"") -> Page:
    """Return the page that the cookie stands for, the fast way if the connection allows it.

    Raises what ldap3 raises, and `SourceDataError` when the answer cannot be decoded.
    """
    read = fast if isinstance(connection.strategy, EntryStrategy) else plain
    return read(connection, search, cookie)


def fast(connection: Connection, search: Search, cookie: bytes = b"") -> Page:
    """Return the page, its entries decoded here; the connection has the `EntryStrategy`."""
    with connection.strategy.keeping_entries(search.attributes) as entries:
        _request(connection, search, cookie)
    return _page(connection, entries)


def plain(connection: Connection, search: Search, cookie: bytes = b"") -> Page:
    """Return the page, its entries decoded by ldap3; an attribute that came twice has its last values."""
    _request(connection, search, cookie)
    spelling = Spelling(search.attributes)
    entries = [
        (
            dn_text(answer["raw_dn"]),
            {spelling.of(name): values or [] for name, values in answer["raw_attributes"].items()},
        )
        for answer in connection.response
        if answer["type"] == "searchResEntry"
    ]
    return _page(connection, entries)


def _request(connection: Connection, search: Search, cookie: bytes) -> None:
    connection.search(
        search.base,
        search.filter,
        search.scope,
        attributes=search.attributes,
        controls=search.controls or None,
        paged_size=search.page_size or None,
        paged_cookie=cookie or None,
    )


def _page(connection: Connection, entries: list[Entry]) -> Page:
    result = connection.result
    if result["type"] != "searchResDone":
        raise malformed(f"a search ended with {result['type']}", connection.server.name)
    referrals = [
        uri for answer in connection.response if answer["type"] == "searchResRef" for uri in answer["uri"]
    ]
    paging = result.get("controls", {}).get(PAGED_RESULTS)
    return Page(entries, referrals, paging["value"]["cookie"] if paging else b"", result)
