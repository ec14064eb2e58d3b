"""Who may be called what and hold what (myq.md sections 5 and 9, Identity)."""

from __future__ import annotations

from typing import Any

import pytest

from support.simulator import Reply, Simulator

USERS = "/api/v3/users"


def create(simulator: Simulator, name: str, **fields: object) -> Reply:
    return simulator.call("POST", USERS, {"username": name, "fullname": name} | fields)


@pytest.mark.parametrize(
    ("switches", "fields", "status"),
    [
        pytest.param({}, {"username": "ada"}, 409, id="section 5: a user name is unique"),
        pytest.param({}, {"username": "Ada"}, 201, id="section 5: names may differ in case only"),
        pytest.param(
            {"user_name_case_sensitive": False},
            {"username": "Ada"},
            409,
            id="section 5: unless case is ignored",
        ),
        pytest.param({}, {"username": "al"}, 409, id="section 5: a name may be no alias of another"),
        pytest.param({}, {"username": "AL"}, 409, id="section 7.3: an alias counts in any case"),
        pytest.param(
            {"aliases_ignore_case": False}, {"username": "AL"}, 201, id="section 7.3: unless its case counts"
        ),
        pytest.param({}, {"aliases": ["ADA"]}, 409, id="section 9: an alias may be no name of another"),
        pytest.param(
            {"aliases_ignore_case": False},
            {"aliases": ["ADA"]},
            201,
            id="section 9: case can tell them apart",
        ),
        pytest.param({}, {"aliases": ["Al"]}, 409, id="section 9: an alias may be no alias of another"),
        pytest.param({}, {"code": "17"}, 409, id="section 4.2: a personal number is unique"),
        pytest.param({}, {"cards": ["A1"]}, 409, id="section 9: a card belongs to one user"),
        pytest.param({}, {"cards": ["a1"]}, 201, id="a card in another case is another card"),
        pytest.param({}, {"pins": ["908172"]}, 409, id="section 9: a PIN belongs to one user"),
        pytest.param({}, {"email": "a@x.org"}, 201, id="section 5: an e-mail address may be shared"),
    ],
)
def test_a_second_user(
    simulator: Simulator, switches: dict[str, object], fields: dict[str, Any], status: int
) -> None:
    simulator.seed(
        [
            {
                "username": "ada",
                "aliases": ["al"],
                "code": "17",
                "cards": ["A1"],
                "pins": ["908172"],
                "email": "a@x.org",
            }
        ]
    )
    simulator.switch(**switches)
    reply = create(simulator, "bob", **fields)
    assert reply.status == status
    assert "908172" not in str(reply.content)


def test_section_2_6_the_words_of_a_clash(simulator: Simulator) -> None:
    simulator.seed([{"username": "ada", "aliases": ["al"]}])
    reply = create(simulator, "AL")
    assert reply.content["message"] == 'The name/alias "AL" is already used by the user "ada"'


def test_the_status_of_a_clash_is_a_switch(simulator: Simulator) -> None:
    simulator.seed([{"username": "ada"}])
    simulator.switch(conflict_status=400)
    assert create(simulator, "ada").status == 400


@pytest.mark.parametrize(
    ("rule", "status", "aliases"),
    [("skip", 201, ["al"]), ("refuse", 409, None), ("keep", 201, ["Ada", "al"])],
)
def test_section_7_3_an_alias_equal_to_the_users_own_name(
    simulator: Simulator, rule: str, status: int, aliases: list[str] | None
) -> None:
    simulator.switch(alias_equal_to_own_name=rule)
    assert create(simulator, "ada", aliases=["Ada", "al", "al"]).status == status
    assert simulator.users().get("ada", {}).get("aliases") == aliases


def test_section_7_3_case_decides_which_alias_is_the_own_name(simulator: Simulator) -> None:
    simulator.switch(aliases_ignore_case=False)
    create(simulator, "ada", aliases=["ada", "Ada"])
    assert simulator.users()["ada"]["aliases"] == ["Ada"]


HELD: dict[str, tuple[str, object, object]] = {
    "card_collision": ("cards", ["A1"], []),
    "pin_collision": ("pins", ["908172"], []),
    "code_collision": ("code", "17", ""),
}


@pytest.mark.parametrize("switch", HELD)
@pytest.mark.parametrize("outcome", ["reject", "skip", "move"])
def test_section_10_a_collision_ends_as_the_switch_says(
    simulator: Simulator, switch: str, outcome: str
) -> None:
    field, taken, none = HELD[switch]
    simulator.seed([{"username": "ada", field: taken}])
    simulator.switch(**{switch: outcome})
    status = create(simulator, "bob", **{field: taken}).status
    users = simulator.users()
    held = {name: user[field] for name, user in users.items()}
    expected = {
        "reject": (409, {"ada": taken}),
        "skip": (201, {"ada": taken, "bob": none}),
        "move": (201, {"ada": none, "bob": taken}),
    }
    assert (status, held) == expected[outcome]
    taken_from = [each["operation"] for each in simulator.log() if each["user"] == users["ada"]["id"]]
    assert taken_from == (["create_user"] if outcome == "move" else [])


@pytest.mark.parametrize(
    ("fields", "blocks", "status"),
    [
        pytest.param({"aliases": ["gone"]}, True, 409, id="its name"),
        pytest.param({"username": "gal"}, True, 409, id="its alias"),
        pytest.param({"cards": ["G1"]}, True, 409, id="its card"),
        pytest.param({"code": "18"}, True, 409, id="its personal number"),
        pytest.param({"aliases": ["gone"]}, False, 201, id="its name is free"),
        pytest.param({"username": "gal"}, False, 201, id="its alias is free"),
        pytest.param({"cards": ["G1"]}, False, 201, id="its card is free"),
        pytest.param({"code": "18"}, False, 201, id="its personal number is free"),
    ],
)
def test_section_5_what_a_deleted_user_holds(
    simulator: Simulator,
    fields: dict[str, Any],
    blocks: bool,  # noqa: FBT001  # a table
    status: int,
) -> None:
    simulator.seed([{"username": "gone", "deleted": True, "aliases": ["gal"], "cards": ["G1"], "code": "18"}])
    simulator.switch(deleted_user_blocks_names=blocks)
    assert create(simulator, "bob", **fields).status == status


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize(
    ("rule", "status", "same_id", "accounts"),
    [("refuse", 409, None, 1), ("undelete", 201, True, 1), ("recreate", 201, False, 2)],
)
def test_section_10_creating_the_name_of_a_deleted_user(
    simulator: Simulator,
    rule: str,
    status: int,
    same_id: bool | None,  # noqa: FBT001  # a table
    accounts: int,
    blocks: bool,  # noqa: FBT001  # a table
) -> None:
    first = simulator.seed([{"username": "ada", "deleted": True, "notes": "old", "cards": ["A1"]}])
    simulator.switch(created_again=rule, deleted_user_blocks_names=blocks)
    reply = create(simulator, "ada", cards=["A1"])
    assert reply.status == status
    named = [user for user in simulator.state()["users"] if user["username"] == "ada"]
    assert len(named) == accounts
    if same_id is not None:
        assert (reply.content["id"] == first) is same_id
        assert named[-1]["deleted"] is False


def test_section_5_undeleting_needs_what_the_user_held_to_be_free_still(simulator: Simulator) -> None:
    simulator.switch(deleted_user_blocks_names=False)
    held = {"aliases": ["al"], "cards": ["A1", "A2"], "code": "17"}
    first = simulator.seed([{"username": "ada", "deleted": True, **held}, {"username": "bob"}])
    undelete = f"{USERS}/{first}/undelete"
    bob = f"{USERS}/{first + 1}"
    for taken, free in (
        ({"username": "ada"}, {"username": "bob"}),
        ({"aliases": ["al"]}, {"aliases": []}),
        ({"cards": ["A1"]}, {"cards": []}),
        ({"code": "17"}, {"code": ""}),
    ):
        assert simulator.call("PATCH", bob, taken).status == 200
        assert simulator.call("POST", undelete).status == 409
        assert simulator.call("PATCH", bob, free).status == 200
    assert simulator.call("PATCH", bob, {"cards": ["A1"], "code": "17"}).status == 200
    simulator.switch(card_collision="skip", code_collision="skip")
    assert simulator.call("POST", undelete).status == 200
    ada = simulator.users()["ada"]
    assert (ada["cards"], ada["code"], ada["aliases"]) == (["A2"], "", ["al"])
