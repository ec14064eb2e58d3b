"""The groups of one server: their paths, and what else names them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.core.groups import ALL_USERS
from reconciler.errors import TargetError
from reconciler.myq.wire import misread, path_of
from reconciler.sources.myq_api import Api
from reconciler.sources.myq_binding import GroupShape, Reference
from reconciler.sources.myq_json import MISSING, at, is_id
from reconciler.sources.myq_pages import Pages


@dataclass(frozen=True, slots=True)
class _Known:
    """What one look at all groups found; the group of all users has the path ``""``."""

    ids: Mapping[str, int | str] = field(default_factory=dict)
    by_id: Mapping[str, str] = field(default_factory=dict)
    by_name: Mapping[str, str] = field(default_factory=dict)


class Groups:
    """Knows the groups as they were at the last look, and looks again for one it does not know.

    Safe to share between threads.
    """

    def __init__(self, api: Api, shape: GroupShape, page_size: int) -> None:
        self._api = api
        self._shape = shape
        self._page_size = page_size
        self._known = _Known()
        self._lock = threading.Lock()

    def look(self) -> Mapping[str, int | str]:
        """Return MyQ's id of each group there is now, by its path."""
        pages = Pages(self._api, "list_groups", "groups", self._page_size, self._shape.id)
        entries = [entry for page in pages for entry in page]
        paths = _with_paths(entries, self._shape)
        ids = {path: at(entry, self._shape.id) for path, entry in paths}
        names = Counter(_name(path) for path in ids)
        self._known = _Known(
            {path: id_ for path, id_ in ids.items() if path != ALL_USERS},
            {str(id_): "" if path == ALL_USERS else path for path, id_ in ids.items()},
            {_name(path): "" if path == ALL_USERS else path for path in ids if names[_name(path)] == 1},
        )
        return self._known.ids

    def path_of(self, told: object, reference: Reference) -> str:
        """Return the path of the group that an answer names; ``""`` for the group of all users."""
        if not is_id(told):
            raise misread(f"a group is named by {str(told)[:40]!r}")
        if reference is Reference.NAME and told == ALL_USERS:
            return ""
        for known in self._looks():
            names = known.by_id if reference is Reference.ID else known.by_name
            if str(told) in names:
                return names[str(told)]
        raise misread(f"the {reference} {str(told)[:40]!r} is of no group, or of more than one")

    def name_of(self, path: str, reference: Reference) -> object:
        """Return the id or the name of the group at a path; of two with one name, neither has a name."""
        for known in self._looks():
            if path in known.ids:
                if reference is Reference.ID:
                    return known.ids[path]
                if _name(path) in known.by_name:
                    return _name(path)
        raise TargetError(
            f"the group {path!r} is not there, or its name is not its own",
            hint="plan again: somebody may have moved it",
        )

    def _looks(self) -> Iterator[_Known]:
        """Yield what is known, then what a fresh look finds; one look serves all who wait for it."""
        before = self._known
        yield before
        with self._lock:
            if self._known is before:
                self.look()
        yield self._known


def _with_paths(entries: list[Any], shape: GroupShape) -> list[tuple[str, Any]]:
    """Return each group's path with its object."""
    if shape.path:
        return [(_own_path(entry, shape), entry) for entry in entries]
    by_id = {str(at(entry, shape.id)): entry for entry in entries}
    return [(_climbed(entry, by_id, shape), entry) for entry in entries]


def _own_path(entry: object, shape: GroupShape) -> str:
    path = at(entry, shape.path)
    if not isinstance(path, str):
        raise misread("a group without a path")
    return path_of(path, shape.separator)


def _climbed(entry: object, by_id: Mapping[str, Any], shape: GroupShape) -> str:
    """Return the path of a group that tells its name and its parent."""
    levels: list[str] = []
    while True:
        name, parent = at(entry, shape.name), at(entry, shape.parent)
        if not isinstance(name, str) or not name or "|" in name:
            raise misread("a group without a name, or with the sign | in it")
        levels.append(name)
        if parent is MISSING or parent in (None, "", 0, "0"):
            return "|".join(reversed(levels))
        entry = by_id.get(str(parent))
        if entry is None or len(levels) > len(by_id):
            raise misread(f"the group {name!r:.60} is in one that is not listed, or in itself")


def _name(path: str) -> str:
    return path.rpartition("|")[2]
