"""What a target cannot do, and what falls with it."""

from __future__ import annotations

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.reach import Capabilities, unreachable

LACKING = Capabilities(
    actions={Action.GROUP_MOVE: "no group moves"},
    fields={"notes": "no column holds notes"},
    unclearable={"email": "an empty cell may be passed over", "groups": "nobody leaves all groups"},
)
CHANGES = (
    Change(Action.GROUP_MOVE, "Old", (FieldChange("path", "Old", "New"),)),
    Change(Action.UPDATE, "ada", (FieldChange("groups", (), ("New",)),), needs=("group-move/Old",)),
    Change(Action.UPDATE, "bob", (FieldChange("cards", (), ("1",)),), needs=("update/ada", "not/planned")),
    Change(Action.UPDATE, "cy", (FieldChange("email", "", "c@x"),)),
)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param(CHANGES[0], "no group moves", id="an-action"),
        pytest.param(Change(Action.GROUP_CREATE, "Staff"), "", id="an-action-that-it-has"),
        pytest.param(
            Change(Action.UPDATE, "ada", (FieldChange("notes", "", "x"),)),
            "no column holds notes",
            id="a-property",
        ),
        pytest.param(
            Change(Action.CREATE, "ada", (FieldChange("userName", "", "ada"), FieldChange("notes", "", "x"))),
            "no column holds notes",
            id="a-property-of-a-new-account",
        ),
        pytest.param(CHANGES[3], "", id="a-property-that-is-set"),
        pytest.param(
            Change(Action.UPDATE, "ada", (FieldChange("email", "a@x", ""),)),
            "an empty cell may be passed over",
            id="a-property-that-is-cleared",
        ),
        pytest.param(
            Change(Action.UPDATE, "ada", (FieldChange("phone", "1", ""),)),
            "",
            id="another-property-is-cleared",
        ),
        pytest.param(
            Change(Action.CREATE, "ada", (FieldChange("email", "", ""),)), "", id="nothing-stays-nothing"
        ),
        pytest.param(
            Change(Action.GROUP_CREATE, "Staff", (FieldChange("notes", "", "Staff"),)),
            "",
            id="a-property-of-users-says-nothing-of-a-group",
        ),
        pytest.param(
            Change(Action.UPDATE, "ada", (FieldChange("groups", ("A", "B"), ("B",)),)),
            "",
            id="values-that-go-where-others-stay",
        ),
        pytest.param(
            Change(Action.DEACTIVATE, "ada", (FieldChange("groups", ("A",), ()),)),
            "",
            id="groups-that-go-with-a-deactivation",
        ),
    ],
)
def test_a_change_is_lacking_for_what_it_does(change: Change, why: str) -> None:
    assert LACKING.lacking(change) == why


def test_what_needs_something_unreachable_is_unreachable_too() -> None:
    own = {change.id: LACKING.lacking(change) for change in CHANGES}
    needing = "it needs a change that cannot be applied through this target"
    assert unreachable(CHANGES, own) == {
        "group-move/Old": "no group moves",
        "update/ada": needing,
        "update/bob": needing,
    }


def test_a_target_that_lacks_nothing_reaches_everything() -> None:
    assert unreachable(CHANGES, {change.id: Capabilities().lacking(change) for change in CHANGES}) == {}


def test_two_ways_to_the_same_lack_are_told_once() -> None:
    twice = CHANGES[2]._replace(needs=("update/ada", "group-move/Old"))
    assert list(unreachable((*CHANGES[:2], twice), {CHANGES[0].id: "no"})) == [
        "group-move/Old",
        "update/ada",
        "update/bob",
    ]


def test_what_is_unreachable_stands_in_an_order() -> None:
    changes = [Change(Action.UPDATE, name) for name in "dbeac"]
    assert list(unreachable(changes, {change.id: "no" for change in changes})) == [
        f"update/{name}" for name in "abcde"
    ]
