"""The newest record of an event is found by an index, however many records there are"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("event_order", "audit", ["event", "id"])
    op.drop_index("ix_audit_event", "audit")


def downgrade() -> None:
    op.create_index("ix_audit_event", "audit", ["event"])
    op.drop_index("event_order", "audit")
