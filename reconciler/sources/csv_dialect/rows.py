"""The rows of a CSV file, in step with its lines, all as wide as there are columns.

A fault is named by file, line and column; what other fields and other rows hold is never shown.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Iterator, Sequence
from sys import maxsize
from typing import NamedTuple
from unicodedata import is_normalized

from reconciler.errors import Place, SourceDataError
from reconciler.sources.csv_dialect.grammar import Delimiter, Grammar, Quote, likely_delimiter
from reconciler.sources.csv_dialect.text import BrokenText, TextFile

_MOST_BLANK = 1_000
_CONTROL = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\r\n")
_HIGH_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
"""The control characters beyond ASCII, in UTF-8."""


class Rows(NamedTuple):
    """Some rows, and the number of the line on which each begins.

    All of them together are looked over once: with `calm` no cell holds a control character,
    with `composed` all are in NFC. Without, some cell may be otherwise.
    """

    lines: list[int]
    cells: list[list[str]]
    calm: bool
    composed: bool


class RowReader:
    """Reads the rows of a text, once; set `columns` before asking for `batches`."""

    def __init__(self, text: TextFile, name: str, delimiter: Delimiter, quote: Quote) -> None:
        self.columns: Sequence[str] = ()
        self._name = name
        self._text = text
        self._blocks = text.blocks()
        self._delimiter = "\t" if delimiter == "tab" else delimiter
        self._quote = "" if quote == "none" else quote
        self._grammar = Grammar(self._delimiter, self._quote)
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
            lines, cells = self._batch()
            text = "".join(self._recent)
            if self._quote and self._quote in text:
                self._check_quotes(lines, cells)
            # Where each row has its own line, the line ends are in no cell.
            calm = len(self._recent) == len(cells) and not _holds_control(text)
            composed = text.isascii() or is_normalized("NFC", text)
            self._recent.clear()
            self._recent_from = self._parsed.line_num + 1
            if cells:
                yield Rows(lines, cells, calm, composed)

    def fault(self, message: str, hint: str, *, line: int = 0, column: str = "") -> SourceDataError:
        """Return the error that names a place of this file."""
        place = str(Place(self._name, line))
        return SourceDataError(f"column {column}: {message}" if column else message, hint=hint, where=place)

    def _lines(self) -> Iterator[str]:
        for block in self._blocks:
            self._recent += block
            yield from block
        self._ended = True

    def _batch(self) -> tuple[list[int], list[list[str]]]:
        """Return the rows of one block of text, so that memory does not depend on what they hold."""
        lines: list[int] = []
        cells: list[list[str]] = []
        width = len(self.columns)
        parsed = self._parsed
        begins = parsed.line_num + 1
        try:
            for row in parsed:
                if len(row) != width:
                    self._take_blank(row, begins)
                elif self._blank:
                    raise self.fault("the line is blank", "remove it", line=self._blank)
                else:
                    cells.append(row)
                    lines.append(begins)
                begins = parsed.line_num + 1
                if begins > self._text.lines:
                    break
        except (csv.Error, BrokenText) as error:
            raise self._broken(error, begins) from error
        return lines, cells

    def _take_blank(self, row: list[str], line: int) -> None:
        """Note a blank line, and refuse any other row of a wrong width."""
        if not "".join(row).strip() and len(row) <= 1:
            self._blank = self._blank or line
            if line - self._blank < _MOST_BLANK:
                return
            raise self.fault(
                f"over {_MOST_BLANK:,} blank lines follow",
                "write the file anew: it looks damaged",
                line=self._blank,
            )
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
            else f"a field holds {self._delimiter!r} only within quotes; mend a line that lacks a field",
            line=line,
            column=column,
        )

    def _check_quotes(self, lines: list[int], cells: list[list[str]]) -> None:
        """Refuse a quote inside a field without quotes, which readers of CSV take differently."""
        ends = [*lines[1:], self._parsed.line_num + 1]
        for begins, end, row in zip(lines, ends, cells, strict=True):
            if self._quote in "".join(row) and not self._grammar.fits(self._raw(begins, end)):
                raise self._misquoted(begins)

    def _misquoted(self, line: int) -> SourceDataError:
        return self.fault(
            "its quotes are out of place, or one is never closed",
            f"quotes ({self._quote}) stand at both ends of a field, and a quote inside them is written twice",
            line=line,
            column=self._column(self._raw(line)),
        )

    def _broken(self, error: csv.Error | BrokenText, line: int) -> SourceDataError:
        if isinstance(error, BrokenText):
            column = "" if error.before is None else self._column(error.before)
            return self.fault(str(error), error.hint, line=error.line, column=column)
        raw = self._raw(line)
        if not self._grammar.fits(raw):
            return self._misquoted(line)
        longest = csv.field_size_limit()
        return self.fault(
            f"it is longer than {longest:,} characters",
            "nothing that a user has is so long: check that `file` names the file you mean",
            line=line,
            column=self._column(raw, longest + len(self._delimiter)),
        )

    def _column(self, text: str, longest: int = maxsize) -> str:
        """Return the name of the column in which the text ends or is at fault."""
        position = self._grammar.fields(text, longest)
        return self.columns[position] if position < len(self.columns) else str(position + 1)

    def _raw(self, line: int, end: int = 0) -> str:
        """Return what was read from the beginning of a line to that of another, or to the last one read."""
        end = end or self._parsed.line_num + 1
        return "".join(self._recent[line - self._recent_from : end - self._recent_from])


def _holds_control(text: str) -> bool:
    raw = text.encode()
    return len(raw.translate(None, _CONTROL)) < len(raw) or _HIGH_CONTROL.search(raw) is not None
