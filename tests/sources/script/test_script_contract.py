"""The reader of scripts keeps the contract of readers."""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from io import FileIO

import pytest

from reconciler.core.model import Cell
from reconciler.sources.base import Reader
from sources.contract import KnownSource, ReaderContract
from support.scripts import Scripts

pytestmark = pytest.mark.script

PRINTER = """
import pathlib, sys
sys.stdout.reconfigure(encoding="utf-8", newline="\\n")
print(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"), end="")
"""


class ScriptPeople:
    """People that a script prints from a file beside it."""

    attributes = ("fullname", "user", "cards")
    many = 11_000

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._open = _open_files()

    def people(self, count: int) -> Sequence[tuple[Cell, ...]]:
        cards = ("", "A1", ("A1", "B2"))
        return [(f"Zo\u00eb {n}", f"zoe{n}", cards[n % 3]) for n in range(count)]

    def reader(self, count: int) -> Reader:
        return self._reader([*self._lines(count), json.dumps({"end": True, "count": count})])

    def broken(self, count: int, after: int) -> Reader:
        return self._reader(self._lines(count)[:after])

    def held(self) -> int:
        return _open_files() - self._open

    def _lines(self, count: int) -> list[str]:
        return [
            json.dumps({"fullname": name, "user": user, "id": user} | ({"cards": cards} if cards else {}))
            for name, user, cards in self.people(count)
        ]

    def _reader(self, lines: list[str]) -> Reader:
        file = self._scripts.surroundings.folder / "people.jsonl"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
        return self._scripts.spec(PRINTER, file.name).reader(self._scripts.surroundings)


def _open_files() -> int:
    """Return how many files are open for reading and writing, as what a script prints into is."""
    files = (thing for thing in gc.get_objects() if isinstance(thing, FileIO))
    return sum(not file.closed and file.mode == "rb+" for file in files)


class TestScriptReader(ReaderContract):
    @pytest.fixture
    def source(self, scripts: Scripts) -> KnownSource:
        return ScriptPeople(scripts)
