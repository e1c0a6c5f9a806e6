"""Whether it makes sense to ask somebody for more before they decide. What counts is judged when they have decided."""

from __future__ import annotations

import logging

from approvals.authority.directory import SlackAwayError
from approvals.authority.judgement import ObjectionError, judge
from approvals.context import Context
from approvals.models import Interaction, Request
from approvals.request.intake import Click
from approvals.states import Status

log = logging.getLogger(__name__)


def may_decide(context: Context, click: Click) -> bool:
    """Whether this person may decide this request now, as Slack knows them.

    True as well when Slack does not tell in time: whoever may decide must not be kept from it, and the decision itself is
    judged anew.
    """
    with context.store.read() as session:
        request = session.get(Request, click.request_id)
    if request is None or not _waits(context, request):
        return False
    try:
        judge(context, _as_kept(click))
    except ObjectionError:
        return False
    except SlackAwayError as error:
        log.warning("whether somebody may decide is not known in time: %s", error)
    return True


def _as_kept(click: Click) -> Interaction:
    """The click as it would be kept; it is not, because it only opens a form."""
    return Interaction(delivery="", kind=click.kind, user=click.user, team=click.team, request_id=click.request_id)


def _waits(context: Context, request: Request) -> bool:
    over = request.expires_at is not None and request.expires_at <= context.clock()
    return request.status == Status.PENDING and request.announced_at is not None and not over
