"""The servers of a domain, asked of a DNS server on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.resolver import Resolver

from reconciler.errors import SourceError, SourceUnavailable
from reconciler.sources.ldap_srv import find_servers

NAME = "_ldap._tcp.dc._msdcs.corp.example."


@contextmanager
def dns_server(records: Sequence[str] | None, code: int = dns.rcode.NOERROR) -> Iterator[Resolver]:
    """Answer with these SRV records as often as asked; give who asks. With None it says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        thread = Thread(target=_answer, args=(listener, records, code), daemon=True)
        thread.start()
        resolver = Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = listener.getsockname()[1]
        yield resolver
        listener.sendto(b"", ("127.0.0.1", resolver.port))
        thread.join(timeout=30)


def _answer(listener: socket.socket, records: Sequence[str] | None, code: int) -> None:
    while True:
        asked, client = listener.recvfrom(4096)
        if not asked:
            return
        if records is None:
            continue
        question = dns.message.from_wire(asked)
        answer = dns.message.make_response(question)
        answer.set_rcode(code)
        if records and question.question[0].name.to_text() == NAME:
            answer.answer.append(dns.rrset.from_text(NAME, 60, "IN", "SRV", *records))
        listener.sendto(answer.to_wire(), client)


def test_controllers_come_in_the_order_that_they_ask_for() -> None:
    records = [
        "10 5 389 b.corp.example.",
        "0 1 389 C.corp.example.",
        "10 50 389 a.corp.example.",
        "10 5 389 aa.corp.example.",
    ]
    with dns_server(records) as resolver:
        found = find_servers("corp.example", resolver)
    assert [str(address) for address in found] == [
        "ldaps://C.corp.example:636",
        "ldaps://a.corp.example:636",
        "ldaps://aa.corp.example:636",
        "ldaps://b.corp.example:636",
    ]


@pytest.mark.parametrize("code", [dns.rcode.NXDOMAIN, dns.rcode.NOERROR])
def test_a_domain_without_controllers_is_named(code: int) -> None:
    with dns_server([], code) as resolver, pytest.raises(SourceError) as caught:
        find_servers("corp.example.", resolver)
    assert caught.value.message == f"DNS knows no domain controllers by {NAME}"
    assert "`domain`" in caught.value.hint


def test_a_name_server_in_trouble_is_worth_another_try() -> None:
    with dns_server([], dns.rcode.SERVFAIL) as resolver, pytest.raises(SourceUnavailable) as caught:
        find_servers("corp.example", resolver)
    assert NAME in caught.value.message


@pytest.mark.parametrize("domain", ["corp..example", "x" * 64])
def test_what_is_no_domain_is_named(domain: str) -> None:
    with pytest.raises(SourceError) as caught:
        find_servers(domain, Resolver(configure=False))
    assert caught.value.where == "domain"


def test_a_machine_without_name_servers_says_so() -> None:
    with pytest.raises(SourceUnavailable, match="could not be asked"):
        find_servers("corp.example", Resolver(configure=False))
