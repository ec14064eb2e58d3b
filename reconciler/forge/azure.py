"""Azure DevOps, by its REST API 7.1 (learn.microsoft.com/rest/api/azure/devops)."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from reconciler.errors import ForgeError
from reconciler.forge.calls import Calls, variable
from reconciler.forge.port import Approver
from reconciler.sources.answer import Json

_HINT: Final = "this step runs in Azure Pipelines, with `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`"
_API: Final = "7.1"
_ACTIVE, _TEXT = 1, 1
_PATCH: Final = "application/json-patch+json"


class Azure:
    """One repository of a project; see `reconciler.forge.port.Forge`."""

    name = "azure"
    limit = 150_000

    def __init__(self) -> None:
        token = variable("SYSTEM_ACCESSTOKEN", _HINT)
        self._project = quote(variable("SYSTEM_TEAMPROJECTID", _HINT), safe="")
        self._build = variable("BUILD_BUILDID", _HINT)
        self._collection = variable("SYSTEM_COLLECTIONURI", _HINT).rstrip("/")
        self._api = Calls(self._collection, {"Authorization": f"Bearer {token}"})

    @property
    def run_url(self) -> str:
        """Where a person finds this run and its artifacts."""
        return f"{self._collection}/{self._project}/_build/results?buildId={self._build}"

    def comment(self, marker: str, body: str) -> str:
        """Open a thread on the pull request of this run, or renew the one with the marker."""
        threads = self._threads()
        ourselves = self._ourselves()
        for thread in self._listed(threads):
            first: dict[str, Any] = next(iter(thread.get("comments") or ()), {})
            if (first.get("content") or "").startswith(marker) and first["author"]["id"] == ourselves:
                place = f"{threads}/{thread['id']}/comments/{first['id']}"
                self._api.send("PATCH", place, {"content": body}, _version())
                return str(thread["id"])
        opened = {
            "comments": [{"parentCommentId": 0, "content": body, "commentType": _TEXT}],
            "status": _ACTIVE,
        }
        return str(self._api.send("POST", threads, opened, _version())["id"])

    def approvers(self, environment: str) -> tuple[Approver, ...]:
        """Return who let this stage go on, and when: the approvals of the environment that it deploys to.

        The timeline names stages, not environments, so a stage deploys to one environment only.
        """
        del environment
        stage = variable("SYSTEM_STAGENAME", _HINT)
        told = self._get(f"build/builds/{quote(self._build, safe='')}/timeline")["records"]
        parents = {one["id"]: one.get("parentId") for one in told}
        stages = {one["id"] for one in told if one["type"] == "Stage" and one["identifier"] == stage}
        asked = [
            one["id"]
            for one in told
            if one["type"] == "Checkpoint.Approval" and not stages.isdisjoint(_above(one["id"], parents))
        ]
        approvals = [self._get(f"pipelines/approvals/{quote(one)}", **{"$expand": "steps"}) for one in asked]
        if any(one["status"] != "approved" for one in approvals):
            return ()
        steps = [step for one in approvals for step in one["steps"] if step["status"] == "approved"]
        return tuple(_approver(step) for step in steps)

    def issue(self, marker: str, title: str, body: str) -> str:
        """Open or renew the work item with the marker."""
        ours = self._item(marker)
        said = {"System.Title": title, "System.Description": body}
        if ours is None:
            item = self._edit("POST", "$Issue", said | {"System.Tags": _tag(marker)})
        else:
            item = self._edit("PATCH", str(ours), said)
        return str(item["id"])

    def close_issue(self, marker: str, words: str) -> str:
        """Close the open work item with the marker, saying why in its history."""
        ours = self._item(marker)
        if ours is None:
            return ""
        return str(self._edit("PATCH", str(ours), {"System.State": "Done", "System.History": words})["id"])

    def artifact(self, name: str, file: str) -> bytes:
        """Raise ForgeError: Azure DevOps has no merge queue that would ask for it."""
        raise ForgeError(
            f"Azure DevOps has no merge queue, so nothing fetches {file} of {name} there",
            hint="`reconciler apply` plans afresh anyway; `reconciler verify PLAN` compares one you have",
        )

    def _get(self, path: str, **query: str) -> Json:
        return self._api.get(f"{self._project}/_apis/{path}", **query, **_version())

    def _listed(self, path: str) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = self._api.get(path, **_version())["value"]
        return told

    def _threads(self) -> str:
        hint = "let the pipeline run by a branch policy for pull requests"
        repository = quote(variable("BUILD_REPOSITORY_ID", _HINT), safe="")
        number = quote(variable("SYSTEM_PULLREQUEST_PULLREQUESTID", hint), safe="")
        return f"{self._project}/_apis/git/repositories/{repository}/pullRequests/{number}/threads"

    def _ourselves(self) -> str:
        told = self._api.get("_apis/connectionData")
        return str(told["authenticatedUser"]["id"])

    def _item(self, marker: str) -> int | None:
        """Return the number of the open work item with the marker's tag."""
        asked = (
            "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project "
            "AND [System.Tags] CONTAINS 'TAG' AND [System.State] NOT IN ('Done', 'Closed')"
        ).replace("TAG", _tag(marker))
        place = f"{self._project}/_apis/wit/wiql"
        found = self._api.send("POST", place, {"query": asked}, _version())["workItems"]
        return int(found[0]["id"]) if found else None

    def _edit(self, method: str, item: str, fields: dict[str, str]) -> dict[str, Any]:
        steps = [{"op": "add", "path": f"/fields/{name}", "value": value} for name, value in fields.items()]
        place = f"{self._project}/_apis/wit/workitems/{item}"
        told: dict[str, Any] = self._api.send(method, place, steps, _version(), _PATCH)
        return told


def _version() -> dict[str, str]:
    return {"api-version": _API}


def _tag(marker: str) -> str:
    """Return the marker as a tag: its words alone, since tags hold neither quotes nor brackets."""
    return "-".join("".join(char if char.isalnum() else " " for char in marker).split())


def _above(record: str, parents: dict[str, str | None]) -> set[str]:
    found: set[str] = set()
    at: str | None = record
    while at is not None and at not in found:
        found.add(at)
        at = parents.get(at)
    return found


def _approver(step: dict[str, Any]) -> Approver:
    who = step["actualApprover"]
    return Approver(
        who.get("uniqueName") or who["displayName"],
        step.get("lastModifiedOn") or "",
        step.get("comment") or "",
    )
