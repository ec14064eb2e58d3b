"""What stands in the ledger for each value that was written: enough to know it again, and to tell no name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b
from typing import TypeAlias

from reconciler.core.change import Action, Change, FieldChange, gained, lost

LENGTH = 16
"""Hexadecimal digits of a mark; of 200,000 of them two are alike once in a billion ledgers."""

Where: TypeAlias = tuple[str, str]
"""A field, and which of its values where it has several; two times ``""`` is the account itself."""

_LIFE = {Action.DEACTIVATE: "gone", Action.REACTIVATE: "there"}
_NEW = frozenset({Action.CREATE, Action.GROUP_CREATE})


def marks_of(salt: bytes, target: str, change: Change) -> dict[Where, str]:
    """Return the mark of each value that a change writes, by where it is written; of a creation none.

    Each value has its own, so that one of them is known again whatever goes with it the next time, and
    whatever stood there before.
    """
    if change.action in _NEW:
        return {}
    whose = change.account_id or change.name
    said = {where: value for field in change.fields for where, value in _said(field)}
    if change.action in _LIFE:
        said["", ""] = _LIFE[change.action]
    return {where: _mark(salt, target, whose, *where, value) for where, value in said.items()}


def _said(field: FieldChange) -> Iterator[tuple[Where, str]]:
    if isinstance(field.after, str):
        yield (field.field, ""), f"={field.after}"
        return
    for value in gained(field):
        yield (field.field, value), "+"
    for value in lost(field):
        yield (field.field, value), "-"


def _mark(salt: bytes, *said: str) -> str:
    text = json.dumps(said).encode("ascii")
    return blake2b(text, key=salt[: blake2b.MAX_KEY_SIZE], digest_size=LENGTH // 2).hexdigest()
