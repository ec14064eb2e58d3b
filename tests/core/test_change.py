"""Changes: ids that people type, their one order, and the hashes that approvals hold."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.change import (
    Action,
    Change,
    FieldChange,
    Value,
    effect,
    gained,
    in_order,
    lost,
    precondition,
    sort_key,
    typeable,
)
from support.plans import changes

TARGET = "https://print.example.org"
UPDATE = Change(
    Action.UPDATE,
    "ada",
    (FieldChange("fullName", "Ada", "Ada L", "a:1:1"), FieldChange("cards", ("1", "2"), ("2", "3"), "a:2:1")),
    reason="hr says otherwise",
    record="hr.csv:2",
    source="hr",
    account_id="7",
    account_source="HR",
    needs=("update/bob",),
    pins=1,
)


@pytest.mark.parametrize(
    ("action", "name", "expected"),
    [
        pytest.param(Action.UPDATE, "ada", "update/ada", id="a-plain-name"),
        pytest.param(Action.CREATE, "ada@uni.example", "create/ada@uni.example", id="an-address"),
        pytest.param(Action.CREATE, "J.-P._O+1", "create/J.-P._O+1", id="harmless-signs-stay"),
        pytest.param(Action.UPDATE, "josé", "update/josé", id="letters-beyond-ascii-stay"),
        pytest.param(Action.UPDATE, "李伟", "update/李伟", id="chinese-letters-stay"),
        pytest.param(Action.UPDATE, "a b", "update/a%20b", id="a-space"),
        pytest.param(Action.UPDATE, "a/b", "update/a%2Fb", id="a-slash-in-a-name-is-no-level"),
        pytest.param(Action.UPDATE, "a%2Fb", "update/a%252Fb", id="a-percent-sign"),
        pytest.param(Action.UPDATE, "$(rm)`;&|", "update/%24%28rm%29%60%3B%26%7C", id="what-a-shell-reads"),
        pytest.param(Action.UPDATE, "\u202eada", "update/%E2%80%AEada", id="a-mark-that-turns-text-around"),
        pytest.param(Action.UPDATE, "ad\u200ba", "update/ad%E2%80%8Ba", id="a-space-of-no-width"),
        pytest.param(Action.UPDATE, "\ud800", "update/%ED%A0%80", id="half-a-character"),
        pytest.param(Action.DEACTIVATE, "", "deactivate/", id="no-name"),
        pytest.param(Action.GROUP_CREATE, "Staff|IT", "group-create/Staff/IT", id="levels-become-slashes"),
        pytest.param(Action.GROUP_CREATE, "A/B|C", "group-create/A%2FB/C", id="a-slash-inside-a-level"),
        pytest.param(Action.CREATE, "a|b", "create/a%7Cb", id="a-bar-in-a-user-name-is-no-level"),
    ],
)
def test_ids(action: Action, name: str, expected: str) -> None:
    assert Change(action, name).id == expected


@given(st.text(), st.text())
def test_two_names_never_share_an_id(one: str, other: str) -> None:
    assert (typeable(one) == typeable(other)) == (one == other)


@given(st.text(st.characters(exclude_categories=())))
def test_an_id_is_one_visible_word(name: str) -> None:
    shown = typeable(name)
    assert shown.isprintable()
    assert not any(
        letter.isspace() or letter in "\"'`$&;|<>()*?!#\\/%{}[]~^=" for letter in shown.replace("%", "")
    )


def test_groups_come_first_and_removals_last() -> None:
    assert [action.value for action in sorted(Action, key=lambda action: action.rank)] == [
        "group-create",
        "group-move",
        "rekey",
        "create",
        "reactivate",
        "update",
        "deactivate",
    ]


def test_changes_stand_by_action_and_then_by_name() -> None:
    unsorted = [
        Change(Action.DEACTIVATE, "ada"),
        Change(Action.UPDATE, "zoe"),
        Change(Action.UPDATE, "Bob"),
        Change(Action.UPDATE, "ada"),
        Change(Action.GROUP_CREATE, "Z"),
    ]
    assert [change.id for change in sorted(unsorted, key=sort_key)] == [
        "group-create/Z",
        "update/Bob",
        "update/ada",
        "update/zoe",
        "deactivate/ada",
    ]


@pytest.mark.parametrize(
    ("needs", "ordered"),
    [
        pytest.param({"a": "", "b": "", "c": ""}, "abc", id="nothing-is-needed"),
        pytest.param({"a": "c", "b": "", "c": ""}, "cab", id="one-needs-a-later-one"),
        pytest.param({"a": "b", "b": "c", "c": ""}, "cba", id="a-chain"),
        pytest.param({"a": "bc", "b": "c", "c": ""}, "cba", id="one-by-two-ways"),
        pytest.param({"b": "a", "c": "x", "a": ""}, "abc", id="what-no-plan-has-is-nothing-to-wait-for"),
    ],
)
def test_what_is_needed_comes_first_and_each_once(needs: dict[str, str], ordered: str) -> None:
    made = [
        Change(Action.UPDATE, name, needs=tuple(f"update/{one}" for one in needed))
        for name, needed in needs.items()
    ]
    assert "".join(change.name for change in in_order(made)) == ordered


@pytest.mark.parametrize(
    ("before", "after", "come", "gone"),
    [
        pytest.param("", "a", ("a",), (), id="a-text-is-set"),
        pytest.param("a", "", (), ("a",), id="a-text-is-cleared"),
        pytest.param("a", "b", ("b",), ("a",), id="a-text-is-replaced"),
        pytest.param("a", "a", (), (), id="a-text-stays"),
        pytest.param((), ("a",), ("a",), (), id="a-value-comes"),
        pytest.param(("a", "b"), ("b", "c"), ("c",), ("a",), id="one-comes-one-goes-one-stays"),
        pytest.param(("a",), (), (), ("a",), id="the-last-value-goes"),
    ],
)
def test_what_comes_and_goes(
    before: Value, after: Value, come: tuple[str, ...], gone: tuple[str, ...]
) -> None:
    field = FieldChange("cards", before, after)
    assert (gained(field), lost(field)) == (come, gone)


def test_a_field_is_found_by_its_name() -> None:
    assert UPDATE.field("cards") == UPDATE.fields[1]
    assert UPDATE.field("email") is None


def test_only_groups_are_groups() -> None:
    groups = {action for action in Action if Change(action, "x").is_group}
    assert groups == {Action.GROUP_CREATE, Action.GROUP_MOVE}


@dataclass(frozen=True)
class Other:
    """Another server, or another change, than `UPDATE` on `TARGET`."""

    change: Change = UPDATE
    target: str = TARGET


def with_cards(before: tuple[str, ...], after: tuple[str, ...]) -> Other:
    return Other(UPDATE._replace(fields=(UPDATE.fields[0], FieldChange("cards", before, after, "a:2:1"))))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Other(target="https://other.example.org"), id="another-server"),
        pytest.param(Other(UPDATE._replace(account_id="8")), id="another-account"),
        pytest.param(Other(UPDATE._replace(action=Action.REACTIVATE)), id="another-action"),
        pytest.param(Other(UPDATE._replace(pins=0)), id="no-pin"),
        pytest.param(Other(UPDATE._replace(handed="a fingerprint")), id="pins-that-are-given-anew"),
        pytest.param(Other(UPDATE._replace(fields=UPDATE.fields[:1])), id="a-field-less"),
        pytest.param(with_cards(("1", "2"), ("2", "4")), id="another-card-comes"),
        pytest.param(with_cards(("2", "5"), ("2", "3")), id="another-card-goes"),
        pytest.param(with_cards(("2",), ("2", "3")), id="no-card-goes"),
    ],
)
def test_what_makes_another_effect(other: Other) -> None:
    assert effect(other.target, other.change) != effect(TARGET, UPDATE)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Other(UPDATE._replace(reason="another", record="hr.csv:9")), id="another-reason"),
        pytest.param(Other(UPDATE._replace(needs=())), id="other-needs"),
        pytest.param(Other(UPDATE._replace(name="eva")), id="the-account-got-another-name-meanwhile"),
        pytest.param(with_cards(("1", "2", "9"), ("2", "3", "9")), id="a-card-that-stays-meanwhile-came"),
        pytest.param(with_cards(("1",), ("3",)), id="a-card-that-stays-meanwhile-went"),
        pytest.param(
            Other(UPDATE._replace(fields=tuple(field._replace(rule="b:9:9") for field in UPDATE.fields))),
            id="the-rule-stands-on-another-line",
        ),
    ],
)
def test_what_makes_the_same_effect(other: Other) -> None:
    assert effect(other.target, other.change) == effect(TARGET, UPDATE)


@pytest.mark.parametrize(
    ("one", "same"),
    [
        pytest.param(UPDATE._replace(account_id=""), False, id="an-update-where-no-id-is-known"),
        pytest.param(UPDATE._replace(action=Action.DEACTIVATE), False, id="a-removal"),
        pytest.param(UPDATE._replace(action=Action.REKEY), False, id="a-rename"),
        pytest.param(UPDATE._replace(action=Action.REACTIVATE), False, id="a-return"),
        pytest.param(UPDATE, True, id="an-update"),
    ],
)
def test_whose_name_is_part_of_the_effect(one: Change, *, same: bool) -> None:
    assert (effect(TARGET, one) == effect(TARGET, one._replace(name="eva"))) is same


def test_effects_stay_what_they_are_from_release_to_release() -> None:
    text = (
        '["effect/1","https://print.example.org","update","7",'
        '[["fullName",["Ada"],["Ada L"]],["cards",["1"],["3"]]],1]'
    )
    assert effect(TARGET, UPDATE) == sha256(text.encode()).hexdigest()
    fields = (FieldChange("cards", ("1", "2"), ("3", "4")), FieldChange("email", "a@x", ""))
    leaver = Change(Action.DEACTIVATE, "ada", fields, account_id="7", account_source="hr", handed="f")
    text = (
        '["effect/1","https://print.example.org","deactivate","ada",'
        '[["cards",["1","2"],["3","4"]],["email",["a@x"],[]]],0,"f"]'
    )
    assert effect(TARGET, leaver) == sha256(text.encode()).hexdigest()
    text = '["state/1","deactivate","ada","7","hr",[["cards",["1","2"]],["email","a@x"]]]'
    assert precondition(leaver) == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(UPDATE._replace(account_id="8"), id="another-account"),
        pytest.param(UPDATE._replace(account_source="LDAP"), id="another-source-of-the-account"),
        pytest.param(with_cards(("1", "2", "9"), ("2", "3", "9")).change, id="another-state-before"),
    ],
)
def test_a_precondition_is_about_the_state_as_read(other: Change) -> None:
    assert precondition(other) != precondition(UPDATE)


def test_a_precondition_is_not_about_what_is_wanted() -> None:
    assert precondition(with_cards(("1", "2"), ("7",)).change) == precondition(UPDATE)


@given(changes, changes)
def test_changes_that_do_something_else_have_another_effect(one: Change, other: Change) -> None:
    def done(change: Change) -> object:
        fields = [(field.field, lost(field), gained(field)) for field in change.fields]
        whose = change.account_id if change.action is Action.UPDATE else ""
        return change.action, whose or change.name, fields, change.pins, change.handed

    assert (effect(TARGET, one) == effect(TARGET, other)) == (done(one) == done(other))


def test_a_change_says_nothing_that_nobody_has_said() -> None:
    assert Change(Action.UPDATE, "ada") == Change(Action.UPDATE, "ada", (), "", "", "", "", "", (), 0, "")
    assert FieldChange("email", "", "a@x") == FieldChange("email", "", "a@x", "")


def test_what_a_change_was_made_for_is_said_the_same_way_in_every_release() -> None:
    made = Change(
        Action.UPDATE, "ada", (FieldChange("email", "a@x", "b@x"),), account_id="7", account_source="hr"
    )
    others = [
        made._replace(action=Action.REACTIVATE),
        made._replace(name="eve"),
        made._replace(account_id="8"),
        made._replace(account_source="ad"),
        made._replace(fields=(FieldChange("email", "c@x", "b@x"),)),
    ]
    assert precondition(made) == "b1d959e1f36a02c227e854786794360b426d0b08567ad43c3de05fef5cc876cb"
    assert precondition(made) == precondition(made._replace(fields=(FieldChange("email", "a@x", "z@x"),)))
    assert len({precondition(one) for one in (made, *others)}) == 6
