"""What was taken in from Slack is sealed with the audit's key until the audit has it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("request", "interaction"):
        op.add_column(table, sa.Column("sealed", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    for table in ("request", "interaction"):
        op.drop_column(table, "sealed")
