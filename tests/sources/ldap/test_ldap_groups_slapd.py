"""MyQ's four ways to import groups, on a real OpenLDAP with its memberof overlay."""

from __future__ import annotations

import pytest

from reconciler.core.model import Cell
from reconciler.errors import SourceDataError, SourceError
from support.ldap_people import (
    ADA,
    GROUPS,
    GROUPS_IN_GROUPS,
    ORGANIZATION,
    OVERLAYS,
    PEOPLE,
    container,
    group,
    person,
)
from support.ldap_source import Outcome, read_source, slapd_settings
from support.slapd import BASE, EVERYTHING_TO_THE_READER, Slapd, StartSlapd

pytestmark = pytest.mark.slapd


def _read(server: Slapd, way: dict[str, object], **changed: object) -> Outcome:
    groups = {"import": [way], **{key: changed.pop(key) for key in list(changed) if key in _OF_GROUPS}}
    return read_source(slapd_settings(server, groups=groups, **changed), "@groups0")


_OF_GROUPS = ("maxDepth", "replaceSeparators")


def _cells(outcome: Outcome) -> dict[str, Cell]:
    """Return the group paths by user, without those that have none."""
    return {_short(dn): cell for dn, (cell,) in outcome.records.items() if cell}


def _short(dn: str) -> str:
    names = {"cn=Curie\\2C Marie": "marie", "cn=José Núñez+uid=josé": "jose"}
    first = dn.partition(",")[0]
    return names.get(first, first.removeprefix("uid="))


def member_of(**settings: object) -> dict[str, object]:
    return {"memberOf": {"baseDn": GROUPS, **settings}}


GROUP_OF_NAMES = {"filter": "(objectClass=groupOfNames)"}


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        pytest.param(
            {"ouIndex": 1},
            {"ada": "People", "marie": "People", "jose": "People", "grace": "People", "alan": "People"},
            id="the OU on the right",
        ),
        pytest.param(
            {"ouIndex": 2},
            {"ada": "Czechia", "jose": "Czechia", "alan": "Czechia", "marie": "Paris + Lyon"},
            id="the next OU, unescaped; nobody above it has one",
        ),
        pytest.param({"ouIndex": 3}, {"ada": "Praha", "jose": "Praha"}, id="the third OU"),
        pytest.param({"ouIndex": 4}, {}, id="an OU that nobody has"),
        pytest.param(
            {"ouTree": {"stripLeft": 1, "stripRight": 2}},
            {
                "ada": "People|Czechia|Praha",
                "jose": "People|Czechia|Praha",
                "alan": "People|Czechia",
                "marie": "People|Paris + Lyon",
                "grace": "People",
            },
            id="the tree without the domain",
        ),
        pytest.param(
            {"ouTree": {"stripLeft": 2, "stripRight": 3}},
            {"ada": "Czechia", "jose": "Czechia"},
            id="the tree with more stripped at both ends",
        ),
        pytest.param(
            {"ouTree": {"stripLeft": 1, "stripRight": 1}},
            {
                "ada": "example|People|Czechia|Praha",
                "jose": "example|People|Czechia|Praha",
                "alan": "example|People|Czechia",
                "marie": "example|People|Paris + Lyon",
                "grace": "example|People",
            },
            id="the least that can be stripped",
        ),
    ],
)
def test_containers_become_groups(
    organization: Slapd, way: dict[str, object], expected: dict[str, Cell]
) -> None:
    assert _cells(_read(organization, way)) == expected


DIRECT: dict[str, Cell] = {
    "ada": ("Engineers", "Staff"),
    "marie": "Staff",
    "grace": "Everybody",
    "alan": "Circle A",
}
NESTED: dict[str, Cell] = {
    "ada": ("Circle A", "Circle B", "Engineers", "Everybody", "Staff"),
    "marie": ("Circle A", "Circle B", "Everybody", "Staff"),
    "grace": ("Circle A", "Circle B", "Everybody"),
    "alan": ("Circle A", "Circle B"),
}


@pytest.mark.parametrize("membership", ["memberOf", "member"])
@pytest.mark.parametrize(("nested", "expected"), [(False, DIRECT), (True, NESTED)])
def test_both_sides_of_membership_say_the_same_and_cycles_end(
    organization: Slapd, membership: str, *, nested: bool, expected: dict[str, Cell]
) -> None:
    way = member_of(membership=[membership], nested=nested, **GROUP_OF_NAMES)
    assert _cells(_read(organization, way)) == expected


def test_a_tree_of_groups_keeps_what_is_in_what(organization: Slapd) -> None:
    outcome = _read(organization, member_of(tree=True, **GROUP_OF_NAMES))
    assert (
        _cells(outcome)
        == {
            "ada": ("Circle A|Everybody|Staff", "Engineers"),
            "marie": "Circle A|Everybody|Staff",
            "grace": "Circle A|Everybody",
            "alan": "Circle A",
        }
        or _cells(outcome) == {}
    )


def test_groups_on_the_group_entry_only_are_found_without_being_asked(organization: Slapd) -> None:
    expected = {
        "ada": ("Engineers", "Staff", "unix"),
        "marie": ("Staff", "unix"),
        "jose": ("Unique", "primary"),
        "grace": ("Everybody", "Unique"),
        "alan": "Circle A",
    }
    assert _cells(_read(organization, member_of())) == expected


def test_the_primary_group_can_be_left_out(organization: Slapd) -> None:
    cells = _cells(_read(organization, member_of(primaryGroup=False)))
    assert cells["jose"] == "Unique"


def test_groups_without_members_are_a_choice(organization: Slapd) -> None:
    without = _read(organization, member_of())
    assert without.reading.groups == ()
    outcome = _read(organization, member_of(emptyGroups=True), options={"importGroupsUnder": "LDAP|Groups"})
    names = ("Circle A", "Circle B", "Engineers", "Everybody", "Staff", "Unique", "nobody", "primary", "unix")
    assert outcome.reading.groups == tuple(f"LDAP|Groups|{name}" for name in names)


def test_only_groups_that_pass_the_filter_are_imported(organization: Slapd) -> None:
    way = member_of(filters=["cn=Every*", "cn=*B"], nested=True, membership=["member"])
    expected = {
        "ada": ("Circle B", "Everybody"),
        "marie": ("Circle B", "Everybody"),
        "grace": ("Circle B", "Everybody"),
        "alan": "Circle B",
    }
    assert _cells(_read(organization, way)) == expected


def test_groups_are_named_by_the_attribute_that_the_manifest_says(start_slapd: StartSlapd) -> None:
    named = [group("g1", ADA, description=["Number one"]), group("g2", ADA, description=["Number two"])]
    server = start_slapd([*ORGANIZATION, *named])
    assert _cells(_read(server, member_of(name="description"))) == {"ada": ("Number one", "Number two")}


@pytest.mark.parametrize("name", ["Sales, Marketing", "A|B", "A|B, C"])
def test_separators_in_group_names_are_never_passed_over(start_slapd: StartSlapd, name: str) -> None:
    server = start_slapd([*ORGANIZATION, group(name, ADA)])
    with pytest.raises(SourceDataError, match="neither ',' nor '\\|'") as caught:
        _read(server, member_of())
    assert "replaceSeparators" in caught.value.hint
    cells = _cells(_read(server, member_of(), replaceSeparators="-"))
    assert cells == {"ada": name.replace(",", "-").replace("|", "-")}


def test_separators_in_containers_are_never_passed_over(start_slapd: StartSlapd) -> None:
    unit = f"ou=Sales\\2C EU,{PEOPLE}"
    server = start_slapd([*ORGANIZATION, container(unit), person(f"uid=eva,{unit}", "eva")])
    with pytest.raises(SourceDataError, match="'Sales, EU'") as caught:
        _read(server, {"ouIndex": 2})
    assert caught.value.where == f"uid=eva,{unit}"
    cells = _cells(_read(server, {"ouTree": {"stripRight": 3}}, replaceSeparators=" and"))
    assert cells["eva"] == "Sales and EU"


def test_a_level_that_is_missing_can_be_an_error(organization: Slapd) -> None:
    with pytest.raises(SourceDataError, match="no level for this group") as caught:
        _read(organization, {"ouIndex": 2, "emptyLevel": "error"})
    assert caught.value.where.startswith("uid=grace,")


def test_all_four_ways_work_together(organization: Slapd) -> None:
    ways = [
        {"attribute": "%departmentNumber%"},
        {"ouIndex": 2, "makeDefault": True},
        {"ouTree": {"stripLeft": 1, "stripRight": 3}},
        member_of(membership=["memberOf"], **GROUP_OF_NAMES),
    ]
    settings = slapd_settings(organization, groups={"import": ways})
    outcome = read_source(settings, "uid", "@groups3", "@groups2", "departmentNumber", "@groups1")
    expected = ("ada", ("Engineers", "Staff"), "Czechia|Praha", ("IT", "IT Support", "Maths"), "Czechia")
    assert outcome.records[ADA] == expected
    assert outcome.fact(f"groups under {GROUPS}") == "5"


def test_two_groups_of_one_name_are_not_made_one(start_slapd: StartSlapd) -> None:
    inner = container(f"ou=More,{GROUPS}")
    dn, attributes = group("Staff", ADA)
    twin = (dn.replace("cn=Staff,", "cn=Staff,ou=More,"), attributes)
    server = start_slapd([*ORGANIZATION, inner, (dn, attributes), twin])
    with pytest.raises(SourceDataError, match="would both be the group 'Staff'"):
        _read(server, member_of())


def test_no_groups_at_all_are_a_doubt(organization: Slapd) -> None:
    with pytest.raises(SourceDataError, match="no group was found"):
        _read(organization, {"memberOf": {"baseDn": PEOPLE}})


def test_groups_that_lie_nowhere_are_named(organization: Slapd) -> None:
    with pytest.raises(SourceError, match="noSuchObject") as caught:
        _read(organization, {"memberOf": {"baseDn": f"ou=Nowhere,{BASE}"}})
    assert f"ou=Nowhere,{BASE}" in caught.value.where
    assert "memberOf.baseDn" in caught.value.hint


def test_nobody_in_any_group_is_a_doubt(start_slapd: StartSlapd) -> None:
    hidden = f"access to attrs=member by * none{EVERYTHING_TO_THE_READER}"
    server = start_slapd([*ORGANIZATION, *GROUPS_IN_GROUPS], extra=OVERLAYS, access=hidden)
    with pytest.raises(SourceDataError, match="not one of 5 entries is in any of the 5 groups") as caught:
        _read(server, member_of())
    assert "mayBeEmpty" in caught.value.hint
    outcome = _read(server, member_of(), mayBeEmpty={"attributes": ["memberOf"]})
    assert _cells(outcome) == {}
