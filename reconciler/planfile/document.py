"""From files to documents: of the kind that was asked for, as they were written, and of the right shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reconciler.core.render.harmless import visible
from reconciler.errors import PlanFileError
from reconciler.planfile.basics import Stored
from reconciler.planfile.encoding import Document, check_digest, parsed
from reconciler.planfile.files import read_file
from reconciler.planfile.sealed import is_sealed, unsealed

FileKind = Literal["plan", "approval", "result"]
AnyStored = TypeVar("AnyStored", bound=Stored)

MADE_BY: Mapping[FileKind, str] = {
    "plan": "reconciler plan --out FILE",
    "approval": "reconciler approve PLAN --out FILE",
    "result": "reconciler apply --result FILE",
}

_MAJOR = "1"
_SHOWN = 5


def read_document(path: Path, kind: FileKind, identity: str = "") -> Document:
    """Return the document of a file of one kind, its digest checked; the identity opens an encrypted one.

    Raises PlanFileError when it is not there, not JSON, of another kind or major version, or edited.
    """
    where, content = str(path), read_file(path, MADE_BY[kind])
    if is_sealed(content):
        content = unsealed(content, identity, where)
    document = parsed(content, where)
    found = document.get("kind")
    if found != kind:
        told = f"a file of kind {found!r}" if isinstance(found, str) else "no file of this program"
        raise PlanFileError(
            f"{_a(kind)} is expected, and this is {told}", hint=f"`{MADE_BY[kind]}` writes one", where=where
        )
    version = document.get("format_version")
    if isinstance(version, str) and version.partition(".")[0] != _MAJOR:
        raise PlanFileError(
            f"its format is version {version}, and this program reads {_MAJOR}.x",
            hint=f"use the version of the program that wrote it, or make it again: `{MADE_BY[kind]}`",
            where=where,
        )
    if not isinstance(document.get("digest"), str):
        raise malformed(kind, ["digest: Field required"], where)
    check_digest(document, content, where)
    return document


def _a(kind: FileKind) -> str:
    return f"an {kind}" if kind == "approval" else f"a {kind}"


def checked(
    model: type[AnyStored],
    part: object,
    kind: FileKind,
    where: str,
    at: str = "",
) -> AnyStored:
    """Return a part of a document as its model has it; raise PlanFileError with the places that are wrong."""
    try:
        return model.model_validate(part)
    except ValidationError as error:
        found = [f"{_path(at, one['loc'])}: {_said(one)}" for one in error.errors()[:_SHOWN]]
        raise malformed(kind, found, where) from None


def _path(at: str, location: tuple[int | str, ...]) -> str:
    below = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in location)
    return visible(f"{at}{below}".lstrip("."))


def _said(error: ErrorDetails) -> str:
    return "an object is expected" if error["type"] == "model_type" else error["msg"]


def malformed(kind: FileKind, found: Sequence[str], where: str) -> PlanFileError:
    """Return the error for a document of another shape than its schema has."""
    return PlanFileError(
        f"this is no {kind} as schemas/{kind}.schema.json has it: {'; '.join(found)}",
        hint=f"make it again: `{MADE_BY[kind]}`",
        where=where,
    )
