"""Documents to bytes and back: canonical, digested, and refused when they were edited."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, TypeAlias

import orjson

from reconciler.core.render.harmless import json_visible
from reconciler.errors import PlanFileError

Document: TypeAlias = dict[str, Any]

_DIGEST = re.compile(rb'"digest":"sha256:[0-9a-f]{64}",')
_WHITE_SPACE = b" \t\r\n"


def encode(value: object) -> bytes:
    """Return JSON with sorted keys and without white space."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def parsed(content: bytes, where: str) -> Document:
    """Return the document of a file; its digest is not looked at yet.

    Raises PlanFileError for what is not one JSON object.
    """
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise PlanFileError(
            f"this is not JSON: {error.msg} (line {error.lineno}, column {error.colno})",
            hint="give a file that `reconciler plan --out`, `approve` or `apply` wrote, as it was written",
            where=where,
        ) from None
    if not isinstance(document, dict):
        raise PlanFileError(
            f"a JSON object is expected, and this is a {_sort(document)}",
            hint="give a file that `reconciler plan --out`, `approve` or `apply` wrote",
            where=where,
        )
    return document


def check_digest(document: Document, content: bytes, where: str) -> None:
    """Raise PlanFileError unless the document is what its digest was made of, and says nothing twice."""
    try:
        body = encode({key: value for key, value in document.items() if key != "digest"})
    except TypeError:  # of recursion, or of integers beyond 64 bits: neither is ours
        raise _edited("its keys go deeper, or its numbers are larger, than any plan's", where) from None
    if f"sha256:{hashlib.sha256(body).hexdigest()}" != document["digest"]:
        raise _edited("its digest is not the digest of what it says", where)
    if _without_space(_DIGEST.sub(b"", content, count=1)) != _without_space(_as_written(body)):
        _refuse_repeated_keys(content, where)


def _as_written(body: bytes) -> bytes:
    return body if body.isascii() else json_visible(body.decode("utf-8")).encode("utf-8")


def _without_space(content: bytes) -> bytes:
    return content.translate(None, _WHITE_SPACE)


def _refuse_repeated_keys(content: bytes, where: str) -> None:
    """Look again at a file that is laid out in another way: JSON keeps the last of two equal keys.

    A person who reads the file may well have believed the first.
    """

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise _edited("a key stands in it twice", where)
        return dict(pairs)

    json.loads(content, object_pairs_hook=once)


def _edited(fact: str, where: str) -> PlanFileError:
    return PlanFileError(
        f"the file was edited by hand, or damaged: {fact}",
        hint="make it again with `reconciler plan`, `approve` or `apply`; these files are never edited",
        where=where,
    )


def _sort(value: object) -> str:
    names = {list: "list", str: "text", bool: "truth value", int: "number", float: "number"}
    return names.get(type(value), "null")
