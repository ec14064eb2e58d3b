"""Text from outside, made harmless to look at: what a screen would obey or hide is written out."""

from __future__ import annotations

import re

from reconciler.core.normal import DRAWN_AS_NOTHING, INVISIBLE

_NOT_IN_A_LOG = re.compile(f"[{INVISIBLE}]|(?<=#)#")
_COMMAND = re.compile("^ *:|(?<=#)#")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LAST_OF_LATIN_1 = 0xFF
_LAST_OF_BASIC_PLANE = 0xFFFF

LONGEST = 200
"""How many characters of one value are shown."""


def visible(text: str) -> str:
    r"""Return one line in which every character can be seen: ``\x1b`` stands for an escape, and so on.

    What Python calls printable stays, less what is printable and drawn as nothing, and less what
    makes a line of a log a command: ``::`` at its beginning on GitHub, ``##[`` and ``##vso[`` anywhere
    on GitHub and Azure Pipelines.
    """
    plain = text.isprintable() and (text.isascii() or not DRAWN_AS_NOTHING.search(text))
    if plain and text.lstrip()[:1] != ":" and "##" not in text:
        return text
    shown = "".join(
        character
        if character.isprintable() and not DRAWN_AS_NOTHING.match(character)
        else _written_out(character)
        for character in text
    )
    return _COMMAND.sub(lambda found: found.group()[:-1] + _written_out(found.group()[-1]), shown)


def shortened(text: str) -> str:
    """Return a text that is not longer than a value may be shown; what is cut says so."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text):,} characters)"


def json_visible(text: str) -> str:
    """Return the same JSON; what hides, or turns text around, or commands a log, is written as escapes."""
    return _NOT_IN_A_LOG.sub(_json_escape, text)


def code(text: str) -> str:
    """Return a Markdown code span: in it nothing is a link, a mention, a tag or markup.

    Its fence is longer than any run of backticks inside, which is all that could end it.
    """
    shown = visible(text)
    if not shown:
        return "(empty)"
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    edge = " " if longest or shown != shown.strip(" ") else ""
    return f"{fence}{edge}{shown}{edge}{fence}"


def _written_out(character: str) -> str:
    number = ord(character)
    if number <= _LAST_OF_LATIN_1:
        return _SHORT.get(character, f"\\x{number:02x}")
    return f"\\u{number:04x}" if number <= _LAST_OF_BASIC_PLANE else f"\\U{number:08x}"


def _json_escape(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
