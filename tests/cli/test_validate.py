"""`validate`: everything that can be said without a network, in five formats."""

from __future__ import annotations

import json
import socket
import xml.etree.ElementTree as ET

import pytest

from reconciler.cli.app import run
from support.project import Project


@pytest.fixture
def offline(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Give the project where nobody can open a connection, and nobody knows a secret."""

    def refuse(*_: object) -> None:
        pytest.fail("validate opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.delenv("MYQ_CLIENT_SECRET")
    return project


def test_manifests_are_checked_without_a_network_secrets_or_data(offline: Project) -> None:
    for name in ("people.csv", "badges.csv"):
        offline.path(f"sources.d/data/{name}").unlink()
    ended = offline("validate")
    assert (ended.out, ended.err) == ("", "5 files, no problem\n")


def test_one_file_is_one_file(
    tmp_path_factory: pytest.TempPathFactory, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path_factory.mktemp("one")
    (folder / "sources.d").mkdir()
    (folder / "sources.d" / "a.yaml").write_text(
        "apiVersion: myq.reconciler/v1\nkind: Target\nmetadata: {name: one}\n"
        "spec: {rest: {url: 'https://x', clientId: a, clientSecret: 'env:B'}}\n",
        encoding="utf-8",
    )
    assert run(["validate", "-C", str(folder)]) == 0
    assert capfd.readouterr().err == "1 file, no problem\n"


def _break(project: Project) -> None:
    """Make three mistakes in two files."""
    project.manifest("people.yaml", "addNewUsers: true", "addNewUser: true")
    project.manifest("people.yaml", "precedence: 10", "precedence: ten")
    project.manifest("policy.yaml", "grace:", "grase:")


PLACES = ["sources.d/people.yaml:11:15", "sources.d/people.yaml:25:5", "sources.d/policy.yaml:14:3"]


def test_every_problem_is_shown_at_once_with_place_fact_and_remedy(offline: Project) -> None:
    _break(offline)
    ended = offline("validate", code=1)
    lines = ended.out.splitlines()
    assert [line.split(": ")[0] for line in lines if line.startswith("sources.d")] == PLACES
    assert sum(line.startswith("  hint: ") for line in lines) == 3
    assert "did you mean 'addNewUsers'?" in ended.out
    assert ended.err == ""


def test_json_is_a_list_of_places(project: Project) -> None:
    _break(project)
    document = json.loads(project("validate", "--format", "json", code=1).out)
    assert [f"{one['file']}:{one['line']}:{one['column']}" for one in document["problems"]] == PLACES


def test_sarif_points_to_the_lines(project: Project) -> None:
    _break(project)
    document = json.loads(project("validate", "--format", "sarif", code=1).out)
    assert document["version"] == "2.1.0"
    found = [
        (where["artifactLocation"]["uri"], where["region"]["startLine"], where["region"]["startColumn"])
        for one in document["runs"][0]["results"]
        for where in [one["locations"][0]["physicalLocation"]]
    ]
    assert [f"{file}:{line}:{column}" for file, line, column in found] == PLACES


def test_junit_counts_failures(project: Project) -> None:
    _break(project)
    suite = ET.fromstring(project("validate", "--format", "junit", code=1).out)  # noqa: S314  our own
    assert len(list(suite.iter("failure"))) == 3


def test_github_gets_annotations(project: Project) -> None:
    _break(project)
    lines = project("validate", "--format", "github", code=1).out.splitlines()
    assert lines[0].startswith("::error file=sources.d/people.yaml,line=11")
    assert len(lines) == 3


@pytest.mark.parametrize("form", ["json", "sarif", "junit"])
def test_no_problem_is_a_whole_document_too(project: Project, form: str) -> None:
    out = project("validate", "--format", form).out
    if form == "junit":
        assert not list(ET.fromstring(out).iter("failure"))  # noqa: S314  our own
    else:
        assert "people.yaml" not in json.dumps(json.loads(out))


def test_other_commands_tell_the_same_problems_on_stderr(project: Project) -> None:
    _break(project)
    told = project("validate", code=1).out
    for command in ("plan", "apply"):
        ended = project(command, code=1)
        assert (ended.out, ended.err) == ("", told)
