"""Settings given as text: a name, a value, and a person told what is wrong with either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from reconciler.errors import UsageError

_TRUTHS = MappingProxyType(
    dict.fromkeys(("true", "on", "yes", "1"), True) | dict.fromkeys(("false", "off", "no", "0"), False)
)


def pair(text: str, where: str) -> tuple[str, str]:
    """Return name and value of ``NAME=VALUE``."""
    name, mark, value = text.partition("=")
    if not mark:
        raise UsageError(f"{text!r} is not NAME=VALUE", hint="write a name, =, and a value", where=where)
    return name.strip(), value


def typed(kinds: Mapping[str, type], pairs: Iterable[tuple[str, object]], where: str) -> dict[str, Any]:
    """Return the values by name, each of its kind; raise `UsageError` for other names and values."""
    found = {}
    for name, value in pairs:
        if name not in kinds:
            near = get_close_matches(name, kinds, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(kinds)}"
            raise UsageError(f"there is no setting {name!r}", hint=hint, where=where)
        try:
            found[name] = _typed(kinds[name], str(value))
        except (ValueError, KeyError):
            raise UsageError(
                f"{name} cannot be {str(value)!r}", hint=f"allowed: {_allowed(kinds[name])}", where=where
            ) from None
    return found


def _typed(kind: type, text: str) -> object:
    if kind is bool:
        return _TRUTHS[text.lower()]
    return kind(text)


def _allowed(kind: type) -> str:
    if kind is bool:
        return ", ".join(_TRUTHS)
    if issubclass(kind, StrEnum):
        return ", ".join(kind)
    return f"a number ({kind.__name__})"


def check_csv(encoding: str, delimiter: str, where: str) -> None:
    """Raise `UsageError` for an encoding of no text, and for what cannot part columns."""
    try:
        "".encode(encoding)
    except LookupError:
        raise UsageError(
            f"there is no encoding {encoding!r}", hint="utf-8, utf-16 or windows-1252, say", where=where
        ) from None
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UsageError(
            f"{delimiter!r} cannot part columns",
            hint="one character: a comma or a semicolon, say",
            where=where,
        )
