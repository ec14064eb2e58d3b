"""Keyed fingerprints of the PINs that accounts were given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ledger_pins",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
    )
