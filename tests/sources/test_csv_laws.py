"""Laws of reading CSV: what was written is read; whatever else a file holds, it is read whole or refused."""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import SourceError
from support.csv_files import csv_reader, read_all

COLUMNS = ("name", "mail", "team")
CODECS = {
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "windows-1250": "cp1250",
    "windows-1252": "cp1252",
    "iso-8859-1": "iso-8859-1",
    "iso-8859-2": "iso-8859-2",
}
SMALL = 'name,mail,team\r\nZoë,zoe@example.com,"A|B,C"\r\n"Tom ""T""",,\r\nJosé,j,€\r\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("csv")


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[tuple[str, ...]]]:
    """An encoding, and rows of text that it can hold."""
    encoding = draw(st.sampled_from(sorted(CODECS)))
    letters = st.characters(codec=CODECS[encoding], exclude_categories=("Cc", "Cs"))
    cell = st.text(letters, max_size=12)
    row = st.tuples(cell, cell, cell).filter(lambda cells: cells != COLUMNS)
    return encoding, draw(st.lists(row, min_size=1, max_size=8))


@given(
    tables(),
    st.sampled_from([",", ";", "|", "tab"]),
    st.sampled_from(['"', "'"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_was_written_is_read(
    folder: Path,
    table: tuple[str, list[tuple[str, ...]]],
    delimiter: str,
    quote: str,
    quoting: int,
    line_end: str,
) -> None:
    encoding, rows = table
    text = io.StringIO(newline="")
    mark = "\t" if delimiter == "tab" else delimiter
    writer = csv.writer(text, delimiter=mark, quotechar=quote, quoting=quoting, lineterminator=line_end)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    content = text.getvalue().encode(CODECS[encoding])
    reader = csv_reader(
        folder, content, encoding=encoding, delimiter=delimiter, quote=quote, encodingCheck=False
    )
    records, origins, reading = read_all(reader, COLUMNS)
    assert records == [tuple(unicodedata.normalize("NFC", cell.strip()) for cell in row) for row in rows]
    assert reading.records == len(rows)
    assert origins == [f"people.csv:{line}" for line in range(2, len(rows) + 2)]


@given(st.binary(max_size=200), st.sampled_from(sorted(CODECS)), st.sampled_from(["names", "skip", "none"]))
def test_any_bytes_are_read_whole_or_refused(
    folder: Path, content: bytes, encoding: str, header: str
) -> None:
    _read_or_refuse(folder, content, encoding=encoding, header=header)


@given(st.data())
def test_a_damaged_file_is_read_whole_or_refused(folder: Path, data: st.DataObject) -> None:
    encoding = data.draw(st.sampled_from(sorted(CODECS)))
    content = SMALL.encode(CODECS[encoding], "replace")
    at = data.draw(st.integers(0, len(content)))
    drop = data.draw(st.integers(0, 3))
    put = data.draw(st.binary(max_size=3))
    _read_or_refuse(folder, content[:at] + put + content[at + drop :], encoding=encoding)


def _read_or_refuse(folder: Path, content: bytes, **settings: object) -> None:
    reader = csv_reader(folder, content, **settings)
    refusal: SourceError | None = None
    try:
        records, origins, reading = read_all(reader, reader.attributes())
    except SourceError as error:
        refusal = error
    if refusal:
        assert refusal.message
        assert refusal.hint
        assert refusal.where.startswith("people.csv")
    else:
        assert len(records) == len(origins) == reading.records > 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_a_file_cut_anywhere_is_refused_except_between_two_lines(folder: Path, encoding: str) -> None:
    whole = SMALL.encode(encoding)
    records, _, _ = read_all(csv_reader(folder, whole, encoding=encoding), COLUMNS)
    between = {len(SMALL[:at].encode(encoding)) for at in range(1, len(SMALL)) if SMALL[at - 1] == "\n"}
    for cut in range(len(whole)):
        try:
            some, _, _ = read_all(csv_reader(folder, whole[:cut], encoding=encoding), COLUMNS)
        except SourceError:
            continue
        assert cut in between
        assert some == records[: len(some)]


@pytest.mark.parametrize("cut", [pytest.param(0, id="to nothing"), pytest.param(1, id="to its header line")])
def test_a_file_cut_before_the_first_record_is_refused(folder: Path, cut: int) -> None:
    content = "".join(SMALL.splitlines(keepends=True)[:cut]).encode()
    with pytest.raises(SourceError, match=r"empty|no record"):
        read_all(csv_reader(folder, content), COLUMNS)
