"""From DNs and names of a directory to names of MyQ groups, which can hold neither `|` nor `,`."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.groups import GroupError, check_path
from reconciler.core.model import Cell
from reconciler.core.normal import clean
from reconciler.core.rules import EmptyLevel
from reconciler.errors import SourceDataError
from reconciler.sources.ldap.decode import Entry
from reconciler.sources.ldap.dn import Level, Part, comparable_dn, parse_dn, short_type

SEPARATORS = "|,"


def group_name(name: str, dn: str, replacement: str | None) -> str:
    """Return a group's name as MyQ can hold it; raise SourceDataError for one that it cannot."""
    if any(separator in name for separator in SEPARATORS):
        if replacement is None:
            raise SourceDataError(
                f"a group is called {name!r}, and a group name of MyQ can hold neither ',' nor '|'",
                hint="groups.replaceSeparators puts something else in their place",
                where=dn,
            )
        for separator in SEPARATORS:
            name = name.replace(separator, replacement)
    return clean(name)


def checked_path(path: str, dn: str, under: str | None, max_depth: int) -> str:
    """Return a complete group path, or raise SourceDataError for one that MyQ cannot hold."""
    try:
        return check_path(f"{under}|{path}" if under else path, max_depth)
    except GroupError as error:
        raise SourceDataError(str(error), hint=error.hint, where=dn) from None


def levels_of(dn: str) -> tuple[Level, ...]:
    """Return the levels of an entry's DN; raise SourceDataError when the server sent something else."""
    try:
        return parse_dn(dn)
    except ValueError as error:
        raise _no_dn(dn, error) from None


def key_of(dn: str) -> str:
    """Return what all spellings of a DN have in common; raise SourceDataError like `levels_of`."""
    try:
        return comparable_dn(dn)
    except ValueError as error:
        raise _no_dn(dn, error) from None


def _no_dn(dn: str, error: ValueError) -> SourceDataError:
    return SourceDataError(
        str(error), hint="the server sends a DN that RFC 4514 does not know: mend the entry", where=dn
    )


class ContainerPaths:
    """Group paths from where entries stand: one OU (`index`), or the tree without levels at both ends.

    Many entries stand in one container, so each container is worked out once. What an entry's own level
    is called does not count.
    """

    attributes: tuple[str, ...] = ()

    def __init__(
        self, *, index: int = 0, strip: tuple[int, int] = (1, 1), empty: EmptyLevel, replacement: str | None
    ) -> None:
        self._index = index
        self._strip = strip
        self._empty = empty
        self._replacement = replacement
        self._known: dict[str, str] = {}

    def cells(self, entries: Sequence[Entry]) -> list[Cell]:
        """Return the path of each entry, ``""`` where it stands too high for one."""
        return [self._path(dn) for dn, _ in entries]

    def _path(self, dn: str) -> str:
        # An escaped comma in the entry's own level only costs the short cut.
        container = dn.partition(",")[2]
        path = self._known.get(container) if "\\" not in dn else None
        if path is None:
            path = self._worked_out(dn)
            if "\\" not in dn:
                self._known[container] = path
        if not path and self._empty is EmptyLevel.ERROR:
            raise SourceDataError(
                "the DN has no level for this group",
                hint="move the entry, or set emptyLevel to skip",
                where=dn,
            )
        return path

    def _worked_out(self, dn: str) -> str:
        levels = levels_of(dn)
        if self._index:
            units = [level for level in levels[1:] if any(map(_is_unit, level))]
            chosen = [units[-self._index]] if len(units) >= self._index else []
        else:
            left, right = self._strip
            chosen = list(levels[left : max(left, len(levels) - right)])
        return "|".join(self._name(level, dn) for level in reversed(chosen))

    def _name(self, level: Level, dn: str) -> str:
        parts = [part for part in level if _is_unit(part)] or level
        return group_name("+".join(part.value for part in sorted(parts)), dn, self._replacement)


def _is_unit(part: Part) -> bool:
    return short_type(part.type) == "ou"
