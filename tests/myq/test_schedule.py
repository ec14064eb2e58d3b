"""Which change may begin when, and that any order that a schedule allows leads to the same server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.change import Action, Change
from reconciler.core.mapping import MappedSource
from reconciler.core.model import ActualState
from reconciler.core.outcome import Status
from reconciler.myq.apply import Applying
from reconciler.myq.schedule import Schedule
from support.world import World, difference, servers, sources


def change(action: Action, name: str, *needs: str) -> Change:
    return Change(action, name, needs=needs)


GROUP, GROUP_BELOW = Action.GROUP_CREATE, "New|Below"


def rounds(changes: list[Change]) -> list[list[str]]:
    """Take all that may begin, end all of it, and so on: what could run at once."""
    schedule, told = Schedule(changes), []
    while not schedule.over:
        taken = list(iter(schedule.take, None))
        told.append([changes[at].id for at in taken])
        for at in taken:
            schedule.ended(at)
    return told


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(
            [change(Action.UPDATE, "b"), change(Action.UPDATE, "a")],
            [["update/b", "update/a"]],
            id="the-order-of-the-plan",
        ),
        pytest.param(
            [
                change(Action.DEACTIVATE, "d"),
                change(Action.UPDATE, "u"),
                change(Action.REACTIVATE, "r"),
                change(Action.CREATE, "c"),
                change(Action.REKEY, "k"),
                change(GROUP, "New"),
            ],
            [["group-create/New", "rekey/k", "create/c", "reactivate/r", "update/u", "deactivate/d"]],
            id="kinds-begin-in-their-order-and-do-not-wait-for-each-other",
        ),
        pytest.param(
            [change(Action.UPDATE, "a", "update/b"), change(Action.UPDATE, "b")],
            [["update/b"], ["update/a"]],
            id="what-is-needed-comes-first",
        ),
        pytest.param(
            [change(Action.CREATE, "a", "deactivate/b"), change(Action.DEACTIVATE, "b")],
            [["deactivate/b"], ["create/a"]],
            id="what-is-needed-comes-first-whatever-its-kind",
        ),
        pytest.param(
            [change(Action.REKEY, "a"), change(Action.UPDATE, "a"), change(Action.UPDATE, "b")],
            [["rekey/a", "update/b"], ["update/a"]],
            id="one-account-is-changed-in-the-order-of-the-plan",
        ),
        pytest.param(
            [change(Action.UPDATE, "a", "rekey/a"), change(Action.REKEY, "a")],
            [["rekey/a"], ["update/a"]],
            id="a-need-on-the-same-account-counts-once",
        ),
        pytest.param(
            [change(Action.UPDATE, "a", "update/gone")], [["update/a"]], id="a-need-outside-this-run-is-met"
        ),
        pytest.param(
            [change(Action.GROUP_MOVE, "A"), change(Action.GROUP_MOVE, "B"), change(Action.UPDATE, "A")],
            [["group-move/A", "update/A"], ["group-move/B"]],
            id="groups-move-one-after-the-other",
        ),
    ],
)
def test_what_may_run_at_once(changes: list[Change], expected: list[list[str]]) -> None:
    assert rounds(changes) == expected


def test_nothing_more_may_begin_until_something_ends() -> None:
    schedule = Schedule([change(GROUP, "New"), change(GROUP, GROUP_BELOW, "group-create/New")])
    assert (schedule.take(), schedule.take(), schedule.over) == (0, None, False)
    assert schedule.ended(0) == 1
    assert (schedule.take(), schedule.take()) == (1, None)
    assert (schedule.ended(1), schedule.over) == (0, True)


@given(sources(), servers(), st.data())
def test_in_whatever_order_changes_end_the_server_is_as_wanted(
    wanted: list[MappedSource], actual: ActualState, data: st.DataObject
) -> None:
    """With enough workers any change that may begin can be the next to be written."""
    world = World(actual)
    changes = difference(wanted, actual).changes
    schedule = Schedule(changes)
    begun: list[int] = []
    applying = Applying(world)
    while not schedule.over:
        begun += iter(schedule.take, None)
        at = begun.pop(data.draw(st.integers(0, len(begun) - 1), label="which ends"))
        (outcome,) = applying.run([changes[at]])
        assert outcome.status is Status.APPLIED
        schedule.ended(at)
    assert difference(wanted, world.read_state()).changes == ()
    assert len(world.log) == len(changes)
