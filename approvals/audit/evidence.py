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
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, func, select
from sqlalchemy.engine import Connection
from sqlmodel import Session, col

from approvals.audit.chain import GENESIS, MARK
from approvals.audit.keys import ASKED, Keys, plain
from approvals.audit.lines import Line, Query, content, detail_of, lines, moment, query, raw, rows, time_of
from approvals.audit.proof import FILED, TELLING, VOTES, Ballot, Claim, Story, mark, shortfalls
from approvals.models import Attempt, AuditRecord, Request, Vote
from approvals.states import Status
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
    own, about = records_of(connection, number), _about_one(connection.dialect.name)
    bundle = [*_tagged(_REQUEST, connection, about.claim, number=number)]
    bundle += _tagged(_VOTE, connection, about.votes, number=number)
    bundle += _tagged(_ATTEMPT, connection, about.attempts, number=number)
    bundle += [(number, _RECORD, line.event, line.actor, line.detail, line.at) for line in own]
    return [*_doubts(connection, Keys.of(session) if keys is None else keys, number, own), *_missing(bundle, runs=runs)]


def unasked(session: Session, request: Request) -> list[str]:
    """Why a request may not be put before approvers, a clause each: nobody has asked for it in Slack as it stands; empty where
    somebody has, as far as the key tells.
    """
    connection, keys = _snapshot(session), Keys.of(session)
    if request.digest:  # It was before approvers already.
        return unproven(session, request.id or 0, runs=False)
    if any(line.event == FILED for line in records_of(connection, request.id or 0)):
        return ["it was filed already, and its row does not have that"]
    if not keys.bears_out(request.model_dump(include=set(ASKED)), ASKED, request.sealed):
        return ["nobody has asked for it in Slack as it stands"]
    return ["it was filed before, under another number"] if keys and _is_copy(connection, request) else []


def _is_copy(connection: Connection, request: Request) -> bool:
    """Whether the same was filed since it was asked: what is taken in can be copied with its seal."""
    asked_at, origin = moment(request.created_at), mark([request.marker, moment(request.created_at)])
    since = itertools.takewhile(lambda line: line.at >= asked_at, _backwards(connection, FILED))
    return any(isinstance(line.detail, dict) and line.detail.get("asked") == origin for line in since)


def counted_before(session: Session, request_id: int, press: str) -> bool:
    """Whether a press (Slack's name of its delivery) has become a vote on this request once: it never does so twice."""
    known, own = mark(press), records_of(session.connection(), request_id)
    return any(
        line.event in VOTES and isinstance(line.detail, dict) and line.detail.get("press") == known for line in own
    )


def every(connection: Connection) -> Iterator[str]:
    """What is missing of the proofs of all requests, a line each that begins with the request's number.

    Four streams in the order of the requests are read side by side, so that one request is in memory at a time.
    """
    about, dialect = col(AuditRecord.request_id), connection.dialect.name
    said = (col(AuditRecord.event), col(AuditRecord.actor), raw(dialect, AuditRecord.detail))
    told = select(about, *said, time_of(dialect, AuditRecord.at))
    streams = (
        _tagged(_REQUEST, connection, _claims(dialect).order_by(col(Request.id))),
        _tagged(_VOTE, connection, _votes(dialect).order_by(col(Vote.request_id), col(Vote.id))),
        _tagged(_ATTEMPT, connection, _attempts().order_by(col(Attempt.request_id))),
        _told(rows(connection, told.where(about.is_not(None)).order_by(about, col(AuditRecord.id)))),
    )
    merged = heapq.merge(*streams, key=lambda row: row[:2])
    for number, bundle in itertools.groupby(merged, key=lambda row: row[0]):
        for clause in _missing(bundle):
            yield f"request {number}: {clause}"


def sealing(*, origin: Sequence[str], shown: Any, demands: Any, expires: str) -> dict[str, str]:
    """What the filing of a request notes of it besides its digest: by these each is known again. `shown` is its preview, None
    where that is kept no longer.
    """
    marks = {"origin": mark(list(origin)), "demands": mark(demands), "expires": expires}
    return marks if shown is None else marks | {"shown": mark(shown)}


def sealed(request: Request) -> dict[str, str]:
    """The same of a row that is held as an object."""
    asked_at, until = moment(request.created_at), moment(request.expires_at)
    origin = [request.marker, request.team, request.person, request.reason, asked_at]
    noted = sealing(origin=origin, shown=request.preview, demands=request.rules, expires=until)
    return noted | {"asked": mark([request.marker, asked_at])}


def seal(own: Iterable[Line]) -> str:
    """What a signature over older records is made of: their hashes, in one."""
    return hashlib.sha256("".join(str(line.hash) for line in own).encode()).hexdigest()


def records_of(connection: Connection, number: int) -> list[Line]:
    """The records about a request, oldest first."""
    return list(lines(connection, _about_one(connection.dialect.name).records, number=number))


class _AboutOne(NamedTuple):
    """What reads the records of the request `number`, its row, its votes and its attempts."""

    records: Query
    claim: Query
    votes: Query
    attempts: Query


@cache
def _about_one(dialect: str) -> _AboutOne:
    """Made once for a dialect: a request is proven before each thing that is done for it."""
    number: Any = bindparam("number", type_=Integer)
    return _AboutOne(
        query(dialect).where(col(AuditRecord.request_id) == number).order_by(col(AuditRecord.id)),
        _claims(dialect).where(col(Request.id) == number),
        _votes(dialect).where(col(Vote.request_id) == number),
        _attempts().where(col(Attempt.request_id) == number),
    )


def newest_mark(connection: Connection, keys: Keys) -> Line | None:
    """The newest record that says from where on the audit is signed, and is signed by one of the keys."""
    marks = _backwards(connection, MARK)
    return next((line for line in marks if keys.signed(content(line) or b"", line.hash)), None)


def newest(session: Session, *events: str) -> Line | None:
    """The newest record of these events that counts: with a key, one that is signed."""
    connection, keys = session.connection(), Keys.of(session)
    found = (next((line for line in _backwards(connection, one) if _counts(line, keys)), None) for one in events)
    return max((line for line in found if line), key=lambda line: line.id, default=None)


def broken_since(session: Session, record: int) -> bool:
    """Whether a record is missing, moved or changed behind this one, as far as FOLLOWED; 0 is the beginning."""
    return _broken(session.connection(), record)


def _counts(line: Line, keys: Keys) -> bool:
    said = content(line)
    return said is not None and (keys.signed(said, line.hash) if keys else plain(said) == line.hash)


def _backwards(connection: Connection, event: str) -> Iterator[Line]:
    """The records of an event, the newest first."""
    return lines(connection, _of_event(connection.dialect.name), event=event)


@cache
def _of_event(dialect: str) -> Query:
    return query(dialect).where(col(AuditRecord.event) == bindparam("event")).order_by(col(AuditRecord.id).desc())


def _snapshot(session: Session) -> Connection:
    """With PostgreSQL, what is read one after the other must be of one moment."""
    if session.get_bind().dialect.name != "postgresql" or session.in_transaction():
        return session.connection()
    return session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _claims(dialect: str) -> Query:
    """The columns of a row, and of `_claim`, in one order."""
    shown = (Request.operation, Request.requester, Request.status, Request.rule, Request.approvals_needed)
    documents = (Request.params, Request.preview, Request.rules, Request.memory)
    texts = (Request.marker, Request.team, Request.person, Request.reason, Request.decided_by, Request.step)
    times = (Request.created_at, Request.announced_at, Request.expires_at, Request.escalated_at)
    return select(
        col(Request.id),
        *map(col, shown),
        col(Request.break_glass),
        col(Request.digest),
        *(raw(dialect, one) for one in documents),
        *map(col, texts),
        *(time_of(dialect, one) for one in times),
        col(Request.pruned),
    )


def _votes(dialect: str) -> Query:
    said = (col(Vote.request_id), col(Vote.user), col(Vote.decision), col(Vote.digest))
    return select(*said, time_of(dialect, Vote.at), col(Vote.person))


def _attempts() -> Query:
    return select(col(Attempt.request_id), col(Attempt.step), col(Attempt.number), col(Attempt.outcome))


def _tagged(tag: int, connection: Connection, wanted: Query, **values: Any) -> Iterator[tuple[Any, ...]]:
    return ((row[0], tag, *row[1:]) for row in rows(connection, wanted, **values))


def _told(found: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Raw records, of which the details and times that count are read."""
    for number, event, actor, detail, at in found:
        counts = event in TELLING
        yield number, _RECORD, event, actor, detail_of(detail) if counts else None, moment(at) if counts else ""


def _missing(bundle: Iterable[tuple[Any, ...]], *, runs: bool = False) -> list[str]:
    """From the rows and records of one request, each with its tag, the request's own row first."""
    claim, story, ballots = None, Story(), set()
    for _, tag, *row in bundle:
        if tag == _REQUEST:
            claim = _claim(*row)
        elif tag == _VOTE:
            user, decision, digest, at, person = row
            ballots.add(Ballot(user, decision, digest, moment(at), mark(person)))
        elif tag == _ATTEMPT:
            step, attempt, outcome = row
            story.executed = True
            story.attempted[step, attempt] = outcome
        else:
            story.tell(*row)
    if claim is None:
        return [_MISSING]
    return shortfalls(replace(claim, ballots=frozenset(ballots)), story, runs=runs)


def _claim(*row: Any) -> Claim:
    operation, requester, status, rule, approvals, break_glass, sealed, params, preview, rules, memory, *rest = row
    marker, team, person, reason, decided_by, step, created_at, announced_at, expires_at, escalated_at, pruned = rest
    given = (operation, requester, status, rule, _names(rules) or (rule,), approvals, bool(break_glass), sealed)
    noted = sealing(
        origin=[marker, team, person, reason, moment(created_at)],
        shown=None if pruned else detail_of(preview),
        demands=detail_of(rules),
        expires=moment(expires_at),
    )
    if not announced_at and status == Status.PENDING:  # It is put before approvers anew, and gets another end then.
        noted.pop("expires")
    if not _names(rules):  # As earlier versions kept them: the one rule and its number stand by themselves.
        noted.pop("demands")
    return Claim(
        *given,
        _digest_now(operation, params, preview) if sealed else "",
        noted,
        decided_by,
        moment(announced_at),
        moment(escalated_at),
        step,
        detail_of(memory),
    )


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
    return connection.execute(_broken_links(), {"first": first}).first() is not None


@cache
def _broken_links() -> Query:
    first: Any = bindparam("first", type_=Integer)
    number, previous, found = col(AuditRecord.id), col(AuditRecord.previous), col(AuditRecord.hash)
    begin = select(func.coalesce(func.max(number), first)).where(number < first).scalar_subquery()
    before = func.lag(found, 1, GENESIS).over(order_by=number).label("before")
    window = select(number.label("id"), previous.label("previous"), before).where(number >= begin)
    followed = window.order_by(number).limit(FOLLOWED).subquery()
    links = (followed.c.previous != followed.c.before, followed.c.id >= first)
    return select(followed.c.id).where(*links).limit(1)
