"""The reader of CSV files keeps the contract of readers."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from io import FileIO
from pathlib import Path

import pytest

from reconciler.core.dialect import join_branches, join_names
from reconciler.core.groups import values_of
from reconciler.core.model import Cell
from reconciler.sources.base import Reader
from sources.contract import KnownSource, ReaderContract
from support.csv_files import csv_reader


class CsvPeople:
    """People in a file of MyQ's dialect."""

    attributes = ("FULLNAME", "USERNAME", "ALIASES", "GROUPS")
    many = 4_000

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def people(self, count: int) -> Sequence[tuple[Cell, ...]]:
        aliases = ("", "al", ("al", "la"))
        groups = ("", "A|B", ("A|B", "C"))
        return [(f"Zo\u00eb {n}", f"zoe{n}", aliases[n % 3], groups[n // 3 % 3]) for n in range(count)]

    def reader(self, count: int) -> Reader:
        return csv_reader(self._folder, "".join(self._lines(count)).encode())

    def broken(self, count: int, after: int) -> Reader:
        lines = self._lines(count)
        lines[after + 1] = lines[after + 1][:-2]
        return csv_reader(self._folder, "".join(lines[: after + 2]).encode())

    def held(self) -> int:
        files = (thing for thing in gc.get_objects() if isinstance(thing, FileIO))
        return sum(not file.closed and str(file.name) == str(self._folder / "people.csv") for file in files)

    def _lines(self, count: int) -> list[str]:
        rows = [
            f'{name},"{join_names(str(user), values_of(aliases))}",,,"{join_branches(values_of(groups))}"\r\n'
            for name, user, aliases, groups in self.people(count)
        ]
        return ["FULLNAME,USERNAME_ALIASES,EMAIL,CARDS,GROUPS\r\n", *rows]


class TestCsvReader(ReaderContract):
    @pytest.fixture
    def source(self, tmp_path: Path) -> KnownSource:
        return CsvPeople(tmp_path)
