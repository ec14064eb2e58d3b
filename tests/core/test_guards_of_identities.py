"""Which identities go from one person to another, as a table."""

from __future__ import annotations

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.guards.identities import moved_identities
from reconciler.core.model import Account, User

ADA = Account(
    User("ada", aliases=("countess",), email="ada@x", cards=("C",), personal_number="1", object_id="o"), "1"
)
BOB = Account(User("bob", email="team@x"), "2")
GONE = Account(User("old", cards=("G",), email="old@x"), "3", active=False)
SYSTEM = Account(User("*admin", email="root@x"), "4", active=False)
EVERYBODY = (ADA, BOB, GONE, SYSTEM)


def update(who: Account, prop: str, before: str | tuple[str, ...], after: str | tuple[str, ...]) -> Change:
    field = FieldChange(prop, before, after)
    return Change(Action.UPDATE, who.user.user_name, (field,), account_id=who.id)


def new(name: str, prop: str, value: str | tuple[str, ...]) -> Change:
    empty: str | tuple[str, ...] = "" if isinstance(value, str) else ()
    return Change(Action.CREATE, name, (FieldChange(prop, empty, value),))


def gone(who: Account) -> Change:
    return Change(Action.DEACTIVATE, who.user.user_name, account_id=who.id)


def renamed(who: Account, name: str) -> Change:
    field = FieldChange("userName", who.user.user_name, name)
    return Change(Action.REKEY, who.user.user_name, (field,), account_id=who.id)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            [update(ADA, "cards", ("C",), ()), update(BOB, "cards", (), ("C",))],
            [("cards", "ada", "bob")],
            id="a-card",
        ),
        pytest.param(
            [update(BOB, "cards", (), ("C",)), update(ADA, "cards", ("C",), ())],
            [("cards", "ada", "bob")],
            id="whichever-comes-first",
        ),
        pytest.param(
            [update(ADA, "personalNumber", "1", "2"), update(BOB, "personalNumber", "", "1")],
            [("personalNumber", "ada", "bob")],
            id="a-number",
        ),
        pytest.param(
            [update(ADA, "objectId", "o", "p"), new("eve", "objectId", "o")],
            [("objectId", "ada", "eve")],
            id="an-object-id",
        ),
        pytest.param(
            [update(ADA, "aliases", ("countess",), ()), update(BOB, "aliases", (), ("Countess",))],
            [("aliases", "ada", "bob")],
            id="an-alias-in-any-case",
        ),
        pytest.param(
            [update(ADA, "email", "ada@x", ""), update(BOB, "email", "team@x", "Ada@X")],
            [("email", "ada", "bob")],
            id="an-address-in-any-case",
        ),
        pytest.param(
            [
                update(ADA, "aliases", ("countess",), ()),
                update(BOB, "aliases", (), ("countess",)),
                update(BOB, "email", "team@x", "ada@x"),
            ],
            [("aliases", "ada", "bob")],
            id="an-address-that-is-kept-beside-an-alias-that-goes",
        ),
        pytest.param(
            [gone(ADA), new("lady", "email", "ada@x")],
            [("email", "ada", "lady")],
            id="a-renaming-that-looks-like-somebody-new",
        ),
        pytest.param([new("eve", "cards", ("G",))], [("cards", "old", "eve")], id="of-somebody-long-gone"),
        pytest.param(
            [renamed(ADA, "lovelace"), update(ADA, "aliases", ("countess",), ("ada", "countess"))],
            [],
            id="the-own-name-that-becomes-an-alias",
        ),
        pytest.param(
            [Change(Action.REACTIVATE, "old", (FieldChange("aliases", (), ("OLD",)),), account_id="3")],
            [],
            id="who-returns-with-the-own-name-as-an-alias",
        ),
        pytest.param(
            [renamed(ADA, "lovelace"), update(BOB, "aliases", (), ("ada",))],
            [("aliases", "ada", "bob")],
            id="the-old-name-becomes-an-alias-of-somebody-else",
        ),
        pytest.param(
            [update(ADA, "aliases", ("countess",), ()), renamed(BOB, "countess")],
            [("userName", "ada", "countess")],
            id="an-alias-becomes-the-name-of-somebody-else",
        ),
        pytest.param(
            [update(ADA, "aliases", ("countess",), ()), Change(Action.CREATE, "countess")],
            [("userName", "ada", "countess")],
            id="an-alias-becomes-the-name-of-somebody-new",
        ),
        pytest.param(
            [gone(ADA), update(ADA, "email", "ada@x", ""), new("eve", "personalNumber", "1")],
            [("personalNumber", "ada", "eve")],
            id="who-goes-gives-up-everything",
        ),
        pytest.param([update(ADA, "cards", ("C",), ("D",))], [], id="a-card-replaced"),
        pytest.param([update(BOB, "cards", (), ("N",))], [], id="a-card-nobody-had"),
        pytest.param([new("eve", "email", "team@x")], [], id="an-address-that-is-shared-stays-shared"),
        pytest.param([new("eve", "email", "root@x")], [("email", "*admin", "eve")], id="of-myqs-own"),
        pytest.param(
            [renamed(ADA, "lovelace"), update(ADA, "aliases", ("countess",), ("ada", "countess"))],
            [],
            id="the-own-name-becomes-the-own-alias",
        ),
        pytest.param(
            [update(ADA, "cards", ("C",), ()), update(ADA, "cards", (), ("C",))],
            [],
            id="back-to-the-same-person",
        ),
        pytest.param(
            [update(ADA, "cards", ("C",), ()), update(BOB, "aliases", (), ("C",))],
            [],
            id="a-card-is-no-alias",
        ),
        pytest.param(
            [update(ADA, "phone", "1", ""), update(BOB, "phone", "", "1")], [], id="a-phone-opens-nothing"
        ),
        pytest.param([Change(Action.GROUP_CREATE, "ada")], [], id="a-group-is-nobody"),
        pytest.param(
            [
                renamed(ADA, "lovelace"),
                update(ADA, "cards", ("C",), ()),
                update(BOB, "cards", (), ("C",)),
                new("ada", "email", ""),
            ],
            [("cards", "ada", "bob"), ("userName", "ada", "ada")],
            id="who-is-renamed-and-changed-loses-by-both",
        ),
        pytest.param(
            [gone(ADA), update(ADA, "phone", "1", ""), update(BOB, "cards", (), ("C",))],
            [("cards", "ada", "bob")],
            id="who-goes-loses-all-whatever-else-is-changed",
        ),
        pytest.param(
            [
                gone(ADA),
                new("zoe", "personalNumber", "1"),
                new("eve", "objectId", "o"),
                new("dee", "aliases", ("countess",)),
                new("cy", "email", "old@x"),
                update(BOB, "cards", (), ("C", "G")),
            ],
            [
                ("aliases", "ada", "dee"),
                ("cards", "ada", "bob"),
                ("cards", "old", "bob"),
                ("email", "old", "cy"),
                ("objectId", "ada", "eve"),
                ("personalNumber", "ada", "zoe"),
            ],
            id="all-of-several-in-their-order",
        ),
    ],
)
def test_what_goes_to_somebody_else(changes: list[Change], expected: list[tuple[str, str, str]]) -> None:
    assert moved_identities(changes, EVERYBODY) == expected


def test_a_name_goes_from_who_is_deleted_to_who_is_new_though_the_server_gives_no_ids() -> None:
    old = Account(User("old"), active=False)
    assert moved_identities([Change(Action.CREATE, "old")], [old]) == [("userName", "old", "old")]
