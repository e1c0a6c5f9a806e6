"""A press belongs to its card: a key that only one request ever had, and where a click's button stood"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("request", sa.Column("key", sa.String(), server_default="", nullable=False))
    op.add_column("rolesession", sa.Column("key", sa.String(), server_default="", nullable=False))
    for name in ("key", "message_ts"):
        op.add_column("interaction", sa.Column(name, sa.String(), server_default="", nullable=False))
    op.add_column("interaction", sa.Column("private", sa.Boolean(), server_default=sa.false(), nullable=False))
    sqlite = op.get_bind().dialect.name == "sqlite"
    random = "lower(hex(randomblob(16)))" if sqlite else "replace(gen_random_uuid()::text, '-', '')"
    op.execute(f"UPDATE request SET key = {random}")  # noqa: S608  One of the two above.
    op.execute("UPDATE rolesession SET key = (SELECT key FROM request WHERE request.id = rolesession.request_id)")


def downgrade() -> None:
    for name in ("private", "message_ts", "key"):
        op.drop_column("interaction", name)
    op.drop_column("rolesession", "key")
    op.drop_column("request", "key")
