"""One intention: what a change does to one account or group, and why.

Values only. How a change is carried out is known to `reconciler.myq` alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, Self, TypeAlias

Value: TypeAlias = str | tuple[str, ...]
"""What a field holds: text, or sorted values."""


class Action(StrEnum):
    """What can happen to a group or an account, in the order in which it is carried out."""

    rank: int

    def __new__(cls, word: str) -> Self:
        """Give each member its place in the order, at hand where hundreds of thousands are sorted."""
        made = str.__new__(cls, word)
        made._value_ = word
        made.rank = len(cls.__members__)
        return made

    GROUP_CREATE = "group-create"
    GROUP_MOVE = "group-move"
    REKEY = "rekey"
    CREATE = "create"
    REACTIVATE = "reactivate"
    UPDATE = "update"
    DEACTIVATE = "deactivate"


class FieldChange(NamedTuple):
    """One field before and after, and the manifest line that asks for it."""

    field: str
    before: Value
    after: Value
    rule: str = ""


class Change(NamedTuple):
    """One thing to do to one account or one group.

    `name` is the user name as MyQ has it now (of a new account: as it will be), or the group's path.
    `account_source` is the synchronization source the account had when it was read. `needs` are the
    ids of changes without which this one cannot be carried out. `pins` says how many PINs are handed
    over with it; never which. `handed` is the keyed fingerprint of PINs that an account is given anew.
    """

    action: Action
    name: str
    fields: tuple[FieldChange, ...] = ()
    reason: str = ""
    record: str = ""
    source: str = ""
    account_id: str = ""
    account_source: str = ""
    needs: tuple[str, ...] = ()
    pins: int = 0
    handed: str = ""

    @property
    def id(self) -> str:
        """What a person types to mean this change: ``update/ada``, ``group-create/Staff/IT``."""
        if self.is_group:
            return "/".join((self.action, *map(typeable, self.name.split("|"))))
        return "/".join((self.action, typeable(self.name)))

    @property
    def is_group(self) -> bool:
        """Whether it is about a group."""
        return self.action is Action.GROUP_CREATE or self.action is Action.GROUP_MOVE

    def field(self, name: str) -> FieldChange | None:
        """Return what happens to one field, None when nothing does."""
        for change in self.fields:
            if change.field == name:
                return change
        return None


def sort_key(change: Change) -> tuple[int, str]:
    """Return what puts changes into the one order they have: by action, then by name."""
    return change.action.rank, change.name


_PLAIN = re.compile(r"[\w.@+-]+")


def typeable(name: str) -> str:
    """Return a name as it stands in ids: what a shell or a screen would mistake is percent-encoded."""
    if name.isalnum() or _PLAIN.fullmatch(name):
        return name
    return "".join(
        character
        if _PLAIN.fullmatch(character)
        else "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
        for character in name
    )


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes with what each needs in front of it, else in the order they have."""
    by_id = {change.id: change for change in changes}
    ordered: dict[str, Change] = {}
    for change in by_id.values():
        stack = [change]
        while stack:
            last = stack[-1]
            waiting = [by_id[id_] for id_ in last.needs if id_ in by_id and id_ not in ordered]
            if waiting:
                stack += waiting
            else:
                ordered.setdefault(last.id, stack.pop())
    return tuple(ordered.values())


def gained(change: FieldChange) -> tuple[str, ...]:
    """Return the values a field gets that it did not have."""
    return _values(change.after, change.before)


def lost(change: FieldChange) -> tuple[str, ...]:
    """Return the values a field had and loses."""
    return _values(change.before, change.after)


def _values(of: Value, without: Value) -> tuple[str, ...]:
    if isinstance(of, str):
        return (of,) if of and of != without else ()
    return tuple(value for value in of if value not in without)


_text = json.encoder.encode_basestring_ascii


def _json(value: Value) -> str:
    """Return a value as JSON without spaces; `json.dumps` would take four times as long."""
    return _text(value) if isinstance(value, str) else f"[{','.join(map(_text, value))}]"


def effect(target: str, change: Change) -> str:
    """Return the hash of what a change does: to which server, to whom, from what to what.

    The reason is not part of it, nor is a field that stays. Of fields with several values only what
    comes and goes counts, so that a card somebody enrols at a terminal does not void the approval of
    another card. An update is of the account, by MyQ's id where that is known, since in the same plan
    the account may get another name. The salt is the target's identity: equal changes on two servers
    have different effects. The prefix is the version of this encoding; another one never compares equal.
    PINs that an account is given anew count by their fingerprint, if there are any.
    """
    whose = change.account_id if change.action is Action.UPDATE else ""
    fields = [
        f"[{_text(field.field)},{_json(lost(field))},{_json(gained(field))}]" for field in change.fields
    ]
    said = f"{_text(target)},{_text(change.action)},{_text(whose or change.name)}"
    handed = f",{_text(change.handed)}" if change.handed else ""
    return _digest(f'["effect/1",{said},[{",".join(fields)}],{change.pins}{handed}]')


def precondition(change: Change) -> str:
    """Return the hash of the account's state that the change was made for."""
    fields = [f"[{_text(field.field)},{_json(field.before)}]" for field in change.fields]
    account = f"{_text(change.account_id)},{_text(change.account_source)}"
    said = f"{_text(change.action)},{_text(change.name)},{account}"
    return _digest(f'["state/1",{said},[{",".join(fields)}]]')


def _digest(said: str) -> str:
    return hashlib.sha256(said.encode("ascii")).hexdigest()
