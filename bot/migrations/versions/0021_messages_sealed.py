"""What is queued to be said, and what processes tell each other of the organization, is sealed with the audit's key"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = ("message", "known_change", "sharedsnapshot")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("sealed", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "sealed")
