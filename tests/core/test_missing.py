"""Accounts that no record means: whose, who may say so, and what is told of those that stay."""

from __future__ import annotations

import pytest

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Action, FieldChange
from reconciler.core.desired import resolve
from reconciler.core.diff import Difference, diff
from reconciler.core.history import ComparedRead, History
from reconciler.core.mapping import MappedSource
from reconciler.core.model import Account, Property, User
from reconciler.core.notice import Kind, Notice
from reconciler.core.policy import Policy
from reconciler.core.rules import Options
from support.world import NO_GRACE, PLACE, difference, mapped, rules, state

REMOVES = Options(add_new_users=True, deactivate_missing_users=True)
KEEPS = Options(add_new_users=True)
TOM = Account(User("tom", groups=("Library", "Staff"), source="hr"), "7")


def read(*users: User, name: str = "hr", options: Options = REMOVES, precedence: int = 100) -> MappedSource:
    return mapped(rules(name, options=options, precedence=precedence, groups=None), users)


def removed(found: Difference) -> list[str]:
    return [change.name for change in found.changes if change.action is Action.DEACTIVATE]


def told(found: Difference) -> list[tuple[Kind, str]]:
    return [(notice.kind, notice.name) for notice in found.notices]


def test_a_removal_says_who_why_and_which_groups_are_left() -> None:
    (change,) = difference([read(User("ada"))], state(Account(User("ada", source="hr")), TOM)).changes
    assert (change.action, change.name, change.source) == (Action.DEACTIVATE, "tom", "hr")
    assert (change.account_id, change.account_source) == ("7", "hr")
    assert change.fields == (FieldChange("groups", ("Library", "Staff"), (), str(PLACE)),)
    assert change.reason == f"no longer in hr (options.deactivateMissingUsers, {PLACE})"
    assert change.record == ""


def test_who_is_in_no_group_leaves_none() -> None:
    (change,) = difference([read()], state(Account(User("tom", source="hr")))).changes
    assert change.fields == ()


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        pytest.param(Account(User("tom", source="hr")), ["tom"], id="ours-and-missing"),
        pytest.param(Account(User("tom", source="ldap")), [], id="of-another-source"),
        pytest.param(Account(User("tom")), [], id="of-no-source-made-by-hand"),
        pytest.param(Account(User("tom", source="HR")), [], id="of-a-source-in-another-case"),
        pytest.param(Account(User("tom", source="hr"), active=False), [], id="deleted-already"),
        pytest.param(Account(User("*admin", source="hr")), [], id="myqs-own"),
    ],
)
def test_who_can_be_missing(account: Account, expected: list[str]) -> None:
    found = difference([read(User("ada"))], state(Account(User("ada", source="hr")), account))
    assert removed(found) == expected
    assert found.notices == ()


def test_a_source_that_may_not_deactivate_keeps_everybody_and_says_so() -> None:
    found = difference([read(options=KEEPS)], state(TOM))
    assert found.changes == ()
    assert found.notices == (
        Notice(Kind.KEPT, "tom", "no longer in hr, which may not deactivate missing users", (str(PLACE),)),
    )


@pytest.mark.parametrize(
    ("policy", "waits"),
    [
        pytest.param(Policy(), "2 complete reads and 1 day", id="as-without-a-policy"),
        pytest.param(Policy(grace_reads=1, grace_days=0), "1 complete read and 0 days", id="one-read"),
        pytest.param(Policy(grace_reads=0, grace_days=0.5), "0 complete reads and 0.5 days", id="half-a-day"),
        pytest.param(NO_GRACE, "", id="no-grace-in-plain-sight"),
    ],
)
def test_grace_without_a_ledger_withholds_every_removal_and_says_so(policy: Policy, waits: str) -> None:
    found = difference([read()], state(TOM), policy=policy)
    assert removed(found) == ([] if waits else ["tom"])
    assert told(found) == ([(Kind.WITHHELD, "tom")] if waits else [])
    if waits:
        (notice,) = found.notices
        assert f"the policy waits for {waits}, and there is no ledger" in notice.message


def test_where_accounts_do_not_say_whose_they_are_nobody_goes_and_that_is_said() -> None:
    found = difference([read()], state(TOM, knows_source=False))
    assert found.changes == ()
    assert told(found) == [(Kind.UNSEEN, "synchronizationSource")]
    assert "hr may deactivate missing users" in found.notices[0].message


def test_where_nobody_may_be_removed_anyway_there_is_nothing_to_say_of_it() -> None:
    assert difference([read(options=KEEPS)], state(TOM, knows_source=False)).notices == ()


@pytest.mark.parametrize(
    ("users", "options"),
    [
        pytest.param([User("tom", cards=("1",)), User("ada", cards=("1",))], REMOVES, id="in-a-conflict"),
        pytest.param(
            [User("x", email="t@x")],
            Options(deactivate_missing_users=True, pair_by=(Property.EMAIL,)),
            id="by-a-key-that-two-accounts-share",
        ),
        pytest.param(
            [User("x", email="t@x"), User("y", email="t@x")],
            Options(deactivate_missing_users=True, pair_by=(Property.EMAIL,)),
            id="by-two-records",
        ),
        pytest.param(
            [User("tom", personal_number="2")],
            Options(add_new_users=True, deactivate_missing_users=True, pair_by=(Property.PERSONAL_NUMBER,)),
            id="by-name-where-names-do-not-pair",
        ),
        pytest.param(
            [User("thomas", aliases=("tom",), personal_number="2")],
            Options(add_new_users=True, deactivate_missing_users=True, pair_by=(Property.PERSONAL_NUMBER,)),
            id="by-an-alias-that-is-the-name",
        ),
    ],
)
def test_nobody_goes_whom_a_record_may_mean(users: list[User], options: Options) -> None:
    accounts = (
        Account(User("tom", email="t@x", source="hr"), "1"),
        Account(User("t2", email="t@x", source="hr"), "2"),
    )
    found = difference([read(*users, User("t2"), options=options)], state(*accounts))
    assert "tom" not in removed(found)
    assert Kind.CONFLICT in {notice.kind for notice in found.notices} or (Kind.WITHHELD, "tom") in told(found)


def test_the_account_of_an_outranked_record_is_not_missing() -> None:
    numbers = Options(deactivate_missing_users=True, pair_by=(Property.PERSONAL_NUMBER,))
    high = read(User("ada", personal_number="1"), precedence=1)
    low = read(User("a.l", personal_number="1"), name="ad", options=numbers, precedence=2)
    accounts = state(
        Account(User("ada", personal_number="1", source="hr"), "1"),
        Account(User("a.lovelace", personal_number="1", source="ad"), "2"),
    )
    found = difference([high, low], accounts)
    assert removed(found) == []
    assert told(found) == [(Kind.OUTRANKED, "ada")]


def test_each_source_speaks_for_its_own_accounts_only() -> None:
    accounts = state(
        Account(User("a", source="hr")), Account(User("b", source="ad")), Account(User("c", source="x"))
    )
    found = difference([read(), read(name="ad", options=KEEPS)], accounts)
    assert removed(found) == ["a"]
    assert told(found) == [(Kind.KEPT, "b")]


@pytest.mark.parametrize("may", ["one", "two"])
def test_of_two_manifests_for_one_source_the_one_that_may_deactivates(may: str) -> None:
    first, second = (
        mapped(
            rules(name, source="HR", options=REMOVES if name == may else KEEPS, groups=None), [User(record)]
        )
        for name, record in (("one", "ada"), ("two", "bob"))
    )
    accounts = [Account(User(name, source="HR"), name) for name in ("ada", "bob", "tom")]
    for read_in in ([first, second], [second, first]):
        found = difference(read_in, state(*accounts))
        assert removed(found) == ["tom"]
        assert found.changes[0].source == may


def test_a_drop_withholds_removals_though_the_ledger_is_no_longer_at_hand() -> None:
    fallen = History("t", "2026-11-02T12:00:00Z", compared={"hr": ComparedRead(100, "it fell")})
    desired = resolve([read()], (), Assumptions(), fallen)
    found = diff(desired, state(TOM), NO_GRACE, Assumptions())
    assert found.changes == ()
    assert "nothing proves that the read holds everybody (dropped)" in found.notices[0].message


def test_an_empty_read_that_was_complete_means_everybody() -> None:
    accounts = [Account(User(name, source="hr"), name) for name in "abc"]
    assert removed(difference([read()], state(*accounts))) == ["a", "b", "c"]
