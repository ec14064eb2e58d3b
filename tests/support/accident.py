"""A MyQ full of people whom one source knows, and an approval to remove nearly all of them that lies ready.

Nothing else stands between them and an accident either: there is no grace, and the approval waives every
guard that a removal of all trips. What spares them is what a read proves, or does not.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import reconciler.sources.entra.graph as entra_graph
from reconciler.sources.patience import Patience
from support.graph import CLIENT_ID, App, GraphDouble
from support.https import Certificates
from support.ldap_people import PEOPLE, container, person
from support.ldap_proxy import LdapProxy, Retelling
from support.project import Project
from support.simulator import Simulator
from support.slapd import FOUNDATION, HOST, READER, READER_PASSWORD, Entry, Slapd

NAMES = tuple(f"p{number:02}" for number in range(43))
"""As many as lost their VPN in opnsense/core #10128."""
SENTINEL = NAMES[0]
TOWNS = ("Prague", "Brno")

TARGET = """
apiVersion: myq.reconciler/v1
kind: Target
metadata: {name: printing}
spec:
  rest: {url: "MYQ_URL", clientId: reconciler, clientSecret: "env:MYQ_CLIENT_SECRET", patienceSeconds: 1}
---
apiVersion: myq.reconciler/v1
kind: Policy
metadata: {name: default}
spec:
  grace: {reads: 0, days: 0}
"""
SOURCE = """
apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: people}
spec:
  OWN
  options: {addNewUsers: true, deactivateMissingUsers: true}
  expect: EXPECT
"""
CSV = "type: csv\n  file: people.csv\n  mapping: {userName: user, fullName: name}"
SCRIPT = """type: script
  command: [people.py]
  interpreter: ["PYTHON", -I]
  sha256: SHA256
  mapping: {userName: user, fullName: name}"""
CENTRAL = """type: central
  url: "URL"
  clientId: reconciler
  clientSecret: "env:CENTRAL_SECRET"
  pageSize: 10
  mapping: {userName: username, fullName: fullname}"""
ENTRA = """type: entra
  tenant: contoso.com
  clientId: CLIENT
  signIn: {secret: "env:ENTRA_SECRET"}
  authority: "URL"
  graphUrl: "URL"
  caFile: "CA"
  mapping: {userName: upnPrefix, fullName: displayName}"""
LDAP = """type: ldap
  directory: openLdap
  servers: ["URL"]
  startTls: false
  bind: {user: "READER", password: "env:LDAP_PASSWORD"}
  baseDns: ["PEOPLE"]
  pageSize: 10
  mapping: {userName: uid, fullName: cn}"""
MEMBERSHIPS = "\n  groups: {mode: replace, import: [{memberships: {}}]}"
"""For a source of type entra: its groups are all that its users are in."""

PRINTER = """
import pathlib, sys
sys.stdout.write(pathlib.Path("people.jsonl").read_text(encoding="utf-8"))
"""

ONLY_BY_COUNT = "{}"
"""What a manifest says that says nothing: the reader's own proofs have to do."""
BY_SENTINEL = f"{{sentinels: [{SENTINEL}]}}"
"""A proof that is there in nearly every accident, too: the worst case."""


def full_name(name: str) -> str:
    """Return how somebody is called everywhere."""
    return name.title()


@dataclass(frozen=True)
class AtRisk:
    """The project; `approval` allows to remove everybody but the sentinel, and `before` is MyQ as it was."""

    project: Project
    approval: str
    before: Mapping[str, Any]
    target: str

    @property
    def myq(self) -> Simulator:
        return self.project.myq

    def write(self, name: str, content: str) -> None:
        """Write a file of the project."""
        path = self.project.path(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")

    def declare(self, own: str, expect: str = BY_SENTINEL) -> None:
        """Write the manifests: where people come from, and what is expected of it."""
        source = SOURCE.replace("OWN", own).replace("EXPECT", expect)
        self.write("sources.d/all.yaml", f"{self.target}---{source}")

    def healthy(self, own: str, expect: str = BY_SENTINEL) -> None:
        """Declare a source and read it well, once; the ledger knows then how many there were."""
        self.declare(own, expect)
        assert self.project("plan", "--detailed-exitcode").out.startswith("Nothing to do")

    def people_csv(self, names: Iterable[str] = NAMES) -> None:
        """Write the file that a source of type csv reads."""
        self.write("people.csv", "user,name\n" + "".join(f"{name},{full_name(name)}\n" for name in names))

    def spared(self, code: int, *words: str, apply: int | None = None) -> None:
        """Check that plan and apply end like this and say so, and that nobody at all was touched.

        `apply` is how that one ends, where it is told otherwise and in words of its own.
        """
        planned = self.project("plan", code=code)
        applied = self.project("apply", "--approval", self.approval, code=code if apply is None else apply)
        for ended in (planned, applied) if apply is None else (planned,):
            for word in words:
                assert word in f"{ended.out}{ended.err}", ended
        for ended in (planned, applied):
            assert "Traceback" not in ended.err
            assert "hint: " in ended.err or ended.code in {0, 3}
        self.untouched()

    def withheld(self, *words: str) -> None:
        """Check that the plan removes nobody, though it is made, and says of whom it would and why not."""
        self.spared(0, "held back, as", *words)
        plan = json.loads(Path(self.project.planned(code=0)).read_bytes())
        assert not [change for change in plan["changes"] if change["action"] == "deactivate"]
        assert [notice for notice in plan["notices"] if notice["kind"] == "withheld"]

    def untouched(self) -> None:
        """Check that MyQ is as it was, and that nobody wrote to it."""
        assert self.myq.state() == self.before
        assert {effect["operation"] for effect in self.myq.log()} == {"seed"}


def seeded() -> list[dict[str, Any]]:
    """Return the users of MyQ; three of them are administrators."""
    return [
        {
            "username": name,
            "fullname": full_name(name),
            "syncSource": "people",
            "groups": ["Staff", "Admins"] if at < 3 else ["Staff"],
        }
        for at, name in enumerate(NAMES)
    ]


@pytest.fixture(scope="session")
def ready_approvals() -> dict[str, str]:
    """Return the approvals that were made already, by the server and what is on it; for `at_risk` alone."""
    return {}


@pytest.fixture
def at_risk(
    tmp_path: Path,
    ready_approvals: dict[str, str],
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> AtRisk:
    """The project without a source yet; no server that is in trouble is waited for."""
    monkeypatch.setattr(Patience, "wait_after", lambda _, __: 0.001)
    monkeypatch.setattr(entra_graph, "SETTLE_SECONDS", 0.0)
    monkeypatch.setenv("MYQ_CLIENT_SECRET", simulator.client_secret)
    monkeypatch.setenv("LDAP_PASSWORD", READER_PASSWORD)
    monkeypatch.setenv("ENTRA_SECRET", App().secret)
    monkeypatch.setenv("CENTRAL_SECRET", simulator.client_secret)
    for name in ("RECONCILER_DIRECTORY", "RECONCILER_NO_SCRIPTS", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    simulator.seed(seeded())
    target = TARGET.replace("MYQ_URL", simulator.url)
    capture: Callable[[], tuple[str, str]] = capfd.readouterr
    folder = tmp_path / "project"
    folder.mkdir()
    before = simulator.state()
    known = json.dumps([target, before])
    if known not in ready_approvals:
        farewell = _approval(Project(tmp_path / "farewell", simulator, capture), target)
        ready_approvals[known] = Path(farewell).read_text(encoding="utf-8")
    made = AtRisk(Project(folder, simulator, capture), str(folder / "ready.approval.json"), before, target)
    made.write("ready.approval.json", ready_approvals[known])
    return made


def _approval(project: Project, target: str) -> str:
    """Approve the removal of all but one, from a source that proves it, with every guard waived."""
    gone = AtRisk(project, "", {}, target)
    project.folder.mkdir()
    gone.people_csv([SENTINEL])
    gone.declare(CSV)
    plan = json.loads(Path(project.planned(code=3)).read_bytes())
    tripped = sorted({one["guard"] for one in plan["guards"] if one["tripped"]})
    words = [word for guard in tripped for word in ("--waive", guard)]
    words += ["--by", "colleague@uni.example", "--reason", "the school closes"]
    path = str(project.path("everybody.approval.json"))
    told = project("approve", str(project.path("a.plan.json")), "--out", path, *words)
    assert f"{len(NAMES) - 1} of {len(NAMES) - 1} changes" in told.err + told.out
    return path


# The five kinds of source, each with the same people


def directory_people() -> tuple[Entry, ...]:
    """Return everybody: three right under the base DN, the others in two towns."""
    entries = [*FOUNDATION, container(PEOPLE), *(container(f"ou={town},{PEOPLE}") for town in TOWNS)]
    for at, name in enumerate(NAMES):
        above = PEOPLE if at < 3 else f"ou={TOWNS[at % 2]},{PEOPLE}"
        entries.append(person(f"uid={name},{above}", name, cn=[full_name(name)]))
    return tuple(entries)


def ldap(url: str) -> str:
    """Return what declares a directory."""
    return LDAP.replace("URL", url).replace("READER", READER).replace("PEOPLE", PEOPLE)


@contextmanager
def through(server: Slapd, retell: Retelling) -> Iterator[str]:
    """Declare a directory behind something that retells its answers."""
    with LdapProxy((HOST, server.port), retell) as proxy:
        yield ldap(proxy.url)


def entra(graph: GraphDouble, certificates: Certificates) -> str:
    """Fill a tenant that shows ten people a page, and return what declares it."""
    graph.tenant.shown_at_most = 10
    for name in NAMES:
        graph.user(name)
    return (
        ENTRA.replace("CLIENT", CLIENT_ID).replace("URL", graph.url).replace("CA", certificates.ca.as_posix())
    )


def staff(graph: GraphDouble) -> str:
    """Let the cloud have the groups that MyQ has; return the id of the larger one."""
    everybody = list(graph.tenant.users)
    graph.group("Admins", *everybody[:3])
    return graph.group("Staff", *everybody)


def central_of(central: Simulator) -> str:
    """Fill a Central, and return what declares it."""
    central.seed([{"username": name, "fullname": full_name(name)} for name in NAMES])
    return CENTRAL.replace("URL", central.url)


def lines(names: Iterable[str] = NAMES, *, count: int | None = None) -> str:
    """Return what a script prints about people; with a count, the closing line too."""
    told = [json.dumps({"user": name, "name": full_name(name)}) for name in names]
    closing = [] if count is None else [json.dumps({"end": True, "count": count})]
    return "".join(f"{line}\n" for line in (*told, *closing))


def script(at_risk: AtRisk, *, printer: str = PRINTER) -> str:
    """Write a script that prints everybody, and return what declares it."""
    at_risk.write("people.py", printer)
    at_risk.write("people.jsonl", lines(count=len(NAMES)))
    digest = hashlib.sha256(printer.encode()).hexdigest()
    return SCRIPT.replace("PYTHON", Path(sys.executable).as_posix()).replace("SHA256", digest)
