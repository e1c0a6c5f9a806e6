"""A press belongs to its card: a key that only one request ever had, where a click's button stood, and who else is there"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
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
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "process",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("bot", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )


def downgrade() -> None:
    for table in ("process", "installation"):
        op.drop_table(table)
    for name in ("private", "message_ts", "key"):
        op.drop_column("interaction", name)
    op.drop_column("rolesession", "key")
    op.drop_column("request", "key")
