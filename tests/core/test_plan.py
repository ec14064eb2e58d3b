"""The plan as a value: what it counts, and which guards stand in its way."""

from __future__ import annotations

from dataclasses import replace

from reconciler.core.change import Action, Change
from reconciler.core.plan import Stamp, TargetIdentity, summary
from support.plans import a_plan


def test_a_summary_counts_what_there_is_by_the_actions_names() -> None:
    changes = [Change(Action.UPDATE, "b"), Change(Action.CREATE, "a"), Change(Action.UPDATE, "a")]
    assert list(summary(changes).items()) == [("create", 1), ("update", 2)]


def test_a_plan_is_for_a_server_that_can_be_written_and_has_no_past_unless_it_says_so() -> None:
    assert TargetIdentity("print", "https://print.example.org", "10.2").writable
    stamp = Stamp("2026-01-05T08:00:00Z", "2026-01-06T08:00:00Z", "1", "a")
    assert (stamp.commit, stamp.recorded, stamp.reverts) == ("", "", "")


def test_a_summary_of_nothing_is_empty() -> None:
    assert summary([]) == {}


def test_only_guards_that_trip_stand_in_the_way() -> None:
    plan = a_plan()
    assert [verdict.guard for verdict in plan.tripped] == ["removals", "group-members", "identities-moved"]
    assert replace(plan, verdicts=plan.verdicts[3:]).tripped == ()
