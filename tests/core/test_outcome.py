"""How an apply ended, and what takes each change back."""

from __future__ import annotations

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.model import Account, User
from reconciler.core.outcome import Outcome, Result, Status, inverse
from reconciler.myq.apply import Applying
from support.plans import TARGET
from support.world import World, state

GROUPS = FieldChange("groups", (), ("Library", "Staff"), "a:1:1")
EMAIL = FieldChange("email", "a@x", "b@x", "a:2:1")
ADOPTED = FieldChange("synchronizationSource", "LDAP", "HR", "a:3:1")


def taken_back(change: Change, **to: object) -> Change:
    """Return the inverse that is expected: the account and the reason are always told the same way."""
    return Change(
        **{
            "name": change.name,
            "reason": f"takes back {change.id}",
            "account_id": change.account_id,
            "account_source": change.account_source,
            **to,
        }
    )


def swapped(change: Change, *fields: FieldChange) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(field.field, field.after, field.before, change.id) for field in fields)


REACTIVATE = Change(Action.REACTIVATE, "ada", (EMAIL, GROUPS), account_id="7", account_source="HR")
DEACTIVATE = Change(
    Action.DEACTIVATE, "ada", (FieldChange("groups", ("Staff",), ()),), account_id="7", account_source="HR"
)
UPDATE = Change(Action.UPDATE, "ada", (EMAIL, GROUPS), "why", "hr.csv:2", "hr", "7", "HR", ("x",), 1)
REKEY = Change(
    Action.REKEY, "ada", (FieldChange("userName", "ada", "eva"),), account_id="7", account_source="HR"
)
MOVE = Change(Action.GROUP_MOVE, "Old|A", (FieldChange("path", "Old|A", "New|A"),))
CREATE = Change(
    Action.CREATE,
    "ada",
    (FieldChange("userName", "", "ada"), GROUPS, FieldChange("synchronizationSource", "", "HR")),
    pins=1,
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            CREATE,
            taken_back(CREATE, action=Action.DEACTIVATE, fields=swapped(CREATE, GROUPS), account_source="HR"),
            id="who-was-created-is-deactivated",
        ),
        pytest.param(
            REACTIVATE,
            taken_back(REACTIVATE, action=Action.DEACTIVATE, fields=swapped(REACTIVATE, GROUPS)),
            id="who-was-brought-back-is-deactivated",
        ),
        pytest.param(
            DEACTIVATE,
            taken_back(DEACTIVATE, action=Action.REACTIVATE, fields=swapped(DEACTIVATE, *DEACTIVATE.fields)),
            id="who-was-deactivated-is-brought-back-into-the-groups",
        ),
        pytest.param(
            UPDATE,
            taken_back(UPDATE, action=Action.UPDATE, fields=swapped(UPDATE, EMAIL, GROUPS)),
            id="what-was-updated-is-put-back",
        ),
        pytest.param(
            UPDATE._replace(fields=(ADOPTED,), account_source="LDAP"),
            taken_back(UPDATE, action=Action.UPDATE, fields=swapped(UPDATE, ADOPTED), account_source="HR"),
            id="what-was-taken-over-is-given-back",
        ),
        pytest.param(
            REKEY,
            taken_back(REKEY, action=Action.REKEY, name="eva", fields=swapped(REKEY, *REKEY.fields)),
            id="who-was-renamed-gets-the-old-name",
        ),
        pytest.param(
            MOVE,
            taken_back(MOVE, action=Action.GROUP_MOVE, name="New|A", fields=swapped(MOVE, *MOVE.fields)),
            id="a-group-that-moved-moves-back",
        ),
        pytest.param(UPDATE._replace(fields=()), None, id="pins-alone-stay"),
        pytest.param(
            DEACTIVATE._replace(fields=()),
            taken_back(DEACTIVATE, action=Action.REACTIVATE, fields=()),
            id="who-was-in-no-group-is-brought-back-into-none",
        ),
        pytest.param(
            Change(Action.GROUP_CREATE, "A", (FieldChange("path", "", "A"),)),
            None,
            id="a-group-that-was-made-stays",
        ),
    ],
)
def test_what_takes_a_change_back(change: Change, expected: Change | None) -> None:
    assert inverse(change) == expected


HELD = User("ada", email="a@x", groups=("Staff",), default_group="Staff", source="HR")
LIVING = Account(HELD, "7")
DELETED = Account(HELD._replace(groups=(), default_group=""), "7", active=False)


@pytest.mark.parametrize(
    ("account", "change"),
    [
        pytest.param(LIVING, DEACTIVATE, id="a-deactivation"),
        pytest.param(LIVING, UPDATE._replace(fields=(EMAIL,)), id="an-update"),
        pytest.param(LIVING, REKEY, id="a-rename"),
        pytest.param(DELETED, REACTIVATE._replace(fields=(GROUPS,)), id="a-reactivation"),
        pytest.param(
            Account(HELD._replace(source="LDAP"), "7"),
            UPDATE._replace(fields=(ADOPTED,), account_source="LDAP"),
            id="a-takeover",
        ),
    ],
)
def test_a_change_and_then_its_inverse_leave_an_account_as_it_was(account: Account, change: Change) -> None:
    world = World(state(account, groups=["Staff", "Library"]))
    back = inverse(change)
    assert back is not None
    for each in (change, back):
        assert [one.status for one in Applying(world).run([each])] == [Status.APPLIED]
    assert world.accounts["7"]._replace(user=world.accounts["7"].user) == account


def test_who_was_created_can_be_taken_back() -> None:
    world = World(state(groups=["Staff", "Library"]))
    back = inverse(CREATE)
    assert back is not None
    for change in (CREATE, back):
        assert [one.status for one in Applying(world).run([change])] == [Status.APPLIED]
    assert [one.active for one in world.accounts.values()] == [False]


@pytest.mark.parametrize(
    ("status", "complete"),
    [
        pytest.param(Status.APPLIED, True, id="applied"),
        pytest.param(Status.UNAPPROVED, True, id="what-nobody-approved-is-not-missed"),
        pytest.param(Status.UNNEEDED, True, id="what-nobody-needs-is-not-missed"),
        pytest.param(Status.STALE, False, id="stale"),
        pytest.param(Status.FAILED, False, id="failed"),
        pytest.param(Status.BLOCKED, False, id="blocked"),
        pytest.param(Status.NOT_BEGUN, False, id="not-begun"),
        pytest.param(Status.HANDED_OVER, True, id="handed-over"),
        pytest.param(Status.UNREACHABLE, True, id="what-cannot-be-is-not-missed"),
    ],
)
def test_when_a_result_is_complete(status: Status, *, complete: bool) -> None:
    outcomes = (Outcome(UPDATE, Status.APPLIED), Outcome(REKEY, status))
    assert Result(TARGET, "", "", "", (), outcomes).complete is complete


def test_a_result_in_which_nothing_was_done_is_complete() -> None:
    assert Result(TARGET, "", "", "", (), ()).complete


def test_an_ending_needs_no_words() -> None:
    assert Outcome(UPDATE, Status.APPLIED).detail == ""
