"""Groups, cards and aliases where they are resources of their own, added and removed one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat
from typing import Any

from reconciler.core.change import FieldChange, Value, gained, lost
from reconciler.core.found import values_now
from reconciler.core.model import Account, Property
from reconciler.errors import TargetError
from reconciler.myq.client import Client
from reconciler.myq.groups import Groups
from reconciler.myq.wire import Wire, misread
from reconciler.sources.myq_api import About
from reconciler.sources.myq_binding import SEVERAL, FieldShape, Operation, Reference, Several
from reconciler.sources.myq_json import at, is_id
from reconciler.sources.myq_pages import Pages

_AT_ONCE = 8
_TEXTS = FieldShape("", "")

Held = Mapping[Property, tuple[str, ...]]
"""What was read of a user in requests of its own."""


class SeveralValues:
    """Reads and writes what a user has several of, where that takes operations of its own."""

    def __init__(self, client: Client, wire: Wire, groups: Groups, page_size: int) -> None:
        self._client = client
        self._wire = wire
        self._groups = groups
        self._page_size = page_size
        self._fields = client.binding.user.fields
        known = client.binding.operations
        self._listed = {prop: several for prop, several in SEVERAL.items() if several.list in known}
        self._apart: dict[tuple[str, str], bool] = {}
        for name in ("create_user", "update_user"):
            for prop, several in SEVERAL.items():
                self._apart[prop.value, name] = several.add in known and not _in_body(
                    self._fields.get(prop), known.get(name), prop
                )

    def apart(self, field: str, operation: str) -> bool:
        """Return whether a field is not part of an operation's body, and written by operations of its own."""
        return self._apart.get((field, operation), False)

    def of_all(self, users: Sequence[Any]) -> Iterable[Held]:
        """Return what is read apart, for each of the users: nothing, unless the server has it so."""
        if not self._listed:
            return repeat({}, len(users))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self.of, users))

    def of(self, user: object) -> Held:
        """Return what is read apart of one user object."""
        if not self._listed:
            return {}
        id_ = self._wire.id_of(user)
        return {
            prop: tuple(value for value, _ in self._entries(prop, several, id_))
            for prop, several in self._listed.items()
        }

    def add(self, user: int | str, fields: Iterable[FieldChange], current: Account | None) -> None:
        """Add what the fields gain, and the user does not have by now."""
        for field in fields:
            prop, held = Property(field.field), _held(current, field.field)
            several = SEVERAL[prop]
            for value in gained(field):
                if value not in held:
                    self._client.call(several.add, self._about(prop, several, user, value, several.add))

    def remove(self, user: int | str, fields: Iterable[FieldChange], current: Account | None) -> None:
        """Remove what the fields lose, and the user still has."""
        for field in fields:
            prop, held = Property(field.field), _held(current, field.field)
            several = SEVERAL[prop]
            for value in lost(field):
                if value in held:
                    self._client.call(several.remove, self._about(prop, several, user, value, several.remove))

    def _about(self, prop: Property, several: Several, user: int | str, value: str, operation: str) -> About:
        known = self._client.operation(operation)
        if prop is Property.GROUPS:
            group = self._groups.name_of(value, Reference.ID)
            return {"user": user, "group": group}  # type: ignore[dict-item]  # an id is a number or a text
        if not known.is_about("entry"):
            return {"user": user, "value": value}
        for held, entry in self._entries(prop, several, user):
            id_ = at(entry, self._client.operation(several.list).entry_id)
            if held == value and is_id(id_):
                return {"user": user, "entry": id_}
        raise TargetError(
            f"what is to be taken away ({prop}) is not there any more", hint="plan again: somebody took it"
        )

    def _entries(self, prop: Property, several: Several, user: int | str) -> Iterator[tuple[str, Any]]:
        """Yield each value of a user's own list, with the object that it came in."""
        shape = self._fields.get(prop) or _TEXTS
        entries = self._all(several.list, prop, {"user": user})
        values = [at(entry, shape.item) for entry in entries]
        is_group = prop is Property.GROUPS
        for value, entry in zip(values, entries, strict=True):
            for one in self._wire.values(several.list, [value], shape.reference, groups=is_group):
                yield one, entry

    def _all(self, name: str, prop: Property, about: About) -> list[Any]:
        operation = self._client.operation(name)
        if operation.paging is not None:
            pages = Pages(self._client, name, prop.value, self._page_size, operation.entry_id, about)
            return list(chain.from_iterable(pages))
        entries = at(self._client.call(name, about), operation.entries)
        if not isinstance(entries, list):
            raise misread(f"no list of {prop}")
        return entries


def _held(current: Account | None, field: str) -> Value:
    return () if current is None else values_now(current, field)


def _in_body(shape: FieldShape | None, operation: Operation | None, prop: Property) -> bool:
    if shape is None or not shape.written or operation is None:
        return False
    return operation.accepts is None or prop in operation.accepts
