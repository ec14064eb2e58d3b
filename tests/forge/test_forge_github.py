"""What is said to GitHub, and what is believed of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reconciler.cli.app import run
from reconciler.forge.body import marker
from support.github import REPOSITORY, GitHub
from support.https import HANG_UP, HttpsServer, Reply

HEAD = "a" * 40
ALL = {"pull-requests": "write", "issues": "write", "actions": "read"}
Job = Callable[..., None]


@pytest.fixture
def github(https_server: Callable[..., HttpsServer]) -> GitHub:
    forge = GitHub()
    forge.server = https_server(forge.answer, tls=False)
    return forge


@pytest.fixture
def job(github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """Make this process a job of the repository, for an event, with a token of these permissions."""

    def enter(
        event: Mapping[str, object] = {"pull_request": {"number": 7}},
        permissions: Mapping[str, str] = ALL,
    ) -> None:
        (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")
        for name, value in {
            "GITHUB_ACTIONS": "true",
            "GITHUB_TOKEN": github.token(permissions),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "99",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_API_URL": github.server.url,
        }.items():
            monkeypatch.setenv(name, value)

    return enter


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.md"
    path.write_text("**2 changes needed**\n", encoding="utf-8")
    return path


def test_a_comment_is_posted_once_and_then_renewed(github: GitHub, job: Job, report: Path) -> None:
    job()
    assert run(["forge", "comment", str(report)]) == 0
    report.write_text("**nothing to do**\n", encoding="utf-8")
    assert run(["forge", "comment", str(report)]) == 0
    assert [one["body"] for one in github.comments[7]] == [f"{marker('plan')}\n**nothing to do**\n"]


def test_a_comment_with_another_marker_is_another_comment(github: GitHub, job: Job, report: Path) -> None:
    job()
    assert run(["forge", "comment", str(report)]) == 0
    assert run(["forge", "comment", str(report), "--marker", "plan of berlin"]) == 0
    assert len(github.comments[7]) == 2


def test_a_person_who_writes_our_marker_keeps_their_comment(github: GitHub, job: Job, report: Path) -> None:
    job()
    theirs = {"id": 1, "body": f"{marker('plan')}\nmine", "user": {"login": "mallory", "type": "User"}}
    github.comments[7] = [theirs]
    assert run(["forge", "comment", str(report)]) == 0
    assert [one["user"]["type"] for one in github.comments[7]] == ["User", "Bot"]
    assert github.comments[7][0]["body"].endswith("mine")


def test_our_comment_is_found_behind_a_hundred_others(github: GitHub, job: Job, report: Path) -> None:
    job()
    other = {"body": "well", "user": {"login": "ada", "type": "User"}}
    github.comments[7] = [{"id": 1000 + at, **other} for at in range(150)]
    assert run(["forge", "comment", str(report)]) == 0
    assert run(["forge", "comment", str(report)]) == 0
    assert len(github.comments[7]) == 151


def test_a_report_that_is_too_long_is_cut_between_rows_and_says_so(
    github: GitHub, job: Job, report: Path
) -> None:
    job()
    rows = "".join(f"- update/user{number} of a long report\n" for number in range(5000))
    report.write_text(f"head\n<details>\n{rows}</details>\n", encoding="utf-8")
    assert run(["forge", "comment", str(report)]) == 0
    (posted,) = github.comments[7]
    assert len(posted["body"]) < 65_536
    lines = posted["body"].splitlines()
    assert "</details>" in lines
    assert all(line.endswith("of a long report") for line in lines if line.startswith("- "))
    assert "The whole report is among the artifacts" in lines[-1]


def test_a_merge_queue_knows_its_pull_request(github: GitHub, job: Job, report: Path) -> None:
    job({"merge_group": {"head_ref": f"refs/heads/gh-readonly-queue/main/pr-12-{HEAD}"}})
    assert run(["forge", "comment", str(report)]) == 0
    assert list(github.comments) == [12]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"ref": "refs/heads/main"}, id="a-push"),
        pytest.param({"merge_group": {"head_ref": "refs/heads/somewhere"}}, id="a-queue-of-another-name"),
    ],
)
def test_a_run_about_no_pull_request_has_nowhere_to_comment(
    event: dict[str, object], job: Job, report: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    job(event)
    assert run(["forge", "comment", str(report)]) == 1
    assert "this run is about no pull request" in capfd.readouterr().err


def test_an_event_that_cannot_be_read_is_told(
    job: Job, report: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    job()
    (tmp_path / "event.json").write_text("{", encoding="utf-8")
    assert run(["forge", "comment", str(report)]) == 1
    assert "the event cannot be read" in capfd.readouterr().err


def test_a_token_without_the_permission_is_told_where_to_look(
    job: Job, report: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    job(permissions={"pull-requests": "read"})
    assert run(["forge", "comment", str(report)]) == 1
    told = capfd.readouterr().err
    assert "the forge refuses POST (403): " in told
    assert "permissions of the job's token" in told


def test_the_issue_is_opened_renewed_and_closed(github: GitHub, job: Job, report: Path) -> None:
    job()
    github.pulls[3] = {}
    assert run(["forge", "issue"]) == 0
    assert github.issues == []
    assert run(["forge", "issue", str(report)]) == 0
    report.write_text("worse\n", encoding="utf-8")
    assert run(["forge", "issue", str(report), "--title", "Still"]) == 0
    (issue,) = github.issues
    assert (issue["title"], issue["state"]) == ("Still", "open")
    assert issue["body"] == f"{marker('drift')}\nworse\n"
    assert run(["forge", "issue"]) == 0
    assert issue["state"] == "closed"
    assert run(["forge", "issue", str(report)]) == 0
    assert [one["state"] for one in github.issues] == ["closed", "open"]


def test_the_plan_of_the_newest_commit_is_fetched(github: GitHub, job: Job, tmp_path: Path) -> None:
    job()
    github.pulls[7] = {"head": {"sha": HEAD}}
    github.keep(1, "b" * 40, "plan", {"plan.json": b"of an older commit"})
    github.keep(2, HEAD, "plan", {"plan.json": b"first"})
    github.keep(3, HEAD, "plan", {"plan.json": b"right"})
    github.keep(4, HEAD, "plan", {"plan.json": b"of a fork"}, fork=True)
    assert run(["forge", "fetch", "plan", "--out", str(tmp_path / "plan.json")]) == 0
    assert (tmp_path / "plan.json").read_bytes() == b"right"
    blob = next(one for one in github.server.requests if one.line.startswith("GET /blob"))
    assert blob.headers.get("Authorization") is None


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param(None, "kept the artifact 'plan'", id="nothing-kept"),
        pytest.param({"other.json": b"{}"}, "the artifact does not hold plan.json", id="another-file"),
    ],
)
def test_a_plan_that_is_not_there_is_told(
    files: dict[str, bytes] | None,
    told: str,
    github: GitHub,
    job: Job,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    job()
    github.pulls[7] = {"head": {"sha": HEAD}}
    if files is not None:
        github.keep(3, HEAD, "plan", files)
    assert run(["forge", "fetch", "plan", "--out", str(tmp_path / "plan.json")]) == 1
    assert told in capfd.readouterr().err
    assert not (tmp_path / "plan.json").exists()


def test_what_github_stores_and_does_not_give_is_told(
    github: GitHub, job: Job, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    job()
    github.pulls[7] = {"head": {"sha": HEAD}}
    github.keep(3, HEAD, "plan", {"plan.json": b"{}"})
    github.server.fault("GET /blob", Reply(410, b"expired"))
    assert run(["forge", "fetch", "plan", "--out", str(tmp_path / "plan.json")]) == 1
    assert "the forge refuses GET (410): expired" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        pytest.param(Reply(200, b"<html>"), "is no JSON", id="no-json"),
        pytest.param(Reply(200, b'{"message": "hello"}'), "cannot be understood", id="no-list"),
        pytest.param(Reply(200, b"[1, 2]"), "cannot be understood", id="no-list-of-objects"),
        pytest.param(
            Reply(200, b'[{"body": "<!-- myq-reconciler: plan -->"}]'), "another shape", id="no-user"
        ),
        pytest.param(Reply(200, b""), "cannot be understood", id="nothing"),
    ],
)
def test_an_answer_that_is_none_is_told(
    reply: Reply, told: str, github: GitHub, job: Job, report: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    job()
    github.server.fault("GET .*comments", reply)
    assert run(["forge", "comment", str(report)]) == 1
    assert told in capfd.readouterr().err


def test_a_list_without_an_end_is_given_up(
    github: GitHub, job: Job, report: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    job()
    page = [{"id": at, "body": "", "user": {"type": "User"}} for at in range(100)]
    github.server.fault("GET .*comments", Reply(200, json.dumps(page).encode()), times=1000)
    assert run(["forge", "comment", str(report)]) == 1
    assert "more than 10000 entries" in capfd.readouterr().err


def test_a_comment_whose_answer_never_came_is_not_posted_twice(
    github: GitHub, job: Job, report: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    job()
    github.server.fault("POST .*comments", HANG_UP)
    assert run(["forge", "comment", str(report)]) == 1
    assert "no answer" in capfd.readouterr().err
    assert len(github.server.lines("POST .*comments")) == 1


@pytest.mark.parametrize("url", ["http://github.example/api", "ftp://127.0.0.1", "http://[::1", "nowhere"])
def test_the_token_goes_to_no_address_that_others_can_listen_to(
    url: str, job: Job, report: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    job()
    monkeypatch.setenv("GITHUB_API_URL", url)
    assert run(["forge", "comment", str(report)]) == 1
    assert "the address of the forge is not https" in capfd.readouterr().err


def test_outside_of_a_job_there_is_no_forge(
    report: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert run(["forge", "comment", str(report)]) == 1
    assert "this is no job of" in capfd.readouterr().err
    assert run(["forge", "comment", str(report), "--forge", "github"]) == 1
    assert "GITHUB_TOKEN is not set" in capfd.readouterr().err


def test_a_report_that_is_not_there_is_told(
    tmp_path: Path, job: Job, capfd: pytest.CaptureFixture[str]
) -> None:
    job()
    assert run(["forge", "comment", str(tmp_path / "none.md")]) == 1
    assert "the report cannot be read" in capfd.readouterr().err
