"""The ledger as a file: killed programs, files that are none, other addresses."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.core.history import Entry, LastRead, Seen
from reconciler.errors import LedgerError
from reconciler.ledger import exists, open_ledger
from reconciler.ledger import sqlite as of_files

NOW = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)
MYQ = "https://print.example.org"

NOTES = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from reconciler.core.history import Entry
from reconciler.ledger import open_ledger
with open_ledger("", Path(sys.argv[1])).journal("https://print.example.org", datetime.now(UTC)) as journal:
    for number in range(1_000_000):
        journal.begin([Entry(f"e{number}", "update")])
        print(number, flush=True)
        journal.end(f"e{number}", "applied")
"""


@pytest.mark.kill
@pytest.mark.parametrize("after", [0, 1, 57, 300])
def test_what_a_killed_program_had_noted_is_there(tmp_path: Path, after: int) -> None:
    with subprocess.Popen([sys.executable, "-c", NOTES, str(tmp_path)], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        last = -1
        while last < after:
            last = int(program.stdout.readline())
        program.kill()
        last = max([last, *(int(line) for line in program.stdout.read().split(b"\n")[:-1])])
    with closing(open_ledger("", tmp_path)) as ledger:
        (cut_off,) = ledger.open_runs(MYQ)
    (noted,) = [int(entry.effect[1:]) for entry in cut_off.entries]
    assert noted in {
        last,
        last + 1,
    }  # the next one may have been noted, with the end of this one, and not told


def test_the_folder_of_the_ledger_is_kept_out_of_git(tmp_path: Path) -> None:
    open_ledger("", tmp_path).close()
    assert (tmp_path / ".reconciler" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_file_that_is_no_ledger_is_told(tmp_path: Path) -> None:
    (tmp_path / ".reconciler").mkdir()
    (tmp_path / ".reconciler" / "ledger.db").write_bytes(b"something else" * 1000)
    with pytest.raises(LedgerError, match="file is not a database") as told:
        open_ledger("", tmp_path)
    assert told.value.where.endswith("ledger.db")
    assert "can be moved away" in told.value.hint


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / ".reconciler").write_text("a file", encoding="utf-8")
    with pytest.raises(LedgerError, match="the ledger cannot be used: File exists"):
        open_ledger("", tmp_path)


def test_a_ledger_that_another_program_holds_for_too_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_files, "PATIENCE", 0.05)
    ledger = open_ledger("", tmp_path)
    path = tmp_path / ".reconciler" / "ledger.db"
    with closing(ledger), closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="database is locked"):
            ledger.remember(MYQ, NOW, Seen({"hr": LastRead(1, "2026-11-02T03:04:05Z")}))
        other.execute("ROLLBACK")
        ledger.remember(MYQ, NOW, Seen({"hr": LastRead(1, "2026-11-02T03:04:05Z")}))


@pytest.mark.parametrize("url", ["mysql://a/b", "a.db", "None"])
def test_an_address_of_another_kind_is_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(LedgerError, match="the address of the ledger cannot be understood") as told:
        open_ledger(url, tmp_path)
    assert url not in str(told.value)


def test_no_ledger_remembers_nothing_and_makes_no_file(tmp_path: Path) -> None:
    with closing(open_ledger("none", tmp_path)) as ledger:
        ledger.remember(MYQ, NOW, Seen({"hr": LastRead(1, "2026-11-02T03:04:05Z")}))
        ledger.remember_pins(MYQ, {"a": "1"})
        assert ledger.recall(MYQ, NOW) is None
        with ledger.journal(MYQ, NOW) as journal:
            journal.begin([Entry("e", "update")])
            journal.end("e", "applied")
        ledger.settle("r", [], NOW)
        assert ledger.open_runs(MYQ) == ()
    assert list(tmp_path.iterdir()) == []


def test_no_ledger_still_has_the_lock_of_the_folder(tmp_path: Path) -> None:
    with open_ledger("none", tmp_path).lock(MYQ, "print") as held:
        held.check()
        with pytest.raises(Exception, match="another run is applying to print"):
            open_ledger("", tmp_path).lock(MYQ, "print").__enter__()


def test_a_ledger_that_is_not_made_yet_is_known_not_to_be_there(tmp_path: Path) -> None:
    assert not exists("", tmp_path)
    open_ledger("", tmp_path).close()
    assert exists("", tmp_path)
    assert exists("postgresql://elsewhere/ledger", tmp_path / "other")


def test_a_plan_loads_neither_the_migrations_nor_a_server_s_driver(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from reconciler.ledger import open_ledger;"
        "open_ledger('', Path(sys.argv[1])).close();"
        "print([name for name in ('alembic', 'sqlalchemy', 'psycopg', 'filelock') if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=True, capture_output=True, encoding="utf-8"
    )
    assert told.stdout.strip() == "[]"
