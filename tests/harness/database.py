"""Databases for tests: the migrations run once for each test process, and every database begins as a copy of the result.

Engines in memory and those of PostgreSQL are used again, because each engine compiles every statement anew, which takes longer
than most tests.
"""

from __future__ import annotations

import atexit
import sqlite3
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from bot.database import file_of, migrate, open_engine
from tests.harness import postgres

SQLITE, POSTGRESQL = "sqlite://", "postgresql://"
ON_BOTH = [pytest.param(SQLITE, id="sqlite"), pytest.param(POSTGRESQL, id="postgresql")]
_idle: list[Engine] = []
_idle_postgresql: list[Engine] = []


def new_database(url: str = SQLITE) -> Engine:
    """An engine on a new database with the newest schema: in memory, in the file that the URL names, or on the run's PostgreSQL.

    `give_back` ends its use.
    """
    if url == POSTGRESQL:
        return _on_postgresql()
    if name := file_of(url):
        Path(name).write_bytes(_migrated())
        return open_engine(url)
    engine = _idle.pop() if _idle else open_engine(url)
    with engine.connect() as connection:
        _driver(connection.connection.dbapi_connection).deserialize(_migrated())
    return engine


def copy(source: Engine, target: Engine) -> None:
    """Puts all that is in one database in memory in place of what is in another."""
    with source.connect() as here, target.connect() as there:
        whole = _driver(here.connection.dbapi_connection).serialize()
        _driver(there.connection.dbapi_connection).deserialize(whole)


def give_back(engine: Engine) -> None:
    """Nobody uses this engine any more; the next test may, when it is one in memory."""
    if engine.dialect.name == "postgresql":
        _idle_postgresql.append(engine)
    elif file_of(str(engine.url)):
        engine.dispose()
    else:
        _idle.append(engine)


def _on_postgresql() -> Engine:
    if not _idle_postgresql:
        return open_engine(postgres.new_url())
    engine = _idle_postgresql.pop()
    postgres.renew(engine)
    return engine


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
