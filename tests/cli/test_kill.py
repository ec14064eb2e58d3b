"""An apply that is killed at any moment and run again: it converges, and nothing happens twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter

import pytest

from support.process import surroundings
from support.project import Project

ROUNDS_SEED = 20260101
PEOPLE = 120


def _crowd(project: Project) -> None:
    """Make a long night: many to create, many to change, some to remove."""
    rows = ["FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN"]
    rows += [
        f"Person {number},p{number},p{number}@uni.example,,Staff|Team {number % 7},{number},,"
        for number in range(PEOPLE)
    ]
    rows.append("Print Operator,print-operator,print@uni.example,,Staff|Administration,1017,,")
    project.path("sources.d/data/people.csv").write_text("\r\n".join(rows) + "\r\n", newline="")
    project.path("sources.d/badges.yaml").unlink()
    project.manifest("policy.yaml", "protected:\n    users: [print-operator]", "protected:\n    users: []")
    half = [
        {
            "username": f"p{number}",
            "fullname": f"Old {number}",
            "syncSource": "Personnel",
            "code": str(number),
        }
        for number in range(0, PEOPLE, 2)
    ]
    project.myq.seed(half)


@pytest.mark.kill
def test_killed_at_any_moment_and_run_again_it_converges(project: Project, rounds: int) -> None:
    _crowd(project)
    seed = [user for user in project.myq.state()["users"] if not user["system"]]
    waive = [
        word
        for guard in ("removals", "updates", "creates", "group-members", "protected-groups")
        for word in ("--waive", guard)
    ]
    chance = random.Random(ROUNDS_SEED)  # noqa: S311  for a moment to kill at
    for _ in range(rounds):
        approval = project.approved(*waive, "--reason", "a test of kills")
        expected = len(project.ids())
        before = project.myq.log()[-1]["seq"] if project.myq.log() else 0
        kills = 0
        while project.ids() and kills < 4:
            _apply_and_kill(project, approval, chance.uniform(0.3, 1.2))
            kills += 1
        project("apply", "--approval", approval)
        assert project.ids() == []
        _nothing_twice(project, before)
        assert expected > PEOPLE // 2
        _put_back(project, seed)


def _apply_and_kill(project: Project, approval: str, seconds: float) -> None:
    command = [sys.executable, "-m", "reconciler", "apply", "-C", str(project.folder), "--approval", approval]
    environment = surroundings({"MYQ_CLIENT_SECRET": os.environ["MYQ_CLIENT_SECRET"]})
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        end = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < end:
            pass
        process.kill()


def _nothing_twice(project: Project, since: int) -> None:
    effects = Counter(
        (entry["operation"], entry["user"])
        for entry in project.myq.log(since)
        if entry["operation"] in {"create_user", "delete_user", "undelete_user"}
    )
    assert {key: count for key, count in effects.items() if count > 1} == {}


def _put_back(project: Project, users: list[dict[str, object]]) -> None:
    project.myq.reset()
    kept = ("username", "fullname", "syncSource", "code", "groups", "deleted", "email", "aliases", "cards")
    project.myq.seed([{name: user[name] for name in kept if user.get(name)} for user in users])
