"""What holds for any sources and any server."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.change import Action, effect, in_order
from reconciler.core.mapping import MappedSource
from reconciler.core.model import ActualState
from reconciler.core.outcome import Status
from reconciler.core.rules import Mode
from reconciler.core.settle import settle
from reconciler.myq.apply import Applying
from support.world import World, difference, servers, sources


@given(sources(), servers())
def test_applying_a_plan_leaves_nothing_to_plan(wanted: list[MappedSource], actual: ActualState) -> None:
    world = World(actual)
    outcomes = Applying(world).run(difference(wanted, actual).changes)
    assert {outcome.status for outcome in outcomes} <= {Status.APPLIED}
    assert difference(wanted, world.read_state()).changes == ()


@given(sources(), servers(), st.data())
def test_a_subset_applied_leaves_exactly_the_rest(
    wanted: list[MappedSource], actual: ActualState, data: st.DataObject
) -> None:
    changes = difference(wanted, actual).changes
    chosen = {change.id for change in changes if data.draw(st.booleans(), label=change.id)}
    while lacking := {one.id for one in changes if one.id in chosen and not set(one.needs) <= chosen}:
        chosen -= lacking
    run = [change for change in changes if change.id in chosen]
    world = World(actual)
    outcomes = Applying(world).run(run)
    done = {outcome.change.id for outcome in outcomes if outcome.status is Status.APPLIED}
    left = {effect("t", change) for change in changes if change.id not in done}
    assert {effect("t", change) for change in difference(wanted, world.read_state()).changes} == left


@given(sources(), servers(), st.randoms())
def test_the_order_of_what_comes_in_does_not_matter(
    wanted: list[MappedSource], actual: ActualState, random: Random
) -> None:
    shuffled = []
    for one in wanted:
        rows = list(zip(one.users, one.origins, strict=True))
        random.shuffle(rows)
        shuffled.append(
            MappedSource(one.rules, [user for user, _ in rows], [at for _, at in rows], one.reading)
        )
    accounts = list(actual.accounts)
    random.shuffle(accounts)
    random.shuffle(shuffled)
    second = difference(shuffled, actual._replace(accounts=tuple(accounts)))
    assert difference(wanted, actual) == second


@given(st.sampled_from(Mode), st.sampled_from(("", "a", "b")), st.sampled_from(("", "a", "b")))
def test_settling_a_text_twice_is_settling_once(mode: Mode, want: str, have: str) -> None:
    once = settle(mode, want, have)
    assert settle(mode, want, once) == once


@given(
    st.sampled_from(Mode),
    st.frozensets(st.sampled_from("abc")).map(lambda held: tuple(sorted(held))),
    st.frozensets(st.sampled_from("abc")).map(lambda held: tuple(sorted(held))),
)
def test_settling_values_twice_is_settling_once(
    mode: Mode, want: tuple[str, ...], have: tuple[str, ...]
) -> None:
    once = settle(mode, want, have)
    assert settle(mode, want, once) == once


@given(sources(), servers())
def test_a_property_without_a_rule_is_never_written(wanted: list[MappedSource], actual: ActualState) -> None:
    ruled = {
        one.rules.name: {rule.property.value for rule in one.rules.rules}
        | ({"groups"} if one.rules.ways else set())
        for one in wanted
    }
    for change in difference(wanted, actual).changes:
        if change.action is Action.UPDATE:
            assert {field.field for field in change.fields} <= ruled[change.source]


@given(sources(), servers())
def test_nobody_is_removed_but_by_their_own_source(wanted: list[MappedSource], actual: ActualState) -> None:
    may = {one.rules.synchronization_source for one in wanted if one.rules.options.deactivate_missing_users}
    meant = {user.user_name for one in wanted for user in one.users}
    for change in difference(wanted, actual).changes:
        if change.action is Action.DEACTIVATE:
            assert change.account_source in may
            assert change.name not in meant


@given(sources(), servers())
def test_a_source_that_was_not_read_removes_nobody(wanted: list[MappedSource], actual: ActualState) -> None:
    read = wanted[1:]
    unread = {wanted[0].rules.synchronization_source}
    for change in difference(read, actual).changes:
        assert change.action is not Action.DEACTIVATE or change.account_source not in unread


@given(sources(), servers())
def test_no_two_people_end_up_with_one_identity(wanted: list[MappedSource], actual: ActualState) -> None:
    world = World(actual)
    Applying(world).run(difference(wanted, actual).changes)
    living = [account.user for account in world.accounts.values() if account.active]
    cards = [card for user in living for card in user.cards]
    numbers = [user.personal_number for user in living if user.personal_number]
    names = [user.user_name for user in living]
    for values in (cards, numbers, names):
        assert len(set(values)) == len(values)


@given(sources(), servers())
def test_what_is_needed_comes_first(wanted: list[MappedSource], actual: ActualState) -> None:
    seen: set[str] = set()
    for change in in_order(difference(wanted, actual).changes):
        assert set(change.needs) <= seen
        seen.add(change.id)


@given(sources(), servers())
def test_an_unpaired_source_never_touches_an_account_of_another(
    wanted: list[MappedSource], actual: ActualState
) -> None:
    ours = {one.rules.synchronization_source for one in wanted}
    for change in difference(wanted, actual).changes:
        if change.action in {Action.UPDATE, Action.REKEY, Action.REACTIVATE}:
            assert change.account_source in ours


@given(sources(), servers())
def test_where_the_server_hides_owners_every_change_expects_its_own(
    wanted: list[MappedSource], actual: ActualState
) -> None:
    ours = {one.rules.name: one.rules.synchronization_source for one in wanted}
    for change in difference(wanted, actual._replace(knows_source=False)).changes:
        assert change.action is not Action.DEACTIVATE
        if change.action in {Action.UPDATE, Action.REKEY, Action.REACTIVATE}:
            assert change.account_source == ours[change.source]
