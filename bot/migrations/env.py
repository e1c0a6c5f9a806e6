"""Alembic's environment: migrations run on the connection that `bot.database.migrate` hands over."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import approvals.models  # noqa: F401  The import registers the tables.

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, transactional_ddl=False
)
with context.begin_transaction():
    context.run_migrations()
