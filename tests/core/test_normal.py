"""Text from outside: white space, composed letters, control characters, case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.normal import clean, clean_column, first_with_control, fold

texts = st.lists(st.text(max_size=6), max_size=4)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        pytest.param(["ada", "bob"], ["ada", "bob"], id="plain-text-stays"),
        pytest.param([" ada", "bob "], ["ada", "bob"], id="spaces-at-the-ends-go"),
        pytest.param(["a b"], ["a b"], id="a-space-inside-stays"),
        pytest.param(["\tada\n"], ["ada"], id="tabs-and-line-ends-at-the-ends-go"),
        pytest.param(["Zoe\u0308"], ["Zo\u00eb"], id="a-letter-and-its-mark-become-one"),
        pytest.param(["\u00a0Zo\u00eb\u2003"], ["Zo\u00eb"], id="spaces-beyond-ascii-go"),
        pytest.param(["\ufb01n"], ["\ufb01n"], id="a-ligature-is-its-own-letter"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_a_column_is_cleaned(given_: list[str], expected: list[str]) -> None:
    assert list(clean_column(given_)) == expected


def test_a_column_with_nothing_to_clean_is_handed_back_itself() -> None:
    column = ["ada", "bob"]
    assert clean_column(column) is column


@given(texts)
def test_a_column_is_cleaned_as_its_values_are(values: list[str]) -> None:
    assert list(clean_column(values)) == [clean(value) for value in values]


@given(texts)
def test_cleaning_twice_is_cleaning_once(values: list[str]) -> None:
    once = clean_column(values)
    assert list(clean_column(once)) == list(once)


@pytest.mark.parametrize(
    ("values", "notes", "expected"),
    [
        pytest.param(["ada", "bob"], False, None, id="none"),
        pytest.param(["ada", "b\x00b"], False, 1, id="a-nul"),
        pytest.param(["a\tb"], False, 0, id="a-tab"),
        pytest.param(["a\tb"], True, None, id="a-tab-in-notes"),
        pytest.param(["a\r\nb"], True, None, id="a-line-end-in-notes"),
        pytest.param(["a", "b\x1b[31m"], True, 1, id="an-escape-in-notes"),
        pytest.param(["\x7f"], False, 0, id="a-delete"),
        pytest.param(["\x85"], False, 0, id="a-c1-control"),
        pytest.param(["a\u2028b", "\u200f"], False, None, id="unprintable-and-no-control-character"),
    ],
)
def test_control_characters_are_found(values: list[str], expected: int | None, *, notes: bool) -> None:
    assert first_with_control(values, notes=notes) == expected
    assert notes or first_with_control(values) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("Ada", "aDA", True, id="case-does-not-count"),
        pytest.param("STRASSE", "straße", True, id="sharp-s-and-two"),
        pytest.param("Ada", "Adam", False, id="another-name"),
        pytest.param("José", "Jose", False, id="accents-count"),
    ],
)
def test_names_folded(one: str, other: str, *, same: bool) -> None:
    assert (fold(one) == fold(other)) is same
