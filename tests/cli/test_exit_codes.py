"""One table: a situation, what is typed, the exit code, and the first line that is said.

The codes are those of design.md section 5. A situation is the example project with one thing changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeAlias

import pytest

from reconciler.errors import ReconcilerError
from support.odd_server import HTML, OddServer, told
from support.project import Project

Situation: TypeAlias = Callable[[Project], None]

WAIVED = ("--waive", "identities-moved", "--reason", "Nadia took over the desk")


def as_it_is(_: Project) -> None:
    """The example, nothing applied yet."""


def applied(project: Project) -> None:
    project("apply", "--approval", project.approved(*WAIVED))


def approved(project: Project) -> None:
    project.approved(*WAIVED)


def approved_but_not_waived(project: Project) -> None:
    project.approved()


def approved_and_a_creation_fails(project: Project) -> None:
    approved(project)
    project.myq.fault(kind="error", status=400, operation="create_user", times=0)


def expired(project: Project) -> None:
    project.approved("--expires", "2020-01-01", *WAIVED)


def for_another_server(project: Project) -> None:
    approved(project)
    project.manifest("target.yaml", "  rest:\n", "  identity: another\n  rest:\n")


def no_people_file(project: Project) -> None:
    project.path("sources.d/data/people.csv").unlink()


def a_misspelt_option(project: Project) -> None:
    project.manifest("people.yaml", "addNewUsers", "addNewUser")


def myq_refuses_to_list(project: Project) -> None:
    project.myq.fault(kind="error", status=403, operation="list_users", times=0)


def myq_knows_no_listing(project: Project) -> None:
    project.myq.switch(undocumented_operations=False)


def myq_lists_too_few(project: Project) -> None:
    project.myq.fault(kind="short-page", operation="list_users", times=0)


def planned(project: Project) -> None:
    project.planned()


def planned_and_something_changed(project: Project) -> None:
    planned(project)
    people = project.path("sources.d/data/people.csv")
    people.write_bytes(people.read_bytes().replace(b"Kofi Mensah", b"Kofi A. Mensah"))


def an_edited_plan(project: Project) -> None:
    planned(project)
    path = project.path("a.plan.json")
    path.write_bytes(path.read_bytes().replace(b"sven", b"evil"))


PLAN, APPROVAL = "{folder}/a.plan.json", "{folder}/a.approval.json"


@pytest.mark.parametrize(
    ("situation", "arguments", "code", "first"),
    [
        pytest.param(as_it_is, "validate", 0, "5 files, no problem", id="0-the-manifests-are-right"),
        pytest.param(applied, "plan --detailed-exitcode", 0, "Nothing to do", id="0-nothing-to-do"),
        pytest.param(
            applied, "apply", 0, "On the MyQ server printing", id="0-nothing-to-apply-needs-no-approval"
        ),
        pytest.param(approved, f"apply -a {APPROVAL}", 0, "applied: ", id="0-applied"),
        pytest.param(planned, f"verify {PLAN}", 0, "still so: 11 changes", id="0-a-plan-that-still-holds"),
        pytest.param(
            planned,
            f"show {PLAN}",
            0,
            "11 changes needed on the MyQ server printing",
            id="0-a-plan-is-shown-though-a-guard-objects",
        ),
        pytest.param(
            planned, f"approve {PLAN} --by me", 0, "{folder}/a.approval.json: 11 of 11", id="0-approved"
        ),
        pytest.param(
            a_misspelt_option, "validate", 1, "sources.d/people.yaml:", id="1-a-problem-in-the-manifests"
        ),
        pytest.param(a_misspelt_option, "plan", 1, "sources.d/people.yaml:", id="1-no-plan-from-such"),
        pytest.param(
            as_it_is, f"show {PLAN}", 1, f"error: {PLAN}: there is no such file", id="1-no-plan-there"
        ),
        pytest.param(an_edited_plan, f"approve {PLAN}", 1, f"error: {PLAN}: ", id="1-an-edited-plan"),
        pytest.param(
            planned,
            f"apply -a {PLAN}",
            1,
            f"error: {PLAN}: an approval is expected",
            id="1-a-plan-for-an-approval",
        ),
        pytest.param(
            approved,
            "apply -a {folder}/a.approval.json --result {folder}/sources.d",
            1,
            "error: {folder}/sources.d: the file cannot be written",
            id="1-no-place-for-the-result",
        ),
        pytest.param(
            planned_and_something_changed,
            "plan --detailed-exitcode",
            3,
            "12 changes needed on the MyQ server printing",
            id="3-a-guard-counts-more-than-changes",
        ),
        pytest.param(
            as_it_is,
            "plan",
            3,
            "11 changes needed on the MyQ server printing",
            id="3-a-guard-objects-and-the-plan-is-shown",
        ),
        pytest.param(
            approved_but_not_waived,
            f"apply -a {APPROVAL}",
            3,
            "error: nothing was written: identities",
            id="3-not-waived",
        ),
        pytest.param(
            as_it_is, "apply", 4, "error: 11 changes are needed, and there is no", id="4-no-approval"
        ),
        pytest.param(
            expired, f"apply -a {APPROVAL}", 4, "error: the approval of colleague", id="4-it-expired"
        ),
        pytest.param(
            for_another_server, f"apply -a {APPROVAL}", 4, "error: the approval is for", id="4-another-server"
        ),
        pytest.param(
            planned_and_something_changed,
            f"verify {PLAN}",
            4,
            "error: {folder}/a.plan.json: 0 changes",
            id="4-no-longer-so",
        ),
        pytest.param(
            approved_and_a_creation_fails, f"apply -a {APPROVAL}", 5, "applied: ", id="5-applied-in-part"
        ),
        pytest.param(
            no_people_file, "plan", 6, "error: sources.d/data/people.csv: the file", id="6-no-source"
        ),
        pytest.param(myq_refuses_to_list, "plan", 6, "error: http://", id="6-myq-refuses-to-be-read"),
        pytest.param(myq_knows_no_listing, "plan", 6, "error: http://", id="6-myq-cannot-be-read"),
        pytest.param(
            myq_lists_too_few,
            "plan",
            6,
            "error: {myq}: MyQ's list of users was not",
            id="6-myq-was-not-read-whole",
        ),
        pytest.param(as_it_is, "plan --colour", 64, "error: No such option", id="64-a-flag-nobody-knows"),
        pytest.param(
            as_it_is, "plan extra", 64, "error: Got unexpected extra argument", id="64-a-word-too-many"
        ),
        pytest.param(as_it_is, "frobnicate", 64, "error: No such command", id="64-a-command-nobody-knows"),
        pytest.param(
            as_it_is, "plan --limit many", 64, "error: Invalid value for '--limit'", id="64-no-number"
        ),
    ],
)
def test_how_it_ends(project: Project, situation: Situation, arguments: str, code: int, first: str) -> None:
    situation(project)
    folder = str(project.folder)
    ended = project(*arguments.format(folder=folder).split(), code=code)
    expected = first.format(folder=folder, myq=project.myq.url)
    said = ended.err or ended.out
    assert said.startswith(expected) or ended.out.startswith(expected), f"{ended.out}\n{ended.err}"
    if said.startswith("error: "):
        assert "\n  hint: " in said
    assert "Traceback" not in said


def test_changes_alone_are_2_only_where_asked_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    applied(project)
    people = project.path("sources.d/data/people.csv")
    people.write_bytes(people.read_bytes().replace(b"Kofi Mensah", b"Kofi A. Mensah"))
    assert project("plan", code=0).out == project("plan", "--detailed-exitcode", code=2).out


@pytest.mark.parametrize("status", [pytest.param(500, id="500"), pytest.param(502, id="502")])
def test_a_myq_that_only_fails_is_6(project: Project, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr("reconciler.sources.patience.Patience.wait_after", lambda *_: 0.0)
    project.myq.fault(kind="error", status=status, operation="list_users", times=0)
    assert "hint:" in project("plan", code=6).err


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("/api/auth/token", "no JSON", id="for-a-token"),
        pytest.param("/api/v3/groups", "no JSON", id="for-groups"),
        pytest.param("/api/v3/users/all", "no JSON", id="for-users"),
    ],
)
def test_a_page_of_html_is_no_answer_of_myq(
    project: Project, odd_server: OddServer, path: str, words: str
) -> None:
    empty = {"groups": [], "users": [], "count": 0}
    odd_server.answers |= {"/api/v3/groups": [told(empty)], "/api/v3/users/all": [told(empty)], path: [HTML]}
    project.manifest("target.yaml", project.myq.url, odd_server.url)
    ended = project("plan", code=6)
    assert words in ended.err
    assert "hint:" in ended.err
    assert ended.out == ""


def test_every_error_has_a_code_of_the_table() -> None:
    def below(kind: type[ReconcilerError]) -> set[type[ReconcilerError]]:
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    assert {each.exit_code for each in below(ReconcilerError)} == {1, 3, 4, 5, 6, 64}


def test_what_was_applied_in_part_is_told_in_the_result(project: Project) -> None:
    approved_and_a_creation_fails(project)
    result = project.path("a.result.json")
    project("apply", "-a", str(project.path("a.approval.json")), "--result", str(result), code=5)
    document = json.loads(result.read_bytes())
    assert document["summary"] == {"applied": 10, "failed": 1}
    assert document["remaining"] == ["create/sven.newcomer"]


def test_without_a_place_for_the_result_nothing_is_written_to_myq(project: Project) -> None:
    approval = project.approved(*WAIVED)
    before = project.myq.log()
    blocked = project.path("blocked")
    blocked.write_text("a file", encoding="utf-8")
    for place in (project.folder, blocked / "a.result.json"):
        project("apply", "-a", approval, "--result", str(place), code=1)
    assert project.myq.log() == before
