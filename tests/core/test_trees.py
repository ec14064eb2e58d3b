"""Groups that are created and groups that move, with everything and everybody in them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.core.change import Action, Change, FieldChange, effect
from reconciler.core.diff import Difference
from reconciler.core.model import Account, ActualState, User
from reconciler.core.moves import moved_groups
from reconciler.core.notice import Kind, Notice
from reconciler.core.outcome import Status
from reconciler.core.rules import Mode, Options
from reconciler.core.tree import GroupNode
from reconciler.core.trees import with_group_needs
from reconciler.manifest.load import Project
from reconciler.myq.apply import Applying
from support.trees import StrictWorld, exchange_places, node, projects
from support.world import PLACE, World, difference, mapped, rules, state

HERE = str(PLACE)


def tree(nodes: list[GroupNode], groups: list[str], *accounts: Account) -> Difference:
    return difference([], state(*accounts, groups=groups), nodes=tuple(nodes))


def ids(found: Difference) -> list[str]:
    return [change.id for change in found.changes]


def needs(found: Difference) -> dict[str, tuple[str, ...]]:
    return {change.id: change.needs for change in found.changes}


@pytest.mark.parametrize(
    ("nodes", "groups", "expected"),
    [
        pytest.param([], ["Staff"], {}, id="no-tree"),
        pytest.param([node("Staff")], ["Staff"], {}, id="it-is-there"),
        pytest.param([node("Staff")], [], {"group-create/Staff": ()}, id="it-is-not"),
        pytest.param(
            [node("Staff")], ["staff"], {"group-create/Staff": ()}, id="in-another-case-it-is-another"
        ),
        pytest.param(
            [node("A|B|C")],
            [],
            {
                "group-create/A": (),
                "group-create/A/B": ("group-create/A",),
                "group-create/A/B/C": ("group-create/A/B",),
            },
            id="with-its-parents-each-behind-the-one-above",
        ),
        pytest.param(
            [node("A|B|C")], ["A|B"], {"group-create/A/B/C": ()}, id="the-parents-that-are-there-are-enough"
        ),
        pytest.param([node("New", "Old")], ["Old"], {"group-move/Old": ()}, id="it-moves"),
        pytest.param([node("New", "Old")], ["New"], {}, id="it-has-moved-already"),
        pytest.param([node("New", "Old")], [], {"group-create/New": ()}, id="where-the-old-one-never-was"),
        pytest.param(
            [node("A|B|New", "Old")],
            ["Old"],
            {
                "group-create/A": (),
                "group-create/A/B": ("group-create/A",),
                "group-move/Old": ("group-create/A/B",),
            },
            id="below-groups-that-are-to-be-made-first",
        ),
        pytest.param(
            [node("New", "Old"), node("New|X")],
            ["Old"],
            {"group-create/New/X": ("group-move/Old",), "group-move/Old": ()},
            id="a-group-below-a-moved-one-comes-after-the-move",
        ),
        pytest.param(
            [node("Old"), node("New", "Old")],
            ["Old"],
            {"group-create/Old": ("group-move/Old",), "group-move/Old": ()},
            id="a-new-group-in-the-old-place-comes-after-the-move",
        ),
        pytest.param(
            [node("C", "B"), node("B", "A")],
            ["A", "B"],
            {"group-move/A": ("group-move/B",), "group-move/B": ()},
            id="a-chain-frees-each-place-before-it-is-taken",
        ),
        pytest.param(
            [node("A", "B"), node("Z", "A")],
            ["A", "B"],
            {"group-move/A": (), "group-move/B": ("group-move/A",)},
            id="a-chain-written-the-other-way-round",
        ),
        pytest.param(
            [node("Team", "Staff"), node("Team|Lab", "Staff|Research")],
            ["Staff|Research"],
            {"group-move/Staff": (), "group-move/Team/Research": ("group-move/Staff",)},
            id="a-group-and-one-below-it-renamed-at-once",
        ),
        pytest.param(
            [node("Team", "Staff"), node("Team|Lab", "Staff|Research")],
            ["Team|Research"],
            {"group-move/Team/Research": ()},
            id="the-one-below-where-the-one-above-has-moved-already",
        ),
        pytest.param(
            [node("Top", "A|B"), node("C", "A")],
            ["A|B"],
            {"group-move/A": ("group-move/A/B",), "group-move/A/B": ()},
            id="taken-out-of-a-group-that-then-moves",
        ),
        pytest.param(
            [node("A"), node("B", "A")],
            [],
            {"group-create/A": ("group-create/B",), "group-create/B": ()},
            id="a-place-is-taken-once-whoever-was-there-is-elsewhere",
        ),
        pytest.param(
            [node("A"), node("B|X", "A")],
            [],
            {
                "group-create/A": ("group-create/B/X",),
                "group-create/B": (),
                "group-create/B/X": ("group-create/B",),
            },
            id="elsewhere-below-a-group-that-is-to-be-made-first",
        ),
        pytest.param(
            [node("A", "B"), node("B", "A")],
            [],
            {"group-create/A": ("group-create/B",), "group-create/B": ()},
            id="of-two-that-wait-for-each-other-one-goes-first",
        ),
        pytest.param(
            [node("B"), node("B|X", "B")],
            [],
            {"group-create/B": (), "group-create/B/X": ("group-create/B",)},
            id="nobody-waits-for-what-is-below",
        ),
        pytest.param(
            [node("P|A", "X"), node("P|B", "Y")],
            ["X", "Y"],
            {
                "group-create/P": (),
                "group-move/X": ("group-create/P",),
                "group-move/Y": ("group-create/P",),
            },
            id="two-below-one-that-is-made-once",
        ),
        pytest.param(
            [node("P|A", "X"), node("Q", "P")],
            ["X"],
            {
                "group-create/Q": (),
                "group-create/P": ("group-create/Q",),
                "group-move/X": ("group-create/P",),
            },
            id="below-a-place-whose-group-is-made-elsewhere-first",
        ),
        pytest.param(
            [node("New", "Old"), node("Else", "New")],
            ["Old"],
            {"group-create/Else": (), "group-move/Old": ("group-create/Else",)},
            id="into-a-place-whose-group-is-made-elsewhere-first",
        ),
        pytest.param(
            [node("Team", "Staff"), node("Team|Lab", "Staff|Research"), node("Team|Research")],
            ["Team|Research"],
            {"group-create/Team/Lab": ()},
            id="not-from-a-place-that-the-tree-is-to-have",
        ),
        pytest.param(
            [node("Apart", "Old|Sub"), node("New", "Old"), node("Old|Sub")],
            ["Old|Sub"],
            {
                "group-create/Old": ("group-move/Old",),
                "group-create/Old/Sub": ("group-create/Old", "group-move/Old", "group-move/Old/Sub"),
                "group-move/Old": ("group-move/Old/Sub",),
                "group-move/Old/Sub": (),
            },
            id="a-place-below-a-place-once-all-have-left",
        ),
        pytest.param(
            [node(f"T{at}", f"A|{at}") for at in range(4)] + [node("Z", "A")],
            [f"A|{at}" for at in range(4)],
            {
                "group-move/A": tuple(f"group-move/A/{at}" for at in range(4)),
                **{f"group-move/A/{at}": () for at in range(4)},
            },
            id="all-are-taken-out-of-a-group-that-then-moves",
        ),
        pytest.param(
            [node("X|Y"), node("X", "W"), node("X|Y|Z", "X")],
            ["W", "X"],
            None,
            id="places-that-need-each-other-still-come-to-an-end",
        ),
    ],
)
def test_what_is_created_and_what_moves(
    nodes: list[GroupNode], groups: list[str], expected: dict[str, tuple[str, ...]] | None
) -> None:
    found = tree(nodes, groups)
    if expected is not None:
        assert needs(found) == expected
        _applies(found, state(groups=groups))
    assert len(ids(found)) == len(set(ids(found)))


def _applies(found: Difference, actual: ActualState) -> World:
    world = StrictWorld(actual)
    outcomes = Applying(world).run(found.changes)
    assert [(one.change.id, one.detail) for one in outcomes if one.status is not Status.APPLIED] == []
    return world


def test_a_change_says_what_it_is_for() -> None:
    found = tree([node("New", "Old"), node("Top|Low"), node("Far|Off", "Near")], ["Old"])
    assert {change.source for change in found.changes} == {""}
    assert [(change.id, change.reason, change.fields) for change in found.changes] == [
        ("group-create/Far", "it holds Far|Off", (FieldChange("path", "", "Far"),)),
        ("group-create/Far/Off", f"the group tree has it ({HERE})", (FieldChange("path", "", "Far|Off"),)),
        ("group-create/Top", "it holds Top|Low", (FieldChange("path", "", "Top"),)),
        ("group-create/Top/Low", f"the group tree has it ({HERE})", (FieldChange("path", "", "Top|Low"),)),
        (
            "group-move/Old",
            f"the group tree has it at New ({HERE})",
            (FieldChange("path", "Old", "New", HERE),),
        ),
    ]


def test_where_both_groups_exist_neither_is_touched_and_that_is_said() -> None:
    found = tree([node("New", "Old")], ["New", "Old"])
    assert found.changes == ()
    message = "is to move to New, where a group is already; neither is touched"
    assert found.notices == (Notice(Kind.CONFLICT, "Old", message, (HERE,)),)


def test_an_old_place_that_is_another_wanted_group_is_nothing_to_tell() -> None:
    assert tree([node("C", "B"), node("B", "A")], ["B", "C"]).notices == ()


LIBRARY = Account(User("ada", groups=("Old|Deep", "Other"), default_group="Old|Deep", source="x"), "1")


def test_members_and_groups_below_move_along_without_any_change_of_theirs() -> None:
    found = tree([node("New", "Old")], ["Old|Deep|Deeper"], LIBRARY)
    assert ids(found) == ["group-move/Old"]
    world = _applies(found, state(LIBRARY, groups=["Old|Deep|Deeper"]))
    assert world.groups == {"New", "New|Deep", "New|Deep|Deeper", "Other"}
    assert world.accounts["1"].user.groups == ("New|Deep", "Other")
    assert world.accounts["1"].user.default_group == "New|Deep"


@pytest.mark.parametrize(
    ("user", "moved"),
    [
        pytest.param(User("ada", groups=("A", "B")), User("ada", groups=("B", "Z")), id="a-member"),
        pytest.param(User("ada", default_group="A"), User("ada", default_group="Z"), id="by-default-alone"),
        pytest.param(User("ada", groups=("B",)), User("ada", groups=("B",)), id="nobody-of-it"),
    ],
)
def test_the_rest_of_a_plan_is_made_for_where_everybody_will_be(user: User, moved: User) -> None:
    found = moved_groups([node("Z", "A")], state(Account(user, "1"), groups=["A", "B"]))
    assert found.actual == state(Account(moved, "1"), groups=["B", "Z"])
    assert found.former == {"Z": "A"}


def test_a_group_whose_name_begins_alike_stays() -> None:
    near = Account(User("ada", groups=("Older", "Older|Old"), source="x"), "1")
    world = _applies(tree([node("New", "Old")], ["Old"], near), state(near, groups=["Old"]))
    assert world.groups == {"New", "Older", "Older|Old"}


def _read(*users: User, mode: Mode = Mode.REPLACE) -> Sequence[object]:
    options = Options(add_new_users=True, deactivate_missing_users=True)
    return [mapped(rules("hr", groups=mode, options=options, modes={}), users)]


def _people(
    users: list[User], accounts: list[Account], nodes: list[GroupNode], groups: list[str]
) -> Difference:
    return difference(_read(*users), state(*accounts, groups=groups), nodes=tuple(nodes))


def test_somebody_in_a_moved_group_by_its_new_name_needs_nothing() -> None:
    ada = Account(User("ada", groups=("Old",), source="hr"), "1")
    assert ids(_people([User("ada", groups=("New",))], [ada], [node("New", "Old")], [])) == ["group-move/Old"]


@pytest.mark.parametrize(
    ("want", "have", "change"),
    [
        pytest.param(("New", "X"), ("Old",), "update/ada", id="joins-another-group"),
        pytest.param((), ("Old",), "update/ada", id="leaves-the-moved-group"),
        pytest.param(("New",), ("Y",), "update/ada", id="joins-the-moved-group"),
        pytest.param(("New|Sub",), ("Y",), "update/ada", id="joins-a-group-below-it"),
        pytest.param(("Y", "X"), ("Old|Sub", "Y"), "update/ada", id="leaves-a-group-below-it"),
    ],
)
def test_whose_groups_change_around_a_move_waits_for_it(
    want: tuple[str, ...], have: tuple[str, ...], change: str
) -> None:
    ada = Account(User("ada", groups=have, source="hr"), "1")
    found = _people(
        [User("ada", groups=tuple(sorted(want)))], [ada], [node("New", "Old")], ["Old|Sub", "X", "Y"]
    )
    assert "group-move/Old" in needs(found)[change]


def test_whoever_is_removed_from_a_moved_group_waits_for_it() -> None:
    tom = Account(User("tom", groups=("Old|Sub",), source="hr"), "1")
    found = _people([], [tom], [node("New", "Old")], [])
    assert needs(found)["deactivate/tom"] == ("group-move/Old",)
    assert found.changes[-1].fields[0].before == ("New|Sub",)


def test_new_people_wait_for_new_groups_and_say_whose_they_are() -> None:
    found = _people([User("ada", groups=("A|B",))], [], [], [])
    assert needs(found) == {
        "group-create/A": (),
        "group-create/A/B": ("group-create/A",),
        "create/ada": ("group-create/A/B",),
    }
    assert [change.reason for change in found.changes[:2]] == ["it holds A|B", "users of hr join it"]
    assert [change.source for change in found.changes[:2]] == ["", "hr"]


def test_a_place_that_people_want_is_made_once_the_group_that_may_have_been_there_is_elsewhere() -> None:
    source = mapped(rules("hr"), [User("ada", groups=("A",))])
    found = difference([source], state(), nodes=(node("B|X", "A"),))
    assert {change.id: change.needs for change in found.changes if change.is_group} == {
        "group-create/A": ("group-create/B/X",),
        "group-create/B": (),
        "group-create/B/X": ("group-create/B",),
    }


def test_what_a_change_needs_already_it_needs_besides_the_groups() -> None:
    joins = FieldChange("groups", (), ("B", "A"))
    update = Change(Action.UPDATE, "ada", (joins,), source="hr", needs=("deactivate/bob",))
    created = [Change(Action.GROUP_CREATE, path, (FieldChange("path", "", path),)) for path in "AB"]
    (found,) = with_group_needs([update], created)
    assert found.needs == ("deactivate/bob", "group-create/A", "group-create/B")


def test_groups_of_a_source_are_created_though_nobody_is_in_them() -> None:
    source = mapped(rules("hr"), [], ("Empty|One",))
    found = difference([source], state())
    assert [(change.id, change.reason, change.source) for change in found.changes] == [
        ("group-create/Empty", "it holds Empty|One", ""),
        ("group-create/Empty/One", "a group of hr", "hr"),
    ]


def test_a_parent_of_several_says_that_it_holds_the_first_and_the_tree_is_no_source() -> None:
    found = tree([node("A|C"), node("A|B"), node("A|D")], [])
    assert [(change.id, change.reason, change.source) for change in found.changes] == [
        ("group-create/A", "it holds A|B", ""),
        *((f"group-create/A/{name}", f"the group tree has it ({HERE})", "") for name in "BCD"),
    ]


def test_a_group_the_tree_and_people_ask_for_is_the_trees() -> None:
    found = difference(_read(User("ada", groups=("A",))), state(), nodes=(node("A"),))
    assert found.changes[0].reason == f"the group tree has it ({HERE})"


def test_groups_nobody_asks_for_stay() -> None:
    assert ids(tree([node("A")], ["A", "Forgotten|Deep"])) == []


@pytest.mark.parametrize("count", [1500])
def test_many_moves_in_a_row_come_to_an_end(count: int) -> None:
    nodes = [node(f"G{at + 1}", f"G{at}") for at in reversed(range(count))]
    found = tree(nodes, [f"G{at}" for at in range(count)])
    assert len(found.changes) == count
    assert all(len(change.needs) <= 2 for change in found.changes)


@given(projects())
def test_any_tree_that_can_be_written_is_carried_out_and_then_stands(drawn: tuple[Project, set[str]]) -> None:
    made, groups = drawn
    assume(not exchange_places(made.groups))
    found = difference([], state(groups=groups), nodes=made.groups)
    world = _applies(found, state(groups=groups))
    again = difference([], world.read_state(), nodes=made.groups)
    assert ids(again) == []
    assert {one.path for one in made.groups} <= world.groups


@given(projects(), st.data())
def test_any_part_of_it_leaves_exactly_the_rest(drawn: tuple[Project, set[str]], data: st.DataObject) -> None:
    made, groups = drawn
    assume(not exchange_places(made.groups))
    changes = difference([], state(groups=groups), nodes=made.groups).changes
    chosen = {change.id for change in changes if data.draw(st.booleans(), label=change.id)}
    while lacking := {one.id for one in changes if one.id in chosen and not set(one.needs) <= chosen}:
        chosen -= lacking
    world = StrictWorld(state(groups=groups))
    outcomes = Applying(world).run([change for change in changes if change.id in chosen])
    assert {one.status for one in outcomes} <= {Status.APPLIED}
    left = {effect("t", change) for change in changes if change.id not in chosen}
    again = difference([], world.read_state(), nodes=made.groups).changes
    assert {effect("t", change) for change in again} == left
