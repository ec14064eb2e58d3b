"""What Alembic runs to migrate: one transaction, on the engine that `migrate` hands over."""

from __future__ import annotations

from alembic import context

from reconciler.ledger.schema import VERSION_TABLE

with context.config.attributes["engine"].connect() as _connection:
    context.configure(connection=_connection, version_table=VERSION_TABLE, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
