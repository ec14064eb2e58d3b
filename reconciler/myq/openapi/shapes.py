"""What objects look like, from the schemas of a specification: references followed, parts put together.

A specification can refer to itself and multiply without end, so looking is lazy, goes so deep and no
deeper, and costs from a budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

MAX_DEPTH: Final = 8
MAX_KEY: Final = 200
BUDGET: Final = 400_000

_COMBINED: Final = ("allOf", "oneOf", "anyOf")
_KINDS: Final = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "object",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """One value: its kind, what it is for, and what is in it.

    `kind` is text, number, boolean, list, object or "" where that is not told.
    """

    kind: str = ""
    about: str = ""
    words: tuple[str, ...] = ()
    """The texts that it may be, where they are told."""
    default: object = None
    least: object = None
    nullable: bool = False
    read_only: bool = False
    write_only: bool = False
    items: Shape | None = None
    properties: Mapping[str, Shape] = field(default_factory=dict)


NOTHING: Final = Shape()


class Shapes:
    """Makes shapes of schemas; `unresolved` are references that lead nowhere in this document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.unresolved: set[str] = set()
        self._document = document
        self._left = BUDGET
        self._known: dict[tuple[int, int], Shape] = {}

    @property
    def exhausted(self) -> bool:
        """Whether there was more to look at than is looked at."""
        return self._left < 0

    def shape(self, schema: object, depth: int = 0) -> Shape:
        """Return the shape of a schema; nothing is known of what lies too deep or costs too much."""
        if depth > MAX_DEPTH:
            return NOTHING
        schema = self.follow(schema)
        key = (id(schema), depth)
        if key not in self._known:
            self._known[key] = self._made(schema, depth)
        return self._known[key]

    def _made(self, schema: object, depth: int) -> Shape:
        parts = list(self._parts(schema, ()))
        if not parts:
            return NOTHING
        properties: dict[str, Shape] = {}
        for part in parts:
            told = part.get("properties")
            for name, each in (told if isinstance(told, dict) else {}).items():
                if is_name(name) and "." not in name:  # dots lead into objects in a binding
                    properties.setdefault(name, self.shape(each, depth + 1))
        items = next((part["items"] for part in parts if isinstance(part.get("items"), dict)), None)
        return Shape(
            _kind(parts, properties, items),
            _text(parts, "description") or _text(parts, "title"),
            _words(parts),
            _first(parts, "default"),
            _first(parts, "minimum"),
            any(_is_nullable(part) for part in parts),
            any(part.get("readOnly") is True for part in parts),
            any(part.get("writeOnly") is True for part in parts),
            None if items is None else self.shape(items, depth + 1),
            properties,
        )

    def follow(self, value: object) -> object:
        """Return what a reference leads to, None where that is nowhere; any other value is itself."""
        seen: set[str] = set()
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            reference: str = value["$ref"]
            if reference in seen or not reference.startswith("#"):
                self.unresolved.add(reference)
                return None
            seen.add(reference)
            value = self._at(reference)
            if value is None:
                self.unresolved.add(reference)
        return value

    def _at(self, reference: str) -> object:
        value: Any = self._document
        for step in reference.removeprefix("#").strip("/").split("/"):
            key = step.replace("~1", "/").replace("~0", "~").replace("%7B", "{").replace("%7D", "}")
            if isinstance(value, list) and key.isdecimal() and int(key[:9]) < len(value):
                value = value[int(key[:9])]
            elif isinstance(value, dict) and key in value:
                value = value[key]
            else:
                return None
        return value

    def _parts(self, schema: object, above: tuple[int, ...]) -> Iterator[dict[str, Any]]:
        """Yield a schema and all that it is combined of."""
        self._left -= 1
        schema = self.follow(schema)
        if not isinstance(schema, dict) or id(schema) in above or self._left < 0:
            return
        yield schema
        for word in _COMBINED:
            several = schema.get(word)
            for part in several if isinstance(several, list) else ():
                if len(above) < MAX_DEPTH:
                    yield from self._parts(part, (*above, id(schema)))


def is_name(name: object) -> TypeGuard[str]:
    """Return whether a key or a parameter has a name that can be written into a binding."""
    return isinstance(name, str) and 0 < len(name) <= MAX_KEY and name.isprintable()


def _kind(parts: list[dict[str, Any]], properties: Mapping[str, Shape], items: object) -> str:
    for part in parts:
        told = part.get("type")
        for word in told if isinstance(told, list) else [told]:
            if isinstance(word, str) and word in _KINDS:
                return _KINDS[word]
    if properties:
        return "object"
    return "list" if items is not None else ""


def _words(parts: list[dict[str, Any]]) -> tuple[str, ...]:
    told = _first(parts, "enum")
    return (
        tuple(word for word in told if isinstance(word, str) and word.isprintable())
        if isinstance(told, list)
        else ()
    )


def _is_nullable(part: Mapping[str, Any]) -> bool:
    told = part.get("type")
    return (
        part.get("nullable") is True
        or part.get("x-nullable") is True
        or told == "null"
        or (isinstance(told, list) and "null" in told)
    )


def _text(parts: list[dict[str, Any]], key: str) -> str:
    return next((part[key] for part in parts if isinstance(part.get(key), str)), "")


def _first(parts: list[dict[str, Any]], key: str) -> object:
    return next((part[key] for part in parts if key in part), None)
