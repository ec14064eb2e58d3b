"""``plan --base``, as a person uses it on a branch."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from support.project import Project


def git(project: Project, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *words], cwd=project.folder, capture_output=True, check=True)  # noqa: S607  git of the PATH


@pytest.fixture
def branch(project: Project) -> Project:
    """The example with one changed line, on a branch of its own."""
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "so far")
    git(project, "checkout", "-qb", "capitals")
    project.manifest("people.yaml", "filters: [lower]", "filters: [upper]")
    git(project, "commit", "-qam", "capitals")
    return project


def test_the_plan_leads_with_what_the_branch_causes(branch: Project) -> None:
    told = branch("plan", "--base", "main", code=3).out
    assert told.startswith("These manifests cause 20 of 24 changes on the MyQ server printing (")
    assert "\nHeld against main (" in told
    assert "): 13 changes would not be there without these manifests, 7 would do something else, " in told
    assert "  sources.d/people.yaml:16:5: change email of 18 accounts; " in told
    assert told.index("~ Update 18 accounts") < told.index("- Anyway: deactivate 1 account")


def test_a_comment_folds_away_what_would_come_anyway(branch: Project) -> None:
    told = branch("plan", "--base", "main", "--format", "markdown", code=3).out
    assert "<details><summary>- Anyway: deactivate 1 account" in told
    assert "### ~ Update 18 accounts" in told


def test_a_stored_plan_tells_it_again(branch: Project) -> None:
    plan = branch.planned("--base", "main")
    document = json.loads(Path(plan).read_bytes())
    assert document["attribution"]["base"] == "main"
    assert branch("show", plan).out.startswith("These manifests cause 20 of 24 changes")
    branch("approve", plan, "--waive", "identities-moved", "--reason", "it is meant", "--by", "b@example.org")


def test_a_base_that_is_not_there_is_a_wrong_command_line(branch: Project) -> None:
    ended = branch("plan", "--base", "origin/main", code=64)
    assert "origin/main is neither a folder nor a git ref" in ended.err
    assert "git fetch" in ended.err


def test_a_run_against_a_base_counts_nobody_as_missing(branch: Project) -> None:
    branch("plan", "--base", "main", code=3)
    assert not branch.path(".reconciler").exists()
