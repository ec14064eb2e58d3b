from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.tree import GroupNode
from support.manifests import complaints, document, project


def nodes(*specs: str) -> tuple[GroupNode, ...]:
    trees = (document("GroupTree", spec, f"tree-{number}") for number, spec in enumerate(specs))
    return project(*trees).groups


def paths(*specs: str) -> list[str]:
    return [node.path for node in nodes(*specs)]


def test_parents_come_before_their_children() -> None:
    spec = "groups: [{name: A, groups: [{name: B, groups: [{name: C}]}, {name: D}]}, {name: E}]"
    assert paths(spec) == ["A", "A|B", "A|B|C", "A|D", "E"]


def test_a_tree_may_stand_under_a_group() -> None:
    assert paths("under: X|Y\ngroups: [{name: A, groups: [{name: B}]}]") == ["X|Y|A", "X|Y|A|B"]


def test_two_trees_stand_side_by_side() -> None:
    assert paths("groups: [{name: A}]", "under: A\ngroups: [{name: B}]") == ["A", "A|B"]


def test_a_group_knows_where_it_was_and_its_line() -> None:
    (node,) = nodes("groups:\n  - name: A\n    previously: X|Y")
    assert (node.path, node.previously) == ("A", "X|Y")
    assert node.place.file == "sources.d/a.yaml"


@pytest.mark.parametrize(
    ("spec", "order"),
    [
        pytest.param(
            "groups: [{name: B, previously: C}, {name: A, previously: B}]", ["A", "B"], id="one-step"
        ),
        pytest.param(
            "groups: [{name: C, previously: D}, {name: B, previously: C}, {name: A, previously: B}]",
            ["A", "B", "C"],
            id="a-chain",
        ),
        pytest.param(
            "groups: [{name: A, previously: B}, {name: B, previously: C}]", ["A", "B"], id="in-order-already"
        ),
        pytest.param(
            "groups: [{name: A, previously: B}, {name: B}]", ["A", "B"], id="a-new-group-in-its-place"
        ),
    ],
)
def test_who_leaves_a_path_moves_before_who_takes_it(spec: str, order: list[str]) -> None:
    assert paths(spec) == order


@given(st.permutations(range(6)))
def test_a_chain_of_moves_is_put_in_order_from_any_order(order: list[int]) -> None:
    groups = ", ".join(f"{{name: G{at}, previously: G{at + 1}}}" for at in order)
    assert paths(f"groups: [{groups}]") == [f"G{at}" for at in range(6)]


def test_letters_of_two_characters_are_one() -> None:
    assert paths("groups: [{name: Cafe\u0301}]") == ["Caf\xe9"]
    assert complaints(document("GroupTree", "groups: [{name: Cafe\u0301}, {name: Caf\xe9}]")) == [
        "the group 'Caf\xe9' is declared twice"
    ]


def tower(levels: int) -> str:
    text = "{name: G}"
    for _ in range(levels - 1):
        text = f"{{name: G, groups: [{text}]}}"
    return f"groups: [{text}]"


def test_twenty_levels_are_the_most() -> None:
    assert len(paths(tower(20))) == 20
    assert complaints(document("GroupTree", tower(21))) == ["the tree is deeper than 20 levels"]


def test_three_hundred_levels_are_refused_before_they_are_built() -> None:
    assert complaints(document("GroupTree", tower(300))) == ["values are nested deeper than 50 levels"]


def test_too_deep_a_tree_is_told_once() -> None:
    assert complaints(document("GroupTree", tower(23))) == ["the tree is deeper than 20 levels"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param("groups: [{name: ' '}]", "a space at its end", id="blank"),
        pytest.param("groups: [{name: 'A '}]", "a space at its end", id="space-behind"),
        pytest.param("under: 'A| '\ngroups: [{name: B}]", "a level without a name", id="blank-level-above"),
        pytest.param("groups: [{name: A, previously: '|'}]", "is no path of a group", id="no-former-path"),
        pytest.param("groups: [{name: All users}]", "built into MyQ", id="built-in"),
        pytest.param("groups: [{name: A, previously: All users}]", "built into MyQ", id="built-in-before"),
        pytest.param("groups: [{name: A, previously: A}]", "it is there now", id="already-there"),
        pytest.param(
            "groups: [{name: A, groups: [{name: B, previously: A}]}]", "below itself", id="below-itself"
        ),
    ],
)
def test_what_cannot_be_is_refused(spec: str, words: str) -> None:
    (message,) = complaints(document("GroupTree", spec))
    assert words in message


def test_moving_up_is_no_moving_below_oneself() -> None:
    assert paths("groups: [{name: AB, previously: A|B}]") == ["AB"]


def test_a_tail_that_leads_into_a_circle_is_not_blamed_for_it() -> None:
    spec = "groups: [{name: T, previously: A}, {name: B, previously: C}, {name: C, previously: B}, {name: A}]"
    said = complaints(document("GroupTree", spec))
    assert said == [
        "'B' and 'C' take each other's place by `previously`",
        "'C' and 'B' take each other's place by `previously`",
    ]


def test_thousands_of_moves_are_put_in_order_at_once() -> None:
    groups = ", ".join(f"{{name: G{at}, previously: G{at + 1}}}" for at in reversed(range(10_000)))
    start = time.process_time()
    found = paths(f"groups: [{groups}]")
    assert time.process_time() - start < 5
    assert found[0] == "G0"
    assert found[-1] == "G9999"
