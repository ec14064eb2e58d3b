"""`revert`: the plan that takes an apply back, approved and carried out like any other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.project import Project

WAIVED = ("--waive", "identities-moved", "--reason", "a test")


def people(project: Project) -> dict[str, dict[str, Any]]:
    """Return everybody by user name, by what the program can put back: PINs and ids are MyQ's own."""
    return {
        name: {key: value for key, value in user.items() if key not in {"pins", "id"}}
        for name, user in project.myq.users().items()
    }


def applied(project: Project) -> str:
    approval = project.approved(*WAIVED)
    result = str(project.path("a.result.json"))
    project("apply", "--approval", approval, "--result", result)
    return result


def approved(project: Project, result: str, *arguments: str) -> str:
    plan, approval = str(project.path("back.plan.json")), str(project.path("back.approval.json"))
    project("revert", result, "--out", plan, code=None)
    project("approve", plan, "--out", approval, "--by", "colleague@uni.example", *arguments)
    return approval


def test_an_apply_and_its_revert_give_what_there_was(project: Project) -> None:
    before, groups = people(project), project.myq.state()["groups"]
    wanted = project.ids()
    result = applied(project)
    assert people(project) != before
    approval = approved(project, result, *WAIVED)
    told = project("apply", "--revert", result, "--approval", approval).out
    assert "A fresh look at MyQ found nothing left to do." in told
    after = people(project)
    created = after.pop("sven.newcomer")
    assert (created["deleted"], created["groups"]) == (True, [])
    # Whether a deleted account has a default group nobody knows; the simulator forgets it.
    assert after.pop("rosa.returner").items() >= {**before.pop("rosa.returner"), "defaultGroup": ""}.items()
    forgotten = after.pop("tom.leaver"), before.pop("tom.leaver")
    assert [one["groups"] for one in forgotten] == [["Staff|Library"]] * 2
    assert after == before
    assert set(project.myq.state()["groups"]) - set(groups) == {"Staff|Ethics Board"}
    # The sources still want it all, but for the group that stays and the account that comes back now.
    again = project.ids()
    assert set(wanted) - set(again) == {"group-create/Staff/Ethics%20Board", "create/sven.newcomer"}
    assert set(again) - set(wanted) == {"reactivate/sven.newcomer"}


def test_the_plan_of_a_revert_says_so_and_how_to_go_on(project: Project) -> None:
    result = applied(project)
    began = json.loads(Path(result).read_bytes())["started"]
    plan = str(project.path("back.plan.json"))
    told = project("revert", result, "--out", plan, code=3).out
    assert f"It takes back the apply that began at {began}. The sources still want" in told
    assert "Staff|Ethics Board: was created, and groups are never removed" in told
    assert "reconciler apply --revert RESULT --approval" in told
    assert json.loads(Path(plan).read_bytes())["reverts"] == began
    assert f"It takes back the apply that began at {began}" in project("show", plan).out
    assert "reconciler revert RESULT --out plan.json" in project("revert", result, code=3).out


def test_what_has_changed_since_is_told_and_left(project: Project) -> None:
    result = applied(project)
    olu = project.myq.users()["olu.adeyemi"]
    project.myq.call("PATCH", f"/api/v3/users/{olu['id']}", {"groups": ["Staff"]})
    told = project("revert", result, code=3).out
    assert "update/olu.adeyemi is not taken back: groups has changed since" in told


def test_a_revert_without_approval_is_refused(project: Project) -> None:
    result = applied(project)
    before = project.myq.log()
    project("apply", "--revert", result, code=4)
    assert project.myq.log() == before


def test_a_guard_stands_in_the_way_of_a_revert_too(project: Project) -> None:
    result = applied(project)
    before = project.myq.log()
    project("apply", "--revert", result, "--approval", approved(project, result), code=3)
    assert project.myq.log() == before


def test_a_part_can_be_taken_back(project: Project) -> None:
    result = applied(project)
    approval = approved(project, result, "--only", "reactivate/tom.leaver", *WAIVED)
    project("apply", "--revert", result, "--approval", approval)
    assert not project.myq.users()["tom.leaver"]["deleted"]
    assert project.ids() == ["deactivate/tom.leaver"]


def test_a_revert_can_be_reverted(project: Project) -> None:
    result, again = applied(project), str(project.path("b.result.json"))
    done = people(project)
    project("apply", "--revert", result, "--approval", approved(project, result, *WAIVED), "--result", again)
    project("apply", "--revert", again, "--approval", approved(project, again, *WAIVED))
    after = people(project)
    for name in ("rosa.returner", "sven.newcomer", "tom.leaver"):
        after[name]["defaultGroup"] = done[name]["defaultGroup"]
    assert after == done
    assert set(project.ids()) <= {"update/rosa.returner", "update/sven.newcomer"}


def test_a_revert_that_is_done_leaves_nothing(project: Project) -> None:
    result = applied(project)
    project("apply", "--revert", result, "--approval", approved(project, result, *WAIVED))
    assert "nothing is left to take back" in project("revert", result).out


def test_a_result_of_another_server_is_refused(project: Project) -> None:
    result = applied(project)
    project.manifest("target.yaml", "spec:", "spec:\n  identity: another")
    told = project("revert", result, code=1).err
    assert "and this project writes to another" in told


@pytest.mark.parametrize("command", [["revert"], ["apply", "--revert"]])
def test_what_is_no_result_is_refused(project: Project, command: list[str]) -> None:
    assert "a result is expected" in project(*command, project.planned(), code=1).err
