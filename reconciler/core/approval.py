"""What a person allowed, and what of it is still needed.

An approval is a set of effects on one server. A run carries out what is approved *and* needed by a
plan made afresh; a stored plan is never replayed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.core.change import Action, Change, effect
from reconciler.core.guards import Verdict
from reconciler.core.plan import Plan
from reconciler.core.policy import Policy
from reconciler.core.waiver import Pass, Waived
from reconciler.errors import GuardRefused, NotApproved


@dataclass(frozen=True, slots=True)
class Approval:
    """Effects that somebody allowed on one server, by id for reading, and the guards they waived.

    `waived` gives each guard's name the reason, and `waived_up_to` the scopes in which the guard stood
    when it was looked at, with what it had counted: elsewhere, or for more, the waiver is none. Times
    are UTC, ISO 8601 to the second, so that they compare as text.
    """

    target: str
    plan: str
    effects: Mapping[str, str]
    approved_by: str
    approved_at: str
    expires: str
    waived: Mapping[str, str] = field(default_factory=dict)
    waived_up_to: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may run, what is needed but may not or cannot, and what was approved and is not needed any more.

    `unreachable` are the changes that cannot be applied through this target, approved or not. `waived`
    are the guards that would stand in the way.
    """

    run: tuple[Change, ...]
    unapproved: tuple[Change, ...]
    blocked: tuple[Change, ...]
    unneeded: tuple[str, ...]
    unreachable: tuple[Change, ...] = ()
    waived: tuple[Pass, ...] = ()


def authorise(plan: Plan, approvals: Sequence[Approval], policy: Policy, now: str) -> Allowed:
    """Return what of a fresh plan may run.

    Raises NotApproved when an approval is for another server, has expired, or covers nothing that is
    needed; GuardRefused when a guard trips that no approval waives.
    """
    for approval in approvals:
        _check_valid(approval, plan, now)
    effects = {effect(plan.target.identity, change): change for change in plan.changes}
    approved = {one: id_ for approval in approvals for one, id_ in approval.effects.items()}
    _check_labels(approved, effects)
    may = {
        change.id
        for one, change in effects.items()
        if change.id not in plan.unreachable
        and (
            one in approved
            or change.action.value in policy.approve
            or end_of_a_return(plan.target.identity, change) in approved
        )
    }
    if len(plan.unreachable) < len(plan.changes) and not may:
        raise _nothing_approved(plan, approvals)
    waived = _check_guards(plan, approvals)
    runnable = _with_all_needs(plan.changes, may)
    return Allowed(
        run=tuple(change for change in plan.changes if change.id in runnable),
        unapproved=tuple(
            change for change in plan.changes if change.id not in may and change.id not in plan.unreachable
        ),
        blocked=tuple(change for change in plan.changes if change.id in may - runnable),
        unneeded=tuple(
            sorted(
                id_ for approval in approvals for one, id_ in approval.effects.items() if one not in effects
            )
        ),
        unreachable=tuple(change for change in plan.changes if change.id in plan.unreachable),
        waived=waived,
    )


def end_of_a_return(target: str, change: Change) -> str | None:
    """Return the effect of a return that was cut off when the account was back and not yet written to.

    What is left of it then looks like an update with the same fields, which were approved with it;
    None for a change that can be no such rest.
    """
    if change.action is not Action.UPDATE:
        return None
    return effect(target, change._replace(action=Action.REACTIVATE))


def select(changes: Sequence[Change], only: Collection[str], but: Collection[str]) -> tuple[Change, ...]:
    """Return the changes that are meant by actions or ids, and what these need.

    An empty `only` means all. What is named in `but` is left out, and with it all that needs it.
    """
    chosen = {
        change.id
        for change in changes
        if (not only or change.id in only or change.action.value in only)
        and not (change.id in but or change.action.value in but)
    }
    refused = {change.id for change in changes if change.id in but or change.action.value in but}
    needs = {change.id: change.needs for change in changes}
    todo = list(chosen)
    while todo:
        more = [id_ for id_ in needs[todo.pop()] if id_ in needs and id_ not in chosen | refused]
        chosen.update(more)
        todo += more
    runnable = _with_all_needs(changes, chosen)
    return tuple(change for change in changes if change.id in runnable)


def _with_all_needs(changes: Sequence[Change], may: set[str]) -> set[str]:
    """Return those that may run and whose needs, where the plan has them, may run as well."""
    planned = {change.id for change in changes}
    runnable = set(may)
    while True:
        lacking = {
            change.id
            for change in changes
            if change.id in runnable and any(id_ in planned and id_ not in runnable for id_ in change.needs)
        }
        if not lacking:
            return runnable
        runnable -= lacking


def _check_valid(approval: Approval, plan: Plan, now: str) -> None:
    if approval.target != plan.target.identity:
        raise NotApproved(
            f"the approval is for {approval.target}, this run is for {plan.target.identity}",
            hint="approve a plan of this server",
        )
    if approval.expires <= now:
        raise NotApproved(
            f"the approval of {approval.approved_by} expired at {approval.expires}",
            hint="make a plan, look at it, and approve it again",
        )


def _check_labels(approved: Mapping[str, str], effects: Mapping[str, Change]) -> None:
    """Refuse an approval that calls a change by another's name: somebody signed what they did not read.

    An account whose renaming was approved as well may have its new name by now.
    """
    renamed = {
        label.replace(Action.REKEY, Action.UPDATE, 1)
        for label in approved.values()
        if label.startswith(f"{Action.REKEY}/")
    }
    for one, change in effects.items():
        label = approved.get(one, change.id)
        if label != change.id and not (change.action is Action.UPDATE and label in renamed):
            raise NotApproved(
                f"the approval calls {label} what is {change.id}",
                hint="it was not written by `reconciler approve`: plan and approve again",
            )


def standing(verdicts: Iterable[Verdict], guards: Collection[str]) -> dict[str, dict[str, int]]:
    """Return in which scopes guards stand in the way, with what they counted: how far a waiver reaches."""
    reach: dict[str, dict[str, int]] = {guard: {} for guard in guards}
    for verdict in verdicts:
        if verdict.tripped and verdict.guard in reach:
            reach[verdict.guard][verdict.scope] = verdict.count
    return reach


def _check_guards(plan: Plan, approvals: Sequence[Approval]) -> tuple[Pass, ...]:
    """Return the guards that are waived, by the policy or an approval; raise GuardRefused for another."""
    passed = [Pass(one.guard, one.scope, one.count, one.waived) for one in plan.verdicts if one.waived]
    refused: list[str] = []
    for verdict in plan.tripped:
        approval = next((one for one in approvals if _waives(one, verdict)), None)
        if approval is None:
            refused.append(f"{verdict.guard}: {verdict.message}{_falls_short(verdict, approvals)}")
        else:
            waived = Waived(approval.approved_by, approval.waived[verdict.guard], approval.expires)
            passed.append(Pass(verdict.guard, verdict.scope, verdict.count, waived))
    if refused:
        raise GuardRefused(
            f"nothing was written: {'; '.join(refused)}",
            hint="if it is meant, approve with `--waive GUARD --reason TEXT`; if not, look at the source",
        )
    return tuple(passed)


def _waives(approval: Approval, verdict: Verdict) -> bool:
    most = approval.waived_up_to.get(verdict.guard, {}).get(verdict.scope)
    return verdict.guard in approval.waived and most is not None and verdict.count <= most


def _falls_short(verdict: Verdict, approvals: Sequence[Approval]) -> str:
    """Return why a waiver of this very guard does not help; "" where there is none."""
    reaches = [one.waived_up_to.get(verdict.guard, {}) for one in approvals if verdict.guard in one.waived]
    if not reaches:
        return ""
    most = max((reach[verdict.scope] for reach in reaches if verdict.scope in reach), default=None)
    return " (waived elsewhere, and not here)" if most is None else f" (waived up to {most})"


def _nothing_approved(plan: Plan, approvals: Sequence[Approval]) -> NotApproved:
    count = len(plan.changes) - len(plan.unreachable)
    needed = f"{count} change{'s are' if count != 1 else ' is'} needed"
    if not approvals:
        return NotApproved(
            f"{needed}, and there is no approval",
            hint="`reconciler plan --out FILE`, look at it, `reconciler approve FILE`, then apply",
        )
    return NotApproved(
        f"{needed}, and the approval is for others",
        hint="what is needed has changed since: plan and approve again",
    )
