"""What stood beside a button that was pressed away from its card, because that is what is decided"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("interaction", sa.Column("shown", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("interaction", "shown")
