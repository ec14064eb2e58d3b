from __future__ import annotations

from reconciler.core.census import GroupCount, census, members
from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.model import Account, ActualState, Property, User


def server(groups: tuple[str, ...], *accounts: Account) -> ActualState:
    return ActualState(accounts, frozenset(groups), frozenset(Property))


def account(name: str, *groups: str, active: bool = True) -> Account:
    return Account(User(name, groups=groups), active=active)


def of_groups(action: Action, name: str, before: tuple[str, ...], after: tuple[str, ...]) -> Change:
    return Change(action, name, (FieldChange("groups", before, after),))


def test_people_who_join_and_leave_are_counted() -> None:
    actual = server(("Lab", "Staff"), account("ada", "Staff"), account("bob", "Lab", "Staff"))
    changes = [
        of_groups(Action.CREATE, "cy", (), ("Staff",)),
        of_groups(Action.UPDATE, "ada", ("Staff",), ("Lab",)),
        of_groups(Action.DEACTIVATE, "bob", ("Lab", "Staff"), ()),
    ]
    assert census(actual.groups, members(actual), changes, {}) == (
        GroupCount("Lab", "Lab", 1, 1),
        GroupCount("Staff", "Staff", 2, 1),
    )


def test_accounts_that_are_deleted_are_in_no_group() -> None:
    actual = server(("Staff",), account("ada", "Staff", active=False))
    assert census(actual.groups, members(actual), [], {}) == (GroupCount("Staff", "Staff", 0, 0),)


def test_a_new_group_was_nowhere_and_a_moved_one_keeps_its_people() -> None:
    actual = server(("Old", "Old|Lab"), account("ada", "Old"), account("bob", "Old|Lab"))
    changes = [
        Change(Action.GROUP_CREATE, "New|Team", (FieldChange("path", "", "New|Team"),)),
        Change(Action.GROUP_MOVE, "Old", (FieldChange("path", "Old", "New"),)),
        of_groups(Action.UPDATE, "ada", ("New",), ("New|Team",)),
    ]
    assert census(actual.groups, members(actual), changes, {"New": "Old", "New|Lab": "Old|Lab"}) == (
        GroupCount("New", "Old", 1, 0),
        GroupCount("New|Lab", "Old|Lab", 1, 1),
        GroupCount("New|Team", "", 0, 1),
    )


def test_only_groups_that_are_known_or_created_are_told_of() -> None:
    """What a change of another field says is not about groups."""
    change = Change(Action.UPDATE, "ada", (FieldChange("fullName", "Ada", "Staff"),))
    assert census((), {}, [change], {}) == ()
