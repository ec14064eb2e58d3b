"""Identities that change hands: in which order, and what happens where nobody lets go."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from reconciler.core.assumptions import Assumptions
from reconciler.core.diff import Difference
from reconciler.core.model import Account, Property, User
from reconciler.core.notice import Kind
from reconciler.core.outcome import Status
from reconciler.core.rules import Mode, Options
from reconciler.myq.apply import Applying
from support.world import World, difference, mapped, rules, state

OPTIONS = Options(
    add_new_users=True,
    deactivate_missing_users=True,
    pair_by=(Property.PERSONAL_NUMBER, Property.USER_NAME),
)
BY_NAME = Options(add_new_users=True)
BY_NUMBER = Options(add_new_users=True, pair_by=(Property.PERSONAL_NUMBER,))
MODES = {
    Property.PERSONAL_NUMBER: Mode.REPLACE_IF_PRESENT,
    Property.ALIASES: Mode.REPLACE,
    Property.CARDS: Mode.REPLACE,
    Property.OBJECT_ID: Mode.REPLACE_IF_PRESENT,
}
FREES = Assumptions(deleted_user_blocks_names=False)
CASELESS = Assumptions(user_name_case_sensitive=False)
EXACT = Assumptions(aliases_ignore_case=False)


def person(name: str, number: str = "", *, cards: str = "", aliases: str = "", object_id: str = "") -> User:
    return User(
        name,
        personal_number=number,
        cards=tuple(cards.split()),
        aliases=tuple(aliases.split()),
        object_id=object_id,
    )


def account(user: User, *, source: str = "hr", active: bool = True) -> Account:
    return Account(user._replace(source=source), f"{source}-{user.user_name}", active)


@dataclass(frozen=True)
class Case:
    """People as they are wanted, accounts as they are."""

    want: list[User]
    have: list[Account]
    assumptions: Assumptions = field(default_factory=Assumptions)
    options: Options = OPTIONS

    def difference(self) -> Difference:
        return difference(
            [mapped(rules("hr", options=self.options, modes=MODES, groups=None), self.want)],
            state(*self.have),
            assumptions=self.assumptions,
        )


def needs(found: Difference) -> dict[str, tuple[str, ...]]:
    return {change.id: change.needs for change in found.changes}


def conflicts(found: Difference) -> list[str]:
    return [notice.name for notice in found.notices if notice.kind is Kind.CONFLICT]


HANDS = [
    pytest.param(
        Case(
            [person("ada", cards="C"), person("bob")],
            [account(person("ada")), account(person("bob", cards="C"))],
        ),
        {"update/ada": ("update/bob",), "update/bob": ()},
        id="a-card-is-given-after-it-was-taken",
    ),
    pytest.param(
        Case([person("ada", cards="C"), person("bob")], [account(person("bob", cards="C"))]),
        {"create/ada": ("update/bob",), "update/bob": ()},
        id="somebody-new-gets-the-card-of-somebody-known",
    ),
    pytest.param(
        Case(
            [person("ada", aliases="x"), person("bob", aliases="y")],
            [account(person("ada")), account(person("bob", aliases="x"))],
        ),
        {"update/ada": ("update/bob",), "update/bob": ()},
        id="an-alias",
    ),
    pytest.param(
        Case(
            [person("ada", object_id="o"), person("bob", object_id="p")],
            [account(person("bob", object_id="o"))],
        ),
        {"create/ada": ("update/bob",), "update/bob": ()},
        id="an-object-id",
    ),
    pytest.param(
        Case(
            [person("ada", cards="C"), person("bob", cards="D"), person("cy")],
            [account(person("ada")), account(person("bob", cards="C")), account(person("cy", cards="D"))],
        ),
        {"update/ada": ("update/bob",), "update/bob": ("update/cy",), "update/cy": ()},
        id="cards-that-go-down-a-row",
    ),
    pytest.param(
        Case(
            [person("bob", "1"), person("cy", "2")],
            [account(person("ada", "1")), account(person("bob", "2"))],
        ),
        {"rekey/ada": ("rekey/bob",), "rekey/bob": ()},
        id="names-that-go-down-a-row",
    ),
    pytest.param(
        Case(
            [person("bob", "1"), person("bobby", "2"), person("ada", "3")],
            [account(person("ada", "1")), account(person("bob", "2"))],
            options=BY_NUMBER,
        ),
        {"create/ada": ("rekey/ada",), "rekey/ada": ("rekey/bob",), "rekey/bob": ()},
        id="somebody-new-gets-the-name-that-became-free",
    ),
    pytest.param(
        Case([person("eva.new", "1", aliases="eva.old")], [account(person("eva.old", "1"))]),
        {"rekey/eva.old": (), "update/eva.old": ("rekey/eva.old",)},
        id="the-former-name-as-an-alias-waits-for-the-new-name",
    ),
    pytest.param(
        Case(
            [person("x", "1"), person("ada", "2", aliases="bob")],
            [account(person("bob", "1")), account(person("ada", "2"))],
        ),
        {"rekey/bob": (), "update/ada": ("rekey/bob",)},
        id="somebody-elses-former-name-as-an-alias",
    ),
    pytest.param(
        Case(
            [person("x", "1"), person("bob", "2", aliases="")],
            [account(person("x", "1", aliases="bob")), account(person("y", "2"))],
        ),
        {"rekey/y": ("update/x",), "update/x": ()},
        id="an-alias-that-becomes-somebodys-name",
    ),
    pytest.param(
        Case(
            [person("new", "1"), person("bob", "2")],
            [account(person("ada", "1", aliases="new")), account(person("bob", "2"))],
        ),
        {"rekey/ada": ("update/ada",), "update/ada": ()},
        id="the-own-alias-becomes-the-name-once-it-is-none",
    ),
    pytest.param(
        Case([person("ada", cards="C")], [account(person("tom", cards="C"))], FREES),
        {"create/ada": ("deactivate/tom",), "deactivate/tom": ()},
        id="a-leavers-card-where-the-deleted-let-go",
    ),
    pytest.param(
        Case([person("ada", cards="C")], [account(person("tom", cards="C"), active=False)], FREES),
        {"create/ada": ()},
        id="the-card-of-somebody-deleted-where-those-let-go",
    ),
    pytest.param(
        Case([person("Ada", "1")], [account(person("ada", "1"))], CASELESS),
        {"rekey/ada": ()},
        id="the-own-name-in-another-case",
    ),
    pytest.param(
        Case(
            [person("ada", "1"), person("bob", "2")],
            [account(person("ada")), account(person("bob", "1"))],
            options=BY_NAME,
        ),
        {"update/ada": ("update/bob",), "update/bob": ()},
        id="a-number",
    ),
    pytest.param(
        Case([person("ada", aliases="ADA")], [account(person("ada"))]),
        {"update/ada": ()},
        id="the-own-name-in-capitals-as-an-alias",
    ),
    pytest.param(
        Case(
            [person("ada", cards="C D"), person("zoe"), person("bob")],
            [account(person("ada")), account(person("zoe", cards="C")), account(person("bob", cards="D"))],
        ),
        {"update/ada": ("update/bob", "update/zoe"), "update/bob": (), "update/zoe": ()},
        id="cards-of-two-people",
    ),
    pytest.param(
        Case([person("ada", cards="C")], [account(person("ada")), account(person("*fax", cards="C"))]),
        {"update/ada": ()},
        id="what-myqs-own-account-has-is-left-to-the-guard",
    ),
    pytest.param(
        Case([person("ada", cards="C D")], [account(person("ada", cards="C"))]),
        {"update/ada": ()},
        id="what-nobody-has-is-simply-given",
    ),
    pytest.param(
        Case(
            [person("ada", aliases="X")],
            [account(person("ada")), account(person("bob", aliases="x"), source="ldap")],
            EXACT,
        ),
        {"update/ada": ()},
        id="an-alias-in-another-case-where-case-counts",
    ),
]


@pytest.mark.parametrize(("case", "expected"), HANDS)
def test_what_changes_hands(case: Case, expected: dict[str, tuple[str, ...]]) -> None:
    found = case.difference()
    assert needs(found) == expected
    assert conflicts(found) == []
    world = World(state(*case.have))
    assert {one.status for one in Applying(world).run(found.changes)} == {Status.APPLIED}


@pytest.mark.parametrize(
    ("case", "left", "expected", "told"),
    [
        pytest.param(
            Case([person("ada", cards="C")], [account(person("bob", cards="C"), source="ldap")]),
            [],
            ["ada"],
            "is to get the cards that the account 'bob' has and keeps",
            id="a-card-of-somebody-elses-account",
        ),
        pytest.param(
            Case(
                [person("ada", "1")],
                [account(person("ada")), account(person("bob", "1"), source="ldap")],
                options=BY_NAME,
            ),
            [],
            ["ada"],
            "is to get the personalNumber that the account 'bob' has and keeps",
            id="a-number-of-somebody-elses-account",
        ),
        pytest.param(
            Case(
                [person("ada", aliases="Bob")],
                [account(person("ada")), account(person("Bob"), source="ldap")],
                EXACT,
            ),
            [],
            ["ada"],
            "is to get the aliases 'Bob' that the account 'Bob' has and keeps",
            id="a-name-with-a-capital-where-case-counts",
        ),
        pytest.param(
            Case([person("ada", cards="C")], [account(person("bob", cards="C"), source="")]),
            [],
            ["ada"],
            "has and keeps",
            id="a-card-of-an-account-made-by-hand",
        ),
        pytest.param(
            Case([person("ada")], [account(person("bob", aliases="ADA"), source="ldap")]),
            [],
            ["ada"],
            "is to get the userName 'ada' that the account 'bob' has and keeps",
            id="a-name-that-is-an-alias-in-another-case",
        ),
        pytest.param(
            Case([person("ada", "1")], [account(person("ada"), source="ldap")]),
            [],
            [],
            "",
            id="a-name-of-a-foreign-account-is-no-conflict-it-is-foreign",
        ),
        pytest.param(
            Case(
                [person("eva", "1", aliases="BOB")],
                [account(person("eva", "1")), account(person("bob"), source="ldap")],
            ),
            [],
            ["eva"],
            "is to get the aliases 'BOB' that the account 'bob' has and keeps",
            id="an-alias-that-is-somebodys-name",
        ),
        pytest.param(
            Case(
                [person("eva", "1")],
                [account(person("ada", "1")), account(person("Eva"), source="ldap")],
                CASELESS,
            ),
            [],
            ["ada"],
            "the userName 'eva'",
            id="a-name-where-case-is-nothing",
        ),
        pytest.param(
            Case([person("ada", "9")], [account(person("tom", "9"), source="ldap", active=False)]),
            [],
            [],
            "",
            id="a-number-of-a-deleted-foreign-account-pairs-and-is-foreign",
        ),
        pytest.param(
            Case([person("ada", cards="C")], [account(person("tom", cards="C"), active=False)]),
            [],
            ["ada"],
            "that the account 'tom' has and keeps",
            id="a-card-of-somebody-deleted",
        ),
        pytest.param(
            Case([person("ada", cards="C")], [account(person("tom", cards="C"))]),
            ["deactivate/tom"],
            ["ada"],
            "that the account 'tom' has and keeps",
            id="a-leavers-card-since-the-deleted-keep-theirs",
        ),
        pytest.param(
            Case(
                [person("ada", cards="D"), person("bob", cards="C")],
                [account(person("ada", cards="C")), account(person("bob", cards="D"))],
            ),
            [],
            ["ada", "bob"],
            "swaps an identity",
            id="two-swap-their-cards",
        ),
        pytest.param(
            Case(
                [person("bob", "1"), person("ada", "2")],
                [account(person("ada", "1")), account(person("bob", "2"))],
            ),
            [],
            ["ada", "bob"],
            "swaps an identity",
            id="two-swap-their-names",
        ),
        pytest.param(
            Case(
                [
                    person("a", cards="3"),
                    person("b", cards="1"),
                    person("c", cards="2"),
                    person("d", cards="4"),
                ],
                [
                    account(person("a", cards="1")),
                    account(person("b", cards="2")),
                    account(person("c", cards="3")),
                    account(person("d")),
                ],
            ),
            ["update/d"],
            ["a", "b", "c"],
            "swaps an identity",
            id="three-in-a-ring-and-one-beside-it",
        ),
        pytest.param(
            Case(
                [person("ada", cards="C"), person("bob", cards="D"), person("cy")],
                [
                    account(person("ada")),
                    account(person("bob", cards="C")),
                    account(person("dee", cards="D"), source="ldap"),
                ],
            ),
            ["create/cy"],
            ["ada", "bob"],
            "from an account that is in a conflict itself",
            id="who-waits-for-somebody-in-a-conflict",
        ),
    ],
)
def test_what_nobody_lets_go_is_not_taken(
    case: Case, left: list[str], expected: list[str], told: str
) -> None:
    found = case.difference()
    assert list(needs(found)) == left
    assert sorted(conflicts(found)) == expected
    assert told in " / ".join(notice.message for notice in found.notices if notice.kind is Kind.CONFLICT)


def test_a_conflict_over_a_card_does_not_show_the_card() -> None:
    found = Case(
        [person("ada", cards="4711")], [account(person("bob", cards="4711"), source="ldap")]
    ).difference()
    assert "4711" not in repr(found.notices)


def test_who_returns_does_not_return_with_a_card_somebody_else_has_now() -> None:
    """Where the deleted let go, a card may have a new owner while its old one was away."""
    have = [
        account(person("rosa", cards="C"), active=False),
        account(person("bob", cards="C"), source="ldap"),
    ]
    found = Case([person("rosa", cards="C")], have, FREES).difference()
    assert found.changes == ()
    assert conflicts(found) == ["rosa"]


def test_who_returns_without_it_needs_nothing() -> None:
    have = [
        account(person("rosa", cards="C"), active=False),
        account(person("bob", cards="C"), source="ldap"),
    ]
    assert list(needs(Case([person("rosa")], have, FREES).difference())) == ["reactivate/rosa"]


def test_who_returns_with_it_after_it_was_taken() -> None:
    have = [account(person("rosa", cards="C"), active=False), account(person("bob", cards="C"))]
    found = Case([person("rosa", cards="C"), person("bob")], have, FREES).difference()
    assert needs(found) == {"reactivate/rosa": ("update/bob",), "update/bob": ()}


def test_who_returns_does_not_return_with_a_name_somebody_else_has_now() -> None:
    have = [account(person("rosa", "1"), active=False), account(person("rosa", "2"), source="ldap")]
    found = Case([person("rosa", "1")], have, FREES, BY_NUMBER).difference()
    assert found.changes == ()
    assert conflicts(found) == ["rosa"]


def test_who_returns_is_found_behind_others_and_keeps_only_what_nobody_else_has() -> None:
    have = [
        account(person("bob", cards="D"), source="ldap"),
        account(person("rosa", cards="C D"), active=False),
    ]
    found = Case([person("rosa", cards="D E")], have, FREES).difference()
    assert found.changes == ()
    assert conflicts(found) == ["rosa"]


def test_of_several_things_that_others_have_now_the_same_one_is_always_told() -> None:
    mine = person("rosa", "1", cards="C", aliases="r", object_id="o")
    have = [account(mine, active=False), account(mine._replace(user_name="bob"), source="ldap")]
    found = Case([mine], have, FREES, BY_NAME).difference()
    (notice,) = [one for one in found.notices if one.kind is Kind.CONFLICT]
    assert notice.message.startswith("is to get the personalNumber that the account 'bob' has and keeps")


def test_somebody_new_is_not_the_account_of_the_same_name_where_accounts_have_no_id() -> None:
    have = [Account(person("ada")._replace(source="ldap"))]
    found = Case([person("ada", "1")], have, options=BY_NUMBER).difference()
    assert found.changes == ()
    assert conflicts(found) == ["ada"]
