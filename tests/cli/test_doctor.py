"""`doctor`: everything reached, nothing changed; and a specification looked into."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from reconciler.cli.app import run
from reconciler.manifest.binding import load_binding
from support.https import HttpsServer, Reply, Request
from support.project import Project
from support.spoken import DIALECTS, Bound

WAIVED = ("--waive", "identities-moved", "--reason", "Nadia took over the desk")


@pytest.fixture
def alien(project: Project, bound: Bound) -> Project:
    """The example project, on a server that shares no path and no name with the built-in interface."""
    (project.folder / "people.yaml").write_bytes(bound("people").read_bytes())
    project.manifest("target.yaml", "  rest:\n", "  rest:\n    binding: people.yaml\n")
    return project


def specification(project: Project, version: str = "3.0", kind: str = "json") -> str:
    return f"{project.myq.url}/simulator/openapi.{kind}?version={version}"


def test_what_answers_is_said_and_nothing_is_changed(project: Project) -> None:
    before = project.myq.state(), project.myq.log()
    told = project("doctor").out
    assert (project.myq.state(), project.myq.log()) == before
    for words in (
        "ok         source people: csv: reached; 21 records at once",
        f"ok         server printing: signed in at {project.myq.url}, over plain http; scopes granted: users",
        "ok         printing: listUsers: GET /api/v3/users/all (assumed): 5 on the first page",
        "ok         printing: findUsers: GET /api/v3/users/find (seen in public client code): answers",
        "not tried  printing: deleteUser: DELETE /api/v3/users/{user} (assumed): it would change something",
    ):
        assert words in told.splitlines(), told


def test_what_does_not_answer_is_said_with_a_way_out(project: Project) -> None:
    (project.folder / "sources.d" / "data" / "people.csv").unlink()
    project.myq.switch(undocumented_operations=False)
    ended = project("doctor", code=6)
    assert "FAILED     source people: csv: " in ended.out
    assert (
        "FAILED     printing: listGroups: GET /api/v3/groups (assumed): this server has no operation"
        in ended.out
    )
    assert (
        "not tried  printing: getUser: GET /api/v3/users/{user} (assumed): there is no user to ask about"
        in (ended.out)
    )
    assert ended.out.count("hint: ") == 3
    assert "3 of what was looked at did not answer" in ended.err


def test_an_answer_of_another_shape_is_seen(alien: Project) -> None:
    path = alien.folder / "people.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("entries: members", "entries: users"), encoding="utf-8")
    assert (
        "FAILED     printing: listUsers: GET /directory/people (from the specification): no list in users"
        in (alien("doctor", code=6).out)
    )
    path.write_text(
        text.replace("      entity: person\n    # To make", "      entity: user\n    # To make"),
        encoding="utf-8",
    )
    assert "getUser: GET /directory/people/{user} (from the specification): no user in user" in (
        alien("doctor", code=6).out
    )


def test_what_an_export_does_not_show_is_said(project: Project) -> None:
    (project.folder / "users.csv").write_bytes(project.myq.export_csv())
    project.manifest("target.yaml", "  rest:\n", "  read: csv\n  csv: {export: users.csv}\n  rest:\n")
    told = project("doctor").out
    assert "ok         export of printing: " in told
    assert "accounts; it does not show " in told
    (project.folder / "users.csv").unlink()
    assert "FAILED     export of printing: " in project("doctor", code=6).out


def test_what_a_binding_lacks_is_said(alien: Project) -> None:
    path = alien.folder / "people.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    del document["spec"]["operations"]["deleteUser"]
    path.write_text(json.dumps(document), encoding="utf-8")
    told = alien("doctor").out
    assert "missing    printing: deleteUser: no operation to deactivate a user" in told
    assert "listCards" not in told


def test_the_whole_story_is_told_in_an_interface_that_shares_nothing(alien: Project) -> None:
    result = alien.path("a.result.json")
    ended = alien("apply", "--approval", alien.approved(*WAIVED), "--result", str(result))
    assert "nothing left to do" in ended.out
    document = json.loads(result.read_bytes())
    assert document["summary"] == {"applied": 11}
    assert document["remaining"] == []
    users = alien.myq.users()
    assert users["eva.novotna"]["aliases"] == ["eva.mala"]
    assert (users["rosa.returner"]["deleted"], users["rosa.returner"]["groups"]) == (
        False,
        ["Staff|Research"],
    )
    assert (users["tom.leaver"]["deleted"], users["tom.leaver"]["groups"]) == (True, [])
    assert users["quentin.rose"]["cards"] == ["0B0C0D0E"]
    assert users["sven.newcomer"]["syncSource"] == "Personnel"
    assert users["legacy.copier"]["deleted"] is False
    assert not any(one["path"].startswith("/api") for one in alien.myq.requests())
    assert alien("plan", "--detailed-exitcode").out.startswith("Nothing to do")


def test_what_a_server_lacks_is_in_the_plan_and_is_never_begun(alien: Project) -> None:
    path = alien.folder / "people.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name in ("deleteUser", "createGroup"):
        del document["spec"]["operations"][name]
    path.write_text(json.dumps(document), encoding="utf-8")
    plan = alien.planned()
    told = json.loads(Path(plan).read_bytes())["unreachable"]
    assert told["deactivate/tom.leaver"] == "this server has no operation to deactivate a user (delete_user)"
    assert "make a group" in told["group-create/Staff/Ethics%20Board"]
    assert told["update/fatima.zahra"].startswith("it needs a change")
    assert "cannot be applied through this target" in alien("show", plan).out
    approval = alien.approved(*WAIVED)
    before = len(alien.myq.requests())
    result = alien.path("a.result.json")
    alien("apply", "--approval", approval, "--result", str(result), code=None)
    summary = json.loads(result.read_bytes())["summary"]
    assert summary["unreachable"] == len(told)
    assert set(summary) == {"applied", "unreachable"}
    asked = [one for one in alien.myq.requests()[before:] if one["status"] >= 400]
    assert [one for one in asked if "by-login" not in one["path"]] == []
    assert alien.myq.users()["tom.leaver"]["deleted"] is False


@pytest.mark.parametrize("kind", ["json", "yaml"])
@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_interface_is_bound_alike_whatever_tells_of_it(
    project: Project, bound: Bound, tmp_path: Path, dialect: str, version: str, kind: str
) -> None:
    first = load_binding(bound(dialect).parent, bound(dialect).name)
    project(
        "doctor", "--spec", specification(project, version, kind), "--out", str(tmp_path / f"{dialect}.yaml")
    )
    second = load_binding(tmp_path, f"{dialect}.yaml")
    assert second.user == first.user
    assert second.group == first.group
    assert {name: (one.method, one.path, one.paging) for name, one in second.operations.items()} == {
        name: (one.method, one.path, one.paging) for name, one in first.operations.items()
    }


def test_the_table_says_what_is_found_and_what_is_missing(project: Project, bound: Bound) -> None:
    bound("people")
    told = project("doctor", "--spec", specification(project)).out
    assert "Directory: OpenAPI 3.0, 13 operations" in told
    assert "deleteUser       found      PUT /directory/people/{user}" in told
    assert "sets state to removed" in told
    assert "listCards        missing    read the cards of one user" in told
    assert not list(project.folder.glob("*.yaml"))


def test_a_specification_is_looked_at_before_there_is_a_project(
    project: Project,
    bound: Bound,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    bound("paged")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert run(["doctor", "--spec", specification(project), "--out", "Head Office!.yaml"]) == 0
    assert load_binding(elsewhere, "Head Office!.yaml").name == "head-office"
    assert "written" in capfd.readouterr().err


def test_a_path_that_the_targets_address_has_already_is_not_written_twice(
    project: Project, bound: Bound, tmp_path: Path
) -> None:
    bound("paged")
    project.manifest("target.yaml", project.myq.url, f"{project.myq.url}/rest")
    project("doctor", "--spec", specification(project), "--out", str(tmp_path / "b.yaml"))
    assert load_binding(tmp_path, "b.yaml").operations["list_users"].path == "/users"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(("--out", "b.yaml"), 64, "there is no --spec", id="out-without-a-spec"),
        pytest.param(("--spec", "nowhere.yaml"), 1, "cannot be read", id="no-file"),
        pytest.param(("--spec", "{url}/simulator/nowhere"), 6, "answers 404 instead", id="no-such-address"),
        pytest.param(
            ("--spec", "http://127.0.0.1:9/x.yaml"),
            6,
            "no answer (tried 8 times): Failed to establish a new connection: Connection refused",
            id="nobody-there",
        ),
        pytest.param(("--spec", "{url}/simulator/state"), 1, "names no version", id="no-specification"),
        pytest.param(
            ("--spec", "{url}/simulator/openapi.json", "--out", "/nowhere/b.yaml"),
            1,
            "cannot be written",
            id="nowhere-to-write",
        ),
    ],
)
def test_what_cannot_be_done_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, words: str
) -> None:
    monkeypatch.chdir(project.folder)
    ended = project("doctor", *(each.format(url=project.myq.url) for each in arguments), code=code)
    assert words in ended.err
    assert "hint: " in ended.err


def test_a_servers_certificate_is_believed_as_the_project_says(
    project: Project,
    https_server: Callable[..., HttpsServer],
    certificates: object,
    tmp_path: Path,
) -> None:
    def answer(_: Request) -> Reply:
        return Reply(200, json.dumps({"openapi": "3.0.0", "paths": {"/users": {"get": {}}}}).encode())

    server = https_server(answer)
    assert "not believed" in project("doctor", "--spec", f"{server.url}/spec.json", code=6).err
    authority = str(certificates.ca)
    project.manifest("target.yaml", f"url: {project.myq.url}", f"url: {server.url}\n    caFile: {authority}")
    told = project("doctor", "--spec", f"{server.url}/spec.json", "--out", str(tmp_path / "b.yaml")).out
    assert "The specification: OpenAPI 3.0, 1 operations" in told
    assert "listUsers        missing" in told
    assert "fill this in" in (tmp_path / "b.yaml").read_text(encoding="utf-8")
