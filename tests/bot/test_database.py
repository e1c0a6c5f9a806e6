"""The settings that the promises rest on, and a schema that is always the newest."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import SQLModel

from bot import database
from bot.database import (
    DatabaseClock,
    DatabaseError,
    alone,
    migrate,
    migrating,
    open_engine,
    revision_of,
    revisions,
    wait_longer,
)
from tests.harness import postgres
from tests.harness.database import POSTGRESQL, give_back, new_database


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'orgbot.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, url: str) -> str:
    """A database of each kind that has no table yet."""
    return url if request.param == "sqlite" else postgres.empty_url()


def test_sqlite_loses_nothing(url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("synchronous", "foreign_keys", "journal_mode")
        }
    engine.dispose()
    assert pragmas == {"synchronous": 2, "foreign_keys": 1, "journal_mode": "wal"}


def test_the_migrations_make_the_tables_that_the_models_say(either: str) -> None:
    engine = open_engine(either)
    migrate(engine)
    with engine.connect() as connection:
        different = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
    engine.dispose()
    assert different == []


def test_migrating_twice_changes_nothing(either: str) -> None:
    engine = open_engine(either)
    migrate(engine)
    migrate(engine)
    assert "request" in inspect(engine).get_table_names()
    engine.dispose()


def test_a_database_newer_than_the_program_is_refused(either: str) -> None:
    engine = open_engine(either)
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


def test_of_several_first_starts_at_once_one_migrates_and_all_go_on() -> None:
    url, errors = postgres.empty_url(), []

    def start() -> None:
        engine = open_engine(url)
        try:
            migrate(engine)
            with engine.connect() as connection:
                connection.execute(text("SELECT id FROM request"))
        except Exception as error:  # noqa: BLE001  Told below.
            errors.append(error)
        finally:
            engine.dispose()

    starts = [threading.Thread(target=start) for _ in range(4)]
    for one in starts:
        one.start()
    for one in starts:
        one.join()
    assert errors == []


def test_a_transaction_whose_process_sleeps_is_ended_so_that_it_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = postgres.new_url()
    sleeping, awake = open_engine(url), open_engine(url)
    insert = text("INSERT INTO installation (id, identity, created_at) VALUES (1, :name, now())")
    with monkeypatch.context() as patch:  # Only for the one that sleeps: nothing may end the other.
        patch.setattr(database, "SLEEPS", 0.3)
        asleep = sleeping.connect()
    asleep.execute(insert, {"name": "asleep"})
    with awake.begin() as connection:
        connection.execute(insert, {"name": "awake"})  # It waits for what the other has written, and no longer.
    with pytest.raises(DBAPIError) as caught:
        asleep.execute(insert, {"name": "late"})
    assert caught.value.connection_invalidated
    asleep.close()
    sleeping.dispose()
    awake.dispose()


def test_whoever_starts_waits_longer_for_what_others_have_locked_than_who_is_at_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "WAITS", 0.1)
    url = postgres.new_url()
    asleep, engine = open_engine(url), open_engine(url)
    started, lock = wait_longer(engine), text("SELECT pg_advisory_xact_lock(7)")
    with asleep.connect() as first:
        held = first.begin()
        first.execute(lock)
        frees_it = threading.Timer(0.3, held.rollback)
        frees_it.start()
        with engine.execution_options(writes=True).begin() as connection:
            connection.execute(lock)
        frees_it.join()
    started()
    with asleep.begin() as first:
        first.execute(lock)
        with pytest.raises(OperationalError, match="lock timeout"), engine.begin() as connection:
            connection.execute(lock)
    engine.dispose()
    asleep.dispose()


def test_a_migration_takes_its_time_on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SLEEPS", 0.1)
    engine = open_engine(postgres.new_url())
    with migrating(engine) as connection:
        time.sleep(0.3)
        assert revision_of(connection) == revisions()[0]
    engine.dispose()


def test_the_databases_clock_goes_on_by_seconds_that_nobody_sets() -> None:
    engine, seconds = new_database(POSTGRESQL), [100.0]
    clock = DatabaseClock(engine, lambda: seconds[0])
    before = clock()
    assert abs(before - datetime.now(UTC)) < timedelta(minutes=5)
    seconds[0] += 3600
    assert clock() - before == timedelta(hours=1)
    clock.ask()
    assert clock() - before < timedelta(minutes=5), "the server's clock has not gone on by an hour"
    give_back(engine)


def test_an_answer_about_the_time_over_which_the_process_slept_is_not_taken() -> None:
    engine, seconds = new_database(POSTGRESQL), iter([0.0, 0.0, 1.0, 5.0, 5.0])
    clock = DatabaseClock(engine, lambda: next(seconds))
    began = clock._began
    clock.ask()
    assert clock._began == began
    give_back(engine)
