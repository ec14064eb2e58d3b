"""A server of any REST interface, as a test needs it: answers by method and path, and what was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from reconciler.myq.client import Client
from reconciler.myq.rest import RestServer
from reconciler.sources.answer import Answer
from reconciler.sources.myq_binding import Binding
from reconciler.sources.myq_token import Credentials
from reconciler.sources.web import Http

TOKEN = {"access_token": "t", "expires_in": 1800, "scope": "users"}


@dataclass(slots=True)
class Scripted:
    """`answers` are by ``GET /path``; a list of them is used up but for its last. Anything else is a 404."""

    answers: dict[str, Any]
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, asked: str, body: bytes | None) -> Answer:
        """Return what is said to a request."""
        if asked.endswith("/token"):
            return Answer(200, {}, json.dumps(TOKEN).encode())
        self.asked.append((asked, json.loads(body) if body else None))
        if asked not in self.answers:
            return Answer(404, {}, b'{"message": "nothing here"}')
        told = self.answers[asked]
        if isinstance(told, Turns):
            told = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
        return Answer(200, {}, json.dumps(told).encode())

    @property
    def written(self) -> list[tuple[str, Any]]:
        """What was asked for that changes something."""
        return [(asked, body) for asked, body in self.asked if not asked.startswith("GET ")]


@dataclass(slots=True)
class Turns:
    """Answers that come one after the other; the last one stays."""

    answers: list[Any]


class _Http(Http):
    """Connections to such a server, and to no socket."""

    def __init__(self, server: Scripted) -> None:
        super().__init__()
        self._server = server

    def send(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None, *, again: bool
    ) -> Answer:
        assert headers is not None
        assert again or method in {"POST", "PUT", "PATCH"}
        return self._server.answer(f"{method} {urlsplit(url).path}", body)


def rest(server: Scripted, binding: Binding) -> RestServer:
    """Return what reads and writes through a binding."""
    client = Client("https://myq.example.org", Credentials("app", "s"), _Http(server), binding=binding)
    return RestServer(client)
