"""The exported user list: MyQ's CSV, always with a header line (myq.md section 4)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from reconciler.core.dialect import DOCUMENTED, SOURCE, Column
from reconciler.errors import UsageError
from reconciler.simulator.reading import page_of_users
from reconciler.simulator.switches import ExportedPins, Switches
from reconciler.simulator.work import Work

Cell: TypeAlias = Callable[[Mapping[str, Any]], str]

_PAGE = 5_000
_CELLS: Mapping[str, Cell] = MappingProxyType(
    {
        Column.FULLNAME: lambda user: str(user["fullname"]),
        Column.USERNAME_ALIASES: lambda user: ",".join((user["username"], *user["aliases"])),
        Column.EMAIL: lambda user: str(user["email"]),
        Column.CARDS: lambda user: ",".join(user["cards"]),
        Column.GROUPS: lambda user: ",".join(user["groups"]),
        Column.CODE: lambda user: str(user["code"]),
        Column.SCANSTORAGE: lambda user: str(user["scanStorage"]),
        Column.PIN: lambda user: ",".join(user["pins"]),
        Column.PHONE: lambda user: str(user["phone"]),
        Column.LANG: lambda user: str(user["lang"]),
        SOURCE: lambda user: str(user["syncSource"]),
    }
)
"""What stands in a column. What MANAGED_GROUPS and AUTHSERVER hold is not known (section 4.2)."""


def exported(work: Work, further: Sequence[str] = ()) -> bytes:
    """Return the list of users who are not deleted, with *further* columns behind the documented ones."""
    unknown = [name for name in further if name not in _CELLS]
    if unknown:
        raise UsageError(
            f"no column {unknown[0]!r} can be exported",
            hint=f"known: {', '.join(_CELLS)}",
            where="export.csv",
        )
    switches = work.switches
    source = (SOURCE,) if switches.csv_export_has_synchronization_source else ()
    columns = tuple(dict.fromkeys((*DOCUMENTED, *further, *source)))
    lines = [switches.csv_delimiter.join(columns)]
    cells = [_CELLS[column] for column in columns]
    lines += [switches.csv_delimiter.join([_quoted(cell(user)) for cell in cells]) for user in _users(work)]
    return "".join(f"{line}\r\n" for line in lines).encode(switches.csv_export_encoding, errors="replace")


def _users(work: Work) -> Iterator[dict[str, Any]]:
    pins = _pins(work)
    hidden = {user for (user,) in work.db.execute("SELECT id FROM users WHERE system OR deleted")}
    offset, total = 0, 1
    while offset < total:
        page, total = page_of_users(work, offset, _PAGE)
        for user in page:
            if user["id"] not in hidden:
                yield user | {"pins": pins.get(user["id"], [])}
        offset += _PAGE


def _pins(work: Work) -> dict[int, list[str]]:
    pins: dict[int, list[str]] = {}
    for user, pin in work.db.execute("SELECT user, value FROM held WHERE kind = 'pins' ORDER BY rowid"):
        pins.setdefault(user, []).extend(_shown(pin, work.switches))
    return pins


def _shown(pin: str, switches: Switches) -> list[str]:
    """Return a PIN as an export has it; ``hash:`` and an MD5 digest is recalled with little confidence."""
    if switches.csv_export_pins is ExportedPins.EMPTY:
        return []
    if switches.csv_export_pins is ExportedPins.PLAIN or pin.startswith("hash:"):
        return [pin]
    return [f"hash:{hashlib.md5(pin.encode(), usedforsecurity=False).hexdigest()}"]


def _quoted(cell: str) -> str:
    """Return the cell, in quotes unless it is a single word or a plain number (section 4.2)."""
    if not cell or (cell.isascii() and cell.isalnum()):
        return cell
    return '"' + cell.replace('"', '""') + '"'
