"""Twelve accidents that happened elsewhere, told again with MyQ: in each, everybody was removed.

They are the threads in which users of other tools tell of it (opnsense, wg-portal, Gitea, GLPI, Zulip,
Keycloak, ssosync, authentik, DefGuard). Here nobody goes in any of them, though an approval to remove
everybody lies ready, every guard is waived in it, and there is no grace.
"""

from __future__ import annotations

from collections.abc import Iterable

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
    directory_people,
    entra,
    ldap,
    staff,
    through,
)
from support.graph import GraphDouble
from support.graph_queries import error_reply
from support.https import Certificates, Reply, Request
from support.ldap_people import PEOPLE
from support.ldap_proxy import claiming, cut_before, entry_of
from support.slapd import EVERYTHING_TO_THE_READER, READER, Slapd, StartSlapd


@pytest.fixture
def directory(start_slapd: StartSlapd) -> Slapd:
    """A real OpenLDAP with everybody in it."""
    return start_slapd(directory_people())


def test_without_an_accident_the_approval_that_lies_ready_does_remove_everybody(at_risk: AtRisk) -> None:
    """Else no test here would show anything: where the source proves it, all but one go."""
    at_risk.people_csv()
    at_risk.healthy(CSV)
    at_risk.people_csv([SENTINEL])
    at_risk.declare(CSV, f"{{sentinels: [{SENTINEL}], accept: [dropped]}}")
    at_risk.project("apply", "--approval", at_risk.approval)
    assert [name for name, user in at_risk.myq.users().items() if not user["deleted"]] == [SENTINEL]


@pytest.mark.slapd
def test_opnsense_10128_the_directory_was_down_while_the_cleanup_ran(
    at_risk: AtRisk, directory: Slapd
) -> None:
    """A directory that could not be reached was taken for an empty one: 43 people lost their VPN."""
    at_risk.healthy(ldap(directory.url))
    directory.stop()
    at_risk.spared(6, directory.url, "the connection failed", "see that the server runs")


@pytest.mark.slapd
def test_opnsense_10129_the_directory_went_down_for_maintenance_between_two_pages(
    at_risk: AtRisk, directory: Slapd
) -> None:
    """The same again, in the middle of a read: what had come until then was all there was."""
    at_risk.healthy(ldap(directory.url))

    def stops(answer: bytes) -> Iterable[bytes]:
        found = entry_of(answer)
        if found and f"uid={NAMES[20]}," in found[1][0]:
            directory.stop()
        return (answer,)

    with through(directory, stops) as behind:
        at_risk.declare(behind)
        at_risk.spared(6)


def let_see(directory: Slapd, access: str) -> None:
    """Start a directory again with other access rules, and the same people."""
    directory.stop()
    path = directory.folder / "slapd.conf"
    text = path.read_text(encoding="utf-8")
    assert text.count(EVERYTHING_TO_THE_READER) == 1
    changed = text.replace(EVERYTHING_TO_THE_READER, access + EVERYTHING_TO_THE_READER)
    path.write_text(changed, encoding="utf-8")
    directory.start()


@pytest.mark.slapd
@pytest.mark.parametrize("expect", [ONLY_BY_COUNT, BY_SENTINEL, "{minimumRecords: 2}"])
def test_wg_portal_744_the_bind_account_lost_its_rights_and_success_came_with_nobody(
    at_risk: AtRisk, directory: Slapd, expect: str
) -> None:
    """A bind account that may no longer see people gets success and no entries: an empty directory."""
    at_risk.healthy(ldap(directory.url), expect)
    let_see(directory, f'\naccess to dn.subtree="{PEOPLE}" filter=(objectClass=person) by * none\n')
    at_risk.spared(
        6, "the server answered success, and no entries", "the bind account may have lost its view"
    )


@pytest.mark.slapd
@pytest.mark.parametrize("expect", [ONLY_BY_COUNT, BY_SENTINEL, "{minimumRecords: 2}"])
def test_wg_portal_744_the_bind_account_lost_its_rights_on_one_town(
    at_risk: AtRisk, directory: Slapd, expect: str
) -> None:
    """Half a directory ends as well as a whole one, and the sentinel may be in the half that is seen."""
    at_risk.healthy(ldap(directory.url), expect)
    let_see(directory, f'\naccess to dn.subtree="ou=Brno,{PEOPLE}" by * none\n')
    at_risk.withheld("the read holds 23 records, and the last good one held 43")
    result = at_risk.project.path("a.result.json")
    at_risk.project("apply", "--approval", at_risk.approval, "--result", str(result))
    told = orjson.loads(result.read_bytes())
    assert (len(told["heldBack"]), len(told["unneeded"])) == (20, 22)


@pytest.mark.slapd
@pytest.mark.parametrize(
    ("code", "words"), [(3, "timeLimitExceeded (3)"), (51, "busy (51)"), (52, "unavailable (52)")]
)
def test_gitea_7949_the_directory_had_no_time_and_its_answer_was_an_empty_list(
    at_risk: AtRisk, directory: Slapd, code: int, words: str
) -> None:
    """Now and then the directory failed; the library returned no users, and all were deactivated."""
    at_risk.healthy(ldap(directory.url))
    with through(directory, claiming(code, "uid=")) as behind:
        at_risk.declare(behind)
        at_risk.spared(6, words)


@pytest.mark.slapd
def test_glpi_984_the_connection_broke_under_load_and_512_were_disabled(
    at_risk: AtRisk, directory: Slapd
) -> None:
    """ "Can't contact LDAP server" was a warning in a log, and who could not be asked about was gone."""
    at_risk.healthy(ldap(directory.url))
    with through(directory, cut_before(35, "uid=")) as behind:
        at_risk.declare(behind)
        at_risk.spared(6)


@pytest.mark.slapd
def test_zulip_13130_the_sign_in_at_the_directory_failed(at_risk: AtRisk, directory: Slapd) -> None:
    """Somebody changes the password of the bind account; whoever is not found is deactivated."""
    at_risk.healthy(ldap(directory.url))
    directory.modify(READER, "userPassword", ["another one"], replace=True)
    at_risk.spared(6, "invalidCredentials (49)", "bind")


@pytest.mark.slapd
@pytest.mark.parametrize("expect", [ONLY_BY_COUNT, BY_SENTINEL])
def test_keycloak_48781_the_scope_was_one_level_and_the_people_are_deeper(
    at_risk: AtRisk, directory: Slapd, expect: str
) -> None:
    """The test of the connection is green, the search finds next to nobody: one word in the settings."""
    own = ldap(directory.url)
    at_risk.healthy(own, expect)
    at_risk.declare(f"{own}\n  scope: oneLevel", expect)
    at_risk.withheld("no longer in people")


@pytest.mark.slapd
def test_keycloak_48781_the_scope_was_one_level_and_nobody_is_there(
    at_risk: AtRisk, directory: Slapd
) -> None:
    """The same, as it was told: no users at all, and every one-time password is lost."""
    own = ldap(directory.url).replace(f'["{PEOPLE}"]', f'["{PEOPLE.partition(",")[2]}"]')
    at_risk.healthy(own)
    at_risk.declare(f"{own}\n  scope: oneLevel\n  filter: (objectClass=inetOrgPerson)")
    at_risk.spared(6, "success, and no entries")


@pytest.mark.entra
@pytest.mark.parametrize("expect", [ONLY_BY_COUNT, BY_SENTINEL])
def test_ssosync_194_the_cloud_answered_with_no_users_and_all_went_and_came_again(
    at_risk: AtRisk, graph: GraphDouble, certificates: Certificates, expect: str
) -> None:
    """A well-formed answer says that there are none, and even counts them."""
    at_risk.healthy(entra(graph, certificates), expect)
    graph.server.fault(r"/v1.0/users", Reply(200, b'{"@odata.count": 0, "value": []}'), times=99)
    at_risk.spared(6)


@pytest.mark.entra
def test_ssosync_236_members_were_missing_from_an_answer_and_left_their_groups(
    at_risk: AtRisk, graph: GraphDouble, certificates: Certificates
) -> None:
    """Now and then a list of members came short, and other people lost their groups each time."""
    own = entra(graph, certificates)
    key = staff(graph)
    at_risk.healthy(own + MEMBERSHIPS)

    def short(request: Request) -> Reply:
        body = orjson.loads(graph.respond(request).body)
        return Reply(200, orjson.dumps(body | {"value": body["value"][:-1]}))

    graph.server.fault(f"{key}/members", short, times=99)
    at_risk.spared(6, "the members of the group 'Staff'", "counts 43")


@pytest.mark.entra
@pytest.mark.parametrize("status", [500, 503, 504])
def test_ssosync_278_the_cloud_was_unavailable_and_users_were_deleted(
    at_risk: AtRisk, graph: GraphDouble, certificates: Certificates, status: int
) -> None:
    """A 503 in the middle of a run ended in deletions."""
    at_risk.healthy(entra(graph, certificates))
    graph.server.fault(r"/users\?.*skiptoken", error_reply(status, "ServiceUnavailable", "try"), times=99)
    at_risk.spared(6, str(status))


@pytest.mark.slapd
@pytest.mark.parametrize(
    ("filter_", "words"),
    [
        pytest.param("(objectClass=inetOrgPersn)", "", id="a-class-that-nobody-has"),
        pytest.param("(departmentNumber=Staf)", "success, and no entries", id="a-value-that-nobody-has"),
        pytest.param("(uidd=*)", "uidd", id="an-attribute-that-there-is-not"),
    ],
)
def test_authentik_19295_a_typo_in_the_filter_fitted_nobody(
    at_risk: AtRisk, directory: Slapd, filter_: str, words: str
) -> None:
    """With "delete who is not found", one letter took all users, their devices and their keys."""
    own = ldap(directory.url)
    at_risk.healthy(own)
    at_risk.declare(f'{own}\n  filter: "{filter_}"')
    at_risk.spared(6, words)


@pytest.mark.entra
@pytest.mark.parametrize(
    ("approve", "code"),
    [
        pytest.param("", 4, id="nobody-approved-that"),
        pytest.param("\n  approve: [update]", 3, id="updates-need-no-approval"),
    ],
)
def test_defguard_2833_switching_the_groups_on_emptied_all_of_them_and_the_administrators(
    at_risk: AtRisk, graph: GraphDouble, certificates: Certificates, approve: str, code: int
) -> None:
    """The cloud has no such groups; with the import of groups switched on, everybody left every group."""
    own = entra(graph, certificates)
    at_risk.healthy(own)
    at_risk.declare(own + MEMBERSHIPS)
    path = at_risk.project.path("sources.d/all.yaml")
    graced = "grace: {reads: 0, days: 0}"
    text = path.read_text(encoding="utf-8").replace(
        graced, graced + approve + "\n  protected: {groups: [Admins]}"
    )
    path.write_text(text, encoding="utf-8", newline="\n")
    at_risk.spared(3, "Staff loses 43 of 43 members", "protected-groups", "Admins", apply=code)
