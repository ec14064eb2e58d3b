"""What the last look at a server saw, for `drift`: everybody in one piece."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ledger_look",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("manifests", sa.Text, nullable=False),
        sa.Column("revision", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("sights", sa.Text, nullable=False),
    )
