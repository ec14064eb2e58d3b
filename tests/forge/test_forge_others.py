"""GitLab and Azure DevOps: the same questions, asked in their words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.cli.app import run
from reconciler.forge.body import marker
from reconciler.forge.detect import this_forge
from reconciler.forge.port import Approver
from support.azure import TOKEN as AZURE_TOKEN
from support.azure import Azure
from support.gitlab import TOKEN as GITLAB_TOKEN
from support.gitlab import GitLab
from support.https import HttpsServer

HEAD = "a" * 40


@pytest.fixture
def gitlab(https_server: Callable[..., HttpsServer], monkeypatch: pytest.MonkeyPatch) -> GitLab:
    """GitLab, and this process as one of its jobs."""
    forge = GitLab()
    forge.server = https_server(forge.answer, tls=False)
    _enter(
        monkeypatch,
        GITLAB_CI="true",
        GITLAB_TOKEN=GITLAB_TOKEN,
        CI_API_V4_URL=f"{forge.server.url}/api/v4",
        CI_PROJECT_ID="1",
        CI_JOB_ID="31",
        CI_MERGE_REQUEST_IID="7",
        CI_PIPELINE_URL="https://gitlab.example/pipeline",
    )
    return forge


@pytest.fixture
def azure(https_server: Callable[..., HttpsServer], monkeypatch: pytest.MonkeyPatch) -> Azure:
    """Azure DevOps, and this process as one of its jobs."""
    forge = Azure()
    forge.server = https_server(forge.answer, tls=False)
    _enter(
        monkeypatch,
        TF_BUILD="True",
        SYSTEM_ACCESSTOKEN=AZURE_TOKEN,
        SYSTEM_COLLECTIONURI=f"{forge.server.url}/org/",
        SYSTEM_TEAMPROJECTID="project",
        SYSTEM_STAGENAME="Apply",
        SYSTEM_PULLREQUEST_PULLREQUESTID="7",
        BUILD_BUILDID="99",
        BUILD_REPOSITORY_ID="repo",
    )
    return forge


def _enter(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for sign in ("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD"):
        monkeypatch.delenv(sign, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.md"
    path.write_text("first\n", encoding="utf-8")
    return path


def test_a_note_is_posted_once_and_then_renewed(gitlab: GitLab, report: Path) -> None:
    gitlab.notes.append({"id": 1, "author": {"id": 9}, "body": f"{marker('plan')}\ntheirs"})
    assert run(["forge", "comment", str(report)]) == 0
    report.write_text("second\n", encoding="utf-8")
    assert run(["forge", "comment", str(report)]) == 0
    assert [one["body"] for one in gitlab.notes] == [
        f"{marker('plan')}\ntheirs",
        f"{marker('plan')}\nsecond\n",
    ]


def test_a_thread_is_opened_once_and_then_renewed(azure: Azure, report: Path) -> None:
    azure.threads.append({"id": 1, "comments": []})
    theirs = {"id": 1, "author": {"id": "them"}, "content": f"{marker('plan')}\ntheirs"}
    azure.threads.append({"id": 2, "comments": [theirs]})
    assert run(["forge", "comment", str(report)]) == 0
    report.write_text("second\n", encoding="utf-8")
    assert run(["forge", "comment", str(report)]) == 0
    ours = [one["comments"][0]["content"] for one in azure.threads[2:]]
    assert ours == [f"{marker('plan')}\nsecond\n"]
    assert theirs["content"].endswith("theirs")


def test_gitlab_tells_who_approved_the_deployment_and_when(gitlab: GitLab) -> None:
    said = {"user": {"username": "ada"}, "status": "approved", "created_at": "2026-01-02T03:04:05Z"}
    gitlab.deployments += [
        {"id": 1, "deployable": None},
        {"id": 2, "deployable": {"id": 30}, "approvals": [said]},
        {"id": 3, "deployable": {"id": 31}, "approvals": [said | {"comment": "fine"}]},
    ]
    with this_forge() as there:
        assert there.approvers("myq") == (Approver("ada", "2026-01-02T03:04:05Z", "fine"),)


@pytest.mark.parametrize(
    "deployments",
    [
        pytest.param([], id="none"),
        pytest.param([{"id": 1, "deployable": {"id": 31}, "approvals": None}], id="nobody-had-to"),
        pytest.param(
            [
                {
                    "id": 1,
                    "deployable": {"id": 31},
                    "approvals": [
                        {"user": {"username": "ada"}, "status": "approved"},
                        {"user": {"username": "eva"}, "status": "rejected"},
                    ],
                }
            ],
            id="somebody-refused",
        ),
    ],
)
def test_gitlab_tells_of_nobody(gitlab: GitLab, deployments: list[dict[str, object]]) -> None:
    gitlab.deployments += deployments
    with this_forge() as there:
        assert there.approvers("myq") == ()


STAGES = [
    {"id": "s1", "type": "Stage", "identifier": "Apply", "parentId": None},
    {"id": "s2", "type": "Stage", "identifier": "Other", "parentId": None},
    {"id": "c1", "type": "Checkpoint", "identifier": "Checkpoint", "parentId": "s1"},
    {"id": "a1", "type": "Checkpoint.Approval", "identifier": "x", "parentId": "c1"},
    {"id": "a2", "type": "Checkpoint.Approval", "identifier": "y", "parentId": "s2"},
]


def _approval(status: str, **step: str) -> dict[str, object]:
    who = {"displayName": "Ada", "uniqueName": "ada@uni.example"}
    return {"status": status, "steps": [{"actualApprover": who, "status": status, **step}]}


def test_azure_tells_who_approved_this_stage_and_when(azure: Azure) -> None:
    azure.records += STAGES
    azure.approvals["a1"] = _approval("approved", lastModifiedOn="2026-01-02T03:04:05Z", comment="fine")
    with this_forge() as there:
        assert there.approvers("myq") == (Approver("ada@uni.example", "2026-01-02T03:04:05Z", "fine"),)


def test_azure_tells_of_nobody_where_somebody_did_not_approve(azure: Azure) -> None:
    azure.records += STAGES
    azure.approvals["a1"] = _approval("rejected")
    with this_forge() as there:
        assert there.approvers("myq") == ()


def test_azure_tells_of_nobody_where_nobody_had_to(azure: Azure) -> None:
    azure.records += STAGES[:2]
    with this_forge() as there:
        assert there.approvers("myq") == ()


def test_the_issue_of_gitlab_is_opened_renewed_and_closed(gitlab: GitLab, report: Path) -> None:
    assert run(["forge", "issue"]) == 0
    assert run(["forge", "issue", str(report)]) == 0
    assert run(["forge", "issue", str(report), "--title", "Still"]) == 0
    (issue,) = gitlab.issues
    assert (issue["title"], issue["state"]) == ("Still", "opened")
    assert run(["forge", "issue"]) == 0
    assert issue["state"] == "closed"


def test_the_work_item_of_azure_is_opened_renewed_and_closed(azure: Azure, report: Path) -> None:
    assert run(["forge", "issue"]) == 0
    assert run(["forge", "issue", str(report)]) == 0
    assert run(["forge", "issue", str(report), "--title", "Still"]) == 0
    (item,) = azure.items
    assert (item["System.Title"], item["System.State"]) == ("Still", "To Do")
    assert run(["forge", "issue"]) == 0
    assert item["System.State"] == "Done"


def test_gitlab_gives_the_plan_of_the_newest_pipeline_of_the_head(gitlab: GitLab, tmp_path: Path) -> None:
    gitlab.pipelines += [{"id": 1, "sha": HEAD}, {"id": 2, "sha": HEAD}, {"id": 3, "sha": "b" * 40}]
    kept = {"name": "reconciler-plan", "artifacts_file": {"filename": "artifacts.zip"}}
    gitlab.jobs = {1: [{"id": 11, **kept}], 2: [{"id": 21, "name": "reconciler-plan"}, {"id": 22, **kept}]}
    gitlab.files = {"22/artifacts/plan.json": b"right"}
    out = tmp_path / "plan.json"
    assert run(["forge", "fetch", "reconciler-plan", "--out", str(out)]) == 0
    assert out.read_bytes() == b"right"


def test_a_plan_that_gitlab_does_not_have_is_told(
    gitlab: GitLab, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    gitlab.pipelines += [{"id": 1, "sha": HEAD}]
    assert run(["forge", "fetch", "reconciler-plan", "--out", str(tmp_path / "plan.json")]) == 1
    assert "no job 'reconciler-plan'" in capfd.readouterr().err


def test_azure_has_no_merge_queue(azure: Azure, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    del azure
    assert run(["forge", "fetch", "plan", "--out", str(tmp_path / "plan.json")]) == 1
    assert "Azure DevOps has no merge queue" in capfd.readouterr().err


def test_the_run_is_linked(gitlab: GitLab) -> None:
    del gitlab
    with this_forge() as there:
        assert there.run_url == "https://gitlab.example/pipeline"


def test_the_run_of_azure_is_linked(azure: Azure) -> None:
    with this_forge() as there:
        assert there.run_url == f"{azure.server.url}/org/project/_build/results?buildId=99"
