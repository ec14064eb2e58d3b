"""Whose account is whose: keys in their order, ambiguity, deleted accounts, names in another case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.assumptions import Assumptions
from reconciler.core.model import Account, Property, User
from reconciler.core.notice import Kind
from reconciler.core.pairing import Pairing, pair
from reconciler.core.rules import Options
from support.world import mapped, rules, wanted

NAME, NUMBER = Property.USER_NAME, Property.PERSONAL_NUMBER
MAIL, OBJECT = Property.EMAIL, Property.OBJECT_ID
STRICT = Assumptions()
LAX = Assumptions(user_name_case_sensitive=False)


def by(*keys: Property, lowercase: bool = False) -> Options:
    return Options(pair_by=keys, convert_user_name_to_lowercase=lowercase)


def account(name: str, *, active: bool = True, **properties: str) -> Account:
    return Account(User(name, **{"source": "hr", **properties}), active=active)


def paired(
    users: list[User], accounts: list[Account], options: Options, assumptions: Assumptions = STRICT
) -> Pairing:
    return pair(wanted([mapped(rules("hr", options=options), users)]), accounts, assumptions)


@pytest.mark.parametrize(
    ("options", "user", "accounts", "expected"),
    [
        pytest.param(by(NAME), User("ada"), [account("bob"), account("ada")], 1, id="by-name"),
        pytest.param(by(NAME), User("ada"), [account("Ada")], None, id="a-name-in-another-case-is-another"),
        pytest.param(by(NAME), User("ada"), [account("eva")], None, id="no-account"),
        pytest.param(
            by(NUMBER),
            User("ada", personal_number="1"),
            [account("eva", personal_number="1")],
            0,
            id="by-number",
        ),
        pytest.param(
            by(NUMBER),
            User("ada", personal_number="1"),
            [account("ada")],
            None,
            id="by-number-alone-no-name-helps",
        ),
        pytest.param(
            by(NUMBER), User("ada"), [account("ada")], None, id="no-number-finds-nobody-without-one"
        ),
        pytest.param(
            by(NUMBER, NAME),
            User("ada", personal_number="1"),
            [account("bob"), account("ada")],
            1,
            id="by-the-second-key-where-all-are-living",
        ),
        pytest.param(
            by(NUMBER, NAME),
            User("ada", personal_number="1"),
            [account("bob", active=False), account("ada", active=False)],
            1,
            id="by-the-second-key-where-all-are-deleted",
        ),
        pytest.param(
            by(OBJECT), User("a", object_id="o"), [account("b", object_id="o")], 0, id="by-object-id"
        ),
        pytest.param(by(MAIL), User("a", email="a@x"), [account("b", email="a@x")], 0, id="by-mail"),
        pytest.param(
            by(MAIL),
            User("a", email="a@x"),
            [account("b", email="A@x")],
            None,
            id="a-mail-in-another-case-is-another",
        ),
        pytest.param(
            by(NUMBER),
            User("ada", personal_number="A1"),
            [account("x", personal_number="a1"), account("y", personal_number="A1")],
            1,
            id="a-number-with-a-capital",
        ),
        pytest.param(
            by(NAME, NUMBER),
            User("ada", personal_number="A1"),
            [account("x", personal_number="a1"), account("y", personal_number="A1")],
            1,
            id="a-number-with-a-capital-by-a-later-key",
        ),
        pytest.param(
            by(NUMBER),
            User("ada", personal_number="3"),
            [account(name, personal_number=number) for name, number in (("b", "1"), ("c", "1"), ("d", "3"))],
            2,
            id="a-number-of-ones-own-though-others-share-another",
        ),
        pytest.param(
            by(NUMBER, NAME),
            User("ada", personal_number="1"),
            [account("ada"), account("eva", personal_number="1")],
            1,
            id="the-first-key-counts-first",
        ),
        pytest.param(
            by(NAME, NUMBER),
            User("ada", personal_number="1"),
            [account("ada"), account("eva", personal_number="1")],
            0,
            id="in-the-other-order-the-other-account",
        ),
        pytest.param(
            by(OBJECT, NUMBER, MAIL, NAME),
            User("ada", object_id="o", personal_number="1", email="a@x"),
            [account("ada"), account("b", email="a@x"), account("c", personal_number="1")],
            2,
            id="the-first-key-that-finds-somebody",
        ),
        pytest.param(
            by(NUMBER, NAME),
            User("ada"),
            [account("ada", personal_number="1")],
            0,
            id="a-key-without-value-is-passed-over",
        ),
        pytest.param(
            by(NAME),
            User("ada"),
            [account("ada", active=False), account("ada")],
            1,
            id="the-living-before-the-deleted",
        ),
        pytest.param(
            by(NUMBER, NAME),
            User("ada", personal_number="1"),
            [account("old", personal_number="1", active=False), account("ada")],
            1,
            id="a-living-one-by-a-later-key-before-a-deleted-one",
        ),
        pytest.param(
            by(NAME), User("ada"), [account("ada", active=False)], 0, id="a-deleted-one-where-no-other-is"
        ),
        pytest.param(
            by(NUMBER, NAME),
            User("ada", personal_number="1"),
            [account("ada", active=False), account("old", personal_number="1", active=False)],
            1,
            id="the-keys-order-among-the-deleted",
        ),
        pytest.param(
            by(NAME, lowercase=True),
            User("ada"),
            [account("Ada")],
            0,
            id="lower-case-finds-the-name-in-capitals",
        ),
        pytest.param(
            by(NAME, lowercase=True),
            User("ada"),
            [account("Ada"), account("ada")],
            1,
            id="the-very-name-before-another-case",
        ),
        pytest.param(
            by(NAME, lowercase=True),
            User("ada"),
            [account("ADA", source="ldap"), account("Ada")],
            1,
            id="another-case-only-in-the-own-source",
        ),
        pytest.param(
            by(NAME, lowercase=True),
            User("ada"),
            [account("Ada", active=False)],
            None,
            id="another-case-only-among-the-living",
        ),
        pytest.param(
            by(NUMBER, lowercase=True),
            User("ada"),
            [account("Ada")],
            None,
            id="another-case-only-where-names-pair",
        ),
    ],
)
def test_whose_account_it_is(
    options: Options, user: User, accounts: list[Account], expected: int | None
) -> None:
    found = paired([user], accounts, options)
    assert list(found.account_of) == [expected]
    assert (found.held, found.notices) == (frozenset(), ())


def test_where_case_is_nothing_names_meet_in_any_case() -> None:
    assert list(paired([User("ADA")], [account("ada")], by(NAME), LAX).account_of) == [0]


@pytest.mark.parametrize(
    ("options", "user", "accounts", "assumptions"),
    [
        pytest.param(
            by(MAIL),
            User("ada", email="x@x"),
            [account("bob", email="x@x"), account("cy", email="x@x")],
            STRICT,
            id="one-mail-address-at-two-accounts",
        ),
        pytest.param(
            by(NUMBER, NAME),
            User("bob", personal_number="1"),
            [account("bob", personal_number="1"), account("cy", personal_number="1")],
            STRICT,
            id="a-later-key-does-not-decide-what-an-earlier-leaves-open",
        ),
        pytest.param(
            by(NAME, lowercase=True),
            User("bob"),
            [account("Bob"), account("BOB")],
            STRICT,
            id="two-other-cases",
        ),
        pytest.param(
            by(NAME), User("bob"), [account("bob"), account("Bob")], LAX, id="names-where-case-is-nothing"
        ),
        pytest.param(
            by(NAME),
            User("bob"),
            [account("bob", active=False), account("bob", active=False, source="ldap")],
            STRICT,
            id="two-deleted-ones",
        ),
    ],
)
def test_several_accounts_for_one_record_are_a_conflict_that_names_them(
    options: Options, user: User, accounts: list[Account], assumptions: Assumptions
) -> None:
    found = paired([user, User("zoe")], accounts, options, assumptions)
    assert list(found.account_of) == [None, None]
    assert found.held == {0}
    assert found.spoken_for == {0, 1}
    (notice,) = found.notices
    assert (notice.kind, notice.name, notice.places) == (Kind.CONFLICT, user.user_name, ("hr.csv:2",))
    names = ", ".join(sorted(one.user.user_name for one in accounts))
    assert f"any of 2 accounts ({names})" in notice.message


def test_an_account_that_another_record_may_mean_is_not_touched_by_who_is_sure_of_it() -> None:
    """Were it changed, the other record might mean somebody else at the next run."""
    accounts = [account("ada", email="b@x"), account("bob", email="b@x", personal_number="2"), account("cy")]
    users = [User("ada", personal_number="2"), User("Ada", email="b@x"), User("cy", personal_number="3")]
    found = paired(users, accounts, by(NUMBER, MAIL, NAME))
    assert list(found.account_of) == [1, None, 2]
    assert found.held == {0, 1}
    assert found.spoken_for == {0, 1}


def test_three_candidates_are_all_named() -> None:
    accounts = [account(name, email="x@x") for name in ("cy", "ada", "bob")]
    (notice,) = paired([User("u", email="x@x")], accounts, by(MAIL)).notices
    assert "3 accounts (ada, bob, cy)" in notice.message


def test_two_records_that_find_one_account_are_a_conflict_that_names_both() -> None:
    users = [User("ada", personal_number="1"), User("eva", email="e@x"), User("zoe")]
    accounts = [account("old", personal_number="1", email="e@x"), account("zoe")]
    found = paired(users, accounts, by(NUMBER, MAIL, NAME))
    assert list(found.account_of) == [0, 0, 1]
    assert found.held == {0, 1}
    (notice,) = found.notices
    assert (notice.kind, notice.name) == (Kind.CONFLICT, "old")
    assert notice.places == ("hr.csv:2", "hr.csv:3")
    assert "2 records find this account (ada, eva)" in notice.message


def test_who_is_held_already_still_finds_an_account() -> None:
    found = paired([User("ada", cards=("1",)), User("bob", cards=("1",))], [account("ada")], by(NAME))
    assert list(found.account_of) == [0, None]
    assert found.held == {0, 1}
    assert found.notices == ()


def two_sources(low: User, options: Options, accounts: list[Account]) -> Pairing:
    high = mapped(rules("hr", precedence=1), [User("ada", personal_number="1")])
    other = mapped(rules("ad", precedence=2, options=options), [low])
    state = wanted([high, other])
    assert [one.owned.rules.name for one in state.outranked] == ["ad"]
    return pair(state, accounts, STRICT)


def test_the_account_of_an_outranked_record_is_spoken_for() -> None:
    accounts = [account("ada"), account("a.lovelace", personal_number="1", source="ad")]
    found = two_sources(User("x", personal_number="1"), by(NUMBER), accounts)
    assert list(found.account_of) == [0]
    assert found.spoken_for == {1}


def test_all_accounts_an_outranked_record_could_mean_are_spoken_for() -> None:
    accounts = [
        account("ada"),
        account("x1", personal_number="1", source="ad"),
        account("x2", personal_number="1", source="ad"),
    ]
    found = two_sources(User("x", personal_number="1"), by(NUMBER), accounts)
    assert found.spoken_for == {1, 2}
    assert found.held == frozenset()


def test_each_source_pairs_by_its_own_keys() -> None:
    first = mapped(rules("hr", options=by(NUMBER)), [User("ada", personal_number="1")])
    second = mapped(rules("ad", options=by(NAME)), [User("bob", personal_number="1x")])
    accounts = [account("bob"), account("eva", personal_number="1")]
    state = wanted([first, second])
    found = pair(state, accounts, STRICT)
    assert {
        state.users[at].user.user_name: accounts[to].user.user_name
        for at, to in enumerate(found.account_of)
        if to is not None
    } == {
        "ada": "eva",
        "bob": "bob",
    }


def test_a_record_of_a_later_source_that_finds_several_is_held_and_nobody_else() -> None:
    first = mapped(rules("hr", options=by(NUMBER)), [User("ada", personal_number="1")])
    second = mapped(rules("lab", options=by(MAIL)), [User("bob", email="b@x"), User("cy", email="c@x")])
    accounts = [account("ada", personal_number="1"), *(account(f"b{at}", email="c@x") for at in range(2))]
    state = wanted([first, second])
    found = pair(state, accounts, STRICT)
    assert [state.users[at].user.user_name for at in found.held] == ["cy"]
    assert [notice.name for notice in found.notices] == ["cy"]


def test_only_names_are_alike_in_another_case_and_never_numbers() -> None:
    accounts = [account("bob", personal_number="a1")]
    assert paired([User("ada", personal_number="A1")], accounts, by(NUMBER), LAX).account_of == [None]
    assert paired([User("Bob")], accounts, by(NAME), LAX).account_of == [0]


def test_records_that_find_one_account_stand_in_an_order_whatever_order_they_came_in() -> None:
    users = [User(name, personal_number="1") for name in ("z", "x", "y")]
    desired = wanted([mapped(rules("hr", options=by(NUMBER)), users)])
    turned = replace(desired, users=[one._replace(origin=f"r{one.user.user_name}") for one in desired.users])
    found = pair(turned, [account("ada", personal_number="1")], STRICT)
    (notice,) = found.notices
    assert notice.message == "3 records find this account (x, y, z); it is not touched"
    assert notice.places == ("rx", "ry", "rz")
