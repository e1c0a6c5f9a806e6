"""A request whose approval the audit does not prove is not carried out: what the audit, the approval channel and people are told."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlmodel import Session, select

from approvals.audit import chain
from approvals.audit.evidence import unproven
from approvals.context import Context
from approvals.models import AuditRecord, Request
from approvals.queue import outgoing
from approvals.slack.blocks import escape, shorten
from approvals.views.thread import Body, body, name
from operations.core.observations import Failed
from operations.snapshot.names import capital

log = logging.getLogger(__name__)
EVENT = "request.unproven"
ADVICE = "Whoever runs the bot: `orgbot audit verify` shows what was changed; find out who can write to its database. Then ask again."


def objection(context: Context, number: int, *, sent: bool = False) -> Failed | None:
    """Why this request may not act, or no longer (`sent`: some of its calls have left); None when its approval is proven.

    Nothing but a few rows by their index is read. The first time that one is not proven, the approval channel is alarmed.
    """
    with context.store.read() as session:
        missing = unproven(session, number)
    if not missing:
        return None
    log.error("the approval of request %s cannot be proven: %s", number, "; ".join(missing))
    _raise_alarm(context, number, missing, sent=sent)
    rest = "Nothing more is sent to AWS." if sent else "Nothing was sent to AWS."
    return Failed(f"The audit does not prove that this was approved: {_listed(missing)}. {rest}", ADVICE, again=True)


def _raise_alarm(context: Context, number: int, missing: Sequence[str], *, sent: bool) -> None:
    now = context.clock()
    with context.store.write(alone=True) as session:
        request = session.get_one(Request, number, populate_existing=True)
        if not _raised(session, number):
            outgoing.notice(session, now, told(request, missing, sent=sent))
            chain.record(session, now, EVENT, chain.ORGBOT, number, missing=list(missing), digest=request.digest)


def _raised(session: Session, number: int) -> bool:
    raised = select(AuditRecord.id).where(AuditRecord.request_id == number, AuditRecord.event == EVENT)
    return session.exec(raised.limit(1)).first() is not None


def told(request: Request, missing: Sequence[str], *, sent: bool) -> Body:
    """For the approval channel."""
    what = "was stopped" if sent else "did not run"
    where = f" (<{request.card_link}|card>)" if request.card_link else ""
    return body(
        f":rotating_light: *{capital(name(request))} {what}: its approval can't be proven*{where}.\n"
        f"{escape(shorten(capital(_listed(missing)), 1000))}. Somebody may have changed the bot's database: "
        "run `orgbot audit verify`, and find out who can write to it."
    )


def _listed(missing: Sequence[str]) -> str:
    return "; ".join(missing)
