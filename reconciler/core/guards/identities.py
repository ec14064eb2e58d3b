"""Identities that go from one person to another: with them go the other's jobs and scans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from reconciler.core.change import Action, Change, Value, gained, lost
from reconciler.core.guards.question import Question, Verdict, none_may
from reconciler.core.holders import holders
from reconciler.core.model import INDEX, Account, Property, User
from reconciler.core.normal import fold

_USER_NAME = Property.USER_NAME.value
_NAMES = frozenset({Property.USER_NAME, Property.ALIASES})
_FOLDED = _NAMES | {Property.EMAIL}
_WATCHED = _FOLDED | {Property.CARDS, Property.PERSONAL_NUMBER, Property.OBJECT_ID}

_COLUMNS = tuple((prop.value, at) for prop, at in INDEX.items() if prop in _WATCHED)
_NAME = "name"

Key: TypeAlias = tuple[str, str]
"""What makes an identity itself; names and aliases are one kind, since either signs in."""


def identities_moved(question: Question) -> Iterator[Verdict]:
    """Cards, aliases, numbers and addresses that go from one person to another open the other's jobs."""
    moved = moved_identities(question.changes, question.touched)
    found = [f"{field} from {old} to {new}" for field, old, new in moved]
    yield none_may("identities-moved", found, "would go to somebody else")


def moved_identities(changes: Sequence[Change], accounts: Sequence[Account]) -> list[tuple[str, str, str]]:
    """Return (field, from, to) for every identity that somebody gets and another account gives up.

    It gives it up by a change of its own, or by being deactivated, now or long ago. An address that
    several people share, and go on sharing, moves from nobody.
    """
    got: dict[Key, tuple[str, Change]] = {}
    for change in changes:
        for name, value in _got(change):
            got.setdefault(_key(name, value), (name, change))
    if not got:
        return []
    given_up = _given_up(changes, got)
    givers = {name for name, _ in given_up}
    giving = [account for account in accounts if not account.active or account.user.user_name in givers]
    moved = set()
    for account in _near(giving, got):
        who = (account.user.user_name, account.id)
        lost_here = given_up.get(who, frozenset())
        leaves = not account.active or lost_here is None
        for key in _held(account.user, got):
            name, change = got[key]
            if (lost_here and key in lost_here) or (leaves and not _is_of(change, who)):
                moved.add((name, account.user.user_name, _new_name(change)))
    return sorted(moved)


def _near(accounts: Sequence[Account], got: Iterable[Key]) -> list[Account]:
    """Return the accounts that hold something that somebody gets."""
    wanted: dict[str, set[str]] = {}
    for kind, value in got:
        wanted.setdefault(kind, set()).add(value)
    users = [account.user for account in accounts]
    near: set[int] = set()
    for prop in _WATCHED:
        kind = _NAME if prop in _NAMES else prop.value
        key = fold if prop in _FOLDED else str
        near.update(holders(wanted.get(kind, frozenset()), users, prop, key))
    return [accounts[at] for at in sorted(near)]


def _got(change: Change) -> Iterator[tuple[str, str]]:
    if change.is_group:
        return
    if change.action is Action.CREATE:
        yield _USER_NAME, change.name
    for field in change.fields:
        if field.field in _WATCHED:
            for value in gained(field):
                yield field.field, value


def _given_up(
    changes: Sequence[Change], got: Mapping[Key, tuple[str, Change]]
) -> dict[tuple[str, str], frozenset[Key] | None]:
    """Return what each account loses that somebody else gets; None for all that it has."""
    given_up: dict[tuple[str, str], frozenset[Key] | None] = {}
    for change in changes:
        who = (change.name, change.account_id)
        if change.action is Action.DEACTIVATE:
            given_up[who] = None
        elif keys := frozenset(_passed_on(change, who, got)):
            before = given_up.get(who, frozenset())
            given_up[who] = None if before is None else before | keys
    return given_up


def _passed_on(change: Change, who: tuple[str, str], got: Mapping[Key, tuple[str, Change]]) -> Iterator[Key]:
    """Yield what a change takes and somebody else gets; what is only spelled otherwise stays where it is."""
    for field in change.fields:
        if field.field in _WATCHED:
            for value in lost(field):
                key = _key(field.field, value)
                if key in got and not _is_of(got[key][1], who):
                    yield key


def _key(name: str, value: str) -> Key:
    return _NAME if name in _NAMES else name, fold(value) if name in _FOLDED else value


def _held(user: User, got: Mapping[Key, object]) -> Iterator[Key]:
    for name, at in _COLUMNS:
        held: Value = user[at]
        for value in (held,) if isinstance(held, str) else held:
            if value and (key := _key(name, value)) in got:
                yield key


def _is_of(change: Change, who: tuple[str, str]) -> bool:
    """Return whether a change is of this account: an alias that was the own name stays with its owner."""
    return change.action is not Action.CREATE and (change.name, change.account_id) == who


def _new_name(change: Change) -> str:
    renamed = change.field(_USER_NAME)
    return str(renamed.after) if renamed else change.name
