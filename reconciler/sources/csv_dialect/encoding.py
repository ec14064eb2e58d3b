"""Which encoding a file has, as far as its bytes prove it against what was said."""

from __future__ import annotations

import codecs
from typing import Literal, NamedTuple, get_args

Encoding = Literal[
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "windows-1250",
    "windows-1252",
    "iso-8859-1",
    "iso-8859-2",
]

SINGLE_BYTE: tuple[str, ...] = tuple(name for name in get_args(Encoding) if not name.startswith("utf"))
"""The encodings in which nearly every file can be read, the wrong ones too."""

_BYTE_ORDER_MARKS = (  # UTF-32's little-endian mark begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FEWEST_NULS = 4


class WrongEncoding(Exception):
    """The bytes contradict the encoding that was said."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Codec(NamedTuple):
    """Python's name of an encoding, and the length of the byte order mark to pass over."""

    name: str
    mark: int = 0


def codec_of(said: Encoding, first: bytes) -> Codec:
    """Return how to decode a file that begins with these bytes, or raise WrongEncoding."""
    mark, found = next((pair for pair in _BYTE_ORDER_MARKS if first.startswith(pair[0])), (b"", ""))
    if found and (found == said or (said == "utf-16" and found.startswith("utf-16-"))):
        return Codec(found, len(mark))
    if found:
        raise WrongEncoding(
            f"the file begins with the byte order mark of {found}, and `encoding` is {said}",
            "save the file as UTF-8" if found == "utf-32" else f"set `encoding: {found}`",
        )
    if not first:
        return Codec("utf-8")
    if said == "utf-16":
        raise WrongEncoding(
            "the file has no byte order mark, so the order of its bytes is not known",
            f"set `encoding: {nul_pattern(first) or 'utf-16-le` or `encoding: utf-16-be'}`",
        )
    return Codec(_without_mark(said, first))


def _without_mark(said: Encoding, first: bytes) -> str:
    pattern = nul_pattern(first)
    if pattern and pattern != said:
        raise WrongEncoding(
            f"every other byte is NUL as in {pattern}, and `encoding` is {said}", f"set `encoding: {pattern}`"
        )
    if said.startswith("utf-16") and b"\0" not in first:
        raise WrongEncoding(
            f"no byte is NUL, and `encoding` is {said}",
            "set the `encoding` that the file has, probably utf-8",
        )
    return said


def nul_pattern(first: bytes) -> str:
    """Return the UTF-16 whose ASCII characters would put NUL bytes where these are, ``""`` for none."""
    pairs = len(first) // 2
    even, odd = first[0::2].count(0), first[1::2].count(0)
    for name, here, there in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if here >= _FEWEST_NULS and here * 10 > pairs and here > there * 10:
            return name
    return ""


def hint_for_byte(said: str, byte: int) -> str:
    """Return a remedy for a byte that the encoding has no character for."""
    if said not in SINGLE_BYTE:
        others = "windows-1250 and windows-1252" if said == "utf-8" else "utf-8"
        return f"set the `encoding` that the file has ({others} are common), or save it as UTF-8"
    others = " or ".join(
        f"`encoding: {name}`, where it is {bytes([byte]).decode(name)}"
        for name in ("windows-1250", "windows-1252")
        if name != said and _has_character(name, byte)
    )
    return f"set {others}" if others else "set the `encoding` that the file has, or save it as UTF-8"


def _has_character(encoding: str, byte: int) -> bool:
    return bytes([byte]).decode(encoding, "replace") != "\ufffd"


class Utf8Doubt:
    """Watches bytes to be read in a single-byte encoding, and whether they are UTF-8 in truth.

    Chance makes no UTF-8 of a whole file with letters beyond ASCII.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._beyond_ascii = False
        self._possible = True

    @property
    def likely(self) -> bool:
        """Whether what came so far is UTF-8, with a letter beyond ASCII."""
        return self._beyond_ascii and self._possible

    def proves_utf8(self, block: bytes, *, final: bool) -> bool:
        """Take the next bytes; say at the end whether the whole file is UTF-8 rather than what was said."""
        self._beyond_ascii = self._beyond_ascii or not block.isascii()
        if self._possible:
            try:
                self._decoder.decode(block, final)
            except UnicodeDecodeError:
                self._possible = False
        return final and self.likely
