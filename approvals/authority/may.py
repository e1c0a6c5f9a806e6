"""Who may ask, approve, deny, end, review, break the glass, see everybody's sessions: judged as Slack knows people now.

`judge` is for a click: who clicked is looked up anew, and so is everybody who has approved, because a membership may have ended.
What somebody may not do because they asked or voted already holds for all their accounts: `Involved` says who they are.
`barred` and `may_act` are for showing and telling only, so that nobody is told to wait for somebody who may not act; user groups are
named as they are, because whom they notify is Slack's to know.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Integer, bindparam
from sqlmodel import Session, col, select

from approvals.authority.able import approvals_asked
from approvals.authority.directory import NotAMemberError, Person
from approvals.authority.press import of_click, pressed_on
from approvals.authority.quorum import Seat, seat, together
from approvals.authority.reach import ask_of, hits, judged, judged_anew
from approvals.authority.requirements import (
    Requirements,
    Seats,
    people_to_ask_anew,
    requirements_of,
    rules_do,
    rules_in_words,
)
from approvals.authority.rules import NoRuleError
from approvals.context import Context
from approvals.models import Interaction, Request, Vote, operation_of
from approvals.slack.blocks import escape, mentions
from approvals.slack.client import SlackAwayError
from approvals.slack.named import Aliases, Named, same
from approvals.states import Status
from operations.aws.errors import AmbiguousError, BusyError, CredentialsError, FieldError, UnknownError
from operations.aws.prefilled import Prefilled
from operations.core.base import Operation
from operations.core.registry import by_name
from operations.snapshot.names import capital

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
    """Somebody who approved. `seats` is empty when that does not count: they may not any more, or are the same person as
    `same_as`, who asked or approved before them.
    """

    person: Person
    seats: Seats
    same_as: Person | None = None


def requester_then(request: Request) -> Aliases:
    """Who asked, as the request has kept it."""
    return Aliases.of(request.requester, request.person)


def voter_then(vote: Vote) -> Aliases:
    """Who voted, as the vote has kept it."""
    return Aliases.of(vote.user, vote.person)


_VOTES = select(Vote).where(Vote.request_id == bindparam("request", type_=Integer)).order_by(col(Vote.id))


def votes_of(session: Session, request_id: int | None) -> list[Vote]:
    """The votes on a request, oldest first."""
    return list(session.exec(_VOTES, params={"request": request_id}).all())


def approvals_of(session: Session, request_id: int | None) -> list[Vote]:
    """Those of them that approve."""
    return [vote for vote in votes_of(session, request_id) if vote.decision == "approve"]


def involved(context: Context, request: Request) -> Involved:
    """Everybody who has to do with a request so far. Raises SlackAwayError."""
    with context.store.read() as session:
        votes = votes_of(session, request.id)
    people = {user: context.people.look(user) for user in {request.requester, *(vote.user for vote in votes)}}
    voted: dict[str, Aliases] = {}
    for vote in votes:
        voted[vote.user] = voted.get(vote.user, people[vote.user].aliases) | voter_then(vote)
    approved = [vote.user for vote in votes if vote.decision == "approve" and vote.digest == request.digest]
    asked = requester_then(request) | people[request.requester].aliases
    return Involved(people[request.requester], asked, voted, tuple(people[user] for user in dict.fromkeys(approved)))


def seats_of(context: Context, required: Requirements, person: Person) -> Seats:
    """For which group of each rule a person speaks now; nothing when they may not act at all. Raises SlackAwayError."""
    if context.people.stranger(person):
        return {}
    return required.seats(lambda rule: seat(rule, lambda names: context.people.among(person, names)))


def approvers_now(context: Context, of_request: Involved, required: Requirements) -> list[Approver]:
    """Those who approved exactly this request, in the order of their votes; each person's approval counts once, and the
    requester's never. Raises SlackAwayError.
    """
    found: list[Approver] = []
    for person in of_request.approved:
        found = _seated(found, Approver(person, seats_of(context, required, person)), of_request)
    return found


def _seated(found: list[Approver], new: Approver, of_request: Involved) -> list[Approver]:
    """With one more approver; who turns out to be an earlier one speaks through that one's seat."""
    aliases = of_request.voted[new.person.user]
    if of_request.asks(aliases):
        return [*found, replace(new, seats={}, same_as=of_request.requester)]
    for number, earlier in enumerate(found):
        if same(aliases, of_request.voted[earlier.person.user], of_request.known):
            joint = replace(earlier, seats=_joint(earlier.seats, new.seats))
            again = replace(new, seats={}, same_as=earlier.person)
            return [*found[:number], joint, *found[number + 1 :], again]
    return [*found, new]


def _joint(one: Seats, other: Seats) -> Seats:
    """The seats of one person by two accounts."""
    names = dict.fromkeys((*one, *other))
    return {name: together(one.get(name, Seat.NONE), other.get(name, Seat.NONE)) for name in names}


def may_break(context: Context, required: Requirements, person: Person) -> bool:
    """Whether every rule that asks for an approval lets this person act at once. Raises SlackAwayError."""
    if context.people.stranger(person):
        return False
    return all(context.people.among(person, names) for names in required.break_glass)


def review_objection(context: Context, request: Request, person: Person, of_request: Involved) -> str:
    """Why this person may not sign the review, as a sentence; empty when they may. Raises SlackAwayError."""
    if of_request.asks(person.aliases):
        return "You acted under break glass, so somebody else has to review it."
    required = deciding(context, request, of_request.requester)
    if not seats_of(context, required, person):
        return f"You are not among the approvers of {escape(_named(required))}, who review what it let happen."
    return ""


def deciding(context: Context, request: Request, asker: Person) -> Requirements:
    """The rules by which a request is decided; where one of them is gone, those that decide today.

    Raises ObjectionError where none does, NotYetError and SlackAwayError.
    """
    kept = requirements_of(request, context.rules())
    if kept is not None:
        return kept
    try:
        return judged_anew(context, request, asker, live=False)
    except NoRuleError as error:
        raise ObjectionError(f"{_gone(request)}, and {escape(str(error))}") from error


def _gone(request: Request) -> str:
    """That a rule of a request is no longer there."""
    return escape(capital(rules_do(request, "no longer exist")))


def barred(context: Context, named: Iterable[str]) -> frozenset[str]:
    """Those of `named` (user ids, user group ids, e-mails) who are deactivated, guests, of another workspace, or unknown.

    Nobody while Slack does not tell: who may decide must not be left out.
    """
    try:
        return frozenset(name for name in named if not Named(name).is_group and not _is_member(context, name))
    except SlackAwayError as error:
        log.warning("whether all who are named may decide is not known now: %s", error)
        return frozenset()


def helping(context: Context, request: Request, advised: Sequence[Prefilled]) -> list[dict[str, Any]]:
    """What a request's requester was advised to ask for, as far as they may, for the request's memory."""
    return [one.model_dump(exclude_defaults=True) for one in advised if may_ask_next(context, request, one)]


def may_ask_next(context: Context, request: Request, wanted: Prefilled) -> bool:
    """Whether the rules let a request's requester ask for what comes next, as far as is known: what its form still asks for, and
    what is not in the snapshot yet, is judged when it is asked for.
    """
    try:
        context.rules().check(wanted.operation)
        operation = by_name()[wanted.operation].model_validate(wanted.values).settled(context.snapshot())
        required = _judged_for(context, request, operation)
    except (ValidationError, UnknownError):
        return True
    except (NoRuleError, NotAMemberError, FieldError):
        return False
    return required.session_objection(operation)[0] != "role"


def _judged_for(context: Context, request: Request, operation: Operation) -> Requirements:
    """While Slack doesn't tell who they are, rules for some requesters count as met."""
    rules, found, guards = context.rules(), hits(operation, context.snapshot()), context.guards()
    try:
        person = context.people.member(request.requester, request.team)
        return judged(rules, ask_of(operation, person, context.people), found, guards)
    except SlackAwayError:
        return judged(rules, ask_of(operation), found, guards)


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
    return any(context.people.among(person, rule.deciders()) for rule in context.rules().about_sessions())


class ObjectionError(Exception):
    """This person may not do this; the text is what they are told, privately.

    `event` goes into the audit besides the refusal, where the refusal is not all that happened.
    """

    def __init__(self, sentence: str, event: str = "") -> None:
        super().__init__(sentence)
        self.event = event


class RulesChangedError(Exception):
    """Other rules decide by now than those on the card: `required`. Nobody has approved under what they saw."""

    def __init__(self, required: Requirements) -> None:
        super().__init__(f"decided by {', '.join(required.names)} now")
        self.required = required


@dataclass(frozen=True)
class JudgedClick:
    """What a decision is made from: the click, who clicked as Slack knows them now, and the time.

    `involved` are those who asked and voted so far; `required` (with as many approvals as the rules ask for now) and `seats` (for
    which group of each rule those who approved speak now, by user id) are there when an open request is decided upon.
    """

    click: Interaction
    person: Person
    now: datetime
    involved: Involved
    required: Requirements | None = None
    seats: Mapping[str, Seats] = field(default_factory=dict)

    def asked_for(self, request: Request) -> bool:
        """Whether the clicker is the person who asked, from whatever account."""
        return self._is(requester_then(request))

    def cast(self, vote: Vote) -> bool:
        """Whether a vote is the clicker's own, from whatever account."""
        return self._is(voter_then(vote))

    def _is(self, other: Aliases) -> bool:
        return same(self.person.aliases, other, self.involved.known)


def judge(context: Context, click: Interaction) -> JudgedClick:
    """The moment, when the clicker's standing in Slack allows the click; whether the request still waits is judged later.

    Raises NotAMemberError before anything else is looked at, StrangeCardError, UnconfirmedCardError, ObjectionError and
    SlackAwayError.
    """
    context = replace(context, people=context.people.after(click.received_at or context.clock()))
    person = context.people.member(click.user, click.team)
    with context.store.read() as session:
        request = pressed_on(session, of_click(click), click.kind)
    judged = JudgedClick(click, person, context.clock(), involved(context, request))
    if click.kind == "review":
        object_if(review_objection(context, request, person, judged.involved))
        return judged
    if click.kind == "show":
        _check_asker(judged, request)
        _check_approver(context, request, judged)
    if (click.kind == "end" or click.kind.startswith(CONTROL)) and not judged.asked_for(request):
        _check_approver(context, request, judged)
    if click.kind in ("approve", "deny") and request.status == Status.PENDING:
        _check_asker(judged, request)
        if click.kind == "approve":
            _check_rules(context, request, judged.involved)
        required = asking(context, _check_approver(context, request, judged), judged.involved)
        clicking = {person.user: seats_of(context, required, person)}
        earlier = {
            approver.person.user: approver.seats for approver in approvers_now(context, judged.involved, required)
        }
        return replace(judged, required=required, seats=earlier | clicking)
    return judged


def object_if(sentence: str) -> None:
    """Raises ObjectionError with the sentence, when there is one."""
    if sentence:
        raise ObjectionError(sentence)


def asking(context: Context, required: Requirements, of_request: Involved) -> Requirements:
    """With as many approvals as the rules ask for now, given who may approve. Raises SlackAwayError."""
    asked, known = of_request.asked, of_request.known
    return required.asking(lambda rule: approvals_asked(context.people, rule, asked, known))


def _check_rules(context: Context, request: Request, of_request: Involved) -> None:
    """Raises RulesChangedError where other rules decide by now than the card says, and ObjectionError where none does."""
    asker = of_request.requester
    if why := context.people.stranger(asker):
        raise ObjectionError(
            f"{escape(asker.name)}, who asked for this, {why.about}, so it cannot be approved. Deny it."
        )
    if (
        context.organization() is None
    ):  # It is judged again before anything is sent, and that waits for the organization.
        return
    try:
        now = _judged_now(context, request, asker)
    except NoRuleError as error:
        raise ObjectionError(f"It can no longer be approved: {escape(str(error))}") from error
    if objection := now.session_objection(operation_of(request))[1]:
        raise ObjectionError(f"It can no longer be approved: {escape(objection)}")
    kept = requirements_of(request, context.rules())
    if people_to_ask_anew(kept, now):
        raise RulesChangedError(asking(context, now, of_request))
    if kept is None:
        raise ObjectionError(f"{_gone(request)}, and nobody's approval is needed any more. Ask again.")


def _judged_now(context: Context, request: Request, asker: Person) -> Requirements:
    """While AWS is away an approval counts by what was read last: all is judged again before anything is sent."""
    try:
        return judged_anew(context, request, asker)
    except (BusyError, AmbiguousError, CredentialsError) as error:
        log.warning("AWS does not tell whether anything was moved: %s", error)
        return judged_anew(context, request, asker, live=False)


def _check_asker(judged: JudgedClick, request: Request) -> None:
    if judged.asked_for(request):
        raise ObjectionError("You can't decide about your own request. “Cancel request” takes it back.")


def _check_approver(context: Context, request: Request, judged: JudgedClick) -> Requirements:
    required = deciding(context, request, judged.involved.requester)
    if not seats_of(context, required, judged.person):
        what = "do" if judged.click.kind.startswith((CONTROL, "end")) else "decide"
        raise ObjectionError(f"Only {mentions(required.deciders()) or escape(_named(required))} can {what} this.")
    return required


def _named(required: Requirements) -> str:
    return f"the {rules_in_words(required.names)}"
