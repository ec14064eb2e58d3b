"""From every earlier version of a ledger to today's, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from reconciler.errors import LedgerError
from reconciler.ledger import migrations
from reconciler.ledger.database import Database
from reconciler.ledger.migrations import migrate
from reconciler.ledger.postgres import PostgresDatabase
from reconciler.ledger.schema import HEAD, VERSIONS
from reconciler.ledger.sqlite import SqliteDatabase
from reconciler.ledger.store import Store
from support.ledgers import Ledgers


def database(ledgers: Ledgers) -> Database:
    """Open the ledger's database, without making or migrating anything."""
    made: Database = (
        PostgresDatabase(ledgers.url) if ledgers.url else SqliteDatabase(ledgers.folder / "ledger.db")
    )
    ledgers.opened.callback(made.close)
    return made


def shape(of: Database) -> dict[str, object]:
    """Return all tables as the database tells them: columns, keys, indexes."""
    engine = of.engine()
    try:
        looked = inspect(engine)
        return {
            name: (
                sorted(
                    (column["name"], str(column["type"]), column["nullable"])
                    for column in looked.get_columns(name)
                ),
                sorted(looked.get_pk_constraint(name)["constrained_columns"]),
                sorted(
                    (index["name"] or "", tuple(index["column_names"])) for index in looked.get_indexes(name)
                ),
            )
            for name in sorted(looked.get_table_names())
        }
    finally:
        engine.dispose()


def test_a_ledger_that_was_migrated_from_nothing_has_the_tables_of_a_new_one(ledgers: Ledgers) -> None:
    migrated = database(ledgers)
    migrate(migrated)
    found = shape(migrated)
    for table in found:
        migrated.run(f"DROP TABLE {table}")
    Store(migrated)
    assert shape(migrated) == found
    assert migrated.rows("SELECT version_num FROM ledger_version") == [(HEAD,)]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_earlier_ledger_is_brought_here_with_what_it_holds(ledgers: Ledgers, version: str) -> None:
    old = database(ledgers)
    migrate(old, version)
    old.run(
        "INSERT INTO ledger_read (target, source, records, at) VALUES ('t', 's', 7, '2026-01-01T00:00:00Z')"
    )
    salt = old.rows("SELECT value FROM ledger_fact WHERE name = 'salt'")
    Store(old)
    assert old.rows("SELECT version_num FROM ledger_version") == [(HEAD,)]
    assert old.rows("SELECT records FROM ledger_read") == [(7,)]
    assert old.rows("SELECT value FROM ledger_fact WHERE name = 'salt'") == salt


def test_a_migration_that_fails_leaves_everything_as_it_was(ledgers: Ledgers) -> None:
    in_the_way = database(ledgers)
    in_the_way.run("CREATE TABLE ledger_entry (something TEXT)")
    with pytest.raises(LedgerError, match=f"cannot be brought to version {HEAD}"):
        migrate(in_the_way)
    assert list(shape(in_the_way)) == ["ledger_entry"]


def test_versions_are_those_that_there_are_steps_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    steps = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(reversed([step.revision for step in steps])) == VERSIONS
