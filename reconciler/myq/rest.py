"""A MyQ server read and written by its REST interface, as a binding describes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, assert_never

from reconciler.core.change import Action, Change, FieldChange, Value
from reconciler.core.groups import with_ancestors
from reconciler.core.model import SYSTEM_USER_MARK, Account, ActualState, Property
from reconciler.errors import TargetError
from reconciler.myq.client import Client
from reconciler.myq.groups import Groups
from reconciler.myq.limits import takes_pins
from reconciler.myq.several import SeveralValues
from reconciler.myq.values import values_after
from reconciler.myq.wire import Wire, shows_rights
from reconciler.sources.answer import Json
from reconciler.sources.myq_binding import Reference
from reconciler.sources.myq_json import MISSING, at, is_id, put
from reconciler.sources.myq_pages import Pages


class RestServer:
    """Reads and writes through a `Client`; see `reconciler.myq.port.Server` for the contract."""

    def __init__(self, client: Client, page_size: int = 500) -> None:
        self._client = client
        self._binding = client.binding
        self._page_size = page_size
        self._groups = Groups(client, self._binding.group, page_size)
        self._wire = Wire(self._binding, self._groups.path_of, self._groups.name_of)
        self._several = SeveralValues(client, self._wire, self._groups, page_size)

    def read_state(self) -> ActualState:
        """Return every account and every group, or raise: a short or shifting list is no list."""
        groups = frozenset(with_ancestors(set(self._groups.look())))
        users = Pages(self._client, "list_users", "users", self._page_size, self._binding.user.id)
        people = [entry for entry in chain.from_iterable(users) if not self._is_myqs_own(entry)]
        accounts = tuple(
            self._wire.account(entry, more)
            for entry, more in zip(people, self._several.of_all(people), strict=True)
        )
        readable = self._binding.readable
        return ActualState(
            accounts,
            groups,
            readable,
            knows_source=Property.SYNCHRONIZATION_SOURCE in readable,
            knows_deleted=self._binding.user.deleted is not None,
            knows_rights=any(shows_rights(entry) for entry in people),
        )

    def account(self, name: str, account_id: str) -> Account | None:
        """Return one account as it is now, by its id, or by name where it has none."""
        id_ = account_id or self._found(name)
        if id_ == "":
            return None
        # A search answers with less than there is (myq.md section 6.3): no groups, no cards.
        told = self._one(id_)
        return self._wire.account(told, self._several.of(told)) if told is not None else None

    def has_group(self, path: str) -> bool:
        """Return whether the group is there now."""
        return path in self._groups.look()

    def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
        """Carry out one change; fields of several values lose and gain, and keep what else they hold."""
        match change.action:
            case Action.GROUP_CREATE:
                self._create_group(change.name)
            case Action.GROUP_MOVE:
                self._move_group(change)
            case Action.CREATE:
                self._create(change, pins)
            case Action.REACTIVATE:
                if current is None or not current.active:
                    self._send("undelete_user", _id(current), {})
                self._update(change, current)
            case Action.UPDATE | Action.REKEY:
                self._update(change, current)
                self._hand_over(_id(current), pins if change.handed else ())
            case Action.DEACTIVATE:
                self._send("delete_user", _id(current), {})
            case _:
                assert_never(change.action)

    def _create(self, change: Change, pins: Sequence[str]) -> None:
        apart = [field for field in change.fields if self._several.apart(field.field, "create_user")]
        late = _late(change.fields, apart)
        now = change._replace(fields=tuple(field for field in change.fields if field not in late))
        body = self._body("create_user", values_after(now, None))
        key = self._binding.user.pins
        if pins and key:
            put(body, key, list(pins))
        made = self._client.call("create_user", body=body)
        if not apart and (key or not pins):
            return
        id_ = at(at(made, self._client.operation("create_user").entity), self._binding.user.id)
        user = id_ if is_id(id_) else self._found(change.name)
        self._several.add(user, apart, None)
        if late:
            self._send("update_user", str(user), self._body("update_user", {f.field: f.after for f in late}))
        for pin in () if key else pins:
            self._client.call("add_pin", {"user": user, "value": pin})

    def _update(self, change: Change, current: Account | None) -> None:
        user = _id(current)
        apart = [field for field in change.fields if self._several.apart(field.field, "update_user")]
        joins = [field for field in apart if field.field == Property.GROUPS]
        # A default group is one of the user's groups: it is joined before, and another is left after.
        self._several.add(self._typed(user), joins, current)
        values = self._body("update_user", values_after(change, current))
        if values:
            self._send("update_user", user, values)
        self._several.add(self._typed(user), [field for field in apart if field not in joins], current)
        self._several.remove(self._typed(user), apart, current)

    def _hand_over(self, user: str, pins: Sequence[str]) -> None:
        """Give an account that exists its PINs: in place of all it has where the user's object takes them."""
        if pins and takes_pins(self._binding):
            body: dict[str, Any] = {}
            put(body, self._binding.user.pins, list(pins))
            self._send("update_user", user, body)
            return
        for pin in pins:
            self._client.call("add_pin", {"user": self._typed(user), "value": pin})

    def _body(self, operation: str, values: Mapping[str, Value]) -> dict[str, Any]:
        """Return the body that holds what goes with the user's own object."""
        own = {name: value for name, value in values.items() if not self._several.apart(name, operation)}
        return self._wire.body(own)

    def _send(self, operation: str, user: str, body: dict[str, Any]) -> None:
        """Send what changes of a user; where the whole has to be sent, the rest is as it is now."""
        known = self._client.operation(operation)
        about = {"user": self._typed(user)}
        if known.whole:
            body = self._whole(known.carried, user) | body
        self._client.call(operation, about, body=body if body or known.whole else None)

    def _whole(self, carried: Sequence[str], user: str) -> dict[str, Any]:
        now = self._one(user)
        if not isinstance(now, dict):
            raise TargetError("the account is no longer there", hint="plan again: somebody removed it")
        keys = carried or [key for key in now if key != self._binding.user.id]
        return {key: now[key] for key in keys if key in now}

    def _one(self, id_: int | str) -> Json:
        told = self._client.call("get_user", {"user": id_}, absent=True)
        return None if told is None else at(told, self._client.operation("get_user").entity)

    def _found(self, name: str) -> int | str:
        """Return the id of the user with a name, ``""`` where there is none."""
        operation = self._client.operation("find_users")
        if operation.paging is None and not operation.entries:
            told = self._client.call("find_users", {"name": name}, absent=True)
            one = at(told, operation.entity) if told is not None else MISSING
            return self._wire.id_of(one) if self._wire.name(one) == name else ""
        pages = Pages(
            self._client, "find_users", "users", self._page_size, self._binding.user.id, {"name": name}
        )
        for entry in chain.from_iterable(pages):
            if self._wire.name(entry) == name:
                return self._wire.id_of(entry)
        return ""

    def _is_myqs_own(self, entry: object) -> bool:
        return str(self._wire.name(entry)).startswith(SYSTEM_USER_MARK)

    def _typed(self, user: str) -> int | str:
        """Return a user's id as bodies have it."""
        return int(user) if self._binding.user.numeric and user.isdecimal() else user

    def _create_group(self, path: str) -> None:
        self._client.call("create_group", body=self._placed(path, at_root={}))

    def _move_group(self, change: Change) -> None:
        group = self._groups.look().get(change.name)
        if group is None:
            raise TargetError(
                f"the group {change.name!r} is no longer there", hint="plan again: somebody moved it"
            )
        shape = self._binding.group
        body = self._placed(str(change.fields[0].after), at_root={shape.parent: None})
        self._client.call("move_group", {"group": group}, body=body)

    def _placed(self, path: str, at_root: dict[str, Any]) -> dict[str, Any]:
        """Return what puts a group at a path: the path, or the name and the parent."""
        shape = self._binding.group
        if shape.path:
            return {shape.path: self._wire.group(path, Reference.PATH)}
        above, _, name = path.rpartition("|")
        parent = {shape.parent: self._groups.name_of(above, Reference.ID)} if above else at_root
        return {shape.name: name, **parent}


def _late(fields: Sequence[FieldChange], apart: Sequence[FieldChange]) -> tuple[FieldChange, ...]:
    """Return the default group of a new user who joins groups afterwards: only then can it be one of them."""
    if not any(field.field == Property.GROUPS for field in apart):
        return ()
    return tuple(field for field in fields if field.field == Property.DEFAULT_GROUP)


def _id(current: Account | None) -> str:
    if current is None or not current.id:
        raise TargetError(
            "the account has no id here", hint="read this target by REST to write to it by REST"
        )
    return current.id
