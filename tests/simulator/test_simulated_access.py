"""Tokens, scopes, errors, and operations that are not documented (myq.md sections 6.2 to 6.4 and 9)."""

from __future__ import annotations

from typing import Any

import pytest

from support.simulator import Reply, Simulator

USERS = "/api/v3/users"
UNDOCUMENTED = [
    ("GET", f"{USERS}/all"),
    ("GET", f"{USERS}/1"),
    ("PATCH", f"{USERS}/1"),
    ("DELETE", f"{USERS}/1"),
    ("POST", f"{USERS}/1/undelete"),
    ("GET", "/api/v3/groups"),
    ("POST", "/api/v3/groups"),
    ("PATCH", "/api/v3/groups/1"),
]


def ask(simulator: Simulator, **changes: object) -> Reply:
    body = {
        "grant_type": "client_credentials",
        "scope": "users",
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
    }
    return simulator.call("POST", "/api/auth/token", body | changes, token="")


def test_section_6_2_a_token_lives_1800_seconds(simulator: Simulator) -> None:
    content = ask(simulator).content
    assert (content["token_type"], content["expires_in"], content["scope"]) == ("Bearer", 1800, "users")
    assert set(content) == {"access_token", "token_type", "expires_in", "scope"}


def test_section_6_2_fewer_scopes_may_be_granted_than_asked(simulator: Simulator) -> None:
    assert ask(simulator, scope="users reports printers").content["scope"] == "users"


def test_section_6_2_only_offline_access_brings_a_refresh_token(simulator: Simulator) -> None:
    content = ask(simulator, scope="users offline.access").content
    assert content["scope"] == "users offline.access"
    again = ask(simulator, grant_type="refresh_token", scope="", refresh_token=content["refresh_token"])
    assert (again.status, again.content["scope"]) == (200, "users offline.access")
    assert simulator.call("GET", f"{USERS}/all", token=again.content["access_token"]).status == 200


def test_a_refresh_token_is_good_once(simulator: Simulator) -> None:
    token = ask(simulator, scope="offline.access").content["refresh_token"]
    replies = [ask(simulator, grant_type="refresh_token", refresh_token=token).status for _ in range(2)]
    assert replies == [200, 401]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"client_secret": "guess"}, 401, id="a wrong secret"),
        pytest.param({"client_id": "nobody"}, 401, id="an unknown client"),
        pytest.param({"client_secret": None}, 401, id="no secret"),
        pytest.param({"grant_type": "password"}, 400, id="another grant"),
    ],
)
def test_no_token_is_given_for(simulator: Simulator, changes: dict[str, Any], status: int) -> None:
    reply = ask(simulator, **changes)
    assert (reply.status, reply.content["code"]) == (status, status)
    assert "access_token" not in reply.content


@pytest.mark.parametrize("token", ["", "made-up"])
def test_section_9_no_good_token_is_a_401(simulator: Simulator, token: str) -> None:
    assert simulator.call("GET", f"{USERS}/all", token=token).status == 401
    simulator.switch(expired_token_status=403)
    assert simulator.call("GET", f"{USERS}/all", token=token).status == 403


def test_section_6_2_a_token_ends(simulator: Simulator) -> None:
    simulator.switch(token_life=0)
    assert ask(simulator).content["expires_in"] == 0
    assert simulator.call("GET", f"{USERS}/all").status == 401


def test_section_9_a_missing_scope_is_a_403(simulator: Simulator) -> None:
    token = simulator.token(scope="offline.access")
    assert simulator.call("GET", USERS, token=token).status == 403
    simulator.switch(missing_scope_status=401)
    assert simulator.call("GET", USERS, token=token).status == 401


@pytest.mark.parametrize(("method", "path"), UNDOCUMENTED)
def test_section_9_undocumented_operations_are_not_there(
    simulator: Simulator, method: str, path: str
) -> None:
    simulator.switch(undocumented_operations=False)
    for status in (404, 405):
        simulator.switch(undocumented_status=status)
        reply = simulator.call(method, path, {})
        assert (reply.status, reply.content["code"], reply.content["data"]) == (status, status, [])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", f"{USERS}/1", 405),
        ("GET", "/api/v3/nothing", 404),
        ("GET", "/", 404),
        ("GET", f"{USERS}/x", 404),
    ],
)
def test_section_6_4_what_does_not_exist_has_an_error_body_too(
    simulator: Simulator, method: str, path: str, status: int
) -> None:
    reply = simulator.call(method, path)
    assert reply.status == status
    assert set(reply.content) == {"code", "message", "data"}


def test_section_6_4_the_code_may_differ_from_the_status(simulator: Simulator) -> None:
    simulator.switch(error_code_equals_status=False)
    reply = simulator.call("GET", f"{USERS}/99")
    assert reply.status == 404
    assert reply.content["code"] != 404


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"ada"', b"\xff"])
def test_a_body_that_is_no_json_object_is_a_400(simulator: Simulator, body: bytes) -> None:
    assert simulator.raw("POST", USERS, body).status == 400
