"""A year of one project in random order: things change, and people plan, approve and apply.

Whatever happens in between, be it a damaged file, an expired approval, a killed process: nothing is done
that was not approved, nobody goes whom a whole read has not missed for as long as the policy says, and
once the disturbance ends everything converges.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reconciler.cli.app import run
from reconciler.core.guards import NAMES as GUARDS
from support.process import surroundings
from support.settings import NIGHTLY
from support.simulator import Simulator

STEPS = 50
ROUNDS = 200 if NIGHTLY else 20
"""10,000 steps at night, 1,000 in every run."""

BEGIN = 1_790_000_000
DAY = 86_400
NAMES = ("ada", "bob", "cy", "dan", "eva")
GROUPS = ("Staff", "Staff|Research", "Students")
OURS = "people"

MANIFESTS = """
apiVersion: myq.reconciler/v1
kind: Target
metadata: {{name: printing}}
spec:
  rest: {{url: "{url}", clientId: reconciler, clientSecret: "env:MYQ_CLIENT_SECRET", patienceSeconds: 1}}
---
apiVersion: myq.reconciler/v1
kind: Policy
metadata: {{name: default}}
spec:
  grace: {{reads: {reads}, days: {days}}}
---
apiVersion: myq.reconciler/v1
kind: Source
metadata: {{name: people}}
spec:
  type: csv
  file: people.csv
  mapping:
    userName: USERNAME
    fullName: {{from: FULLNAME, mode: {full_name}}}
    cards: {{from: CARDS, mode: {cards}}}
    personalNumber: CODE
    groups: GROUPS
  options: {{addNewUsers: {adds}, deactivateMissingUsers: {deactivates}}}
  expect: {{minimumRecords: 2, sentinels: [sentinel]}}
---
apiVersion: myq.reconciler/v1
kind: GroupTree
metadata: {{name: tree}}
spec:
  groups: {tree}
"""

TREES: dict[str, list[dict[str, str]]] = {
    "plain": [{"name": "Students"}],
    "renamed": [{"name": "Team", "previously": "Staff"}],
    "back": [{"name": "Staff", "previously": "Team"}],
    "instead": [{"name": "Team", "previously": "Staff"}, {"name": "Staff"}],
}

HEAD = "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN\r\n"
SENTINEL = "Sentinel,sentinel,,,Staff,9000,,\r\n"

people = st.builds(
    dict,
    full_name=st.sampled_from(("A", "B", "C")),
    card=st.sampled_from(("", "C1", "C2")),
    group=st.sampled_from(GROUPS),
)


@dataclass
class Approved:
    """An approval file, what it allows, and until when."""

    path: str
    effects: frozenset[str]
    end: int


@dataclass
class Absence:
    """Since when a whole read has missed somebody, and how many have."""

    since: int
    reads: int = 0


@dataclass
class Options:
    """What the manifests say that is changed in the course of the year."""

    adds: bool = True
    deactivates: bool = True
    full_name: str = "replace"
    cards: str = "add"
    reads: int = 2
    days: int = 1
    tree: str = "plain"

    def text(self, url: str) -> str:
        told = {**vars(self), "tree": TREES[self.tree]}
        words = {name: json.dumps(value) for name, value in told.items()}
        return MANIFESTS.format(url=url, **words)


@dataclass
class Before:
    """What there was before a command that writes, and what it was about to do."""

    users: dict[str, dict[str, Any]]
    groups: set[str]
    changes: dict[str, dict[str, Any]] | None = field(default=None)


class Year(RuleBasedStateMachine):
    """The project, its server, and what a careful person would remember of both."""

    myq: ClassVar[Simulator]

    @initialize()
    def begin(self) -> None:
        self.myq.reset()
        self.now = BEGIN
        self.options = Options()
        self.people: dict[str, dict[str, str]] = {}
        self.damage = ""
        self.approvals: list[Approved] = []
        self.results: list[str] = []
        self.absences: dict[str, Absence] = {}
        self._temporary = tempfile.TemporaryDirectory(prefix="year-")
        self.folder = Path(self._temporary.name)
        (self.folder / "sources.d").mkdir()
        os.environ["MYQ_CLIENT_SECRET"] = self.myq.client_secret
        self._write()
        self._apply_all()  # from here on, the year is one of changes

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self._converge()
            self._temporary.cleanup()

    # What others do

    @rule(name=st.sampled_from(NAMES), person=people)
    def somebody_comes_or_changes(self, name: str, person: dict[str, str]) -> None:
        self.people[name] = person
        self._write()

    @rule(name=st.sampled_from(NAMES))
    def somebody_leaves(self, name: str) -> None:
        self.people.pop(name, None)
        self._write()

    @rule(damage=st.sampled_from(("", "", "cut", "empty", "gone", "short", "row")))
    def the_file_is_damaged_or_mended(self, damage: str) -> None:
        self.damage = damage
        self._write()

    @rule(
        change=st.sampled_from(
            (
                {"adds": True},
                {"adds": False},
                {"deactivates": True},
                {"deactivates": False},
                {"full_name": "replaceIfPresent"},
                {"full_name": "replace"},
                {"cards": "replace"},
                {"cards": "add"},
                {"reads": 0, "days": 0},
                {"reads": 2, "days": 1},
                {"reads": 1, "days": 3},
            )
        )
    )
    def a_manifest_is_changed(self, change: dict[str, Any]) -> None:
        vars(self.options).update(change)
        self._write()

    @rule(tree=st.sampled_from([*TREES]))
    def groups_are_arranged_otherwise(self, tree: str) -> None:
        self.options.tree = tree
        self._write()

    @rule(name=st.sampled_from(NAMES), full_name=st.sampled_from(("By hand", "A")))
    def an_account_is_edited_by_hand(self, name: str, full_name: str) -> None:
        user = self.myq.users().get(name)
        if user and not user["deleted"]:
            self.myq.call("PATCH", f"/api/v3/users/{user['id']}", {"fullname": full_name})

    @rule(name=st.sampled_from(NAMES))
    def an_account_is_deleted_by_hand(self, name: str) -> None:
        user = self.myq.users().get(name)
        if user and not user["deleted"]:
            self.myq.call("DELETE", f"/api/v3/users/{user['id']}")

    @rule(name=st.sampled_from(NAMES))
    def an_account_is_made_by_hand(self, name: str) -> None:
        if name not in self.myq.users():
            self.myq.call("POST", "/api/v3/users", {"username": name, "fullname": "By hand"})

    @rule(hours=st.sampled_from((1, 12, 24, 80)))
    def time_passes(self, hours: int) -> None:
        self.now += hours * 3600

    # What people do with the program

    @rule()
    def somebody_plans(self) -> None:
        before = self._before()
        code = self._run("plan")
        self._remembered(code)
        assert self._state() == (before.users, before.groups), "a plan has written"

    @rule()
    def somebody_looks_who_has_moved(self) -> None:
        before = self._before()
        code = self._run("drift")
        self._remembered(code)
        assert code == (6 if before.changes is None else 0)
        assert self._state() == (before.users, before.groups), "a look has written"

    @rule(
        only=st.sampled_from(("", "", "create", "update", "deactivate", "reactivate", "group-move")),
        hours=st.sampled_from((1, 72)),
    )
    def somebody_approves(self, only: str, hours: int) -> None:
        plan = self._plan()
        if plan is None or not plan["changes"]:
            return
        path = str(self.folder / f"{len(self.approvals)}.approval.json")
        flags = ["--only", only] if only else []
        file = str(self.folder / "a.plan.json")
        expires = ["--expires", f"{hours}h"]
        code = self._run("approve", file, "--out", path, "--by", "model", *flags, *expires, *_all_waived())
        assert code == 0
        effects = frozenset(json.loads(Path(path).read_bytes())["effects"])
        self.approvals.append(Approved(path, effects, self.now + hours * 3600))

    @rule()
    def somebody_applies_without_approval(self) -> None:
        before = self._before()
        code = self._run("apply")
        self._remembered(code)
        assert code in {0, 3, 4, 6}
        assert (code == 0) is (before.changes == {}), (code, before.changes)
        self._explained(before, frozenset())

    @precondition(lambda self: self.approvals)
    @rule(data=st.data())
    def somebody_applies(self, data: st.DataObject) -> None:
        approval = data.draw(st.sampled_from(self.approvals))
        before = self._before()
        result = str(self.folder / f"{len(self.results)}.result.json")
        code = self._run("apply", "--approval", approval.path, "--result", result)
        self._remembered(code)
        if code in {0, 5}:
            self.results.append(result)
        expired = approval.end <= self.now
        allowed = frozenset() if expired else approval.effects
        if before.changes is None:
            assert code == 6
            allowed = frozenset()
        elif expired:
            assert code == 4
        self._explained(before, allowed)
        if code == 0 and before.changes is not None:
            done = {one["id"] for one in before.changes.values() if one["effect"] in allowed}
            left = self._plan()
            assert left is None or not done & {one["id"] for one in left["changes"]}

    @precondition(lambda self: self.results)
    @rule(data=st.data())
    def somebody_takes_an_apply_back(self, data: st.DataObject) -> None:
        result = data.draw(st.sampled_from(self.results))
        users, groups = self._state()
        file, path = self.folder / "back.plan.json", str(self.folder / "back.approval.json")
        assert self._run("revert", result, "--out", str(file)) in {0, 3}
        assert self._state() == (users, groups), "a plan has written"
        plan = json.loads(file.read_bytes())
        assert self._run("approve", str(file), "--out", path, "--by", "model", *_all_waived()) == 0
        effects = frozenset(json.loads(Path(path).read_bytes())["effects"])
        code = self._run("apply", "--revert", result, "--approval", path)
        assert code == 0, code
        before = Before(users, groups, {one["id"]: one for one in plan["changes"]})
        self._explained(before, effects, back=True)

    @precondition(lambda self: self.approvals)
    @rule(data=st.data(), chance=st.integers(0, 3), seconds=st.floats(0.2, 1.0))
    def somebody_is_killed_while_applying(self, data: st.DataObject, chance: int, seconds: float) -> None:
        if chance:
            return
        approval = data.draw(st.sampled_from(self.approvals))
        before = self._before()
        self._apply_and_kill(approval.path, seconds)
        expired = approval.end <= self.now
        self._explained(before, frozenset() if expired else approval.effects, killed=True)
        for absence in self.absences.values():
            absence.reads += 1  # perhaps it was counted before the end came

    @invariant()
    def nobody_of_others_is_touched(self) -> None:
        if not hasattr(self, "folder"):
            return
        by_hand = [user for user in self.myq.users().values() if user["syncSource"] != OURS]
        assert all(user["fullname"] in {"By hand", "A"} for user in by_hand)

    # What is checked

    def _explained(
        self, before: Before, allowed: frozenset[str], *, killed: bool = False, back: bool = False
    ) -> None:
        """Check that what is new on the server was planned and approved, and nothing else is new."""
        users, groups = self._state()
        planned = [one for one in (before.changes or {}).values() if one["effect"] in allowed]
        made = {one["name"] for one in planned if one["action"] == "group-create"}
        moves = {one["name"]: one["fields"][0]["after"] for one in planned if one["action"] == "group-move"}
        moved = {_moved(path, moves) for path in before.groups}
        assert groups <= before.groups | moved | made, "a group that nobody approved"
        for name in users.keys() | before.users.keys():
            was, now = before.users.get(name), users.get(name)
            if now in (was, was and _with_groups(was, moves)):
                continue
            assert now is not None, f"{name} is gone altogether"
            ours = [one for one in planned if one["name"] == name]
            assert ours, f"{name} changed, and nobody approved it: {was} -> {now}"
            if was is not None and not was["deleted"] and now["deleted"]:
                assert any(one["action"] == "deactivate" for one in ours)
                if not back:
                    self._may_go(name)
            if not killed:
                self._as_approved(now, ours)

    def _as_approved(self, now: dict[str, Any], ours: list[dict[str, Any]]) -> None:
        keys = {"fullName": "fullname", "personalNumber": "code", "synchronizationSource": "syncSource"}
        for change in ours:
            if change["action"] == "deactivate":
                continue
            for one in change["fields"]:
                if one["field"] in keys:
                    assert now[keys[one["field"]]] == one["after"], (change["id"], one, now)
                elif one["field"] in {"cards", "groups"}:
                    assert set(one["after"]) - set(one["before"]) <= set(now[one["field"]])

    def _may_go(self, name: str) -> None:
        """Check by what the model knows that somebody may be deactivated."""
        assert not self.damage
        assert name not in self.people
        assert self.options.deactivates
        absence = self.absences.get(name)
        assert absence is not None, f"{name} goes at the first read without them"
        assert absence.reads >= self.options.reads
        assert self.now - absence.since >= self.options.days * DAY

    def _remembered(self, code: int) -> None:
        """Count a run that read to the end, as the ledger does."""
        if code == 6:
            return
        ours = {name for name, user in self.myq.users().items() if user["syncSource"] == OURS}
        for name in ours:
            if name in self.people or name == "sentinel":
                self.absences.pop(name, None)
            else:
                self.absences.setdefault(name, Absence(self.now)).reads += 1

    # What is done

    def _converge(self) -> None:
        self.damage = ""
        self.options = Options(reads=0, days=0, tree=self.options.tree)
        self._write()
        for _ in range(4):
            plan = self._plan()
            assert plan is not None
            if not plan["changes"]:
                return
            self._apply_all()
            self.now += DAY
        raise AssertionError(f"it does not converge: {[one['id'] for one in plan['changes']]}")

    def _apply_all(self) -> None:
        self.approvals.clear()
        self.somebody_approves("", 72)
        assert self._run("apply", "--approval", self.approvals.pop().path) in {0, 5}

    def _before(self) -> Before:
        users, groups = self._state()
        plan = self._plan()
        changes = None if plan is None else {one["id"]: one for one in plan["changes"]}
        for name in [name for name in self.absences if name in self.people]:
            del self.absences[name]
        if plan is not None:  # the read that the command itself will make counts, too
            for name in {name for name, user in users.items() if user["syncSource"] == OURS}:
                if name not in self.people and name != "sentinel":
                    self.absences.setdefault(name, Absence(self.now))
        return Before(users, groups, changes)

    def _state(self) -> tuple[dict[str, dict[str, Any]], set[str]]:
        state = self.myq.state()
        users = {user["username"]: user for user in state["users"] if not user["system"]}
        return users, set(state["groups"])

    def _plan(self) -> dict[str, Any] | None:
        """Return the plan as it is now, None where a read is doubted; it counts for nobody."""
        file = self.folder / "a.plan.json"
        code = self._run("plan", "--out", str(file), "--no-remember")
        if code == 6:
            assert self.damage
            return None
        assert code in {0, 3}, code
        assert not self.damage
        plan: dict[str, Any] = json.loads(file.read_bytes())
        return plan

    def _run(self, *arguments: str) -> int:
        os.environ["SOURCE_DATE_EPOCH"] = str(self.now)
        where = [] if arguments[0] in {"approve", "show"} else ["-C", str(self.folder)]
        return run([*arguments, *where])

    def _apply_and_kill(self, approval: str, seconds: float) -> None:
        command = [
            sys.executable,
            "-m",
            "reconciler",
            "apply",
            "-C",
            str(self.folder),
            "--approval",
            approval,
        ]
        extra = {name: os.environ[name] for name in ("MYQ_CLIENT_SECRET", "SOURCE_DATE_EPOCH")}
        with subprocess.Popen(
            command, env=surroundings(extra), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            end = time.monotonic() + seconds
            while process.poll() is None and time.monotonic() < end:
                time.sleep(0.01)
            process.kill()

    def _write(self) -> None:
        (self.folder / "sources.d" / "all.yaml").write_text(self.options.text(self.myq.url), encoding="utf-8")
        rows = [
            f"{one['full_name']},{name},,{one['card'] and one['card'] + name},{one['group']},{at},,\r\n"
            for at, (name, one) in enumerate(sorted(self.people.items()))
        ]
        text = "".join([HEAD, SENTINEL, "Other,other,,,Students,8000,,\r\n", *rows])
        path = self.folder / "people.csv"
        path.unlink(missing_ok=True)
        match self.damage:
            case "cut":
                path.write_text(text[: len(text) - 4], newline="")
            case "empty":
                path.write_text("", newline="")
            case "short":
                path.write_text(HEAD + SENTINEL, newline="")
            case "row":
                path.write_text(text + '"half a row\r\n', newline="")
            case "":
                path.write_text(text, newline="")


def _moved(path: str, moves: dict[str, str]) -> str:
    for old, new in moves.items():
        if path == old or path.startswith(f"{old}|"):
            return new + path[len(old) :]
    return path


def _with_groups(user: dict[str, Any], moves: dict[str, str]) -> dict[str, Any]:
    """Return a user once the groups have moved."""
    groups = sorted(_moved(path, moves) for path in user["groups"])
    return {**user, "groups": groups, "defaultGroup": _moved(user["defaultGroup"], moves)}


def _all_waived() -> list[str]:
    return [*(word for guard in GUARDS for word in ("--waive", guard)), "--reason", "a model"]


@pytest.mark.model
@pytest.mark.timeout(7200)
def test_whatever_happens_in_a_year(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MYQ_CLIENT_SECRET", "SOURCE_DATE_EPOCH"):
        monkeypatch.setenv(name, "")
    Year.myq = simulator
    Year.TestCase.settings = settings(
        max_examples=ROUNDS,
        stateful_step_count=STEPS,
        suppress_health_check=[*HealthCheck],
        phases=[Phase.generate],
    )
    Year.TestCase().runTest()
