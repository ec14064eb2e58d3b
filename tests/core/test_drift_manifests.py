"""Who has moved where the manifests are others than at the last look, and who is kept as known before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest

from reconciler.core.assumptions import Assumptions
from reconciler.core.attribution import Attribution
from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.drift import Before, Gap, drifted, in_sync
from reconciler.core.model import Account, ActualState, Property, User
from reconciler.core.notice import Kind, Notice
from reconciler.core.rules import Adopt, Mode, Options, SourceRules
from reconciler.core.sight import Eye, LastLook, Scene, Sides, Sight
from reconciler.core.tree import GroupNode
from support.world import MAPPED, PLACE, difference, mapped, rules, state, wanted

EYE = Eye(b"salt", "https://print.example.org")
ADA, BOB = User("ada", "Ada"), User("bob", "Bob")
HR = rules("hr")
OTHER = rules("hr", adopt=Adopt(frozenset({"LDAP"})))
"""By these manifests every wish is another one, though nothing else changes."""

PHONES = rules("hr", modes={**dict.fromkeys(MAPPED, Mode.REPLACE), Property.PHONE: Mode.REPLACE})
"""By these, more is compared."""

UPDATE = Change(Action.UPDATE, "ada", (FieldChange("email", "", "a@x"),))
HANDED = Change(Action.UPDATE, "ada", pins=1, handed="f")
REKEY = Change(Action.REKEY, "ada.l", (FieldChange("userName", "ada.l", "ada"),))
STAFF = Change(Action.GROUP_CREATE, "Staff", (FieldChange("path", "", "Staff"),))


def account(user: User, *, active: bool = True) -> Account:
    return Account(user._replace(source="hr"), f"id-{user.user_name}", active)


HELD = state(account(ADA))
BY_HAND = state(account(ADA._replace(full_name="X")))


def scene(source: SourceRules, users: Sequence[User], actual: ActualState = HELD) -> Scene:
    return Scene(wanted([mapped(source, users)]), actual, Assumptions())


class Look(NamedTuple):
    """What a look told of the changes, and what it kept."""

    sides: dict[str, Sides]
    last: LastLook

    def sight(self, name: str) -> Sight | None:
        return self.last.sight(EYE.account(name))


def look(  # noqa: PLR0913  a look has this many sides
    now: Scene,
    last: LastLook | None,
    changes: Sequence[Change] = (),
    notices: Sequence[Notice] = (),
    *,
    then: Scene | None = None,
    told: Attribution | None = None,
    lost: bool = False,
) -> Look:
    sides, sights = drifted(changes, notices, now, EYE, Before(last, then, told, lost=lost))
    return Look({one.id: sides.get(one.id, Sides.UNKNOWN) for one in changes}, LastLook("", "", "", sights))


SYNCED = look(scene(HR, [ADA]), None).last
CAUSED, ALTERED = (
    Attribution("main", anyway=frozenset({"update/x"})),
    Attribution("main", altered={"update/ada": ()}),
)
ANYWAY = Attribution("main", anyway=frozenset({"update/ada"}))
NEW = ADA._replace(full_name="N")


@pytest.mark.parametrize(
    ("now", "then", "told", "expected"),
    [
        pytest.param(
            scene(OTHER, [ADA]), scene(HR, [ADA]), CAUSED, Sides.MANIFESTS, id="they-alone-cause-it"
        ),
        pytest.param(
            scene(OTHER, [NEW]),
            scene(HR, [NEW]),
            ALTERED,
            Sides.MANIFESTS | Sides.SOURCE,
            id="they-alter-what-the-source-causes",
        ),
        pytest.param(
            scene(OTHER, [NEW]), scene(HR, [NEW]), ANYWAY, Sides.SOURCE, id="the-source-would-cause-it-anyway"
        ),
        pytest.param(
            scene(OTHER, [ADA], BY_HAND),
            scene(HR, [ADA], BY_HAND),
            ANYWAY,
            Sides.SERVER,
            id="the-server-would-cause-it-anyway",
        ),
        pytest.param(
            scene(PHONES, [ADA], BY_HAND),
            scene(HR, [ADA], BY_HAND),
            ANYWAY,
            Sides.SERVER,
            id="the-server-as-the-manifests-of-then-look-at-it",
        ),
        pytest.param(
            scene(OTHER, [ADA]), scene(HR, [ADA]), ANYWAY, Sides.UNKNOWN, id="nothing-moved-that-anybody-sees"
        ),
        pytest.param(
            scene(OTHER, [ADA]),
            None,
            ANYWAY,
            Sides.SOURCE,
            id="of-the-same-manifests-another-wish-is-a-sources",
        ),
        pytest.param(
            scene(HR, [ADA], BY_HAND),
            scene(HR, [ADA], BY_HAND),
            CAUSED,
            Sides.SERVER,
            id="who-was-in-sync-and-is-wanted-as-before-is-none-of-theirs",
        ),
    ],
)
def test_what_the_manifests_cause_of_a_change(
    now: Scene, then: Scene | None, told: Attribution, expected: Sides
) -> None:
    assert look(now, SYNCED, [UPDATE], then=then, told=told).sides == {"update/ada": expected}


def test_who_was_out_of_sync_may_be_so_by_the_manifests_now() -> None:
    hand = look(scene(HR, [ADA], BY_HAND), SYNCED, [UPDATE])
    assert hand.sides == {"update/ada": Sides.SERVER}
    assert look(scene(HR, [ADA], BY_HAND), hand.last, [UPDATE], told=CAUSED).sides == {
        "update/ada": Sides.MANIFESTS
    }


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        pytest.param(state(), Sides.SOURCE, id="without-an-account-it-is-the-sources"),
        pytest.param(HELD, Sides.UNKNOWN, id="with-one-nobody-can-say"),
    ],
)
def test_who_is_new_where_the_manifests_of_then_are_lost(actual: ActualState, expected: Sides) -> None:
    nobody = look(scene(HR, [], state()), None).last
    assert look(scene(HR, [ADA], actual), nobody, [UPDATE], lost=True).sides == {"update/ada": expected}


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        pytest.param([], Sides.SOURCE, id="with-no-account"),
        pytest.param([account(ADA, active=False)], Sides.SOURCE, id="with-one-that-was-deleted-before"),
        pytest.param([account(ADA)], Sides.SOURCE | Sides.SERVER, id="with-one-that-is-new-too"),
        pytest.param([Account(ADA, "1")], Sides.SOURCE, id="with-one-of-others"),
    ],
)
def test_who_is_new_in_a_source(there: list[Account], expected: Sides) -> None:
    nobody = look(scene(HR, [], state()), None).last
    assert look(scene(HR, [ADA], state(*there)), nobody, [UPDATE]).sides == {"update/ada": expected}


def test_who_waits_to_be_created_and_appears_by_a_hand_is_of_both() -> None:
    nobody = look(scene(HR, [], state()), None).last
    waiting = look(scene(HR, [ADA], state()), nobody, [UPDATE])
    assert waiting.sides == {"update/ada": Sides.SOURCE}
    assert look(scene(HR, [ADA], BY_HAND), waiting.last, [UPDATE]).sides == {
        "update/ada": Sides.SOURCE | Sides.SERVER
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([HANDED], Sides.SOURCE, id="they-alone"),
        pytest.param([HANDED, UPDATE], Sides.SOURCE | Sides.SERVER, id="beside-another-change"),
        pytest.param([UPDATE], Sides.SERVER, id="without-them"),
    ],
)
def test_pins_that_are_given_anew_are_the_sources(changes: list[Change], expected: Sides) -> None:
    told = look(scene(HR, [ADA], BY_HAND), SYNCED, changes).sides
    assert set(told.values()) == {expected}


@pytest.mark.parametrize(
    ("then", "side"),
    [
        pytest.param([], Sides.SOURCE, id="the-source-has-not-got-them"),
        pytest.param([ADA], Sides.MANIFESTS, id="the-manifests-leave-them-out"),
    ],
)
def test_who_is_missing_and_may_stay_has_a_cause_for_the_day_they_go(then: list[User], side: Sides) -> None:
    gone = Change(Action.DEACTIVATE, "ada")
    waiting = look(scene(HR, []), SYNCED, then=scene(HR, then))
    sight = waiting.sight("ada")
    assert sight is not None
    assert sight.sides is side
    assert look(scene(HR, []), waiting.last, [gone]).sides == {"deactivate/ada": side}


def test_who_is_deleted_and_may_stay_so_has_a_cause_for_the_day_they_return() -> None:
    deleted = scene(HR, [ADA], state(account(ADA, active=False)))
    waiting = look(deleted, SYNCED)
    back = Change(Action.REACTIVATE, "ada")
    assert look(deleted, waiting.last, [back]).sides == {"reactivate/ada": Sides.SERVER}


def test_of_two_names_that_are_both_known_the_one_that_was_wanted_alike_counts() -> None:
    """On the server, two people have exchanged their names; the source has them as before."""
    numbered = rules("hr", options=Options(pair_by=(Property.PERSONAL_NUMBER,)))
    people = [ADA._replace(personal_number="1"), BOB._replace(personal_number="2")]
    last = look(scene(numbered, people, state(*map(account, people))), None).last
    exchanged = [
        account(people[0])._replace(user=people[0]._replace(user_name="bob", source="hr")),
        account(people[1])._replace(user=people[1]._replace(user_name="ada", source="hr")),
    ]
    changes = [Change(Action.REKEY, name, (FieldChange("userName", name, "x"),)) for name in ("ada", "bob")]
    found = look(scene(numbered, people, state(*exchanged)), last, changes)
    assert found.sides == {"rekey/ada": Sides.SERVER, "rekey/bob": Sides.SERVER}


@pytest.mark.parametrize("knows_source", [True, False])
def test_who_has_another_name_on_the_server_is_found_by_either_later(*, knows_source: bool) -> None:
    numbered = rules("hr", options=Options(pair_by=(Property.PERSONAL_NUMBER,)))
    ada = ADA._replace(personal_number="1")

    def seen(user: User) -> Scene:
        there = account(user) if knows_source else Account(user, "1")
        return scene(numbered, [ada], state(there, knows_source=knows_source))

    renamed = look(seen(ada._replace(user_name="ada.l")), look(seen(ada), None).last, [REKEY])
    assert renamed.sides == {"rekey/ada.l": Sides.SERVER}
    assert renamed.sight("ada") == renamed.sight("ada.l")
    back = look(seen(ada._replace(full_name="X")), renamed.last, [UPDATE])
    assert back.sides == {"update/ada": Sides.SERVER}


CONFLICT = Notice(Kind.CONFLICT, "ada", "two records have this name")


@pytest.mark.parametrize(
    ("users", "notices"),
    [
        pytest.param([ADA, ADA], (), id="between-records"),
        pytest.param([NEW], (CONFLICT,), id="over-what-is-to-be-theirs"),
    ],
)
def test_who_is_in_a_conflict_is_kept_as_known_before(users: list[User], notices: tuple[Notice, ...]) -> None:
    found = look(scene(HR, users), SYNCED, (), notices)
    assert found.sight("ada") == SYNCED.sight(EYE.account("ada"))
    first = look(scene(HR, users), None, (), notices).sight("ada")
    assert first is not None
    assert first.sides is Sides.UNKNOWN


@pytest.mark.parametrize(
    "notice",
    [
        pytest.param(CONFLICT, id="a-conflict-about-something-else"),
        pytest.param(Notice(Kind.WITHHELD, "ada", "her card is withheld"), id="no-conflict"),
    ],
)
def test_whoever_changes_is_told_of_whatever_else_is_said(notice: Notice) -> None:
    assert look(scene(HR, [NEW]), SYNCED, [UPDATE], [notice]).sides == {"update/ada": Sides.SOURCE}


MEMBER = Change(Action.UPDATE, "ada", (FieldChange("groups", (), ("Staff",)),), needs=(STAFF.id,))


@pytest.mark.parametrize(
    ("changes", "told", "expected"),
    [
        pytest.param([STAFF], None, Sides.SOURCE, id="that-nobody-asks-for-is-the-sources"),
        pytest.param([STAFF], CAUSED, Sides.MANIFESTS, id="that-the-manifests-cause"),
        pytest.param(
            [STAFF],
            Attribution("main", anyway=frozenset({STAFF.id})),
            Sides.SOURCE,
            id="that-the-source-would-cause-anyway",
        ),
        pytest.param([STAFF, MEMBER], None, Sides.SERVER, id="that-somebody-needs-is-of-whoever-moved-them"),
    ],
)
def test_a_group_that_was_never_there(
    changes: list[Change], told: Attribution | None, expected: Sides
) -> None:
    assert look(scene(HR, [ADA], BY_HAND), SYNCED, changes, told=told).sides[STAFF.id] is expected


@pytest.mark.parametrize(("old", "new"), [("A", "B"), ("B", "A")])
@pytest.mark.parametrize(
    ("before", "side"),
    [
        pytest.param(["old"], Sides.MANIFESTS, id="by-the-tree"),
        pytest.param(["old", "new"], Sides.SERVER, id="since-somebody-has-put-it-back"),
    ],
)
def test_a_group_where_another_leaves_is_there_for_the_same_reason(
    old: str, new: str, before: list[str], side: Sides
) -> None:
    nodes = (GroupNode(old, "", PLACE), GroupNode(new, old, PLACE))
    actual = state(groups=[old])
    then = state(groups=[{"old": old, "new": new}[which] for which in before])
    last = look(Scene(wanted([]), then, Assumptions()), None).last
    changes = difference([], actual, nodes=nodes).changes
    found = look(Scene(wanted([], nodes), actual, Assumptions()), last, changes)
    assert found.sides == {f"group-create/{old}": side, f"group-move/{old}": side}


def test_a_group_of_a_first_look_is_nobodys() -> None:
    assert look(scene(HR, [ADA]), None, [STAFF]).sides == {STAFF.id: Sides.UNKNOWN}


@pytest.mark.parametrize(
    ("users", "changes", "manifests"),
    [
        pytest.param([ADA], [], "new", id="all-is-well"),
        pytest.param([], [], "old", id="somebody-is-missing-and-may-stay"),
        pytest.param([ADA], [STAFF], "old", id="a-group-is-missing"),
    ],
)
def test_an_apply_is_a_look_by_its_manifests_once_nobody_is_out_of_sync(
    users: list[User], changes: list[Change], manifests: str
) -> None:
    now, last = LastLook("new", "", "later"), replace(SYNCED, manifests="old")
    assert in_sync(changes, (), scene(HR, users), EYE, now, last).manifests == manifests


def test_what_is_missing_is_named_the_same_way_in_every_release() -> None:
    """Programs read it in stored plans."""
    assert [*Gap] == [
        "no-ledger",
        "ledger-unreadable",
        "first-look",
        "commit-missing",
        "not-committed",
        "not-planned",
    ]
