"""The rows of a CSV file, in step with its lines, all as wide as there are columns.

A fault is named by file, line and column; what other fields and other rows hold is never shown.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Iterator, Sequence
from typing import Literal, NamedTuple, get_args

from reconciler.errors import Place, SourceDataError
from reconciler.sources.csv_text import BrokenText, TextFile

Delimiter = Literal[",", ";", "|", "tab", "\t"]
Quote = Literal['"', "'", "none"]


class Rows(NamedTuple):
    """Some rows, and the number of the line on which each begins."""

    lines: list[int]
    cells: list[list[str]]


class RowReader:
    """Reads the rows of a text, once; set `columns` before asking for `batches`."""

    def __init__(self, text: TextFile, name: str, delimiter: Delimiter, quote: Quote) -> None:
        self.columns: Sequence[str] = ()
        self._name = name
        self._text = text
        self._blocks = text.blocks()
        self._delimiter = "\t" if delimiter == "tab" else delimiter
        self._quote = "" if quote == "none" else quote
        self._grammar = _Grammar(self._delimiter, self._quote)
        self._recent: list[str] = []
        self._recent_from = 1
        self._blank = 0
        self._ended = False
        self._parsed = csv.reader(
            self._lines(),
            strict=True,
            delimiter=self._delimiter,
            quotechar=self._quote or None,
            quoting=csv.QUOTE_MINIMAL if self._quote else csv.QUOTE_NONE,
        )

    def close(self) -> None:
        """Close the file."""
        self._blocks.close()

    def first(self) -> list[str] | None:
        """Return the first row, however wide; None when the file has none."""
        try:
            row = next(self._parsed, None)
        except (csv.Error, BrokenText) as error:
            raise self._broken(error, 1) from error
        if row is not None and not self._grammar.fits(self._raw(1)):
            raise self._misquoted(1)
        return row

    def batches(self) -> Generator[Rows, None, None]:
        """Yield all rows that follow; blank lines are no rows, and stand at the very end only."""
        while not self._ended:
            rows = self._batch()
            self._check_quotes(rows)
            self._recent.clear()
            self._recent_from = self._parsed.line_num + 1
            if rows.cells:
                yield rows

    def fault(self, message: str, hint: str, *, line: int = 0, column: str = "") -> SourceDataError:
        """Return the error that names a place of this file."""
        place = str(Place(self._name, line))
        return SourceDataError(f"column {column}: {message}" if column else message, hint=hint, where=place)

    def _lines(self) -> Iterator[str]:
        for block in self._blocks:
            self._recent += block
            yield from block
        self._ended = True

    def _batch(self) -> Rows:
        """Return the rows of one block of text, so that memory does not depend on what they hold."""
        rows = Rows([], [])
        width = len(self.columns)
        begins = self._parsed.line_num + 1
        try:
            for row in self._parsed:
                if len(row) != width:
                    self._take_blank(row, begins)
                elif self._blank:
                    raise self.fault("the line is blank", "remove it", line=self._blank)
                else:
                    rows.cells.append(row)
                    rows.lines.append(begins)
                begins = self._parsed.line_num + 1
                if begins > self._text.lines:
                    break
        except (csv.Error, BrokenText) as error:
            raise self._broken(error, begins) from error
        return rows

    def _take_blank(self, row: list[str], line: int) -> None:
        """Note a blank line, and refuse any other row of a wrong width."""
        if not "".join(row).strip() and len(row) <= 1:
            self._blank = self._blank or line
            return
        if not self._grammar.fits(self._raw(line)):
            raise self._misquoted(line)
        raise self._wrong_width(row, line)

    def _wrong_width(self, row: list[str], line: int) -> SourceDataError:
        width, found = len(self.columns), len(row)
        column = self.columns[found] if found < width else self.columns[-1]
        other = likely_delimiter(row[0]) if found == 1 else ""
        return self.fault(
            f"{found} field{'s' if found != 1 else ''} where {width} belong; "
            + ("from this column on, nothing" if found < width else "more follow this last column"),
            f"set `delimiter: {other!r}`"
            if other
            else f"put a field that holds {self._delimiter!r} in quotes; mend a line that lacks a field",
            line=line,
            column=column,
        )

    def _check_quotes(self, rows: Rows) -> None:
        """Refuse a quote inside a field without quotes, which readers of CSV take differently."""
        if not self._quote or not any(self._quote in line for line in self._recent):
            return
        for line, row in zip(rows.lines, rows.cells, strict=True):
            if self._quote in "".join(row) and not self._grammar.fits(self._raw(line)):
                raise self._misquoted(line)

    def _misquoted(self, line: int) -> SourceDataError:
        raw = self._raw(line)
        longest = csv.field_size_limit()
        what = f"it is longer than {longest:,} characters, or " if len(raw) > longest else ""
        return self.fault(
            f"{what}its quotes are out of place",
            f"quotes ({self._quote}) stand at both ends of a field, and a quote inside them is written twice",
            line=line,
            column=self._column(raw),
        )

    def _broken(self, error: csv.Error | BrokenText, line: int) -> SourceDataError:
        if isinstance(error, BrokenText):
            column = "" if error.before is None else self._column(error.before)
            return self.fault(str(error), error.hint, line=error.line, column=column)
        return self._misquoted(line)

    def _column(self, text: str) -> str:
        """Return the name of the column in which the text ends or is at fault."""
        position = self._grammar.fields(text)
        return self.columns[position] if position < len(self.columns) else str(position + 1)

    def _raw(self, line: int) -> str:
        """Return what was read from the beginning of a line on, to the end of its row."""
        return "".join(self._recent[line - self._recent_from : self._parsed.line_num - self._recent_from + 1])


class _Grammar:
    """How a row is written, to find the field that is not."""

    def __init__(self, delimiter: str, quote: str) -> None:
        d, q = re.escape(delimiter), re.escape(quote)
        field = f"[^{d}{q}\\r\\n]*"
        if quote:
            field = f"(?:{q}[^{q}]*(?:{q}{q}[^{q}]*)*{q}|{field})"
        self._row = re.compile(f"(?:{field}{d})*{field}(?:[\\r\\n]|\\Z)")
        self._field = re.compile(f"{field}{d}")

    def fits(self, text: str) -> bool:
        """Say whether the text begins with a row that all readers of CSV take alike."""
        return self._row.match(text) is not None

    def fields(self, text: str) -> int:
        """Return how many fields are sound and ended."""
        count = position = 0
        while found := self._field.match(text, position):
            count, position = count + 1, found.end()
        return count


def likely_delimiter(line: str) -> str:
    """Return the delimiter that a line most probably has, ``""`` where it has none."""
    count, delimiter = max((line.count(mark), mark) for mark in get_args(Delimiter) if len(mark) == 1)
    if not count:
        return ""
    return "tab" if delimiter == "\t" else delimiter
