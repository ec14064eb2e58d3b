"""Stands between a reader and a directory: cuts connections, holds values back as Active Directory does."""

from __future__ import annotations

import gc
import select
import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Self, TypeAlias

from reconciler.sources.ldap.decode import Entry, EntryStream, message
from support.ldap_messages import DONE, ENTRY, entry, wide

HOST = "127.0.0.1"
MOST_VALUES = 1_500
"""What Active Directory shows of one attribute at a time."""

Retelling: TypeAlias = Callable[[bytes], Iterable[bytes]]
"""Given one message of the server, what the reader hears instead; `HungUp` closes both connections."""


class HungUp(Exception):
    """Raised by a retelling: both sides find the connection closed."""


def verbatim(answer: bytes) -> Iterable[bytes]:
    """Tell what was said."""
    return (answer,)


@dataclass(slots=True)
class LdapProxy:
    """Listens until the context ends. With `tls`, it speaks TLS to both sides."""

    target: tuple[str, int]
    retell: Retelling = verbatim
    tls: tuple[ssl.SSLContext, ssl.SSLContext] | None = None
    _listener: socket.socket = field(default_factory=lambda: socket.create_server((HOST, 0)))
    _threads: list[Thread] = field(default_factory=list)
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'ldaps' if self.tls else 'ldap'}://{HOST}:{self.port}"

    def held(self) -> int:
        """Return how many connections to the proxy this process has open."""
        sockets = (thing for thing in gc.get_objects() if isinstance(thing, socket.socket))
        return sum(_leads_to(one, self.port) for one in sockets)

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            with suppress(OSError):  # its thread closes it; closing it here would pull it away
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=30)

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(self.target)
                except OSError:
                    near.close()  # who asks finds nobody there, as it is
                    continue
                if self.tls:
                    near = self.tls[0].wrap_socket(near, server_side=True)
                    far = self.tls[1].wrap_socket(far, server_hostname=self.target[0])
                self._open += [near, far]
                self._run(_relay, near, far, self.retell)


def _relay(near: socket.socket, far: socket.socket, retell: Retelling) -> None:
    """Carry requests and answers; by one thread, since TLS is not to be read and written by two."""
    pending = b""
    try:
        while True:
            for source in _readable(near, far):
                some = source.recv(1 << 16)
                if not some:
                    return
                if source is near:
                    far.sendall(some)
                else:
                    pending = _retold(pending + some, near, retell)
    except (OSError, HungUp):
        return
    finally:
        _close(near)
        _close(far)


def _readable(*sockets: socket.socket) -> list[socket.socket]:
    decrypted = [one for one in sockets if isinstance(one, ssl.SSLSocket) and one.pending()]
    return decrypted or select.select(sockets, (), ())[0]


def _retold(said: bytes, near: socket.socket, retell: Retelling) -> bytes:
    """Retell the messages that are complete; return the rest."""
    at = 0
    while (stop := message(said, at)[1]) <= len(said):
        for piece in retell(said[at:stop]):
            near.sendall(piece)
        at = stop
    return said[at:]


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


def _leads_to(one: socket.socket, port: int) -> bool:
    with suppress(OSError):
        return one.fileno() != -1 and one.getpeername()[1] == port
    return False


def operation(answer: bytes) -> tuple[int, int, int]:
    """Return a message's id, what sort of message it is, and where that stands."""
    start, _ = message(answer, 0)
    at = start + 2 + answer[start + 1]
    return int.from_bytes(answer[start + 2 : at], "big"), answer[at], at


def entry_of(answer: bytes) -> tuple[int, Entry] | None:
    """Return the id and the entry of a SearchResultEntry, None for any other message."""
    number, sort, _ = operation(answer)
    if sort != ENTRY:
        return None
    stream = EntryStream(number)
    stream.feed(answer)
    return number, stream.entries[0]


def claiming(code: int, part_of_dn: str, *, only_first: bool = False) -> Retelling:
    """Change the result of each search that found such entries into another."""
    met: list[int] = []

    def retell(answer: bytes) -> Iterable[bytes]:
        found = entry_of(answer)
        if found and part_of_dn in found[1][0]:
            met.append(found[0])
        number, sort, at = operation(answer)
        if sort == DONE and number in (met[:1] if only_first else met):
            code_at = answer.index(b"\x0a\x01\x00", at) + 2
            answer = answer[:code_at] + bytes((code,)) + answer[code_at + 1 :]
        return (answer,)

    return retell


def cut_before(position: int, part_of_dn: str) -> Retelling:
    """Hang up instead of telling the entry at a position, counted among those with this in their DN."""
    met: list[str] = []

    def retell(answer: bytes) -> Iterable[bytes]:
        found = entry_of(answer)
        if found and part_of_dn in found[1][0]:
            if len(met) == position:
                raise HungUp
            met.append(found[1][0])
        return (answer,)

    return retell


def swallowing(part_of_dn: str) -> Retelling:
    """Keep such entries to ourselves, and let the rest look complete."""

    def retell(answer: bytes) -> Iterable[bytes]:
        found = entry_of(answer)
        return () if found and part_of_dn in found[1][0] else (answer,)

    return retell


def silent_before(part_of_dn: str) -> Retelling:
    """Say nothing more once such an entry would come, and do not hang up either."""
    met: list[bytes] = []

    def retell(answer: bytes) -> Iterable[bytes]:
        found = entry_of(answer)
        if found and part_of_dn in found[1][0]:
            met.append(answer)
        return () if met else (answer,)

    return retell


def in_ranges(most: int = MOST_VALUES) -> Retelling:
    """Tell only so many values of `member` at a time, and say which."""

    def retell(answer: bytes) -> Iterable[bytes]:
        found = entry_of(answer)
        if not found:
            return (answer,)
        number, (dn, attributes) = found
        told: list[tuple[str, list[bytes]]] = []
        for name, values in attributes.items():
            plain, _, bounds = name.partition(";range=")
            if plain == "member" and len(values) > most:
                first = int(bounds.partition("-")[0] or 0)
                told += [("member", []), (f"member;range={first}-{first + most - 1}", values[:most])]
            else:
                told.append((name, values))
        return (entry(number, dn, told, nest=wide),)

    return retell
