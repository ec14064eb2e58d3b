"""Whether a plan is still what a fresh one says: all of it, or what its manifests cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.attribution import Attribution
from reconciler.core.freshness import Unattributed, compared
from support.plans import CHANGES, a_plan

PLAN = replace(a_plan(), changes=CHANGES)
FIRST, SECOND, *REST = CHANGES


def held(*anyway: str, gone: bool = False, problem: str = "") -> Attribution:
    return Attribution("main", anyway=frozenset(anyway), gone=(FIRST,) if gone else (), problem=problem)


def test_a_plan_is_still_itself() -> None:
    assert compared(PLAN, PLAN, caused=False) == ((), (), len(CHANGES))


def test_what_has_gone_and_what_has_come_is_named() -> None:
    old, new = replace(PLAN, changes=(FIRST, *REST)), replace(PLAN, changes=(SECOND, *REST))
    assert compared(old, new, caused=False) == ((FIRST.id,), (SECOND.id,), len(CHANGES) - 1)


def test_all_that_has_gone_and_come_stands_in_an_order() -> None:
    nothing = replace(PLAN, changes=())
    ids = tuple(sorted(change.id for change in CHANGES))
    assert compared(PLAN, nothing, caused=False) == (ids, (), 0)
    assert compared(nothing, PLAN, caused=False) == ((), ids, len(CHANGES))


def test_what_would_be_there_anyway_may_come_and_go() -> None:
    old = replace(PLAN, changes=(FIRST, *REST), attribution=held(FIRST.id))
    new = replace(PLAN, changes=(SECOND, *REST), attribution=held(SECOND.id))
    assert compared(old, new, caused=True) == ((), (), len(REST))
    assert compared(old, new, caused=False).gone == (FIRST.id,)


def test_what_the_manifests_cause_may_not() -> None:
    old = replace(PLAN, attribution=held("another"))
    new = replace(PLAN, changes=(FIRST, *REST), attribution=held("another"))
    assert compared(old, new, caused=True).gone == (SECOND.id,)


def test_what_the_manifests_keep_away_counts_too() -> None:
    old, new = replace(PLAN, attribution=held("x", gone=True)), replace(PLAN, attribution=held("x"))
    assert compared(old, new, caused=True).gone == (f"not {FIRST.id}",)
    assert compared(new, old, caused=True).come == (f"not {FIRST.id}",)


@pytest.mark.parametrize(
    ("attribution", "told"),
    [
        pytest.param(None, "held against no base", id="no-base"),
        pytest.param(held(problem="it has problems"), "it has problems", id="a-base-with-problems"),
    ],
)
def test_without_attribution_nothing_passes(attribution: Attribution | None, told: str) -> None:
    lacking = replace(PLAN, attribution=attribution)
    right = replace(PLAN, attribution=held("x"))
    for old, new in ((lacking, right), (right, lacking)):
        with pytest.raises(Unattributed, match=told):
            compared(old, new, caused=True)
