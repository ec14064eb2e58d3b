"""Azure DevOps as far as we meet it, written from learn.microsoft.com/rest/api/azure/devops, version 7.1."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from support.https import HttpsServer, Reply, Request

TOKEN = "token-of-the-tests"
_US = {"id": "us"}


@dataclass
class Azure:
    """One project's side of the forge."""

    threads: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    approvals: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    server: HttpsServer = field(init=False)

    def answer(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Reply(401, b"")
        path = unquote(urlsplit(request.target).path).removeprefix("/org/")
        body = json.loads(request.body) if request.body else {}
        for method, pattern, handler in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == request.method:
                return Reply(200, json.dumps(handler(self, body, *found.groups())).encode())
        return Reply(404, b'{"message": "TF400813"}')

    def _open_thread(self, body: dict[str, Any]) -> object:
        number = len(self.threads) + 1
        comments = [{"id": at, "author": _US, **one} for at, one in enumerate(body["comments"], 1)]
        self.threads.append({"id": number, "comments": comments})
        return self.threads[-1]

    def _change_comment(self, body: dict[str, Any], thread: str, comment: str) -> object:
        ours = self.threads[int(thread) - 1]["comments"][int(comment) - 1]
        ours.update(body)
        return ours

    def _find(self, body: dict[str, Any]) -> object:
        tag = re.search(r"CONTAINS '([^']+)'", body["query"])
        assert tag is not None
        found = [one for one in self.items if one["System.Tags"] == tag[1]]
        return {"workItems": [{"id": one["id"]} for one in found if one["System.State"] != "Done"]}

    def _add(self, body: list[dict[str, Any]]) -> object:
        self.items.append({"id": len(self.items) + 1, "System.State": "To Do", **_fields(body)})
        return self.items[-1]

    def _change(self, body: list[dict[str, Any]], number: str) -> object:
        self.items[int(number) - 1].update(_fields(body))
        return self.items[int(number) - 1]


_THREADS = r"project/_apis/git/repositories/repo/pullRequests/7/threads"
_ROUTES: tuple[tuple[str, str, Callable[..., object]], ...] = (
    ("GET", r"_apis/connectionData", lambda _, __: {"authenticatedUser": _US}),
    ("GET", _THREADS, lambda self, _: {"value": self.threads}),
    ("POST", _THREADS, Azure._open_thread),
    ("PATCH", _THREADS + r"/(\d+)/comments/(\d+)", Azure._change_comment),
    ("GET", r"project/_apis/build/builds/99/timeline", lambda self, _: {"records": self.records}),
    ("GET", r"project/_apis/pipelines/approvals/(.+)", lambda self, _, one: self.approvals[one]),
    ("POST", r"project/_apis/wit/wiql", Azure._find),
    ("POST", r"project/_apis/wit/workitems/\$Issue", Azure._add),
    ("PATCH", r"project/_apis/wit/workitems/(\d+)", Azure._change),
)


def _fields(steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {step["path"].removeprefix("/fields/"): step["value"] for step in steps}
