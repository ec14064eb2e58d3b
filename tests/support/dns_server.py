"""A DNS server on loopback that knows the controllers of one domain."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

import dns.message
import dns.rcode
import dns.rrset
from dns.resolver import Resolver

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
