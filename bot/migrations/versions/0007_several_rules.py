"""All rules that a request has to satisfy, the seats of each vote by rule, and what the words of the rules were bound to"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("request", sa.Column("rules", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("vote", sa.Column("seats", sa.JSON(), server_default="{}", nullable=False))
    op.create_table(
        "binding",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("meant", sa.String(), nullable=False),
        sa.Column("told", sa.String(), server_default="", nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("key", "word", "meant", name="one_binding_a_meaning"),
    )


def downgrade() -> None:
    op.drop_table("binding")
    op.drop_column("vote", "seats")
    op.drop_column("request", "rules")
