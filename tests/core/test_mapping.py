"""Records to users: templates, filters, options, groups, and records that stop their source."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

import pytest

from reconciler.core.filters import first, lower, split
from reconciler.core.mapping import map_batch, map_source
from reconciler.core.model import Batch, Cell, Property, Read, Reading, User
from reconciler.core.rules import (
    EmptyLevel,
    Expectation,
    Filter,
    GroupWay,
    Mode,
    Options,
    Rule,
    SourceRules,
)
from reconciler.core.template import parse_template
from reconciler.errors import Place, SourceDataError

PLACE = Place("sources.d/hr.yaml", 7, 5)
MANY = {Property.ALIASES, Property.CARDS, Property.PINS}


def ruled(  # noqa: PLR0913  a source has this many sides
    mapping: Mapping[Property, str],
    *,
    filters: Mapping[Property, tuple[Filter, ...]] | None = None,
    ways: tuple[GroupWay, ...] = (),
    options: Options | None = None,
    expect: Expectation | None = None,
    replace_separators: str = "",
    max_depth: int = 20,
) -> SourceRules:
    made = [
        Rule(
            prop,
            parse_template(text, several=prop in MANY),
            Mode.REPLACE,
            PLACE,
            (filters or {}).get(prop, ()),
        )
        for prop, text in {Property.USER_NAME: "login", **mapping}.items()
    ]
    return SourceRules(
        name="hr",
        kind="csv",
        synchronization_source="HR",
        place=PLACE,
        rules=tuple(made),
        ways=ways,
        options=options or Options(),
        expect=expect or Expectation(),
        replace_separators=replace_separators,
        max_depth=max_depth,
    )


def batch(rules: SourceRules, records: Sequence[Mapping[str, Cell]]) -> Batch:
    columns = [[record.get(name, "") for record in records] for name in rules.attributes]
    return Batch([f"hr.csv:{line}" for line in range(2, len(records) + 2)], columns)


def users(rules: SourceRules, *records: Mapping[str, Cell]) -> list[User]:
    return map_batch(rules, batch(rules, records))[0]


def one(rules: SourceRules, **record: Cell) -> User:
    return users(rules, {"login": "ada", **record})[0]


def way(text: str, **settings: object) -> GroupWay:
    return GroupWay(parse_template(text, several=True, tree=True), PLACE, **settings)


@pytest.mark.parametrize(
    ("template", "record", "expected"),
    [
        pytest.param("cn", {"cn": "Ada L"}, "Ada L", id="an-attribute"),
        pytest.param("cn", {"cn": "  Ada L "}, "Ada L", id="white-space-goes"),
        pytest.param("cn", {"cn": "Zoe\u0308"}, "Zo\u00eb", id="letters-are-composed"),
        pytest.param("cn", {}, "", id="nothing-said"),
        pytest.param("%sn%, %givenName%", {"sn": "L", "givenName": "Ada"}, "L, Ada", id="a-template"),
        pytest.param("%sn%, %givenName%", {}, "", id="a-template-of-nothing-is-nothing"),
        pytest.param("%sn% %x%", {"sn": "L"}, "L", id="a-template-half-empty"),
        pytest.param("100%% %sn%", {"sn": "L"}, "100% L", id="a-percent-sign"),
        pytest.param("fix-%sn%", {"sn": "L"}, "fix-L", id="text-before"),
    ],
)
def test_a_property_of_one_value(template: str, record: dict[str, Cell], expected: str) -> None:
    assert one(ruled({Property.NOTES: template}), **record).notes == expected


@pytest.mark.parametrize(
    ("template", "record", "expected"),
    [
        pytest.param("a", {"a": "x"}, ("x",), id="one"),
        pytest.param("a", {"a": ("y", "x", "y")}, ("x", "y"), id="several-sorted-and-distinct"),
        pytest.param("a;b", {"a": "x", "b": ("z", "y")}, ("x", "y", "z"), id="several-attributes"),
        pytest.param("a;b", {"a": "x", "b": "y"}, ("x", "y"), id="one-of-each-of-two"),
        pytest.param("a;b", {}, (), id="none"),
        pytest.param("%a%@%b%", {"a": "x", "b": "uni"}, ("x@uni",), id="a-template"),
        pytest.param("a", {"a": "ADA"}, (), id="the-own-name-is-no-alias"),
        pytest.param("a", {"a": " "}, (), id="white-space-is-nothing"),
    ],
)
def test_a_property_of_many_values(template: str, record: dict[str, Cell], expected: tuple[str, ...]) -> None:
    assert one(ruled({Property.ALIASES: template}), **record).aliases == expected


def test_filters_run_in_their_order_on_what_the_record_says() -> None:
    filters = {Property.EMAIL: (split(";"), first, lower), Property.CARDS: (split(" "),)}
    rules = ruled({Property.EMAIL: "mail", Property.CARDS: "card"}, filters=filters)
    user = one(rules, mail="A@X;B@X", card="7E 04")
    assert (user.email, user.cards) == ("a@x", ("04", "7E"))


@pytest.mark.parametrize(
    ("options", "login", "expected"),
    [
        pytest.param(Options(), "Ada", "Ada", id="as-it-is"),
        pytest.param(Options(convert_user_name_to_lowercase=True), "Ada", "ada", id="lower-case"),
        pytest.param(Options(append_domain_name="x.org"), "ada", "ada@x.org", id="the-domain-appended"),
        pytest.param(Options(append_domain_name="x.org"), "ada@x.org", "ada@x.org", id="it-is-there-already"),
        pytest.param(
            Options(append_domain_name="x.org", convert_user_name_to_lowercase=True),
            "Ada",
            "ada@x.org",
            id="both",
        ),
    ],
)
def test_options_of_the_user_name(options: Options, login: str, expected: str) -> None:
    assert one(ruled({}, options=options), login=login).user_name == expected


def test_every_user_carries_source_and_authentication_server() -> None:
    user = one(ruled({}, options=Options(authentication_server="x.local")))
    assert (user.source, user.authentication_server) == ("HR", "x.local")


def test_pins_are_kept_apart_and_shown_nowhere() -> None:
    rules = ruled({Property.PINS: "pin"})
    made, pins = map_batch(rules, batch(rules, [{"login": "ada", "pin": "987654"}, {"login": "bob"}]))
    assert pins == {"ada": ("987654",)}
    assert "987654" not in repr(made)

    def read() -> Read:
        yield batch(rules, [{"login": "ada", "pin": "987654"}])
        return Reading(1)

    assert "987654" not in repr(map_source(rules, read()))


@pytest.mark.parametrize(
    ("ways", "record", "groups", "default"),
    [
        pytest.param((way("dept"),), {"dept": "IT"}, ("IT",), "", id="from-an-attribute"),
        pytest.param((way("dept", make_default=True),), {"dept": "IT"}, ("IT",), "IT", id="made-default"),
        pytest.param((way("%c%|%d%"),), {"c": "ACME", "d": "IT"}, ("ACME|IT",), "", id="a-tree"),
        pytest.param((way("%c%_%l%"),), {"c": "ACME", "l": "Brno"}, ("ACME_Brno",), "", id="joined"),
        pytest.param((way("%c%|%d%"),), {"c": "ACME"}, (), "", id="an-empty-level-skips"),
        pytest.param(
            (way("%c%|%d%", empty_level=EmptyLevel.CUT),), {"c": "ACME"}, ("ACME",), "", id="or-cuts"
        ),
        pytest.param((way("%c%|%d%"),), {"c": "A", "d": ("X", "Y")}, ("A|X", "A|Y"), "", id="several-values"),
        pytest.param((way("dept"),), {"dept": ("IT", "HR")}, ("HR", "IT"), "", id="several-groups"),
        pytest.param((way("g", ready=True),), {"g": ("A|B", "A|C")}, ("A|B", "A|C"), "", id="finished-paths"),
        pytest.param((way("g", ready=True),), {"g": "A|B,C"}, ("A|B", "C"), "", id="branches-in-one-text"),
        pytest.param((way("g", ready=True),), {"g": "A, ,B"}, ("A", "B"), "", id="a-blank-branch-is-none"),
        pytest.param(
            (way("g", ready=True, make_default=True),),
            {"g": ("Z", "A")},
            ("A", "Z"),
            "Z",
            id="the-first-branch",
        ),
        pytest.param((way("a"), way("b")), {"a": "X", "b": "Y"}, ("X", "Y"), "", id="two-ways-together"),
        pytest.param(
            (way("a", make_default=True), way("b", make_default=True)),
            {"b": "Y"},
            ("Y",),
            "Y",
            id="the-first-default-there-is",
        ),
        pytest.param((way("dept"),), {}, (), "", id="nothing-said"),
    ],
)
def test_groups(
    ways: tuple[GroupWay, ...], record: dict[str, Cell], groups: tuple[str, ...], default: str
) -> None:
    user = one(ruled({}, ways=ways), **record)
    assert (user.groups, user.default_group) == (groups, default)


def test_who_has_no_group_has_no_default_group_either() -> None:
    rules = ruled({}, ways=(way("d", make_default=True),))
    made = users(rules, {"login": "ada", "d": "IT"}, {"login": "bob"})
    assert [user.default_group for user in made] == ["IT", ""]


def test_groups_go_under_the_given_one() -> None:
    rules = ruled({}, ways=(way("d", make_default=True),), options=Options(import_groups_under="AD|Imported"))
    user = one(rules, d="IT")
    assert (user.groups, user.default_group) == (("AD|Imported|IT",), "AD|Imported|IT")


def test_separators_in_a_name_are_replaced_where_the_manifest_says() -> None:
    rules = ruled({}, ways=(way("d"),), replace_separators="/")
    assert one(rules, d="R&D, Brno|West").groups == ("R&D/ Brno/West",)


@pytest.mark.parametrize(
    ("rules", "record", "words"),
    [
        pytest.param(ruled({}), {"login": ""}, "user name is empty", id="no-user-name"),
        pytest.param(
            ruled({}, options=Options(append_domain_name="x.org")),
            {"login": ""},
            "user name is empty",
            id="no-user-name-though-a-domain-is-appended",
        ),
        pytest.param(ruled({}), {"login": "*admin"}, "MyQ's own accounts", id="a-system-name"),
        pytest.param(ruled({}), {"login": ("a", "b")}, "2 values", id="two-user-names"),
        pytest.param(ruled({}), {"login": "a\x1b[31m"}, "control characters", id="an-escape-in-a-name"),
        pytest.param(ruled({Property.CARDS: "c"}), {"c": ("1", "\x00")}, "control", id="a-nul-in-a-card"),
        pytest.param(ruled({Property.FULL_NAME: "cn"}), {}, "full name is empty", id="no-full-name"),
        pytest.param(
            ruled({Property.EMAIL: "m"}),
            {"m": "\x00" + "x" * 99},
            r"control characters: '\x00" + "x" * 59 + "' (",
            id="a-long-one-of-which-sixty-letters-are-shown",
        ),
        pytest.param(ruled({Property.EMAIL: "m"}), {"m": ("a", "b")}, "`first`", id="two-mails"),
        pytest.param(ruled({Property.EMAIL: "%m%"}), {"m": ("a", "b")}, "2 values", id="two-in-a-template"),
        pytest.param(ruled({}, ways=(way("d"),)), {"d": "A,B"}, "replaceSeparators", id="a-comma-in-a-name"),
        pytest.param(ruled({}, ways=(way("d"),)), {"d": "A|B"}, "replaceSeparators", id="a-bar-in-a-name"),
        pytest.param(
            ruled({}, ways=(way("g", ready=True),)), {"g": "A||B"}, "without a name", id="an-empty-level"
        ),
        pytest.param(
            ruled({}, ways=(way("g", ready=True),)),
            {"g": "|".join("x" * 300)},
            "300 levels deep",
            id="300-levels",
        ),
        pytest.param(
            ruled({}, ways=(way("g", ready=True),)), {"g": "A\x07"}, "control", id="a-bell-in-a-group"
        ),
        pytest.param(
            ruled({}, ways=(way("g", ready=True),)), {"g": "All users"}, "built into MyQ", id="all-users"
        ),
        pytest.param(
            ruled({}, ways=(way("%c%|%d%", empty_level=EmptyLevel.ERROR),)),
            {"c": "A"},
            "d is empty",
            id="an-empty-level-that-must-not-be",
        ),
        pytest.param(
            ruled({}, ways=(way("%c%|%d%"),)),
            {"c": ("A", "B"), "d": ("C", "D")},
            "no rule",
            id="two-times-two",
        ),
        pytest.param(
            ruled({}, ways=(way("d", make_default=True),)),
            {"d": ("A", "B")},
            "one is to be",
            id="two-defaults",
        ),
    ],
)
def test_a_record_that_cannot_be_mapped_stops_its_source(
    rules: SourceRules, record: dict[str, Cell], words: str
) -> None:
    with pytest.raises(SourceDataError) as raised:
        users(rules, {"login": "bob", "cn": "Bob", "c": "C", "d": "D"}, {"login": "ada", **record})
    assert words in str(raised.value)
    assert raised.value.where == "hr.csv:3"
    assert raised.value.hint


def test_notes_may_have_several_lines() -> None:
    assert one(ruled({Property.NOTES: "n"}), n="a\n\tb").notes == "a\n\tb"


def test_without_adding_users_an_empty_full_name_only_keeps_the_old_one() -> None:
    rule = Rule(Property.FULL_NAME, parse_template("cn"), Mode.REPLACE_IF_PRESENT, PLACE)
    rules = ruled({})
    kept = replace(rules, rules=(*rules.rules, rule))
    assert one(kept).full_name == ""
    with pytest.raises(SourceDataError, match="full name is empty"):
        one(replace(kept, options=Options(add_new_users=True)))


def test_a_read_is_mapped_to_its_end_with_its_pins_and_what_those_who_are_watched_are_called() -> None:
    rules = ruled({Property.FULL_NAME: "cn", Property.EMAIL: "%login%@x", Property.PINS: "pin"})
    records = [{"login": f"u{at}", "cn": f" U{at}", "pin": f"98765{at}"} for at in range(3)]

    def read() -> Read:
        yield batch(rules, records[:2])
        yield batch(rules, records[2:])
        return Reading(3)

    mapped = map_source(rules, read(), frozenset({"u0", "u1", "u2", "nobody"}))
    assert [user.full_name for user in mapped.users] == ["U0", "U1", "U2"]
    assert mapped.pins == {f"u{at}": (f"98765{at}",) for at in range(3)}
    assert mapped.spelled == {
        f"u{at}": {"userName": f"u{at}", "fullName": f" U{at}", "email": f"u{at}@x"} for at in range(3)
    }
    assert mapped.reading == Reading(3)
    assert not any(f" U{at}" in repr(mapped) for at in range(3))


def reading(rules: SourceRules, *records: Mapping[str, Cell]) -> Generator[Batch, None, Reading]:
    yield batch(rules, records)
    return Reading(len(records))


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        pytest.param(Expectation(minimum_records=3), "at least 3", id="too-few"),
        pytest.param(Expectation(sentinels=("root", "ada")), "root must be", id="a-sentinel-is-absent"),
    ],
)
def test_a_read_that_holds_too_little_is_not_believed(expect: Expectation, words: str) -> None:
    rules = ruled({}, expect=expect)
    with pytest.raises(SourceDataError, match=words):
        map_source(rules, reading(rules, {"login": "ada"}, {"login": "bob"}))


def test_a_read_that_breaks_off_gives_nothing() -> None:
    rules = ruled({})

    def broken() -> Read:
        yield batch(rules, [{"login": "ada"}])
        raise SourceDataError("gone", hint="look")

    with pytest.raises(SourceDataError, match="gone"):
        map_source(rules, broken())
