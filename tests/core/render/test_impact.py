from __future__ import annotations

import pytest

from reconciler.core.change import Action, Change
from reconciler.core.plan import Plan
from reconciler.core.render import render_plan
from reconciler.core.render.impact import Decision, Impact, decisions, impacts
from support.plans import CHANGES, RULES, STAMP, TARGET, field

DIGEST = "sha256:" + "d" * 64


def test_each_line_counts_accounts_that_exist_and_new_ones_apart() -> None:
    changes = [
        Change(Action.CREATE, "ada", (field("email", "", "a", 9), field("source", "", "x"))),
        Change(Action.UPDATE, "bob", (field("email", "a", "b", 9), field("notes", "a", "b", 8))),
        Change(Action.REACTIVATE, "cy", (field("email", "a", "b", 9),)),
        Change(Action.GROUP_MOVE, "Old", (field("path", "Old", "New", 7),)),
        Change(Action.DEACTIVATE, "dan", (field("groups", ("Staff",), (), 6),)),
    ]
    assert impacts(changes) == (
        Impact(f"{RULES}:9:5", "email", 2, 1),
        Impact(f"{RULES}:8:5", "notes", 1, 0),
    )


@pytest.mark.parametrize(
    ("reason", "place"),
    [
        pytest.param("in people, not in MyQ (sources.d/a.yaml:5:9)", "sources.d/a.yaml:5:9", id="a-line"),
        pytest.param(
            "gone (options.deactivateMissingUsers, a.yaml:5)", "a.yaml:5", id="an-option-and-a-line"
        ),
        pytest.param("users of people join it", "", id="no-line"),
        pytest.param("it holds (a group:5) and more", "", id="not-at-the-end"),
        pytest.param("", "", id="no-reason"),
    ],
)
def test_a_decision_is_counted_for_the_line_that_its_reason_ends_with(reason: str, place: str) -> None:
    found = decisions([Change(Action.DEACTIVATE, name, (), reason) for name in ("ada", "bob")])
    assert found == ((Decision(place, Action.DEACTIVATE, 2),) if place else ())


def test_updates_are_told_of_by_their_fields_alone() -> None:
    assert decisions([Change(Action.UPDATE, "ada", (), "people says otherwise (a.yaml:1:1)")]) == ()


def test_a_story_of_many_changes_says_what_each_line_does() -> None:
    text = render_plan(Plan(TARGET, STAMP, (), (), CHANGES, ()), DIGEST, "text")
    assert "  sources.d/people.yaml:9:5: change fullName of 15 accounts, give it to 1 new account\n" in text
    assert "  sources.d/people.yaml:16:5: deactivate 1 account\n" in text


def test_a_few_changes_tell_themselves() -> None:
    text = render_plan(Plan(TARGET, STAMP, (), (), CHANGES[:10], ()), DIGEST, "text")
    assert "manifest lines" not in text
