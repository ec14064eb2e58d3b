"""``drift``, night after night: who has moved, the server, the sources or the manifests."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.cli.app import run

HEADER = "FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN"
MANIFESTS = """apiVersion: myq.reconciler/v1
kind: Target
metadata: {name: printing}
spec:
  read: csv
  csv: {export: export.csv}
  assumptions: {csvExportHasSynchronizationSource: true}
  identity: the server
---
apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: hr}
spec:
  type: csv
  file: hr.csv
  expect: {accept: [no-count]}
  mapping:
    userName: USERNAME
    fullName: FULLNAME
    email: EMAIL
  options: {addNewUsers: true, deactivateMissingUsers: true}
---
apiVersion: myq.reconciler/v1
kind: Policy
metadata: {name: all}
spec:
  grace: {reads: 0, days: 0}
  guards:
    updates: {count: 100, percent: 100}
    removals: {count: 100, percent: 100}
"""
People = dict[str, str]


@dataclass
class Nights:
    """A project in git whose server is a file; `hr` and `myq` hold full names by user name.

    On the server, everybody may be in one `group`.
    """

    folder: Path
    capture: Callable[[], tuple[str, str]]
    clock: Callable[[int], None]
    hr: People = field(default_factory=dict)
    myq: People = field(default_factory=dict)
    manifests: str = MANIFESTS
    group: str = ""
    night: int = 0

    def __call__(self, *words: str, code: int = 0) -> str:
        self.capture()
        ended = run([*words, "-C", str(self.folder)])
        out, err = self.capture()
        assert ended == code, f"{out}\n{err}"
        return out + err

    def write(self) -> None:
        (self.folder / "sources.d").mkdir(exist_ok=True)
        (self.folder / "sources.d" / "all.yaml").write_text(self.manifests, encoding="utf-8")
        rows = [f"{full},{name},{name}@example.org,,,,," for name, full in self.hr.items()]
        (self.folder / "hr.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
        rows = [f"{full},{name},{name}@example.org,,{self.group},,,,hr" for name, full in self.myq.items()]
        export = "\n".join([f"{HEADER},SYNC_SOURCE", *rows, ""])
        (self.folder / "export.csv").write_text(export, encoding="utf-8")

    def look(self, *words: str, code: int | None = None) -> str:
        """Let a night pass, and look."""
        self.write()
        self.night += 1
        self.clock(1_790_000_000 + self.night * 86_400)
        return self("drift", *words, code=0 if code is None else code)

    def causes(self, *words: str) -> dict[str, list[str]]:
        """Look, and return who has moved, by the ids of all changes."""
        told = json.loads(self.look("--format", "json", *words))
        return {change["id"]: told["drift"]["causes"].get(change["id"], []) for change in told["changes"]}

    def git(self, *words: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *who, *words], cwd=self.folder, capture_output=True, check=True)  # noqa: S607  git of the PATH

    def commit(self) -> None:
        self.write()
        self.git("init", "-q")
        self.git("add", "sources.d")
        self.git("commit", "-qm", "as it is")


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Nights:
    """Three people, as MyQ has them, and manifests that are committed."""
    made = Nights(
        tmp_path,
        capfd.readouterr,
        lambda at: monkeypatch.setenv("SOURCE_DATE_EPOCH", str(at)),
    )
    people = {name: name.capitalize() for name in ("ada", "bob", "cy")}
    made.hr, made.myq = people, dict(people)
    made.commit()
    return made


@pytest.fixture
def synced(nights: Nights) -> Nights:
    """The same, looked at once while all was well."""
    assert nights.look().startswith("Nothing to do: the MyQ server printing (the server, release ")
    return nights


def test_a_hand_on_the_server_is_the_servers(synced: Nights) -> None:
    synced.myq["ada"] = "Ada by hand"
    assert synced.causes() == {"update/ada": ["server"]}


def test_it_stays_the_servers_until_it_is_settled(synced: Nights) -> None:
    synced.myq["ada"] = "Ada by hand"
    assert synced.causes() == synced.causes() == {"update/ada": ["server"]}
    synced.myq["ada"] = "Ada"
    assert synced.causes() == {}
    synced.hr["ada"] = "Ada Lovelace"
    assert synced.causes() == {"update/ada": ["source"]}


def test_a_record_that_changed_is_the_sources(synced: Nights) -> None:
    synced.hr["ada"] = "Ada Lovelace"
    assert synced.causes() == {"update/ada": ["source"]}


def test_what_moved_on_both_sides_is_of_both(synced: Nights) -> None:
    synced.hr["ada"] = "Ada Lovelace"
    synced.myq["ada"] = "Ada by hand"
    assert synced.causes() == {"update/ada": ["server", "source"]}
    told = synced.look()
    assert "): 1 by several of them." in told.splitlines()[0]
    assert "\n~ By several of them: update 1 account\n" in told
    assert "\n      by the server and the sources\n" in told


def test_people_who_come_and_go_in_a_source_are_the_sources(synced: Nights) -> None:
    synced.hr["dee"] = "Dee"
    del synced.hr["bob"]
    assert synced.causes() == {"create/dee": ["source"], "deactivate/bob": ["source"]}


def test_accounts_that_come_and_go_on_the_server_are_the_servers(synced: Nights) -> None:
    synced.myq["eve"] = "Eve"
    del synced.myq["bob"]
    assert synced.causes() == {"create/bob": ["server"], "deactivate/eve": ["server"]}


def test_manifests_that_changed_are_the_cause_of_what_they_bring(synced: Nights) -> None:
    synced.manifests = MANIFESTS.replace("fullName: FULLNAME", "fullName: {from: FULLNAME, filters: [upper]}")
    synced.myq["ada"] = "Ada by hand"
    synced.hr["bob"] = "Bobby"
    synced.commit()
    causes = {
        "update/ada": ["server", "manifests"],
        "update/bob": ["source", "manifests"],
        "update/cy": ["manifests"],
    }
    assert synced.causes() == causes
    assert synced.causes() == causes, "and stay so, though the manifests are those of the last look now"


def test_a_group_moves_and_a_new_one_takes_its_place(nights: Nights) -> None:
    nights.group = "Archive"
    nights.look()
    nights.manifests += """---
apiVersion: myq.reconciler/v1
kind: GroupTree
metadata: {name: tree}
spec:
  groups:
    - {name: Archive}
    - {name: Old archive, previously: Archive}
"""
    nights.commit()
    causes = {"group-create/Archive": ["manifests"], "group-move/Archive": ["manifests"]}
    assert nights.causes() == nights.causes() == causes


def test_what_would_come_anyway_is_not_the_manifests(synced: Nights) -> None:
    synced.manifests = MANIFESTS.replace("grace: {reads: 0, days: 0}", "grace: {reads: 0, days: 0.0}")
    synced.myq["ada"] = "Ada by hand"
    synced.hr["bob"] = "Bobby"
    synced.commit()
    assert synced.causes() == {"update/ada": ["server"], "update/bob": ["source"]}


def test_the_lines_that_cause_it_are_told(synced: Nights) -> None:
    synced.manifests = MANIFESTS.replace("fullName: FULLNAME", "fullName: {from: FULLNAME, filters: [upper]}")
    synced.commit()
    told = synced.look()
    assert told.startswith(
        "3 differences on the MyQ server printing (the server, release 10.2): 3 by the manifests.\n"
    )
    assert (
        "What the manifests cause since then\n  sources.d/all.yaml:19:5: change fullName of 3 accounts\n"
        in told
    )


def test_manifests_that_were_not_committed_cannot_be_told_from_the_sources(synced: Nights) -> None:
    other = MANIFESTS.replace("fullName: FULLNAME", "fullName: {from: FULLNAME, filters: [upper]}")
    synced.manifests = other
    synced.look()
    synced.manifests = MANIFESTS
    synced.myq = {name: full.upper() for name, full in synced.myq.items()}
    told = synced.look()
    assert "Not every cause can be told: the manifests have changed since then, and git does not know" in told


def test_without_the_commit_it_says_how_to_get_it(synced: Nights) -> None:
    synced.manifests = MANIFESTS.replace("fullName: FULLNAME", "fullName: {from: FULLNAME, filters: [upper]}")
    synced.myq["ada"] = "Ada by hand"
    ledger = synced.folder / ".reconciler" / "ledger.db"
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("UPDATE ledger_look SET revision = ?", ("1" * 40,))
        connection.commit()
    told = synced.look()
    assert "git has not got their commit of then, so what they cause counts as the sources': " in told
    assert "`fetch-depth: 0`" in told
    assert "2 by the sources" in told


def test_the_first_look_knows_no_cause(nights: Nights) -> None:
    nights.hr["ada"] = "Ada Lovelace"
    told = nights.look()
    assert told.startswith(
        "1 difference on the MyQ server printing (the server, release 10.2): 1 of unknown cause."
    )
    assert told.count("nobody has looked at this server before") == 1
    told = nights.look()
    assert "): 1 of unknown cause." in told
    assert "settle them once" in told
    nights.hr["bob"] = "Bobby"
    assert nights.causes() == {"update/ada": [], "update/bob": ["source"]}


def test_without_a_ledger_no_cause_is_known(synced: Nights) -> None:
    synced.myq["ada"] = "Ada by hand"
    told = synced.look("--ledger", "none")
    assert "): 1 of unknown cause." in told
    assert "Not every cause can be told: there is no ledger" in told


def test_a_look_that_shall_not_be_remembered_is_not(synced: Nights) -> None:
    synced.myq["ada"] = "Ada by hand"
    assert synced.causes("--no-remember") == {"update/ada": ["server"]}
    before = (synced.folder / ".reconciler" / "ledger.db").read_bytes()
    synced.look("--no-remember")
    assert (synced.folder / ".reconciler" / "ledger.db").read_bytes() == before


def test_a_project_that_nobody_has_looked_at_gets_no_ledger_from_a_look_that_is_not_remembered(
    nights: Nights,
) -> None:
    nights.hr["ada"] = "Ada Lovelace"
    assert nights.causes("--no-remember") == {"update/ada": []}
    assert not (nights.folder / ".reconciler").exists()


def test_the_server_comes_first_and_the_rest_is_folded_in_an_issue(synced: Nights) -> None:
    synced.myq["cy"] = "Cy by hand"
    synced.hr["ada"] = "Ada Lovelace"
    synced.hr["dee"] = "Dee"
    told = synced.look("--format", "markdown", "--detailed-exitcode", code=2)
    first = told.splitlines()[0]
    assert first.startswith("**3 differences on the MyQ server `printing` (")
    assert first.endswith("): 1 by the server and 2 by the sources.**")
    assert told.index("### ~ By the server: update 1 account") < told.index(
        "<details><summary>+ By the sources: create 1 account</summary>"
    )
    assert "By the server means that MyQ itself was changed" in told
    assert not {"Cy", "Ada", "Dee"} & set(told.replace("`", " ").split())


def test_a_stored_look_tells_it_again(synced: Nights) -> None:
    synced.myq["cy"] = "Cy by hand"
    plan = str(synced.folder / "a.plan.json")
    told = synced.look("--out", plan)
    assert synced("show", plan) == told
    assert "by the server" in synced("show", plan, "--format", "html")


def test_nothing_of_people_is_in_the_ledger(synced: Nights) -> None:
    """Names so long that no digest holds them by chance."""
    synced.hr["quentin.rose"] = synced.myq["quentin.rose"] = "Quentin Rose"
    synced.hr["nadia.petrova"] = "Nadia Petrova"
    synced.look()
    synced.myq["quentin.rose"] = "Quentin by hand"
    synced.look()
    kept = (synced.folder / ".reconciler" / "ledger.db").read_bytes()
    told = ("quentin", "Quentin", "nadia", "Nadia", "petrova", "by hand", "example.org")
    assert [name for name in told if name.encode() in kept] == []


def test_a_ledger_that_is_damaged_is_told_and_the_plan_is_there(synced: Nights) -> None:
    for file in (synced.folder / ".reconciler").iterdir():
        file.write_bytes(b"no ledger" * 1000)
    synced.myq["cy"] = "Cy by hand"
    told = synced.look()
    assert "Not every cause can be told: what is remembered of earlier looks cannot be read." in told
    assert "~ Of unknown cause: update 1 account" in told
