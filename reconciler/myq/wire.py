"""MyQ's JSON and our values, in both directions, and nothing else (myq.md section 6.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.core.change import Value
from reconciler.core.groups import ALL_USERS
from reconciler.core.model import INDEX, MANY, Account, Property, User
from reconciler.errors import TargetError
from reconciler.sources.myq_fields import FIELDS

_ORDER = tuple(FIELDS[prop] for prop in INDEX)
_TEXTS = tuple(FIELDS[prop] for prop in INDEX if prop not in MANY)
_LISTS = tuple(FIELDS[prop] for prop in INDEX if prop in MANY)


def account_from(answer: object) -> Account:
    """Return the account that one user object of an answer describes.

    Raises TargetError when a key has a value of another kind than text or a list of texts: a value
    that is misread would be written back wrong.
    """
    if not isinstance(answer, dict) or answer.get("id") in (None, "") or not answer.get("username"):
        raise _misread("a user without id or username")
    if type(answer["id"]) not in {int, str}:
        raise _misread("id is no number and no text")
    deleted = answer.get("deleted", False)
    if deleted not in (True, False, None):
        raise _misread("deleted is neither true nor false")
    values: dict[str, Value] = {}
    for key in _TEXTS:
        value = _said(answer, key, "")
        if not isinstance(value, str):
            raise _misread(f"{key} is no text")
        values[key] = value
    for key in _LISTS:
        held = _said(answer, key, ())
        if not isinstance(held, (list, tuple)) or not all(isinstance(value, str) for value in held):
            raise _misread(f"{key} is no list of texts")
        values[key] = tuple(sorted(set(held)))
    values["groups"] = tuple(path for path in values["groups"] if path != ALL_USERS)
    user = User._make(values[key] for key in _ORDER)
    return Account(user, str(answer["id"]), not deleted)


def _said(answer: Mapping[str, Any], key: str, nothing: Value) -> Any:  # noqa: ANN401  JSON
    value = answer.get(key)
    return nothing if value is None else value


def body_of(values: Mapping[str, Value]) -> dict[str, Any]:
    """Return a request's body for property values under our names."""
    return {
        FIELDS[Property(name)]: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
    }


def _misread(what: str) -> TargetError:
    return TargetError(
        f"MyQ's answer cannot be understood: {what}",
        hint="this release of MyQ may answer otherwise than assumed; nothing was concluded from it",
    )
