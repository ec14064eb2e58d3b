"""One user as a row of MyQ's import file, and what such a row cannot say (myq.md section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from reconciler.core.assumptions import Assumptions
from reconciler.core.dialect import (
    DOCUMENTED,
    Column,
    Header,
    header_of,
    join_branches,
    join_names,
    join_values,
)
from reconciler.core.model import INDEX, Property, User
from reconciler.core.normal import first_with_control

SCALARS: Mapping[Column, Property] = MappingProxyType(
    {
        Column.FULLNAME: Property.FULL_NAME,
        Column.EMAIL: Property.EMAIL,
        Column.CODE: Property.PERSONAL_NUMBER,
        Column.SCANSTORAGE: Property.SCAN_STORAGE,
        Column.PHONE: Property.PHONE,
        Column.LANG: Property.LANGUAGE,
    }
)
"""The columns of one value. An empty cell of one may clear what MyQ has."""

_scalars = itemgetter(*(INDEX[prop] for prop in SCALARS.values()))
_RECALLED = (Column.PHONE, Column.LANG)


class Row(NamedTuple):
    """One user in the file: as the import shall leave it, and the PINs of a new account."""

    user: User
    pins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """How import files for one server are written.

    `hidden` are the properties of columns that the server does not show us, so that a row for an
    existing account cannot repeat them. With `first_is_default` the first branch of GROUPS becomes the
    user's default group.
    """

    header: Header
    delimiter: str
    encoding: str
    columns: tuple[Column, ...]
    hidden: frozenset[Property] = frozenset()
    first_is_default: bool = False

    @property
    def repeats_accounts(self) -> bool:
        """Whether a row can say all that its columns say of an account that exists."""
        shown = {SCALARS[column] for column in self.columns if column in SCALARS} | {Property.ALIASES}
        return not shown & self.hidden

    def content(self, rows: Iterable[Row]) -> bytes:
        """Return the file: a header line, and a line for each user; each line ends with CR LF."""
        lines = [self.columns, *(self._cells(row) for row in rows)]
        text = "".join(f"{self.delimiter.join(map(_quoted, line))}\r\n" for line in lines)
        return text.encode(self.encoding)

    def fault(self, row: Row) -> str:
        """Return why a row cannot say this user, without telling the value; "" when it can."""
        if self._plain(row):
            return ""
        for what, values in _values(row):
            if what in _PARTED and any("," in value for value in values):
                return f"{what} holds a comma, which parts values in MyQ's CSV"
            trimmed = _trimmed if what == _GROUP else str.strip
            if what in _PARTED and any(trimmed(value) != value for value in values):
                return f"{what} begins or ends with white space, which MyQ's CSV does not keep"
            if first_with_control(values) is not None:
                return f"{what} holds control characters"
            if not _fits("".join(values), self.encoding):
                return f"{what} holds a letter that {self.encoding} has no place for"
        return ""

    def _plain(self, row: Row) -> bool:
        """Return whether there is nothing to look at closely, as with nearly everybody."""
        user = row.user
        parted = "".join((user.user_name, *user.aliases, *user.cards, *row.pins))
        groups = "|".join(("", *user.groups, ""))
        whole = "".join((parted, groups, *_scalars(user)))
        return (
            not any(sign in parted for sign in ", ")
            and not any(signs in groups for signs in (",", " |", "| "))
            and whole.isprintable()
            and (whole.isascii() or self.encoding.startswith("utf"))
        )

    def _cells(self, row: Row) -> tuple[str, ...]:
        return tuple(self._cell(column, row) for column in self.columns)

    def _cell(self, column: Column, row: Row) -> str:
        user = row.user
        if column in SCALARS:
            return str(user[INDEX[SCALARS[column]]])
        match column:
            case Column.USERNAME_ALIASES:
                return join_names(user.user_name, user.aliases)
            case Column.CARDS:
                return join_values(user.cards)
            case Column.PIN:
                return join_values(row.pins)
            case _:
                return join_branches(self._branches(user))

    def _branches(self, user: User) -> tuple[str, ...]:
        """Return the groups, the default group in front, in case the first one becomes it."""
        if user.default_group in user.groups:
            others = tuple(path for path in user.groups if path != user.default_group)
            return (user.default_group, *others)
        # Where the first becomes the default, a user without one keeps that only by an empty cell.
        return () if self.first_is_default else user.groups


def dialect_of(
    release: str, delimiter: str, encoding: str, readable: frozenset[Property], assumptions: Assumptions
) -> Dialect:
    """Return how import files for a server are written, given what of its accounts can be read.

    Where columns are found by name, one that cannot be repeated for those who exist is left out.
    """
    header = header_of(release)
    hidden = frozenset({*SCALARS.values(), Property.ALIASES} - readable)
    columns: Sequence[Column] = DOCUMENTED
    if header is Header.NAMES:
        further = _RECALLED if assumptions.csv_import_takes_phone_and_language else ()
        columns = [column for column in (*DOCUMENTED, *further) if SCALARS.get(column) not in hidden]
    return Dialect(
        header=header,
        delimiter="\t" if delimiter == "tab" else delimiter,
        encoding=encoding,
        columns=tuple(columns),
        hidden=hidden,
        first_is_default=assumptions.default_group_from_first_branch,
    )


_GROUP = "a group"
_PARTED = frozenset({"the user name", "an alias", "a card", _GROUP, "a PIN"})
"""What stands in cells of several values."""


def _values(row: Row) -> Iterator[tuple[str, tuple[str, ...]]]:
    user = row.user
    yield "the user name", (user.user_name,)
    yield "an alias", user.aliases
    yield "a card", user.cards
    yield _GROUP, user.groups
    yield "a PIN", row.pins
    for prop in SCALARS.values():
        yield f"the {prop.value}", (str(user[INDEX[prop]]),)


def _trimmed(value: str) -> str:
    return "|".join(level.strip() for level in value.split("|"))


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _quoted(cell: str) -> str:
    """Return the cell in quotes, unless it is a single word or a plain number (myq.md section 4.2)."""
    if not cell or (cell.isascii() and cell.replace("_", "").isalnum()):
        return cell
    return '"' + cell.replace('"', '""') + '"'
