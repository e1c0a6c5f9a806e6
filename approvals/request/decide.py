"""A click becomes a decision, once: it is claimed, judged, carried out or answered, and kept for later when Slack is away."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from approvals.audit import chain
from approvals.authority.directory import SlackAwayError
from approvals.authority.judgement import JudgedClick, ObjectionError, judge
from approvals.context import Context
from approvals.models import Interaction, Request
from approvals.queue import outgoing
from approvals.queue.leases import claim, release
from approvals.request.acts import ACTIONS, InHandError, UnseenVoteError, announce_decision
from approvals.request.lifecycle import LostRaceError, transition
from approvals.states import Status
from approvals.views import thread

log = logging.getLogger(__name__)
LONGEST_PAUSE = timedelta(seconds=30)


def decide(context: Context, interaction: int) -> None:
    """Carries one click out, or tells the clicker why not; when Slack is away the click is kept for later."""
    click = _claimed(context, interaction)
    if click is None:
        return
    try:
        while not _decided(context, click):
            log.info("somebody else approved meanwhile; all who did are looked up again")
    except SlackAwayError as error:
        log.warning("a click waits for Slack: %s", error)
        _postpone(context, click)
    except InHandError:
        _postpone(context, click)
    except ObjectionError as error:
        _tell(context, click, str(error), error.event)


def _decided(context: Context, click: Interaction) -> bool:
    judged = judge(context, click)
    try:
        _carry_out(context, judged)
    except UnseenVoteError:
        return False
    return True


def _claimed(context: Context, interaction: int) -> Interaction | None:
    with context.store.write() as session:
        if not claim(session, Interaction, interaction, context.owner, context.clock()):
            return None
        click = session.get_one(Interaction, interaction, populate_existing=True)
        if click.due_at is not None:
            return click
        release(session, Interaction, interaction, context.owner)  # Somebody else has dealt with it meanwhile.
        return None


def _carry_out(context: Context, judged: JudgedClick) -> None:
    act = ACTIONS[judged.click.kind.partition(":")[0]]
    try:
        with context.store.write() as session:
            act(
                session,
                session.get_one(Request, judged.click.request_id, populate_existing=True, with_for_update=True),
                judged,
            )
            _drop(session, judged.click)
    except LostRaceError as error:
        _tell(context, judged.click, thread.too_late(error.request))
    except IntegrityError:
        _tell(context, judged.click, "Your approval was counted already; somebody else's is still needed.")
    except ObjectionError as error:
        _tell(context, judged.click, str(error), error.event)
    context.changed()


def _tell(context: Context, click: Interaction, sentence: str, event: str = "") -> None:
    """Why nothing was done, in a transaction of its own: that of the act has left no trace."""
    now = context.clock()
    with context.store.write() as session:
        number = click.request_id if session.get(Request, click.request_id) else None
        if event:
            chain.record(session, now, event, "orgbot", number)
        chain.record(session, now, f"click.{click.kind}.refused", click.user, number, why=sentence)
        outgoing.private(session, click, now, thread.private(click.request_id, sentence))
        _drop(session, click)


def _drop(session: Session, click: Interaction) -> None:
    """The click is dealt with; its row stays as the mark by which a redelivery is known, without a due time."""
    release(session, Interaction, click.id or 0, click.lease_owner, due_at=None)


def _postpone(context: Context, click: Interaction) -> None:
    wait = min(context.pace.after(click.tries), LONGEST_PAUSE)
    with context.store.write() as session:
        values = {"tries": click.tries + 1, "due_at": context.clock() + wait}
        release(session, Interaction, click.id or 0, context.owner, **values)


def expire(context: Context, number: int) -> None:
    """Ends a request that nobody decided in time."""
    now = context.clock()
    with context.store.write() as session:
        try:
            expired = transition(session, number, Status.EXPIRED, now, "orgbot")
        except LostRaceError:
            return
        announce_decision(session, expired, now)


def forget_old_clicks(context: Context, older_than: timedelta) -> None:
    """Removes the marks of clicks that Slack no longer redelivers."""
    with context.store.write() as session:
        old = (col(Interaction.due_at).is_(None), col(Interaction.received_at) < context.clock() - older_than)
        session.execute(delete(Interaction).where(*old))
