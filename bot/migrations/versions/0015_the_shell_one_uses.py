"""Which shell somebody takes credentials in, and which messages about a session hold no secret."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preference",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("shell", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("user"),
    )
    op.add_column("rolesession", sa.Column("offer", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("rolesession", "offer")
    op.drop_table("preference")
