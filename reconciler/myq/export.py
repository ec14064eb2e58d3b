"""The actual state from MyQ's exported list of users (myq.md section 4).

The file has the dialect of MyQ's CSV source, so the reader of that source reads it. An export says
nothing of deleted accounts, and PINs in it are passed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import compress, repeat
from pathlib import Path
from sys import intern

from reconciler.core.dialect import PROPERTIES, SOURCE, USER_NAME, Header
from reconciler.core.groups import with_ancestors
from reconciler.core.model import (
    INDEX,
    MANY,
    SYSTEM_USER_MARK,
    Account,
    ActualState,
    Batch,
    Cell,
    Property,
    User,
    made,
)
from reconciler.errors import SourceError, TargetError
from reconciler.sources.csv_dialect.encoding import Encoding
from reconciler.sources.csv_dialect.grammar import Delimiter
from reconciler.sources.csv_dialect.reader import CsvFormat, CsvReader

_NO_ID, _ACTIVE = "", True
"""What an export says of every account: nothing of an id, and that it is not deleted."""

_FEW_VALUES = frozenset({Property.LANGUAGE, Property.SYNCHRONIZATION_SOURCE})


def read_export(
    path: Path, *, delimiter: Delimiter, encoding: Encoding, header: Header, has_source: bool
) -> ActualState:
    """Return the accounts and groups of an exported list of users; raises TargetError on any doubt.

    Only properties whose columns are there are readable. With `has_source`, a column SYNC_SOURCE is
    taken for the accounts' synchronization source: an assumption, since no page names such a column.
    """
    reader = CsvReader(
        path,
        path.name,
        CsvFormat(delimiter=delimiter, encoding=encoding, header=header),
        may_be_empty=True,
    )
    try:
        return _read(reader, has_source=has_source)
    except SourceError as error:
        raise TargetError(error.message, hint=error.hint, where=error.where) from error


def _read(reader: CsvReader, *, has_source: bool) -> ActualState:
    there = reader.attributes()
    if not there:
        raise TargetError(
            "the file is empty",
            hint="export the users again; MyQ's exports have a header line",
            where=reader.name,
        )
    wanted = tuple(
        name
        for name, prop in PROPERTIES.items()
        if name == USER_NAME or (name in there and prop in INDEX and (name != SOURCE or has_source))
    )
    properties = tuple(PROPERTIES[name] for name in wanted)
    paths = _Paths()
    users: list[User] = []
    for batch in reader.read(wanted):
        users += _users(batch, properties, paths)
    _check_unique(reader, users)
    return ActualState(
        accounts=tuple(made(Account, zip(users, repeat(_NO_ID), repeat(_ACTIVE), repeat(()), strict=False))),
        groups=frozenset(with_ancestors(paths.all)),
        readable=frozenset(properties),
        knows_source=Property.SYNCHRONIZATION_SOURCE in properties,
        knows_deleted=False,
    )


class _Paths(dict[Cell, tuple[str, ...]]):
    """Sorted group paths by cell, so that accounts in the same groups share them; `all` are all paths."""

    def __init__(self) -> None:
        super().__init__()
        self.all: set[str] = set()

    def __missing__(self, cell: Cell) -> tuple[str, ...]:
        paths = self[cell] = _values(cell)
        self.all.update(paths)
        return paths


def _users(batch: Batch, properties: Sequence[Property], paths: _Paths) -> list[User]:
    """Return the users of a batch, made column by column, without MyQ's own accounts."""
    columns = dict(zip(properties, batch.columns, strict=True))
    names = columns[Property.USER_NAME]
    if "" in names:
        raise TargetError(
            "an account without a user name",
            hint="MyQ has none such: export the users again",
            where=batch.origins[names.index("")],
        )
    fields = [_field(prop, columns.get(prop), paths) for prop in INDEX]
    users = made(User, zip(*fields, strict=False))  # the fields not read repeat without end
    return [user for user in users if not user.user_name.startswith(SYSTEM_USER_MARK)]


def _field(prop: Property, column: Sequence[Cell] | None, paths: _Paths) -> Iterable[object]:
    if column is None:
        return repeat(() if prop in MANY else "")
    if prop is Property.GROUPS:
        return map(paths.__getitem__, column)
    if prop in MANY:
        return map(_values, column)
    return map(intern, map(str, column)) if prop in _FEW_VALUES else column


def _values(cell: Cell) -> tuple[str, ...]:
    if isinstance(cell, str):
        return (cell,) if cell else ()
    return tuple(sorted(set(cell)))


def _check_unique(reader: CsvReader, users: Sequence[User]) -> None:
    names = [user.user_name for user in users]
    if len(set(names)) == len(names):
        return
    twice = next(name for name, count in Counter(names).items() if count > 1)
    # A second look at the file, so that the first one need not keep where everybody stands.
    first, second, *_ = (
        origin
        for batch in reader.read((USER_NAME,))
        for origin in compress(batch.origins, map(twice.__eq__, batch.columns[0]))
    )
    raise TargetError(
        f"the account {twice!r} stands at {first} already",
        hint="user names are unique in MyQ: export the users again",
        where=second,
    )
