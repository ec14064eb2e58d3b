"""A fault at every boundary of every read, of each kind of source and of MyQ itself: nobody is removed.

Everybody is in MyQ, an approval to remove all of them lies ready, and each read takes five pages. Whatever
happens at whichever of them, the run either ends with 6 or finds the read whole after all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import orjson
import pytest

from support.accident import (
    CSV,
    MEMBERSHIPS,
    NAMES,
    ONLY_BY_COUNT,
    PRINTER,
    SENTINEL,
    AtRisk,
    central_of,
    directory_people,
    entra,
    full_name,
    lines,
    script,
    staff,
    through,
)
from support.authority import Authority, Issued
from support.graph import GraphDouble
from support.graph_queries import error_reply
from support.https import HANG_UP, Certificates, Reply, Request
from support.ldap_messages import DONE, ENTRY, PAGED_RESULTS, done, entry
from support.ldap_people import OVERLAYS
from support.ldap_proxy import HungUp, Retelling, entry_of, operation
from support.project import Ended
from support.simulator import Simulator
from support.slapd import Slapd, make_slapd
from support.spoken import Bound

SIZE = 10
PAGES = range(-(-len(NAMES) // SIZE))
"""The pages of a read: four full ones, and the last."""
EXPECTED = f"{{minimumRecords: {len(NAMES)}}}"


def applied(at_risk: AtRisk, *codes: int) -> Ended:
    """Apply what lies ready; fail unless it ends with one of these, with words, and with nobody touched."""
    ended = at_risk.project("apply", "--approval", at_risk.approval, code=None)
    assert ended.code in codes, ended
    assert ended.code == 0 or "hint: " in ended.err
    at_risk.untouched()
    return ended


def refused(at_risk: AtRisk) -> None:
    """Check that the read is none: it ends with 6."""
    applied(at_risk, 6)


def whole(at_risk: AtRisk) -> None:
    """Check that the read is whole after all: nothing is due, and nothing is held back."""
    ended = applied(at_risk, 0)
    assert "nothing was written" in ended.out
    assert "held back" not in ended.out


def refused_or_whole(at_risk: AtRisk) -> None:
    """Check that the read is none, or whole."""
    ended = applied(at_risk, 0, 6)
    assert ended.code == 6 or "held back" not in ended.out


def held_back(at_risk: AtRisk) -> None:
    """Check that whoever is missing is told, and stays."""
    ended = applied(at_risk, 0)
    assert "held back, as" in ended.out
    assert "no longer in people" in ended.out


# Directories: a real OpenLDAP, and between it and us something that spoils one page


@pytest.fixture(scope="module")
def directories(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, slapd_certificate: Issued
) -> Iterator[dict[bool, Slapd]]:
    """One that counts its entries, and one that does not, as Active Directory."""
    made: dict[bool, Slapd] = {}
    for counts in (True, False):
        folder = tmp_path_factory.mktemp("boundaries") / "slapd"
        made[counts] = make_slapd(folder, authority, slapd_certificate, extra=OVERLAYS if counts else "")
        made[counts].load(directory_people())
        made[counts].start()
    yield made
    for server in made.values():
        server.stop()


Spoiled = Callable[[list[bytes], list[bytes]], Iterable[bytes]]
"""Given a page's messages and those of the page before, what is told instead."""


def _hang_up(_: list[bytes], __: list[bytes]) -> Iterable[bytes]:
    raise HungUp


def _halfway(page: list[bytes], _: list[bytes]) -> Iterable[bytes]:
    yield from page[: len(page) // 2]
    raise HungUp


def _ended(page: list[bytes], *, code: int = 0, cookie: bytes | None = b"") -> bytes:
    """Return the end of a page with another result, or another place to go on."""
    return done(operation(page[-1])[0], code, cookie)


def _busy(page: list[bytes], _: list[bytes]) -> Iterable[bytes]:
    return [*page[:-1], _ended(page, code=51)]


def _limited(page: list[bytes], _: list[bytes]) -> Iterable[bytes]:
    return [*page[:-1], _ended(page, code=4)]


def _short(page: list[bytes], _: list[bytes]) -> Iterable[bytes]:
    return [*page[:-2], page[-1]]


def _none(page: list[bytes], _: list[bytes]) -> Iterable[bytes]:
    return page[-1:]


def _last(page: list[bytes], _: list[bytes]) -> Iterable[bytes]:
    """owncloud/user_ldap #551: the cookie is lost, so that this is the end."""
    return [*page[:-1], _ended(page)]


def _no_paging(page: list[bytes], _: list[bytes]) -> Iterable[bytes]:
    return [*page[:-1], _ended(page, cookie=None)]


def _again(page: list[bytes], before: list[bytes]) -> Iterable[bytes]:
    """Tell the page before once more, under this one's number; of the first page, one entry twice."""
    number = operation(page[0])[0]
    found = [entry_of(answer) for answer in (before[:-1] or [page[0], *page[:-2]])]
    told = [entry(number, one[1][0], [*one[1][1].items()]) for one in found if one]
    return [*told, page[-1]]


def at_page(number: int, spoil: Spoiled) -> Retelling:
    """Spoil one page of people in every read; what else is asked is told as it is."""
    page: list[bytes] = []
    before: list[list[bytes]] = []

    def retell(answer: bytes) -> Iterable[bytes]:
        page.append(answer)
        if operation(answer)[1] != DONE:
            return ()
        told = list(page)
        page.clear()
        if PAGED_RESULTS not in answer:
            return told
        at = len(before) % len(PAGES)
        before.append(told)
        return spoil(told, before[-2] if at else []) if at == number else told

    def pass_by(answer: bytes) -> Iterable[bytes]:
        return (answer,) if operation(answer)[1] not in {ENTRY, DONE} else retell(answer)

    return pass_by


DIRECTORY_FAULTS = {
    "cut before it": (_hang_up, True),
    "cut in the middle": (_halfway, True),
    "busy": (_busy, True),
    "size limit": (_limited, True),
    "one entry lacks": (_short, False),
    "empty": (_none, False),
    "the cookie is lost": (_last, False),
    "no word on more pages": (_no_paging, True),
    "a page again": (_again, True),
}
"""What spoils a page, and whether that alone ends the read. What does not must be counted, or withheld."""


@pytest.mark.slapd
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("fault", DIRECTORY_FAULTS)
def test_a_directory_at_every_page(
    at_risk: AtRisk, directories: dict[bool, Slapd], fault: str, page: int
) -> None:
    spoil, ends = DIRECTORY_FAULTS[fault]
    with through(directories[not ends], at_page(page, spoil)) as behind:
        at_risk.declare(behind)
        if fault == "the cookie is lost" and page == PAGES[-1]:
            whole(at_risk)  # there is none on the last page
        else:
            refused(at_risk)


@pytest.mark.slapd
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("fault", [name for name, (_, ends) in DIRECTORY_FAULTS.items() if not ends])
def test_a_directory_that_does_not_count_at_every_page(
    at_risk: AtRisk, directories: dict[bool, Slapd], fault: str, page: int
) -> None:
    """Where nothing is expected nobody is removed; where all are expected the read is none."""
    check = (held_back, refused)
    if fault == "the cookie is lost" and page == PAGES[-1]:
        check = (whole, whole)
    for expect, checked in zip((ONLY_BY_COUNT, EXPECTED), check, strict=True):
        with through(directories[False], at_page(page, DIRECTORY_FAULTS[fault][0])) as behind:
            at_risk.declare(behind, expect)
            checked(at_risk)


# Entra ID: the pages of users, and those of a group's members

GRAPH_FAULTS = (
    "cut before it",
    "cut in the middle",
    "error",
    "throttled",
    "forbidden",
    "one entry lacks",
    "empty",
    "the link is lost",
    "a page again",
)


def graph_fault(graph: GraphDouble, name: str) -> Reply | Callable[[Request], Reply]:
    """Return what spoils a page of a list, and all pages behind it."""
    said: dict[str, Reply] = {
        "cut before it": HANG_UP,
        "cut in the middle": Reply(200, b'{"value": [{"id": "1"}]}', cut=9),
        "error": error_reply(500, "InternalServerError", "oops"),
        "throttled": error_reply(429, "TooManyRequests", "later"),
        "forbidden": error_reply(403, "Forbidden", "no"),
    }
    if name in said:
        return said[name]

    def spoiled(request: Request) -> Reply:
        body = orjson.loads(graph.respond(request).body)
        if name == "one entry lacks":
            body["value"].pop()
        elif name == "empty":
            body["value"].clear()
        elif name == "the link is lost":
            body.pop("@odata.nextLink", None)
        else:
            first = request._replace(target=re.sub(r"&\$skiptoken=[^&]*", "", request.target))
            body["value"] = orjson.loads(graph.respond(first).body)["value"]
        return Reply(200, orjson.dumps(body))

    return spoiled


@pytest.mark.entra
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("fault", GRAPH_FAULTS)
def test_a_tenant_at_every_page_of_its_users(
    at_risk: AtRisk, graph: GraphDouble, certificates: Certificates, fault: str, page: int
) -> None:
    at_risk.declare(entra(graph, certificates))
    graph.server.fault(r"/v1.0/users\?", graph_fault(graph, fault), skip=page, times=999)
    if fault == "the link is lost" and page == PAGES[-1]:
        whole(at_risk)  # there is none on the last page
    else:
        refused(at_risk)


@pytest.mark.entra
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("fault", GRAPH_FAULTS)
def test_a_tenant_at_every_page_of_a_groups_members(
    at_risk: AtRisk, graph: GraphDouble, certificates: Certificates, fault: str, page: int
) -> None:
    at_risk.declare(entra(graph, certificates) + MEMBERSHIPS)
    key = staff(graph)
    graph.server.fault(f"/groups/{key}/members", graph_fault(graph, fault), skip=page, times=999)
    if fault == "the link is lost" and page == PAGES[-1]:
        whole(at_risk)
    else:
        refused(at_risk)


# Central, and MyQ itself as it is and in an interface that shares nothing with that

SIMULATED = {
    "cut before it": {"kind": "drop"},
    "cut in the middle": {"kind": "truncated-answer"},
    "error": {"kind": "error", "status": 500},
    "busy": {"kind": "error", "status": 429},
    "refused": {"kind": "error", "status": 403},
    "no json": {"kind": "not-json"},
    "one entry lacks": {"kind": "short-page", "times": 1},
    "empty": {"kind": "short-page", "by": SIZE, "times": 1},
    "all behind are empty": {"kind": "short-page", "by": SIZE},
    "a page again": {"kind": "repeated-page", "times": 1},
    "the count is another": {"kind": "wrong-count", "times": 1},
}


@pytest.mark.central
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("fault", SIMULATED)
def test_a_central_at_every_page(at_risk: AtRisk, central: Simulator, fault: str, page: int) -> None:
    at_risk.declare(central_of(central))
    central.fault(operation="list_users", after=page, **SIMULATED[fault])
    if fault in {"one entry lacks", "a page again"}:
        refused_or_whole(at_risk)  # the next page begins where this one ended; the first is the first
    else:
        refused(at_risk)


@pytest.mark.parametrize("operation", ["list_users", "list_groups"])
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("fault", SIMULATED)
@pytest.mark.parametrize("dialect", ["built-in", "people"])
def test_myq_itself_at_every_page(
    at_risk: AtRisk, bound: Bound, dialect: str, fault: str, page: int, operation: str
) -> None:
    """Whom a page lacks would be created anew, for everything but removals is approved beforehand here."""
    binding = bound(dialect)
    at_risk.myq.seed([], [f"Group {number}" for number in range(40)])
    at_risk = replace(at_risk, before=at_risk.myq.state(), target=paged(at_risk.target))
    at_risk.write("binding.yaml", binding.read_text(encoding="utf-8"))
    at_risk.people_csv()
    at_risk.declare(CSV)
    at_risk.myq.fault(operation=operation, after=page, **SIMULATED[fault])
    refused_or_whole(at_risk)


def paged(target: str) -> str:
    """Let MyQ be read page by page, by a binding, and let all that adds be approved beforehand."""
    reading = f"patienceSeconds: 1, pageSize: {SIZE}, binding: binding.yaml"
    told = target.replace("patienceSeconds: 1", reading)
    return told.replace("grace:", "approve: [create, update, reactivate, group-create]\n  grace:")


# Files and scripts: their pages are ten lines each

UP_TO = {page: NAMES[: page * SIZE] for page in PAGES}
"""Who came before a page."""


def without(page: int) -> list[str]:
    """Return everybody but those of one page."""
    return [*UP_TO[page], *NAMES[(page + 1) * SIZE :]]


def again(page: int) -> list[str]:
    """Return everybody, with the page before in the place of one page; of the first, with the next."""
    other = NAMES[(page - 1) * SIZE :] if page else NAMES[SIZE:]
    return [*UP_TO[page], *other[: len(NAMES[page * SIZE :][:SIZE])], *NAMES[(page + 1) * SIZE :]]


FILE_FAULTS: dict[str, Callable[[int], Iterable[str]]] = {
    "the end is lost": UP_TO.__getitem__,
    "empty": without,
    "a page again": again,
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_a_file_at_every_ten_lines(at_risk: AtRisk, fault: str, page: int) -> None:
    """A file that ends between two lines looks whole; only what is expected, or was there, shows more."""
    at_risk.people_csv(FILE_FAULTS[fault](page))
    if fault == "the end is lost" and page == 0:
        at_risk.declare(CSV, ONLY_BY_COUNT)
        refused(at_risk)  # nobody at all
    else:
        at_risk.declare(CSV, ONLY_BY_COUNT)
        held_back(at_risk)
    at_risk.declare(CSV, EXPECTED)
    (held_back if fault == "a page again" else refused)(at_risk)


@pytest.mark.parametrize("page", PAGES)
def test_a_file_that_was_cut_within_a_line_at_every_ten_lines(at_risk: AtRisk, page: int) -> None:
    at_risk.declare(CSV, ONLY_BY_COUNT)
    whole = "user,name\n" + "".join(f"{name},{full_name(name)}\n" for name in UP_TO[page])
    for more in (NAMES[page * SIZE][:-1], f"{NAMES[page * SIZE]},", f"{NAMES[page * SIZE]},P"):
        at_risk.write("people.csv", whole + more)
        refused(at_risk)


EXITS = "\nimport os, signal\nsys.stdout.flush()\n"
SCRIPT_FAULTS: dict[str, tuple[Callable[[int], str], str, bool]] = {
    "the end is lost": (lambda page: lines(UP_TO[page]), "", True),
    "it fails": (lambda page: lines(UP_TO[page]), f"{EXITS}raise SystemExit(3)", True),
    "it fails though it ended": (
        lambda page: lines(UP_TO[page], count=page * SIZE),
        f"{EXITS}raise SystemExit(3)",
        True,
    ),
    "it is killed": (lambda page: lines(UP_TO[page]), f"{EXITS}os.kill(os.getpid(), signal.SIGKILL)", True),
    "cut within a line": (lambda page: lines(UP_TO[page]) + '{"user": "p', "", True),
    "empty": (lambda page: lines(without(page), count=len(NAMES)), "", True),
    "a page again": (lambda page: lines(again(page), count=len(NAMES)), "", False),
}
"""What a script prints, how it ends, and whether that alone ends the read."""


@pytest.mark.script
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("fault", SCRIPT_FAULTS)
def test_a_script_at_every_ten_lines(at_risk: AtRisk, fault: str, page: int) -> None:
    said, ending, ends = SCRIPT_FAULTS[fault]
    at_risk.declare(script(at_risk, printer=PRINTER + ending))
    at_risk.write("people.jsonl", said(page))
    if ends or SENTINEL not in again(page):
        refused(at_risk)
    else:
        held_back(at_risk)
