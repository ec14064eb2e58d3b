"""Names that a policy protects: as they are written, or by a pattern with ``*`` and ``?``."""

from __future__ import annotations

import re
from collections.abc import Iterable


class Names:
    """A set of names and patterns: ``*`` is anything, ``?`` one character, all else itself."""

    def __init__(self, written: Iterable[str]) -> None:
        every = frozenset(written)
        patterns = [one for one in every if "*" in one or "?" in one]
        self._exact = every
        self._pattern = re.compile("|".join(map(_pattern, patterns)), re.DOTALL) if patterns else None

    def __contains__(self, name: object) -> bool:
        """Return whether a name is meant."""
        return name in self._exact or bool(self._pattern and self._pattern.fullmatch(str(name)))

    def of(self, names: Iterable[str]) -> frozenset[str]:
        """Return those of the names that are meant."""
        return frozenset(name for name in names if name in self)


def _pattern(written: str) -> str:
    parts = re.split(r"([*?])", written)
    return "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)
