"""The index that seals a snapshot: written last, read first."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import ValidationError

from reconciler.errors import SnapshotError
from reconciler.snapshot.lines import AGAIN, damaged
from reconciler.snapshot.models import INDEX, IndexFile

_LARGEST: Final = 64 << 20
_MAJOR: Final = "1"
_FORM = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def sealed(body: dict[str, Any]) -> bytes:
    """Return the index of a snapshot, with the digest of what it says."""
    return orjson.dumps({**body, "digest": _digest(body)}, option=_FORM)


def read_index(folder: Path) -> IndexFile:
    """Return what a snapshot says of itself. Raises SnapshotError unless it is just what was written."""
    where = str(folder / INDEX)
    document = _document(folder, where)
    version = document.get("format_version")
    if isinstance(version, str) and version.partition(".")[0] != _MAJOR:
        raise SnapshotError(
            f"its format is version {version}, and this program reads {_MAJOR}.x",
            hint="use the version of the program that wrote it, or take a new one: `reconciler snapshot DIR`",
            where=where,
        )
    try:
        index = IndexFile.model_validate_json(orjson.dumps(document))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise damaged(where, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if index.digest != _digest({key: value for key, value in document.items() if key != "digest"}):
        raise SnapshotError(
            "the file was edited by hand, or damaged: its digest is not the digest of what it says",
            hint=AGAIN,
            where=where,
        )
    return index


def _document(folder: Path, where: str) -> dict[str, Any]:
    try:
        with (folder / INDEX).open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise SnapshotError(
            f"this is no snapshot: {INDEX} cannot be read: {error.strerror}",
            hint="name the folder that `reconciler snapshot DIR` wrote",
            where=str(folder),
        ) from None
    if len(content) > _LARGEST:
        raise damaged(where, f"it has more than {_LARGEST:,} bytes")
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise damaged(where, error.msg) from None
    if not isinstance(document, dict) or document.get("kind") != "snapshot":
        raise damaged(where, "it does not say that it is one")
    return document


def _digest(body: dict[str, Any]) -> str:
    return f"sha256:{hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()}"
