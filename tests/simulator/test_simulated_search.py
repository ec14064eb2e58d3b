"""The documented search of users (myq.md section 6.3)."""

from __future__ import annotations

import pytest

from support.simulator import Simulator

PEOPLE = [
    {
        "username": "ada",
        "fullname": "Ada Lovelace",
        "email": "people@x.org",
        "code": "17",
        "syncSource": "HR",
        "aliases": ["al"],
        "cards": ["A1"],
        "groups": ["Staff|IT"],
    },
    {"username": "Ada", "email": "people@x.org", "code": "18"},
    {"username": "gone", "email": "gone@x.org", "deleted": True},
]


def found(simulator: Simulator, query: str) -> list[str]:
    content = simulator.call("GET", f"/api/v2/users?{query}").content
    assert content["count"] == len(content["users"])
    return [user["username"] for user in content["users"]]


@pytest.mark.parametrize("path", ["/api/v3/users", "/api/v2/users", "/api/v3/users/find"])
def test_section_6_3_an_unfiltered_search_answers_with_nobody(simulator: Simulator, path: str) -> None:
    simulator.seed(PEOPLE)
    for query in ("", "?groups=true", "?surname=ada"):
        assert simulator.call("GET", path + query).content == {"users": [], "count": 0}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("username=ada", ["ada"], id="by user name, as the sample has it"),
        pytest.param("name=ada", ["ada"], id="by name, as the table has it"),
        pytest.param("username=al", [], id="an alias is not looked for"),
        pytest.param("code=17", ["ada"], id="by personal number"),
        pytest.param("card=A1", ["ada"], id="by card"),
        pytest.param("card=a1", [], id="a card in another case"),
        pytest.param("email=people%40x.org", ["ada", "Ada"], id="an e-mail address may be shared"),
        pytest.param("email=people%40x.org&code=18", ["Ada"], id="all filters count"),
        pytest.param("code=17&card=B9", [], id="no match"),
        pytest.param("username=gone", [], id="deleted users are not found"),
        pytest.param("username=*admin", [], id="system users are hidden"),
    ],
)
def test_section_6_3_a_search_finds(simulator: Simulator, query: str, names: list[str]) -> None:
    simulator.seed(PEOPLE)
    assert found(simulator, query) == names


def test_section_6_3_an_answer_has_the_documented_fields(simulator: Simulator) -> None:
    first = simulator.seed(PEOPLE)
    expected = {
        "id": first,
        "username": "ada",
        "fullname": "Ada Lovelace",
        "email": "people@x.org",
        "scanStorage": "",
        "code": "17",
        "syncSource": "HR",
        "lang": "",
        "phone": "",
        "ldapDomain": "",
        "notes": "",
        "aliases": ["al"],
    }
    content = simulator.call("GET", "/api/v3/users/find?code=17").content
    assert content == {"users": [expected], "count": 1}
    content = simulator.call("GET", "/api/v3/users/find?code=17&groups=true").content
    assert content == {"users": [expected | {"groups": ["Staff|IT"]}], "count": 1}


def test_section_5_without_case_a_name_is_found_in_any(simulator: Simulator) -> None:
    simulator.seed(PEOPLE)
    simulator.switch(user_name_case_sensitive=False)
    assert found(simulator, "username=ADA") == ["ada", "Ada"]


def test_section_6_3_deleted_users_are_found_where_the_switch_says_so(simulator: Simulator) -> None:
    simulator.seed(PEOPLE)
    simulator.switch(search_finds_deleted_users=True)
    assert found(simulator, "username=gone") == ["gone"]
