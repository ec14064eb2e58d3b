"""A page of a search over a real socket, from a server that says what each test tells it to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3 import DIGEST_MD5, MOCK_SYNC, NONE, SASL, Connection, Server
from ldap3.core.exceptions import (
    LDAPException,
    LDAPOperationResult,
    LDAPSessionTerminatedByServerError,
    LDAPSocketReceiveError,
)

from reconciler.errors import SourceDataError
from reconciler.sources.ldap.strategy import (
    SETTINGS,
    Page,
    Search,
    fast,
    plain,
    search_page,
    use_entry_strategy,
)
from support.ldap_messages import (
    Answer,
    Attributes,
    done,
    entry,
    intermediate,
    ldap_server,
    notice,
    number,
    reference,
    short,
    text,
    wide,
)

READERS = [pytest.param(fast, id="fast"), pytest.param(plain, id="plain")]
Read = Callable[[Connection, Search], Page]

ADA: Attributes = [("uid", [b"ada"]), ("mail", [b"ada@example.org", b"countess@example.org"])]
BOB: Attributes = [("uid", [b"bob"]), ("jpegPhoto", [bytes(200_000)]), ("description", [])]
SEARCH = Search("dc=example", "(objectClass=person)", "SUBTREE", ("uid", "Mail", "jpegPhoto", "description"))
PEOPLE = [
    ("uid=ada", {"uid": [b"ada"], "Mail": ADA[1][1]}),
    ("uid=bob", {"uid": [b"bob"], "jpegPhoto": [bytes(200_000)], "description": []}),
]


@contextmanager
def connected(answer: Answer, **settings: object) -> Iterator[Connection]:
    """Connect to a server that answers searches like this."""
    with ldap_server(answer) as port:
        server = Server("127.0.0.1", port=port, get_info=NONE)
        connection = Connection(server, raise_exceptions=True, receive_timeout=10, **SETTINGS, **settings)
        use_entry_strategy(connection)
        connection.bind()
        try:
            yield connection
        finally:
            connection.unbind()


def people(message_id: int) -> Iterable[bytes]:
    """Answer with two people, a referral and the cookie of a next page."""
    yield entry(message_id, "uid=ada", ADA)
    yield intermediate(message_id) + reference(message_id, "ldap://a/dc=a", "ldap://b")
    yield entry(message_id, "uid=bob", BOB, nest=wide) + done(message_id, cookie=b"\x00next")


@pytest.mark.parametrize("read", READERS)
def test_a_page_has_entries_referrals_cookie_and_result(read: Read) -> None:
    with connected(people) as connection:
        page = read(connection, SEARCH)
        assert page.entries == PEOPLE
        assert page.referrals == ["ldap://a/dc=a", "ldap://b"]
        assert page.cookie == b"\x00next"
        assert page.result == connection.result
        assert (page.result["type"], page.result["result"]) == ("searchResDone", 0)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
def test_the_pieces_in_which_a_page_comes_do_not_matter(read: Read, size: int) -> None:
    def answer(message_id: int) -> Iterable[bytes]:
        whole = b"".join(people(message_id))
        return (whole[at : at + size] for at in range(0, len(whole), size))

    with connected(answer) as connection:
        assert read(connection, SEARCH).entries == PEOPLE


@pytest.mark.parametrize("read", READERS)
def test_pages_and_other_operations_take_turns(read: Read) -> None:
    with connected(people) as connection:
        first = read(connection, SEARCH)
        assert connection.search("dc=example", "(uid=*)", attributes=["uid"])
        assert [answer["dn"] for answer in connection.response if "dn" in answer] == ["uid=ada", "uid=bob"]
        assert connection.rebind()
        assert read(connection, SEARCH) == first


@pytest.mark.parametrize("read", READERS)
def test_a_page_without_paging_has_no_cookie(read: Read) -> None:
    with connected(lambda message_id: [entry(message_id, "uid=ada", ADA) + done(message_id)]) as connection:
        page = read(connection, SEARCH)
        assert (page.entries, page.referrals, page.cookie) == (PEOPLE[:1], [], b"")
        assert "controls" not in page.result


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("code", [3, 4], ids=["time limit", "size limit"])
def test_a_limit_is_in_the_result_and_nobody_raises(read: Read, code: int) -> None:
    with connected(
        lambda message_id: [entry(message_id, "uid=ada", ADA) + done(message_id, code)]
    ) as connection:
        page = read(connection, SEARCH)
        assert page.entries == PEOPLE[:1]
        assert page.result["result"] == code


@pytest.mark.parametrize("read", READERS)
def test_another_result_is_raised_by_ldap3(read: Read) -> None:
    with connected(lambda message_id: [done(message_id, 32)]) as connection:
        with pytest.raises(LDAPOperationResult, match="noSuchObject"):
            read(connection, SEARCH)
        assert not connection.closed


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("cut", [0, 10, 200_000])
def test_a_server_that_hangs_up_is_no_end(read: Read, cut: int) -> None:
    with connected(lambda message_id: [b"".join(people(message_id))[:cut] or b"", b""]) as connection:
        with pytest.raises(LDAPSessionTerminatedByServerError):
            read(connection, SEARCH)
        assert connection.closed


@pytest.mark.parametrize("read", READERS)
def test_a_server_that_hangs_up_after_a_referral_is_no_end(read: Read) -> None:
    with (
        connected(lambda message_id: [reference(message_id, "ldap://a"), b""]) as connection,
        pytest.raises(LDAPSessionTerminatedByServerError),
    ):
        read(connection, SEARCH)


@pytest.mark.parametrize("read", READERS)
def test_a_server_that_says_it_goes_is_no_end(read: Read) -> None:
    with (
        connected(lambda message_id: [entry(message_id, "uid=ada", ADA), notice()]) as connection,
        pytest.raises(LDAPSessionTerminatedByServerError),
    ):
        read(connection, SEARCH)


@pytest.mark.parametrize("read", READERS)
def test_a_notice_that_nobody_knows_is_no_end(read: Read) -> None:
    with (
        connected(lambda _: [notice(b"1.2.3")]) as connection,
        pytest.raises(LDAPSocketReceiveError, match="unsolicited"),
    ):
        read(connection, SEARCH)


@pytest.mark.parametrize("read", READERS)
def test_a_server_that_falls_silent_is_given_up(read: Read) -> None:
    with connected(lambda message_id: [entry(message_id, "uid=ada", ADA)]) as connection:
        connection.socket.settimeout(0.05)
        with pytest.raises(LDAPSocketReceiveError, match="timed out") as caught:
            read(connection, SEARCH)
        assert isinstance(caught.value, TimeoutError)
        assert connection.closed


@pytest.mark.parametrize(
    ("answer", "fact"),
    [
        pytest.param(lambda _: [b"HTTP/1.1 400 Bad Request"], "not LDAP", id="another protocol"),
        pytest.param(
            lambda message_id: [entry(message_id + 1, "uid=ada", ADA)],
            "request",
            id="another request's entry",
        ),
        pytest.param(
            lambda message_id: [entry(message_id, b"\xff", ADA)], "not UTF-8", id="a DN in no UTF-8"
        ),
        pytest.param(
            lambda message_id: [done(message_id, 30_000)], "KeyError", id="a result that ldap3 does not know"
        ),
        pytest.param(
            lambda message_id: [done(message_id)[:-2] + b"\x04\x01"], "longer than", id="an end cut short"
        ),
        pytest.param(
            lambda message_id: [short(0x30, number(message_id), short(0x65, text("")))],
            "cannot decode",
            id="an end without its parts",
        ),
    ],
)
def test_an_answer_that_cannot_be_decoded_ends_the_connection(answer: Answer, fact: str) -> None:
    with connected(lambda message_id: [*islice(people(message_id), 2), *answer(message_id)]) as connection:
        with pytest.raises(SourceDataError, match=fact) as caught:
            search_page(connection, SEARCH)
        assert caught.value.hint
        assert caught.value.where.startswith(connection.server.name)
        assert connection.closed


@given(at=st.integers(0, 200), new=st.binary(max_size=3), old=st.integers(0, 3))
def test_wrong_bytes_are_an_error_or_a_page(at: int, new: bytes, old: int) -> None:
    def answer(message_id: int) -> Iterable[bytes]:
        good = entry(message_id, "uid=ada", ADA) + reference(message_id, "ldap://a")
        good += done(message_id, cookie=b"next")
        start = at % len(good)
        yield good[:start] + new + good[start + old :]
        yield b""

    with connected(answer) as connection:
        try:
            page = fast(connection, SEARCH)
        except (SourceDataError, LDAPException):
            return
    assert page.result["type"] == "searchResDone"
    assert len(page.entries) <= 1


@pytest.mark.parametrize("read", READERS)
def test_an_answer_to_something_else_is_no_end(read: Read) -> None:
    with (
        connected(lambda message_id: [done(message_id, tag=0x69)]) as connection,
        pytest.raises(SourceDataError, match="ended with addResponse"),
    ):
        read(connection, SEARCH)


def test_a_dn_in_no_utf8_is_an_error_by_ldap3_too() -> None:
    with (
        connected(lambda message_id: [entry(message_id, b"\xff", ADA) + done(message_id)]) as connection,
        pytest.raises(SourceDataError, match="not UTF-8"),
    ):
        plain(connection, SEARCH)


def test_ldap3_gets_none_of_the_entries_that_are_decoded_here() -> None:
    with connected(people) as connection:
        assert search_page(connection, SEARCH).entries == PEOPLE
        assert [answer["type"] for answer in connection.response] == ["intermediateResponse", "searchResRef"]


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"client_strategy": MOCK_SYNC}, id="ldap3's double of a server"),
        pytest.param({"authentication": SASL, "sasl_mechanism": DIGEST_MD5}, id="answers that may be signed"),
    ],
)
def test_other_connections_are_left_to_ldap3(settings: dict[str, object]) -> None:
    connection = Connection(Server("test", get_info=NONE), **SETTINGS, **settings)
    before = type(connection.strategy)
    use_entry_strategy(connection)
    assert type(connection.strategy) is before


def test_a_connection_left_to_ldap3_is_read_by_ldap3() -> None:
    connection = Connection(Server("test", get_info=NONE), client_strategy=MOCK_SYNC, **SETTINGS)
    connection.strategy.add_entry("uid=ada,dc=example", {"objectClass": "person", "uid": "ada"})
    use_entry_strategy(connection)
    connection.bind()
    page = search_page(connection, Search("dc=example", "(objectClass=person)", "SUBTREE", ("UID",)))
    assert page.entries == [("uid=ada,dc=example", {"UID": [b"ada"]})]


def test_an_open_connection_keeps_its_strategy() -> None:
    with connected(people) as connection, pytest.raises(ValueError, match="open already"):
        use_entry_strategy(connection)
