"""One project with all five kinds of source, for a person to look at: ``make demo-five``.

The directory is a real OpenLDAP, Entra ID is a double over HTTPS, MyQ and MyQ Central are simulators, the CSV
file and the script are just that. Everything is made for it in a folder of its own, and is gone in the end.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from pathlib import Path

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))

from reconciler.cli.app import run  # noqa: E402  the same
from reconciler.simulator.serve import SimulatorConfig, running  # noqa: E402  the same
from reconciler.simulator.switches import Server, Switches  # noqa: E402  the same
from support.authority import make_authority  # noqa: E402  tests/ must be known first
from support.five_kinds import BADGES, DIRECTORY, FAILURES, FiveKinds, Servers  # noqa: E402  the same
from support.graph import graph_double  # noqa: E402  the same
from support.https import make_certificates  # noqa: E402  the same
from support.project import Project  # noqa: E402  the same
from support.simulator import Simulator  # noqa: E402  the same
from support.slapd import HOST, make_slapd  # noqa: E402  the same

PLAN, APPROVAL, SNAPSHOT = "five.plan.json", "five.approval.json", "snapshots/today"
WORDS = {
    "personnel": "The copy of the CSV file breaks off.",
    "directory": "The LDAP server goes down.",
    "cloud": "Somebody withdraws the consent that the app registration needs.",
    "central": "Central answers with a page that is too short.",
    "badges": "The script breaks off in the middle.",
}


class Otherwise(Exception):
    """The story went otherwise than it is told."""


def main() -> int:
    """Tell the story; return 1 when a command ends otherwise than the story says."""
    try:
        with _five() as five, chdir(five.project.folder):
            _tell(five)
            _wait(five.project.folder)
    except Otherwise as error:
        print(error, file=sys.stderr)  # noqa: T201  it talks to a person
        return 1
    return 0


def _tell(five: FiveKinds) -> None:
    _say("These are running, and sources.d/all.yaml reads them all:", *_running(five))
    _say(
        "One plan of all five. Where two of them know one person, the higher precedence is right; a card",
        "that two sources give to two people is a conflict, told with both records, and neither is touched.",
    )
    _run("plan", "--out", PLAN)
    _say("Approved and applied, MyQ holds what the five say.")
    _run("approve", PLAN, "--out", APPROVAL, "--by", "colleague@uni.example")
    _run("apply", "--approval", APPROVAL)
    _run("plan", "--detailed-exitcode")
    _run("snapshot", SNAPSHOT)
    before = five.project.myq.state()
    for kind, fail in FAILURES.items():
        _say(f"{WORDS[kind]} The run ends with exit code 6, whatever was approved.")
        with _mended(five):
            fail(five)
            _run("apply", "--approval", APPROVAL, code=6)
        _unharmed(five, before)
    _say("All is well again, and still nothing is to be done.")
    _run("plan", "--detailed-exitcode")
    _say("From the snapshot the same can be said without a network, a secret or a script.")
    with _mended(five):
        five.directory.stop()
        _run("plan", "--detailed-exitcode", "--snapshot", SNAPSHOT, "--no-scripts")


def _running(five: FiveKinds) -> Iterator[str]:
    yield f"  MyQ          {five.project.myq.url}  (a simulator)"
    yield f"  personnel    {five.project.path('people.csv')}"
    yield f"  directory    {five.directory.ldaps_url}  (OpenLDAP)"
    yield f"  cloud        {five.cloud.url}  (a double of Entra ID)"
    yield f"  central      {five.central.url}  (a simulator)"
    yield f"  badges       {five.project.path('badges.py')}"


def _unharmed(five: FiveKinds, before: object) -> None:
    if five.project.myq.state() != before:
        raise Otherwise("something was written to MyQ although a source had failed")
    users = [name for name, user in five.project.myq.users().items() if not user["deleted"]]
    print(f"Unharmed in MyQ: {', '.join(sorted(users))}")  # noqa: T201  it talks to a person


@contextmanager
def _mended(five: FiveKinds) -> Iterator[None]:
    """Put everything back that a failure changes."""
    people, roles = five.project.path("people.csv").read_bytes(), five.cloud.app.roles
    try:
        yield
    finally:
        five.project.path("people.csv").write_bytes(people)
        five.cloud.app.roles = roles
        five.write([*BADGES])
        five.central.clear_faults()
        if five.directory.process is None:
            five.directory.start()


@contextmanager
def _five() -> Iterator[FiveKinds]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reconciler-five-")))
        for name in ("project", "cloud", "authority"):
            (folder / name).mkdir()
        authority, certificates = make_authority(folder / "authority"), make_certificates(folder / "cloud")
        issued = authority.issue("slapd", [HOST, "localhost"])
        directory = stack.enter_context(make_slapd(folder / "slapd", authority, issued))
        directory.load(DIRECTORY)
        directory.start()
        servers = Servers(
            _simulator(stack, Server.PRINT),
            _simulator(stack, Server.CENTRAL),
            stack.enter_context(graph_double(certificates)),
            certificates,
            directory,
        )
        servers.fill()
        servers.write(folder / "project")
        os.environ.update(servers.secrets())
        project = Project(folder / "project", servers.myq, lambda: ("", ""))
        five = FiveKinds(project, directory, servers.cloud, servers.central)
        five.write([*BADGES])
        yield five


def _simulator(stack: ExitStack, kind: Server) -> Simulator:
    config = SimulatorConfig(switches=Switches(undocumented_operations=True, server=kind))
    simulator = Simulator(stack.enter_context(running(config)))
    stack.callback(simulator.close)
    return simulator


def _say(*lines: str) -> None:
    print("", *(f"# {line}" for line in lines), sep="\n", flush=True)  # noqa: T201  it talks to a person


def _run(*words: str, code: int = 0) -> None:
    print(f"$ reconciler {' '.join(words)}", flush=True)  # noqa: T201  it talks to a person
    ended = run(words)
    print(f"[exit code {ended}]", flush=True)  # noqa: T201  it talks to a person
    if ended != code:
        raise Otherwise(f"this should have ended with {code}")


def _wait(folder: Path) -> None:
    """Leave all of it running for who wants to try something, until they have had enough."""
    if sys.stdin.isatty():
        _say(
            "All of it keeps running until you press Enter. To try something, in another terminal:",
            f"  cd {folder}",
            *(f"  export {name}={os.environ[name]}" for name in ("MYQ_CLIENT_SECRET", "LDAP_PASSWORD")),
            *(f"  export {name}={os.environ[name]}" for name in ("ENTRA_SECRET", "CENTRAL_SECRET")),
            f"  {Path(sys.executable).with_name('reconciler')} plan",
        )
        sys.stdin.readline()


if __name__ == "__main__":
    sys.exit(main())
