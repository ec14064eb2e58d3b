"""A plan from recorded reads is the plan that the world itself would have given."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.plan import Plan
from reconciler.errors import SnapshotError, SourceError, UsageError
from reconciler.manifest.load import load_project
from reconciler.manifest.models import TargetSpec
from reconciler.pipeline.plan import Run, make_plan
from reconciler.pipeline.reads import target_settings
from reconciler.pipeline.record import Wish, record
from reconciler.planfile import plan_document

NOW = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
HEADER = "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN"
PEOPLE = f"""{HEADER}
Ada Lovelace,"ada,lovelace",ada@example.org,A1,Staff|Research,1001,,"7391,8264"
Bob Harris,bob,bob@example.org,"B1,B2",Staff,1002,,5182
Cy,cy,,,,,,
"""
EXPORT = f"""{HEADER}
Ada,ada,,,,,,
Gone,gone,,,,,,
"""
MANIFESTS = """apiVersion: myq.reconciler/v1
kind: Target
metadata: {name: printing}
spec: {read: csv, csv: {export: export.csv}, identity: the server}
---
apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: hr}
spec:
  type: csv
  file: hr.csv
  mapping:
    userName: USERNAME
    fullName: FULLNAME
    cards: CARDS
    pins: PIN
  options: {addNewUsers: true}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose CSV file has more columns than its mapping needs."""
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "hr.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    manifest(tmp_path)
    return tmp_path


def manifest(folder: Path, old: str = "", new: str = "") -> None:
    """Write the manifests, changed in one place."""
    assert not old or MANIFESTS.count(old) == 1
    text = MANIFESTS.replace(old, new) if old else MANIFESTS
    (folder / "sources.d" / "all.yaml").write_text(text, encoding="utf-8")


def recorded(folder: Path, wish: Wish = Wish()) -> Path:  # noqa: B008  it is frozen
    where = folder / "snap"
    record(Run(folder, NOW), where, wish)
    return where


def document(plan: Plan) -> dict[str, Any]:
    """Return a plan without when its reads were taken."""
    return plan_document(replace(plan, stamp=replace(plan.stamp, recorded="")))


def without_the_world(folder: Path) -> None:
    for name in ("hr.csv", "export.csv"):
        (folder / name).unlink()


def test_the_plan_is_the_same_but_for_when_the_reads_were_taken(folder: Path) -> None:
    live = make_plan(Run(folder, LATER, remember=False)).plan
    snapshot = recorded(folder)
    without_the_world(folder)
    replayed = make_plan(Run(folder, LATER, snapshot=snapshot)).plan
    assert [change.id for change in replayed.changes] == ["create/bob", "create/cy", "update/ada"]
    assert document(replayed) == document(live)
    assert (live.stamp.recorded, replayed.stamp.recorded) == ("", "2026-01-05T06:00:00Z")


def test_what_was_recorded_is_told(folder: Path) -> None:
    told = record(Run(folder, NOW), folder / "snap", Wish())
    assert told.records == {"hr": 3}
    assert told.accounts == 2
    assert told.bytes == sum(file.stat().st_size for file in (folder / "snap").iterdir())


CHANGED: dict[str, tuple[str, str]] = {
    "another-attribute": ("fullName: FULLNAME", "fullName: {from: EMAIL, filters: [{default: x}]}"),
    "one-more-property": ("cards: CARDS", "personalNumber: CODE"),
    "groups": ("cards: CARDS", "groups: GROUPS"),
    "an-option": (
        "addNewUsers: true",
        "addNewUsers: true, convertUserNameToLowercase: true, appendDomainName: x",
    ),
    "no-pins": ("    pins: PIN\n", ""),
    "other-filters-of-pins": ("pins: PIN", "pins: {from: PIN, filters: [strip]}"),
}


@pytest.mark.parametrize(("old", "new"), CHANGED.values(), ids=[*CHANGED])
def test_a_changed_mapping_can_be_planned_from_what_was_recorded_before(
    folder: Path, old: str, new: str
) -> None:
    snapshot = recorded(folder)
    manifest(folder, old, new)
    live = make_plan(Run(folder, LATER, remember=False)).plan
    without_the_world(folder)
    assert document(make_plan(Run(folder, LATER, snapshot=snapshot)).plan) == document(live)


REFUSED: dict[str, tuple[str, str, str]] = {
    "a-pin-as-a-note": ("pins: PIN", "notes: PIN", "the snapshot has no PIN"),
    "pins-from-elsewhere": ("pins: PIN", "pins: CODE", "PINs were counted from 'PIN'"),
    "another-file": ("file: hr.csv", "file: staff.csv", "another definition: file is not"),
    "a-column-of-paths": (
        "options:",
        "groups: {import: [{branches: EMAIL}]}\n  options:",
        "the snapshot has no EMAIL",
    ),
    "another-source": ("metadata: {name: hr}", "metadata: {name: staff}", "no reads of the source staff"),
    "another-server": ("identity: the server", "identity: another", "is of the MyQ server the server"),
    "another-export": ("export: export.csv", "export: users.csv", "csv.export"),
}


@pytest.mark.parametrize(("old", "new", "said"), REFUSED.values(), ids=[*REFUSED])
def test_what_was_not_recorded_is_refused_in_words(folder: Path, old: str, new: str, said: str) -> None:
    snapshot = recorded(folder)
    manifest(folder, old, new)
    with pytest.raises(SnapshotError, match=said) as error:
        make_plan(Run(folder, LATER, snapshot=snapshot))
    assert error.value.exit_code == 6
    assert error.value.hint


def test_pins_that_were_not_counted_cannot_be_planned(folder: Path) -> None:
    manifest(folder, "    pins: PIN\n", "")
    snapshot = recorded(folder)
    manifest(folder)
    with pytest.raises(SnapshotError, match="PINs were not counted"):
        make_plan(Run(folder, LATER, snapshot=snapshot))


def test_a_pin_is_nowhere_in_a_snapshot_and_only_counted(folder: Path) -> None:
    snapshot = recorded(folder)
    held = b"".join(
        gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for file in snapshot.iterdir()
    )
    for pin in (b"7391", b"8264", b"5182"):
        assert pin not in held
    changes = make_plan(Run(folder, LATER, snapshot=snapshot)).plan.changes
    assert {change.id: change.pins for change in changes} == {
        "create/bob": 1,
        "create/cy": 0,
        "update/ada": 0,
    }


def test_several_pins_count_as_several(folder: Path) -> None:
    (folder / "export.csv").write_text(f"{HEADER}\nGone,gone,,,,,,\n", encoding="utf-8")
    planned = make_plan(Run(folder, LATER, snapshot=recorded(folder)))
    assert {change.id: change.pins for change in planned.plan.changes}["create/ada"] == 2
    assert planned.desired.pins["ada"] == ("1", "2")


@pytest.mark.parametrize("name", ["PIN", "pin2", "Kod PIN", "user_pin", "Password", "Heslo", "client secret"])
def test_what_sounds_like_a_secret_is_recorded_only_when_a_mapping_asks_for_it(
    folder: Path, name: str
) -> None:
    (folder / "hr.csv").write_text(f"USERNAME,FULLNAME,{name},PINE\nada,Ada,7391,x\n", encoding="utf-8")
    manifest(folder, "    cards: CARDS\n    pins: PIN\n", "")
    attributes = _attributes(recorded(folder))
    assert (name in attributes, "PINE" in attributes) == (False, True)


def _attributes(snapshot: Path) -> list[str]:
    attributes: list[str] = json.loads((snapshot / "snapshot.json").read_bytes())["sources"][0]["attributes"]
    return attributes


def test_only_what_is_mapped_is_recorded_where_that_is_asked_for(folder: Path) -> None:
    assert _attributes(recorded(folder, Wish(mapped_only=True))) == ["CARDS", "FULLNAME", "USERNAME", "@pins"]


def test_an_attribute_to_come_can_be_asked_for(folder: Path) -> None:
    wish = Wish({"hr": ("EMAIL", "CARDS")}, mapped_only=True)
    assert _attributes(recorded(folder, wish)) == ["CARDS", "FULLNAME", "USERNAME", "EMAIL", "@pins"]


def test_an_attribute_of_an_unknown_source_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="no source is named lab") as error:
        recorded(folder, Wish({"lab": ("EMAIL",)}))
    assert "the sources are hr" in error.value.hint


def _no_source(folder: Path) -> None:
    (folder / "hr.csv").unlink()


def _half_a_source(folder: Path) -> None:
    (folder / "hr.csv").write_text(PEOPLE[:-3], encoding="utf-8")


@pytest.mark.parametrize("spoil", [_no_source, _half_a_source])
def test_a_doubtful_read_makes_no_snapshot(folder: Path, spoil: Callable[[Path], None]) -> None:
    spoil(folder)
    with pytest.raises(SourceError):
        recorded(folder)
    assert not list(folder.glob("*snap*"))


def test_a_read_that_is_not_believed_is_kept_and_not_believed_later(folder: Path) -> None:
    manifest(folder, "  options:", "  expect: {sentinels: [dora]}\n  options:")
    snapshot = recorded(folder)
    with pytest.raises(SourceError, match="dora must be among the records"):
        make_plan(Run(folder, LATER, snapshot=snapshot))


# What decides how the server is read

REST = {"url": "https://myq.example", "client_id": "c", "client_secret": "env:S"}
CSV = {"export": "users.csv"}
SETTINGS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "how-fast": (
        {"rest": REST},
        {"rest": {**REST, "page_size": 7, "concurrency": 1, "timeout_seconds": 3}},
        True,
    ),
    "what-is-so-by-default": (
        {"rest": REST},
        {"rest": {**REST, "scope": "users", "insecure_tls": False}},
        True,
    ),
    "another-address": ({"rest": REST}, {"rest": {**REST, "url": "https://other.example"}}, False),
    "what-is-not-read": ({"rest": REST}, {"rest": REST, "csv": CSV}, True),
    "where-it-is-read": ({"rest": REST, "csv": CSV}, {"rest": REST, "csv": CSV, "read": "csv"}, False),
    "how-it-is-written": ({"rest": REST}, {"rest": REST, "write": "rest"}, True),
    "another-file": ({"csv": CSV, "read": "csv"}, {"csv": {"export": "b.csv"}, "read": "csv"}, False),
    "what-a-column-means": (
        {"csv": CSV, "read": "csv"},
        {"csv": CSV, "read": "csv", "assumptions": {"csv_export_has_synchronization_source": True}},
        False,
    ),
    "what-comes-after": ({"rest": REST}, {"rest": REST, "assumptions": {"aliases_ignore_case": False}}, True),
}


@pytest.mark.parametrize(("one", "other", "same"), SETTINGS.values(), ids=[*SETTINGS])
def test_the_settings_that_decide_how_the_server_is_read(
    one: dict[str, Any],
    other: dict[str, Any],
    same: bool,  # noqa: FBT001  a case says it
) -> None:
    first, second = (target_settings(TargetSpec.model_validate(each)) for each in (one, other))
    assert (first == second) is same


def test_a_snapshot_says_from_what_manifests_it_is(folder: Path) -> None:
    index = json.loads((recorded(folder) / "snapshot.json").read_bytes())
    assert index["manifests"] == load_project(folder).digest
    assert (index["tool"], index["commit"]) == ("0.1.0", "")
