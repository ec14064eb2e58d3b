"""CSV files that are refused: where the fault is, what it is, and what to do about it."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from reconciler.errors import SourceDataError, SourceError
from support.csv_files import csv_reader, read_all

HEADER = b"name,mail,team\n"
GOOD = b"Ada,ada@example.com,Engines\n"


def refusal(
    folder: Path, content: bytes, attributes: str = "name mail team", **settings: object
) -> SourceError:
    with pytest.raises(SourceDataError) as caught:
        read_all(csv_reader(folder, content, **settings), attributes.split())
    return caught.value


@pytest.mark.parametrize(
    ("rows", "where", "message", "hint"),
    [
        pytest.param(
            b"Tom,tom@example.com\n",
            3,
            "column team: 2 fields where 3 belong",
            "lacks a field",
            id="a field is missing",
        ),
        pytest.param(
            b"Sawyer, Tom,tom@example.com,Boys\n",
            3,
            "column team: 4 fields where 3 belong",
            "within quotes",
            id="a comma without quotes",
        ),
        pytest.param(
            b"Tom;tom@example.com;Boys\n",
            3,
            "column mail: 1 field where",
            "delimiter: ';'",
            id="another delimiter",
        ),
        pytest.param(
            b"\nTom,t,b\n", 3, "the line is blank", "remove it", id="a blank line among the records"
        ),
        pytest.param(
            b"  \nTom,t,b\n", 3, "the line is blank", "remove it", id="a line of blanks among the records"
        ),
        pytest.param(b'Tom,"t,b\n', 3, "column mail: its quotes", "both ends", id="a quote never closed"),
        pytest.param(
            b'Tom,t,"b\nEve,e,c\n', 3, "column team: its quotes", "both ends", id="a last field never closed"
        ),
        pytest.param(
            b'Tom,"t"x,b\n', 3, "column mail: its quotes", "both ends", id="text after a closing quote"
        ),
        pytest.param(
            b'Tom "T" S,t,b\n', 3, "column name: its quotes", "both ends", id="quotes inside a bare field"
        ),
        pytest.param(b'Tom",t,b\n', 3, "column name: its quotes", "both ends", id="a quote never opened"),
        pytest.param(
            b'Tom, "t,t",b\n', 3, "column mail: its quotes", "both ends", id="a blank before a quote"
        ),
        pytest.param(
            b'Tom,"t ""x""",b\nEve,e"e,c\n',
            4,
            "column mail: its quotes",
            "both ends",
            id="after a good quote",
        ),
        pytest.param(b"Tom,t\x00,b\n", 3, "column mail: a NUL character", "damaged", id="a NUL"),
        pytest.param(
            b"Tom,t\x1b[31m,b\n", 3, "column mail: control characters", "mend", id="an escape sequence"
        ),
        pytest.param(
            b'Tom,"t\nt",b\n', 3, "column mail: control characters", "mend", id="a line end in a cell"
        ),
        pytest.param(b"Tom,t\tt,b\n", 3, "column mail: control characters", "mend", id="a tab in a cell"),
        pytest.param(
            "Tom,t,b\u0085b\n".encode(),
            3,
            "column team: control characters",
            "mend",
            id="a control beyond ASCII",
        ),
        pytest.param(b"Tom,t\xe9,b\n", 3, "column mail: the byte 0xE9", "windows-1250", id="no UTF-8"),
        pytest.param(
            "Tom,t\ufffd,b\n".encode(), 3, "column mail: a letter was lost", "anew", id="a lost letter"
        ),
        pytest.param(
            b"name,mail,team\n", 3, "holds the names of columns", "one header line", id="a second header line"
        ),
        pytest.param(
            b"Tom,t,Bo", 3, "column team: the last line has no line end", "finalNewline", id="cut in a field"
        ),
        pytest.param(b"Tom,t,\xc3", 3, "column team: the byte 0xC3", "encoding", id="cut in a letter"),
        pytest.param(
            b"Tom,t,b\r",
            3,
            "column team: the last line has no line end",
            "finalNewline",
            id="cut in a line end",
        ),
        pytest.param(
            b"Tom,t,b\nEve,e,b\nx", 5, "column name: the last line", "finalNewline", id="cut after one letter"
        ),
        pytest.param(
            b"Tom," + b"x" * 200_000 + b",b\n",
            3,
            "column mail: it is longer than 131,072 characters",
            "so long",
            id="a field without end",
        ),
    ],
)
def test_a_bad_row_names_line_and_column(
    tmp_path: Path, rows: bytes, where: int, message: str, hint: str
) -> None:
    error = refusal(tmp_path, HEADER + GOOD + rows)
    assert error.where == f"people.csv:{where}"
    assert message in error.message
    assert hint in error.hint
    assert "ada" not in str(error).lower()


@pytest.mark.parametrize(
    ("content", "settings", "message", "hint"),
    [
        pytest.param(b"", {}, "the file is empty", "minimumRecords: 0", id="no byte at all"),
        pytest.param(
            b"\xef\xbb\xbf", {}, "the file is empty", "minimumRecords: 0", id="a byte order mark alone"
        ),
        pytest.param(HEADER, {}, "the file holds no record", "minimumRecords: 0", id="a header line alone"),
        pytest.param(
            b"\n\n",
            {"header": "none", "columns": ["name", "mail", "team"]},
            "the file holds no record",
            "minimumRecords: 0",
            id="blank lines alone",
        ),
    ],
)
def test_an_empty_source_is_refused(
    tmp_path: Path, content: bytes, settings: dict[str, str], message: str, hint: str
) -> None:
    error = refusal(tmp_path, content, **settings)
    assert error.where == "people.csv"
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("header", "settings", "message", "hint"),
    [
        pytest.param(
            b"jm\xc3\xa9no,mail,t\xc3\xbdm",
            {},
            "no column 'name'; the columns are 'jm\xe9no', 'mail'",
            "name one of these",
            id="another language",
        ),
        pytest.param(b"Name,mail,team", {}, "no column 'name'", "did you mean 'Name'?", id="another case"),
        pytest.param(b"nmae,mail,team", {}, "no column 'name'", "did you mean 'nmae'?", id="a misspelling"),
        pytest.param(b"name;mail;team", {}, "no column 'name'", "delimiter: ';'", id="another delimiter"),
        pytest.param(b"name\tmail\tteam", {}, "control characters", "delimiter: 'tab'", id="tabs"),
        pytest.param(
            b"Tom,tom@example.com,Boys",
            {},
            "looks like a record",
            "header: none",
            id="no header line where one should be",
        ),
        pytest.param(b"name,mail,name", {}, "column 'name': two columns", "its own name", id="a name twice"),
        pytest.param(b"", {}, "the line is blank", "remove it", id="a blank line first"),
        pytest.param(b",,", {}, "the line is blank", "remove it", id="no name at all"),
        pytest.param(b"na\x07me,mail,team", {}, "control characters in the header", "encoding", id="a bell"),
        pytest.param(b'name,ma"il,team', {}, "column 2: its quotes", "both ends", id="a stray quote"),
        pytest.param(b'name,"mail,team', {}, "column 2: its quotes", "both ends", id="a quote never closed"),
        pytest.param(b"name,ma\xffil,team", {}, "column 2: the byte 0xFF", "encoding", id="no UTF-8"),
        pytest.param(
            b"Tom,tom@example.com,Boys",
            {"header": "skip"},
            "looks like a record",
            "header: none",
            id="a person who would be skipped",
        ),
        pytest.param(
            b"mail,name,team",
            {"header": "skip"},
            "has 'mail' where `columns` has 'name'",
            "header: names",
            id="skipped names in another order",
        ),
        pytest.param(
            b"name,mail",
            {"header": "skip"},
            "2 fields, and 3 columns are set",
            "list all columns",
            id="skipped names too few",
        ),
        pytest.param(
            b"name;mail;team",
            {"header": "skip"},
            "1 fields, and 3",
            "delimiter: ';'",
            id="skipped with another delimiter",
        ),
        pytest.param(
            b"Name,MAIL,team",
            {"header": "none"},
            "holds the names of columns",
            "one header line",
            id="names that become a user",
        ),
        pytest.param(
            b"FullName,Email,x",
            {"header": "none"},
            "holds the names of columns",
            "one header line",
            id="names of MyQ that become a user",
        ),
    ],
)
def test_a_first_line_that_is_not_what_was_said_is_refused(
    tmp_path: Path, header: bytes, settings: dict[str, object], message: str, hint: str
) -> None:
    columns = {"columns": ["name", "mail", "team"]} if settings else {}
    error = refusal(tmp_path, header + b"\n" + GOOD, **settings, **columns)
    assert error.where == "people.csv:1"
    assert message in error.message
    assert hint in error.hint


def test_two_header_lines_under_skip_are_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, HEADER * 2 + GOOD, header="skip", columns=["name", "mail", "team"])
    assert (error.where, "names of columns" in error.message) == ("people.csv:2", True)


def test_a_column_that_is_not_declared_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, GOOD, "name phone", header="none", columns=["name", "mail", "team"])
    assert error.where == "people.csv"
    assert "no column 'phone'; the columns are 'name', 'mail', 'team'" in error.message


def test_long_lists_of_columns_are_shortened(tmp_path: Path) -> None:
    names = [f"column-{number}-{'x' * 90}" for number in range(50)]
    error = refusal(tmp_path, ",".join(names).encode() + b"\n", "name")
    assert "and 20 more" in error.message
    assert len(error.message) < 2_000


def test_a_bad_row_far_down_is_found(tmp_path: Path) -> None:
    error = refusal(tmp_path, HEADER + GOOD * 9_999 + b"Tom,t\n" + GOOD * 9_999)
    assert error.where == "people.csv:10001"


def test_what_stands_before_a_fault_is_no_reading(tmp_path: Path) -> None:
    reader = csv_reader(tmp_path, HEADER + GOOD * 9_999 + b"Tom,t\n")
    read = reader.read(("name",))
    assert next(read).columns[0][0] == "Ada"
    with pytest.raises(SourceDataError):
        list(read)


@pytest.mark.parametrize(
    "start",
    [pytest.param(b"", id="from the beginning"), pytest.param(HEADER + GOOD + b'Tom,"', id="within quotes")],
)
def test_an_endless_line_is_refused_in_little_memory(tmp_path: Path, start: bytes) -> None:
    reader = csv_reader(tmp_path, start)
    with reader.path.open("ab") as file:
        for _ in range(64):
            file.write(b"x" * (1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(SourceDataError, match="a line is longer than 4,194,304 characters") as caught:
            read_all(reader, ["name"])
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()
    assert caught.value.where == f"people.csv:{3 if start else 1}"


def test_endless_quotes_are_refused_where_they_begin(tmp_path: Path) -> None:
    error = refusal(tmp_path, HEADER + GOOD + b'Tom,"t,b\n' + GOOD * 90_000)
    assert error.where == "people.csv:3"
    assert error.message == "column mail: its quotes are out of place, or one is never closed"


def test_a_file_that_ends_in_thousands_of_blank_lines_is_refused(tmp_path: Path) -> None:
    assert read_all(csv_reader(tmp_path, HEADER + GOOD + b"\n" * 1_000), ["name"])[0] == [("Ada",)]
    error = refusal(tmp_path, HEADER + GOOD + b"\n" * 1_001)
    assert (error.where, error.message) == ("people.csv:3", "over 1,000 blank lines follow")


def test_a_row_of_a_million_fields_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, HEADER + GOOD + b"," * 1_000_000 + b"\n")
    assert (error.where, "1000001 fields" in error.message) == ("people.csv:3", True)
