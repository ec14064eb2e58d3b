"""How messages about manifests spell things: values in quotes, hidden characters shown, near misses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff\ufffe\uffff]"
)
"""Control characters, characters that turn the direction of text, and what is no character at all."""

_LONGEST = 60


def visible(text: str) -> str:
    r"""Return the text on one line, with hidden characters spelled out (``\x1b``, ``\u202e``)."""
    return HIDDEN.sub(_spelled, text).replace("\t", r"\t").replace("\r", r"\r").replace("\n", r"\n")


def quoted(text: str) -> str:
    """Return the text as a message shows it: in quotes, on one line, not too long."""
    shown = visible(text)
    if len(shown) > _LONGEST:
        shown = f"{shown[: _LONGEST - 3]}..."
    return f"'{shown}'"


def spelled_path(path: Iterable[str | int]) -> str:
    """Return a path into a document as people write it: ``spec.groups.import[0].attribute``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{visible(step)}"
    return text.removeprefix(".")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint for a word that is not known: the one that was meant, or all there are."""
    choices = list(known)
    plain = {_plain(choice): choice for choice in choices}
    near = get_close_matches(_plain(word[:_LONGEST]), plain, n=1)
    if near:
        return f"did you mean '{plain[near[0]]}'?"
    return f"known here: {', '.join(choices)}" if choices else "nothing may stand here"


def listed(words: Iterable[str]) -> str:
    """Return words as a list in a sentence: ``a, b or c``."""
    *some, last = words
    return f"{', '.join(some)} or {last}" if some else last


def _plain(word: str) -> str:
    return word.replace("_", "").replace("-", "").replace(" ", "").lower()


def _spelled(match: re.Match[str]) -> str:
    code = f"{ord(match.group()):02x}"
    return f"\\u{code:0>4}" if len(code) > len("ff") else f"\\x{code}"
