"""Which plans a guard stops, as a table: the situation, the changes, the guards that trip."""

from __future__ import annotations

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.guards import GUARDS, NAMES, Question, Verdict, describe, evaluate, exceeds
from reconciler.core.guards.question import counted_of, percent
from reconciler.core.history import History
from reconciler.core.model import Account, ActualState, User
from reconciler.core.policy import Limit, Policy
from reconciler.core.tree import GroupNode
from support.world import PLACE, difference, mapped, rules, state

HR = rules("hr", source="HR")


def people(count: int, source: str = "HR", group: str = "Staff") -> list[Account]:
    return [
        Account(User(f"{source}{number}".lower(), groups=(group,), source=source), f"{source}{number}")
        for number in range(count)
    ]


def changes(action: Action, count: int, source: str = "hr") -> list[Change]:
    return [Change(action, f"hr{number}", source=source) for number in range(count)]


def leaving(count: int, group: str = "Staff") -> list[Change]:
    field = FieldChange("groups", (group,), ())
    return [Change(Action.UPDATE, f"hr{number}", (field,), source="hr") for number in range(count)]


def card(name: str, before: tuple[str, ...], after: tuple[str, ...]) -> Change:
    return Change(Action.UPDATE, name, (FieldChange("cards", before, after),), source="hr")


def asked(found: list[Change], actual: ActualState, policy: Policy | None = None) -> tuple[Verdict, ...]:
    return evaluate(Question(found, actual, (HR,), policy or Policy()))


def tripped(found: list[Change], actual: ActualState, policy: Policy | None = None) -> set[str]:
    return {verdict.guard for verdict in asked(found, actual, policy) if verdict.tripped}


@pytest.mark.parametrize(
    ("limit", "count", "population", "expected"),
    [
        pytest.param(Limit(5, 5), 5, 10, False, id="five-of-ten-are-not-more-than-five"),
        pytest.param(Limit(5, 5), 6, 10, True, id="six-of-ten-are-and-a-share-of-ten-means-nothing"),
        pytest.param(Limit(5, 5), 6, 1000, False, id="six-of-a-thousand-are-few"),
        pytest.param(Limit(5, 5), 50, 1000, False, id="just-five-percent"),
        pytest.param(Limit(5, 5), 51, 1000, True, id="over-both"),
        pytest.param(Limit(None, 30), 19, 19, False, id="everybody-of-a-small-server-may-change"),
        pytest.param(Limit(None, 30), 7, 20, True, id="from-twenty-up-a-share-counts"),
        pytest.param(Limit(None, 30), 6, 20, False, id="just-thirty-percent"),
        pytest.param(Limit(3, None), 4, 100000, True, id="a-count-alone"),
        pytest.param(Limit(None, None), 100, 100, False, id="no-limit"),
        pytest.param(Limit(0, 0), 0, 100, False, id="nothing-is-never-too-much"),
        pytest.param(Limit(0, 0), 1, 100, True, id="zero-means-zero"),
    ],
)
def test_when_a_limit_is_exceeded(limit: Limit, count: int, population: int, *, expected: bool) -> None:
    assert exceeds(limit, count, population) is expected


def test_a_count_is_said_with_what_it_is_of_and_its_share() -> None:
    assert [counted_of(9, 150, "accounts"), counted_of(0, 1_500, "accounts"), counted_of(1_000, 3_000)] == [
        "9 of 150 accounts (6 %)",
        "0 of 1,500 accounts",
        "1,000 of 3,000 (33.3 %)",
    ]
    assert [counted_of(2, 0, "members"), percent(2, 0), percent(1, 8)] == ["2 of 0 members", None, 12.5]


def test_a_limit_is_said_in_words() -> None:
    assert [describe(limit) for limit in (Limit(5, 5), Limit(None, 2.5), Limit(7), Limit())] == [
        "5 and 5 %",
        "2.5 %",
        "7",
        "no limit",
    ]


@pytest.mark.parametrize(
    ("found", "accounts", "expected"),
    [
        pytest.param([], people(30), set(), id="an-empty-plan"),
        pytest.param(changes(Action.CREATE, 500), [], set(), id="a-first-import-into-an-empty-server"),
        pytest.param(changes(Action.CREATE, 11), people(40), {"creates"}, id="too-many-new"),
        pytest.param(changes(Action.UPDATE, 13), people(40), {"updates"}, id="too-many-changed"),
        pytest.param(changes(Action.DEACTIVATE, 6), people(40), {"removals"}, id="too-many-gone"),
        pytest.param(changes(Action.REACTIVATE, 11), people(40), {"reactivations"}, id="too-many-back"),
        pytest.param(changes(Action.REKEY, 3), people(40), {"rekeys"}, id="too-many-renamed"),
        pytest.param(leaving(6), people(20), {"group-members"}, id="a-group-loses-too-many"),
        pytest.param(leaving(5), people(20), set(), id="a-group-loses-a-few"),
        pytest.param(
            [card("hr1", ("C",), ()), card("hr2", (), ("C",))],
            [*people(40), Account(User("hr1", cards=("C",), source="HR"))],
            {"identities-moved"},
            id="a-card-goes-to-somebody-else",
        ),
        pytest.param(
            [card("hr2", (), ("C",))],
            [*people(40), Account(User("left", cards=("C",), source="HR"), active=False)],
            {"identities-moved"},
            id="a-card-of-somebody-who-left-goes-to-somebody-else",
        ),
        pytest.param(
            [card("hr1", ("C",), ("D",))], people(40), set(), id="a-card-is-replaced-for-one-person"
        ),
        pytest.param([Change(Action.UPDATE, "*admin")], people(40), {"protected-users"}, id="system-user"),
    ],
)
def test_which_guards_trip(found: list[Change], accounts: list[Account], expected: set[str]) -> None:
    assert tripped(found, state(*accounts)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(Change(Action.DEACTIVATE, "hr1"), {"protected-users"}, id="removed"),
        pytest.param(Change(Action.REKEY, "hr1"), {"protected-users"}, id="renamed"),
        pytest.param(Change(Action.UPDATE, "hr1"), set(), id="updated-is-fine"),
        pytest.param(Change(Action.DEACTIVATE, "hr2"), set(), id="somebody-else"),
        pytest.param(leaving(1, "VIP")[0], {"protected-groups"}, id="out-of-a-protected-group"),
        pytest.param(
            Change(Action.UPDATE, "hr1", (FieldChange("groups", ("Other", "VIP"), ()),)),
            {"protected-groups"},
            id="out-of-a-protected-group-and-another",
        ),
        pytest.param(Change(Action.GROUP_MOVE, "VIP"), {"protected-groups"}, id="the-group-moves"),
        pytest.param(Change(Action.GROUP_CREATE, "VIP"), set(), id="the-group-is-made"),
        pytest.param(Change(Action.GROUP_CREATE, "*Staff"), set(), id="a-group-bears-no-users-name"),
        pytest.param(Change(Action.DEACTIVATE, "svc-fax"), {"protected-users"}, id="a-pattern-of-users"),
        pytest.param(Change(Action.DEACTIVATE, "xsvc-fax"), set(), id="a-pattern-means-the-whole-name"),
        pytest.param(Change(Action.REKEY, "a.b1"), {"protected-users"}, id="one-character"),
        pytest.param(Change(Action.REKEY, "axb1"), set(), id="a-point-is-a-point"),
        pytest.param(leaving(1, "Board|Chair")[0], {"protected-groups"}, id="a-pattern-of-groups"),
        pytest.param(Change(Action.GROUP_MOVE, "Board|Chair"), {"protected-groups"}, id="it-moves"),
        pytest.param(Change(Action.GROUP_MOVE, "Board"), set(), id="the-group-above-the-pattern"),
    ],
)
def test_what_is_protected_by_name(change: Change, expected: set[str]) -> None:
    policy = Policy(
        protected_users=frozenset({"hr1", "svc-*", "a.b?"}), protected_groups=frozenset({"VIP", "Board|*"})
    )
    assert tripped([change], state(*people(5)), policy) == expected


def test_each_source_is_asked_for_itself() -> None:
    small = rules("lab", source="LAB")
    actual = state(*people(1000), *people(30, "LAB"))
    found = changes(Action.DEACTIVATE, 6, "lab")
    verdicts = evaluate(Question(found, actual, (HR, small), Policy()))
    assert [(verdict.scope, verdict.population) for verdict in verdicts if verdict.tripped] == [("lab", 30)]


def test_foreign_and_deleted_accounts_and_mqys_own_are_no_population() -> None:
    actual = state(
        *people(30, "OTHER"),
        *people(20),
        Account(User("gone", source="HR"), "g", active=False),
        Account(User("*admin", source="HR"), "a"),
    )
    removals = next(v for v in asked([], actual) if v.guard == "removals")
    assert removals.population == 20


def test_without_sources_on_the_accounts_everybody_living_counts() -> None:
    actual = state(*people(30, "OTHER"), *people(20), knows_source=False)
    assert next(v for v in asked([], actual) if v.guard == "removals").population == 50


def test_without_sources_on_the_accounts_the_limits_hold_for_all_together() -> None:
    actual = state(*people(40), knows_source=False)
    found = asked(changes(Action.DEACTIVATE, 6), actual)
    assert [(one.guard, one.scope, one.count) for one in found if one.tripped] == [("removals", "", 6)]


def test_where_one_source_alone_has_accounts_it_is_not_asked_twice() -> None:
    question = Question([], state(*people(30)), (HR, rules("lab", source="LAB")), Policy())
    assert [one.scope for one in evaluate(question) if one.guard == "removals"] == [""]


def test_groups_that_lose_members_stand_in_their_order() -> None:
    found = [leaving(1, group)[0] for group in ("Staff", "Board", "Lab", "Annex")]
    verdicts = asked(found, state(*people(30)))
    assert [one.scope for one in verdicts if one.guard == "group-members"] == [
        "Annex",
        "Board",
        "Lab",
        "Staff",
    ]


def test_a_long_list_is_cut_and_says_so() -> None:
    found = [Change(Action.DEACTIVATE, f"hr{number}") for number in range(7)]
    policy = Policy(protected_users=frozenset(f"hr{number}" for number in range(7)))
    verdict = next(v for v in asked(found, state(*people(7)), policy) if v.guard == "protected-users")
    assert verdict.message.startswith("deactivate/hr0, deactivate/hr1")
    assert "and 2 more" in verdict.message


def test_what_is_found_is_named_in_an_order_and_nothing_is_called_none() -> None:
    found = [Change(Action.DEACTIVATE, name) for name in ("zoe", "ada", "bob", "cy")]
    policy = Policy(protected_users=frozenset({"zoe", "ada", "bob", "cy"}))
    told = {one.guard: one.message for one in asked(found, state(*people(9)), policy)}
    assert told["protected-users"] == (
        "deactivate/ada, deactivate/bob, deactivate/cy, deactivate/zoe would be removed or renamed"
    )
    quiet = [one for one in asked([], state(*people(9))) if one.guard == "identities-moved"]
    assert quiet == [Verdict("identities-moved", "", 0, 0, "0", tripped=False, message="none")]


def test_amounts_are_said_with_what_they_are_of() -> None:
    found = [*changes(Action.DEACTIVATE, 3), *leaving(2)]
    told = {one.guard: one.message for one in asked(found, state(*people(40)))}
    assert told["removals"] == "3 of 40 accounts (7.5 %), and the limit is 5 and 5 %"
    assert told["group-members"] == "Staff loses 2 of 40 members (5 %), and the limit is 5 and 25 %"


def test_five_are_named_and_that_is_all() -> None:
    found = [Change(Action.DEACTIVATE, f"hr{number}") for number in range(5)]
    policy = Policy(protected_users=frozenset({"hr?"}))
    (verdict,) = [one for one in asked(found, state(*people(9)), policy) if one.guard == "protected-users"]
    named = ", ".join(f"deactivate/hr{number}" for number in range(5))
    assert verdict.message == f"{named} would be removed or renamed"


def test_every_guard_can_be_waived_by_its_name() -> None:
    found = [*leaving(1), *changes(Action.DEACTIVATE, 1)]
    history = History("a target", "2026-11-10T12:00:00Z")
    question = Question(found, state(*people(30)), (HR,), Policy(), history=history)
    assert {verdict.guard for verdict in evaluate(question)} == set(NAMES)
    assert len(GUARDS) < len(NAMES)


def test_those_that_trip_come_first() -> None:
    verdicts = asked(changes(Action.REKEY, 30), state(*people(40)))
    assert verdicts[0].guard == "rekeys"


@pytest.mark.parametrize(
    ("protected", "wanted", "expected"),
    [
        pytest.param("Staff", ("Team|IT",), {"protected-groups"}, id="it-moves-itself"),
        pytest.param("Staff|IT", ("Team|IT",), {"protected-groups"}, id="it-moves-along-with-the-one-above"),
        pytest.param("Other", ("Team|IT",), set(), id="another-group"),
        pytest.param("Team|IT", ("Team|IT",), set(), id="it-is-protected-where-it-will-be-and-loses-nobody"),
        pytest.param(
            "Team|IT", (), {"protected-groups"}, id="it-is-protected-where-it-will-be-and-loses-some"
        ),
    ],
)
def test_protected_groups_while_groups_move(
    protected: str, wanted: tuple[str, ...], expected: set[str]
) -> None:
    accounts = people(8, group="Staff|IT")
    users = [User(one.user.user_name, groups=wanted) for one in accounts]
    moved = difference(
        [mapped(rules("hr", source="HR", modes={}), users)],
        state(*accounts),
        nodes=(GroupNode("Team", "Staff", PLACE),),
    )
    policy = Policy(protected_groups=frozenset({protected}), group_members=Limit(count=8))
    verdicts = evaluate(Question(moved.changes, state(*accounts), (HR,), policy, moved.former))
    assert {verdict.guard for verdict in verdicts if verdict.tripped} == expected


def test_who_leaves_a_protected_group_is_named_though_the_group_moves_too() -> None:
    field = FieldChange("groups", ("Team|IT",), ())
    found = [Change(Action.GROUP_MOVE, "Staff"), Change(Action.UPDATE, "hr1", (field,))]
    policy = Policy(protected_groups=frozenset({"Staff|IT"}))
    former = {"Team": "Staff", "Team|IT": "Staff|IT"}
    verdicts = evaluate(Question(found, state(*people(5)), (HR,), policy, former))
    (verdict,) = [one for one in verdicts if one.guard == "protected-groups"]
    assert verdict.message == ("group-move/Staff, update/hr1 would take somebody out of one, or move it")


def test_a_group_that_moves_is_as_large_as_before() -> None:
    accounts = people(40, group="Staff|IT")
    users = [User(one.user.user_name, groups=("Team|IT",) if at else ()) for at, one in enumerate(accounts)]
    moved = difference(
        [mapped(rules("hr", source="HR", modes={}), users)],
        state(*accounts),
        nodes=(GroupNode("Team", "Staff", PLACE),),
    )
    verdicts = evaluate(Question(moved.changes, state(*accounts), (HR,), Policy(), moved.former))
    (members,) = [verdict for verdict in verdicts if verdict.guard == "group-members"]
    assert (members.scope, members.count, members.population) == ("Team|IT", 1, 40)


def accounted(name: str, before: str, after: str, action: Action = Action.UPDATE) -> Change:
    return Change(action, name, (FieldChange("defaultGroup", before, after),), source="hr")


@pytest.mark.parametrize(
    ("found", "count"),
    [
        pytest.param([accounted("hr1", "Staff", "Other")], 1, id="another-default-group"),
        pytest.param([accounted("hr1", "Staff", "")], 1, id="none-any-more"),
        pytest.param([accounted("hr1", "", "Staff")], 0, id="a-first-one"),
        pytest.param([accounted("hr1", "Staff", "Other", Action.REACTIVATE)], 1, id="after-a-return"),
        pytest.param([accounted("new", "Staff", "Other", Action.CREATE)], 0, id="somebody-new"),
        pytest.param(
            [Change(Action.CREATE, "new"), accounted("hr1", "Staff", "Other")], 1, id="after-somebody-new"
        ),
        pytest.param(leaving(2), 2, id="out-of-the-group-that-is-the-default"),
        pytest.param(
            [
                leaving(1)[0]._replace(
                    fields=(*leaving(1)[0].fields, *accounted("hr1", "Staff", "Other").fields)
                )
            ],
            1,
            id="out-of-it-and-into-another-counts-once",
        ),
        pytest.param(leaving(2, "Other"), 0, id="out-of-another-group"),
        pytest.param([Change(Action.DEACTIVATE, "hr1", leaving(1)[0].fields)], 0, id="who-goes-leaves-all"),
    ],
)
def test_whose_accounting_moves(found: list[Change], count: int) -> None:
    accounts = [one._replace(user=one.user._replace(default_group="Staff"), id="") for one in people(40)]
    verdict = next(one for one in asked(found, state(*accounts)) if one.guard == "default-groups")
    assert (verdict.count, verdict.population, verdict.tripped) == (count, 40, False)


def test_too_many_default_groups_trip() -> None:
    found = [accounted(f"hr{number}", "Staff", "Other") for number in range(6)]
    assert tripped(found, state(*people(40))) == {"default-groups"}
    verdict = asked(found, state(*people(40)))[0]
    assert verdict.message == "6 of 40 accounts (15 %), and the limit is 5 and 5 %"


@pytest.mark.parametrize(
    ("found", "most", "expected"),
    [
        pytest.param(changes(Action.CREATE, 2), 7, set(), id="just-as-many"),
        pytest.param(changes(Action.CREATE, 3), 7, {"maximum-users"}, id="one-too-many"),
        pytest.param(changes(Action.REACTIVATE, 3), 7, {"maximum-users"}, id="who-returns-counts"),
        pytest.param(
            [*changes(Action.CREATE, 3), Change(Action.DEACTIVATE, "hr4")], 7, set(), id="who-goes-makes-room"
        ),
        pytest.param([Change(Action.UPDATE, "hr1")], 3, set(), id="too-many-already-and-none-is-added"),
        pytest.param([Change(Action.CREATE, "x")], 3, {"maximum-users"}, id="too-many-already-and-one-more"),
        pytest.param(changes(Action.CREATE, 500), None, set(), id="no-maximum"),
    ],
)
def test_how_many_users_there_may_be(found: list[Change], most: int | None, expected: set[str]) -> None:
    actual = state(
        *people(5), Account(User("gone", source="HR"), "g", active=False), Account(User("*admin"), "a")
    )
    assert tripped(found, actual, Policy(maximum_users=most)) == expected


def test_without_a_maximum_that_is_said() -> None:
    (verdict,) = [one for one in asked([], state(*people(3))) if one.guard == "maximum-users"]
    none = "no maximum is written"
    assert verdict == Verdict("maximum-users", "", 0, 0, "no limit", tripped=False, message=none)


def test_a_maximum_is_held_against_all_who_live_then() -> None:
    found = asked(changes(Action.CREATE, 2), state(*people(5)), Policy(maximum_users=6))
    told = "7 living users after this, 5 now, and the limit is 6"
    assert found[0] == Verdict("maximum-users", "", 7, 0, "6", True, told)  # noqa: FBT003  in its field order


def test_who_has_rights_is_counted_while_living_and_named_in_an_order() -> None:
    names = ("zoe", "ada", "bob", "cy")
    holders = [Account(User(name, source="HR"), name, name != "bob", ("permissions",)) for name in names]
    found = [Change(Action.DEACTIVATE, name, account_id=name) for name in names]
    verdicts = asked(found, state(*people(30), *holders)._replace(knows_rights=True))
    (verdict,) = [one for one in verdicts if one.guard == "privileged-users"]
    assert (verdict.scope, verdict.count, verdict.population) == ("", 3, 3)
    assert verdict.message.startswith("deactivate/ada, deactivate/cy, deactivate/zoe would be removed")


@pytest.mark.parametrize(
    ("action", "most", "expected"),
    [
        pytest.param(Action.DEACTIVATE, 0, {"privileged-users"}, id="removed"),
        pytest.param(Action.REKEY, 0, {"privileged-users"}, id="renamed"),
        pytest.param(Action.UPDATE, 0, set(), id="updated-is-fine"),
        pytest.param(Action.DEACTIVATE, 1, set(), id="as-many-as-the-policy-lets-pass"),
    ],
)
def test_who_has_rights_is_not_removed_unseen(action: Action, most: int, expected: set[str]) -> None:
    boss = Account(User("boss", source="HR"), "9", rights=("permissions",))
    actual = state(*people(3), boss)._replace(knows_rights=True)
    policy = Policy(privileged_users=Limit(count=most))
    assert tripped([Change(action, "boss", account_id="9")], actual, policy) == expected
    assert tripped([Change(action, "hr1", account_id="HR1")], actual, policy) == set()


@pytest.mark.parametrize(
    ("known", "message"),
    [
        pytest.param(True, "none", id="shown"),
        pytest.param(False, "none is known: this server does not show them", id="not-shown"),
    ],
)
def test_whether_rights_are_shown_at_all_is_told(message: str, *, known: bool) -> None:
    verdicts = asked([], state(*people(3))._replace(knows_rights=known))
    assert next(one for one in verdicts if one.guard == "privileged-users").message == message
