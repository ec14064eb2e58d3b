"""GitHub as far as our workflows meet it: comments, issues, artifacts, environments, tokens of jobs.

Written from docs.github.com, *REST API endpoints* (version 2022-11-28) and *OpenID Connect reference*. It
refuses what GitHub refuses: a token without the permission (403, "Resource not accessible by integration"),
a comment of more than 65,536 characters (422).
"""

from __future__ import annotations

import io
import json
import re
import secrets
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.https import HttpsServer, Reply, Request

REPOSITORY = "uni/printing"
REPOSITORY_ID = 1
LONGEST = 65_536
_PAGE = 30

Handler = Callable[..., Reply]


@dataclass
class GitHub:
    """One repository's side of the forge; `server` serves it."""

    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    approvals: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, Mapping[str, str]] = field(default_factory=dict)
    identities: dict[str, str] = field(default_factory=dict)
    denied: list[str] = field(default_factory=list)
    server: HttpsServer = field(init=False)
    _last: int = 0

    def next_id(self) -> int:
        self._last += 1
        return self._last

    def token(self, permissions: Mapping[str, str]) -> str:
        """Give a job's token; it may do what its permissions say."""
        token = f"ghs_{secrets.token_hex(8)}"
        self.tokens[token] = permissions
        return token

    def keep(self, run: int, head: str, name: str, files: Mapping[str, bytes], *, fork: bool = False) -> None:
        """Keep an artifact of a run."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        owner = REPOSITORY_ID + 1 if fork else REPOSITORY_ID
        about = {"id": run, "head_sha": head, "repository_id": REPOSITORY_ID, "head_repository_id": owner}
        number = self.next_id()
        made = {"id": number, "name": name, "expired": False, "created_at": f"2026-01-01T00:00:{number:02}Z"}
        self.artifacts.append(made | {"workflow_run": about, "zip": packed.getvalue()})

    def kept(self, run: int, name: str) -> dict[str, bytes]:
        """Return the files of a run's artifact."""
        found = next(
            one for one in self.artifacts if one["name"] == name and one["workflow_run"]["id"] == run
        )
        with zipfile.ZipFile(io.BytesIO(found["zip"])) as archive:
            return {path: archive.read(path) for path in archive.namelist()}

    def answer(self, request: Request) -> Reply:
        parts = urlsplit(request.target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/blob":
            return Reply(200, next(one["zip"] for one in self.artifacts if str(one["id"]) == query["id"]))
        if parts.path == "/oidc":
            return self._identity(request, query)
        for method, pattern, permission, handler in _ROUTES:
            found = re.fullmatch(pattern, parts.path.removeprefix(f"/repos/{REPOSITORY}/"))
            if found and method == request.method:
                if not self._may(request, permission):
                    self.denied.append(request.line)
                    return _said({"message": "Resource not accessible by integration"}, 403)
                body = json.loads(request.body) if request.body else {}
                return handler(self, query, body, *map(int, found.groups()))
        return _said({"message": "Not Found"}, 404)

    def _may(self, request: Request, permission: str) -> bool:
        name, _, level = permission.partition(":")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        granted = self.tokens.get(token)
        if granted is None:
            return False
        either = name.split("|")
        return any(granted.get(one) == "write" or granted.get(one) == level for one in either)

    def _identity(self, request: Request, query: Mapping[str, str]) -> Reply:
        bearer = request.headers.get("Authorization", "").removeprefix("bearer ")
        granted = self.tokens.get(bearer, {})
        if granted.get("id-token") != "write":
            return _said({"message": "Unauthorized"}, 401)
        token = f"identity-{secrets.token_hex(8)}"
        self.identities[token] = query.get("audience", "")
        return _said({"value": token})

    def _list_comments(self, query: Mapping[str, str], _: object, number: int) -> Reply:
        return _paged(self.comments.get(number, []), query)

    def _add_comment(self, _: object, body: dict[str, Any], number: int) -> Reply:
        if len(body["body"]) > LONGEST:
            return _said({"message": "Validation Failed", "errors": ["body is too long"]}, 422)
        made = {"id": self.next_id(), "body": body["body"], "user": _BOT, "html_url": f"c{self._last}"}
        self.comments.setdefault(number, []).append(made)
        return _said(made, 201)

    def _change_comment(self, _: object, body: dict[str, Any], number: int) -> Reply:
        if len(body["body"]) > LONGEST:
            return _said({"message": "Validation Failed", "errors": ["body is too long"]}, 422)
        all_of_them = (one for each in self.comments.values() for one in each)
        ours = next(one for one in all_of_them if one["id"] == number)
        ours["body"] = body["body"]
        return _said(ours)

    def _list_issues(self, query: Mapping[str, str], _: object) -> Reply:
        shown = [one for one in self.issues if one["state"] == query.get("state", "open")]
        pulls = [{"body": "", "user": _BOT, "pull_request": {}, "number": number} for number in self.pulls]
        return _paged([*pulls, *shown], query)

    def _add_issue(self, _: object, body: dict[str, Any]) -> Reply:
        number = self.next_id()
        made = {"number": number, "state": "open", "user": _BOT, "html_url": f"i{number}", **body}
        self.issues.append(made)
        return _said(made, 201)

    def _change_issue(self, _: object, body: dict[str, Any], number: int) -> Reply:
        ours = next(one for one in self.issues if one["number"] == number)
        ours.update(body)
        return _said(ours)

    def _get_pull(self, _: object, __: object, number: int) -> Reply:
        return _said(self.pulls[number])

    def _get_approvals(self, _: object, __: object, run: int) -> Reply:
        return _said(self.approvals.get(run, []))

    def _list_artifacts(self, query: Mapping[str, str], _: object) -> Reply:
        named = [
            {key: value for key, value in one.items() if key != "zip"}
            for one in self.artifacts
            if one["name"] == query.get("name", one["name"])
        ]
        return _paged(named, query, "artifacts")

    def _get_zip(self, _: object, __: object, number: int) -> Reply:
        return Reply(302, b"", {"Location": f"{self.server.url}/blob?id={number}&sig=short-lived"})


_BOT = {"login": "github-actions[bot]", "type": "Bot"}

_ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", r"issues/(\d+)/comments", "pull-requests|issues:read", GitHub._list_comments),
    ("POST", r"issues/(\d+)/comments", "pull-requests|issues:write", GitHub._add_comment),
    ("PATCH", r"issues/comments/(\d+)", "pull-requests|issues:write", GitHub._change_comment),
    ("GET", r"issues", "issues:read", GitHub._list_issues),
    ("POST", r"issues", "issues:write", GitHub._add_issue),
    ("PATCH", r"issues/(\d+)", "issues:write", GitHub._change_issue),
    ("GET", r"pulls/(\d+)", "pull-requests:read", GitHub._get_pull),
    ("GET", r"actions/runs/(\d+)/approvals", "actions:read", GitHub._get_approvals),
    ("GET", r"actions/artifacts", "actions:read", GitHub._list_artifacts),
    ("GET", r"actions/artifacts/(\d+)/zip", "actions:read", GitHub._get_zip),
)


def _said(content: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(content).encode())


def _paged(entries: list[dict[str, Any]], query: Mapping[str, str], key: str = "") -> Reply:
    size, page = int(query.get("per_page", _PAGE)), int(query.get("page", 1))
    shown = entries[(page - 1) * size : page * size]
    return _said({"total_count": len(entries), key: shown} if key else shown)
