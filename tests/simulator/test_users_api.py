"""Users over HTTP, rule by rule; the ids name the section of myq.md."""

from __future__ import annotations

from support.simulator import Simulator


def test_section_6_3_an_unfiltered_search_answers_with_nobody(simulator: Simulator) -> None:
    simulator.seed([{"username": "ada"}])
    for path in ("/api/v3/users", "/api/v2/users", "/api/v3/users/find"):
        assert simulator.call("GET", path).content == {"users": [], "count": 0}


def test_section_5_a_deletion_is_soft_and_costs_all_groups(simulator: Simulator) -> None:
    first = simulator.seed(
        [{"username": "ada", "groups": ["Staff|IT"], "defaultGroup": "Staff|IT", "cards": ["A1"]}]
    )
    assert simulator.call("DELETE", f"/api/v3/users/{first}").status == 200
    ada = simulator.users()["ada"]
    assert (ada["deleted"], ada["groups"], ada["defaultGroup"], ada["cards"]) == (True, [], "", ["A1"])
    assert simulator.call("POST", f"/api/v3/users/{first}/undelete").status == 200
    ada = simulator.users()["ada"]
    assert (ada["deleted"], ada["groups"]) == (False, [])
    assert [(each["operation"], each["user"]) for each in simulator.log()] == [
        ("seed", None),
        ("seed", None),
        ("deleteUser", first),
        ("undeleteUser", first),
    ]
