"""Creating, changing, deleting and undeleting users over HTTP; each test names its section of myq.md."""

from __future__ import annotations

import pytest

from support.simulator import Simulator

USERS = "/api/v3/users"


def create(simulator: Simulator, **fields: object) -> int:
    reply = simulator.call("POST", USERS, {"fullname": "Somebody"} | fields)
    assert reply.status == 201, reply
    number: int = reply.content["id"]
    return number


def patch(simulator: Simulator, user: int, **fields: object) -> int:
    return simulator.call("PATCH", f"{USERS}/{user}", fields).status


def test_section_6_3_creating_answers_with_id_and_names(simulator: Simulator) -> None:
    reply = simulator.call("POST", "/api/v2/users", {"username": "ada", "fullname": "Ada Lovelace"})
    assert reply.status == 201
    assert reply.content == {"id": 6, "username": "ada", "fullname": "Ada Lovelace"}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"fullname": "Ada"}, id="section 6.3: the user name is mandatory"),
        pytest.param({"username": "ada"}, id="section 6.3: the full name is mandatory"),
        pytest.param({"username": "", "fullname": "Ada"}, id="section 5: an empty user name is none"),
        pytest.param({"username": "ada", "fullname": 7}, id="a number is no text"),
        pytest.param({"username": "ada", "fullname": "Ada", "cards": "A1"}, id="a text is no list"),
        pytest.param({"username": "ada", "fullname": "Ada", "cards": [1]}, id="a list holds texts"),
        pytest.param({"username": "ada", "fullname": "Ada", "cards": [""]}, id="a list holds no empty text"),
        pytest.param({"username": "ada", "fullname": "Ada", "salary": "1"}, id="section 6.4: unknown field"),
        pytest.param({"username": "ada", "fullname": "Ada", "groups": ["Staff"]}, id="an unknown group"),
        pytest.param(["ada"], id="a body is an object"),
    ],
)
def test_a_body_that_is_wrong_is_a_400_and_changes_nothing(simulator: Simulator, body: object) -> None:
    reply = simulator.call("POST", USERS, body)
    assert (reply.status, reply.content["code"], reply.content["data"]) == (400, 400, [])
    assert (simulator.users(), simulator.log()) == ({}, [])


def test_section_6_4_unknown_fields_may_be_ignored(simulator: Simulator) -> None:
    simulator.switch(unknown_fields_refused=False)
    create(simulator, username="ada", salary="1")
    assert "ada" in simulator.users()


def test_section_6_3_only_documented_fields_without_the_switch(simulator: Simulator) -> None:
    simulator.switch(undocumented_operations=False)
    documented = {
        "email": "a@x.org",
        "scanStorage": "s",
        "code": "1",
        "lang": "en",
        "phone": "2",
        "notes": "n",
    }
    create(simulator, username="ada", ldapDomain="d", **documented)
    ada = simulator.users()["ada"]
    assert {name: ada[name] for name in documented} == documented
    for field in ("aliases", "cards", "pins", "groups"):
        body = {"username": "bob", "fullname": "Bob", field: []}
        assert simulator.call("POST", USERS, body).status == 400
    body = {"username": "bob", "fullname": "Bob", "syncSource": "HR"}
    assert simulator.call("POST", USERS, body).status == 400


def test_creating_with_everything_and_reading_it_back(simulator: Simulator) -> None:
    simulator.seed(groups=["Staff|IT", "Choir"])
    whole = {
        "username": "ada",
        "fullname": "Ada Lovelace",
        "email": "ada@x.org",
        "scanStorage": r"\\files\ada",
        "code": "00123",
        "syncSource": "HR",
        "lang": "en",
        "phone": "+44",
        "ldapDomain": "dc=x",
        "notes": "zweizeilig\nschön",
        "department": "IT",
        "objectId": "9f",
        "aliases": ["lovelace", "al"],
        "cards": ["7E9700C9"],
        "groups": ["Staff|IT", "Choir"],
        "defaultGroup": "Staff|IT",
    }
    number = create(simulator, **whole, pins=["908172"])
    assert simulator.call("GET", f"{USERS}/{number}").content == whole | {"id": number, "deleted": False}
    assert simulator.users()["ada"]["pins"] == ["908172"]


def test_patching_changes_what_is_named_and_nothing_else(simulator: Simulator) -> None:
    simulator.seed(groups=["A", "B", "C"])
    number = create(
        simulator, username="ada", email="a@x.org", groups=["A", "B"], aliases=["al"], cards=["1", "2"]
    )
    before = simulator.users()["ada"]
    reply = simulator.call("PATCH", f"{USERS}/{number}", {"groups": ["B", "C"], "cards": ["2", "3"]})
    after = simulator.users()["ada"]
    assert after == before | {"groups": ["B", "C"], "cards": ["2", "3"]}
    assert reply.content == {name: after[name] for name in after if name not in {"pins", "system"}}
    assert simulator.log()[-1] == {
        "seq": simulator.log()[-1]["seq"],
        "request": simulator.requests()[-1]["request"],
        "operation": "update_user",
        "user": number,
        "what": {"cards": [["1", "2"], ["2", "3"]], "groups": [["A", "B"], ["B", "C"]]},
    }


def test_a_change_that_changes_nothing_is_no_effect(simulator: Simulator) -> None:
    number = create(simulator, username="ada", cards=["1"])
    effects = simulator.log()
    assert patch(simulator, number, fullname="Somebody", cards=["1"]) == 200
    assert simulator.log() == effects


def test_a_rename_keeps_the_account(simulator: Simulator) -> None:
    number = create(simulator, username="ada")
    assert patch(simulator, number, username="ada.lovelace", aliases=["ada"]) == 200
    assert simulator.users()["ada.lovelace"]["id"] == number
    assert simulator.users()["ada.lovelace"]["aliases"] == ["ada"]


@pytest.mark.parametrize("field", ["username", "fullname"])
def test_section_5_a_mandatory_field_cannot_be_cleared(simulator: Simulator, field: str) -> None:
    number = create(simulator, username="ada")
    assert patch(simulator, number, **{field: ""}) == 400


def test_a_request_is_all_or_nothing(simulator: Simulator) -> None:
    create(simulator, username="bob", cards=["B1"])
    number = create(simulator, username="ada", cards=["A1"])
    before = simulator.state()
    assert patch(simulator, number, fullname="Ada", aliases=["al"], cards=["A2", "B1"]) == 409
    assert simulator.state() == before


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("number", [99, 2**63, 2**90])
def test_section_9_an_unknown_id_is_a_404(simulator: Simulator, method: str, number: int) -> None:
    reply = simulator.call(method, f"{USERS}/{number}", {})
    assert (reply.status, reply.content["code"]) == (404, 404)


def test_section_5_a_deletion_is_soft_and_costs_all_groups(simulator: Simulator) -> None:
    first = simulator.seed(
        [{"username": "ada", "groups": ["Staff|IT"], "defaultGroup": "Staff|IT", "cards": ["A1"]}]
    )
    assert simulator.call("DELETE", f"{USERS}/{first}").status == 200
    ada = simulator.users()["ada"]
    assert (ada["deleted"], ada["groups"], ada["defaultGroup"], ada["cards"]) == (True, [], "", ["A1"])
    assert simulator.log()[-1]["what"] == {"deleted": [False, True], "groups": [["Staff|IT"], []]}
    assert simulator.call("DELETE", f"{USERS}/{first}").status == 409


def test_section_5_undeleting_gives_no_membership_back(simulator: Simulator) -> None:
    first = simulator.seed([{"username": "ada", "groups": ["Staff"], "defaultGroup": "Staff"}])
    simulator.call("DELETE", f"{USERS}/{first}")
    assert simulator.call("POST", f"{USERS}/{first}/undelete").status == 200
    ada = simulator.users()["ada"]
    assert (ada["deleted"], ada["groups"], ada["defaultGroup"]) == (False, [], "")
    assert simulator.call("POST", f"{USERS}/{first}/undelete").status == 409


def test_section_5_a_deleted_user_is_not_changed_unless_the_switch_says_so(simulator: Simulator) -> None:
    first = simulator.seed([{"username": "ada", "deleted": True}])
    assert patch(simulator, first, notes="gone") == 409
    assert simulator.call("POST", f"{USERS}/{first}/pins", {}).status == 409
    simulator.switch(deleted_users_can_be_changed=True)
    assert patch(simulator, first, notes="gone") == 200


@pytest.mark.parametrize("name", ["*admin", "*api", "*fax", "*unauthenticated", "*system"])
def test_section_5_a_system_user_stays_as_it_is(simulator: Simulator, name: str) -> None:
    number = next(user["id"] for user in simulator.state()["users"] if user["username"] == name)
    before = simulator.state()
    assert patch(simulator, number, fullname="Mallory") == 409
    assert simulator.call("DELETE", f"{USERS}/{number}").status == 409
    assert simulator.call("POST", f"{USERS}/{number}/pins", {}).status == 409
    assert simulator.call("POST", USERS, {"username": name, "fullname": "Mallory"}).status == 409
    assert simulator.state() == before


def test_the_list_comes_in_pages_of_all_users_in_the_order_of_ids(simulator: Simulator) -> None:
    simulator.seed([{"username": f"u{n}", "cards": [f"C{n}"], "groups": ["G"]} for n in range(5)])
    simulator.seed([{"username": "gone", "deleted": True}])
    pages = [simulator.call("GET", f"{USERS}/all?offset={at}&limit=4").content for at in (0, 4, 8, 12)]
    assert [page["count"] for page in pages] == [11, 11, 11, 11]
    users = [user for page in pages for user in page["users"]]
    assert [len(page["users"]) for page in pages] == [4, 4, 3, 0]
    assert [user["id"] for user in users] == list(range(1, 12))
    assert users[7] == simulator.call("GET", f"{USERS}/8").content
    assert [user["username"] for user in users if user["deleted"]] == ["gone"]
    assert all("pins" not in user for user in users)


def test_a_page_holds_no_more_than_the_server_gives(simulator: Simulator) -> None:
    simulator.seed([{"username": f"u{n}"} for n in range(9)])
    assert len(simulator.call("GET", f"{USERS}/all").content["users"]) == 14
    simulator.switch(page_limit=4)
    assert len(simulator.call("GET", f"{USERS}/all?limit=1000").content["users"]) == 4
    assert len(simulator.call("GET", f"{USERS}/all").content["users"]) == 4


@pytest.mark.parametrize("query", ["offset=-1", "limit=many", "offset=1.5", "offset=%C2%B2"])
def test_offset_and_limit_are_whole_numbers(simulator: Simulator, query: str) -> None:
    assert simulator.call("GET", f"{USERS}/all?{query}").status == 400


def test_an_offset_beyond_all_numbers_gives_an_empty_page(simulator: Simulator) -> None:
    assert simulator.call("GET", f"{USERS}/all?offset={10**30}").content == {"users": [], "count": 5}


def test_section_5_the_default_group_is_one_of_the_users_groups(simulator: Simulator) -> None:
    simulator.seed(groups=["A", "B"])
    number = create(simulator, username="ada", groups=["A"])
    assert patch(simulator, number, defaultGroup="B") == 400
    assert patch(simulator, number, defaultGroup="A") == 200
    assert patch(simulator, number, defaultGroup="A") == 200
    assert simulator.users()["ada"]["defaultGroup"] == "A"
    assert patch(simulator, number, groups=["B"]) == 200
    assert simulator.users()["ada"]["defaultGroup"] == ""
    assert patch(simulator, number, defaultGroup="B") == 200
    assert patch(simulator, number, groups=["B", "A"]) == 200
    assert simulator.users()["ada"]["defaultGroup"] == "B"
    assert patch(simulator, number, defaultGroup="") == 200
    assert simulator.users()["ada"]["defaultGroup"] == ""


def test_section_5_or_any_group_where_the_switch_says_so(simulator: Simulator) -> None:
    simulator.switch(default_group_must_be_a_membership=False)
    simulator.seed(groups=["A", "B"])
    number = create(simulator, username="ada", groups=["A"], defaultGroup="B")
    assert patch(simulator, number, groups=[]) == 200
    assert simulator.users()["ada"]["defaultGroup"] == "B"
