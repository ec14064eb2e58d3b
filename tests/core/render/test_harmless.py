"""What a screen, a log or a page would obey is written out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.render.harmless import code, json_visible, shortened, visible

WRITTEN_OUT = [
    pytest.param("Ødegård, Ян & 王", "Ødegård, Ян & 王", id="letters-of-any-script-stay"),
    pytest.param("\x1b[2J", r"\x1b[2J", id="an-escape-sequence"),
    pytest.param("a\nb\r\tc", r"a\nb\r\tc", id="line-ends-and-tabs"),
    pytest.param("\x9b31m", r"\x9b31m", id="an-escape-of-eight-bits"),
    pytest.param("\u202etxt.exe", r"\u202etxt.exe", id="right-to-left-override"),
    pytest.param("ad\u200ba", r"ad\u200ba", id="zero-width-space"),
    pytest.param("a\u00a0b", r"a\xa0b", id="a-space-that-does-not-break"),
    pytest.param("a\u3164b", r"a\u3164b", id="a-letter-that-is-blank"),
    pytest.param("\U000e0041", r"\U000e0041", id="a-tag-nobody-sees"),
    pytest.param("\ud800", r"\ud800", id="half-a-character"),
    pytest.param("::error::x", r"\x3a:error::x", id="a-command-on-github"),
    pytest.param("  ::x", r"  \x3a:x", id="a-command-behind-spaces"),
    pytest.param("a::b", "a::b", id="colons-inside-stay"),
    pytest.param("###[error]", r"#\x23\x23[error]", id="an-older-command"),
    pytest.param("##vso[x]", r"#\x23vso[x]", id="a-command-on-azure"),
    pytest.param("#1", "#1", id="one-hash-stays"),
]


@pytest.mark.parametrize(("text", "shown"), WRITTEN_OUT)
def test_what_would_be_obeyed_or_unseen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(text=st.text())
def test_what_is_shown_is_one_line_that_can_be_seen(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert visible(shown) == shown


SPANS = [
    pytest.param("ada", "`ada`", id="a-word"),
    pytest.param("", "(empty)", id="nothing"),
    pytest.param("a`b", "`` a`b ``", id="a-backtick"),
    pytest.param("```x`", "```` ```x` ````", id="three-backticks"),
    pytest.param(" a ", "`  a  `", id="spaces-at-the-ends"),
    pytest.param("a\n# b", r"`a\n# b`", id="a-line-end"),
]


@pytest.mark.parametrize(("text", "span"), SPANS)
def test_a_code_span_cannot_be_left(text: str, span: str) -> None:
    assert code(text) == span


@given(text=st.text(st.characters(codec=None)))
def test_json_stays_the_same_json_and_hides_nothing(text: str) -> None:
    shown = json_visible(json.dumps({"x": text}, ensure_ascii=False))
    assert json.loads(shown) == {"x": text}
    assert "##" not in shown
    assert not any(hidden in shown for hidden in "\x7f\x9b\xad\u200b\u202e\u2066\ufeff\U000e0041\ud800")


def test_a_long_text_is_cut_and_says_so() -> None:
    assert shortened("x" * 200) == "x" * 200
    assert shortened("x" * 1_234) == "x" * 200 + "... (1,234 characters)"
