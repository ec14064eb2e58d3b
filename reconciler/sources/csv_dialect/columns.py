"""The columns of a CSV file: what the first line says of them, and what attributes they give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import NamedTuple, TypeAlias

from reconciler.core import dialect
from reconciler.core.dialect import Header
from reconciler.core.model import Cell
from reconciler.core.normal import clean_column, first_with_control
from reconciler.errors import SourceDataError
from reconciler.sources.csv_dialect.grammar import likely_delimiter
from reconciler.sources.csv_dialect.rows import RowReader, Rows

Column: TypeAlias = Sequence[Cell]

_MOST_REMEMBERED = 50_000
_MOST_SHOWN = 30
_LONGEST_SHOWN = 40


class Attribute(NamedTuple):
    """Where an attribute comes from: a column's position, and what becomes of its text."""

    position: int
    convert: Callable[[Sequence[str]], Column]


def find_columns(rows: RowReader, header: Header, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of a file's columns, none for an empty file; takes the header line, if any."""
    if header is Header.NONE:
        return columns
    first = rows.first()
    if first is None:
        return ()
    cells = tuple(clean_column(first))
    if first_with_control(cells) is not None:
        raise rows.fault(
            "control characters in the header line",
            _delimiter_hint(cells) or "check that `file` is a CSV file, and its `encoding`",
            line=1,
        )
    if header is Header.SKIP:
        _check_skipped(rows, cells, columns)
        return columns
    _check_names(rows, cells)
    return cells


def _check_names(rows: RowReader, cells: tuple[str, ...]) -> None:
    if not any(cells):
        raise rows.fault("the line is blank, and should name the columns", "remove it", line=1)
    twice = next((name for at, name in enumerate(cells) if name and name in cells[:at]), None)
    if twice is not None:
        raise rows.fault(
            "two columns have this name", "give each column its own name", line=1, column=_shown(twice)
        )


def _check_skipped(rows: RowReader, cells: tuple[str, ...], columns: tuple[str, ...]) -> None:
    """Refuse to skip a first line that is a record, or that names the columns in another order."""
    if len(cells) != len(columns):
        raise rows.fault(
            f"the header line has {len(cells)} fields, and {len(columns)} columns are set",
            _delimiter_hint(cells) or "list all columns of the file under `columns`, in their order",
            line=1,
        )
    if _like_a_record(cells):
        raise rows.fault(
            "`header: skip` would pass over this line, and it looks like a record",
            "set `header: none` when the file has no header line",
            line=1,
        )
    names = {name.casefold(): name for name in columns}
    for cell, column in zip(cells, columns, strict=True):
        if names.get(cell.casefold(), column) != column:
            raise rows.fault(
                f"the header line has {_shown(cell)} where `columns` has {_shown(column)}",
                "set `header: names`, or list `columns` in the order of the file",
                line=1,
            )


def check_no_header(rows: RowReader, some: Rows, *, may_name: bool) -> None:
    """Refuse a header line that would become a user (myq.md section 7.2, hazard 3).

    That is a row equal to the names of the columns, as files put together have it; with `may_name` also a
    first row that holds any known names.
    """
    header = list(rows.columns)
    at = some.cells.index(header) if header in some.cells else None
    if at is None and may_name and _names_columns(some.cells[0], header):
        at = 0
    if at is not None:
        raise rows.fault(
            "this line would become a user, and it holds the names of columns",
            "a file has one header line at most, and `header` says what becomes of it",
            line=some.lines[at],
        )


def _names_columns(row: Sequence[str], columns: Sequence[str]) -> bool:
    known = {name.casefold() for name in columns if name}
    cells = [cell.strip() for cell in row]
    return dialect.names_columns(cells) or {cell.casefold() for cell in cells} <= known


def available(columns: Sequence[str], branches: frozenset[str]) -> dict[str, Attribute]:
    """Return the attributes that these columns give, in their order."""
    found = {
        name: Attribute(position, _conversion(name, branches))
        for position, name in enumerate(columns)
        if name
    }
    names = found.get(dialect.Column.USERNAME_ALIASES)
    if names is not None:
        found.setdefault(dialect.USER_NAME, Attribute(names.position, _user_names))
        found.setdefault(dialect.ALIASES, Attribute(names.position, _aliases))
    return found


def missing(rows: RowReader, name: str, there: Sequence[str], *, named: bool) -> SourceDataError:
    """Return the error for an attribute that the file does not have."""
    if named and _like_a_record(rows.columns):
        return rows.fault(
            f"there is no column {_shown(name)}: the first line looks like a record, not like a header",
            "set `header: none` and list the `columns`",
            line=1,
        )
    listed = ", ".join(_shown(column) for column in there[:_MOST_SHOWN])
    more = f" and {len(there) - _MOST_SHOWN} more" if len(there) > _MOST_SHOWN else ""
    folded = {column.casefold(): column for column in there}
    close = get_close_matches(name.casefold(), folded, n=1)
    return rows.fault(
        f"there is no column {_shown(name)}; the columns are {listed}{more}",
        _delimiter_hint(rows.columns)
        or (f"did you mean {_shown(folded[close[0]])}?" if close else "name one of these in the mapping"),
        line=1 if named else 0,
    )


def _conversion(name: str, branches: frozenset[str]) -> Callable[[Sequence[str]], Column]:
    if name in branches or name == dialect.Column.GROUPS:
        return _Branches().convert
    return _lists if name in dialect.LISTS else _as_it_is


def _as_it_is(column: Sequence[str]) -> Column:
    return column


def _lists(column: Sequence[str]) -> Column:
    return [dialect.split_values(cell) if "," in cell else cell for cell in column]


def _user_names(column: Sequence[str]) -> Column:
    return [dialect.user_name_of(cell) if "," in cell else cell for cell in column]


def _aliases(column: Sequence[str]) -> Column:
    return [dialect.aliases_of(cell) if "," in cell else "" for cell in column]


class _Branches(dict[str, Cell]):
    """Group paths by cell, worked out once for the thousands of people who share one."""

    def __missing__(self, cell: str) -> Cell:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        paths = self[cell] = dialect.split_branches(cell)
        return paths

    def convert(self, column: Sequence[str]) -> Column:
        """Return the paths of each cell."""
        return list(map(self.__getitem__, column))


def _like_a_record(cells: Sequence[str]) -> bool:
    """Say whether a line holds what names of columns never hold, an e-mail address."""
    return any("@" in cell.strip("@") for cell in cells)


def _delimiter_hint(cells: Sequence[str]) -> str:
    other = likely_delimiter(cells[0]) if len(cells) == 1 else ""
    return f"set `delimiter: {other!r}`" if other else ""


def _shown(name: str) -> str:
    return repr(name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}...")
