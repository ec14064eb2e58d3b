"""Plans, approvals and results as JSON documents, the same for the same value in any process.

Every list whose order means nothing is sorted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from reconciler.core.approval import Approval
from reconciler.core.attribution import Attribution, impact_key
from reconciler.core.change import Change, effect, precondition, sort_key
from reconciler.core.drift import Drift
from reconciler.core.guards import NAMES, Verdict
from reconciler.core.outcome import HandOver, Outcome, Result, Status, inverse
from reconciler.core.plan import Evidence, Plan, TargetIdentity, summary
from reconciler.core.waiver import Pass

FORMAT_VERSION = "1.0"

Document: TypeAlias = dict[str, object]


def plan_body(plan: Plan) -> Document:
    """Return a plan's document, still without its digest; `changes` is an iterator, read it once."""
    return {
        "format_version": FORMAT_VERSION,
        "kind": "plan",
        "tool": plan.stamp.tool,
        "created": plan.stamp.created,
        "expires": plan.stamp.expires,
        "commit": plan.stamp.commit,
        "manifests": plan.stamp.manifests,
        **({"recorded": plan.stamp.recorded} if plan.stamp.recorded else {}),
        **({"reverts": plan.stamp.reverts} if plan.stamp.reverts else {}),
        "target": _target(plan.target),
        "sources": [_evidence(one) for one in sorted(plan.evidence, key=lambda one: one.source)],
        "summary": summary(plan.changes),
        "guards": [_verdict(one) for one in sorted(plan.verdicts, key=_guard_key)],
        "changes": change_documents(plan.target.identity, plan.changes),
        "notices": [
            {"kind": one.kind.value, "name": one.name, "message": one.message, "places": one.places}
            for one in sorted(plan.notices)
        ],
        "groups": [one._asdict() for one in sorted(plan.groups)],
        "unreachable": dict(plan.unreachable),
        **({"attribution": _attribution(plan.target.identity, plan.attribution)} if plan.attribution else {}),
        **({"drift": _drift(plan.drift)} if plan.drift else {}),
    }


def approval_body(approval: Approval) -> Document:
    """Return an approval's document, still without its digest."""
    return {
        "format_version": FORMAT_VERSION,
        "kind": "approval",
        "target": approval.target,
        "plan": approval.plan,
        "effects": dict(approval.effects),
        "waived": dict(approval.waived),
        "waivedUpTo": {guard: dict(scopes) for guard, scopes in approval.waived_up_to.items()},
        "approvedBy": approval.approved_by,
        "approvedAt": approval.approved_at,
        "expires": approval.expires,
    }


def result_body(result: Result) -> Document:
    """Return a result's document, still without its digest; `outcomes` is an iterator, read it once."""
    counts = {status.value: 0 for status in Status}
    for outcome in result.outcomes:
        counts[outcome.status.value] += 1
    return {
        "format_version": FORMAT_VERSION,
        "kind": "result",
        "tool": result.tool,
        "started": result.started,
        "finished": result.finished,
        "target": _target(result.target),
        "approvedBy": sorted(result.approved_by),
        "summary": {status: count for status, count in counts.items() if count},
        "outcomes": outcome_documents(result),
        "unneeded": sorted(result.unneeded),
        "remaining": None if result.remaining is None else sorted(result.remaining),
        "waived": [_passed(one) for one in sorted(result.waived)],
        "heldBack": [one._asdict() for one in sorted(result.held_back)],
        "handOvers": [_hand_over(one) for one in sorted(result.hand_overs)],
    }


def change_documents(target: str, changes: Iterable[Change]) -> Iterator[Document]:
    """Yield each change, in their one order, with its effect on the target and its precondition."""
    return (_change(target, change) for change in sorted(changes, key=sort_key))


def _change(target: str, change: Change) -> Document:
    document: Document = {
        "id": change.id,
        "action": change.action,
        "name": change.name,
        "account": {"id": change.account_id, "source": change.account_source},
        "effect": effect(target, change),
        "precondition": precondition(change),
        "reason": change.reason,
        "record": change.record,
        "source": change.source,
        "needs": sorted(change.needs),
        "pins": change.pins,
        "fields": [
            {"field": field.field, "before": field.before, "after": field.after, "rule": field.rule}
            for field in change.fields
        ],
    }
    if change.handed:
        document["pinsFingerprint"] = change.handed
    return document


def outcome_documents(result: Result) -> Iterator[Document]:
    """Yield each outcome: its change, how it ended, and what takes it back where it was applied."""
    target = result.target.identity
    for outcome in sorted(result.outcomes, key=lambda outcome: sort_key(outcome.change)):
        back = _taking_back(outcome)
        yield {
            **_change(target, outcome.change),
            "status": outcome.status.value,
            "detail": outcome.detail,
            "inverse": None if back is None else _change(target, back),
        }


def _passed(passed: Pass) -> Document:
    return {
        "guard": passed.guard,
        "scope": passed.scope,
        "count": passed.found,
        "waived": passed.waived._asdict(),
    }


def _hand_over(one: HandOver) -> Document:
    return {
        "file": one.file,
        "settingsFile": one.settings_file,
        "synchronizationSource": one.synchronization_source,
        "users": one.users,
        "settings": [{"name": name, "value": value} for name, value in one.settings],
        "digest": one.digest,
    }


def _taking_back(outcome: Outcome) -> Change | None:
    """Return the inverse of what was done; what was not done needs none."""
    return inverse(outcome.change) if outcome.status is Status.APPLIED else None


def _target(target: TargetIdentity) -> Document:
    return {
        "name": target.name,
        "identity": target.identity,
        "release": target.release,
        "writable": target.writable,
    }


def _evidence(evidence: Evidence) -> Document:
    return {
        "name": evidence.source,
        "type": evidence.kind,
        "synchronizationSource": evidence.synchronization_source,
        "records": evidence.records,
        "facts": [{"name": fact.name, "value": fact.value} for fact in evidence.facts],
        "proofs": [
            {"name": proof.name, "standing": proof.standing.value, "detail": proof.detail}
            for proof in evidence.proofs
        ],
    }


def _attribution(target: str, told: Attribution) -> Document:
    return {
        "base": told.base,
        "commit": told.commit,
        "manifests": told.manifests,
        "problem": told.problem,
        "altered": dict(told.altered),
        "anyway": sorted(told.anyway),
        "gone": list(change_documents(target, told.gone)),
        "impact": [
            {"rule": one.rule, "action": one.action, "field": one.field, "count": one.amount}
            for one in sorted(told.impact, key=impact_key)
        ],
        "tripped": sorted(told.tripped),
    }


def _drift(drift: Drift) -> Document:
    return {
        "since": drift.since,
        "commit": drift.commit,
        "gap": drift.gap.value if drift.gap else "",
        "causes": {id_: sides.words() for id_, sides in drift.sides.items()},
    }


def _guard_key(verdict: Verdict) -> tuple[bool, int, str, str]:
    rank = NAMES.index(verdict.guard) if verdict.guard in NAMES else len(NAMES)
    return not verdict.tripped, rank, verdict.guard, verdict.scope


def _verdict(verdict: Verdict) -> Document:
    return {
        "guard": verdict.guard,
        "scope": verdict.scope,
        "count": verdict.count,
        "population": verdict.population,
        "limit": verdict.limit,
        "tripped": verdict.tripped,
        "message": verdict.message,
        **({"waived": verdict.waived._asdict()} if verdict.waived else {}),
    }
