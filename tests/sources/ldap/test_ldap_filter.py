"""Search filters: checked before any server sees them, and made of MyQ's rows."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.operation.search import compile_filter
from ldap3.operation.search import parse_filter as parsed_by_ldap3

from reconciler.sources.ldap.filter import all_of, any_of, escape_text, parse_filter, row_filter


@pytest.mark.parametrize(
    ("text", "expected", "attributes", "rules"),
    [
        pytest.param("(cn=Ada)", "(cn=Ada)", {"cn"}, set(), id="equality"),
        pytest.param(" ( cn=Ada ) ", "(cn=Ada\\20)", {"cn"}, set(), id="spaces are of the value"),
        pytest.param("(mail=*)", "(mail=*)", {"mail"}, set(), id="presence"),
        pytest.param("(cn=A*d*a)", "(cn=A*d*a)", {"cn"}, set(), id="substrings"),
        pytest.param("(cn= a * b )", "(cn=\\20a\\20*\\20b\\20)", {"cn"}, set(), id="substrings with spaces"),
        pytest.param("(cn=   )", "(cn=\\20\\20\\20)", {"cn"}, set(), id="nothing but spaces"),
        pytest.param("(n>=3)", "(n>=3)", {"n"}, set(), id="at least"),
        pytest.param("(n<=3)", "(n<=3)", {"n"}, set(), id="at most"),
        pytest.param("(cn~=Aida)", "(cn~=Aida)", {"cn"}, set(), id="approximately"),
        pytest.param("(cn=\\28\\2a\\29)", "(cn=\\28\\2a\\29)", {"cn"}, set(), id="escapes"),
        pytest.param("(cn;lang-de=ü)", "(cn;lang-de=ü)", {"cn;lang-de"}, set(), id="an option"),
        pytest.param("(2.5.4.3=x)", "(2.5.4.3=x)", {"2.5.4.3"}, set(), id="a number"),
        pytest.param("(u:1.2.3:=2)", "(u:1.2.3:=2)", {"u"}, {"1.2.3"}, id="a matching rule"),
        pytest.param(
            "(u:dn:caseExactMatch:=a)",
            "(u:dn:caseExactMatch:=a)",
            {"u"},
            {"caseExactMatch"},
            id="a rule on DNs",
        ),
        pytest.param("(u:=a)", "(u:=a)", {"u"}, set(), id="the attribute's own rule"),
        pytest.param("(:1.2.3:=a)", "(:1.2.3:=a)", set(), {"1.2.3"}, id="a rule for all attributes"),
        pytest.param(
            "( & (a=1) ( | (b=2) (! (c=3) ) ) (d=4) )",
            "(&(a=1)(|(b=2)(!(c=3)))(d=4))",
            {"a", "b", "c", "d"},
            set(),
            id="and, or, not",
        ),
        pytest.param("(!(!(a=1)))", "(!(!(a=1)))", {"a"}, set(), id="not not"),
        pytest.param("(cn=x=y)", "(cn=x=y)", {"cn"}, set(), id="an equals sign in a value"),
    ],
)
def test_a_filter_is_read_and_ldap3_understands_it(
    text: str, expected: str, attributes: set[str], rules: set[str]
) -> None:
    checked = parse_filter(text)
    assert checked == (expected, attributes, rules)
    assert compile_filter(_by_ldap3(checked.text).elements[0])


def _by_ldap3(text: str):  # noqa: ANN202  ldap3 ships no types
    return parsed_by_ldap3(
        text, None, auto_escape=False, auto_encode=False, validator=None, check_names=False
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "'(' is missing in the filter at its end", id="nothing"),
        pytest.param("cn=a", "'(' is missing in the filter at 'cn=a'", id="no parentheses"),
        pytest.param("(cn=a", "')' is missing in the filter at its end", id="not closed"),
        pytest.param("(&(cn=a)", "is missing in the filter at its end", id="an and that is not closed"),
        pytest.param("(cn=a))", "the filter ends before ')'", id="closed twice"),
        pytest.param("(a=1)(b=2)", "the filter ends before '(b=2)'", id="two filters"),
        pytest.param("(&)", "'(' is missing in the filter at ')'", id="an empty and"),
        pytest.param("(!(a=1)(b=2))", "')' is missing in the filter at '(b=2))'", id="not of two"),
        pytest.param("(cn=a(b)", "expected at 'cn=a(b)'", id="a parenthesis in a value"),
        pytest.param("(cn=\\zz)", "expected at", id="no escape"),
        pytest.param("(cn)", "expected at 'cn)'", id="no comparison"),
        pytest.param("(=a)", "is no comparison", id="no attribute"),
        pytest.param("(:=a)", "is no comparison", id="neither attribute nor rule"),
        pytest.param("(n>=1*)", "is no comparison", id="a wildcard beside at least"),
        pytest.param("(u:1.2:=a*)", "is no comparison", id="a wildcard beside a rule"),
        pytest.param("(u:1.2:>=a)", "is no comparison", id="a rule with at least"),
        pytest.param("(!" * 51 + "(a=1)" + ")" * 51, "more than 50 levels", id="too deep"),
    ],
)
def test_what_is_no_filter_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_filter(text)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param("department=IT", "(department=IT)", id="a value"),
        pytest.param(" department = IT ", "(department=IT)", id="spaces around"),
        pytest.param("department=IT*", "(department=IT*)", id="a wildcard behind"),
        pytest.param("department=*IT", "(department=*IT)", id="a wildcard before"),
        pytest.param("department=*IT*", "(department=*IT*)", id="wildcards at both ends"),
        pytest.param("department=*", "(department=*)", id="any value"),
        pytest.param("department=A*B", "(department=A\\2aB)", id="a star inside is text"),
        pytest.param("cn=a)(uid=*", "(cn=a\\29\\28uid=*)", id="a filter inside is text"),
        pytest.param("cn=a\\b", "(cn=a\\5cb)", id="a backslash is text"),
        pytest.param("cn=x=y", "(cn=x=y)", id="an equals sign is text"),
    ],
)
def test_a_row_of_myq_is_a_filter(row: str, expected: str) -> None:
    assert row_filter(row) == expected
    assert parse_filter(expected).text == expected


@pytest.mark.parametrize(
    "row", ["department", "=IT", "department=", "a b=c", "department=**", "department=***", ""]
)
def test_what_is_no_row_is_refused(row: str) -> None:
    with pytest.raises(ValueError, match=r"`Attribute=Value`|wildcards"):
        row_filter(row)


def test_filters_are_put_together() -> None:
    assert any_of(["(a=1)"]) == all_of(["(a=1)"]) == "(a=1)"
    assert any_of(["(a=1)", "(b=2)"]) == "(|(a=1)(b=2))"
    assert all_of(["(a=1)", "(b=2)"]) == "(&(a=1)(b=2))"


@given(st.text())
def test_an_escaped_value_is_one_value_of_one_comparison(value: str) -> None:
    text = f"(cn={escape_text(value, spaces=True)})"
    node = _by_ldap3(parse_filter(text).text).elements[0]
    compiled = compile_filter(node)["equalityMatch"]
    assert bytes(compiled["assertionValue"]).decode("utf-8") == value


@given(st.text(alphabet="()&|!=*\\<>~:abc1 ", max_size=40))
def test_what_passes_is_understood_by_ldap3(text: str) -> None:
    try:
        checked = parse_filter(text)
    except ValueError:
        return
    assert compile_filter(_by_ldap3(checked.text).elements[0])
    assert parse_filter(checked.text) == checked
