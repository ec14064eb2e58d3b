"""Requests to a MyQ server of either role: the paths, the bodies, the refusals.

Central servers are read as sources, print servers are read and written as targets; what they have in
common stands here, where both may import it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote, urlencode, urljoin, urlsplit

import orjson

from reconciler.errors import ReconcilerError, SourceError
from reconciler.sources.answer import Answer, Json, site
from reconciler.sources.myq_binding import NOTHING, PURPOSES, Operation
from reconciler.sources.myq_token import Credentials, Token
from reconciler.sources.web import Http

About: TypeAlias = Mapping[str, str | int]


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
        self._http = http
        self._operations = operations
        self._token = Token(credentials, self._granted, self._useless, clock)

    def sign_in(self) -> frozenset[str]:
        """Get a token, and return the scopes that it has."""
        self._token.renewed("")
        return self._token.scopes

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
    ) -> Json:
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
        token = self._token.current()
        answer = self._send(known, url, content, token)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            answer = self._send(known, url, content, self._token.renewed(token))
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

    def _granted(self, asked: Mapping[str, str]) -> Json:
        """Return the answer of the server's sign-in."""
        known = self.operation("token")
        content = urlencode(asked).encode() if known.form else orjson.dumps(asked)
        answer = self._send(known, self._address(known, NOTHING, NOTHING), content, "")
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise self._useless(
                f"MyQ gives no token ({answer.status}): {_words(answer)}",
                "check clientId and clientSecret against Settings > Connections in MyQ",
            )
        return self._json(answer)

    def _useless(self, message: str, hint: str) -> ReconcilerError:
        return self.failures.failed(message, hint=hint, where=self.url)

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

    def _json(self, answer: Answer) -> Json:
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


def _words(answer: Answer) -> str:
    """Return MyQ's message (myq.md section 6.4), or the beginning of whatever came instead."""
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return answer.excerpt()
    if isinstance(told, dict) and isinstance(told.get("message"), str):
        return answer._replace(body=told["message"].encode()).excerpt()
    return answer.excerpt()
