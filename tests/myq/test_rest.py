"""Reading and writing MyQ by REST, on a real socket, with everything that can go wrong on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.model import Account, User
from reconciler.core.outcome import Status
from reconciler.errors import TargetError, TargetRejected
from reconciler.myq.apply import Applying
from reconciler.myq.client import Client
from reconciler.myq.operations import BUILT_IN
from reconciler.myq.rest import RestServer
from reconciler.sources.myq_token import Credentials
from reconciler.sources.patience import Patience
from reconciler.sources.web import Http
from support.simulator import Simulator

QUICK = Patience(tries=3, first_wait=0.001, longest_wait=0.01, timeout=10)
PEOPLE = [
    {"username": "ada", "fullname": "Ada", "syncSource": "HR", "groups": ["Staff"], "cards": ["C1"]},
    {"username": "bob", "fullname": "Bob", "syncSource": "HR", "groups": ["Staff|IT"]},
    {"username": "cy", "fullname": "Cy", "syncSource": "HR", "deleted": True},
]


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(patience=QUICK, connections=8) as made:
        yield made


@pytest.fixture
def server(simulator: Simulator, http: Http) -> RestServer:
    simulator.seed(PEOPLE)
    credentials = Credentials(simulator.client_id, simulator.client_secret)
    return RestServer(Client(simulator.url, credentials, http), page_size=2)


def change(action: Action, name: str, *fields: FieldChange, id: str = "", source: str = "HR") -> Change:  # noqa: A002  MyQ's word
    return Change(action, name, fields, account_id=id, account_source=source)


def id_of(server: RestServer, name: str) -> str:
    return next(one.id for one in server.read_state().accounts if one.user.user_name == name)


def test_all_accounts_and_groups_are_read_page_by_page(server: RestServer, simulator: Simulator) -> None:
    state = server.read_state()
    assert [(one.user.user_name, one.active) for one in state.accounts] == [
        ("ada", True),
        ("bob", True),
        ("cy", False),
    ]
    assert state.groups == {"Staff", "Staff|IT"}
    assert state.accounts[0].user.cards == ("C1",)
    pages = [one for one in simulator.requests() if one["operation"] == "list_users"]
    assert len(pages) == 4  # three people, five of MyQ's own, two a page


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "short-page", "operation": "list_users"}, id="a-page-lacks-one"),
        pytest.param({"kind": "wrong-count", "operation": "list_users"}, id="the-count-lies"),
        pytest.param({"kind": "repeated-page", "operation": "list_users", "after": 1}, id="a-page-repeats"),
        pytest.param({"kind": "drop", "operation": "list_users", "after": 2}, id="it-breaks-off"),
        pytest.param({"kind": "error", "status": 500, "operation": "list_users", "after": 1}, id="500"),
        pytest.param({"kind": "not-json", "operation": "list_users"}, id="no-json"),
        pytest.param({"kind": "truncated-answer", "operation": "list_users"}, id="half-an-answer"),
        pytest.param({"kind": "short-page", "operation": "list_groups"}, id="groups-lack-one"),
        pytest.param({"kind": "error", "status": 403, "operation": "list_groups"}, id="no-right"),
        pytest.param({"kind": "drop", "operation": "token"}, id="no-token"),
    ],
)
def test_a_doubtful_read_is_no_read(
    server: RestServer, simulator: Simulator, fault: dict[str, object]
) -> None:
    simulator.fault(**fault)
    with pytest.raises(TargetError) as raised:
        server.read_state()
    assert raised.value.hint


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "error", "status": 503, "times": 2}, id="busy-for-a-while"),
        pytest.param({"kind": "error", "status": 429, "retry_after": "0", "times": 2}, id="asked-to-wait"),
        pytest.param({"kind": "drop", "operation": "list_users", "times": 1}, id="one-drop"),
        pytest.param({"kind": "expired-token", "times": 1}, id="the-token-expired"),
    ],
)
def test_what_passes_is_borne(server: RestServer, simulator: Simulator, fault: dict[str, object]) -> None:
    simulator.fault(**fault)
    assert len(server.read_state().accounts) == 3


def test_a_token_is_used_until_shortly_before_its_end(simulator: Simulator, http: Http) -> None:
    clock = [0.0]
    credentials = Credentials(simulator.client_id, simulator.client_secret)
    server = RestServer(Client(simulator.url, credentials, http, lambda: clock[0]))
    for moment in (0.0, 1_600.0, 1_700.0, 3_000.0, 3_500.0):
        clock[0] = moment
        server.read_state()
    assert sum(one["operation"] == "token" for one in simulator.requests()) == 3


def test_a_wrong_secret_is_said_and_not_shown(simulator: Simulator, http: Http) -> None:
    server = RestServer(Client(simulator.url, Credentials("reconciler", "s3cr3t-and-wrong"), http))
    with pytest.raises(TargetError, match="no token") as raised:
        server.read_state()
    assert "s3cr3t" not in str(raised.value)


def test_a_scope_that_is_not_granted_is_named(simulator: Simulator, http: Http) -> None:
    credentials = Credentials(simulator.client_id, simulator.client_secret, "users reports")
    with pytest.raises(TargetError, match="scope reports"):
        RestServer(Client(simulator.url, credentials, http)).read_state()


def test_an_operation_that_the_server_lacks_is_named(server: RestServer, simulator: Simulator) -> None:
    simulator.switch(undocumented_operations=False)
    with pytest.raises(TargetRejected, match="no operation GET /api/v3/groups"):
        server.read_state()


CREATE = change(
    Action.CREATE,
    "dee",
    FieldChange("userName", "", "dee"),
    FieldChange("fullName", "", "Dee"),
    FieldChange("groups", (), ("Staff",)),
    FieldChange("synchronizationSource", "", "HR"),
    source="",
)


def apply(server: RestServer, *changes: Change) -> list[tuple[Status, str]]:
    return [
        (outcome.status, outcome.detail)
        for outcome in Applying(server, concurrency=4, patience=QUICK).run(changes)
    ]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["drop", "error"])
def test_a_creation_whose_answer_is_lost_is_settled_by_looking(
    server: RestServer, simulator: Simulator, kind: str, when: str
) -> None:
    simulator.fault(kind=kind, operation="create_user", when=when, times=1)
    told = {"before": "", "after": "settled by reading it back"}[when]
    assert apply(server, CREATE) == [(Status.APPLIED, told)]
    assert "dee" in simulator.users()
    assert sum(one["operation"] == "create_user" for one in simulator.log()) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("operation", "action", "name", "fields"),
    [
        ("update_user", Action.UPDATE, "ada", (FieldChange("email", "", "ada@x"),)),
        ("update_user", Action.REKEY, "ada", (FieldChange("userName", "ada", "ada.l"),)),
        ("delete_user", Action.DEACTIVATE, "ada", (FieldChange("groups", ("Staff",), ()),)),
        ("undelete_user", Action.REACTIVATE, "cy", (FieldChange("groups", (), ("Staff",)),)),
        ("create_group", Action.GROUP_CREATE, "Labs", (FieldChange("path", "", "Labs"),)),
        ("move_group", Action.GROUP_MOVE, "Staff|IT", (FieldChange("path", "Staff|IT", "IT"),)),
    ],
)
def test_every_write_survives_a_lost_answer(  # noqa: PLR0913  one row of a table
    server: RestServer,
    simulator: Simulator,
    *,
    when: str,
    operation: str,
    action: Action,
    name: str,
    fields: tuple[FieldChange, ...],
) -> None:
    known = {one.user.user_name: one.id for one in server.read_state().accounts}
    wanted = change(action, name, *fields, id=known.get(name, ""))
    simulator.fault(kind="drop", operation=operation, when=when, times=1)
    first = apply(server, wanted)
    second = apply(server, wanted)
    assert Status.APPLIED in {first[0][0], second[0][0]}, (first, second)
    effects = [one for one in simulator.log() if one["operation"] == operation]
    assert len({one["request"] for one in effects}) == 1, effects


@pytest.mark.parametrize(
    ("wanted", "meanwhile"),
    [
        pytest.param(
            change(Action.UPDATE, "ada", FieldChange("email", "", "ada@x")),
            {"email": "hand@x"},
            id="the-field-was-changed-by-hand",
        ),
        pytest.param(
            change(Action.DEACTIVATE, "ada", FieldChange("groups", ("Staff",), ())),
            {"groups": ["Staff", "Staff|IT"]},
            id="another-group-would-be-lost",
        ),
        pytest.param(
            change(Action.DEACTIVATE, "ada", FieldChange("groups", ("Staff",), ())),
            {"syncSource": "Somebody"},
            id="it-is-not-ours-any-more",
        ),
        pytest.param(
            change(Action.UPDATE, "ada", FieldChange("cards", ("C1",), ("C2",))),
            {"cards": ["C3"]},
            id="the-card-to-take-is-gone",
        ),
    ],
)
def test_an_account_that_is_no_longer_as_planned_is_left(
    server: RestServer, simulator: Simulator, wanted: Change, meanwhile: dict[str, object]
) -> None:
    id_ = id_of(server, "ada")
    simulator.call("PATCH", f"/api/v3/users/{id_}", meanwhile)
    before = simulator.users()["ada"]
    assert apply(server, wanted._replace(account_id=id_))[0][0] is Status.STALE
    assert simulator.users()["ada"] == before


def test_a_card_enrolled_meanwhile_is_kept(server: RestServer, simulator: Simulator) -> None:
    id_ = id_of(server, "ada")
    simulator.call("PATCH", f"/api/v3/users/{id_}", {"cards": ["C1", "MINE"]})
    wanted = change(Action.UPDATE, "ada", FieldChange("cards", ("C1",), ("C1", "C2")), id=id_)
    assert apply(server, wanted)[0][0] is Status.APPLIED
    assert sorted(simulator.users()["ada"]["cards"]) == ["C1", "C2", "MINE"]


def test_an_account_without_an_id_is_found_by_its_name(server: RestServer, simulator: Simulator) -> None:
    wanted = change(Action.UPDATE, "ada", FieldChange("email", "", "ada@x"))
    assert apply(server, wanted)[0][0] is Status.APPLIED
    assert simulator.users()["ada"]["email"] == "ada@x"


def test_pins_go_with_a_new_account(server: RestServer, simulator: Simulator) -> None:
    outcome = Applying(server, {"dee": ("271828",)}).run([CREATE._replace(pins=1)])[0]
    assert outcome.status is Status.APPLIED
    assert simulator.users()["dee"]["pins"] == ["271828"]


def test_what_needs_a_change_that_failed_is_not_tried(server: RestServer, simulator: Simulator) -> None:
    group = change(Action.GROUP_CREATE, "Labs", FieldChange("path", "", "Labs"))
    joins = CREATE._replace(needs=(group.id,))
    simulator.fault(kind="error", status=400, operation="create_group")
    outcomes = Applying(server).run([group, joins])
    assert [outcome.status for outcome in outcomes] == [Status.FAILED, Status.BLOCKED]
    assert "dee" not in simulator.users()


def test_myqs_own_words_reach_the_result(server: RestServer) -> None:
    taken = CREATE._replace(fields=(*CREATE.fields, FieldChange("cards", (), ("C1",))))
    status, detail = apply(server, taken)[0]
    assert status is Status.FAILED
    assert "C1" in detail or "card" in detail


def test_a_group_that_was_moved_by_somebody_is_told(server: RestServer) -> None:
    moved = change(Action.GROUP_MOVE, "Nowhere", FieldChange("path", "Nowhere", "There"))
    status, detail = apply(server, moved)[0]
    assert status is Status.FAILED
    assert "no longer there" in detail


def test_an_account_whose_owner_the_export_does_not_tell_is_left_if_it_is_not_ours(
    server: RestServer, simulator: Simulator
) -> None:
    simulator.seed([{"username": "dan", "fullname": "Dan", "syncSource": "Somebody"}])
    wanted = change(Action.UPDATE, "dan", FieldChange("email", "", "dan@x"))
    assert apply(server, wanted)[0][0] is Status.STALE
    assert "email" not in {key for key, value in simulator.users()["dan"].items() if value}


def test_where_a_user_takes_no_pins_each_is_given_by_the_operation_for_it() -> None:
    calls: list[tuple[str, object]] = []
    binding = replace(BUILT_IN, user=replace(BUILT_IN.user, pins=""))
    client = SimpleNamespace(binding=binding, call=lambda name, about: calls.append((name, about)))
    server = RestServer(cast("Client", client), 100)
    handed = Change(Action.UPDATE, "ada", account_id="7", pins=2, handed="a fingerprint")
    server.write(handed, Account(User("ada"), "7"), ("4711", "5822"))
    assert calls == [("add_pin", {"user": 7, "value": pin}) for pin in ("4711", "5822")]
    server.write(handed._replace(handed=""), Account(User("ada"), "7"), ("4711",))
    assert len(calls) == 2
