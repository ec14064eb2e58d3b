"""Who has moved where group trees are about: laws for any trees, any sources and any server."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given

from reconciler.core.assumptions import Assumptions
from reconciler.core.attribution import Attribution, attribute
from reconciler.core.diff import Difference
from reconciler.core.drift import Before, drifted
from reconciler.core.mapping import MappedSource
from reconciler.core.model import Account, ActualState, User
from reconciler.core.sight import Eye, LastLook, Scene, Sides
from reconciler.core.tree import GroupNode
from reconciler.myq.apply import Applying
from support.trees import node, people, places, trees
from support.world import World, difference, mapped, rules, state, wanted

EYE = Eye(b"salt", "https://print.example.org")
Nodes = tuple[GroupNode, ...]


def look(
    some: Sequence[MappedSource],
    nodes: Nodes,
    actual: ActualState,
    last: LastLook | None,
    then: Nodes | None = None,
) -> tuple[dict[str, Sides], LastLook]:
    """Return what a look tells of each change, and what the next one is held against."""
    found = difference(some, actual, nodes=nodes)
    scene = None if then is None else Scene(wanted(some, then), actual, Assumptions())
    told = None if then is None else held_against(found, difference(some, actual, nodes=then))
    before = Before(last, scene, told)
    now = Scene(wanted(some, nodes), actual, Assumptions())
    sides, sights = drifted(found.changes, found.notices, now, EYE, before)
    return {one.id: sides.get(one.id, Sides.UNKNOWN) for one in found.changes}, LastLook("", "", "", sights)


def held_against(found: Difference, base: Difference) -> Attribution:
    held = attribute(found.changes, base.changes, {})
    return Attribution("main", altered=held.altered, anyway=held.anyway)


def settled(some: Sequence[MappedSource], nodes: Nodes, actual: ActualState) -> ActualState:
    """Return the server once all is applied."""
    world = World(actual)
    Applying(world).run(difference(some, actual, nodes=nodes).changes)
    return world.read_state()


@given(people(), trees(), places(), places())
def test_what_moved_on_the_server_alone_is_never_anothers(
    some: list[MappedSource], nodes: Nodes, actual: ActualState, after: ActualState
) -> None:
    _, last = look(some, nodes, settled(some, nodes, actual), None)
    after = after._replace(knows_source=actual.knows_source)
    told, last = look(some, nodes, after, last)
    assert set(told.values()) <= {Sides.SERVER, Sides.UNKNOWN}
    assert look(some, nodes, after, last)[0] == told, "and nothing that stays as it is gets another cause"


def test_whoever_is_in_a_group_that_moves_and_shall_stay_there_is_moved_by_the_manifests() -> None:
    ada = User("ada", "Ada", groups=("A",))
    some = [mapped(rules("hr"), [ada])]
    actual = state(Account(ada._replace(source="hr"), "1"))
    _, last = look(some, (), actual, None)
    tree = (node("B", "A"),)
    told, last = look(some, tree, actual, last, ())
    assert told == dict.fromkeys(("group-create/A", "group-move/A", "update/ada"), Sides.MANIFESTS)
    assert look(some, tree, actual, last)[0] == told


@pytest.mark.parametrize(
    ("groups", "tree"),
    [
        pytest.param(["A"], [node("B", "A"), node("A")], id="one-in-its-place"),
        pytest.param(["B|A"], [node("A", "B"), node("B|A")], id="one-below-its-place"),
        pytest.param(["A", "B"], [node("C", "B"), node("B", "A")], id="another-that-moves-there"),
    ],
)
def test_what_takes_the_place_of_a_group_that_moves_is_there_for_the_same_reason(
    groups: list[str], tree: list[GroupNode]
) -> None:
    actual = state(groups=groups)
    _, before = look([], (), actual, None)
    told, last = look([], tuple(tree), actual, before, ())
    assert told
    assert set(told.values()) == {Sides.MANIFESTS}
    assert look([], tuple(tree), actual, last)[0] == told
    done = settled([], tuple(tree), actual)
    _, then = look([], tuple(tree), done, None)
    told, last = look([], tuple(tree), actual, then)
    assert set(told.values()) == {Sides.SERVER}, "somebody has put them back"
    assert look([], tuple(tree), actual, last)[0] == told


@given(people(), people(), trees(), places())
def test_what_moved_in_the_sources_alone_is_never_anothers(
    some: list[MappedSource], others: list[MappedSource], nodes: Nodes, actual: ActualState
) -> None:
    actual = settled(some, nodes, actual)
    _, last = look(some, nodes, actual, None)
    after = [mapped(one.rules, other.users) for one, other in zip(some, others, strict=False)]
    after += some[len(after) :]
    told, last = look(after, nodes, actual, last)
    assert set(told.values()) <= {Sides.SOURCE, Sides.UNKNOWN}
    assert look(after, nodes, actual, last)[0] == told


@given(people(), trees(), trees(), places())
def test_what_a_tree_alone_brings_is_the_manifests(
    some: list[MappedSource],
    first: Nodes,
    second: Nodes,
    actual: ActualState,
) -> None:
    actual = settled(some, first, actual)
    _, last = look(some, first, actual, None)
    told, last = look(some, second, actual, last, first)
    assert set(told.values()) <= {Sides.MANIFESTS, Sides.UNKNOWN}
    assert look(some, second, actual, last)[0] == told
