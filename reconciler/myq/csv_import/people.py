"""The changes of one account taken together: a row is a whole user, and says all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Action, Change, Value, gained, lost
from reconciler.core.model import INDEX, Account, ActualState, Property, User
from reconciler.myq.csv_import.dialect import Dialect, Row

_NOBODY = User("")
_AT = {prop.value: at for prop, at in INDEX.items()}


@dataclass(frozen=True, slots=True)
class CsvTarget:
    """One server that is written by import files.

    `sources` has each Source manifest's synchronization source, `pins` the PINs of new accounts by
    user name.
    """

    dialect: Dialect
    actual: ActualState
    assumptions: Assumptions
    sources: Mapping[str, str]
    pins: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)

    def source_of(self, change: Change) -> str:
        """Return the synchronization source of the account that a change is about, "" where nobody knows.

        Where the server hides it, the account is taken for that of the source that asks for the change:
        MyQ itself refuses a row for another's.
        """
        if change.action is Action.CREATE:
            return self.sources.get(change.source, "")
        if change.account_source or self.actual.knows_source:
            return change.account_source
        return self.sources.get(change.source, "")


class Person(NamedTuple):
    """An account as it is, None for one to be created, and what shall happen to it."""

    before: Account | None
    changes: tuple[Change, ...]

    @property
    def after(self) -> User:
        """The user as it shall be after the changes."""
        user = self.before.user if self.before else _NOBODY
        values: list[Value] = list(user)
        for change in self.changes:
            for one in change.fields:
                at = _AT[one.field]
                values[at] = _after(one.after, values[at], gained(one), lost(one))
        return User._make(values)

    def does(self, action: Action) -> bool:
        """Return whether one of the changes is such an action."""
        return any(change.action is action for change in self.changes)

    def sets(self, prop: Property) -> bool:
        """Return whether one of the changes is about a property."""
        return any(change.field(prop.value) for change in self.changes)

    def row(self, target: CsvTarget) -> Row:
        """Return the person's row in an import file."""
        after = self.after
        pins = target.pins.get(after.user_name, ()) if self.before is None else ()
        return Row(after, tuple(pins))


def _after(said: Value, held: Value, more: Iterable[str], fewer: Iterable[str]) -> Value:
    if isinstance(said, str) or isinstance(held, str):
        return said
    return tuple(sorted((set(held) - set(fewer)) | set(more)))


class People:
    """Who the changes are about, by the user name that the changes give and whether it is new."""

    def __init__(self, actual: ActualState) -> None:
        self._by_id = {account.id: account for account in actual.accounts if account.id}
        self._by_name = {account.user.user_name: account for account in actual.accounts if account.active}

    def of(self, changes: Iterable[Change]) -> list[Person]:
        """Return everybody whom the changes are about, in the order of their user names."""
        together: dict[tuple[str, bool], list[Change]] = {}
        for change in changes:
            if not change.is_group:
                together.setdefault(key(change), []).append(change)
        return [Person(self._account(theirs[0]), tuple(theirs)) for _, theirs in sorted(together.items())]

    def _account(self, change: Change) -> Account | None:
        if change.action is Action.CREATE:
            return None
        return self._by_id[change.account_id] if change.account_id else self._by_name[change.name]


def key(change: Change) -> tuple[str, bool]:
    """Return what the changes of one account have in common: a new account may bear another's old name."""
    return change.name, change.action is Action.CREATE
