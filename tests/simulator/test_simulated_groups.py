"""The tree of groups (myq.md sections 2.4, 4.2 and 5)."""

from __future__ import annotations

import pytest

from support.simulator import Simulator

GROUPS = "/api/v3/groups"


def listed(simulator: Simulator) -> list[str]:
    content = simulator.call("GET", GROUPS).content
    assert content["count"] == len(content["groups"])
    return [group["path"] for group in content["groups"]]


def move(simulator: Simulator, path: str, to: str) -> int:
    ids = {group["path"]: group["id"] for group in simulator.call("GET", GROUPS).content["groups"]}
    return simulator.call("PATCH", f"{GROUPS}/{ids[path]}", {"path": to}).status


def test_section_4_2_shared_beginnings_make_one_parent(simulator: Simulator) -> None:
    for leaf in ("Swimming", "Birdwatching"):
        reply = simulator.call("POST", GROUPS, {"path": f"Activities|Outdoor|{leaf}"})
        assert reply.status == 201
        assert reply.content["path"] == f"Activities|Outdoor|{leaf}"
    assert listed(simulator) == [
        "Activities",
        "Activities|Outdoor",
        "Activities|Outdoor|Swimming",
        "Activities|Outdoor|Birdwatching",
    ]
    assert simulator.log()[0]["what"] == {"group": [None, "Activities"]}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("Staff", 409, id="it exists"),
        pytest.param("All users", 409, id="section 5: All users is built in"),
        pytest.param("A,B", 400, id="section 4.2: no comma"),
        pytest.param("A||B", 400, id="an empty level"),
        pytest.param("", 400, id="no name at all"),
        pytest.param(" | ", 400, id="levels of white space"),
        pytest.param(7, 400, id="no text"),
        pytest.param("STAFF", 201, id="section 2.4: another case is another group"),
    ],
)
def test_creating_a_group(simulator: Simulator, path: object, status: int) -> None:
    simulator.seed(groups=["Staff"])
    assert simulator.call("POST", GROUPS, {"path": path}).status == status


def test_section_2_4_names_without_case(simulator: Simulator) -> None:
    simulator.seed(groups=["Staff"])
    simulator.switch(group_names_case_sensitive=False)
    assert simulator.call("POST", GROUPS, {"path": "STAFF"}).status == 409
    simulator.call("POST", GROUPS, {"path": "staff|IT"})
    assert listed(simulator) == ["Staff", "staff|IT"]


def test_section_4_2_commas_where_the_switch_says_so(simulator: Simulator) -> None:
    simulator.switch(group_names_may_hold_commas=True)
    assert simulator.call("POST", GROUPS, {"path": "A,B"}).status == 201


def test_section_5_everybody_is_in_all_users_and_no_list_says_so(simulator: Simulator) -> None:
    first = simulator.seed([{"username": "ada"}])
    reply = simulator.call("PATCH", f"/api/v3/users/{first}", {"groups": ["All users"]})
    assert (reply.status, reply.content["groups"]) == (200, [])
    assert listed(simulator) == []
    assert simulator.call("PATCH", f"{GROUPS}/1", {"path": "Everybody"}).status == 409


def test_descendants_and_members_move_with_their_group(simulator: Simulator) -> None:
    simulator.seed([{"username": "ada", "groups": ["A|B|C"], "defaultGroup": "A|B|C"}], ["A|Bee", "Z"])
    assert move(simulator, "A|B", "Z|B2") == 200
    assert sorted(listed(simulator)) == ["A", "A|Bee", "Z", "Z|B2", "Z|B2|C"]
    ada = simulator.users()["ada"]
    assert (ada["groups"], ada["defaultGroup"]) == (["Z|B2|C"], "Z|B2|C")
    assert move(simulator, "Z|B2", "B3") == 200
    assert sorted(listed(simulator)) == ["A", "A|Bee", "B3", "B3|C", "Z"]
    assert move(simulator, "B3", "B3") == 200


@pytest.mark.parametrize(
    ("to", "status"),
    [
        pytest.param("Z", 409, id="the place is taken"),
        pytest.param("A|B|D", 409, id="below itself"),
        pytest.param("Nowhere|B", 409, id="the parent is not there"),
        pytest.param("A|,", 400, id="a comma"),
    ],
)
def test_a_group_cannot_move(simulator: Simulator, to: str, status: int) -> None:
    simulator.seed(groups=["A|B", "Z"])
    before = simulator.state()
    assert move(simulator, "A|B", to) == status
    assert simulator.state() == before


def test_an_unknown_group_is_a_404(simulator: Simulator) -> None:
    assert simulator.call("PATCH", f"{GROUPS}/99", {"path": "A"}).status == 404


def test_groups_come_in_pages(simulator: Simulator) -> None:
    simulator.seed(groups=["A", "B", "C"])
    pages = [simulator.call("GET", f"{GROUPS}?offset={at}&limit=2").content for at in (0, 2)]
    assert [[group["path"] for group in page["groups"]] for page in pages] == [["A", "B"], ["C"]]
    assert [page["count"] for page in pages] == [3, 3]
