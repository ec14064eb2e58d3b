"""The JSON Lines of a script, to batches of records: the contract of docs/script-source.md.

MyQ documents no contract for its own custom scripts (myq.md section 1.2), so this one is ours. A line
that breaks it ends the read: a record passed over would be a person who counts as missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Sequence
from typing import Any, Final, TypeAlias

import orjson

from reconciler.core.model import Batch, Cell
from reconciler.errors import SourceDataError
from reconciler.sources.json_cells import cell_of

Record: TypeAlias = dict[str, Cell]

_BATCH: Final = 5_000
_BOM: Final = b"\xef\xbb\xbf"
_END, _COUNT, _ID = "end", "count", "id"
_SUSPECT: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNUSABLE: Final = re.compile("[\0\ud800-\udfff]")


def read_lines(lines: Iterable[bytes], name: str, attributes: Sequence[str]) -> Generator[Batch, None, int]:
    """Yield the records that a script called `name` printed; return how many, once its count agrees."""
    reader = _Lines(name)
    batch: list[Record] = []
    absent = set(attributes)
    for raw in lines:
        record = reader.take(raw)
        if record is None:
            continue
        absent.difference_update(record)
        batch.append(record)
        if len(batch) == _BATCH:
            yield _columns(batch, reader.origins, attributes)
            batch, reader.origins = [], []
    reader.check_end()
    if batch:
        yield _columns(batch, reader.origins, attributes)
    if absent and reader.records:
        raise SourceDataError(
            f"no record has {', '.join(sorted(absent))}",
            hint="spell it as the script does, or let the script print it, if only as an empty text",
            where=name,
        )
    return reader.records


def _columns(batch: list[Record], origins: list[str], attributes: Sequence[str]) -> Batch:
    return Batch(origins, [[record.get(name, "") for record in batch] for name in attributes])


class _Lines:
    """Takes one line after the other, and knows whether the end was said."""

    def __init__(self, name: str) -> None:
        self.records = 0
        self.origins: list[str] = []
        self._name = name
        self._line = 0
        self._ids: dict[str, int] = {}
        self._ended = False

    def take(self, raw: bytes) -> Record | None:
        """Return the record that a line holds; None for the closing line."""
        self._line += 1
        if self._ended:
            raise self._fault(
                "there is a line after the closing one", "print the closing line last, once all is printed"
            )
        found = self._parsed(raw.removeprefix(_BOM) if self._line == 1 else raw)
        if found.get(_END) is True:
            self._close(found)
            return None
        for key, value in found.items():
            if value.__class__ is not str:
                found[key] = self._cell(key, value)
        record: Record = found
        if _SUSPECT.search(raw):
            self._check_escaped(record)
        self.records += 1
        self.origins.append(self._origin(record.get(_ID, "")))
        return record

    def check_end(self) -> None:
        """Refuse output without a closing line: nothing says that it is all there is."""
        if not self._ended:
            raise SourceDataError(
                f"the script printed no closing line after {self.records} records",
                hint='print {"end": true, "count": N} as the last line, when all N records are printed',
                where=self._name,
            )

    def _parsed(self, raw: bytes) -> dict[str, Any]:
        """Return the object on a line; the quick parser keeps the last of two equal keys in silence.

        A key has a colon behind it, so as many colons as keys are left mean that no key came twice.
        """
        try:
            found = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return self._parsed_closely(raw)
        if isinstance(found, dict) and len(found) == raw.count(b":"):
            return found
        return self._parsed_closely(raw)

    def _parsed_closely(self, raw: bytes) -> dict[str, Any]:
        try:
            found = _DECODER.decode(raw.decode("utf-8"))
        except UnicodeDecodeError:
            raise self._fault("the line is not UTF-8", "let the script print UTF-8") from None
        except RecursionError:
            raise self._fault("the line is nested too deeply", "print one flat object a record") from None
        except ValueError as error:
            raise self._fault(f"the line is no JSON object: {error}", _ONE_OBJECT) from None
        if not isinstance(found, dict):
            raise self._fault("the line is no JSON object", _ONE_OBJECT)
        return found

    def _close(self, found: dict[str, Any]) -> None:
        count = found.get(_COUNT)
        if found.keys() != {_END, _COUNT} or not isinstance(count, int) or isinstance(count, bool):
            raise self._fault(
                "the closing line is not as agreed", 'it is {"end": true, "count": N} and nothing more'
            )
        if count != self.records:
            raise self._fault(
                f"the closing line counts {count} records, and {self.records} came",
                "records were lost, or counted wrong: look into the script",
            )
        self._ended = True

    def _cell(self, key: str, value: object) -> Cell:
        cell = cell_of(value)
        if cell is None:
            raise self._fault(
                f"{key!r} is neither a text nor a list of texts",
                "put numbers in quotes, and leave out what there is none of",
            )
        return cell

    def _check_escaped(self, record: Record) -> None:
        """Refuse what can only come escaped: NUL, and one half of a character."""
        for key, cell in record.items():
            if _UNUSABLE.search("".join(cell)):
                raise self._fault(
                    f"{key!r} holds characters that no text has", "mend the record in its source"
                )

    def _origin(self, told: Cell) -> str:
        if not told:
            return f"{self._name}:{self._line}"
        if not isinstance(told, str):
            raise self._fault("a record has several ids", "`id` is one text, which finds the record again")
        first = self._ids.setdefault(told, self._line)
        if first != self._line:
            raise self._fault(
                f"the id {told!r} came before, in line {first}", "print each record once, under its own id"
            )
        return f"{self._name}#{told}"

    def _fault(self, message: str, hint: str) -> SourceDataError:
        return SourceDataError(message, hint=hint, where=f"{self._name}, line {self._line} of its output")


_ONE_OBJECT: Final = "print one JSON object a line, and nothing else: talk goes to standard error"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands in it twice")
    return found


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object)
