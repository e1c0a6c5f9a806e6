"""A database of every earlier schema goes on under this version, with all that it held, whatever happens while it is migrated."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, Table, inspect, select
from sqlalchemy.engine import Engine
from sqlmodel import SQLModel

from approvals.states import Status
from bot.database import DatabaseError, file_of, migrate, migrating, open_engine, revision_of, revisions, upgrade
from sandbox.aws.server import AwsSandbox
from tests.harness import postgres
from tests.harness.database import killed_while_migrating
from tests.harness.people import BOB
from tests.harness.profiles import in_turn, is_full
from tests.harness.workers import Workers, after

OLDEST, *NEWER = reversed(revisions())
HEAD = NEWER[-1]
KINDS = ("sqlite", "postgresql")
KILLS = int(os.environ.get("TEST_UPGRADES", "100")) if is_full() else 4
SEED = int(os.environ.get("TEST_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
STATEMENTS = 45  # A migration from the oldest schema takes more, so that each of these comes.


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty(kind: str, tmp_path: Path) -> Callable[[], str]:
    """URLs of databases of one kind, without any table."""
    if kind == "postgresql":
        return postgres.empty_url
    names = iter(range(1000))
    return lambda: f"sqlite:///{tmp_path / f'{next(names)}.db'}"


def four_requests(found: Workers) -> None:
    """One that succeeded, one that was denied, one that waits with its card, and one that is approved."""
    found.until_done(found.approved("create-ou", unit_name="Billing"))
    denied = found.ask("tag-account", account="333333333333", tags=["owner=shop"])
    found.work()
    found.click(denied, "deny", BOB)
    found.work()
    found.card_of(found.ask("tag-account", account="444444444444", tags=["owner=shop"]))
    found.work()
    found.approved("tag-account", account="222222222222", tags=["owner=shop"])


@pytest.fixture
def workers(aws: AwsSandbox) -> Iterator[Workers]:
    found = after(four_requests, aws)
    yield found
    found.close()


def at_revision(url: str, revision: str, source: Engine) -> Engine:
    """A database as a version of that revision left it: its schema by Alembic, its rows those of `source` as far as it knew them."""
    engine = open_engine(url)
    with migrating(engine) as connection:
        upgrade(connection, revision)
        there, known = set(inspect(connection).get_table_names()), MetaData()
        with source.connect() as old:
            for table in [table for table in SQLModel.metadata.sorted_tables if table.name in there]:
                then = Table(table.name, known, autoload_with=connection)
                rows = [
                    dict(row._mapping)
                    for row in old.execute(
                        select(*(table.c[name] for name in [column.name for column in then.columns]))
                    )
                ]
                if rows:
                    connection.execute(then.insert(), rows)
        if connection.dialect.name == "postgresql":
            for name in ("request", "audit", "message", "interaction", "attempt", "vote"):
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"  # noqa: S608
                )
    return engine


def fits_the_models(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == [])


@pytest.mark.parametrize(("revision", "kind"), in_turn([OLDEST, *NEWER[:-1]], KINDS, each=1))
def test_the_bot_goes_on_with_a_database_of_each_earlier_schema(
    workers: Workers, empty: Callable[[], str], revision: str
) -> None:
    engine = at_revision(empty(), revision, workers.engine)
    migrate(engine)
    assert fits_the_models(engine)
    workers.go_on_with(engine)
    statuses = [workers.request(number).status for number in (1, 2, 3, 4)]
    assert statuses == [Status.SUCCEEDED, Status.DENIED, Status.PENDING, Status.APPROVED]
    workers.click(workers.request(3), "approve", BOB)
    for number in (3, 4):
        ended = workers.until_done(workers.request(number))
        assert ended.status == Status.SUCCEEDED, ended.outcome
    assert workers.until_done(workers.approved("create-ou", unit_name="Later")).status == Status.SUCCEEDED
    assert workers.unproven() == []


def test_an_sqlite_database_is_copied_before_it_is_migrated(workers: Workers, tmp_path: Path) -> None:
    engine = at_revision(f"sqlite:///{tmp_path / 'orgbot.db'}", OLDEST, workers.engine)
    migrate(engine)
    migrate(engine)
    engine.dispose()
    (copy,) = tmp_path.glob("orgbot.db.*")
    assert copy.name == f"orgbot.db.revision-{OLDEST}"
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute(
            "SELECT version_num, (SELECT count(*) FROM request) FROM alembic_version"
        ).fetchall() == [(OLDEST, 4)]


def test_a_new_database_is_not_copied(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'orgbot.db'}")
    migrate(engine)
    engine.dispose()
    assert list(tmp_path.glob("orgbot.db.*")) == []


def test_where_it_cannot_be_copied_it_is_not_migrated(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = at_revision(f"sqlite:///{tmp_path / 'orgbot.db'}", OLDEST, workers.engine)
    (tmp_path / f"orgbot.db.revision-{OLDEST}").mkdir()
    with pytest.raises(DatabaseError, match="could not be copied before its migration"):
        migrate(engine)
    with engine.connect() as connection:
        assert revision_of(connection) == OLDEST
    engine.dispose()


def test_a_migration_that_is_killed_at_any_statement_is_made_whole_by_the_next_start(
    workers: Workers, empty: Callable[[], str]
) -> None:
    chance = random.Random(SEED)  # noqa: S311  Nothing secret.
    for number in range(KILLS):
        statement = chance.randrange(STATEMENTS)
        told = f"TEST_SEED={SEED}, kill {number}, {('before', 'after')[number % 2]} statement {statement}"
        engine = at_revision(empty(), OLDEST, workers.engine)
        url = engine.url.render_as_string(hide_password=False)
        engine.dispose()
        assert killed_while_migrating(url, statement, after=bool(number % 2)), told
        migrate(engine)
        with engine.connect() as connection:
            assert revision_of(connection) == HEAD, told
            assert len(connection.execute(select(SQLModel.metadata.tables["request"])).all()) == 4, told
        assert fits_the_models(engine), told
        engine.dispose()
        if file_of(url):
            assert Path(f"{file_of(url)}.revision-{OLDEST}").exists(), told
