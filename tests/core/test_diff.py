"""From what the sources want and what MyQ has to changes: one row for each situation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.diff import Difference
from reconciler.core.mapping import MappedSource
from reconciler.core.model import INDEX, Account, ActualState, Property, User
from reconciler.core.notice import Kind, Notice
from reconciler.core.rules import Adopt, GroupWay, Mode, Options, SourceRules
from reconciler.core.template import parse_template
from support.world import PLACE, difference, mapped, rules, state

HERE = str(PLACE)
ADDS = Options(add_new_users=True)
NUMBERS = Options(add_new_users=True, pair_by=(Property.PERSONAL_NUMBER, Property.USER_NAME))
NAMES_ONLY: dict[Property, Mode] = {}
MAIL = {Property.EMAIL: Mode.REPLACE}


def hr(
    *users: User,
    options: Options = ADDS,
    modes: dict[Property, Mode] | None = None,
    groups: Mode | None = None,
    adopt: Adopt | None = None,
    default: bool = False,
) -> MappedSource:
    made = rules("hr", options=options, modes=MAIL if modes is None else modes, groups=groups, adopt=adopt)
    return mapped(with_default(made) if default else made, users)


def with_default(source: SourceRules) -> SourceRules:
    way = GroupWay(parse_template("GROUPS"), PLACE, make_default=True, ready=True)
    return replace(source, ways=(way,))


def ours(name: str, *, active: bool = True, **properties: object) -> Account:
    return Account(User(name, **{"source": "hr", **properties}), f"id-{name}", active)


def shown(found: Difference) -> list[tuple[str, dict[str, tuple[object, object]]]]:
    return [
        (change.id, {field.field: (field.before, field.after) for field in change.fields})
        for change in found.changes
    ]


def told(found: Difference) -> list[tuple[Kind, str]]:
    return [(notice.kind, notice.name) for notice in found.notices]


@pytest.mark.parametrize(
    ("source", "accounts", "expected"),
    [
        pytest.param(
            hr(User("ada", email="a@x")), [ours("ada", email="a@x")], [], id="all-is-as-it-shall-be"
        ),
        pytest.param(
            hr(User("ada", email="a@x")),
            [ours("ada", email="old@x")],
            [("update/ada", {"email": ("old@x", "a@x")})],
            id="a-value-is-another",
        ),
        pytest.param(
            hr(User("ada", email="a@x")),
            [ours("ada")],
            [("update/ada", {"email": ("", "a@x")})],
            id="a-value-is-absent",
        ),
        pytest.param(
            hr(User("ada", email="a@x", cards=("C",)), modes=MAIL | {Property.CARDS: Mode.ADD}),
            [],
            [
                (
                    "create/ada",
                    {
                        "userName": ("", "ada"),
                        "email": ("", "a@x"),
                        "cards": ((), ("C",)),
                        "synchronizationSource": ("", "hr"),
                    },
                )
            ],
            id="somebody-new",
        ),
        pytest.param(
            hr(User("ada", email="a@x")),
            [ours("ada", email="a@x", active=False)],
            [("reactivate/ada", {})],
            id="somebody-deleted-is-back-and-nothing-else-differs",
        ),
        pytest.param(
            hr(User("ada", email="a@x", groups=("A", "B")), groups=Mode.REPLACE),
            [ours("ada", email="old@x", active=False)],
            [("reactivate/ada", {"email": ("old@x", "a@x"), "groups": ((), ("A", "B"))})],
            id="who-is-back-gets-the-groups-again",
        ),
        pytest.param(
            hr(User("eva.new", personal_number="1", email="e@x"), options=NUMBERS),
            [ours("eva.old", personal_number="1", email="e@x", active=False)],
            [("reactivate/eva.old", {"userName": ("eva.old", "eva.new")})],
            id="who-is-back-under-another-name",
        ),
        pytest.param(
            hr(User("eva.new", personal_number="1", email="e.new@x"), options=NUMBERS),
            [ours("eva.old", personal_number="1", email="e@x", active=False)],
            [
                (
                    "reactivate/eva.old",
                    {"userName": ("eva.old", "eva.new"), "email": ("e@x", "e.new@x")},
                )
            ],
            id="who-is-back-under-another-name-and-more",
        ),
        pytest.param(
            hr(User("ada", email="a@x"), User("bob", email="b@x"), User("cy", email="c@x")),
            [ours("ada", email="a@x"), ours("bob"), ours("cy", email="c@x")],
            [("update/bob", {"email": ("", "b@x")})],
            id="between-those-who-are-as-they-shall-be",
        ),
        pytest.param(
            hr(User("eva.new", personal_number="1", email="e@x"), options=NUMBERS),
            [ours("eva.old", personal_number="1", email="e@x")],
            [("rekey/eva.old", {"userName": ("eva.old", "eva.new")})],
            id="a-new-name-and-nothing-else",
        ),
        pytest.param(
            hr(User("eva.new", personal_number="1", email="e.new@x"), options=NUMBERS),
            [ours("eva.old", personal_number="1", email="e.old@x")],
            [
                ("rekey/eva.old", {"userName": ("eva.old", "eva.new")}),
                ("update/eva.old", {"email": ("e.old@x", "e.new@x")}),
            ],
            id="a-new-name-and-more-are-two-changes-of-one-account",
        ),
        pytest.param(
            hr(User("ada"), options=Options(convert_user_name_to_lowercase=True), modes=NAMES_ONLY),
            [ours("Ada")],
            [("rekey/Ada", {"userName": ("Ada", "ada")})],
            id="a-name-in-capitals-is-written-in-lower-case",
        ),
        pytest.param(
            hr(User("ada", phone="1"), modes=NAMES_ONLY),
            [ours("ada", phone="2")],
            [],
            id="what-has-no-rule-is-left",
        ),
        pytest.param(
            hr(User("ada"), modes={Property.EMAIL: Mode.REPLACE_IF_PRESENT}),
            [ours("ada", email="a@x")],
            [],
            id="what-the-source-says-nothing-of-stays",
        ),
        pytest.param(
            hr(User("ada")),
            [ours("ada", email="a@x")],
            [("update/ada", {"email": ("a@x", "")})],
            id="or-is-cleared",
        ),
        pytest.param(
            hr(User("ada", cards=("2",)), modes={Property.CARDS: Mode.ADD}),
            [ours("ada", cards=("1",))],
            [("update/ada", {"cards": (("1",), ("1", "2"))})],
            id="a-card-is-added-to-those-enrolled-at-a-terminal",
        ),
        pytest.param(
            hr(User("ada", groups=("A",), default_group="A"), modes=NAMES_ONLY, default=True),
            [ours("ada", groups=("B",), default_group="B")],
            [("update/ada", {"groups": (("B",), ("A",)), "defaultGroup": ("B", "A")})],
            id="another-group-which-is-the-default",
        ),
        pytest.param(
            hr(User("ada", groups=("A",), default_group="A"), modes=NAMES_ONLY, default=True),
            [ours("ada", groups=("A", "B"), default_group="B")],
            [("update/ada", {"groups": (("A", "B"), ("A",)), "defaultGroup": ("B", "A")})],
            id="another-default-of-the-groups-there-are",
        ),
        pytest.param(
            hr(
                User("ada", groups=("A",), default_group="A"),
                modes=NAMES_ONLY,
                default=True,
                options=Options(do_not_change_default_group=True),
            ),
            [ours("ada", groups=("B",), default_group="B")],
            [("update/ada", {"groups": (("B",), ("A", "B"))})],
            id="a-default-that-must-not-change-is-not-left-either",
        ),
        pytest.param(
            hr(
                User("ada", groups=("A",), default_group="A"),
                modes=NAMES_ONLY,
                default=True,
                options=Options(add_new_users=True, do_not_change_default_group=True),
            ),
            [],
            [
                (
                    "create/ada",
                    {
                        "userName": ("", "ada"),
                        "groups": ((), ("A",)),
                        "defaultGroup": ("", "A"),
                        "synchronizationSource": ("", "hr"),
                    },
                )
            ],
            id="somebody-new-has-no-default-that-could-change",
        ),
        pytest.param(
            hr(
                User("ada", authentication_server="x.local"),
                modes=NAMES_ONLY,
                options=Options(authentication_server="x.local"),
            ),
            [ours("ada")],
            [("update/ada", {"authenticationServer": ("", "x.local")})],
            id="the-authentication-server-of-the-option",
        ),
    ],
)
def test_what_becomes_of_a_record(
    source: MappedSource,
    accounts: list[Account],
    expected: list[tuple[str, dict[str, tuple[object, object]]]],
) -> None:
    found = difference([source], state(*accounts, groups=["A", "B"]))
    assert shown(found) == expected
    assert found.notices == ()


def test_a_change_tells_who_asks_for_it_where_and_about_which_account() -> None:
    (change,) = difference([hr(User("ada", email="a@x"))], state(ours("ada"))).changes
    assert change == Change(
        Action.UPDATE,
        "ada",
        (FieldChange("email", "", "a@x", HERE),),
        reason=f"hr says otherwise ({HERE})",
        record="hr.csv:2",
        source="hr",
        account_id="id-ada",
        account_source="hr",
    )


def test_a_creation_is_about_no_account_that_there_is() -> None:
    (change,) = difference([hr(User("ada"))], state()).changes
    assert (change.account_id, change.account_source) == ("", "")


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        pytest.param(None, "in hr, not in MyQ", id="a-creation"),
        pytest.param(ours("ada", active=False), "back in hr", id="a-reactivation"),
        pytest.param(ours("eva", personal_number="1"), "renamed in hr", id="a-rename"),
    ],
)
def test_reasons(account: Account | None, reason: str) -> None:
    source = hr(User("ada", personal_number="1"), options=NUMBERS)
    (change,) = difference([source], state(*[account] if account else [])).changes
    assert change.reason == f"{reason} ({HERE})"


def test_pins_are_handed_over_with_a_creation_as_a_number_and_never_shown() -> None:
    source = hr(User("ada"), User("bob"), User("cy"))
    source.pins = {"ada": ("4711", "815"), "cy": ("99",)}
    found = difference([source], state(ours("cy", email="c@x")))
    assert [(change.id, change.pins) for change in found.changes] == [
        ("create/ada", 2),
        ("create/bob", 0),
        ("update/cy", 0),
    ]
    assert "4711" not in repr(found)


@pytest.mark.parametrize(
    ("account", "message"),
    [
        pytest.param(None, "has no account, and hr may not add users", id="somebody-new"),
        pytest.param(
            ours("ada", active=False),
            "is deleted in MyQ, and hr may not add users",
            id="somebody-who-is-back",
        ),
    ],
)
def test_who_may_not_be_added_is_told(account: Account | None, message: str) -> None:
    found = difference([hr(User("ada"), options=Options())], state(*[account] if account else []))
    assert found.changes == ()
    assert found.notices == (Notice(Kind.NOT_ADDED, "ada", message, ("hr.csv:2",)),)


def foreign(source: str, name: str = "ada", *, active: bool = True) -> ActualState:
    return state(Account(User(name, email="old@x", source=source), "7", active))


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        pytest.param("LDAP", "belongs to synchronization source 'LDAP'", id="of-another-source"),
        pytest.param("", "belongs to no synchronization source", id="made-by-hand"),
        pytest.param("HR", "belongs to synchronization source 'HR'", id="of-a-source-in-another-case"),
    ],
)
@pytest.mark.parametrize("active", [pytest.param(True, id="living"), pytest.param(False, id="deleted")])
def test_the_account_of_somebody_else_is_told_and_left(theirs: str, message: str, *, active: bool) -> None:
    found = difference([hr(User("ada", email="a@x"))], foreign(theirs, active=active))
    assert found.changes == ()
    expected = f"{message}; hr takes it over only by `adopt`"
    assert found.notices == (Notice(Kind.FOREIGN, "ada", expected, ("hr.csv:2",)),)


@pytest.mark.parametrize(
    ("adopt", "theirs", "taken"),
    [
        pytest.param(Adopt(sources=frozenset({"LDAP"})), "LDAP", True, id="by-source"),
        pytest.param(Adopt(sources=frozenset({"LDAP"})), "ldap", False, id="not-by-a-source-in-another-case"),
        pytest.param(Adopt(sources=frozenset({"LDAP"})), "", False, id="not-those-made-by-hand"),
        pytest.param(Adopt(sources=frozenset({""})), "", True, id="those-made-by-hand-where-it-says-so"),
        pytest.param(Adopt(users=frozenset({"ada"})), "LDAP", True, id="by-name"),
        pytest.param(Adopt(users=frozenset({"ada"})), "", True, id="by-name-though-made-by-hand"),
        pytest.param(Adopt(users=frozenset({"bob"})), "LDAP", False, id="not-by-another-name"),
    ],
)
def test_taking_an_account_over(adopt: Adopt, theirs: str, *, taken: bool) -> None:
    found = difference([hr(User("ada", email="a@x"), adopt=adopt)], foreign(theirs))
    fields = {"email": ("old@x", "a@x"), "synchronizationSource": (theirs, "hr")}
    assert shown(found) == ([("update/ada", fields)] if taken else [])
    assert told(found) == ([] if taken else [(Kind.FOREIGN, "ada")])
    if taken:
        assert found.changes[0].account_source == theirs


def test_who_is_taken_over_is_so_though_nothing_else_differs() -> None:
    source = hr(User("ada", email="old@x"), adopt=Adopt(users=frozenset({"ada"})))
    assert shown(difference([source], foreign("LDAP"))) == [
        ("update/ada", {"synchronizationSource": ("LDAP", "hr")})
    ]


def test_an_account_is_taken_over_by_the_name_it_has_now() -> None:
    source = hr(
        User("ada", personal_number="1"),
        options=NUMBERS,
        modes=NAMES_ONLY,
        adopt=Adopt(users=frozenset({"old.ada"})),
    )
    actual = state(Account(User("old.ada", personal_number="1", source="LDAP"), "7"))
    assert [change.id for change in difference([source], actual).changes] == [
        "rekey/old.ada",
        "update/old.ada",
    ]


def test_somebody_deleted_can_be_taken_over_and_comes_back() -> None:
    source = hr(User("ada", email="old@x"), adopt=Adopt(sources=frozenset({"LDAP"})))
    assert shown(difference([source], foreign("LDAP", active=False))) == [
        ("reactivate/ada", {"synchronizationSource": ("LDAP", "hr")})
    ]


def test_ignoring_the_source_updates_others_and_leaves_them_theirs() -> None:
    source = hr(User("ada", email="a@x"), options=Options(ignore_synchronization_source=True))
    found = difference([source], foreign("LDAP"))
    assert shown(found) == [("update/ada", {"email": ("old@x", "a@x")})]
    assert (found.changes[0].account_source, found.notices) == ("LDAP", ())


BLIND = frozenset(INDEX) - {Property.EMAIL, Property.PHONE}
UNSEEN = "hr maps it, and this target does not show it: set for new accounts, never compared"


def test_what_cannot_be_read_is_not_compared_and_that_is_told() -> None:
    modes = {Property.PHONE: Mode.REPLACE, Property.EMAIL: Mode.REPLACE, Property.PINS: Mode.ADD}
    actual = state(ours("ada"))._replace(readable=BLIND)
    found = difference([hr(User("ada", email="a@x", phone="1"), modes=modes)], actual)
    assert found.changes == ()
    assert found.notices == (
        Notice(Kind.UNSEEN, "email", UNSEEN, (HERE,)),
        Notice(Kind.UNSEEN, "phone", UNSEEN, (HERE,)),
    )


def test_what_cannot_be_read_is_set_for_new_accounts() -> None:
    actual = state()._replace(readable=BLIND)
    (change,) = difference([hr(User("ada", email="a@x"))], actual).changes
    assert change.field("email") == FieldChange("email", "", "a@x", HERE)


def test_where_nobody_can_see_whose_accounts_are_they_count_as_ours() -> None:
    found = difference([hr(User("ada", email="a@x"))], state(ours("ada", source=""), knows_source=False))
    assert shown(found) == [("update/ada", {"email": ("", "a@x")})]


def test_who_stands_in_a_conflict_is_not_touched() -> None:
    users = [User("ada", cards=("1",), email="a@x"), User("bob", cards=("1",)), User("cy", email="c@x")]
    found = difference([hr(*users)], state(ours("ada"), ours("cy")))
    assert [change.id for change in found.changes] == ["update/cy"]
    assert told(found) == [(Kind.CONFLICT, "ada")]


def test_changes_stand_in_their_one_order_and_notices_in_theirs() -> None:
    removes = Options(add_new_users=True, deactivate_missing_users=True, pair_by=NUMBERS.pair_by)
    source = hr(
        User("new", groups=("Z", "A")[:1], email="n@x"),
        User("b", email="b@x"),
        User("a", email="a@x"),
        User("back", email="x@x"),
        User("renamed", personal_number="9"),
        options=removes,
        groups=Mode.ADD,
    )
    actual = state(
        ours("a"), ours("b"), ours("gone"), ours("back", active=False), ours("former", personal_number="9")
    )
    assert [change.id for change in difference([source], actual).changes] == [
        "group-create/Z",
        "rekey/former",
        "create/new",
        "reactivate/back",
        "update/a",
        "update/b",
        "deactivate/gone",
    ]


def test_a_notice_told_twice_is_told_once() -> None:
    source = rules("hr", modes={Property.EMAIL: Mode.REPLACE}, options=ADDS, groups=None)
    twice = replace(source, rules=(*source.rules, source.rules[-1]))
    actual = state()._replace(readable=BLIND)
    assert len(difference([mapped(twice, [])], actual).notices) == 1
