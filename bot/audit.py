"""`orgbot audit`: is the chain whole, and the records as JSON lines or CSV, of a time and of a person."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, or_, select

from approvals.audit.anchors import Anchor, disagreements, parse
from approvals.audit.chain import problems
from approvals.models import AuditRecord, Request, Vote
from bot.database import open_existing
from operations.snapshot.names import counted

COLUMNS = ("id", "at", "event", "actor", "request_id", "detail", "previous", "hash")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class AuditInputError(ValueError):
    """Something that was given on the command line cannot be used; the text says what and the way out."""


@dataclass(frozen=True)
class Wanted:
    """Which records: from `since` on, before `until`, and of `person` (a user id or an e-mail address); empty means all."""

    since: datetime | None = None
    until: datetime | None = None
    person: str = ""


def verify(url: str, given: Sequence[str] = (), files: Sequence[Path] = ()) -> int:
    """Prints what is wrong with the chain, and which anchors it does not bear out; gives the exit code.

    Raises AuditInputError, and DatabaseError where there are no records to look at.
    """
    anchors = read_anchors(given, files)
    records = _records(url, Wanted())
    found = [*problems(records), *disagreements(records, anchors)]
    for line in found:
        sys.stdout.write(f"{line}\n")
    if not found:
        last = records[-1].hash if records else "none"
        kept = (
            f"; {counted(len(anchors), 'anchor agrees', 'anchors agree')}"
            if anchors
            else "; without an anchor a cut at the end cannot be seen"
        )
        sys.stdout.write(f"{len(records)} records, each as it was written; the last hash is {last}{kept}\n")
    return 1 if found else 0


def read_anchors(given: Sequence[str], files: Sequence[Path]) -> list[Anchor]:
    """The anchors of the command line and of the files; raises AuditInputError for what holds none."""
    return [anchor for text in given for anchor in _anchors(text, "--anchor")] + [
        anchor for file in files for anchor in _anchors(_text_of(file), f"--anchors {file}")
    ]


def _anchors(text: str, source: str) -> list[Anchor]:
    found = parse(text)
    if not found:
        shown = f" {text.strip()[:80]!r}" if source == "--anchor" else ""
        raise AuditInputError(
            f"{source}:{shown} holds no anchor; give the record's number, a colon and the 64 digits of its hash, or the "
            "lines as they stand in the channel"
        )
    return found


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AuditInputError(f"--anchors {file}: cannot be read ({type(error).__name__}); give a text file") from error


def moment(text: str, option: str) -> datetime | None:
    """`2026-01-31` (its beginning, UTC) or `2026-01-31T12:00+01:00`, as aware UTC; None for nothing. Raises AuditInputError."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise AuditInputError(
            f"{option}: “{text}” is no date; write 2026-01-31, or 2026-01-31T12:00:00+01:00 (without a zone: UTC)"
        ) from error
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def export(url: str, form: str, wanted: Wanted) -> int:
    """Prints the records that are wanted; gives the exit code. Raises AuditInputError and DatabaseError."""
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        raise AuditInputError(
            "--until: must be later than --since; records from --since on and before --until are given"
        )
    rows = [_row(record) for record in _records(url, wanted)]
    (_as_csv if form == "csv" else _as_json)(rows)
    return 0


def _records(url: str, wanted: Wanted) -> list[AuditRecord]:
    engine = open_existing(url)
    query = select(AuditRecord).order_by(col(AuditRecord.id))
    if wanted.since:
        query = query.where(col(AuditRecord.at) >= wanted.since)
    if wanted.until:
        query = query.where(col(AuditRecord.at) < wanted.until)
    try:
        with Session(engine) as session:
            if wanted.person:
                users, requests = _traces(session, wanted.person)
                mine = or_(col(AuditRecord.actor).in_(users), col(AuditRecord.request_id).in_(requests))
                query = query.where(mine)
            return list(session.exec(query).all())
    finally:
        engine.dispose()


def _traces(session: Session, person: str) -> tuple[set[str], set[int]]:
    """The user ids of a person, and the requests that they asked for; by e-mail as the requests and votes have it.

    Raises AuditInputError when nobody of that name has asked, decided or clicked.
    """
    word = person.casefold()
    asked = select(Request.requester, Request.id).where(or_(Request.person == word, Request.requester == person))
    requests = session.exec(asked).all()
    votes = session.exec(select(Vote.user).where(or_(Vote.person == word, Vote.user == person))).all()
    users = {user for user, _ in requests} | set(votes) | ({person} if "@" not in person else set())
    if not users:
        raise AuditInputError(
            f"--person: nobody with the e-mail address “{person}” has asked or decided; give a user id (U…) for clicks alone"
        )
    return users, {number for _, number in requests if number is not None}


def _row(record: AuditRecord) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in COLUMNS}
    return values | {"at": record.at.isoformat() if record.at else ""}


def _as_json(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        sys.stdout.write(json.dumps(row, sort_keys=True) + "\n")


def _as_csv(rows: Iterable[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, COLUMNS)
    writer.writeheader()
    for row in rows:
        cells = {**row, "detail": json.dumps(row["detail"], sort_keys=True)}
        writer.writerow({name: _harmless(value) for name, value in cells.items()})


def _harmless(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula. Source: OWASP, "CSV Injection"."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA) else value
