"""Bytes of a manifest to text: UTF-8 and nothing hidden in it."""

from __future__ import annotations

import codecs

from reconciler.errors import Place, Problem
from reconciler.manifest.words import HIDDEN, visible

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAVE = "save the file as UTF-8; editors have it under 'Save with encoding'"


def decoded(raw: bytes, file: str) -> str | Problem:
    """Return the text of a file, or what is wrong with its bytes; a byte order mark is left out."""
    if raw.startswith(_UTF16):
        return Problem(Place(file, 1, 1), "the file is encoded as UTF-16", _SAVE)
    try:
        text = raw.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
        message = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
        return Problem(_after(before, file), message, _SAVE)
    hidden = HIDDEN.search(text)
    if hidden is None:
        return text
    return Problem(
        _after(text[: hidden.start()], file),
        f"the hidden character {visible(hidden.group())} stands here",
        'remove it; where a value needs it, write it as an escape in double quotes, such as "\\x1f"',
    )


def _after(text: str, file: str) -> Place:
    line = text.count("\n") + 1
    return Place(file, line, len(text) - (text.rfind("\n") + 1) + 1)
