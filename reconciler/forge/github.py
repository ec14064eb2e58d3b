"""GitHub, by its REST API, version 2022-11-28 (docs.github.com, *REST API endpoints*)."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from reconciler.errors import ForgeError
from reconciler.forge.calls import Calls, variable
from reconciler.forge.port import Approver

_HINT: Final = "this step runs in a job of GitHub Actions, with `env: GITHUB_TOKEN: ${{ github.token }}`"
_QUEUE: Final = re.compile(r"/pr-(\d+)-[0-9a-f]{40}$")
"""The branch that a merge queue makes for a pull request (*Managing a merge queue*)."""


class GitHub:
    """One repository; see `reconciler.forge.port.Forge`."""

    name = "github"
    limit = 65_536

    def __init__(self) -> None:
        token = variable("GITHUB_TOKEN", _HINT)
        self._repository = variable("GITHUB_REPOSITORY", _HINT)
        self._run = variable("GITHUB_RUN_ID", _HINT)
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "myq-reconciler",
        }
        url = os.environ.get("GITHUB_API_URL", "https://api.github.com")
        self._calls = Calls(f"{url}/repos/{self._repository}", headers)

    @property
    def run_url(self) -> str:
        """Where a person finds this run and its artifacts."""
        server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{self._repository}/actions/runs/{self._run}"

    def comment(self, marker: str, body: str) -> str:
        """Post or renew the comment with the marker on the pull request of this run."""
        comments = self._calls.pages(f"issues/{self._number()}/comments")
        ours = next(_marked(comments, marker), None)
        if ours is None:
            return _address(self._calls.send("POST", f"issues/{self._number()}/comments", {"body": body}))
        return _address(self._calls.send("PATCH", f"issues/comments/{ours['id']}", {"body": body}))

    def approvers(self, environment: str) -> tuple[Approver, ...]:
        """Return the reviewers of this run's deployment; GitHub tells who and what they wrote, not when."""
        told = self._calls.get(f"actions/runs/{self._run}/approvals")
        if not isinstance(told, list):
            raise self._calls.misread("actions/runs")
        about = [one for one in told if environment in {each["name"] for each in one["environments"]}]
        if any(one["state"] == "rejected" for one in about):
            return ()
        return tuple(
            Approver(one["user"]["login"], words=one.get("comment") or "")
            for one in about
            if one["state"] == "approved"
        )

    def issue(self, marker: str, title: str, body: str) -> str:
        """Open or renew the issue with the marker."""
        ours = self._issue(marker)
        if ours is None:
            return _address(self._calls.send("POST", "issues", {"title": title, "body": body}))
        changed = {"title": title, "body": body}
        return _address(self._calls.send("PATCH", f"issues/{ours['number']}", changed))

    def close_issue(self, marker: str, words: str) -> str:
        """Close the open issue with the marker, with a comment that says why."""
        ours = self._issue(marker)
        if ours is None:
            return ""
        number = ours["number"]
        self._calls.send("POST", f"issues/{number}/comments", {"body": words})
        closed = {"state": "closed", "state_reason": "completed"}
        return _address(self._calls.send("PATCH", f"issues/{number}", closed))

    def artifact(self, name: str, file: str) -> bytes:
        """Return a file of an artifact that a run on the pull request's head kept.

        A run of a fork is not believed: whoever opened it wrote its workflow.
        """
        head = self._calls.get(f"pulls/{self._number()}")["head"]
        found = [
            one
            for one in self._calls.pages("actions/artifacts", "artifacts", name=name)
            if not one["expired"]
            and one["workflow_run"]["head_sha"] == head["sha"]
            and one["workflow_run"]["head_repository_id"] == one["workflow_run"]["repository_id"]
        ]
        if not found:
            raise ForgeError(
                f"no run on the commit {head['sha'][:12]} of the pull request kept the artifact {name!r}",
                hint="let the plan of the pull request run again, and wait for it",
            )
        newest = max(found, key=lambda one: (one["created_at"], one["id"]))
        return _unpacked(self._calls.file(f"actions/artifacts/{newest['id']}/zip"), file)

    def _issue(self, marker: str) -> dict[str, Any] | None:
        listed = self._calls.pages("issues", state="open")
        return next(_marked((one for one in listed if "pull_request" not in one), marker), None)

    def _number(self) -> int:
        """Return the number of the pull request that this run is about."""
        path = Path(variable("GITHUB_EVENT_PATH", _HINT))
        try:
            event = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ForgeError(f"the event cannot be read: {error}", hint=_HINT, where=str(path)) from None
        if "pull_request" in event:
            return int(event["pull_request"]["number"])
        queued = _QUEUE.search(event.get("merge_group", {}).get("head_ref", ""))
        if queued is None:
            raise ForgeError(
                "this run is about no pull request",
                hint="let the workflow run on pull_request or merge_group",
                where=str(path),
            )
        return int(queued[1])


def _marked(entries: Iterator[dict[str, Any]], marker: str) -> Iterator[dict[str, Any]]:
    """Yield the entries that begin with the marker and were written by an app, as a job's token is."""
    for one in entries:
        if (one.get("body") or "").startswith(marker) and one["user"]["type"] == "Bot":
            yield one


def _address(told: dict[str, Any]) -> str:
    return str(told["html_url"])


def _unpacked(archive: bytes, file: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as kept:
            return kept.read(file)
    except (KeyError, zipfile.BadZipFile, OSError) as error:
        raise ForgeError(
            f"the artifact does not hold {file}: {error}", hint="let the plan of the pull request run again"
        ) from None
