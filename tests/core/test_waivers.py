"""Waivers of a policy: which verdicts they let pass, and which of them are worth nothing, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.change import Action, Change
from reconciler.core.guards import Question, Verdict, evaluate, untimely
from reconciler.core.model import Account, User
from reconciler.core.notice import Kind, Notice
from reconciler.core.policy import Policy
from reconciler.core.waiver import Waived, Waiver
from support.world import rules, state

NOW = "2027-01-10T00:00:00Z"
WAIVER = Waiver("removals", "summer school is over", "jane", "2027-01-31T00:00:00Z", place="here")


def question(*waivers: Waiver, now: str = NOW) -> Question:
    """Ask of a server of 40 people, 12 of whom go, half of them of each of two sources."""
    people = [
        Account(User(f"{source}{at}", groups=("Staff",), source=source), f"{source}{at}")
        for source in ("hr", "lab")
        for at in range(20)
    ]
    gone = [
        Change(Action.DEACTIVATE, f"{source}{at}", source=source)
        for source in ("hr", "lab")
        for at in range(6)
    ]
    both = tuple(rules(name, source=name) for name in ("hr", "lab"))
    return Question(gone, state(*people), both, Policy(waivers=waivers), now=now)


def standing(asked: Question) -> list[tuple[str, str]]:
    return [(one.guard, one.scope) for one in evaluate(asked) if one.tripped]


EVERYWHERE = [("removals", ""), ("removals", "hr"), ("removals", "lab")]


@pytest.mark.parametrize(
    ("waiver", "now", "expected"),
    [
        pytest.param(WAIVER, NOW, [], id="everywhere"),
        pytest.param(replace(WAIVER, scope="hr"), NOW, [EVERYWHERE[0], EVERYWHERE[2]], id="one-source"),
        pytest.param(replace(WAIVER, scope="Staff"), NOW, EVERYWHERE, id="another-scope"),
        pytest.param(replace(WAIVER, at_most=12), NOW, [], id="for-as-many"),
        pytest.param(replace(WAIVER, at_most=6), NOW, EVERYWHERE[:1], id="for-fewer-than-go-in-all"),
        pytest.param(replace(WAIVER, guard="updates"), NOW, EVERYWHERE, id="another-guard"),
        pytest.param(WAIVER, WAIVER.until, EVERYWHERE, id="it-has-just-ended"),
        pytest.param(WAIVER, "", EVERYWHERE, id="nobody-knows-what-time-it-is"),
    ],
)
def test_what_a_waiver_lets_pass(waiver: Waiver, now: str, expected: list[tuple[str, str]]) -> None:
    assert standing(question(waiver, now=now)) == expected


def test_what_is_waived_stays_visible_with_whose_word_it_is() -> None:
    waived = [one for one in evaluate(question(WAIVER)) if one.waived]
    assert [(one.guard, one.scope, one.count) for one in waived] == [
        ("removals", "", 12),
        ("removals", "hr", 6),
        ("removals", "lab", 6),
    ]
    assert {one.waived for one in waived} == {Waived("jane", "summer school is over", WAIVER.until)}


def test_what_lets_it_pass_anyhow_is_not_called_waived() -> None:
    asked = replace(question(WAIVER), changes=())
    assert {one.waived for one in evaluate(asked)} == {None}


@pytest.mark.parametrize(
    ("waiver", "expected"),
    [
        pytest.param(WAIVER, "", id="it-holds"),
        pytest.param(replace(WAIVER, scope="hr"), "", id="for-a-source"),
        pytest.param(replace(WAIVER, scope="Staff"), "", id="for-a-group"),
        pytest.param(
            replace(WAIVER, scope="Stuff"),
            "the waiver of jane (summer school is over) is for Stuff, which is no source and no group here",
            id="for-nothing-that-is-there",
        ),
        pytest.param(
            replace(WAIVER, until=NOW),
            f"the waiver of jane (summer school is over) ended at {NOW}",
            id="it-has-ended",
        ),
    ],
)
def test_which_waivers_are_worth_nothing(waiver: Waiver, expected: str) -> None:
    told = [Notice(Kind.WAIVER, "removals", expected, ("here",))] if expected else []
    assert list(untimely(question(waiver))) == told


def test_a_waiver_may_be_for_a_group_by_the_path_that_it_will_have() -> None:
    asked = question(replace(WAIVER, scope="Team"))
    assert list(untimely(replace(asked, former={"Team": "Staff"}))) == []
    assert len(list(untimely(asked))) == 1


def test_a_verdict_is_unwaived_unless_it_says_so() -> None:
    assert Verdict("removals", "", 1, 1, "0", tripped=True, message="").waived is None


def test_a_waiver_is_for_everything_its_guard_finds_unless_it_says_less() -> None:
    waiver = Waiver("removals", "why", "jane", NOW)
    assert (waiver.scope, waiver.at_most, waiver.place) == ("", None, "")
