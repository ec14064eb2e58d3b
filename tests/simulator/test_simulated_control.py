"""The simulator's own endpoints, and its switches."""

from __future__ import annotations

import pytest

from reconciler.errors import UsageError
from reconciler.simulator.switches import Release, Returning, Switches, described, parse
from support.simulator import Simulator


def test_a_seed_answers_with_the_first_id_and_may_come_in_parts(simulator: Simulator) -> None:
    assert simulator.seed([{"username": "ada"}, {"username": "bob", "deleted": True}]) == 6
    assert simulator.seed([{"username": "cal", "fullname": "Cal", "defaultGroup": "Staff"}]) == 8
    users = simulator.users()
    assert {name: user["id"] for name, user in users.items()} == {"ada": 6, "bob": 7, "cal": 8}
    assert (users["ada"]["fullname"], users["bob"]["deleted"]) == ("ada", True)
    assert users["cal"]["defaultGroup"] == "Staff"


def test_the_log_can_be_read_from_a_point_on(simulator: Simulator) -> None:
    simulator.seed(groups=["A", "B", "C"])
    sequence = [each["seq"] for each in simulator.log()]
    assert sequence == sorted(sequence)
    assert [each["seq"] for each in simulator.log(after=sequence[1])] == sequence[2:]


def test_requests_are_listed_with_what_became_of_them(simulator: Simulator) -> None:
    token = simulator.token()
    simulator.call("GET", "/api/v3/users/all?limit=2", token=token)
    simulator.call("PATCH", "/api/v3/users/99", {}, token=token)
    told = [
        (each["operation"], each["method"], each["path"], each["query"], each["status"])
        for each in simulator.requests()
    ]
    assert told == [
        ("token", "POST", "/api/auth/token", "", 200),
        ("list_users", "GET", "/api/v3/users/all", "limit=2", 200),
        ("update_user", "PATCH", "/api/v3/users/99", "", 404),
    ]


def test_a_reset_leaves_what_is_built_in_and_no_token(simulator: Simulator) -> None:
    token = simulator.token()
    simulator.seed([{"username": "ada", "groups": ["Staff"], "cards": ["A1"]}])
    simulator.reset()
    state = simulator.state()
    assert [user["username"] for user in state["users"]] == [
        "*admin",
        "*api",
        "*fax",
        "*unauthenticated",
        "*system",
    ]
    assert state["groups"] == ["All users"]
    assert (simulator.log(), simulator.requests()) == ([], [])
    assert simulator.call("GET", "/api/v3/users", token=token).status == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        pytest.param("POST", "seed", b"[]", "the body is no JSON object", id="a list for an object"),
        pytest.param("POST", "seed", b"{", "the body is not JSON", id="no JSON"),
        pytest.param("POST", "switches", b'{"token_lif": 1}', "there is no setting", id="no switch"),
        pytest.param("POST", "faults", b'[{"kind": "drop"}, 1]', "a fault is an object", id="no fault"),
        pytest.param("GET", "log?after=yesterday", b"", "is not a whole number", id="no number"),
    ],
)
def test_a_mistake_is_a_400_with_a_hint(
    simulator: Simulator, method: str, path: str, body: bytes, words: str
) -> None:
    reply = simulator.raw(method, f"/simulator/{path}", body, token="")
    assert reply.status == 400
    assert words in reply.content["message"]
    assert reply.content["hint"]


def test_several_faults_at_once(simulator: Simulator) -> None:
    body = b'[{"kind": "drop", "times": 1}, {"kind": "latency", "seconds": 0.5}]'
    assert simulator.raw("POST", "/simulator/faults", body, token="").status == 200
    assert [each["kind"] for each in simulator.faults()] == ["drop", "latency"]


def test_every_switch_names_the_section_that_leaves_it_open() -> None:
    assert len(described()) == len(Switches.__slots__)
    for name, default, section, about in described():
        assert getattr(Switches(), name) == getattr(parse(Switches(), [f"{name}={default}"]), name)
        assert section[0].isdigit()
        assert about


def test_switches_from_the_command_line() -> None:
    switches = parse(
        Switches(), ["release=10.1", "undocumented_operations=ON", "token_life=5", "returning_user=recreate"]
    )
    assert switches == Switches(
        release=Release.R10_1, undocumented_operations=True, token_life=5, returning_user=Returning.RECREATE
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("release", "is not NAME=VALUE", id="no value"),
        pytest.param("relase=10.1", "did you mean 'release'", id="a misspelt switch"),
        pytest.param("colour=red", "known: release,", id="nothing like a switch"),
        pytest.param("release=9.0", "allowed: 10.1, 10.2", id="another release"),
        pytest.param("aliases_ignore_case=perhaps", "allowed: true, on", id="no truth"),
        pytest.param("token_life=long", "allowed: a number (int)", id="no number"),
        pytest.param("pin_minimum_length=3", "allowed: 4 to 16", id="section 5: PINs have 4 digits or more"),
        pytest.param("conflict_status=200", "allowed: 400 to 499", id="section 6.4: a clash is a 4xx"),
        pytest.param("csv_delimiter=;;", "cannot part columns", id="two characters"),
        pytest.param("csv_export_encoding=klingon", "no encoding 'klingon'", id="no encoding"),
    ],
)
def test_a_switch_that_is_none(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(Switches(), [text])
    assert words in str(caught.value)
    assert caught.value.exit_code == 64
