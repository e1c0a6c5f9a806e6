"""Who may approve, deny, end, review, break the glass, see everybody's sessions: judged as Slack knows people now.

`judge` is for a click: who clicked is looked up anew, and so is everybody who has approved, because a membership may have ended.
What somebody may not do because they asked or voted already holds for all their accounts: `Involved` says who they are.
`barred` and `may_act` are for showing and telling only, so that nobody is told to wait for somebody who may not act; user groups are
named as they are, because whom they notify is Slack's to know.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import col, select

from approvals.authority.able import approvals_asked
from approvals.authority.aliases import Aliases, same
from approvals.authority.directory import Person
from approvals.authority.quorum import Seat, rule_now, seat, together
from approvals.authority.rules import Rule
from approvals.context import Context
from approvals.models import Interaction, Request, Vote
from approvals.slack.blocks import escape
from approvals.slack.client import SlackAwayError
from approvals.slack.named import Named
from approvals.states import Status
from operations.access.credentials import Credentials

CONTROL = "control:"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Involved:
    """Whoever asked for one request and voted on it.

    `asked` and `voted` (by the vote's user) are their aliases, as they were then and as they are now; `approved` are those who
    approved exactly this request, in the order of their votes.
    """

    requester: Person
    asked: Aliases
    voted: Mapping[str, Aliases]
    approved: tuple[Person, ...] = ()

    @property
    def known(self) -> tuple[Aliases, ...]:
        """All that is known of them."""
        return (self.asked, *self.voted.values())

    def asks(self, person: Aliases) -> bool:
        """Whether this is the person who asked, from whatever account."""
        return same(person, self.asked, self.known)


@dataclass(frozen=True)
class Approver:
    """Somebody who approved. `seat` is Seat.NONE when that does not count: they may not any more, or are the same person as
    `same_as`, who asked or approved before them.
    """

    person: Person
    seat: Seat
    same_as: Person | None = None


def requester_then(request: Request) -> Aliases:
    """Who asked, as the request has kept it."""
    return Aliases.of(request.requester, request.person)


def voter_then(vote: Vote) -> Aliases:
    """Who voted, as the vote has kept it."""
    return Aliases.of(vote.user, vote.person)


def involved(context: Context, request: Request) -> Involved:
    """Everybody who has to do with a request so far. Raises SlackAwayError."""
    with context.store.read() as session:
        votes = session.exec(select(Vote).where(Vote.request_id == request.id).order_by(col(Vote.id))).all()
    people = {user: context.people.look(user) for user in {request.requester, *(vote.user for vote in votes)}}
    voted: dict[str, Aliases] = {}
    for vote in votes:
        voted[vote.user] = voted.get(vote.user, people[vote.user].aliases) | voter_then(vote)
    approved = [vote.user for vote in votes if vote.decision == "approve" and vote.digest == request.digest]
    asked = requester_then(request) | people[request.requester].aliases
    return Involved(people[request.requester], asked, voted, tuple(people[user] for user in dict.fromkeys(approved)))


def seat_of(context: Context, rule: Rule, person: Person) -> Seat:
    """For which group a person speaks now; none when they may not act at all. Raises SlackAwayError."""
    if context.people.stranger(person):
        return Seat.NONE
    return seat(rule, lambda names: context.people.among(person, names))


def approvers_now(context: Context, of_request: Involved, rule: Rule) -> list[Approver]:
    """Those who approved exactly this request, in the order of their votes; each person's approval counts once, and the
    requester's never. Raises SlackAwayError.
    """
    found: list[Approver] = []
    for person in of_request.approved:
        found = _seated(found, Approver(person, seat_of(context, rule, person)), of_request)
    return found


def _seated(found: list[Approver], new: Approver, of_request: Involved) -> list[Approver]:
    """With one more approver; who turns out to be an earlier one speaks through that one's seat."""
    aliases = of_request.voted[new.person.user]
    if of_request.asks(aliases):
        return [*found, replace(new, seat=Seat.NONE, same_as=of_request.requester)]
    for number, earlier in enumerate(found):
        if not earlier.same_as and same(aliases, of_request.voted[earlier.person.user], of_request.known):
            joint = replace(earlier, seat=together(earlier.seat, new.seat))
            again = replace(new, seat=Seat.NONE, same_as=earlier.person)
            return [*found[:number], joint, *found[number + 1 :], again]
    return [*found, new]


def may_break(context: Context, rule: Rule, person: Person) -> bool:
    """Whether the rule lets this person act at once. Raises SlackAwayError."""
    return not context.people.stranger(person) and context.people.among(person, rule.break_glass)


def review_objection(context: Context, request: Request, person: Person, of_request: Involved) -> str:
    """Why this person may not sign the review, as a sentence; empty when they may. Raises SlackAwayError."""
    if of_request.asks(person.aliases):
        return "You acted under break glass, so somebody else has to review it."
    rule = context.rules().named(request.rule)
    if rule is None:
        return f"The rule “{escape(request.rule)}” no longer exists, so nobody is known who could review this."
    if not seat_of(context, rule, person):
        return f"You are not among the approvers of the rule “{escape(rule.name)}”, who review what it let happen."
    return ""


def barred(context: Context, named: Iterable[str]) -> frozenset[str]:
    """Those of `named` (user ids, user group ids, e-mails) who are deactivated, guests, of another workspace, or unknown.

    Nobody while Slack does not tell: who may decide must not be left out.
    """
    try:
        return frozenset(name for name in named if not Named(name).is_group and not _is_member(context, name))
    except SlackAwayError as error:
        log.warning("whether all who are named may decide is not known now: %s", error)
        return frozenset()


def may_act(context: Context, user: str) -> bool:
    """Whether Slack knows nothing against this user; raises SlackAwayError."""
    return _is_member(context, user)


def _is_member(context: Context, name: str) -> bool:
    directory = context.cached_directory
    return any(directory.stranger(directory.look(user)) is None for user in directory.users(name))


def oversees(context: Context, user: str) -> bool:
    """Whether this person decides about credentials by some rule, in whichever of its groups; asks Slack, and raises
    SlackAwayError.
    """
    person = context.people.look(user)
    if context.people.stranger(person):
        return False
    rules = [rule for rule in context.rules().rules if not rule.operations or Credentials.name in rule.operations]
    return any(context.people.among(person, rule.deciders()) for rule in rules)


class ObjectionError(Exception):
    """This person may not do this; the text is what they are told, privately.

    `event` goes into the audit besides the refusal, where the refusal is not all that happened.
    """

    def __init__(self, sentence: str, event: str = "") -> None:
        super().__init__(sentence)
        self.event = event


@dataclass(frozen=True)
class JudgedClick:
    """What a decision is made from: the click, who clicked as Slack knows them now, and the time.

    `involved` are those who asked and voted so far; `rule`, `seats` (who approved, and for which group they speak now) and
    `needed` (how many approvals the rule asks for now) are there when an open request is decided upon.
    """

    click: Interaction
    person: Person
    now: datetime
    involved: Involved
    rule: Rule | None = None
    seats: Mapping[str, Seat] = field(default_factory=dict)
    needed: int = 0

    def asked_for(self, request: Request) -> bool:
        """Whether the clicker is the person who asked, by what the request says now as well."""
        return self.involved.asks(self.person.aliases) or self._is(requester_then(request))

    def cast(self, vote: Vote) -> bool:
        """Whether a vote is the clicker's own, from whatever account."""
        return self._is(voter_then(vote))

    def _is(self, other: Aliases) -> bool:
        return same(self.person.aliases, other, self.involved.known)


def judge(context: Context, click: Interaction) -> JudgedClick:
    """The moment, when the clicker's standing in Slack allows the click; whether the request still waits is judged later.

    Raises NotAMemberError before anything else is looked at, ObjectionError, and SlackAwayError.
    """
    person = context.people.member(click.user, click.team)
    with context.store.read() as session:
        request = session.get(Request, click.request_id)
    if request is None:
        raise ObjectionError(f"There is no request #{click.request_id}.")
    judged = JudgedClick(click, person, context.clock(), involved(context, request))
    if click.kind == "review":
        object_if(review_objection(context, request, person, judged.involved))
        return judged
    if (click.kind == "end" or click.kind.startswith(CONTROL)) and not judged.asked_for(request):
        _check_approver(context, request, judged)
    if click.kind in ("approve", "deny") and request.status == Status.PENDING:
        rule = _check_approver(context, request, judged)
        clicking = {person.user: seat_of(context, rule, person)}
        earlier = {approver.person.user: approver.seat for approver in approvers_now(context, judged.involved, rule)}
        needed = approvals_asked(context.people, rule, judged.involved.asked, judged.involved.known)
        return replace(judged, rule=rule, seats=earlier | clicking, needed=needed)
    return judged


def object_if(sentence: str) -> None:
    """Raises ObjectionError with the sentence, when there is one."""
    if sentence:
        raise ObjectionError(sentence)


def _check_approver(context: Context, request: Request, judged: JudgedClick) -> Rule:
    if judged.asked_for(request):
        raise ObjectionError("You asked for this, so somebody else has to decide. You may press “Cancel request”.")
    rule = context.rules().named(request.rule)
    if rule is None:
        raise ObjectionError(
            f"The rule “{escape(request.rule)}” under which this was filed no longer exists. Ask again under today's rules."
        )
    rule = rule_now(request, rule)
    if not seat_of(context, rule, judged.person):
        raise ObjectionError(
            f"You are not among the approvers of the rule “{escape(rule.name)}”, so nothing has been decided."
        )
    return rule
