"""From documents to core values: everything is checked, and a file that does not fit itself is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reconciler.core.approval import Approval
from reconciler.core.attribution import Attribution, Impact
from reconciler.core.census import GroupCount
from reconciler.core.change import Action, Change, FieldChange, Value, effect
from reconciler.core.drift import Drift, Gap
from reconciler.core.evidence import Proof, Standing
from reconciler.core.guards import Verdict
from reconciler.core.model import Fact
from reconciler.core.notice import Kind, Notice
from reconciler.core.outcome import HandOver, HeldBack, Outcome, Result, Status
from reconciler.core.plan import Evidence, Plan, Stamp, TargetIdentity
from reconciler.core.render.harmless import visible
from reconciler.core.sight import WORDS, Sides
from reconciler.core.waiver import Pass, Waived
from reconciler.errors import PlanFileError
from reconciler.planfile.basics import Stored
from reconciler.planfile.encoding import Document, check_digest, parsed
from reconciler.planfile.files import read_file
from reconciler.planfile.models import (
    ApprovalFile,
    ChangePart,
    DriftPart,
    HandOverPart,
    OutcomePart,
    PlanHead,
    ResultHead,
    TargetPart,
)
from reconciler.planfile.sealed import is_sealed, unsealed
from reconciler.planfile.witness import GuardPart, WaivedPart

FileKind = Literal["plan", "approval", "result"]
AnyStored = TypeVar("AnyStored", bound=Stored)

MADE_BY: Mapping[FileKind, str] = {
    "plan": "reconciler plan --out FILE",
    "approval": "reconciler approve PLAN --out FILE",
    "result": "reconciler apply --result FILE",
}

_MAJOR = "1"
_ACTIONS = {action.value: action for action in Action}
_RENAMES = frozenset({Action.REKEY, Action.GROUP_MOVE})
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
        raise _malformed(kind, ["digest: Field required"], where)
    check_digest(document, content, where)
    return document


def _a(kind: FileKind) -> str:
    return f"an {kind}" if kind == "approval" else f"a {kind}"


def plan_of(document: Document, where: str) -> Plan:
    """Return the plan that a document holds. Raises PlanFileError when it does not hold together."""
    head = _checked(PlanHead, document, "plan", where)
    return Plan(
        target=_target(head.target),
        stamp=Stamp(
            head.created,
            head.expires,
            head.tool,
            head.manifests,
            head.commit,
            head.recorded or "",
            head.reverts or "",
        ),
        evidence=tuple(
            Evidence(
                one.name,
                one.type,
                one.synchronizationSource,
                one.records,
                tuple(Fact(fact.name, fact.value) for fact in one.facts),
                tuple(Proof(proof.name, Standing(proof.standing), proof.detail) for proof in one.proofs),
            )
            for one in head.sources
        ),
        verdicts=tuple(map(_verdict, head.guards)),
        changes=_changes(document["changes"], head.target.identity, where),
        notices=tuple(
            Notice(Kind(one.kind), one.name, one.message, tuple(one.places)) for one in head.notices
        ),
        groups=tuple(GroupCount(one.path, one.was, one.before, one.after) for one in head.groups),
        unreachable=head.unreachable,
        attribution=_attribution(head, document, where),
        drift=None if head.drift is None else _drift(head.drift),
    )


def _drift(part: DriftPart) -> Drift:
    sides = {
        id_: reduce(or_, (WORDS[word] for word in words), Sides(0)) for id_, words in part.causes.items()
    }
    return Drift(part.since, part.commit, sides, Gap(part.gap) if part.gap else None)


def _attribution(head: PlanHead, document: Document, where: str) -> Attribution | None:
    part = head.attribution
    if part is None:
        return None
    gone = document["attribution"]["gone"]
    return Attribution(
        base=part.base,
        commit=part.commit,
        manifests=part.manifests,
        altered={id_: tuple(fields) for id_, fields in part.altered.items()},
        anyway=frozenset(part.anyway),
        gone=_changes(gone, head.target.identity, where),
        impact=tuple(Impact(one.rule, _ACTIONS[one.action], one.field, one.count) for one in part.impact),
        tripped=tuple(part.tripped),
        problem=part.problem,
    )


def approval_of(document: Document, where: str) -> Approval:
    """Return the approval that a document holds. Raises PlanFileError when something is missing or off."""
    file = _checked(ApprovalFile, document, "approval", where)
    return Approval(
        target=file.target,
        plan=file.plan,
        effects=file.effects,
        approved_by=file.approvedBy,
        approved_at=file.approvedAt,
        expires=file.expires,
        waived=file.waived,
        waived_up_to=file.waivedUpTo,
    )


def result_of(document: Document, where: str) -> Result:
    """Return the result that a document holds. Raises PlanFileError when it does not hold together."""
    head = _checked(ResultHead, document, "result", where)
    target, outcomes = head.target.identity, []
    for at, part in enumerate(document["outcomes"]):
        _checked(OutcomePart, part, "result", where, f"outcomes[{at}]")
        change = _change(part, target, f"outcomes[{at}]", where)
        outcomes.append(Outcome(change, Status(part["status"]), part["detail"]))
    return Result(
        target=_target(head.target),
        started=head.started,
        finished=head.finished,
        tool=head.tool,
        approved_by=tuple(head.approvedBy),
        outcomes=tuple(outcomes),
        unneeded=tuple(head.unneeded),
        remaining=None if head.remaining is None else tuple(head.remaining),
        hand_overs=tuple(map(_hand_over, head.handOvers)),
        held_back=tuple(HeldBack(one.id, one.why) for one in head.heldBack),
        waived=tuple(Pass(one.guard, one.scope, one.count, _waived(one.waived)) for one in head.waived),
    )


def _hand_over(part: HandOverPart) -> HandOver:
    return HandOver(
        part.file,
        part.settingsFile,
        part.synchronizationSource,
        part.users,
        tuple((one.name, one.value) for one in part.settings),
        part.digest,
    )


def _changes(parts: list[Document], target: str, where: str) -> tuple[Change, ...]:
    """Return the changes; of each the document lets go, for there may be a million."""
    changes: list[Change] = []
    parts.reverse()
    while parts:
        at, part = len(changes), parts.pop()
        _checked(ChangePart, part, "plan", where, f"changes[{at}]")
        changes.append(_change(part, target, f"changes[{at}]", where))
    return tuple(changes)


def _change(part: Document, target: str, at: str, where: str) -> Change:
    account = part["account"]
    change = Change(
        action=_ACTIONS[part["action"]],
        name=part["name"],
        fields=tuple(
            [
                FieldChange(one["field"], _value(one["before"]), _value(one["after"]), one["rule"])
                for one in part["fields"]
            ]
        ),
        reason=part["reason"],
        record=part["record"],
        source=part["source"],
        account_id=account["id"],
        account_source=account["source"],
        needs=tuple(part["needs"]),
        pins=part["pins"],
        handed=part.get("pinsFingerprint", ""),
    )
    if part["effect"] != effect(target, change):
        raise _incoherent(f"{at}: the effect of {change.id} is not the effect of what it says", where)
    if change.action in _RENAMES and not (change.fields and change.fields[0].after):
        raise _incoherent(f"{at}: {change.id} gives no new name", where)
    return change


def _incoherent(fact: str, where: str) -> PlanFileError:
    return PlanFileError(
        fact,
        hint="the file was edited, or written for another server; make it again with `reconciler plan`",
        where=where,
    )


def _value(value: str | list[str]) -> Value:
    return value if isinstance(value, str) else tuple(value)


def _verdict(part: GuardPart) -> Verdict:
    told = part.model_dump(exclude={"waived"})
    return Verdict(**told, waived=_waived(part.waived) if part.waived else None)


def _waived(part: WaivedPart) -> Waived:
    return Waived(part.by, part.reason, part.until)


def _target(part: TargetPart) -> TargetIdentity:
    return TargetIdentity(part.name, part.identity, part.release, part.writable)


def _checked(
    model: type[AnyStored],
    part: Any,  # noqa: ANN401 - whatever JSON holds
    kind: FileKind,
    where: str,
    at: str = "",
) -> AnyStored:
    try:
        return model.model_validate(part)
    except ValidationError as error:
        found = [f"{_path(at, one['loc'])}: {_said(one)}" for one in error.errors()[:_SHOWN]]
        raise _malformed(kind, found, where) from None


def _path(at: str, location: tuple[int | str, ...]) -> str:
    below = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in location)
    return visible(f"{at}{below}".lstrip("."))


def _said(error: ErrorDetails) -> str:
    return "an object is expected" if error["type"] == "model_type" else error["msg"]


def _malformed(kind: FileKind, found: Sequence[str], where: str) -> PlanFileError:
    return PlanFileError(
        f"this is no {kind} as schemas/{kind}.schema.json has it: {'; '.join(found)}",
        hint=f"make it again: `{MADE_BY[kind]}`",
        where=where,
    )
