from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.words import did_you_mean, listed, quoted, spelled_path, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("žena", "žena", id="letters-as-they-are"),
        pytest.param("a\tb\r\nc", r"a\tb\r\nc", id="white-space"),
        pytest.param("\x1b[31m\x9b", r"\x1b[31m\x9b", id="escapes-of-terminals"),
        pytest.param("a\u202eb\u2066", r"a\u202eb\u2066", id="turned-text"),
        pytest.param("\ud800", r"\ud800", id="half-a-character"),
    ],
)
def test_hidden_characters_are_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters()))
def test_what_is_shown_stands_on_one_line(text: str) -> None:
    assert len(visible(text).splitlines()) <= 1
    assert visible(visible(text)) == visible(text)


def test_long_values_are_cut() -> None:
    assert quoted("x" * 61) == f"'{'x' * 57}...'"
    assert quoted("x" * 60) == f"'{'x' * 60}'"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        pytest.param("usernme", "did you mean 'userName'?", id="a-letter-missing"),
        pytest.param("USER_NAME", "did you mean 'userName'?", id="another-spelling"),
        pytest.param("user-name", "did you mean 'userName'?", id="hyphens"),
        pytest.param("zzz", "known here: userName, email", id="nothing-like-it"),
    ],
)
def test_near_misses(word: str, hint: str) -> None:
    assert did_you_mean(word, ["userName", "email"]) == hint


def test_where_nothing_is_known_nothing_is_meant() -> None:
    assert did_you_mean("a", []) == "nothing may stand here"


def test_paths_and_lists() -> None:
    assert spelled_path(("spec", "import", 0, "a\x1b")) == r"spec.import[0].a\x1b"
    assert spelled_path(()) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b or c"
