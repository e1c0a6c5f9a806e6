"""The book of role sessions: every change of a row, each with its audit record, in the caller's transaction.

Nothing in it is secret: an access key id names a session in CloudTrail and opens nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, select

from approvals.audit import chain
from approvals.audit.evidence import records_of
from approvals.context import Handover
from approvals.models import Request, RoleSession
from operations.access.role_sessions import Minted, Wanted

WARN_BEFORE = timedelta(minutes=10)
OFFER = timedelta(hours=12)
SECOND = timedelta(seconds=1)  # The audit has times of sessions without its parts.


class State(StrEnum):
    """Where a role session is."""

    MINTED = "minted"
    """Opened, and on its way to the requester."""
    OFFERED = "offered"
    """The requester has the button; nothing is opened before it is pressed."""
    LIVE = "live"
    """The requester has the credentials."""
    ENDING = "ending"
    """Somebody pressed `End session`; AWS has not been told yet."""
    ENDED = "ended"
    """Ended before its time."""
    EXPIRED = "expired"
    """Its time has run out, or the button was not pressed in time."""
    LOST = "lost"
    """The credentials reached nobody."""


OPEN = (State.OFFERED, State.LIVE, State.ENDING)


def find(session: Session, request_id: int | None) -> RoleSession | None:
    """The row of a request, as it is now; it stays so to the end of the transaction. Who locks the request too, does so first."""
    query = select(RoleSession).where(RoleSession.request_id == request_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).first()


def open_sessions(session: Session, user: str = "") -> Sequence[RoleSession]:
    """The sessions that are not over, of one person or of all, the next to expire first."""
    query = select(RoleSession).where(col(RoleSession.state).in_(OPEN)).order_by(col(RoleSession.expires_at))
    return session.exec(query.where(RoleSession.user == user) if user else query).all()


def minted(session: Session, request: Request, wanted: Wanted, fresh: Minted, now: datetime) -> RoleSession:
    """New credentials exist; those before them, if they reached nobody, are noted as lost."""
    row = find(session, request.id) or _row(request, wanted)
    if row.state == State.MINTED and row.access_key_id:
        undelivered(session, row, now)
    row.access_key_id, row.role_id, row.expires_at = fresh.access_key_id, fresh.role_id, fresh.expires_at
    row.state, row.issued_at, row.offer = State.MINTED, now, False
    session.add(row)
    session.flush()
    return row


def offered(session: Session, request: Request, wanted: Wanted) -> RoleSession:
    """The button is about to be posted; a session that it opened already stays as it is."""
    row = find(session, request.id) or _row(request, wanted)
    row.offer = True
    session.add(row)
    session.flush()
    return row


def handed_over(session: Session, row: RoleSession, now: datetime, handover: Handover, to: str = "") -> None:
    """The requester has the credentials, under the account `to` if not the one that asked: they are live, and in the audit; the
    message with them has its last hour, and the one with the button says at once what has happened.
    """
    row.state = State.LIVE
    row.delete_due_at = now if row.offer else delete_at(row, now, handover)
    settle(row)
    chain.record(
        session,
        now,
        "credentials.issued",
        to or row.user,
        row.request_id,
        account=row.account,
        role=row.role,
        session_name=row.session_name,
        role_id=row.role_id,
        access_key_id=row.access_key_id,
        until=_text(row.expires_at),
        by=handover.mode,
    )


def revealed(session: Session, row: RoleSession, fresh: Minted, now: datetime) -> None:
    """The button was pressed, and what was opened is about to be shown; the first press says when the time is over, and no later
    one makes it longer. What a process that died had opened before is noted as lost.
    """
    if row.state == State.OFFERED and row.access_key_id:
        unseen(session, row, now)
    row.access_key_id, row.role_id, row.issued_at = fresh.access_key_id, fresh.role_id, now
    row.expires_at = row.expires_at or fresh.expires_at


def unseen(session: Session, row: RoleSession, now: datetime) -> None:
    """Credentials that a form was to show reached nobody; the button stays, and its time has not begun unless it had before."""
    detail = {"account": row.account, "role": row.role, "access_key_id": row.access_key_id}
    chain.record(session, now, "credentials.undelivered", chain.ORGBOT, row.request_id, **detail)
    if row.state == State.OFFERED:
        row.access_key_id, row.issued_at, row.expires_at = "", None, None


def withdrawn(session: Session, row: RoleSession, now: datetime) -> None:
    """AWS opens no session for this offer, and its message says so."""
    row.state, row.delete_due_at = State.LOST, now
    settle(row)
    detail = {"account": row.account, "role": row.role}
    chain.record(session, now, "credentials.refused", chain.ORGBOT, row.request_id, **detail)


def undelivered(session: Session, row: RoleSession, now: datetime) -> None:
    """Credentials reached nobody; they run out by themselves."""
    unseen(session, row, now)
    row.state = State.LOST


def over(session: Session, row: RoleSession, state: State, now: datetime, actor: str) -> None:
    """The session is over: expired, or ended by `actor`; what shows its credentials goes at once."""
    row.state = state
    row.delete_due_at = now if row.offer else row.delete_due_at and min(row.delete_due_at, now)
    settle(row)
    chain.record(session, now, f"credentials.{state.value}", actor, row.request_id, access_key_id=row.access_key_id)


def ask_to_end(session: Session, request_id: int | None, user: str, now: datetime) -> bool:
    """Whether the session is open, and is now on its way to its end; its message is deleted at once."""
    row = find(session, request_id)
    if row is None or row.state not in (State.OFFERED, State.LIVE):
        return False
    row.state, row.ended_by, row.tries = State.ENDING, user, 0
    row.delete_due_at = now if row.delete_due_at or row.offer else None
    row.due_at = now
    session.add(row)
    chain.record(session, now, "credentials.end", user, row.request_id, access_key_id=row.access_key_id)
    return True


def delete_at(row: RoleSession, now: datetime, handover: Handover) -> datetime:
    """When the message has to go: after the time that the settings say, at expiry at the latest."""
    expiry = row.expires_at or now
    if handover.delete_after is None or handover.mode == "reveal":
        return expiry
    return min(expiry, now + handover.delete_after)


def settle(row: RoleSession) -> None:
    """Says when a worker has to look next: the earliest of what is still to be done."""
    wanted = [row.delete_due_at]
    if row.state == State.LIVE and row.expires_at:
        wanted += [row.expires_at, None if row.warned else row.expires_at - WARN_BEFORE]
    if row.state == State.ENDING:
        return  # It is due already, and stays so until AWS knows.
    row.due_at = min((moment for moment in wanted if moment), default=None)


def as_told(session: Session, request_id: int | None) -> tuple[datetime | None, bool]:
    """Until when the credentials that were handed over first are valid, None where none were, and whether it is over: by the audit,
    because the row can be written to.
    """
    told = [line for line in records_of(session.connection(), request_id or 0) if line.event.startswith("credentials.")]
    issued: dict[str, str] = next((line.detail for line in told if line.event == "credentials.issued"), {})
    until = datetime.fromisoformat(issued["until"]) + SECOND if issued.get("until") else None
    return until, any(line.event in _OVER for line in told)


def is_to_end(session: Session, row: RoleSession) -> bool:
    """Whether the session was handed over as the row has it, and somebody has asked for its end: by the audit, because AWS is told of
    what the row names. Of sessions that an earlier version has opened, the audit has no id of the role.
    """
    told = [line for line in records_of(session.connection(), row.request_id) if isinstance(line.detail, dict)]
    row_says = {name: getattr(row, name) for name in ("account", "role", "session_name", "role_id")}
    issued = any(
        line.event == "credentials.issued" and line.detail | row_says == row_says | line.detail for line in told
    )
    return issued and any(line.event == "credentials.end" for line in told)


_OVER = frozenset({"credentials.end", *(f"credentials.{state.value}" for state in (State.ENDED, State.EXPIRED))})


def _row(request: Request, wanted: Wanted) -> RoleSession:
    return RoleSession(
        request_id=request.id or 0,
        key=request.key,
        user=request.requester,
        account=wanted.account,
        role=wanted.role,
        duration=wanted.seconds,
        session_name=wanted.session_name,
        state=State.OFFERED,
    )


def _text(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
