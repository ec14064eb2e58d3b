"""Everything after the plan: authorise, write, look again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from reconciler.core.approval import Allowed, Approval, authorise
from reconciler.core.change import Action, Change, effect
from reconciler.core.diff import diff
from reconciler.core.notice import Kind
from reconciler.core.outcome import HeldBack, Outcome, Result, Status
from reconciler.core.plan import Plan
from reconciler.core.revert import revert
from reconciler.core.times import stamp
from reconciler.errors import LedgerError, TargetError
from reconciler.ledger import Ledger
from reconciler.myq.apply import Applying
from reconciler.pipeline.connect import patience_of, read_state, server_of
from reconciler.pipeline.drift import note_in_sync
from reconciler.pipeline.handover import HandedOver, hand_over
from reconciler.pipeline.interrupts import Interrupts
from reconciler.pipeline.journal import Kept, entry_of, settle
from reconciler.pipeline.memory import opened
from reconciler.pipeline.pins import handed_over
from reconciler.pipeline.plan import Planned, Run, make_plan
from reconciler.pipeline.reach import csv_target
from reconciler.pipeline.revert import plan_revert
from reconciler.sources.patience import Patience


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on: `begins` hears how many changes are to be carried out, `ended` how each ended.

    They are told some at a time. `told` hears what became of an earlier apply that was cut off.
    """

    begins: Callable[[int], None] = lambda _: None
    ended: Callable[[Sequence[Outcome]], None] = lambda _: None
    told: Callable[[str], None] = lambda _: None


def apply(
    run: Run,
    approvals: Sequence[Approval],
    watch: Watch,
    interrupts: Interrupts | None = None,
    undo: Result | None = None,
) -> Result:
    """Make a fresh plan under the lock, carry out what is approved and still needed, look again.

    With a result to `undo` the plan is the one that takes it back. Raises NotApproved or GuardRefused, and
    then nothing was written. Once writing has begun, a signal that the `interrupts` heard lets what is under
    way end, and the result tells what was not begun.
    """
    interrupts = interrupts or Interrupts()
    target = run.project().target
    with opened(run) as ledger, ledger.lock(target.identity, target.name):
        planned = plan_revert(run, undo, ledger) if undo else make_plan(run, ledger)
        plan = planned.plan
        if undo is None:
            for found in settle(ledger, plan, run.now):
                watch.told(found)
        allowed = authorise(plan, approvals, planned.project.policy, stamp(run.now))
        held = _held_back(plan, allowed)
        done, files = _carry_out(run, planned, allowed, watch, _Means(interrupts, ledger))
        planned = _with_pins(planned, done, ledger)
        return Result(
            target=plan.target,
            started=plan.stamp.created,
            finished=stamp(datetime.now(UTC)),
            tool=plan.stamp.tool,
            approved_by=tuple(sorted({approval.approved_by for approval in approvals})),
            outcomes=(*done, *_left(allowed, plan.unreachable)),
            unneeded=tuple(id_ for id_ in allowed.unneeded if id_ not in {one.id for one in held}),
            remaining=_remaining(run, planned, interrupts, undo, ledger) if done else _ids(plan.changes),
            hand_overs=files,
            held_back=held,
            waived=allowed.waived,
        )


def _with_pins(planned: Planned, done: Sequence[Outcome], ledger: Ledger) -> Planned:
    """Remember which PINs have reached their accounts; where that fails they are handed over once more."""
    given = handed_over(planned.history, planned.desired.pins, done)
    if planned.history is None or not given:
        return planned
    with suppress(LedgerError):
        ledger.remember_pins(planned.plan.target.identity, given)
    known = {**planned.history.fingerprints, **given}
    return replace(planned, history=replace(planned.history, fingerprints=known))


class _Means(NamedTuple):
    """What a run is carried out with, beside the server."""

    interrupts: Interrupts
    ledger: Ledger


def _carry_out(run: Run, planned: Planned, allowed: Allowed, watch: Watch, means: _Means) -> HandedOver:
    interrupts, ledger = means
    identity = planned.plan.target.identity
    spec = planned.project.target.spec
    if spec.write == "csv":
        return _hand_over(run, planned, allowed, watch, means)
    if not allowed.run:
        return HandedOver((), ())
    with (
        server_of(spec, run.surroundings, interrupts.stop) as server,
        ledger.journal(identity, run.now) as journal,
    ):
        rest = spec.rest
        applying = Applying(
            server,
            planned.desired.pins,
            rest.concurrency if rest else 1,
            watch.ended,
            patience_of(rest) if rest else Patience(),
            interrupts.stop,
            Kept(identity, journal, allowed.run, _salt(planned)),
        )
        watch.begins(len(allowed.run))
        interrupts.hold()
        return HandedOver(applying.run(allowed.run), ())


def _salt(planned: Planned) -> bytes:
    return planned.history.salt if planned.history else b""


def _hand_over(run: Run, planned: Planned, allowed: Allowed, watch: Watch, means: _Means) -> HandedOver:
    """Write the import files, also where nothing is left for them: then the old ones go."""
    identity = planned.plan.target.identity
    target = csv_target(planned.project, planned.actual, planned.desired)
    watch.begins(len(allowed.run))
    means.interrupts.hold()
    with means.ledger.journal(identity, run.now) as journal:
        journal.begin([entry_of(identity, change) for change in allowed.run])
        handed = hand_over(planned.project, run.folder, target, allowed.run)
        for outcome in handed.outcomes:
            journal.end(effect(identity, outcome.change), outcome.status.value)
        watch.ended(handed.outcomes)
    return handed


def _left(allowed: Allowed, unreachable: Mapping[str, str]) -> Iterator[Outcome]:
    for change in allowed.unapproved:
        yield Outcome(change, Status.UNAPPROVED)
    for change in allowed.blocked:
        yield Outcome(change, Status.BLOCKED, "it needs a change that is not approved")
    for change in allowed.unreachable:
        yield Outcome(change, Status.UNREACHABLE, unreachable[change.id])


def _held_back(plan: Plan, allowed: Allowed) -> tuple[HeldBack, ...]:
    """Return what was approved and would still be needed, were it proven that they are gone."""
    why = {
        f"{Action.DEACTIVATE}/{notice.name}": notice.message
        for notice in plan.notices
        if notice.kind is Kind.WITHHELD
    }
    return tuple(HeldBack(id_, why[id_]) for id_ in allowed.unneeded if id_ in why)


def _remaining(
    run: Run, planned: Planned, interrupts: Interrupts, undo: Result | None, ledger: Ledger
) -> tuple[str, ...] | None:
    """Return the ids of what a fresh look at the server still finds to do; None when nobody looked."""
    project = planned.project
    if interrupts.stop.is_set():
        return None
    try:
        actual = read_state(project.target.spec, run.surroundings)
    except TargetError:
        return None
    if undo:
        return _ids(revert(undo, actual, project.target.assumptions).changes)
    left = diff(planned.desired, actual, project.policy, project.target.assumptions, planned.history)
    note_in_sync(planned, actual, left, ledger)
    return _ids(left.changes)


def _ids(changes: Sequence[Change]) -> tuple[str, ...]:
    return tuple(change.id for change in changes)
