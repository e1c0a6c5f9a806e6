"""When a word of the rules was last seen, because several processes may have different rules for a while; and columns that
nothing reads any more
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("binding", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE binding SET seen_at = bound_at")
    for table in ("interaction", "message"):
        op.drop_column(table, "tries")


def downgrade() -> None:
    for table in ("interaction", "message"):
        op.add_column(table, sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.drop_column("binding", "seen_at")
