"""One Central and three sites, each a MyQ of its own with its own part of the people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.simulator.serve import SimulatorConfig, running
from reconciler.simulator.switches import Server, Switches
from reconciler.sources import web
from support.central import QUICK
from support.project import Project
from support.simulator import Simulator

pytestmark = pytest.mark.central

SITES = {
    "prague": "{inGroups: [Prague]}",
    "brno": "{inGroups: [Brno]}",
    "labs": "{having: {department: [Research]}}",
}
PARTS = {"prague": ["ada", "bob"], "brno": ["cy", "eve"], "labs": ["ada", "eve"]}
PEOPLE = [
    {
        "username": "ada",
        "fullname": "Ada",
        "department": "Research",
        "groups": ["Prague|Castle"],
        "cards": ["A1"],
    },
    {
        "username": "bob",
        "fullname": "Bob",
        "department": "Office",
        "groups": ["Prague"],
        "aliases": ["bobby"],
    },
    {"username": "cy", "fullname": "Cy", "department": "Office", "groups": ["Brno"]},
    {"username": "eve", "fullname": "Eve", "department": "Research", "groups": ["Brno|Lab"], "code": "17"},
]
MANIFESTS = """
apiVersion: myq.reconciler/v1
kind: Target
metadata: {name: SITE}
spec:
  rest: {url: MYQ_URL, clientId: reconciler, clientSecret: "env:MYQ_CLIENT_SECRET"}
---
apiVersion: myq.reconciler/v1
kind: Policy
metadata: {name: default}
spec:
  grace: {reads: 0, days: 0}
---
apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: central}
spec:
  type: central
  url: CENTRAL_URL
  clientId: reconciler
  clientSecret: "env:MYQ_CLIENT_SECRET"
  users: USERS
  mapping: {userName: username, fullName: fullname, aliases: aliases, cards: cards, personalNumber: code,
            department: department, groups: groups}
  options: {addNewUsers: true, deactivateMissingUsers: true}
"""


@dataclass(frozen=True)
class Company:
    """A Central, whose life ends with `stop`, and its sites by name."""

    central: Simulator
    sites: dict[str, Project]
    stop: Callable[[], None]

    def synchronize(self) -> None:
        for site in self.sites.values():
            site("apply", "--approval", site.approved())

    def names(self, site: str) -> list[str]:
        return sorted(name for name, user in self.sites[site].myq.users().items() if not user["deleted"])


def _started(stack: ExitStack, server: Server) -> Simulator:
    switches = Switches(undocumented_operations=True, server=server)
    simulator = Simulator(stack.enter_context(running(SimulatorConfig(switches=switches))))
    stack.callback(simulator.close)
    return simulator


@pytest.fixture
def company(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Company]:
    with ExitStack() as stack:
        alone = stack.enter_context(ExitStack())
        central = _started(alone, Server.CENTRAL)
        central.seed(PEOPLE)
        monkeypatch.setenv("MYQ_CLIENT_SECRET", central.client_secret)
        sites = {}
        for name, users in SITES.items():
            myq = _started(stack, Server.PRINT)
            folder = tmp_path / name / "sources.d"
            folder.mkdir(parents=True)
            text = MANIFESTS.replace("SITE", name).replace("USERS", users)
            text = text.replace("MYQ_URL", myq.url).replace("CENTRAL_URL", central.url)
            (folder / "all.yaml").write_text(text, encoding="utf-8", newline="\n")
            sites[name] = Project(folder.parent, myq, capfd.readouterr)
        yield Company(central, sites, alone.close)


def test_each_site_gets_its_part_of_the_people_with_all_that_central_knows(company: Company) -> None:
    company.synchronize()
    assert {site: company.names(site) for site in SITES} == PARTS
    ada = company.sites["prague"].myq.users()["ada"]
    assert (ada["cards"], ada["groups"], ada["syncSource"]) == (["A1"], ["Prague|Castle"], "central")
    assert company.sites["prague"].myq.users()["bob"]["aliases"] == ["bobby"]
    assert company.sites["brno"].myq.users()["eve"]["code"] == "17"
    for site in company.sites.values():
        assert site("plan", "--detailed-exitcode").out.startswith("Nothing to do")


def test_who_moves_from_one_site_to_another_leaves_and_arrives(company: Company) -> None:
    company.synchronize()
    bob = company.central.users()["bob"]["id"]
    company.central.switch(server="print")
    company.central.call("PATCH", f"/api/v3/users/{bob}", {"groups": ["Brno"]})
    company.central.switch(server="central")
    assert {name: site.ids() for name, site in company.sites.items()} == {
        "prague": ["deactivate/bob"],
        "brno": ["create/bob"],
        "labs": [],
    }


def test_a_central_that_cannot_be_reached_leaves_every_site_its_users(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.synchronize()
    before = {name: site.myq.state() for name, site in company.sites.items()}
    company.stop()
    monkeypatch.setattr(web, "Patience", lambda: QUICK)
    for name, site in company.sites.items():
        ended = site("apply", code=6)
        assert "no answer" in ended.err
        assert site.myq.state() == before[name]


def test_a_central_that_tells_less_than_it_has_leaves_every_site_its_users(company: Company) -> None:
    company.synchronize()
    before = {name: site.myq.state() for name, site in company.sites.items()}
    company.central.fault(kind="short-page", operation="list_users", by=2)
    for name, site in company.sites.items():
        assert "was not read to the end" in site("apply", code=6).err
        assert site.myq.state() == before[name]
