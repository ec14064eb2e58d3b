"""JSON documents as bytes: canonical ones for the digest, and legible ones for the file.

Keys are sorted. A file has a line for each key, and for each element below a key, so that a change is
one line: lines can be searched, and two files compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

from reconciler.core.render.harmless import json_visible

Encode: TypeAlias = Callable[[object], bytes]
"""Writes a value as JSON in UTF-8: keys sorted, no white space."""


class Encoded(NamedTuple):
    """A value in JSON: its brackets, where it is a mapping or list, and its elements, some at a time.

    The elements are read once. They get lines of their own.
    """

    opening: bytes
    closing: bytes
    blocks: Iterable[Sequence[bytes]]


_BETWEEN = b",\n    "
_BLOCK = 1_000
"""So many elements are put together before more are encoded: a piece alone takes a page of memory."""


def finished(body: Mapping[str, object], encode: Encode) -> tuple[list[bytes], str]:
    """Return a document's file, in pieces, and its digest; each element is encoded once."""
    parts = encoded(body, encode)
    kept: dict[str, list[bytes]] = {key: [] for key in parts}
    watched = {key: part._replace(blocks=_watched(part, kept[key])) for key, part in parts.items()}
    named = digest_of(watched, encode)
    whole = {key: (part, kept[key]) for key, part in parts.items()}
    digest = (_encoded(named, encode), [encode(named)])
    return list(_laid_out({**whole, "digest": digest}, encode)), named


def _watched(part: Encoded, kept: list[bytes]) -> Iterator[Sequence[bytes]]:
    """Yield the blocks of a value, and keep each as it stands in a file."""
    for block in part.blocks:
        kept.append(_legible(block))
        yield block


def digest_of(parts: Mapping[str, Encoded], encode: Encode) -> str:
    """Return the digest of a document without its digest."""
    digest = hashlib.sha256()
    for piece in canonical(parts, encode):
        digest.update(piece)
    return f"sha256:{digest.hexdigest()}"


def encoded(document: Mapping[str, object], encode: Encode) -> dict[str, Encoded]:
    """Return each key's value in JSON, encoded as it is read; a list may come as an iterator."""
    return {key: _encoded(value, encode) for key, value in document.items()}


def _encoded(value: object, encode: Encode) -> Encoded:
    match value:
        case Mapping():
            pairs = (encode(key) + b":" + encode(value[key]) for key in sorted(value))
            return Encoded(b"{", b"}", _blocks(pairs))
        case Iterable() if not isinstance(value, str):
            return Encoded(b"[", b"]", _blocks(map(encode, value)))
        case _:
            return Encoded(b"", b"", [[encode(value)]])


def _blocks(elements: Iterator[bytes]) -> Iterator[Sequence[bytes]]:
    while block := list(islice(elements, _BLOCK)):
        yield block


def canonical(parts: Mapping[str, Encoded], encode: Encode) -> Iterator[bytes]:
    """Yield the bytes that a digest is made of: sorted, in UTF-8, without white space."""
    before = b"{"
    for key, part in sorted(parts.items()):
        yield before + encode(key) + b":" + part.opening
        between = b""
        for block in part.blocks:
            yield between + b",".join(block)
            between = b","
        yield part.closing
        before = b","
    yield b"}"


def lines(parts: Mapping[str, Encoded], encode: Encode) -> Iterator[bytes]:
    """Yield the same document with a line for each key, and for each element below a key.

    What hides or turns text around is written as JSON's escapes: the same value, legible.
    """
    return _laid_out({key: (part, map(_legible, part.blocks)) for key, part in parts.items()}, encode)


def _laid_out(parts: Mapping[str, tuple[Encoded, Iterable[bytes]]], encode: Encode) -> Iterator[bytes]:
    before = b"{\n  "
    for key, (part, blocks) in sorted(parts.items()):
        yield before + encode(key) + b":" + part.opening
        between, last = b"\n    " if part.opening else b"", b""
        for block in blocks:
            yield between
            yield block
            between, last = _BETWEEN, b"\n  " if part.opening else b""
        yield last + part.closing
        before = b",\n  "
    yield b"\n}\n"


def _legible(block: Sequence[bytes]) -> bytes:
    """Return elements as they stand in a file; they are looked at one by one if any needs it."""
    whole = _BETWEEN.join(block)
    return whole if _plain(whole) else _BETWEEN.join(map(_visible, block))


def _visible(part: bytes) -> bytes:
    """Write out what a screen would hide and a log would obey; little of that is in plain ASCII."""
    return part if _plain(part) else json_visible(part.decode("utf-8", "surrogatepass")).encode("utf-8")


def _plain(part: bytes) -> bool:
    return part.isascii() and b"\x7f" not in part and b"##" not in part


_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def plainly(value: object) -> bytes:
    """Encode with what Python brings; a half of a character stays what it is, for others to write out."""
    return _write(value).encode("utf-8", "surrogatepass")
