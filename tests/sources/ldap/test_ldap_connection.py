"""How a directory is reached: TLS, certificates, failover, and what each failure says."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from reconciler.errors import SourceError, SourceUnavailable
from reconciler.sources.ldap import srv as ldap_srv
from support.authority import Authority, make_authority
from support.dns_server import dns_server
from support.ldap_messages import done, number, short, text
from support.ldap_people import ORGANIZATION
from support.ldap_proxy import operation
from support.ldap_source import Outcome, read_source, slapd_settings
from support.slapd import HOST, READER, Slapd, StartSlapd, free_ports

pytestmark = pytest.mark.slapd


def _read(server: Slapd, **changed: object) -> Outcome:
    return read_source(slapd_settings(server, **changed), "uid", folder=server.folder)


def _failure(server: Slapd, **changed: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        _read(server, **changed)
    assert caught.value.exit_code == 6
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("host", [HOST, "localhost"])
def test_ldaps_is_verified_by_address_and_by_name(organization: Slapd, host: str) -> None:
    url = f"ldaps://{host}:{organization.tls_port}"
    outcome = _read(organization, servers=[url])
    assert (outcome.fact("server"), outcome.fact("TLS")) == (url, "TLSv1.3, certificate verified")


def test_starttls_is_what_happens_on_ldap(organization: Slapd) -> None:
    assert _read(organization, servers=[organization.url]).fact("TLS") == "TLSv1.3, certificate verified"


def test_without_tls_it_says_so(organization: Slapd) -> None:
    assert _read(organization, servers=[organization.url], startTls=False).fact("TLS") == "none"


@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
def test_a_server_of_a_foreign_authority_is_not_believed(
    organization: Slapd, tmp_path: Path, scheme: str
) -> None:
    foreign = make_authority(tmp_path, "Somebody else")
    url = organization.ldaps_url if scheme == "ldaps" else organization.url
    for tls in ({}, {"caFile": str(foreign.ca)}):
        error = _failure(organization, servers=[url], tls=tls)
        assert "certificate is not believed" in error.message
        assert "tls.caFile" in error.hint
    unverified = _read(organization, servers=[url], tls={"verify": False})
    assert unverified.fact("TLS") == "TLSv1.3, certificate not verified"


def test_a_certificate_for_another_name_is_not_believed(
    start_slapd: StartSlapd, authority: Authority
) -> None:
    server = start_slapd(ORGANIZATION, authority.issue("elsewhere", ["elsewhere.example.org"]))
    for url in (server.ldaps_url, server.url):
        error = _failure(server, servers=[url])
        assert "IP address mismatch" in error.message
        assert "what its certificate calls it" in error.hint


@pytest.mark.parametrize(
    ("tls", "message", "where"),
    [
        pytest.param(
            {"caFile": "missing.pem"}, "missing.pem cannot be used", "tls.caFile", id="no such file"
        ),
        pytest.param(
            {"caFile": "slapd.conf"}, "slapd.conf cannot be used", "tls.caFile", id="no certificates"
        ),
        pytest.param(
            {"clientCertificate": "missing.pem", "clientKey": "env:LDAP_PASSWORD"},
            "missing.pem cannot be used",
            "tls.clientCertificate",
            id="no such certificate",
        ),
        pytest.param(
            {"clientCertificate": "slapd.conf", "clientKey": "env:LDAP_PASSWORD"},
            "slapd.conf cannot be used",
            "tls.clientCertificate",
            id="a key that is none",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    organization: Slapd, tls: dict[str, str], message: str, where: str
) -> None:
    error = _failure(organization, tls=tls)
    assert message in error.message
    assert error.where == where


CLIENTS = """
TLSVerifyClient demand
authz-regexp "cn=reader machine" "cn=reader,dc=example,dc=org"
"""


@pytest.mark.parametrize("key_password", ["", "open sesame"])
def test_a_client_certificate_says_who_we_are(
    start_slapd: StartSlapd, authority: Authority, tmp_path: Path, key_password: str
) -> None:
    server = start_slapd(ORGANIZATION, top=CLIENTS)
    issued = authority.issue("reader machine", key_password=key_password)
    tls = {
        "caFile": str(authority.ca),
        "clientCertificate": str(issued.certificate),
        "clientKey": f"file:{issued.key}",
    }
    if key_password:
        (tmp_path / "password").write_text(key_password, encoding="utf-8")
        tls["clientKeyPassword"] = f"file:{tmp_path / 'password'}"
    assert _read(server, bind="external", tls=tls).fact("account") == READER
    assert _read(server, tls=tls).reading.records == 5


def test_a_server_that_asks_for_a_certificate_gets_none_and_says_so(start_slapd: StartSlapd) -> None:
    error = _failure(start_slapd(ORGANIZATION, top=CLIENTS))
    assert isinstance(error, SourceUnavailable)


def test_a_key_with_a_wrong_password_is_named(organization: Slapd, authority: Authority) -> None:
    issued = authority.issue("locked", key_password="right")
    tls = {"clientCertificate": str(issued.certificate), "clientKey": f"file:{issued.key}"}
    for password in ({}, {"clientKeyPassword": "env:WRONG"}):
        assert _failure(organization, tls={**tls, **password}).where == "tls.clientCertificate"


def test_the_next_server_is_asked_when_one_cannot_be_reached(organization: Slapd) -> None:
    (dead,) = free_ports(1)
    servers = [f"ldaps://{HOST}:{dead}", "ldaps://no-such-host.invalid", organization.ldaps_url]
    assert _read(organization, servers=servers).fact("server") == organization.ldaps_url


def test_all_servers_are_named_when_none_can_be_reached(organization: Slapd) -> None:
    (dead,) = free_ports(1)
    error = _failure(organization, servers=[f"ldaps://{HOST}:{dead}", "ldaps://no-such-host.invalid"])
    assert isinstance(error, SourceUnavailable)
    assert "none of the 2 servers" in error.message
    assert "Connection refused" in error.message
    assert (
        "no-such-host.invalid:636: connecting: the connection failed: the name of the server" in error.message
    )


def test_a_domain_leads_to_its_servers(organization: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldap_srv, "LDAPS_PORT", organization.tls_port)
    with dns_server(["0 0 389 no-such-host.invalid.", "1 0 389 localhost."]) as resolver:
        monkeypatch.setattr(ldap_srv, "Resolver", lambda: resolver)
        outcome = _read(organization, servers=[], domain="corp.example")
    assert outcome.fact("server") == f"ldaps://localhost:{organization.tls_port}"


def test_a_refused_password_is_not_tried_on_the_next_server(organization: Slapd) -> None:
    wrong = {"user": READER, "password": "env:WRONG"}
    (dead,) = free_ports(1)
    error = _failure(organization, servers=[organization.ldaps_url, f"ldaps://{HOST}:{dead}"], bind=wrong)
    assert "invalidCredentials" in error.message


def test_an_empty_password_never_becomes_an_anonymous_bind(organization: Slapd) -> None:
    error = _failure(organization, bind={"user": READER, "password": "env:EMPTY"})
    assert error.message == "env:EMPTY holds an empty password"


def test_an_anonymous_bind_reads_what_anybody_may(start_slapd: StartSlapd) -> None:
    server = start_slapd(ORGANIZATION, access="access to * by * read")
    outcome = _read(server, bind="anonymous")
    assert outcome.reading.records == 5
    told = [fact.value for fact in outcome.reading.facts if fact.name == "warning"]
    assert told == ["the directory is read without an account (bind: anonymous)"]


def test_a_wrong_kind_of_port_is_named(organization: Slapd) -> None:
    error = _failure(organization, servers=[organization.url.replace("ldap:", "ldaps:")])
    assert "TLS could not begin" in error.message
    assert "636" in error.hint
    error = _failure(organization, servers=[organization.ldaps_url.replace("ldaps:", "ldap:")])
    assert "StartTLS" in error.where


def test_kerberos_without_its_library_names_the_extra(organization: Slapd) -> None:
    error = _failure(organization, bind="kerberos")
    assert "myq-reconciler[kerberos]" in error.hint


def test_kerberos_without_a_ticket_says_so(
    organization: Slapd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "gssapi"
    package.mkdir()
    (package / "__init__.py").write_text(TICKETLESS, encoding="utf-8")
    (package / "exceptions.py").write_text("class GSSError(Exception): pass\n", encoding="utf-8")
    (package / "raw.py").write_text("ChannelBindings = dict\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    error = _failure(organization, bind="kerberos")
    for name in [
        name for name in sys.modules if name.partition(".")[0] == "gssapi" or name.endswith("sasl.kerberos")
    ]:
        monkeypatch.delitem(sys.modules, name)
    assert error.message == "Kerberos refuses: no credentials cache found"
    assert "kinit" in error.hint


TICKETLESS = """
from gssapi.exceptions import GSSError

class NameType:
    hostbased_service = 1

class MechType:
    kerberos = 2

def Name(*_): return "ldap"

def SecurityContext(*_, **__): raise GSSError("no credentials cache found")
"""
"""A Kerberos library as it is on a machine without a ticket, as far as ldap3 uses it until then."""


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n", id="HTTP"),
        pytest.param(lambda asked: short(0x30, number(asked), b"\x99\x00"), id="no message of LDAP"),
        pytest.param(lambda asked: short(0x30, number(asked), short(0x61, text("?"))), id="no result"),
    ],
)
def test_a_port_that_does_not_speak_ldap_is_named(organization: Slapd, said: Callable[[int], bytes]) -> None:
    with answering(said) as port:
        error = _failure(
            organization, servers=[f"ldap://{HOST}:{port}"], startTls=False, timeouts={"answer": 2}
        )
    assert "LDAP" in error.hint or "try again" in error.hint
    with answering(said) as port:
        error = _failure(organization, servers=[f"ldap://{HOST}:{port}"], timeouts={"answer": 2})
    assert "StartTLS" in error.where


def test_a_server_that_refuses_starttls_says_why(organization: Slapd) -> None:
    with answering(lambda asked: done(asked, code=52, tag=0x78)) as port:
        error = _failure(organization, servers=[f"ldap://{HOST}:{port}"])
    assert "unavailable (52)" in error.message
    assert "StartTLS" in error.where


@contextmanager
def answering(said: Callable[[int], bytes]) -> Iterator[int]:
    """Say this, given the id of a message, to whoever asks anything, and hang up."""
    with socket.create_server((HOST, 0)) as listener:

        def answer() -> None:
            near, _ = listener.accept()
            with near:
                near.sendall(said(operation(near.recv(1 << 16))[0]))

        thread = Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(timeout=30)
