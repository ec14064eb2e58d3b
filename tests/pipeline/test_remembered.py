"""What a run remembers of those before it, through the command line, over days."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reconciler.ledger import open_ledger
from support.postgres import Postgres
from support.project import Project

DAY = 86_400
START = 1_790_000_000
GRACE = "  grace: {reads: 0, days: 0}"
WAIVED = ("--waive", "identities-moved", "--reason", "it is meant")

At = Callable[[float], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Set the clock of the runs to so many days after the first."""

    def set_clock(days: float) -> None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(START + round(days * DAY)))

    set_clock(0)
    return set_clock


@pytest.fixture
def patient(project: Project, at: At) -> Project:
    """The example with all its changes applied, and a Policy that lets the missing wait as it is usual."""
    del at
    project("apply", "-a", project.approved(*WAIVED))
    project.manifest("policy.yaml", GRACE, "")
    return project


def leave(project: Project, *names: str) -> None:
    """Take people out of the source."""
    people = project.path("sources.d/data/people.csv")
    lines = people.read_text(encoding="utf-8").splitlines(keepends=True)
    people.write_text(
        "".join(line for line in lines if not any(name in line for name in names)),
        encoding="utf-8",
        newline="\n",
    )


def plan(project: Project, *arguments: str) -> dict[str, Any]:
    out: dict[str, Any] = json.loads(project("plan", "--format", "json", *arguments, code=None).out)
    return out


def waits(of: dict[str, Any]) -> list[str]:
    return [notice["message"].partition("; ")[2] for notice in of["notices"] if notice["kind"] == "withheld"]


def ids(of: dict[str, Any]) -> list[str]:
    return [change["id"] for change in of["changes"]]


def test_who_is_missing_goes_after_two_reads_and_a_day(patient: Project, at: At) -> None:
    leave(patient, "kofi.mensah")
    for days, reads, told in ((0, 1, "0 of 1 day"), (0.3, 2, "0.3 of 1 day"), (0.99, 3, "0.9 of 1 day")):
        at(days)
        found = plan(patient)
        assert ids(found) == []
        assert waits(found) == [f"missing since 2026-09-21T14:13:20Z, {reads} of 2 reads and {told}"]
    at(1)
    assert ids(plan(patient)) == ["deactivate/kofi.mensah"]


def test_who_is_back_for_one_read_is_counted_anew(patient: Project, at: At) -> None:
    people = patient.path("sources.d/data/people.csv")
    everybody = people.read_bytes()
    leave(patient, "kofi.mensah")
    plan(patient)
    at(0.9)
    people.write_bytes(everybody)
    assert waits(plan(patient)) == []
    leave(patient, "kofi.mensah")
    at(1.1)
    assert waits(plan(patient)) == ["missing since 2026-09-22T16:37:20Z, 1 of 2 reads and 0 of 1 day"]


@pytest.mark.parametrize(
    "curious",
    [("plan", "--no-remember"), ("plan", "--no-scripts"), ("verify", "a.plan.json")],
    ids=["no-remember", "no-scripts", "verify"],
)
def test_runs_that_are_only_curious_do_not_count(
    patient: Project, at: At, monkeypatch: pytest.MonkeyPatch, curious: tuple[str, ...]
) -> None:
    monkeypatch.chdir(patient.folder)
    leave(patient, "kofi.mensah")
    patient.planned()
    for days in (1, 2, 3):
        at(days)
        patient(*curious, code=None)
    at(0.5)
    assert waits(plan(patient)) == ["missing since 2026-09-21T14:13:20Z, 2 of 2 reads and 0.5 of 1 day"]


def test_a_source_that_is_defined_otherwise_counts_anew(patient: Project, at: At) -> None:
    leave(patient, "kofi.mensah")
    plan(patient)
    at(2)
    patient.manifest("people.yaml", "fullName: FULLNAME", "fullName: {from: FULLNAME, filters: [strip]}")
    assert waits(plan(patient)) == ["missing since 2026-09-23T14:13:20Z, 1 of 2 reads and 0 of 1 day"]


def test_a_source_that_has_dropped_removes_nobody_until_its_number_has_stood(
    patient: Project, at: At
) -> None:
    patient.manifest("people.yaml", "minimumRecords: 15", "minimumRecords: 5")
    gone = ("kofi", "olu.", "greta", "dmitri", "chloe", "borek", "fatima")
    plan(patient)
    leave(patient, *gone)
    for days, told in ((1, "1 of 3 reads and 0 of 1 days"), (1.5, "2 of 3 reads and 0.5 of 1 days")):
        at(days)
        found = plan(patient)
        assert not [one for one in ids(found) if one.startswith("deactivate")]
        dropped = "the read holds 14 records, and the last good one held 21 (33 % fewer)"
        assert set(waits(found)) == {f"{dropped}; so few have stood for {told}"}
    at(2)
    assert set(waits(plan(patient))) == {"missing since 2026-09-23T14:13:20Z, 1 of 2 reads and 0 of 1 day"}


def test_removals_of_the_last_days_are_added_up(patient: Project, at: At) -> None:
    patient.manifest(
        "policy.yaml", "  guards:\n", "  guards:\n    window: {removals: {count: 1, percent: 0}}\n"
    )
    patient.manifest("policy.yaml", "  protected:", f"{GRACE}\n  protected:")
    at(1)
    leave(patient, "kofi.mensah")
    found = plan(patient)
    tripped = [guard["guard"] for guard in found["guards"] if guard["tripped"]]
    assert tripped == ["removals-window"]  # tom.leaver went yesterday
    approval = patient.approved()
    assert "removals-window: 1 now and 1 in the last 7 days" in patient("apply", "-a", approval, code=3).err
    at(7.1)
    assert not [guard for guard in plan(patient)["guards"] if guard["tripped"]]


def test_a_ledger_that_cannot_be_read_withholds_removals_and_the_plan_says_so(patient: Project) -> None:
    patient.manifest("policy.yaml", "  protected:", f"{GRACE}\n  protected:")
    leave(patient, "kofi.mensah")
    assert ids(plan(patient, "--no-remember")) == ["deactivate/kofi.mensah"]
    ledger = patient.path(".reconciler/ledger.db")
    ledger.write_bytes(b"no ledger" * 1000)
    found = plan(patient)
    assert ids(found) == []
    assert waits(found) == [
        "nobody is removed while the ledger cannot be read: the ledger cannot be used: file is not a database"
    ]
    assert [notice["message"] for notice in found["notices"] if notice["kind"] == "ledger"] == [
        "the ledger cannot be used: file is not a database"
    ]


def test_a_read_that_cannot_be_remembered_is_told(patient: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.ledger.sqlite.PATIENCE", 0.05)
    with closing(sqlite3.connect(patient.path(".reconciler/ledger.db"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = plan(patient)
    assert [notice["message"] for notice in found["notices"] if notice["kind"] == "ledger"] == [
        "this run does not count in it: the ledger cannot be used: database is locked"
    ]


def test_a_run_that_adds_nothing_makes_no_ledger(project: Project) -> None:
    assert [
        notice for notice in plan(project, "--no-remember")["notices"] if notice["kind"] == "ledger"
    ] == []
    plan(project, "--no-remember", "--ledger", "none")
    assert not project.path(".reconciler").exists()


def test_without_a_ledger_the_plan_says_what_is_not_promised(patient: Project) -> None:
    told = patient("plan", "--ledger", "none").out
    assert "Ledger: 1 promise cannot be kept without a ledger" in told
    assert "absences are not counted, a read is not held against the one before" in told


def test_the_ledger_holds_neither_names_nor_cards_nor_pins(patient: Project) -> None:
    leave(patient, "kofi.mensah")
    plan(patient)
    held = b"".join(path.read_bytes() for path in patient.path(".reconciler").glob("ledger.db*"))
    people = (patient.folder / "sources.d" / "data" / "people.csv").read_text(encoding="utf-8")
    badges = (patient.folder / "sources.d" / "data" / "badges.csv").read_bytes().decode("cp1252")
    words = {word for word in f"{people},{badges}".replace("\n", ",").split(",") if len(word) > 5}
    assert len(words) > 50
    assert [word for word in {*words, "kofi.mensah", "tom.leaver"} if word.encode() in held] == []


@pytest.mark.postgres
def test_of_two_machines_that_share_a_ledger_one_applies(
    project: Project, tmp_path_factory: pytest.TempPathFactory, postgres_server: Postgres
) -> None:
    url = postgres_server.database()
    approval = project.approved(*WAIVED)
    elsewhere = tmp_path_factory.mktemp("machine")
    shutil.copytree(project.folder / "sources.d", elsewhere / "sources.d")
    other = Project(elsewhere, project.myq, project.capture)
    before = project.myq.log()
    with closing(open_ledger(url, Path("unused"))) as ledger, ledger.lock(project.myq.url, "printing"):
        ended = other("apply", "-a", approval, "--ledger", url, code=1)
    assert "another run is applying to printing, perhaps on another machine" in ended.err
    assert "kept-to-itself" not in ended.err
    assert project.myq.log() == before
    other("apply", "-a", approval, "--ledger", url)
    assert "nothing was written" in project("apply", "-a", approval, "--ledger", url, code=None).out
    assert not (elsewhere / ".reconciler").exists()
