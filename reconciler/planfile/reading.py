"""From documents to core values: everything is checked, and a file that does not fit itself is refused."""

from __future__ import annotations

from functools import reduce
from operator import or_

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
from reconciler.core.sight import WORDS, Sides
from reconciler.core.waiver import Pass, Waived
from reconciler.errors import PlanFileError
from reconciler.planfile.document import checked
from reconciler.planfile.encoding import Document
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
from reconciler.planfile.witness import GuardPart, WaivedPart

_ACTIONS = {action.value: action for action in Action}
_RENAMES = frozenset({Action.REKEY, Action.GROUP_MOVE})


def plan_of(document: Document, where: str) -> Plan:
    """Return the plan that a document holds. Raises PlanFileError when it does not hold together."""
    head = checked(PlanHead, document, "plan", where)
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
    file = checked(ApprovalFile, document, "approval", where)
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
    head = checked(ResultHead, document, "result", where)
    target, outcomes = head.target.identity, []
    for at, part in enumerate(document["outcomes"]):
        checked(OutcomePart, part, "result", where, f"outcomes[{at}]")
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
        checked(ChangePart, part, "plan", where, f"changes[{at}]")
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
