"""A plan held against the manifests of a git ref or of another folder, on the same reads."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.core.attribution import Attribution, Impact, attribute
from reconciler.core.change import Action
from reconciler.errors import SourceError, UsageError
from reconciler.manifest.load import load_project
from reconciler.pipeline.plan import Run, make_plan
from reconciler.pipeline.reads import more_is_read, same_definition
from reconciler.pipeline.record import Wish, record
from reconciler.sources.csv_dialect.reader import CsvReader

NOW = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
HEADER = "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN"
PEOPLE = f"""{HEADER}
Ada L.,"ada,lovelace",ada@example.org,A1,Staff|Research,1001,,7391
Bob,bob,bob@example.org,B1,Staff,1002,,
Cy,cy,,,,,,
"""
EXPORT = f"""{HEADER}
Ada,ada,,,,,,
Bob,bob,bob@example.org,,,,,
"""
TARGET = """apiVersion: myq.reconciler/v1
kind: Target
metadata: {name: printing}
spec: {read: csv, csv: {export: export.csv}, identity: the server}
"""
HR = """apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: hr}
spec:
  type: csv
  file: hr.csv
  mapping:
    userName: USERNAME
    fullName: FULLNAME
    pins: PIN
  options: {addNewUsers: true}
"""
LAB = HR.replace("name: hr", "name: lab").replace("hr.csv", "lab.csv").replace("    pins: PIN\n", "")


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    told = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True)  # noqa: S607  git of the PATH
    return told.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project in a folder of a repository, committed on its main branch."""
    git(tmp_path, "init", "-q")
    project = tmp_path / "print"
    (project / "sources.d").mkdir(parents=True)
    for name, text in (("hr.csv", PEOPLE), ("lab.csv", PEOPLE.replace("cy", "dee")), ("export.csv", EXPORT)):
        (project / name).write_text(text, encoding="utf-8")
    write(project, {"target.yaml": TARGET, "hr.yaml": HR})
    commit(project)
    return project


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / "sources.d" / name).write_text(text, encoding="utf-8")


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "so far", "--allow-empty")


def held(folder: Path, base: str = "main", **more: object) -> Attribution:
    told = make_plan(replace(Run(folder, NOW, base=base), **more)).plan.attribution
    assert told is not None
    return told


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is read of sources, as it is read."""
    seen: list[str] = []
    real = CsvReader.read

    def read(self: CsvReader, attributes: tuple[str, ...]) -> Iterator[object]:
        if not self.name.startswith("export"):
            seen.append(f"{self.name}: {', '.join(attributes)}")
        return real(self, attributes)

    monkeypatch.setattr(CsvReader, "read", read)
    return seen


def test_without_a_base_nothing_is_held_against_anything(folder: Path) -> None:
    assert make_plan(Run(folder, NOW)).plan.attribution is None


def test_what_is_not_changed_comes_anyway(folder: Path, reads: list[str]) -> None:
    told = held(folder)
    assert told == Attribution(
        base="main",
        commit=git(folder, "rev-parse", "main").strip(),
        manifests=load_project(folder).digest,
        anyway=frozenset({"create/cy", "update/ada"}),
    )
    assert reads == ["hr.csv: FULLNAME, PIN, USERNAME"]


def test_a_line_that_moved_causes_nothing(folder: Path) -> None:
    write(folder, {"hr.yaml": f"# a word\n\n{HR}"})
    told = held(folder)
    assert (told.anyway, told.altered, told.impact) == (frozenset({"create/cy", "update/ada"}), {}, ())


def test_one_read_with_all_attributes_does_for_both(folder: Path, reads: list[str]) -> None:
    write(folder, {"hr.yaml": HR.replace("fullName: FULLNAME", "fullName: FULLNAME\n    email: EMAIL")})
    told = held(folder)
    assert reads == ["hr.csv: EMAIL, FULLNAME, PIN, USERNAME"]
    assert told.altered == {"update/ada": ("email",)}
    assert told.anyway == {"create/cy"}
    assert told.impact == (Impact("sources.d/hr.yaml:10:5", Action.UPDATE, "email", 1),)


def test_an_attribute_that_only_the_base_needs_is_read_too(folder: Path, reads: list[str]) -> None:
    write(folder, {"hr.yaml": HR.replace("    pins: PIN\n", "")})
    held(folder)
    assert reads == ["hr.csv: FULLNAME, USERNAME, PIN"]


def test_what_no_longer_comes_is_told(folder: Path) -> None:
    write(folder, {"hr.yaml": HR.replace("addNewUsers: true", "addNewUsers: false")})
    told = held(folder)
    assert [change.id for change in told.gone] == ["create/cy"]
    assert told.anyway == {"update/ada"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("fullName: FULLNAME", "fullName: {from: FULLNAME, filters: [upper]}"),
        ("userName: USERNAME", "userName: {from: USERNAME, filters: [upper]}"),
        ("addNewUsers: true", "addNewUsers: true, appendDomainName: example.org"),
        ("pins: PIN", "aliases: ALIASES"),
        ("type: csv", "type: csv\n  synchronizationSource: other"),
    ],
)
def test_it_is_what_two_plans_on_their_own_would_say(folder: Path, old: str, new: str) -> None:
    before = make_plan(Run(folder, NOW)).plan
    write(folder, {"hr.yaml": HR.replace(old, new)})
    after = make_plan(Run(folder, NOW)).plan
    told = held(folder)
    expected = attribute(after.changes, before.changes, {"hr": "sources.d/hr.yaml:3:18"})
    assert (told.altered, told.anyway, told.gone, told.impact) == expected
    assert make_plan(Run(folder, NOW, base="main")).plan.changes == after.changes


# Which reads serve both


def test_a_source_that_is_read_in_another_way_is_read_twice(folder: Path, reads: list[str]) -> None:
    shutil.copy(folder / "hr.csv", folder / "staff.csv")
    write(folder, {"hr.yaml": HR.replace("hr.csv", "staff.csv")})
    assert held(folder).anyway == {"create/cy", "update/ada"}
    assert [one.partition(":")[0] for one in reads] == ["staff.csv", "hr.csv"]


def test_a_new_source_and_one_that_goes_are_read_once(folder: Path, reads: list[str]) -> None:
    (folder / "sources.d" / "hr.yaml").unlink()
    write(folder, {"lab.yaml": LAB})
    told = held(folder)
    assert [one.partition(":")[0] for one in reads] == ["lab.csv", "hr.csv"]
    assert [change.id for change in told.gone] == ["create/cy"]
    assert {(one.rule, one.action.value, one.amount) for one in told.impact} == {
        ("sources.d/lab.yaml:3:18", "create", 1)
    }


def test_ways_to_import_groups_are_matched_by_what_they_do(folder: Path) -> None:
    ldap = """apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: dir}
spec:
  type: ldap
  directory: openLdap
  servers: ["ldaps://a.example"]
  bind: anonymous
  baseDns: ["dc=a"]
  mapping: {userName: uid, fullName: cn}
  groups: {import: [%s]}
"""
    write(folder, {"dir.yaml": ldap % "{ouIndex: 1}"})
    first = next(one for one in load_project(folder).sources if one[0].name == "dir")
    write(folder, {"dir.yaml": ldap % "{attribute: ou}, {ouIndex: 1, makeDefault: true}"})
    second = next(one for one in load_project(folder).sources if one[0].name == "dir")
    assert same_definition(first, second)
    assert more_is_read(first, second)
    assert not more_is_read(second, first)
    write(folder, {"dir.yaml": ldap % "{ouIndex: 2}"})
    third = next(one for one in load_project(folder).sources if one[0].name == "dir")
    assert not same_definition(first, third)


def test_the_reads_of_a_snapshot_serve_both(folder: Path, reads: list[str]) -> None:
    snapshot = folder.parent / "snap"
    record(Run(folder, NOW), snapshot, Wish())
    write(folder, {"hr.yaml": HR.replace("fullName: FULLNAME", "fullName: FULLNAME\n    email: EMAIL")})
    live = held(folder)
    reads.clear()
    assert held(folder, snapshot=snapshot) == live
    assert reads == []


def test_a_snapshot_that_lacks_what_the_base_needs_still_gives_the_plan(folder: Path) -> None:
    snapshot = folder.parent / "snap"
    write(folder, {"hr.yaml": HR.replace("    pins: PIN\n", "")})
    record(Run(folder, NOW), snapshot, Wish())
    assert "PINs were not counted" in held(folder, snapshot=snapshot).problem


# A base that says nothing, or that nobody can plan


def test_under_a_new_project_everything_is_caused(folder: Path) -> None:
    git(folder, "checkout", "-q", "--orphan", "empty")
    git(folder, "rm", "-rqf", "--cached", ".")
    git(folder, "commit", "-qm", "nothing yet", "--allow-empty")
    told = held(folder, "empty")
    assert (told.anyway, told.altered, told.gone, told.problem, told.manifests) == (
        frozenset(),
        {},
        (),
        "",
        "",
    )
    assert {(one.rule, one.action.value) for one in told.impact} == {
        ("sources.d/hr.yaml:3:18", "create"),
        ("sources.d/hr.yaml:9:5", "update"),
    }


def test_a_folder_without_manifests_is_a_new_project_too(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    assert held(folder, str(tmp_path / "before")).problem == ""


def test_another_folder_is_a_base(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "sources.d", tmp_path / "before" / "sources.d")
    write(folder, {"hr.yaml": HR.replace("addNewUsers: true", "addNewUsers: false")})
    told = held(folder, str(tmp_path / "before"))
    assert (told.commit, [change.id for change in told.gone]) == ("", ["create/cy"])


def target(name: str) -> str:
    return (
        TARGET.replace("printing", name)
        .replace("the server", name)
        .replace("export.csv", f"export-{name}.csv")
    )


def test_a_target_that_is_new_was_not_planned_before(folder: Path) -> None:
    for name in ("one", "two", "three"):
        shutil.copy(folder / "export.csv", folder / f"export-{name}.csv")
    write(folder, {"target.yaml": "---\n".join([target("one"), target("two")])})
    commit(folder)
    write(folder, {"target.yaml": "---\n".join([target("one"), target("two"), target("three")])})
    told = held(folder, target="three")
    assert (told.problem, told.anyway) == ("", frozenset())
    assert held(folder, target="two").anyway == {"create/cy", "update/ada"}


def test_the_only_target_may_have_another_name(folder: Path) -> None:
    write(folder, {"target.yaml": TARGET.replace("printing", "prints")})
    assert held(folder).anyway == {"create/cy", "update/ada"}


PROBLEMS: dict[str, tuple[dict[str, str], str]] = {
    "unreadable": ({"hr.yaml": "kind: Sauce"}, "its manifests have problems: sources.d/hr.yaml:1:1: "),
    "two": ({"hr.yaml": "kind: Sauce", "x.yaml": "a: ["}, ", and "),
    "another-server": (
        {"target.yaml": TARGET.replace("the server", "another")},
        "it is about another server, another",
    ),
    "no-such-attribute": (
        {"hr.yaml": HR.replace("pins: PIN", "notes: NOTES")},
        "its sources could not be read: hr.csv:1: there is no column 'NOTES'",
    ),
    "no-such-file": (
        {"lab.yaml": LAB.replace("lab.csv", "gone.csv")},
        "its sources could not be read: gone.csv",
    ),
    "a-record-that-does-not-fit": (
        {"hr.yaml": HR.replace("pins: PIN", "email: {from: EMAIL, filters: [{map: {table: {}}}]}")},
        "its sources could not be read: hr.csv:2",
    ),
    "too-few": (
        {"hr.yaml": HR.replace("type: csv", "type: csv\n  expect: {minimumRecords: 9}")},
        "its sources could not be read: hr: 3 records were read",
    ),
}


@pytest.mark.parametrize(("files", "said"), PROBLEMS.values(), ids=[*PROBLEMS])
def test_a_base_that_cannot_be_planned_spoils_no_plan(folder: Path, files: dict[str, str], said: str) -> None:
    now = {path.name: path.read_text(encoding="utf-8") for path in (folder / "sources.d").iterdir()}
    write(folder, files)
    commit(folder)
    for name in files.keys() - now.keys():
        (folder / "sources.d" / name).unlink()
    write(folder, now)
    plan = make_plan(Run(folder, NOW, base="main")).plan
    assert [change.id for change in plan.changes] == ["create/cy", "update/ada"]
    assert plan.attribution is not None
    assert said in plan.attribution.problem
    assert "\n" not in plan.attribution.problem
    assert (plan.attribution.anyway, plan.attribution.impact) == (frozenset(), ())


def test_what_the_plan_itself_cannot_read_ends_it(folder: Path) -> None:
    write(folder, {"hr.yaml": HR.replace("pins: PIN", "notes: NOTES")})
    with pytest.raises(SourceError, match="no column 'NOTES'"):
        held(folder)


def test_a_read_that_breaks_off_ends_it_and_is_not_tried_twice(folder: Path, reads: list[str]) -> None:
    (folder / "hr.csv").write_text(PEOPLE[:-3], encoding="utf-8")
    with pytest.raises(SourceError, match="may be cut off"):
        held(folder)
    assert len(reads) == 1


def test_a_record_that_does_not_fit_the_plan_ends_it_though_it_fits_the_base(folder: Path) -> None:
    write(folder, {"hr.yaml": HR.replace("pins: PIN", "notes: {from: EMAIL, filters: [{map: {table: {}}}]}")})
    with pytest.raises(SourceError, match=r"hr\.csv:2"):
        held(folder)


@pytest.mark.parametrize("name", ["nowhere", "--version", "main:print", "HEAD~9", "sources.d"])
def test_what_is_neither_a_folder_nor_a_ref_is_refused(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(UsageError, match="--base") as error:
        held(folder, name)
    assert error.value.hint


def test_where_there_is_no_git_there_is_no_ref(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="neither a folder nor a git ref"):
        held(folder)


# Nothing is touched


def test_nothing_is_checked_out_and_nothing_remembered(folder: Path) -> None:
    write(folder, {"hr.yaml": HR.replace("pins: PIN", "cards: CARDS")})
    git(folder, "add", "-A")
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    status = git(folder, "status", "--porcelain=v2", "--branch")
    held(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert git(folder, "status", "--porcelain=v2", "--branch") == status


def test_only_manifests_of_the_project_are_taken_from_a_commit(folder: Path) -> None:
    write(folder, {"notes.txt": "no manifest", ".hidden.yaml": "a: ["})
    (folder / "sources.d" / "deep").mkdir()
    (folder / "sources.d" / "deep" / "other.yaml").write_text("a: [", encoding="utf-8")
    (folder / "sources.d" / "link.yaml").symlink_to("../hr.csv")
    (folder.parent / "sources.d").mkdir()
    (folder.parent / "sources.d" / "above.yaml").write_text("a: [", encoding="utf-8")
    commit(folder)
    (folder / "sources.d" / "link.yaml").unlink()
    assert held(folder).problem == ""


def test_a_name_that_git_would_quote_is_read_as_it_is(folder: Path) -> None:
    (folder / "sources.d" / "hr.yaml").rename(folder / "sources.d" / "lidé ž.yaml")
    commit(folder)
    assert held(folder).anyway == {"create/cy", "update/ada"}
