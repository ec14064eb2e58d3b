"""The simulator as a Central: its undocumented operations are found under /v2 (myq.md section 6.1)."""

from __future__ import annotations

import pytest

from support.simulator import Simulator

PRINT, CENTRAL = "/api/v3", "/api/v2"


@pytest.mark.parametrize("operation", ["users/all", "groups"])
@pytest.mark.parametrize(
    ("role", "own", "other"),
    [("print", PRINT, CENTRAL), ("central", CENTRAL, PRINT)],
    ids=["print", "central"],
)
def test_a_server_lists_under_the_version_of_its_role(
    simulator: Simulator, role: str, own: str, other: str, operation: str
) -> None:
    simulator.switch(server=role)
    assert simulator.call("GET", f"{own}/{operation}").status == 200
    assert simulator.call("GET", f"{other}/{operation}").status == 404


@pytest.mark.parametrize("role", ["print", "central"])
def test_what_is_documented_is_there_in_both_roles(simulator: Simulator, role: str) -> None:
    simulator.switch(server=role)
    for version in (PRINT, CENTRAL):
        assert simulator.call("GET", f"{version}/users").content == {"users": [], "count": 0}


def test_a_central_without_undocumented_operations_lists_nothing(simulator: Simulator) -> None:
    simulator.switch(server="central", undocumented_operations=False)
    assert simulator.call("GET", f"{CENTRAL}/users/all").status == 404
    assert simulator.call("GET", f"{CENTRAL}/users").content["users"] == []
