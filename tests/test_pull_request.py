"""A pull request from its first plan to its apply, by the workflows as they are written.

Real git, real shell steps, a real simulated MyQ; GitHub is played (support/github.py, support/actions.py).
"""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyrage
import pytest

from reconciler.cli.app import run as reconciler
from reconciler.planfile.sealed import is_sealed
from support.actions import git
from support.repository import NUMBER, Repository

PEOPLE = "sources.d/people.yaml"
AS_IT_IS = "fullName: FULLNAME"
WITH_SITE = 'fullName: "%FULLNAME% (Prague)"'
MARKER = "<!-- myq-reconciler: plan -->"

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def changed(repository: Repository) -> Repository:
    """The repository with a branch that changes a mapping, after somebody has changed one account by hand."""
    by_hand(repository, "ada.lindqvist", "Somebody Else")
    repository.branch("site-in-names")
    repository.write(PEOPLE, AS_IT_IS, WITH_SITE)
    return repository


def by_hand(repository: Repository, name: str, full_name: str) -> None:
    user = account(repository, name)
    repository.myq.call("PATCH", f"/api/v3/users/{user['id']}", {"fullname": full_name})


def account(repository: Repository, name: str) -> dict[str, Any]:
    found = repository.myq.call("GET", f"/api/v3/users/find?username={name}").content["users"]
    user: dict[str, Any] = found[0]
    return user


def full_names(repository: Repository) -> set[str]:
    users = repository.myq.call("GET", "/api/v3/users/all?limit=500").content["users"]
    return {user["fullname"] for user in users if user["syncSource"] == "Personnel" and not user["deleted"]}


def test_what_was_reviewed_is_what_the_merge_does(changed: Repository) -> None:
    ended = changed.pull_request("site-in-names")
    assert {name: one.result for name, one in ended.items()} == {
        "validate": "success",
        "plan": "failure",  # the guard stands in the way, in plain sight
        "comment": "success",
    }
    (comment,) = changed.comments
    assert comment.startswith(MARKER)
    for private in ("Lindqvist", "ada.lindqvist", "uni.example", "1001"):
        assert private not in comment
    assert f"{PEOPLE}:" in comment
    assert "sha256:" in comment
    assert "updates" in comment
    caused, _, anyway = comment.partition("<details>")
    assert "Prague" not in anyway
    assert caused

    changed.write(PEOPLE, WITH_SITE, 'fullName: "%FULLNAME% (Brno)"')
    changed.pull_request("site-in-names")
    (renewed,) = changed.comments
    assert renewed != comment

    changed.approve("colleague", "waive updates: every name gets its site")
    ended = changed.runner.run("apply", changed.merge("site-in-names"))
    assert {name: one.result for name, one in ended.items()} == {"plan": "success", "apply": "success"}
    assert all(name.endswith("(Brno)") for name in full_names(changed))
    run = max(changed.forge.approvals)
    approval = json.loads(changed.forge.kept(run, "result")["run.approval.json"])
    assert approval["approvedBy"] == "github:colleague (myq)"
    assert approval["waived"] == {"updates": "every name gets its site (colleague)"}

    ended = changed.runner.run("apply", changed.pushed())
    assert {name: one.result for name, one in ended.items()} == {"plan": "success", "apply": "skipped"}


def test_without_reviewers_nothing_is_written(changed: Repository) -> None:
    before = full_names(changed)
    ended = changed.runner.run("apply", changed.merge("site-in-names"))
    assert ended["apply"].result == "failure"
    assert "there is no approval" in ended["apply"].log
    changed.refuse()
    ended = changed.runner.run("apply", changed.pushed())
    assert ended["apply"].result == "failure"
    assert full_names(changed) == before


def test_an_approval_file_of_the_pull_request_is_enough(changed: Repository) -> None:
    changed.pull_request("site-in-names")
    plan = changed.forge.kept(changed.forge.artifacts[-1]["workflow_run"]["id"], "plan")["plan.json"]
    (changed.folder / "reviewed.json").write_bytes(plan)
    approve(changed, "reviewed.json", "approvals/site.approval.json")
    (changed.folder / "reviewed.json").unlink()
    changed.commit("Approve what the plan says")
    ended = changed.runner.run("apply", changed.merge("site-in-names"))
    assert ended["apply"].result == "success", ended["apply"].log
    assert all(name.endswith("(Prague)") for name in full_names(changed))


def approve(repository: Repository, plan: str, out: str) -> None:
    why = ["--waive", "updates", "--reason", "every name gets its site"]
    place = repository.folder
    code = reconciler(["approve", str(place / plan), "--out", str(place / out), "--by", "colleague", *why])
    assert code == 0


def test_plans_can_be_encrypted_for_those_who_approve(changed: Repository) -> None:
    key = pyrage.x25519.Identity.generate()
    changed.runner.variables["RECONCILER_ENCRYPT_TO"] = str(key.to_public())
    for environment in ("myq-plan", "myq"):
        changed.runner.secrets[environment]["AGE_IDENTITY"] = str(key)
    changed.pull_request("site-in-names")
    changed.approve("colleague", "waive updates: every name gets its site")
    ended = changed.runner.run("apply", changed.merge("site-in-names"))
    assert ended["apply"].result == "success", ended["apply"].log
    assert all(name.endswith("(Prague)") for name in full_names(changed))
    kept = [
        (path, content)
        for one in changed.forge.artifacts
        for path, content in changed.forge.kept(one["workflow_run"]["id"], one["name"]).items()
    ]
    assert {path for path, content in kept if is_sealed(content)} == {"plan.json", "result.json"}
    assert [path for path, content in kept if b"Lindqvist" in content] == []


def test_what_changed_since_the_review_is_not_done(changed: Repository) -> None:
    changed.approve("colleague", "waive updates: every name gets its site")
    reviewed = changed.runner.review

    def meanwhile(run: int, environment: str) -> bool:
        if environment == "myq":
            by_hand(changed, "eva.novotna", "Eva By Hand")
        return reviewed(run, environment)

    changed.runner.review = meanwhile
    ended = changed.runner.run("apply", changed.merge("site-in-names"))
    assert ended["plan"].result == "success"
    assert account(changed, "eva.novotna")["fullname"] == "Eva By Hand"
    assert account(changed, "greta.ohman")["fullname"] == "Greta Öhman (Prague)"
    assert "nobody approved it" in ended["apply"].summary


def test_a_queue_lets_through_what_is_still_what_was_reviewed(changed: Repository) -> None:
    changed.pull_request("site-in-names")
    assert changed.queued("site-in-names")["verify"].result == "success"


def test_a_queue_stops_a_plan_that_has_gone_stale(changed: Repository) -> None:
    changed.pull_request("site-in-names")
    git("checkout", "--quiet", "main", folder=changed.folder)
    changed.write(PEOPLE, "personalNumber: CODE", "personalNumber: {from: CODE, mode: replace}")
    by_hand(changed, "eva.novotna", "Eva By Hand")
    ended = changed.queued("site-in-names")["verify"]
    assert ended.result == "failure"
    assert "make a new plan" in ended.log


@contextmanager
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """Listen as an attacker's MyQ would; give the address and what was heard."""
    heard: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.send_error(500)

        def do_GET(self) -> None:
            heard.append(self.path.encode())
            self.send_error(500)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()
        thread.join()


SCRIPT = """\
apiVersion: myq.reconciler/v1
kind: Source
metadata:
  name: evil
spec:
  type: script
  command: [sources.d/evil.sh]
  sha256: {digest}
  mapping:
    userName: name
"""


def test_a_fork_gets_no_secret_and_runs_nothing(repository: Repository) -> None:
    trace = repository.folder.parent / "evil-ran"
    repository.branch("evil")
    with listener() as (address, heard):
        repository.write("sources.d/target.yaml", repository.myq.url, address)
        script = f"#!/bin/sh\ntouch {trace}\nenv\n".encode()
        (repository.folder / "sources.d" / "evil.sh").write_bytes(script)
        digest = hashlib.sha256(script).hexdigest()
        (repository.folder / "sources.d" / "evil.yaml").write_text(SCRIPT.format(digest=digest))
        action = repository.folder / ".github" / "actions" / "reconciler" / "action.yml"
        action.write_text(action.read_text().replace("uv sync", f"touch {trace} && uv sync"))
        repository.commit("Improve everything")
        ended = repository.pull_request("evil", fork=True)
    assert ended["validate"].result == "success"
    assert (ended["plan"].result, ended["comment"].result) == ("skipped", "skipped")
    assert heard == []
    assert not trace.exists()
    assert repository.comments == []
    secret = repository.myq.client_secret
    assert all(secret not in one.log for one in ended.values())


def test_a_branch_of_our_own_cannot_run_its_script_with_our_secrets(repository: Repository) -> None:
    trace = repository.folder.parent / "script-ran"
    repository.branch("script")
    script = f"#!/bin/sh\ntouch {trace}\n".encode()
    (repository.folder / "sources.d" / "evil.sh").write_bytes(script)
    digest = hashlib.sha256(script).hexdigest()
    (repository.folder / "sources.d" / "evil.yaml").write_text(SCRIPT.format(digest=digest))
    repository.commit("Add a script")
    ended = repository.pull_request("script")
    assert ended["plan"].result == "failure"
    assert "--no-scripts" in ended["plan"].log
    assert not trace.exists()
    (comment,) = repository.comments
    assert "No plan could be made" in comment


def test_two_merges_at_once_end_as_one_after_the_other(changed: Repository) -> None:
    changed.branch("phones")
    changed.write(PEOPLE, "scanStorage: SCANSTORAGE", "scanStorage: {from: SCANSTORAGE, filters: [lower]}")
    changed.approve("colleague", "waive updates: both are meant")
    pushes = [changed.merge("site-in-names"), changed.merge("phones")]
    results: dict[int, str] = {}

    def run(at: int) -> None:
        results[at] = changed.runner.run("apply", pushes[at])["apply"].result

    threads = [threading.Thread(target=run, args=(at,)) for at in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert changed.runner.most_at_once("apply") == 1
    assert all(name.endswith("(Prague)") for name in full_names(changed))
    assert set(results.values()) <= {"success", "skipped"}
    last = changed.runner.run("apply", pushes[1])
    assert last["apply"].result == "skipped", last["plan"].log


def test_one_issue_tells_of_drift_and_is_closed(repository: Repository) -> None:
    assert repository.nightly()["issue"].result == "success"
    assert repository.forge.issues == []
    by_hand(repository, "eva.novotna", "Eva By Hand")
    repository.nightly()
    repository.nightly()
    (issue,) = repository.forge.issues
    assert issue["state"] == "open"
    assert "Eva" not in issue["body"]
    by_hand(repository, "eva.novotna", "Eva Novotná")
    repository.nightly()
    assert issue["state"] == "closed"


def test_no_job_that_reads_manifests_may_write_to_the_forge(repository: Repository) -> None:
    repository.branch("site-in-names")
    repository.write(PEOPLE, AS_IT_IS, WITH_SITE)
    repository.pull_request("site-in-names")
    writers = [one for one in repository.forge.tokens.values() if "write" in {*one.values()}]
    assert {tuple(sorted(one.items())) for one in writers} == {
        (("contents", "read"), ("id-token", "write")),
        (("contents", "read"), ("pull-requests", "write")),
    }
    assert repository.forge.denied == []
    assert NUMBER in repository.forge.comments
