"""What is needed again although it was carried out: how much, by whom it seems, and when it is too often."""

from __future__ import annotations

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.guards import Question, evaluate
from reconciler.core.history import History, Written
from reconciler.core.marks import LENGTH, marks_of
from reconciler.core.notice import Kind
from reconciler.core.policy import Policy
from reconciler.core.undone import second_writers, undone
from support.world import rules, state

SERVER = "the server"
SALT = b"of this ledger"
EARLIER, LATER = "2027-01-01T00:00:00Z", "2027-01-05T00:00:00Z"


def phone(number: int, before: str = "1", after: str = "2") -> Change:
    field = FieldChange("phone", before, after)
    return Change(Action.UPDATE, f"u{number}", (field,), source="hr", account_id=str(number))


def leaves() -> Change:
    field = FieldChange("groups", ("Staff",), ())
    return Change(Action.DEACTIVATE, "tom", (field,), source="hr", account_id="t")


def returns() -> Change:
    field = FieldChange("groups", (), ("Staff",))
    return Change(Action.REACTIVATE, "tom", (field,), source="hr", account_id="t")


def renamed(before: str, after: str) -> Change:
    return Change(Action.REKEY, before, (FieldChange("userName", before, after),), source="hr")


def history(*written: tuple[Change, int, str]) -> History:
    known = {
        mark: Written(times, last)
        for one, times, last in written
        for mark in marks_of(SALT, SERVER, one).values()
    }
    return History(SERVER, LATER, SALT, written=known)


def moved(before: str, after: str) -> Change:
    return Change(Action.GROUP_MOVE, before, (FieldChange("path", before, after),), source="hr")


def both(email: str, phone: str) -> Change:
    """Return an update of two properties, of which either may come back alone."""
    fields = (FieldChange("email", email, "a@x"), FieldChange("phone", phone, "2"))
    return Change(Action.UPDATE, "u1", fields, source="hr", account_id="1")


def member(before: tuple[str, ...], after: tuple[str, ...]) -> Change:
    return Change(Action.UPDATE, "u1", (FieldChange("groups", before, after),), source="hr", account_id="1")


BOB = Change(Action.DEACTIVATE, "bob", source="hr")
MANY = [phone(number) for number in range(3)]
SCHEDULED = "something changes them back, as a scheduled synchronization of MyQ does, or another project"
HAND = "somebody changed them back, by hand as it seems"
BACK_AND_FORTH = "the source itself goes back and forth"


@pytest.mark.parametrize(
    ("needed", "known", "expected"),
    [
        pytest.param(
            [phone(1)],
            history((phone(1), 1, EARLIER)),
            [f"1 of its changes (update of phone) is needed again: {HAND}"],
            id="a-hand",
        ),
        pytest.param(
            MANY,
            history(*((one, 1, EARLIER) for one in MANY)),
            [f"3 of its changes (update of phone) are needed again: {SCHEDULED}"],
            id="a-schedule",
        ),
        pytest.param(
            [phone(1)],
            history((phone(1), 1, EARLIER), (phone(1, "2", "1"), 1, LATER)),
            [f"1 of its changes (update of phone) is needed again: {BACK_AND_FORTH}"],
            id="the-source",
        ),
        pytest.param(
            [phone(1)],
            history((phone(1), 2, LATER), (phone(1, "2", "1"), 1, EARLIER)),
            [f"1 of its changes (update of phone) is needed again: {HAND}"],
            id="the-source-once-and-then-somebody",
        ),
        pytest.param(
            [leaves()],
            history((leaves(), 1, EARLIER), (returns(), 1, LATER)),
            [f"1 of its changes (deactivate of groups) is needed again: {BACK_AND_FORTH}"],
            id="who-leaves-and-returns-and-leaves",
        ),
        pytest.param(
            [renamed("ada", "eve")],
            history((renamed("ada", "eve"), 1, EARLIER), (renamed("eve", "ada"), 1, LATER)),
            [f"1 of its changes (rekey of userName) is needed again: {BACK_AND_FORTH}"],
            id="who-is-renamed-to-and-fro",
        ),
        pytest.param(
            [BOB],
            history((BOB, 1, EARLIER)),
            [f"1 of its changes (deactivate) is needed again: {HAND}"],
            id="somebody-undeletes-by-hand",
        ),
        pytest.param(
            [phone(1)],
            history((both("b@x", "1"), 1, EARLIER)),
            [f"1 of its changes (update of phone) is needed again: {HAND}"],
            id="one-of-two-properties",
        ),
        pytest.param(
            [both("c@x", "7")],
            history((phone(1), 1, EARLIER)),
            [f"1 of its changes (update of phone) is needed again: {HAND}"],
            id="a-property-beside-a-new-one",
        ),
        pytest.param(
            [phone(1, "by hand", "2")],
            history((phone(1), 1, EARLIER)),
            [f"1 of its changes (update of phone) is needed again: {HAND}"],
            id="changed-to-what-it-never-was",
        ),
        pytest.param(
            [both("b@x", "1")],
            history((phone(1), 1, EARLIER), (phone(1, "2", "1"), 1, LATER), (both("b@x", "2"), 1, EARLIER)),
            [f"1 of its changes (update of email, phone) is needed again: {HAND}"],
            id="one-property-by-the-source-and-one-by-hand",
        ),
        pytest.param(
            [member(("Lab",), ("Lab", "Staff"))],
            history((member((), ("Staff",)), 1, EARLIER)),
            [f"1 of its changes (update of groups) is needed again: {HAND}"],
            id="a-membership-beside-others",
        ),
        pytest.param(
            [member(("Lab", "Staff"), ("Lab",))],
            history((member(("Staff",), ()), 1, EARLIER)),
            [f"1 of its changes (update of groups) is needed again: {HAND}"],
            id="somebody-joins-again",
        ),
        pytest.param(
            [member((), ("Staff",))],
            history((member((), ("Staff",)), 1, EARLIER), (leaves()._replace(account_id="1"), 1, LATER)),
            [f"1 of its changes (update of groups) is needed again: {BACK_AND_FORTH}"],
            id="a-membership-that-went-with-the-account",
        ),
        pytest.param(
            [BOB._replace(action=Action.REACTIVATE)],
            history((BOB._replace(action=Action.REACTIVATE), 1, EARLIER)),
            [f"1 of its changes (reactivate) is needed again: {HAND}"],
            id="somebody-deletes-by-hand",
        ),
        pytest.param(
            [returns()],
            history((returns(), 1, EARLIER), (leaves(), 1, LATER)),
            [f"1 of its changes (reactivate of groups) is needed again: {BACK_AND_FORTH}"],
            id="who-returns-and-leaves-and-returns",
        ),
        pytest.param(
            [moved("Staff", "Office")],
            history((moved("Staff", "Office"), 1, EARLIER), (moved("Office", "Staff"), 1, LATER)),
            [f"1 of its changes (group-move of path) is needed again: {BACK_AND_FORTH}"],
            id="a-group-that-is-moved-to-and-fro",
        ),
        pytest.param(
            [phone(1)],
            history((phone(1), 1, LATER), (phone(1, "2", "1"), 1, LATER)),
            [f"1 of its changes (update of phone) is needed again: {BACK_AND_FORTH}"],
            id="the-source-within-one-run",
        ),
        pytest.param(
            [phone(1)._replace(account_id="")],
            history(
                (phone(1)._replace(account_id=""), 1, EARLIER),
                (phone(1, "2", "1")._replace(account_id=""), 1, LATER),
            ),
            [f"1 of its changes (update of phone) is needed again: {BACK_AND_FORTH}"],
            id="the-source-where-accounts-have-no-ids",
        ),
        pytest.param(
            [phone(2)._replace(source="lab"), phone(1)],
            history((phone(1), 1, EARLIER), (phone(2), 1, EARLIER)),
            [
                f"1 of its changes (update of phone) is needed again: {HAND}",
                f"1 of its changes (update of phone) is needed again: {HAND}",
            ],
            id="two-sources",
        ),
        pytest.param([phone(1, "1", "3")], history((phone(1), 1, EARLIER)), [], id="another-value"),
        pytest.param([phone(2)], history((phone(1), 1, EARLIER)), [], id="another-account"),
        pytest.param(
            [member((), ("Staff",))],
            history((member(("Staff",), ()), 1, EARLIER)),
            [],
            id="who-joins-after-leaving",
        ),
        pytest.param([phone(1)], history(), [], id="nothing-was-written"),
        pytest.param([phone(1)], None, [], id="no-ledger"),
    ],
)
def test_who_else_writes(needed: list[Change], known: History | None, expected: list[str]) -> None:
    found = list(second_writers(undone(needed, known)))
    assert len(found) == len(expected)
    for notice, message in zip(found, expected, strict=True):
        assert notice.kind is Kind.UNDONE
        assert notice.message.startswith(message)
    assert [notice.name for notice in found] == ["hr", "lab"][: len(found)]


@pytest.mark.parametrize(
    ("times", "tripped"), [pytest.param(2, False, id="twice"), pytest.param(3, True, id="three-times")]
)
def test_what_is_written_again_and_again_is_looked_at_first(times: int, *, tripped: bool) -> None:
    known = history((phone(1), times, EARLIER))
    verdicts = evaluate(Question([phone(1)], state(), (rules(),), Policy(), history=known))
    verdict = next(one for one in verdicts if one.guard == "flapping")
    assert (verdict.tripped, verdict.count) == (tripped, int(tripped))


def test_of_several_properties_the_one_counts_that_was_written_most_often() -> None:
    known = history((both("b@x", "2"), 1, EARLIER), (phone(1), 3, EARLIER))
    verdicts = evaluate(Question([both("b@x", "1")], state(), (rules(),), Policy(), history=known))
    assert next(one for one in verdicts if one.guard == "flapping").tripped


def test_marks_stay_what_they_are_from_release_to_release() -> None:
    """They stand in ledgers; of another encoding none would be known again."""
    fields = (FieldChange("phone", "1", "2"), FieldChange("groups", ("A", "B"), ("B", "C", "D")))
    assert marks_of(SALT, SERVER, Change(Action.UPDATE, "u1", fields, account_id="7")) == {
        ("phone", ""): "d7f926737d30c7ff",
        ("groups", "C"): "00ff3cc5883e0366",
        ("groups", "D"): "5f88f59aea4c1d27",
        ("groups", "A"): "7b550ae94e9ed9f9",
    }
    assert marks_of(SALT, SERVER, Change(Action.UPDATE, "u1", fields[:1])) == {
        ("phone", ""): "e6ae02877d8db163"
    }
    gone, there = (Change(action, "u1", account_id="7") for action in (Action.DEACTIVATE, Action.REACTIVATE))
    assert marks_of(SALT, SERVER, gone) == {("", ""): "ba996cdbb045f594"}
    assert marks_of(SALT, SERVER, there) == {("", ""): "96849a53fe72bb99"}


@pytest.mark.parametrize("action", [Action.CREATE, Action.GROUP_CREATE])
def test_a_creation_leaves_no_marks(action: Action) -> None:
    created = Change(action, "ada", (FieldChange("phone", "", "2"),), source="hr")
    assert marks_of(SALT, SERVER, created) == {}


def test_marks_are_of_one_ledger_and_one_server() -> None:
    (ours,) = marks_of(SALT, SERVER, phone(1)).values()
    assert len(ours) == LENGTH
    others = [marks_of(b"another", SERVER, phone(1)), marks_of(SALT, "another", phone(1))]
    assert all(ours not in other.values() for other in others)


def test_a_long_salt_is_as_good_as_a_short_one() -> None:
    assert marks_of(SALT * 20, SERVER, phone(1)).keys() == marks_of(SALT, SERVER, phone(1)).keys()
