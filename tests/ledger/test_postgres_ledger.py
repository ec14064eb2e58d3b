"""The ledger in PostgreSQL where things go wrong: the server, the connection, the address, a pooler."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.core.history import Entry, LastRead, Seen
from reconciler.errors import LedgerError, LockHeld
from reconciler.ledger import open_ledger
from support.ledgers import Ledgers
from support.postgres import Postgres, started

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)
MYQ = "https://print.example.org"


@pytest.fixture
def ledgers(postgres_server: Postgres, tmp_path: Path) -> Iterator[Ledgers]:
    """An empty ledger on the server of all tests."""
    made = Ledgers(postgres_server.database(), tmp_path, postgres_server)
    with made.opened:
        yield made


def cut(ledgers: Ledgers) -> None:
    """End all connections of the program, as a network or an administrator would."""
    ledgers.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'myq-reconciler' AND datname = current_database()"
    )


def test_with_its_connection_a_run_loses_the_lock_and_learns_it_before_the_next_write(
    ledgers: Ledgers,
) -> None:
    lost = ledgers.open()
    with lost.lock(MYQ, "print") as held, lost.journal(MYQ, NOW) as journal:
        journal.begin([Entry("e1", "update")])
        journal.end("e1", "applied")
        cut(ledgers)
        with pytest.raises(LedgerError, match="the ledger cannot be used"):
            journal.begin([Entry("e2", "update")])
        with pytest.raises(LedgerError):
            held.check()
        with ledgers.open().lock(MYQ, "print") as other:
            other.check()
    (open_run,) = ledgers.open().open_runs(MYQ)
    assert open_run.entries == (Entry("e1", "update"),)  # its end was noted nowhere, so it is looked at again


def test_a_connection_that_is_lost_while_counting_counts_nothing(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    cut(ledgers)
    with pytest.raises(LedgerError):
        ledger.remember(MYQ, NOW, Seen({"hr": LastRead(5, "2026-11-02T03:04:05Z")}))
    assert ledgers.run("SELECT COUNT(*) FROM ledger_read") == [(0,)]


def test_a_server_that_goes_away_and_comes_back_finds_what_was_begun(tmp_path: Path) -> None:
    servers = started()
    server = next(servers)
    try:
        url = server.database()
        with closing(open_ledger(url, tmp_path)) as ledger, ledger.lock(MYQ, "print"):
            with ledger.journal(MYQ, NOW) as journal:
                journal.begin([Entry("e1", "update")])
                server.stop()
                with pytest.raises(LedgerError):
                    journal.begin([Entry("e2", "update")])
            with pytest.raises(LedgerError, match="the ledger cannot be used"):
                open_ledger(url, tmp_path)
        server.start()
        with closing(open_ledger(url, tmp_path)) as again, again.lock(MYQ, "print"):
            assert [run.entries for run in again.open_runs(MYQ)] == [(Entry("e1", "update"),)]
    finally:
        servers.close()


def test_an_address_where_nobody_answers_is_told_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://me:open-sesame@127.0.0.1:1/ledger"
    with pytest.raises(LedgerError, match="the ledger cannot be used") as told:
        open_ledger(url, tmp_path)
    assert "open-sesame" not in str(told.value)
    assert "127.0.0.1" in str(told.value)


def test_an_address_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="the ledger cannot be used"):
        open_ledger("postgresql://[::", tmp_path)


def test_where_it_is_is_told_without_the_password(ledgers: Ledgers) -> None:
    first, second = ledgers.open(), ledgers.open()
    with first.lock(MYQ, "print"), pytest.raises(LockHeld) as told, second.lock(MYQ, "print"):
        pytest.fail("the lock was given twice")
    assert told.value.where == f"postgresql://127.0.0.1/{ledgers.url.rpartition('/')[2]}"
    assert "perhaps on another machine" in told.value.message


def test_a_pooler_that_hands_out_another_connection_is_found_out(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    with ledger.lock(MYQ, "print") as held:
        held.check()
        ledger.database.rows("SELECT pg_advisory_unlock_all()::text")
        with pytest.raises(LedgerError, match="the run lock is lost") as told:
            held.check()
    assert "session mode" in told.value.hint


def test_it_lives_in_the_schema_that_its_address_names(ledgers: Ledgers) -> None:
    ledgers.run("CREATE SCHEMA apart")
    ledgers.run("ALTER ROLE postgres SET search_path TO apart")
    try:
        ledgers.open()
        found = ledgers.run("SELECT schemaname FROM pg_tables WHERE tablename = 'ledger_version'")
    finally:
        ledgers.run("ALTER ROLE postgres RESET search_path")
    assert found == [("apart",)]


def test_without_the_driver_the_way_to_get_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "reconciler.ledger.postgres", raising=False)
    with pytest.raises(LedgerError, match="needs the package psycopg") as told:
        open_ledger("postgresql://me@127.0.0.1/ledger", tmp_path)
    assert "myq-reconciler[postgres]" in told.value.hint
    monkeypatch.undo()
    importlib.import_module("reconciler.ledger.postgres")
