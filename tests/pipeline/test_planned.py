"""Up to the plan: what is read in which order, what is kept as evidence, and what ends it early."""

from __future__ import annotations

import gc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from reconciler.core.model import Fact
from reconciler.core.times import stamp
from reconciler.errors import ManifestError, ReconcilerError, SourceError, TargetError
from reconciler.pipeline.plan import Run, make_plan

HEADER = "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN"
NOW = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
TARGET = """apiVersion: myq.reconciler/v1
kind: Target
metadata: {name: printing}
spec: {read: csv, csv: {export: export.csv}, identity: the server}
---
apiVersion: myq.reconciler/v1
kind: Policy
metadata: {name: default}
spec: {planHours: 3}
"""
SOURCE = """apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: %(name)s}
spec:
  type: csv
  file: %(name)s.csv
  mapping: {userName: USERNAME, fullName: FULLNAME}
  options: {addNewUsers: true}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of two sources and an export."""
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "sources.d" / "target.yaml").write_text(TARGET, encoding="utf-8")
    for name in ("hr", "lab"):
        (tmp_path / "sources.d" / f"{name}.yaml").write_text(SOURCE % {"name": name}, encoding="utf-8")
        (tmp_path / f"{name}.csv").write_text(f"{HEADER}\nOf {name},{name},,,,,,\n", encoding="utf-8")
    (tmp_path / "export.csv").write_text(f"{HEADER}\nOf hr,hr,,,,,,\n", encoding="utf-8")
    return tmp_path


def test_a_plan_says_of_what_and_when_it_was_made(folder: Path) -> None:
    plan = make_plan(Run(folder, NOW)).plan
    assert [change.id for change in plan.changes] == ["create/lab"]
    assert (plan.target.name, plan.target.identity, plan.target.writable) == ("printing", "the server", False)
    assert (plan.stamp.created, plan.stamp.expires) == ("2026-01-05T06:00:00Z", "2026-01-05T09:00:00Z")
    assert plan.stamp.manifests.startswith("sha256:")
    assert plan.stamp.tool == "0.1.0"


def test_every_source_leaves_its_evidence(folder: Path) -> None:
    evidence = make_plan(Run(folder, NOW)).plan.evidence
    assert [(one.source, one.kind, one.synchronization_source, one.records) for one in evidence] == [
        ("hr", "csv", "hr", 1),
        ("lab", "csv", "lab", 1),
    ]
    assert Fact("end of file", "reached") in evidence[0].facts


def test_what_is_being_read_is_said_as_it_is_read(folder: Path) -> None:
    said: list[str] = []
    make_plan(Run(folder, NOW, said.append))
    assert said == ["reading hr", "reading lab", "reading printing"]


def test_the_records_of_those_who_are_watched_are_kept(folder: Path) -> None:
    spelled = make_plan(Run(folder, NOW, watched=frozenset({"lab", "nobody"}))).spelled
    assert spelled == {"lab": {"lab": {"userName": "lab", "fullName": "Of lab"}}, "nobody": {}}


def _no_manifests(folder: Path) -> None:
    (folder / "sources.d" / "hr.yaml").write_text("kind: Sauce", encoding="utf-8")


def _no_source(folder: Path) -> None:
    (folder / "hr.csv").unlink()


def _half_a_source(folder: Path) -> None:
    (folder / "lab.csv").write_text(f"{HEADER}\nOf lab,lab", encoding="utf-8")


def _no_export(folder: Path) -> None:
    (folder / "export.csv").unlink()


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        pytest.param(_no_manifests, ManifestError, [], id="nothing-is-read-by-wrong-manifests"),
        pytest.param(_no_source, SourceError, ["reading hr"], id="the-first-source-ends-it"),
        pytest.param(_half_a_source, SourceError, ["reading hr", "reading lab"], id="half-a-source-ends-it"),
        pytest.param(
            _no_export, TargetError, ["reading hr", "reading lab", "reading printing"], id="no-server-ends-it"
        ),
    ],
)
def test_a_doubt_ends_the_run_where_it_arises(
    folder: Path, spoil: Callable[[Path], None], error: type[ReconcilerError], said: list[str]
) -> None:
    spoil(folder)
    heard: list[str] = []
    with pytest.raises(error):
        make_plan(Run(folder, NOW, heard.append))
    assert heard == said
    assert gc.isenabled()


def test_the_collector_is_on_again_after_a_plan(folder: Path) -> None:
    make_plan(Run(folder, NOW))
    assert gc.isenabled()


def test_moments_are_told_in_utc_to_the_second() -> None:
    prague = timezone(timedelta(hours=2))
    assert stamp(datetime(2026, 7, 1, 1, 2, 3, 999_999, tzinfo=prague)) == "2026-06-30T23:02:03Z"
