"""Requests to a server that may be anything: a proxy, another product, a MyQ of another release."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.errors import ReconcilerError, TargetError, TargetRejected
from reconciler.myq.client import Client
from reconciler.sources.myq_token import Credentials
from reconciler.sources.patience import Patience
from reconciler.sources.web import Http
from support.odd_server import HTML, TOKEN, OddServer, Said, told

SECRET = "s3cr3t-of-the-application"
QUICK = Patience(tries=2, first_wait=0.001, longest_wait=0.01, timeout=10)
ONE = "/api/v3/users/7"


@pytest.fixture
def client(odd_server: OddServer) -> Iterator[Client]:
    with Http(patience=QUICK, connections=2) as http:
        yield Client(f"{odd_server.url}/", Credentials("app", SECRET), http)


def ask(client: Client, *, absent: bool = False) -> object:
    return client.call("get_user", {"user": "7"}, absent=absent)


def refused(client: Client, *, absent: bool = False) -> ReconcilerError:
    with pytest.raises(TargetError) as raised:
        ask(client, absent=absent)
    assert raised.value.hint
    assert raised.value.where
    assert SECRET not in f"{raised.value} {raised.value!r}"
    return raised.value


@pytest.mark.parametrize(
    ("token", "words"),
    [
        pytest.param(HTML, "no JSON", id="a-page-of-html"),
        pytest.param(told([]), "holds no token", id="a-list"),
        pytest.param(told({}), "holds no token", id="an-object-without-a-token"),
        pytest.param(told(TOKEN | {"access_token": 7}), "holds no token", id="a-number-for-a-token"),
        pytest.param(told(TOKEN | {"access_token": None}), "holds no token", id="null-for-a-token"),
        pytest.param(told({"message": "no such client"}, 401), "401", id="a-client-nobody-knows"),
        pytest.param(told({"message": "invalid_scope"}, 400), "invalid_scope", id="a-scope-nobody-knows"),
        pytest.param(Said(404, b"not here", "text/plain"), "not here", id="no-such-address"),
        pytest.param(Said(302, b"", "text/plain"), "no JSON", id="a-redirect"),
        pytest.param(told(TOKEN | {"scope": "credit"}), "does not grant the scope users", id="another-scope"),
        pytest.param(Said(200, b"", "application/json"), "no JSON", id="an-empty-answer"),
        pytest.param(Said(200, b'{"access_tok', "application/json"), "no JSON", id="half-an-answer"),
    ],
)
def test_without_a_token_nothing_is_asked(
    client: Client, odd_server: OddServer, token: Said, words: str
) -> None:
    odd_server.answers["/api/auth/token"] = [token]
    assert words in refused(client).message
    assert {one.split()[1] for one in odd_server.asked} == {"/api/auth/token"}


@pytest.mark.parametrize(
    "life",
    [
        pytest.param({"expires_in": 1800}, id="as-documented"),
        pytest.param({"expires_in": "1800"}, id="as-text"),
        pytest.param({"expires_in": None}, id="as-null"),
        pytest.param({"expires_in": "soon"}, id="as-a-word"),
        pytest.param({"expires_in": [1]}, id="as-a-list"),
        pytest.param({"expires_in": -5}, id="in-the-past"),
        pytest.param({"expires_in": 1e300}, id="for-ever"),
    ],
)
def test_a_token_whose_life_is_told_oddly_is_used(
    client: Client, odd_server: OddServer, life: dict[str, object]
) -> None:
    odd_server.answers |= {"/api/auth/token": [told(TOKEN | life)], ONE: [told({"id": 7})]}
    assert ask(client) == {"id": 7}


def test_a_token_that_is_refused_is_renewed_once(client: Client, odd_server: OddServer) -> None:
    odd_server.answers[ONE] = [told({"message": "expired"}, 401), told({"id": 7})]
    assert ask(client) == {"id": 7}
    assert odd_server.asked.count("POST /api/auth/token") == 2


def test_a_token_that_is_always_refused_is_not_asked_for_without_end(
    client: Client, odd_server: OddServer
) -> None:
    odd_server.answers[ONE] = [told({"message": "expired"}, 401)]
    assert "(401): expired" in refused(client).message
    assert len(odd_server.asked) == 4


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        pytest.param(
            told({"message": "bad e-mail"}, 400), TargetRejected, "(400): bad e-mail", id="its-words"
        ),
        pytest.param(
            Said(403, b"\x1b[31mno\x07\n\nway", "text/plain"),
            TargetRejected,
            "(403): [31mno way",
            id="no-json",
        ),
        pytest.param(told(["x"], 409), TargetRejected, '(409): ["x"]', id="another-shape"),
        pytest.param(
            told({"message": {"en": "no"}}, 409), TargetRejected, "(409): ", id="a-message-that-is-none"
        ),
        pytest.param(Said(410, b""), TargetRejected, "(410): (empty)", id="nothing-at-all"),
        pytest.param(told({}, 404), TargetRejected, "(404)", id="nobody-by-this-id"),
        pytest.param(HTML, TargetError, "no JSON", id="a-page-of-html"),
        pytest.param(Said(200, b"x" * 5000), TargetError, "...", id="a-long-answer-is-cut"),
    ],
)
def test_what_is_refused_is_told_in_myqs_words(
    client: Client, odd_server: OddServer, said: Said, kind: type[TargetError], words: str
) -> None:
    odd_server.answers[ONE] = [said]
    error = refused(client)
    assert type(error) is kind
    assert words in error.message
    assert len(error.message) < 500
    assert error.message.isprintable()


def test_nobody_by_an_id_is_an_answer_where_it_may_be(client: Client, odd_server: OddServer) -> None:
    odd_server.answers[ONE] = [told({"message": "no user 7"}, 404)]
    assert ask(client, absent=True) is None


def test_an_answer_without_a_body_is_nothing(client: Client, odd_server: OddServer) -> None:
    odd_server.answers[ONE] = [Said(200, b"")]
    assert ask(client) is None


def test_an_operation_the_server_lacks_is_named_with_how_sure_it_is(client: Client) -> None:
    with pytest.raises(TargetRejected) as raised:
        client.call("list_groups")
    assert raised.value.message == "this server has no operation GET /api/v3/groups (assumed)"
    assert "CSV" in raised.value.hint


def test_what_goes_into_an_address_cannot_change_it(client: Client, odd_server: OddServer) -> None:
    odd_server.answers["/api/v3/users/..%2F..%2F%3Fx%3D1%23"] = [told({})]
    client.call("get_user", {"user": "../../?x=1#"})
    client.call("get_user", {"user": "../../?x=1#"}, query={"a&b": "c d"})
    assert odd_server.asked[1:] == [
        "GET /api/v3/users/..%2F..%2F%3Fx%3D1%23",
        "GET /api/v3/users/..%2F..%2F%3Fx%3D1%23?a%26b=c+d",
    ]


def test_nobody_listening_is_told() -> None:
    with Http(patience=QUICK) as http, pytest.raises(TargetError) as raised:
        Client("http://127.0.0.1:9", Credentials("app", SECRET), http).call("list_users")
    assert raised.value.exit_code == 6
    assert SECRET not in str(raised.value)
