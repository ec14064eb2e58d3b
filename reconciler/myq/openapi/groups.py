"""What a group object looks like, by the names of its keys and their descriptions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconciler.myq.openapi.shapes import Shape
from reconciler.myq.openapi.words import plain

_ID: Final = frozenset({"id", "groupid", "teamid", "usergroupid"})
_PATH: Final = frozenset({"path", "fullpath", "grouppath"})
_NAME: Final = frozenset({"name", "groupname", "label", "title", "displayname"})
_PARENT: Final = frozenset({"parent", "parentid", "parentgroup", "parentgroupid", "above"})
_SAID: Final = {
    "path": re.compile(r"\bfull path\b|\bpath of the (?:group|team)\b", re.IGNORECASE),
    "parent": re.compile(r"\bid of the parent\b|\bparent (?:group|team)\b", re.IGNORECASE),
}
_SLASHED: Final = re.compile(r"\b\w+(/)\w+\b|\bslash|(?:joined|separated) by `?(/)", re.IGNORECASE)
_BARRED: Final = re.compile(r"\w\|\w|(?:joined|separated) by `?\||vertical bar|pipe", re.IGNORECASE)
_BACKSLASHED: Final = re.compile(r"\w\\\w|backslash", re.IGNORECASE)


def keys(shape: Shape, parameter: str = "") -> dict[str, str]:
    """Return the keys of a group's id, path, name and parent, as far as they are there."""
    found = {}
    for part, names in (("id", _ID), ("path", _PATH), ("name", _NAME), ("parent", _PARENT)):
        key = next(_named(shape, part, names), "")
        if key:
            found[part] = key
    if parameter in shape.properties:
        found["id"] = parameter
    return found


def _named(shape: Shape, part: str, names: frozenset[str]) -> Iterator[str]:
    yield from (key for key in shape.properties if plain(key) in names)
    if part in _SAID:
        yield from (key for key, each in shape.properties.items() if _SAID[part].search(each.about))


def is_group(shape: Shape) -> bool:
    """Return whether a shape can be a group's: an id, and what it is called."""
    found = keys(shape)
    return "id" in found and bool({"path", "name"} & found.keys())


def is_placed(shape: Shape) -> bool:
    """Return whether a body says what a group is called, and where it is."""
    return bool({"path", "name"} & keys(shape).keys())


def separator(shape: Shape) -> str:
    """Return what a description says to stand between the levels of a path, "" where it does not say."""
    found = [
        sign
        for sign, pattern in (("|", _BARRED), ("/", _SLASHED), ("\\", _BACKSLASHED))
        if pattern.search(shape.about)
    ]
    return found[0] if len(found) == 1 else ""
