"""A specification as values: every endpoint with what it takes and gives, whichever version told it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from reconciler.myq.openapi.document import parsed, unfit
from reconciler.myq.openapi.shapes import NOTHING, Shape, Shapes, is_name
from reconciler.sources.answer import plain

METHODS: Final = ("get", "post", "put", "patch", "delete")
MAX_ENDPOINTS: Final = 5_000
JSON_TYPE: Final = re.compile(r"^application/([\w.+-]+\+)?json\b|^\*/\*$|^text/json\b", re.IGNORECASE)
FORM_TYPE: Final = "application/x-www-form-urlencoded"
_PATH: Final = re.compile(r"/[^?#\s]{0,500}")
_VARIABLE: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the path or the query."""

    name: str
    place: str
    about: str
    shape: Shape
    required: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one path, from the server's address."""

    method: str
    path: str
    id: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    takes: Shape | None = None
    form: bool = False
    gives: Shape = NOTHING
    headers: tuple[str, ...] = ()
    deprecated: bool = False

    @property
    def name(self) -> str:
        """How it is told to people."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Specification:
    """What one file offers; `notes` are what in it could not be made use of."""

    title: str
    version: str
    endpoints: tuple[Endpoint, ...]
    token_urls: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_specification(raw: bytes, where: str) -> Specification:
    """Return what a specification says; raise ReconcilerError for what is none, or of no known version."""
    document = parsed(raw, where)
    version = _version(document, where)
    shapes = Shapes(document)
    reader = _Reader(document, shapes, old=version.startswith("2"))
    endpoints = tuple(reader.endpoints())
    if not endpoints:
        raise unfit("it has no paths with operations", where)
    notes = [
        f"the reference {one!r:.80} leads out of the file, or nowhere" for one in sorted(shapes.unresolved)
    ]
    if shapes.exhausted:
        notes.append("its schemas are so many or so deep that not all of them were looked at")
    if len(endpoints) >= MAX_ENDPOINTS:
        notes.append(f"only the first {MAX_ENDPOINTS:,} operations were looked at")
    info = document.get("info")
    title = info.get("title") if isinstance(info, dict) else ""
    return Specification(str(title or ""), version, endpoints, tuple(reader.token_urls()), tuple(notes))


def _version(document: Mapping[str, Any], where: str) -> str:
    told = str(document.get("swagger") or document.get("openapi") or "")
    for known in ("2.0", "3.0", "3.1"):
        if told == known or told.startswith(f"{known}."):
            return known
    if not told:
        raise unfit("it names no version (`openapi:` or `swagger:`)", where)
    raise unfit(f"its version is {told[:20]!r}, and known are 2.0, 3.0 and 3.1", where)


class _Reader:
    """Reads the paths of one document, which is of version 2 where `old`."""

    def __init__(self, document: Mapping[str, Any], shapes: Shapes, *, old: bool) -> None:
        self._document = document
        self._shapes = shapes
        self._old = old
        self._base = _base(document, old=old)

    def endpoints(self) -> Iterator[Endpoint]:
        """Yield the endpoints in the order of the file."""
        count = 0
        for path, told in _mapping(self._document.get("paths")).items():
            item = _mapping(self._shapes.follow(told))
            shared = self._parameters(item.get("parameters"))
            for method in METHODS:
                operation = item.get(method)
                if isinstance(operation, dict) and _is_path(path) and count < MAX_ENDPOINTS:
                    count += 1
                    yield self._endpoint(method.upper(), path, operation, shared)

    def token_urls(self) -> Iterator[str]:
        """Yield where the security schemes of the file say that tokens are to be had."""
        components = _mapping(self._document.get("components"))
        schemes = (
            self._document.get("securityDefinitions") if self._old else components.get("securitySchemes")
        )
        for scheme in _mapping(schemes).values():
            for flow in (_mapping(scheme), *_mapping(_mapping(scheme).get("flows")).values()):
                url = _mapping(flow).get("tokenUrl")
                if isinstance(url, str):
                    yield url

    def _endpoint(
        self, method: str, path: str, told: Mapping[str, Any], shared: list[dict[str, Any]]
    ) -> Endpoint:
        own = self._parameters(told.get("parameters"))
        named = {(one.get("name"), one.get("in")): one for one in (*shared, *own)}
        takes, form = self._takes(told, list(named.values()))
        gives, headers = self._gives(told)
        tags = told.get("tags")
        return Endpoint(
            method,
            f"{self._base}{path}",
            _word(told.get("operationId")),
            f"{_word(told.get('summary'))} {_word(told.get('description'))}".strip(),
            tuple(_word(tag) for tag in tags) if isinstance(tags, list) else (),
            tuple(self._parameter(one) for one in named.values() if one.get("in") in {"path", "query"}),
            takes,
            form,
            gives,
            headers,
            told.get("deprecated") is True,
        )

    def _parameters(self, told: object) -> list[dict[str, Any]]:
        found = [self._shapes.follow(one) for one in (told if isinstance(told, list) else ())]
        return [
            one
            for one in found
            if isinstance(one, dict) and is_name(one.get("name")) and isinstance(one.get("in"), str)
        ]

    def _parameter(self, told: Mapping[str, Any]) -> Parameter:
        schema = told.get("schema", told)
        about = _word(told.get("description"))
        place = _word(told.get("in"))
        return Parameter(told["name"], place, about, self._shapes.shape(schema), told.get("required") is True)

    def _takes(self, told: Mapping[str, Any], parameters: list[dict[str, Any]]) -> tuple[Shape | None, bool]:
        """Return what the body is, and whether it is a form."""
        if self._old:
            body = next((one for one in parameters if one.get("in") == "body"), None)
            fields = {
                one["name"]: self._shapes.shape(one) for one in parameters if one.get("in") == "formData"
            }
            if fields:
                return Shape("object", properties=fields), True
            return (None, False) if body is None else (self._shapes.shape(body.get("schema")), False)
        content = _mapping(_mapping(self._shapes.follow(told.get("requestBody"))).get("content"))
        for kind, each in content.items():
            if JSON_TYPE.match(kind):
                return self._shapes.shape(_mapping(each).get("schema")), False
        form = content.get(FORM_TYPE)
        return (None, False) if form is None else (self._shapes.shape(_mapping(form).get("schema")), True)

    def _gives(self, told: Mapping[str, Any]) -> tuple[Shape, tuple[str, ...]]:
        """Return what the answer to a success is, and which headers it has."""
        responses = _mapping(told.get("responses"))
        good = [status for status in sorted(map(str, responses)) if status.startswith("2")]
        for status in (*good, "default"):
            response = _mapping(self._shapes.follow(responses.get(status)))
            headers = tuple(map(str, _mapping(response.get("headers"))))
            if self._old and "schema" in response:
                return self._shapes.shape(response["schema"]), headers
            for kind, each in _mapping(response.get("content")).items():
                if JSON_TYPE.match(kind):
                    return self._shapes.shape(_mapping(each).get("schema")), headers
        return NOTHING, ()


def _base(document: Mapping[str, Any], *, old: bool) -> str:
    if old:
        return _word(document.get("basePath")).rstrip("/")
    servers = document.get("servers")
    first = _mapping(servers[0]) if isinstance(servers, list) and servers else {}
    variables = _mapping(first.get("variables"))
    url = _VARIABLE.sub(
        lambda found: _word(_mapping(variables.get(found[1])).get("default")), _word(first.get("url"))
    )
    try:
        path = urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
    return path if not path or path.startswith("/") else f"/{path}"


def _is_path(path: str) -> bool:
    return path.isprintable() and _PATH.fullmatch(path) is not None


def _mapping(value: object) -> dict[str, Any]:
    return {str(key): each for key, each in value.items()} if isinstance(value, dict) else {}


def _word(value: object) -> str:
    """Return a text on one line, as far as people can see it."""
    return plain(value) if isinstance(value, str) else ""
