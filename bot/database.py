"""The database: how it is opened, and how its schema is brought up to date.

SQLite: one connection for the process, WAL, synchronous=FULL (a lost intent would become a duplicate), foreign keys on, and
every write begins with BEGIN IMMEDIATE. Source: SQLite documentation, "Write-Ahead Logging", "PRAGMA Statements".
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, inspect
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from approvals.models import AuditRecord

MIGRATIONS = Path(__file__).parent / "migrations"


class DatabaseError(Exception):
    """The database cannot be used; the text says why and what to do."""


def open_engine(url: str) -> Engine:
    """An engine for `url` (sqlite or postgresql), with the settings that the promises rest on."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def open_existing(url: str) -> Engine:
    """An engine for a database that has the bot's tables; makes none and no file. Raises DatabaseError."""
    name = file_of(url)
    if name and not Path(name).is_file():
        raise DatabaseError(
            f"there is no database {Path(name).absolute()}; go to the folder in which orgbot runs, or set DATABASE_URL"
        )
    engine = open_engine(url)
    try:
        if inspect(engine).has_table(AuditRecord.__tablename__):
            return engine
    except SQLAlchemyError as error:
        raise DatabaseError(f"the database cannot be read: {reason(error)}; DATABASE_URL says where it is") from error
    engine.dispose()
    raise DatabaseError("the database has no table of the bot's; is DATABASE_URL another program's?")


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    """A look at an existing database as it is now; what is written meanwhile does not show. Raises DatabaseError."""
    engine = open_existing(url)
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    try:
        with engine.connect().execution_options(**level) as connection:
            yield connection
    finally:
        engine.dispose()


def file_of(url: str) -> str:
    """The file of an SQLite database; empty for one in memory, and for PostgreSQL."""
    parts = make_url(url)
    name = parts.database or ""
    return name if parts.get_backend_name() == "sqlite" and name != ":memory:" else ""


def reason(error: SQLAlchemyError) -> str:
    """What the driver says, in one line and without SQLAlchemy's own words around it."""
    said = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return " ".join(str(said).split())


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Straight to the driver, because this stands in the way of every ack."""
    writes = connection.get_execution_options().get("writes")
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(engine: Engine) -> None:
    """Brings the schema to the newest revision; raises DatabaseError when the database is newer than this program."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.execution_options(writes=True).connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if current is not None and current not in known:
            raise DatabaseError(
                f"the database is at revision {current}, which this version does not know; install a newer orgbot"
            )
        connection.rollback()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


@contextmanager
def alone(url: str) -> Iterator[None]:
    """Makes sure that no other orgbot works on the same SQLite file; raises DatabaseError. Nothing to do for PostgreSQL."""
    name = file_of(url)
    if not name:
        yield
        return
    with Path(f"{name}.lock").open("w", encoding="utf-8") as lock:
        _lock(lock, name)
        yield


def _lock(lock: TextIO, name: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise DatabaseError(
            f"another orgbot is running with the database {name}; stop it first, or set DATABASE_URL"
        ) from error
    lock.write(str(os.getpid()))
    lock.flush()
