"""For which group an approver speaks, where a rule names one for the first approval and another for the second"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("vote", sa.Column("seat", sa.String(), server_default="first", nullable=False))


def downgrade() -> None:
    op.drop_column("vote", "seat")
