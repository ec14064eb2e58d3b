"""``snapshot``, and plans from what it wrote, as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.project import Project

MONDAY, THURSDAY = "1790000000", "1790260000"


@pytest.fixture
def snapshot(project: Project, monkeypatch: pytest.MonkeyPatch) -> str:
    """A snapshot of the example, taken on a Monday."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", MONDAY)
    where = str(project.path("snap"))
    project("snapshot", where)
    return where


def test_it_says_what_it_recorded(project: Project) -> None:
    told = project("snapshot", str(project.path("snap"))).out.splitlines()
    assert told[:3] == ["badges: 13 records", "people: 21 records", "MyQ: 22 accounts"]
    assert told[3].startswith(f"{project.path('snap')}: ")


@pytest.mark.parametrize(
    ("epoch", "age"),
    [
        (MONDAY, "taken 2026-09-21T14:13:20Z, 0 seconds before the plan.\n"),
        ("1790000059", "59 seconds before the plan.\n"),
        ("1790000060", "1 minute before the plan.\n"),
        ("1790007200", "2 hours before the plan.\n"),
        (THURSDAY, "3 days before the plan. Much may have changed since; apply reads everything afresh.\n"),
        ("1780000000", "0 seconds before the plan.\n"),
    ],
)
def test_a_plan_says_from_when_its_reads_are(
    project: Project, snapshot: str, epoch: str, age: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert age in project("plan", "--snapshot", snapshot, code=3).out


def test_a_stored_plan_and_its_comment_say_it_too(project: Project, snapshot: str) -> None:
    plan = project.planned("--snapshot", snapshot)
    assert json.loads(Path(plan).read_bytes())["recorded"] == "2026-09-21T14:13:20Z"
    for form in ("text", "markdown"):
        assert "From recorded reads" in project("show", plan, "--format", form).out


def test_a_plan_from_a_snapshot_can_be_approved_and_applied_to_what_is_there_now(
    project: Project, snapshot: str
) -> None:
    plan = project.planned("--snapshot", snapshot)
    approval = str(project.path("an.approval.json"))
    waiver = ["--waive", "identities-moved", "--reason", "the desk moved"]
    project("approve", plan, "--out", approval, "--by", "colleague@uni.example", *waiver)
    project("apply", "--approval", approval)
    assert project("plan", "--detailed-exitcode").out.startswith("Nothing to do")


def test_a_snapshot_that_was_cut_off_is_an_incomplete_read(project: Project, snapshot: str) -> None:
    file = Path(snapshot) / "source-people.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-1])
    for command in (["plan"], ["verify", str(project.path("a.plan.json"))]):
        project.planned()
        ended = project(*command, "--snapshot", snapshot, code=6)
        assert "it was cut off, edited, or belongs to another snapshot" in ended.err
        assert "hint: take a new one" in ended.err


def test_a_folder_that_is_no_snapshot_is_named(project: Project) -> None:
    ended = project("plan", "--snapshot", str(project.path("sources.d")), code=6)
    assert "this is no snapshot: snapshot.json cannot be read" in ended.err


def test_a_folder_that_is_there_is_not_written_into(project: Project, snapshot: str) -> None:
    assert "is there already" in project("snapshot", snapshot, code=64).err


@pytest.mark.parametrize("word", ["EMAIL", "people:", ":EMAIL", "nobody:EMAIL"])
def test_what_to_record_besides_names_a_source_and_an_attribute(project: Project, word: str) -> None:
    assert "SOURCE:ATTRIBUTE" in project("snapshot", str(project.path("snap")), "--also", word, code=64).err


def test_more_or_less_can_be_recorded(project: Project) -> None:
    where = project.path("snap")
    project(
        "snapshot", str(where), "--mapped-only", "--also", "people:USERNAME_ALIASES", "--also", "people:CODE"
    )
    parts = json.loads((where / "snapshot.json").read_bytes())["sources"]
    (people,) = [part["attributes"] for part in parts if part["name"] == "people"]
    assert people[-1] == "USERNAME_ALIASES"
    assert people.count("CODE") == 1


def test_the_environment_may_name_the_snapshot(
    project: Project, snapshot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_SNAPSHOT", snapshot)
    assert "From recorded reads" in project("plan", code=3).out
