"""The settings that the promises rest on, and a schema that is always the newest."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

from bot.database import DatabaseError, alone, migrate, open_engine


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'orgbot.db'}"


def test_sqlite_loses_nothing(url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("synchronous", "foreign_keys", "journal_mode")
        }
    engine.dispose()
    assert pragmas == {"synchronous": 2, "foreign_keys": 1, "journal_mode": "wal"}


def test_the_migrations_make_the_tables_that_the_models_say(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    with engine.connect() as connection:
        different = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
    engine.dispose()
    assert different == []


def test_migrating_twice_changes_nothing(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    migrate(engine)
    assert "request" in inspect(engine).get_table_names()
    engine.dispose()


def test_a_database_newer_than_the_program_is_refused(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="install a newer orgbot"):
        migrate(engine)
    engine.dispose()


def test_a_second_bot_on_the_same_file_is_refused(url: str) -> None:
    with alone(url), pytest.raises(DatabaseError, match="another orgbot is running"), alone(url):
        pass
    with alone(url):
        pass
