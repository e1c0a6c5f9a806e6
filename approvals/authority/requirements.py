"""The rules that one request has to satisfy, all of them together, each by its own approvers. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from approvals.authority.quorum import Missing, Seat, escalated, missing
from approvals.authority.rules import Rule, Rules, session_objection
from approvals.models import Request, Vote
from operations.access.credentials import Credentials
from operations.core.base import Operation
from operations.snapshot.names import joined, listed

Seats = Mapping[str, Seat]  # For which group somebody speaks, by the name of the rule.


@dataclass(frozen=True)
class Requirement:
    """One rule, the number of approvals that the card says, and some of the `total` places about which it decides."""

    rule: Rule
    promised: int
    places: tuple[str, ...] = ()
    total: int = 0

    @property
    def approvals(self) -> int:
        """How many approvals it takes; 0 where none is needed."""
        return max(self.promised, self.rule.approvals)

    def missing(self, seats: Iterable[Seats]) -> Missing:
        """What is still missing, given the seats of each person who approved."""
        if not self.approvals:
            return Missing()
        return missing(self.rule, self.promised, [found.get(self.rule.name, Seat.NONE) for found in seats])

    def stored(self) -> dict[str, Any]:
        """As it is kept with the request."""
        later = sorted(set(self.rule.escalate_to) - set(self.rule.deciders()))
        people = {"people": list(self.people)} | ({"later": later} if later else {})
        return {
            "name": self.rule.name,
            "approvals": self.promised,
            "places": list(self.places),
            "total": self.total,
        } | people

    @property
    def people(self) -> tuple[str, ...]:
        """Who decides under the rule, from the beginning or once it was escalated."""
        return tuple(sorted({*self.rule.deciders(), *self.rule.escalate_to}))


@dataclass(frozen=True)
class Requirements:
    """All of them, in the order of the rules; at least one."""

    all: tuple[Requirement, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(one.rule for one in self.all)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(rule.name for rule in self.rules)

    @property
    def approvals(self) -> int:
        """The most that one of the rules asks for; 0 grants at once."""
        return max(one.approvals for one in self.all)

    @property
    def expires(self) -> timedelta:
        return min(rule.expires for rule in self.rules)

    @property
    def remind(self) -> timedelta:
        """The shortest wait before a reminder; none where no rule wants any."""
        return min((rule.remind for rule in self.rules if rule.remind > timedelta(0)), default=timedelta(0))

    @property
    def escalate_to(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.escalate_to))

    @property
    def session_policy(self) -> str:
        """The one that bounds a role session under all of the rules; see `session_objection`."""
        return next((rule.session_policy for rule in self.rules if rule.session_policy), "")

    @property
    def break_glass(self) -> tuple[tuple[str, ...], ...]:
        """Who may act at once under each of the rules that ask for an approval: somebody has to be in every one."""
        return tuple(rule.break_glass for rule in self.rules if rule.approvals)

    def deciders(self) -> tuple[str, ...]:
        """Those who approve under any of the rules."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.deciders()))

    def seats(self, seat: Callable[[Rule], Seat]) -> dict[str, Seat]:
        """For which group of each rule somebody speaks; only the rules in which they may approve."""
        found = {rule.name: seat(rule) for rule in self.rules if rule.deciders()}
        return {name: taken for name, taken in found.items() if taken}

    def open(self, approved: Iterable[Seats]) -> Requirements:
        """Those that are not satisfied yet by those who approved."""
        seats = list(approved)
        return Requirements(tuple(one for one in self.all if one.missing(seats)))

    def joined_by(self, others: Requirements | None) -> Requirements:
        """With those of the others that are not among them."""
        return Requirements(
            (*self.all, *(one for one in (others.all if others else ()) if one.rule.name not in self.names))
        )

    def now(self, request: Request) -> Requirements:
        """As they are for this request: once a rule was escalated, its `escalate_to` counts in each of its groups."""
        return Requirements(
            tuple(
                replace(one, rule=escalated(one.rule)) if is_escalated(request, one.rule) else one for one in self.all
            )
        )

    def to_escalate(self, request: Request) -> Requirements:
        """Those that call upon others after a time, and have not yet."""
        return Requirements(
            tuple(one for one in self.all if one.rule.escalate_to and not is_escalated(request, one.rule))
        )

    @property
    def quoted(self) -> list[str]:
        return [f"“{name}”" for name in self.names]

    def told(self) -> dict[str, Any]:
        """What the audit says of them."""
        return {"rule": self.names[0], "rules": list(self.names), "approvals": self.approvals}

    def columns(self) -> dict[str, Any]:
        """The columns of a request under these rules."""
        return {"rules": self.stored(), "rule": self.names[0], "approvals_needed": self.approvals}

    def session_objection(self, operation: Operation) -> tuple[str, str]:
        """As `rules.session_objection`, the first of any of them; two session policies cannot bound one session.

        What AWS takes along with a session allows what any of the policies allows, so that it would be more than either rule does.
        Source: IAM User Guide, "Session policies".
        """
        found = [session_objection(rule, operation) for rule in self.rules]
        policies = {rule.session_policy: f"“{rule.name}”" for rule in reversed(self.rules) if rule.session_policy}
        if len({meaning(policy) for policy in policies}) > 1 and isinstance(operation, Credentials):
            named = listed(list(policies.values())[::-1])
            sentence = f"the rules {named} bound a session by different session policies, and AWS would allow what either of them allows."
            found.append(("role", f"{sentence} Whoever keeps the bot's rules can give them the same `session_policy`."))
        return next((objection for objection in found if objection[1]), ("", ""))

    def asking(self, count: Callable[[Rule], int]) -> Requirements:
        """With at least as many approvals as each rule asks for by `count`: it may be as many as there are people."""
        return Requirements(tuple(replace(one, promised=max(one.promised, count(one.rule))) for one in self.all))

    def as_promised(self, request: Request) -> Requirements:
        """With the numbers on the card: a rule that was tightened since counts, one that was loosened does not."""
        promised = {str(kept["name"]): int(kept["approvals"]) for kept in stored_of(request)}
        return Requirements(tuple(replace(one, promised=promised.get(one.rule.name, one.promised)) for one in self.all))

    def with_others_than(self, request: Request) -> bool:
        """Whether one of the rules names other people than when it was noted; unknown of a request of an earlier version."""
        noted = {str(kept["name"]): kept.get("people") for kept in stored_of(request)}
        return any(list(one.people) != (noted.get(one.rule.name) or list(one.people)) for one in self.all)

    def stored(self) -> list[dict[str, Any]]:
        """As they are kept with the request."""
        return [one.stored() for one in self.all]


def meaning(policy: str) -> str:
    """A session policy without the blanks and the order of its keys, by which policies in JSON are compared."""
    try:
        return json.dumps(json.loads(policy), sort_keys=True)
    except (ValueError, RecursionError):
        return policy


def is_escalated(request: Request, rule: Rule) -> bool:
    """Whether those in `escalate_to` have been called upon: the rule's time had come when this was done last."""
    begun, last = request.announced_at, request.escalated_at
    return bool(rule.escalate_to and last and (begun is None or begun + rule.escalate_after <= last))


def people_to_ask_anew(kept: Requirements | None, now: Requirements) -> bool:
    """Whether other people have to be asked than those whom the card names: a rule that needs an approval is not on it.

    `kept` are the rules on the card, None where one of them is gone. A rule that grants at once takes a request from nobody.
    """
    names = kept.names if kept else ()
    return any(one.approvals and one.rule.name not in names for one in now.all)


def requirements_of(request: Request, rules: Rules) -> Requirements | None:
    """What a request has to satisfy, by the rules as they are now; None where one of them no longer exists."""
    found = []
    for kept in stored_of(request):
        rule = rules.named(str(kept["name"]))
        if rule is None:
            return None
        places = tuple(kept.get("places", ()))
        found.append(Requirement(rule, int(kept["approvals"]), places, int(kept.get("total", len(places)))))
    return Requirements(tuple(found)).now(request)


def stored_of(request: Request) -> list[dict[str, Any]]:
    """The rules as they were noted; of a request from before there could be several, the one."""
    return request.rules or [{"name": request.rule, "approvals": request.approvals_needed}]


def rules_named(request: Request) -> str:
    """The rules in a sentence: `the rule “production”`, or `the rules “production” and “security”`."""
    return f"the {rules_in_words([str(kept['name']) for kept in stored_of(request)])}"


def rules_in_words(names: Sequence[str]) -> str:
    """`rule “a”`, or `rules “a” and “b”`."""
    return f"rule{'s' if len(names) > 1 else ''} {joined(f'“{name}”' for name in names)}"


def rules_do(request: Request, verb: str) -> str:
    """The rules and what they do: `the rule “production” decides`, for the verb `decide`."""
    return f"{rules_named(request)} {verb}{'s' if len(stored_of(request)) == 1 else ''}"


def seats_of_vote(request: Request, vote: Vote) -> Seats:
    """For which groups a vote spoke when it was given, for the card; judged anew each time that it counts."""
    kept = vote.seats or {request.rule: vote.seat}
    return {name: Seat(seat) for name, seat in kept.items()}
