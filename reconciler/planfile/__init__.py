"""Plan, approval and result files: written in one step, read with suspicion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.core.approval import Approval
from reconciler.core.outcome import Result
from reconciler.core.plan import Plan
from reconciler.core.render.documents import (
    Document,
    approval_body,
    change_documents,
    outcome_documents,
    plan_body,
    result_body,
)
from reconciler.core.render.layout import digest_of, encoded, finished
from reconciler.errors import PlanFileError
from reconciler.garbage import uncollected
from reconciler.planfile.document import read_document
from reconciler.planfile.encoding import encode
from reconciler.planfile.files import replace_file
from reconciler.planfile.reading import approval_of, plan_of, result_of
from reconciler.planfile.sealed import Recipient, sealed


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan and the digest that names it."""

    plan: Plan
    digest: str


@dataclass(frozen=True, slots=True)
class StoredApproval:
    """An approval and the digest that names it."""

    approval: Approval
    digest: str


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result and the digest that names it."""

    result: Result
    digest: str


def plan_document(plan: Plan) -> Document:
    """Return what a plan's file holds, with the digest."""
    return _complete(
        {**plan_body(plan), "changes": list(change_documents(plan.target.identity, plan.changes))}
    )


def plan_digest(plan: Plan) -> str:
    """Return what names a plan, without keeping its document: for plans that are not stored."""
    with uncollected():
        return digest_of(encoded(plan_body(plan), encode), encode)


def approval_document(approval: Approval) -> Document:
    """Return what an approval's file holds, with the digest."""
    return _complete(approval_body(approval))


def result_document(result: Result) -> Document:
    """Return what a result's file holds, with the digest."""
    return _complete({**result_body(result), "outcomes": list(outcome_documents(result))})


def write_plan(path: Path, plan: Plan, recipients: Sequence[Recipient] = ()) -> str:
    """Write a plan's file in one step, for its recipients alone if there are any; return its digest.

    Raises PlanFileError when it cannot.
    """
    return _write(path, plan_body(plan), recipients)


def write_approval(path: Path, approval: Approval) -> str:
    """Write an approval's file in one step and return its digest. Raises PlanFileError when it cannot."""
    return _write(path, approval_body(approval))


def write_result(path: Path, result: Result, recipients: Sequence[Recipient] = ()) -> str:
    """Write a result's file as `write_plan` writes a plan's; return its digest."""
    return _write(path, result_body(result), recipients)


def read_plan(path: Path, identity: str = "") -> StoredPlan:
    """Return the plan of a file, opened with an age identity where it is encrypted.

    Raises PlanFileError unless it is just what was written.
    """
    with uncollected():
        document = read_document(path, "plan", identity)
        return StoredPlan(plan_of(document, str(path)), document["digest"])


def read_approval(path: Path) -> StoredApproval:
    """Return the approval of a file. Raises PlanFileError unless it is just what was written."""
    document = read_document(path, "approval")
    return StoredApproval(approval_of(document, str(path)), document["digest"])


def read_result(path: Path, identity: str = "") -> StoredResult:
    """Return the result of a file, as `read_plan` returns a plan."""
    with uncollected():
        document = read_document(path, "result", identity)
        return StoredResult(result_of(document, str(path)), document["digest"])


def _complete(body: Document) -> Document:
    return dict(sorted({**body, "digest": digest_of(encoded(body, encode), encode)}.items()))


def _write(path: Path, body: Mapping[str, object], recipients: Sequence[Recipient] = ()) -> str:
    with uncollected():
        try:
            pieces, digest = finished(body, encode)
        except TypeError as error:
            raise PlanFileError(
                f"a name or value in it cannot be written as JSON: {error}",
                hint="look for a record with half a character (a lone surrogate) and mend it in its source",
                where=str(path),
            ) from None
    replace_file(path, (sealed(b"".join(pieces), recipients),) if recipients else pieces)
    return digest
