"""What runs is a subset of what was approved and of what is needed, whatever changed in between."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.approval import Allowed, Approval, authorise, select
from reconciler.core.change import Action, Change, effect
from reconciler.core.guards import NAMES
from reconciler.core.mapping import MappedSource
from reconciler.core.model import ActualState, Property, User
from reconciler.core.outcome import Status
from reconciler.core.plan import Plan
from reconciler.core.policy import Policy
from reconciler.core.rules import Mode, Options
from reconciler.errors import NotApproved
from reconciler.myq.apply import Applying
from support.plans import STAMP, TARGET
from support.world import Account, World, difference, mapped, rules, servers, sources, state

NOW = "2026-01-05T08:00:00Z"
LATER = "2026-01-06T08:00:00Z"


def plan_of(changes: Sequence[Change]) -> Plan:
    return Plan(TARGET, STAMP, (), (), tuple(changes), ())


def approval_of(changes: Collection[Change], target: str = TARGET.identity) -> Approval:
    effects = {effect(target, change): change.id for change in changes}
    up_to = {name: {"": 1_000} for name in NAMES}
    return Approval(target, "sha256:", effects, "joe", NOW, LATER, dict.fromkeys(NAMES, "a test"), up_to)


def allowed_of(
    needed: Sequence[Change], approved: Collection[Change], policy: Policy | None = None
) -> Allowed:
    with suppress(NotApproved):
        return authorise(plan_of(needed), [approval_of(approved)], policy or Policy(), NOW)
    return Allowed((), tuple(needed), (), ())


def drawn_of(data: st.DataObject, changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if data.draw(st.booleans(), label=change.id)]


@given(sources(), servers(), sources(), st.data())
def test_only_what_is_approved_and_still_needed_is_written(
    then: list[MappedSource], actual: ActualState, now: list[MappedSource], data: st.DataObject
) -> None:
    """The directories and the server move on between the approval and the run."""
    approved = drawn_of(data, difference(then, actual).changes)
    world = World(actual)
    Applying(world).run(allowed_of(difference(then, actual).changes, drawn_of(data, approved)).run)
    world.log.clear()
    needed = difference(now, world.read_state()).changes
    allowed = allowed_of(needed, approved)
    outcomes = Applying(world).run(allowed.run)
    effects = {effect(TARGET.identity, change) for change in approved}
    written = {one.change for one in outcomes if one.status is Status.APPLIED}
    assert set(world.log) <= {change.id for change in allowed.run}
    assert written <= set(needed)
    assert {effect(TARGET.identity, change) for change in written} <= effects


@given(sources(), servers(), st.data())
def test_everything_needed_is_run_or_told_why_not(
    wanted: list[MappedSource], actual: ActualState, data: st.DataObject
) -> None:
    needed = difference(wanted, actual).changes
    approved = drawn_of(data, needed)
    allowed = allowed_of(needed, approved)
    told = [*allowed.run, *allowed.unapproved, *allowed.blocked]
    assert sorted(told) == sorted(needed)
    assert set(allowed.run) | set(allowed.blocked) == set(approved)
    assert allowed.unneeded == ()


@given(sources(), servers(), st.data())
def test_nothing_runs_before_what_it_needs(
    wanted: list[MappedSource], actual: ActualState, data: st.DataObject
) -> None:
    needed = difference(wanted, actual).changes
    allowed = allowed_of(needed, drawn_of(data, needed))
    running, planned = {change.id for change in allowed.run}, {change.id for change in needed}
    assert all(set(change.needs) & planned <= running for change in allowed.run)


@given(sources(), servers(), st.data())
def test_an_approval_of_all_and_then_of_the_rest_is_one_of_all(
    wanted: list[MappedSource], actual: ActualState, data: st.DataObject
) -> None:
    needed = difference(wanted, actual).changes
    first = drawn_of(data, needed)
    rest = [change for change in needed if change not in first]
    if needed:
        both = authorise(plan_of(needed), [approval_of(first), approval_of(rest)], Policy(), NOW)
        assert both.run == needed


@given(sources(), servers(), st.sets(st.sampled_from(Action)))
def test_a_policy_approves_classes_and_no_more(
    wanted: list[MappedSource], actual: ActualState, classes: set[Action]
) -> None:
    needed = difference(wanted, actual).changes
    policy = Policy(approve=frozenset(action.value for action in classes))
    assert {change.action for change in allowed_of(needed, (), policy).run} <= classes


@given(sources(), servers(), st.data())
def test_what_is_selected_holds_together(
    wanted: list[MappedSource], actual: ActualState, data: st.DataObject
) -> None:
    needed = difference(wanted, actual).changes
    words = st.sets(st.sampled_from([*(change.id for change in needed), *Action]), max_size=3)
    only, but = data.draw(words, label="only"), data.draw(words, label="but")
    chosen = select(needed, only, but)
    ids = {change.id for change in chosen}
    assert not any(change.id in but or change.action.value in but for change in chosen)
    assert all(set(change.needs) <= ids for change in chosen)
    assert allowed_of(needed, chosen).run == chosen


def test_an_account_whose_new_name_was_written_keeps_the_rest_of_its_approval() -> None:
    modes = {Property.PERSONAL_NUMBER: Mode.REPLACE, Property.EMAIL: Mode.REPLACE}
    numbers = Options(pair_by=(Property.PERSONAL_NUMBER,))
    wanted = [
        mapped(rules("hr", modes=modes, options=numbers), [User("eva.new", email="n@x", personal_number="1")])
    ]
    world = World(state(Account(User("eva.old", email="o@x", personal_number="1", source="hr"), "7")))
    first = difference(wanted, world.read_state()).changes
    assert [change.id for change in first] == ["rekey/eva.old", "update/eva.old"]
    Applying(world).run(first[:1])
    left = difference(wanted, world.read_state()).changes
    assert [change.id for change in left] == ["update/eva.new"]
    assert allowed_of(left, first).run == left
