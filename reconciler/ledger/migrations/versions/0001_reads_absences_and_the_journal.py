"""Last good reads, absences, and the journal of applies."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    _remembered()
    _journal()


def _remembered() -> None:
    fact = op.create_table(
        "ledger_fact",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.bulk_insert(fact, [{"name": "salt", "value": secrets.token_hex(32)}])
    op.create_table(
        "ledger_read",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("doubted_records", sa.BigInteger),
        sa.Column("doubted_reads", sa.BigInteger),
        sa.Column("doubted_since", sa.Text),
    )
    op.create_table(
        "ledger_absence",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("reads", sa.BigInteger, nullable=False),
    )


def _journal() -> None:
    op.create_table(
        "ledger_run",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("started", sa.Text, nullable=False),
        sa.Column("ended", sa.Text),
    )
    op.create_index("ledger_run_target", "ledger_run", ["target", "started"])
    op.create_table(
        "ledger_entry",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("effect", sa.Text, primary_key=True),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text),
    )
