"""PINs that change in a source, told by fingerprints that only the key's owner can make."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.change import Action, effect
from reconciler.core.diff import Difference
from reconciler.core.history import History
from reconciler.core.model import Account, Property, User
from reconciler.core.outcome import inverse
from reconciler.core.pins import account_key, fingerprint
from reconciler.core.rules import Mode
from support.world import difference, mapped, rules, state

KEY = b"a key of sixteen or more letters"
ADA = Account(User("ada", full_name="Ada", source="hr"), "7")
HR = rules("hr", modes={Property.FULL_NAME: Mode.REPLACE, Property.PINS: Mode.ADD}, groups=None)


def remembered(*pins: str, key: bytes = KEY, id_: str = "7") -> History:
    """Return a history in which the account was given these PINs."""
    history = History("t", "2026-11-10T12:00:00Z", b"salt", pin_key=key)
    whose = account_key(history, id_, "ada")
    return replace(history, fingerprints={whose: fingerprint(history, whose, pins)} if pins else {})


def found(
    history: History | None, *pins: str, account: Account = ADA, user: User | None = None
) -> Difference:
    wanted = user or User("ada", full_name="Ada")
    source = replace(mapped(HR, [wanted]), pins={wanted.user_name: pins} if pins else {})
    return difference([source], state(account), history=history)


@pytest.mark.parametrize(
    ("history", "pins", "handed"),
    [
        pytest.param(remembered("4711"), ("4712",), 1, id="another-pin"),
        pytest.param(remembered("4711"), ("4711", "5822"), 2, id="one-more"),
        pytest.param(remembered("4711", "5822"), ("5822", "4711"), 0, id="the-same-in-another-order"),
        pytest.param(remembered("4711"), (), 0, id="none-any-more-takes-nothing-away"),
        pytest.param(remembered(), ("4712",), 0, id="seen-for-the-first-time"),
        pytest.param(remembered("4711", key=b""), ("4712",), 0, id="no-key"),
        pytest.param(None, ("4712",), 0, id="no-ledger"),
        pytest.param(replace(remembered("4711"), unreadable="so"), ("4712",), 0, id="unreadable"),
        pytest.param(
            replace(remembered("4711"), pin_key=b"another key of sixteen letters"), ("4712",), 0, id="new-key"
        ),
        pytest.param(remembered("4711", id_=""), ("4712",), 1, id="given-when-the-account-had-no-id-yet"),
    ],
)
def test_when_pins_are_handed_over(history: History | None, pins: tuple[str, ...], handed: int) -> None:
    changes = found(history, *pins).changes
    assert [(change.id, change.pins) for change in changes] == ([("update/ada", handed)] if handed else [])
    for change in changes:
        assert change.reason.startswith("hr has other PINs than before")
        assert change.fields == ()
        assert not any(pin in repr(change) for pin in pins)


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(remembered(), id="the-first-time"),
        pytest.param(replace(remembered("4711"), pin_key=b"another key of sixteen letters"), id="a-new-key"),
        pytest.param(remembered("4712", id_=""), id="given-when-the-account-had-no-id-yet"),
    ],
)
def test_what_is_not_known_is_remembered_under_the_account(history: History) -> None:
    seen = found(history, "4712").fingerprints
    whose = account_key(history, "7", "ada")
    assert seen == {whose: fingerprint(history, whose, ["4712"])}
    again = replace(history, fingerprints={**history.fingerprints, **seen})
    assert found(again, "4712").fingerprints == {}
    assert [change.pins for change in found(again, "4713").changes] == [1]


def test_what_changed_is_not_remembered_before_it_was_handed_over() -> None:
    assert found(remembered("4711"), "4712").fingerprints == {}


@pytest.mark.parametrize(
    "account",
    [
        pytest.param(ADA._replace(active=False), id="deleted"),
        pytest.param(ADA._replace(user=User("ada", full_name="Ada", source="x")), id="of-another-source"),
    ],
)
def test_who_is_given_none(account: Account) -> None:
    assert not [
        change for change in found(remembered("4711"), "4712", account=account).changes if change.pins
    ]


def test_a_fingerprint_says_nothing_without_the_key_and_differs_for_each_account() -> None:
    history = remembered("4711")
    ada, bob = account_key(history, "7", ""), account_key(history, "8", "")
    assert fingerprint(history, ada, ["4711"]) != fingerprint(history, bob, ["4711"])
    other = replace(history, pin_key=b"another key of sixteen letters")
    assert fingerprint(history, ada, ["4711"]) != fingerprint(other, ada, ["4711"])
    assert "4711" not in fingerprint(history, ada, ["4711"])


def test_an_approval_is_for_these_pins_and_no_others() -> None:
    (first,), (second,) = (found(remembered("4711"), pin).changes for pin in ("4712", "4713"))
    assert effect("t", first) != effect("t", second)


def test_with_a_new_name_pins_wait_for_the_renaming() -> None:
    by_number = rules(
        "hr",
        modes={Property.PERSONAL_NUMBER: Mode.REPLACE},
        options=replace(HR.options, pair_by=(Property.PERSONAL_NUMBER,)),
        groups=None,
    )
    ada = Account(User("ada", personal_number="1", source="hr"), "7")
    source = replace(mapped(by_number, [User("ada.l", personal_number="1")]), pins={"ada.l": ("4712",)})
    changes = difference([source], state(ada), history=remembered("4711")).changes
    assert [(change.id, change.needs) for change in changes] == [
        ("rekey/ada", ()),
        ("update/ada", ("rekey/ada",)),
    ]


def test_what_else_changes_goes_with_them_and_can_be_taken_back_without() -> None:
    user = User("ada", full_name="Ada Lovelace")
    (change,) = found(remembered("4711"), "4712", user=user).changes
    assert (change.action, change.pins, [one.field for one in change.fields]) == (
        Action.UPDATE,
        1,
        ["fullName"],
    )
    back = inverse(change)
    assert back is not None
    assert (back.pins, back.handed) == (0, "")
    (alone,) = found(remembered("4711"), "4712").changes
    assert inverse(alone) is None


@pytest.mark.parametrize("history", [remembered(), remembered("4711")], ids=["the-first-time", "other-pins"])
@pytest.mark.parametrize(
    ("users", "account"),
    [
        pytest.param([User("ada", full_name="Ada")] * 2, ADA, id="in-a-conflict"),
        pytest.param([User("ada", full_name="Ada")], ADA._replace(active=False), id="deleted"),
    ],
)
def test_of_whom_no_pins_are_remembered(history: History, users: list[User], account: Account) -> None:
    source = replace(mapped(HR, users), pins={"ada": ("4712",)})
    both = difference([source], state(account), history=history)
    assert [change for change in both.changes if change.pins and change.handed] == []
    assert both.fingerprints == {}


def test_who_has_no_pins_and_who_is_new_stand_in_nobodys_way() -> None:
    users = [User("bob", full_name="Bob"), User("new", full_name="New"), User("ada", full_name="Ada")]
    source = replace(mapped(HR, users), pins={"new": ("1",), "ada": ("4712",)})
    bob = Account(User("bob", full_name="Bob", source="hr"), "8")
    changes = difference([source], state(bob, ADA), history=remembered("4711")).changes
    assert [(change.id, bool(change.handed)) for change in changes] == [
        ("create/new", False),
        ("update/ada", True),
    ]


def test_what_is_remembered_of_pins_is_the_same_in_every_release() -> None:
    """It stands in ledgers; made otherwise, it would be nobody's, and changed PINs would not be seen."""
    assert remembered("4711").fingerprints == {
        "188d7db7f1f8c2026015d114789ccbb52c749d383201787afefff0a05bdaeb7a": (
            "608154fc:4e4fafb04174b9c4db69d0fd505af41c7e6063b8d5edbeb454a2a9b9865c4add"
        )
    }
