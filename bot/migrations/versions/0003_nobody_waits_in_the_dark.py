"""Nobody waits in the dark: what has been said about a request that waits, and who has opened a home tab"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIMES = ("remind_at", "escalated_at", "warned_at", "tell_at")


def upgrade() -> None:
    op.add_column("request", sa.Column("reminders", sa.Integer(), server_default="0", nullable=False))
    for name in TIMES:
        op.add_column("request", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "homeviewer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user"),
    )
    # What waited already under the earlier version is looked at once, which sets its next time.
    op.execute("UPDATE request SET remind_at = announced_at WHERE status = 'pending'")


def downgrade() -> None:
    op.drop_table("homeviewer")
    for name in (*TIMES, "reminders"):
        op.drop_column("request", name)
