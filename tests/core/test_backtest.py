"""What a server holds after changes, and what replayed days say of the guards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.backtest import Day, days_document, peaks
from reconciler.core.carried import carried_out
from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.guards import Verdict
from reconciler.core.mapping import MappedSource
from reconciler.core.model import Account, ActualState, User
from reconciler.core.render.days import days_text
from support.world import World, difference, servers, sources, state

ADA = Account(User("ada", full_name="Ada", groups=("Old", "Old|Lab"), default_group="Old|Lab"), "1")
GONE = Account(User("bob", full_name="Bob"), "", active=False)
HELD = state(ADA, GONE, groups=["Older"])

CASES: dict[str, tuple[Change, ActualState]] = {
    "a-group-comes": (
        Change(Action.GROUP_CREATE, "New|Deep"),
        HELD._replace(groups=HELD.groups | {"New", "New|Deep"}),
    ),
    "a-group-moves-with-what-is-in-it": (
        Change(Action.GROUP_MOVE, "Old", (FieldChange("path", "Old", "New"),)),
        state(
            ADA._replace(user=ADA.user._replace(groups=("New", "New|Lab"), default_group="New|Lab")),
            GONE,
            groups=["Older", "New", "New|Lab"],
        ),
    ),
    "an-account-comes": (
        Change(Action.CREATE, "cy", (FieldChange("userName", "", "cy"), FieldChange("fullName", "", "Cy"))),
        HELD._replace(accounts=(ADA, GONE, Account(User("cy", full_name="Cy"), "new:cy"))),
    ),
    "an-account-goes": (
        Change(Action.DEACTIVATE, "ada", account_id="1"),
        HELD._replace(
            accounts=(
                ADA._replace(user=ADA.user._replace(groups=(), default_group=""), active=False),
                GONE,
            )
        ),
    ),
    "an-account-without-an-id-returns": (
        Change(Action.REACTIVATE, "bob", (FieldChange("fullName", "Bob", "Bo"),)),
        HELD._replace(accounts=(ADA, Account(User("bob", full_name="Bo"), ""))),
    ),
    "an-account-is-renamed": (
        Change(Action.REKEY, "ada", (FieldChange("userName", "ada", "adah"),), account_id="1"),
        HELD._replace(accounts=(ADA._replace(user=ADA.user._replace(user_name="adah")), GONE)),
    ),
    "a-deleted-account-that-is-updated-stays-deleted": (
        Change(Action.UPDATE, "bob", (FieldChange("email", "", "b@x"),)),
        HELD._replace(accounts=(ADA, GONE._replace(user=GONE.user._replace(email="b@x")))),
    ),
}


@pytest.mark.parametrize(("change", "after"), CASES.values(), ids=[*CASES])
def test_a_change_is_carried_out(change: Change, after: ActualState) -> None:
    assert carried_out(HELD, [change]) == after


@pytest.mark.parametrize(
    ("user", "moved"),
    [
        pytest.param(User("eve", groups=("A", "B")), User("eve", groups=("B", "Z")), id="a-member"),
        pytest.param(User("eve", default_group="A"), User("eve", default_group="Z"), id="by-default-alone"),
    ],
)
def test_everybody_in_a_group_goes_with_it(user: User, moved: User) -> None:
    move = Change(Action.GROUP_MOVE, "A", (FieldChange("path", "A", "Z"),))
    assert carried_out(state(Account(user, "1"), groups=["A"]), [move]).accounts == (Account(moved, "1"),)


def test_a_group_that_takes_the_place_of_another_comes_once_that_one_has_left() -> None:
    move = Change(Action.GROUP_MOVE, "A", (FieldChange("path", "A", "Z"),))
    created = Change(Action.GROUP_CREATE, "A", needs=(move.id,))
    assert carried_out(state(groups=["A"]), [created, move]).groups == {"A", "Z"}


def test_of_two_accounts_of_one_name_the_one_with_the_id_is_meant() -> None:
    old, new = Account(User("ada"), "1"), Account(User("ada"), "2")
    gone = Change(Action.DEACTIVATE, "ada", account_id="1")
    assert carried_out(state(old, new), [gone]).accounts == (old._replace(active=False), new)


def test_an_account_that_is_renamed_is_found_for_what_comes_after() -> None:
    account = ADA._replace(id="")
    rename = Change(Action.REKEY, "ada", (FieldChange("userName", "ada", "adah"),))
    update = Change(Action.UPDATE, "ada", (FieldChange("email", "", "a@x"),))
    (held,) = carried_out(state(account), [rename, update]).accounts
    assert (held.user.user_name, held.user.email) == ("adah", "a@x")


@given(sources(), servers())
def test_what_is_carried_out_is_what_a_server_would_hold(
    mapped: list[MappedSource], actual: ActualState
) -> None:
    changes = difference(mapped, actual).changes
    world = World(actual)
    for change in changes:
        current = world.account(change.name, change.account_id)
        world.write(change, current, ())
    carried = carried_out(actual, changes)
    assert {one.user for one in carried.accounts if one.active} == {
        one.user for one in world.accounts.values() if one.active
    }
    assert carried.groups == world.read_state().groups


@given(sources(), servers())
def test_once_carried_out_nothing_is_left_to_do(mapped: list[MappedSource], actual: ActualState) -> None:
    assert difference(mapped, carried_out(actual, difference(mapped, actual).changes)).changes == ()


def verdict(
    guard: str, count: int, population: int = 100, scope: str = "", *, tripped: bool = False
) -> Verdict:
    return Verdict(guard, scope, count, population, "5 and 5 %", tripped=tripped, message=f"{count}")


DAYS = (
    Day(
        "monday",
        "2026-01-05T06:00:00Z",
        {"create": 1, "deactivate": 2},
        (verdict("removals", 2), verdict("creates", 0)),
    ),
    Day(
        "tuesday",
        "2026-01-06T06:00:00Z",
        {"deactivate": 40},
        (verdict("removals", 40, 800, tripped=True), verdict("removals", 39, 700, "hr", tripped=True)),
    ),
    Day("wednesday", "2026-01-07T06:00:00Z", {}, doubt="hr: 3 records\x1b[31m were read"),
    Day("thursday", "2026-01-08T06:00:00Z", {}, (verdict("identities-moved", 1, 0, tripped=True),)),
)


def test_each_guard_is_told_with_its_days_and_its_largest_count() -> None:
    assert [(one.guard, one.tripped, one.day, one.verdict.count) for one in peaks(DAYS)] == [
        ("removals", ("tuesday",), "tuesday", 40),
        ("identities-moved", ("thursday",), "thursday", 1),
    ]


def test_days_are_told_in_lines() -> None:
    assert list(days_text(DAYS)) == [
        "monday (2026-01-05T06:00:00Z): create 1 account and deactivate 2 accounts",
        "tuesday (2026-01-06T06:00:00Z): deactivate 40 accounts",
        "  ! removals: 40 of 800 (5 %), and the limit is 5 and 5 %",
        "  ! removals (hr): 39 of 700 (5.6 %), and the limit is 5 and 5 %",
        "wednesday (2026-01-07T06:00:00Z): no plan: hr: 3 records\\x1b[31m were read",
        "thursday (2026-01-08T06:00:00Z): nothing to do",
        "  ! identities-moved: 1, and the limit is 5 and 5 %",
        "",
        "4 days, 3 of them believed",
        (
            "  removals would have tripped on 1 day; at most 40 of 800 (5 %), and the limit is 5 and 5 %, "
            "on tuesday"
        ),
        "  identities-moved would have tripped on 1 day; at most 1, and the limit is 5 and 5 %, on thursday",
    ]


def test_a_guard_that_lets_all_pass_says_how_near_it_came() -> None:
    assert list(days_text(DAYS[:1]))[-1] == (
        "  removals let all pass; at most 2 of 100 (2 %), and the limit is 5 and 5 %, on monday"
    )


def test_a_guard_that_trips_without_counting_is_told_and_one_that_does_neither_is_not() -> None:
    days = [Day("monday", "", {}, (verdict("lookalikes", 0, tripped=True), verdict("creates", 0)))]
    assert [one.guard for one in peaks(days)] == ["lookalikes"]
    (day,) = _listed(days_document(days)["days"])
    assert [one["guard"] for one in _listed(day["guards"])] == ["lookalikes"]


def test_a_day_lists_what_it_counted_though_it_let_all_pass() -> None:
    document = days_document(DAYS[:1])
    (day,), (guard,) = _listed(document["days"]), _listed(document["guards"])
    (removals,) = _listed(day["guards"])
    assert (removals["guard"], removals["count"], removals["tripped"]) == ("removals", 2, False)
    assert guard["largest"] == {"day": "monday", **removals}


def test_days_as_a_document() -> None:
    document = days_document(iter(DAYS[1:3]))
    assert document["days"] == [
        {
            "name": "tuesday",
            "taken": "2026-01-06T06:00:00Z",
            "doubt": "",
            "changes": {"deactivate": 40},
            "guards": [
                {
                    "guard": "removals",
                    "scope": scope,
                    "count": count,
                    "population": population,
                    "percent": percent,
                    "limit": "5 and 5 %",
                    "tripped": True,
                }
                for scope, count, population, percent in (("", 40, 800, 5.0), ("hr", 39, 700, 5.6))
            ],
        },
        {
            "name": "wednesday",
            "taken": "2026-01-07T06:00:00Z",
            "doubt": "hr: 3 records\x1b[31m were read",
            "changes": {},
            "guards": [],
        },
    ]
    (guard,) = document["guards"]
    assert (guard["guard"], guard["tripped"], guard["largest"]["day"]) == ("removals", ["tuesday"], "tuesday")


def _listed(part: object) -> list[dict[str, object]]:
    assert isinstance(part, list)
    return part


@given(st.integers(0, 50), st.integers(0, 50))
def test_a_share_is_a_percentage_or_none(count: int, population: int) -> None:
    found = verdict("removals", count, population).percent
    assert (found is None) == (population == 0)
    assert found is None or abs(found - 100 * count / population) < 0.051
