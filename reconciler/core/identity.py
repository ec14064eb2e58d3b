"""Identities that change hands: a card, an alias, a number or a name that another account has now.

Such a value can be given only after it was taken away, so the change that gives needs the change that
takes. Where nobody takes it away, giving it would be stealing it, or an error of the server: then the
change is not planned and the conflict is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Action, Change, FieldChange, Value, gained, lost
from reconciler.core.holders import holders
from reconciler.core.model import INDEX, SYSTEM_USER_MARK, Account, ActualState, Property, User
from reconciler.core.normal import fold
from reconciler.core.notice import Kind, Notice
from reconciler.core.unique import alias_key, name_key

_NAMES = frozenset({Property.USER_NAME.value, Property.ALIASES.value})
_OTHERS = frozenset({Property.CARDS.value, Property.PERSONAL_NUMBER.value, Property.OBJECT_ID.value})


class Gain(NamedTuple):
    """One identity that a change gives to somebody; `key` is what makes it itself."""

    change: int
    field: str
    value: str
    key: tuple[str, str]


def settle_identities(
    changes: Sequence[Change], actual: ActualState, assumptions: Assumptions
) -> tuple[list[Change], list[Notice]]:
    """Return the changes with what each needs first, less those that would take what others keep."""
    gains = list(_gains(changes, assumptions))
    if not assumptions.deleted_user_blocks_names:
        gains += _regained(changes, actual, assumptions)
    owners = _owners({gain.key for gain in gains}, actual, assumptions)
    losses = _losses(changes, assumptions) if owners else {}
    leaving = {} if assumptions.deleted_user_blocks_names else _leaving(changes)
    needs: dict[int, set[int]] = {}
    notices: dict[int, Notice] = {}
    for gain in gains:
        change = changes[gain.change]
        for owner in owners.get(gain.key, ()):
            name = owner.user.user_name
            loser = losses.get((name, gain.key), leaving.get(name))
            # The alias that was the own user name can be had too, once the name is another.
            if loser is None and not _is_of(change, owner):
                notices[gain.change] = _kept_by(name, gain, change)
            elif loser not in {None, gain.change}:
                needs.setdefault(gain.change, set()).add(loser)
    for at in _in_circles(needs):
        notices[at] = _circle(changes[at])
    dropped = _closure(set(notices), needs)
    kept = [
        change._replace(needs=tuple(sorted(changes[loser].id for loser in needs[at])))
        if at in needs
        else change
        for at, change in enumerate(changes)
        if at not in dropped
    ]
    told = [notices.get(at) or _waiting(changes[at]) for at in dropped]
    return kept, told


def _is_of(change: Change, owner: Account) -> bool:
    its_own = (change.name, change.account_id) == (owner.user.user_name, owner.id)
    return its_own and change.action is not Action.CREATE


def _gains(changes: Sequence[Change], assumptions: Assumptions) -> Iterator[Gain]:
    for at, change in enumerate(changes):
        for field in change.fields:
            if field.field in _NAMES or field.field in _OTHERS:
                for value in gained(field):
                    for key in _keys(field.field, value, assumptions):
                        yield Gain(at, field.field, value, key)


def _regained(changes: Sequence[Change], actual: ActualState, assumptions: Assumptions) -> Iterator[Gain]:
    """Yield what comes back with an account: somebody else may have got it while that was deleted."""
    back = {
        (change.name, change.account_id): at
        for at, change in enumerate(changes)
        if change.action is Action.REACTIVATE
    }
    for account in actual.accounts if back else ():
        at = back.get((account.user.user_name, account.id))
        if at is None:
            continue
        for field in sorted(_NAMES | _OTHERS):
            changed = changes[at].field(field)
            for value in _values(account.user[INDEX[Property(field)]]):
                if changed is None or value not in lost(changed):
                    for key in _keys(field, value, assumptions):
                        yield Gain(at, field, value, key)


def _values(held: Value) -> tuple[str, ...]:
    return ((held,) if held else ()) if isinstance(held, str) else held


def _keys(field: str, value: str, assumptions: Assumptions) -> Iterator[tuple[str, str]]:
    """Yield what a value collides with: names with names, and aliases with names and aliases."""
    if field in _OTHERS:
        yield field, value
        return
    if field == Property.USER_NAME.value:
        yield "name", name_key(value, assumptions)
    yield "alias" if field == Property.ALIASES.value else "name or alias", alias_key(value, assumptions)


def _owners(
    wanted: set[tuple[str, str]], actual: ActualState, assumptions: Assumptions
) -> dict[tuple[str, str], list[Account]]:
    """Return who has the wanted identities now."""
    owners: dict[tuple[str, str], list[Account]] = {}
    if not wanted:
        return owners
    for at in sorted(_near(wanted, [account.user for account in actual.accounts], assumptions)):
        account = actual.accounts[at]
        user, active = account.user, account.active
        if user.user_name[0] == SYSTEM_USER_MARK or not (active or assumptions.deleted_user_blocks_names):
            continue
        for key in _held(user, assumptions):
            if key in wanted:
                owners.setdefault(key, []).append(account)
    return owners


def _near(wanted: set[tuple[str, str]], users: Sequence[User], assumptions: Assumptions) -> set[int]:
    """Return the positions of users who may hold something wanted."""
    near: set[int] = set()
    for prop in (Property.CARDS, Property.PERSONAL_NUMBER, Property.OBJECT_ID):
        near.update(holders({value for kind, value in wanted if kind == prop.value}, users, prop))
    names = {value for kind, value in wanted if kind not in _OTHERS}
    near.update(holders(names, users, Property.USER_NAME))
    near.update(holders(names, users, Property.USER_NAME, fold))
    near.update(holders(names, users, Property.ALIASES, fold if assumptions.aliases_ignore_case else str))
    return near


def _held(user: User, assumptions: Assumptions) -> Iterator[tuple[str, str]]:
    """Yield the keys under which an account's identities are found by those who want them."""
    yield "name", name_key(user.user_name, assumptions)
    yield "alias", alias_key(user.user_name, assumptions)
    for alias in user.aliases:
        key = alias_key(alias, assumptions)
        yield "alias", key
        yield "name or alias", key
    for card in user.cards:
        yield Property.CARDS.value, card
    if user.personal_number:
        yield Property.PERSONAL_NUMBER.value, user.personal_number
    if user.object_id:
        yield Property.OBJECT_ID.value, user.object_id


def _losses(changes: Sequence[Change], assumptions: Assumptions) -> dict[tuple[str, tuple[str, str]], int]:
    """Return which change takes an identity away from an account."""
    losses: dict[tuple[str, tuple[str, str]], int] = {}
    for at, change in enumerate(changes):
        for field in change.fields:
            for value in _taken(field):
                for key in _lost_keys(field.field, value, assumptions):
                    losses[change.name, key] = at
    return losses


def _leaving(changes: Sequence[Change]) -> dict[str, int]:
    """Return which change deactivates an account, where a deleted account frees what it held."""
    return {change.name: at for at, change in enumerate(changes) if change.action is Action.DEACTIVATE}


def _taken(field: FieldChange) -> tuple[str, ...]:
    return lost(field) if field.field in _NAMES or field.field in _OTHERS else ()


def _lost_keys(field: str, value: str, assumptions: Assumptions) -> Iterator[tuple[str, str]]:
    if field in _OTHERS:
        yield field, value
        return
    key = alias_key(value, assumptions)
    yield "alias", key
    if field == Property.ALIASES.value:
        yield "name or alias", key
    else:
        yield "name", name_key(value, assumptions)


def _in_circles(needs: dict[int, set[int]]) -> set[int]:
    """Return the changes that need themselves in the end: two people who swap their cards."""
    return {start for start in needs if start in _closure_up(start, needs)}


def _closure_up(start: int, needs: dict[int, set[int]]) -> set[int]:
    seen: set[int] = set()
    todo = list(needs.get(start, ()))
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo += needs.get(at, ())
    return seen


def _closure(dropped: set[int], needs: dict[int, set[int]]) -> set[int]:
    """Return the dropped changes and all that cannot happen without them."""
    return dropped | {at for at in needs if _closure_up(at, needs) & dropped}


def _kept_by(owner: str, gain: Gain, change: Change) -> Notice:
    value = f" {gain.value!r}" if gain.field in _NAMES else ""
    return Notice(
        Kind.CONFLICT,
        change.name,
        f"is to get the {gain.field}{value} that the account {owner!r} has and keeps; it is not touched",
        (change.record,),
    )


def _circle(change: Change) -> Notice:
    return Notice(
        Kind.CONFLICT,
        change.name,
        "swaps an identity with somebody: neither can be given before the other is taken",
        (change.record,),
    )


def _waiting(change: Change) -> Notice:
    return Notice(
        Kind.CONFLICT,
        change.name,
        "is to get an identity from an account that is in a conflict itself; it is not touched",
        (change.record,),
    )
