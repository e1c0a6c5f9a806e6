"""Approvers who are not in the approval channel are told by direct message, once a request, where its card is."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from approvals.authority.approvers import called_upon
from approvals.authority.barred import may_act
from approvals.authority.directory import Directory, SlackAwayError
from approvals.context import Context
from approvals.models import Message, Request
from approvals.queue import outgoing
from approvals.states import Status
from approvals.views import reminders

log = logging.getLogger(__name__)
MOST_OF_A_GROUP = 20
PAUSE = timedelta(minutes=1)


def tell_absent(context: Context, number: int) -> None:
    """Queues the direct messages about one request whose card is posted; later when Slack is away."""
    with context.store.read() as session:
        request = session.get_one(Request, number, populate_existing=True)
    rule = context.rules().named(request.rule)
    try:
        absent = _absent(context, request, called_upon(request, rule)) if rule else []
    except SlackAwayError as error:
        log.warning("absent approvers cannot be told yet: %s", error)
        with context.store.write() as session:
            _settle(session, request, tell_at=context.clock() + PAUSE)
        return
    with context.store.write() as session:
        if _settle(session, request, tell_at=None):
            for user in absent:
                _tell(session, context, request, user)


def _absent(context: Context, request: Request, named: tuple[str, ...]) -> list[str]:
    """The user ids of approvers who don't see the card, without the requester, those who were told already and those who may not act."""
    called = [user for name in named for user in _users(context.cached_directory, name)]
    present = context.cached_directory.in_channel(request.card_channel or context.approval_channel) if called else set()
    passed_over = present | _told(context, request) | {request.requester}
    return [user for user in dict.fromkeys(called) if user not in passed_over and may_act(context, user)]


def _users(people: Directory, name: str) -> list[str]:
    if "@" in name:
        found = people.by_email(name)
        return [found] if found else []
    return people.members(name)[:MOST_OF_A_GROUP] if name.startswith("S") else [name]


def _told(context: Context, request: Request) -> set[str]:
    calls = select(Message.user).where(Message.request_id == request.id, col(Message.lane).startswith("call:"))
    with context.store.read() as session:
        return set(session.exec(calls).all())


def _settle(session: Session, request: Request, **values: object) -> bool:
    """Whether this was still to be done: the request waits, and no other worker was quicker."""
    seen = (col(Request.id) == request.id, col(Request.tell_at) == request.tell_at)
    mine = update(Request).where(*seen, col(Request.status) == Status.PENDING).values(**values)
    return bool(session.execute(mine).rowcount == 1)  # type: ignore[attr-defined]


def _tell(session: Session, context: Context, request: Request, user: str) -> None:
    body = reminders.absent(request, request.card_channel or context.approval_channel)
    outgoing.call(session, request, user, context.clock(), body)
