"""The parser's complaints about YAML, in words for an administrator."""

from __future__ import annotations

import yaml

from reconciler.errors import Place, Problem
from reconciler.manifest.words import visible

_INDENT = "keys that belong together start in the same column; check the spaces at the start of the lines"

_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a ':' stands where no key can be",
        "put a text that holds ': ' in quotes; else check the spaces at the start of this line",
    ),
    (
        "unexpected end of stream",
        "the file ends inside a text in quotes",
        "close the quotes that begin here",
    ),
    ("could not find expected ':'", "a ':' is missing after this key", "write `key: value`"),
    ("did not find expected key", "no key of this mapping stands here", _INDENT),
    ("expected <block end>", "no key of this mapping stands here", _INDENT),
    ("did not find expected '-' indicator", "no '- ' begins this line of the list", _INDENT),
    ("expected ',' or", "a ',' or the closing bracket is missing", "close the bracket that begins here"),
    (
        "unknown escape character",
        "in double quotes a backslash begins an escape, and one here is none",
        "put the text in single quotes",
    ),
    (
        "invalid Unicode character",
        "this escape stands for no character",
        "write the character itself, or put the text in single quotes",
    ),
    ("node content", "a value is missing here", "write the value, or close the bracket before it"),
    (
        "incompatible YAML document",
        "the file asks for a version of YAML that is not known",
        "remove the '%' line",
    ),
    ("expected <document start>", "a new document begins without a '---' line", "write '---' before it"),
    ("expected '<document start>'", "a new document begins without a '---' line", "write '---' before it"),
    ("undefined tag handle", "a '!' begins this value", "put a text that begins with '!' in quotes"),
)
"""What a message of a parser contains, the fact, and the remedy; places are the opening ones for quotes."""

_AT_THE_OPENING = ("unexpected end of stream", "expected ',' or")


def syntax_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """Return the problem that a parser's exception speaks of."""
    said = str(getattr(error, "problem", None) or error)
    mark = getattr(error, "problem_mark", None)
    opening = getattr(error, "context_mark", None)
    if opening is not None and any(part in said for part in _AT_THE_OPENING):
        mark = opening
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
    if "cannot start any token" in said:
        return _wrong_start(_character(text, place), place)
    for part, message, hint in _KNOWN:
        if part in said:
            return Problem(place, message, hint)
    return Problem(place, f"this is not YAML: {visible(said)}", "put a text with signs of YAML in quotes")


def _wrong_start(character: str, place: Place) -> Problem:
    if character == "\t":
        return Problem(place, "a tab stands where YAML wants spaces", "indent with spaces alone")
    example = ", such as '%department%'" if character == "%" else ""
    return Problem(
        place,
        f"a value cannot begin with '{visible(character)}' as it stands",
        f"put the value in single quotes{example}",
    )


def _character(text: str, place: Place) -> str:
    lines = text.split("\n")
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    return line[place.column - 1 : place.column]
