"""An SQLite database stays the file that it was: what would be lost is not taken for stored, and all goes on by itself."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from approvals.audit.chain import record
from approvals.models import AuditRecord, HomeViewer, Installation
from approvals.queue.store import Store
from bot import database
from bot.database import WRITE_BACK_AFTER, Keeper
from tests.harness.database import new_database

NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)


class Kept:
    """A database in a file, whose keeper looks when it is told to, by a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "orgbot.db"
        self.seconds = 0.0
        engine = new_database(f"sqlite:///{self.file}")
        self.store = Store(engine, guard=Keeper(engine, str(self.file), lambda: self.seconds))
        with self.store.write() as session:
            session.add(Installation(id=1, identity="i", created_at=NOW))
            record(session, NOW, "test", "U0BOB")

    def views(self, user: str) -> None:
        """Stores a row by the way that a person waits for."""
        self.store.insert(HomeViewer, {"user": user, "shown": 0, "opened_at": NOW, "lease_owner": ""})

    def viewers(self) -> list[str]:
        with self.store.read() as session:
            return [found.user for found in session.exec(select(HomeViewer)).all()]

    def is_refused(self) -> bool:
        try:
            self.store.look()
        except OperationalError:
            return True
        return False


def fill(store: Store) -> None:
    with store.write() as session:
        for number in range(200):
            record(session, NOW, "test", f"U{number}" * 100)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path)
    yield made
    made.store.engine.dispose()


def test_nothing_is_stored_in_a_file_that_is_gone(kept: Kept) -> None:
    away = kept.file.rename(kept.file.with_suffix(".away"))
    for store in (lambda: kept.views("U0ALICE"), kept.viewers, lambda: kept.store.write().__enter__()):
        with pytest.raises(OperationalError, match="is gone or another one"):
            store()
    assert kept.is_refused()
    away.rename(kept.file)
    assert not kept.is_refused()
    assert kept.viewers() == []


def test_a_file_that_goes_in_the_middle_of_a_write_is_noticed(kept: Kept) -> None:
    def write(session: Session) -> None:
        session.add(HomeViewer(user="U0ALICE", opened_at=NOW))
        kept.file.unlink()

    with pytest.raises(OperationalError), kept.store.write() as session:
        write(session)


def test_a_file_that_stays_away_is_written_back_as_it_was(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    kept.views("U0ALICE")
    kept.file.unlink()
    assert kept.is_refused()
    kept.seconds += WRITE_BACK_AFTER
    assert not kept.is_refused()
    assert "it has been written back as it was" in caplog.text
    kept.views("U0BOB")
    assert kept.viewers() == ["U0ALICE", "U0BOB"]
    assert stat.S_IMODE(kept.file.stat().st_mode) == 0o600


def test_the_same_in_another_file_is_taken_up(kept: Kept) -> None:
    with kept.store.read() as session:
        session.connection().exec_driver_sql("SELECT 1")
    copy = kept.file.with_suffix(".copy")
    shutil.copy(kept.file, copy)
    copy.rename(kept.file)
    assert not kept.is_refused()
    kept.views("U0BOB")
    assert kept.viewers() == ["U0BOB"]


def test_an_older_copy_is_not_taken_because_things_would_be_done_once_more(kept: Kept) -> None:
    older = kept.file.with_suffix(".older")
    new_database(f"sqlite:///{older}").dispose()
    engine = database.open_engine(f"sqlite:///{older}")
    with Store(engine).write() as session:
        session.add(Installation(id=1, identity="i", created_at=NOW))
    engine.dispose()
    for end in ("-wal", "-shm"):
        Path(f"{kept.file}{end}").unlink()
    older.rename(kept.file)
    kept.seconds += 2 * WRITE_BACK_AFTER
    assert kept.is_refused()
    with pytest.raises(OperationalError):
        kept.views("U0ALICE")


def empty(kept: Kept) -> None:
    kept.file.write_bytes(b"")


def another(kept: Kept) -> None:
    """Whoever opens an empty file beside which there is a log removes the log."""
    with closing(sqlite3.connect(kept.file)) as connection:
        connection.execute("CREATE TABLE another (name)")


@pytest.mark.parametrize("put", [empty, another])
def test_another_file_in_its_place_takes_nothing_away_with_it(kept: Kept, put: Callable[[Kept], None]) -> None:
    kept.views("U0ALICE")
    away = kept.file.rename(kept.file.with_suffix(".away"))
    put(kept)
    assert kept.is_refused()
    assert put is another or beside(kept, "-wal").exists(), (
        "to look at a file is no reason to remove what lies beside it"
    )
    away.rename(kept.file)
    assert not kept.is_refused()
    kept.views("U0BOB")
    assert survivors(kept) == ["U0ALICE", "U0BOB"]


@pytest.mark.parametrize("gone", [("-wal",), ("-shm",), ("-wal", "-shm")])
def test_what_is_removed_beside_the_file_loses_nothing(kept: Kept, gone: tuple[str, ...]) -> None:
    """Somebody tidies up; what was written last stands there alone until it is moved into the database's file."""
    kept.views("U0ALICE")
    for end in gone:
        beside(kept, end).unlink()
    with pytest.raises(OperationalError, match="beside the database is gone"):
        kept.views("U0BOB")
    assert not kept.is_refused()
    kept.views("U0CAROL")
    assert survivors(kept) == ["U0ALICE", "U0CAROL"]


def beside(kept: Kept, end: str) -> Path:
    return kept.file.with_name(kept.file.name + end)


def survivors(kept: Kept) -> list[str]:
    """Who is found by the next process if this one is killed now."""
    folder = kept.file.with_suffix(".killed")
    folder.mkdir()
    for file in (kept.file, beside(kept, "-wal")):
        if file.exists():
            shutil.copy(file, folder)
    with closing(sqlite3.connect(folder / kept.file.name)) as connection:
        return [user for (user,) in connection.execute("SELECT user FROM homeviewer ORDER BY opened_at, user")]


def test_a_full_disk_is_noticed_and_so_is_that_it_is_not_any_more(kept: Kept) -> None:
    def most_pages(number: int) -> None:
        with kept.store.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {number}")

    most_pages(1)
    with pytest.raises(OperationalError, match="full"):
        fill(kept.store)
    most_pages(1_000_000)
    assert not kept.is_refused(), "it tries by itself whether it may write again"
    with kept.store.read() as session:
        assert len(session.exec(select(AuditRecord)).all()) == 1


@pytest.mark.parametrize(
    ("about", "said"),
    [
        (SimpleNamespace(f_flag=0, f_bavail=1, f_frsize=4096), "the disk of the database is full"),
        (SimpleNamespace(f_flag=1, f_bavail=10**6, f_frsize=4096), "the disk of the database can only be read"),
    ],
)
def test_a_disk_without_room_is_told_before_anything_is_lost(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, about: Any, said: str
) -> None:
    monkeypatch.setattr("os.statvfs", lambda _: about)
    with pytest.raises(OperationalError, match=said):
        kept.store.look()


@pytest.mark.parametrize("shut", ["orgbot.db", ""])
def test_a_file_or_folder_that_can_only_be_read_is_told_as_long_as_it_is(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, shut: str
) -> None:
    """Told by the system, because whoever runs the tests may be one who may write anything."""
    place = kept.file.parent / shut
    with monkeypatch.context() as patched:
        patched.setattr("os.access", lambda path, _: path != place)
        with pytest.raises(OperationalError, match="can only be read; let orgbot write there"):
            kept.store.look()
    assert not kept.is_refused()


def test_the_files_are_their_owners_alone(tmp_path: Path) -> None:
    made = tmp_path / "orgbot.db"
    made.touch(0o644)
    url = f"sqlite:///{made}"
    database.keep_private(str(made))
    engine = database.open_engine(url)
    database.migrate(engine)
    with database.alone(url):
        found = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in tmp_path.iterdir()}
    engine.dispose()
    assert found == dict.fromkeys(("orgbot.db", "orgbot.db-wal", "orgbot.db-shm", "orgbot.db.lock"), "0o600")


def test_whoever_only_looks_changes_no_permissions(tmp_path: Path) -> None:
    """`orgbot check` and `orgbot audit` open the file too, and may be run by somebody whose file it isn't."""
    made = tmp_path / "orgbot.db"
    engine = database.open_engine(f"sqlite:///{made}")
    database.migrate(engine)
    engine.dispose()
    made.chmod(0o644)
    with database.reading(f"sqlite:///{made}") as connection:
        connection.exec_driver_sql("SELECT 1")
    assert oct(stat.S_IMODE(made.stat().st_mode)) == "0o644"
