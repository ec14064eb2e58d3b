"""One Central and its three sites, four MyQ servers, in one project with a target for each site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.simulator.serve import SimulatorConfig, running
from reconciler.simulator.switches import Server, Switches
from reconciler.sources.patience import Patience
from support.project import Project
from support.simulator import Simulator

SITES = ("prague", "brno", "labs")

PEOPLE = [
    {"username": "ada", "fullname": "Ada", "department": "Research", "groups": ["Prague|Castle"]},
    {"username": "bob", "fullname": "Bob", "department": "Office", "groups": ["Prague"]},
    {"username": "cy", "fullname": "Cy", "department": "Office", "groups": ["Brno"]},
    {"username": "eve", "fullname": "Eve", "department": "Research", "groups": ["Brno|Lab"]},
]
PARTS = {"prague": ["ada", "bob"], "brno": ["cy", "eve"], "labs": ["ada", "eve"]}
_CHOICES = {
    "prague": "{inGroups: [Prague]}",
    "brno": "{inGroups: [Brno]}",
    "labs": "{having: {department: [Research]}}",
}

COMMON = """
apiVersion: myq.reconciler/v1
kind: Mapping
metadata: {name: people}
spec: {userName: username, fullName: fullname, department: department, groups: groups}
---
apiVersion: myq.reconciler/v1
kind: Policy
metadata: {name: usual}
spec:
  grace: {reads: 0, days: 0}
"""
SITE = """
apiVersion: myq.reconciler/v1
kind: Target
metadata: {name: NAME}
spec:
  sources: [central-NAME]
  rest: {url: MYQ_URL, clientId: reconciler, clientSecret: "env:MYQ_CLIENT_SECRET"}
---
apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: central-NAME}
spec:
  type: central
  url: CENTRAL_URL
  clientId: reconciler
  clientSecret: "env:MYQ_CLIENT_SECRET"
  users: USERS
  synchronizationSource: central
  mapping: people
  options: {addNewUsers: true, deactivateMissingUsers: true}
"""


class Servers:
    """Simulators by name, started when they are first needed and kept for later tests."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[ExitStack, Simulator]] = {}

    def get(self, name: str, server: Server) -> Simulator:
        """Return an empty server."""
        if name not in self._running:
            life = ExitStack()
            switches = Switches(undocumented_operations=True, server=server)
            simulator = Simulator(life.enter_context(running(SimulatorConfig(switches=switches))))
            life.callback(simulator.close)
            self._running[name] = life, simulator
        _, simulator = self._running[name]
        simulator.reset()
        return simulator

    def stop(self, *names: str) -> None:
        """Stop servers; without names all of them."""
        for name in names or tuple(self._running):
            life, _ = self._running.pop(name)
            life.close()


@dataclass(frozen=True)
class Sites:
    """The project; `central` and `sites` are its servers, and `down` stops one of the sites for good."""

    project: Project
    central: Simulator
    sites: dict[str, Simulator]
    servers: Servers

    def down(self, name: str) -> None:
        """Stop a server for the rest of the test."""
        self.servers.stop(name)

    def names(self, site: str) -> list[str]:
        """Return the user names of a site, but for deleted ones."""
        return sorted(name for name, user in self.sites[site].users().items() if not user["deleted"])

    def manifest(self, name: str, text: str) -> None:
        """Write one more manifest."""
        path = self.project.folder / "sources.d" / name
        path.write_text(text, encoding="utf-8", newline="\n")

    def approve_all(self, *arguments: str) -> str:
        """Plan every target, approve every plan, and return the folder of the approvals."""
        folder = self.project.folder / "plans"
        self.project("plan", "--out", str(folder), code=None)
        for plan in sorted(folder.glob("*.plan.json")):
            self.project("approve", str(plan), "--by", "colleague@uni.example", *arguments)
        return str(folder)

    def synchronize(self) -> None:
        """Bring every site to what Central says."""
        self.project("apply", "--approval", self.approve_all())


@pytest.fixture(scope="session")
def site_servers() -> Iterator[Servers]:
    """The servers behind `sites`, which empties them."""
    servers = Servers()
    yield servers
    servers.stop()


@pytest.fixture
def sites(
    tmp_path: Path,
    site_servers: Servers,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Sites:
    """A Central with people, and three empty sites; nobody waits long for a server that is down."""
    monkeypatch.setattr(Patience, "wait_after", lambda _, __: 0.001)
    for name in ("RECONCILER_DIRECTORY", "RECONCILER_TARGET", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    central = site_servers.get("central", Server.CENTRAL)
    central.seed(PEOPLE)
    monkeypatch.setenv("MYQ_CLIENT_SECRET", central.client_secret)
    servers = {name: site_servers.get(name, Server.PRINT) for name in SITES}
    project = Project(tmp_path, central, capfd.readouterr)
    made = Sites(project, central, servers, site_servers)
    (tmp_path / "sources.d").mkdir()
    made.manifest("common.yaml", COMMON)
    for at, (name, myq) in enumerate(servers.items()):
        text = SITE.replace("NAME", name).replace("USERS", _CHOICES[name])
        text = text.replace("MYQ_URL", myq.url).replace("CENTRAL_URL", central.url)
        made.manifest(f"{at}-{name}.yaml", text)
    return made
