"""A plan that takes an apply back: made of its result and of MyQ as it is now; no source is read."""

from __future__ import annotations

from dataclasses import replace

from reconciler.core.desired import resolve
from reconciler.core.guards import Question
from reconciler.core.outcome import Result
from reconciler.core.revert import revert
from reconciler.errors import PlanFileError
from reconciler.garbage import uncollected
from reconciler.ledger import Ledger
from reconciler.manifest.load import Project
from reconciler.pipeline.connect import read_state
from reconciler.pipeline.memory import recalled
from reconciler.pipeline.plan import Planned, Run, as_plan
from reconciler.pipeline.reach import unreachable_changes


def plan_revert(run: Run, result: Result, ledger: Ledger | None = None) -> Planned:
    """Read MyQ, and return what takes an apply back as a plan; write nothing.

    Nothing is remembered either, since no source was read. Raises PlanFileError where the result is of
    another server.
    """
    project = run.project()
    target = project.target
    _check_same(result, target.identity)
    with recalled(run, target.identity, ledger) as memory, uncollected():
        run.say(f"reading {target.name}")
        actual = read_state(target.spec, run.surroundings)
        return _planned(run, project, result, Question((), actual, (), project.policy, {}, memory.history))


def _planned(run: Run, project: Project, result: Result, asked: Question) -> Planned:
    assumptions, actual = project.target.assumptions, asked.actual
    difference = revert(result, actual, assumptions)
    covered = tuple(rules for rules, _ in project.sources)
    question = replace(asked, changes=difference.changes, sources=covered, former=difference.former)
    desired = resolve((), (), assumptions)
    plan = as_plan(run, project, question, difference.notices, ())
    plan = replace(
        plan,
        stamp=replace(plan.stamp, reverts=result.started),
        unreachable=unreachable_changes(run.surroundings, project, desired, actual, plan.changes),
    )
    return Planned(plan, project, desired, actual, asked.history)


def _check_same(result: Result, ours: str) -> None:
    if result.target.identity != ours:
        raise PlanFileError(
            f"the result is of {result.target.identity}, and this project writes to {ours}",
            hint="take the result of an apply to this server, or the project of that one",
        )
