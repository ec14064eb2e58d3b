"""GitLab, by its REST API v4 (docs.gitlab.com/api: notes, deployments, issues, jobs)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from reconciler.errors import ForgeError
from reconciler.forge.calls import Calls, variable
from reconciler.forge.port import Approver

_HINT: Final = "this step runs in a job of GitLab CI, with a project access token in GITLAB_TOKEN"


class GitLab:
    """One project; see `reconciler.forge.port.Forge`."""

    name = "gitlab"
    limit = 1_000_000

    def __init__(self) -> None:
        # A job's own token may not write notes, so this is a project access token with the scope `api`.
        token = variable("GITLAB_TOKEN", _HINT)
        project = variable("CI_PROJECT_ID", _HINT)
        self._job = variable("CI_JOB_ID", _HINT)
        self._api = Calls(variable("CI_API_V4_URL", _HINT), {"PRIVATE-TOKEN": token})
        self._project = f"projects/{quote(project, safe='')}"

    @property
    def run_url(self) -> str:
        """Where a person finds this pipeline and its artifacts."""
        return os.environ.get("CI_PIPELINE_URL", "")

    def comment(self, marker: str, body: str) -> str:
        """Post or renew the note with the marker on the merge request of this pipeline."""
        notes = f"{self._request()}/notes"
        ours = next(self._marked(self._api.pages(notes), "body", marker), None)
        if ours is None:
            note = self._api.send("POST", notes, {"body": body})
        else:
            note = self._api.send("PUT", f"{notes}/{ours['id']}", {"body": body})
        return f"{os.environ.get('CI_MERGE_REQUEST_PROJECT_URL', '')}#note_{note['id']}"

    def approvers(self, environment: str) -> tuple[Approver, ...]:
        """Return who approved the deployment that this job is, and when."""
        query = {"environment": environment, "order_by": "id", "sort": "desc"}
        for one in self._api.pages(f"{self._project}/deployments", **query):
            if str((one.get("deployable") or {}).get("id")) == self._job:
                told = self._api.get(f"{self._project}/deployments/{one['id']}").get("approvals") or []
                if any(each["status"] == "rejected" for each in told):
                    return ()
                return tuple(_approver(each) for each in told if each["status"] == "approved")
        return ()

    def issue(self, marker: str, title: str, body: str) -> str:
        """Open or renew the issue with the marker."""
        ours = self._issue(marker)
        said = {"title": title, "description": body}
        if ours is None:
            return str(self._api.send("POST", f"{self._project}/issues", said)["web_url"])
        return str(self._api.send("PUT", f"{self._project}/issues/{ours['iid']}", said)["web_url"])

    def close_issue(self, marker: str, words: str) -> str:
        """Close the open issue with the marker, with a note that says why."""
        ours = self._issue(marker)
        if ours is None:
            return ""
        place = f"{self._project}/issues/{ours['iid']}"
        self._api.send("POST", f"{place}/notes", {"body": words})
        return str(self._api.send("PUT", place, {"state_event": "close"})["web_url"])

    def artifact(self, name: str, file: str) -> bytes:
        """Return a file that the job of that name kept in the last pipeline of the merge request's head."""
        head = self._api.get(self._request())["sha"]
        pipelines = [one for one in self._api.pages(f"{self._request()}/pipelines") if one["sha"] == head]
        for pipeline in sorted(pipelines, key=lambda one: int(one["id"]), reverse=True):
            jobs = self._api.pages(f"{self._project}/pipelines/{pipeline['id']}/jobs")
            job = next((one for one in jobs if one["name"] == name and one.get("artifacts_file")), None)
            if job is not None:
                return self._api.file(f"{self._project}/jobs/{job['id']}/artifacts/{quote(file)}")
        raise ForgeError(
            f"no job {name!r} on the commit {head[:12]} of the merge request kept an artifact",
            hint="let the plan of the merge request run again, and wait for it",
        )

    def _issue(self, marker: str) -> dict[str, Any] | None:
        found = self._api.pages(f"{self._project}/issues", state="opened")
        return next(self._marked(found, "description", marker), None)

    def _marked(self, entries: Iterator[dict[str, Any]], key: str, marker: str) -> Iterator[dict[str, Any]]:
        """Yield the entries that begin with the marker and that this token has written."""
        ourselves = self._api.get("user")["id"]
        for one in entries:
            if (one.get(key) or "").startswith(marker) and one["author"]["id"] == ourselves:
                yield one

    def _request(self) -> str:
        number = variable("CI_MERGE_REQUEST_IID", "let the job run on merge request events")
        return f"{self._project}/merge_requests/{quote(number, safe='')}"


def _approver(told: dict[str, Any]) -> Approver:
    return Approver(told["user"]["username"], told.get("created_at") or "", told.get("comment") or "")
