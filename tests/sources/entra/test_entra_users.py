"""Users of a tenant: all of them or some, page by page, with what the manifest asks for."""

from __future__ import annotations

import re
from math import ceil
from urllib.parse import parse_qs, urlsplit

import pytest

from reconciler.core.model import Cell
from reconciler.errors import SourceDataError, SourceUnavailable
from support.entra import Source
from support.graph import GraphDouble, person
from support.graph_queries import numbered

pytestmark = pytest.mark.entra

APP = "extension_0123456789abcdef0123456789abcdef_cardNumber"
COURSE = "ext55gb1l09_courses"


def test_a_user_has_the_attributes_asked_for_in_their_order(graph: GraphDouble, source: Source) -> None:
    ada = graph.user("ada", jobTitle="Analyst")
    read = source.read("jobTitle", "userPrincipalName")
    assert read.rows == {ada: ("Analyst", "ada@contoso.com")}
    assert read.reading.records == 1
    assert read.facts["users"] == "1 of 1 counted, in 1 pages"


@pytest.mark.parametrize("count", [0, 1, 998, 999, 1000, 1998, 2500])
def test_pages_hold_999_and_there_are_no_more_trips_than_that_takes(
    graph: GraphDouble, source: Source, count: int
) -> None:
    for key in numbered(count):
        graph.tenant.users[key] = person(key, f"u{key[-4:]}")
    read = source.read("userPrincipalName", "onPremisesExtensionAttributes/extensionAttribute1")
    assert list(read.rows) == sorted(graph.tenant.users)
    assert [len(batch.origins) for batch in read.batches] == [999] * (count // 999) + [count % 999] * (
        count % 999 > 0
    )
    asked = graph.server.lines("/users")
    assert len(asked) == max(1, ceil(count / 999))


def test_only_what_is_needed_is_selected(graph: GraphDouble, source: Source) -> None:
    graph.user("ada")
    source.read(
        "mail", "mail", "upnPrefix", users={"guests": True, "disabled": True, "sharedMailboxes": True}
    )
    source.read("id", "onPremisesExtensionAttributes/extensionAttribute1")
    lean, usual = (urlsplit(line.removeprefix("GET ")) for line in graph.server.lines("/users"))
    assert parse_qs(lean.query) == {
        "$count": ["true"],
        "$top": ["999"],
        "$select": ["id,mail,userPrincipalName"],
    }
    assert parse_qs(usual.query)["$select"] == ["accountEnabled,id,onPremisesExtensionAttributes,userType"]


@pytest.mark.parametrize(
    ("attribute", "properties", "cell"),
    [
        pytest.param("displayName", {}, "Ada", id="text"),
        pytest.param("jobTitle", {"jobTitle": None}, "", id="null is empty"),
        pytest.param("jobTitle", {}, "", id="a property that Graph shows as null"),
        pytest.param("id", {}, "00000000-0000-4000-8000-000000000001", id="the object id"),
        pytest.param("objectId", {}, "00000000-0000-4000-8000-000000000001", id="as MyQ calls the id"),
        pytest.param("upnPrefix", {}, "ada", id="the user name before the at sign"),
        pytest.param("employeeID", {"employeeId": "0042"}, "0042", id="as MyQ's form spells it"),
        pytest.param("accountEnabled", {}, "true", id="true"),
        pytest.param("accountEnabled", {"accountEnabled": False}, "false", id="false"),
        pytest.param("businessPhones", {"businessPhones": []}, "", id="no values"),
        pytest.param("businessPhones", {"businessPhones": ["1"]}, "1", id="one value"),
        pytest.param(
            "otherMails", {"otherMails": ["a@x", "", None, "b@x"]}, ("a@x", "b@x"), id="several values"
        ),
        pytest.param(
            "onPremisesSamAccountName@onPremisesDomainName", {}, "ada@corp.contoso.com", id="joined"
        ),
        pytest.param(
            "onPremisesSamAccountName@onPremisesDomainName",
            {"onPremisesDomainName": None},
            "",
            id="joined, and one half is absent",
        ),
        pytest.param(
            "onPremisesExtensionAttributes/extensionAttribute1",
            {"onPremisesExtensionAttributes": {"extensionAttribute1": "7E9700C9"}},
            "7E9700C9",
            id="an extension attribute from Active Directory",
        ),
        pytest.param("employeeOrgData/division", {"employeeOrgData": None}, "", id="nested in nothing"),
        pytest.param(f"{COURSE}/a/b", {COURSE: {"a": {"b": "x"}}}, "x", id="nested twice"),
        pytest.param(f"{COURSE}/a/b", {COURSE: {"a": None}}, "", id="nested twice in nothing"),
        pytest.param(APP, {APP: 123456789012345678}, "123456789012345678", id="a directory extension"),
        pytest.param(APP, {}, "", id="a directory extension that is not set"),
    ],
)
def test_an_attribute_becomes_a_cell(
    graph: GraphDouble, source: Source, attribute: str, properties: dict[str, object], cell: Cell
) -> None:
    graph.tenant.extensions |= {APP, COURSE}
    graph.user("ada", **properties)
    assert source.read(attribute, users={"disabled": True}).column == [cell]


@pytest.mark.parametrize(
    ("attribute", "properties", "words"),
    [
        pytest.param("shoeSize", {}, "400.*Could not find a property named 'shoeSize'", id="unknown"),
        pytest.param("aboutMe", {}, "501.*not yet supported", id="shown for single users only"),
        pytest.param("displayname", {}, "no user has displayname", id="in the wrong case"),
        pytest.param(
            "onPremisesExtensionAttributes/attribute1", {}, "no user has attribute1", id="an unknown part"
        ),
        pytest.param("displayName/first", {}, "no user has first", id="a part of something without parts"),
        pytest.param(
            "employeeOrgData",
            {"employeeOrgData": {"division": "North"}},
            "employeeOrgData holds no value but properties",
            id="without naming the part",
        ),
        pytest.param("otherMails", {"otherMails": [["a"]]}, "no value", id="lists within lists"),
        pytest.param("otherMails", {"otherMails": [{"a": 1}]}, "no value", id="objects within a list"),
    ],
)
def test_an_attribute_that_cannot_be_read_stops_the_source(
    graph: GraphDouble, source: Source, attribute: str, properties: dict[str, object], words: str
) -> None:
    graph.tenant.extensions |= {COURSE}
    graph.user("ada", **properties)
    with pytest.raises(SourceDataError) as info:
        source.read(attribute)
    assert re.search(words, str(info.value))


def test_an_attribute_cannot_smuggle_anything_into_the_question(graph: GraphDouble, source: Source) -> None:
    with pytest.raises(SourceDataError, match="Could not find a property"):
        source.read("mail&$filter=accountEnabled eq false")
    (request,) = (request for request in graph.server.requests if "/users" in request.target)
    assert "%26%24filter%3D" in request.target


PEOPLE = {
    "member": {},
    "untyped": {"userType": None},
    "unsaid": {"accountEnabled": None},
    "leaver": {"accountEnabled": False},
    "guest": {"userType": "Guest"},
    "gone-guest": {"userType": "Guest", "accountEnabled": False},
    "info-desk": {"accountEnabled": False, "assignedLicenses": []},
    "no-mail": {"accountEnabled": False, "assignedLicenses": [], "mail": None},
}
ALWAYS = {"member", "untyped", "unsaid"}


@pytest.mark.parametrize(
    ("users", "more"),
    [
        pytest.param({}, set(), id="nothing ticked"),
        pytest.param({"guests": True}, {"guest"}, id="guests"),
        pytest.param({"disabled": True}, {"leaver", "no-mail"}, id="disabled accounts"),
        pytest.param({"sharedMailboxes": True}, {"info-desk"}, id="shared mailboxes"),
        pytest.param(
            {"disabled": True, "sharedMailboxes": True},
            {"leaver", "no-mail", "info-desk"},
            id="disabled accounts and shared mailboxes",
        ),
        pytest.param(
            {"guests": True, "disabled": True, "sharedMailboxes": True},
            set(PEOPLE) - ALWAYS,
            id="everything ticked",
        ),
        pytest.param({"filter": "userType eq 'Member' and accountEnabled eq true"}, set(), id="a filter too"),
    ],
)
def test_the_manifest_chooses_whom_to_import(
    graph: GraphDouble, source: Source, users: dict[str, object], more: set[str]
) -> None:
    for name, properties in PEOPLE.items():
        graph.user(name, **properties)
    read = source.read("upnPrefix", users=users)
    expected = {"member"} if "filter" in users else ALWAYS | more
    assert set(read.column) == expected
    assert read.reading.records == len(expected)


def test_who_is_left_out_is_counted_by_reason(graph: GraphDouble, source: Source) -> None:
    for name, properties in PEOPLE.items():
        graph.user(name, **properties)
    facts = source.read(users={"disabled": True}).facts
    assert facts == {
        "users": "8 of 8 counted, in 1 pages",
        "left out: guests": "2",
        "left out: shared mailboxes": "1",
    }


def test_a_filter_that_graph_refuses_stops_the_source(graph: GraphDouble, source: Source) -> None:
    graph.user("ada")
    with pytest.raises(SourceDataError, match="Unsupported Query"):
        source.read(users={"filter": "age gt 3"})


# Users from selected groups


@pytest.fixture
def company(graph: GraphDouble) -> dict[str, str]:
    """Six people, and groups within groups."""
    ids = {name: graph.user(name) for name in ("ada", "bob", "cyd", "dan", "eve", "fay")}
    inner = graph.group("Inner", ids["cyd"])
    ids["Printing"] = graph.group("Printing", ids["ada"], ids["bob"], inner)
    ids["Staff O'Neil"] = graph.group("Staff O'Neil", ids["bob"], ids["dan"], unified=True)
    graph.group("Twins", ids["eve"])
    graph.group("Twins", ids["fay"])
    return ids


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        pytest.param({"fromGroups": ["Printing"]}, {"ada", "bob"}, id="by name"),
        pytest.param({"fromGroups": ["printing"]}, {"ada", "bob"}, id="by name in another case"),
        pytest.param({"fromGroups": ["Printing"], "nested": True}, {"ada", "bob", "cyd"}, id="nested too"),
        pytest.param(
            {"fromGroups": ["Printing", "Staff O'Neil"]}, {"ada", "bob", "dan"}, id="at least one of two"
        ),
        pytest.param({"fromGroups": ["Printing", "Printing"]}, {"ada", "bob"}, id="named twice"),
        pytest.param(
            {"fromGroups": ["Printing"], "filter": "displayName eq 'Bob'"}, {"bob"}, id="with a filter"
        ),
    ],
)
def test_users_come_from_selected_groups(
    company: dict[str, str], source: Source, users: dict[str, object], expected: set[str]
) -> None:
    assert company
    read = source.read("upnPrefix", users=users)
    assert sorted(map(str, read.column)) == sorted(expected)


def test_a_selected_group_is_found_by_its_id(
    company: dict[str, str], source: Source, graph: GraphDouble
) -> None:
    read = source.read("upnPrefix", users={"fromGroups": [company["Printing"].upper()]})
    assert set(read.column) == {"ada", "bob"}
    assert not graph.server.lines(r"/v1\.0/users"), "a group of two does not take the whole tenant"


@pytest.mark.parametrize(
    ("word", "words"),
    [
        pytest.param("Printers", "there is no group 'Printers'", id="no such group"),
        pytest.param("00000000-0000-4000-8000-00000000dead", "there is no group", id="no such id"),
        pytest.param("Twins", "2 groups are called 'Twins': 0000.*, 0000", id="two of that name"),
    ],
)
def test_a_selected_group_must_be_one(company: dict[str, str], source: Source, word: str, words: str) -> None:
    assert company
    with pytest.raises(SourceDataError, match=words):
        source.read(users={"fromGroups": [word]})


def test_members_that_graph_shows_by_id_alone_are_not_believed(
    company: dict[str, str], source: Source, graph: GraphDouble
) -> None:
    assert company
    graph.app.roles = frozenset({"GroupMember.Read.All"})
    with pytest.raises(SourceUnavailable, match="without their properties") as info:
        source.read("displayName", users={"fromGroups": ["Printing"]})
    assert "User.Read.All" in info.value.hint


def test_nothing_is_asked_before_the_first_batch(source: Source, graph: GraphDouble) -> None:
    graph.user("ada")
    reading = source.reader(source.spec()).read(("mail",))
    assert graph.server.requests == []
    assert next(reading).origins == list(graph.tenant.users)
    reading.close()
    assert len(graph.server.lines("/users")) == 1


def test_the_manifest_makes_a_reader(source: Source, graph: GraphDouble) -> None:
    graph.user("ada")
    reader = source.spec().reader(source.surroundings)
    assert next(reader.read(("displayName",))).columns == [["Ada"]]
