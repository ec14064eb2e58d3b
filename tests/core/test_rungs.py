"""The ladder of the missing: how long they wait, what is told meanwhile, what happens to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.diff import Difference
from reconciler.core.history import Absence, ComparedRead, History
from reconciler.core.model import Account, Doubt, User
from reconciler.core.notice import Kind
from reconciler.core.policy import Policy, Wait
from reconciler.core.rules import Expectation, Mode, SourceRules
from support.world import PLACE, difference, mapped, rules, state

NOW = "2026-11-10T12:00:00Z"
TOM = Account(User("tom", groups=("Library", "Staff"), default_group="Staff", source="hr"), "7")
HR = replace(rules("hr", groups=Mode.REPLACE), expect=Expectation(minimum_records=2))
LADDER = Policy(grace_reads=4, grace_days=30, strip=Wait(2, 1))


def remembered(since: str, reads: int, hr: SourceRules = HR, tom: Account = TOM) -> History:
    history = History("t", NOW, b"salt", compared={"hr": ComparedRead(10)})
    return replace(history, absences={("hr", history.key_of(hr, tom)): Absence(since, reads)})


def found(
    history: History | None, policy: Policy | None = None, hr: SourceRules = HR, tom: Account = TOM
) -> Difference:
    return difference([mapped(hr, [])], state(tom), policy=policy or Policy(), history=history)


@pytest.mark.parametrize(
    ("since", "reads", "told"),
    [
        pytest.param(None, 0, f"missing since {NOW}, 1 of 2 reads and 0 of 1 day", id="for-the-first-time"),
        pytest.param(
            "2026-11-10T02:30:00Z",
            1,
            "missing since 2026-11-10T02:30:00Z, 2 of 2 reads and 0.3 of 1 day",
            id="often-enough-and-not-for-long-enough",
        ),
        pytest.param(
            "2026-11-08T12:00:00Z",
            0,
            "missing since 2026-11-08T12:00:00Z, 1 of 2 reads and 2 of 1 day",
            id="long-enough-and-not-often-enough",
        ),
        pytest.param(
            "2026-11-20T12:00:00Z",
            9,
            "missing since 2026-11-20T12:00:00Z, 10 of 2 reads and 0 of 1 day",
            id="the-clock-went-back",
        ),
        pytest.param("2026-11-09T12:00:00Z", 1, "", id="both-are-over"),
    ],
)
def test_who_is_missing_waits_and_the_plan_counts_down(since: str | None, reads: int, told: str) -> None:
    history = remembered(since, reads) if since else replace(remembered(NOW, 1), absences={})
    difference = found(history)
    assert [notice.message for notice in difference.notices] == ([f"no longer in hr; {told}"] if told else [])
    assert [change.id for change in difference.changes] == ([] if told else ["deactivate/tom"])
    assert difference.absent == {("hr", history.key_of(HR, TOM))}


def test_an_absence_from_a_source_that_was_defined_otherwise_does_not_count() -> None:
    history = remembered("2026-01-01T00:00:00Z", 99, replace(HR, definition="as it was"))
    assert [notice.message for notice in found(history).notices] == [
        f"no longer in hr; missing since {NOW}, 1 of 2 reads and 0 of 1 day"
    ]


@pytest.mark.parametrize("policy", [Policy(), Policy(grace_reads=0, grace_days=0)], ids=["grace", "no-grace"])
def test_nobody_goes_while_the_ledger_cannot_be_read(policy: Policy) -> None:
    difference = found(History("t", NOW, unreadable="the disk is broken"), replace(policy, strip=Wait(0, 0)))
    assert difference.changes == ()
    assert [(notice.kind, notice.message) for notice in difference.notices] == [
        (
            Kind.WITHHELD,
            "no longer in hr; nobody is removed while the ledger cannot be read: the disk is broken",
        )
    ]


def test_nobody_goes_or_loses_a_group_on_the_word_of_a_source_that_has_dropped() -> None:
    history = replace(
        remembered("2026-01-01T00:00:00Z", 9), compared={"hr": ComparedRead(10, "it held 10, and holds 3")}
    )
    difference = found(history, Policy(strip=Wait(0, 0)))
    assert difference.changes == ()
    assert [notice.message for notice in difference.notices] == ["no longer in hr; it held 10, and holds 3"]
    assert difference.absent == {("hr", history.key_of(HR, TOM))}
    accepting = replace(HR, expect=Expectation(2, accept=frozenset({Doubt.DROPPED})))
    again = replace(remembered("2026-01-01T00:00:00Z", 9, accepting), compared=history.compared)
    assert [change.id for change in found(again, hr=accepting).changes] == ["deactivate/tom"]


@pytest.mark.parametrize(
    ("since", "reads", "expected"),
    [
        pytest.param("2026-11-10T02:00:00Z", 5, None, id="not-for-long-enough"),
        pytest.param("2026-11-01T00:00:00Z", 0, None, id="not-often-enough"),
        pytest.param("2026-11-01T00:00:00Z", 1, Action.UPDATE, id="out-of-the-groups"),
        pytest.param("2026-11-01T00:00:00Z", 9, Action.UPDATE, id="still-not-for-long-enough-to-go"),
        pytest.param("2026-10-01T00:00:00Z", 2, Action.UPDATE, id="still-not-often-enough-to-go"),
        pytest.param("2026-10-01T00:00:00Z", 3, Action.DEACTIVATE, id="deactivated"),
    ],
)
def test_each_rung_of_the_ladder_has_its_own_wait(since: str, reads: int, expected: Action | None) -> None:
    difference = found(remembered(since, reads), LADDER)
    assert [change.action for change in difference.changes] == ([expected] if expected else [])
    assert len(difference.notices) == (expected is not Action.DEACTIVATE)


def test_who_loses_the_groups_keeps_the_default_one_and_the_account() -> None:
    assert found(remembered("2026-11-01T00:00:00Z", 1), LADDER).changes == (
        Change(
            Action.UPDATE,
            "tom",
            (FieldChange("groups", ("Library", "Staff"), ("Staff",), str(PLACE)),),
            "no longer in hr (grace.stripGroups in the Policy)",
            source="hr",
            account_id="7",
            account_source="hr",
        ),
    )


@pytest.mark.parametrize(
    ("mode", "groups"),
    [
        pytest.param(Mode.REPLACE, (), id="there-are-none"),
        pytest.param(Mode.REPLACE, ("Staff",), id="there-is-only-the-default-one"),
        pytest.param(Mode.IGNORE, ("Library", "Staff"), id="the-source-looks-at-no-groups"),
        pytest.param(Mode.ADD, ("Library", "Staff"), id="the-source-only-adds-and-could-not-give-them-back"),
        pytest.param(None, ("Library", "Staff"), id="the-source-gives-none"),
    ],
)
def test_whose_groups_stay(mode: Mode | None, groups: tuple[str, ...]) -> None:
    hr = replace(rules("hr", groups=mode), expect=Expectation(minimum_records=2))
    tom = TOM._replace(user=TOM.user._replace(groups=groups))
    difference = found(remembered("2026-11-01T00:00:00Z", 1, hr, tom), LADDER, hr, tom)
    assert difference.changes == ()
    assert [notice.kind for notice in difference.notices] == [Kind.WITHHELD]


def test_who_returns_gets_the_groups_back_by_the_ordinary_plan() -> None:
    stripped = TOM._replace(user=TOM.user._replace(groups=("Staff",)))
    back = mapped(HR, [User("tom", groups=("Library", "Staff"), default_group="Staff")])
    changes = difference([back], state(stripped, groups=("Library",)), history=remembered(NOW, 3)).changes
    assert [(change.id, change.fields[0].after) for change in changes] == [
        ("update/tom", ("Library", "Staff"))
    ]


def test_without_a_ledger_no_group_is_lost_early() -> None:
    assert found(None, LADDER).changes == ()
