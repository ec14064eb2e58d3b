"""Distinguished names: the forms of RFC 4514, and what makes two of them the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sources.ldap.dn import (
    Part,
    comparable,
    comparable_dn,
    escape_value,
    is_within,
    parse_dn,
    short_type,
)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        pytest.param("", [], id="the root"),
        pytest.param("  ", [], id="white space is the root"),
        pytest.param("dc=net", [[("dc", "net")]], id="one level"),
        pytest.param(
            "UID=jsmith,DC=example,DC=net",
            [[("UID", "jsmith")], [("DC", "example")], [("DC", "net")]],
            id="RFC 4514: levels",
        ),
        pytest.param(
            "OU=Sales+CN=J.  Smith,DC=net",
            [[("OU", "Sales"), ("CN", "J.  Smith")], [("DC", "net")]],
            id="RFC 4514: a level of two parts",
        ),
        pytest.param(
            r"CN=James \"Jim\" Smith\, III", [[("CN", 'James "Jim" Smith, III')]], id="RFC 4514: escapes"
        ),
        pytest.param(r"CN=Before\0dAfter", [[("CN", "Before\rAfter")]], id="RFC 4514: a carriage return"),
        pytest.param("1.3.6.1.4.1.1466.0=#04024869", [[("1.3.6.1.4.1.1466.0", "Hi")]], id="RFC 4514: BER"),
        pytest.param(r"CN=Lu\C4\8Di\C4\87", [[("CN", "Lučić")]], id="RFC 4514: UTF-8 by escapes"),
        pytest.param("CN=Lučić", [[("CN", "Lučić")]], id="UTF-8 as it is"),
        pytest.param(r"CN=\23John\20", [[("CN", "#John ")]], id="a number sign and a space by number"),
        pytest.param(r"CN=\#John\ ", [[("CN", "#John ")]], id="a number sign and a space by backslash"),
        pytest.param(r"CN=a\\ ", [[("CN", "a\\")]], id="a space behind an escaped backslash is not kept"),
        pytest.param("cn=a=b", [[("cn", "a=b")]], id="an equals sign needs no escape"),
        pytest.param(r"cn=a\=b\<\>\;\+\ c", [[("cn", "a=b<>;+ c")]], id="everything that may be escaped"),
        pytest.param("cn=", [[("cn", "")]], id="an empty value"),
        pytest.param("cn=#0c03e282ac,dc=x", [[("cn", "€")], [("dc", "x")]], id="BER of a UTF-8 string"),
        pytest.param("cn=#3000", [[("cn", "#3000")]], id="BER of anything else stays as it is"),
        pytest.param("cn=#04", [[("cn", "#04")]], id="BER cut short stays as it is"),
        pytest.param("cn=#0405ab", [[("cn", "#0405ab")]], id="BER of a wrong length stays as it is"),
        pytest.param(
            " ou = People ,  dc = x ", [[("ou", "People")], [("dc", "x")]], id="spaces as people do"
        ),
        pytest.param("x-y2=1", [[("x-y2", "1")]], id="a type with digits and a hyphen"),
    ],
)
def test_a_dn_has_levels_and_these_have_parts(text: str, levels: list[list[tuple[str, str]]]) -> None:
    assert parse_dn(text) == tuple(tuple(Part(*part) for part in level) for level in levels)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("people", "attribute=value is expected at 'people'", id="no equals sign"),
        pytest.param("cn=a,", "expected at ''", id="nothing behind a comma"),
        pytest.param("cn=a,,dc=b", "expected at ',dc=b'", id="nothing between commas"),
        pytest.param("cn=a+b", "expected at 'b'", id="an unescaped plus sign"),
        pytest.param("=a", "expected at '=a'", id="no type"),
        pytest.param("cn;lang-de=a", "expected at", id="an option"),
        pytest.param("a_b=c", "expected at", id="an underscore in a type"),
        pytest.param("-a=c", "expected at", id="a hyphen before a type"),
        pytest.param("1..1=a", "expected at", id="a number with an empty part"),
        pytest.param("1.1.=a", "expected at", id="a number that ends with a point"),
        pytest.param("01.1=a", "expected at", id="a number with a zero before it"),
        pytest.param("OID.1.1=a", "expected at", id="OID. of LDAPv2"),
        pytest.param("1.1=#GG", "pairs of hexadecimal digits", id="no hexadecimal digits"),
        pytest.param("1.1=#F", "pairs of hexadecimal digits", id="half a byte"),
        pytest.param("1.1=#", "pairs of hexadecimal digits", id="no byte"),
        pytest.param(r"cn=a\?b", "needs a backslash", id="an escape that there is not"),
        pytest.param(r"cn=a\Fx", "needs a backslash", id="an escape of one digit"),
        pytest.param("cn=a\\", "needs a backslash", id="a backslash at the end"),
        pytest.param('cn="a"', "'\"' of cn needs a backslash", id="quotes of LDAPv2"),
        pytest.param("cn=a;dc=b", "';' of cn needs a backslash", id="a semicolon of LDAPv2"),
        pytest.param("<cn=a>", "expected at '<cn=a>'", id="angle brackets"),
        pytest.param("cn=a\0b", "needs a backslash", id="a NUL"),
        pytest.param(r"cn=\ff", "ff, which is not UTF-8", id="escapes that are not UTF-8"),
        pytest.param("cn=#0401ff", "ff, which is not UTF-8", id="BER that is not UTF-8"),
    ],
)
def test_what_is_no_dn_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="DN") as caught:
        parse_dn(text)
    assert message in str(caught.value)
    with pytest.raises(ValueError, match="DN"):
        comparable_dn(text)


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(["cn=Ada,dc=x", "CN=ada,DC=X", "cn=ada , dc=x"], id="case and spaces"),
        pytest.param(["cn=Ada  Byron", "cn=ada byron", r"cn=\20Ada Byron\20"], id="spaces inside and around"),
        pytest.param([r"cn=a\,b", r"cn=a\2cb", r"cn=A\2CB"], id="escapes"),
        pytest.param(["cn=a+ou=b", "OU=B+CN=A"], id="the order of parts"),
        pytest.param(["2.5.4.3=a", "cn=a", "commonName=a"], id="names of a type"),
        pytest.param(["cn=Žofie", "cn=žofie", "CN=z\u030cofie", r"cn=\C5\BEofie"], id="composition"),
        pytest.param(["cn=Straße", "CN=STRASSE"], id="folding"),
        pytest.param(["cn=#04024869", "cn=hi"], id="BER"),
    ],
)
def test_spellings_of_one_dn_compare_equal(texts: list[str]) -> None:
    assert len({comparable_dn(text) for text in texts}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("cn=a,dc=x", "cn=a,dc=x,dc=x", id="a level more"),
        pytest.param("cn=a", "uid=a", id="another type"),
        pytest.param(r"cn=a\,dc\=x", "cn=a,dc=x", id="an escaped comma"),
        pytest.param(r"cn=a\+ou\=b", "cn=a+ou=b", id="an escaped plus sign"),
        pytest.param("cn=ab", "cn=a b", id="a space"),
    ],
)
def test_different_dns_compare_different(one: str, other: str) -> None:
    assert comparable_dn(one) != comparable_dn(other)


PARTS = st.builds(Part, st.sampled_from(["cn", "OU", "dc", "2.5.4.3", "x-y"]), st.text())
LEVELS = st.lists(st.lists(PARTS, min_size=1, max_size=3).map(tuple), max_size=4).map(tuple)


@given(LEVELS)
def test_what_is_written_with_escapes_is_read_back(levels: tuple[tuple[Part, ...], ...]) -> None:
    text = ",".join("+".join(f"{part.type}={escape_value(part.value)}" for part in level) for level in levels)
    assert parse_dn(text) == levels


@given(LEVELS)
def test_the_quick_way_to_compare_gives_what_the_long_way_gives(levels: tuple[tuple[Part, ...], ...]) -> None:
    text = ",".join("+".join(f"{part.type}={escape_value(part.value)}" for part in level) for level in levels)
    assert comparable_dn(text) == comparable(levels) == comparable_dn(comparable_dn(text))


@given(st.text(alphabet='cnou=,+ \\#"ab0F', max_size=30))
def test_any_text_is_a_dn_or_is_refused(text: str) -> None:
    try:
        levels = parse_dn(text)
    except ValueError:
        return
    assert all(levels)


@pytest.mark.parametrize(
    ("dn", "base", "expected"),
    [
        pytest.param("cn=a,ou=b,dc=c", "OU=B,DC=C", True, id="under it"),
        pytest.param("ou=b,dc=c", "ou=B, dc=C", True, id="itself"),
        pytest.param("dc=c", "ou=b,dc=c", False, id="above it"),
        pytest.param("cn=a,ou=bb,dc=c", "ou=b,dc=c", False, id="a longer name"),
        pytest.param("cn=a", "", True, id="under the root"),
    ],
)
def test_a_dn_is_within_another_or_not(dn: str, base: str, *, expected: bool) -> None:
    assert is_within(parse_dn(dn), parse_dn(base)) is expected


def test_a_type_has_one_short_name() -> None:
    assert [short_type(name) for name in ("OU", "2.5.4.11", "organizationalUnitName", "mail")] == [
        "ou",
        "ou",
        "ou",
        "mail",
    ]
