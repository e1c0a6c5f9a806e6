"""A request whose approval the audit does not prove is not carried out: what the audit, the approval channel and people are told."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from approvals.audit import chain
from approvals.audit.evidence import unasked, unproven
from approvals.audit.keys import PRESSED, Keys
from approvals.context import Context
from approvals.models import AuditRecord, Interaction, Request
from approvals.queue import outgoing
from approvals.slack.blocks import escape, shorten
from approvals.views.thread import Body, body, name
from operations.core.observations import Failed
from operations.snapshot.names import capital

log = logging.getLogger(__name__)
EVENT, FORGED_PRESS, FORGED_MESSAGE = "request.unproven", "click.forged", "message.forged"
NOT_RUN, STOPPED = (f"{what}: its approval can't be proven" for what in ("did not run", "was stopped"))
NOT_ASKED = "was not put before approvers: that somebody asked for it can't be proven"
PRESS_ALONE = "has got a press that can't be proven, and that doesn't count"
SESSION = "has a session that was not ended: that somebody asked for it can't be proven"
SAID_ALONE = "was not told of in Slack: what was to be said of it can't be proven"
SENT = "Nothing more is sent to AWS; look there for what was sent before, which isn't followed any more."
FORGED = "Its record was changed, or nobody has asked for it in Slack. Nothing was done. Whoever runs orgbot was told; ask again."
NOT_PRESSED = (
    "Slack has not delivered this press as it stands in the database, so it doesn't count. If it was you, press again."
)
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
    _raise_alarm(context, number, missing, STOPPED if sent else NOT_RUN)
    rest = SENT if sent else "Nothing was sent to AWS."
    return Failed(f"The audit does not prove that this was approved: {_listed(missing)}. {rest}", ADVICE, again=True)


def is_forged(context: Context, request: Request) -> bool:
    """Whether it may not be put before approvers, of which the approval channel is told."""
    with context.store.read() as session:
        missing = unasked(session, request)
    if missing:
        log.error("request %s is not as it was asked: %s", request.id, "; ".join(missing))
        _raise_alarm(context, request.id or 0, missing, NOT_ASKED)
    return bool(missing)


def is_forged_press(context: Context, click: Interaction) -> bool:
    """Whether a press is not as Slack delivered it, as far as the key tells; the approval channel is told of the first."""
    with context.store.read() as session:
        pressed = Keys.of(session).bears_out(click.model_dump(include=set(PRESSED)), PRESSED, click.sealed)
        known = session.get(Request, click.request_id) is not None
    if not pressed and known:
        log.error("a press of %s was not taken in from Slack", click.kind)
        missing = ["somebody has written a press of one of its buttons into the database"]
        _raise_alarm(context, click.request_id, missing, PRESS_ALONE)
    return not pressed


def _raise_alarm(context: Context, number: int, missing: Sequence[str], what: str) -> None:
    with context.store.write(alone=True) as session:
        request = session.get_one(Request, number, populate_existing=True)
        sound(session, context.clock(), request, missing, what)


def sound(session: Session, now: datetime, request: Request, missing: Sequence[str], what: str) -> None:
    """Tells the approval channel of a request, once, and notes it with the transaction of `session`."""
    number, event = request.id or 0, _EVENTS.get(what, EVENT)
    if not _raised(session, number, event):
        outgoing.notice(session, now, told(request, missing, what))
        chain.record(session, now, event, chain.ORGBOT, number, missing=list(missing), digest=request.digest)


_EVENTS = {PRESS_ALONE: FORGED_PRESS, SAID_ALONE: FORGED_MESSAGE}


def _raised(session: Session, number: int, event: str) -> bool:
    raised = select(AuditRecord.id).where(AuditRecord.request_id == number, AuditRecord.event == event)
    return session.exec(raised.limit(1)).first() is not None


def told(request: Request, missing: Sequence[str], what: str) -> Body:
    """For the approval channel."""
    where = f" (<{request.card_link}|card>)" if request.card_link else ""
    return body(
        f":rotating_light: *{capital(name(request))} {what}*{where}.\n"
        f"{escape(shorten(capital(_listed(missing)), 1000))}. Somebody may have changed the bot's database: "
        "run `orgbot audit verify`, and find out who can write to it."
    )


def _listed(missing: Sequence[str]) -> str:
    return "; ".join(missing)
