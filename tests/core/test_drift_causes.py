"""Who has moved: laws for any sources and any server, and a table of what happens between two looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.drift import Before, Drift, drifted, in_sync
from reconciler.core.mapping import MappedSource
from reconciler.core.model import Account, ActualState, Property, User
from reconciler.core.rules import Adopt, Mode, Options, SourceRules
from reconciler.core.sight import Eye, LastLook, Looking, Scene, Sides, Sight, sights_of, subjects, unpacked
from reconciler.core.tree import GroupNode
from reconciler.myq.apply import Applying
from support.world import MAPPED, PLACE, World, difference, mapped, rules, servers, sources, state, wanted

EYE = Eye(b"salt", "https://print.example.org")
Nodes = tuple[GroupNode, ...]
Told = dict[str, Sides]
HR = rules("hr")
ADA, BOB = User("ada", "Ada"), User("bob", "Bob")


def account(user: User, *, active: bool = True, source: str = "hr") -> Account:
    return Account(user._replace(source=source), f"id-{user.user_name}", active)


BOTH = state(account(ADA), account(BOB))
RENAMED = rules("hr", options=Options(add_new_users=True, pair_by=(Property.PERSONAL_NUMBER,)))
NUMBERED = ADA._replace(personal_number="7")


def look(
    some: Sequence[MappedSource], actual: ActualState, last: LastLook | None, nodes: Nodes = ()
) -> tuple[Told, LastLook]:
    """Return what a look tells, and what the next one is held against."""
    found = difference(some, actual, nodes=nodes)
    scene = Scene(wanted(some, nodes), actual, Assumptions())
    sides, sights = drifted(found.changes, found.notices, scene, EYE, Before(last))
    assert set(sides) <= {change.id for change in found.changes}
    return {change.id: sides.get(change.id, Sides.UNKNOWN) for change in found.changes}, LastLook(
        "", "", "", sights
    )


def applied(some: Sequence[MappedSource], actual: ActualState) -> ActualState:
    world = World(actual)
    Applying(world).run(difference(some, actual).changes)
    return world.read_state()


@given(sources(), servers(), servers())
def test_what_moved_on_the_server_alone_is_never_anothers(
    some: list[MappedSource], actual: ActualState, after: ActualState
) -> None:
    after = after._replace(knows_source=actual.knows_source)
    _, last = look(some, applied(some, actual), None)
    told, last = look(some, after, last)
    assert set(told.values()) <= {Sides.SERVER, Sides.UNKNOWN}
    assert look(some, after, last)[0] == told, "and nothing that stays as it is gets another cause"


@given(sources(), sources(), servers())
def test_what_moved_in_the_sources_alone_is_never_anothers(
    some: list[MappedSource], others: list[MappedSource], actual: ActualState
) -> None:
    actual = applied(some, actual)
    _, last = look(some, actual, None)
    after = [mapped(one.rules, other.users) for one, other in zip(some, others, strict=False)]
    after += some[len(after) :]
    told, last = look(after, actual, last)
    assert set(told.values()) <= {Sides.SOURCE, Sides.UNKNOWN}
    assert look(after, actual, last)[0] == told


@given(sources(), servers())
def test_of_a_first_look_nothing_has_a_cause(some: list[MappedSource], actual: ActualState) -> None:
    assert set(look(some, actual, None)[0].values()) <= {Sides.UNKNOWN}


@given(sources(), servers())
def test_a_look_is_kept_and_recalled_as_it_was(some: list[MappedSource], actual: ActualState) -> None:
    _, last = look(some, actual, None)
    assert sights_of(last.packed()) == last.sights
    assert all(unpacked(kept).packed() == kept for kept in last.sights.values())


SECOND_LOOKS: dict[str, tuple[Sequence[User], ActualState, Told]] = {
    "all-is-well": ([ADA, BOB], BOTH, {}),
    "a-hand": (
        [ADA, BOB],
        state(account(ADA._replace(full_name="X")), account(BOB)),
        {"update/ada": Sides.SERVER},
    ),
    "a-record": ([ADA._replace(full_name="X"), BOB], BOTH, {"update/ada": Sides.SOURCE}),
    "both": (
        [ADA._replace(full_name="X"), BOB],
        state(account(ADA._replace(full_name="Y")), account(BOB)),
        {"update/ada": Sides.SERVER | Sides.SOURCE},
    ),
    "an-account-that-was-deleted": (
        [ADA, BOB],
        state(account(ADA, active=False), account(BOB)),
        {"reactivate/ada": Sides.SERVER},
    ),
    "an-account-that-was-removed-for-good": ([ADA, BOB], state(account(BOB)), {"create/ada": Sides.SERVER}),
    "an-account-that-appeared-under-our-source": (
        [ADA, BOB],
        state(account(ADA), account(BOB), account(User("eve"))),
        {"deactivate/eve": Sides.SERVER},
    ),
    "a-leaver": ([ADA], BOTH, {"deactivate/bob": Sides.SOURCE}),
    "a-newcomer": ([ADA, BOB, User("eve")], BOTH, {"create/eve": Sides.SOURCE}),
    "somebody-who-came-on-both-sides-and-not-alike": (
        [ADA, BOB, User("eve", "Eve")],
        state(account(ADA), account(BOB), account(User("eve", "E."))),
        {"update/eve": Sides.SERVER | Sides.SOURCE},
    ),
    "a-group-somebody-is-to-join": (
        [ADA._replace(groups=("Staff",)), BOB],
        BOTH,
        {"group-create/Staff": Sides.SOURCE, "update/ada": Sides.SOURCE},
    ),
}


@pytest.mark.parametrize(("users", "actual", "told"), SECOND_LOOKS.values(), ids=SECOND_LOOKS)
def test_a_second_look_knows_who_has_moved(users: Sequence[User], actual: ActualState, told: Told) -> None:
    _, last = look([mapped(HR, [ADA, BOB])], BOTH, None)
    found, last = look([mapped(HR, users)], actual, last)
    assert found == told
    assert look([mapped(HR, users)], actual, last)[0] == told


def test_a_group_that_was_removed_by_hand_is_the_servers() -> None:
    member = ADA._replace(groups=("Staff",))
    _, last = look([mapped(HR, [member])], state(account(member)), None)
    found, _ = look([mapped(HR, [member])], state(account(ADA)), last)
    assert found == {"group-create/Staff": Sides.SERVER, "update/ada": Sides.SERVER}


@pytest.mark.parametrize(
    ("record", "held", "told"),
    [
        pytest.param("ada.l", "ada", Sides.SOURCE, id="in-the-source"),
        pytest.param("ada", "ada.l", Sides.SERVER, id="on-the-server"),
        pytest.param("ada.x", "ada.l", Sides.SERVER | Sides.SOURCE, id="on-both-sides"),
    ],
)
def test_a_renamed_account_is_of_whoever_renamed_it(record: str, held: str, told: Sides) -> None:
    _, last = look([mapped(RENAMED, [NUMBERED])], state(account(NUMBERED)), None)
    some = [mapped(RENAMED, [NUMBERED._replace(user_name=record)])]
    found, _ = look(some, state(account(NUMBERED._replace(user_name=held))), last)
    if record == "ada.x":
        assert set(found.values()) == {told}, "neither name was known, so both have come anew"
    else:
        assert found == {f"rekey/{held}": told}


FOREIGN = account(User("bob", "Bob", personal_number="7"), source="ad")


@pytest.mark.parametrize(
    ("wish", "accounts", "told"),
    [
        pytest.param(
            ADA, [account(ADA, active=False), FOREIGN], ["reactivate/ada"], id="an-own-account-is-found"
        ),
        pytest.param(ADA, [FOREIGN], ["create/ada"], id="the-number-is-gone-from-the-source"),
        pytest.param(NUMBERED, [], ["create/ada"], id="the-account-is-gone-from-the-server"),
        pytest.param(NUMBERED, [FOREIGN], [], id="all-is-as-it-was"),
    ],
)
def test_who_was_taken_for_anothers_account_was_moved_by_nobody_knows_whom(
    wish: User, accounts: list[Account], told: list[str]
) -> None:
    by_name = Options(add_new_users=True, pair_by=(Property.USER_NAME, Property.PERSONAL_NUMBER))
    source = rules("hr", modes={}, groups=None, options=by_name)
    first = state(*accounts) if FOREIGN in accounts else state(FOREIGN)
    _, last = look([mapped(source, [NUMBERED])], first, None)
    found, _ = look([mapped(source, [wish])], state(*accounts), last)
    assert found == dict.fromkeys(told, Sides.UNKNOWN)


def test_what_a_group_tree_moves_is_the_manifests_and_a_hand_is_the_servers() -> None:
    moved = (GroupNode("New|Lab", "Old|Lab", PLACE),)
    empty: list[MappedSource] = [mapped(HR, [])]
    _, last = look(empty, state(groups=["Old|Lab"]), None)
    found, _ = look(empty, state(groups=["Old|Lab"]), last, moved)
    assert found["group-move/Old/Lab"] is Sides.MANIFESTS
    _, last = look(empty, state(groups=["New|Lab"]), None, moved)
    found, _ = look(empty, state(groups=["Old|Lab"]), last, moved)
    assert found["group-move/Old/Lab"] is Sides.SERVER


def test_an_apply_notes_who_is_in_sync_and_leaves_the_rest_as_it_was() -> None:
    now = LastLook("b", "", "later")
    some = [mapped(HR, [ADA, BOB._replace(full_name="Robert")])]
    found = difference(some, BOTH)
    scene = Scene(wanted(some), BOTH, Assumptions())
    first = in_sync(found.changes, found.notices, scene, EYE, now, None)
    assert look(some, BOTH, first)[0] == {"update/bob": Sides.UNKNOWN}
    bob = first.sight(EYE.account("bob"))
    assert bob is not None
    assert bob.sides is Sides.UNKNOWN
    _, last = look([mapped(HR, [ADA, BOB])], BOTH, None)
    kept = in_sync(found.changes, found.notices, scene, EYE, now, replace(last, manifests="a"))
    assert kept.manifests == "a"
    assert look(some, BOTH, kept)[0] == {"update/bob": Sides.SOURCE}
    settled = in_sync((), (), Scene(wanted([mapped(HR, [ADA, BOB])]), BOTH, Assumptions()), EYE, now, last)
    assert (settled.manifests, settled.at) == ("b", "later")


def test_an_apply_keeps_what_is_known_of_groups_that_are_still_missing() -> None:
    member = ADA._replace(groups=("Staff",))
    some, without = [mapped(HR, [member])], state(account(ADA))
    _, last = look(some, state(account(member)), None)
    _, last = look(some, without, last)
    found = difference(some, without)
    scene = Scene(wanted(some), without, Assumptions())
    kept = in_sync(found.changes, found.notices, scene, EYE, LastLook("b", "", "later"), last)
    assert look(some, without, kept)[0]["group-create/Staff"] is Sides.SERVER
    staff = last.sight(EYE.group("Staff"))
    assert staff is not None
    assert kept.sight(EYE.group("Staff")) == staff
    first = in_sync(found.changes, found.notices, scene, EYE, LastLook("b", "", "later"), None)
    assert first.sight(EYE.group("Staff")) is None


def test_pins_that_are_given_anew_are_the_sources_whatever_is_remembered() -> None:
    handed = Change(Action.UPDATE, "ada", account_id="id-ada", pins=1, handed="f")
    scene = Scene(wanted([mapped(HR, [ADA, BOB])]), BOTH, Assumptions())
    assert drifted([handed], (), scene, EYE, Before(None))[0] == {"update/ada": Sides.SOURCE}


def test_of_a_change_that_is_not_told_nobody_can_say() -> None:
    change = Change(Action.UPDATE, "ada", (FieldChange("email", "", "a@x"),))
    assert Drift().of(change) is Sides.UNKNOWN
    assert Drift(sides={"update/ada": Sides.SOURCE}).of(change) is Sides.SOURCE


def test_a_sight_is_kept_the_same_way_in_every_release() -> None:
    """It stands in ledgers: 8 bytes of the wish, 8 of the state, 3 of the lens, 1 of the sides."""
    kept = bytes(range(1, 21))
    assert unpacked(kept) == Sight(kept[:8], kept[8:16], kept[16:19], Sides(20))


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        pytest.param(Sides.NOBODY, (), id="nobody"),
        pytest.param(Sides.SERVER, ("server",), id="the-server"),
        pytest.param(Sides.SOURCE | Sides.MANIFESTS, ("source", "manifests"), id="two"),
        pytest.param(Sides(15), ("server", "source", "manifests"), id="all-and-nobody-knows"),
        pytest.param(Sides.UNKNOWN, (), id="nobody-knows"),
    ],
)
def test_sides_are_named_in_one_order(sides: Sides, words: tuple[str, ...]) -> None:
    assert sides.words() == words


def test_sides_are_kept_as_the_same_numbers_in_every_release() -> None:
    assert [*map(int, (Sides.SERVER, Sides.SOURCE, Sides.MANIFESTS, Sides.UNKNOWN))] == [1, 2, 4, 8]


def test_what_was_seen_is_packed_in_one_order_and_shown_nowhere() -> None:
    sights = {bytes((at,)) * 8: bytes(20) for at in (3, 1, 2)}
    last = LastLook("", "", "", sights)
    assert last.packed() == b"".join(bytes((at,)) * 8 + bytes(20) for at in (1, 2, 3))
    assert "sights" not in repr(last)
    assert sights_of(last.packed()) == sights


def test_an_eye_sees_with_its_own_salt_and_tells_people_from_groups() -> None:
    """What it makes of a name stands in ledgers, and is the same in every release."""
    assert EYE.account("ada").hex() == "27950d8d790fcd47"
    assert EYE.group("ada").hex() == "2b77b7ed10e51af9"
    assert Eye(b"other", "https://print.example.org").account("ada") != EYE.account("ada")
    assert Eye(b"salt", "https://other.example.org").account("ada") != EYE.account("ada")


@pytest.mark.parametrize(
    ("more", "names"),
    [
        pytest.param(account(User("eve")), ["ada", "eve"], id="ours-and-not-wanted"),
        pytest.param(account(User("eve"), active=False), ["ada"], id="deleted"),
        pytest.param(account(User("eve"), source="lab"), ["ada"], id="of-another-source"),
    ],
)
def test_of_whom_a_look_speaks(more: Account, names: list[str]) -> None:
    scene = Scene(wanted([mapped(HR, [ADA])], ()), state(account(ADA), more), Assumptions())
    found = list(subjects(scene))
    assert [one.name for one in found] == names
    assert not any(one.held for one in found)


def test_who_is_ours_has_an_account_of_the_source_that_wants_them() -> None:
    accounts = [account(ADA), account(BOB, source="ad"), account(User("eve"))]
    scene = Scene(wanted([mapped(HR, [ADA, BOB, User("new")])]), state(*accounts), Assumptions())
    assert {one.name: one.is_ours for one in subjects(scene)} == {
        "ada": True,
        "bob": False,
        "new": False,
        "eve": False,
    }


def seen(source: SourceRules, *, knows_source: bool = True) -> Sight:
    """Return what is seen of ada through the rules of a source."""
    scene = Scene(
        wanted([mapped(source, [ADA])], ()), state(account(ADA), knows_source=knows_source), Assumptions()
    )
    subject = next(one for one in subjects(scene) if one.name == "ada")
    return Looking(EYE, scene.actual).see(subject)


ADDS = Options(add_new_users=True, deactivate_missing_users=True)
PHONES = {Property.FULL_NAME: Mode.REPLACE, Property.PHONE: Mode.REPLACE}


@pytest.mark.parametrize(
    ("source", "wished", "looked"),
    [
        pytest.param(rules("hr"), False, False, id="the-same"),
        pytest.param(rules("lab", source="hr"), True, True, id="a-source-of-another-name"),
        pytest.param(rules("hr", modes=PHONES), True, True, id="other-properties"),
        pytest.param(
            rules("hr", modes=dict.fromkeys(MAPPED, Mode.REPLACE_IF_PRESENT)), True, False, id="another-mode"
        ),
        pytest.param(rules("hr", options=replace(ADDS, add_new_users=False)), True, False, id="adds-nobody"),
        pytest.param(
            rules("hr", options=replace(ADDS, pair_by=(Property.USER_NAME, Property.EMAIL))),
            True,
            False,
            id="finds-accounts-by-another-key",
        ),
        pytest.param(
            rules("hr", options=replace(ADDS, convert_user_name_to_lowercase=True)),
            True,
            False,
            id="finds-accounts-in-another-case",
        ),
        pytest.param(
            rules("hr", options=replace(ADDS, ignore_synchronization_source=True)),
            True,
            False,
            id="takes-all",
        ),
        pytest.param(rules("hr", adopt=Adopt(frozenset({"LDAP"}))), True, False, id="adopts-of-a-source"),
        pytest.param(rules("hr", adopt=Adopt(users=frozenset({"eve"}))), True, False, id="adopts-somebody"),
    ],
)
def test_what_the_manifests_say_is_part_of_the_wish_and_what_they_compare_of_the_lens(
    source: SourceRules, *, wished: bool, looked: bool
) -> None:
    before, after = seen(rules("hr")), seen(source)
    assert (before.wish != after.wish) is wished
    assert (before.lens != after.lens) is looked


def test_a_server_that_hides_whose_accounts_are_is_looked_at_through_another_lens() -> None:
    assert seen(rules("hr")).lens != seen(rules("hr"), knows_source=False).lens


def test_what_is_seen_of_somebody_is_the_same_in_every_release() -> None:
    """A ledger holds it; looked at otherwise, everybody would have moved."""
    adopt = Adopt(frozenset("abcdefgh"), frozenset("stuvwxyz"))
    source = rules("hr", modes=PHONES, adopt=adopt)
    assert seen(source).packed().hex() == "78066654d97328aee910f31171d7fff1be0de700"
    deleted = Scene(wanted([mapped(source, [ADA])], ()), state(account(ADA, active=False)), Assumptions())
    (subject,) = subjects(deleted)
    assert (
        Looking(EYE, deleted.actual).see(subject).packed().hex() == "78066654d97328ae0bad8ae827c846a6be0de700"
    )


def test_of_what_nobody_has_looked_at_nothing_is_known() -> None:
    drift = Drift()
    assert (drift.since, drift.commit, drift.sides, drift.gap) == ("", "", {}, None)
