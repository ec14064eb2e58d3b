"""MyQ's accounts to columns and back. Whatever field the state has is kept, also one that is new here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from reconciler.core.model import Account, ActualState, Property, User

Column = Sequence[object]

_OF_ACCOUNTS = tuple(name for name in Account._fields if name != "user")
COLUMNS = (*User._fields, *_OF_ACCOUNTS)
_MOST = 5_000
_OF_STATES = tuple(name for name in ActualState._fields if name != "accounts")


def batches(state: ActualState) -> Iterator[list[Column]]:
    """Yield all accounts, some thousand at a time, a column for each name in `COLUMNS`."""
    accounts = iter(state.accounts)
    while some := list(islice(accounts, _MOST)):
        users = zip(*(account.user for account in some), strict=True)
        yield [*users, *([getattr(one, name) for one in some] for name in _OF_ACCOUNTS)]


def closing_line(state: ActualState) -> dict[str, object]:
    """Return what is known of the server beside its accounts."""
    return {name: _written(getattr(state, name)) for name in _OF_STATES}


def accounts_of(fields: Sequence[str], columns: Sequence[Column]) -> list[Account]:
    """Return the accounts of one batch; a field that was not there when it was recorded is empty."""
    named = dict(zip(fields, columns, strict=True))
    size = len(columns[0])
    users = map(User._make, zip(*_columns(User, named, size), strict=True))
    named["user"] = list(users)
    return list(map(Account._make, zip(*_columns(Account, named, size), strict=True)))


def state_of(accounts: list[Account], closing: Mapping[str, Any]) -> ActualState:
    """Return the state that the accounts and the closing line make together."""
    known = {name: closing[name] for name in _OF_STATES if name in closing}
    known["groups"] = frozenset(known["groups"])
    known["readable"] = frozenset(map(Property, known["readable"]))
    return ActualState(tuple(accounts), **known)


def _columns(kind: type[User | Account], named: Mapping[str, Column], size: int) -> list[Column]:
    return [named[name] if name in named else [kind._field_defaults[name]] * size for name in kind._fields]


def _written(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value
