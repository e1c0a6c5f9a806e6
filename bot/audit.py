"""`orgbot audit`: is the chain whole and does it prove what was done, and the records as JSON lines or CSV, of a time and of a
person. All of it is read in a stream, because there may be millions of records.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.engine import Connection
from sqlmodel import col

from approvals.audit.anchors import Anchor, AnchorCheck, parse
from approvals.audit.chain import ChainCheck
from approvals.audit.evidence import every
from approvals.audit.keys import NO_KEYS, Keys
from approvals.audit.lines import Line, Query, lines, query, rows
from approvals.audit.lines import moment as moment_of
from approvals.models import AuditRecord, Request, Vote
from bot.database import reading
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


def verify(
    url: str,
    given: Sequence[str] = (),
    files: Sequence[Path] = (),
    keys: Keys = NO_KEYS,
    archives: Sequence[Path] = (),
) -> int:
    """Prints what is wrong with the chain, which anchors it does not bear out, and which requests it does not prove, each as
    it is found; gives the exit code: 1 for that, 2 when records are signed and there is no key to check them with.

    `archives` are exported records: each file's chain is followed, and its last record is an anchor for the database.
    Raises AuditInputError, and DatabaseError where there are no records to look at.
    """
    check, anchors = ChainCheck(keys), read_anchors(given, files)
    wrong = 0
    for file in archives:
        found, anchor = read_archive(file, keys)
        anchors.append(anchor)
        wrong += len(found)
        sys.stdout.writelines(f"{file}: {line}\n" for line in found)
    with reading(url) as connection:
        for line in _findings(connection, check, anchors):
            sys.stdout.write(f"{line}\n")
            wrong += 1
    if check.unchecked and not keys:
        sys.stdout.write(
            f"{check.unchecked} records from record {check.signed_since} on are signed, and can't be checked without ORGBOT_AUDIT_KEY\n"
        )
    elif not wrong:
        sys.stdout.write(f"{_whole(check, anchors)}\n")
    return 1 if wrong else 2 if check.unchecked else 0


def _findings(connection: Connection, check: ChainCheck, anchors: Sequence[Anchor]) -> Iterator[str]:
    anchored = AnchorCheck(anchors)
    for line in lines(connection, query(connection.dialect.name).order_by(col(AuditRecord.id))):
        anchored.look(line.id, line.hash)
        yield from check.look(line)
    yield from check.at_the_end()
    yield from anchored.at_the_end()
    yield from every(connection)


def _whole(check: ChainCheck, anchors: Sequence[Anchor]) -> str:
    last = check.last if check.count else "none"
    signed = f", signed from record {check.signed_since} on" if check.signed_since else ""
    kept = (
        f"; {counted(len(anchors), 'anchor agrees', 'anchors agree')}"
        if anchors
        else "; without an anchor a cut at the end cannot be seen"
    )
    return f"{check.count} records, each as it was written{signed}, and every request is proven; the last hash is {last}{kept}"


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


def read_archive(file: Path, keys: Keys) -> tuple[list[str], Anchor]:
    """What is wrong with the chain of an exported file, which may begin and end anywhere, and its last record as an anchor.

    Raises AuditInputError for what `orgbot audit export` has not written.
    """
    check, found, last = ChainCheck(keys), list[str](), None
    try:
        with file.open(encoding="utf-8") as written:
            for line in map(_exported, written):
                check.last = line.previous if last is None else check.last
                found += check.look(line)
                last = line
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise AuditInputError(
            f"--archive {file}: cannot be read ({type(error).__name__}); give what `orgbot audit export` wrote, whole"
        ) from error
    if last is None:
        raise AuditInputError(f"--archive {file}: holds no record")
    return found, Anchor(last.id, last.hash)


def _exported(text: str) -> Line:
    row: dict[str, Any] = json.loads(text)
    row["at"] = moment_of(datetime.fromisoformat(row["at"])) if row["at"] else ""
    return Line(**{name: row[name] for name in COLUMNS})


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
    with reading(url) as connection:
        found = map(_row, rows(connection, _wanted(connection, wanted)))
        (_as_csv if form == "csv" else _as_json)(found)
    return 0


def _wanted(connection: Connection, wanted: Wanted) -> Query:
    found: Query = select(*(col(getattr(AuditRecord, name)) for name in COLUMNS)).order_by(col(AuditRecord.id))
    if wanted.since:
        found = found.where(col(AuditRecord.at) >= wanted.since)
    if wanted.until:
        found = found.where(col(AuditRecord.at) < wanted.until)
    if not wanted.person:
        return found
    users, asked = _traces(connection, wanted.person)
    return found.where(or_(col(AuditRecord.actor).in_(users), col(AuditRecord.request_id).in_(asked)))


def _traces(connection: Connection, person: str) -> tuple[set[str], Select[int | None]]:
    """The user ids of a person, and a query for the requests that they asked for; by e-mail as requests and votes have it.

    Raises AuditInputError when nobody of that name has asked, decided or clicked.
    """
    word = person.casefold()
    theirs = or_(col(Request.person) == word, col(Request.requester) == person)
    voted = or_(col(Vote.person) == word, col(Vote.user) == person)
    users = set(connection.scalars(select(col(Request.requester)).where(theirs).distinct()))
    users |= set(connection.scalars(select(col(Vote.user)).where(voted).distinct()))
    users |= {person} if "@" not in person else set()
    if not users:
        raise AuditInputError(
            f"--person: nobody with the e-mail address “{person}” has asked or decided; give a user id (U…) for clicks alone"
        )
    return users, select(col(Request.id)).where(theirs)


def _row(values: Sequence[Any]) -> dict[str, Any]:
    found = dict(zip(COLUMNS, values, strict=True))
    return found | {"at": found["at"].isoformat() if found["at"] else ""}


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
