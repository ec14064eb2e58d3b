"""Laws of whole plans in which groups move and people are in them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.assumptions import Assumptions
from reconciler.core.carried import carried_out
from reconciler.core.change import Change, effect
from reconciler.core.mapping import MappedSource
from reconciler.core.model import ActualState
from reconciler.core.notice import Kind
from reconciler.core.outcome import Outcome, Result, Status
from reconciler.core.revert import revert
from reconciler.core.tree import GroupNode
from reconciler.myq.apply import Applying
from support.plans import TARGET
from support.trees import StrictWorld, people, places, trees
from support.world import difference

Nodes = tuple[GroupNode, ...]
T = "2026-01-05T08:00:00Z"


def some_of(changes: Sequence[Change], data: st.DataObject) -> list[Change]:
    """Return some changes with all that they need, as an approval has them."""
    chosen = {change.id for change in changes if data.draw(st.booleans(), label=change.id)}
    while lacking := {one.id for one in changes if one.id in chosen and not set(one.needs) <= chosen}:
        chosen -= lacking
    return [change for change in changes if change.id in chosen]


def applied(changes: Sequence[Change], actual: ActualState) -> tuple[StrictWorld, tuple[Outcome, ...]]:
    world = StrictWorld(actual)
    return world, tuple(Applying(world).run(changes))


@given(people(), trees(), places(), st.data())
def test_any_part_of_a_plan_is_carried_out_and_leaves_exactly_the_rest(
    some: list[MappedSource], nodes: Nodes, actual: ActualState, data: st.DataObject
) -> None:
    changes = difference(some, actual, nodes=nodes).changes
    approved = some_of(changes, data)
    world, outcomes = applied(approved, actual)
    assert [(one.change.id, one.detail) for one in outcomes if one.status is not Status.APPLIED] == []
    left = {effect("t", change) for change in changes if change not in approved}
    again = difference(some, world.read_state(), nodes=nodes).changes
    assert {effect("t", change) for change in again} == left


@given(people(), trees(), places())
def test_once_carried_out_nothing_is_left_to_do(
    some: list[MappedSource], nodes: Nodes, actual: ActualState
) -> None:
    changes = difference(some, actual, nodes=nodes).changes
    world, _ = applied(changes, actual)
    assert difference(some, world.read_state(), nodes=nodes).changes == ()
    carried = carried_out(actual, changes)
    assert difference(some, carried, nodes=nodes).changes == ()
    assert carried.groups == world.groups


@given(people(), trees(), places())
def test_an_apply_and_its_revert_give_the_former_state(
    some: list[MappedSource], nodes: Nodes, actual: ActualState
) -> None:
    world, outcomes = applied(difference(some, actual, nodes=nodes).changes, actual)
    back = revert(Result(TARGET, T, T, "1", ("joe",), outcomes), world.read_state(), Assumptions())
    ended = Applying(world).run(back.changes)
    assert [(one.change.id, one.detail) for one in ended if one.status is not Status.APPLIED] == []
    now = world.read_state()
    kept = {one.name for one in back.notices if one.kind is Kind.NOT_REVERTED}
    left = {one.name for one in back.notices if one.kind is Kind.CONFLICT}
    if not kept:
        assert now.groups >= actual.groups
    accounts = {account.id: account for account in now.accounts}
    for former in actual.accounts:
        if not {former.user.user_name, accounts[former.id].user.user_name} & left and not kept:
            assert accounts[former.id] == former
