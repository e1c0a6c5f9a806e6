"""`orgbot audit`: what it prints, of whom and when, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text, update
from sqlmodel import col, func, select

from approvals.audit import signing
from approvals.audit.anchors import Anchor
from approvals.audit.chain import record
from approvals.audit.keys import Keys
from approvals.models import Attempt, AuditRecord, Vote
from approvals.queue.store import Store
from bot.audit import AuditInputError, Wanted, export, moment, read_anchors, verify
from sandbox.aws.server import AwsSandbox
from tests.harness.database import ON_BOTH, POSTGRESQL, SQLITE
from tests.harness.people import ALICE, BOB, DAVE
from tests.harness.workers import Workers, after

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", " =1", "\r=1"]


def two_requests(found: Workers) -> None:
    """Alice's, which Bob approved and Dave clicked upon, and, a day later, Dave's, which Bob denied."""
    first = found.ask("tag-account", account="222222222222", tags=["owner=shop"])
    found.work()
    found.click(first, "approve", DAVE)
    found.click(first, "approve", BOB)
    found.work()
    found.clock.advance(days=1)
    second = found.ask("tag-account", by=DAVE, account="333333333333", tags=["owner=shop"])
    found.work()
    found.click(second, "deny", BOB, reason="=HYPERLINK(1)")
    found.work()


@pytest.fixture(params=ON_BOTH)
def workers(request: pytest.FixtureRequest, aws: AwsSandbox, tmp_path: Path) -> Iterator[Workers]:
    kind = POSTGRESQL if request.param == POSTGRESQL else f"sqlite:///{tmp_path / 'orgbot.db'}"
    found = after(two_requests, aws, kind)
    yield found
    found.close()


def url(workers: Workers) -> str:
    return str(workers.engine.url)


def exported(workers: Workers, capsys: pytest.CaptureFixture[str], **wanted: object) -> list[tuple[str, str]]:
    assert export(url(workers), "jsonl", Wanted(**wanted)) == 0  # type: ignore[arg-type]
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [(row["event"], row["actor"]) for row in rows]


def test_everything(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    found = exported(workers, capsys)
    assert found == [(entry.event, entry.actor) for entry in workers.audit()]
    assert ("aws.call", "orgbot") in found


def test_a_time(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    second = workers.clock()
    before = exported(workers, capsys, until=second)
    after = exported(workers, capsys, since=second)
    assert before[0] == ("request.filed", ALICE)
    assert after[0] == ("request.filed", DAVE)
    assert before + after == exported(workers, capsys)
    assert exported(workers, capsys, since=second, until=second + timedelta(seconds=1)) == after


@pytest.mark.parametrize("person", [ALICE, "alice@example.com", "Alice@Example.com"])
def test_who_asked_has_all_that_became_of_it(workers: Workers, capsys: pytest.CaptureFixture[str], person: str) -> None:
    found = exported(workers, capsys, person=person)
    assert {("request.filed", ALICE), ("vote.approve", BOB), ("aws.call", "orgbot")} <= set(found)
    assert ("request.filed", DAVE) not in found


@pytest.mark.parametrize("person", [BOB, "bob@example.com"])
def test_who_decided_has_the_decisions(workers: Workers, capsys: pytest.CaptureFixture[str], person: str) -> None:
    assert {actor for _, actor in exported(workers, capsys, person=person)} == {BOB}


def test_a_refused_click_is_the_clickers(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    assert ("click.approve.refused", DAVE) in exported(workers, capsys, person=DAVE)


def test_nobody_of_that_name(workers: Workers) -> None:
    with pytest.raises(AuditInputError, match="nobody with the e-mail address “eve@"):
        export(url(workers), "jsonl", Wanted(person="eve@example.com"))


def test_csv_holds_no_formula(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    for given in FORMULAS:
        with workers.context.store.write() as session:
            session.execute(update(AuditRecord).values(actor=given, event=given))
        export(url(workers), "csv", Wanted())
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))
        assert len(rows) == len(workers.audit())
        for row in rows:
            assert row["actor"] == row["event"] == f"'{given}"
            assert all(not cell.lstrip().startswith(("=", "+", "-", "@")) for cell in row.values())


def test_csv_gives_the_detail_as_json(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    export(url(workers), "csv", Wanted())
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))
    assert [json.loads(row["detail"]) for row in rows] == [entry.detail for entry in workers.audit()]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T12:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00+01:00", datetime(2026, 1, 31, 11, tzinfo=UTC)),
    ],
)
def test_dates(text: str, found: datetime | None) -> None:
    assert moment(text, "--since") == found


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "31.01.2026", "2026"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(AuditInputError, match=f"--since: “{text}” is no date; write 2026-01-31"):
        moment(text, "--since")


def test_an_end_before_the_beginning(workers: Workers) -> None:
    now = workers.clock()
    with pytest.raises(AuditInputError, match="--until: must be later than --since"):
        export(url(workers), "jsonl", Wanted(since=now, until=now))


def test_anchors_show_a_cut_at_the_end(workers: Workers, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    last = workers.audit()[-1]
    file = tmp_path / "anchors.txt"
    file.write_text(f"orgbot\nAudit anchor: record {last.id}, sha256 {last.hash}\n", encoding="utf-8")
    assert verify(url(workers), [f"{last.id}:{last.hash}"], [file]) == 0
    assert "2 anchors agree" in capsys.readouterr().out

    with workers.context.store.write() as session:
        session.execute(delete(AuditRecord).where(col(AuditRecord.id) == last.id))
    assert verify(url(workers)) == 1  # The tables still have what the record was about.
    assert capsys.readouterr().out == "request 2: it is denied, while the audit has it pending\n"
    assert verify(url(workers), [], [file]) == 1
    assert f"anchor {last.id}: the audit ends with record {(last.id or 0) - 1}" in capsys.readouterr().out


def test_a_request_that_is_not_proven_is_named(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(url(workers)) == 0
    assert "each as it was written, and every request is proven" in capsys.readouterr().out
    with workers.context.store.write() as session:
        session.execute(delete(Vote).where(col(Vote.user) == BOB, col(Vote.request_id) == 1))
    assert verify(url(workers)) == 1
    assert capsys.readouterr().out == f"request 1: the approval of {BOB} is in the audit only\n"


def test_a_call_for_what_nobody_approved_is_named(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    with workers.context.store.write() as session:
        session.add(Attempt(request_id=2, step="tag", number=1, owner="x", started_at=workers.clock()))
    assert verify(url(workers)) == 1
    begun = "a call of it is noted, and the audit does not have that it began"
    assert capsys.readouterr().out == f"request 2: {begun}\nrequest 2: its approval is not in the audit\n"


def test_records_of_a_request_that_is_gone_are_named(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    with workers.context.store.write() as session:
        record(session, workers.clock(), "aws.call", "orgbot", 99)
    assert verify(url(workers)) == 1
    assert capsys.readouterr().out == "request 99: it has records, and no row\n"


def test_signed_records_are_checked_with_the_key_and_not_without(
    workers: Workers, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = Keys.given(("a key of these tests, long enough it is",))
    begun = len(workers.audit()) + 1
    signing.begin(Store(workers.engine, keys.info()), workers.clock())

    assert verify(url(workers), keys=keys) == 0
    assert f"each as it was written, signed from record {begun} on, and every request" in capsys.readouterr().out
    assert verify(url(workers)) == 2
    told = f"1 records from record {begun} on are signed, and can't be checked without ORGBOT_AUDIT_KEY\n"
    assert capsys.readouterr().out == told


def test_a_key_that_has_signed_nothing_is_told(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(url(workers), keys=Keys.given(("a key of these tests, long enough it is",))) == 1
    assert "no record is signed with ORGBOT_AUDIT_KEY" in capsys.readouterr().out


@pytest.mark.parametrize("workers", [SQLITE], indirect=True)  # PostgreSQL takes no such value.
def test_a_mangled_record_is_named_and_stops_nothing(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    with workers.context.store.write() as session:
        session.execute(text("UPDATE audit SET detail = '{', at = 'soon' WHERE id = 1"))
    assert verify(url(workers)) == 1
    assert "record 1: its content was changed\nrequest 1: " in capsys.readouterr().out


def test_what_is_no_anchor(tmp_path: Path) -> None:
    with pytest.raises(AuditInputError, match="--anchor: '12:ab' holds no anchor; give the record's number"):
        read_anchors(["12:ab"], [])
    with pytest.raises(AuditInputError, match="cannot be read"):
        read_anchors([], [tmp_path / "none"])
    assert read_anchors([f"1:{'a' * 64}"], []) == [Anchor(1, "a" * 64)]


@pytest.fixture
def archive(workers: Workers, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    """All records, as they were exported once."""
    assert export(url(workers), "jsonl", Wanted()) == 0
    file = tmp_path / "archive.jsonl"
    file.write_text(capsys.readouterr().out)
    return file


def test_an_archive_is_checked_by_itself_and_bears_the_database_out(
    workers: Workers, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with workers.context.store.write() as session:
        record(session, workers.clock(), "later", "orgbot")
    assert verify(url(workers), archives=[archive]) == 0
    assert "1 anchor agrees" in capsys.readouterr().out


def test_a_part_of_the_records_is_an_archive_too(workers: Workers, archive: Path) -> None:
    archive.write_text("".join(archive.read_text().splitlines(keepends=True)[3:6]))
    assert verify(url(workers), archives=[archive]) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: [*rows[:2], rows[2] | {"actor": "U0EVE"}, *rows[3:]], "its content was changed"),
        (lambda rows: [*rows[:2], *rows[3:]], "the record before it is missing, moved or changed"),
        (lambda rows: [*rows[:2], rows[3], rows[2], *rows[4:]], "the record before it is missing, moved or changed"),
    ],
)
def test_what_was_changed_in_an_archive_is_found(
    workers: Workers,
    archive: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    said: str,
) -> None:
    rows = change([json.loads(line) for line in archive.read_text().splitlines()])
    archive.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert verify(url(workers), archives=[archive]) == 1
    assert said in capsys.readouterr().out


def test_a_database_that_was_cut_is_found_by_an_archive(
    workers: Workers, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with workers.context.store.write() as session:
        newest = session.exec(select(func.max(AuditRecord.id))).one()
        session.execute(delete(AuditRecord).where(col(AuditRecord.id) == newest))
    assert verify(url(workers), archives=[archive]) == 1


@pytest.mark.parametrize("text", ["", "{}\n", "[1]\n", "x", '{"at": "never"}\n'])
def test_what_is_no_archive_is_told(workers: Workers, tmp_path: Path, text: str) -> None:
    file = tmp_path / "archive"
    file.write_text(text)
    with pytest.raises(AuditInputError, match="--archive"):
        verify(url(workers), archives=[file])
