"""One place through which the database is read and written.

With SQLite the process has one connection, and its threads queue for it in the order in which they came: SQLite's own busy
back-off gives long tails when threads compete, and one connection is safe in WAL mode on the versions with the WAL-reset bug.
One durable row goes by the shortest way, because a person waits for Slack's answer: the statement is made once, and the driver is called directly. The
conversion of values is SQLAlchemy's own.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, cached_property
from typing import Any, Protocol

from sqlalchemy import Index, Table, UniqueConstraint, bindparam, event, insert, inspect, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, SQLModel, select

Row = dict[str, Any]
WRITERS = (
    2  # The key of PostgreSQL's advisory lock for what only one writer may do at a time; `bot.database` has another.
)


def breaks(error: IntegrityError, model: type[SQLModel], *columns: str) -> bool:
    """Whether the row was refused because there is one already that has the same in these columns, and for no other reason."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    if isinstance(error.orig, sqlite3.IntegrityError):
        named = ", ".join(f"{table.name}.{column}" for column in columns)
        return str(error.orig) == f"UNIQUE constraint failed: {named}"
    broken = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return bool(broken == _uniqueness(table, columns))


def _uniqueness(table: Table, columns: tuple[str, ...]) -> str:
    """The name of what keeps these columns unique, which is PostgreSQL's own where the schema gives none."""
    if list(columns) == [column.name for column in table.primary_key]:
        return f"{table.name}_pkey"
    found: list[UniqueConstraint | Index] = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    found += [one for one in table.indexes if one.unique]
    for one in found:
        if one.name and [column.name for column in one.columns] == list(columns):
            return str(one.name)
    return f"{table.name}_{'_'.join(columns)}_key"


def wait_for_writers(session: Session) -> None:
    """From here to the end of the transaction no other one is past this point, in whichever process.

    With SQLite every write is alone from its beginning on. With PostgreSQL whoever waits here may hold rows; so whoever is past
    it waits for none that others hold when they come here.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")


def setting(model: type[SQLModel], *names: str) -> Any:
    """An UPDATE that gives these columns the values that `changed` is handed. To be made once: to make it takes longer than to
    execute it.
    """
    table: Table = model.__table__  # type: ignore[attr-defined]
    return update(table).values({name: bindparam(f"new_{name}") for name in names})


def changed(session: Session, statement: Any, values: Mapping[str, Any] | None = None, **where: Any) -> bool:
    """Whether the statement changed one row: it gave it `values`, and `where` are its other parameters. It goes straight to the
    connection, after what the session has still to write; what the session has read stays as it was read.
    """
    session.flush()
    new = {f"new_{name}": value for name, value in (values or {}).items()}
    return bool(session.connection().execute(statement, where | new).rowcount == 1)


class FifoLock:
    """A lock that is handed on in the order of asking; `threading.Lock` promises no order."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._queue: deque[threading.Lock] = deque()
        self._held = False
        self._holder = 0

    def __enter__(self) -> None:
        if self._holder == threading.get_ident():
            raise RuntimeError("a session is open in this thread already; use that one")
        self._queued().acquire()
        self._holder = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self._holder = 0
        with self._guard:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._held = False

    def _queued(self) -> threading.Lock:
        """A ticket that opens when it is our turn; at once when nobody holds the lock."""
        ticket = threading.Lock()
        with self._guard:
            if self._held:
                ticket.acquire()
                self._queue.append(ticket)
            self._held = True
        return ticket


class Guard(Protocol):
    """Looks after the file of an SQLite database; raises sqlalchemy.exc.OperationalError while nothing can be stored in it."""

    def check(self) -> None: ...

    def look(self, lock: AbstractContextManager[Any]) -> None: ...

    def refused(self, error: Exception) -> None: ...


def _nothing() -> None:
    """PostgreSQL looks after its files itself."""


class QuickSession(Session):
    """A session that finds a row by its number with a statement which is made once; SQLAlchemy makes one anew each time, which takes
    longer than to ask the database. Whatever else is wished for is left to SQLAlchemy.
    """

    def get(self, entity: Any, ident: Any, **wishes: Any) -> Any:
        """The row, or None; see SQLAlchemy's `Session.get`."""
        options = {name: wish for name, wish in wishes.items() if wish}
        anew = options == {"populate_existing": True}
        if not isinstance(ident, int) or (options and not anew):
            return super().get(entity, ident, **wishes)
        if not anew and identity_key(entity, ident) in self.identity_map:
            return super().get(entity, ident)
        return self.execute(_by_number(entity), {"row": ident}, execution_options=options).scalar()


@cache
def _by_number(model: type[SQLModel]) -> Any:
    (key,) = inspect(model).primary_key
    return select(model).where(key == bindparam("row", type_=key.type))


class Store:
    """Sessions on the database: `read()` for looking, `write()` for one transaction that is committed at the end.

    `info` is what every session carries along, for those who are handed nothing but the session. `guard` raises when what is
    written would be lost; it is asked before and after, so that nothing is taken for stored that is not.
    """

    def __init__(self, engine: Engine, info: Mapping[Any, Any] | None = None, guard: Guard | None = None) -> None:
        self.engine = engine
        self._info = dict(info or {})
        self._writer = engine.execution_options(writes=True)
        self._insertions: dict[tuple[str, tuple[str, ...]], Insertion] = {}
        self._sqlite = engine.dialect.name == "sqlite"
        self._guard = guard
        self._check = guard.check if guard else _nothing
        self._lock: AbstractContextManager[Any] = FifoLock() if self._sqlite else nullcontext()

    def told(self, about: Any) -> Any:
        """What the sessions carry along about this; None where there is nothing."""
        return self._info.get(about)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads."""
        self._check()
        with self._lock, QuickSession(self.engine, expire_on_commit=False, info=self._info) as session:
            yield session

    @contextmanager
    def write(self, *, alone: bool = False) -> Iterator[Session]:
        """A session whose changes are committed together at the end, or not at all when an error leaves the block.

        `alone` for what looks before it writes, where two that look at once would both write.
        """
        self._check()
        with (
            self._lock,
            QuickSession(self._writer, expire_on_commit=False, info=self._info) as session,
            session.begin(),
        ):
            if alone:
                wait_for_writers(session)
            yield session
        self._check()

    def insert(self, model: type[SQLModel], row: Row) -> int:
        """One durable row; gives its id. Raises sqlalchemy.exc.IntegrityError when the row is there already."""
        table: Table = model.__table__  # type: ignore[attr-defined]
        if not self._sqlite:
            with self._writer.begin() as connection:
                key = connection.execute(insert(table), row).inserted_primary_key
                return int(key[0]) if key else 0
        insertion = self._insertion(table, tuple(row))
        values = insertion.values(row)
        self._check()
        with self._lock:
            try:
                key = insertion(self._connection, values)
            except sqlite3.IntegrityError as error:
                raise IntegrityError(None, None, error) from error
            except sqlite3.OperationalError as error:
                if self._guard:
                    self._guard.refused(error)
                raise OperationalError(None, None, error) from error
        self._check()
        return key

    def look(self) -> None:
        """To be called regularly; raises sqlalchemy.exc.OperationalError while nothing can be stored."""
        if self._guard:
            self._guard.look(self._lock)

    @cached_property
    def _connection(self) -> OneConnection:
        return OneConnection(self.engine)

    def _insertion(self, table: Table, columns: tuple[str, ...]) -> Insertion:
        if (table.name, columns) not in self._insertions:
            self._insertions[table.name, columns] = Insertion(self.engine, table, columns)
        return self._insertions[table.name, columns]


class OneConnection:
    """The one connection of a SQLite engine, as the driver has it. Whoever uses it holds the store's lock, and nobody else does.

    To borrow it from SQLAlchemy's pool and to give it back takes a third as long as the insert.
    """

    def __init__(self, engine: Engine) -> None:
        event.listen(engine, "connect", self._note)
        pooled = engine.raw_connection()
        self.driver: Any = pooled.driver_connection
        pooled.close()

    def _note(self, driver: sqlite3.Connection, _: object) -> None:
        """SQLAlchemy has replaced a connection that it found broken."""
        self.driver = driver


class Insertion:
    """An INSERT into `table` of rows with these `columns`, for SQLite."""

    def __init__(self, engine: Engine, table: Table, columns: tuple[str, ...]) -> None:
        names = engine.dialect.identifier_preparer
        listed = ", ".join(names.format_column(table.c[name]) for name in columns)
        self._sql = f"INSERT INTO {names.format_table(table)} ({listed}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  Our own names.
        self._convert = [(name, _converter(table.c[name].type, engine)) for name in columns]

    def values(self, row: Row) -> list[Any]:
        """The row's values as the driver takes them."""
        return [convert(row[name]) if convert else row[name] for name, convert in self._convert]

    def __call__(self, connection: OneConnection, values: list[Any]) -> int:
        """The new row's id, once it is committed; raises the driver's IntegrityError.

        A statement outside a transaction is one of its own.
        """
        return int(connection.driver.execute(self._sql, values).lastrowid)


def _converter(kind: Any, engine: Engine) -> Callable[[Any], Any] | None:
    converter: Callable[[Any], Any] | None = kind.dialect_impl(engine.dialect).bind_processor(engine.dialect)
    return converter
