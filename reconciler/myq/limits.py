"""What cannot be written through a binding, known before anything is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from reconciler.core.change import Action, Change, FieldChange, lost
from reconciler.core.model import INDEX, MANY, Property
from reconciler.sources.myq_binding import PURPOSES, SEVERAL, Binding, FieldShape

_ALWAYS: Mapping[Action, tuple[str, ...]] = {
    Action.GROUP_CREATE: ("list_groups", "create_group"),
    Action.GROUP_MOVE: ("list_groups", "move_group"),
    Action.CREATE: ("find_users", "get_user", "create_user"),
    Action.REACTIVATE: ("get_user", "undelete_user"),
    Action.UPDATE: ("get_user",),
    Action.REKEY: ("get_user",),
    Action.DEACTIVATE: ("get_user", "delete_user"),
}
"""What an action needs whatever its fields; before it and after a lost answer, the account is looked at."""


class Limits:
    """Says of each change why it cannot be carried out, "" where it can."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._known = frozenset(binding.operations)
        self._actions = {action: self._lacks(needs) for action, needs in _ALWAYS.items()}
        self._ways: dict[tuple[str, str, bool], str] = {}
        self._checks = _spelling(binding)

    def of(self, change: Change) -> str:
        """Return what is lacking for a change, in words; "" when nothing is."""
        return self._actions[change.action] or next(self._reasons(change), "")

    def _reasons(self, change: Change) -> Iterator[str]:
        if not (change.is_group or change.account_id or change.action is Action.CREATE):
            yield self._lacks(("find_users",)) or ""
        if change.action is not Action.DEACTIVATE:
            yield from filter(None, (self._field(change, field) for field in change.fields))
        if change.pins and not self._takes_pins(change.action):
            yield from filter(None, (self._lacks(("add_pin",)),))

    def _takes_pins(self, action: Action) -> bool:
        shape = self._binding.user
        return bool(shape.pins) if action is Action.CREATE else takes_pins(self._binding)

    def _field(self, change: Change, field: FieldChange) -> str:
        for value in (field.after,) if isinstance(field.after, str) else field.after:
            for names, sign, why in self._checks:
                if field.field in names and sign in value:
                    return why
        if change.is_group:
            return ""
        operation = "create_user" if change.action is Action.CREATE else "update_user"
        key = (field.field, operation, bool(lost(field)))
        if key not in self._ways:
            self._ways[key] = self._way(*key)
        return self._ways[key]

    def _way(self, field: str, operation: str, removes: bool) -> str:  # noqa: FBT001  part of a key
        """Return why a field can be written neither with the user's object nor by operations of its own."""
        prop = Property(field)
        shape = self._binding.user.fields.get(prop)
        if operation in self._known and self._takes(operation, prop, shape):
            late = prop is Property.DEFAULT_GROUP and operation == "create_user" and self._joins_later()
            return self._lacks(("update_user",)) if late else ""
        several = SEVERAL.get(prop)
        if several is not None and several.add in self._known:
            needs = (several.remove,) if removes else ()
            of_groups = ("list_groups",) if prop is Property.GROUPS else ()
            return self._lacks((*needs, *of_groups))
        if operation not in self._known:
            return self._lacks((operation,))
        return f"{field} cannot be written: this server has no place for it"

    def _joins_later(self) -> bool:
        """Return whether a new user joins groups afterwards: only then can one of them be the default."""
        groups = self._binding.user.fields.get(Property.GROUPS)
        return not self._takes("create_user", Property.GROUPS, groups)

    def _takes(self, operation: str, prop: Property, shape: FieldShape | None) -> bool:
        accepts = self._binding.operations[operation].accepts
        return shape is not None and bool(shape.written) and (accepts is None or prop in accepts)

    def _lacks(self, needs: tuple[str, ...]) -> str:
        lacking = [name for name in needs if name not in self._known]
        return f"this server has no operation to {PURPOSES[lacking[0]]} ({lacking[0]})" if lacking else ""


def _spelling(binding: Binding) -> tuple[tuple[frozenset[str], str, str], ...]:
    """Return which signs which fields cannot hold here, and why."""
    checks = []
    separator = binding.group.separator
    if separator != "|":
        names = frozenset({Property.GROUPS.value, Property.DEFAULT_GROUP.value, "path"})
        checks.append((names, separator, f"{separator!r} stands between the levels of groups on this server"))
    for prop in MANY & binding.user.fields.keys():
        joined = binding.user.fields[prop].joined
        if joined:
            why = f"{joined!r} stands between the values of {prop} on this server"
            checks.append((frozenset({prop.value}), joined, why))
    return tuple(checks)


def takes_pins(binding: Binding) -> bool:
    """Return whether an account that exists can be given PINs with its object."""
    update = binding.operations.get("update_user")
    if update is None or not binding.user.pins:
        return False
    return update.accepts is None or Property.PINS in update.accepts


def lacking(binding: Binding) -> Callable[[Change], str] | None:
    """Return what says of a change why it cannot be carried out, "" when it can; None where all can be."""
    return None if _can_all(binding) else Limits(binding).of


def _can_all(binding: Binding) -> bool:
    needs = {"update_user", *(name for names in _ALWAYS.values() for name in names)}
    return (
        needs <= binding.operations.keys()
        and all(binding.operations[name].accepts is None for name in ("create_user", "update_user"))
        and INDEX.keys() <= {prop for prop, shape in binding.user.fields.items() if shape.written}
        and bool(binding.user.pins)
        and not _spelling(binding)
    )
