"""A document of a manifest file: what it holds, and where every part of it stands."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from reconciler.errors import Place

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in its document: keys and positions from the root."""


class Places:
    """Where the keys and the values of a document stand in their file."""

    __slots__ = ("_keys", "_values")

    def __init__(self) -> None:
        self._keys: dict[Path, Place] = {}
        self._values: dict[Path, Place] = {}

    def add(self, path: Path, value: Place, key: Place | None = None) -> None:
        """Remember a value, and its key if it has one; the first of two at the same path stays."""
        self._values.setdefault(path, value)
        self._keys.setdefault(path, key or value)

    def value(self, path: Path) -> Place:
        """Return the place of the value, or of the nearest one around it."""
        return _nearest(self._values, path)

    def key(self, path: Path) -> Place:
        """Return the place of the key, or of the nearest value around it."""
        return _nearest(self._keys, path)


def _nearest(places: dict[Path, Place], path: Path) -> Place:
    while path not in places:
        path = path[:-1]
    return places[path]


class Document(NamedTuple):
    """One YAML document: text, lists and mappings only, and None for an explicit nothing."""

    content: dict[str, Any]
    places: Places
