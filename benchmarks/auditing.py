"""How quick `orgbot audit verify` is, against a bare cursor that hashes the same rows, and how much memory ten times the records take."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from approvals.audit.chain import GENESIS, digest_of
from approvals.models import AuditRecord, Request, Vote
from benchmarks.table import Row
from bot.database import migrate, open_engine
from operations.core.preview import digest

FEW, MANY = 1_500, 15_000  # Requests, with six records each.
BEGAN = datetime(2030, 1, 2, tzinfo=UTC)
PRECONDITION = {"tags": {"owner": "shop"}}


def rows() -> Iterator[Row]:
    """Records a second, and the peak of resident memory; each of a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder, "few.db"), Path(folder, "many.db")
        _fill(few, FEW)
        _fill(many, MANY)
        records, bare = _bare(many)
        _, little = _verified(few)
        seconds, much = _verified(many)
    ours, floor = records / seconds, records / bare
    name = f"audit verify of {records:,} records"
    yield Row(f"{name}, records/s", f"{ours:,.0f}", f"{floor:,.0f}", ours / floor, 0.05, least=True)
    yield Row(f"{name}, peak memory to a tenth", f"{much:.0f} MB", f"{little:.0f} MB", much / little, 1.1)


def _bare(file: Path) -> tuple[int, float]:
    """The number of records, and the seconds that it takes to fetch and hash them."""
    began, count = time.perf_counter(), 0
    with sqlite3.connect(file) as database:
        for row in database.execute(
            "SELECT at, event, actor, request_id, detail, previous, hash FROM audit ORDER BY id"
        ):
            hashlib.sha256("".join(map(str, row)).encode()).hexdigest()
            count += 1
    database.close()
    return count, time.perf_counter() - began


def _verified(file: Path) -> tuple[float, float]:
    """Seconds and MB."""
    command = [sys.executable, "-m", "benchmarks.auditing", str(file)]
    answer = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603  The command is ours.
    seconds, megabytes = answer.stdout.splitlines()[-1].split()
    return float(seconds), float(megabytes)


def _fill(file: Path, requests: int) -> None:
    engine = open_engine(f"sqlite:///{file}")
    migrate(engine)
    with engine.execution_options(writes=True).begin() as connection:
        last = GENESIS
        for number in range(1, requests + 1):
            last = _request(connection, number, last)
    engine.dispose()


def _request(connection: Connection, number: int, last: str) -> str:
    """One request that Alice asked for, Bob approved and AWS carried out, and its records; gives the newest hash."""
    params = {"account": "222222222222", "tags": [f"owner=team-{number}"]}
    seal = digest("tag-account", params, PRECONDITION)
    asked = {"operation": "tag-account", "subject": f"tag-{number}", "params": params, "team": "T0BENCH"}
    made = {"delivery": f"d{number}", "marker": f"{number:032x}", "requester": "U0ALICE", "created_at": BEGAN}
    came = {"status": "succeeded", "rule": "default", "digest": seal, "preview": {"precondition": PRECONDITION}}
    connection.execute(insert(Request), [{"id": number, **asked, **made, **came, "announced_at": _time(number, 0)}])
    vote: dict[str, Any] = {"user": "U0BOB", "person": "bob@example.com", "decision": "approve", "digest": seal}
    vote["at"] = _time(number, 1)
    connection.execute(insert(Vote), [{"request_id": number, **vote}])
    records: list[dict[str, Any]] = []
    for event, actor, detail in _story(number, seal):
        last = _record(records, number, last, (event, actor, detail))
    connection.execute(insert(AuditRecord), records)
    return last


def _story(number: int, seal: str) -> list[tuple[str, str, dict[str, Any]]]:
    call = {"service": "organizations", "operation": "TagResource", "outcome": "ok", "step": "tag"}
    return [
        ("request.filed", "U0ALICE", {"operation": "tag-account", "digest": seal, "rule": "default"}),
        ("vote.approve", "U0BOB", {"digest": seal, "reason": "", "rule": "default", "seat": "first"}),
        ("request.approved", "U0BOB", {"digest": seal}),
        ("request.running", "orgbot", {"digest": seal}),
        ("aws.call", "orgbot", {**call, "aws_request_id": f"{number:032x}"}),
        ("request.succeeded", "orgbot", {"digest": seal}),
    ]


def _time(number: int, record: int) -> datetime:
    """When a record of a request was written; what the rows have is of the same moment."""
    return BEGAN + timedelta(seconds=number, microseconds=record)


def _record(records: list[dict[str, Any]], number: int, last: str, said: tuple[str, str, dict[str, Any]]) -> str:
    event, actor, detail = said
    at = _time(number, len(records))
    record = AuditRecord(at=at, event=event, actor=actor, request_id=number, detail=detail, previous=last, hash="")
    record.hash = digest_of(record)
    records.append(record.model_dump(exclude={"id"}))
    return record.hash


def _peak() -> float:
    """The peak of this process' resident memory, in MB; that of getrusage counts the process that started it as well."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    from bot.audit import verify

    begun = time.perf_counter()
    if verify(f"sqlite:///{sys.argv[1]}"):
        sys.exit("the benchmark's own audit is not whole")
    sys.stdout.write(f"{time.perf_counter() - begun} {_peak()}\n")
