"""Fewer indexes: the live requests are found by the index that keeps their subjects apart, so that filing writes one page less"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_index("due")


def downgrade() -> None:
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.create_index("due", ["status", "due_at"], unique=False)
