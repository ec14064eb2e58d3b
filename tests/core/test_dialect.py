"""MyQ's dialect of CSV: lists, branches and the header rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.dialect import (
    DOCUMENTED,
    LISTS,
    PROPERTIES,
    RECALLED,
    Column,
    Header,
    aliases_of,
    header_of,
    join_branches,
    join_names,
    join_values,
    names_columns,
    split_branches,
    split_values,
    user_name_of,
)
from reconciler.core.groups import values_of
from reconciler.core.model import Cell, Property

values = st.text(st.characters(exclude_characters=",|", exclude_categories=("Cc", "Cs")), min_size=1).map(
    str.strip
)
filled = values.filter(bool)


def test_the_documented_columns_stand_in_myqs_order() -> None:
    names = "FULLNAME USERNAME_ALIASES EMAIL CARDS GROUPS CODE SCANSTORAGE PIN"
    assert " ".join(DOCUMENTED) == names
    assert (*DOCUMENTED, *RECALLED) == tuple(Column)


def test_every_property_comes_from_one_column() -> None:
    assert {str(column): prop for column, prop in PROPERTIES.items()} == {
        "USERNAME": Property.USER_NAME,
        "FULLNAME": Property.FULL_NAME,
        "ALIASES": Property.ALIASES,
        "EMAIL": Property.EMAIL,
        "CARDS": Property.CARDS,
        "CODE": Property.PERSONAL_NUMBER,
        "SCANSTORAGE": Property.SCAN_STORAGE,
        "PHONE": Property.PHONE,
        "LANG": Property.LANGUAGE,
        "GROUPS": Property.GROUPS,
        "SYNC_SOURCE": Property.SYNCHRONIZATION_SOURCE,
        "PIN": Property.PINS,
    }
    assert {"CARDS", "PIN"} == LISTS, "the other columns with several values have ways of their own"


@pytest.mark.parametrize(
    ("release", "header"),
    [
        pytest.param("8.2", Header.SKIP, id="8.2 skips the header line"),
        pytest.param("10.1", Header.SKIP, id="10.1 skips the header line"),
        pytest.param("10.2", Header.NAMES, id="10.2 finds columns by name"),
        pytest.param("10.2.14", Header.NAMES, id="a patch of 10.2 finds columns by name"),
        pytest.param("10.10", Header.NAMES, id="10.10 comes after 10.2"),
        pytest.param("11.0", Header.NAMES, id="later releases find columns by name"),
    ],
)
def test_the_header_rule_depends_on_the_release(release: str, header: Header) -> None:
    assert header_of(release) is header


@pytest.mark.parametrize("release", ["", "10", "ten.two", "10.2-RC", "10."])
def test_what_is_no_release_is_refused(release: str) -> None:
    with pytest.raises(ValueError, match="is not a release of MyQ"):
        header_of(release)


@pytest.mark.parametrize(
    ("cell", "cells"),
    [
        pytest.param("", "", id="nothing stays nothing"),
        pytest.param("7E9700C9", "7E9700C9", id="one value stays a string"),
        pytest.param("7E9700C9,0A0B", ("7E9700C9", "0A0B"), id="a comma parts two values"),
        pytest.param(" a , b ", ("a", "b"), id="white space around values goes"),
        pytest.param("a,,b,", ("a", "b"), id="empty values go"),
        pytest.param("a,", "a", id="one value and a comma is one value"),
        pytest.param(" , ,", "", id="commas alone are nothing"),
        pytest.param("a,a", ("a", "a"), id="repeated values are not its business"),
    ],
)
def test_a_list_is_split_at_commas(cell: str, cells: Cell) -> None:
    assert split_values(cell) == cells


@pytest.mark.parametrize(
    ("cell", "user_name", "aliases"),
    [
        pytest.param("Tom,Tomy,Apple", "Tom", ("Tomy", "Apple"), id="the first is the user name"),
        pytest.param("Tom", "Tom", "", id="there may be no alias"),
        pytest.param("Tom, Tomy", "Tom", "Tomy", id="one alias is a string"),
        pytest.param(" Tom , Tomy ", "Tom", "Tomy", id="white space around names goes"),
        pytest.param(",Tomy", "", "Tomy", id="an alias never becomes the user name"),
        pytest.param("", "", "", id="nothing gives nothing"),
    ],
)
def test_the_first_name_is_the_user_name(cell: str, user_name: str, aliases: Cell) -> None:
    assert user_name_of(cell) == user_name
    assert aliases_of(cell) == aliases


@pytest.mark.parametrize(
    ("cell", "paths"),
    [
        pytest.param("", "", id="no group"),
        pytest.param("Staff", "Staff", id="one group"),
        pytest.param(
            "Activities|Outdoor|Swimming,Activities|Outdoor|Birdwatching",
            ("Activities|Outdoor|Swimming", "Activities|Outdoor|Birdwatching"),
            id="the example of MyQ's page",
        ),
        pytest.param(" A | B , C ", ("A|B", "C"), id="white space around levels goes"),
        pytest.param("A,,", "A", id="empty branches go"),
        pytest.param("A, ,B", ("A", "B"), id="blank branches go"),
        pytest.param("A||B", "A||B", id="an empty level stays for others to refuse"),
    ],
)
def test_branches_are_split_into_paths(cell: str, paths: Cell) -> None:
    assert split_branches(cell) == paths


@given(st.lists(filled))
def test_joined_values_split_into_themselves(some: list[str]) -> None:
    assert values_of(split_values(join_values(some))) == tuple(some)


@given(filled, st.lists(filled))
def test_joined_names_split_into_themselves(user_name: str, aliases: list[str]) -> None:
    cell = join_names(user_name, aliases)
    assert (user_name_of(cell), values_of(aliases_of(cell))) == (user_name, tuple(aliases))


@given(st.lists(st.lists(filled, min_size=1).map("|".join)))
def test_joined_branches_split_into_themselves(paths: list[str]) -> None:
    assert values_of(split_branches(join_branches(paths))) == tuple(paths)


def test_a_comma_in_a_value_cannot_be_joined() -> None:
    with pytest.raises(ValueError, match=r"'Lovelace, Ada' holds a comma"):
        join_names("ada", ["Lovelace, Ada"])


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(["FULLNAME", "USERNAME_ALIASES"], id="two names of columns"),
        pytest.param(["fullname", "Email", "something"], id="in any case"),
        pytest.param(["PIN"], id="the only cell"),
        pytest.param(["PIN", ""], id="the only cell that is not empty"),
    ],
)
def test_a_header_line_is_recognized(row: list[str]) -> None:
    assert names_columns(row)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(["Pin", "pin@example.com"], id="a person with a strange name"),
        pytest.param(["Ada Lovelace", "ada"], id="a person"),
        pytest.param(["", ""], id="nothing"),
    ],
)
def test_a_person_is_no_header_line(row: list[str]) -> None:
    assert not names_columns(row)
