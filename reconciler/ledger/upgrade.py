"""A ledger as this program wants it: made when it is new, migrated when it is older, refused when newer."""

from __future__ import annotations

import secrets

from reconciler.errors import LedgerError
from reconciler.ledger.database import Database
from reconciler.ledger.schema import HEAD, TABLES, VERSION_TABLE, VERSIONS

SALT_BYTES = 32


def bring_up(database: Database) -> None:
    """Make or migrate the tables where that is needed; raise LedgerError where it cannot be done."""
    version = _version(database)
    if version is None:
        _make(database)
    elif version != HEAD:
        _migrate(database, version)


def _version(database: Database) -> str | None:
    if not database.has(VERSION_TABLE):
        return None
    rows = database.rows(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  a name of ours
    return str(rows[0][0]) if rows else ""


def _make(database: Database) -> None:
    with database.transaction("schema"):
        if database.has(VERSION_TABLE):  # another run was quicker
            return
        for statement in TABLES:
            database.run(statement)
        database.run(
            "INSERT INTO ledger_fact (name, value) VALUES ('salt', ?)", secrets.token_hex(SALT_BYTES)
        )
        database.run("INSERT INTO ledger_version (version_num) VALUES (?)", HEAD)


def _migrate(database: Database, version: str) -> None:
    if version not in VERSIONS:
        raise LedgerError(
            f"the ledger has version {version or 'none'}, and this program knows those up to {HEAD}",
            hint="a newer program has written it: use that one, or give this one a ledger of its own"
            " with RECONCILER_LEDGER",
            where=database.where,
        )
    from reconciler.ledger.migrations import migrate  # noqa: PLC0415  Alembic takes a second to import

    migrate(database)
