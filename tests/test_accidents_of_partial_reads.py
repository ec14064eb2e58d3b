"""More accidents of the same sort: a part was taken for the whole, and a slip of the pen for a farewell."""

from __future__ import annotations

import orjson
import pytest

from support.accident import (
    BY_SENTINEL,
    CSV,
    MEMBERSHIPS,
    NAMES,
    ONLY_BY_COUNT,
    SENTINEL,
    AtRisk,
    central_of,
    directory_people,
    entra,
    full_name,
    ldap,
    lines,
    script,
    staff,
)
from support.graph import GraphDouble
from support.graph_queries import error_reply
from support.https import Certificates, Reply, Request
from support.simulator import Simulator
from support.slapd import StartSlapd


@pytest.mark.slapd
@pytest.mark.parametrize("page_size", [0, 10, 100])
def test_snipe_it_16284_a_size_limit_cut_the_directory_off(
    at_risk: AtRisk, start_slapd: StartSlapd, page_size: int
) -> None:
    """The server shows twenty entries and says that there are more; whoever does not listen misses them."""
    server = start_slapd(directory_people(), top="sizelimit 20")
    at_risk.declare(ldap(server.url).replace("pageSize: 10", f"pageSize: {page_size}"), ONLY_BY_COUNT)
    at_risk.spared(6, "sizeLimitExceeded (4)", "limits")


@pytest.mark.entra
def test_rocket_chat_17248_a_third_of_the_pages_came_and_passed_for_all(
    at_risk: AtRisk, graph: GraphDouble, certificates: Certificates
) -> None:
    """3,400 of 10,488: the chain of pages broke, and its last link looked like the end."""
    at_risk.healthy(entra(graph, certificates))

    def ends_here(request: Request) -> Reply:
        body = orjson.loads(graph.respond(request).body)
        body.pop("@odata.nextLink", None)
        return Reply(200, orjson.dumps(body))

    graph.server.fault(r"/users\?.*skiptoken", ends_here, times=99)
    at_risk.spared(6, "Graph counts 43 and shows 20 of the users, read twice")


@pytest.mark.entra
def test_gitlab_a_source_that_asks_to_wait_too_long_is_no_source_without_people(
    at_risk: AtRisk, graph: GraphDouble, certificates: Certificates
) -> None:
    """A limit of requests was taken for users who are gone."""
    at_risk.healthy(entra(graph, certificates))
    wait = error_reply(429, "TooManyRequests", "Too many requests", {"Retry-After": "9999"})
    graph.server.fault(r"/v1.0/users", wait, skip=2, times=99)
    at_risk.spared(6, "asks to wait 9999 s")


@pytest.mark.entra
@pytest.mark.parametrize(
    ("left", "code", "words"),
    [
        pytest.param(0, 6, "", id="to-the-last"),
        pytest.param(1, 0, "the read holds 1 records, and the last good one held 43", id="but-for-one"),
    ],
)
def test_a_group_that_says_who_is_to_be_read_was_emptied(
    at_risk: AtRisk, graph: GraphDouble, certificates: Certificates, left: int, code: int, words: str
) -> None:
    """Everybody is in the cloud still; only the group by which they were chosen is not what it was."""
    own = entra(graph, certificates)
    key = staff(graph)
    chosen = f"{own}\n  users: {{fromGroups: [Staff]}}"
    at_risk.healthy(chosen)
    graph.tenant.members[key] = graph.tenant.members[key][:left]
    at_risk.spared(code, words)


@pytest.mark.entra
def test_a_group_was_emptied_and_its_members_are_still_there(
    at_risk: AtRisk, graph: GraphDouble, certificates: Certificates
) -> None:
    """Nobody is removed from MyQ, and the loss of a whole group is no ordinary update either."""
    own = entra(graph, certificates)
    key = staff(graph)
    at_risk.healthy(own + MEMBERSHIPS)
    graph.tenant.members[key] = []
    at_risk.spared(3, "Staff loses 43 of 43 members", apply=4)


@pytest.mark.parametrize("kept", [22, 30])
def test_a_file_was_cut_between_two_lines_and_looks_whole(at_risk: AtRisk, kept: int) -> None:
    """The copy broke off where a line ends, and the sentinel is in the part that came."""
    at_risk.people_csv()
    at_risk.healthy(CSV)
    at_risk.people_csv(NAMES[:kept])
    at_risk.withheld(f"the read holds {kept} records, and the last good one held 43")


def test_a_file_was_cut_within_a_line(at_risk: AtRisk) -> None:
    at_risk.people_csv()
    at_risk.healthy(CSV)
    whole = at_risk.project.path("people.csv").read_text(encoding="utf-8")
    at_risk.write("people.csv", whole[:-3])
    at_risk.spared(6, "the last line has no line end", "finalNewline")


@pytest.mark.parametrize(
    "content", [pytest.param("", id="no-byte"), pytest.param("user,name\n", id="only-a-header")]
)
def test_a_file_was_put_there_before_it_was_filled(at_risk: AtRisk, content: str) -> None:
    at_risk.people_csv()
    at_risk.healthy(CSV)
    at_risk.write("people.csv", content)
    at_risk.spared(6, "people.csv", "minimumRecords")


def test_a_file_was_exported_with_one_page_twice_and_another_not_at_all(at_risk: AtRisk) -> None:
    """As many lines as ever: only who looks at the names sees that ten are there twice."""
    at_risk.people_csv()
    expect = f"{{minimumRecords: {len(NAMES)}}}"
    at_risk.healthy(CSV, expect)
    at_risk.people_csv([*NAMES[:30], *NAMES[20:33]])
    at_risk.withheld("user names came twice", "mend the source")


@pytest.mark.central
def test_central_has_only_a_part_after_it_was_restored_from_a_backup(
    at_risk: AtRisk, central: Simulator
) -> None:
    """Its count is right, and it is the count of a part."""
    at_risk.healthy(central_of(central))
    central.reset()
    central.seed([{"username": name, "fullname": full_name(name)} for name in NAMES[:25]])
    at_risk.withheld("the read holds 25 records, and the last good one held 43")


@pytest.mark.central
def test_central_is_empty_after_an_update(at_risk: AtRisk, central: Simulator) -> None:
    """MyQ's own accounts are there, and nobody else."""
    at_risk.healthy(central_of(central))
    central.reset()
    at_risk.spared(6)


@pytest.mark.script
@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param(lines(NAMES[:20]), "no closing line after 20 records", id="it-broke-off"),
        pytest.param(lines(NAMES[:20], count=43), "counts 43 records, and 20 came", id="it-lost-some"),
        pytest.param(lines([], count=0), "at least 1", id="it-found-nobody"),
        pytest.param("", "no closing line after 0 records", id="it-said-nothing"),
    ],
)
def test_a_script_printed_too_little_and_ended_well(at_risk: AtRisk, said: str, words: str) -> None:
    at_risk.healthy(script(at_risk), ONLY_BY_COUNT)
    at_risk.write("people.jsonl", said)
    at_risk.spared(6, words)


@pytest.mark.script
def test_a_script_printed_the_first_page_of_its_service_and_counted_that(at_risk: AtRisk) -> None:
    """It is sure of itself: what it counts is what it printed."""
    at_risk.healthy(script(at_risk), ONLY_BY_COUNT)
    at_risk.write("people.jsonl", lines(NAMES[:20], count=20))
    at_risk.withheld("the read holds 20 records, and the last good one held 43")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_myq_was_in_trouble_and_answered_nothing_else(at_risk: AtRisk, status: int) -> None:
    at_risk.people_csv()
    at_risk.healthy(CSV)
    at_risk.people_csv([SENTINEL])
    at_risk.myq.fault(kind="error", status=status, operation="list_users")
    at_risk.spared(6, str(status))


@pytest.mark.parametrize(
    "rename",
    [
        pytest.param(("metadata: {name: people}", "metadata: {name: persons}"), id="in-the-manifest"),
        pytest.param(
            ("spec:\n  type: csv", "spec:\n  synchronizationSource: Persons\n  type: csv"), id="in-myq"
        ),
    ],
)
def test_a_source_got_another_name(at_risk: AtRisk, rename: tuple[str, str]) -> None:
    """Its accounts bear the old name in MyQ: they are others' now, and neither removed nor taken over."""
    at_risk.people_csv()
    at_risk.healthy(CSV)
    at_risk.people_csv(NAMES[:5])
    path = at_risk.project.path("sources.d/all.yaml")
    text = path.read_text(encoding="utf-8")
    assert rename[0] in text
    path.write_text(text.replace(*rename), encoding="utf-8", newline="\n")
    at_risk.project("plan", code=0)
    at_risk.project("apply", "--approval", at_risk.approval, code=0)
    at_risk.untouched()


def test_who_removes_the_missing_of_one_source_may_not_mean_all_sources(at_risk: AtRisk) -> None:
    """MyQ's own trap: ignoring the source and deactivating the missing, both ticked, delete all others."""
    at_risk.people_csv([SENTINEL])
    at_risk.declare(CSV, BY_SENTINEL)
    path = at_risk.project.path("sources.d/all.yaml")
    text = path.read_text(encoding="utf-8")
    ticked = "deactivateMissingUsers: true, ignoreSynchronizationSource: true"
    path.write_text(text.replace("deactivateMissingUsers: true", ticked), encoding="utf-8", newline="\n")
    at_risk.spared(1, "ignoreSynchronizationSource", "deactivateMissingUsers")


@pytest.mark.parametrize("ledger", ["lost", "none"])
def test_the_ledger_was_lost_and_nobody_remembers_how_many_there_were(at_risk: AtRisk, ledger: str) -> None:
    """A runner that keeps nothing: then only what the manifest expects can prove that all came."""
    at_risk.people_csv()
    at_risk.healthy(CSV, ONLY_BY_COUNT)
    at_risk.people_csv(NAMES[:20])
    if ledger == "lost":
        at_risk.project.path(".reconciler/ledger.db").unlink()
        at_risk.withheld("nothing proves that the read holds everybody (no-count)")
    else:
        words = ("apply", "--approval", at_risk.approval, "--ledger", "none")
        assert "held back, as" in at_risk.project(*words).out
        at_risk.untouched()
