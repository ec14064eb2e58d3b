"""The main job through the command line: plan, approve, apply, verify, on a real socket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.project import Project

WAIVED = ("--waive", "identities-moved", "--reason", "Nadia took over the desk")
EVERYTHING = [
    "group-create/Staff/Ethics%20Board",
    "group-move/Staff/Reserach",
    "rekey/eva.mala",
    "create/sven.newcomer",
    "reactivate/rosa.returner",
    "update/eva.mala",
    "update/fatima.zahra",
    "update/nadia.petrova",
    "update/olu.adeyemi",
    "update/quentin.rose",
    "deactivate/tom.leaver",
]


def test_the_plan_finds_every_awkward_person(project: Project) -> None:
    assert project.ids() == EVERYTHING


def test_a_plan_writes_nothing(project: Project) -> None:
    before = project.myq.state()
    project("plan", code=3)
    assert project.myq.state() == before


def test_what_is_approved_is_applied_and_then_nothing_is_left(project: Project) -> None:
    result = project.path("a.result.json")
    approval = project.approved(*WAIVED)
    ended = project("apply", "--approval", approval, "--result", str(result))
    assert "nothing left to do" in ended.out
    document = json.loads(result.read_bytes())
    assert document["summary"] == {"applied": len(EVERYTHING)}
    assert document["remaining"] == []
    assert project("plan", "--detailed-exitcode").out.startswith("Nothing to do")


def test_myq_then_holds_what_the_sources_say(project: Project) -> None:
    project("apply", "--approval", project.approved(*WAIVED))
    users = project.myq.users()
    assert users["eva.novotna"]["aliases"] == ["eva.mala"]
    assert "eva.mala" not in users
    assert users["rosa.returner"]["deleted"] is False
    assert users["rosa.returner"]["groups"] == ["Staff|Research"]
    assert users["tom.leaver"]["deleted"] is True
    assert users["tom.leaver"]["groups"] == []
    assert users["nadia.petrova"]["cards"] == ["04070809"]
    assert users["quentin.rose"]["cards"] == ["0B0C0D0E"]
    assert users["sven.newcomer"]["syncSource"] == "Personnel"
    assert users["visitors"]["syncSource"] == ""
    assert users["legacy.copier"]["deleted"] is False


def test_nothing_runs_without_an_approval(project: Project) -> None:
    before = project.myq.log()
    ended = project("apply", code=4)
    assert "there is no approval" in ended.err
    assert project.myq.log() == before


def test_a_guard_that_nobody_waived_stops_all_of_it(project: Project) -> None:
    before = project.myq.log()
    ended = project("apply", "--approval", project.approved(), code=3)
    assert "identities-moved" in ended.err
    assert project.myq.log() == before


def test_a_guard_that_the_policy_waives_lets_it_pass_and_says_so(project: Project) -> None:
    waiver = "{guard: identities-moved, reason: a desk moves, by: jane, until: 2999-12-31}"
    grace = "  grace: {reads: 0, days: 0}\n"
    project.manifest("policy.yaml", grace, f"{grace}  waivers: [{waiver}]\n")
    planned = project("plan").out
    assert "Guards that the policy waives" in planned
    assert "waived by jane until 3000-01-01T00:00:00Z: a desk moves" in planned
    result = project.path("a.result.json")
    ended = project("apply", "--approval", project.approved(), "--result", str(result))
    assert "1 guard was waived" in ended.out
    (passed,) = json.loads(result.read_bytes())["waived"]
    assert (passed["guard"], passed["count"], passed["waived"]["by"]) == ("identities-moved", 1, "jane")


def test_only_what_is_approved_runs(project: Project) -> None:
    approval = project.approved("--only", "create", "--only", "update/olu.adeyemi", *WAIVED)
    project("apply", "--approval", approval)
    left = [id_ for id_ in EVERYTHING if id_ not in {"create/sven.newcomer", "update/olu.adeyemi"}]
    assert project.ids() == left


def test_what_a_chosen_change_needs_is_approved_with_it(project: Project) -> None:
    approval = project.approved("--only", "update/fatima.zahra")
    effects = json.loads(Path(approval).read_bytes())["effects"]
    assert sorted(effects.values()) == [
        "group-create/Staff/Ethics%20Board",
        "group-move/Staff/Reserach",
        "update/fatima.zahra",
    ]


def test_what_is_left_out_takes_along_what_needs_it(project: Project) -> None:
    approval = project.approved("--except", "update/quentin.rose", "--except", "deactivate")
    approved = set(json.loads(Path(approval).read_bytes())["effects"].values())
    refused = {"update/quentin.rose", "update/nadia.petrova", "deactivate/tom.leaver"}
    assert approved == set(EVERYTHING) - refused


def test_several_approvals_add_up(project: Project) -> None:
    first = project.approved("--only", "create", *WAIVED)
    second = str(Path(first).rename(project.path("first.json")))
    third = project.approved("--except", "create")
    project("apply", "--approval", second, "--approval", third)
    assert project.ids() == []


def test_what_came_after_the_approval_is_reported_and_left(project: Project) -> None:
    approval = project.approved(*WAIVED)
    people = project.path("sources.d/data/people.csv")
    with people.open("a", encoding="utf-8", newline="") as file:
        file.write("Late Comer,late.comer,late@uni.example,,Students,1099,,\r\n")
    result = project.path("a.result.json")
    project("apply", "--approval", approval, "--result", str(result))
    assert json.loads(result.read_bytes())["summary"] == {"applied": 11, "unapproved": 1}
    assert project.ids() == ["create/late.comer"]


def test_what_is_no_longer_needed_is_reported_and_skipped(project: Project) -> None:
    approval = project.approved(*WAIVED)
    people = project.path("sources.d/data/people.csv")
    kept = [line for line in people.read_bytes().splitlines(keepends=True) if b"sven" not in line]
    people.write_bytes(b"".join(kept))
    result = project.path("a.result.json")
    project("apply", "--approval", approval, "--result", str(result))
    document = json.loads(result.read_bytes())
    assert document["unneeded"] == ["create/sven.newcomer"]
    assert "sven.newcomer" not in project.myq.users()


def test_a_person_who_came_back_overnight_is_not_removed(project: Project) -> None:
    approval = project.approved(*WAIVED)
    people = project.path("sources.d/data/people.csv")
    with people.open("a", encoding="utf-8", newline="") as file:
        file.write(
            "Tom Leaver,tom.leaver,tom.leaver@uni.example,,Staff|Library,1020,\\\\files\\scans\\1020,\r\n"
        )
    project("apply", "--approval", approval)
    assert project.myq.users()["tom.leaver"]["deleted"] is False


def test_a_changed_value_is_another_effect(project: Project) -> None:
    approval = project.approved(*WAIVED)
    people = project.path("sources.d/data/people.csv")
    text = people.read_text(encoding="utf-8").replace("Eva Novotná", "Eva Someoneelse")
    people.write_text(text, encoding="utf-8", newline="")
    project("apply", "--approval", approval)
    assert project.myq.users()["eva.novotna"]["fullname"] == "Eva Malá"
    assert project.ids() == ["update/eva.novotna"]


def test_an_approval_of_another_server_is_refused(project: Project) -> None:
    approval = project.approved(*WAIVED)
    project.manifest("target.yaml", "  rest:\n", "  identity: another server\n  rest:\n")
    ended = project("apply", "--approval", approval, code=4)
    assert "another server" in ended.err


def test_an_approval_that_expired_is_refused(project: Project) -> None:
    approval = project.approved("--expires", "2020-01-01T00:00:00Z", *WAIVED)
    assert "expired" in project("apply", "--approval", approval, code=4).err


def test_an_approval_for_other_changes_is_refused(project: Project) -> None:
    first = project.approved("--only", "deactivate", *WAIVED)
    project("apply", "--approval", first)
    assert "for others" in project("apply", "--approval", first, code=4).err


def test_an_expired_plan_cannot_be_approved(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = project.planned()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "4102444800")
    assert "expired" in project("approve", plan, code=4).err


def test_the_policy_can_approve_classes_beforehand(project: Project) -> None:
    project.manifest("policy.yaml", "  grace:", "  approve: [create, update]\n  grace:")
    badges = project.path("sources.d/data/badges.csv")
    badges.write_bytes(
        badges.read_bytes()
        .replace(b"1018;185339150", b"1018;67569673")
        .replace(b"1015;67569673", b"1015;185339150")
    )
    project("apply", code=5)
    assert project.ids() == [
        "group-create/Staff/Ethics%20Board",
        "group-move/Staff/Reserach",
        "rekey/eva.mala",
        "reactivate/rosa.returner",
        "update/eva.mala",
        "update/fatima.zahra",
        "deactivate/tom.leaver",
    ]


def test_verify_says_whether_a_plan_still_holds(project: Project) -> None:
    plan = project.planned()
    assert "11 changes" in project("verify", plan).err
    project("apply", "--approval", project.approved("--only", "create", *WAIVED))
    ended = project("verify", plan, code=4)
    assert ended.out == "- create/sven.newcomer\n"


def test_the_same_inputs_give_the_same_bytes(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    project.planned()  # what is remembered of it is an input of the next
    first = Path(project.planned()).read_bytes()
    people = project.path("sources.d/data/people.csv")
    assert Path(project.planned()).read_bytes() == first
    assert people.exists()


def test_the_inverse_of_everything_is_in_the_result(project: Project) -> None:
    result = project.path("a.result.json")
    project("apply", "--approval", project.approved(*WAIVED), "--result", str(result))
    outcomes = {one["id"]: one for one in json.loads(result.read_bytes())["outcomes"]}
    assert outcomes["deactivate/tom.leaver"]["inverse"]["id"] == "reactivate/tom.leaver"
    assert outcomes["rekey/eva.mala"]["inverse"]["id"] == "rekey/eva.novotna"
    assert outcomes["group-create/Staff/Ethics%20Board"]["inverse"] is None


def test_one_person_is_looked_at_closely(project: Project) -> None:
    ended = project("plan", "--user", "eva.novotna", "--user", "nobody", "--user", "tom.leaver", code=3)
    closely = ended.out[ended.out.index("Closely: ") :]
    assert "Closely: eva.novotna\n  people (sources.d/data/people.csv:6)" in closely
    assert "userName: eva.mala -> eva.novotna" in closely
    assert "Closely: nobody\n  no source has this user name, and neither has MyQ" in closely
    assert "Closely: tom.leaver\n  no source has this user name" in closely


def test_a_close_look_masks_cards_and_names_both_sources(project: Project) -> None:
    ended = project("plan", "--user", "nadia.petrova", code=3)
    closely = ended.out[ended.out.index("Closely: ") :]
    assert "cards: not said -> *** (after)" in closely
    assert "04070809" not in ended.out
    assert "67569673" not in ended.out


def test_the_shown_part_of_a_long_list_is_said(project: Project) -> None:
    ended = project("plan", "--limit", "1", code=3)
    assert "... and 4 more" in ended.out
    assert "... and 4 more" not in project("plan", "--limit", "0", code=3).out


def test_a_stored_plan_is_shown_narrowed(project: Project) -> None:
    plan = project.planned()
    ended = project("show", plan, "--action", "rekey", "--action", "create", "--limit", "0")
    assert "rekey/eva.mala" in ended.out
    assert "deactivate/tom.leaver" not in ended.out
    assert "9 are hidden" in ended.out


def test_what_somebody_changes_back_is_told_at_the_next_plan(project: Project) -> None:
    before = project.myq.users()["olu.adeyemi"]
    project("apply", "--approval", project.approved(*WAIVED))
    assert "Second writers" not in project("plan").out
    after = project.myq.users()["olu.adeyemi"]
    back = {key: value for key, value in before.items() if value != after[key]}
    assert back
    project.myq.call("PATCH", f"/api/v3/users/{after['id']}", back)
    planned = project("plan").out
    assert "Second writers: 1 kind of change is needed again" in planned
    assert "is needed again: somebody changed them back, by hand as it seems" in planned


def test_what_somebody_changes_to_something_else_is_told_too(project: Project) -> None:
    """Somebody takes a new member out of a group by hand, and puts them into another."""
    project("apply", "--approval", project.approved(*WAIVED))
    members = [one for one in project.myq.users().values() if "Staff|Ethics Board" in one["groups"]]
    project.myq.call("PATCH", f"/api/v3/users/{members[0]['id']}", {"groups": ["Staff|Library"]})
    planned = project("plan").out
    assert "1 of its changes (update of groups" in planned
    assert "is needed again: somebody changed them back, by hand as it seems" in planned
