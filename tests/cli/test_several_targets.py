"""A Central and three sites in one project: one run, one summary, and nobody waits for who is down."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from reconciler.cli.each import Chosen, Ended, check_format, chosen, each
from reconciler.cli.flags import moment
from reconciler.core.model import Read
from reconciler.errors import ReconcilerError
from reconciler.pipeline.plan import Run
from reconciler.sources.central.reader import ApiReader
from support.process import PROGRAM, surroundings
from support.project import Ended as Finished
from support.sites import PARTS, SITES, Sites

pytestmark = pytest.mark.central

HEAD = ["target", "changes", "guards", "outcome"]


def table(finished: Finished) -> dict[str, list[str]]:
    """Return the rows of the summary by target: changes, guards, outcome."""
    lines = finished.out.splitlines()
    first = next(at for at, line in enumerate(lines) if line.split() == HEAD)
    rows = [re.split(r"  +", line.strip()) for line in lines[first + 1 :]]
    return {target: cells for target, *cells in rows}


def stored(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def leavers(sites: Sites, site: str, count: int) -> None:
    """Give a site people of Central's whom Central does not have any more."""
    sites.sites[site].seed(
        [{"username": f"old{number}", "fullname": "Old", "syncSource": "central"} for number in range(count)]
    )


def test_all_sites_are_planned_approved_and_applied_in_one_project(sites: Sites) -> None:
    planned = sites.project("plan", "--detailed-exitcode", code=2)
    assert planned.out.count("changes needed on the MyQ server") == 3
    assert "reconciler apply --target brno --approval" in planned.out
    assert table(planned) == {
        "prague": ["4", "-", "changes planned (2)"],
        "brno": ["4", "-", "changes planned (2)"],
        "labs": ["6", "-", "changes planned (2)"],
    }
    approvals = sites.approve_all()
    applied = sites.project("apply", "--approval", approvals, "--result", f"{approvals}/results")
    assert table(applied)["labs"] == ["6", "-", "6 applied"]
    assert {site: sites.names(site) for site in SITES} == PARTS
    assert stored(Path(approvals) / "results") == [f"{site}.result.json" for site in sorted(SITES)]
    assert table(sites.project("plan", "--detailed-exitcode")) == {
        site: ["0", "-", "nothing to do"] for site in SITES
    }
    assert table(sites.project("apply"))["brno"] == ["0", "-", "nothing to do"]
    assert {path.name for path in (sites.project.folder / ".reconciler").iterdir()} >= {
        f"{site}.lock" for site in SITES
    }


def test_a_site_that_is_down_keeps_no_other_from_its_turn(sites: Sites) -> None:
    approvals = sites.approve_all()
    sites.down("brno")
    planned = sites.project("plan", code=6)
    assert table(planned)["brno"] == ["?", "-", "not read to the end (6)"]
    assert "1 of them to look at. The gravest exit code is 6." in planned.out
    assert "error on brno: http" in planned.err
    results = str(sites.project.path("results"))
    applied = sites.project("apply", "--approval", approvals, "--result", results, code=6)
    assert {name: cells[2] for name, cells in table(applied).items()} == {
        "prague": "4 applied",
        "brno": "not read to the end (6)",
        "labs": "6 applied",
    }
    assert [sites.names("prague"), sites.names("labs")] == [PARTS["prague"], PARTS["labs"]]
    assert stored(Path(results)) == ["labs.result.json", "prague.result.json"]


def test_a_site_that_comes_back_gets_its_part_with_the_same_approvals(sites: Sites) -> None:
    approvals = sites.approve_all()
    sites.sites["brno"].fault(kind="error", status=403, operation="list_users", times=1)
    sites.project("apply", "--approval", approvals, code=6)
    assert sites.names("brno") == []
    again = sites.project("apply", "--approval", approvals)
    assert {name: cells[2] for name, cells in table(again).items()} == {
        "prague": "nothing to do",
        "brno": "4 applied",
        "labs": "nothing to do",
    }
    assert {site: sites.names(site) for site in SITES} == PARTS


def test_a_guard_that_refuses_on_one_site_refuses_there_alone(sites: Sites) -> None:
    leavers(sites, "prague", 30)
    planned = sites.project("plan", code=3)
    _, guards, outcome = table(planned)["prague"]
    assert "removals" in guards.split(", ")
    assert outcome == "a guard refuses (3)"
    approvals = sites.approve_all()
    applied = sites.project("apply", "--approval", approvals, code=3)
    assert {name: cells[2] for name, cells in table(applied).items()} == {
        "prague": "a guard refuses (3)",
        "brno": "4 applied",
        "labs": "6 applied",
    }
    assert sites.names("prague") == sorted(f"old{number}" for number in range(30))
    sites.down("labs")
    assert sites.project("plan", code=6).out.count("(3)") == 1


def test_what_was_applied_in_part_is_told_of_that_site(sites: Sites) -> None:
    approvals = sites.approve_all()
    sites.sites["labs"].fault(kind="error", status=400, operation="create_user", times=0)
    applied = sites.project("apply", "--approval", approvals, code=5)
    assert table(applied)["labs"] == ["6", "-", "applied in part (5)"]
    assert "error on labs: some approved changes were not applied" in applied.err
    assert sites.names("brno") == PARTS["brno"]


def test_without_approvals_nothing_is_written_anywhere(sites: Sites) -> None:
    before = {name: site.state() for name, site in sites.sites.items()}
    applied = sites.project("apply", code=4)
    assert [cells[2] for cells in table(applied).values()] == ["not approved (4)"] * 3
    assert {name: site.state() for name, site in sites.sites.items()} == before


def test_one_target_alone_is_as_if_there_were_no_others(sites: Sites) -> None:
    plan, result = str(sites.project.path("one.json")), str(sites.project.path("done.json"))
    planned = sites.project("plan", "--target", "brno", "--out", plan)
    assert "MyQ server brno" in planned.out
    assert "targets" not in planned.out
    sites.project("approve", plan, "--by", "me")
    approval = str(sites.project.path("one.approval.json"))
    assert "error: 4 changes are needed" in sites.project("apply", "--target", "brno", code=4).err
    sites.project("apply", "--target", "brno", "--approval", approval, "--result", result)
    assert json.loads(Path(result).read_bytes())["target"]["name"] == "brno"
    assert {site: sites.names(site) for site in SITES} == {"prague": [], "brno": PARTS["brno"], "labs": []}


def test_some_of_the_targets_may_be_chosen(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(table(sites.project("plan", "--target", "labs", "--target", "prague"))) == ["prague", "labs"]
    monkeypatch.setenv("RECONCILER_TARGET", "brno labs")
    assert list(table(sites.project("plan"))) == ["brno", "labs"]


@pytest.mark.parametrize("command", ["plan", "apply", "verify x", "targets"])
def test_a_target_that_is_not_there_is_named_before_anything_is_read(sites: Sites, command: str) -> None:
    said = sites.project(*command.split(), "--target", "prag", code=64).err
    assert said == "error: --target: no Target is named 'prag'\n  hint: did you mean 'prague'?\n"


@pytest.mark.parametrize("flag", [("plan", "--out"), ("apply", "--result")], ids=str)
def test_several_targets_do_not_go_into_one_file(sites: Sites, flag: tuple[str, str]) -> None:
    command, option = flag
    path = sites.project.path("one.json")
    assert "is one file, and there are 3 targets" in sites.project(command, option, str(path), code=64).err
    assert not path.exists()
    there = sites.project.path("there")
    there.write_text("", encoding="utf-8")
    assert "is one file" in sites.project(command, option, str(there), code=64).err


def test_files_are_named_by_the_target_where_the_path_says_so(sites: Sites) -> None:
    plans = sites.project.path("{target}/today.plan.json")
    sites.project("plan", "--out", str(plans))
    sites.project("plan", "--target", "brno", "--out", str(sites.project.path("{target}-again.json")))
    for site in SITES:
        sites.project("approve", str(sites.project.path(f"{site}/today.plan.json")), "--by", "me")
    assert sites.project.path("brno-again.json").is_file()
    sites.project.path("labs/today.approval.json").unlink()
    approvals = str(sites.project.path("{target}/today.approval.json"))
    applied = sites.project("apply", "--approval", approvals, code=4)
    assert [cells[2] for cells in table(applied).values()] == ["4 applied", "4 applied", "not approved (4)"]
    assert "there is no such file" in sites.project("apply", "--approval", "{target}.json", code=1).err


def test_an_approval_goes_to_the_target_that_it_is_for(sites: Sites) -> None:
    folder = Path(sites.approve_all())
    files = [str(path) for path in sorted(folder.glob("*.approval.json"))]
    given = [word for path in files for word in ("--approval", path)]
    one = sites.project("apply", "--target", "brno", *given)
    assert one.err.count("which this run is not about") == 2
    assert sites.names("brno") == PARTS["brno"]
    sites.project("apply", *given)
    assert {site: sites.names(site) for site in SITES} == PARTS


def test_an_approval_for_a_server_that_the_project_does_not_have_is_no_approval(sites: Sites) -> None:
    folder = Path(sites.approve_all())
    manifest = sites.project.folder / "sources.d" / "1-brno.yaml"
    text = manifest.read_text(encoding="utf-8").replace("  sources:", "  identity: other\n  sources:")
    sites.manifest("1-brno.yaml", text)
    said = sites.project("apply", "--approval", str(folder / "brno.approval.json"), code=4).err
    assert "brno.approval.json: the approval is for http" in said
    assert "approve a plan of one of these: http" in said
    assert sites.names("prague") == []
    lying = sites.project("apply", "--approval", str(folder), code=4)
    assert "brno.approval.json is for http" in lying.err
    assert [cells[2] for cells in table(lying).values()] == ["4 applied", "not approved (4)", "6 applied"]


def test_a_folder_without_approvals_is_a_mistake(sites: Sites) -> None:
    said = sites.project("apply", "--approval", str(sites.project.folder), code=1).err
    assert "the folder holds no file *.approval.json" in said


def test_plans_are_verified_each_on_its_target(sites: Sites) -> None:
    folder = sites.project.path("plans")
    sites.project("plan", "--out", str(folder))
    whole = sites.project("verify", str(folder))
    assert table(whole) == {
        "prague": ["4", "-", "still so"],
        "brno": ["4", "-", "still so"],
        "labs": ["6", "-", "still so"],
    }
    alone = sites.project("verify", str(folder / "brno.plan.json"))
    assert (alone.out, alone.err) == ("", "still so: 4 changes\n")
    leavers(sites, "brno", 1)
    changed = sites.project("verify", str(folder), code=4)
    assert "brno:\n+ deactivate/old0\n" in changed.out
    assert table(changed)["brno"] == ["5", "-", "no longer so (4)"]
    (folder / "brno.plan.json").unlink()
    assert table(sites.project("verify", str(folder), code=1))["brno"][2] == "an error (1)"
    assert "no such file" in sites.project("verify", f"{folder}/{{target}}.plan.json", code=1).err


def test_a_plan_is_not_verified_on_another_target(sites: Sites) -> None:
    folder = sites.project.path("plans")
    sites.project("plan", "--out", str(folder))
    said = sites.project("verify", str(folder / "brno.plan.json"), "--target", "labs", code=4).err
    assert "the plan is for http" in said
    assert "make a plan of one of these: labs" in said


def test_a_program_reads_one_document(sites: Sites) -> None:
    sites.down("prague")
    made = json.loads(sites.project("plan", "--format", "json", code=6).out)
    assert [one["target"]["name"] for one in made["documents"]] == ["brno", "labs"]
    assert [(one["target"], one["exitCode"], one["changes"]) for one in made["targets"]] == [
        ("prague", 6, None),
        ("brno", 0, 4),
        ("labs", 0, 6),
    ]
    (made,) = [json.loads(sites.project("apply", "--format", "json", code=6).out)]
    assert (made["documents"], len(made["targets"])) == ([], 3)


def test_a_pull_request_gets_the_summary_as_a_table(sites: Sites) -> None:
    shown = sites.project("plan", "--format", "markdown").out
    assert "| brno | 4 | - | changes planned |" in shown
    assert shown.count("**4 changes needed") == 2


def test_one_person_is_looked_at_on_every_target(sites: Sites) -> None:
    shown = sites.project("plan", "--user", "ada").out
    assert shown.count("Closely: ada") == 3
    assert shown.count("no source has this user name, and neither has MyQ") == 1


def test_all_targets_are_recorded_and_planned_from_what_was_recorded(sites: Sites) -> None:
    folder = sites.project.path("reads")
    attribute = "central-brno:email"
    recorded = sites.project("snapshot", str(folder), "--also", attribute)
    assert table(recorded)["labs"] == ["?", "-", "recorded"]
    assert stored(folder) == sorted(SITES)
    sites.down("prague")
    sites.down("central")
    planned = sites.project("plan", "--snapshot", str(folder))
    assert [cells[0] for cells in table(planned).values()] == ["4", "4", "6"]
    assert "4 changes" in sites.project("plan", "--target", "brno", "--snapshot", str(folder)).out
    assert "4 changes" in sites.project("plan", "--target", "brno", "--snapshot", str(folder / "brno")).out
    assert len(table(sites.project("plan", "--snapshot", f"{folder}/{{target}}"))) == 3
    other = sites.project("plan", "--target", "labs", "--snapshot", str(folder / "brno"), code=6)
    assert "brno" in other.err


def share(sites: Sites) -> None:
    """Let all sites take all people of Central from one source."""
    for at, site in enumerate(SITES):
        path = sites.project.folder / "sources.d" / f"{at}-{site}.yaml"
        target, central = path.read_text(encoding="utf-8").split("---")
        path.write_text(target.replace(f"central-{site}", "central"), encoding="utf-8")
    users = next(line for line in central.splitlines() if line.startswith("  users:"))
    sites.manifest("central.yaml", central.replace("central-labs", "central").replace(users, ""))


def test_a_source_of_all_sites_is_read_once_for_their_plans_and_anew_for_each_apply(
    sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    share(sites)
    read, reads = ApiReader.read, []

    def counted(self: ApiReader, attributes: tuple[str, ...]) -> Read:
        reads.append(attributes)
        return read(self, attributes)

    monkeypatch.setattr(ApiReader, "read", counted)
    assert [cells[0] for cells in table(sites.project("plan")).values()] == ["8", "8", "8"]
    assert len(reads) == 1
    approvals = sites.approve_all()
    assert len(reads) == 2
    sites.project("apply", "--approval", approvals)
    assert len(reads) == 5
    assert {site: len(sites.names(site)) for site in SITES} == dict.fromkeys(SITES, 4)


def test_plans_made_together_are_the_plans_made_alone(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    share(sites)
    leavers(sites, "brno", 2)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    together, alone = sites.project.path("together"), sites.project.path("alone/{target}.plan.json")
    sites.project("plan", "--no-remember", "--out", str(together))
    for site in SITES:
        sites.project("plan", "--no-remember", "--target", site, "--out", str(alone))
        one = Path(str(alone).replace("{target}", site))
        assert (together / one.name).read_bytes() == one.read_bytes()


def test_a_target_that_the_base_did_not_have_is_all_the_work_of_these_manifests(sites: Sites) -> None:
    sites.synchronize()
    base = sites.project.path("base")
    manifests = sites.project.folder / "sources.d"
    (base / "sources.d").mkdir(parents=True)
    for name in ("common.yaml", "0-prague.yaml"):
        shutil.copy(manifests / name, base / "sources.d" / name)
    sites.sites["labs"].reset()
    planned = sites.project("plan", "--base", str(base))
    assert "These manifests cause 6 of 6 changes on the MyQ server labs" in planned.out
    assert table(planned)["prague"] == ["0", "-", "nothing to do"]


def test_a_source_that_is_away_is_asked_once_for_all_sites(sites: Sites) -> None:
    share(sites)
    sites.central.fault(kind="error", status=403, operation="list_users", times=1)
    planned = sites.project("plan", code=6)
    assert [cells[2] for cells in table(planned).values()] == ["not read to the end (6)"] * 3
    assert planned.err.count("error on ") == 3


def test_an_attribute_of_a_source_that_nobody_has_is_not_recorded(sites: Sites) -> None:
    said = sites.project("snapshot", str(sites.project.path("reads")), "--also", "central:email", code=64).err
    assert said.count("no source is named central") == 3


def test_a_source_that_no_target_takes_is_noted(sites: Sites) -> None:
    path = sites.project.folder / "sources.d" / "1-brno.yaml"
    text = path.read_text(encoding="utf-8")
    sites.manifest("1-brno.yaml", text.replace("[central-brno]", "[central-labs]"))
    said = sites.project("validate").err
    assert said == "note: no target takes the source central-brno\n4 files, no problem\n"


def test_targets_are_listed_for_people(sites: Sites) -> None:
    sites.manifest("z.yaml", LOOKED_AT)
    lines = sites.project("targets").out.splitlines()
    assert lines[0].split() == ["target", "identity", "release", "read", "written", "sources"]
    urls = {name: site.url for name, site in sites.sites.items()}
    assert lines[1].split() == ["prague", urls["prague"], "10.2", "rest", "rest", "central-prague"]
    assert lines[4].split() == ["archive", "archive", "10.1", "csv", "-", "-"]


def test_targets_are_listed_for_the_matrix_of_a_job(sites: Sites) -> None:
    listed = sites.project("targets", "--format", "json", "--target", "brno").out
    assert listed.count("\n") == 1
    assert json.loads(listed) == {
        "include": [
            {
                "target": "brno",
                "identity": sites.sites["brno"].url,
                "release": "10.2",
                "read": "rest",
                "written": "rest",
                "sources": ["central-brno"],
            }
        ]
    }
    assert "'sarif' is none of json, text" in sites.project("targets", "--format", "sarif", code=64).err


LOOKED_AT = """
apiVersion: myq.reconciler/v1
kind: Target
metadata: {name: archive}
spec:
  release: "10.1"
  sources: []
  read: csv
  csv: {export: archive.csv}
"""


def test_one_site_is_taken_back_and_the_others_stay(sites: Sites) -> None:
    """The result says which target it is of; nobody has to name it."""
    approvals = sites.approve_all()
    results = Path(approvals) / "results"
    sites.project("apply", "--approval", approvals, "--result", str(results))
    result, plan, approval = (
        str(results / f"brno.{kind}.json") for kind in ("result", "back", "back.approval")
    )
    told = sites.project("revert", result, "--out", plan).out
    assert "2 changes needed on the MyQ server brno" in told
    sites.project("approve", plan, "--out", approval, "--by", "colleague@uni.example")
    sites.project("apply", "--revert", result, "--approval", approval)
    assert {site: sites.names(site) for site in SITES} == {**PARTS, "brno": []}
    assert table(sites.project("plan", code=None))["prague"] == ["0", "-", "nothing to do"]


def test_a_result_of_a_target_that_is_no_more_is_not_taken_back(sites: Sites) -> None:
    approvals = sites.approve_all()
    sites.project("apply", "--approval", approvals, "--result", str(Path(approvals) / "results"))
    (manifest,) = (sites.project.folder / "sources.d").glob("*-brno.yaml")
    manifest.unlink()
    told = sites.project("revert", str(Path(approvals) / "results" / "brno.result.json"), code=1).err
    assert f"the result is of {sites.sites['brno'].url}" in told


@pytest.fixture
def three(sites: Sites) -> Chosen:
    return chosen(Run(sites.project.folder, moment()), None)


def test_who_interrupts_gets_a_summary_and_nothing_more_begins(
    three: Chosen, capfd: pytest.CaptureFixture[str]
) -> None:
    begun = []

    def do(run: Run) -> Ended:
        begun.append(run.target)
        if run.target == "brno":
            raise KeyboardInterrupt
        return Ended("", "done", changes=1)

    with pytest.raises(typer.Exit) as caught:
        each(three, "text", do)
    assert caught.value.exit_code == 130
    assert begun == ["prague", "brno"]
    out = capfd.readouterr().out
    assert "brno          ?  -       interrupted (130)" in out
    assert "labs          ?  -       not begun (130)" in out


def started(sites: Sites, *arguments: str) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    return subprocess.Popen(
        [*PROGRAM, *arguments, "-C", str(sites.project.folder)],
        env=surroundings({"MYQ_CLIENT_SECRET": os.environ["MYQ_CLIENT_SECRET"]}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_an_apply_gets_whole_results_and_no_further_target_begins(
    sites: Sites, number: signal.Signals
) -> None:
    approvals, results = sites.approve_all(), sites.project.path("results")
    brno = sites.sites["brno"]
    brno.fault(kind="latency", seconds=1, operation="create_user")
    with started(sites, "apply", "--approval", approvals, "--result", str(results)) as process:
        until(lambda: any(one["operation"] == "create_user" for one in brno.requests()))
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "labs          ?  -       not begun (130)" in out
    assert stored(results) == ["brno.result.json", "prague.result.json"]
    outcomes = json.loads((results / "brno.result.json").read_bytes())["outcomes"]
    assert {one["id"] for one in outcomes} >= {"create/cy", "create/eve"}
    assert sites.names("labs") == []
    sites.project("apply", "--approval", approvals)
    assert {site: sites.names(site) for site in SITES} == PARTS


def test_jobs_for_different_targets_apply_at_the_same_time(sites: Sites) -> None:
    approvals = sites.approve_all()
    for site in sites.sites.values():
        site.fault(kind="latency", seconds=0.3, operation="create_user")
    jobs = [started(sites, "apply", "--target", site, "--approval", approvals) for site in SITES]
    ended = [(job.communicate(timeout=120), job.returncode)[1] for job in jobs]
    assert ended == [0, 0, 0]
    assert {site: sites.names(site) for site in SITES} == PARTS


def test_an_error_without_words_of_its_own_is_an_error(
    three: Chosen, capfd: pytest.CaptureFixture[str]
) -> None:
    def do(run: Run) -> Ended:
        raise ReconcilerError(f"no room for {run.target}", hint="make some")

    with pytest.raises(typer.Exit) as caught:
        each(three, "text", do)
    assert caught.value.exit_code == 1
    out, err = capfd.readouterr()
    assert out.count("an error (1)") == 3
    assert "error on labs: no room for labs\n  hint: make some\n" in err


def test_a_page_shows_one_target(three: Chosen) -> None:
    check_format(three, "json")
    with pytest.raises(typer.BadParameter) as caught:
        check_format(three, "html")
    assert str(caught.value) == (
        "html shows one target: choose it with --target, or take one of json, markdown, text"
    )


def test_what_a_run_tells_names_the_target(sites: Sites) -> None:
    said: list[str] = []
    for run in chosen(Run(sites.project.folder, moment(), said.append), None).runs:
        run.say("reading")
    assert said == ["prague: reading", "brno: reading", "labs: reading"]
