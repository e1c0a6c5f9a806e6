"""When a word of the rules was last seen, because several processes may have different rules for a while"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("binding", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE binding SET seen_at = bound_at")


def downgrade() -> None:
    op.drop_column("binding", "seen_at")
