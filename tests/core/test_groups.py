"""Group paths: what is one, what stands above it, and what a record's sayings become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.groups import (
    GroupError,
    PathsMemo,
    ancestors,
    check_path,
    values_of,
    with_ancestors,
)
from reconciler.core.model import Cell
from reconciler.core.rules import GroupWay
from reconciler.core.template import parse_template
from support.world import PLACE, rules

paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("|".join)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("Staff", "Staff", id="one-level"),
        pytest.param(" Staff | IT ", "Staff|IT", id="spaces-around-levels-go"),
        pytest.param("Staff|All users", "Staff|All users", id="the-built-in-name-further-down"),
        pytest.param("ALL USERS", "ALL USERS", id="the-built-in-name-in-capitals-is-another"),
        pytest.param("Bu\u0308ro", "B\u00fcro", id="letters-are-composed"),
        pytest.param("a|b|c", "a|b|c", id="as-deep-as-may-be"),
    ],
)
def test_a_path_is_cleaned(written: str, expected: str) -> None:
    assert check_path(written, 3) == expected


@pytest.mark.parametrize(
    ("written", "told"),
    [
        pytest.param("", "a level without a name", id="nothing"),
        pytest.param("a||b", "a level without a name", id="an-empty-level"),
        pytest.param("a| |b", "a level without a name", id="a-level-of-a-space"),
        pytest.param("|a", "a level without a name", id="a-bar-in-front"),
        pytest.param("a|b|c|d", "4 levels deep, and groups.maxDepth is 3", id="too-deep"),
        pytest.param("a\x1b[2J", "control characters", id="an-escape"),
        pytest.param("All users", "built into MyQ", id="everybodys-group"),
        pytest.param("All users|IT", "built into MyQ", id="below-everybodys-group"),
    ],
)
def test_what_is_no_path(written: str, told: str) -> None:
    with pytest.raises(GroupError, match=told) as raised:
        check_path(written, 3)
    assert raised.value.hint
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        pytest.param(80, "x" * 79 + "|", id="eighty-letters-are-shown"),
        pytest.param(81, "x" * 80 + "...", id="one-more-is-cut"),
    ],
)
def test_a_long_path_is_cut_where_it_is_told(length: int, shown: str) -> None:
    with pytest.raises(GroupError) as raised:
        check_path("x" * (length - 1) + "|", 20)
    assert str(raised.value) == f"the group '{shown}' has a level without a name"


def test_how_deep_a_path_is_stands_in_the_error() -> None:
    with pytest.raises(GroupError, match=r"is 300 levels deep, and groups\.maxDepth is 20"):
        check_path("|".join("x" * 300), 20)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("a", (), id="a-root-has-none"),
        pytest.param("a|b|c", ("a", "a|b"), id="the-root-first"),
    ],
)
def test_what_stands_above(path: str, expected: tuple[str, ...]) -> None:
    assert ancestors(path) == expected


@given(st.sets(paths))
def test_with_ancestors_nothing_hangs_in_the_air(some: set[str]) -> None:
    whole = with_ancestors(some)
    assert some <= whole
    assert all(set(ancestors(path)) <= whole for path in whole)
    assert with_ancestors(whole) == whole


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("", (), id="nothing"),
        pytest.param("a", ("a",), id="one"),
        pytest.param(("a", "b"), ("a", "b"), id="several"),
    ],
)
def test_the_values_of_a_cell(cell: Cell, expected: tuple[str, ...]) -> None:
    assert values_of(cell) == expected


def test_a_saying_is_worked_out_once_and_an_error_every_time() -> None:
    memo = PathsMemo(rules(), GroupWay(parse_template("%dept%", tree=True), PLACE))
    assert memo[("IT",)] is memo[("IT",)]
    for _ in range(2):
        with pytest.raises(GroupError):
            memo[("R,D",)]
    assert list(memo) == [("IT",)]


def test_the_same_path_said_twice_is_one_path_in_its_first_place() -> None:
    memo = PathsMemo(rules(), GroupWay(parse_template("GROUPS"), PLACE, ready=True))
    assert memo[(("Z", "A", "Z"),)] == ("Z", "A")
