"""Every operation meets every fault of the simulator, once and for good, before and after it took effect.

Whatever happens, nothing is done twice, nothing that is told as done is missing, and what is told as not
done was not done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from reconciler.core.change import Action, Change, FieldChange
from reconciler.core.outcome import Outcome, Status
from reconciler.myq.apply import Applying
from reconciler.myq.client import Client
from reconciler.myq.rest import RestServer
from reconciler.simulator.faults import _REACH, Kind
from reconciler.sources.myq_token import Credentials
from reconciler.sources.pace import Pace
from reconciler.sources.patience import Patience
from reconciler.sources.web import Http
from support.simulator import Simulator

QUICK = Patience(tries=2, first_wait=0.001, longest_wait=0.002, timeout=10)
STAFF = {"syncSource": "HR", "groups": ["Staff"]}
PEOPLE = [
    {"username": "ada", "fullname": "Ada", "email": "a@x", **STAFF},
    {"username": "bob", "fullname": "Bob", **STAFF},
    {"username": "cy", "fullname": "Cy", "syncSource": "HR", "deleted": True},
    {"username": "eva", "fullname": "Eva", **STAFF},
]

WRITES = {
    "create_group": ["group-create/Labs"],
    "move_group": ["group-move/Old"],
    "create_user": ["create/dee"],
    "undelete_user": ["reactivate/cy"],
    "update_user": ["update/ada", "rekey/eva", "reactivate/cy"],
    "delete_user": ["deactivate/bob"],
}
"""The writes, and the changes that are made by them."""

READS = {
    "token": None,
    "get_user": ["update/ada", "rekey/eva", "reactivate/cy", "deactivate/bob"],
    "find_users": ["create/dee"],
    "list_groups": ["group-move/Old"],
}
"""What is read before a write, and what cannot be written without it; None is everything."""

FAULTS = [
    pytest.param({"kind": "latency", "seconds": 0.01}, id="latency"),
    *(
        pytest.param({"kind": "error", "status": status, "when": when}, id=f"{status}-{when}")
        for status in (500, 503)
        for when in ("before", "after")
    ),
    pytest.param({"kind": "error", "status": 429, "retry_after": "0", "when": "before"}, id="429-before"),
    pytest.param({"kind": "error", "status": 429, "retry_after": "0", "when": "after"}, id="429-after"),
    pytest.param({"kind": "error", "status": 400, "when": "before"}, id="400-before"),
    pytest.param({"kind": "drop", "when": "before"}, id="drop-before"),
    pytest.param({"kind": "drop", "when": "after"}, id="drop-after"),
    pytest.param({"kind": "truncated-answer"}, id="truncated-answer"),
    pytest.param({"kind": "not-json"}, id="not-json"),
    pytest.param({"kind": "expired-token"}, id="expired-token"),
    pytest.param({"kind": "short-page"}, id="short-page"),
    pytest.param({"kind": "wrong-count"}, id="wrong-count"),
    pytest.param({"kind": "repeated-page"}, id="repeated-page"),
    pytest.param({"kind": "concurrent-writer", "user": "zoe"}, id="concurrent-writer"),
]

_REFUSAL = {("error", 400)}
_HARMLESS = {"latency", "concurrent-writer"}
_AFTER = {"truncated-answer", "not-json"}


@pytest.fixture
def server(simulator: Simulator) -> Iterator[RestServer]:
    simulator.seed([*PEOPLE, {"username": "zoe", "fullname": "Zoe"}], ["Old"])
    with Http(patience=QUICK, connections=4, pace=Pace()) as http:
        credentials = Credentials(simulator.client_id, simulator.client_secret)
        yield RestServer(Client(simulator.url, credentials, http))


def changes_of(server: RestServer) -> list[Change]:
    ids = {one.user.user_name: one.id for one in server.read_state().accounts}

    def of(action: Action, name: str, *fields: FieldChange) -> Change:
        return Change(action, name, fields, account_id=ids[name], account_source="HR")

    created = (
        FieldChange("userName", "", "dee"),
        FieldChange("fullName", "", "Dee"),
        FieldChange("groups", (), ("Labs",)),
        FieldChange("synchronizationSource", "", "HR"),
    )
    return [
        Change(Action.GROUP_CREATE, "Labs", (FieldChange("path", "", "Labs"),)),
        Change(Action.GROUP_MOVE, "Old", (FieldChange("path", "Old", "New"),)),
        of(Action.REKEY, "eva", FieldChange("userName", "eva", "eve")),
        Change(Action.CREATE, "dee", created, needs=("group-create/Labs",)),
        of(Action.REACTIVATE, "cy", FieldChange("groups", (), ("Staff",))),
        of(Action.UPDATE, "ada", FieldChange("email", "a@x", "b@x")),
        of(Action.DEACTIVATE, "bob", FieldChange("groups", ("Staff",), ())),
    ]


def done(simulator: Simulator) -> set[str]:
    """Return the changes that are done by what the simulator holds."""
    users, groups = simulator.users(), simulator.state()["groups"]
    found = {
        "group-create/Labs": "Labs" in groups,
        "group-move/Old": "New" in groups and "Old" not in groups,
        "rekey/eva": "eve" in users,
        "create/dee": "dee" in users and users["dee"]["groups"] == ["Labs"],
        "reactivate/cy": not users["cy"]["deleted"] and users["cy"]["groups"] == ["Staff"],
        "update/ada": users["ada"]["email"] == "b@x",
        "deactivate/bob": users["bob"]["deleted"],
    }
    return {id_ for id_, is_so in found.items() if is_so}


def check(simulator: Simulator, outcomes: tuple[Outcome, ...]) -> dict[str, Status]:
    """Hold what was told against what there is: nothing twice, nothing lost, nothing untold."""
    told = {one.change.id: one.status for one in outcomes}
    assert {id_ for id_, status in told.items() if status is Status.APPLIED} == done(simulator)
    log = [one for one in simulator.log() if one["operation"] in WRITES and one["user"]]
    effects = Counter((one["operation"], one["user"]) for one in log)
    assert {effect: count for effect, count in effects.items() if count > 1} == {}
    assert set(told.values()) <= {Status.APPLIED, Status.FAILED, Status.BLOCKED}
    return told


def reaches(fault: dict[str, object], operation: str) -> bool:
    return operation in _REACH[Kind(str(fault["kind"]))]


CELLS = [
    pytest.param(operation, fault.values[0], id=f"{operation}-{fault.id}")
    for operation in (*WRITES, *READS)
    for fault in FAULTS
    if reaches(fault.values[0], operation)
]


@pytest.mark.parametrize(("operation", "fault"), CELLS)
def test_a_fault_that_comes_once(
    server: RestServer, simulator: Simulator, operation: str, fault: dict[str, object]
) -> None:
    """Everything is applied in the end, but for what MyQ has refused."""
    changes = changes_of(server)
    simulator.fault(operation=operation, times=1, **fault)
    told = check(simulator, run(server, changes))
    if (fault["kind"], fault.get("status")) not in _REFUSAL:
        assert set(told.values()) == {Status.APPLIED}
    assert {one.status for one in run(server, left_of(changes, told))} <= {Status.APPLIED}
    assert len(done(simulator)) == len(changes)


@pytest.mark.parametrize(("operation", "fault"), CELLS)
def test_a_fault_that_stays(
    server: RestServer, simulator: Simulator, operation: str, fault: dict[str, object]
) -> None:
    """What had taken effect is found out by looking; what had not has failed, and the next run does it."""
    changes = changes_of(server)
    simulator.fault(operation=operation, **fault)
    told = check(simulator, run(server, changes))
    assert all(told[id_] in expected_of(operation, fault, id_) for id_ in told), f"{told}"
    simulator.clear_faults()
    assert {one.status for one in run(server, left_of(changes, told))} <= {Status.APPLIED}
    assert len(done(simulator)) == len(changes)


def expected_of(operation: str, fault: dict[str, object], id_: str) -> set[Status]:
    """Return how a change may end while an operation goes wrong each time."""
    kind, hit = fault["kind"], WRITES.get(operation) or READS[operation]
    took_effect = operation in WRITES and (fault.get("when") == "after" or kind in _AFTER)
    # The token that there is lasts for the whole run, and of nobody found no page can be short.
    never_met = operation == "token" or (operation, kind) == ("find_users", "short-page")
    if kind in _HARMLESS or took_effect or never_met:
        return {Status.APPLIED}
    if hit and id_ in hit:
        return {Status.FAILED}
    if kind == "expired-token":  # it takes the token away from everybody else as well
        return {Status.APPLIED, Status.FAILED, Status.BLOCKED}
    needy = id_ == "create/dee" and operation == "create_group"
    return {Status.BLOCKED} if needy else {Status.APPLIED}


def run(server: RestServer, changes: list[Change]) -> tuple[Outcome, ...]:
    return Applying(server, concurrency=4, patience=QUICK).run(changes)


def left_of(changes: list[Change], told: dict[str, Status]) -> list[Change]:
    return [change for change in changes if told[change.id] is not Status.APPLIED]
