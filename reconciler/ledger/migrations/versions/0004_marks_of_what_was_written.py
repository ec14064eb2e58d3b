"""Marks of what was written, value by value, to know again what somebody else has changed back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; what was written before has no marks, and is not known again."""
    op.add_column("ledger_entry", sa.Column("marks", sa.Text, nullable=False, server_default=""))
