"""Memberships of Entra ID as group paths of MyQ."""

from __future__ import annotations

import re

import pytest

from reconciler.core.model import Cell
from reconciler.errors import SourceDataError, SourceUnavailable
from support.entra import Source
from support.graph import GraphDouble, person
from support.graph_queries import numbered

pytestmark = pytest.mark.entra


@pytest.fixture
def people(graph: GraphDouble) -> dict[str, str]:
    """Four people by name."""
    return {name: graph.user(name) for name in ("ada", "bob", "cyd", "dan")}


@pytest.fixture
def nested(graph: GraphDouble, people: dict[str, str]) -> dict[str, str]:
    """Company > Sales > Export; Export is within Projects too; a team of Microsoft 365, a list for mail."""
    export = graph.group("Export", people["cyd"])
    sales = graph.group("Sales", people["bob"], export)
    graph.group("Company", people["ada"], sales)
    graph.group("Projects", export)
    graph.group("Team", people["ada"], people["bob"], unified=True)
    graph.group("Mail list", people["ada"], securityEnabled=False)
    return people


@pytest.mark.parametrize(
    ("memberships", "expected"),
    [
        pytest.param(
            {},
            {"ada": ("Company", "Team"), "bob": ("Sales", "Team"), "cyd": "Export", "dan": ""},
            id="direct and side by side, all types but distribution lists",
        ),
        pytest.param(
            {"types": "security"},
            {"ada": "Company", "bob": "Sales", "cyd": "Export", "dan": ""},
            id="security groups",
        ),
        pytest.param(
            {"types": "microsoft365"},
            {"ada": "Team", "bob": "Team", "cyd": "", "dan": ""},
            id="Microsoft 365 groups",
        ),
        pytest.param(
            {"members": "transitive", "types": "security"},
            {
                "ada": "Company",
                "bob": ("Company", "Sales"),
                "cyd": ("Company", "Export", "Projects", "Sales"),
                "dan": "",
            },
            id="through nested groups",
        ),
        pytest.param(
            {"tree": True},
            {
                "ada": ("Company", "Team"),
                "bob": ("Company|Sales", "Team"),
                "cyd": ("Company|Sales|Export", "Projects|Export"),
                "dan": "",
            },
            id="as trees, and a group within two others stands twice",
        ),
        pytest.param(
            {"tree": True, "members": "transitive", "types": "security"},
            {
                "ada": "Company",
                "bob": ("Company", "Company|Sales"),
                "cyd": (
                    "Company",
                    "Company|Sales",
                    "Company|Sales|Export",
                    "Projects|Export",
                    "Projects",
                ),
                "dan": "",
            },
            id="as trees through nested groups",
        ),
        pytest.param(
            {"ignoreGroups": ["team", "Company"], "tree": True},
            {"ada": "", "bob": "Sales", "cyd": ("Projects|Export", "Sales|Export"), "dan": ""},
            id="without some, whose groups move up",
        ),
        pytest.param(
            {"ignoreGroupsContaining": ["EX", "ea"]},
            {"ada": "Company", "bob": "Sales", "cyd": "", "dan": ""},
            id="without those that have a word in them",
        ),
        pytest.param(
            {"ignoreGroups": ["Sales"], "members": "transitive", "types": "security"},
            {"ada": "Company", "bob": "Company", "cyd": ("Company", "Export", "Projects"), "dan": ""},
            id="an ignored group still leads to the outer one",
        ),
        pytest.param(
            {"onlyGroups": ["Team", "company"]},
            {"ada": ("Team", "Company"), "bob": "Team", "cyd": "", "dan": ""},
            id="only some, in the order of preference",
        ),
    ],
)
def test_memberships_become_paths(
    nested: dict[str, str], source: Source, memberships: dict[str, object], expected: dict[str, Cell]
) -> None:
    assert nested
    found = source.paths(**memberships)
    assert {name: set(_values(cell)) for name, cell in found.items()} == {
        name: set(_values(cell)) for name, cell in expected.items()
    }
    if "onlyGroups" in memberships:
        assert found == expected, "the preferred group comes first: it becomes the default"


def _values(cell: Cell) -> tuple[str, ...]:
    return cell if isinstance(cell, tuple) else (cell,)


def test_groups_can_be_named_by_their_ids(graph: GraphDouble, source: Source) -> None:
    ada = graph.user("ada")
    sales, _ = graph.group("Sales", ada), graph.group("Sales", ada)
    assert source.paths(onlyGroups=[sales.upper()]) == {"ada": "Sales"}
    assert source.paths(ignoreGroups=[sales]) == {"ada": "Sales"}


def test_a_group_of_the_manifest_that_is_gone_stops_the_source(
    nested: dict[str, str], source: Source
) -> None:
    assert nested
    with pytest.raises(SourceDataError, match="there is no group 'Purchasing'"):
        source.paths(onlyGroups=["Sales", "Purchasing"])
    with pytest.raises(SourceDataError, match="there is no group 'Team'"):
        source.paths(onlyGroups=["Team"], types="security")


def test_each_list_is_asked_for_once_and_nobody_one_by_one(
    nested: dict[str, str], graph: GraphDouble, source: Source
) -> None:
    assert nested
    ways = [{"memberships": {"tree": True}}, {"memberships": {}}, {"attribute": "%department%"}]
    read = source.read("@groups0", "@groups1", "department", groups={"import": ways})
    assert read.facts["groups"] == "5"
    lists = [line.partition("?")[0] for line in graph.server.lines(r"GET /v1\.0/")]
    assert len(lists) == len(set(lists))
    assert sorted(re.sub(r"[0-9a-f-]{36}", "*", line) for line in lists) == sorted(
        ["GET /v1.0/users", "GET /v1.0/groups"]
        + ["GET /v1.0/groups/*/members/microsoft.graph.user"] * 5
        + ["GET /v1.0/groups/*/members/microsoft.graph.group"] * 4  # a Microsoft 365 group holds none
    )


def test_groups_that_nobody_asked_for_are_not_read(
    nested: dict[str, str], graph: GraphDouble, source: Source
) -> None:
    assert nested
    source.read("mail", groups={"import": [{"memberships": {}}]})
    assert not graph.server.lines("/groups")


@pytest.mark.parametrize("tree", [False, True], ids=["side by side", "as a tree"])
def test_empty_groups_are_created_on_request(
    nested: dict[str, str], graph: GraphDouble, source: Source, *, tree: bool
) -> None:
    graph.group("Nobody yet", graph.group("Below"))
    assert nested
    for wanted in (False, True):
        ways = [{"memberships": {"importEmptyGroups": wanted, "types": "security", "tree": tree}}]
        read = source.read("@groups0", groups={"import": ways})
        below = "Nobody yet|Below" if tree else "Below"
        found = {"Nobody yet", below} & set(read.reading.groups)
        assert found == ({"Nobody yet", below} if wanted else set())
    assert list(read.reading.groups) == sorted(set(read.reading.groups))


def test_many_members_come_in_pages(graph: GraphDouble, source: Source) -> None:
    for key in numbered(2500):
        graph.tenant.users[key] = person(key, f"u{int(key[-12:], 16)}")
    everybody = graph.group("Everybody", *graph.tenant.users)
    assert set(source.paths().values()) == {"Everybody"}
    assert len(graph.server.lines(f"/groups/{everybody}/members")) == 3


def test_many_groups_are_read_at_the_same_time(graph: GraphDouble, source: Source) -> None:
    ids = [graph.user(f"u{n}") for n in range(7)]
    for number in range(150):
        graph.group(f"Group {number:03}", ids[number % 7], ids[number % 5])
    found = source.paths(groups={"maxDepth": 1})
    for number in range(150):
        assert f"Group {number:03}" in found[f"u{number % 7}"]
    read = source.read("@groups0", connections=16, groups={"import": [{"memberships": {}}]})
    assert read.column == list(found.values())


# Trees


def test_circles_end(graph: GraphDouble, people: dict[str, str], source: Source) -> None:
    chicken = graph.group("Chicken", people["ada"])
    egg = graph.group("Egg", people["bob"], chicken)
    graph.tenant.members[chicken] += [egg, chicken]
    graph.group("Farm", people["cyd"], graph.group("Stable", people["dan"]))
    assert source.paths(tree=True) == {
        "ada": "Chicken",
        "bob": "Chicken|Egg",
        "cyd": "Farm",
        "dan": "Farm|Stable",
    }
    graph.group("Yard", egg)
    assert source.paths(tree=True, onlyGroups=["Chicken", "Egg", "Yard"]) == {
        "ada": "Yard|Egg|Chicken",
        "bob": "Yard|Egg",
        "cyd": "",
        "dan": "",
    }


def test_a_tree_that_is_too_deep_stops_the_source(
    graph: GraphDouble, people: dict[str, str], source: Source
) -> None:
    below = people["ada"]
    for number in range(4):
        below = graph.group(f"Level {number}", below)
    assert source.paths(tree=True, groups={"maxDepth": 4})["ada"] == "Level 3|Level 2|Level 1|Level 0"
    with pytest.raises(SourceDataError, match=r"more than 3 levels.*Level 3\|Level 2\|Level 1\|Level 0"):
        source.paths(tree=True, groups={"maxDepth": 3})


def test_a_tree_that_explodes_stops_the_source(
    graph: GraphDouble, people: dict[str, str], source: Source
) -> None:
    below = [people["ada"]]
    for number in range(18):
        below = [graph.group(f"{side} {number}", *below) for side in ("left", "right")]
    with pytest.raises(SourceDataError, match="more than 100,000 places"):
        source.paths(tree=True)


# Names


def test_two_groups_of_one_name_are_never_one_group(
    graph: GraphDouble, people: dict[str, str], source: Source
) -> None:
    one = graph.group("Sales", people["ada"])
    two = graph.group("SALES ", people["bob"])
    graph.group("Export", people["ada"])
    with pytest.raises(SourceDataError) as info:
        source.paths()
    assert one in info.value.message
    assert two in info.value.message
    assert "sameName" in info.value.hint
    assert source.paths(sameName="suffix") == {
        "ada": ("Export", "Sales (00000000-0000-4000-8000-000000010000)"),
        "bob": "SALES (00000000-0000-4000-8000-000000010001)",
        "cyd": "",
        "dan": "",
    }


def test_the_suffix_is_short_where_that_is_enough(
    graph: GraphDouble, people: dict[str, str], source: Source
) -> None:
    for number, name in enumerate(["ada", "bob"]):
        key = graph.group("Sales", people[name])
        other = f"{number}{key[1:]}"
        graph.tenant.groups[other] = {**graph.tenant.groups.pop(key), "id": other}
        graph.tenant.members[other] = graph.tenant.members.pop(key)
    found = source.paths(sameName="suffix")
    assert (found["ada"], found["bob"]) == ("Sales (00000000)", "Sales (10000000)")


def test_a_name_that_looks_like_a_suffixed_one_stops_the_source(
    graph: GraphDouble, people: dict[str, str], source: Source
) -> None:
    key = graph.group("Sales", people["ada"])
    graph.group("Sales", people["bob"])
    graph.group(f"Sales ({key})", people["cyd"])
    graph.group(f"Sales ({key}) ({next(numbered(1, 0x10002))})", people["dan"])
    with pytest.raises(SourceDataError, match="tell apart"):
        source.paths(sameName="suffix")


def test_same_names_in_different_branches_are_different_groups(
    graph: GraphDouble, people: dict[str, str], source: Source
) -> None:
    graph.group("North", graph.group("Staff", people["ada"]))
    graph.group("South", graph.group("Staff", people["bob"]))
    found = source.paths(tree=True)
    assert (found["ada"], found["bob"]) == ("North|Staff", "South|Staff")


def test_two_imports_do_not_bring_two_groups_under_one_name(
    graph: GraphDouble, people: dict[str, str], source: Source
) -> None:
    graph.group("Sales", people["ada"])
    graph.group("Sales", people["bob"], unified=True)
    ways = [{"memberships": {"types": types}} for types in ("security", "microsoft365")]
    with pytest.raises(SourceDataError, match="tell apart"):
        source.read("@groups0", "@groups1", groups={"import": ways})


@pytest.mark.parametrize("name", ["Sales | North", "Sales, North"])
def test_separators_in_names_stop_the_source_or_are_replaced(
    graph: GraphDouble, people: dict[str, str], source: Source, name: str
) -> None:
    key = graph.group(name, people["ada"])
    with pytest.raises(SourceDataError, match=r"neither ',' nor '\|'") as info:
        source.paths()
    assert info.value.where == key
    replaced = name.replace("|", "/").replace(",", "/")
    assert source.paths(groups={"replaceSeparators": "/"})["ada"] == replaced
    graph.group(replaced, people["bob"])
    with pytest.raises(SourceDataError, match="tell apart"):
        source.paths(groups={"replaceSeparators": "/"})


# Permissions


def test_without_the_permission_for_groups_the_error_names_it(
    nested: dict[str, str], graph: GraphDouble, source: Source
) -> None:
    assert nested
    graph.app.roles = frozenset({"User.Read.All"})
    with pytest.raises(SourceUnavailable, match=r"the groups \(403\): Authorization_RequestDenied") as info:
        source.paths()
    assert "GroupMember.Read.All" in info.value.hint


@pytest.mark.parametrize("looks_empty", [False, True], ids=["answers 403", "looks empty"])
def test_a_hidden_membership_is_read_or_refused_but_never_taken_for_empty(
    graph: GraphDouble, people: dict[str, str], source: Source, *, looks_empty: bool
) -> None:
    graph.group("Works council", people["ada"], visibility="HiddenMembership")
    graph.tenant.hidden_looks_empty = looks_empty
    for users in ({}, {"fromGroups": ["Works council"]}):
        with pytest.raises(SourceUnavailable, match="Works council") as info:
            source.read("@groups0", users=users, groups={"import": [{"memberships": {}}]})
        assert "Member.Read.Hidden" in info.value.hint
    with pytest.raises(SourceUnavailable, match="Works council"):
        source.read(users={"fromGroups": ["Works council"]})
    assert source.paths(ignoreGroups=["Works council"])["ada"] == ""
    graph.app.roles |= {"Member.Read.Hidden"}
    assert source.paths()["ada"] == "Works council"


def test_a_group_shown_without_its_name_is_not_believed(graph: GraphDouble, source: Source) -> None:
    graph.group("Sales")
    next(iter(graph.tenant.groups.values()))["displayName"] = None
    with pytest.raises(SourceUnavailable, match="a group without its name"):
        source.paths()
