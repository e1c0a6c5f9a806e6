"""What waits for whom, and whether it makes sense to ask somebody for more before they decide; judged as Slack knows the person
now. For showing only: a click is judged anew.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlmodel import col, select

from approvals.authority.directory import NotAMemberError, Person
from approvals.authority.may import ObjectionError, judge, requester_then, voter_then
from approvals.authority.press import StrangeCardError, UnconfirmedCardError
from approvals.authority.requirements import requirements_of, seats_of_vote
from approvals.context import Context
from approvals.models import LIVE_SQL, Interaction, Request, Vote
from approvals.queue.worker import LaterError
from approvals.request.intake import Click
from approvals.slack.client import SlackAwayError
from approvals.slack.named import same
from approvals.states import Status
from approvals.views.card import left
from operations.core.registry import all_operations

log = logging.getLogger(__name__)

LOOKED_AT = 200


@dataclass(frozen=True)
class PendingFor:
    """The requests that wait for one person, those that expire first in front, and the number of those that wait for others.

    `left` says how many approvals each of theirs lacks at the least.
    """

    mine: Sequence[Request]
    others: int
    left: Mapping[int | None, int] = field(default_factory=dict)


def pending_for(context: Context, user: str) -> PendingFor:
    """What waits for this person; raises SlackAwayError."""
    pending = _pending(context)
    if not pending:
        return PendingFor((), 0)
    person = context.cached_directory.look(user)
    votes = _votes(context, pending)
    verdicts: dict[tuple[str, ...], bool] = {}
    mine = [request for request in pending if _may(context, person, request, votes[request.id], verdicts)]
    return PendingFor(mine, len(pending) - len(mine), {request.id: _left(context, request, votes) for request in mine})


def _left(context: Context, request: Request, votes: Mapping[int | None, Sequence[Vote]]) -> int:
    approved = [vote for vote in votes[request.id] if vote.decision == "approve"]
    return left(request, requirements_of(request, context.rules()), approved)


def may_ask(context: Context, user: str) -> frozenset[str]:
    """The operations that the rules let this person ask for anywhere at all; raises SlackAwayError."""
    person, rules, told = context.cached_directory.look(user), context.rules(), dict[tuple[str, ...], bool]()

    def among(named: tuple[str, ...]) -> bool:
        if named not in told:  # Many operations have the same rules; Slack is asked once.
            told[named] = context.cached_directory.among(person, named)
        return told[named]

    return frozenset(one.name for one in all_operations() if rules.may_ask(one.name, among))


def _may(
    context: Context, person: Person, request: Request, votes: Sequence[Vote], verdicts: dict[tuple[str, ...], bool]
) -> bool:
    """Whether their approval is one of those that are missing."""
    required = requirements_of(request, context.rules())
    if required is None or context.cached_directory.stranger(person) or same(person.aliases, requester_then(request)):
        return False
    if any(same(person.aliases, voter_then(vote)) for vote in votes):
        return False
    named = required.open(seats_of_vote(request, vote) for vote in votes if vote.decision == "approve").deciders()
    if named not in verdicts:  # Many requests have the same approvers; Slack is asked once.
        verdicts[named] = context.cached_directory.among(person, named)
    return verdicts[named]


def _pending(context: Context) -> Sequence[Request]:
    pending = select(Request).where(text(LIVE_SQL), Request.status == Status.PENDING)
    in_time = pending.where(col(Request.announced_at).is_not(None), col(Request.expires_at) > context.clock())
    with context.store.read() as session:
        return session.exec(in_time.order_by(col(Request.expires_at), col(Request.id)).limit(LOOKED_AT)).all()


def _votes(context: Context, requests: Sequence[Request]) -> Mapping[int | None, list[Vote]]:
    found: dict[int | None, list[Vote]] = defaultdict(list)
    asked = col(Vote.request_id).in_([request.id for request in requests])
    with context.store.read() as session:
        for vote in session.exec(select(Vote).where(asked)).all():
            found[vote.request_id].append(vote)
    return found


def may_decide(context: Context, click: Click) -> bool:
    """Whether this person may decide this request now, as Slack knows them.

    True as well when Slack does not tell in time: whoever may decide must not be kept from it, and the decision itself is
    judged anew.
    """
    with context.store.read() as session:
        request = session.get(Request, click.request_id)
    if request is None or not _still_waits(context, request):
        return False
    try:
        judge(context, Interaction(**vars(click)))  # It is not kept, because it only opens a form.
    except (NotAMemberError, ObjectionError, StrangeCardError):
        return False
    except (SlackAwayError, UnconfirmedCardError, LaterError) as error:
        log.warning("whether somebody may decide is not known in time: %s", error)
    return True


def _still_waits(context: Context, request: Request) -> bool:
    over = request.expires_at is not None and request.expires_at <= context.clock()
    return request.status == Status.PENDING and request.announced_at is not None and not over
