"""What is read of a real OpenLDAP, and what proves that it was all."""

from __future__ import annotations

import base64

import pytest

from reconciler.errors import SourceDataError
from support.ldap_people import ADA, ALAN, GRACE, JOSE, MARIE, ORGANIZATION, PEOPLE, person
from support.ldap_source import Outcome, read_source, slapd_settings
from support.slapd import BASE, Slapd, StartSlapd

pytestmark = pytest.mark.slapd

EVERYBODY = {ADA, ALAN, GRACE, JOSE, MARIE}


def _read(server: Slapd, *attributes: str, **changed: object) -> Outcome:
    return read_source(slapd_settings(server, **changed), *attributes)


def _sorted(outcome: Outcome) -> set[str]:
    """Return the DNs as the tests write them: OpenLDAP sorts the parts of a level."""
    return {dn.replace("cn=José Núñez+uid=josé", "uid=josé+cn=José Núñez") for dn in outcome.records}


def test_everybody_is_read_with_what_was_asked(organization: Slapd) -> None:
    outcome = _read(organization, "uid", "cn", "departmentNumber", "employeeNumber")
    assert _sorted(outcome) == EVERYBODY
    assert outcome.records[ADA] == ("ada", "Ada Lovelace", ("IT", "IT Support", "Maths"), "00123")
    assert outcome.records[MARIE] == ("marie", "Curie, Marie", "Physics", "")
    assert outcome.reading.records == 5


def test_the_reading_says_what_proves_it(organization: Slapd) -> None:
    outcome = _read(organization, "uid", pageSize=2)
    assert [fact.name for fact in outcome.reading.facts] == [
        "server",
        "TLS",
        "account",
        "schema",
        f"entries under {PEOPLE}",
        f"entries under {PEOPLE} as the server counts",
    ]
    assert outcome.fact("server") == organization.ldaps_url
    assert outcome.fact("TLS") == "TLSv1.3, certificate verified"
    assert outcome.fact("account") == f"cn=reader,{BASE}"
    assert outcome.fact(f"entries under {PEOPLE}") == "5 in 3 pages, the last by the server's word"
    assert outcome.fact(f"entries under {PEOPLE} as the server counts") == "5"
    assert outcome.reading.counted == 5


@pytest.mark.parametrize(
    ("changed", "warnings"),
    [
        pytest.param({}, [], id="TLS, verified"),
        pytest.param({"startTls": False}, ["is not encrypted (startTls: false)"], id="no TLS"),
        pytest.param(
            {"tls": {"verify": False}},
            ["nobody checks who the directory is (tls.verify: false)"],
            id="no check",
        ),
    ],
)
def test_an_unsafe_connection_warns_in_every_reading(
    organization: Slapd, changed: dict[str, object], warnings: list[str]
) -> None:
    outcome = _read(organization, "uid", servers=[organization.url], **changed)
    told = [fact.value for fact in outcome.reading.facts if fact.name == "warning"]
    assert len(told) == len(warnings)
    assert all(wanted in warning for wanted, warning in zip(warnings, told, strict=True))


@pytest.mark.parametrize("page_size", [0, 1, 2, 4, 5, 6, 1000])
def test_the_size_of_pages_changes_nothing(organization: Slapd, page_size: int) -> None:
    outcome = _read(organization, "uid", "mail", pageSize=page_size)
    assert outcome.records == _read(organization, "uid", "mail").records


def test_names_of_attributes_have_no_case_and_aliases_stand_for_what_they_are(organization: Slapd) -> None:
    outcome = _read(organization, "UID", "commonName", "MAIL", "mail", "dn", "DN")
    assert outcome.records[ADA] == ("ada", "Ada Lovelace", "ada@example.org", "ada@example.org", ADA, ADA)


def test_an_attribute_with_an_option_is_another_attribute(organization: Slapd) -> None:
    outcome = _read(organization, "cn;lang-de", "cn")
    assert outcome.records[ADA] == ("Ada von Lovelace", "Ada Lovelace")
    assert outcome.records[ALAN] == ("", "Alan\\Turing")


def test_operational_attributes_are_read_by_name(organization: Slapd) -> None:
    outcome = _read(organization, "entryUUID")
    assert all(len(cell) == 36 for (cell,) in outcome.records.values())


def test_what_is_binary_and_has_no_text_form_stops_the_source(organization: Slapd) -> None:
    with pytest.raises(SourceDataError, match="jpegPhoto is not text") as caught:
        _read(organization, "uid", "jpegPhoto")
    assert caught.value.where == ADA


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        pytest.param({"filter": "(departmentNumber=IT)"}, {ADA, GRACE}, id="an LDAP filter"),
        pytest.param({"filter": " ( & (uid=a*) (!(uid=ada)) ) "}, {ALAN}, id="an LDAP filter with spaces"),
        pytest.param({"filters": ["departmentNumber=IT*"]}, {ADA, GRACE}, id="a row with a wildcard behind"),
        pytest.param({"filters": ["cn=*ing"]}, {ALAN}, id="a row with a wildcard before"),
        pytest.param({"filters": ["cn=*urin*"]}, {ALAN}, id="a row with wildcards at both ends"),
        pytest.param({"filters": ["mail=*"]}, {ADA, ALAN, GRACE, MARIE}, id="a row for any value"),
        pytest.param({"filters": ["uid=ada", "uid=alan"]}, {ADA, ALAN}, id="one row of several is enough"),
        pytest.param({"filters": ["cn=Grace (Hopper) *"]}, {GRACE}, id="parentheses in a row are text"),
        pytest.param({"filters": ["cn=Alan\\Turing"]}, {ALAN}, id="a backslash in a row is text"),
        pytest.param({"filters": ["cn=José Núñez"]}, {JOSE}, id="a row that is not ASCII"),
        pytest.param(
            {"filters": ["cn=José*", "uid=*)(uid=*"]}, {JOSE}, id="no filter comes in through a row"
        ),
        pytest.param({"scope": "oneLevel"}, {GRACE}, id="one level"),
        pytest.param({"scope": "base", "baseDns": [ADA]}, {ADA}, id="one entry"),
        pytest.param({"baseDns": [f"ou=Czechia,{PEOPLE}"]}, {ADA, ALAN, JOSE}, id="a part"),
        pytest.param(
            {"baseDns": [f"ou=Praha,ou=Czechia,{PEOPLE}", f"ou=Paris \\+ Lyon,{PEOPLE}"]},
            {ADA, JOSE, MARIE},
            id="two parts",
        ),
        pytest.param(
            {"baseDns": [f"ou=praha, OU=Czechia,{PEOPLE}", PEOPLE, f"OU=people,{BASE}"]},
            EVERYBODY,
            id="parts that overlap",
        ),
        pytest.param(
            {
                "baseDns": [PEOPLE, f"ou=Empty,{PEOPLE}"],
                "scope": "oneLevel",
                "mayBeEmpty": {"baseDns": [f"ou=empty,{PEOPLE}"]},
            },
            {GRACE},
            id="a part that may be empty",
        ),
    ],
)
def test_the_settings_choose_who_counts(
    organization: Slapd, changed: dict[str, object], found: set[str]
) -> None:
    assert _sorted(_read(organization, "uid", **changed)) == found


def test_a_base_dn_inside_another_is_counted_there(organization: Slapd) -> None:
    inner = f"ou=Praha,ou=Czechia,{PEOPLE}"
    outcome = _read(organization, "uid", baseDns=[inner, PEOPLE, f"ou=Czechia,{PEOPLE}"])
    assert outcome.reading.records == 5
    assert outcome.fact(f"entries under {inner}") == f"counted under {PEOPLE}"


def test_an_entry_of_several_hundred_values_comes_whole(start_slapd: StartSlapd) -> None:
    addresses = sorted(base64.b32encode(bytes([n % 256, n // 256])).decode() for n in range(3_000))
    many = person(f"uid=many,{PEOPLE}", "many", departmentNumber=list(addresses))
    server = start_slapd([*ORGANIZATION, many])
    outcome = _read(server, "departmentNumber", filter="(uid=many)")
    assert list(outcome.records.values()) == [(tuple(addresses),)]
