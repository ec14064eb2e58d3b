"""An approval by the forge's reviewers ends in our own file, or in none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.cli.app import run
from reconciler.forge.body import waivers
from reconciler.forge.port import Approver
from reconciler.planfile import read_approval
from support.github import REPOSITORY, GitHub
from support.https import HttpsServer
from support.project import Project


@pytest.fixture
def github(https_server: Callable[..., HttpsServer], monkeypatch: pytest.MonkeyPatch) -> GitHub:
    forge = GitHub()
    forge.server = https_server(forge.answer, tls=False)
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_TOKEN": forge.token({"actions": "read"}),
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_RUN_ID": "99",
        "GITHUB_API_URL": forge.server.url,
    }.items():
        monkeypatch.setenv(name, value)
    return forge


def _review(
    login: str, state: str = "approved", environment: str = "myq", comment: str = ""
) -> dict[str, Any]:
    return {
        "user": {"login": login},
        "state": state,
        "environments": [{"name": environment}],
        "comment": comment,
    }


def _approve(project: Project) -> int:
    plan = project.planned(code=3)
    out = str(project.path("run.approval.json"))
    return run(["forge", "approve", plan, "--environment", "myq", "--out", out])


def test_those_who_reviewed_stand_in_the_approval_with_what_they_waived(
    project: Project, github: GitHub
) -> None:
    words = "looks right\nwaive identities-moved: Nadia took over the desk"
    github.approvals[99] = [
        _review("ada"),
        _review("eva", comment=words),
        _review("tom", environment="other"),
    ]
    assert _approve(project) == 0
    approval = read_approval(project.path("run.approval.json")).approval
    assert approval.approved_by == "github:ada (myq), github:eva (myq)"
    assert approval.waived == {"identities-moved": "Nadia took over the desk (eva)"}
    project("apply", "--approval", str(project.path("run.approval.json")))
    assert project.ids() == []


@pytest.mark.parametrize(
    "reviews",
    [
        pytest.param([], id="nobody"),
        pytest.param([_review("ada", environment="other")], id="of-another-environment"),
        pytest.param([_review("ada"), _review("eva", "rejected")], id="one-of-them-refused"),
        pytest.param([_review("ada", "pending")], id="nobody-yet"),
    ],
)
def test_where_nobody_approved_there_is_no_approval(
    reviews: list[dict[str, Any]], project: Project, github: GitHub
) -> None:
    github.approvals[99] = reviews
    assert _approve(project) == 4
    assert not project.path("run.approval.json").exists()


def test_an_answer_that_is_no_list_approves_nothing(project: Project, github: GitHub) -> None:
    github.approvals[99] = {"message": "hello"}
    assert _approve(project) == 1
    assert not project.path("run.approval.json").exists()


def test_an_unknown_guard_cannot_be_waived(project: Project, github: GitHub) -> None:
    github.approvals[99] = [_review("ada", comment="waive everything: because")]
    assert _approve(project) == 64
    assert not project.path("run.approval.json").exists()


@pytest.mark.parametrize(
    ("words", "waived"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param("waive removals: term ends", {"removals": "term ends (ada)"}, id="one"),
        pytest.param(
            "waive removals: a\r\n waive creates: b ",
            {"removals": "a (ada)", "creates": "b (ada)"},
            id="two",
        ),
        pytest.param("please waive removals: a", {}, id="in-a-sentence"),
        pytest.param("waive removals:", {}, id="without-a-reason"),
        pytest.param("waive removals", {}, id="without-a-colon"),
    ],
)
def test_waivers_are_lines_of_their_own(words: str, waived: dict[str, str]) -> None:
    assert waivers((Approver("ada", words=words),)) == waived
