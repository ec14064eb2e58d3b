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
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote, urlencode, urljoin, urlsplit

import orjson

from reconciler.errors import ReconcilerError, SourceError
from reconciler.sources.answer import Answer, site
from reconciler.sources.myq_binding import NOTHING, PURPOSES, Operation
from reconciler.sources.web import Http

About: TypeAlias = Mapping[str, str | int]

_EARLY = 120.0
"""Seconds before its end at which a token is renewed."""


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


class Heard(NamedTuple):
    """The JSON of an answer, and its headers; their names are looked up without regard to case."""

    content: Any
    headers: Mapping[str, str]


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
        self._granted: frozenset[str] = frozenset()
        self._token = ""
        self._ends = 0.0
        self._lock = threading.Lock()

    def sign_in(self) -> frozenset[str]:
        """Get a token, and return the scopes that it has."""
        self._fresh_token("")
        return self._granted

    def operation(self, name: str) -> Operation:
        """Return an operation; raise `rejected` of the failures where the server has none for it."""
        known = self._operations.get(name)
        if known is None:
            raise self.failures.rejected(
                f"this server has no operation to {PURPOSES[name]} ({name})",
                hint=self.failures.lacking,
                where=self.url,
            )
        return known

    def call(
        self,
        operation: str,
        about: About = NOTHING,
        *,
        query: About = NOTHING,
        body: Mapping[str, Any] | None = None,
        absent: bool = False,
    ) -> Any:  # noqa: ANN401  the shape is the caller's to check
        """Return the JSON of the answer; None when it has no body, or for a 404 where `absent` is an answer.

        `about` is what the request is about, by our names; it goes to where the operation wants it.
        Raises `rejected` of the failures with MyQ's words for a 4xx, `failed` when there is no usable answer.
        """
        return self.ask(operation, about, query=query, body=body, absent=absent).content

    def ask(
        self,
        operation: str,
        about: About = NOTHING,
        *,
        query: About = NOTHING,
        body: Mapping[str, Any] | None = None,
        absent: bool = False,
        address: str = "",
    ) -> Heard:
        """Return the JSON of the answer, as `call` does, with its headers; `address` is of a next page."""
        known = self.operation(operation)
        url = address or self._address(known, about, query)
        content = _content(known, about, body)
        token = self._current_token()
        answer = self._send(known, url, content, token)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            answer = self._send(known, url, content, self._fresh_token(token))
        if absent and answer.status == HTTPStatus.NOT_FOUND:
            return Heard(None, answer.headers)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise self._refusal(known, answer)
        return Heard(self._json(answer) if answer.body else None, answer.headers)

    def next_address(self, operation: str, told: str) -> str:
        """Return the address of a next page; it must be the same server's, since a token goes with it."""
        url = urljoin(self._address(self.operation(operation), NOTHING, NOTHING), told)
        if urlsplit(url)[:2] != urlsplit(self.url)[:2]:
            raise self.failures.failed(
                f"MyQ's list goes on at another server: {site(url)}",
                hint="nothing was sent there; a proxy that rewrites addresses has to rewrite this one too",
                where=self.url,
            )
        return url

    def _address(self, known: Operation, about: About, query: About) -> str:
        where = known.path
        if "{" in where:
            where = where.format_map({name: quote(str(value), safe="") for name, value in about.items()})
        asked = [*known.query, *((key, about[name]) for name, key in known.asked), *query.items()]
        return f"{self.url}{where}?{urlencode(asked)}" if asked else f"{self.url}{where}"

    def _send(self, known: Operation, url: str, content: bytes | None, token: str) -> Answer:
        headers = {}
        if content is not None:
            headers["Content-Type"] = (
                "application/x-www-form-urlencoded" if known.form else "application/json"
            )
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            return self._http.send(known.method, url, content, headers, again=known.repeatable)
        except SourceError as error:
            raise self.failures.failed(error.message, hint=error.hint, where=error.where) from None

    def _current_token(self) -> str:
        with self._lock:
            if self._clock() < self._ends:
                return self._token
            stale = self._token
        return self._fresh_token(stale)

    def _fresh_token(self, stale: str) -> str:
        """Return a token that is not the stale one: who comes second finds what the first was given."""
        with self._lock:
            if self._token != stale:
                return self._token
            asked = {
                "grant_type": "client_credentials",
                "client_id": self._credentials.client_id,
                "client_secret": self._credentials.client_secret,
                "scope": self._credentials.scope,
            }
            known = self.operation("token")
            content = urlencode(asked).encode() if known.form else orjson.dumps(asked)
            answer = self._send(known, self._address(known, NOTHING, NOTHING), content, "")
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
        self._granted = frozenset(granted)
        lacking = set(self._credentials.scope.split()) - granted
        if lacking:
            raise self.failures.failed(
                f"MyQ does not grant the scope {' '.join(sorted(lacking))}",
                hint="add the scope to the REST application in MyQ: Settings > Connections",
                where=self.url,
            )

    def _refusal(self, known: Operation, answer: Answer) -> ReconcilerError:
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return self.failures.failed(
                f"MyQ fails at {known.method} {known.path} ({answer.status}): {_words(answer)}",
                hint="the server is busy or in trouble; run again later",
                where=self.url,
            )
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


def _content(known: Operation, about: About, body: Mapping[str, Any] | None) -> bytes | None:
    """Return the bytes of a request's body: what it always says, what it is about, what is new."""
    if body is None and not known.body and not known.told:
        return None
    content = {**(body or {}), **{key: about[name] for name, key in known.told}, **known.body}
    return orjson.dumps({known.wrap: content} if known.wrap else content)


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
