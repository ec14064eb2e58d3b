"""Values in JSON objects, by keys that may lead into objects: ``contact.email``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from reconciler.sources.answer import Json


class Missing:
    """The type of `MISSING`."""


MISSING: Final = Missing()
"""What a key leads to that is not there; null is something else."""


def at(value: Json, key: str) -> Json:
    """Return what stands under a key, the value itself for ``""``, `MISSING` where there is nothing."""
    if not key:
        return value
    for step in key.split("."):
        if not isinstance(value, dict) or step not in value:
            return MISSING
        value = value[step]
    return value


def getter(key: str) -> Callable[[dict[str, Any]], Any]:
    """Return what finds a key's value in an object, and None where it is null or not there."""
    if "." not in key:
        return lambda entry: entry.get(key)

    def inside(entry: dict[str, Any]) -> Json:
        found = at(entry, key)
        return None if found is MISSING else found

    return inside


def put(body: dict[str, Any], key: str, value: Json) -> None:
    """Set what stands under a key; objects on the way are copied, since they may be somebody else's."""
    *way, last = key.split(".")
    for step in way:
        inner = body.get(step)
        body[step] = dict(inner) if isinstance(inner, dict) else {}
        body = body[step]
    body[last] = value


def is_id(value: object) -> bool:
    """Return whether a value can be MyQ's id of something: a number or a text, and not nothing."""
    return isinstance(value, int | str) and not isinstance(value, bool) and value != ""


def is_count(value: object) -> bool:
    """Return whether a value can say how many there are."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
