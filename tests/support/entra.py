"""Sources of type entra, read from the double."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.core.model import Batch, Cell, Reading
from reconciler.errors import SourceUnavailable
from reconciler.sources.base import Surroundings
from reconciler.sources.entra import EntraSpec
from reconciler.sources.entra.reader import EntraReader
from reconciler.sources.patience import Patience
from support.graph import CLIENT_ID, GraphDouble


class Read(NamedTuple):
    """All that a read gave: batches in their order, and what it said at the end."""

    batches: list[Batch]
    reading: Reading

    @property
    def rows(self) -> dict[str, tuple[Cell, ...]]:
        return {
            origin: tuple(cells)
            for batch in self.batches
            for origin, *cells in zip(batch.origins, *batch.columns, strict=True)
        }

    @property
    def column(self) -> list[Cell]:
        return [cell for batch in self.batches for cell in batch.columns[0]]

    @property
    def facts(self) -> dict[str, str]:
        return dict(self.reading.facts)


class Source:
    """Makes specs for the double and reads them."""

    def __init__(self, graph: GraphDouble, folder: Path, ca_file: Path, environment: dict[str, str]) -> None:
        self.graph = graph
        self.surroundings = Surroundings(folder, secrets_of(environment))
        self.slept: list[float] = []
        self.ca_file = ca_file

    def spec(self, **said: Any) -> EntraSpec:  # noqa: ANN401  what a manifest may say
        manifest = {
            "type": "entra",
            "tenant": "contoso.com",
            "clientId": CLIENT_ID,
            "signIn": {"secret": "env:ENTRA_SECRET"},
            "authority": self.graph.url,
            "graphUrl": self.graph.url,
            "caFile": str(self.ca_file),
            "mapping": {"userName": "userPrincipalName"},
            **said,
        }
        return EntraSpec.model_validate_json(json.dumps(manifest))

    def reader(self, spec: EntraSpec, **patience: Any) -> EntraReader:  # noqa: ANN401  numbers
        patient = Patience(sleep=self.slept.append, timeout=10.0, **patience)
        return EntraReader(spec, self.surroundings, patient)

    def read(self, *attributes: str, **said: Any) -> Read:  # noqa: ANN401  what a manifest may say
        reading = self.reader(self.spec(**said)).read(attributes or ("userPrincipalName",))
        batches: list[Batch] = []
        while True:
            try:
                batches.append(next(reading))
            except StopIteration as end:
                return Read(batches, end.value)

    def paths(self, **memberships: Any) -> dict[str, Cell]:  # noqa: ANN401  what a manifest may say
        """Return the group paths of everybody by the part of the user name before the @."""
        groups = memberships.pop("groups", {})
        said = {"import": [{"memberships": memberships}], **groups}
        rows = self.read("upnPrefix", "@groups0", groups=said).rows.values()
        return {str(name): cell for name, cell in rows}


def secrets_of(environment: Mapping[str, str]) -> Callable[[str], str]:
    """Return what opens references into this environment, and files."""

    def secret(reference: str) -> str:
        scheme, _, name = reference.partition(":")
        if scheme == "file" and Path(name).is_file():
            return Path(name).read_text(encoding="utf-8")
        if scheme == "env" and name in environment:
            return environment[name]
        raise SourceUnavailable(f"{reference} is not set", hint="set it", where=reference)

    return secret
