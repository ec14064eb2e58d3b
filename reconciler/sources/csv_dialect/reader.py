"""Reads CSV files of MyQ's dialect (myq.md section 4) and of others."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.core.dialect import DOCUMENTED, Header
from reconciler.core.model import Batch, Read, Reading
from reconciler.core.normal import clean_column, first_with_control
from reconciler.sources.csv_dialect.columns import (
    Attribute,
    available,
    check_no_header,
    find_columns,
    missing,
)
from reconciler.sources.csv_dialect.encoding import Encoding
from reconciler.sources.csv_dialect.grammar import Delimiter, Quote
from reconciler.sources.csv_dialect.rows import RowReader, Rows
from reconciler.sources.csv_dialect.text import TextFile
from reconciler.sources.strict import Strict, Text

FileName = Annotated[str, StringConstraints(pattern=r"^[^\x00]+$")]


class CsvFormat(Strict):
    """How a CSV file is written."""

    delimiter: Delimiter = Field(default=",", description="What parts the fields.")
    encoding: Encoding = Field(default="utf-8", description="Never guessed; a wrong one is an error.")
    encoding_check: bool = Field(
        default=True, description="Doubt a file that looks like another encoding, though it can be read."
    )
    quote: Quote = Field(default='"', description="What stands around fields, or `none`.")
    header: Header = Field(
        default=Header.NAMES,
        description="The first line names the columns (MyQ 10.2), is skipped (to 10.1), or is a record.",
    )
    columns: tuple[Text, ...] = Field(
        default=tuple(column.value for column in DOCUMENTED),
        min_length=1,
        description="The columns in their order, for a file whose first line does not name them.",
    )
    final_newline: Literal["required", "optional"] = Field(
        default="required", description="Without it, a last line cut short cannot be told from a whole one."
    )

    @model_validator(mode="after")
    def _columns_are_told_once(self) -> Self:
        if self.header is Header.NAMES and "columns" in self.model_fields_set:
            raise ValueError("`columns` is for `header: skip` and `header: none`")
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("`columns` names a column twice")
        return self


@dataclass(frozen=True, slots=True)
class CsvReader:
    """Reads one CSV file; `name` is how errors and origins call it.

    The attributes are the file's columns. A column USERNAME_ALIASES also gives USERNAME and ALIASES;
    CARDS and PIN are split at commas; GROUPS, and the columns in `branches`, are group paths.
    """

    path: Path
    name: str
    format: CsvFormat
    branches: frozenset[str] = frozenset()
    may_be_empty: bool = False

    def attributes(self) -> tuple[str, ...]:
        """Return the attributes that the file has, from a look at its beginning."""
        with closing(self._rows(self._text())) as rows:
            rows.columns = self._columns(rows)
            return tuple(available(rows.columns, self.branches))

    def read(self, attributes: tuple[str, ...]) -> Read:
        """Yield all records; the contract is that of `reconciler.sources.base.Reader`."""
        text = self._text()
        records = 0
        with closing(self._rows(text)) as rows:
            rows.columns = self._columns(rows)
            wanted = self._wanted(rows, attributes) if rows.columns else []
            for some in rows.batches():
                check_no_header(rows, some, may_name=not (records or self.format.header is Header.NAMES))
                records += len(some.cells)
                yield self._batch(rows, some, wanted)
            if not records and not self.may_be_empty:
                raise rows.fault(
                    "the file holds no record" if text.lines else "the file is empty",
                    "an empty source would count everybody as missing; where it may be empty, "
                    "set `expect.minimumRecords: 0`",
                )
        return Reading(records, text.facts())

    def _text(self) -> TextFile:
        return TextFile(
            self.path,
            self.name,
            self.format.encoding,
            check_encoding=self.format.encoding_check,
            final_newline=self.format.final_newline == "required",
        )

    def _rows(self, text: TextFile) -> RowReader:
        return RowReader(text, self.name, self.format.delimiter, self.format.quote)

    def _columns(self, rows: RowReader) -> tuple[str, ...]:
        return find_columns(rows, self.format.header, self.format.columns)

    def _wanted(self, rows: RowReader, attributes: tuple[str, ...]) -> list[Attribute]:
        there = available(rows.columns, self.branches)
        for name in attributes:
            if name not in there:
                raise missing(rows, name, tuple(there), named=self.format.header is Header.NAMES)
        return [there[name] for name in attributes]

    def _batch(self, rows: RowReader, some: Rows, wanted: list[Attribute]) -> Batch:
        texts = {
            position: self._cleaned(rows, some, position)
            for position in dict.fromkeys(attribute.position for attribute in wanted)
        }
        return Batch(
            [f"{self.name}:{line}" for line in some.lines],
            [attribute.convert(texts[attribute.position]) for attribute in wanted],
        )

    def _cleaned(self, rows: RowReader, some: Rows, position: int) -> Sequence[str]:
        cells: Sequence[str] = [row[position].strip() for row in some.cells]
        if not some.composed:
            cells = clean_column(cells)
        bad = None if some.calm else first_with_control(cells)
        if bad is not None:
            raise rows.fault(
                "control characters",
                self._hint_for_control(cells[bad]),
                line=some.lines[bad],
                column=rows.columns[position],
            )
        return cells

    def _hint_for_control(self, cell: str) -> str:
        if self.format.encoding.startswith("iso") and any("\x80" <= letter <= "\x9f" for letter in cell):
            return (
                "set the `encoding` that the file has: windows-1250, windows-1252 or utf-8 have letters there"
            )
        return "no property of a user holds any: mend the record"
