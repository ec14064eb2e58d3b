"""Both readers of MyQ Central keep the contract of readers."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator, Sequence
from io import FileIO
from urllib.parse import urlsplit

import pytest

from reconciler.core.groups import values_of
from reconciler.core.model import Cell
from reconciler.sources.base import Reader
from sources.contract import KnownSource, ReaderContract
from support.central import CentralSource

pytestmark = pytest.mark.central


class CentralPeople:
    """People of a Central, read page by page."""

    attributes = ("fullname", "username", "cards", "groups")
    many = 1_300

    def __init__(self, source: CentralSource) -> None:
        self._source = source
        self._own = 0

    def people(self, count: int) -> Sequence[tuple[Cell, ...]]:
        groups = ("", "A|B", ("A|B", "C"))
        return [
            (f"Zo\u00eb {n}", f"zoe{n}", (f"A{n}", f"B{n}") if n % 2 else "", groups[n // 3 % 3])
            for n in range(count)
        ]

    def reader(self, count: int) -> Reader:
        self._source.central.reset()
        self._seed(count)
        self._own = self._connections()
        return self._source.reader()

    def broken(self, count: int, after: int) -> Reader:
        reader = self.reader(count)
        # MyQ's own five users come first, so the page that holds the last person breaks off.
        self._source.central.fault(
            kind="truncated-answer", operation="list_users", after=(after + 5) // 500, times=9
        )
        return reader

    def held(self) -> int:
        return self._connections() - self._own

    def _connections(self) -> int:
        """Return how many connections lead to Central; the test itself has one."""
        parts = urlsplit(self._source.central.url)
        address = (parts.hostname, parts.port)
        return sum(_leads_to(thing, address) for thing in _all(socket.socket))

    def _seed(self, count: int) -> None:
        self._source.central.seed(
            [
                {
                    "username": user,
                    "fullname": name,
                    "cards": [*values_of(cards)],
                    "groups": [*values_of(groups)],
                }
                for name, user, cards, groups in self.people(count)
            ]
        )


class ExportedPeople(CentralPeople):
    """People of a list that Central exported."""

    def reader(self, count: int) -> Reader:
        self._source.central.reset()
        self._seed(count)
        return self._source.reader(**self._source.export())

    def broken(self, count: int, after: int) -> Reader:
        reader = self.reader(count)
        path = self._source.folder / "central.csv"
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[: after + 1]) + lines[after + 1][:-2])
        return reader

    def held(self) -> int:
        path = str(self._source.folder / "central.csv")
        return sum(not file.closed and str(file.name) == path for file in _all(FileIO))


def _all(kind: type) -> Iterator[object]:
    return (thing for thing in gc.get_objects() if isinstance(thing, kind))


def _leads_to(thing: object, address: object) -> bool:
    try:
        return isinstance(thing, socket.socket) and thing.getpeername() == address
    except OSError:
        return False


class TestApiReader(ReaderContract):
    @pytest.fixture
    def source(self, central_source: CentralSource) -> KnownSource:
        return CentralPeople(central_source)


class TestExportReader(ReaderContract):
    @pytest.fixture
    def source(self, central_source: CentralSource) -> KnownSource:
        people = ExportedPeople(central_source)
        people.many = 4_000
        return people
