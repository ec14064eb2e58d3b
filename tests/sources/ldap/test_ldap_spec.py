"""What a manifest can say of an LDAP source, and what it is refused for."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from reconciler.sources.ldap import LdapGroupImport, LdapSpec, MemberOf
from reconciler.sources.ldap.access import LdapAccess

LEAST: dict[str, object] = {
    "type": "ldap",
    "mapping": "people",
    "directory": "activeDirectory",
    "servers": ["ldaps://dc1.corp.example"],
    "bind": {"user": "svc@corp.example", "password": "env:LDAP_PASSWORD"},
    "baseDns": ["OU=Staff,DC=corp,DC=example"],
}


def _spec(**changed: object) -> LdapSpec:
    settings = {name: value for name, value in {**LEAST, **changed}.items() if value is not None}
    return LdapSpec.model_validate_json(json.dumps(settings))


def test_the_least_is_enough() -> None:
    spec = _spec()
    assert spec.page_size == 1000
    assert spec.scope == "subtree"
    assert spec.referrals == "refuse"
    assert spec.tls.verify
    assert spec.start_tls
    assert spec.warnings() == ()
    assert spec.entries(spec.traits.people) == "(&(objectCategory=person)(objectClass=user))"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"servers": None}, "name `servers`, or a `domain`", id="nowhere to go"),
        pytest.param({"servers": ["http://dc1"]}, "servers.0", id="another protocol"),
        pytest.param({"servers": ["ldaps://dc1:99999"]}, "no port between 1 and 65535", id="no such port"),
        pytest.param({"bind": None}, "bind", id="no word about the bind: nobody is anonymous by accident"),
        pytest.param({"bind": "none"}, "'external', 'kerberos' or 'anonymous'", id="an unknown bind"),
        pytest.param({"bind": {"user": "a", "password": "secret"}}, "password", id="a password in the file"),
        pytest.param({"bind": {"user": "", "password": "env:A"}}, "user", id="an empty account"),
        pytest.param({"bind": "external"}, "`bind: external` needs", id="external without a certificate"),
        pytest.param(
            {"tls": {"clientCertificate": "a.pem"}}, "given together", id="a certificate without a key"
        ),
        pytest.param({"tls": {"clientKey": "file:/a"}}, "given together", id="a key without a certificate"),
        pytest.param(
            {"tls": {"clientKeyPassword": "env:A"}}, "is for a `clientKey`", id="a password for no key"
        ),
        pytest.param({"tls": {"verify": "try"}}, "verify", id="half a verification"),
        pytest.param({"directory": "samba"}, "directory", id="an unknown make"),
        pytest.param({"baseDns": []}, "baseDns", id="no base DN"),
        pytest.param({"baseDns": ["Staff"]}, "'Staff' is no DN", id="a base DN that is none"),
        pytest.param(
            {"mayBeEmpty": {"baseDns": ["Staff"]}}, "'Staff' is no DN", id="an empty base DN that is none"
        ),
        pytest.param({"scope": "sub"}, "scope", id="an unknown scope"),
        pytest.param({"filter": "department=IT"}, "'(' is missing", id="a filter that is none"),
        pytest.param({"filters": ["department"]}, "is not `Attribute=Value`", id="a row that is none"),
        pytest.param({"filter": "(a=1)", "filters": ["a=1"]}, "not both", id="both kinds of filter"),
        pytest.param({"pageSize": -1}, "pageSize", id="a negative page"),
        pytest.param({"timeouts": {"connect": 0}}, "connect", id="no time at all"),
        pytest.param({"referrals": "chase"}, "referrals", id="an unknown word for referrals"),
        pytest.param(
            {"directory": "openLdap", "accounts": {"disabled": "exclude"}},
            "`accounts.disabled: exclude` works with",
            id="disabled accounts of a make that has none",
        ),
        pytest.param(
            {"directory": "google", "accounts": {"expired": "exclude"}},
            "`accounts.expired: exclude` works with",
            id="expired accounts of a make that has none",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _spec(**changed)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("way", "message"),
    [
        pytest.param({"ouIndex": 0}, "ouIndex", id="an index counts from 1"),
        pytest.param({"ouTree": {"stripLeft": 0}}, "stripLeft", id="the own name is stripped"),
        pytest.param({"ouTree": {"stripRight": 0}}, "stripRight", id="one level on the right is stripped"),
        pytest.param({"memberOf": {}}, "baseDn", id="groups without a base DN"),
        pytest.param({"memberOf": {"baseDn": "Groups"}}, "'Groups' is no DN", id="a base DN that is none"),
        pytest.param({"memberOf": {"baseDn": "dc=x", "filter": "x"}}, "'(' is missing", id="no filter"),
        pytest.param({"memberOf": {"baseDn": "dc=x", "name": "a b"}}, "name", id="no attribute"),
        pytest.param(
            {"memberOf": {"baseDn": "dc=x", "membership": ["member", "memberOf"]}},
            "not of both",
            id="both sides",
        ),
        pytest.param(
            {"memberOf": {"baseDn": "dc=x"}, "makeDefault": True}, "makeDefault", id="no one default"
        ),
    ],
)
def test_a_way_to_import_groups_that_cannot_be_meant_is_refused(way: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _spec(groups={"import": [way]})
    assert message in str(caught.value)


def test_ways_that_the_reader_works_out_have_names_by_their_position() -> None:
    ways = [{"attribute": "%department%"}, {"ouIndex": 1}, {"ouTree": {}}, {"memberOf": {"baseDn": "dc=x"}}]
    imports = _spec(groups={"import": ways}).groups.import_
    names = [way.ready_attribute(position) for position, way in enumerate(imports)]
    assert names == [None, "@groups1", "@groups2", "@groups3"]
    assert set(LdapGroupImport.ways) < LdapGroupImport.model_fields.keys()


def test_filters_are_put_beside_what_is_usual_and_a_filter_in_its_place() -> None:
    rows = MemberOf(base_dn="dc=x", filters=("cn=A*", "cn=*B"))
    assert rows.entries("(objectClass=group)") == "(&(objectClass=group)(|(cn=A*)(cn=*B)))"
    assert MemberOf(base_dn="dc=x", filter="( cn=A )").entries("(objectClass=group)") == "(cn=A\\20)"
    assert MemberOf(base_dn="dc=x").entries("(objectClass=group)") == "(objectClass=group)"


def test_a_domain_stands_for_its_servers() -> None:
    spec = _spec(servers=None, domain="corp.example")
    assert spec.addresses() == ()
    assert spec.warnings() == ()


def test_every_way_to_be_unsafe_has_its_warning() -> None:
    spec = _spec(
        servers=["ldap://a", "ldaps://b", "ldap://c:3389"],
        startTls=False,
        bind="anonymous",
        tls={"verify": False},
    )
    assert spec.warnings() == (
        "the connection to ldap://a, ldap://c:3389 is not encrypted (startTls: false)",
        "nobody checks who the directory is (tls.verify: false)",
        "the directory is read without an account (bind: anonymous)",
    )


def test_every_field_says_what_it_is() -> None:
    for model in (LdapSpec, LdapAccess, MemberOf, LdapGroupImport):
        silent = [name for name, field in model.model_fields.items() if not field.description]
        assert set(silent) <= {
            "options",
            "groups",
            "adopt",
            "expect",
            "tls",
            "timeouts",
            "accounts",
            "may_be_empty",
            "type",
        }
