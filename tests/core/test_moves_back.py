"""Groups that were moved go back, the last one first, with everything below them."""

from __future__ import annotations

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.groups import with_ancestors
from reconciler.core.moves_back import moves_back


def move(old: str, new: str, *needs: str, source: str = "") -> Change:
    return Change(Action.GROUP_MOVE, old, (FieldChange("path", old, new),), source=source, needs=needs)


@pytest.mark.parametrize(
    ("moved", "groups", "back", "places"),
    [
        pytest.param(
            [move("Staff", "People")],
            ["People|IT|Web", "Peopled"],
            {"group-move/People": ()},
            {"People": "Staff", "People|IT": "Staff|IT", "People|IT|Web": "Staff|IT|Web"},
            id="with-all-below-it-and-nobody-else",
        ),
        pytest.param(
            [move("A", "B"), move("X", "Y")],
            ["B", "Y"],
            {"group-move/Y": (), "group-move/B": ()},
            {"B": "A", "Y": "X"},
            id="two-that-have-nothing-to-do-with-each-other",
        ),
        pytest.param(
            [move("B", "C"), move("A", "B", "group-move/B")],
            ["B", "C"],
            {"group-move/B": (), "group-move/C": ("group-move/B",)},
            {"B": "A", "C": "B"},
            id="into-a-place-that-another-has-to-leave-first",
        ),
        pytest.param(
            [move("A", "B"), move("B|X", "C", "group-move/A")],
            ["B", "C"],
            {"group-move/C": (), "group-move/B": ("group-move/C",)},
            {"B": "A", "C": "A|X"},
            id="into-a-group-that-goes-back-afterwards",
        ),
        pytest.param(
            [move("X", "B|X"), move("B", "D|B", "group-move/X")],
            ["D|B|X"],
            {"group-move/D/B": (), "group-move/B/X": ("group-move/D/B",)},
            {"D|B": "B", "D|B|X": "X"},
            id="out-of-a-group-that-has-to-be-back-first",
        ),
        pytest.param(
            [move("Z|P", "Q|P"), move("Z|A", "Q|A"), move("Q", "R", "group-move/Z/A", "group-move/Z/P")],
            ["R|A", "R|P", "Z"],
            {
                "group-move/R": (),
                "group-move/Q/A": ("group-move/R",),
                "group-move/Q/P": ("group-move/R",),
            },
            {"R": "Q", "R|A": "Z|A", "R|P": "Z|P"},
            id="two-out-of-one",
        ),
        pytest.param(
            [move("Q", "R"), move("R|A", "Z|A", "group-move/Q"), move("R|P", "Z|P", "group-move/Q")],
            ["R", "Z|A", "Z|P"],
            {
                "group-move/Z/A": (),
                "group-move/Z/P": (),
                "group-move/R": ("group-move/Z/A", "group-move/Z/P"),
            },
            {"R": "Q", "Z|A": "Q|A", "Z|P": "Q|P"},
            id="one-behind-two-that-are-named-in-their-order",
        ),
    ],
)
def test_what_moves_back_and_what_it_waits_for(
    moved: list[Change], groups: list[str], back: dict[str, tuple[str, ...]], places: dict[str, str]
) -> None:
    there = with_ancestors({*groups})
    found = moves_back(moved, there)
    assert found.notices == ()
    assert {change.id: change.needs for change in found.changes} == back
    assert found.places == {**{path: path for path in there}, **places}
    assert found.former == {new: old for old, new in places.items()}


def test_a_move_back_says_what_it_takes_back_and_whose_it_was() -> None:
    found = moves_back([move("Staff", "People", source="hr")], ["People"])
    field = FieldChange("path", "People", "Staff", "group-move/Staff")
    reason = "takes back group-move/Staff"
    assert found.changes == (Change(Action.GROUP_MOVE, "People", (field,), reason, source="hr"),)


def test_users_are_in_their_groups_by_where_those_will_be() -> None:
    found = moves_back([move("Zeta", "Alpha")], ["Alpha", "Board"])
    groups = FieldChange("groups", ("Alpha", "Board"), ("Board",))
    default = FieldChange("defaultGroup", "Board", "Alpha")
    email = FieldChange("email", "Alpha", "Board")
    placed = found.placed(Change(Action.UPDATE, "ada", (groups, default, email)))
    assert placed.fields == (
        FieldChange("groups", ("Board", "Zeta"), ("Board",)),
        FieldChange("defaultGroup", "Board", "Zeta"),
        email,
    )


@pytest.mark.parametrize("groups", [[], ["Other"]])
def test_a_group_that_is_gone_with_all_above_its_old_place_is_said_to_be_gone(groups: list[str]) -> None:
    found = moves_back([move("Old|Staff", "People")], groups)
    assert found.changes == ()
    assert [one.message for one in found.notices] == [
        "was moved there from Old|Staff, and is in neither place any more"
    ]
