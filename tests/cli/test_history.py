"""``test --history``: recorded days replayed with the manifests of today."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.cli.app import run

HEADER = "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN"
DAY = 86_400
MONDAY = 1_790_000_000
MANIFESTS = """apiVersion: myq.reconciler/v1
kind: Target
metadata: {name: printing}
spec:
  read: csv
  csv: {export: export.csv}
  assumptions: {csvExportHasSynchronizationSource: true}
  identity: the server
---
apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: hr}
spec:
  type: csv
  file: hr.csv
  expect: {minimumRecords: 20}
  mapping: {userName: USERNAME, fullName: FULLNAME}
  options: {addNewUsers: true, deactivateMissingUsers: true}
---
apiVersion: myq.reconciler/v1
kind: Policy
metadata: {name: all}
spec:
  grace: {reads: 2, days: 1}
"""


class Days:
    """A project, and a folder of snapshots of it that a day after the other is put into."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capture: Callable[[], tuple[str, str]]
    ) -> None:
        self.folder = folder
        self.history = folder / "history"
        self._monkeypatch = monkeypatch
        self._capture = capture
        (folder / "sources.d").mkdir()
        (folder / "sources.d" / "all.yaml").write_text(MANIFESTS, encoding="utf-8")

    def __call__(self, *words: str, code: int = 0) -> str:
        self._capture()
        ended = run([*words, "-C", str(self.folder)])
        out, err = self._capture()
        assert ended == code, f"{out}\n{err}"
        return out + err

    def record(self, name: str, day: int, people: int, held: int = 100) -> None:
        """Record a day on which the source has so many people, and MyQ holds so many of them."""
        rows = [f"P {at},p{at:03},,,,,," for at in range(people)]
        (self.folder / "hr.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
        rows = [f"P {at},p{at:03},,,,,,,hr" for at in range(held)]
        export = "\n".join([f"{HEADER},SYNC_SOURCE", *rows, ""])
        (self.folder / "export.csv").write_text(export, encoding="utf-8")
        self._monkeypatch.setenv("SOURCE_DATE_EPOCH", str(MONDAY + day * DAY))
        self("snapshot", str(self.history / name))

    def test(self, *words: str, code: int = 0) -> str:
        return self("test", "--history", str(self.history), *words, code=code)

    def days(self, *words: str) -> list[dict[str, object]]:
        told: dict[str, list[dict[str, object]]] = json.loads(self.test("--format", "json", *words))
        return told["days"]


@pytest.fixture
def days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Days:
    capture: Callable[[], tuple[str, str]] = capfd.readouterr
    return Days(tmp_path, monkeypatch, capture)


def changes(found: list[dict[str, object]]) -> list[object]:
    return [day["changes"] for day in found]


def test_days_are_replayed_in_the_order_in_which_they_were_taken(days: Days) -> None:
    days.record("later", 1, 100, 98)
    days.record("zuerst", 0, 100, 99)
    found = days.days()
    assert [day["name"] for day in found] == ["zuerst", "later"]
    assert changes(found) == [{"create": 1}, {"create": 2}]


def test_grace_is_counted_over_the_days(days: Days) -> None:
    for day in range(3):
        days.record(f"day{day}", day, 97)
    assert changes(days.days()) == [{}, {"deactivate": 3}, {"deactivate": 3}]


def test_as_if_applied_each_day_begins_where_the_one_before_ended(days: Days) -> None:
    for day, people in enumerate((100, 97, 97, 97, 99)):
        days.record(f"day{day}", day, people, held=90)
    assert changes(days.days()) == [
        {"create": 10},
        {"create": 7},
        {"create": 7},
        {"create": 7},
        {"create": 9},
    ]
    assert changes(days.days("--as-if-applied")) == [
        {"create": 10},
        {},
        {"deactivate": 3},
        {},
        {"reactivate": 2},
    ]


def test_the_day_on_which_a_guard_would_have_tripped_is_named(days: Days) -> None:
    for day, people in enumerate((100, 92, 92, 92)):
        days.record(f"day{day}", day, people)
    told = days.test()
    assert "day2 (2026-09-23T14:13:20Z): deactivate 8 accounts\n  ! removals: 8 of 100 (8 %)" in told
    assert "4 days, 4 of them believed" in told
    assert "  removals would have tripped on 2 days; at most 8 of 100 (8 %)" in told
    policy = (days.folder / "sources.d" / "all.yaml").read_text(encoding="utf-8")
    policy += "  guards: {removals: {count: 8, percent: 8}}\n"
    (days.folder / "sources.d" / "all.yaml").write_text(policy, encoding="utf-8")
    assert "  removals let all pass; at most 8 of 100 (8 %)" in days.test()


def test_slices_add_up_over_days_that_are_taken_as_applied(days: Days) -> None:
    for day, people in enumerate((100, 96, 92, 88, 84, 84)):
        days.record(f"day{day}", day, people)
    assert "removals-window would have tripped" in days.test("--as-if-applied")
    assert "removals would have tripped" not in days.test("--as-if-applied")


def test_a_read_that_would_not_have_been_believed_makes_no_plan_and_counts_for_nobody(days: Days) -> None:
    for day, people in enumerate((100, 10, 99, 99)):
        days.record(f"day{day}", day, people)
    found = days.days()
    assert found[1]["doubt"] == "hr: 10 records were read, and at least 20 are expected"
    assert changes(found) == [{}, {}, {}, {"deactivate": 1}]


def test_nothing_of_a_replay_is_remembered(days: Days) -> None:
    days.record("monday", 0, 97)
    days.test()
    assert not (days.folder / ".reconciler").exists()


def test_the_world_is_not_needed(days: Days) -> None:
    days.record("monday", 0, 100, 99)
    for name in ("hr.csv", "export.csv"):
        (days.folder / name).unlink()
    assert changes(days.days()) == [{"create": 1}]


def test_a_damaged_day_ends_it(days: Days) -> None:
    days.record("monday", 0, 100)
    file = days.history / "monday" / "source-hr.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-1])
    assert "it was cut off, edited, or belongs to another snapshot" in days.test(code=6)


def test_a_day_of_something_else_ends_it(days: Days) -> None:
    days.record("monday", 0, 100)
    text = MANIFESTS.replace("identity: the server", "identity: another")
    (days.folder / "sources.d" / "all.yaml").write_text(text, encoding="utf-8")
    assert "is of the MyQ server the server" in days.test(code=6)


def test_a_folder_that_is_no_snapshot_ends_it(days: Days) -> None:
    days.record("monday", 0, 100)
    (days.history / "tuesday").mkdir()
    assert "this is no snapshot" in days.test(code=6)


def test_without_a_day_there_is_nothing_to_say(days: Days) -> None:
    assert "cannot be read" in days.test(code=64)
    (days.history / ".left.part").mkdir(parents=True)
    assert "there is no snapshot in" in days.test(code=64)


def test_a_format_that_is_none_is_refused(days: Days) -> None:
    assert "json, text" in days.test("--format", "markdown", code=64)


def test_of_several_targets_one_is_replayed(days: Days) -> None:
    second = MANIFESTS.split("---", maxsplit=1)[0].replace("printing", "second").replace("the server", "b")
    text = f"{MANIFESTS}---\n{second.replace('export.csv', 'other.csv')}"
    (days.folder / "sources.d" / "all.yaml").write_text(text, encoding="utf-8")
    header = f"{HEADER},SYNC_SOURCE\nP 0,p000,,,,,,,hr\n"
    (days.folder / "other.csv").write_text(header, encoding="utf-8")
    days.record("monday", 0, 100, 99)
    assert "choose one of the targets" in days.test(code=64)
    assert changes(days.days("--target", "printing")) == [{"create": 1}]
    assert changes(days.days("--target", "second")) == [{"create": 99}]
