"""One project with all five kinds of source, each real or a double of its own, feeding one simulated MyQ."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from support.graph import CLIENT_ID, GraphDouble
from support.https import Certificates
from support.ldap_people import PEOPLE, container, person
from support.project import Project
from support.simulator import Simulator
from support.slapd import FOUNDATION, READER, READER_PASSWORD, Slapd, StartSlapd

KINDS = ("personnel", "directory", "cloud", "central", "badges")
"""The sources, by falling precedence; MyQ knows their users by the same names."""

CSV = """FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN
"Ada Lovelace","ada,lovelace",ada@example.org,A1,Staff|Research,1001,,
"Bob Harris",bob,bob@contoso.com,B1,Staff,1002,,
"""

DIRECTORY = (
    *FOUNDATION,
    container(PEOPLE),
    person(f"uid=a.lovelace,{PEOPLE}", "a.lovelace", cn=["A. Lovelace"], employeeNumber=["1001"]),
    person(f"uid=grace,{PEOPLE}", "grace", cn=["Grace Hopper"], employeeNumber=["1003"]),
)
"""Ada has another name here; her personal number says who she is."""

CENTRAL: tuple[Mapping[str, Any], ...] = (
    {
        "username": "cy",
        "fullname": "Cy",
        "cards": ["C1"],
        "groups": ["Prague|Office"],
        "email": "cy@example.org",
    },
    {"username": "dan", "fullname": "Dan", "cards": ["D1"], "groups": ["Prague"]},
    {"username": "elsewhere", "fullname": "Of another site", "groups": ["Brno"]},
)

BADGES: tuple[Mapping[str, object], ...] = (
    {"id": "7", "user": "grace", "name": "Grace", "badges": ["1A2B", "3C4D"]},
    {"id": "8", "user": "eve", "name": "Eve", "badges": ["D1"]},
    {"id": "9", "user": "frank", "name": "Frank", "badges": []},
)
"""Grace has cards that the directory does not know; Eve has the card that Central gives to Dan."""

SCRIPT = """
import json, pathlib, sys
people = json.loads(pathlib.Path("badges.json").read_text(encoding="utf-8"))
for person in people:
    print(json.dumps(person))
print(json.dumps({"end": True, "count": len(people)}))
"""

MANIFESTS = """
apiVersion: myq.reconciler/v1
kind: Target
metadata: {name: printing}
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
metadata: {name: personnel}
spec:
  type: csv
  file: people.csv
  precedence: 10
  mapping: {userName: USERNAME, fullName: FULLNAME, aliases: ALIASES, email: EMAIL, cards: CARDS,
            personalNumber: CODE, groups: GROUPS}
  options: {addNewUsers: true, deactivateMissingUsers: true}
  expect: {minimumRecords: 2}
---
apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: directory}
spec:
  type: ldap
  directory: openLdap
  servers: [LDAP_URL]
  bind: {user: "LDAP_READER", password: "env:LDAP_PASSWORD"}
  tls: {caFile: LDAP_CA}
  baseDns: ["LDAP_BASE"]
  precedence: 20
  mapping: {userName: uid, fullName: cn, personalNumber: employeeNumber}
  options: {addNewUsers: true, deactivateMissingUsers: true, pairBy: [personalNumber, userName]}
  expect: {sentinels: [grace]}
---
apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: cloud}
spec:
  type: entra
  tenant: contoso.com
  clientId: ENTRA_ID
  signIn: {secret: "env:ENTRA_SECRET"}
  authority: GRAPH_URL
  graphUrl: GRAPH_URL
  caFile: GRAPH_CA
  precedence: 30
  mapping: {userName: upnPrefix, fullName: displayName, email: mail, objectId: id}
  groups: {import: [{memberships: {}}]}
  options: {addNewUsers: true, deactivateMissingUsers: true, pairBy: [objectId, email]}
---
apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: central}
spec:
  type: central
  url: CENTRAL_URL
  clientId: reconciler
  clientSecret: "env:CENTRAL_SECRET"
  users: {inGroups: [Prague]}
  precedence: 40
  mapping: {userName: username, fullName: fullname, email: email, cards: cards, groups: groups}
  options: {addNewUsers: true, deactivateMissingUsers: true, importGroupsUnder: Central}
---
apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: badges}
spec:
  type: script
  command: [badges.py]
  interpreter: ["PYTHON", -I]
  sha256: SHA256
  precedence: 50
  mapping: {userName: user, fullName: name, cards: badges}
  options: {addNewUsers: true, deactivateMissingUsers: true, ignoreSynchronizationSource: false}
"""


@dataclass(frozen=True)
class FiveKinds:
    """The project, and what its sources read."""

    project: Project
    directory: Slapd
    cloud: GraphDouble
    central: Simulator

    def write(self, people: list[Mapping[str, object]]) -> None:
        """Let the script print these people."""
        self.project.path("badges.json").write_text(json.dumps(people), encoding="utf-8")

    def plan(self, code: int = 0) -> dict[str, Any]:
        """Return the plan as a document."""
        plan: dict[str, Any] = json.loads(Path(self.project.planned(code=code)).read_bytes())
        return plan


@dataclass(frozen=True)
class Servers:
    """What the five sources and the target of the project read from."""

    myq: Simulator
    central: Simulator
    cloud: GraphDouble
    certificates: Certificates
    directory: Slapd

    def fill(self) -> None:
        """Put people into Central and the cloud; MyQ has of each source one who left, and nothing else."""
        self.central.seed(CENTRAL)
        hedy = self.cloud.user("hedy")
        self.cloud.user("bob")
        self.cloud.group("Inventors", hedy)
        self.myq.seed(
            [
                {"username": f"left.{kind}", "fullname": "Left", "syncSource": kind, "cards": [kind]}
                for kind in KINDS
            ]
        )

    def secrets(self) -> dict[str, str]:
        """Return the environment variables that the manifests name."""
        return {
            "MYQ_CLIENT_SECRET": self.myq.client_secret,
            "LDAP_PASSWORD": READER_PASSWORD,
            "ENTRA_SECRET": self.cloud.app.secret,
            "CENTRAL_SECRET": self.central.client_secret,
        }

    def write(self, folder: Path) -> None:
        """Write the project: its manifests, the CSV file and the script."""
        text = _filled(
            {
                "MYQ_URL": self.myq.url,
                "LDAP_URL": self.directory.ldaps_url,
                "LDAP_READER": READER,
                "LDAP_CA": self.directory.ca.as_posix(),
                "LDAP_BASE": PEOPLE,
                "ENTRA_ID": CLIENT_ID,
                "GRAPH_URL": self.cloud.url,
                "GRAPH_CA": self.certificates.ca.as_posix(),
                "CENTRAL_URL": self.central.url,
                "PYTHON": Path(sys.executable).as_posix(),
                "SHA256": hashlib.sha256(SCRIPT.encode()).hexdigest(),
            }
        )
        (folder / "sources.d").mkdir()
        (folder / "sources.d" / "all.yaml").write_text(text, encoding="utf-8", newline="\n")
        (folder / "people.csv").write_text(CSV, encoding="utf-8", newline="\r\n")
        (folder / "badges.py").write_bytes(SCRIPT.encode())


@pytest.fixture
def five_kinds(  # noqa: PLR0913, PLR0917  as many as there are servers
    tmp_path: Path,
    simulator: Simulator,
    central: Simulator,
    graph: GraphDouble,
    certificates: Certificates,
    start_slapd: StartSlapd,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> FiveKinds:
    """Return the project, its servers filled."""
    servers = Servers(simulator, central, graph, certificates, start_slapd(DIRECTORY))
    servers.fill()
    for name, secret in servers.secrets().items():
        monkeypatch.setenv(name, secret)
    for name in ("RECONCILER_DIRECTORY", "RECONCILER_NO_SCRIPTS", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    servers.write(tmp_path)
    capture: Callable[[], tuple[str, str]] = capfd.readouterr
    made = FiveKinds(Project(tmp_path, simulator, capture), servers.directory, graph, central)
    made.write([*BADGES])
    return made


def _filled(values: Mapping[str, str]) -> str:
    text = dedent(MANIFESTS)
    for name, value in values.items():
        text = text.replace(name, value)
    return text


# How each source can fail


def cut_the_file(five: FiveKinds) -> None:
    """Lose the end of the CSV file, as a copy that broke off does."""
    path = five.project.path("people.csv")
    path.write_bytes(path.read_bytes()[:-9])


def stop_the_directory(five: FiveKinds) -> None:
    """Let the LDAP server go down."""
    five.directory.stop()


def withdraw_the_consent(five: FiveKinds) -> None:
    """Take its permissions from the app registration."""
    five.cloud.app.roles = frozenset()


def lose_an_entry_of_central(five: FiveKinds) -> None:
    """Let Central answer with a page that is too short."""
    five.central.fault(kind="short-page", operation="list_users")


def forget_the_closing_line(five: FiveKinds) -> None:
    """Let the script break off in the middle."""
    five.project.path("badges.json").write_text("no JSON", encoding="utf-8")


FAILURES: Mapping[str, Callable[[FiveKinds], None]] = {
    "personnel": cut_the_file,
    "directory": stop_the_directory,
    "cloud": withdraw_the_consent,
    "central": lose_an_entry_of_central,
    "badges": forget_the_closing_line,
}
