"""Requests to a forge's API: JSON in and out, its refusals in words, lists read to their end."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import orjson

from reconciler.errors import ForgeError, SourceError
from reconciler.sources.answer import Answer, Json, site
from reconciler.sources.web import ENVIRONMENT, Http

_PAGE = 100
_MOST_PAGES = 100


def variable(name: str, hint: str) -> str:
    """Return a variable that the forge sets for its jobs; raise ForgeError, with the hint, without it."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise ForgeError(f"{name} is not set", hint=hint)
    return value


class Calls:
    """Calls one API with one token; nothing is sent twice but what may be."""

    def __init__(self, url: str, headers: Mapping[str, str], http: Http | None = None) -> None:
        self._url = f"{_trusted(url).rstrip('/')}/"
        self._headers = headers
        self._http = http or Http(proxy=ENVIRONMENT)

    def get(self, path: str, **query: str | int) -> Json:
        """Return what is there."""
        return self.send("GET", path, None, query)

    def send(
        self,
        method: str,
        path: str,
        body: object,
        query: Mapping[str, str | int] | None = None,
        kind: str = "application/json",
    ) -> Json:
        """Return the JSON of an answer; raise ForgeError, in the forge's own words, for any other answer."""
        answer = self._answer(method, path, body, query or {}, kind)
        if not answer.body:
            return None
        try:
            return answer.json()
        except SourceError as error:
            raise ForgeError(error.message, hint=error.hint, where=error.where) from None

    def pages(self, path: str, key: str = "", **query: str | int) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list, page by page; raise ForgeError for one that does not end."""
        for page in range(1, _MOST_PAGES + 1):
            told = self.get(path, **query, per_page=_PAGE, page=page)
            entries = told.get(key) if key and isinstance(told, dict) else told
            if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
                raise self.misread(path)
            yield from entries
            if len(entries) < _PAGE:
                return
        raise ForgeError(
            f"the list has more than {_PAGE * _MOST_PAGES} entries",
            hint="close what is old, or narrow what is looked at",
            where=site(urljoin(self._url, path)),
        )

    def file(self, path: str) -> bytes:
        """Return a file; where the forge sends us to another server, the token does not go there."""
        answer = self._answer("GET", path, None, {}, "application/json")
        if answer.status in {HTTPStatus.FOUND, HTTPStatus.TEMPORARY_REDIRECT}:
            place = urljoin(urljoin(self._url, path), answer.headers.get("Location", ""))
            answer = self._sent("GET", _trusted(place), None, {})
            if answer.status != HTTPStatus.OK:
                raise self._refusal("GET", place, answer)
        return answer.body

    def misread(self, path: str) -> ForgeError:
        """Return the error for an answer of another shape than the forge documents."""
        return ForgeError(
            "the forge's answer cannot be understood",
            hint="is this the address of its API? another version of it may answer otherwise",
            where=site(urljoin(self._url, path)),
        )

    def _answer(
        self, method: str, path: str, body: object, query: Mapping[str, str | int], kind: str
    ) -> Answer:
        url = urljoin(self._url, path) + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else orjson.dumps(body)
        answer = self._sent(method, url, content, {**self._headers, "Content-Type": kind})
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise self._refusal(method, url, answer)
        return answer

    def _sent(self, method: str, url: str, content: bytes | None, headers: Mapping[str, str]) -> Answer:
        try:
            return self._http.send(method, url, content, headers, again=method in {"GET", "PUT", "PATCH"})
        except SourceError as error:
            raise ForgeError(error.message, hint=error.hint, where=error.where) from None

    def _refusal(self, method: str, url: str, answer: Answer) -> ForgeError:
        denied = answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
        return ForgeError(
            f"the forge refuses {method} ({answer.status}): {answer.excerpt()}",
            hint="look at the permissions of the job's token: docs/ci.md lists what each step needs"
            if denied
            else "the forge's own words say why",
            where=site(url),
        )


def _trusted(url: str) -> str:
    """Return an address that a token may be sent to: https, or this machine itself."""
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and _here(parts.hostname or ""))
    except ValueError:
        secure = False
    if not secure:
        raise ForgeError("the address of the forge is not https", hint="a token goes there", where=site(url))
    return url


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
