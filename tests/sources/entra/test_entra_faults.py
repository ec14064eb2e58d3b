"""The manners of the real service: whatever breaks the chain of pages, nobody leaves by it."""

from __future__ import annotations

import time
from collections.abc import Callable

import orjson
import pytest

from reconciler.core.model import Fact
from reconciler.errors import SourceDataError, SourceError, SourceUnavailable
from support.entra import Source
from support.graph import GraphDouble, person
from support.graph_queries import error_reply, numbered
from support.https import HANG_UP, Reply, Request

pytestmark = pytest.mark.entra

SECOND = r"/users\?.*skiptoken"
MEMBERS = "microsoft.graph.user"


@pytest.fixture
def crowd(graph: GraphDouble) -> GraphDouble:
    """Twenty-five people: three pages, since this tenant shows ten at a time."""
    graph.tenant.shown_at_most = 10
    for key in numbered(25):
        graph.tenant.users[key] = person(key, f"u{key[-4:]}")
    return graph


def read_all(source: Source, graph: GraphDouble) -> None:
    read = source.read("userPrincipalName")
    assert list(read.rows) == list(graph.tenant.users)
    assert read.facts["users"].startswith("25 of 25 counted")


THROTTLED = error_reply(429, "TooManyRequests", "Too many requests", {"Retry-After": "11"})


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize(
    ("trouble", "waits"),
    [
        pytest.param(THROTTLED, [11.0], id="throttled"),
        pytest.param(Reply(503, b"", {"Retry-After": "7"}), [7.0], id="unavailable for a while"),
        pytest.param(Reply(500, b"oops"), None, id="an internal error"),
        pytest.param(Reply(504), None, id="a gateway timeout"),
        pytest.param(HANG_UP, None, id="a dropped connection"),
        pytest.param(Reply(200, b'{"value": []}', cut=9), None, id="half a page"),
    ],
)
def test_trouble_at_any_page_is_waited_out(
    crowd: GraphDouble, source: Source, page: int, trouble: Reply, waits: list[float] | None
) -> None:
    crowd.server.fault("/users", trouble, skip=page)
    read_all(source, crowd)
    assert len(crowd.server.lines("/users")) == 4
    assert waits is None or source.slept == waits


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        pytest.param(Reply(500, b"oops"), r"answers 500 \(tried 8 times\): oops", id="it stays broken"),
        pytest.param(THROTTLED, "asks to wait 11 s.*TooManyRequests", id="it throttles without end"),
        pytest.param(HANG_UP, "no answer", id="it stays away"),
        pytest.param(Reply(200, b"<html>"), "no JSON", id="something else answers"),
        pytest.param(Reply(200, b"[]"), "no object", id="a list answers"),
        pytest.param(Reply(200, b'{"@odata.count": 0}'), "no list of records", id="nothing is listed"),
        pytest.param(Reply(200, b'{"@odata.count": 1, "value": [{"mail": "a@x"}]}'), "with ids", id="no ids"),
        pytest.param(
            error_reply(404, "Request_ResourceNotFound", "gone"), r"\(404\).*: gone", id="it is gone"
        ),
        pytest.param(error_reply(410, "Gone", "away"), r"\(410\): Gone: away", id="any other answer"),
        pytest.param(Reply(302, b"", {"Location": "/v1.0/me"}), r"\(302\): \(empty\)", id="a redirect"),
        pytest.param(
            Reply(403, b'{"error": "no"}'), r"\(403\): {\"error\": \"no\"}", id="an error of another form"
        ),
    ],
)
def test_a_chain_that_stays_broken_is_an_incomplete_read(
    crowd: GraphDouble, source: Source, page: int, trouble: Reply, words: str
) -> None:
    crowd.server.fault("/users", trouble, skip=page, times=100)
    with pytest.raises(SourceUnavailable, match=words) as info:
        source.read()
    assert info.value.exit_code == 6
    assert info.value.hint


# The next page


def next_link(link: object) -> Callable[[Request], Reply]:
    def respond(_: Request) -> Reply:
        body = {"@odata.count": 2, "value": [{"id": "a"}], "@odata.nextLink": link}
        return Reply(200, orjson.dumps(body))

    return respond


def test_the_next_page_is_asked_for_verbatim_with_its_header(crowd: GraphDouble, source: Source) -> None:
    source.read()
    first, *others = (request for request in crowd.server.requests if "/users" in request.target)
    given = [orjson.loads(crowd.respond(request).body).get("@odata.nextLink") for request in (first, *others)]
    assert [f"{crowd.url}{request.target}" for request in others] == given[:-1]
    assert given[-1] is None
    assert {request.headers["ConsistencyLevel"] for request in (first, *others)} == {"eventual"}


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.example.com/v1.0/users?$skiptoken=x",
        "http://127.0.0.1/v1.0/users",
        "//elsewhere/users",
        "https://[::1/users",
        "https://127.0.0.1:99999999/users",
        "",
        7,
    ],
)
def test_a_page_elsewhere_never_gets_the_token(crowd: GraphDouble, source: Source, link: object) -> None:
    crowd.server.fault("/users", next_link(link))
    with pytest.raises(SourceDataError, match="not where it began") as info:
        source.read("id")
    assert "graphUrl" in info.value.hint


def test_a_chain_that_bites_its_tail_is_cut(crowd: GraphDouble, source: Source) -> None:
    crowd.server.fault("/users", next_link(f"{crowd.url}/v1.0/users?again"), times=9)
    with pytest.raises(SourceUnavailable, match="in a circle"):
        source.read("id")
    assert len(crowd.server.lines("/users")) == 2


# Tokens


def test_a_token_that_expires_on_the_way_is_renewed(crowd: GraphDouble, source: Source) -> None:
    def expire(request: Request) -> Reply:
        crowd.forget_tokens()
        return crowd.respond(request)

    crowd.server.fault(SECOND, expire)
    read_all(source, crowd)
    assert crowd.issued == 2


def test_short_lived_tokens_are_renewed_before_they_expire(crowd: GraphDouble, source: Source) -> None:
    crowd.token_seconds = 60  # msal renews five minutes before the end
    read_all(source, crowd)
    assert crowd.issued == 3
    crowd.token_seconds = 3599
    read_all(source, crowd)
    assert crowd.issued == 4, "a good token is kept"


def test_a_token_refused_again_and_again_is_an_incomplete_read(crowd: GraphDouble, source: Source) -> None:
    refused = error_reply(401, "InvalidAuthenticationToken", "CompactToken validation failed")
    crowd.server.fault(SECOND, refused, times=9)
    with pytest.raises(SourceUnavailable, match=r"the users \(401\): InvalidAuthenticationToken: Compact"):
        source.read()
    assert len(crowd.server.lines(SECOND)) == 2


def test_threads_that_meet_an_expired_token_renew_it_once(graph: GraphDouble, source: Source) -> None:
    ada = graph.user("ada")
    for number in range(12):
        graph.group(f"Group {number:02}", ada)

    def expire(request: Request) -> Reply:
        graph.forget_tokens()
        return graph.respond(request)

    graph.server.fault(MEMBERS, expire)
    assert len(source.paths()["ada"]) == 12
    assert 2 <= graph.issued <= 6, "at most one for each thread that held the old one"


# Counts


def test_a_count_that_lags_is_read_again(crowd: GraphDouble, source: Source) -> None:
    crowd.tenant.count_is_off_by["/v1.0/users"] = 1

    def caught_up(request: Request) -> Reply:
        crowd.tenant.count_is_off_by.clear()
        return crowd.respond(request)

    crowd.server.fault(r"/users\?((?!skiptoken).)*$", caught_up, skip=1)
    read_all(source, crowd)
    assert source.slept == [5.0]
    assert len(crowd.server.lines("/users")) == 6


@pytest.mark.parametrize("off_by", [-3, -1, 1, 3])
def test_a_count_that_stays_different_is_doubt(crowd: GraphDouble, source: Source, off_by: int) -> None:
    crowd.tenant.count_is_off_by["/v1.0/users"] = off_by
    with pytest.raises(SourceUnavailable, match=f"counts {25 + off_by} and shows 25 of the users") as info:
        source.read()
    assert "countTolerance" in info.value.hint
    reading = source.read(countTolerance=3).reading
    assert reading.records == 25
    assert reading.doubts == (Fact("count-off", f"Graph counts {25 + off_by} users, and 25 came"),)


def test_a_list_without_a_count_is_not_believed(crowd: GraphDouble, source: Source) -> None:
    for count in (None, True, -1, "25"):
        crowd.server.fault("/users", Reply(200, orjson.dumps({"@odata.count": count, "value": []})))
        with pytest.raises(SourceUnavailable, match="it has no count"):
            source.read()


def test_a_short_page_that_claims_to_be_the_last_is_doubt(crowd: GraphDouble, source: Source) -> None:
    def truncated(request: Request) -> Reply:
        body = orjson.loads(crowd.respond(request).body)
        del body["@odata.nextLink"]
        return Reply(200, orjson.dumps(body))

    crowd.server.fault(SECOND, truncated, times=2)
    with pytest.raises(SourceUnavailable, match="counts 25 and shows 20"):
        source.read()
    crowd.server.fault(SECOND, truncated)
    read_all(source, crowd)


def test_a_user_that_disappears_between_two_pages_settles_it(crowd: GraphDouble, source: Source) -> None:
    last = list(crowd.tenant.users)[-1]

    def leave(request: Request) -> Reply:
        crowd.tenant.users.pop(last, None)
        return crowd.respond(request)

    crowd.server.fault(SECOND, leave)
    read = source.read("mail")
    assert list(read.rows) == list(crowd.tenant.users)
    assert read.facts["users"] == "24 of 24 counted, in 3 pages"


def test_a_user_that_appears_between_two_readings_is_among_them(crowd: GraphDouble, source: Source) -> None:
    (new,) = numbered(1, 5)

    def arrive(request: Request) -> Reply:
        crowd.tenant.users[new] = person(new, "new")
        crowd.tenant.count_is_off_by.clear()
        return crowd.respond(request)

    crowd.tenant.users.pop(new)
    crowd.tenant.count_is_off_by["/v1.0/users"] = 1
    crowd.server.fault(r"/users\?((?!skiptoken).)*$", arrive, skip=1)
    read = source.read("mail")
    assert set(read.rows) == set(crowd.tenant.users)
    assert read.reading.records == 25, "each once, though most came twice"


def test_a_record_that_comes_twice_counts_once(crowd: GraphDouble, source: Source) -> None:
    def twice(request: Request) -> Reply:
        body = orjson.loads(crowd.respond(request).body)
        body["value"] += body["value"][:2]
        return Reply(200, orjson.dumps(body))

    crowd.server.fault(SECOND, twice, times=9)
    read_all(source, crowd)


# Groups


def test_a_group_that_disappears_while_it_is_read_is_an_incomplete_read(
    graph: GraphDouble, source: Source
) -> None:
    sales = graph.group("Sales", graph.user("ada"))

    def dissolve(request: Request) -> Reply:
        graph.tenant.groups.pop(sales)
        return graph.respond(request)

    graph.server.fault(MEMBERS, dissolve)
    with pytest.raises(SourceUnavailable, match=r"the group 'Sales' .*\(404\)"):
        source.paths()


def test_a_member_that_is_no_user_any_more_changes_nothing(graph: GraphDouble, source: Source) -> None:
    ada, bob = graph.user("ada"), graph.user("bob")
    graph.group("Sales", ada, bob)

    def leave(request: Request) -> Reply:
        graph.tenant.users.pop(bob, None)
        return graph.respond(request)

    graph.server.fault("/v1.0/users", leave)
    assert source.paths() == {"ada": "Sales"}


def test_one_group_that_fails_stops_the_source(graph: GraphDouble, source: Source) -> None:
    ada = graph.user("ada")
    groups = [graph.group(f"Group {number:02}", ada) for number in range(40)]
    graph.server.fault(groups[3], Reply(500), times=100)
    with pytest.raises(SourceUnavailable, match="answers 500"):
        source.paths()


def test_a_membership_count_that_lags_is_doubt(graph: GraphDouble, source: Source) -> None:
    sales = graph.group("Sales", graph.user("ada"))
    graph.tenant.count_is_off_by[f"/v1.0/groups/{sales}/members/microsoft.graph.user"] = 1
    with pytest.raises(SourceUnavailable, match="counts 2 and shows 1 of the members of the group 'Sales'"):
        source.paths()


# Batches


@pytest.fixture
def many_groups(graph: GraphDouble) -> GraphDouble:
    """Forty-five groups, each with one of three people: three batches."""
    people = [graph.user(name) for name in ("ada", "bob", "cyd")]
    for number in range(45):
        graph.group(f"Group {number:02}", people[number % 3])
    return graph


def assert_all_groups(source: Source) -> None:
    found = source.paths()
    assert found == {
        name: tuple(f"Group {number:02}" for number in range(45) if number % 3 == position)
        for position, name in enumerate(("ada", "bob", "cyd"))
    }


def test_lists_of_many_groups_are_fetched_twenty_at_a_time(many_groups: GraphDouble, source: Source) -> None:
    assert_all_groups(source)
    batches = [orjson.loads(r.body) for r in many_groups.server.requests if r.target == "/v1.0/$batch"]
    assert sorted(len(batch["requests"]) for batch in batches) == [5, 20, 20]
    assert len(many_groups.server.lines(MEMBERS)) == 45, "each asked for once, within a batch"
    assert source.slept == []


@pytest.mark.parametrize(
    ("reply", "times", "slept"),
    [
        pytest.param(THROTTLED, 1, [11.0], id="one is throttled"),
        pytest.param(THROTTLED, 7, None, id="several are throttled"),
        pytest.param(Reply(503), 1, [], id="one is unavailable"),
        pytest.param(HANG_UP, 1, [], id="one breaks"),
        pytest.param(Reply(200, b"hello"), 1, [], id="one is no JSON"),
        pytest.param(Reply(200, b"{}"), 1, [], id="one is empty"),
        pytest.param(error_reply(401, "InvalidAuthenticationToken", "x"), 1, [], id="one is refused"),
        pytest.param(Reply(429, b"", {"Retry-After": "9999"}), 1, [], id="one asks for too much"),
    ],
)
def test_what_a_batch_does_not_bring_is_asked_for_by_itself(
    many_groups: GraphDouble, source: Source, reply: Reply, times: int, slept: list[float] | None
) -> None:
    many_groups.server.fault(MEMBERS, reply, times=times)
    assert_all_groups(source)
    assert slept is None or source.slept == slept
    assert len(many_groups.server.lines(MEMBERS)) >= 45 + times


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(error_reply(404, "UnknownError", "no batches here"), id="there is no such thing"),
        pytest.param(Reply(200, b"[]"), id="a list"),
        pytest.param(Reply(200, b'{"responses": 7}'), id="a number"),
        pytest.param(Reply(200, b'{"responses": [7, {}]}'), id="responses of no form"),
        pytest.param(Reply(200, b'{"responses": [{"status": 429, "headers": 1}]}'), id="no headers"),
        pytest.param(
            Reply(200, b'{"responses": [{"id": "99", "status": 200, "body": {"value": []}}]}'),
            id="an answer nobody asked for",
        ),
    ],
)
def test_a_batch_that_fails_costs_time_alone(many_groups: GraphDouble, source: Source, reply: Reply) -> None:
    many_groups.server.fault("batch", reply, times=3)
    assert_all_groups(source)
    assert len(many_groups.server.lines(MEMBERS)) == 45


def test_trouble_with_a_whole_batch_is_waited_out(many_groups: GraphDouble, source: Source) -> None:
    many_groups.server.fault("batch", THROTTLED)
    assert_all_groups(source)
    assert source.slept == [11.0]


def test_a_refusal_within_a_batch_is_explained(many_groups: GraphDouble, source: Source) -> None:
    refused = error_reply(403, "Authorization_RequestDenied", "Insufficient privileges")
    many_groups.server.fault(next(iter(many_groups.tenant.groups)), refused, times=9)
    with pytest.raises(SourceUnavailable, match=r"members of the group 'Group 00' .*\(403\)") as info:
        source.paths()
    assert "GroupMember.Read.All" in info.value.hint


def test_large_groups_go_on_after_the_batch(crowd: GraphDouble, source: Source) -> None:
    everybody = list(crowd.tenant.users)
    crowd.group("All of them", *everybody)
    crowd.group("The first", *everybody[:12])
    read = source.read("@groups0", groups={"import": [{"memberships": {}}]})
    assert read.column == [("All of them", "The first")] * 12 + ["All of them"] * 13


def test_a_broken_read_yields_no_reading(crowd: GraphDouble, source: Source) -> None:
    crowd.server.fault(SECOND, Reply(500), times=100)
    reading = source.reader(source.spec(), tries=2).read(("mail",))
    began = time.monotonic()
    with pytest.raises(SourceError):
        list(reading)
    assert time.monotonic() - began < 30
    with pytest.raises(StopIteration):
        next(reading)
