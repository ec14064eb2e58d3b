"""The whole story of a target that is written by import files, on a simulated MyQ that imports them."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.app import run
from reconciler.myq.csv_import.words import SETTINGS
from support.csv_imports import entered, import_file, stated
from support.simulator import Simulator

USERS: list[dict[str, Any]] = [
    {
        "username": "ada",
        "fullname": "Ada",
        "email": "ada@x",
        "code": "1",
        "syncSource": "Staff",
        "groups": ["Staff|IT"],
        "cards": ["C1"],
        "aliases": ["al"],
    },
    {"username": "bob", "fullname": "Bob", "email": "b@x", "code": "2", "syncSource": "Staff", "groups": []},
    {"username": "cy", "fullname": "Cy Žižka", "code": "3", "syncSource": "Staff", "groups": ["Staff|IT"]},
    {"username": "dee", "fullname": "Dee", "code": "4", "syncSource": "Staff", "groups": ["Staff|Old"]},
    {"username": "guest", "fullname": "A Guest", "email": "g@x", "syncSource": "Guests", "groups": []},
    {"username": "hand", "fullname": "By Hand", "syncSource": "", "groups": ["Staff|IT"]},
]
STAFF = """FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN
Ada Lovelace,"ada,al,lovelace",ada@x,"C1,C2",Staff|IT,1,,
Bob,bob,new@x,,"Staff|IT,Staff|New",2,,
Cy Žižka,cy,,,Staff|IT,3,,
"Eve ""E"" Ek, Dr.",eve,eve@x,C9,Staff|New,5,\\\\files\\eve,853214
"""
SOURCE = """apiVersion: myq.reconciler/v1
kind: Source
metadata: {{name: {name}}}
spec:
  type: csv
  file: {name}.csv
  synchronizationSource: {source}
  mapping:
    userName: USERNAME
    fullName: FULLNAME
    aliases: {{from: ALIASES, mode: replace}}
    email: {{from: EMAIL, mode: replace}}
    cards: {{from: CARDS, mode: replace}}
    personalNumber: CODE
    scanStorage: SCANSTORAGE
    pins: PIN
  groups: {{mode: replace, import: [{{branches: GROUPS}}]}}
  options: {{addNewUsers: true, deactivateMissingUsers: true{options}}}
  expect: {{accept: [no-count]}}
---
"""
POLICY = """apiVersion: myq.reconciler/v1
kind: Policy
metadata: {name: default}
spec: {grace: {reads: 0, days: 0}, guards: {removals: {count: 9}}}
---
"""
TARGET = """apiVersion: myq.reconciler/v1
kind: Target
metadata: {{name: printing}}
spec:
  release: "{release}"
  identity: myq
  read: {read}
  write: csv
  rest: {{url: "{url}", clientId: reconciler, clientSecret: "env:MYQ_CLIENT_SECRET"}}
  csv: {{export: export.csv, import: out/users.csv, delimiter: "{delimiter}", encoding: {encoding}}}
  assumptions: {{csvExportHasSynchronizationSource: true{assumptions}}}
"""


class Site:
    """A project folder whose target is the simulator, written by import files."""

    def __init__(self, folder: Path, myq: Simulator, capture: Callable[[], tuple[str, str]]) -> None:
        self.folder, self.myq = folder, myq
        self._capture = capture
        (folder / "sources.d").mkdir()
        self.target()
        self.source("staff", "Staff", STAFF)

    def target(
        self,
        release: str = "10.2",
        read: str = "csv",
        delimiter: str = ",",
        encoding: str = "utf-8",
        assumptions: str = "",
    ) -> None:
        text = TARGET.format(
            release=release,
            read=read,
            url=self.myq.url,
            delimiter=delimiter,
            encoding=encoding,
            assumptions=assumptions,
        )
        (self.folder / "sources.d" / "target.yaml").write_text(POLICY + text, encoding="utf-8")
        self.myq.switch(
            release=release,
            csv_delimiter="\t" if delimiter == "tab" else delimiter,
            csv_export_encoding=encoding,
            csv_export_has_synchronization_source=True,
        )

    def target_hides_owners(self) -> None:
        """Let the export show no synchronization source any more, as MyQ's pages have it."""
        path = self.folder / "sources.d" / "target.yaml"
        text = path.read_text(encoding="utf-8")
        text = text.replace(
            "csvExportHasSynchronizationSource: true", "csvExportHasSynchronizationSource: false"
        )
        path.write_text(text, encoding="utf-8")
        self.myq.switch(csv_export_has_synchronization_source=False)

    def source(self, name: str, source: str, people: str, options: str = "") -> None:
        text = SOURCE.format(name=name, source=source, options=options)
        (self.folder / "sources.d" / f"{name}.yaml").write_text(text, encoding="utf-8")
        (self.folder / f"{name}.csv").write_text(people, encoding="utf-8", newline="")

    def export(self) -> None:
        (self.folder / "export.csv").write_bytes(self.myq.export_csv())

    def __call__(self, *arguments: str, code: int = 0) -> str:
        where = [] if arguments[0] == "approve" else ["-C", str(self.folder)]
        self._capture()
        ended = run([*arguments, *where])
        out, err = self._capture()
        assert ended == code, f"{arguments} ended with {ended}\n{out}\n{err}"
        return out + err

    def plan(self, code: int = 0) -> dict[str, Any]:
        """Export the users, make a plan file, and return what it holds."""
        self.export()
        self("plan", "--out", str(self.folder / "a.plan.json"), code=code)
        document: dict[str, Any] = json.loads((self.folder / "a.plan.json").read_bytes())
        return document

    def ids(self) -> list[str]:
        return [change["id"] for change in self.plan()["changes"]]

    def approve(self, *arguments: str) -> None:
        self("approve", str(self.folder / "a.plan.json"), "--by", "me", *arguments)

    def apply(self, code: int = 0) -> dict[str, Any]:
        """Apply what the approval allows, and return the result file."""
        result = self.folder / "a.result.json"
        approval = self.folder / "a.approval.json"
        self("apply", "--approval", str(approval), "--result", str(result), code=code)
        document: dict[str, Any] = json.loads(result.read_bytes())
        return document

    def path(self, name: str) -> Path:
        return self.folder / name

    def run_import(self, file: str = "out/users.csv") -> dict[str, Any]:
        return import_file(self.myq, self.folder / file)


@pytest.fixture
def site(
    tmp_path: Path,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Site:
    simulator.seed(USERS)
    monkeypatch.setenv("MYQ_CLIENT_SECRET", simulator.client_secret)
    return Site(tmp_path, simulator, capfd.readouterr)


ALL = [
    "group-create/Staff/New",
    "create/eve",
    "update/ada",
    "update/bob",
    "deactivate/dee",
]


@pytest.mark.parametrize(
    ("release", "read", "delimiter", "encoding"),
    [
        pytest.param("10.2", "csv", ",", "utf-8", id="10.2"),
        pytest.param("10.1", "csv", ",", "utf-8", id="10.1"),
        pytest.param("10.2", "rest", ";", "windows-1250", id="read-by-rest-in-windows-1250"),
        pytest.param("10.1", "rest", "tab", "utf-16", id="10.1-read-by-rest-in-utf-16"),
        pytest.param("10.1", "csv", "|", "iso-8859-2", id="10.1-with-bars-in-iso-8859-2"),
    ],
)
def test_what_is_approved_is_imported_and_then_nothing_is_left(
    site: Site, release: str, read: str, delimiter: str, encoding: str
) -> None:
    site.target(release, read, delimiter, encoding)
    assert site.ids() == ALL
    site.approve()
    assert site.apply()["summary"] == {"handed-over": 5}
    report = site.run_import()
    assert report["counts"] == {"created": 1, "updated": 2, "unchanged": 1, "deleted": 1}
    assert site.ids() == []
    eve = site.myq.users()["eve"]
    assert (eve["fullname"], eve["pins"], eve["scanStorage"]) == (
        'Eve "E" Ek, Dr.',
        ["853214"],
        r"\\files\eve",
    )


def test_the_result_says_that_nothing_is_done_yet_and_what_to_enter(site: Site) -> None:
    site.plan()
    site.approve()
    result = site.apply()
    assert result["remaining"] == sorted(ALL)
    (file,) = result["handOvers"]
    settings = {one["name"]: one["value"] for one in file["settings"]}
    words = site.path("out/users.csv.settings.txt").read_text(encoding="utf-8")
    assert settings == stated(words)
    assert (file["file"], file["users"]) == ("out/users.csv", 4)
    assert settings["Deactivate missing users"] == "on"
    assert hashlib.sha256(site.path("out/users.csv").read_bytes()).hexdigest() == file["digest"][7:]
    assert file["digest"][7:] in words
    assert "1 user is deleted" in words
    assert {one["inverse"] for one in result["outcomes"]} == {None}


def test_the_files_are_for_their_owner_and_pins_stand_in_one_of_them_only(site: Site) -> None:
    site.plan()
    site.approve()
    site.apply()
    assert {stat.S_IMODE(file.stat().st_mode) for file in site.path("out").iterdir()} == {0o600}
    holding = [
        file.name for file in site.folder.rglob("*") if file.is_file() and b"853214" in file.read_bytes()
    ]
    assert sorted(holding) == ["staff.csv", "users.csv"]
    assert "users.csv holds PINs" in site.path("out/users.csv.settings.txt").read_text(encoding="utf-8")


def test_applied_again_before_the_import_the_files_stay_as_they_are(site: Site) -> None:
    site.plan()
    site.approve()
    site.apply()
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in site.path("out").iterdir()}
    assert site.apply()["summary"] == {"handed-over": 5}
    assert {
        file: (file.read_bytes(), file.stat().st_mtime_ns) for file in site.path("out").iterdir()
    } == before


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        pytest.param(["--only", "update/ada"], [one for one in ALL if one != "update/ada"], id="one-update"),
        pytest.param(
            ["--only", "deactivate"], [one for one in ALL if one != "deactivate/dee"], id="the-removal-alone"
        ),
        pytest.param(["--except", "deactivate", "--except", "update/bob"], ALL[3:], id="no-removal"),
        pytest.param(["--only", "create"], ALL[2:], id="the-new-one-and-its-group"),
    ],
)
def test_what_is_not_approved_is_not_done_by_the_import(
    site: Site, chosen: list[str], left: list[str]
) -> None:
    site.plan()
    site.approve(*chosen)
    site.apply()
    site.run_import()
    assert site.ids() == left


def test_who_forgets_to_switch_off_the_deletion_of_missing_users_deletes_nobody(site: Site) -> None:
    site.plan()
    site.approve("--only", "update/ada")
    site.apply()
    told = stated(site.path("out/users.csv.settings.txt").read_text(encoding="utf-8"))
    assert told["Deactivate missing users"] == "off"
    forgotten = {**entered(told), "deactivateMissingUsers": "true"}
    report = site.myq.import_csv(site.path("out/users.csv").read_bytes(), **forgotten)
    assert "deleted" not in report["counts"]


def test_an_import_that_is_done_leaves_no_file_to_be_run_again(site: Site) -> None:
    site.plan()
    site.approve()
    site.apply()
    site.run_import()
    assert site.ids() == []
    site("apply")
    assert not site.path("out/users.csv").exists()
    assert "nothing to import" in site.path("out/users.csv.settings.txt").read_text(encoding="utf-8")


def test_two_sources_have_a_file_each_and_neither_touches_the_others(site: Site) -> None:
    site.source(
        "guests",
        "Guests",
        "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN\nThe Guest,guest,g@x,,,,,\n",
    )
    assert site.ids() == [*ALL[:4], "update/guest", ALL[4]]
    site.approve()
    files = [one["file"] for one in site.apply()["handOvers"]]
    assert files == ["out/users.guests.csv", "out/users.staff.csv"]
    for file in reversed(files):
        site.run_import(file)
    assert site.ids() == []
    assert site.myq.users()["hand"]["groups"] == ["Staff|IT"]


def test_a_source_with_nothing_approved_has_no_file(site: Site) -> None:
    site.source("guests", "Guests", STAFF.splitlines()[0] + "\nThe Guest,guest,g@x,,,,,\n")
    site.plan()
    site.approve("--only", "update/ada")
    assert [one["file"] for one in site.apply()["handOvers"]] == ["out/users.staff.csv"]
    assert len(list(site.path("out").iterdir())) == 2


def test_a_card_that_changes_hands_takes_two_imports(site: Site) -> None:
    people = STAFF.replace('"C1,C2"', "C2").replace("Žižka,cy,,,", "Žižka,cy,,C1,")
    site.source("staff", "Staff", people)
    site.plan(code=3)
    site.approve("--waive", "identities-moved", "--reason", "they swapped desks")
    result = site.apply(code=5)
    waiting = {one["id"]: one["detail"] for one in result["outcomes"] if one["status"] == "blocked"}
    assert list(waiting) == ["update/cy"]
    assert "has to be imported first" in waiting["update/cy"]
    site.run_import()
    assert site.ids() == ["update/cy"]
    site.apply()
    site.run_import()
    assert site.ids() == []
    assert site.myq.users()["cy"]["cards"] == ["C1"]


def test_a_name_that_the_file_cannot_hold_is_known_when_it_is_planned(site: Site) -> None:
    site.myq.seed([{"username": "fay", "syncSource": "Staff", "cards": ["9,9"]}])
    site.target(read="rest")
    plan = site.plan()
    assert list(plan["unreachable"]) == ["deactivate/dee"]
    assert (
        "1 of those who stay cannot be in it: a card holds a comma" in plan["unreachable"]["deactivate/dee"]
    )
    site.approve("--except", "deactivate/fay")
    result = site.apply()
    assert result["summary"] == {"handed-over": 4, "unapproved": 1, "unreachable": 1}
    words = site.path("out/users.csv.settings.txt").read_text(encoding="utf-8")
    assert "since it cannot hold them: fay\n" in words
    site.run_import()
    assert site.ids() == ["deactivate/dee", "deactivate/fay"]


def test_a_file_that_somebody_else_put_there_is_not_replaced(site: Site) -> None:
    site.plan()
    site.approve()
    site.path("out").mkdir()
    site.path("out/users.csv").write_text("precious", encoding="utf-8")
    told = site("apply", "--approval", str(site.path("a.approval.json")), code=1)
    assert "out/users.csv: a file stands where the import file is to be" in told
    assert site.path("out/users.csv").read_text(encoding="utf-8") == "precious"


def test_an_import_file_that_cannot_be_written_is_told_and_the_rest_goes_on(site: Site) -> None:
    site.source("guests", "Guests", STAFF.splitlines()[0] + "\nThe Guest,guest,g@x,,,,,\n")
    site.plan()
    site.approve()
    site.path("out").mkdir()
    site.path("out/users.guests.csv").mkdir()
    site.path("out/users.guests.csv.settings.txt").write_text("MyQ import settings for it", encoding="utf-8")
    result = site.apply(code=5)
    assert [one["file"] for one in result["handOvers"]] == ["out/users.staff.csv"]
    assert [one["id"] for one in result["outcomes"] if one["status"] == "failed"] == ["update/guest"]
    told = site.path("out/users.guests.csv.settings.txt").read_text(encoding="utf-8")
    assert "Do NOT import" in told


@pytest.mark.parametrize("shown", [True, False], ids=["owners-are-shown", "owners-are-hidden"])
def test_an_import_is_taken_back_by_an_import(site: Site, *, shown: bool) -> None:
    site.plan()
    site.approve("--only", "update", "--only", "create")
    site.apply()
    site.run_import()
    if not shown:
        site.target_hides_owners()
    site.export()
    result, plan = str(site.path("a.result.json")), str(site.path("a.plan.json"))
    site("revert", result, "--out", plan)
    told = json.loads(site.path("a.plan.json").read_bytes())["unreachable"]
    assert list(told) == ([] if shown else ["deactivate/eve"])
    site.approve()
    site("apply", "--revert", result, "--approval", str(site.path("a.approval.json")))
    site.run_import()
    users = site.myq.users()
    assert (users["ada"]["fullname"], users["bob"]["email"], users["bob"]["groups"]) == ("Ada", "b@x", [])
    assert users["eve"]["deleted"] is shown
    assert not any(users[name]["deleted"] for name in ("ada", "bob", "cy", "dee", "guest", "hand"))


class Crashed(BaseException):
    """The moment at which the machine loses its power."""


@pytest.mark.parametrize("moment", range(1, 7))
def test_killed_at_any_moment_no_settings_stand_beside_a_file_they_are_not_for(
    site: Site, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    site.plan()
    site.approve("--only", "deactivate")
    site.apply()
    first = site.path("out/users.csv").read_bytes()
    site.approve("--only", "update/ada")
    steps = itertools.count(1)
    replaced = os.replace

    def until_then(source: str, to: Path) -> None:
        if next(steps) == moment:
            raise Crashed
        replaced(source, to)
        if next(steps) == moment:
            raise Crashed

    with monkeypatch.context() as patched:
        patched.setattr("reconciler.planfile.files.os.replace", until_then)
        with pytest.raises(Crashed):
            site("apply", "--approval", str(site.path("a.approval.json")))
    content = site.path("out/users.csv").read_bytes()
    words = site.path("out/users.csv.settings.txt").read_text(encoding="utf-8")
    if SETTINGS in words:
        assert hashlib.sha256(content).hexdigest() in words
    else:
        assert "Do NOT import" in words
    assert content == first or b"Lovelace" in content
    assert site.apply()["summary"]["handed-over"] == 1
    site.run_import()
    assert site.ids() == [one for one in ALL if one != "update/ada"]


def test_an_old_import_file_that_cannot_be_taken_away_is_told(site: Site) -> None:
    site.path("out/users.csv").mkdir(parents=True)
    site.path("out/users.csv.settings.txt").write_text("MyQ import settings for it", encoding="utf-8")
    site.path("staff.csv").write_bytes(site.myq.export_csv())
    site.plan()
    told = site("apply", code=1)
    assert "cannot be taken away" in told


def test_a_target_without_sources_of_its_own_has_nothing_to_import(site: Site) -> None:
    site.path("sources.d/staff.yaml").unlink()
    assert site.ids() == []
    site("apply")
    assert not site.path("out").exists()


def test_the_summary_of_several_targets_says_what_is_handed_over(site: Site) -> None:
    other = site.path("sources.d/target.yaml").read_text(encoding="utf-8").split("---\n")[1]
    for word in ("export.csv", "out/users.csv", "identity: myq"):
        other = other.replace(word, f"{word.removesuffix('.csv')}2{'.csv' if '.csv' in word else ''}")
    other = other.replace("name: printing", "name: second")
    lines = [line for line in other.splitlines() if "rest:" not in line]
    site.path("sources.d/second.yaml").write_text("\n".join(lines), encoding="utf-8")
    site.export()
    site.path("export2.csv").write_bytes(site.myq.export_csv())
    site("plan", "--out", str(site.path("{target}.plan.json")))
    site("approve", str(site.path("printing.plan.json")), "--by", "me")
    site("approve", str(site.path("second.plan.json")), "--by", "me")
    told = site(
        "apply",
        "--approval",
        str(site.path("printing.approval.json")),
        "--approval",
        str(site.path("second.approval.json")),
    )
    assert "5 handed over" in told
    assert site.path("out/users.csv").exists()
    assert site.path("out/users2.csv").exists()


def test_a_rename_pairs_by_the_personal_number_and_the_rest_waits(site: Site) -> None:
    site.target(assumptions=", csvPairingByNumberRenames: true")
    site.source("staff", "Staff", STAFF.replace("Bob,bob,", "Bob,bob.new,"), ", pairBy: [personalNumber]")
    assert site.ids() == [ALL[0], "rekey/bob", *ALL[1:]]
    site.approve("--waive", "rekeys", "--reason", "he asked for it")
    result = site.apply(code=5)
    told = {one["name"]: one["value"] for one in result["handOvers"][0]["settings"]}
    assert told["Pair by the personal number"] == "on"
    assert [one["id"] for one in result["outcomes"] if one["status"] == "blocked"] == ["create/eve"]
    site.run_import()
    assert "bob.new" in site.myq.users()
    assert site.ids() == ["create/eve"]


def test_who_comes_back_is_undeleted_where_that_is_known(site: Site) -> None:
    site.myq.seed([{"username": "eve", "syncSource": "Staff", "deleted": True, "cards": ["C7"]}])
    site.target(read="rest")
    assert site.plan()["unreachable"]["reactivate/eve"].startswith("whether an import undeletes")
    site.target(read="rest", assumptions=", returningUser: undelete")
    assert "reactivate/eve" in site.ids()
    site.approve()
    site.apply()
    site.run_import()
    assert site.ids() == []
    assert site.myq.users()["eve"]["cards"] == ["C9"]


def test_phone_and_language_are_imported_where_that_is_known(site: Site) -> None:
    manifest = site.path("sources.d/staff.yaml")
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(
        text.replace("    pins: PIN", "    pins: PIN\n    phone: TEL\n    language: LANG"), encoding="utf-8"
    )
    head, *rows = STAFF.splitlines()
    people = "".join(
        f"{row}\n" for row in (f"{head},TEL,LANG", *(f"{row},+420 {at},cs" for at, row in enumerate(rows)))
    )
    site.path("staff.csv").write_text(people, encoding="utf-8", newline="")
    site.target(read="rest")
    assert site.plan()["unreachable"]["update/cy"] == "MyQ documents no column of its CSV for phone"
    site.target(read="rest", assumptions=", csvImportTakesPhoneAndLanguage: true")
    site.plan()
    site.approve()
    site.apply()
    site.run_import()
    assert site.ids() == []
    assert (site.myq.users()["cy"]["phone"], site.myq.users()["eve"]["lang"]) == ("+420 2", "cs")


def test_the_default_group_is_the_first_branch_where_that_is_known(site: Site) -> None:
    manifest = site.path("sources.d/staff.yaml")
    text = manifest.read_text(encoding="utf-8").replace(
        "{branches: GROUPS}", "{branches: GROUPS, makeDefault: true}"
    )
    manifest.write_text(text, encoding="utf-8")
    people = STAFF.replace('"Staff|IT,Staff|New"', "Staff|New")
    site.path("staff.csv").write_text(people, encoding="utf-8", newline="")
    site.target(read="rest")
    assert "see `defaultGroupFromFirstBranch`" in site.plan()["unreachable"]["create/eve"]
    site.target(read="rest", assumptions=", defaultGroupFromFirstBranch: true")
    site.myq.switch(default_group_from_first_branch=True)
    site.plan()
    site.approve()
    site.apply()
    site.run_import()
    assert site.ids() == []
    assert site.myq.users()["bob"]["defaultGroup"] == "Staff|New"


def test_one_authentication_server_is_set_for_all_who_are_imported(site: Site) -> None:
    site.target(read="rest")
    site.source("staff", "Staff", STAFF, ", useAuthenticationServer: ldap.x")
    assert "update/cy" in site.ids()
    site.approve("--except", "update/cy", "--waive", "updates", "--reason", "all of them")
    result = site.apply(code=5)
    told = {one["name"]: one["value"] for one in result["handOvers"][0]["settings"]}
    assert (told["Use authentication server"], told["Authentication server"]) == ("on", "ldap.x")
    blocked = {one["id"]: one["detail"] for one in result["outcomes"] if one["status"] == "blocked"}
    assert list(blocked) == ["deactivate/dee"]
    assert "cannot be in this import, which would delete them" in blocked["deactivate/dee"]
    site.run_import()
    assert site.ids() == ["update/cy", "deactivate/dee"]
    assert site.myq.users()["cy"]["ldapDomain"] == ""
