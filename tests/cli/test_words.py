"""What is typed, and what is said back: flags, formats, waivers, ends of an approval."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import pytest

from reconciler.cli.app import run
from support.process import PROGRAM, surroundings
from support.project import Project

WAIVED = ("--waive", "identities-moved", "--reason", "Nadia took over the desk")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(
            ("plan", "--format", "pdf"),
            "'pdf' is none of github, html, json, junit, markdown, sarif, text",
            id="a-format",
        ),
        pytest.param(("plan", "--action", "explode"), "'explode' is none of", id="an-action"),
        pytest.param(("plan", "--bogus"), "No such option", id="an-option"),
        pytest.param(("explode",), "No such command", id="a-command"),
        pytest.param(("approve",), "Missing argument", id="a-plan-that-is-not-named"),
        pytest.param(("schema", "poem"), "'poem' is none of", id="a-schema"),
        pytest.param(("apply", "--format", "pdf"), "'pdf' is none of", id="a-format-of-results"),
        pytest.param(("validate", "--format", "pdf"), "'pdf' is none of", id="a-format-of-problems"),
    ],
)
def test_a_command_line_that_cannot_be_understood_ends_with_64(
    arguments: tuple[str, ...], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 64
    out, err = capfd.readouterr()
    assert out == ""
    assert words in err
    assert "--help` says what there is" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("--waive", "everything", "--reason", "x"), "'everything' is none of", id="no-guard"),
        pytest.param(("--waive", "removals"), "a waiver needs a reason", id="no-reason"),
        pytest.param(("--waive", "removals", "--reason", " "), "needs a reason", id="a-blank-reason"),
        pytest.param(("--reason", "x"), "no guard is waived", id="a-reason-for-nothing"),
        pytest.param(("--only", "update/nobody"), "no change of this plan", id="an-id-that-is-none"),
        pytest.param(("--except", "explode"), "is no action", id="an-action-that-is-none"),
        pytest.param(("--expires", "soon"), "'soon' is no 12h, 7d or ISO 8601", id="no-end"),
    ],
)
def test_an_approval_that_says_nonsense_is_not_written(
    project: Project, arguments: tuple[str, ...], words: str
) -> None:
    plan = project.planned()
    assert words in project("approve", plan, *arguments, code=64).err
    assert not project.path("a.approval.json").exists()


@pytest.mark.parametrize(
    ("expires", "end"),
    [
        pytest.param("12h", "2026-09-21T13:33:20Z", id="hours"),
        pytest.param("7d", "2026-09-28T01:33:20Z", id="days"),
        pytest.param("2027-01-01T00:00:00+01:00", "2026-12-31T23:00:00Z", id="a-moment-with-its-zone"),
        pytest.param("2027-01-01", "2027-01-01T00:00:00Z", id="a-day-in-utc"),
    ],
)
def test_when_an_approval_ends(
    project: Project, monkeypatch: pytest.MonkeyPatch, expires: str, end: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1789954400")
    approval = project.approved("--expires", expires)
    assert json.loads(Path(approval).read_bytes())["expires"] == end


def test_each_waiver_may_have_its_own_reason(project: Project) -> None:
    approval = project.approved(
        "--waive", "removals", "--reason", "one", "--waive", "rekeys", "--reason", "two"
    )
    assert json.loads(Path(approval).read_bytes())["waived"] == {"removals": "one", "rekeys": "two"}


def test_an_approval_stands_beside_its_plan_in_a_folder_made_for_it(project: Project) -> None:
    plan = project.planned()
    project("approve", plan)
    assert project.path("a.approval.json").exists()
    project("approve", plan, "--out", str(project.path("approvals/tonight.json")))
    assert project.path("approvals/tonight.json").exists()


def test_who_approves_is_asked_of_git(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.email")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "git@uni.example")
    plan = project.planned()
    project("approve", plan)
    assert json.loads(project.path("a.approval.json").read_bytes())["approvedBy"] == "git@uni.example"
    monkeypatch.setenv("PATH", str(project.folder))
    monkeypatch.setenv("LOGNAME", "the-account")
    project("approve", plan)
    assert json.loads(project.path("a.approval.json").read_bytes())["approvedBy"] == "the-account"


@pytest.mark.parametrize("before", [True, False], ids=["before-the-command", "after-it"])
def test_the_folder_is_named_on_either_side(
    project: Project, capfd: pytest.CaptureFixture[str], *, before: bool
) -> None:
    folder = ["-C", str(project.folder)]
    assert run([*folder, "validate"] if before else ["validate", *folder]) == 0
    assert "5 files, no problem" in capfd.readouterr().err


def test_every_flag_has_a_variable(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_DIRECTORY", str(project.folder))
    monkeypatch.setenv("RECONCILER_FORMAT", "json")
    project.capture()
    assert run(["plan"]) == 3
    assert json.loads(project.capture()[0])["kind"] == "plan"


def test_the_version_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capfd.readouterr().out == "0.1.0\n"


def test_schemas_are_printed_and_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "plan"]) == 0
    assert "draft-07" in json.loads(capfd.readouterr().out)["$schema"]
    assert run(["schema", "--out", str(tmp_path / "made")]) == 0
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == [
        "approval.schema.json",
        "binding.schema.json",
        "manifest.schema.json",
        "plan.schema.json",
        "result.schema.json",
    ]


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "github"])
def test_problems_are_told_in_every_format(project: Project, form: str) -> None:
    project.manifest("people.yaml", "addNewUsers", "addNewUser")
    ended = project("validate", "--format", form, code=1)
    assert "addNewUser" in ended.out
    assert "people.yaml" in ended.out


def test_a_run_from_a_terminal_says_what_it_is_doing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert "reading people ..." in project("plan", code=3).err


def test_a_plan_to_be_looked_at_only_says_so_when_it_is_approved(project: Project) -> None:
    project.path("export.csv").write_text("FULLNAME,USERNAME_ALIASES\nAda,ada\n", encoding="utf-8")
    target = project.path("sources.d/target.yaml")
    head = target.read_text(encoding="utf-8").split("spec:")[0]
    target.write_text(f"{head}spec:\n  read: csv\n  csv: {{export: export.csv}}\n", encoding="utf-8")
    project.manifest("policy.yaml", "users: [print-operator]", "users: []")
    plan = project.planned()
    assert "no way to write" in project("approve", plan).err
    approval = project.approved("--waive", "creates", "--waive", "group-members", "--reason", "a test")
    assert "no way to write" in project("apply", "--approval", approval, code=1).err


def test_an_apply_in_part_ends_with_5_and_tells_the_rest(project: Project) -> None:
    project.myq.fault(kind="error", status=400, operation="create_user", times=0)
    ended = project("apply", "--approval", project.approved(*WAIVED), code=5)
    assert "some approved changes were not applied" in ended.err
    assert "failed: create/sven.newcomer" in ended.err
    project.myq.clear_faults()
    assert project.ids() == ["create/sven.newcomer"]


def test_an_apply_whose_last_look_fails_says_that_it_does_not_know(project: Project) -> None:
    result = project.path("a.result.json")
    approval = project.approved(*WAIVED)
    reads = sum(one["operation"] == "list_users" for one in project.myq.requests())
    assert reads > 0
    project.myq.fault(kind="error", status=400, operation="list_users", after=reads, times=0)
    project("apply", "--approval", approval, "--result", str(result))
    assert json.loads(result.read_bytes())["remaining"] is None


def test_pending_changes_are_exit_2_where_that_is_asked_for(project: Project) -> None:
    approval = project.approved("--except", "create", *WAIVED)
    project("apply", "--approval", approval)
    assert "create/sven.newcomer" in project("plan", "--detailed-exitcode", code=2).out
    project("plan")


def test_an_interrupt_is_told_by_the_exit_code(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("reconciler.pipeline.plan.make_plan", interrupted)
    assert project("plan", code=130).out == ""


@pytest.mark.parametrize("arguments", [("schema", "manifest"), ("--version",)], ids=["much", "little"])
def test_a_reader_that_has_gone_ends_the_command_quietly(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=tmp_path,
        env=surroundings({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_output_that_is_no_stream_of_bytes_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr("sys.stdout", said)
    assert run(["--version"]) == 0
    assert said.getvalue() == "0.1.0\n"


def test_with_nothing_to_do_nothing_needs_an_approval(project: Project) -> None:
    project("apply", "--approval", project.approved(*WAIVED))
    before = project.myq.log()
    assert "nothing left to do" in project("apply").out
    assert project.myq.log() == before
