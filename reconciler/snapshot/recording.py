"""Writing a snapshot: the reads go into a folder beside, which gets its name when all of them ended well."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reconciler.core.columns import rule_column
from reconciler.core.model import ActualState, Batch, Cell, Property, Reading
from reconciler.core.rules import Rule, SourceRules
from reconciler.errors import PlanFileError, UsageError
from reconciler.snapshot.accounts import COLUMNS, batches, closing_line
from reconciler.snapshot.index import sealed
from reconciler.snapshot.lines import Writer, created
from reconciler.snapshot.models import FORMAT_VERSION, INDEX, FilePart, SourcePart, TargetPart, WayPart
from reconciler.sources.base import Offering, Reader
from reconciler.sources.definition import Definition

PINS: Final = "@pins"
"""The attribute that says how many PINs a record has: a placeholder for each."""

_TARGET: Final = "target.jsonl.gz"
_SECRET: Final = re.compile(r"(?i)(^|[^a-z])pins?([^a-z]|$)|passw|pwd|secret|kennwort|heslo")
"""Names of attributes that are not recorded unless a mapping asks for them."""


@dataclass(slots=True)
class Recording:
    """A snapshot in the making: what is read goes into `folder`, and `seal` says what it was."""

    folder: Path
    sources: list[SourcePart] = field(default_factory=list)
    target: TargetPart | None = None

    def source(
        self, rules: SourceRules, definition: Definition, reader: Reader, also: tuple[str, ...]
    ) -> SourcePart:
        """Read one source to its end and keep it: what its rules need, and `also` other attributes."""
        pins = next((rule for rule in rules.rules if rule.property is Property.PINS), None)
        attributes = tuple(dict.fromkeys((*rules.attributes_but_pins, *also)))
        asked = tuple(dict.fromkeys((*attributes, *(pins.template.attributes if pins else ()))))
        out = Writer(self.folder / f"source-{rules.name}.jsonl.gz")
        with out, closing(reader.read(asked)) as read:
            while True:
                try:
                    batch = next(read)
                except StopIteration as end:
                    reading: Reading = end.value
                    break
                out.write([list(batch.origins), _kept(batch, asked, attributes, pins)])
            facts, doubts = ([list(one) for one in found] for found in (reading.facts, reading.doubts))
            counted = {"records": reading.records, "counted": reading.counted}
            out.write({**counted, "facts": facts, "groups": reading.groups, "doubts": doubts})
        part = SourcePart(
            name=rules.name,
            type=rules.kind,
            file=_part(out),
            records=reading.records,
            attributes=[*attributes, *([PINS] if pins else [])],
            settings=definition.settings,
            ways=[WayPart(attribute=name, how=how) for name, how in definition.ways],
            under=definition.under,
            groups=len(reading.groups),
            pins=pins.template.text if pins else "",
        )
        self.sources.append(part)
        return part

    def state(self, name: str, identity: str, settings: dict[str, str], state: ActualState) -> None:
        """Keep what MyQ holds."""
        out = Writer(self.folder / _TARGET)
        with out:
            for columns in batches(state):
                out.write(columns)
            out.write(closing_line(state))
        self.target = TargetPart(
            name=name,
            identity=identity,
            file=_part(out),
            accounts=len(state.accounts),
            fields=[*COLUMNS],
            settings=settings,
        )

    def seal(self, stamp: dict[str, str]) -> None:
        """Write the index, which makes a snapshot of the files."""
        parts = sorted(self.sources, key=lambda part: part.name)
        body: dict[str, Any] = {
            "format_version": FORMAT_VERSION,
            "kind": "snapshot",
            **stamp,
            "sources": [part.model_dump() for part in parts],
            "target": self.target.model_dump() if self.target else None,
        }
        with created(self.folder / INDEX) as file:
            file.write(sealed(body))
            file.flush()
            os.fsync(file.fileno())


def offered(rules: SourceRules, reader: Reader) -> tuple[str, ...]:
    """Return what a reader could read besides at no cost, but for what sounds like a secret."""
    if not isinstance(reader, Offering):
        return ()
    secret = set(rules.attributes) - set(rules.attributes_but_pins)
    return tuple(name for name in reader.attributes() if name not in secret and not _SECRET.search(name))


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder beside the one that is wanted; it gets the name in the end, or is gone."""
    if folder.exists():
        raise UsageError(
            f"{folder} is there already, and a snapshot is a new folder",
            hint="name another one, such as snapshots/2026-01-31",
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
        try:
            yield part
            part.rename(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    except OSError as error:
        raise PlanFileError(
            f"the snapshot cannot be written: {error.strerror}",
            hint="give a path in a folder that this account may write to, on a disk that is not full",
            where=str(folder),
        ) from None


def _kept(
    batch: Batch, asked: tuple[str, ...], attributes: tuple[str, ...], pins: Rule | None
) -> list[list[Cell]]:
    """Return the columns to keep; of PINs how many there are."""
    columns = dict(zip(asked, batch.columns, strict=True))
    kept = [list(columns[name]) for name in attributes]
    if pins is not None:
        kept.append([_placeholders(len(held)) for held in rule_column(pins, columns, batch.origins)])
    return kept


def _placeholders(count: int) -> Cell:
    """Return a cell of so many values that say nothing."""
    values = tuple(map(str, range(1, count + 1)))
    return values if count > 1 else "".join(values)


def _part(out: Writer) -> FilePart:
    if out.part is None:  # pragma: no cover - a writer that was left has it
        raise AssertionError(out)
    return out.part
