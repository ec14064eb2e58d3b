"""A CSV file as MyQ takes it: the header rule of the release, columns, cells (myq.md section 4)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from reconciler.core.dialect import (
    DOCUMENTED,
    Column,
    aliases_of,
    split_branches,
    split_values,
    user_name_of,
)
from reconciler.core.groups import values_of
from reconciler.core.rules import Mode
from reconciler.simulator.csv_settings import CsvSettings
from reconciler.simulator.switches import Release, Switches

_KNOWN = frozenset(Column)
_RECALLED = frozenset({Column.PHONE, Column.LANG})
_SCALARS = (
    (Column.FULLNAME, "fullname"),
    (Column.EMAIL, "email"),
    (Column.CODE, "code"),
    (Column.SCANSTORAGE, "scanStorage"),
    (Column.PHONE, "phone"),
    (Column.LANG, "lang"),
)
"""What MANAGED_GROUPS and AUTHSERVER hold is not known (myq.md section 4.2), so they are left alone."""

_MARK = "\ufeff"


class CsvRow(NamedTuple):
    """One row: its line, and its cells by column; a column that the file lacks is not among them."""

    line: int
    cells: Mapping[str, str]


def rows_of(content: bytes, settings: CsvSettings, switches: Switches) -> Iterator[CsvRow]:
    """Yield the rows of users; raises `csv.Error` where a row cannot be split.

    The wrong encoding corrupts in silence, the wrong header setting eats the first user or makes one
    of the header: MyQ is not said to notice either (myq.md sections 4.1 and 7.2).
    """
    text = content.decode(settings.encoding, errors="replace")
    if switches.csv_bom_is_stripped:
        text = text.removeprefix(_MARK)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=settings.delimiter or switches.csv_delimiter)
    columns: tuple[str, ...] = DOCUMENTED
    by_name = switches.release is Release.R10_2 and not settings.no_header_line
    if by_name:
        columns = tuple(next(reader, []))
    elif switches.release is Release.R10_1 and settings.skip_header_line:
        next(reader, None)
    taken = _KNOWN if switches.csv_import_takes_phone_and_language else _KNOWN - _RECALLED
    for cells in reader:
        if cells:
            padded = cells + [""] * (len(columns) - len(cells))
            known = {name: cell for name, cell in zip(columns, padded, strict=False) if name in taken}
            yield CsvRow(reader.line_num, known)


def wanted_from(
    row: CsvRow, settings: CsvSettings, switches: Switches, now: Callable[[str], list[str]]
) -> dict[str, Any]:
    """Return what the row makes of a user, by the API's names; *now* gives what the user holds of a list."""
    names = row.cells.get(Column.USERNAME_ALIASES, "")
    name = user_name_of(names)
    wanted: dict[str, Any] = {
        "username": name.lower() if settings.convert_user_name_to_lowercase else name,
        "syncSource": settings.synchronization_source,
    }
    if settings.authentication_server:
        wanted["ldapDomain"] = settings.authentication_server
    for column, field in _SCALARS:
        cell = row.cells.get(column)
        if cell or (cell is not None and switches.csv_empty_field_clears and column is not Column.FULLNAME):
            wanted[field] = cell
    aliases = values_of(aliases_of(names))
    if aliases or switches.csv_empty_field_clears:
        wanted["aliases"] = aliases
    for kind, values, mode in _lists(row, settings):
        if mode is not Mode.IGNORE and (values or mode is Mode.REPLACE):
            wanted[kind] = [*now(kind), *values] if mode is Mode.ADD else list(values)
    if switches.default_group_from_first_branch and wanted.get("groups"):
        wanted["defaultGroup"] = wanted["groups"][0]
    return wanted


def _lists(row: CsvRow, settings: CsvSettings) -> Iterator[tuple[str, tuple[str, ...], Mode]]:
    """Yield name, values and mode of the lists that the file has a column for."""
    cells, under = row.cells, settings.import_groups_under
    if Column.CARDS in cells:
        yield "cards", values_of(split_values(cells[Column.CARDS])), settings.cards
    if Column.PIN in cells:
        yield "pins", values_of(split_values(cells[Column.PIN])), settings.pin
    if Column.GROUPS in cells:
        paths = values_of(split_branches(cells[Column.GROUPS]))
        yield "groups", tuple(f"{under}|{path}" if under else path for path in paths), settings.groups
