"""What is over is pruned: a mark, and indexes of the finished requests: those that are still whole, and whose they are"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

FINISHED = sa.text("finished_at IS NOT NULL")
UNPRUNED = sa.text("finished_at IS NOT NULL AND NOT pruned")


def upgrade() -> None:
    op.add_column("request", sa.Column("pruned", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("finished_and_whole", "request", ["finished_at"], sqlite_where=UNPRUNED, postgresql_where=UNPRUNED)
    op.create_index(
        "finished_of_whom", "request", ["requester", "id"], sqlite_where=FINISHED, postgresql_where=FINISHED
    )


def downgrade() -> None:
    op.drop_index("finished_of_whom", "request")
    op.drop_index("finished_and_whole", "request")
    op.drop_column("request", "pruned")
