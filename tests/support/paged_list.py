"""A list on a server, cut into pages in each of the known ways, and changed while it is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from reconciler.errors import TargetError, TargetRejected
from reconciler.sources.answer import Answer
from reconciler.sources.myq_api import Api, Failures
from reconciler.sources.myq_binding import TOKEN, Evidence, Operation, Paging
from reconciler.sources.myq_pages import Pages
from reconciler.sources.myq_token import Credentials
from reconciler.sources.web import Http

URL = "https://myq.example.org"
FAILURES = Failures(TargetError, TargetRejected, "lacking", "refused")


@dataclass(slots=True)
class PagedList:
    """The ids that are there; `most` is the largest page, `edit` may change an answer and its headers."""

    ids: list[Any]
    most: int = 1000
    edit: Callable[[dict[str, Any], dict[str, str], int], None] = lambda answer, headers, number: None  # noqa: ARG005
    asked: list[str] = field(default_factory=list)

    def send(self, url: str) -> Answer:
        """Answer one request; every way of asking is understood."""
        self.asked.append(url)
        query = {key: each[0] for key, each in parse_qs(urlsplit(url).query).items()}
        size = min(int(query.get("size", self.most)), self.most)
        start = int(query.get("offset", query.get("after", "0")))
        if "page" in query:
            start = (int(query["page"]) - int(query.get("first", "1"))) * size
        entries = [{"id": id_} for id_ in self.ids[start : start + size]]
        end = start + len(entries)
        more = end < len(self.ids)
        answer: dict[str, Any] = {"data": entries, "total": len(self.ids), "next": end if more else None}
        headers = {"Link": f'</things?after={end}&size={size}>; rel="next"'} if more else {}
        self.edit(answer, headers, len(self.asked))
        return Answer(200, headers, json.dumps(answer).encode())


class _Http(Http):
    """Connections to such a list, and to no socket."""

    def __init__(self, server: PagedList) -> None:
        super().__init__()
        self._server = server

    def send(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None, *, again: bool
    ) -> Answer:
        assert method in {"GET", "POST"}
        assert again or body
        assert headers is not None
        if url.endswith(TOKEN.path):
            return Answer(200, {}, b'{"access_token": "t", "expires_in": 1800, "scope": "users"}')
        assert headers["Authorization"] == "Bearer t"
        return self._server.send(url)


def pages(server: PagedList, paging: Paging | None, size: int = 2) -> Pages:
    """Return the list as the program reads it."""
    operation = Operation("GET", "/things", Evidence.CHOSEN, "", entries="data", paging=paging)
    operations = {"token": TOKEN, "list_users": operation}
    api = Api(URL, Credentials("app", "secret"), _Http(server), operations, FAILURES)
    return Pages(api, "list_users", "users", size)


def ids(server: PagedList, paging: Paging | None, size: int = 2) -> list[Any]:
    """Return the ids that are read."""
    return [entry.get("id") for page in pages(server, paging, size) for entry in page]
