"""What a script may print, and what ends the read."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.model import Batch, Cell
from reconciler.errors import SourceDataError
from reconciler.sources.script.lines import read_lines

pytestmark = pytest.mark.script

ADA = b'{"user": "ada"}\n'
END = b'{"end": true, "count": 1}\n'


def read(*lines: bytes, attributes: tuple[str, ...] = ("user",)) -> list[tuple[str, tuple[Cell, ...]]]:
    """Return origin and cells of each record."""
    batches: list[Batch] = []
    counts: list[int] = []

    def to_the_end() -> Iterator[Batch]:
        counts.append((yield from read_lines(lines, "hr.py", attributes)))

    batches.extend(to_the_end())
    found = [
        (origin, cells)
        for batch in batches
        for origin, cells in zip(batch.origins, zip(*batch.columns, strict=True), strict=True)
    ]
    assert counts == [len(found)]
    return found


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        pytest.param(b'{"user": "ada"}', ("ada", ""), id="an attribute that a record lacks is empty"),
        pytest.param(b'{"user": "10:30", "cards": ["a:b"]}', ("10:30", "a:b"), id="colons in values"),
        pytest.param(b'{"user": "ada", "cards": []}', ("ada", ""), id="an empty list is nothing"),
        pytest.param(b'{"user": "ada", "cards": ["", "A"]}', ("ada", "A"), id="empty texts are nothing"),
        pytest.param(b'{"user": "ada", "cards": ["A", "B"]}', ("ada", ("A", "B")), id="a list in its order"),
        pytest.param(b'{"user": "\\u00e1da"}\r', ("áda", ""), id="escapes and Windows line ends are JSON"),
        pytest.param(b'\xef\xbb\xbf{"user": "ada"}', ("ada", ""), id="PowerShell's byte order mark"),
        pytest.param(b'{"user": "ada", "end": "2026-01-01"}', ("ada", ""), id="an attribute called end"),
        pytest.param(b'{"user": "\\ud83d\\ude00"}', ("😀", ""), id="two halves are one character"),
    ],
)
def test_what_a_line_says(line: bytes, cells: tuple[Cell, ...]) -> None:
    more = b'{"user": "x", "cards": "y"}\n'
    found = read(line + b"\n", more, b'{"count": 2, "end": true}', attributes=("user", "cards"))
    assert found[0][1] == cells


def test_the_origin_is_the_id_or_else_the_line() -> None:
    found = read(b'{"user": "ada", "id": "4711"}\n', b'{"user": "bob"}\n', b'{"end": true, "count": 2}\n')
    assert [origin for origin, _ in found] == ["hr.py#4711", "hr.py:2"]


def test_a_source_of_nobody_has_no_attribute_to_miss() -> None:
    assert read(b'{"end": true, "count": 0}\n', attributes=("user", "cards")) == []


@pytest.mark.parametrize(
    ("lines", "message", "line"),
    [
        pytest.param([], "no closing line after 0 records", 0, id="nothing at all"),
        pytest.param([ADA], "no closing line after 1 records", 0, id="no closing line"),
        pytest.param([ADA, END[:-4]], "no JSON object", 2, id="a closing line cut short"),
        pytest.param([ADA, ADA, END], "counts 1 records, and 2 came", 3, id="a count that is wrong"),
        pytest.param([ADA, END, ADA], "a line after the closing one", 3, id="a record after the end"),
        pytest.param([ADA, END, b"\n"], "a line after the closing one", 3, id="an empty line after the end"),
        pytest.param([ADA, b'{"end": true}\n'], "not as agreed", 2, id="an end without a count"),
        pytest.param([ADA, b'{"end": true, "count": true}\n'], "not as agreed", 2, id="a count of true"),
        pytest.param(
            [ADA, b'{"end": true, "count": 1, "x": ""}\n'], "not as agreed", 2, id="a talkative end"
        ),
        pytest.param([b'{"end": false, "count": 0}\n'], "'end' is neither", 1, id="an end that is none"),
        pytest.param([b'{"user": null}\n'], "'user' is neither a text", 1, id="null"),
        pytest.param([b'{"user": 4711}\n'], "'user' is neither a text", 1, id="a number"),
        pytest.param([b'{"user": {"name": "ada"}}\n'], "'user' is neither a text", 1, id="an object inside"),
        pytest.param([b'{"user": [["ada"]]}\n'], "'user' is neither a text", 1, id="a list inside a list"),
        pytest.param([b'["ada"]\n'], "no JSON object", 1, id="a list"),
        pytest.param([b'"ada"\n'], "no JSON object", 1, id="a text"),
        pytest.param([b"\n"], "no JSON object", 1, id="an empty line"),
        pytest.param([b"reading the database ...\n"], "no JSON object", 1, id="talk on standard output"),
        pytest.param([b'{"user": "ada"} {"user": "bob"}\n'], "no JSON object", 1, id="two objects on a line"),
        pytest.param([b'{"user": "ada", "user": "bob"}\n'], "stands in it twice", 1, id="a key twice"),
        pytest.param([b'{"user" : "a", "user"\t: "b"}\n'], "stands in it twice", 1, id="a key twice, spaced"),
        pytest.param([b'{"user": "a:b", "user": "c"}\n'], "stands in it twice", 1, id="a key twice, colons"),
        pytest.param(
            [b'{"\\u0075ser": "a", "user": "c"}\n'], "stands in it twice", 1, id="a key twice, escaped"
        ),
        pytest.param([ADA, b'{"user": "\xe9va"}\n'], "not UTF-8", 2, id="another encoding"),
        pytest.param([b'{"user": "a\x00b"}\n'], "no JSON object", 1, id="NUL as it is"),
        pytest.param([b'{"user": "a\\u0000b"}\n'], "characters that no text has", 1, id="NUL escaped"),
        pytest.param([b'{"user": ["x", "\\ud800"]}\n'], "characters that no text has", 1, id="half a letter"),
        pytest.param([b"[" * 100_000], "nested too deeply", 1, id="a hundred thousand brackets"),
        pytest.param([b'{"user": ' + b"9" * 5_000 + b"}"], "no JSON object", 1, id="a number of 5000 digits"),
        pytest.param([b'{"id": ["1", "2"]}\n'], "several ids", 1, id="two ids"),
        pytest.param([b'{"id": "1"}\n', b'{"id": "1"}\n'], "came before, in line 1", 2, id="one id twice"),
    ],
)
def test_what_breaks_the_contract_is_refused_with_its_line(
    lines: list[bytes], message: str, line: int
) -> None:
    with pytest.raises(SourceDataError, match=message) as caught:
        read(*lines)
    assert caught.value.where == (f"hr.py, line {line} of its output" if line else "hr.py")
    assert caught.value.hint


def test_attributes_that_no_record_has_are_named() -> None:
    with pytest.raises(SourceDataError, match="no record has cards, mail\n"):
        read(ADA, END, attributes=("mail", "user", "cards"))


TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"))


@given(st.lists(st.fixed_dictionaries({"user": TEXTS, "cards": st.lists(TEXTS.filter(bool), min_size=2)})))
def test_what_is_printed_is_what_is_read(records: list[dict[str, object]]) -> None:
    lines = [json.dumps(record, ensure_ascii=len(records) % 2 == 0).encode() for record in records]
    found = read(
        *lines, json.dumps({"end": True, "count": len(records)}).encode(), attributes=("user", "cards")
    )
    assert [cells for _, cells in found] == [(one["user"], tuple(one["cards"])) for one in records]


@given(st.data())
def test_no_beginning_of_the_output_is_taken_for_all_of_it(data: st.DataObject) -> None:
    whole = ADA * 3 + b'{"end": true, "count": 3}'
    part = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(SourceDataError):
        read(*part.splitlines(keepends=True))
