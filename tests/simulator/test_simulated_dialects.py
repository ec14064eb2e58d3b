"""The REST interfaces that are made up: the same MyQ by other paths, names and pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from reconciler.errors import UsageError
from reconciler.simulator.dialects import DIALECTS
from reconciler.simulator.openapi import specification
from reconciler.simulator.switches import Dialect
from support.simulator import Reply, Simulator

PEOPLE = [
    {"username": "ada", "fullname": "Ada", "groups": ["Staff|IT"], "cards": ["C1"]},
    {"username": "cy", "fullname": "Cy", "deleted": True},
]


@pytest.fixture
def directory(simulator: Simulator) -> Simulator:
    """The simulator, speaking of people and teams."""
    simulator.seed(PEOPLE)
    simulator.switch(dialect="people")
    return simulator


def token(simulator: Simulator) -> str:
    told = {
        "grant_type": "client_credentials",
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
        "scope": "users",
    }
    answer = urllib3.request(
        "POST",
        f"{simulator.url}/directory/oauth/issue",
        body=urlencode(told),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    held: str = answer.json()["access_token"]
    return held


def call(simulator: Simulator, method: str, path: str, body: object = None) -> Reply:
    return simulator.call(method, path, body, token=token(simulator))


def person(**said: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    return {"person": {"login": "ada", "wholeName": "Ada", **said}}


def test_only_the_interface_that_is_spoken_is_there(directory: Simulator) -> None:
    assert directory.call("POST", "/api/auth/token", {}, token="").status == 404
    assert call(directory, "GET", "/api/v3/users/all").status == 404
    directory.switch(dialect="paged")
    assert directory.call("GET", "/directory/people", token="x").status == 404


def test_removed_people_are_listed_only_when_they_are_asked_for(directory: Simulator) -> None:
    def logins(query: str) -> list[str]:
        told = call(directory, "GET", f"/directory/people?{query}").content["members"]
        return [one["login"] for one in told if not one["login"].startswith("*")]

    assert logins("withRemoved=true") == ["ada", "cy"]
    assert logins("take=100") == ["ada"]


def test_deleted_users_are_listed_only_when_they_are_asked_for(simulator: Simulator) -> None:
    simulator.seed(PEOPLE)
    held = simulator.token()
    simulator.switch(dialect="paged")

    def told(query: str) -> dict[str, Any]:
        content: dict[str, Any] = simulator.call("GET", f"/rest/users?{query}", token=held).content
        return content

    assert told("pageSize=3&page=3")["totalItems"] == 6
    assert [one["userName"] for one in told("pageSize=5&page=2")["items"]] == ["ada"]
    assert [one["isDeleted"] for one in told("includeDeleted=true&pageSize=5&page=2")["items"]] == [
        False,
        True,
    ]
    assert [one["userName"] for one in told("userName=ada")["items"]] == ["ada"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/directory/people/17", None, 404, "nothing with the id"),
        ("GET", "/directory/people/p-99999999999999999999", None, 404, "nothing with the id"),
        ("GET", "/directory/people/by-login/eve", None, 404, "nobody with the login"),
        ("POST", "/directory/people", {"login": "eve"}, 400, '"person" is mandatory'),
        ("POST", "/directory/people", person(colour="red"), 400, "colour"),
        ("PUT", "/directory/people/p-6", person(state="gone"), 400, 'either "live" or "removed"'),
        ("PUT", "/directory/people/p-6", person(doorCodes=["271828"]), 400, "for new people"),
        ("PUT", "/directory/people/p-6", person(teams=[]), 400, "teams"),
        ("PUT", "/directory/people/p-6", person(costTeam="t-99"), 404, "no team 99"),
        ("DELETE", "/directory/people/p-6/badges/C9", None, 404, "no such badge"),
        ("PUT", "/directory/teams/t-99/people/p-6", None, 404, "no team 99"),
        ("POST", "/directory/teams", {}, 400, '"label" is mandatory'),
        ("POST", "/directory/teams", {"label": "A|B"}, 400, '"label" is mandatory'),
    ],
)
def test_what_is_wrong_is_refused(
    directory: Simulator, method: str, path: str, body: object, status: int, words: str
) -> None:
    answer = call(directory, method, path, body)
    assert (answer.status, words in answer.content["message"]) == (status, True), answer


def test_joining_twice_is_joining_once(directory: Simulator) -> None:
    for _ in range(2):
        assert call(directory, "PUT", "/directory/teams/t-2/people/p-6").status == 200
    assert directory.users()["ada"]["groups"] == ["Staff|IT", "Staff"]
    assert sum(one["operation"] == "add_to_group" for one in directory.log()) == 1


def test_what_a_replacement_does_not_say_is_emptied(directory: Simulator) -> None:
    assert call(directory, "PUT", "/directory/people/p-6", person(remark="n")).status == 200
    assert call(directory, "PUT", "/directory/people/p-6", person()).status == 200
    assert directory.users()["ada"]["notes"] == ""
    assert directory.users()["ada"]["cards"] == ["C1"]


def test_the_specification_of_what_is_spoken_is_there(directory: Simulator) -> None:
    told = directory.call("GET", "/simulator/openapi.json?version=2.0", token="x").content
    assert (told["swagger"], told["basePath"]) == ("2.0", "/directory")
    assert directory.raw("GET", "/simulator/openapi.yaml", b"", token="x").status == 200
    assert (
        "no version"
        in (directory.call("GET", "/simulator/openapi.json?version=4", token="x").content["message"])
    )


@pytest.mark.parametrize("dialect", list(Dialect))
def test_every_operation_that_is_told_of_is_there_and_refers_to_what_is_there(dialect: Dialect) -> None:
    spoken = DIALECTS[dialect]
    told = specification(spoken, "3.1")
    paths = {path for path, _ in _operations(told)}
    assert len(_operations(told)) == 1 + sum(route.told is not None for route in spoken.routes)
    assert all(path.startswith("/") for path in paths)
    known = {f"#/components/schemas/{name}" for name in told["components"]["schemas"]}
    assert set(_references(told)) <= known
    with pytest.raises(UsageError, match="no version"):
        specification(spoken, "1.2")


def _operations(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(path, method) for path, item in told["paths"].items() for method in item]


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [one for each in value.values() for one in _references(each)]
    return [one for each in value for one in _references(each)] if isinstance(value, list) else []
