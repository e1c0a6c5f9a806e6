"""`orgbot backup` and `orgbot restore`: what is written on one database is the same on the other, and a restore that cannot be
whole changes nothing.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlmodel import SQLModel

from approvals.request.quarantine import REPLACED
from bot import backup
from bot.audit import verify
from bot.backup import read_backup, write_backup
from bot.database import DatabaseError, alone, open_engine
from sandbox.aws.server import AwsSandbox
from tests.harness import postgres
from tests.harness.database import POSTGRESQL
from tests.harness.tampering import KEYS
from tests.harness.workers import Workers, after

KINDS = ("sqlite", "postgresql")


def two_requests(found: Workers) -> None:
    """One that succeeded, and one that waits."""
    found.until_done(found.approved("create-ou", unit_name="Billing", parent="/"))
    found.ask("tag-account", account="222222222222", tags=["owner=shöp"])
    found.work()


@pytest.fixture(params=KINDS)
def workers(request: pytest.FixtureRequest, aws: AwsSandbox, tmp_path: Path) -> Iterator[Workers]:
    kind = POSTGRESQL if request.param == "postgresql" else f"sqlite:///{tmp_path / 'first.db'}"
    found = after(two_requests, aws, kind)
    yield found
    found.engine.dispose()
    found.close()


@pytest.fixture(params=KINDS)
def other(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table, of each kind."""
    return f"sqlite:///{tmp_path / 'other.db'}" if request.param == "sqlite" else postgres.empty_url()


@pytest.fixture
def written(workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The backup of what `workers` did. What is replaced by it is kept in the same folder."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a.backup"
    assert write_backup(url_of(workers), file) == 0
    return file


def url_of(workers: Workers) -> str:
    return workers.engine.url.render_as_string(hide_password=False)


def content(url: str) -> dict[str, list[Any]]:
    """All rows, as SQLAlchemy reads them; without what only says that there was a restore."""
    engine = open_engine(url)
    with engine.connect() as connection:
        tables = [table for table in SQLModel.metadata.sorted_tables if table.name != "installation"]
        found = {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in tables
        }
    engine.dispose()
    found["audit"] = [row for row in found["audit"] if REPLACED not in row]
    return found


def test_a_backup_is_the_same_in_either_database_and_its_audit_holds(
    workers: Workers, written: Path, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_backup(other, written, replace=False) == 0
    assert content(other) == content(url_of(workers))
    capsys.readouterr()
    assert verify(other) == 0, capsys.readouterr().out


def test_what_is_filed_after_a_restore_gets_the_next_number(written: Path, other: str) -> None:
    read_backup(other, written, replace=False)
    engine = open_engine(other)
    with engine.begin() as connection:
        request = SQLModel.metadata.tables["request"]
        last = connection.execute(select(func.max(request.c.id))).scalar_one()
        values = {
            "delivery": "new",
            "marker": "m",
            "operation": "o",
            "subject": "s",
            "params": {},
            "team": "T",
            "requester": "U",
        }
        created = connection.execute(select(request.c.created_at).limit(1)).scalar_one()
        new = connection.execute(request.insert().values(**values, approvals_needed=1, created_at=created))
    engine.dispose()
    assert new.inserted_primary_key == (last + 1,)


def test_a_database_that_holds_something_is_replaced_only_when_asked_and_kept(
    workers: Workers, written: Path, tmp_path: Path
) -> None:
    url = url_of(workers)
    workers.ask("tag-account", account="333333333333", tags=["owner=later"])
    newer = content(url)
    workers.engine.dispose()
    with pytest.raises(DatabaseError, match="not empty; --replace"):
        read_backup(url, written, replace=False)
    assert content(url) == newer
    assert read_backup(url, written, replace=True) == 0
    assert len(content(url)["request"]) == len(newer["request"]) - 1
    (kept,) = tmp_path.glob("orgbot-replaced-*.backup")
    read_backup(url, kept, replace=True)
    assert content(url) == newer


def test_a_database_in_use_is_left_alone(workers: Workers, written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "PARTING", 0.1)
    url = url_of(workers)
    with workers.engine.connect(), alone(url), pytest.raises(DatabaseError, match="another orgbot is running"):
        read_backup(url, written, replace=True)


def test_whoever_is_about_to_leave_is_waited_for(
    workers: Workers, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL shows the connections of a process that was killed for a moment longer."""
    with workers.engine.connect() as leaving:

        def leaves(_: float) -> None:
            leaving.close()
            workers.engine.dispose()

        monkeypatch.setattr("bot.backup.time.sleep", leaves)
        assert read_backup(url_of(workers), written, replace=True) == 0


@pytest.mark.parametrize("cut", [0, 1, 40, -30])
def test_a_file_that_is_not_whole_is_refused_before_anything_is_changed(
    workers: Workers, written: Path, cut: int
) -> None:
    del workers
    url = f"sqlite:///{written.with_name('untouched.db')}"
    written.write_bytes(written.read_bytes()[:cut])
    with pytest.raises(DatabaseError, match="is not a whole backup"):
        read_backup(url, written, replace=False)
    assert not written.with_name("untouched.db").exists()


def test_a_file_in_which_a_line_was_changed_or_is_missing_is_refused(written: Path, other: str) -> None:
    lines = gzip.decompress(written.read_bytes()).splitlines(keepends=True)
    for changed in ([*lines[:5], *lines[6:]], [*lines[:5], lines[5].replace(b"1", b"2"), *lines[6:]]):
        written.write_bytes(gzip.compress(b"".join(changed)))
        with pytest.raises(DatabaseError, match="is not a whole backup"):
            read_backup(other, written, replace=False)


def test_a_backup_of_a_newer_version_is_refused(written: Path, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "revisions", lambda: ["0001"])
    with pytest.raises(DatabaseError, match="written by a newer orgbot"):
        read_backup(other, written, replace=False)


def test_a_restore_that_ends_in_the_middle_has_changed_nothing(
    written: Path, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(backup, "_begin_quarantine", interrupted)
        with pytest.raises(KeyboardInterrupt):
            read_backup(other, written, replace=False)
    assert read_backup(other, written, replace=False) == 0, "it was still empty"


def test_an_sqlite_file_can_be_restored_as_well(aws: AwsSandbox, tmp_path: Path) -> None:
    workers = Workers(aws, f"sqlite:///{tmp_path / 'first.db'}")
    workers.ask("tag-account", account="222222222222", tags=["owner=shop"])
    workers.close()
    other = f"sqlite:///{tmp_path / 'other.db'}"
    assert read_backup(other, tmp_path / "first.db", replace=False) == 0
    assert content(other) == content(f"sqlite:///{tmp_path / 'first.db'}")


def test_a_backup_is_for_its_owner_alone_and_replaces_no_file(written: Path, workers: Workers) -> None:
    assert written.stat().st_mode & 0o077 == 0
    with pytest.raises(DatabaseError, match="is there already"):
        write_backup(url_of(workers), written)


def test_a_backup_is_of_one_moment_though_somebody_writes_meanwhile(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request and its records are written while the first table has been read already."""
    asked: list[object] = []
    real = backup._plain

    def slow(value: Any) -> Any:
        if not asked:
            asked.append(workers.ask("tag-account", account="444444444444", tags=["owner=late"]))
            workers.work()
        return real(value)

    before = content(url_of(workers))
    monkeypatch.setattr(backup, "_plain", slow)
    write_backup(url_of(workers), tmp_path / "b.backup")
    other = f"sqlite:///{tmp_path / 'other.db'}"
    read_backup(other, tmp_path / "b.backup", replace=False)
    assert asked
    assert content(other) == before


def test_no_password_is_in_the_file(workers: Workers, written: Path) -> None:
    del workers
    header = json.loads(gzip.decompress(written.read_bytes()).splitlines()[0])
    assert set(header) == {"orgbot backup", "revision", "taken_at", "from"}


def test_the_database_that_was_restored_is_in_quarantine(written: Path, other: str) -> None:
    read_backup(other, written, replace=False)
    engine = open_engine(other)
    with engine.connect() as connection:
        state = connection.execute(text("SELECT quarantine, backup_at FROM installation")).one()
    engine.dispose()
    assert state[0] == "restored"
    assert state[1] is not None


def test_the_audit_says_signed_that_it_was_restored_and_without_its_key_nothing_is(
    written: Path, other: str, tmp_path: Path
) -> None:
    assert read_backup(other, written, replace=False, keys=KEYS) == 0
    assert verify(other, keys=KEYS) == 0
    signed = tmp_path / "signed.backup"
    write_backup(other, signed)
    with pytest.raises(DatabaseError, match="nothing was restored: ORGBOT_AUDIT_KEY: is missing"):
        read_backup(f"sqlite:///{tmp_path / 'third.db'}", signed, replace=False)
