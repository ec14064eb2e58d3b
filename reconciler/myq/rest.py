"""A MyQ server read and written by its REST interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, assert_never

from reconciler.core.change import Action, Change, FieldChange, Value, gained, lost
from reconciler.core.groups import ALL_USERS, with_ancestors
from reconciler.core.model import INDEX, SYSTEM_USER_MARK, Account, ActualState
from reconciler.errors import TargetError
from reconciler.myq.client import Client
from reconciler.myq.wire import account_from, body_of
from reconciler.sources.myq_pages import MISREAD, Pages, listed


class RestServer:
    """Reads and writes through a `Client`; see `reconciler.myq.port.Server` for the contract."""

    def __init__(self, client: Client, page_size: int = 500) -> None:
        self._client = client
        self._page_size = page_size

    def read_state(self) -> ActualState:
        """Return every account and every group, or raise: a short or shifting list is no list."""
        groups = frozenset(with_ancestors(set(self._group_ids())))
        accounts = tuple(
            account
            for account in map(account_from, self._entries("list_users", "users"))
            if not account.user.user_name.startswith(SYSTEM_USER_MARK)
        )
        return ActualState(accounts, groups, frozenset(INDEX))

    def account(self, name: str, account_id: str) -> Account | None:
        """Return one account as it is now, by its id, or by name where it has none."""
        if not account_id:
            told = self._client.call("find_users", query={"username": name})
            found = map(account_from, listed(self._client, told, "users"))
            account_id = next((one.id for one in found if one.user.user_name == name), "")
        if not account_id:
            return None
        # A search answers with less than there is (myq.md section 6.3): no groups, no cards.
        told = self._client.call("get_user", path={"id": account_id}, absent=True)
        return account_from(told) if told is not None else None

    def has_group(self, path: str) -> bool:
        """Return whether the group is there now."""
        return path in self._group_ids()

    def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
        """Carry out one change; fields of several values lose and gain, and keep what else they hold."""
        match change.action:
            case Action.GROUP_CREATE:
                self._client.call("create_group", body={"path": change.name})
            case Action.GROUP_MOVE:
                self._move_group(change)
            case Action.CREATE:
                body = body_of(values_after(change, None))
                self._client.call("create_user", body=body | ({"pins": list(pins)} if pins else {}))
            case Action.REACTIVATE:
                if current is None or not current.active:
                    self._client.call("undelete_user", path=_id(current))
                self._update(change, current)
            case Action.UPDATE | Action.REKEY:
                self._update(change, current)
            case Action.DEACTIVATE:
                self._client.call("delete_user", path=_id(current))
            case _:
                assert_never(change.action)

    def _update(self, change: Change, current: Account | None) -> None:
        values = values_after(change, current)
        if values:
            self._client.call("update_user", path=_id(current), body=body_of(values))

    def _move_group(self, change: Change) -> None:
        group = self._group_ids().get(change.name)
        if group is None:
            raise TargetError(
                f"the group {change.name!r} is no longer there", hint="plan again: somebody moved it"
            )
        self._client.call("move_group", path={"id": group}, body={"path": str(change.fields[0].after)})

    def _entries(self, operation: str, key: str) -> Iterator[Any]:
        return chain.from_iterable(Pages(self._client, operation, key, self._page_size))

    def _group_ids(self) -> dict[str, str]:
        """Return MyQ's id of each group, by its path."""
        groups: dict[str, str] = {}
        for told in self._entries("list_groups", "groups"):
            if not isinstance(told, dict) or not isinstance(told.get("path"), str):
                raise TargetError("MyQ lists a group without a path", hint=MISREAD)
            if told["path"] != ALL_USERS:
                groups[told["path"]] = str(told.get("id", ""))
        return groups


def values_after(change: Change, current: Account | None) -> dict[str, Value]:
    """Return what the fields of a change shall hold on the account as it is now."""
    return {field.field: _after(field, current) for field in change.fields}


def _after(field: FieldChange, current: Account | None) -> Value:
    if isinstance(field.after, str) or current is None:
        return field.after
    held = set(values_now(current, field.field)) - set(lost(field)) | set(gained(field))
    return tuple(sorted(held))


def values_now(current: Account, name: str) -> Value:
    """Return what an account holds in a field, by the field's name in plans."""
    value: Value = current.user[_POSITIONS[name]]
    return value


_POSITIONS = {prop.value: at for prop, at in INDEX.items()}


def _id(current: Account | None) -> dict[str, str]:
    if current is None or not current.id:
        raise TargetError(
            "the account has no id here", hint="read this target by REST to write to it by REST"
        )
    return {"id": current.id}
