"""What a real OpenLDAP says is the same by our own decoding and by ldap3's."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from ldap3 import NONE, Connection, Server

from reconciler.sources.ldap_strategy import (
    SETTINGS,
    Page,
    Search,
    fast,
    plain,
    use_entry_strategy,
)
from tests.bench.ldap import directory

pytestmark = pytest.mark.slapd

SUFFIX = "dc=example,dc=edu"
ELSEWHERE = f"ldap://other.example.edu/ou=elsewhere,{SUFFIX}"
ENTRIES: list[tuple[str, list[tuple[str, str | bytes]]]] = [
    (SUFFIX, [("objectClass", "domain"), ("dc", "example")]),
    (f"ou=people,{SUFFIX}", [("objectClass", "organizationalUnit"), ("ou", "people")]),
    *(
        (
            f"uid=user{number},ou=people,{SUFFIX}",
            [
                ("objectClass", "inetOrgPerson"),
                ("uid", f"user{number}"),
                ("cn", f"Žofie Ångström {number}"),
                ("cn;lang-de", f"Sophie {number}"),
                ("sn", "x" * (120 + number % 16)),
                ("mail", f"user{number}@example.edu"),
                ("mail", f"second.{number}@example.edu"),
                ("audio", bytes(range(256)) * (number % 5)),
                ("description", "y" * (number * 37 % 300 + 1)),
            ],
        )
        for number in range(250)
    ),
    (
        f"cn=Smith\\2C \\22J\\2B\\22,ou=people,{SUFFIX}",
        [
            ("objectClass", "inetOrgPerson"),
            ("cn", 'Smith, "J+"'),
            ("sn", "Smith"),
            ("audio", bytes(200_000)),
            ("audio", b""),
            ("userPassword", b"\xff\x00\x80"),
        ],
    ),
    (
        f"cn=all,{SUFFIX}",
        [
            ("objectClass", "groupOfNames"),
            ("cn", "all"),
            *(("member", f"uid=user{number},ou=people,{SUFFIX}") for number in range(1_500)),
        ],
    ),
    (
        f"ou=elsewhere,{SUFFIX}",
        [
            ("objectClass", "referral"),
            ("objectClass", "extensibleObject"),
            ("ou", "elsewhere"),
            ("ref", ELSEWHERE),
        ],
    ),
]


def raw(value: str | bytes) -> bytes:
    """Return a value as it travels."""
    return value.encode() if isinstance(value, str) else value


def ldif() -> Iterator[str]:
    """Yield the entries as `slapadd` reads them, every value in base64."""
    for dn, attributes in ENTRIES:
        yield f"dn:: {base64.b64encode(dn.encode()).decode()}\n"
        for name, value in attributes:
            coded = base64.b64encode(raw(value)).decode()
            yield f"{name}:: {coded}\n" if coded else f"{name}:\n"
        yield "\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an OpenLDAP with awkward entries."""
    with directory(tmp_path_factory.mktemp("slapd"), ldif()) as port:
        yield port


@pytest.fixture
def connection(port: int) -> Iterator[Connection]:
    """A connection over which both ways of reading work."""
    connection = Connection(Server("127.0.0.1", port=port, get_info=NONE), raise_exceptions=True, **SETTINGS)
    use_entry_strategy(connection)
    connection.bind()
    yield connection
    connection.unbind()


def pages(
    read: Callable[[Connection, Search, bytes], Page], connection: Connection, search: Search
) -> list[Page]:
    """Return all pages of a search."""
    found = [read(connection, search, b"")]
    while found[-1].cookie:
        found.append(read(connection, search, found[-1].cookie))
    return found


@pytest.mark.parametrize("size", [0, 1, 7, 1000])
@pytest.mark.parametrize(
    "attributes",
    [("*",), ("*", "+"), ("MAIL", "Cn", "AUDIO"), ("cn;lang-de", "member"), ("nothing",), ("1.1",), ()],
    ids=lambda names: " ".join(names) or "none",
)
def test_both_ways_read_the_same_pages(
    connection: Connection, attributes: tuple[str, ...], size: int
) -> None:
    search = Search(SUFFIX, "(objectClass=*)", "SUBTREE", attributes, page_size=size)
    ours = pages(fast, connection, search)
    assert ours == pages(plain, connection, search)
    assert sum(len(page.entries) for page in ours) == len(ENTRIES) - 1
    assert len(ours) == (-(-(len(ENTRIES) - 1) // size) if size else 1)
    assert [uri for page in ours for uri in page.referrals] == [f"{ELSEWHERE}??sub"]


def test_what_was_loaded_is_what_is_read(connection: Connection) -> None:
    search = Search(SUFFIX, "(objectClass=*)", "SUBTREE", ("*",), page_size=100)
    read = dict(entry for page in pages(fast, connection, search) for entry in page.entries)
    loaded = {
        dn: Counter((name, raw(value)) for name, value in attributes) for dn, attributes in ENTRIES[:-1]
    }
    assert loaded.keys() == read.keys()
    for dn, attributes in read.items():
        values = Counter((name, value) for name, several in attributes.items() for value in several)
        assert loaded[dn] == values
