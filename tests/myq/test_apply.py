"""Carrying changes out: what is written, what is left, what an interruption leaves behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from threading import Event, Lock, get_ident
from time import sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.mapping import MappedSource
from reconciler.core.model import Account, ActualState, User
from reconciler.core.outcome import Outcome, Status
from reconciler.errors import TargetError, TargetRejected
from reconciler.myq.apply import REFUSED, UNANSWERED, Applying
from reconciler.sources.patience import Patience
from support.world import World, difference, servers, sources, state

QUICK = Patience(tries=2, first_wait=0.0001, longest_wait=0.0002, seconds=5)
ADA = User("ada", email="a@x", cards=("1", "2"), groups=("Staff",), source="HR")
EMAIL = FieldChange("email", "a@x", "b@x")
CARDS = FieldChange("cards", ("1", "2"), ("2", "3"))
LEFT = FieldChange("groups", ("Staff",), ())
RENAMED = FieldChange("userName", "ada", "eva")


def change(action: Action, *fields: FieldChange, name: str = "ada", id: str = "7") -> Change:  # noqa: A002  MyQ's word
    return Change(action, name, fields, account_id=id, account_source="HR")


UPDATE = change(Action.UPDATE, EMAIL, CARDS)
CREATE = Change(Action.CREATE, "ada", (FieldChange("userName", "", "ada"), FieldChange("email", "", "a@x")))
BACK = change(Action.REACTIVATE, FieldChange("groups", (), ("Staff",)), EMAIL)


def account(*, active: bool = True, **properties: object) -> Account:
    return Account(ADA._replace(**properties), "7", active)


def apply(change: Change, *accounts: Account, groups: Sequence[str] = ()) -> tuple[Outcome, World]:
    world = World(state(*accounts, groups=["Staff", *groups]))
    (outcome,) = Applying(world).run([change])
    return outcome, world


@pytest.mark.parametrize(
    ("planned", "found", "status", "written"),
    [
        pytest.param(UPDATE, [account()], Status.APPLIED, True, id="as-planned"),
        pytest.param(
            UPDATE, [account(cards=("1", "2", "9"))], Status.APPLIED, True, id="a-card-was-enrolled-meanwhile"
        ),
        pytest.param(
            UPDATE, [account(phone="1")], Status.APPLIED, True, id="something-else-changed-meanwhile"
        ),
        pytest.param(
            UPDATE, [account(email="b@x", cards=("2", "3"))], Status.APPLIED, False, id="it-is-so-already"
        ),
        pytest.param(
            UPDATE,
            [account(email="b@x", cards=("2", "3", "9"))],
            Status.APPLIED,
            False,
            id="so-and-a-card-more",
        ),
        pytest.param(UPDATE, [account(email="c@x")], Status.STALE, False, id="a-value-is-another-now"),
        pytest.param(UPDATE, [account(cards=("2",))], Status.STALE, False, id="the-card-to-take-is-gone"),
        pytest.param(
            UPDATE, [account(cards=("1", "2", "3"))], Status.STALE, False, id="the-card-to-give-is-there"
        ),
        pytest.param(UPDATE, [account(source="LDAP")], Status.STALE, False, id="it-went-to-another-source"),
        pytest.param(UPDATE, [account(active=False)], Status.STALE, False, id="it-was-deleted"),
        pytest.param(UPDATE, [], Status.STALE, False, id="it-is-not-there"),
        pytest.param(CREATE, [], Status.APPLIED, True, id="somebody-new"),
        pytest.param(CREATE, [account()], Status.APPLIED, False, id="somebody-who-came-meanwhile-just-so"),
        pytest.param(CREATE, [account(email="z@x")], Status.STALE, False, id="somebody-who-came-otherwise"),
        pytest.param(
            CREATE, [account(active=False)], Status.STALE, False, id="somebody-deleted-has-the-name"
        ),
        pytest.param(change(Action.DEACTIVATE, LEFT), [account()], Status.APPLIED, True, id="a-leaver"),
        pytest.param(
            change(Action.DEACTIVATE, LEFT),
            [account(active=False)],
            Status.APPLIED,
            False,
            id="a-leaver-who-is-gone",
        ),
        pytest.param(
            change(Action.DEACTIVATE, LEFT),
            [account(groups=("Board", "Staff"))],
            Status.STALE,
            False,
            id="a-leaver-who-joined-another-group",
        ),
        pytest.param(
            change(Action.DEACTIVATE, LEFT),
            [account(source="LDAP")],
            Status.STALE,
            False,
            id="a-leaver-of-others-now",
        ),
        pytest.param(
            change(Action.DEACTIVATE, LEFT), [], Status.STALE, False, id="a-leaver-of-whom-nothing-is-left"
        ),
        pytest.param(BACK, [account(active=False, groups=())], Status.APPLIED, True, id="somebody-back"),
        pytest.param(
            BACK, [account(groups=())], Status.APPLIED, True, id="somebody-brought-back-by-half-meanwhile"
        ),
        pytest.param(
            BACK, [account(email="b@x")], Status.APPLIED, False, id="somebody-brought-back-meanwhile"
        ),
        pytest.param(
            BACK,
            [account(active=False, groups=(), email="z@x")],
            Status.STALE,
            False,
            id="somebody-back-otherwise",
        ),
        pytest.param(BACK, [], Status.STALE, False, id="somebody-back-of-whom-nothing-is-left"),
        pytest.param(change(Action.REKEY, RENAMED), [account()], Status.APPLIED, True, id="a-new-name"),
        pytest.param(
            change(Action.REKEY, RENAMED),
            [account(user_name="eva")],
            Status.APPLIED,
            False,
            id="the-name-is-new-already",
        ),
        pytest.param(
            change(Action.REKEY, RENAMED, id=""),
            [account(user_name="eva")],
            Status.APPLIED,
            False,
            id="the-name-is-new-already-and-no-id-is-known",
        ),
        pytest.param(
            change(Action.REKEY, RENAMED),
            [account(user_name="zoe")],
            Status.STALE,
            False,
            id="the-name-is-a-third",
        ),
        pytest.param(
            change(Action.REKEY, RENAMED),
            [account(active=False)],
            Status.STALE,
            False,
            id="a-new-name-for-a-deleted",
        ),
    ],
)
def test_each_change_meets_the_account_as_it_is(
    planned: Change, found: list[Account], status: Status, *, written: bool
) -> None:
    outcome, world = apply(planned, *found, groups=["Board"])
    assert outcome.status is status
    assert world.log == ([planned.id] if written else [])
    assert bool(outcome.detail) is not written
    if not written:
        assert list(world.accounts.values()) == found


def test_a_value_that_stays_meanwhile_is_kept() -> None:
    class Merging(World):
        """Writes values as `RestServer` does: what was not in the plan stays."""

        def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
            assert current is not None
            assert current.user.cards == ("1", "2", "9")
            super().write(change, current, pins)

    world = Merging(state(account(cards=("1", "2", "9"))))
    assert Applying(world).run([UPDATE])[0].status is Status.APPLIED


class Failing(World):
    """A server that fails at one change: before it writes, or after, with or without a way to look."""

    def __init__(self, actual: ActualState, at: str, *, writes: bool = False, blind: bool = False) -> None:
        super().__init__(actual)
        self._at, self._writes, self._blind = at, writes, blind
        self.failures = 0
        self.on_failure: Callable[[], None] = lambda: None

    def account(self, name: str, account_id: str) -> Account | None:
        self._look()
        return super().account(name, account_id)

    def has_group(self, path: str) -> bool:
        self._look()
        return super().has_group(path)

    def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
        if change.id != self._at:
            super().write(change, current, pins)
            return
        if self._writes:
            super().write(change, current, pins)
        self.failures += 1
        self.on_failure()
        raise TargetError("the line went dead", hint="look again")

    def _look(self) -> None:
        if self.failures and self._blind:
            raise TargetError("nobody answers", hint="look again")


GROUP = Change(Action.GROUP_CREATE, "New", (FieldChange("path", "", "New"),))
MOVE = Change(Action.GROUP_MOVE, "Staff", (FieldChange("path", "Staff", "People"),))


@pytest.mark.parametrize(
    "planned",
    [
        pytest.param(UPDATE, id="an-update"),
        pytest.param(change(Action.DEACTIVATE, LEFT), id="a-deactivation"),
        pytest.param(change(Action.REKEY, RENAMED), id="a-rename"),
        pytest.param(GROUP, id="a-new-group"),
        pytest.param(MOVE, id="a-group-that-moves"),
    ],
)
@pytest.mark.parametrize(
    ("writes", "blind", "status", "detail"),
    [
        pytest.param(
            True, False, Status.APPLIED, "settled by reading it back", id="only-the-answer-was-lost"
        ),
        pytest.param(False, False, Status.FAILED, "the line went dead", id="nothing-was-written"),
        pytest.param(
            True,
            True,
            Status.FAILED,
            "the line went dead; reading it back failed as well",
            id="nobody-can-look",
        ),
    ],
)
def test_an_answer_that_never_comes_is_settled_by_looking(
    planned: Change, status: Status, detail: str, *, writes: bool, blind: bool
) -> None:
    world = Failing(state(account()), planned.id, writes=writes, blind=blind)
    assert Applying(world, patience=QUICK).run([planned]) == (Outcome(planned, status, detail),)
    assert world.failures == (1 if writes else 3)


def test_a_move_into_a_place_that_was_taken_meanwhile_did_not_happen() -> None:
    world = Failing(state(account(), groups=["People"]), MOVE.id)
    assert Applying(world, patience=QUICK).run([MOVE])[0].status is Status.FAILED


def test_what_needs_a_change_that_failed_is_blocked_and_so_is_what_needs_that() -> None:
    first = GROUP
    second = UPDATE._replace(needs=(first.id,))
    third = change(Action.DEACTIVATE, name="bob")._replace(needs=(second.id, "update/nobody"))
    world = Failing(state(account()), first.id)
    outcomes = Applying(world, patience=QUICK).run([third, second, first])
    assert [(one.change.id, one.status) for one in outcomes] == [
        (third.id, Status.BLOCKED),
        (second.id, Status.BLOCKED),
        (first.id, Status.FAILED),
    ]
    assert outcomes[1].detail == "it needs group-create/New"
    assert world.log == []


def test_what_myq_refuses_fails_with_its_words_and_the_rest_goes_on() -> None:
    class Refusing(World):
        def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
            if change.name == "ada":
                raise TargetRejected("MyQ refuses: the e-mail is odd", hint="mend it")
            super().write(change, current, pins)

    bob = Account(User("bob", email="a@x", source="HR"), "8")
    other = change(Action.UPDATE, EMAIL, name="bob", id="8")
    outcomes = Applying(Refusing(state(account(), bob))).run([UPDATE, other])
    assert [(one.status, one.detail) for one in outcomes] == [
        (Status.FAILED, "MyQ refuses: the e-mail is odd"),
        (Status.APPLIED, ""),
    ]


def test_who_is_renamed_is_found_by_the_new_name_where_no_id_is_known() -> None:
    world = World(state(Account(ADA, "")))
    rename, update = change(Action.REKEY, RENAMED, id=""), change(Action.UPDATE, EMAIL, id="")
    outcomes = Applying(world).run([rename, update])
    assert [one.status for one in outcomes] == [Status.APPLIED, Status.APPLIED]
    assert world.accounts[""].user.user_name == "eva"
    assert world.accounts[""].user.email == "b@x"


def test_who_is_not_renamed_after_all_keeps_the_old_name() -> None:
    rename, update = change(Action.REKEY, RENAMED, id=""), change(Action.UPDATE, EMAIL, id="")
    world = Failing(state(Account(ADA, "")), rename.id)
    outcomes = Applying(world, patience=QUICK).run([rename, update])
    assert [one.status for one in outcomes] == [Status.FAILED, Status.APPLIED]


def test_every_outcome_is_told_once_as_it_comes() -> None:
    told: list[Outcome] = []
    heard_by: set[int] = set()
    people, changes = crowd(20)

    def hear(outcomes: Sequence[Outcome]) -> None:
        heard_by.add(get_ident())
        told.extend(outcomes)

    outcomes = Applying(World(state(*people)), concurrency=4, told=hear).run(changes)
    assert [one.change for one in outcomes] == changes
    assert sorted(told) == sorted(outcomes)
    assert heard_by == {get_ident()}


def test_outcomes_are_told_while_others_are_under_way() -> None:
    people, changes = crowd(2)
    heard = Event()

    class Waiting(World):
        def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
            if change is changes[1]:
                assert heard.wait(10)
            super().write(change, current, pins)

    applying = Applying(Waiting(state(*people)), told=lambda _: heard.set())
    assert {one.status for one in applying.run(changes)} == {Status.APPLIED}


def test_when_whoever_is_told_fails_nothing_more_is_begun() -> None:
    people, changes = crowd(50)

    class Gentle(World):
        def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
            sleep(0.02)
            super().write(change, current, pins)

    def hear(_: Sequence[Outcome]) -> None:
        raise CutOff

    world = Gentle(state(*people))
    with pytest.raises(CutOff):
        Applying(world, told=hear).run(changes)
    assert 0 < len(world.log) < 40


def test_pins_are_handed_over_with_the_account_they_are_for() -> None:
    handed: dict[str, tuple[str, ...]] = {}

    class Keeping(World):
        def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
            handed[change.id] = tuple(pins)
            super().write(change, current, pins)

    other = CREATE._replace(name="bob", fields=(FieldChange("userName", "", "bob"),))
    applying = Applying(Keeping(state()), pins={"ada": ("4711",)})
    applying.run([CREATE, other])
    assert handed == {"create/ada": ("4711",), "create/bob": ()}
    assert "4711" not in repr(applying)


def test_nothing_to_do_writes_nothing() -> None:
    world = World(state(account()))
    assert Applying(world).run([]) == ()
    assert world.log == []


class Slow(World):
    """A server whose first write waits until somebody lets it go on."""

    def __init__(self, actual: ActualState, meanwhile: Callable[[], None]) -> None:
        super().__init__(actual)
        self._meanwhile = meanwhile

    def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
        if not self.log:
            self._meanwhile()
        super().write(change, current, pins)


def crowd(count: int) -> tuple[list[Account], list[Change]]:
    people = [Account(User(f"p{at}", email="a@x", source="HR"), str(at)) for at in range(count)]
    changes = [change(Action.UPDATE, EMAIL, name=f"p{at}", id=str(at)) for at in range(count)]
    return people, changes


def test_a_stop_lets_what_is_under_way_end_and_begins_nothing_more() -> None:
    people, changes = crowd(5)
    stop = Event()
    told: list[Outcome] = []
    world = Slow(state(*people), stop.set)
    last = change(Action.DEACTIVATE, name="p0", id="0")
    outcomes = Applying(world, told=told.extend, stop=stop).run([*changes, last])
    assert [one.status for one in outcomes] == [Status.APPLIED, *[Status.NOT_BEGUN] * 5]
    assert {one.detail for one in outcomes[1:]} == {"the run was interrupted before it"}
    assert world.log == ["update/p0"]
    assert told == [outcomes[0]]


def test_a_stop_tries_nothing_again() -> None:
    stop = Event()
    world = Failing(state(account()), UPDATE.id)
    world.on_failure = stop.set
    (outcome,) = Applying(world, stop=stop).run([UPDATE])
    assert (outcome.status, world.failures) == (Status.FAILED, 1)


def test_a_stop_during_the_wait_tries_nothing_again() -> None:
    stop = Event()
    world = Failing(state(account()), UPDATE.id)
    patience = Patience(sleep=lambda _: stop.set())
    (outcome,) = Applying(world, patience=patience, stop=stop).run([UPDATE])
    assert (outcome.status, world.failures) == (Status.FAILED, 1)


def test_a_quick_change_does_not_wait_for_a_slow_one_of_an_earlier_kind() -> None:
    """The removal ends while the creation, which comes first, is still under way."""
    gone = Event()

    class Waiting(World):
        def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
            if change.action is Action.CREATE:
                assert gone.wait(60)
            super().write(change, current, pins)
            if change.action is Action.DEACTIVATE:
                gone.set()

    bob = Account(User("bob", source="HR"), "8")
    leaving = change(Action.DEACTIVATE, name="bob", id="8")
    outcomes = Applying(Waiting(state(bob)), concurrency=2).run([CREATE, leaving])
    assert [one.status for one in outcomes] == [Status.APPLIED, Status.APPLIED]


def test_no_account_is_written_by_two_workers_and_no_need_is_overtaken() -> None:
    """Many workers, several changes to each account, chains of needs: the log has every one in order."""
    people, updates = crowd(40)
    leaving = [
        change(Action.DEACTIVATE, name=one.name, id=one.account_id)._replace(
            needs=(updates[(at + 1) % len(updates)].id,)
        )
        for at, one in enumerate(updates)
    ]
    under_way: Counter[str] = Counter()
    lock = Lock()
    twice: list[str] = []

    class Watching(World):
        def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
            with lock:
                under_way[change.name] += 1
                twice.extend([change.id] if under_way[change.name] > 1 else [])
            sleep(0.001)
            with lock:
                under_way[change.name] -= 1
                super().write(change, current, pins)

    world = Watching(state(*people))
    outcomes = Applying(world, concurrency=16).run([*updates, *leaving])
    assert {one.status for one in outcomes} == {Status.APPLIED}
    assert twice == []
    at = {id_: place for place, id_ in enumerate(world.log)}
    assert all(at[f"update/{one.name}"] < at[one.id] for one in leaving)
    assert all(at[need] < at[one.id] for one in leaving for need in one.needs)


class Dead(World):
    """A server that answers so many writes, and is gone then: for writes, or for reads as well."""

    def __init__(self, actual: ActualState, after: int, *, refuses: bool = False, sees: bool = False) -> None:
        super().__init__(actual)
        self.asked = 0
        self._after, self._sees = after, sees
        self._error = TargetRejected if refuses else TargetError

    def account(self, name: str, account_id: str) -> Account | None:
        if not self._sees:
            self._ask()
        return super().account(name, account_id)

    def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
        self._ask()
        super().write(change, current, pins)

    def _ask(self) -> None:
        self.asked += 1
        if len(self.log) >= self._after:
            raise self._error("nobody is there", hint="look")


@pytest.mark.parametrize(
    ("refuses", "sees", "limit"),
    [
        pytest.param(False, False, UNANSWERED, id="the-network-is-gone"),
        pytest.param(False, True, UNANSWERED, id="it-reads-and-does-not-write"),
        pytest.param(True, False, REFUSED, id="it-refuses-everything"),
    ],
)
def test_who_is_gone_for_good_is_not_asked_about_the_rest(limit: int, *, refuses: bool, sees: bool) -> None:
    people, changes = crowd(200)
    world = Dead(state(*people), 10, refuses=refuses, sees=sees)
    outcomes = Applying(world, patience=QUICK).run(changes)
    statuses = [one.status for one in outcomes]
    assert statuses == [
        *[Status.APPLIED] * 10,
        *[Status.FAILED] * limit,
        *[Status.NOT_BEGUN] * (190 - limit),
    ]
    assert f"{limit} changes" in outcomes[-1].detail
    assert world.asked <= 2 * 10 + 3 * limit


def test_a_failure_now_and_then_stops_nothing() -> None:
    people, changes = crowd(100)

    class Moody(World):
        def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
            if int(change.account_id) % 4:
                raise TargetError("not now", hint="later")
            super().write(change, current, pins)

    outcomes = Applying(Moody(state(*people)), patience=QUICK).run(changes)
    assert Counter(one.status for one in outcomes) == {Status.APPLIED: 25, Status.FAILED: 75}


def test_what_was_not_done_is_tried_again_and_what_was_is_not() -> None:
    class Stumbling(World):
        failures = 2

        def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
            if self.failures:
                self.failures -= 1
                raise TargetError("once more", hint="again")
            super().write(change, current, pins)

    world = Stumbling(state(account()))
    assert Applying(world, patience=QUICK).run([UPDATE]) == (Outcome(UPDATE, Status.APPLIED),)
    assert world.log == [UPDATE.id]


def test_who_became_otherwise_after_a_failure_has_failed() -> None:
    class Odd(World):
        def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
            del change, current, pins
            self.accounts["7"] = account(email="c@x")
            raise TargetError("half an answer", hint="look")

    assert Applying(Odd(state(account()))).run([UPDATE]) == (
        Outcome(UPDATE, Status.FAILED, "half an answer"),
    )


class Kept:
    """A journal in a list."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def begins(self, change: Change) -> None:
        self.said.append(("begins", change.id))

    def ended(self, outcome: Outcome) -> None:
        self.said.append((outcome.status, outcome.change.id))


def test_the_journal_hears_of_every_write_before_it_and_of_every_end() -> None:
    journal = Kept()
    bob = Account(User("bob", email="b@x", source="HR"), "8")
    zoe = Account(User("zoe", email="z@x", source="HR"), "9")
    changes = [
        UPDATE,
        change(Action.UPDATE, EMAIL, name="bob", id="8"),
        change(Action.UPDATE, EMAIL, name="zoe", id="9"),
    ]
    outcomes = Applying(World(state(account(), bob, zoe)), journal=journal).run(changes)
    assert [one.status for one in outcomes] == [Status.APPLIED, Status.APPLIED, Status.STALE]
    assert journal.said == [
        ("begins", UPDATE.id),
        *((one.status, one.change.id) for one in outcomes),
    ]


def test_what_failed_and_was_tried_again_is_one_entry_of_the_journal() -> None:
    journal = Kept()
    Applying(Failing(state(account()), UPDATE.id), patience=QUICK, journal=journal).run([UPDATE])
    assert journal.said == [("begins", UPDATE.id), (Status.FAILED, UPDATE.id)]


class CutOff(BaseException):
    """The process is gone: nobody catches this."""


def test_what_nobody_expected_ends_all_workers_and_is_raised() -> None:
    people, changes = crowd(50)

    class Broken(World):
        def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
            if change.name == "p3":
                raise CutOff
            sleep(0.002)
            super().write(change, current, pins)

    world = Broken(state(*people))
    with pytest.raises(CutOff):
        Applying(world, concurrency=4).run(changes)
    assert len(world.log) < 20


class Cut(World):
    """A server that answers so many writes and no more; the last one is carried out, or is not."""

    def __init__(self, world: World, after: int, error: type[BaseException], *, writes: bool) -> None:
        super().__init__(world.read_state())
        self.accounts, self.groups, self.log = world.accounts, world.groups, world.log
        self._left, self._error, self._writes = after, error, writes

    def write(self, change: Change, current: Account | None, pins: Sequence[str]) -> None:
        if self._left > 0:
            self._left -= 1
            super().write(change, current, pins)
            return
        if self._left == 0 and self._writes:
            super().write(change, current, pins)
        self._left = -1
        raise self._error("cut off", hint="run again") if self._error is TargetError else self._error


@given(
    sources(),
    servers(),
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from((TargetError, CutOff)), st.booleans()), max_size=3),
)
def test_a_run_that_is_cut_off_and_run_again_converges_and_writes_nothing_twice(
    wanted: list[MappedSource], actual: ActualState, cuts: list[tuple[int, type[BaseException], bool]]
) -> None:
    world = World(actual)
    first = difference(wanted, actual).changes
    for after, error, writes in cuts:
        try:
            Applying(Cut(world, after, error, writes=writes), patience=QUICK).run(
                difference(wanted, world.read_state()).changes
            )
        except CutOff:
            assert error is CutOff
    outcomes = Applying(world).run(difference(wanted, world.read_state()).changes)
    assert {one.status for one in outcomes} <= {Status.APPLIED}
    assert difference(wanted, world.read_state()).changes == ()
    assert {id_: count for id_, count in Counter(world.log).items() if count > 1} == {}
    assert len(world.log) == len(first)
