"""What a real OpenLDAP says is the same by our own decoding and by ldap3's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import pytest
from ldap3 import Connection

from reconciler.sources.ldap.connect import open_session
from reconciler.sources.ldap.strategy import Page, Search, fast, plain
from support.authority import Authority, Issued
from support.ldap_source import ldap_spec, slapd_settings, surroundings
from support.slapd import BASE, FOUNDATION, READER, Entry, Slapd, make_slapd

pytestmark = pytest.mark.slapd

PEOPLE = f"ou=people,{BASE}"
ELSEWHERE = f"ldap://other.example.org/ou=elsewhere,{BASE}"
ENTRIES: Sequence[Entry] = [
    (PEOPLE, {"objectClass": ["organizationalUnit"], "ou": ["people"]}),
    *(
        (
            f"uid=user{number},{PEOPLE}",
            {
                "objectClass": ["inetOrgPerson"],
                "uid": [f"user{number}"],
                "cn": [f"Žofie Ångström {number}"],
                "cn;lang-de": [f"Sophie {number}"],
                "sn": ["x" * (120 + number % 16)],
                "mail": [f"user{number}@example.org", f"second.{number}@example.org"],
                "audio": [bytes(range(256)) * (number % 5 + 1)],
                "description": ["y" * (number * 37 % 300 + 1)],
            },
        )
        for number in range(250)
    ),
    (
        f"cn=all,{BASE}",
        {
            "objectClass": ["groupOfNames"],
            "cn": ["all"],
            "member": [f"uid=user{number},{PEOPLE}" for number in range(1_500)],
        },
    ),
]
SMITH: Entry = (
    f"cn=Smith\\2C \\22J\\2B\\22,{PEOPLE}",
    {
        "objectClass": ["inetOrgPerson"],
        "cn": ['Smith, "J+"'],
        "sn": ["Smith"],
        "audio": [bytes(200_000), b""],
        "userPassword": [b"\xff\x00\x80"],
    },
)
"""LDIF as `slapadd` reads it has no empty values, so this entry is added to the running server."""

REFERRAL: Entry = (
    f"ou=elsewhere,{BASE}",
    {"objectClass": ["referral", "extensibleObject"], "ou": ["elsewhere"], "ref": [ELSEWHERE]},
)


@pytest.fixture(scope="module")
def awkward(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, slapd_certificate: Issued
) -> Iterator[Slapd]:
    """Serve entries of all shapes, and a referral."""
    folder = tmp_path_factory.mktemp("awkward") / "slapd"
    everything = f'access to * by dn.exact="{READER}" read by anonymous auth'
    with make_slapd(folder, authority, slapd_certificate, access=everything) as server:
        server.load([*FOUNDATION, *ENTRIES, REFERRAL])
        server.start()
        server.add([SMITH])
        yield server


@pytest.fixture(params=["readable", "LDAPS"])
def connection(awkward: Slapd, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """Connect as sources do."""
    url = awkward.ldaps_url if request.param == "LDAPS" else awkward.url
    spec = ldap_spec(slapd_settings(awkward, servers=[url], startTls=False))
    with closing(open_session(spec, surroundings(awkward.folder))) as session:
        yield session.connection


def pages(
    read: Callable[[Connection, Search, bytes], Page], connection: Connection, search: Search
) -> list[Page]:
    """Return all pages of a search."""
    found = [read(connection, search, b"")]
    while found[-1].cookie:
        found.append(read(connection, search, found[-1].cookie))
    return found


@pytest.mark.parametrize("size", [0, 50, 1000])
@pytest.mark.parametrize(
    "attributes",
    [("*",), ("*", "+"), ("MAIL", "Cn", "AUDIO"), ("cn;lang-de", "member"), ("nothing",), ("1.1",), ()],
    ids=lambda names: " ".join(names) or "none",
)
def test_both_ways_read_the_same_pages(
    connection: Connection, attributes: tuple[str, ...], size: int
) -> None:
    search = Search(BASE, "(objectClass=*)", "SUBTREE", attributes, page_size=size)
    ours = pages(fast, connection, search)
    assert ours == pages(plain, connection, search)
    count = len([*FOUNDATION, *ENTRIES, SMITH])
    assert sum(len(page.entries) for page in ours) == count
    assert len(ours) == (-(-count // size) if size else 1)
    assert {uri for page in ours for uri in page.referrals} == {f"{ELSEWHERE}??sub"}


def test_what_was_loaded_is_what_is_read(connection: Connection) -> None:
    search = Search(BASE, "(objectClass=*)", "SUBTREE", ("*",), page_size=100)
    read = dict(entry for page in pages(fast, connection, search) for entry in page.entries)
    loaded = {
        dn: {name: sorted(map(raw, values)) for name, values in attributes.items()}
        for dn, attributes in [*FOUNDATION, *ENTRIES, SMITH]
    }
    assert loaded == {
        dn: {name: sorted(values) for name, values in attributes.items()} for dn, attributes in read.items()
    }


def raw(value: str | bytes) -> bytes:
    """Return a value as it travels."""
    return value.encode() if isinstance(value, str) else value
