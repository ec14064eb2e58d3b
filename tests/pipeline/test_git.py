"""What git knows of a folder, and what there is to say where it knows nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.pipeline.git import ask


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Joe", "-c", "user.email=joe@uni.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)  # noqa: S607  the one on the path


def test_the_commit_of_a_folder(tmp_path: Path) -> None:
    git(tmp_path, "init")
    assert ask("rev-parse", "HEAD", folder=tmp_path) == ""
    git(tmp_path, "commit", "--allow-empty", "-m", "First")
    assert len(ask("rev-parse", "HEAD", folder=tmp_path)) == 40


def test_a_folder_without_git_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert ask("rev-parse", "HEAD", folder=tmp_path) == ""


def test_without_git_there_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask("config", "user.email", folder=tmp_path) == ""
