"""Several sources together: who is right, who gives way, who is held, and what an overlay adds."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.assumptions import Assumptions
from reconciler.core.change import Action
from reconciler.core.desired import DesiredState, ownership, resolve
from reconciler.core.mapping import MappedSource
from reconciler.core.model import INDEX, MANY, ActualState, Property, User
from reconciler.core.notice import Kind
from reconciler.core.outcome import Status
from reconciler.core.rules import GroupWay, Mode, Options, SourceRules
from reconciler.core.template import parse_template
from reconciler.myq.apply import Applying
from support.world import PLACE, World, difference, mapped, rules, servers, users, wanted

ADDS = Options(add_new_users=True)
BY_NUMBER = Options(pair_by=(Property.PERSONAL_NUMBER,))
OVERLAY = Options(ignore_synchronization_source=True, pair_by=(Property.PERSONAL_NUMBER,))


def hr(*users: User, precedence: int = 10, modes: dict[Property, Mode] | None = None) -> MappedSource:
    return mapped(rules("hr", precedence=precedence, modes=modes), users)


def ad(*users: User, precedence: int = 20, options: Options = ADDS) -> MappedSource:
    return mapped(rules("ad", precedence=precedence, options=options), users)


def badges(*users: User, modes: dict[Property, Mode], groups: Mode | None = None) -> MappedSource:
    return mapped(rules("badges", precedence=30, modes=modes, options=OVERLAY, groups=groups), users)


def names(state: DesiredState) -> list[str]:
    return [one.user.user_name for one in state.users]


def held(state: DesiredState) -> list[str]:
    return [state.users[at].origin for at in sorted(state.held)]


def told(state: DesiredState) -> list[tuple[Kind, str, tuple[str, ...]]]:
    return [(notice.kind, notice.name, notice.places) for notice in state.notices]


def test_sources_that_share_nobody_add_up() -> None:
    state = wanted([ad(User("bob")), hr(User("ada"))])
    assert names(state) == ["ada", "bob"]
    assert [one.owned.rules.name for one in state.users] == ["hr", "ad"]
    assert (state.held, state.notices, state.outranked) == (frozenset(), (), ())


def test_the_source_of_higher_precedence_is_right_and_the_other_gives_way() -> None:
    state = wanted([ad(User("ada", full_name="Wrong")), hr(User("ada", full_name="Right"))])
    assert [one.user.full_name for one in state.users] == ["Right"]
    assert [one.origin for one in state.outranked] == ["ad.csv:2"]
    assert told(state) == [(Kind.OUTRANKED, "ada", ("hr.csv:2", "ad.csv:2"))]
    assert "ad knows them too and gives way to hr" in state.notices[0].message


def test_nobody_is_right_at_the_same_precedence() -> None:
    state = wanted([hr(User("ada"), precedence=7), ad(User("ada"), precedence=7)])
    assert held(state) == ["ad.csv:2", "hr.csv:2"]
    assert (Kind.CONFLICT, "ada", ("ad.csv:2", "hr.csv:2")) in told(state)
    assert "the same precedence" in " ".join(notice.message for notice in state.notices)


@pytest.mark.parametrize(
    ("known", "second", "options", "meets"),
    [
        pytest.param(User("ada"), User("ada"), ADDS, True, id="by-name"),
        pytest.param(User("ada"), User("Ada"), ADDS, False, id="a-name-in-another-case-is-somebody-else"),
        pytest.param(
            User("ada", personal_number="1"),
            User("a.l", personal_number="1"),
            BY_NUMBER,
            True,
            id="by-number-though-the-names-differ",
        ),
        pytest.param(
            User("ada", personal_number="1"), User("ada"), BY_NUMBER, False, id="not-by-a-number-it-has-not"
        ),
        pytest.param(
            User("ada", email="a@x"),
            User("a.l", email="a@x"),
            Options(pair_by=(Property.OBJECT_ID, Property.EMAIL)),
            True,
            id="by-the-second-key-where-the-first-is-empty",
        ),
        pytest.param(
            User("ada", object_id="o", email="b@x"),
            User("a.l", object_id="o", email="a@x"),
            Options(pair_by=(Property.OBJECT_ID, Property.EMAIL)),
            True,
            id="by-the-first-key",
        ),
    ],
)
def test_who_is_the_same_person_in_two_sources(
    known: User, second: User, options: Options, *, meets: bool
) -> None:
    state = wanted([hr(known), ad(second, options=options)])
    assert bool(state.outranked) is meets


def test_names_that_differ_in_case_meet_where_case_is_nothing() -> None:
    lax = Assumptions(user_name_case_sensitive=False)
    assert resolve([hr(User("ada")), ad(User("ADA"))], (), lax).outranked


def test_a_record_that_could_be_several_people_holds_all_of_them() -> None:
    by_mail = Options(pair_by=(Property.EMAIL,))
    state = wanted(
        [hr(User("ada", email="x@x"), User("bob", email="x@x")), ad(User("c", email="x@x"), options=by_mail)]
    )
    assert held(state) == ["hr.csv:2", "hr.csv:3", "ad.csv:2"]
    assert told(state) == [(Kind.CONFLICT, "c", ("hr.csv:2", "hr.csv:3", "ad.csv:2"))]
    assert "could mean several people" in state.notices[0].message


@pytest.mark.parametrize(
    ("one", "other", "told_of"),
    [
        pytest.param(User("ada"), User("ada"), "userName 'ada'", id="user-name"),
        pytest.param(
            User("ada", aliases=("x",)), User("bob", aliases=("X",)), "aliases 'x'", id="alias-in-any-case"
        ),
        pytest.param(User("ada"), User("bob", aliases=("ada",)), "aliases 'ada'", id="a-name-as-an-alias"),
        pytest.param(User("ada", cards=("C7",)), User("bob", cards=("C7",)), "cards", id="card"),
        pytest.param(
            User("ada", personal_number="7"), User("bob", personal_number="7"), "personalNumber", id="number"
        ),
        pytest.param(User("ada", object_id="o7"), User("bob", object_id="o7"), "objectId", id="object-id"),
    ],
)
@pytest.mark.parametrize(
    "sources", [pytest.param(1, id="in-one-source"), pytest.param(2, id="in-two-sources")]
)
def test_an_identity_claimed_twice_holds_both_and_names_both_records(
    one: User, other: User, told_of: str, sources: int
) -> None:
    by_mail = Options(pair_by=(Property.EMAIL,))
    read = [hr(one, other)] if sources == 1 else [hr(one), ad(other, options=by_mail)]
    second = "hr.csv:3" if sources == 1 else "ad.csv:2"
    state = wanted(read)
    assert held(state) == ["hr.csv:2", second]
    (notice,) = state.notices
    assert notice.kind is Kind.CONFLICT
    assert set(notice.places) == {"hr.csv:2", second}
    assert f"2 records claim the same {told_of} (" in notice.message
    assert "7" not in notice.message


def test_a_mail_address_may_be_shared() -> None:
    assert wanted([hr(User("ada", email="desk@x"), User("bob", email="desk@x"))]).held == frozenset()


CARDS = {Property.PERSONAL_NUMBER: Mode.REPLACE, Property.CARDS: Mode.REPLACE}


def test_an_overlay_adds_what_the_owner_says_nothing_of() -> None:
    plain = {Property.FULL_NAME: Mode.REPLACE, Property.PERSONAL_NUMBER: Mode.REPLACE}
    owner = hr(User("ada", full_name="Ada", personal_number="1"), modes=plain)
    state = wanted([owner, badges(User("badge-1", personal_number="1", cards=("C1",)), modes=CARDS)])
    (one,) = state.users
    assert one.user == User("ada", full_name="Ada", personal_number="1", cards=("C1",), source="hr")
    assert one.owned.rules.name == "hr"
    assert {each.property: each.mode for each in one.owned.compared}[Property.CARDS] is Mode.REPLACE
    assert (state.notices, state.outranked) == ((), ())


@pytest.mark.parametrize(
    ("owners", "overlays", "mode_of_owner", "mode_of_overlay", "expected", "kept_mode"),
    [
        pytest.param(("O",), ("B",), Mode.ADD, Mode.ADD, ("B", "O"), Mode.ADD, id="both-add-so-both-count"),
        pytest.param(
            ("O",),
            ("B",),
            Mode.REPLACE,
            Mode.ADD,
            ("O",),
            Mode.REPLACE,
            id="what-the-owner-replaces-is-the-owners",
        ),
        pytest.param(
            ("O",), ("B",), Mode.ADD, Mode.REPLACE, ("O",), Mode.ADD, id="a-replacing-overlay-yields"
        ),
        pytest.param(
            (),
            ("B",),
            Mode.REPLACE,
            Mode.REPLACE,
            ("B",),
            Mode.REPLACE,
            id="it-speaks-where-the-owner-is-silent",
        ),
        pytest.param((), ("B",), Mode.ADD, Mode.REPLACE, ("B",), Mode.REPLACE, id="and-then-in-its-own-mode"),
        pytest.param(
            ("O",), (), Mode.REPLACE, Mode.REPLACE, ("O",), Mode.REPLACE, id="silence-takes-nothing-away"
        ),
        pytest.param((), (), Mode.REPLACE, Mode.ADD, (), Mode.REPLACE, id="nobody-says-anything"),
    ],
)
def test_an_overlay_on_what_the_owner_maps_too(
    owners: tuple[str, ...],
    overlays: tuple[str, ...],
    mode_of_owner: Mode,
    mode_of_overlay: Mode,
    expected: tuple[str, ...],
    kept_mode: Mode,
) -> None:
    owner = hr(
        User("ada", personal_number="1", cards=owners),
        modes={Property.PERSONAL_NUMBER: Mode.REPLACE, Property.CARDS: mode_of_owner},
    )
    modes = {Property.PERSONAL_NUMBER: Mode.REPLACE, Property.CARDS: mode_of_overlay}
    overlay = badges(User("b", personal_number="1", cards=overlays), modes=modes)
    (one,) = wanted([owner, overlay]).users
    assert one.user.cards == expected
    assert {each.property: each.mode for each in one.owned.compared}[Property.CARDS] is kept_mode


def test_a_text_of_the_overlay_counts_only_where_the_owner_has_none() -> None:
    modes = {Property.PERSONAL_NUMBER: Mode.REPLACE, Property.EMAIL: Mode.REPLACE}
    owner = hr(User("ada", personal_number="1", email="a@x"), User("bob", personal_number="2"), modes=modes)
    said = (User("b1", personal_number="1", email="b1@x"), User("b2", personal_number="2", email="b2@x"))
    state = wanted([owner, badges(*said, modes=modes)])
    assert [one.user.email for one in state.users] == ["a@x", "b2@x"]


def test_where_both_add_a_text_the_owners_stays() -> None:
    modes = {Property.PERSONAL_NUMBER: Mode.REPLACE, Property.EMAIL: Mode.ADD}
    owner = hr(User("ada", personal_number="1", email="b@x"), modes=modes)
    (one,) = wanted([owner, badges(User("b", personal_number="1", email="a@x"), modes=modes)]).users
    assert one.user.email == "b@x"


def test_an_overlay_that_has_nothing_takes_away_what_it_alone_speaks_for() -> None:
    owner = hr(User("ada", personal_number="1"), modes={Property.PERSONAL_NUMBER: Mode.REPLACE})
    (one,) = wanted([owner, badges(User("b", personal_number="1"), modes=CARDS)]).users
    assert {each.property: each.mode for each in one.owned.compared}[Property.CARDS] is Mode.REPLACE


def test_what_is_compared_stands_in_one_order_whatever_order_the_manifest_has() -> None:
    modes = {Property.NOTES: Mode.ADD, Property.EMAIL: Mode.REPLACE, Property.ALIASES: Mode.ADD}
    compared = ownership(rules("hr", modes=modes)).compared
    assert [one.property for one in compared] == sorted([*modes, Property.GROUPS], key=list(INDEX).index)


def test_of_several_ways_that_make_a_default_group_the_first_is_named() -> None:
    ways = tuple(
        GroupWay(parse_template("GROUPS"), PLACE._replace(line=line), make_default=True, ready=True)
        for line in (7, 9)
    )
    compared = ownership(replace(rules("hr", modes={}), ways=ways)).compared
    assert {one.property: one.rule for one in compared} == {
        Property.GROUPS: str(ways[0].place),
        Property.DEFAULT_GROUP: str(ways[0].place),
    }


def test_those_whom_a_record_could_mean_are_named_in_an_order() -> None:
    by_mail = Options(pair_by=(Property.EMAIL,))
    first = mapped(rules("zz", precedence=1), [User("ada", email="x@x")])
    state = wanted([first, hr(User("bob", email="x@x")), ad(User("c", email="x@x"), options=by_mail)])
    assert told(state) == [(Kind.CONFLICT, "c", ("hr.csv:2", "zz.csv:2", "ad.csv:2"))]


def with_default(source: MappedSource) -> MappedSource:
    way = GroupWay(parse_template("GROUPS"), PLACE, make_default=True, ready=True)
    source.rules = replace(source.rules, ways=(way,))
    return source


def test_the_default_group_of_an_overlay_is_among_the_groups() -> None:
    owner = hr(
        User("ada", personal_number="1", groups=("Staff",)), modes={Property.PERSONAL_NUMBER: Mode.REPLACE}
    )
    said = User("b", personal_number="1", groups=("Cost 7",), default_group="Cost 7")
    (one,) = wanted([owner, with_default(badges(said, modes={Property.PERSONAL_NUMBER: Mode.REPLACE}))]).users
    assert one.user.default_group == "Cost 7"
    assert one.user.groups == ("Cost 7", "Staff")


def test_somebody_only_the_overlay_knows_is_somebody() -> None:
    state = wanted(
        [hr(User("ada", personal_number="1")), badges(User("b", personal_number="2"), modes=CARDS)]
    )
    assert [(one.user.user_name, one.owned.rules.name) for one in state.users] == [
        ("ada", "hr"),
        ("b", "badges"),
    ]


def test_two_records_of_an_overlay_that_give_one_person_different_cards_both_add() -> None:
    modes = {Property.PERSONAL_NUMBER: Mode.REPLACE, Property.CARDS: Mode.ADD}
    owner = hr(User("ada", personal_number="1"), modes={Property.PERSONAL_NUMBER: Mode.REPLACE})
    said = (User("b1", personal_number="1", cards=("1",)), User("b2", personal_number="1", cards=("2",)))
    (one,) = wanted([owner, badges(*said, modes=modes)]).users
    assert one.user.cards == ("1", "2")


CONTRADICTIONS = (
    pytest.param({"cards": ("1",)}, {"cards": ("2",)}, True, id="two-cards-where-one-replaces"),
    pytest.param({"cards": ("1",)}, {"cards": ("1",)}, False, id="the-same-card"),
    pytest.param({"cards": ("1",)}, {}, False, id="only-one-of-them-has-a-card"),
    pytest.param({"email": "a@x"}, {"email": "b@x"}, True, id="two-texts"),
    pytest.param({"full_name": "A"}, {"full_name": "B"}, False, id="two-texts-the-owner-overrules"),
)
EITHER = {
    Property.PERSONAL_NUMBER: Mode.REPLACE,
    Property.FULL_NAME: Mode.REPLACE,
    Property.EMAIL: Mode.REPLACE,
    Property.CARDS: Mode.REPLACE,
}
OWNERS = {Property.PERSONAL_NUMBER: Mode.REPLACE, Property.FULL_NAME: Mode.REPLACE}


@pytest.mark.parametrize(("one", "other", "contradict"), CONTRADICTIONS)
@pytest.mark.parametrize("sources", [pytest.param(1, id="of-one-source"), pytest.param(2, id="of-two-alike")])
def test_overlays_that_contradict_each_other_hold_the_person_in_any_order(
    one: dict[str, Any], other: dict[str, Any], sources: int, *, contradict: bool
) -> None:
    owner = hr(User("ada", personal_number="1", full_name="Ada"), modes=OWNERS)
    said = [User("b1", personal_number="1", **one), User("b2", personal_number="1", **other)]
    found = []
    for order in (said, said[::-1]):
        read = [badges(*order, modes=EITHER)]
        if sources == 2:
            read = [badges(order[0], modes=EITHER), badges(order[1], modes=EITHER)]
            read[1].rules = replace(read[1].rules, name="library")
        found.append(wanted([owner, *read]))
    assert found[0].users[0].user == found[1].users[0].user
    for state in found:
        assert bool(state.held) is contradict
        assert bool(state.notices) is contradict
    if contradict:
        (notice,) = found[0].notices
        assert notice.kind is Kind.CONFLICT
        assert notice.places[0] == "hr.csv:2"
        whose = "badges" if sources == 1 else "badges and library"
        assert notice.message == f"records of {whose} give different {next(iter(one))}; none is touched"


def test_a_contradiction_is_told_in_one_order_whatever_order_the_records_have() -> None:
    said = []
    for at, name in enumerate("abcde"):
        one = badges(User(f"n{9 - at}", personal_number="1", email=f"{name}@x"), modes=EITHER)
        one.rules, one.origins = replace(one.rules, name=name), [f"{9 - at}.csv:2"]
        said.append(one)
    owner = hr(User("ada", personal_number="1", full_name="Ada"), modes=OWNERS)
    state = wanted([owner, *said])
    (notice,) = state.notices
    assert notice.name == "n5"
    assert notice.message == "records of a and b and c and d and e give different email; none is touched"
    assert notice.places == ("hr.csv:2", "5.csv:2", "6.csv:2", "7.csv:2", "8.csv:2", "9.csv:2")
    assert state.users[0].user.email == "a@x"


def test_each_owner_stays_the_owner_of_whom_an_overlay_speaks_too() -> None:
    numbers = {Property.PERSONAL_NUMBER: Mode.REPLACE}
    first = hr(User("ada", personal_number="1"), modes=numbers)
    second = mapped(rules("ad", precedence=20, modes=numbers), [User("bob", personal_number="2")])
    said = [User("b1", personal_number="1", cards=("1",)), User("b2", personal_number="2", cards=("2",))]
    state = wanted([first, second, badges(*said, modes=CARDS)])
    assert [one.owned.rules.name for one in state.users] == ["hr", "ad"]


def test_what_is_taken_from_overlays_is_known_for_each_person_and_each_overlay() -> None:
    both = {Property.PERSONAL_NUMBER: Mode.REPLACE, Property.EMAIL: Mode.REPLACE}
    owner = hr(
        *(
            User(name, personal_number=number, email=email)
            for name, number, email in (
                ("ada", "1", "a@x"),
                ("bob", "2", ""),
                ("cy", "3", ""),
            )
        ),
        modes=both,
    )
    adds = both | {Property.EMAIL: Mode.ADD, Property.ALIASES: Mode.ADD}
    replaces = both | {Property.EMAIL: Mode.REPLACE_IF_PRESENT, Property.ALIASES: Mode.ADD}
    said = [User(f"b{number}", personal_number=number, email=f"{number}@x") for number in "123"]
    one, other = badges(*said[:2], modes=adds), badges(said[2], modes=replaces)
    other.rules = replace(other.rules, name="library")
    owned = [wanted.owned.compared for wanted in wanted([owner, one, other]).users]
    modes = [{each.property: each.mode for each in compared}[Property.EMAIL] for compared in owned]
    assert modes == [Mode.REPLACE, Mode.ADD, Mode.REPLACE_IF_PRESENT]
    for compared in owned:
        assert [each.at for each in compared] == sorted(each.at for each in compared)


def test_a_default_group_that_is_among_the_groups_is_there_once() -> None:
    numbers = {Property.PERSONAL_NUMBER: Mode.REPLACE}
    owner = hr(User("ada", personal_number="1", groups=("Cost 7", "Staff")), modes=numbers)
    said = User("b", personal_number="1", groups=("Cost 7",), default_group="Cost 7")
    (one,) = wanted([owner, with_default(badges(said, modes=numbers))]).users
    assert one.user.groups == ("Cost 7", "Staff")


def test_an_overlay_of_higher_precedence_is_heard_first() -> None:
    owner = hr(User("ada", personal_number="1"), modes={Property.PERSONAL_NUMBER: Mode.REPLACE})
    late = badges(User("b1", personal_number="1", cards=("1",)), modes=CARDS)
    early = badges(User("b2", personal_number="1", cards=("2",)), modes=CARDS)
    early.rules = replace(early.rules, name="library", precedence=25)
    state = wanted([owner, late, early])
    assert [one.user.cards for one in state.users] == [("2",)]
    assert state.held == frozenset()


def test_a_third_source_meets_who_the_second_brought() -> None:
    third = mapped(rules("lab", precedence=30, options=ADDS), [User("bob")])
    state = wanted([hr(User("ada")), ad(User("bob")), third])
    assert names(state) == ["ada", "bob"]
    assert [one.owned.rules.name for one in state.outranked] == ["lab"]


def test_all_sources_that_were_read_are_covered_and_their_groups_are_known() -> None:
    first, second = mapped(rules("hr", precedence=1), [], ("Z", "A")), mapped(rules("ad"), [], ("B",))
    state = wanted([second, first])
    assert [one.name for one in state.covered] == ["hr", "ad"]
    assert state.source_groups == (("A", "hr"), ("B", "ad"), ("Z", "hr"))


def test_pins_of_the_source_of_higher_precedence_count_and_are_shown_nowhere() -> None:
    first, second = hr(User("ada")), ad(User("ada"), User("bob"))
    first.pins, second.pins = {"ada": ("4711",)}, {"ada": ("1234",), "bob": ("5678",)}
    state = wanted([second, first])
    assert dict(state.pins) == {"ada": ("4711",), "bob": ("5678",)}
    assert "4711" not in repr(state)


def compared(source: SourceRules) -> dict[Property, Mode]:
    return {one.property: one.mode for one in ownership(source).compared}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(rules(modes={}, groups=None), {}, id="a-user-name-alone-is-compared-by-pairing"),
        pytest.param(
            rules(modes={Property.EMAIL: Mode.ADD, Property.PINS: Mode.ADD}, groups=None),
            {Property.EMAIL: Mode.ADD},
            id="pins-are-never-compared",
        ),
        pytest.param(
            rules(modes={}, groups=Mode.ADD), {Property.GROUPS: Mode.ADD}, id="groups-because-of-a-way"
        ),
        pytest.param(
            rules(modes={}, groups=None, options=Options(authentication_server="x.local")),
            {Property.AUTHENTICATION_SERVER: Mode.REPLACE},
            id="the-authentication-server-because-of-the-option",
        ),
    ],
)
def test_what_a_source_owns_of_its_users(source: SourceRules, expected: dict[Property, Mode]) -> None:
    assert compared(source) == expected


def test_a_default_group_is_owned_where_a_way_makes_one() -> None:
    plain, default = (GroupWay(parse_template("a"), PLACE, make_default=made) for made in (False, True))
    source = replace(rules(modes={}), ways=(plain, default))
    assert compared(source) == {
        Property.GROUPS: Mode.REPLACE,
        Property.DEFAULT_GROUP: Mode.REPLACE_IF_PRESENT,
    }


KEYS = (Property.USER_NAME, Property.PERSONAL_NUMBER, Property.EMAIL)
PARTS = (Property.FULL_NAME, Property.EMAIL, Property.CARDS, Property.ALIASES, Property.PERSONAL_NUMBER)


@st.composite
def quarrelling(draw: st.DrawFn) -> list[MappedSource]:
    """Draw up to three sources of any precedence, overlays among them."""
    made = []
    for name in ("a", "b", "c")[: draw(st.integers(1, 3))]:
        modes = draw(
            st.dictionaries(st.sampled_from(PARTS), st.sampled_from((Mode.ADD, Mode.REPLACE)), min_size=1)
        )
        keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True))
        overlay = draw(st.booleans())
        options = Options(
            add_new_users=draw(st.booleans()),
            deactivate_missing_users=not overlay and draw(st.booleans()),
            ignore_synchronization_source=overlay,
            pair_by=tuple(keys),
        )
        source = rules(
            name, modes=modes, options=options, precedence=draw(st.sampled_from((1, 1, 2))), groups=None
        )
        made.append(mapped(source, [blank(user, modes) for user in draw(st.lists(users(), max_size=4))]))
    return made


def blank(user: User, modes: dict[Property, Mode]) -> User:
    """Leave out of a record what its source maps nothing to, as mapping does."""
    said = {prop: user[INDEX[prop]] for prop in (*modes, Property.USER_NAME)}
    return User._make(said.get(prop, () if prop in MANY else "") for prop in INDEX)


@given(quarrelling(), servers(), st.randoms())
def test_chance_decides_nothing(sources: list[MappedSource], actual: ActualState, random: Random) -> None:
    shuffled = []
    for one in sources:
        rows = list(zip(one.users, one.origins, strict=True))
        random.shuffle(rows)
        shuffled.append(
            MappedSource(one.rules, [user for user, _ in rows], [at for _, at in rows], one.reading)
        )
    random.shuffle(shuffled)
    accounts = list(actual.accounts)
    random.shuffle(accounts)
    assert difference(shuffled, actual._replace(accounts=tuple(accounts))) == difference(sources, actual)


@given(quarrelling(), servers())
def test_what_quarrelling_sources_agree_on_is_applied_and_then_stands(
    sources: list[MappedSource], actual: ActualState
) -> None:
    world = World(actual)
    outcomes = Applying(world).run(difference(sources, actual).changes)
    assert {one.status for one in outcomes} <= {Status.APPLIED}
    assert difference(sources, world.read_state()).changes == ()


@given(quarrelling(), servers())
def test_nobody_goes_whom_any_source_has_by_name(sources: list[MappedSource], actual: ActualState) -> None:
    named = {user.user_name for one in sources for user in one.users}
    gone = {one.name for one in difference(sources, actual).changes if one.action is Action.DEACTIVATE}
    assert not gone & named
