"""An apply and its revert give the former state, and nothing is forced that has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Action, Change, FieldChange, Value
from reconciler.core.diff import Difference
from reconciler.core.mapping import MappedSource
from reconciler.core.model import INDEX, Account, ActualState, Property, User
from reconciler.core.notice import Kind
from reconciler.core.outcome import Outcome, Result, Status
from reconciler.core.revert import revert
from reconciler.core.tree import GroupNode
from reconciler.myq.apply import Applying
from support.plans import TARGET
from support.world import PLACE, World, difference, mapped, rules, servers, sources, state

T = "2026-01-05T08:00:00Z"
ADA = User("ada", email="a@x", cards=("1", "2"), groups=("Staff",), source="HR")
EMAIL = FieldChange("email", "b@x", "a@x")
JOINED = FieldChange("groups", (), ("Staff",))


def result_of(outcomes: Iterable[Outcome]) -> Result:
    return Result(TARGET, T, T, "1", ("joe",), tuple(outcomes))


def change(action: Action, *fields: FieldChange, name: str = "ada", id: str = "7") -> Change:  # noqa: A002  MyQ's word
    return Change(action, name, fields, account_id=id, account_source="HR")


def account(*, active: bool = True, **properties: object) -> Account:
    return Account(ADA._replace(**properties), "7", active)


def taken_back(*done: Change, on: ActualState) -> Difference:
    return revert(result_of(Outcome(one, Status.APPLIED) for one in done), on, Assumptions())


def told(difference: Difference) -> list[tuple[str, str]]:
    return [(one.name, one.message) for one in difference.notices]


def fields_of(difference: Difference) -> dict[str, list[tuple[object, object, object]]]:
    return {
        one.id: [(field.field, field.before, field.after) for field in one.fields]
        for one in difference.changes
    }


CREATE = Change(
    Action.CREATE,
    "ada",
    (
        FieldChange("userName", "", "ada"),
        FieldChange("cards", (), ("1", "2")),
        JOINED,
        FieldChange("synchronizationSource", "", "HR"),
    ),
)
UPDATE = change(Action.UPDATE, EMAIL, FieldChange("cards", ("1",), ("1", "2")))
REKEY = change(Action.REKEY, FieldChange("userName", "eva", "ada"), name="eva")
LEFT = change(Action.DEACTIVATE, FieldChange("groups", ("Staff",), ()))
BACK = change(Action.REACTIVATE, JOINED, EMAIL)
ADOPTED = Change(
    Action.UPDATE, "ada", (FieldChange("synchronizationSource", "", "HR"),), account_id="7", account_source=""
)


@pytest.mark.parametrize(
    ("done", "found", "expected"),
    [
        pytest.param(
            UPDATE,
            account(),
            {"update/ada": [("email", "a@x", "b@x"), ("cards", ("1", "2"), ("1",))]},
            id="fields-go-back",
        ),
        pytest.param(
            UPDATE,
            account(cards=("1", "2", "9")),
            {"update/ada": [("email", "a@x", "b@x"), ("cards", ("1", "2"), ("1",))]},
            id="a-card-enrolled-since-is-no-obstacle",
        ),
        pytest.param(UPDATE, account(email="b@x", cards=("1",)), {}, id="what-is-back-already"),
        pytest.param(REKEY, account(), {"rekey/ada": [("userName", "ada", "eva")]}, id="the-name-goes-back"),
        pytest.param(
            LEFT,
            account(active=False, groups=()),
            {"reactivate/ada": [("groups", (), ("Staff",))]},
            id="a-leaver-comes-back-into-the-groups",
        ),
        pytest.param(
            LEFT, account(groups=()), {"update/ada": [("groups", (), ("Staff",))]}, id="a-leaver-back-by-half"
        ),
        pytest.param(LEFT, account(), {}, id="a-leaver-who-is-back"),
        pytest.param(
            CREATE, account(), {"deactivate/ada": [("groups", ("Staff",), ())]}, id="who-was-created-goes"
        ),
        pytest.param(CREATE, account(active=False, groups=()), {}, id="who-was-created-is-gone-already"),
        pytest.param(
            BACK,
            account(),
            {"update/ada": [("email", "a@x", "b@x")], "deactivate/ada": [("groups", ("Staff",), ())]},
            id="who-was-brought-back-goes-as-before",
        ),
        pytest.param(
            ADOPTED,
            account(),
            {"update/ada": [("synchronizationSource", "HR", "")]},
            id="the-owner-is-the-old-one",
        ),
    ],
)
def test_each_change_is_taken_back(
    done: Change, found: Account, expected: dict[str, list[tuple[object, object, object]]]
) -> None:
    difference = taken_back(done, on=state(found, groups=["Staff"]))
    assert fields_of(difference) == expected
    assert told(difference) == []
    world = World(state(found, groups=["Staff"]))
    assert {one.status for one in Applying(world).run(difference.changes)} <= {Status.APPLIED}


@pytest.mark.parametrize(
    ("done", "found", "left", "why"),
    [
        pytest.param(
            UPDATE,
            [account(email="c@x")],
            {"update/ada": [("cards", ("1", "2"), ("1",))]},
            "update/ada is not taken back: email has changed since",
            id="one-field-is-another-now",
        ),
        pytest.param(
            UPDATE,
            [],
            {},
            "update/ada is not taken back: the account is not there any more",
            id="nobody-is-there",
        ),
        pytest.param(
            UPDATE,
            [account(active=False)],
            {},
            "update/ada is not taken back: the account was deleted since",
            id="deleted",
        ),
        pytest.param(
            UPDATE,
            [account(source="LDAP")],
            {},
            "update/ada is not taken back: the account belongs to 'LDAP' now",
            id="it-is-somebody-elses",
        ),
        pytest.param(
            CREATE,
            [account(groups=("Board", "Staff"))],
            {},
            "create/ada is not taken back: the account is in other groups now",
            id="who-was-created-has-joined-another-group",
        ),
        pytest.param(
            change(Action.DEACTIVATE, FieldChange("groups", ("Gone", "Staff"), ())),
            [account(active=False, groups=())],
            {"reactivate/ada": [("groups", (), ("Staff",))]},
            "is not there any more, and nobody joins it again",
            id="a-group-is-gone",
        ),
        pytest.param(
            change(Action.UPDATE, FieldChange("defaultGroup", "Gone", "Staff")),
            [account(default_group="Staff")],
            {},
            "is not there any more, and is nobody's default group again",
            id="a-default-group-is-gone",
        ),
        pytest.param(
            Change(Action.GROUP_CREATE, "New", (FieldChange("path", "", "New"),)),
            [],
            {},
            "was created, and groups are never removed",
            id="a-group-that-was-created-stays",
        ),
    ],
)
def test_what_has_changed_since_is_told_and_not_forced(
    done: Change, found: list[Account], left: dict[str, list[tuple[object, object, object]]], why: str
) -> None:
    difference = taken_back(done, on=state(*found, groups=["Staff", "Board"]))
    assert fields_of(difference) == left
    assert [message for _, message in told(difference)] == [why]


def test_what_was_not_applied_is_not_taken_back() -> None:
    for status in set(Status) - {Status.APPLIED, Status.HANDED_OVER}:
        result = result_of([Outcome(UPDATE, status)])
        assert revert(result, state(account()), Assumptions()) == Difference((), (), {})


def test_a_server_that_does_not_tell_whose_accounts_are_is_believed() -> None:
    hidden = state(account(source=""), knows_source=False)
    assert fields_of(taken_back(REKEY, on=hidden)) == {"rekey/ada": [("userName", "ada", "eva")]}


def test_who_was_created_without_an_id_and_renamed_since_is_not_found() -> None:
    difference = taken_back(CREATE, on=state(account(user_name="zoe")))
    assert told(difference) == [("ada", "create/ada is not taken back: the account is not there any more")]


def test_a_card_goes_back_from_whom_it_was_given_to() -> None:
    bob = Account(User("bob", source="HR"), "8")
    lost = change(Action.UPDATE, FieldChange("cards", ("1",), ()), name="bob", id="8")
    difference = taken_back(CREATE, lost, on=state(account(), bob))
    assert fields_of(difference) == {
        "update/ada": [("cards", ("1", "2"), ("2",))],
        "update/bob": [("cards", (), ("1",))],
        "deactivate/ada": [("groups", ("Staff",), ())],
    }
    assert difference.changes[1].needs == ("update/ada",)


@pytest.mark.parametrize(
    ("prop", "field", "nothing", "value"),
    [
        pytest.param("personalNumber", "personal_number", "", "5", id="a-number"),
        pytest.param("objectId", "object_id", "", "o", id="an-object-id"),
        pytest.param("aliases", "aliases", (), ("x",), id="an-alias"),
    ],
)
def test_what_somebody_new_was_given_goes_back_to_whose_it_was(
    prop: str, field: str, nothing: Value, value: Value
) -> None:
    made = CREATE._replace(fields=(*CREATE.fields, FieldChange(prop, nothing, value)))
    bob = Account(User("bob", source="HR"), "8")
    lost = change(Action.UPDATE, FieldChange(prop, value, nothing), name="bob", id="8")
    found = fields_of(taken_back(made, lost, on=state(account(**{field: value}), bob)))
    assert found["update/ada"] == [(prop, value, nothing)]
    assert found["update/bob"] == [(prop, nothing, value)]


def test_what_was_handed_over_and_imported_is_taken_back_as_well() -> None:
    result = result_of([Outcome(UPDATE, Status.HANDED_OVER)])
    assert revert(result, state(account()), Assumptions()) == taken_back(UPDATE, on=state(account()))
    assert revert(result, state(account(email="b@x", cards=("1",))), Assumptions()).changes == ()


def test_what_somebody_else_has_by_now_is_not_taken_from_them() -> None:
    bob, zoe = Account(User("bob", source="HR"), "8"), Account(User("zoe", cards=("1",), source="LDAP"), "9")
    lost = change(Action.UPDATE, FieldChange("cards", ("1",), ()), name="bob", id="8")
    difference = taken_back(lost, on=state(bob, zoe))
    assert difference.changes == ()
    assert [(one.kind, one.name) for one in difference.notices] == [(Kind.CONFLICT, "bob")]


def test_accounts_without_an_id_are_found_by_the_name_they_were_left_with() -> None:
    found = state(Account(ADA))
    for done, back in ((REKEY, "rekey/ada"), (UPDATE, "update/ada")):
        assert list(fields_of(taken_back(done._replace(account_id=""), on=found))) == [back]


def test_who_came_back_and_was_deleted_since_is_as_before_and_nothing_is_said() -> None:
    difference = taken_back(BACK, on=state(account(active=False)))
    assert (difference.changes, difference.notices) == ((), ())


def test_who_was_brought_back_and_taken_over_is_given_back_and_goes() -> None:
    taken = FieldChange("synchronizationSource", "LDAP", "HR")
    done = change(Action.REACTIVATE, JOINED, taken)._replace(account_source="LDAP")
    found = taken_back(done, on=state(account()))
    assert fields_of(found) == {
        "update/ada": [("synchronizationSource", "HR", "LDAP")],
        "deactivate/ada": [("groups", ("Staff",), ())],
    }
    assert [one.account_source for one in found.changes] == ["HR", "LDAP"]


def test_a_default_group_that_is_still_there_is_given_back() -> None:
    done = change(Action.UPDATE, FieldChange("defaultGroup", "Staff", ""))
    found = taken_back(done, on=state(account()))
    assert fields_of(found) == {"update/ada": [("defaultGroup", "", "Staff")]}
    assert found.notices == ()


def test_a_way_back_says_for_which_source_and_about_which_account() -> None:
    (back,) = taken_back(UPDATE._replace(source="hr"), on=state(account())).changes
    assert (back.name, back.source, back.account_id, back.account_source) == ("ada", "hr", "7", "HR")
    assert back.reason == "takes back update/ada"


def test_who_was_there_before_keeps_the_card_that_somebody_else_would_get_back() -> None:
    bob = Account(User("bob", source="HR"), "8")
    lost = change(Action.UPDATE, FieldChange("cards", ("1",), ()), name="bob", id="8")
    difference = taken_back(change(Action.REACTIVATE, JOINED), lost, on=state(account(), bob))
    assert [one.id for one in difference.changes] == ["deactivate/ada"]
    assert [(one.kind, one.name) for one in difference.notices] == [(Kind.CONFLICT, "bob")]


def test_what_stays_is_told_in_an_order() -> None:
    done = [Change(Action.GROUP_CREATE, name) for name in ("Z", "B", "Y", "A", "C")]
    assert [name for name, _ in told(taken_back(*done, on=state(groups="ABCYZ")))] == list("ABCYZ")


def node(path: str, previously: str) -> GroupNode:
    return GroupNode(path, previously, PLACE)


def moved(
    nodes: Sequence[GroupNode], actual: ActualState, wanted: Sequence[MappedSource]
) -> tuple[World, Result]:
    world = World(actual)
    outcomes = Applying(world).run(difference(wanted, actual, nodes=tuple(nodes)).changes)
    assert {one.status for one in outcomes} <= {Status.APPLIED}
    return world, result_of(outcomes)


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param([node("People", "Staff")], id="one"),
        pytest.param([node("People", "Staff"), node("People|Tech", "Staff|IT")], id="one-below-the-other"),
        pytest.param([node("IT", "Staff|IT"), node("Crew", "Staff")], id="one-out-of-the-other"),
        pytest.param([node("Labs|Staff", "Staff"), node("Staff", "Labs|One")], id="into-each-others-places"),
    ],
)
def test_groups_move_back_with_everybody_in_them(nodes: list[GroupNode]) -> None:
    users = [
        User("ada", full_name="A", groups=("Labs|One", "Staff|IT"), source="hr"),
        User("bob", full_name="B", groups=("Staff",), source="hr"),
    ]
    actual = state(*(Account(user, str(at)) for at, user in enumerate(users)), groups=["Labs|One|Deep"])
    joins = [mapped(rules(groups=None), [user._replace(email="new@x") for user in users])]
    world, result = moved(nodes, actual, joins)
    assert world.read_state() != actual
    back = revert(result, world.read_state(), Assumptions())
    assert {one.status for one in Applying(world).run(back.changes)} == {Status.APPLIED}
    now = world.read_state()
    assert now.accounts == actual.accounts
    assert now.groups >= actual.groups


def test_changes_of_users_name_groups_by_where_they_will_be() -> None:
    done = change(Action.UPDATE, FieldChange("groups", ("People",), ("Board", "People")))
    default = change(Action.UPDATE, FieldChange("defaultGroup", "", "People"), name="bob", id="8")
    move = Change(Action.GROUP_MOVE, "Staff", (FieldChange("path", "Staff", "People"),))
    bob = Account(User("bob", default_group="People", groups=("People",), source="HR"), "8")
    on = state(account(groups=("Board", "People")), bob)
    difference = taken_back(move, done, default, on=on)
    assert fields_of(difference) == {
        "group-move/People": [("path", "People", "Staff")],
        "update/ada": [("groups", ("Board", "Staff"), ("Staff",))],
        "update/bob": [("defaultGroup", "Staff", "")],
    }
    assert difference.former == {"Staff": "People"}
    assert [one.needs for one in difference.changes[1:]] == [("group-move/People",)] * 2
    world = World(on)
    assert {one.status for one in Applying(world).run(difference.changes)} == {Status.APPLIED}


@pytest.mark.parametrize(
    ("groups", "why"),
    [
        pytest.param(
            ["People", "Old|Staff"],
            "cannot move back to Old|Staff, where a group is",
            id="the-place-is-taken",
        ),
        pytest.param(
            ["People"],
            "cannot move back to Old|Staff: a group above that place is gone",
            id="the-parent-is-gone",
        ),
        pytest.param(
            ["Old"], "was moved there from Old|Staff, and is in neither place any more", id="it-is-gone"
        ),
        pytest.param(["Old|Staff"], None, id="it-is-back-already"),
    ],
)
def test_a_group_moves_back_only_where_nobody_is_in_the_way(groups: list[str], why: str | None) -> None:
    move = Change(Action.GROUP_MOVE, "Old|Staff", (FieldChange("path", "Old|Staff", "People"),))
    difference = taken_back(move, on=state(groups=groups))
    assert difference.changes == ()
    assert told(difference) == ([("People", why)] if why else [])


@given(sources(), servers())
def test_an_apply_and_its_revert_give_the_former_state(
    wanted: list[MappedSource], actual: ActualState
) -> None:
    """But for groups that were created, and who was: deleted, as nobody is ever removed for good."""
    world = World(actual)
    outcomes = Applying(world).run(difference(wanted, actual).changes)
    back = revert(result_of(outcomes), world.read_state(), Assumptions())
    assert [one.status for one in Applying(world).run(back.changes)] == [Status.APPLIED] * len(back.changes)
    left = {one.name for one in back.notices if one.kind is Kind.CONFLICT}
    assert {one.name for one in back.notices if one.kind is Kind.NOT_REVERTED} <= world.groups - actual.groups
    now = {account.id: account for account in world.read_state().accounts}
    for former in actual.accounts:
        if not {former.user.user_name, now[former.id].user.user_name} & left:
            assert now.pop(former.id) == former
    created = {one.change.name for one in outcomes if one.change.action is Action.CREATE}
    assert all(
        one.user.user_name in created | left or one.id in {a.id for a in actual.accounts}
        for one in now.values()
    )
    assert not any(one.active for one in now.values() if one.user.user_name in created - left)


@given(sources(), servers())
def test_a_revert_that_was_done_leaves_nothing_to_take_back(
    wanted: list[MappedSource], actual: ActualState
) -> None:
    world = World(actual)
    result = result_of(Applying(world).run(difference(wanted, actual).changes))
    Applying(world).run(revert(result, world.read_state(), Assumptions()).changes)
    again = revert(result, world.read_state(), Assumptions())
    assert again.changes == ()


def test_every_property_can_be_put_back() -> None:
    texts = {prop for prop in INDEX if prop not in {Property.GROUPS, Property.ALIASES, Property.CARDS}}
    for prop in texts - {Property.USER_NAME, Property.SYNCHRONIZATION_SOURCE, Property.DEFAULT_GROUP}:
        user = ADA._replace(**{ADA._fields[INDEX[prop]]: "new"})
        done = change(Action.UPDATE, FieldChange(prop.value, "old", "new"))
        difference = taken_back(done, on=state(Account(user, "7")))
        assert fields_of(difference) == {"update/ada": [(prop.value, "new", "old")]}
