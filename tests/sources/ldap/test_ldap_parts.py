"""The smaller parts of the LDAP source: makes, referrals, results, controls."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

import pytest

from reconciler.errors import SourceDataError, SourceError, SourceUnavailable
from reconciler.sources.ldap.access import Address, parse_url
from reconciler.sources.ldap.errors import Doing, broken, judge, not_ldap, tls_refused
from reconciler.sources.ldap.kinds import TRAITS, DirectoryKind, filetime
from reconciler.sources.ldap.referrals import holds_people, parse_referral, refuse

AT = Doing("ldaps://dc1:636", "reading")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        pytest.param("ldaps://dc1", Address("dc1", 636, ldaps=True), id="LDAPS"),
        pytest.param("ldap://dc1/", Address("dc1", 389, ldaps=False), id="StartTLS"),
        pytest.param("ldaps://[::1]:1636", Address("::1", 1636, ldaps=True), id="an IPv6 address"),
    ],
)
def test_a_url_names_a_server(url: str, address: Address) -> None:
    assert parse_url(url) == address
    assert parse_url(str(address)) == address


@pytest.mark.parametrize(
    "url", ["http://dc1", "dc1", "ldaps://dc1:0", "ldaps://dc1:65536", "ldaps://dc1/dc=x"]
)
def test_what_names_no_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="dc1"):
        parse_url(url)


def test_moments_count_as_in_active_directory() -> None:
    assert filetime(datetime(1601, 1, 1, tzinfo=UTC)) == 0
    assert filetime(datetime(2026, 1, 1, tzinfo=UTC)) == 134116992000000000
    assert filetime(datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)) == 134116992000000010


def test_every_make_has_its_traits() -> None:
    assert TRAITS.keys() == set(DirectoryKind)
    expired = TRAITS[DirectoryKind.NOVELL].expired
    assert expired is not None
    assert expired(datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)) == "(loginExpirationTime<=20260203040506Z)"


@pytest.mark.parametrize(
    ("uri", "ours", "address", "base", "scope"),
    [
        pytest.param("ldap://b/dc=b", "ldap://a", "ldap://b:389", "dc=b", "", id="another server"),
        pytest.param("ldap://b/dc=b", "ldaps://a", "ldaps://b:636", "dc=b", "", id="never without our TLS"),
        pytest.param(
            "ldap://b:3389/dc=b", "ldaps://a", "ldaps://b:636", "dc=b", "", id="a port that has no TLS"
        ),
        pytest.param("ldap://b:3389/dc=b", "ldap://a", "ldap://b:3389", "dc=b", "", id="a port"),
        pytest.param("ldaps://b/dc=b", "ldap://a", "ldaps://b:636", "dc=b", "", id="TLS where we have none"),
        pytest.param("ldap:///dc=b", "ldap://a:1389", "ldap://a:1389", "dc=b", "", id="our own server"),
        pytest.param("ldap://b", "ldap://a", "ldap://b:389", "", "", id="no DN"),
        pytest.param(
            "ldap://b/cn=%C3%A9%2C%20x??one", "ldap://a", "ldap://b:389", "cn=é, x", "LEVEL", id="a scope"
        ),
        pytest.param("LDAP://b/dc=b??base?(cn=x)", "ldap://a", "ldap://b:389", "dc=b", "BASE", id="a filter"),
        pytest.param(
            "ldap://[::2]:1389/dc=b??sub", "ldap://a", "ldap://[::2]:1389", "dc=b", "SUBTREE", id="IPv6"
        ),
    ],
)
def test_a_referral_says_where_to_read_on(uri: str, ours: str, address: str, base: str, scope: str) -> None:
    referral = parse_referral(uri)
    assert (str(referral.address(parse_url(ours))), referral.base, referral.scope) == (address, base, scope)


def test_a_referral_that_is_no_url_is_named() -> None:
    with pytest.raises(SourceDataError, match="http://b/"):
        parse_referral("http://b/")


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("DC=DomainDnsZones,DC=corp,DC=example", False),
        ("DC=forestdnszones,DC=corp,DC=example", False),
        ("CN=Configuration,DC=corp,DC=example", False),
        ("DC=child,DC=corp,DC=example", True),
        ("", True),
        ("no dn", True),
    ],
)
def test_dns_and_settings_hold_no_people(base: str, *, expected: bool) -> None:
    assert holds_people(parse_referral(f"ldap://b/{base}")) is expected


def test_a_refused_referral_says_what_else_to_do() -> None:
    refuse([], "reading")
    with pytest.raises(SourceDataError, match="ldap://b/dc=b") as caught:
        refuse([parse_referral("ldap://b/dc=b")], "reading")
    assert "referrals: follow" in caught.value.hint


@pytest.mark.parametrize(
    ("result", "message", "kind"),
    [
        pytest.param(
            {"result": 1, "description": "operationsError"}, "operationsError (1)", SourceError, id="an error"
        ),
        pytest.param({"result": 4000}, "unknown (4000)", SourceError, id="a code that nobody knows"),
        pytest.param({"result": 51, "description": "busy"}, "busy (51)", SourceUnavailable, id="try again"),
        pytest.param(
            {"result": 53, "description": "unwilling", "message": "a\n\x1b[31mb\0  c"},
            "unwilling (53): a [31mb c",
            SourceError,
            id="control characters",
        ),
        pytest.param(
            {
                "result": 49,
                "description": "invalidCredentials",
                "message": "AcceptSecurityContext error, data 775, v4f7",
            },
            "data 775, v4f7 (the account is locked)",
            SourceError,
            id="a code of Active Directory",
        ),
        pytest.param(
            {"result": 49, "description": "invalidCredentials", "message": "data fff"},
            "invalidCredentials (49): data fff",
            SourceError,
            id="a code that Active Directory does not have",
        ),
        pytest.param(
            {"result": 32, "description": "noSuchObject", "dn": "dc=x"},
            "noSuchObject (32), knowing only 'dc=x'",
            SourceError,
            id="as far as the server got",
        ),
    ],
)
def test_a_result_is_told_in_full(result: dict[str, object], message: str, kind: type[SourceError]) -> None:
    with pytest.raises(SourceError) as caught:
        judge(result, AT)
    assert caught.value.message.endswith(message)
    assert type(caught.value) is kind
    assert caught.value.hint
    assert caught.value.where == "ldaps://dc1:636: reading"


def test_success_is_no_error_and_long_words_are_cut() -> None:
    judge({"result": 0}, AT)
    with pytest.raises(SourceError) as caught:
        judge({"result": 53, "message": "x" * 1000}, AT)
    assert caught.value.message.endswith("xxx...")
    assert len(caught.value.message) < 400


def test_failures_below_ldap_have_hints_too() -> None:
    name = "hostname mismatch"
    mismatch = ssl.SSLCertVerificationError(1, name)
    mismatch.verify_message = name
    assert "not believed: hostname mismatch" in tls_refused(mismatch, AT).message
    assert "tls.caFile" in tls_refused(mismatch, AT).hint
    assert "ldaps:// is usually 636" in tls_refused(ssl.SSLError(1, "wrong version number"), AT).hint
    assert "ConnectionResetError" in broken(ConnectionResetError(), AT).message
    assert "cannot be resolved" in broken(OSError("invalid server address"), AT).message
    assert "IndexError: out of range" in not_ldap(IndexError("out of range"), AT).message
