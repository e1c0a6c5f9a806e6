"""The proof of a request, gathered from the tables and the audit: of one before it acts, of all for `orgbot audit verify`.

Of one, only its own records are read, by their index, and the links of the chain from its filing on, for so far as
FOLLOWED; the whole is verified by the command.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from sqlmodel import Session, col

from approvals.audit.chain import GENESIS, MARK
from approvals.audit.keys import Keys, plain
from approvals.audit.lines import Line, Query, content, detail_of, lines, query, raw, rows
from approvals.audit.proof import TELLING, Ballot, Claim, Story, shortfalls
from approvals.models import Attempt, AuditRecord, Request, Vote
from operations.core.preview import digest

FOLLOWED = 10_000  # Records; what is read of each is an index entry and two hashes.
LIVE = "live"
_REQUEST, _VOTE, _ATTEMPT, _RECORD = range(4)
_MISSING = "it has records, and no row"


def unproven(session: Session, number: int, *, runs: bool = True, keys: Keys | None = None) -> list[str]:
    """What is missing of a request's proof, a clause each; empty when it is proven. Reads all in one snapshot.

    `keys` in place of the session's own; NO_KEYS asks for no signature.
    """
    connection = _snapshot(session)
    own = records_of(connection, number)
    bundle = [*_tagged(_REQUEST, connection, _claims(connection).where(col(Request.id) == number))]
    bundle += _tagged(_VOTE, connection, _votes().where(col(Vote.request_id) == number))
    bundle += [(number, _RECORD, line.event, line.actor, line.detail) for line in own]
    return [*_doubts(connection, Keys.of(session) if keys is None else keys, number, own), *_missing(bundle, runs=runs)]


def every(connection: Connection) -> Iterator[str]:
    """What is missing of the proofs of all requests, a line each that begins with the request's number.

    Four streams in the order of the requests are read side by side, so that one request is in memory at a time.
    """
    about = col(AuditRecord.request_id)
    told = select(about, col(AuditRecord.event), col(AuditRecord.actor), raw(connection, AuditRecord.detail))
    streams = (
        _tagged(_REQUEST, connection, _claims(connection).order_by(col(Request.id))),
        _tagged(_VOTE, connection, _votes().order_by(col(Vote.request_id), col(Vote.id))),
        _tagged(_ATTEMPT, connection, select(col(Attempt.request_id)).order_by(col(Attempt.request_id))),
        _tagged(_RECORD, connection, told.where(about.is_not(None)).order_by(about, col(AuditRecord.id))),
    )
    merged = heapq.merge(*streams, key=lambda row: row[:2])
    for number, bundle in itertools.groupby(merged, key=lambda row: row[0]):
        for clause in _missing(bundle):
            yield f"request {number}: {clause}"


def seal(own: Iterable[Line]) -> str:
    """What a signature over older records is made of: their hashes, in one."""
    return hashlib.sha256("".join(str(line.hash) for line in own).encode()).hexdigest()


def records_of(connection: Connection, number: int) -> list[Line]:
    """The records about a request, oldest first."""
    mine = col(AuditRecord.request_id) == number
    return list(lines(connection, query(connection).where(mine).order_by(col(AuditRecord.id))))


def newest_mark(connection: Connection, keys: Keys) -> Line | None:
    """The newest record that says from where on the audit is signed, and is signed by one of the keys."""
    marks = query(connection).where(col(AuditRecord.event) == MARK).order_by(col(AuditRecord.id).desc())
    return next((line for line in lines(connection, marks) if keys.signed(content(line) or b"", line.hash)), None)


def _snapshot(session: Session) -> Connection:
    """With PostgreSQL, what is read one after the other must be of one moment."""
    if session.get_bind().dialect.name != "postgresql" or session.in_transaction():
        return session.connection()
    return session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _claims(connection: Connection) -> Query:
    shown = (Request.operation, Request.requester, Request.status, Request.rule, Request.approvals_needed)
    documents = (raw(connection, Request.params), raw(connection, Request.preview), raw(connection, Request.rules))
    return select(col(Request.id), *map(col, shown), col(Request.break_glass), col(Request.digest), *documents)


def _votes() -> Query:
    return select(col(Vote.request_id), col(Vote.user), col(Vote.decision), col(Vote.digest))


def _tagged(tag: int, connection: Connection, wanted: Query) -> Iterator[tuple[Any, ...]]:
    return ((row[0], tag, *row[1:]) for row in rows(connection, wanted))


def _missing(bundle: Iterable[tuple[Any, ...]], *, runs: bool = False) -> list[str]:
    """From the rows and records of one request, each with its tag, the request's own row first."""
    claim, story, ballots = None, Story(), set()
    for _, tag, *row in bundle:
        if tag == _REQUEST:
            claim = _claim(*row)
        elif tag == _VOTE:
            ballots.add(Ballot(*row))
        elif tag == _ATTEMPT:
            story.executed = True
        else:
            event, actor, detail = row
            told = detail_of(detail) if isinstance(detail, str) and event in TELLING else detail
            story.tell(event, actor, told)
    if claim is None:
        return [_MISSING]
    return shortfalls(replace(claim, ballots=frozenset(ballots)), story, runs=runs)


def _claim(*row: Any) -> Claim:
    operation, requester, status, rule, approvals, break_glass, sealed, params, preview, rules = row
    given = (operation, requester, status, rule, _names(rules) or (rule,), approvals, bool(break_glass), sealed)
    return Claim(*given, _digest_now(operation, params, preview) if sealed else "")


def _names(rules: str) -> tuple[str, ...]:
    """The names of the rules that decide; one that no rule has where they cannot be read."""
    try:
        return tuple(str(kept["name"]) for kept in json.loads(rules))
    except (TypeError, ValueError, LookupError, RecursionError):
        return ("",)


def _digest_now(operation: str, params: str, preview: str) -> str:
    """The digest of what would run; empty when it cannot be read."""
    try:
        return digest(operation, json.loads(params), json.loads(preview).get("precondition", {}))
    except (TypeError, ValueError, AttributeError, RecursionError):
        return ""


def _doubts(connection: Connection, keys: Keys, number: int, own: Sequence[Line]) -> Iterator[str]:
    """What is wrong with a request's records themselves: changed, unsigned, or not in their place."""
    older = []
    for line in own:
        said = content(line)
        if said is None or not (keys.signed(said, line.hash) or plain(said) == line.hash):
            yield f"record {line.id} was changed"
        elif keys and not keys.signed(said, line.hash):
            older.append(line)
    if older and not _sealed(connection, keys, number, own, older[-1]):
        yield f"record {older[-1].id} is not signed"
    if own and _broken(connection, own[0].id):
        yield "records since its filing are missing or moved"


def _sealed(connection: Connection, keys: Keys, number: int, own: Sequence[Line], last: Line) -> bool:
    """Whether what was recorded before there was a key was signed when the key came."""
    mark = newest_mark(connection, keys)
    if mark is None or last.id > mark.id or not isinstance(mark.detail, dict):
        return False
    return bool(mark.detail.get(LIVE, {}).get(str(number)) == seal(line for line in own if line.id < mark.id))


def _broken(connection: Connection, first: int) -> bool:
    """Whether a link of the chain does not hold, from the record before `first` on."""
    number, previous, found = col(AuditRecord.id), col(AuditRecord.previous), col(AuditRecord.hash)
    begin = select(func.coalesce(func.max(number), first)).where(number < first).scalar_subquery()
    before = func.lag(found, 1, GENESIS).over(order_by=number).label("before")
    window = select(number.label("id"), previous.label("previous"), before).where(number >= begin)
    followed = window.order_by(number).limit(FOLLOWED).subquery()
    links = (followed.c.previous != followed.c.before, followed.c.id >= first)
    return connection.execute(select(followed.c.id).where(*links).limit(1)).first() is not None
