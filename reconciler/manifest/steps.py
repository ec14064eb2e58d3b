r"""The filters of a mapping, from their manifest to functions; patterns are RE2's, in linear time.

In the replacement ``\1`` to ``\9`` are the groups of the pattern, ``\0`` is all that it found, and ``\\`` is
a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import re2

from reconciler.core import filters
from reconciler.core.rules import Filter
from reconciler.sources.spec import (
    CardFilter,
    DefaultFilter,
    FilterSpec,
    MapFilter,
    ReplaceFilter,
    ReplacePattern,
    SplitFilter,
    StripFilter,
)

MAX_PATTERN = 1000

_WORDS: Mapping[Literal["lower", "upper", "strip", "first"], Filter] = MappingProxyType(
    {"lower": filters.lower, "upper": filters.upper, "strip": filters.strip, "first": filters.first}
)
_BACKSLASH = re.compile(r"\\(.?)", re.DOTALL)
_BYTES = "go by way of hex: first `to: hex` with `length`, then `from: hex` with `reverseBytes`"
_PATTERN = "see the syntax of RE2: like Perl's, without back-references and look-around"


def step(spec: FilterSpec) -> Filter:
    """Return the filter; raises ValueError(fact, remedy) for settings that make none."""
    made: Filter
    match spec:
        case SplitFilter():
            made = filters.split(spec.split)
        case StripFilter():
            made = filters.strip_characters(spec.strip)
        case DefaultFilter():
            made = filters.default(spec.default)
        case MapFilter():
            made = filters.lookup(spec.map.table, spec.map.otherwise)
        case ReplaceFilter():
            made = filters.substitute(_replacement(spec.replace))
        case CardFilter():
            made = _card(spec)
        case word:
            made = _WORDS[word]
    return made


def _card(spec: CardFilter) -> Filter:
    form = spec.card
    try:
        return filters.card(form.from_, form.to, reverse_bytes=form.reverse_bytes, length=form.length)
    except ValueError as error:
        raise ValueError(str(error), _BYTES) from None


def _replacement(spec: ReplacePattern) -> Callable[[str], str]:
    if len(spec.pattern) > MAX_PATTERN:
        raise ValueError(f"the pattern is longer than {MAX_PATTERN} characters", "use a table: `map`")
    options = re2.Options()
    options.log_errors = False
    try:
        pattern = re2.compile(spec.pattern, options)
    except re2.error as error:
        raise ValueError(f"the pattern cannot be used: {_said(error)}", _PATTERN) from None
    pieces = _pieces(spec.with_, pattern.groups)

    def expand(match: Any) -> str:  # noqa: ANN401  # re2 ships no types
        # Not re2's own templates: those take text beyond ASCII for Latin-1.
        return "".join(piece if isinstance(piece, str) else match.group(piece) or "" for piece in pieces)

    def replace(text: str) -> str:
        replaced: str = pattern.sub(expand, text)
        return replaced

    return replace


def _pieces(template: str, groups: int) -> tuple[str | int, ...]:
    """Return the replacement as text and numbers of groups."""
    pieces: list[str | int] = []
    end = 0
    for match in _BACKSLASH.finditer(template):
        pieces.append(template[end : match.start()])
        end = match.end()
        mark = match.group(1)
        if mark == "\\":
            pieces.append(mark)
        elif mark.isascii() and mark.isdigit() and int(mark) <= groups:
            pieces.append(int(mark))
        else:
            raise ValueError(
                f"'\\{mark}' in the replacement stands for nothing",
                rf"the pattern has {groups} groups (`\1`, ...); a backslash itself is written twice",
            )
    return (*pieces, template[end:])


def _said(error: Exception) -> str:
    message = error.args[0]
    return message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
