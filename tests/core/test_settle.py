"""What a property shall hold: every mode, for one value and for many, whatever MyQ has."""

from __future__ import annotations

import pytest

from reconciler.core.change import FieldChange, Value
from reconciler.core.desired import Wanted, ownership
from reconciler.core.model import Property, User
from reconciler.core.rules import Mode, Options
from reconciler.core.settle import field_changes, first_fields, settle, with_default_group
from support.world import PLACE, rules

RULE = str(PLACE)


@pytest.mark.parametrize(
    ("mode", "want", "have", "expected"),
    [
        pytest.param(Mode.IGNORE, "", "", "", id="ignore-nothing-over-nothing"),
        pytest.param(Mode.IGNORE, "a", "", "", id="ignore-a-value-over-nothing"),
        pytest.param(Mode.IGNORE, "", "a", "a", id="ignore-nothing-over-a-value"),
        pytest.param(Mode.IGNORE, "a", "b", "b", id="ignore-another-value"),
        pytest.param(Mode.REPLACE, "", "", "", id="replace-nothing-by-nothing"),
        pytest.param(Mode.REPLACE, "a", "", "a", id="replace-nothing"),
        pytest.param(Mode.REPLACE, "a", "a", "a", id="replace-the-same"),
        pytest.param(Mode.REPLACE, "a", "b", "a", id="replace-another"),
        pytest.param(Mode.REPLACE, "", "a", "", id="replace-clears-by-an-empty-source"),
        pytest.param(Mode.REPLACE_IF_PRESENT, "", "", "", id="if-present-nothing-over-nothing"),
        pytest.param(Mode.REPLACE_IF_PRESENT, "a", "", "a", id="if-present-sets"),
        pytest.param(Mode.REPLACE_IF_PRESENT, "a", "a", "a", id="if-present-keeps-the-same"),
        pytest.param(Mode.REPLACE_IF_PRESENT, "a", "b", "a", id="if-present-replaces-another"),
        pytest.param(Mode.REPLACE_IF_PRESENT, "", "a", "a", id="if-present-never-clears"),
        pytest.param(Mode.ADD, "", "", "", id="add-nothing-to-nothing"),
        pytest.param(Mode.ADD, "a", "", "a", id="add-to-nothing"),
        pytest.param(Mode.ADD, "a", "a", "a", id="add-the-same"),
        pytest.param(Mode.ADD, "a", "b", "b", id="add-never-overwrites-one-value"),
        pytest.param(Mode.ADD, "", "a", "a", id="add-nothing"),
    ],
)
def test_one_value(mode: Mode, want: str, have: str, expected: str) -> None:
    assert settle(mode, want, have) == expected


@pytest.mark.parametrize(
    ("mode", "want", "have", "expected"),
    [
        pytest.param(Mode.IGNORE, ("a",), (), (), id="ignore-values-over-none"),
        pytest.param(Mode.IGNORE, (), ("a",), ("a",), id="ignore-none-over-values"),
        pytest.param(Mode.IGNORE, ("a",), ("b",), ("b",), id="ignore-other-values"),
        pytest.param(Mode.REPLACE, (), (), (), id="replace-none-by-none"),
        pytest.param(Mode.REPLACE, ("a",), (), ("a",), id="replace-none"),
        pytest.param(Mode.REPLACE, ("a",), ("a",), ("a",), id="replace-the-same"),
        pytest.param(Mode.REPLACE, ("a", "b"), ("b", "c"), ("a", "b"), id="replace-others"),
        pytest.param(Mode.REPLACE, (), ("a", "b"), (), id="replace-clears-by-an-empty-source"),
        pytest.param(Mode.REPLACE_IF_PRESENT, ("a",), (), ("a",), id="if-present-sets"),
        pytest.param(Mode.REPLACE_IF_PRESENT, ("a",), ("a",), ("a",), id="if-present-keeps-the-same"),
        pytest.param(Mode.REPLACE_IF_PRESENT, ("a",), ("b",), ("a",), id="if-present-replaces-others"),
        pytest.param(Mode.REPLACE_IF_PRESENT, (), ("b",), ("b",), id="if-present-never-clears"),
        pytest.param(Mode.ADD, ("b",), (), ("b",), id="add-to-none"),
        pytest.param(Mode.ADD, ("b",), ("b",), ("b",), id="add-the-same"),
        pytest.param(Mode.ADD, ("b",), ("a", "c"), ("a", "b", "c"), id="add-deletes-nothing-and-sorts"),
        pytest.param(Mode.ADD, (), ("a",), ("a",), id="add-nothing"),
    ],
)
def test_many_values(mode: Mode, want: Value, have: Value, expected: Value) -> None:
    assert settle(mode, want, have) == expected


def wanted(user: User, modes: dict[Property, Mode], options: Options | None = None) -> Wanted:
    return Wanted(user, "hr.csv:2", ownership(rules(modes=modes, options=options, groups=None)))


def changed(want: User, have: User, modes: dict[Property, Mode]) -> list[tuple[str, Value, Value]]:
    one = wanted(want, modes)
    return [
        (field.field, field.before, field.after) for field in field_changes(one, have, one.owned.compared)
    ]


def test_only_what_differs_is_changed_in_myqs_order() -> None:
    modes = {
        Property.NOTES: Mode.REPLACE,
        Property.CARDS: Mode.ADD,
        Property.EMAIL: Mode.REPLACE,
        Property.FULL_NAME: Mode.REPLACE_IF_PRESENT,
    }
    want = User("ada", full_name="Ada", email="ada@x", cards=("2",), notes="n")
    have = User("ada", full_name="Ada", email="old@x", cards=("1",), phone="1")
    assert changed(want, have, modes) == [
        ("email", "old@x", "ada@x"),
        ("cards", ("1",), ("1", "2")),
        ("notes", "", "n"),
    ]


def test_a_property_without_a_rule_is_not_looked_at() -> None:
    assert changed(User("ada", phone="1"), User("ada", email="x"), {Property.FULL_NAME: Mode.REPLACE}) == []


def test_the_user_name_is_not_looked_at() -> None:
    assert changed(User("ada"), User("eva"), {Property.FULL_NAME: Mode.REPLACE}) == []


def test_each_change_names_the_rule_that_asks_for_it() -> None:
    one = wanted(User("ada", email="a@x"), {Property.EMAIL: Mode.REPLACE})
    assert field_changes(one, User("ada"), one.owned.compared) == (FieldChange("email", "", "a@x", RULE),)


def default(after: str, before: str = "") -> FieldChange:
    return FieldChange("defaultGroup", before, after, "d:1:1")


def groups(before: tuple[str, ...], after: tuple[str, ...]) -> FieldChange:
    return FieldChange("groups", before, after, "g:1:1")


@pytest.mark.parametrize(
    ("changes", "have", "expected"),
    [
        pytest.param((), ("A",), (), id="nothing-changes"),
        pytest.param((groups(("A",), ("B",)),), ("A",), (groups(("A",), ("B",)),), id="no-default"),
        pytest.param((default("A"),), ("A", "B"), (default("A"),), id="a-member-already"),
        pytest.param(
            (groups(("A",), ("B",)), default("B")),
            ("A",),
            (groups(("A",), ("B",)), default("B")),
            id="joins-at-the-same-time",
        ),
        pytest.param(
            (default("C"),),
            ("A",),
            (default("C"), FieldChange("groups", ("A",), ("A", "C"), "d:1:1")),
            id="joins-because-it-is-the-default",
        ),
        pytest.param(
            (groups(("A", "C"), ("A", "B")), default("C")),
            ("A", "C"),
            (default("C"), FieldChange("groups", ("A", "C"), ("A", "B", "C"), "d:1:1")),
            id="stays-because-it-is-the-default",
        ),
        pytest.param(
            (groups(("A", "C"), ("A",)), default("C")),
            ("A", "C"),
            (default("C"),),
            id="nothing-is-left-to-do-to-the-groups",
        ),
        pytest.param((default("", "A"),), ("A",), (default("", "A"),), id="the-default-is-cleared"),
    ],
)
def test_the_default_group_is_among_the_groups(
    changes: tuple[FieldChange, ...], have: tuple[str, ...], expected: tuple[FieldChange, ...]
) -> None:
    assert with_default_group(changes, User("ada", groups=have)) == expected


@pytest.mark.parametrize(
    ("want", "have", "default_group", "expected"),
    [
        pytest.param(("B",), ("A",), "A", ("A", "B"), id="nobody-leaves-the-default-group-that-stays"),
        pytest.param(("B",), ("A", "C"), "A", ("A", "B"), id="the-other-groups-go"),
        pytest.param((), ("A",), "A", None, id="nothing-is-left-to-do"),
        pytest.param(("A", "B"), ("A",), "A", ("A", "B"), id="the-source-has-it-anyway"),
        pytest.param(("B",), ("C",), "A", ("B",), id="a-default-group-one-is-not-in-is-not-joined"),
        pytest.param(("B",), ("A",), "", ("B",), id="no-default-group"),
    ],
)
def test_a_default_group_that_must_not_change_is_not_left(
    want: tuple[str, ...], have: tuple[str, ...], default_group: str, expected: tuple[str, ...] | None
) -> None:
    source = rules(modes={}, options=Options(do_not_change_default_group=True))
    one = Wanted(User("ada", groups=want), "hr.csv:2", ownership(source))
    found = field_changes(one, User("ada", groups=have, default_group=default_group), one.owned.compared)
    assert [field.after for field in found] == ([] if expected is None else [expected])


def test_a_new_account_gets_all_that_is_said_and_nothing_that_is_not() -> None:
    modes = {Property.FULL_NAME: Mode.REPLACE, Property.CARDS: Mode.ADD, Property.PHONE: Mode.REPLACE}
    user = User("ada", full_name="Ada", cards=("1", "2"), groups=("A",), default_group="A", source="HR")
    assert first_fields(wanted(user, modes)) == (
        FieldChange("userName", "", "ada"),
        FieldChange("fullName", "", "Ada", RULE),
        FieldChange("cards", (), ("1", "2"), RULE),
        FieldChange("groups", (), ("A",)),
        FieldChange("defaultGroup", "", "A"),
        FieldChange("synchronizationSource", "", "HR"),
    )
