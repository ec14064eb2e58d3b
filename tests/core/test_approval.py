"""What may run: approved, and needed, and with all that it needs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.approval import Approval, authorise, select, standing
from reconciler.core.change import Action, Change, FieldChange, effect
from reconciler.core.guards import Verdict
from reconciler.core.plan import Plan, Stamp, TargetIdentity
from reconciler.core.policy import Policy
from reconciler.core.waiver import Pass, Waived
from reconciler.errors import GuardRefused, NotApproved

NOW, LATER, BEFORE = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2025-12-31T00:00:00Z"
GROUP = Change(Action.GROUP_CREATE, "Staff")
ADA = Change(Action.CREATE, "ada", (FieldChange("groups", (), ("Staff",)),), needs=(GROUP.id,))
BOB = Change(Action.DEACTIVATE, "bob")
CHANGES = (GROUP, ADA, BOB)


def plan(*changes: Change, tripped: tuple[str, ...] = (), identity: str = "server") -> Plan:
    verdicts = tuple(Verdict(guard, "", 9, 9, "5", True, "too many") for guard in tripped)  # noqa: FBT003  in its field order
    return Plan(TargetIdentity("t", identity, "10.2"), Stamp(NOW, LATER, "0", "d"), (), verdicts, changes, ())


def approval(
    *changes: Change, target: str = "server", expires: str = LATER, waived: tuple[str, ...] = ()
) -> Approval:
    effects = {effect(target, change): change.id for change in changes}
    up_to = {guard: {"": 9} for guard in waived}
    return Approval(target, "digest", effects, "me", NOW, expires, dict.fromkeys(waived, "meant"), up_to)


def test_what_is_approved_and_needed_runs() -> None:
    allowed = authorise(plan(*CHANGES), [approval(*CHANGES)], Policy(), NOW)
    assert allowed.run == CHANGES
    assert (allowed.unapproved, allowed.blocked, allowed.unneeded) == ((), (), ())


def test_what_is_needed_and_not_approved_is_left() -> None:
    allowed = authorise(plan(*CHANGES), [approval(BOB)], Policy(), NOW)
    assert allowed.run == (BOB,)
    assert allowed.unapproved == (GROUP, ADA)


def test_what_is_approved_and_not_needed_is_told() -> None:
    allowed = authorise(plan(BOB), [approval(*CHANGES)], Policy(), NOW)
    assert allowed.unneeded == (ADA.id, GROUP.id)


def test_what_needs_an_unapproved_change_is_blocked() -> None:
    allowed = authorise(plan(*CHANGES), [approval(ADA, BOB)], Policy(), NOW)
    assert allowed.blocked == (ADA,)
    assert allowed.run == (BOB,)


def test_the_policy_approves_classes_beforehand() -> None:
    policy = Policy(approve=frozenset({"deactivate"}))
    assert authorise(plan(*CHANGES), [], policy, NOW).run == (BOB,)


BACK = Change(Action.REACTIVATE, "ada", (FieldChange("groups", (), ("Staff",)),))


def test_what_is_left_of_an_approved_return_runs_as_well() -> None:
    rest = BACK._replace(action=Action.UPDATE)
    assert authorise(plan(rest, BOB), [approval(BACK)], Policy(), NOW).run == (rest,)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(BACK._replace(action=Action.CREATE), id="a-creation"),
        pytest.param(BACK._replace(action=Action.REKEY), id="a-renaming"),
        pytest.param(BACK._replace(action=Action.UPDATE, name="eve"), id="of-somebody-else"),
        pytest.param(Change(Action.UPDATE, "ada", (FieldChange("groups", (), ("Lab",)),)), id="another-rest"),
    ],
)
def test_an_approved_return_approves_nothing_but_its_own_rest(other: Change) -> None:
    with pytest.raises(NotApproved, match="for others"):
        authorise(plan(other), [approval(BACK)], Policy(), NOW)


def test_an_approved_update_approves_no_return() -> None:
    with pytest.raises(NotApproved, match="for others"):
        authorise(plan(BACK), [approval(BACK._replace(action=Action.UPDATE))], Policy(), NOW)


def test_an_effect_that_is_no_hash_approves_nothing() -> None:
    empty = Approval("server", "digest", {"": "deactivate/bob"}, "me", NOW, LATER)
    with pytest.raises(NotApproved, match="for others"):
        authorise(plan(BOB), [empty], Policy(), NOW)


def unreachable(*changes: Change) -> dict[str, str]:
    return {change.id: "MyQ cannot" for change in changes}


def test_what_cannot_be_applied_does_not_run_though_it_is_approved() -> None:
    lacking = replace(plan(*CHANGES), unreachable=unreachable(BOB))
    allowed = authorise(lacking, [approval(*CHANGES)], Policy(), NOW)
    assert allowed.run == (GROUP, ADA)
    assert allowed.unreachable == (BOB,)
    assert (allowed.unapproved, allowed.blocked, allowed.unneeded) == ((), (), ())


def test_the_policy_approves_nothing_that_cannot_be_applied() -> None:
    lacking = replace(plan(*CHANGES), unreachable=unreachable(BOB))
    with pytest.raises(NotApproved, match="2 changes are needed"):
        authorise(lacking, [], Policy(approve=frozenset({"deactivate"})), NOW)


def test_where_nothing_can_be_applied_no_approval_is_asked_for() -> None:
    lacking = replace(plan(*CHANGES), unreachable=unreachable(*CHANGES))
    allowed = authorise(lacking, [], Policy(), NOW)
    assert (allowed.run, allowed.unapproved, allowed.unreachable) == ((), (), CHANGES)


def test_nothing_needed_needs_no_approval() -> None:
    assert authorise(plan(), [], Policy(), NOW).run == ()


@pytest.mark.parametrize(
    ("approvals", "words"),
    [
        pytest.param([], "there is no approval", id="none"),
        pytest.param([approval(BOB, expires=NOW)], "expired", id="expired-this-second"),
        pytest.param([approval(BOB, expires=BEFORE)], "expired", id="expired"),
        pytest.param([approval(BOB, target="other")], "for other", id="another-server"),
        pytest.param([approval(BOB._replace(name="eve"))], "for others", id="another-person"),
        pytest.param([approval(BOB, expires=BEFORE), approval(BOB)], "expired", id="one-of-two-expired"),
    ],
)
def test_a_gate_with_a_missing_input_is_closed(approvals: list[Approval], words: str) -> None:
    with pytest.raises(NotApproved, match=words):
        authorise(plan(BOB), approvals, Policy(), NOW)


def test_a_guard_stops_all_unless_it_is_waived() -> None:
    with pytest.raises(GuardRefused, match="removals"):
        authorise(plan(BOB, tripped=("removals",)), [approval(BOB)], Policy(), NOW)
    allowed = authorise(
        plan(BOB, tripped=("removals",)), [approval(BOB, waived=("removals",))], Policy(), NOW
    )
    assert allowed.run == (BOB,)


def test_waiving_one_guard_waives_no_other() -> None:
    with pytest.raises(GuardRefused, match="updates"):
        authorise(
            plan(BOB, tripped=("removals", "updates")), [approval(BOB, waived=("removals",))], Policy(), NOW
        )


@pytest.mark.parametrize(
    ("up_to", "words"),
    [
        pytest.param({"": 8}, r"too many \(waived up to 8\)", id="for-fewer"),
        pytest.param({"hr": 9}, r"too many \(waived elsewhere, and not here\)", id="elsewhere"),
        pytest.param({}, r"too many \(waived elsewhere, and not here\)", id="nowhere"),
    ],
)
def test_a_waiver_reaches_no_further_than_what_was_seen(up_to: dict[str, int], words: str) -> None:
    waives = replace(approval(BOB, waived=("removals",)), waived_up_to={"removals": up_to})
    with pytest.raises(GuardRefused, match=words):
        authorise(plan(BOB, tripped=("removals",)), [waives], Policy(), NOW)


def test_a_reach_without_a_waiver_waives_nothing() -> None:
    reaches = replace(approval(BOB), waived_up_to={"removals": {"": 9}})
    with pytest.raises(GuardRefused, match=r"too many\n"):
        authorise(plan(BOB, tripped=("removals",)), [reaches], Policy(), NOW)


def test_who_let_a_guard_pass_is_told() -> None:
    waived = Waived("jane", "meant", LATER)
    policy = Verdict("updates", "hr", 7, 9, "5", tripped=False, message="", waived=waived)
    whole = plan(BOB, tripped=("removals",))
    allowed = authorise(
        replace(whole, verdicts=(*whole.verdicts, policy)),
        [approval(), approval(BOB, waived=("removals",))],
        Policy(),
        NOW,
    )
    assert allowed.waived == (
        Pass("updates", "hr", 7, waived),
        Pass("removals", "", 9, Waived("me", "meant", LATER)),
    )


def test_a_waiver_is_for_where_its_guard_stands() -> None:
    verdicts = [
        Verdict("removals", "", 9, 9, "5", tripped=True, message=""),
        Verdict("removals", "hr", 6, 9, "5", tripped=True, message=""),
        Verdict("removals", "lab", 3, 9, "5", tripped=False, message=""),
        Verdict("updates", "", 3, 9, "5", tripped=True, message=""),
    ]
    assert standing(verdicts, ["removals", "rekeys"]) == {"removals": {"": 9, "hr": 6}, "rekeys": {}}


def test_classes_approved_beforehand_stay_within_the_guards() -> None:
    with pytest.raises(GuardRefused):
        authorise(plan(BOB, tripped=("removals",)), [], Policy(approve=frozenset({"deactivate"})), NOW)


@pytest.mark.parametrize(
    ("only", "but", "expected"),
    [
        pytest.param((), (), CHANGES, id="all"),
        pytest.param(("deactivate",), (), (BOB,), id="an-action"),
        pytest.param(("create/ada",), (), (GROUP, ADA), id="an-id-and-what-it-needs"),
        pytest.param((), ("create",), (GROUP, BOB), id="all-but-an-action"),
        pytest.param((), ("group-create/Staff",), (BOB,), id="leaving-out-what-others-need"),
        pytest.param(("create/ada",), ("group-create",), (), id="chosen-and-its-need-left-out"),
    ],
)
def test_what_a_person_selects(
    only: tuple[str, ...], but: tuple[str, ...], expected: tuple[Change, ...]
) -> None:
    assert select(CHANGES, only, but) == expected


def test_a_selection_takes_along_what_is_needed_in_the_third_place_and_leaves_what_no_plan_has() -> None:
    first = Change(Action.UPDATE, "a", needs=("update/b", "update/not-planned"))
    second = Change(Action.UPDATE, "b", needs=("update/c",))
    third = Change(Action.UPDATE, "c")
    assert select((first, second, third, BOB), ("update/a",), ()) == (first, second, third)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(BOB._replace(name="eve"), id="somebody-else"),
        pytest.param(BOB._replace(action=Action.UPDATE), id="something-else"),
        pytest.param(BOB._replace(fields=(FieldChange("groups", ("A",), ()),)), id="other-groups-lost"),
        pytest.param(BOB._replace(pins=1), id="a-pin-more"),
    ],
)
def test_effects_differ_when_what_is_done_differs(other: Change) -> None:
    assert effect("server", other) != effect("server", BOB)


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(BOB._replace(reason="because"), id="another-reason"),
        pytest.param(BOB._replace(record="x.csv:3"), id="another-line"),
        pytest.param(BOB._replace(account_id="7"), id="another-id-of-the-server"),
    ],
)
def test_effects_are_equal_when_only_the_reason_differs(same: Change) -> None:
    assert effect("server", same) == effect("server", BOB)


def test_effects_differ_between_servers() -> None:
    assert effect("a", BOB) != effect("b", BOB)


def test_a_card_enrolled_meanwhile_does_not_void_another_card() -> None:
    before = Change(Action.UPDATE, "ada", (FieldChange("cards", (), ("X",)),))
    after = Change(Action.UPDATE, "ada", (FieldChange("cards", ("Y",), ("X", "Y")),))
    assert effect("s", before) == effect("s", after)
    replaced = Change(Action.UPDATE, "ada", (FieldChange("cards", ("Y",), ("X",)),))
    assert effect("s", before) != effect("s", replaced)


def test_an_approval_that_calls_a_change_by_another_name_is_refused() -> None:
    effects = {effect("server", BOB): "update/ada"}
    mislabelled = Approval("server", "digest", effects, "me", NOW, LATER)
    with pytest.raises(NotApproved, match="calls update/ada what is deactivate/bob"):
        authorise(plan(BOB), [mislabelled], Policy(), NOW)


def test_an_approval_for_another_server_stops_all_though_another_one_is_for_this() -> None:
    with pytest.raises(NotApproved, match="the approval is for other, this run is for server"):
        authorise(plan(BOB), [approval(BOB), approval(target="other")], Policy(), NOW)


def test_what_was_needed_and_is_there_by_now_blocks_nothing() -> None:
    assert authorise(plan(ADA), [approval(ADA)], Policy(), NOW).run == (ADA,)


def test_of_two_waivers_that_fall_short_the_longer_one_is_told() -> None:
    waives = approval(BOB, waived=("removals",))
    short = [replace(waives, waived_up_to={"removals": {"": most}}) for most in (7, 8, 6)]
    with pytest.raises(GuardRefused, match=r"waived up to 8\)"):
        authorise(plan(BOB, tripped=("removals",)), short, Policy(), NOW)


def renaming(old: str, new: str) -> tuple[Change, Change, Change]:
    """Return a renaming, an update of the same account, and that update once the renaming is done."""
    rekey = Change(Action.REKEY, old, (FieldChange("userName", old, new),), account_id="7")
    update = Change(Action.UPDATE, old, (FieldChange("email", "", "a@x"),), account_id="7")
    return rekey, update, update._replace(name=new)


@pytest.mark.parametrize("old", ["ada", "rekey"])
def test_what_was_approved_under_the_former_name_runs_under_the_new_one(old: str) -> None:
    rekey, update, later = renaming(old, "lovelace")
    assert authorise(plan(later), [approval(rekey, update)], Policy(), NOW).run == (later,)


def test_a_former_name_is_one_whose_renaming_was_approved_as_well() -> None:
    _, update, later = renaming("ada", "lovelace")
    with pytest.raises(NotApproved, match="calls update/ada what is update/lovelace"):
        authorise(plan(later), [approval(update, BOB)], Policy(), NOW)


def test_a_renaming_lets_nothing_but_an_update_bear_the_former_name() -> None:
    rekey, _, _ = renaming("ada", "lovelace")
    effects = {effect("server", BOB): "update/ada", effect("server", rekey): rekey.id}
    mislabelled = Approval("server", "digest", effects, "me", NOW, LATER)
    with pytest.raises(NotApproved, match="calls update/ada what is deactivate/bob"):
        authorise(plan(BOB), [mislabelled], Policy(), NOW)
