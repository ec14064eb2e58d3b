"""The accidents of this field, each told as it happened elsewhere and played again here: nobody is removed.

In each story everything is approved beforehand, nobody waits, and 43 people of the source have accounts:
nothing but evidence and guards stands between a source that answers too little and the accounts.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from support.graph import CLIENT_ID, GraphDouble
from support.https import Certificates, Reply, Request
from support.ldap_people import PEOPLE, container, person
from support.ldap_proxy import LdapProxy, claiming
from support.project import Ended, Project
from support.simulator import Simulator
from support.slapd import (
    EVERYTHING_TO_THE_READER,
    FOUNDATION,
    HOST,
    READER,
    READER_PASSWORD,
    Entry,
    Slapd,
    StartSlapd,
)

NAMES = [f"u{number:02}" for number in range(43)]

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
  protected: {groups: [Admins]}
  approve: [group-create, group-move, rekey, create, reactivate, update, deactivate]
---
apiVersion: myq.reconciler/v1
kind: Source
metadata: {name: people}
spec:
  options: {addNewUsers: true, deactivateMissingUsers: true}
"""

CSV = """  type: csv
  file: people.csv
  mapping: {userName: USERNAME, fullName: FULLNAME, groups: GROUPS}
  groups: {mode: replace}
"""


@dataclass
class Town:
    """A MyQ with 43 people of one source, and a project that is about to run unattended."""

    project: Project

    def reads(self, source: str, more: str = "") -> None:
        """Let the project read this source."""
        text = MANIFESTS.replace("MYQ_URL", self.project.myq.url) + source + more
        folder = self.project.path("sources.d")
        folder.mkdir(exist_ok=True)
        (folder / "all.yaml").write_text(text, encoding="utf-8", newline="\n")

    def has_csv(self, names: list[str], more: str = "", groups: str = "Staff,Admins") -> None:
        """Let the source be a file with these people."""
        rows = "".join(f'{name},{name.upper()},"{groups}"\r\n' for name in names)
        head = "USERNAME,FULLNAME,GROUPS\r\n"
        self.project.path("people.csv").write_text(head + rows, encoding="utf-8", newline="")
        self.reads(CSV, more)

    def gone(self) -> list[str]:
        """Return who is deleted in MyQ."""
        return sorted(name for name, user in self.project.myq.users().items() if user["deleted"])

    def night(self, code: int) -> Ended:
        """Run unattended, as a schedule does, and see that nobody is removed."""
        ended = self.project("apply", code=code)
        assert self.gone() == []
        return ended


@pytest.fixture
def town(
    tmp_path: Path,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Town:
    people = [
        {
            "username": name,
            "fullname": name.upper(),
            "syncSource": "people",
            "groups": ["Admins", "Staff"],
        }
        for name in NAMES
    ]
    simulator.seed(people, ["Admins", "Staff"])
    monkeypatch.setenv("MYQ_CLIENT_SECRET", simulator.client_secret)
    monkeypatch.setenv("LDAP_PASSWORD", READER_PASSWORD)
    for name in ("RECONCILER_DIRECTORY", "RECONCILER_NO_SCRIPTS", "RECONCILER_LEDGER", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    return Town(Project(tmp_path, simulator, lambda: tuple(capfd.readouterr())))  # type: ignore[arg-type]


def directory(server: Slapd, url: str = "", **settings: str) -> str:
    """Return a source that reads people from a directory."""
    tls = "" if url else f"  tls: {{caFile: {server.ca.as_posix()}}}\n"
    plain = "  startTls: false\n" if url else ""
    rest = "".join(f"  {key}: {value}\n" for key, value in settings.items())
    return (
        f'  type: ldap\n  directory: openLdap\n  servers: ["{url or server.ldaps_url}"]\n'
        f'  bind: {{user: "{READER}", password: "env:LDAP_PASSWORD"}}\n{tls}{plain}'
        f'  baseDns: ["{PEOPLE}"]\n  mapping: {{userName: uid, fullName: cn}}\n{rest}'
    )


STAFF: tuple[Entry, ...] = (
    *FOUNDATION,
    container(PEOPLE),
    *(person(f"uid={name},{PEOPLE}", name, cn=[name.upper()]) for name in NAMES),
)

pytestmark = [pytest.mark.slapd, pytest.mark.entra]


def test_01_the_directory_is_down_for_a_night(town: Town, start_slapd: StartSlapd) -> None:
    """A firewall lost its directory for a moment, and 43 people lost their access (opnsense/core #10128)."""
    server = start_slapd(STAFF)
    town.reads(directory(server))
    town.night(0)
    server.stop()
    assert "hint: " in town.night(6).err


def test_02_the_bind_account_loses_its_rights(town: Town, start_slapd: StartSlapd) -> None:
    """A directory said success and showed nobody, since an access rule had changed (wg-portal #744)."""
    access = f'access to dn.subtree="{PEOPLE}" filter=(objectClass=person) by * none'
    town.reads(directory(start_slapd(STAFF, access=access + EVERYTHING_TO_THE_READER)))
    assert "success, and no entries" in town.night(6).err


def test_03_a_size_limit_cuts_the_list(town: Town, start_slapd: StartSlapd) -> None:
    """The server gave its first 500, which were taken for all (snipe-it #16284)."""
    crowd = [person(f"uid=a{number},{PEOPLE}", f"a{number}") for number in range(510)]
    town.reads(directory(start_slapd([*STAFF[:2], *crowd, *STAFF[2:]], top="")))
    assert "sizeLimitExceeded" in town.night(6).err


def test_04_the_list_breaks_off_between_two_pages(town: Town, start_slapd: StartSlapd) -> None:
    """The cookie of the next page was lost on the way, and the loop ended (owncloud/user_ldap #551)."""
    server = start_slapd(STAFF)
    with LdapProxy((HOST, server.port), claiming(51, "uid=")) as proxy:
        town.reads(directory(server, proxy.url, pageSize="10", countQuery="false"))
        assert "busy" in town.night(6).err


def test_05_a_slip_of_the_pen_in_the_filter(town: Town, start_slapd: StartSlapd) -> None:
    """A filter came to fit one, and all others were deleted with their second factors (authentik #19295)."""
    server = start_slapd(STAFF)
    town.reads(directory(server, filter='"(uid=u01)"'))
    assert "no-count" in town.project("plan").out
    town.night(0)
    town.reads(directory(server, filter='"(uid=u01)"'), "  expect: {accept: [no-count]}\n")
    assert "removals: 42 of 43 accounts" in town.night(3).err
    town.reads(directory(server, filter='"(uid=u01)"'), "  expect: {sentinels: [u42]}\n")
    assert "u42 must be among the records" in town.night(6).err


@pytest.fixture
def cloud(graph: GraphDouble, monkeypatch: pytest.MonkeyPatch) -> GraphDouble:
    """Have the 43 in the cloud, where nobody waits for an index to settle."""
    for name in NAMES:
        graph.user(name)
    monkeypatch.setenv("ENTRA_SECRET", graph.app.secret)
    monkeypatch.setattr("reconciler.sources.entra.graph.SETTLE_SECONDS", 0.0)
    return graph


@pytest.fixture
def in_cloud(town: Town, cloud: GraphDouble, certificates: Certificates) -> Town:
    town.reads(
        f"  type: entra\n  tenant: contoso.com\n  clientId: {CLIENT_ID}\n"
        f'  signIn: {{secret: "env:ENTRA_SECRET"}}\n  authority: {cloud.url}\n  graphUrl: {cloud.url}\n'
        f"  caFile: {certificates.ca.as_posix()}\n  mapping: {{userName: upnPrefix, fullName: displayName}}\n"
    )
    return town


def test_06_the_cloud_shows_nobody(in_cloud: Town, cloud: GraphDouble) -> None:
    """An empty answer deleted everybody (awslabs/ssosync #194)."""
    in_cloud.night(0)
    cloud.tenant.users.clear()
    assert "at least 1 are expected" in in_cloud.night(6).err


def test_07_the_cloud_refuses_in_the_middle(in_cloud: Town, cloud: GraphDouble) -> None:
    """An error of the interface was taken for an empty list, and people were removed (ssosync #278)."""
    cloud.app.roles = frozenset()
    assert "Graph does not show the users (403)" in in_cloud.night(6).err


def test_08_a_page_claims_to_be_the_last(in_cloud: Town, cloud: GraphDouble) -> None:
    """Of 10,488 people 3,400 came, and nothing said that there were more (Rocket.Chat #17248)."""

    def truncated(request: Request) -> Reply:
        body = orjson.loads(cloud.respond(request).body)
        body["value"] = body["value"][:10]
        return Reply(200, orjson.dumps(body))

    cloud.server.fault("/v1.0/users", truncated, times=2)
    assert "counts 43 and shows 10 of the users, read twice" in in_cloud.night(6).err


def test_09_the_file_is_cut_between_two_rows(town: Town) -> None:
    """A file that was cut where a row ends is a whole file, of fewer people (go-gitea #7949, in a file)."""
    town.has_csv(NAMES)
    town.night(0)
    town.has_csv(NAMES[:20])
    assert "so few have stood for 1 of 3 reads" in town.project("plan").out
    town.night(0)
    town.project.path(".reconciler/ledger.db").unlink()
    assert "no-count" in town.project("plan").out
    town.night(0)
    town.has_csv(NAMES[:20], "  expect: {minimumRecords: 40}\n")
    assert "20 records were read, and at least 40 are expected" in town.night(6).err


def test_10_the_file_is_cut_in_the_middle_of_a_row(town: Town) -> None:
    """An import broke off, and who was not in it yet was disabled, 512 in all (glpi #984)."""
    town.has_csv(NAMES)
    file = town.project.path("people.csv")
    file.write_bytes(file.read_bytes()[:-9])
    assert "hint: " in town.night(6).err


def test_11_the_script_finds_nobody_and_is_proud_of_it(town: Town) -> None:
    """A query that found nothing, and said so properly, orphaned everybody (keycloak #48781)."""
    script = b"import json\nprint(json.dumps({'end': True, 'count': 0}))\n"
    town.project.path("people.py").write_bytes(script)
    digest = hashlib.sha256(script).hexdigest()
    town.reads(
        f"  type: script\n  command: [people.py]\n  interpreter: ['{Path(sys.executable).as_posix()}', -I]\n"
        f"  sha256: {digest}\n  mapping: {{userName: user, fullName: name}}\n"
    )
    assert "hint: " in town.night(6).err


def test_12_all_groups_are_emptied_that_of_the_administrators_too(town: Town) -> None:
    """The groups came back empty, and everybody lost all of theirs, administrators first (DefGuard #2833)."""
    town.has_csv(NAMES, groups="")
    refused = town.night(3).err
    assert "group-members: Admins loses 43 of 43 members" in refused
    assert "protected-groups: " in refused
    assert all(user["groups"] == ["Admins", "Staff"] for user in town.project.myq.users().values())


@pytest.mark.parametrize(
    ("left", "code"),
    [pytest.param(38, 0, id="five-leave"), pytest.param(37, 3, id="six-are-too-many")],
)
def test_13_too_many_leave_at_once(town: Town, left: int, code: int) -> None:
    """Two projects were asked for a limit after it had happened (owncloud/core #29547, dim #89)."""
    accept = "  expect: {accept: [no-count], drop: {count: 1000}}\n"
    town.has_csv(NAMES[:left], accept)
    town.project.manifest("all.yaml", "  protected: {groups: [Admins]}\n", "")
    ended = town.project("apply", code=code)
    assert len(town.gone()) == (0 if code else len(NAMES) - left)
    assert ("removals: 6 of 43 accounts" in ended.err) is bool(code)


# A fault at every boundary


def cut_at_each_row(people: bytes) -> Iterator[bytes]:
    """Yield the file, cut after each of its rows, and within each."""
    end = 0
    while (end := people.find(b"\r\n", end) + 2) > 1:
        yield people[:end]
        yield people[: end - 4]


def test_wherever_the_file_is_cut_nobody_is_removed(town: Town) -> None:
    town.has_csv(NAMES, groups="Staff")
    file = town.project.path("people.csv")
    whole = file.read_bytes()
    for cut in list(cut_at_each_row(whole))[::9]:
        file.write_bytes(cut)
        town.project("apply", code=None)
        assert town.gone() == []


@pytest.mark.parametrize("boundary", range(5))
def test_wherever_the_directory_breaks_off_nobody_is_removed(
    town: Town, start_slapd: StartSlapd, boundary: int
) -> None:
    server = start_slapd(STAFF)
    breaking: Callable[..., object] = claiming(80, f"uid={NAMES[10 * boundary]},")
    with LdapProxy((HOST, server.port), breaking) as proxy:  # type: ignore[arg-type]
        town.reads(directory(server, proxy.url, pageSize="10", countQuery="false"))
        town.project("apply", code=None)
    assert town.gone() == []
