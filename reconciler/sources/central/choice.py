"""Whom of Central's users one site takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Final

from reconciler.core.dialect import Column
from reconciler.core.groups import ALL_USERS, values_of
from reconciler.core.model import SYSTEM_USER_MARK, Batch, Cell, Fact
from reconciler.core.normal import clean
from reconciler.errors import SourceDataError
from reconciler.sources.central import CentralUsers

USER_NAME: Final = "username"
GROUPS: Final = "groups"
_PATHS: Final = frozenset({GROUPS, Column.GROUPS.value})


class Choice:
    """Keeps those whom the manifest selects, and remembers what it selects that nobody has."""

    def __init__(self, users: CentralUsers, asked: Sequence[str]) -> None:
        self.attributes = tuple(
            dict.fromkeys((*asked, USER_NAME, *((GROUPS,) if users.in_groups else ()), *users.having))
        )
        self.kept = 0
        self._asked = len(asked)
        self._groups = tuple(map(clean, users.in_groups))
        self._having = {name: frozenset(map(clean, values)) for name, values in users.having.items()}
        self._met_groups: set[str] = set()
        self._met_values: dict[str, set[str]] = {name: set() for name in self._having}
        self._left_out = 0

    def of(self, batch: Batch) -> Batch:
        """Return the selected records, of a batch with `attributes`, with what was asked for alone."""
        told = [
            list(map(_without_everybody, column)) if name in _PATHS else column
            for name, column in zip(self.attributes, batch.columns, strict=True)
        ]
        columns = dict(zip(self.attributes, told, strict=True))
        mask = [not str(name).startswith(SYSTEM_USER_MARK) for name in columns[USER_NAME]]
        own = sum(mask)
        if self._groups:
            mask = [ours and self._inside(cell) for ours, cell in zip(mask, columns[GROUPS], strict=True)]
        for name, values in self._having.items():
            mask = [
                self._has(name, values, cell) and ours for ours, cell in zip(mask, columns[name], strict=True)
            ]
        kept = sum(mask)
        self.kept += kept
        self._left_out += own - kept
        asked = told[: self._asked]
        return Batch(list(compress(batch.origins, mask)), [list(compress(one, mask)) for one in asked])

    def meet(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Take note of groups that Central has; return those that the manifest selects."""
        return tuple(path for path in paths if not self._groups or self._inside(path))

    def check(self, where: str) -> None:
        """Refuse a group or a value that Central does not have: a slip of the pen would select nobody."""
        lacking = [f"the group {path}" for path in self._groups if path not in self._met_groups]
        for name, values in self._having.items():
            lacking += [f"{name}: {value}" for value in sorted(values - self._met_values[name])]
        if lacking:
            raise SourceDataError(
                f"nobody in Central has {', '.join(lacking)}",
                hint="spell it as Central does, or take it out of `users`",
                where=where,
            )

    def facts(self) -> tuple[Fact, ...]:
        """Return how many people are none of this site's."""
        chooses = self._groups or self._having
        return (Fact("left out by users", str(self._left_out)),) if chooses else ()

    def _inside(self, cell: Cell) -> bool:
        found = {
            group
            for path in map(clean, values_of(cell))
            for group in self._groups
            if path == group or path.startswith(f"{group}|")
        }
        self._met_groups |= found
        return bool(found)

    def _has(self, name: str, values: frozenset[str], cell: Cell) -> bool:
        found = values.intersection(map(clean, values_of(cell)))
        self._met_values[name] |= found
        return bool(found)


def _without_everybody(groups: Cell) -> Cell:
    """Return group paths less MyQ's own group of all users, which nobody joins by synchronization."""
    paths = tuple(path for path in values_of(groups) if path != ALL_USERS)
    return paths if len(paths) > 1 else "".join(paths)
