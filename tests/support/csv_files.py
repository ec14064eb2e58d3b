"""CSV files of a few lines, read with the settings a manifest would have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from reconciler.core.model import Batch, Cell, Reading
from reconciler.sources.base import Surroundings
from reconciler.sources.csv_dialect.reader import CsvFormat, CsvReader
from reconciler.sources.csv_file import CsvSpec
from reconciler.sources.spec import SourceSpec

NAME = "people.csv"


def csv_reader(folder: Path, content: bytes, **settings: object) -> CsvReader:
    """Write the file and return its reader; the settings are spelled as in a manifest."""
    (folder / NAME).write_bytes(content)
    form = CsvFormat.model_validate_json(json.dumps(settings))
    return CsvReader(folder / NAME, NAME, form)


def csv_spec(**settings: object) -> CsvSpec:
    """Return the specification of a source, as a manifest makes it."""
    return CsvSpec.model_validate_json(
        json.dumps({"type": "csv", "file": NAME, "mapping": "all", **settings})
    )


def read_all(
    reader: CsvReader, attributes: Sequence[str]
) -> tuple[list[tuple[Cell, ...]], list[str], Reading]:
    """Return the records as tuples of cells, their origins, and the reading."""
    records: list[tuple[Cell, ...]] = []
    origins: list[str] = []
    readings: list[Reading] = []

    def to_the_end() -> Iterator[Batch]:
        readings.append((yield from reader.read(tuple(attributes))))

    for batch in to_the_end():
        origins += batch.origins
        records += zip(*batch.columns, strict=True)
    return records, origins, readings[0]


def read_source(spec: SourceSpec, folder: Path, attributes: Sequence[str]) -> list[tuple[Cell, ...]]:
    """Return a source's records."""
    reader = spec.reader(Surroundings(folder, secret=str))
    return [record for batch in reader.read(tuple(attributes)) for record in zip(*batch.columns, strict=True)]
