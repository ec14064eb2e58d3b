"""What is remembered from run to run: absences, last reads, and what a clock can do to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.history import (
    Absence,
    ComparedRead,
    Entry,
    History,
    LastRead,
    Lower,
    Seen,
    after,
    dropped,
    keyed,
    weighed,
)
from reconciler.core.model import Account, Doubt, User
from reconciler.core.rules import Drop, Expectation, SourceRules
from reconciler.core.times import days_since, stamp, tenths
from support.world import PLACE

START = datetime(2026, 11, 2, 12, tzinfo=UTC)
AT = stamp(START)


def at(days: float) -> str:
    return stamp(START + timedelta(days=days))


def source(name: str = "hr", drop: Drop | None = None, *accept: Doubt, definition: str = "") -> SourceRules:
    expect = Expectation(drop=drop or Drop(), accept=frozenset(accept))
    return SourceRules(name, "csv", name, PLACE, (), expect=expect, definition=definition)


def seen(*absent: str, unproven: bool = False) -> Seen:
    reads = {"hr": LastRead(10, AT)}
    return Seen(reads, frozenset(("hr", key) for key in absent), {"hr"} if unproven else frozenset())


def test_a_key_says_nothing_and_is_another_for_each_source_definition_target_and_account() -> None:
    ada = Account(User("ada"), "1")
    history = History("https://a", AT, b"salt")
    keys = [
        history.key_of(source(), ada),
        history.key_of(source("ad"), ada),
        history.key_of(source(definition="other"), ada),
        history.key_of(source(), Account(User("ada"), "2")),
        history.key_of(source(), Account(User("ada"))),
        history.key_of(source(), Account(User("1"))),
        History("https://b", AT, b"salt").key_of(source(), ada),
        History("https://a", AT, b"other salt").key_of(source(), ada),
    ]
    assert len(set(keys)) == len(keys)
    assert not any("ada" in key for key in keys)


def test_a_key_stays_the_same_from_release_to_release() -> None:
    """Otherwise everybody's absence would be counted anew by an update of this program."""
    key = History("https://a", AT, b"salt").key_of(source(definition="d"), Account(User("ada"), "1"))
    assert key == "5f4ef5dd5cf8144176203c41962d299fefbb9e525e4c1eeea418f0c236661569"


def test_what_is_secret_in_a_history_is_not_shown() -> None:
    assert "secret" not in repr(History("t", AT, salt=b"secret", pin_key=b"secret"))


def test_a_change_that_is_nobodys_counts_for_no_source() -> None:
    assert Entry("effect", "create group").source == ""


def test_an_account_keeps_its_key_when_it_is_renamed() -> None:
    history = History("https://a", AT, b"salt")
    assert history.key_of(source(), Account(User("ada"), "1")) == history.key_of(
        source(), Account(User("ada.l"), "1")
    )


def test_what_is_keyed_cannot_be_shifted_from_one_text_to_the_next() -> None:
    assert keyed(b"k", "ab", "c") != keyed(b"k", "a", "bc")


@pytest.mark.parametrize(
    ("before", "absent", "unproven", "expected"),
    [
        pytest.param({}, ["a"], False, {"a": Absence(at(5), 1)}, id="missing-for-the-first-time"),
        pytest.param({"a": Absence(AT, 2)}, ["a"], False, {"a": Absence(AT, 3)}, id="missing-again"),
        pytest.param({"a": Absence(AT, 2)}, [], False, {}, id="back"),
        pytest.param({"a": Absence(AT, 2)}, ["b"], False, {"b": Absence(at(5), 1)}, id="another-one"),
        pytest.param({}, ["a"], True, {}, id="missing-in-a-read-that-proves-nothing"),
        pytest.param({"a": Absence(AT, 2)}, ["a"], True, {"a": Absence(AT, 2)}, id="nor-does-it-add"),
        pytest.param({"a": Absence(AT, 2)}, [], True, {}, id="who-is-in-it-is-back-all-the-same"),
    ],
)
def test_how_absences_are_counted(
    before: dict[str, Absence], absent: list[str], *, unproven: bool, expected: dict[str, Absence]
) -> None:
    history = History("t", at(5), absences={("hr", key): one for key, one in before.items()})
    found = after(history, seen(*absent, unproven=unproven))
    assert found.absences == {("hr", key): one for key, one in expected.items()}


def test_what_another_source_remembers_stays() -> None:
    history = History("t", at(5), last_reads={"ad": LastRead(3, AT)}, absences={("ad", "a"): Absence(AT, 2)})
    found = after(history, seen())
    assert found.absences == {("ad", "a"): Absence(AT, 2)}
    assert found.last_reads == {"ad": LastRead(3, AT), "hr": LastRead(10, AT)}


@given(st.lists(st.tuples(st.booleans(), st.integers(-400, 400)), min_size=1, max_size=12))
def test_nobody_is_missing_for_longer_than_any_clock_has_run_since_they_were_last_seen(
    runs: list[tuple[bool, int]],
) -> None:
    """Whatever the clock does, the days that are counted lie between readings of it without the person."""
    history = History("t", AT)
    unbroken: list[int] = []
    for is_missing, hour in runs:
        now = stamp(START + timedelta(hours=hour))
        history = after(History("t", now, absences=history.absences), seen(*(["a"] if is_missing else [])))
        unbroken = [*unbroken, hour] if is_missing else []
        found = history.absences.get(("hr", "a"))
        assert (found is not None) is is_missing
        if found is not None:
            assert found.reads == len(unbroken)
            assert days_since(found.since, now) == max(hour - unbroken[0], 0) / 24


@pytest.mark.parametrize(
    ("drop", "before", "now", "expected"),
    [
        pytest.param(Drop(), 100, 80, False, id="a-fifth-is-let-pass"),
        pytest.param(Drop(), 100, 79, True, id="more-than-a-fifth"),
        pytest.param(Drop(), 10, 5, False, id="of-few-five-are-let-pass"),
        pytest.param(Drop(), 10, 4, True, id="of-few-six-are-too-many"),
        pytest.param(Drop(), 100, 300, False, id="more-than-before"),
        pytest.param(Drop(), 0, 0, False, id="nothing-before-and-nothing-now"),
        pytest.param(Drop(), 100, 0, True, id="all-gone"),
        pytest.param(Drop(0, 0), 100, 99, True, id="none-may-be-lacking"),
        pytest.param(Drop(0, 100), 100, 0, False, id="all-may-be-lacking"),
    ],
)
def test_what_is_a_drop(drop: Drop, before: int, now: int, *, expected: bool) -> None:
    assert dropped(drop, before, now) is expected


def read(records: int, last: LastRead | None, days: float, rules: SourceRules | None = None) -> History:
    history = History("t", at(days), last_reads={"hr": last} if last else {})
    return weighed(history, {"hr": records}, [rules or source()])


LOW = LastRead(100, AT, Lower(40, 1, at(1)))


@pytest.mark.parametrize(
    ("records", "last", "days", "expected", "doubted"),
    [
        pytest.param(100, None, 1, LastRead(100, at(1)), False, id="the-first"),
        pytest.param(90, LastRead(100, AT), 1, LastRead(90, at(1)), False, id="a-few-fewer"),
        pytest.param(40, LastRead(100, AT), 1, LOW, True, id="many-fewer"),
        pytest.param(
            41, LOW, 1.5, LastRead(100, AT, Lower(41, 2, at(1))), True, id="as-few-for-a-second-time"
        ),
        pytest.param(
            41,
            LastRead(100, AT, Lower(40, 2, at(1))),
            1.5,
            LastRead(100, AT, Lower(41, 3, at(1))),
            True,
            id="often-enough-and-not-for-long-enough",
        ),
        pytest.param(
            41, LOW, 9, LastRead(100, AT, Lower(41, 2, at(1))), True, id="long-enough-and-not-often-enough"
        ),
        pytest.param(
            41, LastRead(100, AT, Lower(40, 2, at(1))), 2, LastRead(41, at(2)), False, id="it-has-stood"
        ),
        pytest.param(
            20,
            LastRead(100, AT, Lower(40, 2, at(1))),
            2,
            LastRead(100, AT, Lower(20, 1, at(2))),
            True,
            id="fewer-still-begins-anew",
        ),
        pytest.param(95, LOW, 2, LastRead(95, at(2)), False, id="it-has-recovered"),
        pytest.param(
            41,
            LastRead(100, AT, Lower(40, 2, at(5))),
            2,
            LastRead(100, AT, Lower(41, 3, at(5))),
            True,
            id="a-clock-that-went-back-shortens-nothing",
        ),
    ],
)
def test_a_read_is_held_against_the_last_that_was_believed(
    records: int, last: LastRead | None, days: float, expected: LastRead, *, doubted: bool
) -> None:
    found = read(records, last, days)
    assert found.last_reads["hr"] == expected
    assert bool(found.compared["hr"].dropped) is doubted
    assert found.compared["hr"].before == (last.records if last else None)


def test_a_drop_is_told_with_both_numbers_and_how_long_it_has_stood() -> None:
    assert read(41, LOW, 1.99).compared["hr"] == ComparedRead(
        100,
        "the read holds 41 records, and the last good one held 100 (59 % fewer); so few have stood for "
        "2 of 3 reads and 0.9 of 1 days",
    )


def test_a_drop_that_the_manifest_accepts_is_the_new_number_and_still_told() -> None:
    found = read(40, LastRead(100, AT), 1, source("hr", None, Doubt.DROPPED))
    assert found.last_reads["hr"] == LastRead(40, at(1))
    assert found.compared["hr"].dropped.startswith("the read holds 40 records")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(0, "0", id="none"),
        pytest.param(0.99, "0.9", id="not-quite-one"),
        pytest.param(1, "1", id="one"),
        pytest.param(12.34, "12.3", id="many"),
    ],
)
def test_days_are_never_rounded_up(days: float, expected: str) -> None:
    assert tenths(days) == expected
