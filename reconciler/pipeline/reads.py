"""Where reads come from: the sources and the server themselves, or a snapshot of them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from reconciler.core.both import BothRead
from reconciler.core.model import ActualState, Batch, Read, Reading
from reconciler.core.rules import SourceRules
from reconciler.manifest.models import TargetSpec
from reconciler.manifest.target import Target
from reconciler.pipeline.connect import read_state
from reconciler.snapshot import Snapshot, open_snapshot
from reconciler.sources.base import Reader, Surroundings
from reconciler.sources.definition import definition_of, digest_of
from reconciler.sources.spec import SourceSpec

Source: TypeAlias = tuple[SourceRules, SourceSpec]
"""One source of a project."""

Opened: TypeAlias = tuple[SourceRules, Reader]
"""What reads a source, and the rules that its records are mapped by."""

_PACE = frozenset({"timeout_seconds", "page_size", "concurrency", "requests_per_second", "patience_seconds"})


class Reads(Protocol):
    """Gives the records of sources and the state of the server."""

    @property
    def taken(self) -> str:
        """When they were recorded; "" where they are read now."""
        ...

    def source(self, rules: SourceRules, spec: SourceSpec) -> Opened:
        """Return what reads a source; nothing is read yet, but a refusal comes here."""
        ...

    def both(self, one: Source, other: Source) -> tuple[SourceRules, SourceRules, BothRead]:
        """Return the rules of two sources of one definition, and what reads them together."""
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

    def both(self, one: Source, other: Source) -> tuple[SourceRules, SourceRules, BothRead]:
        """Return what reads the source once, with all that either of the two needs."""
        (rules, spec), (twin, _) = one, other
        theirs = _called(other, one)
        return rules, twin, _shared(spec.reader(self.surroundings), rules.attributes, theirs)

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

    def both(self, one: Source, other: Source) -> tuple[SourceRules, SourceRules, BothRead]:
        """Return what gives the records for both, which costs little to do twice."""
        (rules, reader), (twin, second) = self.source(*one), self.source(*other)
        return rules, twin, _zipped(reader.read(rules.attributes), second.read(twin.attributes))

    def state(self, target: Target) -> ActualState:
        """Return what the server held. Raises SnapshotError where it was another one."""
        return self.snapshot.state(target.identity, target_settings(target.spec))


def reads_of(snapshot: Path | None, surroundings: Surroundings) -> Reads:
    """Return the reads of a snapshot, or those of the world where none is named."""
    return Live(surroundings) if snapshot is None else Recorded(open_snapshot(snapshot))


def same_definition(one: Source, other: Source) -> bool:
    """Return whether two sources read the same records, so that one read does for both."""
    first, second = definition_of(one[1]), definition_of(other[1])
    return first.settings == second.settings and first.same_ways(second) and first.under == second.under


def more_is_read(one: Source, other: Source) -> bool:
    """Return whether a read for both asks for attributes that the first alone would not ask for."""
    return not set(_called(other, one)) <= set(one[0].attributes)


def _called(other: Source, one: Source) -> tuple[str, ...]:
    """Return the attributes of the other source as the first one's reader calls them."""
    ways = zip(definition_of(other[1]).ways, definition_of(one[1]).ways, strict=True)
    called = {name: same for (name, _), (same, _) in ways}
    return tuple(called.get(name, name) for name in other[0].attributes)


def _shared(reader: Reader, mine: tuple[str, ...], theirs: tuple[str, ...]) -> BothRead:
    union = tuple(dict.fromkeys((*mine, *theirs)))
    with closing(reader.read(union)) as read:
        while True:
            try:
                batch = next(read)
            except StopIteration as ended:
                reading: Reading = ended.value
                return reading
            columns = dict(zip(union, batch.columns, strict=True))
            yield (
                Batch(batch.origins, [columns[name] for name in mine]),
                Batch(batch.origins, [columns[name] for name in theirs]),
            )


def _zipped(one: Read, other: Read) -> BothRead:
    with closing(one), closing(other):
        while True:
            try:
                batch = next(one)
            except StopIteration as ended:
                reading: Reading = ended.value
                return reading
            yield batch, next(other)


def target_settings(spec: TargetSpec) -> Mapping[str, str]:
    """Return a digest of each setting that decides how the server is read, but for those left at default."""
    settings = {"read": spec.read, "release": spec.release}
    access = spec.rest if spec.read == "rest" else spec.csv
    said: dict[str, object] = {}
    if access:
        said = access.model_dump(mode="json", by_alias=True, exclude=set(_PACE), exclude_defaults=True)
    shown = {f"{spec.read}.{key}": value for key, value in said.items()}
    assumed = spec.assumptions.csv_export_has_synchronization_source
    if spec.read == "csv":
        shown["assumptions.csvExportHasSynchronizationSource"] = assumed
    return {key: digest_of(value) for key, value in sorted({**settings, **shown}.items())}
