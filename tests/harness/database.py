"""Databases for tests: the migrations run once for each test process, and every database begins as a copy of the result.

Engines in memory and those of PostgreSQL are used again, because each engine compiles every statement anew, which takes longer
than most tests.
"""

from __future__ import annotations

import atexit
import os
import signal
import sqlite3
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.engine import Engine
from sqlmodel import SQLModel

from bot.database import file_of, migrate, open_engine
from tests.harness import postgres

SQLITE, POSTGRESQL = "sqlite://", "postgresql://"
ON_BOTH = [pytest.param(SQLITE, id="sqlite"), pytest.param(POSTGRESQL, id="postgresql")]
_idle: list[Engine] = []
_idle_postgresql: list[Engine] = []


def new_database(url: str = SQLITE, whole: bytes = b"") -> Engine:
    """An engine on a new database with the newest schema: in memory, in the file that the URL names, or on the run's PostgreSQL.

    It holds what a database in memory held when it was `kept`. `give_back` ends its use.
    """
    if url == POSTGRESQL:
        return _on_postgresql(whole)
    if name := file_of(url):
        Path(name).write_bytes(whole or _migrated())
        return open_engine(url)
    engine = _idle.pop() if _idle else open_engine(url)
    put_back(engine, whole or _migrated())
    return engine


def kept(engine: Engine) -> bytes:
    """An SQLite database in memory as it is now."""
    with engine.connect() as connection:
        return _driver(connection.connection.dbapi_connection).serialize()


def put_back(engine: Engine, whole: bytes) -> None:
    """Makes it again what it was."""
    with engine.connect() as connection:
        _driver(connection.connection.dbapi_connection).deserialize(whole)


def copy(source: Engine, target: Engine) -> None:
    """Puts all that is in one database in memory in place of what is in another."""
    put_back(target, kept(source))


def give_back(engine: Engine) -> None:
    """Nobody uses this engine any more; the next test may, when it is one in memory."""
    if engine.dialect.name == "postgresql":
        _idle_postgresql.append(engine)
    elif file_of(str(engine.url)):
        engine.dispose()
    else:
        _idle.append(engine)


def killed_while_migrating(url: str, statement: int, *, after: bool) -> bool:
    """Whether a process that migrates the database has killed itself before or after a statement, counted from 0."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    child = context.Process(target=_migrate_and_die, args=(url, statement, after))
    child.start()
    child.join()
    return child.exitcode == -signal.SIGKILL


def _migrate_and_die(url: str, statement: int, after: int) -> None:
    engine, left = open_engine(url), iter(range(statement))

    def reached(*_: object) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "after_cursor_execute" if after else "before_cursor_execute", reached)
    migrate(engine)


def _on_postgresql(whole: bytes = b"") -> Engine:
    if _idle_postgresql:
        engine = _idle_postgresql.pop()
        postgres.renew(engine)
    else:
        engine = open_engine(postgres.new_url())
    if whole:
        source = new_database(SQLITE, whole)
        _copy_rows(source, engine)
        give_back(source)
    return engine


def _copy_rows(source: Engine, target: Engine) -> None:
    with source.connect() as old, target.begin() as new:
        for table in SQLModel.metadata.sorted_tables:
            rows = [dict(row._mapping) for row in old.execute(select(table))]
            if rows:
                new.execute(insert(table), rows)
        postgres.go_on_counting(new)


@cache
def _migrated() -> bytes:
    engine = open_engine("sqlite://")
    migrate(engine)
    with engine.connect() as connection:
        whole = _driver(connection.connection.dbapi_connection).serialize()
    engine.dispose()
    return whole


def _driver(connection: object) -> sqlite3.Connection:
    assert isinstance(connection, sqlite3.Connection)
    return connection


@atexit.register
def _close() -> None:
    for engine in (*_idle, *_idle_postgresql):
        engine.dispose()
