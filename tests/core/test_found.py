"""How an account stands to a change that is about to be written, as a table."""

from __future__ import annotations

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.found import Found, found
from reconciler.core.model import Account, User

ADA = User("ada", email="a@x", cards=("1", "2"), groups=("Staff",), source="HR")
EMAIL = FieldChange("email", "a@x", "b@x")
CARDS = FieldChange("cards", ("1", "2"), ("2", "3"))
ONE_CARD = FieldChange("cards", ("1",), ("3",))
LEAVES = FieldChange("groups", ("Staff",), ())
AS_PLANNED, DONE, OTHERWISE = Found.AS_PLANNED, Found.DONE, Found.OTHERWISE


def account(*, active: bool = True, **values: str | tuple[str, ...]) -> Account:
    return Account(ADA._replace(**values), "7", active)


def change(action: Action, *fields: FieldChange, handed: str = "") -> Change:
    return Change(action, "ada", fields, source="hr", account_id="7", account_source="HR", handed=handed)


CREATE = change(Action.CREATE, FieldChange("userName", "", "ada"), FieldChange("email", "", "a@x"))
UPDATE = change(Action.UPDATE, EMAIL, CARDS)
REMOVE = change(Action.DEACTIVATE, LEAVES)
RETURN = change(Action.REACTIVATE, FieldChange("email", "a@x", "b@x"))


@pytest.mark.parametrize(
    ("planned", "current", "expected"),
    [
        pytest.param(CREATE, None, AS_PLANNED, id="a-creation-of-nobody"),
        pytest.param(CREATE, account(), DONE, id="a-creation-that-is-done"),
        pytest.param(CREATE, account(email="z@x"), OTHERWISE, id="a-creation-of-somebody-else"),
        pytest.param(CREATE, account(active=False), OTHERWISE, id="a-creation-of-somebody-deleted"),
        pytest.param(UPDATE, None, OTHERWISE, id="an-update-of-nobody"),
        pytest.param(UPDATE, account(), AS_PLANNED, id="an-update"),
        pytest.param(UPDATE, account(email="b@x", cards=("2", "3")), DONE, id="an-update-that-is-done"),
        pytest.param(UPDATE, account(email="b@x"), OTHERWISE, id="an-update-half-done-by-another"),
        pytest.param(UPDATE, account(email="z@x"), OTHERWISE, id="an-update-of-what-has-changed"),
        pytest.param(UPDATE, account(source="LDAP"), OTHERWISE, id="an-update-of-anothers"),
        pytest.param(UPDATE, account(active=False), OTHERWISE, id="an-update-of-somebody-deleted"),
        pytest.param(
            UPDATE,
            account(active=False, email="b@x", cards=("2", "3")),
            OTHERWISE,
            id="an-update-of-somebody-deleted-as-it-shall-be",
        ),
        pytest.param(UPDATE, account(cards=("1", "2", "9")), AS_PLANNED, id="a-card-beside-those-that-count"),
        pytest.param(UPDATE, account(cards=("1", "2", "3")), OTHERWISE, id="a-card-that-came-already"),
        pytest.param(UPDATE, account(cards=("2",)), OTHERWISE, id="a-card-that-is-gone-already"),
        pytest.param(
            change(Action.UPDATE, CARDS), account(cards=("1", "2", "3")), OTHERWISE, id="cards-half-changed"
        ),
        pytest.param(change(Action.UPDATE, CARDS), account(cards=("3", "9")), DONE, id="cards-and-another"),
        pytest.param(
            change(Action.UPDATE, ONE_CARD), account(cards=("1",)), AS_PLANNED, id="the-only-card-that-goes"
        ),
        pytest.param(
            change(Action.UPDATE, ONE_CARD), account(cards=("3",)), DONE, id="the-only-card-there-is"
        ),
        pytest.param(change(Action.UPDATE, ONE_CARD), account(cards=()), OTHERWISE, id="no-card-at-all"),
        pytest.param(
            change(Action.UPDATE, EMAIL, handed="f"), account(email="b@x"), AS_PLANNED, id="pins-nobody-sees"
        ),
        pytest.param(
            change(Action.UPDATE, EMAIL, handed="f"), account(email="z@x"), OTHERWISE, id="pins-and-a-change"
        ),
        pytest.param(REMOVE, account(), AS_PLANNED, id="a-removal"),
        pytest.param(REMOVE, account(active=False), DONE, id="a-removal-that-is-done"),
        pytest.param(
            REMOVE, account(active=False, source="LDAP"), DONE, id="a-removal-that-is-done-whosever-it-is"
        ),
        pytest.param(REMOVE, account(groups=("Lab", "Staff")), OTHERWISE, id="a-removal-from-a-group-unseen"),
        pytest.param(REMOVE, account(groups=()), OTHERWISE, id="a-removal-of-who-left-the-groups"),
        pytest.param(REMOVE, account(source="LDAP"), OTHERWISE, id="a-removal-of-anothers"),
        pytest.param(REMOVE, None, OTHERWISE, id="a-removal-of-nobody"),
        pytest.param(change(Action.DEACTIVATE), account(), AS_PLANNED, id="a-removal-of-who-is-in-no-group"),
        pytest.param(RETURN, account(active=False), AS_PLANNED, id="a-return"),
        pytest.param(RETURN, account(), AS_PLANNED, id="a-return-that-was-cut-off"),
        pytest.param(RETURN, account(email="b@x"), DONE, id="a-return-that-is-done"),
        pytest.param(RETURN, account(active=False, email="b@x"), OTHERWISE, id="a-return-changed-meanwhile"),
        pytest.param(RETURN, account(active=False, source="LDAP"), OTHERWISE, id="a-return-of-anothers"),
    ],
)
def test_how_it_stands(planned: Change, current: Account | None, expected: Found) -> None:
    assert found(planned, current) is expected


def test_the_words_stay() -> None:
    assert [one.value for one in Found] == ["as planned", "as it shall be", "otherwise"]
