"""MyQ's template language: what can be written, and what is refused with which words."""

from __future__ import annotations

import pytest

from reconciler.core.template import Template, parse_template

T = tuple[tuple[tuple[str, str], ...], ...]


def text(words: str) -> tuple[str, str]:
    return words, ""


def attribute(name: str) -> tuple[str, str]:
    return "", name


@pytest.mark.parametrize(
    ("written", "attributes", "levels"),
    [
        pytest.param("mail", ("mail",), (), id="an-attribute"),
        pytest.param(" mail ", ("mail",), (), id="spaces-around-an-attribute"),
        pytest.param("%mail%", ("mail",), ((attribute("mail"),),), id="an-attribute-between-percent-signs"),
        pytest.param("% mail %", ("mail",), ((attribute("mail"),),), id="spaces-between-percent-signs"),
        pytest.param(
            "%company%_%l%",
            ("company", "l"),
            ((attribute("company"), text("_"), attribute("l")),),
            id="attributes-and-text",
        ),
        pytest.param("%a%%a%", ("a",), ((attribute("a"), attribute("a")),), id="an-attribute-twice"),
        pytest.param(
            "%a%%%", ("a",), ((attribute("a"), text("%")),), id="two-percent-signs-are-a-percent-sign"
        ),
        pytest.param(
            "u%a%;%b%",
            ("a", "b"),
            ((text("u"), attribute("a"), text(";"), attribute("b")),),
            id="a-semicolon-is-text",
        ),
        pytest.param(
            "%a%|%b%", ("a", "b"), ((attribute("a"), text("|"), attribute("b")),), id="a-bar-is-text"
        ),
    ],
)
def test_a_template_of_one_value(written: str, attributes: tuple[str, ...], levels: T) -> None:
    assert parse_template(written) == Template(written, attributes, levels)


@pytest.mark.parametrize(
    ("written", "attributes"),
    [
        pytest.param("a;b;c", ("a", "b", "c"), id="several"),
        pytest.param(" a ; b ", ("a", "b"), id="spaces-around-them"),
        pytest.param("a;b;a", ("a", "b"), id="each-once"),
        pytest.param("a", ("a",), id="one"),
    ],
)
def test_a_list_of_attributes(written: str, attributes: tuple[str, ...]) -> None:
    assert parse_template(written, several=True) == Template(written, attributes)


def test_bars_part_the_levels_of_a_tree() -> None:
    parsed = parse_template("%company%|Team %dept%|%l%", tree=True)
    assert parsed.levels == (
        (attribute("company"),),
        (text("Team "), attribute("dept")),
        (attribute("l"),),
    )


@pytest.mark.parametrize(
    ("written", "several", "tree", "told"),
    [
        pytest.param("", False, False, "the template is empty", id="nothing"),
        pytest.param("  ", True, True, "the template is empty", id="spaces"),
        pytest.param("a;b", False, False, "names several attributes", id="several-for-one-value"),
        pytest.param("a;;b", True, False, "an empty attribute name", id="a-semicolon-too-many"),
        pytest.param(";", True, False, "an empty attribute name", id="nothing-but-a-semicolon"),
        pytest.param("a|b", False, True, "stand between percent signs", id="a-tree-without-percent-signs"),
        pytest.param("%a", False, False, "a '%' without its partner", id="a-percent-sign-alone"),
        pytest.param("%a%%b", False, False, "a '%' without its partner", id="a-percent-sign-left-over"),
        pytest.param("100%%", False, False, "names no attribute", id="text-alone"),
        pytest.param("% %", False, False, "an empty attribute name", id="nothing-between-percent-signs"),
        pytest.param("% %%a%", False, True, "an empty attribute name", id="a-space-beside-an-attribute"),
        pytest.param("%a%||%b%", False, True, "an empty level", id="a-level-of-nothing"),
        pytest.param("|%a%", False, True, "an empty level", id="a-bar-in-front"),
        pytest.param("%a|b%", False, True, "a '%' without its partner", id="a-bar-inside-an-attribute"),
    ],
)
def test_what_is_no_template(written: str, told: str, *, several: bool, tree: bool) -> None:
    with pytest.raises(ValueError, match=told):
        parse_template(written, several=several, tree=tree)


def test_unless_it_may_be_more_a_template_is_of_one_value_and_no_tree() -> None:
    with pytest.raises(ValueError, match="this property holds one value"):
        parse_template("a;b")
    assert parse_template("a|b").attributes == ("a|b",)
    assert parse_template("%a%|%b%").levels == ((("", "a"), ("|", ""), ("", "b")),)
