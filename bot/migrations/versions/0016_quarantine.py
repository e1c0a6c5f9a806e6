"""How far a restore is: nothing is changed in AWS until somebody says that it may"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TIMES = ("backup_at", "held_at")


def upgrade() -> None:
    op.add_column("installation", sa.Column("quarantine", sa.String(), server_default="", nullable=False))
    for name in TIMES:
        op.add_column("installation", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in (*TIMES, "quarantine"):
        op.drop_column("installation", name)
