"""What a server would hold once changes were carried out: for trying out, without a server."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.core.change import Action, Change, Value, in_order
from reconciler.core.groups import with_ancestors
from reconciler.core.model import INDEX, Account, ActualState, User


def carried_out(actual: ActualState, changes: Iterable[Change]) -> ActualState:
    """Return the state after the changes of one plan, which are in their order."""
    carrying = _Carrying(actual)
    for change in in_order(changes):
        carrying.do(change)
    return actual._replace(
        accounts=tuple(carrying.accounts), groups=frozenset(with_ancestors(carrying.groups))
    )


class _Carrying:
    """Accounts are found by MyQ's id, or by the name they had when the plan was made."""

    def __init__(self, actual: ActualState) -> None:
        self.accounts = list(actual.accounts)
        self.groups = set(actual.groups)
        self._by_id = {one.id: at for at, one in enumerate(self.accounts) if one.id}
        self._by_name = {one.user.user_name: at for at, one in enumerate(self.accounts)}

    def do(self, change: Change) -> None:
        """Carry one change out."""
        if change.action is Action.GROUP_CREATE:
            self.groups.add(change.name)
        elif change.action is Action.GROUP_MOVE:
            self._move(change.name, str(change.fields[0].after))
        elif change.action is Action.CREATE:
            self.accounts.append(Account(_with(User(change.name), change), f"new:{change.name}"))
        else:
            self._change(change)

    def _change(self, change: Change) -> None:
        at = self._by_id.get(change.account_id)
        if at is None:
            at = self._by_name[change.name]
        account = self.accounts[at]
        user = _with(account.user, change)
        if change.action is Action.DEACTIVATE:
            # MyQ takes whom it deletes out of all groups (myq.md section 5).
            user = user._replace(groups=(), default_group="")
        active = change.action is not Action.DEACTIVATE and (
            account.active or change.action is Action.REACTIVATE
        )
        self.accounts[at] = account._replace(user=user, active=active)

    def _move(self, old: str, new: str) -> None:
        def moved(path: str) -> str:
            return new + path[len(old) :] if path == old or path.startswith(f"{old}|") else path

        self.groups = set(map(moved, self.groups))
        for at, account in enumerate(self.accounts):
            user = account.user
            if user.groups or user.default_group:
                groups = tuple(sorted(map(moved, user.groups)))
                user = user._replace(groups=groups, default_group=moved(user.default_group))
                self.accounts[at] = account._replace(user=user)


def _with(user: User, change: Change) -> User:
    values: dict[str, Value] = {field.field: field.after for field in change.fields}
    return User._make(values.get(prop.value, user[at]) for prop, at in INDEX.items())
