"""Which request another one follows from, and under which message its card stands then; the pictures that Slack keeps for home tabs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("request", sa.Column("follows", sa.Integer(), server_default="0", nullable=False))
    op.add_column("request", sa.Column("thread_ts", sa.String(), server_default="", nullable=False))
    op.create_table(
        "picture",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )


def downgrade() -> None:
    op.drop_table("picture")
    op.drop_column("request", "thread_ts")
    op.drop_column("request", "follows")
