"""An apply from Python: the run, and an approval of what is needed now."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.core.approval import Approval, select, standing
from reconciler.core.change import effect
from reconciler.pipeline.plan import Run, make_plan
from support.project import Project

LATER = "2999-01-01T00:00:00Z"


def run_of(project: Project) -> Run:
    return Run(project.folder, datetime.now(UTC))


def approval(project: Project, *only: str, by: str = "joe", waived: bool = True) -> Approval:
    plan = make_plan(run_of(project)).plan
    chosen = select(plan.changes, only, ())
    return Approval(
        plan.target.identity,
        "sha256:" + "0" * 64,
        {effect(plan.target.identity, change): change.id for change in chosen},
        by,
        plan.stamp.created,
        LATER,
        {"identities-moved": "a test"} if waived else {},
        standing(plan.verdicts, ["identities-moved"]),
    )
