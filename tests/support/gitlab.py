"""GitLab as far as we meet it, written from docs.gitlab.com/api: notes, issues, deployments, jobs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.https import HttpsServer, Reply, Request

TOKEN = "glpat-of-the-tests"
_US = {"id": 5, "username": "project_1_bot"}


@dataclass
class GitLab:
    """One project's side of the forge."""

    notes: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    pipelines: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    server: HttpsServer = field(init=False)

    def answer(self, request: Request) -> Reply:
        if request.headers.get("PRIVATE-TOKEN") != TOKEN:
            return _said({"message": "401 Unauthorized"}, 401)
        parts = urlsplit(request.target)
        page = int(parse_qs(parts.query).get("page", ["1"])[0])
        body = json.loads(request.body) if request.body else {}
        path = parts.path.removeprefix("/api/v4/").removeprefix("projects/1/")
        for method, pattern, handler in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == request.method:
                content = handler(self, body, *found.groups())
                if isinstance(content, bytes):
                    return Reply(200, content)
                return _said([] if isinstance(content, list) and page > 1 else content)
        return _said({"message": "404 Not Found"}, 404)

    def _add_note(self, body: dict[str, Any]) -> object:
        self.notes.append({"id": len(self.notes) + 1, "author": _US, **body})
        return self.notes[-1]

    def _change_note(self, body: dict[str, Any], number: str) -> object:
        self.notes[int(number) - 1].update(body)
        return self.notes[int(number) - 1]

    def _add_issue(self, body: dict[str, Any]) -> object:
        number = len(self.issues) + 1
        self.issues.append({"iid": number, "author": _US, "state": "opened", "web_url": f"i{number}", **body})
        return self.issues[-1]

    def _change_issue(self, body: dict[str, Any], number: str) -> object:
        ours = self.issues[int(number) - 1]
        ours.update(body | ({"state": "closed"} if body.get("state_event") == "close" else {}))
        return ours

    def _comment_on_issue(self, body: dict[str, Any], number: str) -> object:
        return {"id": 1, "noteable_iid": int(number), **body}

    def _open_issues(self, _: object) -> object:
        return [one for one in self.issues if one["state"] == "opened"]

    def _deployment(self, _: object, number: str) -> object:
        return next(one for one in self.deployments if one["id"] == int(number))


_ROUTES: tuple[tuple[str, str, Callable[..., object]], ...] = (
    ("GET", r"user", lambda _, __: _US),
    ("GET", r"merge_requests/7/notes", lambda self, _: self.notes),
    ("POST", r"merge_requests/7/notes", GitLab._add_note),
    ("PUT", r"merge_requests/7/notes/(\d+)", GitLab._change_note),
    ("GET", r"merge_requests/7", lambda _, __: {"sha": "a" * 40}),
    ("GET", r"merge_requests/7/pipelines", lambda self, _: self.pipelines),
    ("GET", r"pipelines/(\d+)/jobs", lambda self, _, number: self.jobs.get(int(number), [])),
    ("GET", r"jobs/(.+)", lambda self, _, path: self.files[path]),
    ("GET", r"deployments", lambda self, _: self.deployments),
    ("GET", r"deployments/(\d+)", GitLab._deployment),
    ("GET", r"issues", GitLab._open_issues),
    ("POST", r"issues", GitLab._add_issue),
    ("PUT", r"issues/(\d+)", GitLab._change_issue),
    ("POST", r"issues/(\d+)/notes", GitLab._comment_on_issue),
)


def _said(content: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(content).encode())
