"""What a target has to do, whatever its REST interface looks like; each is bound by `doctor --spec` alone."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.model import INDEX, Account, User
from reconciler.core.outcome import Status
from reconciler.errors import TargetError, TargetRejected
from reconciler.myq.apply import Applying
from reconciler.myq.limits import lacking
from support.spoken import Spoken

PEOPLE: list[dict[str, Any]] = [
    {
        "username": "ada",
        "fullname": "Ada",
        "syncSource": "HR",
        "groups": ["Staff", "Staff|IT"],
        "defaultGroup": "Staff",
        "cards": ["C1", "C2"],
        "aliases": ["al"],
        "email": "ada@x",
        "code": "007",
        "phone": "1",
        "lang": "en",
        "notes": "n",
        "scanStorage": "s",
        "department": "d",
        "ldapDomain": "l",
        "objectId": "o",
    },
    {"username": "bob", "fullname": "Bob", "syncSource": "HR", "groups": ["Staff|IT"]},
    {"username": "cy", "fullname": "Cy", "syncSource": "HR", "deleted": True},
]
ADA = User(
    "ada", "Ada", ("al",), "ada@x", ("C1", "C2"), "007", "s", "1", "en", "n", ("Staff", "Staff|IT"),
    "Staff", "d", "l", "o", "HR",
)  # fmt: skip


@pytest.fixture(autouse=True)
def people(spoken: Spoken) -> None:
    spoken.myq.seed(PEOPLE, ["Labs"])


def ids(spoken: Spoken) -> dict[str, str]:
    return {one.user.user_name: one.id for one in spoken.server.read_state().accounts}


def wanted(spoken: Spoken, action: Action, name: str, *fields: FieldChange) -> Change:
    return Change(action, name, fields, account_id=ids(spoken).get(name, ""), account_source="HR")


def create(*fields: FieldChange) -> Change:
    told = (FieldChange("userName", "", "dee"), FieldChange("fullName", "", "Dee"))
    source = FieldChange("synchronizationSource", "", "HR")
    return Change(Action.CREATE, "dee", (*told, *fields, source))


def apply(spoken: Spoken, *changes: Change) -> list[tuple[Status, str]]:
    return [(one.status, one.detail) for one in Applying(spoken.server, concurrency=4).run(changes)]


def test_everything_that_is_needed_was_found(spoken: Spoken) -> None:
    needs = {"token", "list_users", "find_users", "get_user", "create_user", "update_user", "delete_user"}
    needs |= {"undelete_user", "list_groups", "create_group", "move_group"}
    assert needs <= spoken.binding.operations.keys()
    assert spoken.binding.readable == frozenset(INDEX)
    lacks = lacking(spoken.binding)
    assert lacks is None or not lacks(create(FieldChange("groups", (), ("Staff",)))._replace(pins=1))


def test_an_interface_that_shares_nothing_with_the_built_in_one_shares_nothing(spoken: Spoken) -> None:
    if spoken.dialect != "people":
        return
    built_in = {"id", "users", "groups", "path", "deleted", *(PEOPLE[0])}
    names = {shape.key for shape in spoken.binding.user.fields.values()} | {spoken.binding.user.id}
    assert not names & built_in
    assert not any(one.path.startswith("/api") for one in spoken.binding.operations.values())


def test_all_accounts_and_groups_are_read_to_their_end(spoken: Spoken) -> None:
    state = spoken.server.read_state()
    assert [(one.user.user_name, one.active) for one in state.accounts] == [
        ("ada", True),
        ("bob", True),
        ("cy", False),
    ]
    assert state.accounts[0].user == ADA
    assert state.groups == {"Staff", "Staff|IT", "Labs"}
    assert state.knows_source
    assert state.knows_deleted
    assert sum(one["operation"] == "list_users" for one in spoken.myq.requests()) > 1


@pytest.mark.parametrize("operation", ["list_users", "list_groups"])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "short-page"},
        {"kind": "short-page", "after": 1, "times": 1},
        {"kind": "wrong-count"},
        {"kind": "wrong-count", "after": 1, "times": 1},
        {"kind": "repeated-page", "after": 1},
        {"kind": "drop", "after": 1},
        {"kind": "error", "status": 500, "after": 1},
        {"kind": "error", "status": 403},
        {"kind": "not-json", "after": 1},
        {"kind": "truncated-answer"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_a_read_is_whole_or_it_is_none(spoken: Spoken, fault: dict[str, object], operation: str) -> None:
    whole = spoken.server.read_state()
    spoken.myq.fault(operation=operation, **fault)
    try:
        read = spoken.server.read_state()
    except TargetError as error:
        assert error.hint  # noqa: PT017  a read that is whole is as good
    else:
        assert read == whole


def test_an_account_is_found_by_its_id_and_by_its_name(spoken: Spoken) -> None:
    id_ = ids(spoken)["ada"]
    assert spoken.server.account("ada", id_) == Account(ADA, id_)
    assert spoken.server.account("ada", "") == Account(ADA, id_)
    assert spoken.server.account("nobody", "") is None
    assert spoken.server.account("nobody", "p-999" if spoken.dialect == "people" else "999") is None


def test_a_deleted_account_is_there_by_its_id(spoken: Spoken) -> None:
    found = spoken.server.account("cy", ids(spoken)["cy"])
    assert found is not None
    assert not found.active


def test_a_name_that_could_change_an_address_does_not(spoken: Spoken) -> None:
    assert spoken.server.account("../ada?x=1#", "") is None


def test_a_new_account_has_all_that_was_said_of_it(spoken: Spoken) -> None:
    fields = (
        FieldChange("groups", (), ("Staff|IT",)),
        FieldChange("defaultGroup", "", "Staff|IT"),
        FieldChange("cards", (), ("C7", "C8")),
        FieldChange("aliases", (), ("d1", "d2")),
        FieldChange("email", "", "dee@x"),
        FieldChange("personalNumber", "", "0042"),
    )
    outcome = Applying(spoken.server, {"dee": ("271828",)}).run([create(*fields)._replace(pins=1)])[0]
    assert outcome.status is Status.APPLIED, outcome.detail
    made = spoken.myq.users()["dee"]
    assert made["groups"] == ["Staff|IT"]
    assert made["defaultGroup"] == "Staff|IT"
    assert sorted(made["cards"]) == ["C7", "C8"]
    assert sorted(made["aliases"]) == ["d1", "d2"]
    assert (made["email"], made["code"], made["syncSource"]) == ("dee@x", "0042", "HR")
    assert made["pins"] == ["271828"]


def test_an_update_changes_what_it_says_and_nothing_else(spoken: Spoken) -> None:
    before = spoken.myq.users()["ada"]
    change = wanted(
        spoken,
        Action.UPDATE,
        "ada",
        FieldChange("email", "ada@x", ""),
        FieldChange("cards", ("C1", "C2"), ("C2", "C3")),
        FieldChange("groups", ("Staff", "Staff|IT"), ("Labs", "Staff|IT")),
        FieldChange("defaultGroup", "Staff", "Labs"),
        FieldChange("aliases", ("al",), ()),
    )
    assert apply(spoken, change)[0][0] is Status.APPLIED
    after = spoken.myq.users()["ada"]
    assert after["email"] == ""
    assert sorted(after["cards"]) == ["C2", "C3"]
    assert sorted(after["groups"]) == ["Labs", "Staff|IT"]
    assert after["defaultGroup"] == "Labs"
    assert after["aliases"] == []
    changed = {"email", "cards", "groups", "defaultGroup", "aliases"}
    assert {key: value for key, value in after.items() if key not in changed} == {
        key: value for key, value in before.items() if key not in changed
    }


def test_a_card_that_was_enrolled_meanwhile_stays(spoken: Spoken) -> None:
    change = wanted(spoken, Action.UPDATE, "ada", FieldChange("cards", ("C1", "C2"), ("C1", "C2", "C9")))
    take = Change(Action.UPDATE, "ada", (FieldChange("cards", (), ("MINE",)),), account_id=change.account_id)
    spoken.server.write(take, spoken.server.account("ada", change.account_id), ())
    assert apply(spoken, change)[0][0] is Status.APPLIED
    assert sorted(spoken.myq.users()["ada"]["cards"]) == ["C1", "C2", "C9", "MINE"]


def test_an_account_is_renamed(spoken: Spoken) -> None:
    assert apply(spoken, wanted(spoken, Action.REKEY, "ada", FieldChange("userName", "ada", "ada.l")))[0][
        0
    ] is (Status.APPLIED)
    assert "ada.l" in spoken.myq.users()
    assert "ada" not in spoken.myq.users()


def test_an_account_goes_and_comes_back(spoken: Spoken) -> None:
    leaves = FieldChange("groups", ("Staff", "Staff|IT"), ())
    goes = wanted(spoken, Action.DEACTIVATE, "ada", leaves, FieldChange("defaultGroup", "Staff", ""))
    assert apply(spoken, goes._replace(fields=(leaves,)))[0] == (Status.APPLIED, "")
    gone = spoken.myq.users()["ada"]
    assert (gone["deleted"], gone["groups"], gone["email"]) == (True, [], "ada@x")
    back = wanted(
        spoken,
        Action.REACTIVATE,
        "ada",
        FieldChange("groups", (), ("Staff",)),
        FieldChange("email", "ada@x", "a@y"),
    )
    assert apply(spoken, back)[0] == (Status.APPLIED, "")
    there = spoken.myq.users()["ada"]
    assert (there["deleted"], there["groups"], there["email"]) == (False, ["Staff"], "a@y")


def test_groups_are_made_and_moved(spoken: Spoken) -> None:
    make = Change(Action.GROUP_CREATE, "Staff|HR", (FieldChange("path", "", "Staff|HR"),))
    root = Change(Action.GROUP_CREATE, "Guests", (FieldChange("path", "", "Guests"),))
    move = Change(Action.GROUP_MOVE, "Staff|IT", (FieldChange("path", "Staff|IT", "IT"),))
    assert [status for status, _ in apply(spoken, make, root, move)] == [Status.APPLIED] * 3
    assert set(spoken.myq.state()["groups"]) >= {"Staff|HR", "Guests", "IT"}
    assert spoken.server.has_group("IT")
    assert not spoken.server.has_group("Staff|IT")


def test_a_group_that_was_just_made_can_be_joined(spoken: Spoken) -> None:
    spoken.server.read_state()
    make = Change(Action.GROUP_CREATE, "New", (FieldChange("path", "", "New"),))
    joins = create(FieldChange("groups", (), ("New",)))._replace(needs=(make.id,))
    assert [status for status, _ in apply(spoken, make, joins)] == [Status.APPLIED, Status.APPLIED]
    assert spoken.myq.users()["dee"]["groups"] == ["New"]


def test_what_myq_refuses_is_told_in_its_words(spoken: Spoken) -> None:
    taken = create(FieldChange("aliases", (), ("bob",)))
    with pytest.raises(TargetRejected, match="bob") as raised:
        spoken.server.write(taken, None, ())
    assert raised.value.hint


def test_a_person_who_is_not_there_any_more_is_not_made_again(spoken: Spoken) -> None:
    change = wanted(spoken, Action.UPDATE, "ada", FieldChange("email", "ada@x", "a@y"))
    spoken.myq.reset()
    spoken.myq.switch(dialect=spoken.dialect)
    assert apply(spoken, change)[0][0] is not Status.APPLIED
    assert spoken.myq.users() == {}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["drop", "error"])
@pytest.mark.parametrize(
    ("operation", "action", "name", "fields"),
    [
        ("create_user", Action.CREATE, "dee", create().fields),
        ("update_user", Action.UPDATE, "bob", (FieldChange("email", "", "bob@x"),)),
        ("update_user", Action.REKEY, "bob", (FieldChange("userName", "bob", "bob.l"),)),
        ("delete_user", Action.DEACTIVATE, "bob", (FieldChange("groups", ("Staff|IT",), ()),)),
        ("undelete_user", Action.REACTIVATE, "cy", (FieldChange("email", "", "cy@x"),)),
        ("create_group", Action.GROUP_CREATE, "New", (FieldChange("path", "", "New"),)),
        ("move_group", Action.GROUP_MOVE, "Labs", (FieldChange("path", "Labs", "Lab"),)),
        ("add_to_group", Action.UPDATE, "bob", (FieldChange("groups", ("Staff|IT",), ("Labs", "Staff|IT")),)),
        ("remove_from_group", Action.UPDATE, "bob", (FieldChange("groups", ("Staff|IT",), ()),)),
        ("add_card", Action.UPDATE, "bob", (FieldChange("cards", (), ("C9",)),)),
        ("remove_card", Action.UPDATE, "ada", (FieldChange("cards", ("C1", "C2"), ("C1",)),)),
    ],
)
def test_a_lost_answer_is_settled_by_looking_and_nothing_happens_twice(  # noqa: PLR0913, PLR0917  a table's row
    spoken: Spoken,
    operation: str,
    action: Action,
    name: str,
    fields: tuple[FieldChange, ...],
    kind: str,
    when: str,
) -> None:
    change = wanted(spoken, action, name, *fields)
    before = spoken.myq.log()
    spoken.myq.fault(kind=kind, operation=spoken.operation(operation), when=when, times=1)
    first = apply(spoken, change)
    spoken.myq.clear_faults()
    second = apply(spoken, change)
    assert second[0][0] is Status.APPLIED, (first, second)
    state = spoken.myq.log()
    assert apply(spoken, change)[0][0] is Status.APPLIED
    assert spoken.myq.log() == state
    told = [(one["user"], str(one["what"])) for one in state[len(before) :]]
    assert len(told) == len(set(told)), told


def test_a_hundred_changes_at_once_are_all_carried_out_once(spoken: Spoken) -> None:
    changes = [
        create(FieldChange("groups", (), ("Staff",)))._replace(
            name=f"u{n}",
            fields=(
                FieldChange("userName", "", f"u{n}"),
                FieldChange("fullName", "", f"U {n}"),
                FieldChange("groups", (), ("Staff|IT",)),
                FieldChange("synchronizationSource", "", "HR"),
            ),
        )
        for n in range(100)
    ]
    outcomes = Applying(spoken.server, concurrency=8).run(changes)
    assert {outcome.status for outcome in outcomes} == {Status.APPLIED}, outcomes
    made = [user for name, user in spoken.myq.users().items() if name.startswith("u")]
    assert len(made) == 100
    assert all(user["groups"] == ["Staff|IT"] for user in made)
