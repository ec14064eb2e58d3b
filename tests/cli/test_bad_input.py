"""Broken things through the command line: a clear error, the right exit code, nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from support.project import Project

PEOPLE = "sources.d/data/people.csv"
ROW = "Zed,zed,zed@uni.example,,{groups},1098,,\r\n"


def _append(text: str) -> Callable[[Project], None]:
    def change(project: Project) -> None:
        with project.path(PEOPLE).open("a", encoding="utf-8", newline="") as file:
            file.write(text)

    return change


def _write(text: bytes, name: str = PEOPLE) -> Callable[[Project], None]:
    return lambda project: project.path(name).write_bytes(text) and None


def _edit(name: str, old: str, new: str) -> Callable[[Project], None]:
    return lambda project: project.manifest(name, old, new)


HEADER = b"FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN\r\n"


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        pytest.param(_write(b""), 6, "empty", id="an-empty-file"),
        pytest.param(_write(HEADER), 6, "people.csv", id="only-a-header"),
        pytest.param(
            _write(b"NOM,IDENTIFIANT\r\nAda,ada\r\n"), 6, "the columns are 'NOM'", id="another-language"
        ),
        pytest.param(_append("Zed,zed"), 6, "people.csv:23", id="a-last-line-cut-short"),
        pytest.param(_append(ROW.format(groups="")[:-2]), 6, "people.csv:23", id="no-end-of-the-last-line"),
        pytest.param(_append("Zed,zed\r\n"), 6, "people.csv:23", id="too-few-fields"),
        pytest.param(_append(ROW.format(groups="A\x00B")), 6, "people.csv:23", id="a-nul"),
        pytest.param(_append('"Zed,zed\r\n'), 6, "people.csv:23", id="a-quote-without-its-partner"),
        pytest.param(_append(ROW.format(groups="|".join("x" * 300))), 6, "300 levels", id="300-levels"),
        pytest.param(_append(ROW.replace("zed,", ",", 1)), 6, "user name is empty", id="no-user-name"),
        pytest.param(_append(ROW.replace("zed,", "\x1b[31mzed,", 1)), 6, "people.csv:23", id="an-escape"),
        pytest.param(lambda p: p.path(PEOPLE).unlink(), 6, "people.csv", id="no-file"),
        pytest.param(_edit("people.yaml", "minimumRecords: 15", "minimumRecords: 99"), 6, "99", id="too-few"),
        pytest.param(_edit("people.yaml", "[print-operator]", "[nobody]"), 6, "nobody", id="no-sentinel"),
        pytest.param(_edit("people.yaml", "type: csv", "type: paper"), 1, "paper", id="an-unknown-type"),
        pytest.param(_edit("people.yaml", "kind: Source", "kind: Sauce"), 1, "Source", id="an-unknown-kind"),
        pytest.param(
            _edit("people.yaml", "addNewUsers: true", "addNewUsers: yes"),
            1,
            "neither true nor false",
            id="yes",
        ),
        pytest.param(_edit("people.yaml", "spec:", "spec: ["), 1, "people.yaml", id="broken-yaml"),
        pytest.param(
            _write(b"a: &a [x]\n" + b"".join(b"b%d: *a\n" % n for n in range(100_000)), "sources.d/z.yaml"),
            1,
            "z.yaml",
            id="a-crowd-of-aliases",
        ),
        pytest.param(_edit("target.yaml", "env:MYQ_CLIENT_SECRET", "hunter2"), 1, "secret", id="a-literal"),
    ],
)
def test_what_is_broken_stops_the_plan_with_words(
    project: Project, spoil: Callable[[Project], None], code: int, words: str
) -> None:
    approval = project.approved("--waive", "identities-moved", "--reason", "the desk")
    before = project.myq.log()
    spoil(project)
    for command in (("plan",), ("apply", "--approval", approval)):
        ended = project(*command, code=code)
        assert words in ended.err
        assert "hint:" in ended.err
        assert "Traceback" not in ended.err
        assert "\x1b" not in ended.err
        assert "hunter2" not in ended.err
    assert project.myq.log() == before


def test_a_file_cut_off_anywhere_near_its_end_never_removes_anybody(project: Project) -> None:
    whole = project.path(PEOPLE).read_bytes()
    before = set(project.ids())
    for length in range(len(whole) - 90, len(whole)):
        project.path(PEOPLE).write_bytes(whole[:length])
        ended = project("plan", "--format", "json", code=None)
        if ended.code != 6:
            removed = {
                change["id"]
                for change in json.loads(ended.out)["changes"]
                if change["action"] == "deactivate"
            }
            assert removed <= before, length


def test_names_full_of_markup_reach_no_output_as_they_came(project: Project) -> None:
    _append("=cmd|'/c calc'!A1 <script>,\u202eevil@here `x` [a](b),m@uni.example,,Students,1097,,\r\n")(
        project
    )
    for form in ("text", "markdown", "json"):
        out = project("plan", "--format", form, "--limit", "0", code=3).out
        assert "\u202e" not in out
    markdown = project("plan", "--format", "markdown", code=3).out
    assert "<script>" not in markdown


@pytest.mark.parametrize("file", ["a.plan.json", "a.approval.json"])
def test_an_edited_file_is_refused(project: Project, file: str) -> None:
    approval = project.approved("--waive", "identities-moved", "--reason", "the desk")
    path = project.path(file)
    path.write_bytes(path.read_bytes().replace(b"sven", b"ada"))
    command = ("approve", str(path)) if "plan" in file else ("apply", "--approval", approval)
    ended = project(*command, code=1)
    assert "hint:" in ended.err
    assert "sven.newcomer" not in project.myq.users()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("http://127.0.0.1:9", "no answer", id="nobody-there"),
        pytest.param("{myq}/nowhere", "no token", id="another-address"),
    ],
)
def test_a_myq_that_cannot_be_reached_is_exit_6(
    project: Project, url: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.sources.patience.Patience.wait_after", lambda *_: 0.0)
    project.manifest("target.yaml", project.myq.url, url.format(myq=project.myq.url))
    assert words in project("plan", code=6).err


def test_a_secret_that_is_not_set_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MYQ_CLIENT_SECRET")
    assert "env:MYQ_CLIENT_SECRET" in project("plan", code=6).err


def test_an_output_that_cannot_be_written_is_told(project: Project) -> None:
    blocked = project.path("folder")
    blocked.mkdir()
    assert str(blocked) in project("plan", "--out", str(blocked), code=1).err
    assert list(Path(blocked).iterdir()) == []


def test_two_runs_at_once_are_refused(project: Project) -> None:
    approval = project.approved("--waive", "identities-moved", "--reason", "the desk")
    project.path(".reconciler").mkdir(exist_ok=True)
    before = project.myq.log()
    with FileLock(project.path(".reconciler/printing.lock")):
        assert "another run" in project("apply", "--approval", approval, code=1).err
    assert project.myq.log() == before
