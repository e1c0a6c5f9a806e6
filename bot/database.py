"""The database: how it is opened, and how its schema is brought up to date.

SQLite: one connection for the process, WAL, synchronous=FULL (a lost intent would become a duplicate), foreign keys on, and
every write begins with BEGIN IMMEDIATE. Source: SQLite documentation, "Write-Ahead Logging", "PRAGMA Statements".

PostgreSQL: a connection for each thread, READ COMMITTED whatever the server's default is; a transaction whose process sleeps is ended by the
server, so that what it had locked is free for the others. Source: PostgreSQL documentation, "Client Connection Defaults", "Explicit
Locking" (Advisory Locks).
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, inspect
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from approvals.models import AuditRecord
from approvals.queue.leases import running_seconds

log = logging.getLogger(__name__)
MIGRATING = 1  # The key of the advisory lock under which one process migrates; `approvals.audit.chain` has another.
SLEEPS = 5  # Seconds that a transaction may be idle: no call to Slack or AWS is made within one.
MIGRATION_SLEEPS = 60  # The same while the schema is changed or rows are put back: only who starts waits for it.
SHORT = 0.2  # Seconds in which the server's answer about its time came, so that half of them are the error at most.
WAITS = 10  # Seconds that a statement waits for what another transaction has locked, and a thread for a connection.
STARTS = 60  # Seconds that a statement waits while a process starts: several others may sleep one after the other, and nothing is tried again.
GONE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
MIGRATIONS = Path(__file__).parent / "migrations"
NAME = "orgbot"  # By which the server's administrator, and `in_use`, know the bot's connections.
PRIVATE, OTHERS = 0o600, 0o077
LEAST_SPACE = 64_000  # Bytes; with less left, nothing more is taken in.
WRITE_BACK_AFTER = 10.0  # Seconds without the file: whoever moves it puts another there meanwhile.
LOGS = ("-wal", "-shm")  # How the names of the files end that SQLite keeps beside a database which is in use.
NEWEST = "SELECT version_num, (SELECT identity FROM installation), (SELECT hash FROM audit ORDER BY id DESC LIMIT 1) FROM alembic_version"


class DatabaseError(Exception):
    """The database cannot be used; the text says why and what to do."""


def open_engine(url: str, workers: int = 8, more: int = 32) -> Engine:
    """An engine for `url` (sqlite or postgresql, as the settings give it), with the settings that the promises rest on.

    With PostgreSQL `workers` + 4 connections are kept open, and `more` are opened besides while they are needed. That is fewer than
    there are threads: a transaction is short, because nothing is asked of Slack or AWS within one, and a thread that finds no
    connection waits for one, `WAITS` seconds at most.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return _open_postgresql(url, workers, more)
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
    shared = engine.dialect.name == "postgresql"
    level = {"isolation_level": "REPEATABLE READ"} if shared else {}
    try:
        with engine.connect().execution_options(**level) as connection:
            if shared:  # Whoever reads what is printed may take their time.
                connection.exec_driver_sql("SET idle_in_transaction_session_timeout = 0")
            yield connection
    finally:
        engine.dispose()


def file_of(url: str) -> str:
    """The file of an SQLite database; empty for one in memory, and for PostgreSQL."""
    parts = make_url(url)
    name = parts.database or ""
    return name if parts.get_backend_name() == "sqlite" and name != ":memory:" else ""


def reason(error: Exception) -> str:
    """What the driver says, in one line and without SQLAlchemy's own words around it."""
    said = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return " ".join(str(said).split()) or type(error).__name__


def keep_private(name: str) -> None:
    """Makes the file of an SQLite database its owner's alone; SQLite gives the files beside it the same permissions.

    For the bot, which the file belongs to: whoever only looks changes nothing. Raises OSError.
    """
    if not name:
        return
    os.close(os.open(name, os.O_RDWR | os.O_CREAT, PRIVATE))
    for path in (Path(f"{name}{end}") for end in ("", "-wal", "-shm", "-journal")):
        if path.exists() and path.stat().st_mode & OTHERS:
            path.chmod(PRIVATE)


def _open_postgresql(url: str, workers: int, more: int) -> Engine:
    engine = create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_size=workers + 4,
        max_overflow=more,
        pool_timeout=WAITS,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=GONE,
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _: object) -> None:
    """Set on the connection, because a pooler between us and the server passes no options on."""
    connection.autocommit = True
    settings = {
        "idle_in_transaction_session_timeout": f"{SLEEPS}s",
        "lock_timeout": f"{WAITS}s",
        "application_name": NAME,
    }
    connection.execute("; ".join(f"SET {name} = '{value}'" for name, value in settings.items()))
    connection.autocommit = False


def wait_longer(engine: Engine) -> Callable[[], None]:
    """From now on statements wait `STARTS` seconds for what other transactions have locked, until what this gives is called.

    Called right after the engine was opened; nothing to do for SQLite, where no other process is let in.
    """
    over = threading.Event()

    def longer(connection: Connection) -> None:
        if not over.is_set():
            driver: Any = connection.connection.dbapi_connection
            driver.execute(f"SET LOCAL lock_timeout = '{STARTS}s'")

    if engine.dialect.name == "postgresql":
        event.listen(engine, "begin", longer)
    return over.set


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


class DatabaseClock:
    """The time of a PostgreSQL server, aware UTC, which is the same for all processes that work on its database.

    It is asked now and then (`ask`), and goes on by seconds that nobody sets. Where a process sleeps between the asking and the
    answer, what it knew before is better.
    """

    def __init__(self, engine: Engine, seconds: Callable[[], float] = running_seconds) -> None:
        self._engine = engine
        self._seconds = seconds
        self._began = datetime.min.replace(tzinfo=UTC)
        self._known = False
        self.ask()

    def __call__(self) -> datetime:
        return self._began + timedelta(seconds=self._seconds())

    def ask(self) -> None:
        """Looks at the server's clock once more; raises sqlalchemy.exc.SQLAlchemyError."""
        with self._engine.connect() as connection:
            before = self._seconds()
            told: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
            after = self._seconds()
        if not self._known or after - before < SHORT:
            self._began = told.astimezone(UTC) - timedelta(seconds=(before + after) / 2)
            self._known = True


def migrate(engine: Engine) -> None:
    """Brings the schema to the newest revision; raises DatabaseError when the database is newer than this program.

    Of several processes that start at once, one migrates, all or nothing, and the others wait for it. An SQLite database is copied
    before; PostgreSQL's own backups are its administrator's, and `orgbot backup`.
    """
    with migrating(engine) as connection:
        current = revision_of(connection)
        if current is not None and current not in revisions():
            raise DatabaseError(
                f"the database is at revision {current}, which this version does not know; install a newer orgbot"
            )
        if current == revisions()[0]:
            return
        name = file_of(str(engine.url))
        if name and current is not None:
            _keep_as_it_was(name, f"{name}.revision-{current}")
        upgrade(connection)


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """One transaction in which the schema may be changed: all or nothing, and by one process at a time."""
    with engine.execution_options(writes=True).connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{MIGRATION_SLEEPS}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")
        yield connection
        connection.commit()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Takes the schema from where it is to a revision, within the transaction of the connection."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def revision_of(connection: Connection) -> str | None:
    """The revision of the database's schema; None when it has no table of the bot's."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def revisions() -> tuple[str, ...]:
    """All revisions that this version knows, the newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _keep_as_it_was(name: str, copy: str) -> None:
    try:
        _copy(name, copy)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(
            f"the database could not be copied before its migration ({reason(error)}); nothing was changed, make room at {copy}"
        ) from error
    log.info("the database is migrated; as it was before, it stands in %s", copy)


def _copy(name: str, copy: str) -> None:
    """A whole copy of an SQLite database that nobody writes to just now; what was there under its name is replaced."""
    unfinished = f"{copy}.unfinished"
    Path(unfinished).unlink(missing_ok=True)
    keep_private(unfinished)
    with (
        closing(sqlite3.connect(f"{Path(name).absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(unfinished)) as target,
    ):
        source.backup(target)
    Path(unfinished).replace(copy)


@contextmanager
def alone(url: str) -> Iterator[None]:
    """Makes sure that no other orgbot works on the same SQLite file; raises DatabaseError. Nothing to do for PostgreSQL."""
    name = file_of(url)
    if not name:
        yield
        return
    with open(f"{name}.lock", "w", encoding="utf-8", opener=_private) as lock:
        _lock(lock, name)
        yield


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, PRIVATE)


def _lock(lock: TextIO, name: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise DatabaseError(
            f"another orgbot is running with the database {name}; stop it first, or set DATABASE_URL"
        ) from error
    lock.write(str(os.getpid()))
    lock.flush()


def in_use(connection: Connection) -> bool:
    """Whether another orgbot is connected to this PostgreSQL database, as far as its server shows it now.

    Source: PostgreSQL documentation, "pg_stat_activity", "pg_stat_clear_snapshot".
    """
    connection.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return bool(connection.exec_driver_sql(f"{others} AND application_name = '{NAME}'").scalar_one())


def _which(file: Path) -> tuple[int, int] | None:
    """Which file it is, whatever its name; None when there is none."""
    try:
        about = file.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


class Keeper:
    """Sees to it that an SQLite database stays the file that it was, and can be written.

    `check` is called before and after every use of the database: what goes into a file that nobody will find is not stored.
    `look` is called regularly; it takes the file up again when it is back, and writes it back when it stays away: the bot still has
    it open. `seconds` is a clock that is not set.
    """

    def __init__(self, engine: Engine, name: str, seconds: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._path = Path(name)
        self._seconds = seconds
        self._open()
        self._known, self._logs = self._found(), self._beside()
        self._gone_since: float | None = None
        self._refused = ""
        event.listen(engine, "connect", self._opened)
        event.listen(engine, "handle_error", self._note)
        event.listen(engine, "commit", self._written)

    def check(self) -> None:
        """Raises sqlalchemy.exc.OperationalError when the file is not the one that was opened."""
        if self._found() != self._known:
            missing = DatabaseError(f"the database file {self._path} is gone or another one; put it back")
            raise OperationalError(None, None, missing)
        if self._beside() != self._logs:
            missing = DatabaseError(f"a file beside the database is gone or another one: {self._path}-wal or -shm")
            raise OperationalError(None, None, missing)

    def look(self, lock: AbstractContextManager[Any]) -> None:
        """Raises OperationalError when nothing can be stored now. `lock` is that of the one connection."""
        found = self._found()
        if found != self._known:
            with lock:
                self._mend(found)
        elif self._beside() != self._logs:
            with lock:
                self._open_anew()
        self.check()
        self._gone_since = None
        self._check_space()
        if self._refused:
            self._try_to_write(lock)

    def _found(self) -> tuple[int, int] | None:
        return _which(self._path)

    def _beside(self) -> list[tuple[int, int] | None]:
        """What was written last stands in one of these until it is moved into the database's file."""
        return [_which(self._path.with_name(self._path.name + end)) for end in LOGS]

    def _open(self) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").all()

    def _opened(self, driver: sqlite3.Connection, _: object) -> None:
        driver.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()  # Now the files beside it are there.
        self._logs = self._beside()

    def _open_anew(self) -> None:
        """All that was written is moved into the file, and what lies beside it, which may be another's, is made anew."""
        with self._engine.connect() as connection:
            driver: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]
            (busy, *_) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            self._engine.dispose()
            self._forget_logs()
            self._open()

    def _forget_logs(self) -> None:
        for end in LOGS:
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)

    def _mend(self, found: tuple[int, int] | None) -> None:
        self._gone_since = self._seconds() if self._gone_since is None else self._gone_since
        if found is None and self._seconds() - self._gone_since >= WRITE_BACK_AFTER:
            self._write_back()
        elif found is None or not self._is_the_same():
            return
        self._engine.dispose()
        self._open()
        self._known = self._found()

    def _is_the_same(self) -> bool:
        """Whether the file holds all that ours does; an older copy would have things done once more.

        It is opened under another name: under its own SQLite would take what lies beside it, which is ours, for its, and remove it.
        """
        with TemporaryDirectory(prefix=".orgbot-", dir=self._path.parent) as folder:
            look = Path(folder) / self._path.name
            try:
                look.hardlink_to(self._path)
                if (log_file := self._path.with_name(self._path.name + LOGS[0])).exists():
                    shutil.copy(log_file, look.with_name(log_file.name))
                with closing(sqlite3.connect(f"{look.absolute().as_uri()}?mode=ro", uri=True)) as there:
                    return bool(there.execute(NEWEST).fetchone() == self._ours().execute(NEWEST).fetchone())
            except (OSError, sqlite3.Error):
                return False

    def _ours(self) -> sqlite3.Connection:
        with self._engine.connect() as connection:
            driver: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]
            return driver

    def _write_back(self) -> None:
        self._forget_logs()
        keep_private(str(self._path))
        there = sqlite3.connect(self._path)
        try:
            self._ours().backup(there)
        finally:
            there.close()
        log.warning("the database file %s was gone; it has been written back as it was", self._path)

    def _check_space(self) -> None:
        """What is open can be written all the same; it could not be opened again, nor be made anew beside it."""
        shut = next((place for place in (self._path, self._path.parent) if not os.access(place, os.W_OK)), None)
        if shut:
            raise OperationalError(None, None, DatabaseError(f"{shut} can only be read; let orgbot write there"))
        about = os.statvfs(self._path.parent)
        if about.f_flag & os.ST_RDONLY:
            raise OperationalError(None, None, DatabaseError("the disk of the database can only be read"))
        if about.f_bavail * about.f_frsize < LEAST_SPACE:
            raise OperationalError(None, None, DatabaseError("the disk of the database is full"))

    def _note(self, context: Any) -> None:
        self.refused(context.original_exception)

    def refused(self, error: Exception) -> None:
        """The database has not taken something; it is asked again until it does."""
        if isinstance(error, sqlite3.OperationalError) and "locked" not in str(error):
            self._refused = str(error)

    def _written(self, connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            self._refused = ""

    def _try_to_write(self, lock: AbstractContextManager[Any]) -> None:
        """What was refused is tried again, with something that changes nothing; raises OperationalError.

        An UPDATE to the same values would not do: SQLite writes no page that stays as it is. What the pragma sets it writes.
        """
        with lock, self._engine.execution_options(writes=True).begin() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            connection.exec_driver_sql(f"PRAGMA user_version = {int(version)}")
