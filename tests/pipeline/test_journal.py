"""The journal of an apply: kept before each write, settled by the next run, and no write without it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.core.change import Action, Change, FieldChange, effect
from reconciler.core.history import Entry
from reconciler.core.model import Account
from reconciler.core.outcome import Outcome, Status
from reconciler.core.plan import Plan
from reconciler.core.times import stamp
from reconciler.errors import LedgerError
from reconciler.ledger import open_ledger
from reconciler.ledger.store import Store
from reconciler.myq.apply import Applying
from reconciler.myq.rest import RestServer
from reconciler.pipeline.apply import Watch, apply
from reconciler.pipeline.journal import Kept, settle
from support.applied import approval, run_of
from support.plans import STAMP, TARGET
from support.postgres import Postgres
from support.project import Project
from support.world import World, state

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
EMAIL = FieldChange("email", "a@x", "b@x")


def change(name: str, action: Action = Action.UPDATE) -> Change:
    return Change(action, name, (EMAIL,), source="hr", account_id=name, account_source="hr")


def plan_of(*changes: Change) -> Plan:
    return Plan(TARGET, STAMP, (), (), changes, ())


class Slow:
    """A journal whose notes take a while; it breaks when it is told to."""

    run = "r"

    def __init__(self, ahead: int = 0, *, broken: bool = False) -> None:
        self.ahead = ahead
        self.begun: list[list[str]] = []
        self.ends: list[tuple[str, str]] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self._broken = broken

    def begin(self, entries: Sequence[Entry]) -> None:
        time.sleep(0.02)
        if self._broken:
            raise LedgerError("the disk is full", hint="make room")
        self.meanwhile()
        self.begun.append([entry.effect for entry in entries])

    def end(self, effect: str, outcome: str) -> None:
        self.ends.append((effect, outcome))


def of(one: Change) -> str:
    return effect(TARGET.identity, one)


@pytest.mark.parametrize("ahead", [0, 1, 7, 127])
def test_each_write_is_noted_once_before_it_begins_and_its_end_afterwards(ahead: int) -> None:
    journal = Slow(ahead)
    changes = [change(f"p{number}") for number in range(64)]
    kept = Kept(TARGET.identity, journal, changes)
    late: list[str] = []

    def carry_out(one: Change) -> None:
        kept.begins(one)
        if not any(of(one) in together for together in journal.begun):
            late.append(one.id)
        kept.ended(Outcome(one, Status.APPLIED))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(carry_out, changes))
    assert late == []
    noted = [one for together in journal.begun for one in together]
    assert sorted(noted) == sorted(map(of, changes))
    assert sorted(journal.ends) == sorted((of(one), "applied") for one in changes)
    assert len(journal.begun) <= 64 // max(1, ahead // 2) + 1


def test_what_comes_next_is_noted_before_the_last_note_is_used_up() -> None:
    journal = Slow(2)
    first, second, third, fourth = changes = [change(f"p{number}") for number in range(4)]
    kept = Kept(TARGET.identity, journal, changes)
    kept.begins(first)
    assert journal.begun == [[of(first), of(second), of(third)]]
    kept.ended(Outcome(first, Status.APPLIED))
    kept.begins(second)
    kept.ended(Outcome(second, Status.APPLIED))
    assert len(journal.begun) == 1
    kept.begins(third)
    assert journal.begun[1:] == [[of(fourth)]]


def test_what_ended_without_a_write_is_not_left_open() -> None:
    """Noted before its time, while it is being noted, or not at all: each in its way."""
    journal = Slow(2)
    first, second, third, fourth = changes = [change(f"p{number}") for number in range(4)]
    kept = Kept(TARGET.identity, journal, changes)
    journal.meanwhile = lambda: kept.ended(Outcome(third, Status.STALE))
    kept.begins(first)
    kept.ended(Outcome(second, Status.BLOCKED))
    kept.ended(Outcome(fourth, Status.NOT_BEGUN))
    kept.ended(Outcome(first, Status.FAILED))
    assert journal.begun == [[of(first), of(second), of(third)]]
    assert journal.ends == [(of(third), "stale"), (of(second), "blocked"), (of(first), "failed")]


@pytest.mark.parametrize("ahead", [0, 7])
def test_when_the_notes_cannot_be_kept_nobody_who_waits_may_write(ahead: int) -> None:
    changes = [change(f"p{number}") for number in range(24)]
    kept = Kept(TARGET.identity, Slow(ahead, broken=True), changes)

    def begin(one: Change) -> bool:
        with pytest.raises(LedgerError, match="disk is full"):
            kept.begins(one)
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(begin, changes))


def test_how_a_change_ended_is_noted_by_its_effect() -> None:
    journal = Slow()
    one = change("ada")
    kept = Kept(TARGET.identity, journal)
    kept.begins(one)
    kept.ended(Outcome(one, Status.APPLIED))
    assert journal.ends == [(effect(TARGET.identity, one), "applied")]


def test_without_its_ledger_a_run_writes_nothing_more() -> None:
    world = World(state())
    changes = [Change(Action.CREATE, f"p{at}", (FieldChange("userName", "", f"p{at}"),)) for at in range(20)]
    kept = Kept(TARGET.identity, Slow(broken=True))
    outcomes = Applying(world, journal=kept, concurrency=4).run(changes)
    assert {one.status for one in outcomes} == {Status.NOT_BEGUN}
    assert {one.detail for one in outcomes} == {"without its ledger the run writes nothing: the disk is full"}
    assert world.log == []


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Store]:
    with closing(open_ledger(None, tmp_path)) as opened:
        assert isinstance(opened, Store)
        yield opened


def cut_off(ledger: Store, *changes: Change) -> None:
    """Leave a journal as a killed program leaves it: begun, and never closed."""
    with ledger.journal(TARGET.identity, NOW) as journal:
        if changes:
            journal.begin(
                [Entry(effect(TARGET.identity, one), one.action.value, one.source) for one in changes]
            )
    ledger.database.run("UPDATE ledger_run SET ended = NULL")


def test_what_a_killed_apply_left_open_is_settled_by_what_is_still_needed(ledger: Store) -> None:
    done, undone = change("ada"), change("bob")
    cut_off(ledger, done, undone)
    began = f"the apply that began at {stamp(NOW)} was cut off"
    told = list(settle(ledger, plan_of(undone), NOW))
    assert told == [f"{began} with 2 writes under way or next in line: 1 done, 1 not"]
    assert ledger.open_runs(TARGET.identity) == ()
    assert list(settle(ledger, plan_of(undone), NOW)) == []


def test_a_return_that_was_cut_off_half_way_is_not_done(ledger: Store) -> None:
    cut_off(ledger, change("ada", Action.REACTIVATE))
    (told,) = settle(ledger, plan_of(change("ada")), NOW)
    assert told.endswith("with 1 write under way or next in line: 0 done, 1 not")


def test_an_apply_that_was_cut_off_between_two_writes_is_told_too(ledger: Store) -> None:
    cut_off(ledger)
    (told,) = settle(ledger, plan_of(), NOW)
    assert told.endswith("was cut off, with no write under way")


def test_an_apply_keeps_a_journal_and_closes_it(project: Project) -> None:
    everything = approval(project)
    told: list[str] = []
    apply(run_of(project), [everything], Watch(told=told.append))
    with closing(open_ledger(None, project.folder)) as ledger:
        assert ledger.open_runs(everything.target) == ()
    assert told == []


@pytest.mark.postgres
def test_a_ledger_that_goes_away_in_the_middle_ends_the_run_cleanly(
    project: Project, postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No write begins any more, what is told is what happened, and the next run does the rest once."""
    project.manifest("target.yaml", "    url:", "    concurrency: 1\n    url:")
    url = postgres_server.database()
    run = replace(run_of(project), ledger_url=url)
    everything = approval(project)
    written: list[str] = []
    write = RestServer.write

    def cut(self: RestServer, one: Change, current: Account | None, pins: Sequence[str]) -> None:
        write(self, one, current, pins)
        written.append(one.id)
        if len(written) == 3:
            postgres_server.stop()

    monkeypatch.setattr(RestServer, "write", cut)
    result = apply(run, [everything], Watch())
    postgres_server.start()
    statuses = [one.status for one in result.outcomes]
    assert (statuses.count(Status.APPLIED), statuses.count(Status.NOT_BEGUN)) == (3, 8)
    assert not result.complete
    assert len(result.remaining or ()) == 8
    told: list[str] = []
    again = apply(replace(run, now=datetime.now(UTC)), [everything], Watch(told=told.append))
    assert all("was cut off" in one for one in told)
    assert again.complete
    assert project.ids() == []
    effects = [one for one in project.myq.log() if one["operation"] == "create_user"]
    assert len(effects) == 1
