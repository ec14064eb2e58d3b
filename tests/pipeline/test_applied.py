"""After the plan: the lock, what is left, and what a fresh look finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from filelock import FileLock

from reconciler.core.approval import Approval
from reconciler.core.outcome import Outcome, Result, Status
from reconciler.errors import GuardRefused, LockHeld, ManifestError, NotApproved, ReconcilerError, SourceError
from reconciler.pipeline.apply import Watch, apply
from support.applied import approval, run_of
from support.project import Project


def applied(project: Project, *approvals: Approval) -> Result:
    told: list[Outcome] = []
    result = apply(run_of(project), approvals, Watch(ended=told.extend))
    done = [one for one in result.outcomes if one.status in {Status.APPLIED, Status.FAILED, Status.STALE}]
    assert sorted(told) == sorted(done)
    return result


def test_a_result_tells_who_when_what_and_what_is_left(project: Project) -> None:
    result = applied(
        project, approval(project, "create", by="joe"), approval(project, "deactivate", by="ann")
    )
    assert result.approved_by == ("ann", "joe")
    assert result.started <= result.finished
    ended = {one.change.id: one.status for one in result.outcomes}
    assert [id_ for id_, status in ended.items() if status is Status.APPLIED] == [
        "create/sven.newcomer",
        "deactivate/tom.leaver",
    ]
    left = {id_ for id_, status in ended.items() if status is Status.UNAPPROVED}
    assert set(result.remaining or ()) == left
    assert len(left) == 9
    assert result.complete


def test_where_all_that_is_approved_needs_something_else_nothing_is_written(project: Project) -> None:
    before = project.myq.log()
    whole = approval(project, "update/fatima.zahra")
    alone = {key: id_ for key, id_ in whole.effects.items() if id_ == "update/fatima.zahra"}
    result = applied(project, replace(whole, effects=alone))
    statuses = {one.change.id: one.status for one in result.outcomes}
    assert statuses["update/fatima.zahra"] is Status.BLOCKED
    assert not result.complete
    assert set(result.remaining or ()) == set(statuses)
    assert project.myq.log() == before


def test_a_second_run_finds_nothing_needed(project: Project) -> None:
    everything = approval(project)
    applied(project, everything)
    result = applied(project, everything)
    assert result.outcomes == ()
    assert result.remaining == ()
    assert set(result.unneeded) == set(everything.effects.values())


def _break_a_manifest(project: Project) -> None:
    project.manifest("people.yaml", "addNewUsers", "addNewUser")


def _lose_a_source(project: Project) -> None:
    project.path("sources.d/data/people.csv").unlink()


def _nothing(_: Project) -> None:
    """Leave the project as it is."""


@pytest.mark.parametrize(
    ("spoil", "approved", "error"),
    [
        pytest.param(_break_a_manifest, True, ManifestError, id="wrong-manifests"),
        pytest.param(_lose_a_source, True, SourceError, id="a-source-is-gone"),
        pytest.param(_nothing, False, NotApproved, id="nothing-approved"),
    ],
)
def test_an_error_writes_nothing_and_lets_the_lock_go(
    project: Project, spoil: Callable[[Project], None], error: type[ReconcilerError], *, approved: bool
) -> None:
    approvals = [approval(project)] if approved else []
    before = project.myq.log()
    spoil(project)
    with pytest.raises(error):
        applied(project, *approvals)
    assert project.myq.log() == before
    project.path(".reconciler").mkdir(exist_ok=True)
    with FileLock(project.path(".reconciler/printing.lock"), timeout=0) as held:
        assert held.is_locked


def test_a_guard_is_asked_before_anything_is_written(project: Project) -> None:
    before = project.myq.log()
    with pytest.raises(GuardRefused, match="identities-moved"):
        applied(project, approval(project, waived=False))
    assert project.myq.log() == before


def test_two_runs_on_one_project_do_not_meet(project: Project) -> None:
    everything = approval(project)
    inner: list[type[Exception]] = []

    def again(_: Sequence[Outcome]) -> None:
        try:
            apply(run_of(project), [everything], Watch())
        except LockHeld as error:
            inner.append(type(error))

    apply(run_of(project), [everything], Watch(ended=again))
    assert set(inner) == {LockHeld}
    assert project.ids() == []


def test_who_was_brought_back_by_half_is_brought_back_whole_by_the_same_approval(project: Project) -> None:
    """Undeleting and writing are two requests: the run may end between them."""
    returning = approval(project, "reactivate")
    project.myq.fault(kind="error", status=400, operation="update_user", times=0)
    statuses = {one.change.id: one.status for one in applied(project, returning).outcomes}
    assert statuses["reactivate/rosa.returner"] is Status.FAILED
    rosa = project.myq.users()["rosa.returner"]
    assert (rosa["deleted"], rosa["groups"]) == (False, [])
    project.myq.clear_faults()
    result = applied(project, returning)
    assert [one.change.id for one in result.outcomes if one.status is Status.APPLIED] == [
        "update/rosa.returner"
    ]
    assert project.myq.users()["rosa.returner"]["groups"] == ["Staff|Research"]
