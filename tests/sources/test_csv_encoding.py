"""Encodings: read as they were said, and refused where the bytes prove otherwise."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from reconciler.errors import SourceDataError
from support.csv_files import csv_reader, read_all

PEOPLE = "name,town\r\nŽofie,Praha\r\nJosé,Łódź\r\n"
WEST = "name,town\r\nJosé,Besançon\r\nZoë,Köln\r\n"
TEXTS = {"windows-1252": WEST, "iso-8859-1": WEST}


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        pytest.param("utf-8", PEOPLE.encode(), id="UTF-8"),
        pytest.param("utf-8", codecs.BOM_UTF8 + PEOPLE.encode(), id="UTF-8 with its mark"),
        pytest.param(
            "utf-16",
            codecs.BOM_UTF16_LE + PEOPLE.encode("utf-16-le"),
            id="UTF-16, small end first, by its mark",
        ),
        pytest.param(
            "utf-16",
            codecs.BOM_UTF16_BE + PEOPLE.encode("utf-16-be"),
            id="UTF-16, big end first, by its mark",
        ),
        pytest.param("utf-16-le", PEOPLE.encode("utf-16-le"), id="UTF-16, small end first, as said"),
        pytest.param("utf-16-be", PEOPLE.encode("utf-16-be"), id="UTF-16, big end first, as said"),
        pytest.param(
            "utf-16-le", codecs.BOM_UTF16_LE + PEOPLE.encode("utf-16-le"), id="UTF-16 as said and by its mark"
        ),
        pytest.param("windows-1250", PEOPLE.encode("cp1250"), id="Windows-1250"),
        pytest.param("windows-1252", WEST.encode("cp1252"), id="Windows-1252"),
        pytest.param("iso-8859-1", WEST.encode("latin-1"), id="ISO 8859-1"),
        pytest.param("iso-8859-2", PEOPLE.encode("iso-8859-2"), id="ISO 8859-2"),
        pytest.param("windows-1252", b"name,town\nAda,London\n", id="plain ASCII as Windows-1252"),
    ],
)
def test_a_file_is_read_in_the_encoding_that_was_said(tmp_path: Path, encoding: str, content: bytes) -> None:
    expected = [tuple(line.split(",")) for line in TEXTS.get(encoding, PEOPLE).splitlines()[1:]]
    if b"Ada" in content:
        expected = [("Ada", "London")]
    records, _, _ = read_all(csv_reader(tmp_path, content, encoding=encoding), ["name", "town"])
    assert records == expected


@pytest.mark.parametrize(
    ("said", "content", "where", "message", "hint"),
    [
        pytest.param(
            "utf-8",
            PEOPLE.encode("utf-16"),
            1,
            "the byte order mark of utf-16",
            "encoding: utf-16-",
            id="UTF-16 by its mark",
        ),
        pytest.param(
            "windows-1252",
            codecs.BOM_UTF8 + WEST.encode(),
            1,
            "the byte order mark of utf-8",
            "encoding: utf-8",
            id="UTF-8 by its mark",
        ),
        pytest.param(
            "utf-16-be",
            codecs.BOM_UTF16_LE + PEOPLE.encode("utf-16-le"),
            1,
            "mark of utf-16-le",
            "encoding: utf-16-le",
            id="UTF-16 of the other order by its mark",
        ),
        pytest.param(
            "utf-8", PEOPLE.encode("utf-32"), 1, "the byte order mark of utf-32", "as UTF-8", id="UTF-32"
        ),
        pytest.param(
            "utf-16",
            PEOPLE.encode("utf-16-be"),
            1,
            "no byte order mark",
            "encoding: utf-16-be",
            id="UTF-16 unmarked",
        ),
        pytest.param(
            "utf-16",
            PEOPLE.encode(),
            1,
            "no byte order mark",
            "utf-16-le` or `enc",
            id="UTF-16 was said of UTF-8",
        ),
        pytest.param(
            "utf-8",
            PEOPLE.encode("utf-16-le"),
            1,
            "NUL as in utf-16-le",
            "encoding: utf-16-le",
            id="UTF-16 unsaid",
        ),
        pytest.param(
            "utf-16-le",
            PEOPLE.encode("utf-16-be"),
            1,
            "NUL as in utf-16-be",
            "encoding: utf-16-be",
            id="UTF-16 of the other order",
        ),
        pytest.param("utf-16-le", PEOPLE.encode(), 1, "no byte is NUL", "utf-8", id="UTF-8 as UTF-16"),
        pytest.param(
            "utf-8",
            WEST.encode("cp1252"),
            2,
            "column name: the byte 0xE9 has no place",
            "windows-1252",
            id="Windows-1252 as UTF-8",
        ),
        pytest.param(
            "utf-8",
            PEOPLE.encode("cp1250"),
            2,
            "column name: the byte 0x8E has no place",
            "windows-1250",
            id="Windows-1250 as UTF-8",
        ),
        pytest.param(
            "windows-1252", WEST.encode(), "", "sound UTF-8", "encoding: utf-8", id="UTF-8 as Windows-1252"
        ),
        pytest.param(
            "iso-8859-2", WEST.encode(), "", "sound UTF-8", "encoding: utf-8", id="UTF-8 as ISO 8859-2"
        ),
        pytest.param(
            "windows-1252",
            PEOPLE.encode(),
            3,
            "column town: the byte 0x81",
            "encoding: utf-8",
            id="UTF-8 with bytes that Windows-1252 lacks",
        ),
        pytest.param(
            "iso-8859-2",
            PEOPLE.encode(),
            3,
            "column town: control characters",
            "utf-8 have letters there",
            id="UTF-8 with bytes that are no letters in ISO 8859-2",
        ),
        pytest.param(
            "windows-1252",
            "name,town\r\nAda,\u0164\u0165\r\n".encode("cp1250"),
            2,
            "column town: the byte 0x8D",
            "`encoding: windows-1250`, where it is \u0164",
            id="Windows-1250 as Windows-1252",
        ),
        pytest.param(
            "windows-1250",
            "name,town\r\nAda,\u0192\r\n".encode("cp1252"),
            2,
            "column town: the byte 0x83",
            "`encoding: windows-1252`, where it is \u0192",
            id="Windows-1252 as Windows-1250",
        ),
        pytest.param(
            "windows-1250",
            b"name,town\r\nAda,\x81\r\n",
            2,
            "the byte 0x81",
            "save it as UTF-8",
            id="a byte of neither",
        ),
        pytest.param(
            "iso-8859-1",
            "name,town\r\nAda,\u0160koda\r\n".encode("cp1250"),
            2,
            "column town: control characters",
            "windows-1250, windows-1252 or utf-8",
            id="Windows-1250 as ISO 8859-1",
        ),
        pytest.param(
            "utf-16-le",
            PEOPLE.encode("utf-16-le")[:-1],
            3,
            "the byte 0x0A",
            "encoding",
            id="half a character",
        ),
        pytest.param(
            "utf-16-le",
            "name,town\n".encode("utf-16-le") + b"\x00\xd8\n\0",
            2,
            "has no place in utf-16-le",
            "encoding",
            id="half a pair",
        ),
    ],
)
def test_a_wrong_encoding_is_found(
    tmp_path: Path, said: str, content: bytes, where: int | str, message: str, hint: str
) -> None:
    with pytest.raises(SourceDataError) as caught:
        read_all(csv_reader(tmp_path, content, encoding=said), ["name", "town"])
    assert caught.value.where == f"people.csv{where and f':{where}'}"
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("said", "content", "cells"),
    [
        pytest.param("windows-1252", "name\n\u00e9\n".encode(), "\u00c3\u00a9", id="UTF-8 as Windows-1252"),
        pytest.param("utf-8", "name\nJos\ufffd\n".encode(), "Jos\ufffd", id="a lost letter"),
    ],
)
def test_doubts_about_the_encoding_can_be_put_aside(
    tmp_path: Path, said: str, content: bytes, cells: str
) -> None:
    reader = csv_reader(tmp_path, content, encoding=said, encodingCheck=False)
    assert read_all(reader, ["name"])[0] == [(cells,)]


def test_a_letter_may_lie_across_two_blocks(tmp_path: Path) -> None:
    long = "\u20ac" * 30_000
    for shift in range(3):
        content = f"name\n{'x' * shift}{long}\n{long}\n".encode()
        records, _, _ = read_all(csv_reader(tmp_path, content), ["name"])
        assert [len(str(cell)) for (cell,) in records] == [30_000 + shift, 30_000]


def test_what_stands_before_a_bad_byte_has_the_right_letters(tmp_path: Path) -> None:
    content = "name\n\u017dofie\n".encode("cp1250") + b"\x81\n"
    read = csv_reader(tmp_path, content, encoding="windows-1250").read(("name",))
    assert next(read).columns == [["\u017dofie"]]
    with pytest.raises(SourceDataError, match="0x81"):
        next(read)
