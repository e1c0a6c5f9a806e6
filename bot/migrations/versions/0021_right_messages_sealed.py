"""What is queued to be said is sealed with the audit's key, so that nobody puts other words on a card"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("sealed", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("message", "sealed")
