"""Sources of type script: programs written into a project, and what reading them gives."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from reconciler.core.model import Batch, Cell, Reading
from reconciler.errors import SourceError
from reconciler.sources.base import Reader, Surroundings
from reconciler.sources.script import ScriptSpec

NAME = "people.py"
PYTHON = (sys.executable, "-I")


class Outcome(NamedTuple):
    """A finished read: origins, records, and what it said at the end."""

    origins: list[str]
    records: list[tuple[Cell, ...]]
    reading: Reading


@dataclass(frozen=True)
class Scripts:
    """Writes scripts of a project and reads them as sources."""

    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.folder, self._secret)

    def spec(self, text: str, *arguments: str, name: str = NAME, **said: Any) -> ScriptSpec:  # noqa: ANN401  what a manifest may say
        """Write a script, in Python unless `interpreter` says otherwise, and declare it."""
        content = text.encode()
        (self.folder / name).write_bytes(content)
        manifest = {
            "type": "script",
            "command": [name, *arguments],
            "sha256": hashlib.sha256(content).hexdigest(),
            "interpreter": PYTHON,
            "mapping": "people",
            **said,
        }
        return ScriptSpec.model_validate_json(json.dumps(manifest))

    def read(self, text: str, *attributes: str, **said: Any) -> Outcome:  # noqa: ANN401  what a manifest may say
        return finish(self.spec(text, **said).reader(self.surroundings), *attributes)

    def fault(self, text: str, *attributes: str, **said: Any) -> SourceError:  # noqa: ANN401  what a manifest may say
        """Return what a read is refused with."""
        with pytest.raises(SourceError) as caught:
            self.read(text, *attributes, **said)
        return caught.value

    def _secret(self, reference: str) -> str:
        if reference not in self.secrets:
            raise SourceError(f"the secret {reference} is not set", hint="set it")
        return self.secrets[reference]


def finish(reader: Reader, *attributes: str) -> Outcome:
    """Read to the end."""
    read = reader.read(attributes)
    origins: list[str] = []
    records: list[tuple[Cell, ...]] = []
    while True:
        try:
            batch: Batch = next(read)
        except StopIteration as end:
            return Outcome(origins, records, end.value)
        origins += batch.origins
        records += zip(*batch.columns, strict=True)


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    """Reads scripts: ``scripts.read(text, "user", timeoutSeconds=5)``."""
    return Scripts(tmp_path)
