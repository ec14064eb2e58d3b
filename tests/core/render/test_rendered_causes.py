"""A plan that was held against other manifests, as its readers see it: the cause first, the rest folded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from reconciler.core.attribution import Attribution, Impact
from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.plan import Plan
from reconciler.core.render import render_plan
from reconciler.core.render.markdown import LARGEST
from reconciler.core.render.view import View
from support.golden import Golden
from support.plans import HOSTILE, a_plan, plans

GOLDEN = Path(__file__).parent / "golden"
DIGEST = "sha256:" + "d" * 64
COMMENT = View(key=b"a key of this project", file="plan.json")
ENDINGS = {"text": "txt", "markdown": "md"}


def held(plan: Plan) -> Plan:
    """Return the plan with every other change caused by the manifests, and one of each kind of line."""
    ids = [change.id for change in plan.changes]
    told = Attribution(
        base=f"origin/{HOSTILE[0]}",
        commit="0123456789abcdef0123456789abcdef01234567",
        manifests="sha256:" + "e" * 64,
        altered={ids[0]: (), ids[1]: ("email", "cards")},
        anyway=frozenset(ids[2::2]),
        gone=(
            Change(Action.UPDATE, "kim", (FieldChange("email", "", "kim@example.org", "people.yaml:5:5"),)),
            Change(Action.DEACTIVATE, "lea", source="people"),
        ),
        impact=(
            Impact("people.yaml:5:5", Action.UPDATE, "email", 312),
            Impact("people.yaml:5:5", Action.CREATE, "email", 2),
            Impact("people.yaml:1:1", Action.DEACTIVATE, "", 1),
        ),
        tripped=("removals",),
    )
    return replace(plan, attribution=told)


@pytest.mark.parametrize("form", sorted(ENDINGS))
def test_a_plan_held_against_a_base(golden: Golden, form: str) -> None:
    golden(GOLDEN / f"held.{ENDINGS[form]}", render_plan(held(a_plan()), DIGEST, form, view=COMMENT))


def test_a_base_that_cannot_be_planned_is_told_and_the_plan_with_it() -> None:
    told = Attribution("main", problem="its sources could not be read: hr.csv:3: no mail of ada")
    plan = replace(a_plan(), attribution=told)
    text = render_plan(plan, DIGEST, "text", view=COMMENT)
    assert text.splitlines()[1] == (
        "Held against main, which cannot be planned, so all changes count as caused: "
        "its sources could not be read: hr.csv:3: no mail of ada."
    )
    comment = render_plan(plan, DIGEST, "markdown", view=COMMENT)
    assert "`its sources could not be read`." in comment
    assert "hr.csv:3" not in comment
    assert text.replace(text.splitlines()[1] + "\n", "") == render_plan(
        a_plan(), DIGEST, "text", view=COMMENT
    )


def test_a_change_of_manifests_that_changes_nobody_says_so() -> None:
    plan = a_plan()
    told = Attribution("main", anyway=frozenset(change.id for change in plan.changes))
    lead = render_plan(replace(plan, attribution=told), DIGEST, "text", view=COMMENT).splitlines()[0]
    assert lead.startswith(f"These manifests cause 0 of {len(plan.changes)} changes on the MyQ server ")


@given(plan=plans)
def test_names_of_those_who_are_spared_are_masked_too(plan: Plan) -> None:
    spared = Change(
        Action.UPDATE, "somebody.spared", (FieldChange("fullName", "A", "somebody.else", "x.yaml:1:1"),)
    )
    told = Attribution("main", gone=(spared,))
    comment = render_plan(replace(plan, attribution=told), DIGEST, "markdown", view=COMMENT)
    assert "somebody" not in comment
    assert len(comment) < LARGEST


@given(plan=plans)
def test_every_fold_that_is_opened_is_closed(plan: Plan) -> None:
    comment = render_plan(replace(plan, attribution=Attribution("main")), DIGEST, "markdown", view=COMMENT)
    lines = comment.splitlines()
    opened = [line for line in lines if line.startswith("<details><summary>")]
    assert all(line.endswith("</summary>") for line in opened)
    assert lines.count("</details>") == len(opened)
