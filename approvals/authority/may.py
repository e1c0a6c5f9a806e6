"""Who has approved and for which group they may speak now: looked up in Slack anew, because a membership may have ended."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, select

from approvals.authority.directory import Person
from approvals.authority.quorum import Seat, seat
from approvals.authority.rules import Rule
from approvals.context import Context
from approvals.models import Request, Vote


@dataclass(frozen=True)
class Approver:
    """Somebody who approved; `seat` is Seat.NONE when they may not any more."""

    person: Person
    seat: Seat


def seat_of(context: Context, rule: Rule, person: Person) -> Seat:
    """For which group a person speaks now; none when they may not act at all. Raises SlackAwayError."""
    if person.objection(context.team()):
        return Seat.NONE
    return seat(rule, lambda names: context.people.among(person, names))


def approvers_now(context: Context, request: Request, rule: Rule) -> list[Approver]:
    """Those who approved exactly this request, in the order of their votes. Raises SlackAwayError."""
    approved = select(Vote).where(Vote.request_id == request.id, Vote.decision == "approve").order_by(col(Vote.id))
    with context.store.read() as session:
        votes = session.exec(approved.where(Vote.digest == request.digest)).all()
    people = [context.people.look(vote.user) for vote in votes]
    return [Approver(person, seat_of(context, rule, person)) for person in people]
