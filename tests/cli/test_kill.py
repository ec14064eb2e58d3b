"""An apply that is killed at any moment and run again: it converges, nothing happens twice, nothing is lost.

The moments are random: between any two effects that the simulator sees, and while result and ledger are
written.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

import pytest

from reconciler.core.guards import NAMES
from reconciler.planfile import read_result
from support.process import surroundings
from support.project import Project

ROUNDS_SEED = 20260101
PEOPLE = 120
AT_THE_END = 0.3
"""Of the kills, so many come when all is written and the apply looks again and stores its result."""

WAIVED = (
    *(word for guard in NAMES for word in ("--waive", guard)),
    "--reason",
    "a test of kills",
)


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
@pytest.mark.timeout(4 * 3600)
def test_killed_at_any_moment_and_run_again_it_converges(
    project: Project, rounds: int, record_property: Callable[[str, object], None]
) -> None:
    _crowd(project)
    seed = [user for user in project.myq.state()["users"] if not user["system"]]
    chance = random.Random(ROUNDS_SEED)  # noqa: S311  for a moment to kill at
    kills: Counter[str] = Counter()
    told_of = 0
    for _ in range(rounds):
        approval = project.approved(*WAIVED)
        expected = len(project.ids())
        before = project.myq.log()[-1]["seq"]
        assert expected > PEOPLE
        for _ in range(3):
            kills[_apply_and_kill(project, approval, before, chance)] += 1
        told = project("apply", "--approval", approval, code=None)
        assert told.code in {0, 4}, told.err  # 4: the last kill came when all was done, and nothing is needed
        told_of += "was cut off" in told.err
        assert project.ids() == []
        _once_each(project, before, expected)
        _put_back(project, seed)
    record_property("kills", dict(kills))
    sys.stdout.write(f"{sum(kills.values())} endings: {dict(kills)}; {told_of} told by the next apply\n")
    assert kills["while writing"] > 0


def _apply_and_kill(project: Project, approval: str, before: int, chance: random.Random) -> str:
    """Kill an apply when the simulator has seen some more effects, or when it looks again; say which."""
    result = project.path("killed.result.json")
    result.unlink(missing_ok=True)
    written = len(project.myq.log(before))
    after = written + int(chance.expovariate(1 / 40))
    reads = _reads(project)
    words = ["apply", "-C", str(project.folder), "--approval", approval, "--result", str(result)]
    environment = surroundings({"MYQ_CLIENT_SECRET": os.environ["MYQ_CLIENT_SECRET"]})
    command = [sys.executable, "-m", "reconciler", *words]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        at_the_end = chance.random() < AT_THE_END
        while process.poll() is None:
            if at_the_end and _reads(project) > reads + 1:
                break
            if not at_the_end and len(project.myq.log(before)) > after:
                break
        time.sleep(chance.uniform(0, 0.05 if at_the_end else 0.005))
        process.kill()
    if result.exists():
        read_result(result)  # it is whole, or it is not there
    if process.returncode >= 0:
        return "too late"
    return "at the end" if at_the_end else "while writing"


def _reads(project: Project) -> int:
    return sum(one["operation"] == "list_users" for one in project.myq.requests())


def _once_each(project: Project, since: int, expected: int) -> None:
    """Hold the simulator's log against the plan: each change is one effect, and there is no other."""
    effects = Counter(
        (entry["operation"], entry["user"], entry["user"] is None and str(entry["what"]))
        for entry in project.myq.log(since)
    )
    assert {key: count for key, count in effects.items() if count > 1} == {}
    assert len(effects) == expected


@pytest.mark.kill
def test_of_two_applies_at_once_exactly_one_runs(project: Project) -> None:
    _crowd(project)
    approval = project.approved(*WAIVED)
    expected = len(project.ids())
    before = project.myq.log()[-1]["seq"]
    project.myq.fault(kind="latency", seconds=0.02, operation="update_user")
    words = ["apply", "-C", str(project.folder), "--approval", approval]
    environment = surroundings({"MYQ_CLIENT_SECRET": os.environ["MYQ_CLIENT_SECRET"]})
    command = [sys.executable, "-m", "reconciler", *words]
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    ends = [(process.communicate(timeout=120)[1].decode(), process.returncode) for process in both]
    assert sorted(code for _, code in ends) == [0, 1]
    (refused,) = (told for told, code in ends if code == 1)
    assert "another run is applying to printing" in refused
    assert project.ids() == []
    _once_each(project, before, expected)


def _put_back(project: Project, users: list[dict[str, object]]) -> None:
    project.myq.reset()
    kept = ("username", "fullname", "syncSource", "code", "groups", "deleted", "email", "aliases", "cards")
    project.myq.seed([{name: user[name] for name in kept if user.get(name)} for user in users])
