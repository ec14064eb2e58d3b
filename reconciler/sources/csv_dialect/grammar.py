"""How a row of CSV is written: to find the field that is not written so."""

from __future__ import annotations

import re
from sys import maxsize
from typing import Literal

Delimiter = Literal[",", ";", "|", "tab", "\t"]
Quote = Literal['"', "'", "none"]

_DELIMITERS = {",": ",", ";": ";", "|": "|", "\t": "tab"}


class Grammar:
    """The fields of a row: in quotes as a whole, or without any quote."""

    def __init__(self, delimiter: str, quote: str) -> None:
        d, q = re.escape(delimiter), re.escape(quote)
        field = f"[^{d}{q}\\r\\n]*+"
        if quote:
            field = f"(?:{q}[^{q}]*+(?:{q}{q}[^{q}]*+)*+{q}|{field})"
        self._row = re.compile(f"(?:{field}{d})*+{field}(?:[\\r\\n]|\\Z)")
        self._field = re.compile(f"{field}{d}")

    def fits(self, text: str) -> bool:
        """Say whether the text begins with a row that all readers of CSV take alike."""
        return self._row.match(text) is not None

    def fields(self, text: str, longest: int = maxsize) -> int:
        """Return how many sound fields of some length, each with its delimiter, the text begins with."""
        count = position = 0
        while (found := self._field.match(text, position)) and found.end() - position <= longest:
            count, position = count + 1, found.end()
        return count


def likely_delimiter(line: str) -> str:
    """Return the delimiter of a line as manifests write it, ``""`` where the line has none."""
    best = max(_DELIMITERS, key=line.count)
    return _DELIMITERS[best] if best in line else ""
