"""Removals that are added up over days: what counts, and when a slice too many stops the plan."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import pytest

from reconciler.core.change import Action, Change, effect
from reconciler.core.guards import Question, Verdict, evaluate
from reconciler.core.history import History, Spent
from reconciler.core.model import Account, User
from reconciler.core.policy import Limit, Policy
from support.world import rules, state

NOW = "2026-11-10T12:00:00Z"
LATER = "2026-11-09T03:00:00Z"
HR, AD = rules("hr", source="HR"), rules("ad", source="AD")


def spent(amount: int, at: str = "2026-11-08T03:00:00Z", source: str = "hr") -> list[Spent]:
    return [Spent("removals", source, at, f"{at} {number}") for number in range(amount)]


def asked(
    now: int, *before: list[Spent], living: int = 100, policy: Policy | None = None, other: int = 0
) -> list[Verdict]:
    people = [Account(User(f"h{number}", source="HR")) for number in range(living)]
    people += [Account(User(f"a{number}", source="AD")) for number in range(other)]
    changes = [Change(Action.DEACTIVATE, f"h{number}", source="hr") for number in range(now)]
    history = History("t", NOW, spent=tuple(chain.from_iterable(before)))
    question = Question(changes, state(*people), (HR, AD), policy or Policy(), history=history)
    return [verdict for verdict in evaluate(question) if verdict.guard == "removals-window"]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        pytest.param(asked(5), False, id="five-at-once"),
        pytest.param(asked(5, spent(5)), False, id="ten-in-a-week"),
        pytest.param(asked(5, spent(5), spent(4, LATER)), True, id="fourteen-in-a-week-of-109"),
        pytest.param(asked(5, spent(9), living=1000), False, id="fourteen-of-a-thousand"),
        pytest.param(asked(1, spent(99), living=1), True, id="the-last-of-a-hundred"),
        pytest.param(asked(5, spent(50, "2026-11-03T12:00:00Z")), False, id="what-was-a-week-ago-is-over"),
        pytest.param(asked(5, spent(50, "2026-11-03T12:00:01Z")), True, id="and-a-second-later-is-not"),
        pytest.param(asked(5, spent(50, "2027-01-01T00:00:00Z")), True, id="a-clock-that-went-back"),
        pytest.param(asked(0, spent(50)), False, id="a-plan-that-removes-nobody"),
        pytest.param(
            asked(1, spent(1), policy=Policy(removals_window=Limit(1, 0))), True, id="a-limit-of-ones-own"
        ),
        pytest.param(
            asked(9, spent(9, "2026-11-09T00:00:00Z"), policy=Policy(window_days=1)), False, id="other-days"
        ),
    ],
)
def test_when_slices_are_too_many(verdicts: list[Verdict], expected: bool) -> None:  # noqa: FBT001
    assert any(verdict.tripped for verdict in verdicts) is expected


def test_it_says_how_many_go_and_went_of_how_many_there_were() -> None:
    assert asked(5, spent(5), spent(4, LATER)) == [
        Verdict(
            "removals-window",
            "",
            14,
            109,
            "10 and 10 %",
            tripped=True,
            message="5 now and 9 in the last 7 days, together 14 of 109 accounts (12.8 %), "
            "and the limit is 10 and 10 %",
        )
    ]


def test_each_source_is_looked_at_and_not_blamed_for_another() -> None:
    found = asked(8, spent(4), spent(9, source="ad"), living=50, other=1000)
    assert [(verdict.scope, verdict.count, verdict.tripped) for verdict in found] == [
        ("hr", 12, True),
        ("", 21, False),
        ("ad", 9, False),
    ]


def test_where_nothing_goes_and_nothing_went_there_is_nothing_to_say() -> None:
    assert asked(0) == []
    assert asked(0, spent(3, "2026-01-01T00:00:00Z")) == []


def test_without_a_ledger_nothing_is_added_up() -> None:
    question = Question(
        [Change(Action.DEACTIVATE, "a", source="hr")], state(Account(User("a", source="HR"))), (HR,), Policy()
    )
    assert "removals-window" not in {verdict.guard for verdict in evaluate(question)}
    with_one = replace(question, history=History("t", NOW))
    assert "removals-window" in {verdict.guard for verdict in evaluate(with_one)}


def test_what_was_begun_or_handed_over_and_is_needed_still_counts_once() -> None:
    gone = Change(Action.DEACTIVATE, "h0", source="hr")
    begun = [Spent("removals", "hr", LATER, effect("t", gone)), *spent(3)]
    assert [(verdict.count, verdict.population) for verdict in asked(1, begun)] == [(4, 103)]
