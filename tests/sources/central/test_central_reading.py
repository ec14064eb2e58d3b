"""Users of Central: which, with what, and every reason not to believe an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from reconciler.errors import SourceDataError, SourceError, SourceUnavailable
from reconciler.sources.central import CentralSpec
from reconciler.sources.central.reader import ApiReader, ExportReader
from support.central import SECRET, CentralSource
from support.https import HttpsServer, Reply, Request

pytestmark = pytest.mark.central

EVERYTHING = ("username", "fullname", "aliases", "email", "cards", "code", "groups")
BOTH_WAYS = pytest.mark.parametrize("way", ["api", "export"])


def settings(source: CentralSource, way: str) -> dict[str, Any]:
    return source.export() if way == "export" else {}


@BOTH_WAYS
def test_a_user_is_read_with_aliases_cards_and_group_paths(central_source: CentralSource, way: str) -> None:
    found = central_source.read(*EVERYTHING, **settings(central_source, way))
    assert found.records[0] == (
        "ada",
        "Ada Lovelace",
        ("lovelace", "al"),
        "ada@example.org",
        ("C1", "C2"),
        "1001",
        "Prague|Research",
    )
    assert found.records[2][-1] == ("Brno", "Both|Choir")
    assert found.reading.records == 4


def test_origins_lead_to_the_user(central_source: CentralSource) -> None:
    found = central_source.read("id", "username")
    place = central_source.central.url.removeprefix("http://")
    assert found.origins == [f"{place}/users/{key}" for key, _ in found.records]
    exported = central_source.read("username", **central_source.export())
    assert exported.origins[0] == "central.csv:2"


def test_who_is_deleted_and_who_is_of_myq_itself_stays_out(central_source: CentralSource) -> None:
    found = central_source.read("username")
    assert [name for (name,) in found.records] == ["ada", "bob", "cy", "dan"]
    assert dict(found.reading.facts) == {
        "users": "10, as many as counted, in 1 pages",
        "left out: deleted": "1",
    }
    assert found.reading.counted == 10


@pytest.mark.parametrize("page_size", [1, 2, 3, 10])
def test_the_size_of_pages_does_not_matter(central_source: CentralSource, page_size: int) -> None:
    assert central_source.names(pageSize=page_size) == ["ada", "bob", "cy", "dan"]


@BOTH_WAYS
@pytest.mark.parametrize(
    ("users", "names"),
    [
        pytest.param({"inGroups": ["Prague"]}, ["ada", "bob"], id="a group and what is in it"),
        pytest.param({"inGroups": ["Prague|Research"]}, ["ada"], id="a group further down"),
        pytest.param({"inGroups": ["Brno", "Praguer"]}, ["cy", "dan"], id="several groups"),
        pytest.param({"inGroups": ["Both"]}, ["cy", "dan"], id="a group across sites"),
        pytest.param({"having": {"email": ["ada@example.org"]}}, ["ada"], id="a value"),
        pytest.param({"having": {"cards": ["C2", "C1"]}}, ["ada"], id="one of several values"),
        pytest.param(
            {"having": {"fullname": ["Bob", "Cy"]}, "inGroups": ["Prague"]}, ["bob"], id="both filters"
        ),
    ],
)
def test_each_site_takes_its_part(
    central_source: CentralSource, way: str, users: dict[str, Any], names: list[str]
) -> None:
    found = central_source.read("username", users=users, **settings(central_source, way))
    assert [name for (name,) in found.records] == names
    assert found.reading.records == len(names)
    assert dict(found.reading.facts)["left out by users"] == str(4 - len(names))


def test_a_part_can_be_told_by_department(central_source: CentralSource) -> None:
    assert central_source.names(users={"having": {"department": ["Research"]}}) == ["ada"]


@BOTH_WAYS
@pytest.mark.parametrize(
    ("users", "message"),
    [
        pytest.param({"inGroups": ["Pragu"]}, "the group Pragu", id="a group"),
        pytest.param({"having": {"code": ["1001", "9"]}}, "code: 9", id="a value"),
    ],
)
def test_a_filter_for_what_central_does_not_have_is_a_slip_of_the_pen(
    central_source: CentralSource, way: str, users: dict[str, Any], message: str
) -> None:
    error = central_source.fault(users=users, **settings(central_source, way))
    assert error.message == f"nobody in Central has {message}"
    assert isinstance(error, SourceDataError)


def test_a_group_that_is_there_may_be_empty(central_source: CentralSource) -> None:
    central_source.central.seed(groups=["Ostrava"])
    found = central_source.read("username", users={"inGroups": ["Ostrava"]})
    assert (found.records, found.reading.groups) == ([], ())


def test_empty_groups_come_when_they_are_asked_for(central_source: CentralSource) -> None:
    central_source.central.seed(groups=["Prague|Empty"])
    said = {"importEmptyGroups": True, "users": {"inGroups": ["Prague"]}}
    groups = central_source.read("username", **said).reading.groups
    assert groups == ("Prague", "Prague|Empty", "Prague|Research")
    under = central_source.read("username", **said, options={"importGroupsUnder": "Central"}).reading.groups
    assert under[1] == "Central|Prague|Empty"
    everything = central_source.read("username", importEmptyGroups=True).reading.groups
    assert set(everything) == {*groups, "Brno", "Both", "Both|Choir", "Praguer"}


def test_an_attribute_that_central_does_not_tell_is_named(central_source: CentralSource) -> None:
    error = central_source.fault("username", "badge", "mail")
    assert error.message == "Central says of nobody badge, mail"
    assert "DEPARTMENT" not in str(error)
    exported = central_source.fault("department", **central_source.export())
    assert "department" in exported.message


# What ends a read


def test_a_central_without_the_assumed_listing_says_so_and_names_the_other_way(
    central_source: CentralSource,
) -> None:
    central_source.central.switch(undocumented_operations=False)
    error = central_source.fault()
    assert error.message == "this server has no operation GET /api/v2/users/all (assumed)"
    assert "answers nothing without a filter" in error.hint
    assert "`export`" in error.hint
    assert error.exit_code == 6


def test_a_print_server_is_no_central(central_source: CentralSource) -> None:
    central_source.central.switch(server="print")
    assert "no operation GET /api/v2/users/all" in central_source.fault().message


def test_a_central_that_cannot_be_reached_gives_nothing(central_source: CentralSource) -> None:
    error = central_source.fault(url="http://127.0.0.1:9")
    assert (type(error), error.exit_code) == (SourceUnavailable, 6)
    assert error.where.startswith("http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        pytest.param({"kind": "short-page"}, "9 of 10 came", id="a short page"),
        pytest.param({"kind": "wrong-count"}, "10 of 11 came", id="a count too high"),
        pytest.param(
            {"kind": "wrong-count", "by": -2}, "8 are said to be there, 9 came", id="a count too low"
        ),
        pytest.param({"kind": "wrong-count", "after": 1}, "count went from", id="a count that moves"),
        pytest.param({"kind": "repeated-page", "after": 1}, "different ones", id="a page twice"),
        pytest.param({"kind": "truncated-answer"}, "no answer", id="an answer cut short"),
        pytest.param({"kind": "not-json"}, "no JSON", id="a gateway's answer"),
        pytest.param({"kind": "error", "status": 503}, "503", id="a server in trouble"),
        pytest.param({"kind": "error", "status": 400}, "MyQ refuses GET /api/v2/users/all", id="a refusal"),
        pytest.param({"kind": "drop", "after": 2}, "no answer", id="a connection cut in the middle"),
    ],
)
def test_a_doubtful_answer_ends_the_read(
    central_source: CentralSource, fault: dict[str, Any], message: str
) -> None:
    central_source.central.fault(operation="list_users", **fault)
    with pytest.raises(SourceError, match=message) as caught:
        central_source.read("username", pageSize=3)
    assert caught.value.exit_code == 6
    assert caught.value.where
    assert caught.value.hint


def test_trouble_that_passes_is_waited_for(central_source: CentralSource) -> None:
    central_source.central.fault(kind="error", operation="list_users", status=503, times=2)
    central_source.central.fault(kind="expired-token", operation="list_users", times=1)
    assert central_source.names() == ["ada", "bob", "cy", "dan"]


def test_the_client_id_may_be_found_elsewhere(central_source: CentralSource) -> None:
    central_source.secrets["env:CENTRAL_ID"] = central_source.central.client_id
    assert central_source.names(clientId="env:CENTRAL_ID") == ["ada", "bob", "cy", "dan"]


def test_nobody_joins_the_group_of_everybody(central_source: CentralSource) -> None:
    (central_source.folder / "central.csv").write_bytes(
        b'FULLNAME,USERNAME_ALIASES,GROUPS\r\nAda,ada,"All users,Prague"\r\nBob,bob,"All users"\r\n'
    )
    away = dict.fromkeys(("url", "clientId", "clientSecret"))
    for name in ("groups", "GROUPS"):
        found = central_source.read(name, **away, export={"file": "central.csv"})
        assert found.records == [("Prague",), ("",)]


def test_a_wrong_secret_is_told(central_source: CentralSource) -> None:
    central_source.secrets[SECRET] = "another-secret"
    error = central_source.fault()
    assert "gives no token" in error.message
    assert "clientSecret" in error.hint
    assert "another-secret" not in str(error)


def answering(users: object, groups: object = None) -> Callable[[Request], Reply]:
    """Return a Central that answers with these users, or with an answer that is no list of them."""

    def respond(request: Request) -> Reply:
        if request.target == "/api/auth/token":
            return Reply(200, orjson.dumps({"access_token": "t", "expires_in": 1800, "scope": "users"}))
        key, entries = ("groups", groups) if "/groups" in request.target else ("users", users)
        if isinstance(entries, list):
            page = entries if "offset=0" in request.target else []
            return Reply(200, orjson.dumps({key: page, "count": len(entries)}))
        return Reply(200, orjson.dumps(entries))

    return respond


@pytest.mark.parametrize(
    ("users", "message"),
    [
        pytest.param([{"id": 1}], "without id or username", id="no user name"),
        pytest.param([{"username": "ada"}], "0 different ones|without id", id="no id"),
        pytest.param(["ada"], "without id or username", id="no object"),
        pytest.param([{"id": 1, "username": 7}], "username is neither", id="a name that is a number"),
        pytest.param(
            [{"id": 1, "username": "ada", "groups": [{}]}], "groups is neither", id="groups that are objects"
        ),
        pytest.param({"users": [], "count": True}, "no list of users", id="a count that is none"),
        pytest.param({"users": {}, "count": 0}, "no list of users", id="users that are no list"),
        pytest.param([], "says of nobody|", id="nobody"),
    ],
)
def test_an_answer_of_another_shape_is_not_believed(
    central_source: CentralSource, https_server: Callable[..., HttpsServer], users: object, message: str
) -> None:
    server = https_server(answering(users), tls=False)
    if users == []:
        assert central_source.read("username", "groups", url=server.url).records == []
        return
    error = central_source.fault("username", "groups", url=server.url)
    assert isinstance(error, SourceError)
    assert any(part in error.message for part in message.split("|"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b"<h1>Forbidden</h1>", "<h1>Forbidden</h1>", id="another kind of refusal"),
        pytest.param(b'{"error": 7}', '{"error": 7}', id="no message in it"),
    ],
)
def test_a_refusal_is_told_in_the_words_that_came(
    central_source: CentralSource, https_server: Callable[..., HttpsServer], body: bytes, words: str
) -> None:
    server = https_server(lambda _: Reply(403, body), tls=False)
    assert central_source.fault(url=server.url).message == f"MyQ gives no token (403): {words}"


@pytest.mark.parametrize("told", [{"token": "t"}, ["t"], {"access_token": 7}])
def test_an_answer_without_a_token_is_told(
    central_source: CentralSource, https_server: Callable[..., HttpsServer], told: object
) -> None:
    server = https_server(lambda _: Reply(200, orjson.dumps(told)), tls=False)
    assert central_source.fault(url=server.url).message == "MyQ's answer holds no token"


def test_absent_keys_and_null_say_nothing(
    central_source: CentralSource, https_server: Callable[..., HttpsServer]
) -> None:
    users = [
        {"id": 1, "username": "ada", "groups": ["All users", "A", "B"], "code": None},
        {"id": "2", "username": "bob", "groups": ["All users", "A"], "code": "7"},
        {"id": 3, "username": "cy", "groups": "All users"},
    ]
    server = https_server(answering(users), tls=False)
    found = central_source.read("groups", "code", url=server.url)
    assert found.records == [(("A", "B"), ""), ("A", "7"), ("", "")]


@pytest.mark.parametrize("group", ["Prague", {"id": 1}, {"path": 7}])
def test_a_group_without_a_path_is_not_believed(
    central_source: CentralSource, https_server: Callable[..., HttpsServer], group: object
) -> None:
    groups = [group | {"id": 1} if isinstance(group, dict) else group]
    server = https_server(answering([], groups), tls=False)
    error = central_source.fault(url=server.url, importEmptyGroups=True)
    assert error.message == "Central lists a group without a path"


def test_certificates_of_an_own_authority_are_believed_when_named(
    central_source: CentralSource,
    https_server: Callable[..., HttpsServer],
    certificates: Any,  # noqa: ANN401  of support.https
) -> None:
    server = https_server(answering([{"id": 1, "username": "ada"}]))
    assert central_source.names(url=server.url, caFile=str(certificates.ca)) == ["ada"]
    assert "caFile" in central_source.fault(url=server.url).hint


# What a manifest may not say


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param(
            {"clientSecret": None}, "write url, clientId and clientSecret, or export", id="half a sign-in"
        ),
        pytest.param({"export": {"file": "x.csv"}}, "`export` stands alone", id="both ways"),
        pytest.param(
            {
                "url": None,
                "clientId": None,
                "clientSecret": None,
                "export": {"file": "x.csv"},
                "caFile": "ca.pem",
            },
            "`export` stands alone",
            id="an export with certificates",
        ),
        pytest.param(
            {
                "url": None,
                "clientId": None,
                "clientSecret": None,
                "export": {"file": "x"},
                "importEmptyGroups": True,
            },
            "importEmptyGroups needs the address",
            id="empty groups of an export",
        ),
    ],
)
def test_contradictions_are_refused(
    central_source: CentralSource, said: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        central_source.spec(**said)


def test_a_manifest_gives_the_reader_of_its_way(central_source: CentralSource) -> None:
    around = central_source.surroundings
    assert isinstance(central_source.spec().reader(around), ApiReader)
    assert isinstance(central_source.spec(**central_source.export()).reader(around), ExportReader)
    assert CentralSpec.ready_groups
