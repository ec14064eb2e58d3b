"""The simulator speaking one of its REST interfaces, and the binding that `doctor --spec` makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.cli.app import run
from reconciler.manifest.binding import load_binding
from reconciler.myq.client import Client
from reconciler.myq.rest import RestServer
from reconciler.sources.myq_binding import Binding
from reconciler.sources.myq_token import Credentials
from reconciler.sources.patience import Patience
from reconciler.sources.web import Http
from support.simulator import Simulator

DIALECTS = {"built-in": "2.0", "paged": "3.0", "people": "3.1"}
"""Each interface, and the version of OpenAPI in which it is read."""

QUICK = Patience(tries=3, first_wait=0.001, longest_wait=0.01, timeout=10)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One interface: the simulator that speaks it, the binding file, and a server that works by it."""

    dialect: str
    myq: Simulator
    file: Path
    binding: Binding
    server: RestServer

    def operation(self, name: str) -> str:
        """Return by which of the simulator's operations something is done here."""
        by_update = self.dialect == "people" and name in {"delete_user", "undelete_user"}
        return "update_user" if by_update else name


Bound = Callable[[str], Path]
"""Returns the binding file of an interface, after letting the simulator speak it."""


@pytest.fixture(scope="session")
def binding_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the binding files that were made already; nobody but `bound` needs them."""
    return {"": tmp_path_factory.mktemp("bindings")}


@pytest.fixture
def bound(
    simulator: Simulator, binding_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Bound:
    """Let the simulator speak an interface, and have `doctor --spec` bind it from its own specification."""

    def bind(dialect: str) -> Path:
        simulator.switch(dialect=dialect)
        if dialect not in binding_files:
            made = binding_files[""] / f"{dialect}.yaml"
            url = f"{simulator.url}/simulator/openapi.json?version={DIALECTS[dialect]}"
            with monkeypatch.context() as elsewhere:
                elsewhere.chdir(tmp_path)
                assert run(["doctor", "--spec", url, "--out", str(made)]) == 0
            binding_files[dialect] = made
        return binding_files[dialect]

    return bind


@pytest.fixture(params=list(DIALECTS))
def spoken(request: pytest.FixtureRequest, simulator: Simulator, bound: Bound) -> Iterator[Spoken]:
    """Each interface in turn."""
    file = bound(request.param)
    binding = load_binding(file.parent, file.name)
    credentials = Credentials(simulator.client_id, simulator.client_secret)
    with Http(patience=QUICK, connections=8) as http:
        client = Client(simulator.url, credentials, http, binding=binding)
        yield Spoken(request.param, simulator, file, binding, RestServer(client, page_size=2))
