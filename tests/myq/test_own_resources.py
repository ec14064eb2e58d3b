"""Cards, groups and aliases as resources of their own, named by ids and names, in one text, deep inside."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.model import Account, Property, User
from reconciler.errors import TargetError, TargetRejected
from support.bindings import binding
from support.scripted_rest import Scripted, Turns, rest

ONE = {"method": "GET", "path": "/people/{user}"}
CHANGES: dict[str, Any] = {
    "operations__listUsers__paging": {"style": "none", "count": "total"},
    "operations__getUser": ONE,
    "operations__findUsers": {"method": "GET", "path": "/find/{name}"},
    "operations__createUser": {"method": "POST", "path": "/people"},
    "operations__updateUser": ONE | {"method": "PATCH"},
    "operations__listGroups": {
        "method": "GET",
        "path": "/teams",
        "paging": {"style": "none", "trusted": "true"},
    },
    "operations__listCards": ONE | {"path": "/people/{user}/cards"},
    "operations__addCard": {"method": "POST", "path": "/people/{user}/cards", "told": {"value": "number"}},
    "operations__removeCard": ONE | {"method": "DELETE", "path": "/people/{user}/cards/{entry}"},
    "operations__addPin": {"method": "PUT", "path": "/people/{user}/pins/{value}"},
    "operations__addToGroup": {
        "method": "POST",
        "path": "/teams/{group}/members",
        "told": {"user": "userId"},
    },
    "operations__removeFromGroup": {"method": "DELETE", "path": "/teams/{group}/members/{user}"},
    "user__idType": "number",
    "user__fields__cards": {"item": "number"},
    "user__fields__aliases": {"key": "others", "joined": ";"},
    "user__fields__email": "contact.mail",
    "user__fields__groups": {"key": "teams", "by": "name", "readOnly": "true"},
    "user__fields__defaultGroup": {"key": "team", "by": "name"},
    "group": {"id": "id", "path": "path", "separator": "/"},
}
ADA = {
    "id": 7,
    "login": "ada",
    "name": "Ada",
    "others": "a; b;",
    "contact": {"mail": "a@x"},
    "teams": ["IT", "All users"],
}
CARDS = [{"id": 1, "number": "C1"}, {"id": 2, "number": "C2"}]
TEAMS = [{"id": "g1", "path": "Staff"}, {"id": "g2", "path": "Staff/IT"}, {"id": "g0", "path": "All users"}]
ANSWERS: dict[str, Any] = {
    "GET /people": {"data": [{"id": 1, "login": "*admin"}, ADA], "total": 2},
    "GET /people/7": ADA,
    "GET /people/7/cards": CARDS,
    "GET /teams": TEAMS,
    "POST /people": {},
    "POST /people/7/cards": {},
    "POST /teams/g1/members": {},
    "PATCH /people/7": {},
    "DELETE /people/7/cards/2": {},
    "DELETE /teams/g2/members/7": {},
    "PUT /people/7/pins/271828": {},
}
READ = Account(User("ada", "Ada", ("a", "b"), "a@x", ("C1", "C2"), groups=("Staff|IT",)), "7")


def server(**answers: Any) -> Scripted:  # noqa: ANN401  JSON
    return Scripted(
        ANSWERS | {name.replace("__", " /").replace("_", "/"): told for name, told in answers.items()}
    )


def test_what_has_a_list_of_its_own_is_read_of_each_user() -> None:
    state = rest(server(), binding(**CHANGES)).read_state()
    assert state.accounts == (READ,)
    assert state.groups == {"Staff", "Staff|IT"}
    assert Property.CARDS in state.readable
    assert not state.knows_source
    assert not state.knows_deleted


@pytest.mark.parametrize("team", [None, "", "Staff"])
def test_a_default_group_may_be_none(team: str | None) -> None:
    found = rest(server(GET__people_7=ADA | {"team": team}), binding(**CHANGES)).account("ada", "7")
    assert found is not None
    assert found.user.default_group == (team or "")


def test_an_account_is_read_with_its_own_lists() -> None:
    assert rest(server(), binding(**CHANGES)).account("ada", "7") == READ


def test_each_value_is_added_and_removed_by_itself() -> None:
    scripted = server()
    change = Change(
        Action.UPDATE,
        "ada",
        (
            FieldChange("cards", ("C1", "C2"), ("C1", "C3")),
            FieldChange("groups", ("Staff|IT",), ("Staff",)),
            FieldChange("defaultGroup", "", "Staff"),
            FieldChange("email", "a@x", "b@x"),
            FieldChange("aliases", ("a", "b"), ("b", "c")),
        ),
        account_id="7",
    )
    rest(scripted, binding(**CHANGES)).write(change, READ, ())
    assert scripted.written == [
        ("POST /teams/g1/members", {"userId": 7}),
        ("PATCH /people/7", {"team": "Staff", "contact": {"mail": "b@x"}, "others": "b;c"}),
        ("POST /people/7/cards", {"number": "C3"}),
        ("DELETE /people/7/cards/2", None),
        ("DELETE /teams/g2/members/7", None),
    ]


def test_what_is_there_by_now_is_not_added_and_what_is_gone_is_not_removed() -> None:
    scripted = server()
    now = READ._replace(user=READ.user._replace(cards=("C3",)))
    change = Change(Action.UPDATE, "ada", (FieldChange("cards", ("C1",), ("C3",)),), account_id="7")
    rest(scripted, binding(**CHANGES)).write(change, now, ())
    assert scripted.written == []


def test_a_new_account_is_looked_for_where_the_answer_does_not_name_it() -> None:
    scripted = server(GET__find_ada=ADA)
    change = Change(
        Action.CREATE,
        "ada",
        (
            FieldChange("userName", "", "ada"),
            FieldChange("fullName", "", "Ada"),
            FieldChange("groups", (), ("Staff",)),
            FieldChange("defaultGroup", "", "Staff"),
        ),
        pins=1,
    )
    rest(scripted, binding(**CHANGES)).write(change, None, ("271828",))
    assert scripted.written == [
        ("POST /people", {"login": "ada", "name": "Ada"}),
        ("POST /teams/g1/members", {"userId": 7}),
        ("PATCH /people/7", {"team": "Staff"}),
        ("PUT /people/7/pins/271828", None),
    ]


def test_a_group_that_is_new_is_looked_for_again() -> None:
    later = [*TEAMS, {"id": "g3", "path": "Labs"}]
    scripted = server(GET__teams=Turns([TEAMS, later]), POST__teams_g3_members={})
    made = rest(scripted, binding(**CHANGES))
    made.read_state()
    change = Change(Action.UPDATE, "ada", (FieldChange("groups", (), ("Labs",)),), account_id="7")
    made.write(change, READ, ())
    assert scripted.written == [("POST /teams/g3/members", {"userId": 7})]


def test_a_card_that_somebody_took_is_not_taken_again() -> None:
    scripted = server(GET__people_7_cards=[])
    change = Change(Action.UPDATE, "ada", (FieldChange("cards", ("C1",), ()),), account_id="7")
    with pytest.raises(TargetError, match="not there any more"):
        rest(scripted, binding(**CHANGES)).write(change, READ, ())


def test_a_list_of_its_own_may_have_pages() -> None:
    paged = ONE | {
        "path": "/people/{user}/cards",
        "entries": "cards",
        "paging": {"style": "none", "count": "n"},
    }
    scripted = server(GET__people_7_cards={"cards": CARDS, "n": 2})
    changes = CHANGES | {"operations__listCards": paged}
    assert rest(scripted, binding(**changes)).account("ada", "7") == READ
    with pytest.raises(TargetError, match="not read to the end"):
        rest(server(GET__people_7_cards={"cards": CARDS, "n": 3}), binding(**changes)).account("ada", "7")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param({"GET__people_7": ADA | {"teams": ["Nowhere"]}}, "is of no group", id="no-such-group"),
        pytest.param({"GET__people_7": ADA | {"teams": [[]]}}, "a group is named by", id="no-name"),
        pytest.param({"GET__people_7": ADA | {"others": 7}}, "others is no list", id="no-text"),
        pytest.param(
            {"GET__people_7": ADA | {"contact": {"mail": 7}}}, "contact.mail is no text", id="a-number"
        ),
        pytest.param({"GET__people_7_cards": {}}, "no list of cards", id="no-cards"),
        pytest.param({"GET__people_7_cards": [{"number": 7}]}, "no list of texts", id="cards-of-numbers"),
        pytest.param({"GET__people_7": []}, "without id or username", id="no-object"),
        pytest.param({"GET__teams": [{"id": 1, "path": "A|B"}]}, "holds the sign |", id="a-bar-in-a-group"),
        pytest.param({"GET__teams": [{"id": 1, "path": 7}]}, "without a path", id="a-group-without-a-path"),
        pytest.param({"GET__teams": TEAMS[:1] * 2}, "not read to the end", id="a-group-twice"),
        pytest.param(
            {"GET__teams": [{"id": 1, "path": "A/IT"}, {"id": 2, "path": "B/IT"}]},
            "more than one",
            id="two-its",
        ),
    ],
)
def test_what_cannot_be_understood_is_not_guessed_at(answers: dict[str, Any], words: str) -> None:
    with pytest.raises(TargetError, match=words) as raised:
        rest(server(**answers), binding(**CHANGES)).account("ada", "7")
    assert raised.value.hint


def test_a_group_whose_name_is_not_its_own_has_no_name_to_be_written() -> None:
    scripted = server(GET__teams=[{"id": 1, "path": "A/IT"}, {"id": 2, "path": "B/IT"}])
    change = Change(Action.UPDATE, "ada", (FieldChange("defaultGroup", "", "A|IT"),), account_id="7")
    with pytest.raises(TargetError, match="not its own"):
        rest(scripted, binding(**CHANGES)).write(change, READ, ())


TREE = CHANGES | {
    "group": {"id": "id", "name": "label", "parent": "above"},
    "operations__createGroup": {"method": "POST", "path": "/teams"},
    "operations__moveGroup": {"method": "PUT", "path": "/teams/{group}"},
    "user__fields__groups": {"key": "teams", "by": "id", "item": "id"},
}


@pytest.mark.parametrize(
    "teams",
    [
        pytest.param(
            [{"id": 1, "label": "A", "above": 2}, {"id": 2, "label": "B", "above": 1}], id="a-circle"
        ),
        pytest.param([{"id": 1, "label": "A", "above": 9}], id="a-parent-that-is-not-there"),
        pytest.param([{"id": 1, "label": "A|B"}], id="a-bar"),
        pytest.param([{"id": 1, "label": ""}], id="no-name"),
        pytest.param([7], id="no-object"),
    ],
)
def test_a_tree_that_hangs_on_nothing_is_no_tree(teams: list[Any]) -> None:
    with pytest.raises(TargetError):
        rest(server(GET__teams=teams), binding(**TREE)).read_state()


def test_groups_with_names_and_parents_are_made_and_moved_and_named_by_ids() -> None:
    teams = [{"id": 1, "label": "A", "above": None}, {"id": 2, "label": "B", "above": 1}]
    ada = ADA | {"teams": [{"id": 2}, {"id": 1}]}
    scripted = server(GET__teams=teams, GET__people_7=ada, POST__teams={}, PUT__teams_2={})
    made = rest(scripted, binding(**TREE))
    found = made.account("ada", "7")
    assert found is not None
    assert found.user.groups == ("A", "A|B")
    made.write(Change(Action.GROUP_CREATE, "A|C", (FieldChange("path", "", "A|C"),)), None, ())
    made.write(Change(Action.GROUP_CREATE, "D", (FieldChange("path", "", "D"),)), None, ())
    made.write(Change(Action.GROUP_MOVE, "A|B", (FieldChange("path", "A|B", "E"),)), None, ())
    joins = Change(Action.UPDATE, "ada", (FieldChange("groups", ("A|B",), ("A",)),), account_id="7")
    with pytest.raises(TargetError, match="no longer there"):
        made.write(Change(Action.GROUP_MOVE, "Z", (FieldChange("path", "Z", "Y"),)), None, ())
    made.write(joins, found, ())
    assert scripted.written == [
        ("POST /teams", {"label": "C", "above": 1}),
        ("POST /teams", {"label": "D"}),
        ("PUT /teams/2", {"label": "E", "above": None}),
        ("PATCH /people/7", {"teams": [{"id": 1}]}),
    ]


WHOLE = CHANGES | {
    "operations__updateUser": ONE | {"method": "PUT", "whole": "true", "wrap": "person"},
    "operations__deleteUser": ONE | {"method": "PUT", "whole": "true", "body": '{"gone": true}'},
}


def test_an_object_that_is_replaced_keeps_what_is_not_changed() -> None:
    scripted = server(PUT__people_7={})
    made = rest(scripted, binding(**WHOLE))
    change = Change(Action.UPDATE, "ada", (FieldChange("fullName", "Ada", "Ada L"),), account_id="7")
    made.write(change, READ, ())
    rest_of_it = {key: value for key, value in ADA.items() if key != "id"}
    assert scripted.written == [("PUT /people/7", {"person": rest_of_it | {"name": "Ada L"}})]
    made.write(Change(Action.DEACTIVATE, "ada", account_id="7"), READ, ())
    assert scripted.written[1] == ("PUT /people/7", rest_of_it | {"gone": True})


def test_an_object_that_has_gone_is_not_made_again_by_replacing_it() -> None:
    scripted = server()
    del scripted.answers["GET /people/7"]
    change = Change(Action.UPDATE, "ada", (FieldChange("fullName", "Ada", "Ada L"),), account_id="7")
    with pytest.raises(TargetError, match="no longer there"):
        rest(scripted, binding(**WHOLE)).write(change, READ, ())
    assert scripted.written == []


def test_an_operation_that_is_not_bound_is_named() -> None:
    with pytest.raises(TargetRejected, match=r"no operation to deactivate a user \(delete_user\)") as raised:
        rest(server(), binding(**CHANGES)).write(Change(Action.DEACTIVATE, "ada", account_id="7"), READ, ())
    assert "doctor --spec" in raised.value.hint


@pytest.mark.parametrize("told", [ADA | {"login": "Ada"}, {"login": "ada"}, None])
def test_who_is_looked_up_is_whoever_has_just_that_name(told: object) -> None:
    scripted = server() if told is None else server(GET__find_ada=told)
    if isinstance(told, dict) and "id" not in told:
        with pytest.raises(TargetError, match="without id"):
            rest(scripted, binding(**CHANGES)).account("ada", "")
    else:
        assert rest(scripted, binding(**CHANGES)).account("ada", "") is None
