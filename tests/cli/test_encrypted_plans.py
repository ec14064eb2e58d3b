"""Plans and results that only some people can open, from the command line."""

from __future__ import annotations

from pathlib import Path

import pyrage
import pytest

from reconciler.planfile.sealed import is_sealed
from support.project import Project

ALICE = pyrage.x25519.Identity.generate()
PUBLIC = str(ALICE.to_public())
WAIVED = ("--waive", "identities-moved", "--reason", "the desk has a new owner")


@pytest.fixture
def sealed(project: Project, monkeypatch: pytest.MonkeyPatch) -> str:
    """An encrypted plan, and its identity in the environment."""
    monkeypatch.setenv("AGE_IDENTITY", str(ALICE))
    return project.planned("--encrypt-to", PUBLIC, code=3)


def test_the_whole_way_goes_with_encrypted_files(project: Project, sealed: str) -> None:
    assert is_sealed(Path(sealed).read_bytes())
    opened = ("--identity", "env:AGE_IDENTITY")
    assert "nadia.petrova" in project("show", sealed, *opened).out
    project("verify", sealed, *opened)
    approval, result = str(project.path("a.approval.json")), project.path("a.result.json")
    project("approve", sealed, "--out", approval, "--by", "colleague", *WAIVED, *opened)
    project("apply", "--approval", approval, "--result", str(result), "--encrypt-to", PUBLIC)
    assert is_sealed(result.read_bytes())
    assert project.ids() == []


def test_without_the_identity_nothing_is_shown(project: Project, sealed: str) -> None:
    ended = project("show", sealed, code=1)
    assert ended.out == ""
    assert "the file is encrypted, and there is no identity to open it with" in ended.err
    assert "--identity" in ended.err


def test_an_identity_that_is_not_there_is_told(project: Project, sealed: str) -> None:
    assert (
        "the secret env:NOBODY is not set" in project("show", sealed, "--identity", "env:NOBODY", code=6).err
    )


def test_a_recipient_that_is_none_ends_the_run_before_anything_is_read(project: Project) -> None:
    ended = project("plan", "--out", str(project.path("a.plan.json")), "--encrypt-to", "alice", code=1)
    assert "'alice' is no recipient" in ended.err
    assert project.myq.requests() == []


def test_a_folder_of_approvals_may_hold_old_ones(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project.path("approvals")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    project(
        "approve", project.planned(code=3), "--out", str(folder / "old.approval.json"), "--by", "colleague"
    )
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    plan = project.planned(code=3)
    project("approve", plan, "--out", str(folder / "new.approval.json"), "--by", "colleague", *WAIVED)
    ended = project("apply", "--approval", str(folder))
    assert "old.approval.json expired at " in ended.err
    assert project.ids() == []
