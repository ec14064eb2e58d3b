"""What every ledger does, whatever it is kept in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.core.history import Absence, Entry, History, LastRead, Lower, Seen, Spent, Written
from reconciler.core.sight import LastLook
from reconciler.core.times import stamp
from reconciler.errors import LedgerError, LockHeld
from reconciler.ledger import Ledger
from support.ledgers import Ledgers

NOW = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)
AT = "2026-11-02T03:04:05Z"
LATER = NOW + timedelta(days=1)
MYQ, OTHER = "https://print.example.org", "https://print.example.net"
READ = LastRead(100, AT)


def recalled(ledger: Ledger, target: str = MYQ, now: datetime = NOW) -> History:
    history = ledger.recall(target, now)
    assert history is not None
    return history


def seen(*absent: str, source: str = "hr", read: LastRead = READ) -> Seen:
    return Seen({source: read}, frozenset((source, key) for key in absent))


def test_a_new_ledger_remembers_nothing_and_has_a_salt_of_its_own(ledgers: Ledgers) -> None:
    history = recalled(ledgers.open())
    assert history == History(MYQ, AT, history.salt)
    assert len(history.salt) == 32
    assert recalled(ledgers.open()).salt == history.salt


def test_what_a_run_has_seen_another_program_recalls(ledgers: Ledgers) -> None:
    doubted = LastRead(100, AT, Lower(10, 2, AT))
    ledgers.open().remember(MYQ, NOW, Seen({"hr": READ, "ad": doubted}, frozenset({("hr", "a")})))
    history = recalled(ledgers.open(), now=LATER)
    assert history.last_reads == {"hr": READ, "ad": doubted}
    assert history.absences == {("hr", "a"): Absence(AT, 1)}
    assert history.now == "2026-11-03T03:04:05Z"


def test_targets_are_kept_apart(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    ledger.remember(MYQ, NOW, seen("a"))
    assert recalled(ledger, OTHER).absences == {}
    assert recalled(ledger, OTHER).last_reads == {}


def test_absences_are_counted_and_those_who_are_back_forgotten(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    ledger.remember(MYQ, NOW, seen("a", "b"))
    ledger.remember(MYQ, LATER, seen("b", "c"))
    assert recalled(ledger).absences == {
        ("hr", "b"): Absence(AT, 2),
        ("hr", "c"): Absence("2026-11-03T03:04:05Z", 1),
    }


def test_a_source_that_was_not_read_keeps_its_absences(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    ledger.remember(MYQ, NOW, seen("a"))
    ledger.remember(MYQ, LATER, seen("x", source="ad"))
    assert set(recalled(ledger).absences) == {("hr", "a"), ("ad", "x")}


def test_the_last_look_is_kept_and_no_other(ledgers: Ledgers) -> None:
    first = LastLook("sha256:a", "", AT, {b"a" * 8: b"1" * 20, b"\0" * 8: bytes(range(20))})
    second = LastLook("sha256:b", "0123abc", AT, {b"b" * 8: b"2" * 20})
    ledger = ledgers.open()
    assert ledger.last_look(MYQ) is None
    ledger.keep_look(MYQ, first)
    ledger.keep_look(OTHER, LastLook("sha256:c", "", AT))
    assert ledgers.open().last_look(MYQ) == first
    ledger.keep_look(MYQ, second)
    assert ledgers.open().last_look(MYQ) == second
    assert ledger.last_look(OTHER) == LastLook("sha256:c", "", AT)


def test_two_programs_that_count_at_once_lose_no_read(ledgers: Ledgers) -> None:
    programs = [ledgers.open() for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        for each in [threads.submit(one.remember, MYQ, NOW, seen("a")) for one in programs for _ in range(5)]:
            each.result()
    assert recalled(programs[0]).absences == {("hr", "a"): Absence(AT, 20)}


def test_who_came_back_stays_forgotten_though_an_older_run_writes_last(ledgers: Ledgers) -> None:
    slow, quick = ledgers.open(), ledgers.open()
    slow.remember(MYQ, NOW, seen("a"))
    quick.remember(MYQ, LATER, seen())
    slow.remember(MYQ, LATER, seen("a"))
    assert recalled(slow).absences == {("hr", "a"): Absence("2026-11-03T03:04:05Z", 1)}


def test_the_run_lock_is_one_for_each_target(ledgers: Ledgers) -> None:
    first, second = ledgers.open(), ledgers.open()
    with first.lock(MYQ, "print") as held:
        held.check()
        with pytest.raises(LockHeld, match="another run is applying to print"), second.lock(MYQ, "print"):
            pytest.fail("the lock was given twice")
        with second.lock(OTHER, "other"):
            held.check()
    with second.lock(MYQ, "print") as held:
        held.check()


def test_of_many_who_want_the_lock_exactly_one_gets_it(ledgers: Ledgers) -> None:
    first = ledgers.open()
    others = [ledgers.open() for _ in range(8)]

    def got(ledger: Ledger) -> bool:
        try:
            with ledger.lock(MYQ, "print"):
                return True
        except LockHeld:
            return False

    with first.lock(MYQ, "print"), ThreadPoolExecutor(8) as threads:
        assert not any(threads.map(got, others))
    assert got(others[0])


PHONE, EMAIL = "0123456789abcdef", "fedcba9876543210"


def entries(*effects: str, action: str = "update", source: str = "hr") -> list[Entry]:
    return [Entry(effect, action, source) for effect in effects]


def test_a_journal_that_ended_well_leaves_nothing_open(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    with ledger.journal(MYQ, NOW) as journal:
        journal.begin(entries("e1", "e2"))
        journal.end("e1", "applied")
        journal.begin(entries("e3"))
        journal.end("e2", "stale")
        journal.end("e3", "failed")
    assert ledger.open_runs(MYQ) == ()


def test_what_was_written_lately_is_remembered_with_how_often_and_when_last(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    for day, outcome in ((40, "applied"), (20, "applied"), (10, "failed"), (5, "applied")):
        with ledger.journal(MYQ, NOW - timedelta(days=day)) as journal:
            marked = [Entry("e1", "update", "hr", (PHONE, EMAIL)), Entry("e2", "update", "hr", (PHONE,))]
            journal.begin([*marked[: 1 + (day == 20)], *entries("e3", action="create")])
            for one in ("e1", "e2", "e3"):
                journal.end(one, outcome)
    recalled = ledger.recall(MYQ, NOW)
    assert recalled is not None
    last = stamp(NOW - timedelta(days=5))
    assert recalled.written == {PHONE: Written(3, last), EMAIL: Written(2, last)}
    other = ledger.recall("another", NOW)
    assert other is not None
    assert other.written == {}


def test_what_was_begun_and_not_ended_is_found_by_the_next_program(ledgers: Ledgers) -> None:
    cut = ledgers.open().journal(MYQ, NOW)
    journal = cut.__enter__()
    journal.begin(entries("e1", "e2"))
    journal.end("e1", "applied")
    journal.begin(entries("e3", action="deactivate"))
    found = ledgers.open().open_runs(MYQ)
    assert [(run.started, run.entries) for run in found] == [
        (AT, (*entries("e2"), *entries("e3", action="deactivate")))
    ]
    assert found[0].run == journal.run
    assert ledgers.open().open_runs(OTHER) == ()


def test_a_run_that_was_cut_off_before_it_began_anything_is_found_too(ledgers: Ledgers) -> None:
    cut = ledgers.open().journal(MYQ, NOW)
    cut.__enter__()
    assert [run.entries for run in ledgers.open().open_runs(MYQ)] == [()]


def test_a_run_that_was_cut_off_is_closed_when_its_ends_are_known(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    cut = ledger.journal(MYQ, NOW)
    journal = cut.__enter__()
    journal.begin(entries("e1", "e2", action="deactivate"))
    ledger.settle(journal.run, [("e1", "applied"), ("e2", "failed")], LATER)
    assert ledger.open_runs(MYQ) == ()
    assert recalled(ledger).spent == (Spent("removals", "hr", AT, "e1"),)


def test_removals_that_were_carried_out_are_remembered_and_so_are_those_that_nobody_knows(
    ledgers: Ledgers,
) -> None:
    ledger = ledgers.open()
    with ledger.journal(MYQ, NOW) as journal:
        journal.begin(entries("a", "b", "c", "h", action="deactivate"))
        journal.begin(entries("d", action="deactivate", source="ad"))
        journal.begin(entries("u"))
        for effect, outcome in (("a", "applied"), ("b", "applied"), ("c", "stale"), ("u", "applied")):
            journal.end(effect, outcome)
        journal.end("h", "handed-over")
    with ledger.journal(MYQ, LATER) as journal:
        journal.begin(entries("a", action="deactivate"))
        journal.end("a", "applied")
    assert recalled(ledger).spent == (
        Spent("removals", "ad", AT, "d"),
        Spent("removals", "hr", AT, "b"),
        Spent("removals", "hr", AT, "h"),
        Spent("removals", "hr", "2026-11-03T03:04:05Z", "a"),
    )
    assert recalled(ledger, OTHER).spent == ()
    assert len(recalled(ledger, now=NOW + timedelta(days=366)).spent) == 4
    assert len(recalled(ledger, now=LATER + timedelta(days=366)).spent) == 1
    assert recalled(ledger, now=LATER + timedelta(days=367)).spent == ()


def test_a_journal_takes_notes_from_many_threads(ledgers: Ledgers) -> None:
    ledger = ledgers.open()

    def write(number: int) -> None:
        journal.begin(entries(f"e{number}", action="deactivate"))
        journal.end(f"e{number}", "applied")

    with ledger.journal(MYQ, NOW) as journal, ThreadPoolExecutor(8) as threads:
        for each in [threads.submit(write, number) for number in range(200)]:
            each.result()
    assert len(recalled(ledger).spent) == 200


def test_what_is_tried_again_in_the_same_run_is_open_again(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    cut = ledger.journal(MYQ, NOW)
    journal = cut.__enter__()
    for _ in range(2):
        journal.begin(entries("e1"))
        journal.end("e1", "failed")
    journal.begin(entries("e1"))
    assert [run.entries for run in ledger.open_runs(MYQ)] == [tuple(entries("e1"))]


def test_fingerprints_of_pins_are_kept_by_account_and_target(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    ledger.remember(MYQ, NOW, seen()._replace(fingerprints={"a": "1", "b": "1"}))
    ledger.remember_pins(MYQ, {"b": "2", "c": "2"})
    assert recalled(ledgers.open()).fingerprints == {"a": "1", "b": "2", "c": "2"}
    assert recalled(ledger, OTHER).fingerprints == {}


def test_a_ledger_of_a_later_program_is_refused_with_words(ledgers: Ledgers) -> None:
    ledgers.open()
    ledgers.run("UPDATE ledger_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="version 9999, and this program knows those up to") as refused:
        ledgers.open()
    assert "a newer program has written it" in refused.value.hint


def test_a_ledger_without_a_version_is_refused(ledgers: Ledgers) -> None:
    ledgers.open()
    ledgers.run("DELETE FROM ledger_version")
    with pytest.raises(LedgerError, match="version none"):
        ledgers.open()


def test_of_a_step_that_fails_nothing_is_kept(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    ledger.remember(MYQ, NOW, seen("a"))
    ledgers.run("DROP TABLE ledger_absence")
    with pytest.raises(LedgerError):
        ledger.remember(MYQ, LATER, seen("a", read=LastRead(7, AT)))
    assert [row[0] for row in ledgers.run("SELECT records FROM ledger_read")] == [100]


def test_programs_that_open_a_new_ledger_at_once_make_it_once(ledgers: Ledgers) -> None:
    with ThreadPoolExecutor(6) as threads:
        opened = list(threads.map(lambda _: ledgers.open(), range(6)))
    assert len({recalled(one).salt for one in opened}) == 1
