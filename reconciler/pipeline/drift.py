"""A plan, and who has moved since the server was last looked at: the server, the sources, the manifests."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import NamedTuple

from reconciler.core.diff import Difference
from reconciler.core.drift import Before, Drift, Gap, drifted, in_sync
from reconciler.core.model import ActualState
from reconciler.core.notice import Kind, Notice
from reconciler.core.sight import Eye, LastLook, Scene
from reconciler.errors import LedgerError
from reconciler.garbage import uncollected
from reconciler.ledger import Ledger, exists
from reconciler.manifest.load import Project
from reconciler.pipeline.base import Base, load_base
from reconciler.pipeline.git import ask
from reconciler.pipeline.memory import opened, recalled
from reconciler.pipeline.plan import Planned, Run, planned
from reconciler.pipeline.reads import reads_of


class _Known(NamedTuple):
    """What is known of the last look: what it saw, and the manifests it was made by, where they changed."""

    last: LastLook | None = None
    base: Base | None = None
    gap: Gap | None = None


def make_drift(run: Run) -> Planned:
    """Make a plan that says who has moved, and remember what was seen; raises what `make_plan` raises."""
    project = run.project()
    identity = project.target.identity
    with ExitStack() as stack:
        ledger = _ledger(run, stack)
        known = _known(ledger, run, project)
        memory = stack.enter_context(recalled(run, identity, ledger))
        made = planned(run, project, memory, reads_of(run.snapshot, run.surroundings), known.base)
        with uncollected():
            made, look = _told(made, known)
        if ledger and look and run.remembers:
            made = _kept(made, ledger, look)
    return made


def note_in_sync(made: Planned, actual: ActualState, left: Difference, ledger: Ledger) -> None:
    """Remember who is in sync, after an apply has looked again at what is left to do.

    Where that fails, the next `drift` knows less.
    """
    eye, identity = _eye(made), made.plan.target.identity
    if eye is None:
        return
    scene = Scene(made.desired, actual, made.project.target.assumptions)
    with suppress(LedgerError), uncollected():
        look = in_sync(left.changes, left.notices, scene, eye, _look(made), ledger.last_look(identity))
        ledger.keep_look(identity, look)


def _ledger(run: Run, stack: ExitStack) -> Ledger | None:
    """Return the ledger where there is one; a run that adds nothing makes none."""
    if not run.remembers and not exists(run.ledger_url, run.folder):
        return None
    try:
        return stack.enter_context(opened(run))
    except LedgerError:
        return None  # the plan says why


def _known(ledger: Ledger | None, run: Run, project: Project) -> _Known:
    if not run.ledger:
        return _Known(gap=Gap.NO_LEDGER)
    if ledger is None:
        return _Known(gap=Gap.FIRST)
    try:
        last = ledger.last_look(project.target.identity)
    except LedgerError:
        return _Known(gap=Gap.UNREADABLE)
    if last is None:
        return _Known(gap=Gap.FIRST)
    return _Known(last) if last.manifests == project.digest else _with_base(run, last, project)


def _with_base(run: Run, last: LastLook, project: Project) -> _Known:
    """Return the last look, with its manifests where git has them as they were then."""
    if ask("cat-file", "-t", last.commit or "none", folder=run.folder) != "commit":
        return _Known(last, gap=Gap.NO_COMMIT if last.commit else Gap.NOT_COMMITTED)
    base = load_base(last.commit, run.folder, project)
    if base.problem:
        return _Known(last, gap=Gap.NOT_PLANNED)
    if base.project is None or base.project.digest != last.manifests:
        return _Known(last, gap=Gap.NOT_COMMITTED)
    return _Known(last, base)


def _told(made: Planned, known: _Known) -> tuple[Planned, LastLook | None]:
    """Return the plan with its causes, and what was seen; None where nobody can remember it."""
    plan, eye, gap, last = made.plan, _eye(made), known.gap, known.last
    if eye is None:
        gap = Gap.UNREADABLE if made.history else gap
        return replace(made, plan=replace(plan, drift=Drift(gap=gap))), None
    told = plan.attribution
    if told and told.problem:
        told, gap = None, Gap.NOT_PLANNED
    assumptions = made.project.target.assumptions
    then = made.before.desired if made.before and told else None
    scene_then = Scene(then, made.actual, assumptions) if then else None
    before = Before(last, scene_then, told, lost=gap is not None)
    scene = Scene(made.desired, made.actual, assumptions)
    sides, sights = drifted(plan.changes, plan.notices, scene, eye, before)
    drift = Drift(last.at if last else "", last.commit if last else "", sides, gap)
    plan = replace(plan, attribution=told, drift=drift)
    return replace(made, plan=plan), replace(_look(made), sights=sights)


def _look(made: Planned) -> LastLook:
    said = made.plan.stamp
    return LastLook(said.manifests, said.commit, said.created)


def _eye(made: Planned) -> Eye | None:
    """Return what sees for the ledger; None where there is none, or it cannot be read."""
    history = made.history
    if history is None or history.unreadable:
        return None
    return Eye(history.salt, made.plan.target.identity)


def _kept(made: Planned, ledger: Ledger, look: LastLook) -> Planned:
    """Keep the look; where that fails the plan says so."""
    try:
        ledger.keep_look(made.plan.target.identity, look)
    except LedgerError as error:
        said = Notice(Kind.LEDGER, "ledger", f"the next look will not know of this one: {error.message}")
        notices = tuple(sorted({*made.plan.notices, said}))
        return replace(made, plan=replace(made.plan, notices=notices))
    return made
