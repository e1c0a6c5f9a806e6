"""What an earlier version left behind goes on under this one."""

from __future__ import annotations

import re
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.engine import Engine

from bot.database import MIGRATIONS, migrate, open_engine

ROW = """
INSERT INTO request (delivery, marker, operation, subject, params, team, requester, status, approvals_needed,
                     created_at, announced_at, expires_at)
VALUES (:name, 'm', 'create-account', :name, '{}', 'T0', 'U0ALICE', :status, 1,
        '2030-01-01 00:00:00', '2030-01-01 00:00:01', '2030-01-04 00:00:00')
"""


def at_revision(url: str, revision: str) -> Engine:
    """A database as a program of that revision made it."""
    engine = open_engine(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.execution_options(writes=True).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    return engine


def test_what_waited_already_is_reminded_of_as_well(tmp_path: Path) -> None:
    engine = at_revision(f"sqlite:///{tmp_path / 'orgbot.db'}", "0002")
    with engine.execution_options(writes=True).begin() as connection:
        for status in ("pending", "denied"):
            connection.execute(text(ROW), {"name": status, "status": status})
    migrate(engine)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT status, remind_at, reminders FROM request ORDER BY id")).all()
    engine.dispose()
    assert [tuple(row) for row in found] == [("pending", "2030-01-01 00:00:01", 0), ("denied", None, 0)]


def test_every_request_of_an_earlier_version_gets_a_key_of_its_own(tmp_path: Path) -> None:
    engine = at_revision(f"sqlite:///{tmp_path / 'orgbot.db'}", "0006")
    with engine.execution_options(writes=True).begin() as connection:
        for name in ("one", "other"):
            connection.execute(text(ROW), {"name": name, "status": "pending"})
    migrate(engine)
    with engine.connect() as connection:
        keys = connection.execute(text("SELECT key FROM request")).scalars().all()
    engine.dispose()
    assert len(set(keys)) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in keys)
