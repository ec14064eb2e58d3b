"""What takes an apply back: a plan like any other, made of its result and of the server as it is now.

Only what still is as the apply left it is taken back. What has changed since, and what cannot be taken
back, is told and stays. The sources are not asked, and still want what was applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Action, Change, FieldChange, gained, sort_key
from reconciler.core.diff import Difference
from reconciler.core.found import holds_after, holds_before, values_now
from reconciler.core.identity import settle_identities
from reconciler.core.model import MANY, Account, ActualState, Property
from reconciler.core.moves_back import moves_back
from reconciler.core.notice import Kind, Notice
from reconciler.core.outcome import Result, Status
from reconciler.core.trees import with_group_needs

_NAME, _GROUPS = Property.USER_NAME.value, Property.GROUPS.value
_SOURCE = Property.SYNCHRONIZATION_SOURCE.value
_DONE = {Status.APPLIED, Status.HANDED_OVER}
"""Of an import that nobody ran, nothing is found to be as it was left, and so nothing is taken back."""

_IDENTITIES = (Property.CARDS, Property.ALIASES, Property.PERSONAL_NUMBER, Property.OBJECT_ID)


def revert(result: Result, actual: ActualState, assumptions: Assumptions) -> Difference:
    """Return the changes that take an apply back, and what is left as it is, and why."""
    applied = [one.change for one in result.outcomes if one.status in _DONE]
    moves = moves_back(applied, actual.groups)
    reverting = _Reverting(actual)
    users = [change for one in applied if not one.is_group for change in reverting.back(one)]
    users = list(_freeing(users, applied, reverting))
    settled, clashes = settle_identities(users, actual, assumptions)
    changes = with_group_needs(map(moves.placed, settled), moves.changes)
    changes = sorted([*moves.changes, *changes], key=sort_key)
    notices = {*reverting.notices, *moves.notices, *clashes, *_created_groups(applied)}
    return Difference(tuple(changes), tuple(sorted(notices)), moves.former)


class _Reverting:
    """One pass over what was applied; what cannot be taken back is noted on the way."""

    def __init__(self, actual: ActualState) -> None:
        self.notices: list[Notice] = []
        self._actual = actual
        self._by_id = {account.id: account for account in actual.accounts if account.id}
        self._by_name = {account.user.user_name: account for account in actual.accounts}

    def account(self, change: Change) -> Account | None:
        """Return the account that a change was about, by MyQ's id or else by the name it was left with."""
        if change.account_id:
            return self._by_id.get(change.account_id)
        renamed = change.field(_NAME)
        return self._by_name.get(str(renamed.after) if renamed else change.name)

    def back(self, change: Change) -> list[Change]:
        """Return what takes a change of a user back, as far as the account is as the change left it."""
        account = self.account(change)
        if account is None:
            return self._left(change, "the account is not there any more")
        if self._actual.knows_source and account.user.source != _left_with(change):
            return self._left(change, f"the account belongs to {account.user.source!r} now")
        if change.action is Action.DEACTIVATE:
            return self._returned(change, account)
        if not account.active:
            gone = change.action in {Action.CREATE, Action.REACTIVATE}
            return [] if gone else self._left(change, "the account was deleted since")
        if change.action in {Action.CREATE, Action.REACTIVATE}:
            return self._gone_again(change, account)
        return list(self._fields_back(change, account, change.fields))

    def _returned(self, change: Change, account: Account) -> list[Change]:
        """Bring somebody back who was deactivated; who was brought back by half gets the rest."""
        fields = [_turned(field, change) for field in change.fields]
        kept = tuple(field for field in map(self._joinable, fields) if gained(field))
        if not account.active:
            return [_made(Action.REACTIVATE, change, account, kept)]
        lacking = tuple(field for field in kept if not holds_after(field, account))
        return [_made(Action.UPDATE, change, account, lacking)] if lacking else []

    def _gone_again(self, change: Change, account: Account) -> list[Change]:
        """Take away who was created or brought back, unless the groups have changed since."""
        field = change.field(_GROUPS)
        held = field.after if field else ()
        if account.user.groups != held:
            return self._left(change, "the account is in other groups now")
        back: list[Change] = []
        if change.action is Action.REACTIVATE:
            others = [one for one in change.fields if one.field != _GROUPS]
            back += self._fields_back(change, account, others)
        leaving = (FieldChange(_GROUPS, held, (), change.id),) if held else ()
        given = next((field for one in back if (field := one.field(_SOURCE))), None)
        gone = _made(Action.DEACTIVATE, change, account, leaving)
        return [*back, gone._replace(account_source=str(given.after)) if given else gone]

    def _fields_back(
        self, change: Change, account: Account, fields: Iterable[FieldChange]
    ) -> Iterator[Change]:
        """Yield a renaming and an update for the fields that still are as they were left."""
        back: list[FieldChange] = []
        for field in (_turned(one, change) for one in fields):
            if holds_before(field, account):
                back.append(self._joinable(field))
            elif not holds_after(field, account):
                self._left(change, f"{field.field} has changed since")
        name = tuple(field for field in back if field.field == _NAME)
        rest = tuple(field for field in back if field.field != _NAME and field.before != field.after)
        if name:
            yield _made(Action.REKEY, change, account, name)
        if rest:
            yield _made(Action.UPDATE, change, account, rest)

    def _joinable(self, field: FieldChange) -> FieldChange:
        """Return a field without the groups that are no longer there to be joined."""
        groups = self._actual.groups
        if field.field == _GROUPS:
            lacking = set(gained(field)) - groups
            for path in lacking:
                self._note(path, "is not there any more, and nobody joins it again")
            return field._replace(after=tuple(path for path in field.after if path not in lacking))
        if field.field == Property.DEFAULT_GROUP and field.after and str(field.after) not in groups:
            self._note(str(field.after), "is not there any more, and is nobody's default group again")
            return field._replace(after=field.before)
        return field

    def _left(self, change: Change, why: str) -> list[Change]:
        self._note(change.name, f"{change.id} is not taken back: {why}")
        return []

    def _note(self, name: str, message: str) -> None:
        self.notices.append(Notice(Kind.NOT_REVERTED, name, message))


def _freeing(changes: Sequence[Change], applied: Sequence[Change], now: _Reverting) -> Iterator[Change]:
    """Yield the changes, with a new account losing first what somebody else gets back.

    A deleted account may keep its cards, and then nobody else can have them.
    """
    wanted = {(field.field, value) for one in changes for field in one.fields for value in gained(field)}
    created = {id(now.account(one)): one for one in applied if one.action is Action.CREATE}
    for change in changes:
        account = now.account(change)
        made = created.get(id(account))
        if account is not None and made is not None and change.action is Action.DEACTIVATE:
            freed = tuple(_freed(account, made, wanted))
            if freed:
                yield _made(Action.UPDATE, made, account, freed)
        yield change


def _freed(account: Account, made: Change, wanted: set[tuple[str, str]]) -> Iterator[FieldChange]:
    for prop in _IDENTITIES:
        held = values_now(account, prop.value)
        values = held if isinstance(held, tuple) else (held,)
        kept = tuple(value for value in values if (prop.value, value) not in wanted)
        if kept != values:
            yield FieldChange(prop.value, held, kept if prop in MANY else "", made.id)


def _created_groups(applied: Iterable[Change]) -> Iterator[Notice]:
    for change in applied:
        if change.action is Action.GROUP_CREATE:
            yield Notice(Kind.NOT_REVERTED, change.name, "was created, and groups are never removed")


def _turned(field: FieldChange, change: Change) -> FieldChange:
    return FieldChange(field.field, field.after, field.before, change.id)


def _left_with(change: Change) -> str:
    """Return the synchronization source that a change left its account with."""
    taken = change.field(_SOURCE)
    return str(taken.after) if taken else change.account_source


def _made(action: Action, change: Change, account: Account, fields: tuple[FieldChange, ...]) -> Change:
    return Change(
        action,
        account.user.user_name,
        fields,
        f"takes back {change.id}",
        source=change.source,
        account_id=account.id,
        account_source=account.user.source,
    )
