"""Ledgers of every kind, empty, for the tests that hold them all to one contract."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from reconciler.ledger import Ledger, open_ledger
from support.postgres import Postgres


@dataclass(slots=True)
class Ledgers:
    """One ledger, opened as often as a test wants: each time as another program would."""

    url: str
    folder: Path
    server: Postgres | None
    opened: ExitStack = field(default_factory=ExitStack)

    def open(self) -> Ledger:
        return self.opened.enter_context(closing(open_ledger(self.url, self.folder)))

    def run(self, sql: str) -> list[tuple[object, ...]]:
        """Run SQL in the ledger, behind the program's back."""
        if self.server is not None:
            return list(self.server.run(self.url, sql))
        with closing(sqlite3.connect(self.folder / ".reconciler" / "ledger.db")) as connection:
            found = connection.execute(sql).fetchall()
            connection.commit()
            return found


KINDS = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(params=KINDS)
def ledgers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledgers]:
    """An empty ledger of each kind."""
    server = None
    if request.param == "postgres":
        server = cast("Postgres", request.getfixturevalue("postgres_server"))
    made = Ledgers(server.database() if server else "", tmp_path, server)
    with made.opened:
        yield made
