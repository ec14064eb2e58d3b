"""What makes a dialect: its routes, and the shapes that its specification tells of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.simulator.speech import Asked, Route, Said

Schema: TypeAlias = dict[str, Any]
"""A schema in no version's own words: ``ref`` names another one, ``nullable`` lets null in."""

Names: TypeAlias = Mapping[str, str]
"""MyQ's name of a field in the built-in interface, and the dialect's."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One dialect."""

    title: str
    token: str
    routes: tuple[Route, ...]
    schemas: Mapping[str, Schema]
    form: bool = False
    base: str = ""
    """What all paths begin with, where a specification tells that apart."""


def renamed(entry: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Return an object under the dialect's names; what it has no name for is not shown."""
    return {names[name]: value for name, value in entry.items() if name in names}


def understood(body: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Return a body under MyQ's names; what is no name of the dialect stays as it is, to be refused."""
    back = {theirs: ours for ours, theirs in names.items()}
    return {back.get(name, f"no field {name}"): value for name, value in body.items()}


def window(said: Said, start: str, size: str, place: int) -> dict[str, str]:
    """Return the query that asks for a page which begins at a place."""
    query = {name: value for name, value in said.query.items() if name not in {start, size}}
    limit = said.query.get(size)
    return query | {"offset": str(place)} | ({"limit": limit} if limit is not None else {})


def number(text: str, default: int) -> int:
    """Return a whole number of a query, the default where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default  # noqa: PLR2004  2 billion


def text(about: str, **more: Any) -> Schema:  # noqa: ANN401  what a schema may say
    """Return the schema of a text."""
    return {"type": "string", "description": about, **more}


def texts(about: str) -> Schema:
    """Return the schema of a list of texts."""
    return {"type": "array", "items": {"type": "string"}, "description": about}


def thing(properties: Mapping[str, Schema], *required: str) -> Schema:
    """Return the schema of an object."""
    return {"type": "object", "properties": dict(properties)} | (
        {"required": list(required)} if required else {}
    )


def listing(key: str, of: str, **more: Schema) -> Schema:
    """Return the schema of an answer with a list."""
    return thing({key: {"type": "array", "items": {"ref": of}}, **more}, key)


def at(said: Said, id_: int, body: Mapping[str, Any] | None = None) -> Asked:
    """Return what is asked of one thing."""
    return Asked(id_, said.query, said.body if body is None else body)
