"""From a Target manifest to what is read and written, and every way in which that cannot be."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.model import Property
from reconciler.errors import ReconcilerError, TargetError, TargetRejected
from reconciler.manifest.models import TargetSpec
from reconciler.pipeline.connect import read_state, server_of
from reconciler.secret import resolve_secret
from reconciler.sources.base import Surroundings
from support.odd_server import OddServer, told
from support.simulator import Simulator

EXPORT = "FULLNAME,USERNAME_ALIASES,GROUPS,SYNC_SOURCE\nAda,ada,Staff|IT,Personnel\n"


def target(**spec: Any) -> TargetSpec:  # noqa: ANN401  as in a manifest
    return TargetSpec.model_validate(spec)


def rest(url: str, **more: object) -> dict[str, object]:
    return {"url": url, "client_id": "reconciler", "client_secret": "env:MYQ_TEST_SECRET", **more}


@pytest.fixture
def around(tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    monkeypatch.setenv("MYQ_TEST_SECRET", simulator.client_secret)
    monkeypatch.setenv("MYQ_TEST_CLIENT", simulator.client_id)
    monkeypatch.setattr("reconciler.sources.patience.Patience.wait_after", lambda *_: 0.0)
    return Surroundings(tmp_path, partial(resolve_secret, folder=tmp_path))


def test_a_server_is_read_by_rest(around: Surroundings, simulator: Simulator) -> None:
    simulator.seed([{"username": "ada", "groups": ["Staff|IT"]}], ["Empty"])
    found = read_state(target(rest=rest(simulator.url)), around)
    assert [one.user.user_name for one in found.accounts] == ["ada"]
    assert found.groups == {"Staff", "Staff|IT", "Empty"}
    assert (found.knows_source, found.knows_deleted) == (True, True)


def test_the_client_id_may_be_a_reference(around: Surroundings, simulator: Simulator) -> None:
    spec = target(rest=rest(simulator.url, client_id="env:MYQ_TEST_CLIENT"))
    assert read_state(spec, around).accounts == ()


@pytest.mark.parametrize(
    ("assumed", "knows"),
    [pytest.param(False, False, id="unless-told"), pytest.param(True, True, id="where-it-is-assumed")],
)
def test_an_export_is_read_as_the_manifest_says(around: Surroundings, *, assumed: bool, knows: bool) -> None:
    (around.folder / "users.csv").write_text(EXPORT, encoding="utf-8")
    spec = target(
        read="csv",
        csv={"export": "users.csv"},
        assumptions={"csv_export_has_synchronization_source": assumed},
    )
    found = read_state(spec, around)
    assert found.groups == {"Staff", "Staff|IT"}
    assert (found.knows_source, found.knows_deleted) == (knows, False)
    assert (Property.SYNCHRONIZATION_SOURCE in found.readable) is knows


def test_an_export_without_a_header_and_in_another_encoding(around: Surroundings) -> None:
    (around.folder / "users.csv").write_bytes("Žofie;zofie;;;;;;\n".encode("cp1250"))
    csv = {"export": "users.csv", "delimiter": ";", "encoding": "windows-1250", "header": False}
    (account,) = read_state(target(read="csv", csv=csv), around).accounts
    assert account.user.full_name == "Žofie"


def test_an_export_that_is_not_there_is_the_targets_fault(around: Surroundings) -> None:
    with pytest.raises(TargetError, match="cannot be read") as raised:
        read_state(target(read="csv", csv={"export": "absent.csv"}), around)
    assert raised.value.where == "absent.csv"


def test_without_a_way_to_write_nobody_is_asked(around: Surroundings) -> None:
    spec = target(read="csv", csv={"export": "users.csv"})
    with pytest.raises(ReconcilerError, match="no way to write"), server_of(spec, around):
        pytest.fail("there is no server")


def test_a_refused_read_is_a_read_that_did_not_end(around: Surroundings, odd_server: OddServer) -> None:
    odd_server.answers["/api/v3/groups"] = [told({"message": "not you"}, 403)]
    with pytest.raises(TargetError, match="not you") as raised:
        read_state(target(rest=rest(odd_server.url)), around)
    assert not isinstance(raised.value, TargetRejected)
    assert raised.value.exit_code == 6


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param({"client_secret": "env:NOBODY_SET_THIS"}, "NOBODY_SET_THIS", id="no-secret"),
        pytest.param({"client_id": "file:absent"}, "absent", id="no-client-id"),
        pytest.param({"ca_file": "absent.pem"}, "absent.pem", id="no-certificates"),
    ],
)
def test_what_the_manifest_points_to_must_be_there(
    around: Surroundings, odd_server: OddServer, spec: dict[str, object], words: str
) -> None:
    with pytest.raises(ReconcilerError, match=words) as raised:
        read_state(target(rest=rest(odd_server.url, **spec)), around)
    assert raised.value.hint
    assert odd_server.asked == []
