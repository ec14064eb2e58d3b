"""All five kinds of source at once, feeding one MyQ."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.five_kinds import BADGES, FAILURES, KINDS, FiveKinds

pytestmark = [pytest.mark.slapd, pytest.mark.entra, pytest.mark.central, pytest.mark.script]

CREATED = ["ada", "bob", "cy", "frank", "grace", "hedy"]
EVERYTHING = [
    "group-create/Central",
    "group-create/Central/Prague",
    "group-create/Central/Prague/Office",
    "group-create/Inventors",
    "group-create/Staff",
    "group-create/Staff/Research",
    *(f"create/{name}" for name in CREATED),
    *(f"deactivate/left.{kind}" for kind in sorted(KINDS)),
]


def applied(five: FiveKinds) -> None:
    five.project("apply", "--approval", five.project.approved())


def test_one_plan_is_made_of_all_five(five_kinds: FiveKinds) -> None:
    plan = five_kinds.plan()
    assert [change["id"] for change in plan["changes"]] == EVERYTHING
    read = {source["name"]: (source["type"], source["records"]) for source in plan["sources"]}
    assert read == {
        "personnel": ("csv", 2),
        "directory": ("ldap", 2),
        "cloud": ("entra", 2),
        "central": ("central", 2),
        "badges": ("script", 3),
    }


def test_people_of_several_sources_are_paired_and_the_higher_precedence_is_right(
    five_kinds: FiveKinds,
) -> None:
    told = {one["name"]: one for one in five_kinds.plan()["notices"] if one["kind"] == "outranked"}
    assert {name: one["message"] for name, one in told.items()} == {
        "ada": "directory knows them too and gives way to personnel",
        "bob": "cloud knows them too and gives way to personnel",
        "grace": "badges knows them too and gives way to directory",
    }
    assert told["ada"]["places"][0] == "people.csv:2"
    assert told["ada"]["places"][1].startswith("uid=a.lovelace,")
    assert told["grace"]["places"][1] == "badges.py#7"


def test_a_card_that_two_sources_give_to_two_people_is_reported_with_both_records(
    five_kinds: FiveKinds,
) -> None:
    (conflict,) = [one for one in five_kinds.plan()["notices"] if one["kind"] == "conflict"]
    assert "2 records claim the same cards (dan, eve); none is touched" in conflict["message"]
    assert "D1" not in conflict["message"]
    assert conflict["places"][0].endswith("/users/7")
    assert conflict["places"][1] == "badges.py#8"
    assert not {"create/dan", "create/eve"} & set(five_kinds.project.ids())


def test_what_is_applied_is_what_the_sources_say_and_then_nothing_is_left(five_kinds: FiveKinds) -> None:
    applied(five_kinds)
    users = five_kinds.project.myq.users()
    assert {name: user["syncSource"] for name, user in users.items() if not user["deleted"]} == {
        "ada": "personnel",
        "bob": "personnel",
        "grace": "directory",
        "hedy": "cloud",
        "cy": "central",
        "frank": "badges",
    }
    assert users["ada"]["fullname"] == "Ada Lovelace"
    assert users["ada"]["aliases"] == ["lovelace"]
    assert users["cy"]["groups"] == ["Central|Prague|Office"]
    assert users["hedy"]["groups"] == ["Inventors"]
    assert users["hedy"]["objectId"]
    assert users["grace"]["cards"] == []
    assert five_kinds.project("plan", "--detailed-exitcode").out.startswith("Nothing to do")


def test_a_source_may_add_to_people_of_the_others(five_kinds: FiveKinds) -> None:
    five_kinds.project.manifest(
        "all.yaml",
        "deactivateMissingUsers: true, ignoreSynchronizationSource: false",
        "ignoreSynchronizationSource: true",
    )
    applied(five_kinds)
    users = five_kinds.project.myq.users()
    assert users["grace"]["cards"] == ["1A2B", "3C4D"]
    assert users["grace"]["fullname"] == "Grace Hopper"
    assert users["grace"]["syncSource"] == "directory"
    assert not users["left.badges"]["deleted"]


def test_who_leaves_one_source_is_missed_by_that_source_alone(five_kinds: FiveKinds) -> None:
    applied(five_kinds)
    five_kinds.write([person for person in BADGES if person["user"] != "frank"])
    assert five_kinds.project.ids() == ["deactivate/frank"]


# One source after the other fails


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_that_fails_ends_the_run_without_harm_to_anybody(five_kinds: FiveKinds, kind: str) -> None:
    approval = five_kinds.project.approved()
    before, log = five_kinds.project.myq.state(), five_kinds.project.myq.log()
    FAILURES[kind](five_kinds)
    for command in (
        ["plan"],
        ["apply", "--approval", approval],
        ["verify", str(five_kinds.project.path("a.plan.json"))],
    ):
        ended = five_kinds.project(*command, code=6)
        assert "hint: " in ended.err
        assert "deactivate" not in ended.out
    assert five_kinds.project.myq.state() == before
    assert five_kinds.project.myq.log() == log


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_that_fails_later_keeps_its_users_and_those_of_the_others(
    five_kinds: FiveKinds, kind: str
) -> None:
    applied(five_kinds)
    before = five_kinds.project.myq.state()
    FAILURES[kind](five_kinds)
    five_kinds.project("apply", code=6)
    assert five_kinds.project.myq.state() == before


# Where scripts must not run


@pytest.mark.parametrize("command", ["plan", "apply", "verify"])
def test_no_scripts_refuses_the_project_before_anything_is_read(five_kinds: FiveKinds, command: str) -> None:
    plan = five_kinds.project.planned()
    five_kinds.central.reset()
    five_kinds.project.path("people.csv").unlink()
    seen = len(five_kinds.central.requests()), len(five_kinds.project.myq.requests())
    more = [plan] if command == "verify" else []
    ended = five_kinds.project(command, *more, "--no-scripts", code=6)
    assert "badges.py: this source is a script, and scripts may not run here" in ended.err
    assert "trusted" in ended.err
    assert seen == (len(five_kinds.central.requests()), len(five_kinds.project.myq.requests()))


def test_a_pipeline_can_forbid_scripts_by_its_environment(
    five_kinds: FiveKinds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_NO_SCRIPTS", "true")
    assert "scripts may not run" in five_kinds.project("plan", code=6).err


def test_a_project_without_a_script_may_say_that_none_shall_run(five_kinds: FiveKinds) -> None:
    manifest = five_kinds.project.path("sources.d/all.yaml")
    kept = manifest.read_text(encoding="utf-8").split("---\n")[:-1]
    manifest.write_text("---\n".join(kept), encoding="utf-8", newline="\n")
    planned = json.loads(Path(five_kinds.project.planned("--no-scripts", code=0)).read_bytes())
    assert [source["type"] for source in planned["sources"]] == ["central", "entra", "ldap", "csv"]


# From recorded reads


def nothing_is_there(five: FiveKinds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away all that a snapshot stands for: servers, files, script, secrets."""
    five.directory.stop()
    for name in ("MYQ_CLIENT_SECRET", "LDAP_PASSWORD", "ENTRA_SECRET", "CENTRAL_SECRET"):
        monkeypatch.delenv(name)
    for name in ("people.csv", "badges.py", "badges.json"):
        five.project.path(name).unlink()


def test_a_snapshot_of_all_five_gives_the_same_plan_without_network_secrets_and_scripts(
    five_kinds: FiveKinds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    monkeypatch.setenv("RECONCILER_REMEMBER", "false")  # so that the first run leaves nothing to the second
    snapshot = str(five_kinds.project.path("snapshots/monday"))
    told = five_kinds.project("snapshot", snapshot).out
    assert "badges: 3 records\ncentral: 2 records\ncloud: 2 records\n" in told
    assert "MyQ: 5 accounts\n" in told
    live = five_kinds.plan()
    shown = five_kinds.project("plan").out
    plan = five_kinds.project.planned()
    nothing_is_there(five_kinds, monkeypatch)
    requests = len(five_kinds.project.myq.requests()), len(five_kinds.central.requests())
    asked = len(five_kinds.cloud.server.requests)
    recorded = json.loads(
        Path(five_kinds.project.planned("--snapshot", snapshot, "--no-scripts", code=0)).read_bytes()
    )
    assert recorded.pop("recorded") == recorded["created"]
    assert {**recorded, "digest": ""} == {**live, "digest": ""}
    told = five_kinds.project("plan", "--snapshot", snapshot, "--no-scripts").out
    lines = [line for line in told.splitlines() if not line.startswith(("From recorded reads", "Made "))]
    assert lines == [line for line in shown.splitlines() if not line.startswith("Made ")]
    five_kinds.project("verify", plan, "--snapshot", snapshot, "--no-scripts")
    assert requests == (len(five_kinds.project.myq.requests()), len(five_kinds.central.requests()))
    assert asked == len(five_kinds.cloud.server.requests)


def test_apply_reads_afresh_whatever_snapshot_there_is(
    five_kinds: FiveKinds, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = str(five_kinds.project.path("monday"))
    five_kinds.project("snapshot", snapshot)
    approval = five_kinds.project.approved()
    assert "No such option" in five_kinds.project("apply", "--snapshot", snapshot, code=64).err
    monkeypatch.setenv("RECONCILER_SNAPSHOT", snapshot)
    five_kinds.directory.stop()
    five_kinds.project("apply", "--approval", approval, code=6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_that_fails_leaves_no_snapshot(five_kinds: FiveKinds, kind: str) -> None:
    FAILURES[kind](five_kinds)
    five_kinds.project("snapshot", str(five_kinds.project.path("monday")), code=6)
    assert not [path for path in five_kinds.project.folder.iterdir() if "monday" in path.name]
