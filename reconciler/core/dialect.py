"""MyQ's dialect of CSV: its columns, its lists, its branches of groups (myq.md section 4.2).

A comma joins the values of one cell, a vertical bar the levels of a group path. Nothing is known of a
way to write either inside a value, so joining refuses a value that holds one.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from reconciler.core.model import Cell, Property


class Header(StrEnum):
    """What the first line of a CSV file is, and what finds a column."""

    NAMES = "names"
    SKIP = "skip"
    NONE = "none"


class Column(StrEnum):
    """MyQ's columns. The documented ones come first, in MyQ's order; then the recalled ones."""

    FULLNAME = "FULLNAME"
    USERNAME_ALIASES = "USERNAME_ALIASES"
    EMAIL = "EMAIL"
    CARDS = "CARDS"
    GROUPS = "GROUPS"
    CODE = "CODE"
    SCANSTORAGE = "SCANSTORAGE"
    PIN = "PIN"
    MANAGED_GROUPS = "MANAGED_GROUPS"
    AUTHSERVER = "AUTHSERVER"
    PHONE = "PHONE"
    LANG = "LANG"


DOCUMENTED: tuple[Column, ...] = tuple(Column)[:8]
"""The columns that MyQ's pages name; their order is the positional one (an inference of myq.md)."""

RECALLED: tuple[Column, ...] = tuple(Column)[8:]
"""Names remembered, not read again; nothing may rest on them until a real export shows them."""

LISTS = frozenset({Column.CARDS, Column.PIN})
"""Columns that hold several values. That commas part cards too is an inference of myq.md."""

USER_NAME = "USERNAME"
"""Not a column of MyQ: the first value of USERNAME_ALIASES."""

ALIASES = "ALIASES"
"""Not a column of MyQ: the values of USERNAME_ALIASES after the first."""

SOURCE = "SYNC_SOURCE"
"""Assumed, named by no page: the synchronization source in an exported list of users."""

PROPERTIES: dict[str, Property] = {
    USER_NAME: Property.USER_NAME,
    Column.FULLNAME: Property.FULL_NAME,
    ALIASES: Property.ALIASES,
    Column.EMAIL: Property.EMAIL,
    Column.CARDS: Property.CARDS,
    Column.CODE: Property.PERSONAL_NUMBER,
    Column.SCANSTORAGE: Property.SCAN_STORAGE,
    Column.PHONE: Property.PHONE,
    Column.LANG: Property.LANGUAGE,
    Column.GROUPS: Property.GROUPS,
    SOURCE: Property.SYNCHRONIZATION_SOURCE,
    Column.PIN: Property.PINS,
}
"""The property that a column carries. What AUTHSERVER and MANAGED_GROUPS hold is not known."""

_NAMES_FROM = (10, 2)


def header_of(release: str) -> Header:
    """Return how a release of MyQ takes the header line that its own exports have (myq.md section 4.1).

    From 10.2 on columns are found by name; before, *Skip header line* passes over the line and
    columns are found by position. Raises ValueError for what is no release.
    """
    numbers = release.split(".")
    if len(numbers) < len(_NAMES_FROM) or not all(number.isdecimal() for number in numbers):
        raise ValueError(f"{release!r} is not a release of MyQ, such as 10.2")
    return Header.NAMES if tuple(int(number) for number in numbers) >= _NAMES_FROM else Header.SKIP


def names_columns(cells: Iterable[str]) -> bool:
    """Say whether a row is MyQ's header line: two of its cells, or all, are names of columns."""
    filled = [cell.upper() for cell in cells if cell]
    known = sum(cell in Column.__members__ for cell in filled)
    return known >= min(2, len(filled)) and known > 0


def split_values(cell: str) -> Cell:
    """Return the values that commas part, without the empty ones."""
    values = tuple(filter(None, map(str.strip, cell.split(","))))
    if len(values) > 1:
        return values
    return values[0] if values else ""


def user_name_of(cell: str) -> str:
    """Return the user name in a USERNAME_ALIASES cell: the first value, though it be empty.

    The first alias never takes the place of a user name that is missing.
    """
    return cell.partition(",")[0].strip()


def aliases_of(cell: str) -> Cell:
    """Return the aliases in a USERNAME_ALIASES cell: the values after the first."""
    return split_values(cell.partition(",")[2])


def split_branches(cell: str) -> Cell:
    """Return the group paths of a GROUPS cell, levels trimmed.

    A level without a name stays where it is, for whoever checks paths to refuse.
    """
    paths = tuple("|".join(map(str.strip, branch.split("|"))) for branch in cell.split(",") if branch.strip())
    if len(paths) > 1:
        return paths
    return paths[0] if paths else ""


def join_values(values: Iterable[str]) -> str:
    """Return one cell that holds the values; raises ValueError for a value with a comma."""
    parts = tuple(values)
    for part in parts:
        if "," in part:
            raise ValueError(f"{part!r} holds a comma, which parts values in MyQ's CSV")
    return ",".join(parts)


def join_names(user_name: str, aliases: Iterable[str]) -> str:
    """Return a USERNAME_ALIASES cell; raises ValueError for a name with a comma."""
    return join_values((user_name, *aliases))


def join_branches(paths: Iterable[str]) -> str:
    """Return a GROUPS cell; raises ValueError for a group name with a comma."""
    return join_values(paths)
