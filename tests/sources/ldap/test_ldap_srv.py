"""The servers of a domain, asked of a DNS server on loopback."""

from __future__ import annotations

import dns.rcode
import pytest
from dns.resolver import Resolver

from reconciler.errors import SourceError, SourceUnavailable
from reconciler.sources.ldap.srv import find_servers
from support.dns_server import NAME, dns_server


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
