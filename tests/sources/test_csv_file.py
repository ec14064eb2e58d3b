"""CSV files that can be read: dialects, columns, line ends, and what comes of the cells."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pydantic import ValidationError

from reconciler.core.model import Cell
from support.csv_files import csv_reader, csv_spec, read_all, read_source

MYQ = (
    b"FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS,CODE,SCANSTORAGE,PIN\n"
    b'"Tom Sawyer","Tom,Tomy,Apple","tom@example.com",7E9700C9,'
    b'"Activities|Outdoor|Swimming,Activities|Outdoor|Birdwatching",00123,"\\Users\\Tomy","1234,5678"\n'
    b"Ada,ada,,,,,,\n"
)


@pytest.mark.parametrize(
    ("attribute", "cells"),
    [
        pytest.param("FULLNAME", ["Tom Sawyer", "Ada"], id="the full name is text"),
        pytest.param("USERNAME_ALIASES", ["Tom,Tomy,Apple", "ada"], id="the raw column stays text"),
        pytest.param("USERNAME", ["Tom", "ada"], id="the first name is the user name"),
        pytest.param("ALIASES", [("Tomy", "Apple"), ""], id="the other names are aliases"),
        pytest.param("CARDS", ["7E9700C9", ""], id="one card is text"),
        pytest.param("PIN", [("1234", "5678"), ""], id="two PINs are a tuple"),
        pytest.param("CODE", ["00123", ""], id="leading zeros stay"),
        pytest.param("SCANSTORAGE", ["\\Users\\Tomy", ""], id="a backslash is a letter"),
        pytest.param(
            "GROUPS",
            [("Activities|Outdoor|Swimming", "Activities|Outdoor|Birdwatching"), ""],
            id="groups are paths",
        ),
    ],
)
@pytest.mark.parametrize(
    ("drop", "header"),
    [
        pytest.param(0, "names", id="by name"),
        pytest.param(0, "skip", id="by position, header skipped"),
        pytest.param(1, "none", id="by position, no header"),
    ],
)
def test_myqs_own_file_is_read(
    tmp_path: Path, attribute: str, cells: list[Cell], drop: int, header: str
) -> None:
    content = b"".join(MYQ.splitlines(keepends=True)[drop:])
    records, origins, reading = read_all(csv_reader(tmp_path, content, header=header), [attribute])
    assert records == [(cell,) for cell in cells]
    assert origins == [f"people.csv:{2 - drop}", f"people.csv:{3 - drop}"]
    assert reading.records == 2


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        pytest.param(b"name;team\nAda;A,B\n", {"delimiter": ";"}, id="semicolons"),
        pytest.param(b"name\tteam\nAda\tA,B\n", {"delimiter": "tab"}, id="tabs by name"),
        pytest.param(b"name\tteam\nAda\tA,B\n", {"delimiter": "\t"}, id="tabs as they are"),
        pytest.param(b"name|team\nAda|A,B\n", {"delimiter": "|"}, id="vertical bars"),
        pytest.param(b"name,team\nAda,'A,B'\n", {"quote": "'"}, id="single quotes"),
        pytest.param(b"name;team\nAda;A,B\n", {"delimiter": ";", "quote": "none"}, id="no quotes"),
        pytest.param(b'name,team\r\nAda,"A,B"\r\n', {}, id="lines of Windows"),
        pytest.param(b'name,team\rAda,"A,B"\r', {}, id="lines of old Macs"),
        pytest.param(b'name,team\nAda,"A,B"\r\n', {}, id="mixed lines"),
        pytest.param(
            b'name,team\nAda,"A,B"', {"finalNewline": "optional"}, id="no final line end, as allowed"
        ),
        pytest.param(b'name,team\nAda,"A,B"\n\n\r\n  \n', {}, id="blank lines at the end"),
        pytest.param(b' name ,team\n  Ada\t," A,B "\n', {}, id="white space around"),
        pytest.param(b'name,team,,\nAda,"A,B",,\n', {}, id="columns without a name"),
        pytest.param(
            b'name,notes,team\nAda,"two\nlines","A,B"\n', {}, id="a line end in a column not asked for"
        ),
        pytest.param(b'\xef\xbb\xbfname,team\nAda,"A,B"\n', {}, id="UTF-8 with its mark"),
        pytest.param(
            'name,team\nAda,"A,B"\n'.encode("utf-16"), {"encoding": "utf-16"}, id="UTF-16 with its mark"
        ),
    ],
)
def test_other_dialects_give_the_same_record(
    tmp_path: Path, content: bytes, settings: dict[str, str]
) -> None:
    records, origins, _ = read_all(csv_reader(tmp_path, content, **settings), ["name", "team"])
    assert records == [("Ada", "A,B")]
    assert origins == ["people.csv:2"]


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    content = b'name,notes\n"Ada","one\r\ntwo\rthree"\nTom,\n"Eve","x\n"\nJoe,y\n'
    records, origins, _ = read_all(csv_reader(tmp_path, content), ["name"])
    assert records == [("Ada",), ("Tom",), ("Eve",), ("Joe",)]
    assert origins == ["people.csv:2", "people.csv:5", "people.csv:6", "people.csv:8"]


@pytest.mark.parametrize(
    ("content", "cell"),
    [
        pytest.param('n\n"say ""hi"""\n', 'say "hi"', id="a doubled quote is one quote"),
        pytest.param("n\nZoe\u0301\n", "Zo\u00e9", id="letters are composed"),
        pytest.param("n\n\u2028Zo\u00e9\u00a0\n", "Zo\u00e9", id="white space of any kind goes"),
        pytest.param("n\na\u2028b\n", "a\u2028b", id="a line separator of Unicode ends no line"),
        pytest.param("n\n=1+1\n", "=1+1", id="a formula is text"),
        pytest.param("n\n<b>\n", "<b>", id="markup is text"),
    ],
)
def test_a_cell_is_the_text_that_is_there(tmp_path: Path, content: str, cell: str) -> None:
    assert read_all(csv_reader(tmp_path, content.encode()), ["n"])[0] == [(cell,)]


def test_a_column_named_username_is_not_replaced(tmp_path: Path) -> None:
    reader = csv_reader(tmp_path, b'USERNAME,USERNAME_ALIASES\nada,"lovelace,al"\n')
    assert read_all(reader, ["USERNAME", "ALIASES"])[0] == [("ada", "al")]
    assert reader.attributes() == ("USERNAME", "USERNAME_ALIASES", "ALIASES")


def test_columns_may_be_told_for_a_file_that_does_not_name_them(tmp_path: Path) -> None:
    reader = csv_reader(tmp_path, b"ada,Ada\n", header="none", columns=["login", "name"])
    assert read_all(reader, ["name", "login"])[0] == [("Ada", "ada")]


def test_the_reading_says_that_the_end_was_reached(tmp_path: Path) -> None:
    _, _, reading = read_all(csv_reader(tmp_path, MYQ), ["FULLNAME"])
    assert {fact.name: fact.value for fact in reading.facts} == {
        "end of file": "reached",
        "lines": "3",
        "bytes": str(len(MYQ)),
        "sha256": hashlib.sha256(MYQ).hexdigest(),
        "encoding": "utf-8",
    }
    assert reading.groups == ()


def test_a_long_file_comes_in_batches(tmp_path: Path) -> None:
    people = [f"user{number}" for number in range(20_000)]
    lines = "".join(f"{name},{'x' * (number % 60)}\r\n" for number, name in enumerate(people))
    reader = csv_reader(tmp_path, f"name,rest\r\n{lines}".encode())
    batches = list(reader.read(("name",)))
    assert len(batches) > 5
    assert [cell for batch in batches for cell in batch.columns[0]] == people
    assert [origin for batch in batches for origin in batch.origins] == [
        f"people.csv:{number + 2}" for number in range(len(people))
    ]


def test_any_number_of_different_groups_is_read(tmp_path: Path) -> None:
    groups = [f"A|B{number}" for number in range(50_001)]
    reader = csv_reader(tmp_path, "\n".join(["GROUPS", *groups, "A|B1 , C", ""]).encode(), delimiter=";")
    assert read_all(reader, ["GROUPS"])[0] == [*zip(groups), (("A|B1", "C"),)]


def test_rows_may_lie_across_the_blocks_in_which_a_file_is_read(tmp_path: Path) -> None:
    notes = "\r\n".join(["x" * 97] * 900)
    rows = "".join(f'u{number},"{notes} ""q"""\r\n' for number in range(10))
    reader = csv_reader(tmp_path, f"name,notes\r\n{rows}".encode("utf-16"), encoding="utf-16")
    records, origins, _ = read_all(reader, ["name"])
    assert records == [(f"u{number}",) for number in range(10)]
    assert origins == [f"people.csv:{2 + 900 * number}" for number in range(10)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="no byte at all"),
        pytest.param(b"\xef\xbb\xbf", id="a byte order mark alone"),
        pytest.param(b"name,team\n", id="a header line alone"),
        pytest.param(b"name,team\n\n\n", id="a header line and blank lines"),
    ],
)
def test_an_empty_source_is_believed_when_that_was_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "people.csv").write_bytes(content)
    assert read_source(csv_spec(expect={"minimumRecords": 0}), tmp_path, ["name"]) == []


def test_a_manifest_leads_to_the_records(tmp_path: Path) -> None:
    (tmp_path / "hr").mkdir()
    (tmp_path / "hr" / "all.csv").write_bytes(b"login;tree\nada; A | B ,C\n")
    spec = csv_spec(
        file="hr/all.csv", delimiter=";", groups={"import": [{"branches": "tree"}, {"attribute": "%login%"}]}
    )
    assert [way.ready_attribute(at) for at, way in enumerate(spec.groups.import_)] == ["tree", None]
    assert read_source(spec, tmp_path, ["login", "tree"]) == [("ada", ("A|B", "C"))]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"columns": ["a"]}, "`columns` is for", id="columns beside a header that names them"),
        pytest.param({"header": "none", "columns": ["a", "a"]}, "names a column twice", id="a column twice"),
        pytest.param({"header": "none", "columns": []}, "at least 1 item", id="no columns"),
        pytest.param({"delimiter": "::"}, "delimiter", id="a delimiter of two characters"),
        pytest.param({"encoding": "latin-1"}, "encoding", id="an encoding by another name"),
        pytest.param({"file": "a\0b"}, "file", id="a file name that no system has"),
        pytest.param({"seperator": ";"}, "seperator", id="a word it does not know"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        csv_spec(**settings)
