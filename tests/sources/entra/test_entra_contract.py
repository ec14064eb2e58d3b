"""The reader of Entra ID keeps the contract of readers."""

from __future__ import annotations

import gc
import ssl
from collections.abc import Sequence

import orjson
import pytest

from reconciler.core.model import Cell
from reconciler.sources.base import Reader
from sources.contract import KnownSource, ReaderContract
from support.entra import Source
from support.graph import GraphDouble, person
from support.graph_queries import numbered
from support.https import Reply, Request

pytestmark = pytest.mark.entra

PHONES: tuple[Cell, ...] = ("", "1", ("1", "2"))


class EntraPeople:
    """People of a tenant; every third one is in a group."""

    attributes = ("displayName", "businessPhones", "upnPrefix", "@groups0")
    many = 2_500

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def _graph(self) -> GraphDouble:
        return self._source.graph

    def people(self, count: int) -> Sequence[tuple[Cell, ...]]:
        return [
            (f"Zoë {number}", PHONES[number % 3], f"zoe{number}", "" if number % 3 else "Sales")
            for number in range(count)
        ]

    def reader(self, count: int) -> Reader:
        tenant = self._graph.tenant
        tenant.users.clear()
        tenant.groups.clear()
        for key, (name, phones, user, _) in zip(numbered(count), self.people(count), strict=True):
            listed = [phones] if isinstance(phones, str) else [*phones]
            tenant.users[key] = person(key, str(user)) | {"displayName": name, "businessPhones": listed}
        self._graph.group("Sales", *list(tenant.users)[::3])
        return self._source.reader(self._source.spec(groups={"import": [{"memberships": {}}]}))

    def broken(self, count: int, after: int) -> Reader:
        reader = self.reader(count)
        self._graph.server.fault("GET /v1.0/users", lambda request: self._cut(request, after), times=99)
        return reader

    def _cut(self, request: Request, after: int) -> Reply:
        """End the list early, as if that were all."""
        body = orjson.loads(self._graph.respond(request).body)
        last = list(self._graph.tenant.users)[after]
        kept = [record for record in body["value"] if record["id"] < last]
        if len(kept) < len(body["value"]):
            body.pop("@odata.nextLink", None)
        return Reply(200, orjson.dumps(body | {"value": kept}))

    def held(self) -> int:
        address = self._graph.server.address
        sockets = [thing for thing in gc.get_objects() if isinstance(thing, ssl.SSLSocket)]
        return sum(_peer(each) == address for each in sockets)


def _peer(connection: ssl.SSLSocket) -> object:
    """Return whom a socket is connected to, None when it no longer is."""
    try:
        return connection.getpeername() if connection.fileno() >= 0 else None
    except OSError:
        return None


class TestEntraReader(ReaderContract):
    @pytest.fixture
    def source(self, entra: Source) -> KnownSource:
        return EntraPeople(entra)
