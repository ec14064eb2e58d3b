"""Everything after the plan: authorise, write, look again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from reconciler.core.approval import Allowed, Approval, authorise
from reconciler.core.diff import diff
from reconciler.core.outcome import Outcome, Result, Status
from reconciler.errors import LockHeld, TargetError
from reconciler.manifest.load import load_project
from reconciler.manifest.target import Target
from reconciler.myq.apply import Applying
from reconciler.pipeline.connect import read_state, server_of
from reconciler.pipeline.plan import Planned, Run, make_plan, stamp

STATE_FOLDER = ".reconciler"
"""What the program keeps beside the manifests; nothing in it is needed to plan again."""


def apply(run: Run, approvals: Sequence[Approval], told: Callable[[Outcome], None]) -> Result:
    """Make a fresh plan under the lock, carry out what is approved and still needed, look again.

    Raises NotApproved or GuardRefused, and then nothing was written.
    """
    with _lock(run, load_project(run.folder, run.target).target):
        planned = make_plan(run)
        plan = planned.plan
        allowed = authorise(plan, approvals, planned.project.policy, stamp(run.now))
        done = _carry_out(run, planned, allowed, told)
        return Result(
            target=plan.target,
            started=plan.stamp.created,
            finished=stamp(datetime.now(UTC)),
            tool=plan.stamp.tool,
            approved_by=tuple(sorted({approval.approved_by for approval in approvals})),
            outcomes=(*done, *_left(allowed, plan.unreachable)),
            unneeded=allowed.unneeded,
            remaining=_remaining(run, planned) if done else tuple(change.id for change in plan.changes),
        )


def _carry_out(
    run: Run, planned: Planned, allowed: Allowed, told: Callable[[Outcome], None]
) -> tuple[Outcome, ...]:
    if not allowed.run:
        return ()
    spec = planned.project.target.spec
    with server_of(spec, run.surroundings) as server:
        concurrency = spec.rest.concurrency if spec.rest else 1
        return Applying(server, planned.desired.pins, concurrency, told).run(allowed.run)


def _left(allowed: Allowed, unreachable: Mapping[str, str]) -> Iterator[Outcome]:
    for change in allowed.unapproved:
        yield Outcome(change, Status.UNAPPROVED)
    for change in allowed.blocked:
        yield Outcome(change, Status.BLOCKED, "it needs a change that is not approved")
    for change in allowed.unreachable:
        yield Outcome(change, Status.UNREACHABLE, unreachable[change.id])


def _remaining(run: Run, planned: Planned) -> tuple[str, ...] | None:
    """Return the ids of what a fresh look at the server still finds to do; None when it cannot look."""
    project = planned.project
    try:
        actual = read_state(project.target.spec, run.surroundings)
    except TargetError:
        return None
    left = diff(planned.desired, actual, project.policy, project.target.assumptions)
    return tuple(change.id for change in left.changes)


@contextmanager
def _lock(run: Run, target: Target) -> Iterator[None]:
    """Hold the run lock of a target; a second run gives up at once, and says so."""
    folder = run.folder / STATE_FOLDER
    path = folder / f"{target.name}.lock"
    lock = FileLock(path, timeout=0)
    try:
        folder.mkdir(exist_ok=True)
        lock.acquire()
    except Timeout:
        raise LockHeld(
            f"another run is applying to {target.name}",
            hint="wait until it has ended; the lock goes with its process",
            where=str(path),
        ) from None
    except OSError as error:
        raise LockHeld(
            f"the run lock cannot be taken: {error.strerror}",
            hint=f"let whoever runs this command write to the folder {STATE_FOLDER} of the project",
            where=str(path),
        ) from None
    try:
        yield
    finally:
        lock.release()
