"""JSON documents as bytes: canonical ones for the digest, and legible ones for the file.

Keys are sorted. A file has a line for each key, and for each element below a key, so that a change is
one line: lines can be searched, and two files compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from reconciler.core.render.harmless import json_visible

Encode: TypeAlias = Callable[[object], bytes]
"""Writes a value as JSON in UTF-8: keys sorted, no white space."""

Encoded: TypeAlias = bytes | tuple[bytes, bytes, Sequence[bytes]]
"""A value in JSON; of a mapping or list its brackets and its elements, for they get lines of their own."""


def finished(body: Mapping[str, object], encode: Encode) -> tuple[list[bytes], str]:
    """Return a document's file, in pieces, and its digest; each element is encoded once."""
    parts = encoded(body, encode)
    named = digest_of(parts, encode)
    return list(lines({**parts, "digest": encode(named)}, encode)), named


def digest_of(parts: Mapping[str, Encoded], encode: Encode) -> str:
    """Return the digest of a document without its digest."""
    digest = hashlib.sha256()
    for piece in canonical(parts, encode):
        digest.update(piece)
    return f"sha256:{digest.hexdigest()}"


def encoded(document: Mapping[str, object], encode: Encode) -> dict[str, Encoded]:
    """Return each key's value in JSON; a list may come as an iterator."""
    return {key: _encoded(value, encode) for key, value in document.items()}


def _encoded(value: object, encode: Encode) -> Encoded:
    match value:
        case Mapping():
            pairs = [encode(key) + b":" + encode(value[key]) for key in sorted(value)]
            return b"{", b"}", pairs
        case Iterable() if not isinstance(value, str):
            return b"[", b"]", [encode(element) for element in value]
        case _:
            return encode(value)


def canonical(parts: Mapping[str, Encoded], encode: Encode) -> Iterator[bytes]:
    """Yield the bytes that a digest is made of: sorted, in UTF-8, without white space."""
    before = b"{"
    for key, part in sorted(parts.items()):
        yield before + encode(key) + b":"
        if isinstance(part, bytes):
            yield part
        else:
            opening, closing, elements = part
            yield opening
            yield b",".join(elements)
            yield closing
        before = b","
    yield b"}"


def lines(parts: Mapping[str, Encoded], encode: Encode) -> Iterator[bytes]:
    """Yield the same document with a line for each key, and for each element below a key.

    What hides or turns text around is written as JSON's escapes: the same value, legible.
    """
    before = b"{\n  "
    for key, part in sorted(parts.items()):
        yield before + encode(key) + b":"
        if isinstance(part, bytes):
            yield _legible(part)
        elif part[2]:
            opening, closing, elements = part
            yield opening + b"\n    "
            yield b",\n    ".join(map(_legible, elements))
            yield b"\n  " + closing
        else:
            yield part[0] + part[1]
        before = b",\n  "
    yield b"\n}\n"


def _legible(part: bytes) -> bytes:
    """Write out what a screen would hide and a log would obey; little of that is in plain ASCII."""
    if part.isascii() and b"\x7f" not in part and b"##" not in part:
        return part
    return json_visible(part.decode("utf-8", "surrogatepass")).encode("utf-8")


_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def plainly(value: object) -> bytes:
    """Encode with what Python brings; a half of a character stays what it is, for others to write out."""
    return _write(value).encode("utf-8", "surrogatepass")
