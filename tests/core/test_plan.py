"""The plan as a value: what it counts, and which guards stand in its way."""

from __future__ import annotations

from dataclasses import replace

from reconciler.core.change import Action, Change
from reconciler.core.plan import summary
from support.plans import a_plan


def test_a_summary_counts_what_there_is_by_the_actions_names() -> None:
    changes = [Change(Action.UPDATE, "b"), Change(Action.CREATE, "a"), Change(Action.UPDATE, "a")]
    assert list(summary(changes).items()) == [("create", 1), ("update", 2)]


def test_a_summary_of_nothing_is_empty() -> None:
    assert summary([]) == {}


def test_only_guards_that_trip_stand_in_the_way() -> None:
    plan = a_plan()
    assert [verdict.guard for verdict in plan.tripped] == ["removals", "group-members", "identities-moved"]
    assert replace(plan, verdicts=plan.verdicts[3:]).tripped == ()
