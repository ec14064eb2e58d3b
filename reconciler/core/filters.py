"""The closed list of filters: how the values of one property are reshaped on their way to MyQ.

Each takes the tuple of values that one record has, and returns a tuple without empty values. What cannot
be reshaped raises ValueError with words for the administrator.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypeAlias

from reconciler.core.rules import Filter, Values

Notation: TypeAlias = Literal["hex", "decimal"]
Otherwise: TypeAlias = Literal["keep", "drop", "error"]

_NAMES: Mapping[Notation, str] = {"hex": "hexadecimal", "decimal": "decimal"}
_DIGITS: Mapping[Notation, re.Pattern[str]] = {
    "hex": re.compile(r"[0-9A-Fa-f]{1,64}"),
    "decimal": re.compile(r"[0-9]{1,64}"),
}


def lower(values: Values) -> Values:
    """Return the values in lower case."""
    return tuple(value.lower() for value in values)


def upper(values: Values) -> Values:
    """Return the values in upper case."""
    return tuple(value.upper() for value in values)


def strip(values: Values) -> Values:
    """Return the values without white space at either end."""
    return _full(value.strip() for value in values)


def first(values: Values) -> Values:
    """Return the first value alone."""
    return values[:1]


def strip_characters(characters: str) -> Filter:
    """Return the filter that takes any of these characters from both ends."""
    return lambda values: _full(value.strip(characters) for value in values)


def split(separator: str) -> Filter:
    """Return the filter that cuts each value at the separator."""
    if not separator:
        raise ValueError("there is nothing to split at")
    return lambda values: _full(piece for value in values for piece in value.split(separator))


def default(value: str) -> Filter:
    """Return the filter that stands in with this value where there is none."""
    return lambda values: values or (value,)


def substitute(replace: Callable[[str], str]) -> Filter:
    """Return the filter that passes each value through a replacement of text."""
    return lambda values: _full(replace(value) for value in values)


def lookup(table: Mapping[str, str], otherwise: Otherwise) -> Filter:
    """Return the filter that looks each value up in a table; `otherwise` is for one it does not have."""
    known = dict(table)

    def look_up(value: str) -> str:
        if value in known:
            return known[value]
        if otherwise == "error":
            raise ValueError(f"the table has no entry for {value!r}")
        return value if otherwise == "keep" else ""

    return lambda values: _full(look_up(value) for value in values)


def card(
    source: Notation, target: Notation, *, reverse_bytes: bool = False, length: int | None = None
) -> Filter:
    """Return the filter that rewrites card numbers; hexadecimal ones come out in upper case.

    A decimal number does not show how many bytes it has, so reversing them needs `length`, the
    number of hexadecimal digits to write. Raises ValueError where that cannot be.
    """
    if reverse_bytes and source == "decimal" and (target == "decimal" or length is None or length % 2):
        raise ValueError("a decimal number does not show how many bytes it has, so they cannot be reversed")
    width = length or 0

    def rewrite(value: str) -> str:
        if not _DIGITS[source].fullmatch(value):
            raise ValueError(f"{value!r} is not a {_NAMES[source]} card number")
        notation, digits = source, value
        if reverse_bytes:
            notation, digits = "hex", _reversed(digits if source == "hex" else _hex(digits, width))
        if notation != target:
            digits = str(int(digits, 16)) if target == "decimal" else f"{int(digits):x}"
        return digits.rjust(width, "0").upper()

    return lambda values: tuple(rewrite(value) for value in values)


def _hex(decimal: str, width: int) -> str:
    digits = f"{int(decimal):x}".rjust(width, "0")
    if len(digits) > width:
        raise ValueError(f"{decimal!r} needs more than {width} hexadecimal digits")
    return digits


def _reversed(digits: str) -> str:
    if len(digits) % 2:
        raise ValueError(f"{digits!r} has an odd number of digits, so its bytes cannot be reversed")
    return bytes.fromhex(digits)[::-1].hex()


def _full(values: Iterable[str]) -> Values:
    return tuple(value for value in values if value)
