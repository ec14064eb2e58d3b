"""Flags, variables and streams: what is typed counts, stdout is the product, stderr the talk."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import apply as apply_command
from reconciler.cli.app import run
from support.process import PROGRAM, CommandLine, surroundings
from support.project import Project

WAIVED = ("--waive", "identities-moved", "--reason", "Nadia took over the desk")
PEOPLE = "sources.d/data/people.csv"
NOW = "1790000000"


def command_line(project: Project, **environment: str) -> CommandLine:
    """Return the program as a process of its own, in the project's folder."""
    secret = {"MYQ_CLIENT_SECRET": os.environ["MYQ_CLIENT_SECRET"]}
    return CommandLine(project.folder, {**secret, **environment})


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        pytest.param("-C {here} validate", "", id="before-the-command"),
        pytest.param("validate -C {here}", "", id="after-it"),
        pytest.param("--directory {here} validate", "", id="spelled-out"),
        pytest.param("-C {elsewhere} validate -C {here}", "", id="the-nearer-counts"),
        pytest.param("validate", "{here}", id="in-the-environment"),
        pytest.param("-C {here} validate", "{elsewhere}", id="before-it-against-the-environment"),
        pytest.param("validate -C {here}", "{elsewhere}", id="after-it-against-the-environment"),
    ],
)
def test_where_the_project_is(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    arguments: str,
    variable: str,
) -> None:
    places = {"here": str(project.folder), "elsewhere": str(tmp_path_factory.mktemp("elsewhere"))}
    monkeypatch.setenv("RECONCILER_DIRECTORY", variable.format(**places))
    assert run(arguments.format(**places).split()) == 0
    assert "5 files, no problem" in project.capture()[1]


def test_the_current_folder_is_the_project_unless_told(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    assert run(["validate"]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param("validate", id="validate"),
        pytest.param("plan", id="plan"),
        pytest.param("show {plan}", id="show"),
        pytest.param("verify {plan}", id="verify"),
        pytest.param("approve {plan} --by me", id="approve"),
        pytest.param("apply", id="apply"),
        pytest.param("schema plan", id="schema"),
    ],
)
@pytest.mark.parametrize("before", [pytest.param(True, id="before"), pytest.param(False, id="after")])
def test_every_command_takes_the_folder_on_either_side(
    project: Project, arguments: str, *, before: bool
) -> None:
    plan = project.planned()
    words = arguments.format(plan=plan).split()
    where = ["-C", str(project.folder)]
    assert run([*where, *words] if before else [*words, *where]) not in {1, 64}


def test_a_flag_counts_before_its_variable(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_FORMAT", "json")
    assert json.loads(project("plan", code=3).out)["kind"] == "plan"
    assert project("plan", "--format", "markdown", code=3).out.startswith("**11 changes")


def test_a_variable_that_is_none_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_FORMAT", "pdf")
    assert "'pdf' is none of" in project("plan", code=64).err


@pytest.mark.parametrize(
    ("terminal", "no_color", "colour"),
    [
        pytest.param(True, "", True, id="a-terminal"),
        pytest.param(True, "1", False, id="a-terminal-and-no-color"),
        pytest.param(False, "", False, id="a-pipe"),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, no_color: str, *, terminal: bool, colour: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert ("\x1b[" in project("plan", code=3).out) is colour


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param("plan --format json", 3, id="plan"),
        pytest.param("show {plan} --format json", 0, id="show"),
        pytest.param("validate --format json", 0, id="validate"),
        pytest.param("validate --format sarif", 0, id="validate-as-sarif"),
        pytest.param("apply -a {approval} --format json", 0, id="apply"),
        pytest.param("schema result", 0, id="schema"),
    ],
)
def test_stdout_is_the_product_alone(project: Project, arguments: str, code: int) -> None:
    approval = project.approved(*WAIVED)
    plan = str(project.path("a.plan.json"))
    ended = command_line(project)(*arguments.format(plan=plan, approval=approval).split(), code=code)
    assert isinstance(json.loads(ended.stdout), dict)


@pytest.mark.parametrize(
    "arguments",
    [pytest.param("plan", id="plan"), pytest.param("apply", id="apply"), pytest.param("show no", id="show")],
)
def test_what_fails_leaves_stdout_empty(project: Project, arguments: str) -> None:
    project.path(PEOPLE).unlink()
    ended = command_line(project)(*arguments.split(), code=None)
    assert ended.code in {1, 6}
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")


def test_the_program_runs_as_a_module_and_tells_its_version(reconciler: CommandLine) -> None:
    assert reconciler("--version").stdout == "0.1.0\n"
    assert "plan" in reconciler("--help").stdout


@pytest.mark.parametrize(
    "epoch", ["yesterday", "-", "1e9", "99999999999999999", "253402300799", "-62135596801"]
)
def test_a_moment_that_is_none_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch, epoch: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    ended = project("plan", code=64)
    assert f"SOURCE_DATE_EPOCH is {epoch!r}" in ended.err
    assert ended.out == ""


def test_the_moment_of_a_plan_can_be_set(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    document = json.loads(project("plan", "--format", "json", code=3).out)
    assert (document["created"], document["expires"]) == ("1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z")


@pytest.mark.parametrize("expires", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_end_beyond_the_calendar_is_refused(project: Project, expires: str) -> None:
    plan = project.planned()
    assert "is no 12h, 7d or ISO 8601" in project("approve", plan, "--expires", expires, code=64).err


def test_a_plan_has_the_same_bytes_in_every_process(project: Project) -> None:
    written = []
    for seed in ("0", "1", "4711"):
        out = project.path(f"{seed}.json")
        run = command_line(project, SOURCE_DATE_EPOCH=NOW, PYTHONHASHSEED=seed)
        run("plan", "--no-remember", "--out", str(out), code=3)
        written.append(out.read_bytes())
    assert written[0] == written[1] == written[2]


def _shuffle(path: Path, chance: random.Random) -> None:
    head, *rows = path.read_bytes().splitlines(keepends=True)
    chance.shuffle(rows)
    path.write_bytes(b"".join([head, *rows]))


def test_the_order_of_rows_changes_nothing_but_their_line_numbers(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", NOW)

    def without_lines() -> Any:  # noqa: ANN401  a document
        document = json.loads(project("plan", "--no-remember", "--format", "json", code=3).out)
        del document["digest"]
        for source in document["sources"]:
            del source["facts"]
        for change in document["changes"]:
            change["record"] = change["record"].partition(":")[0]
        for notice in document["notices"]:
            notice["places"] = sorted(place.partition(":")[0] for place in notice["places"])
        return document

    chance = random.Random(7)  # noqa: S311  any order will do
    first = without_lines()
    for _ in range(3):
        _shuffle(project.path(PEOPLE), chance)
        _shuffle(project.path("sources.d/data/badges.csv"), chance)
        assert without_lines() == first


def test_who_stops_reading_gets_no_traceback() -> None:
    """The reader of a pipe is gone before anything is written into it."""
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [*PROGRAM, "schema", "manifest"], stdout=writing, stderr=subprocess.PIPE, env=surroundings({})
    ) as process:
        os.close(writing)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said == b""


HOLD = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_held_by_another_process_ends_the_run_and_nothing_is_written(project: Project) -> None:
    approval = project.approved(*WAIVED)
    lock = str(project.path(".reconciler") / "printing.lock")
    before = project.myq.log()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline().strip() == b"held"
        ended = project("apply", "-a", approval, code=1)
        holder.stdin.close()
    assert "another run is applying to printing" in ended.err
    assert "hint: wait until it has ended" in ended.err
    assert project.myq.log() == before
    project("apply", "-a", approval)


def test_a_lock_that_cannot_be_taken_is_told(project: Project) -> None:
    approval = project.approved(*WAIVED)
    shutil.rmtree(project.path(".reconciler"))
    project.path(".reconciler").write_text("a file where a folder should be", encoding="utf-8")
    ended = project("apply", "-a", approval, "--ledger", "none", code=1)
    assert "the run lock cannot be taken" in ended.err


def test_without_the_ledger_that_it_should_have_nothing_is_applied(project: Project) -> None:
    approval = project.approved(*WAIVED)
    before = project.myq.log()
    (project.path(".reconciler") / "ledger.db").write_bytes(b"no database at all" * 100)
    ended = project("apply", "-a", approval, code=1)
    assert "the ledger cannot be used: file is not a database" in ended.err
    assert project.myq.log() == before


def test_an_interrupt_while_reading_ends_with_130_and_says_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("reconciler.pipeline.reads.read_state", interrupted)
    assert project("plan", code=130).out == ""


def test_who_closes_stderr_does_not_stop_the_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object, **__: object) -> None:
        raise BrokenPipeError

    approval, result = project.approved(*WAIVED), project.path("a.result.json")
    with monkeypatch.context() as patched:
        patched.setattr(apply_command.typer, "echo", closed)
        run(["apply", "-C", str(project.folder), "-a", approval, "--result", str(result)])
    assert json.loads(result.read_bytes())["summary"] == {"applied": 11}
    assert project.ids() == []


def test_an_interrupt_at_the_very_end_is_130_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class Command:
        @staticmethod
        def main(*_: object, **__: object) -> int:
            raise KeyboardInterrupt

    monkeypatch.setattr("reconciler.cli.app.typer.main.get_command", lambda _: Command)
    assert run(["plan"]) == 130


def test_schemas_that_cannot_be_written_are_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("", encoding="utf-8")
    assert run(["schema", "--out", str(blocked)]) == 1
    assert f"error: {blocked}: the schemas cannot be written" in capfd.readouterr().err
