"""`orgbot backup` and `orgbot restore`: all rows of the database in a file of their own kind, which both databases can write and read.

The file is JSON, a value a line, packed by gzip: what it is, then for each table its columns and its rows, and at the end how many rows
there were and the hash of all that is before, by which a file that is not whole is known. JSON and times are kept as they stand, so that
the audit's chain holds. All is read in one transaction, of one moment, and written in one: a restore that is killed has changed nothing.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, DateTime, MetaData, Table, inspect, select
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel

from approvals.audit import chain, signing
from approvals.audit.keys import NO_KEYS, Keys
from approvals.audit.lines import raw, rows
from approvals.queue.store import Store
from approvals.request.quarantine import NotHeldError, release, replaced
from bot.database import (
    PRIVATE,
    DatabaseError,
    alone,
    file_of,
    in_use,
    keep_private,
    migrating,
    open_engine,
    open_existing,
    reading,
    reason,
    revision_of,
    revisions,
    upgrade,
)
from operations.snapshot.names import counted, utc

FORMAT = 1
BATCH = 1000
OF_PROCESSES = frozenset({"process", "rulesinforce", "sharedsnapshot"})  # Tables of those that are at work just now.
OF_EVERY_DATABASE = frozenset({*OF_PROCESSES, "installation", "binding"})  # Tables in which a first start writes.
SQLITE = b"SQLite format 3\x00"
PARTING = 3.0  # Seconds for which others that are on their way out are waited for.
LOOK_AGAIN = 0.05
Row = list[Any]


class Backup:
    """A file that was written once: `header`, and `tables()` with their columns and rows. Raises DatabaseError for what is none."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.header = self._checked()

    def tables(self) -> Iterator[tuple[str, dict[str, str], Iterator[Row]]]:
        """Each table's name, its columns (name: kind) and its rows, which have to be taken before the next table."""
        lines = self._lines()
        next(lines)
        table = json.loads(next(lines))
        while "table" in table:
            following: list[Any] = []
            yield table["table"], table["columns"], _until_next(lines, following)
            table = following[0]

    def _lines(self) -> Iterator[bytes]:
        with gzip.open(self._file) as packed:
            yield from packed

    def _checked(self) -> dict[str, Any]:
        """The header of a file that is whole."""
        try:
            return self._read()
        except (OSError, EOFError, ValueError, KeyError, TypeError, StopIteration) as error:
            raise DatabaseError(
                f"{self._file} is not a whole backup ({type(error).__name__}); give a file that `orgbot backup` wrote"
            ) from error

    def _read(self) -> dict[str, Any]:
        digest, lines = hashlib.sha256(), self._lines()
        last = next(lines)
        header: dict[str, Any] = json.loads(last)
        if header["orgbot backup"] != FORMAT:
            raise DatabaseError(f"{self._file} was written by another version of orgbot; restore it with that one")
        for line in lines:
            digest.update(last)
            last = line
        if json.loads(last)["sha256"] != digest.hexdigest():
            raise ValueError
        return header


def _until_next(lines: Iterator[bytes], following: list[Any]) -> Iterator[Row]:
    for line in lines:
        found = json.loads(line)
        if isinstance(found, dict):
            following.append(found)
            return
        yield found


def write_backup(url: str, file: Path | None) -> int:
    """Writes a backup and prints where it is; gives the exit code. Raises DatabaseError."""
    file = file or Path(f"orgbot-{_now()}.backup")
    if file.exists():
        raise DatabaseError(f"{file} is there already; give another name")
    count = _write(url, file)
    sys.stdout.write(
        f"{file}: {counted(count, 'row')}, whole as of now; keep it where the database's loss does not reach it\n"
    )
    return 0


def _now() -> str:
    """In a file's name, such as 2026-11-30-0041-UTC."""
    return utc(datetime.now(UTC)).replace(" ", "-").replace(":", "")


def _write(url: str, file: Path) -> int:
    """The number of rows; the file has its name only once it is whole and on the disk."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        with reading(url) as connection, open(unfinished, "wb", opener=_private) as plain:
            with gzip.GzipFile(fileobj=plain, mode="wb") as packed:
                count = _dump(connection, packed)
            plain.flush()
            os.fsync(plain.fileno())
    except (OSError, SQLAlchemyError) as error:
        unfinished.unlink(missing_ok=True)
        raise DatabaseError(f"the backup could not be written: {reason(error)}") from error
    unfinished.rename(file)
    return count


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, PRIVATE)


def _dump(connection: Connection, file: gzip.GzipFile) -> int:
    digest, count = hashlib.sha256(), 0
    for said in _said(connection):
        line = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        digest.update(line)
        file.write(line)
        count += isinstance(said, list)
    file.write(json.dumps({"rows": count, "sha256": digest.hexdigest()}).encode() + b"\n")
    return count


def _said(connection: Connection) -> Iterator[Any]:
    """The lines of the file but the last."""
    revision = revision_of(connection)
    if revision not in revisions():
        raise DatabaseError(
            f"the database is at revision {revision}, which this version does not know; install a newer orgbot"
        )
    yield {
        "orgbot backup": FORMAT,
        "revision": revision,
        "taken_at": datetime.now(UTC).isoformat(),
        "from": connection.dialect.name,
    }
    for table in _tables(connection):
        yield {"table": table.name, "columns": {column.name: _kind(column.type) for column in table.columns}}
        columns = [
            raw(connection.dialect.name, column) if _kind(column.type) == "json" else column for column in table.columns
        ]
        for row in rows(connection, select(*columns).order_by(*table.primary_key)):
            yield [_plain(value) for value in row]


def _tables(connection: Connection) -> list[Table]:
    """The bot's tables as they are in this database, those that others refer to first."""
    there, known = set(inspect(connection).get_table_names()), MetaData()
    ours = [table.name for table in SQLModel.metadata.sorted_tables if table.name in there - OF_PROCESSES]
    return [Table(name, known, autoload_with=connection) for name in ours]


def _kind(column: Any) -> str:
    return "json" if isinstance(column, JSON) else "time" if isinstance(column, DateTime) else ""


def _plain(value: Any) -> Any:
    """A time as both databases write it."""
    if not isinstance(value, datetime):
        return value
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat(" ", "microseconds")


def read_backup(url: str, file: Path, *, replace: bool, keys: Keys = NO_KEYS) -> int:
    """Restores the file and prints what comes next; gives the exit code. Raises DatabaseError.

    `keys` are those of the audit, which has to say that it was restored.
    """
    with ExitStack() as stack:
        stack.enter_context(alone(url))
        found = Backup(_as_backup(file, stack))
        if found.header["revision"] not in revisions():
            raise DatabaseError(
                f"{file} was written by a newer orgbot (revision {found.header['revision']}); install that one"
            )
        keep_private(file_of(url))
        kept = _restore(url, found, replace=replace, keys=keys)
    taken_at = datetime.fromisoformat(found.header["taken_at"])
    sys.stdout.writelines(f"{line}\n" for line in (*kept, *_next_steps(taken_at)))
    return 0


def _next_steps(taken_at: datetime) -> Iterator[str]:
    yield f"restored: the database is what it was on {utc(taken_at)}, with today's schema"
    yield "start the bot: it is in quarantine, looks in AWS at what was under way, and changes nothing"
    yield "make sure that no other orgbot uses the old database, then run: orgbot restore --release"


def _as_backup(file: Path, stack: ExitStack) -> Path:
    """The file, or what is in it where it is an SQLite database, such as the copy that was made before a migration."""
    try:
        with file.open("rb") as opened:
            is_database = opened.read(len(SQLITE)) == SQLITE
    except OSError as error:
        raise DatabaseError(f"{file} cannot be read: {reason(error)}") from error
    if not is_database:
        return file
    rewritten = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    stack.callback(rewritten.unlink, missing_ok=True)
    _write(URL.create("sqlite", database=str(file.absolute())).render_as_string(), rewritten)
    return rewritten


def _restore(url: str, found: Backup, *, replace: bool, keys: Keys) -> list[str]:
    """What was done with what stood there, a line for people; empty when nothing did."""
    engine = open_engine(url)
    try:
        with migrating(engine) as connection:
            if in_use_by_others(connection):
                raise DatabaseError("another orgbot is running with this database; stop it first, or set DATABASE_URL")
            kept = _make_room(connection, url, replace=replace)
            upgrade(connection, found.header["revision"])
            for table, columns, values in found.tables():
                _load(connection, table, columns, values)
            upgrade(connection)
            _begin_quarantine(connection, found.header["taken_at"], keys)
    except signing.KeyMissingError as error:
        raise DatabaseError(f"nothing was restored: {error}") from error
    except SQLAlchemyError as error:
        raise DatabaseError(f"nothing was restored: {reason(error)}") from error
    finally:
        engine.dispose()
    return kept


def in_use_by_others(connection: Connection) -> bool:
    """Of PostgreSQL, whose server shows a process that was killed for a moment longer; with SQLite the lock beside the file has told already."""
    end = time.monotonic() + PARTING
    while found := connection.dialect.name == "postgresql" and in_use(connection):
        if time.monotonic() > end:
            break
        time.sleep(LOOK_AGAIN)
    return found


def _make_room(connection: Connection, url: str, *, replace: bool) -> list[str]:
    tables = _tables(connection)
    holds = [table.name for table in tables if table.name not in OF_EVERY_DATABASE and _has_rows(connection, table)]
    if holds and not replace:
        raise DatabaseError(
            "the database is not empty; --replace replaces what it holds, of which a backup is written first"
        )
    kept = _keep(url) if holds else None
    for name in (*(table.name for table in reversed(tables)), *OF_PROCESSES, "alembic_version"):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_quoted(connection, name)}")
    return [f"what stood there before is in {kept}"] if kept else []


def _keep(url: str) -> Path:
    """A backup of what is about to be replaced, beside the database's file, or in this folder."""
    name = file_of(url)
    beside = Path(name).parent if name else Path()
    kept = beside / f"orgbot-replaced-{_now()}-{uuid.uuid4().hex[:6]}.backup"
    _write(url, kept)
    return kept


def _has_rows(connection: Connection, table: Table) -> bool:
    return connection.execute(select(*table.primary_key).limit(1)).first() is not None


def _load(connection: Connection, table: str, columns: dict[str, str], values: Iterable[Row]) -> None:
    """By the driver's own words, so that JSON and times stay as they were written."""
    sqlite = connection.dialect.name == "sqlite"
    times = [place for place, kind in enumerate(columns.values()) if kind == "time"] if sqlite else []
    mark = "?" if sqlite else "%s"
    names = ", ".join(_quoted(connection, name) for name in columns)
    marks = ", ".join([mark] * len(columns))
    statement = f"INSERT INTO {_quoted(connection, table)} ({names}) VALUES ({marks})"  # noqa: S608  Quoted names.
    values = iter(values)
    while batch := list(islice(values, BATCH)):
        connection.exec_driver_sql(statement, [_without_zone(row, times) for row in batch])
    if not sqlite and "id" in columns:
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{_quoted(connection, table)}', 'id'), max(id)) FROM {_quoted(connection, table)}"  # noqa: S608
        )


def _without_zone(row: Row, times: Sequence[int]) -> tuple[Any, ...]:
    """SQLite has no zones: a time in it is UTC."""
    for place in times:
        row[place] = row[place] and row[place].removesuffix("+00:00")
    return tuple(row)


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _begin_quarantine(connection: Connection, taken_at: str, keys: Keys) -> None:
    """Nobody who worked on it is there any more, and whoever starts next begins by looking."""
    installation = SQLModel.metadata.tables["installation"]
    at, now = datetime.fromisoformat(taken_at), datetime.now(UTC)
    if connection.execute(select(installation.c.id)).first() is None:
        connection.execute(installation.insert().values(id=1, identity=uuid.uuid4().hex, created_at=at))
    for table in SQLModel.metadata.sorted_tables:
        if "lease_owner" in table.c:
            connection.execute(table.update().values(lease_owner="", lease_until=None))
    with Session(connection, info=keys.info()) as session:
        signing.begin_in(session, now)
        replaced(session, now, at)
        chain.append(session)


def release_quarantine(url: str, keys: Keys = NO_KEYS) -> int:
    """Prints whether the bot goes on; gives the exit code: 1 while something was not looked at yet. Raises DatabaseError."""
    engine = open_existing(url)
    try:
        left = release(Store(engine, keys.info()), datetime.now(UTC))
    except (NotHeldError, signing.KeyMissingError) as error:
        raise DatabaseError(str(error)) from error
    except SQLAlchemyError as error:
        raise DatabaseError(f"nothing was released: {reason(error)}") from error
    finally:
        engine.dispose()
    if left:
        numbers = ", ".join(f"#{number}" for number in left)
        sys.stdout.write(
            f"not yet: AWS has not been asked about {numbers}; start the bot, and see /readyz where it runs already\n"
        )
        return 1
    sys.stdout.write(
        "released: the bot carries out approved requests again; what waited is put before approvers anew\n"
    )
    return 0
