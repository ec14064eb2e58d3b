"""CSV files that cannot be read just now."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.errors import SourceError, SourceUnavailable
from reconciler.sources.csv_dialect.reader import CsvFormat, CsvReader
from support.csv_files import csv_reader, read_all

LONG = b"name,mail\n" + b"Ada,ada@example.com\n" * 10_000


def read_missing(folder: Path, name: str) -> SourceError:
    with pytest.raises(SourceUnavailable) as caught:
        read_all(CsvReader(folder / name, name, CsvFormat()), ["name"])
    return caught.value


def test_a_missing_file_is_named_with_the_place_it_was_looked_for(tmp_path: Path) -> None:
    error = read_missing(tmp_path, "peple.csv")
    assert error.where == "peple.csv"
    assert "cannot be read" in error.message
    assert str(tmp_path / "peple.csv") in error.hint


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    error = read_missing(tmp_path, "people")
    assert (error.where, error.message) == ("people", "this is a folder")


def test_a_device_is_no_file() -> None:
    error = read_missing(Path(os.devnull).parent, os.devnull)
    assert error.message in {"this is not an ordinary file", "the file cannot be read: Incorrect function"}


def test_a_file_below_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "people").write_bytes(LONG)
    assert "cannot be read" in read_missing(tmp_path, "people/all.csv").message


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"Tom,tom@example.com\n")


def _write_over(path: Path) -> None:
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"nome")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000_000))


def _cut(path: Path) -> None:
    os.truncate(path, len(LONG) // 20 * 10)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_append, id="grows"),
        pytest.param(_write_over, id="is written over"),
        pytest.param(_cut, id="is cut at the end of a line"),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_not_believed(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    reader = csv_reader(tmp_path, LONG)
    read = reader.read(("name",))
    next(read)
    change(reader.path)
    with pytest.raises(SourceUnavailable, match="changed while it was read") as caught:
        list(read)
    assert caught.value.where == "people.csv"
    assert "rename" in caught.value.hint
