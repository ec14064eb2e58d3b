"""Faults on demand, seen from the client's side of a real socket."""

from __future__ import annotations

import time
from typing import Any

import pytest
import urllib3

from reconciler.errors import UsageError
from reconciler.simulator.faults import OPERATIONS, Fault, Faults, Kind, When, made, parse
from support.simulator import Simulator

USERS = "/api/v3/users"


def operations(simulator: Simulator) -> list[tuple[str, str, object]]:
    """Return every write and read as operation, method with path, and body, on the users seeded here."""
    first = simulator.seed(
        [{"username": "ada", "groups": ["G"]}, {"username": "bob"}, {"username": "gone", "deleted": True}]
    )
    group = simulator.call("GET", "/api/v3/groups").content["groups"][0]["id"]
    return [
        ("find_users", f"GET {USERS}/find?username=ada", None),
        ("create_user", f"POST {USERS}", {"username": "eve", "fullname": "Eve"}),
        ("generate_pin", f"POST {USERS}/{first}/pins", {}),
        ("register_card", f"POST {USERS}/{first}/cards", {}),
        ("list_users", f"GET {USERS}/all", None),
        ("get_user", f"GET {USERS}/{first}", None),
        ("update_user", f"PATCH {USERS}/{first}", {"notes": "new"}),
        ("delete_user", f"DELETE {USERS}/{first + 1}", None),
        ("undelete_user", f"POST {USERS}/{first + 2}/undelete", None),
        ("list_groups", "GET /api/v3/groups", None),
        ("create_group", "POST /api/v3/groups", {"path": "H"}),
        ("move_group", f"PATCH /api/v3/groups/{group}", {"path": "G2"}),
    ]


READS = {"find_users", "list_users", "get_user", "list_groups"}


def test_every_operation_can_be_made_to_fail(simulator: Simulator) -> None:
    named = [operation for operation, _, _ in operations(simulator)]
    elsewhere = ["add_card", "add_to_group", "remove_card", "remove_from_group"]
    assert sorted(["token", "import", *named, *elsewhere]) == sorted(OPERATIONS)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_dropped_connection_ends_without_an_answer(simulator: Simulator, when: str) -> None:
    token = simulator.token()
    for operation, where, body in operations(simulator):
        simulator.fault(kind="drop", when=when, operation=operation, times=1)
        before = simulator.log()
        method, path = where.split()
        with pytest.raises(urllib3.exceptions.ProtocolError):
            simulator.call(method, path, body, token=token)
        took_effect = when == "after" and operation not in READS
        assert (len(simulator.log()) > len(before)) is took_effect, operation
        assert simulator.requests()[-1]["status"] == 0
        assert simulator.requests()[-1]["operation"] == operation


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_an_error_has_its_status_and_retry_after(simulator: Simulator, when: str, status: int) -> None:
    token = simulator.token()
    for operation, where, body in operations(simulator):
        fault = {"kind": "error", "status": status, "retry_after": 2, "when": when, "operation": operation}
        simulator.fault(**fault, times=1)
        before = simulator.log()
        method, path = where.split()
        reply = simulator.call(method, path, body, token=token)
        assert (reply.status, reply.headers["Retry-After"]) == (status, "2")
        took_effect = when == "after" and operation not in READS
        assert (len(simulator.log()) > len(before)) is took_effect, operation


def test_an_error_without_retry_after_has_no_such_header(simulator: Simulator) -> None:
    simulator.fault(kind="error", operation="get_user")
    reply = simulator.call("GET", f"{USERS}/1")
    assert reply.status == 503
    assert "Retry-After" not in reply.headers


def test_the_token_can_be_refused_too(simulator: Simulator) -> None:
    simulator.fault(kind="error", operation="token", status=500, times=1)
    with pytest.raises(KeyError):
        simulator.token()
    assert simulator.token()


def test_an_expired_token_is_refused_until_a_new_one_is_asked_for(simulator: Simulator) -> None:
    token = simulator.token()
    simulator.fault(kind="expired-token", operation="list_users", after=1, times=1)
    statuses = [simulator.call("GET", f"{USERS}/all", token=token).status for _ in range(3)]
    assert statuses == [200, 401, 401]
    assert simulator.call("GET", f"{USERS}/all").status == 200


def test_latency_makes_an_answer_late(simulator: Simulator) -> None:
    token = simulator.token()
    simulator.fault(kind="latency", seconds=0.2, operation="get_user")
    began = time.monotonic()
    assert simulator.call("GET", f"{USERS}/1", token=token).status == 200
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(
    ("fault", "length", "count"),
    [
        pytest.param({"kind": "short-page", "by": 2}, 3, 5, id="two entries short"),
        pytest.param({"kind": "wrong-count", "by": 2}, 5, 7, id="the count says more"),
        pytest.param({"kind": "wrong-count", "by": -2}, 5, 3, id="the count says less"),
    ],
)
@pytest.mark.parametrize(("path", "key"), [(f"{USERS}/all", "users"), ("/api/v3/groups", "groups")])
def test_a_page_that_lies(
    simulator: Simulator, fault: dict[str, object], length: int, count: int, path: str, key: str
) -> None:
    simulator.seed(groups=["A", "B", "C", "D", "E"])
    simulator.fault(**fault, times=1)
    pages = [simulator.call("GET", path).content for _ in range(2)]
    assert [(len(page[key]), page["count"]) for page in pages] == [(length, count), (5, 5)]


def test_a_page_that_repeats(simulator: Simulator) -> None:
    simulator.fault(kind="repeated-page", operation="list_users", after=1, times=1)
    names = []
    for offset in (0, 2, 4):
        page = simulator.call("GET", f"{USERS}/all?offset={offset}&limit=2").content
        names += [user["username"] for user in page["users"]]
    assert names == ["*admin", "*api", "*admin", "*api", "*system"]


def test_an_answer_that_breaks_off(simulator: Simulator) -> None:
    simulator.fault(kind="truncated-answer", operation="list_users", times=1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        simulator.call("GET", f"{USERS}/all")
    assert simulator.call("GET", f"{USERS}/all").status == 200


def test_an_answer_that_is_no_json(simulator: Simulator) -> None:
    simulator.fault(kind="not-json", operation="list_users", times=1)
    reply = simulator.raw("GET", f"{USERS}/all", b"")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert reply.content is None


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        pytest.param({"operation": "get_user"}, ["", "changed by somebody else"], id="after a read"),
        pytest.param(
            {"operation": "list_users", "user": "ada", "field": "fullname", "value": "X"},
            ["", ""],
            id="after a page",
        ),
    ],
)
def test_somebody_else_writes_after_a_read(
    simulator: Simulator, fault: dict[str, Any], seen: list[str]
) -> None:
    first = simulator.seed([{"username": "ada"}])
    simulator.fault(kind="concurrent-writer", times=1, **fault)
    simulator.call("GET", f"{USERS}/all")
    notes = [simulator.call("GET", f"{USERS}/{first}").content["notes"] for _ in range(2)]
    assert notes == seen
    assert [each["operation"] for each in simulator.log()] == ["concurrent_writer"]
    assert simulator.users()["ada"][fault.get("field", "notes")] == fault.get("value", seen[1])


def test_somebody_else_writes_before_a_write(simulator: Simulator) -> None:
    first = simulator.seed([{"username": "ada", "fullname": "Ada"}])
    simulator.fault(kind="concurrent-writer", operation="update_user", field="phone", value="7", times=1)
    reply = simulator.call("PATCH", f"{USERS}/{first}", {"fullname": "Ada L."})
    assert (reply.content["phone"], reply.content["fullname"]) == ("7", "Ada L.")
    assert [each["operation"] for each in simulator.log()] == ["concurrent_writer", "update_user"]


def test_a_writer_aimed_at_nobody_is_said(simulator: Simulator) -> None:
    simulator.fault(kind="concurrent-writer", user="nobody", times=1)
    assert "nobody" in simulator.call("GET", f"{USERS}/all").content["message"]


def test_counting(simulator: Simulator) -> None:
    simulator.fault(kind="error", operation="get_user", after=2, every=3, times=2)
    token = simulator.token()
    statuses = [simulator.call("GET", f"{USERS}/1", token=token).status for _ in range(12)]
    assert statuses == [200] * 4 + [503] + [200] * 2 + [503] + [200] * 4
    (told,) = simulator.faults()
    assert (told["seen"], told["hits"]) == (12, 2)
    simulator.clear_faults()
    assert simulator.faults() == []


def test_a_fault_of_no_operation_hits_all_and_several_go_together() -> None:
    faults = Faults()
    faults.add(Fault(kind=Kind.LATENCY))
    faults.add(Fault(kind=Kind.DROP, operation="get_user"))
    assert set(faults.of("get_user")) == {Kind.LATENCY, Kind.DROP}
    assert set(faults.of("token")) == {Kind.LATENCY}
    assert set(faults.of("import")) == set()


def test_a_fault_in_words() -> None:
    fault = parse("kind=error,status=429, operation=update_user,after=10,every=3,times=2,retry_after=7")
    assert fault == Fault(
        kind=Kind.ERROR, status=429, operation="update_user", after=10, every=3, times=2, retry_after="7"
    )
    assert parse("kind=drop,when=after").when is When.AFTER


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("drop", "'drop' is not NAME=VALUE", id="no value"),
        pytest.param("status=503", "has no kind", id="no kind"),
        pytest.param("kind=flood", "kind cannot be 'flood'", id="an unknown kind"),
        pytest.param("kind=drop,tmes=1", "did you mean 'times'", id="a misspelt setting"),
        pytest.param("kind=drop,times=many", "times cannot be 'many'", id="no number"),
        pytest.param("kind=latency,seconds=x", "allowed: a number (float)", id="no fraction"),
        pytest.param("kind=drop,operation=updateUser", "no operation is named", id="an unknown operation"),
        pytest.param("kind=drop,every=0", "every cannot be less than 1", id="every none"),
        pytest.param("kind=drop,operation=import", "drop cannot hit import", id="an import does not drop"),
        pytest.param("kind=repeated-page,operation=get_user", "cannot hit get_user", id="a page of one"),
        pytest.param("kind=concurrent-writer", "needs a user", id="a writer without a user"),
    ],
)
def test_a_fault_that_is_none(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert words in str(caught.value)
    assert caught.value.exit_code == 64


def test_a_fault_is_an_object() -> None:
    with pytest.raises(UsageError, match="a fault is an object"):
        made("kind=drop")
