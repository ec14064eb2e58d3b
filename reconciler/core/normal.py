"""The one normalization of text that comes from outside.

White space around a value goes, composed letters are one character each (NFC), and control characters
are refused. It happens once, when a record is mapped, so that no later stage has to think of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_NOTES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

INVISIBLE = (
    "\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Controls, bidirectional marks, zero-width and blank characters, halves of characters, selectors, tags."""

DRAWN_AS_NOTHING = re.compile(f"[{INVISIBLE}]")


def clean_column(values: Sequence[str]) -> Sequence[str]:
    """Return the values stripped and in NFC; the very same sequence when nothing is to be done."""
    text = "".join(values)
    if not text.isascii():
        return [unicodedata.normalize("NFC", value).strip() for value in values]
    if " " in text or not text.isprintable():
        return [value.strip() for value in values]
    return values


def clean(value: str) -> str:
    """Return one value stripped and in NFC."""
    return unicodedata.normalize("NFC", value).strip()


def first_with_control(values: Sequence[str], *, notes: bool = False) -> int | None:
    """Return the position of the first value that holds a control character, None when none does.

    With `notes`, tabs and line ends are text.
    """
    if "".join(values).isprintable():
        return None
    pattern = _CONTROL_IN_NOTES if notes else _CONTROL
    return next((at for at, value in enumerate(values) if pattern.search(value)), None)


fold = str.casefold
"""What two names have in common when case does not count."""
