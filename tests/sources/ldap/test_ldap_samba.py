"""What is read of a real Active Directory (Samba): its accounts, its groups, and its ways to say no."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from reconciler.core.model import Cell
from reconciler.errors import SourceError
from reconciler.sources.ldap.filter import IN_CHAIN
from reconciler.sources.ldap.read import LdapReader
from support.authority import Authority
from support.ldap_proxy import HOST, LdapProxy, Retelling, in_ranges
from support.ldap_source import Outcome, finish, ldap_spec, read_source, surroundings
from support.samba import BASE, LDAPS_PORT, READER, Samba, as_root
from support.samba_people import (
    ADA,
    CROWDS,
    FUTURE,
    GROUPS,
    JOSE,
    MANY,
    MARIE,
    NEVER,
    OFF,
    PAST,
    STAFF,
    TEACHER,
    samba_settings,
)

pytestmark = pytest.mark.samba

Proxied: TypeAlias = Callable[[Retelling], LdapProxy]
EVERYBODY = {ADA, MARIE, JOSE, TEACHER, OFF, PAST, FUTURE, NEVER}


def _read(samba: Samba, *attributes: str, **changed: object) -> Outcome:
    return read_source(samba_settings(samba, **changed), *attributes)


def _member_of(way: dict[str, object]) -> dict[str, object]:
    return {"import": [{"memberOf": {"baseDn": GROUPS, **way}}]}


def _groups(samba: Samba, way: dict[str, object], **changed: object) -> dict[str, Cell]:
    outcome = _read(samba, "sAMAccountName", "@groups0", groups=_member_of(way), **changed)
    return {str(login): paths for login, paths in outcome.records.values() if paths}


def test_everybody_is_read_by_their_names(domain: Samba) -> None:
    outcome = _read(domain, "samaccountname", "CN", "otherTelephone")
    assert outcome.records[ADA] == ("ada", "Ada Lovelace", ("+1", "+2"))
    assert outcome.records[MARIE] == ("marie", "Curie, Marie", "")
    assert outcome.records[JOSE] == ("jose", "José Núñez", "")
    assert outcome.records.keys() == EVERYBODY


def test_identifiers_are_written_as_active_directory_writes_them(domain: Samba) -> None:
    command = ["ldbsearch", "-H", str(domain.folder / "private" / "sam.ldb"), "(sAMAccountName=ada)"]
    shown = subprocess.run(
        [*as_root(), *command, "objectGUID", "objectSid"], check=True, capture_output=True, encoding="utf-8"
    ).stdout
    expected = dict(line.split(": ", 1) for line in shown.splitlines() if line.startswith("object"))
    outcome = _read(domain, "objectGUID", "objectSid", filter="(sAMAccountName=ada)")
    assert outcome.records[ADA] == (expected["objectGUID"], expected["objectSid"])


@pytest.mark.parametrize(
    ("accounts", "missing"),
    [
        pytest.param({}, set(), id="all accounts"),
        pytest.param({"disabled": "exclude"}, {OFF}, id="no disabled ones"),
        pytest.param({"expired": "exclude"}, {PAST}, id="no expired ones"),
        pytest.param({"disabled": "exclude", "expired": "exclude"}, {OFF, PAST}, id="neither"),
    ],
)
def test_disabled_and_expired_accounts_are_a_choice(
    domain: Samba, accounts: dict[str, str], missing: set[str]
) -> None:
    assert _read(domain, "cn", accounts=accounts).records.keys() == EVERYBODY - missing


def test_an_account_expires_when_its_moment_has_come(domain: Samba) -> None:
    spec = ldap_spec(samba_settings(domain, accounts={"expired": "exclude"}))
    later = LdapReader(spec, surroundings(domain.folder), now=lambda: datetime(2100, 1, 2, tzinfo=UTC))
    assert finish(later.read(("cn",))).records.keys() == EVERYBODY - {PAST, FUTURE}


def test_the_root_of_a_domain_is_read_past_its_references_to_dns_and_settings(domain: Samba) -> None:
    outcome = _read(domain, "sAMAccountName", baseDns=[BASE])
    assert outcome.records.keys() >= EVERYBODY
    assert not [fact for fact in outcome.reading.facts if fact.name == "warning"]


def test_membership_is_direct_unless_asked(domain: Samba) -> None:
    assert _groups(domain, {}) == {
        "ada": "Engineers",
        "jose": "Engineers",
        "marie": "Staff",
        "teacher": "Teachers",
    }


@pytest.mark.parametrize("membership", ["memberOf", "member"])
def test_nested_membership_is_what_the_rule_in_chain_finds(domain: Samba, membership: str) -> None:
    found = _groups(domain, {"nested": True, "membership": [membership]})
    del found["teacher"]  # the primary group is no membership to the rule
    chained: dict[str, set[str]] = {}
    for name in ("Engineers", "Staff", "Everybody", "Circle A", "Circle B", "Teachers"):
        members = f"(&(objectCategory=person)(memberOf:{IN_CHAIN}:=CN={name},{GROUPS}))"
        allowed = {"baseDns": [STAFF]}
        for (login,) in _read(domain, "sAMAccountName", filter=members, mayBeEmpty=allowed).records.values():
            chained.setdefault(str(login), set()).add(name)
    assert {login: set(paths) for login, paths in found.items()} == chained
    assert found["ada"] == ("Circle A", "Circle B", "Engineers", "Everybody", "Staff")


def test_the_tree_of_groups_ends_at_a_cycle(domain: Samba) -> None:
    assert _groups(domain, {"tree": True}) == {
        "ada": "Circle A|Everybody|Staff|Engineers",
        "jose": "Circle A|Everybody|Staff|Engineers",
        "marie": "Circle A|Everybody|Staff",
        "teacher": "Teachers",
    }


def test_the_primary_group_can_be_left_out(domain: Samba) -> None:
    assert "teacher" not in _groups(domain, {"primaryGroup": False})


def test_everybody_is_a_domain_user_by_the_primary_group(domain: Samba) -> None:
    users = f"CN=Users,{BASE}"
    found = _groups(domain, {"baseDn": users, "filter": "(cn=Domain Users)"})
    assert len(found) == len(EVERYBODY)
    assert set(found.values()) == {"Domain Users"}


def test_groups_of_a_part_hold_members_through_groups_elsewhere(domain: Samba) -> None:
    # Users is a built-in group, and Domain Users, which lies in another container, is in it
    built_in = {"baseDn": f"CN=Builtin,{BASE}", "nested": True, "filter": "(cn=Users)"}
    found = _groups(domain, built_in)
    assert len(found) == len(EVERYBODY)


@pytest.fixture
def proxied(domain: Samba, authority: Authority) -> Proxied:
    """Give what reads through a proxy that retells the domain controller's answers."""
    issued = authority.issue("proxy", [HOST])
    return lambda retell: LdapProxy(
        (domain.address, LDAPS_PORT), retell, (issued.server_side(), authority.client_side())
    )


@pytest.mark.parametrize("most", [1_500, 250])
def test_members_that_come_in_ranges_are_read_to_the_end(domain: Samba, proxied: Proxied, most: int) -> None:
    with proxied(in_ranges(most)) as proxy:
        outcome = _read(
            domain,
            "cn",
            "@groups0",
            servers=[proxy.url],
            baseDns=[CROWDS % MANY],
            filter="(objectClass=contact)",
            groups=_member_of({"membership": ["member"], "filter": "(cn=Big)"}),
        )
    assert len(outcome.records) == MANY
    assert {paths for _, paths in outcome.records.values()} == {"Big"}


def test_ranges_of_one_value_are_read_to_the_end(domain: Samba, proxied: Proxied) -> None:
    small = {"membership": ["member"], "filter": "(&(objectCategory=group)(!(cn=Big)))"}
    with proxied(in_ranges(1)) as proxy:
        assert _groups(domain, small, servers=[proxy.url]) == _groups(domain, small)


@pytest.mark.parametrize(
    ("changed", "message", "hint"),
    [
        pytest.param(
            {"bind": {"user": READER, "password": "env:WRONG"}},
            "(the password is wrong)",
            "bind.password",
            id="a wrong password",
        ),
        pytest.param(
            {"bind": {"user": "nobody@corp.example", "password": "env:WRONG"}},
            "invalidCredentials (49)",
            "bind.user",
            id="no such account",
        ),
        pytest.param(
            {"baseDns": ["OU=Nowhere,DC=corp,DC=example"]}, "noSuchObject (32)", "baseDns", id="no base"
        ),
        pytest.param(
            {"baseDns": ["DC=elsewhere,DC=example"]}, "noSuchObject (32)", "baseDns", id="another domain"
        ),
        pytest.param(
            {"filter": "(nonsense=1)"}, "no attribute nonsense", "filter", id="an unknown attribute"
        ),
        pytest.param({"bind": "anonymous"}, "operationsError (1)", "bind", id="no bind"),
    ],
)
def test_a_wrong_setting_is_named(domain: Samba, changed: dict[str, object], message: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        _read(domain, "cn", **changed)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_bind_without_tls_is_refused_and_the_way_out_named(domain: Samba) -> None:
    with pytest.raises(SourceError, match=r"strongerAuthRequired \(8\)") as caught:
        _read(domain, "cn", servers=[domain.url], startTls=False)
    assert "ldaps://" in caught.value.hint
    assert _read(domain, "cn", servers=[domain.url]).records.keys() == EVERYBODY
