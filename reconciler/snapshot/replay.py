"""Reading a snapshot: the same batches as from the sources, when they are what the manifests ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from reconciler.core.model import Account, ActualState, Batch, Cell, Property, Read, Reading
from reconciler.core.rules import SourceRules
from reconciler.core.template import parse_template
from reconciler.errors import SnapshotError
from reconciler.snapshot.accounts import accounts_of, state_of
from reconciler.snapshot.fit import columns_of
from reconciler.snapshot.index import read_index
from reconciler.snapshot.lines import damaged, lines_of
from reconciler.snapshot.models import IndexFile, SourcePart
from reconciler.snapshot.recording import PINS
from reconciler.sources.base import Reader
from reconciler.sources.definition import Definition

_Columns = tuple[list[str], list[list[str | tuple[str, ...]]]]

_BATCH: Final[TypeAdapter[_Columns]] = TypeAdapter(_Columns)
_ACCOUNTS: Final = TypeAdapter(list[list[str | bool | tuple[str, ...]]])
_CLOSING: Final = TypeAdapter(dict[str, Any])
_READING: Final = TypeAdapter(Reading)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot whose index holds together; its other files are checked as they are read."""

    folder: Path
    index: IndexFile

    def source(self, rules: SourceRules, definition: Definition) -> tuple[SourceRules, Reader]:
        """Return what reads a source from here, and the rules to map it by: PINs are only counted.

        Raises SnapshotError unless the source was read by the same definition, with every attribute that
        the rules need.
        """
        part = next((part for part in self.index.sources if part.name == rules.name), None)
        if part is None:
            raise SnapshotError(
                f"the snapshot has no reads of the source {rules.name}",
                hint="take a new one with these manifests: `reconciler snapshot DIR`",
                where=str(self.folder),
            )
        where = f"{self.folder}: {rules.name}"
        counted = _counting_pins(rules, part, where)
        columns = columns_of(part, definition, counted.attributes, where)
        return counted, RecordedReader(self.folder, part, dict(zip(counted.attributes, columns, strict=True)))

    def state(self, identity: str, settings: Mapping[str, str]) -> ActualState:
        """Return what MyQ held; raise SnapshotError for another server, or one read in another way."""
        part = self.index.target
        if part.identity != identity:
            raise SnapshotError(
                f"the snapshot is of the MyQ server {part.identity}, and the manifests name {identity}",
                hint="name a snapshot of this server, or take one: `reconciler snapshot DIR`",
                where=str(self.folder),
            )
        differing = sorted(
            key
            for key in settings.keys() | part.settings.keys()
            if settings.get(key) != part.settings.get(key)
        )
        if differing:
            raise SnapshotError(
                f"MyQ was read in another way than the Target now says: {', '.join(differing)}",
                hint="take a new snapshot with these manifests: `reconciler snapshot DIR`",
                where=str(self.folder),
            )
        with lines_of(self.folder, part.file) as lines:
            return self._state(lines)

    def _state(self, lines: Iterator[bytes]) -> ActualState:
        part, where = self.index.target, str(self.folder / self.index.target.file.name)
        accounts: list[Account] = []
        try:
            for line in lines:
                if line.startswith(b"{"):
                    _check(len(accounts), part.accounts, "accounts", where)
                    return state_of(accounts, _CLOSING.validate_json(line))
                columns = _ACCOUNTS.validate_json(line)
                accounts += accounts_of(part.fields, columns)
        except (ValidationError, ValueError, KeyError, TypeError) as error:
            raise damaged(where, f"a line is not as it is written ({type(error).__name__})") from None
        raise damaged(where, "nothing closes it")


@dataclass(frozen=True, slots=True)
class RecordedReader:
    """Reads one source as it was recorded; `columns` says where each attribute stands in its batches."""

    folder: Path
    part: SourcePart
    columns: Mapping[str, int]

    def read(self, attributes: tuple[str, ...]) -> Read:
        """Yield all records; the contract is that of `reconciler.sources.base.Reader`."""
        chosen = [self.columns[name] for name in attributes]
        file = str(self.folder / self.part.file.name)
        records = 0
        with lines_of(self.folder, self.part.file) as lines:
            for line in lines:
                if line.startswith(b"{"):
                    _check(records, self.part.records, "records", file)
                    return _reading(line, file)
                batch = self._batch(line, chosen, file)
                records += len(batch.origins)
                yield batch
        raise damaged(file, "nothing closes it")

    def _batch(self, line: bytes, chosen: Sequence[int], file: str) -> Batch:
        try:
            origins, columns = _BATCH.validate_json(line)
        except ValidationError as error:
            raise damaged(file, f"a line is no batch of records ({error.error_count()} mistakes)") from None
        if len(columns) != len(self.part.attributes) or any(len(one) != len(origins) for one in columns):
            raise damaged(file, "a line has other columns than the index says")
        picked: list[Sequence[Cell]] = [columns[at] for at in chosen]
        return Batch(origins, picked)


def open_snapshot(folder: Path) -> Snapshot:
    """Return the snapshot of a folder. Raises SnapshotError for what is none, or was edited."""
    return Snapshot(folder, read_index(folder))


def _counting_pins(rules: SourceRules, part: SourcePart, where: str) -> SourceRules:
    """Return the rules with PINs taken from the placeholders: nothing is left for filters to work on."""
    pins = next((rule for rule in rules.rules if rule.property is Property.PINS), None)
    if pins is not None and pins.template.text != part.pins:
        counted = f"counted from {part.pins!r}" if part.pins else "not counted"
        raise SnapshotError(
            f"PINs were {counted}, and the mapping takes them from {pins.template.text!r}",
            hint="take a new snapshot with these manifests: `reconciler snapshot DIR`",
            where=where,
        )
    counting = parse_template(PINS)
    return replace(
        rules,
        rules=tuple(
            replace(rule, template=counting, filters=()) if rule.property is Property.PINS else rule
            for rule in rules.rules
        ),
    )


def _reading(line: bytes, where: str) -> Reading:
    try:
        return _READING.validate_json(line)
    except ValidationError as error:
        raise damaged(where, f"its closing line is not as it is written ({error.error_count()})") from None


def _check(found: int, said: int, what: str, where: str) -> None:
    if found != said:
        raise damaged(where, f"it holds {found} {what}, and the index says {said}")
