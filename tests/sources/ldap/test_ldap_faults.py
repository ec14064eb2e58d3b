"""Whatever keeps a directory from being read to the end is an error that names the setting to look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import SourceDataError, SourceError, SourceUnavailable
from support.authority import Authority
from support.ldap_people import ADA, ORGANIZATION, OVERLAYS, PEOPLE, person
from support.ldap_proxy import LdapProxy, claiming, silent_before, swallowing
from support.ldap_source import Outcome, finish, ldap_spec, read_source, slapd_settings, surroundings
from support.slapd import BASE, EVERYTHING_TO_THE_READER, HOST, READER, Entry, Slapd, StartSlapd

pytestmark = pytest.mark.slapd

CROWD: tuple[Entry, ...] = tuple(person(f"uid=u{n},{PEOPLE}", f"u{n}") for n in range(600))


def _read(server: Slapd, *attributes: str, **changed: object) -> Outcome:
    return read_source(slapd_settings(server, **changed), *attributes)


def _failure(server: Slapd, *attributes: str, **changed: object) -> SourceError:
    """Return the error of a read that must fail, exit code 6 and with a hint."""
    with pytest.raises(SourceError) as caught:
        _read(server, *(attributes or ("uid",)), **changed)
    assert caught.value.exit_code == 6
    assert caught.value.hint
    assert caught.value.where
    return caught.value


@pytest.mark.parametrize("page_size", [0, 100, 1000])
def test_the_size_limit_of_a_fresh_openldap_is_no_end_of_a_read(
    start_slapd: StartSlapd, page_size: int
) -> None:
    server = start_slapd([*ORGANIZATION, *CROWD], top="")
    error = _failure(server, pageSize=page_size)
    assert "sizeLimitExceeded (4)" in error.message
    assert "limits" in error.hint
    assert "500" in error.hint


def test_a_limit_lifted_for_the_bind_account_lets_all_through(start_slapd: StartSlapd) -> None:
    limits = f'limits dn.exact="{READER}" size=unlimited'
    server = start_slapd([*ORGANIZATION, *CROWD], top="", extra=limits)
    assert _read(server, "uid", pageSize=100).reading.records == 605


@pytest.mark.parametrize(
    ("code", "said", "hint"),
    [
        pytest.param(3, "timeLimitExceeded (3)", "limits", id="time limit"),
        pytest.param(4, "sizeLimitExceeded (4)", "limits", id="size limit"),
        pytest.param(11, "adminLimitExceeded (11)", "limits", id="administrative limit"),
        pytest.param(51, "busy (51)", "log", id="busy"),
        pytest.param(80, "other (80)", "log", id="any other trouble"),
    ],
)
def test_a_result_that_is_no_success_ends_no_read(
    organization: Slapd, code: int, said: str, hint: str
) -> None:
    with LdapProxy((HOST, organization.port), claiming(code, "uid=")) as proxy:
        error = _failure(organization, servers=[proxy.url], startTls=False, countQuery=False)
    assert said in error.message
    assert hint in error.hint
    assert PEOPLE in error.where


def test_a_server_that_stops_between_two_pages_ends_no_read(start_slapd: StartSlapd) -> None:
    server = start_slapd([*ORGANIZATION, *CROWD])
    settings = slapd_settings(server, pageSize=100)
    read = ldap_spec(settings).reader(surroundings(Path())).read(("uid",))
    assert len(next(read).origins) == 100
    server.stop()
    with pytest.raises(SourceUnavailable) as caught:
        finish(read)
    assert "connection" in caught.value.message
    assert "try again" in caught.value.hint


@pytest.mark.parametrize("tls", [False, True])
def test_a_server_without_a_word_is_waited_for_so_long(
    organization: Slapd, authority: Authority, *, tls: bool
) -> None:
    contexts = (authority.issue("silent", [HOST]).server_side(), authority.client_side()) if tls else None
    target = (HOST, organization.tls_port if tls else organization.port)
    with LdapProxy(target, silent_before("uid="), contexts) as proxy:
        error = _failure(organization, servers=[proxy.url], startTls=False, timeouts={"answer": 1})
    assert isinstance(error, SourceUnavailable)
    assert "timed out" in error.message


NOBODY_TO_SEE = f"""
access to dn.subtree="{PEOPLE}" attrs=entry,children by dn.exact="{READER}" {{base}} by * none
access to dn.subtree="{PEOPLE}" by * none
{EVERYTHING_TO_THE_READER}
"""


@pytest.mark.parametrize(
    ("access", "message"),
    [
        pytest.param(
            f'access to dn.subtree="{PEOPLE}" by * none',
            "noSuchObject (32)",
            id="not even the base DN to be seen",
        ),
        pytest.param(
            f'access to dn.subtree="{PEOPLE}" by * disclose',
            "insufficientAccessRights (50)",
            id="the base DN disclosed and not shown",
        ),
        pytest.param(
            f'access to dn.base="{PEOPLE}" by * search',
            "showed nothing",
            id="the base DN found and not shown",
        ),
        pytest.param(
            f'access to dn.children="{PEOPLE}" by * none',
            "success, and no entries",
            id="nobody under the base DN",
        ),
        pytest.param(
            f'access to dn.subtree="{PEOPLE}" filter=(objectClass=person) by * none',
            "success, and no entries",
            id="no person under the base DN",
        ),
    ],
)
def test_an_account_that_lost_its_rights_ends_no_read(
    start_slapd: StartSlapd, access: str, message: str
) -> None:
    server = start_slapd(ORGANIZATION, access=access + EVERYTHING_TO_THE_READER)
    error = _failure(server)
    assert message in error.message
    assert "bind account" in error.hint


def test_rights_lost_on_one_of_several_base_dns_end_the_read(start_slapd: StartSlapd) -> None:
    paris, czechia = f"ou=Paris \\2B Lyon,{PEOPLE}", f"ou=Czechia,{PEOPLE}"
    hidden = f'access to dn.children="{czechia}" by * none{EVERYTHING_TO_THE_READER}'
    server = start_slapd(ORGANIZATION, access=hidden)
    error = _failure(server, baseDns=[paris, czechia])
    assert "success, and no entries" in error.message
    assert error.where == czechia


def test_rights_lost_on_one_attribute_end_the_read(start_slapd: StartSlapd) -> None:
    server = start_slapd(ORGANIZATION, access=f"access to attrs=mail by * none{EVERYTHING_TO_THE_READER}")
    error = _failure(server, "uid", "mail")
    assert error.message == "not one of 5 entries has mail"
    outcome = _read(server, "uid", "mail", mayBeEmpty={"attributes": ["MAIL"]})
    assert outcome.records[ADA] == ("ada", "")


def test_an_attribute_that_the_directory_does_not_have_is_named(organization: Slapd) -> None:
    error = _failure(organization, "uid", "employeeNumer")
    assert isinstance(error, SourceDataError)
    assert error.message == "the directory has no attribute employeeNumer"
    assert "did you mean employeeNumber?" in error.hint


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param(
            {"filter": "(sAMAccountName=ada)"}, "no attribute sAMAccountName", id="an unknown attribute"
        ),
        pytest.param({"filters": ["room=1"]}, "no attribute room", id="an unknown attribute in a row"),
        pytest.param(
            {"filter": "(member:1.2.840.113556.1.4.1941:=cn=x)"},
            "matching rule 1.2.840.113556.1.4.1941",
            id="a rule of another make",
        ),
    ],
)
def test_a_filter_that_would_find_nobody_by_mistake_is_refused(
    organization: Slapd, changed: dict[str, object], message: str
) -> None:
    assert message in _failure(organization, **changed).message


@pytest.mark.parametrize(
    ("changed", "message", "setting"),
    [
        pytest.param(
            {"baseDns": [f"ou=Nowhere,{BASE}"]},
            f"noSuchObject (32), knowing only '{BASE}'",
            "baseDns",
            id="no such base DN",
        ),
        pytest.param(
            {"baseDns": ["dc=elsewhere"]}, "noSuchObject (32)", "baseDns", id="another directory's DN"
        ),
        pytest.param({"baseDns": ["nothing=x"]}, "invalidDNSyntax (34)", "baseDns", id="no DN to the server"),
        pytest.param(
            {"bind": {"user": READER, "password": "env:WRONG"}},
            "invalidCredentials (49)",
            "bind.password",
            id="a wrong password",
        ),
        pytest.param(
            {"bind": {"user": f"cn=nobody,{BASE}", "password": "env:WRONG"}},
            "invalidCredentials (49)",
            "bind.user",
            id="no such account",
        ),
        pytest.param(
            {"bind": {"user": "not a dn", "password": "env:WRONG"}},
            "invalidDNSyntax (34)",
            "bind",
            id="an account that is no DN",
        ),
        pytest.param({"bind": "anonymous"}, "noSuchObject (32)", "bind account", id="nobody sees anything"),
    ],
)
def test_a_wrong_setting_is_named(
    organization: Slapd, changed: dict[str, object], message: str, setting: str
) -> None:
    error = _failure(organization, **changed)
    assert message in error.message
    assert setting in error.hint


def test_the_password_is_in_no_message(organization: Slapd) -> None:
    error = _failure(organization, bind={"user": READER, "password": "env:WRONG"})
    assert "not the password" not in str(error)


@pytest.mark.parametrize(
    ("access", "hint"),
    [
        pytest.param("security simple_bind=128", "ldaps://", id="a bind"),
        pytest.param("security tls=128", "ldaps://", id="a search"),
    ],
)
def test_a_server_that_wants_tls_gets_none_and_says_so(
    start_slapd: StartSlapd, access: str, hint: str
) -> None:
    server = start_slapd(ORGANIZATION, top=access)
    error = _failure(server, servers=[server.url], startTls=False)
    assert "confidentialityRequired (13)" in error.message
    assert hint in error.hint
    assert _read(server, "uid", servers=[server.url]).reading.records == 5


def test_fewer_entries_than_the_server_counts_end_the_read(start_slapd: StartSlapd) -> None:
    server = start_slapd([*ORGANIZATION, *CROWD], extra=OVERLAYS)
    with LdapProxy((HOST, server.port), swallowing("uid=u5")) as proxy:
        error = _failure(server, servers=[proxy.url], startTls=False)
        assert error.message == "494 entries came, and the server counts 605"
        assert "countQuery" in error.hint
        outcome = _read(server, "uid", servers=[proxy.url], startTls=False, countQuery=False)
    assert outcome.reading.records == 494


def test_a_server_that_is_too_busy_to_count_is_believed_without(organization: Slapd) -> None:
    with LdapProxy((HOST, organization.port), claiming(51, "uid=", only_first=True)) as proxy:
        outcome = _read(organization, "uid", servers=[proxy.url], startTls=False)
    assert outcome.reading.records == 5
    assert not [fact for fact in outcome.reading.facts if "counts" in fact.name]


def test_people_who_leave_while_they_are_read_are_no_doubt(start_slapd: StartSlapd) -> None:
    server = start_slapd([*ORGANIZATION, *CROWD], extra=OVERLAYS)
    read = ldap_spec(slapd_settings(server, pageSize=100)).reader(surroundings(Path())).read(("uid",))
    next(read)
    server.remove(f"uid=u599,{PEOPLE}")
    outcome = finish(read)
    assert outcome.reading.records == 604
