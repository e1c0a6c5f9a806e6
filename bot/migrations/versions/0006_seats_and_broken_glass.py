"""For which group an approver speaks; which requests acted at once under break glass, and who has reviewed them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("vote", sa.Column("seat", sa.String(), server_default="first", nullable=False))
    op.add_column("request", sa.Column("break_glass", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("request", sa.Column("reviewed_by", sa.String(), server_default="", nullable=False))
    op.add_column("request", sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for column in ("reviewed_at", "reviewed_by", "break_glass"):
        op.drop_column("request", column)
    op.drop_column("vote", "seat")
