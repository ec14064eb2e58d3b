"""The whole story of a target that is written by import files, on a simulated MyQ that imports them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.app import run
from support.csv_imports import import_file
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

    def plan(self) -> dict[str, Any]:
        """Export the users, make a plan file, and return what it holds."""
        self.export()
        self("plan", "--out", str(self.folder / "a.plan.json"))
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
    return Site(tmp_path, simulator, lambda: tuple(capfd.readouterr()))  # type: ignore[arg-type]


ALL = [
    "group-create/Staff/New",
    "create/eve",
    "update/ada",
    "update/bob",
    "deactivate/dee",
]


@pytest.mark.parametrize("read", ["csv", "rest"])
@pytest.mark.parametrize("release", ["10.1", "10.2"])
@pytest.mark.parametrize(
    ("delimiter", "encoding"),
    [(",", "utf-8"), (";", "windows-1250"), ("tab", "utf-16"), ("|", "iso-8859-2")],
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
