"""Requests to a MyQ server of either role: the token, the paths, the refusals.

Central servers are read as sources, print servers are read and written as targets; what they have in
common stands here, where both may import it. Tokens live 1,800 seconds (myq.md section 6.2) and are
renewed before they end, so that an apply may take longer than one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import orjson

from reconciler.errors import ReconcilerError, SourceError
from reconciler.sources.web import Answer, Http

_EARLY = 120.0
"""Seconds before its end at which a token is renewed."""


class Evidence(StrEnum):
    """How sure it is that a server has an operation."""

    DOCUMENTED = "documented"
    SEEN = "seen in public client code"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Operation:
    """One request; `path` has its parameters in braces. `repeatable` may be sent twice without harm."""

    method: str
    path: str
    evidence: Evidence
    source: str
    repeatable: bool = True


TOKEN = Operation("POST", "/api/auth/token", Evidence.DOCUMENTED, "myq.md 6.2")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a REST application of MyQ is registered with (myq.md section 6.1)."""

    client_id: str
    client_secret: str = field(repr=False)
    scope: str = "users"


class Failures(NamedTuple):
    """As which errors a caller hears of trouble, and what it is told to do about it.

    `rejected` is for what MyQ refuses, `failed` for everything else; `lacking` is the remedy where the
    server has no such operation, `refused` where it says no.
    """

    failed: type[ReconcilerError]
    rejected: type[ReconcilerError]
    lacking: str
    refused: str


class Api:
    """Calls MyQ's operations by name; safe to share between threads."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        http: Http,
        operations: Mapping[str, Operation],
        failures: Failures,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.failures = failures
        self.url = url.rstrip("/")
        self._credentials = credentials
        self._http = http
        self._operations = operations
        self._clock = clock
        self._token = ""
        self._ends = 0.0
        self._lock = threading.Lock()

    def call(
        self,
        operation: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        absent: bool = False,
    ) -> Any:  # noqa: ANN401  the shape is the caller's to check
        """Return the JSON of the answer; None when it has no body, or for a 404 where `absent` is an answer.

        Raises `rejected` of the failures with MyQ's words for a 4xx, `failed` when there is no usable answer.
        """
        answer = self._send(operation, path or {}, query or {}, body, self._current_token())
        if answer.status == HTTPStatus.UNAUTHORIZED:
            answer = self._send(operation, path or {}, query or {}, body, self._fresh_token())
        if absent and answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise self._refusal(operation, answer)
        return self._json(answer) if answer.body else None

    def _send(
        self,
        operation: str,
        path: Mapping[str, str],
        query: Mapping[str, str | int],
        body: Mapping[str, Any] | None,
        token: str,
    ) -> Answer:
        known = self._operations[operation]
        where = known.path.format_map({name: quote(value, safe="") for name, value in path.items()})
        asked = f"?{urlencode(query)}" if query else ""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        content = None if body is None else orjson.dumps(body)
        try:
            return self._http.send(
                known.method, f"{self.url}{where}{asked}", content, headers, again=known.repeatable
            )
        except SourceError as error:
            raise self.failures.failed(error.message, hint=error.hint, where=error.where) from None

    def _current_token(self) -> str:
        with self._lock:
            if self._clock() < self._ends:
                return self._token
        return self._fresh_token()

    def _fresh_token(self) -> str:
        with self._lock:
            asked = {
                "grant_type": "client_credentials",
                "client_id": self._credentials.client_id,
                "client_secret": self._credentials.client_secret,
                "scope": self._credentials.scope,
            }
            answer = self._send("token", {}, {}, asked, "")
            if answer.status >= HTTPStatus.BAD_REQUEST:
                raise self.failures.failed(
                    f"MyQ gives no token ({answer.status}): {_words(answer)}",
                    hint="check clientId and clientSecret against Settings > Connections in MyQ",
                    where=self.url,
                )
            told = self._json(answer)
            self._check_scope(told)
            self._token = str(told["access_token"])
            self._ends = self._clock() + max(_life(told.get("expires_in")) - _EARLY, 1.0)
            return self._token

    def _check_scope(self, told: Any) -> None:  # noqa: ANN401  JSON
        """Refuse a narrower token: MyQ may grant less than was asked for (myq.md section 6.2)."""
        if not isinstance(told, dict) or not isinstance(told.get("access_token"), str):
            raise self.failures.failed(
                "MyQ's answer holds no token", hint="is this the address of a MyQ server?", where=self.url
            )
        granted = set(str(told.get("scope", self._credentials.scope)).split())
        lacking = set(self._credentials.scope.split()) - granted
        if lacking:
            raise self.failures.failed(
                f"MyQ does not grant the scope {' '.join(sorted(lacking))}",
                hint="add the scope to the REST application in MyQ: Settings > Connections",
                where=self.url,
            )

    def _refusal(self, operation: str, answer: Answer) -> ReconcilerError:
        known = self._operations[operation]
        if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED} and "{" not in known.path:
            return self.failures.rejected(
                f"this server has no operation {known.method} {known.path} ({known.evidence.value})",
                hint=self.failures.lacking,
                where=self.url,
            )
        return self.failures.rejected(
            f"MyQ refuses {known.method} {known.path} ({answer.status}): {_words(answer)}",
            hint=self.failures.refused,
            where=self.url,
        )

    def _json(self, answer: Answer) -> Any:  # noqa: ANN401  JSON
        try:
            return answer.json()
        except SourceError as error:
            raise self.failures.failed(error.message, hint=error.hint, where=self.url) from None


def _life(told: object) -> float:
    """Return the seconds a token lives; 0 where that is not told in numbers, so that it is soon renewed."""
    try:
        return float(told) if isinstance(told, (int, float, str)) else 0.0
    except ValueError:
        return 0.0


def _words(answer: Answer) -> str:
    """Return MyQ's message (myq.md section 6.4), or the beginning of whatever came instead."""
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return answer.excerpt()
    if isinstance(told, dict) and isinstance(told.get("message"), str):
        return answer._replace(body=told["message"].encode()).excerpt()
    return answer.excerpt()
