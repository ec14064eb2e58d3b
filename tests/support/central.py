"""A simulated MyQ Central beside the simulated print server, and sources of type central that read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import SourceError
from reconciler.simulator.serve import SimulatorConfig, running
from reconciler.simulator.switches import Server, Switches
from reconciler.sources.base import Reader, Surroundings
from reconciler.sources.central import CentralSpec
from reconciler.sources.central.reader import ApiReader
from reconciler.sources.patience import Patience
from support.scripts import Outcome, finish
from support.simulator import Simulator

SECRET = "env:CENTRAL_SECRET"
QUICK = Patience(tries=3, first_wait=0.001, longest_wait=0.01, timeout=10)

PEOPLE: tuple[Mapping[str, Any], ...] = (
    {
        "username": "ada",
        "fullname": "Ada Lovelace",
        "aliases": ["lovelace", "al"],
        "email": "ada@example.org",
        "cards": ["C1", "C2"],
        "code": "1001",
        "department": "Research",
        "groups": ["Prague|Research"],
    },
    {"username": "bob", "fullname": "Bob", "department": "Office", "groups": ["Prague"]},
    {"username": "cy", "fullname": "Cy", "department": "Office", "groups": ["Brno", "Both|Choir"]},
    {"username": "dan", "fullname": "Dan", "department": "Office", "groups": ["Praguer", "Both"]},
    {"username": "eva", "fullname": "Eva", "department": "Office", "groups": ["Prague"], "deleted": True},
)
"""People of two towns; the group Praguer only looks like Prague, and Eva has left."""


@dataclass(frozen=True)
class CentralSource:
    """Makes specs for the simulated Central and reads them."""

    central: Simulator
    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.folder, self._secret)

    def spec(self, **said: Any) -> CentralSpec:  # noqa: ANN401  what a manifest may say
        manifest = {
            "type": "central",
            "url": self.central.url,
            "clientId": self.central.client_id,
            "clientSecret": SECRET,
            "mapping": "people",
            **said,
        }
        return CentralSpec.model_validate_json(
            json.dumps({k: v for k, v in manifest.items() if v is not None})
        )

    def reader(self, **said: Any) -> Reader:  # noqa: ANN401  what a manifest may say
        spec = self.spec(**said)
        return (
            ApiReader(spec, self.surroundings, QUICK)
            if spec.export is None
            else spec.reader(self.surroundings)
        )

    def read(self, *attributes: str, **said: Any) -> Outcome:  # noqa: ANN401  what a manifest may say
        return finish(self.reader(**said), *attributes)

    def names(self, **said: Any) -> list[str]:  # noqa: ANN401  what a manifest may say
        """Return the user names that a source gives."""
        return [str(name) for (name,) in self.read("username", **said).records]

    def fault(self, *attributes: str, **said: Any) -> SourceError:  # noqa: ANN401  what a manifest may say
        """Return what a read is refused with."""
        with pytest.raises(SourceError) as caught:
            self.read(*(attributes or ("username",)), **said)
        return caught.value

    def export(self, **said: Any) -> dict[str, Any]:  # noqa: ANN401  what a manifest may say
        """Let Central export its users, and return what a manifest says to read that."""
        (self.folder / "central.csv").write_bytes(self.central.export_csv())
        away = dict.fromkeys(("url", "clientId", "clientSecret"))
        return {**away, "export": {"file": "central.csv", **said}}

    def _secret(self, reference: str) -> str:
        return self.secrets[reference]


@pytest.fixture(scope="session")
def central_process() -> Iterator[Simulator]:
    """A simulated Central; use `central`, which empties it."""
    switches = Switches(undocumented_operations=True, server=Server.CENTRAL)
    with running(SimulatorConfig(switches=switches)) as where:
        simulator = Simulator(where)
        yield simulator
        simulator.close()


@pytest.fixture
def central(central_process: Simulator) -> Simulator:
    """An empty Central, beside the `simulator` that plays a print server."""
    central_process.reset()
    return central_process


@pytest.fixture
def central_source(central: Simulator, tmp_path: Path) -> CentralSource:
    """Reads Central, which holds PEOPLE: ``central_source.names(users={"inGroups": ["Prague"]})``."""
    central.seed(PEOPLE)
    return CentralSource(central, tmp_path, {SECRET: central.client_secret})
