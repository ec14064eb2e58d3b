"""Where reads come from: the sources and the server themselves, or a snapshot of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from reconciler.core.model import ActualState
from reconciler.core.rules import SourceRules
from reconciler.manifest.models import TargetSpec
from reconciler.manifest.target import Target
from reconciler.pipeline.connect import read_state
from reconciler.snapshot import Snapshot, open_snapshot
from reconciler.sources.base import Reader, Surroundings
from reconciler.sources.definition import definition_of, digest_of
from reconciler.sources.spec import SourceSpec

Opened: TypeAlias = tuple[SourceRules, Reader]
"""What reads a source, and the rules that its records are mapped by."""

_PACE = frozenset({"timeout_seconds", "page_size", "concurrency"})


class Reads(Protocol):
    """Gives the records of sources and the state of the server."""

    @property
    def taken(self) -> str:
        """When they were recorded; "" where they are read now."""
        ...

    def source(self, rules: SourceRules, spec: SourceSpec) -> Opened:
        """Return what reads a source; nothing is read yet, but a refusal comes here."""
        ...

    def state(self, target: Target) -> ActualState:
        """Return what the server holds, read to the end."""
        ...


@dataclass(frozen=True, slots=True)
class Live:
    """Reads the sources and the server, now."""

    surroundings: Surroundings
    taken: str = ""

    def source(self, rules: SourceRules, spec: SourceSpec) -> Opened:
        """Return what reads the source. Raises SourceError where it may not be read."""
        return rules, spec.reader(self.surroundings)

    def state(self, target: Target) -> ActualState:
        """Return what the server holds. Raises TargetError on any doubt."""
        return read_state(target.spec, self.surroundings)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Gives what a snapshot holds; no network, no secret, no script."""

    snapshot: Snapshot

    @property
    def taken(self) -> str:
        """When the reads were recorded."""
        return self.snapshot.index.taken

    def source(self, rules: SourceRules, spec: SourceSpec) -> Opened:
        """Return what gives the records. Raises SnapshotError where they are of something else."""
        return self.snapshot.source(rules, definition_of(spec))

    def state(self, target: Target) -> ActualState:
        """Return what the server held. Raises SnapshotError where it was another one."""
        return self.snapshot.state(target.identity, target_settings(target.spec))


def reads_of(snapshot: Path | None, surroundings: Surroundings) -> Reads:
    """Return the reads of a snapshot, or those of the world where none is named."""
    return Live(surroundings) if snapshot is None else Recorded(open_snapshot(snapshot))


def target_settings(spec: TargetSpec) -> Mapping[str, str]:
    """Return a digest of each setting that decides how the server is read."""
    settings = {"read": spec.read, "release": spec.release}
    access = spec.rest if spec.read == "rest" else spec.csv
    shown = access.model_dump(mode="json", by_alias=True, exclude=set(_PACE)) if access else {}
    shown = {f"{spec.read}.{key}": value for key, value in shown.items()}
    assumed = spec.assumptions.csv_export_has_synchronization_source
    if spec.read == "csv":
        shown["assumptions.csvExportHasSynchronizationSource"] = assumed
    return {key: digest_of(value) for key, value in sorted({**settings, **shown}.items())}
