"""Who may approve, review, break the glass and see everybody's sessions: as Slack knows people now."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlmodel import select

from approvals.authority.directory import Person
from approvals.authority.may import (
    Approver,
    Involved,
    ObjectionError,
    approvers_now,
    involved,
    may_act,
    may_ask_next,
    may_break,
    oversees,
    review_objection,
    seats_of,
    votes_of,
)
from approvals.authority.quorum import Seat
from approvals.authority.rules import Rule, Rules
from approvals.models import Request, Vote
from approvals.request.decide import decide
from approvals.slack.client import SlackAwayError
from approvals.slack.named import Aliases
from approvals.states import Status
from operations.aws.prefilled import Prefilled
from operations.core.closing import get_credentials
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE, BOB, CAROL, DAVE, KnownPeople
from tests.harness.rules import required
from tests.harness.workers import Workers

WEB = "222222222222"
LEADS, SECURITY = "S0LEADS", "S0SECURITY"
TWO_GROUPS = Rule("two groups", (LEADS,), approvals=2, second_approvers=(SECURITY,))


def changes(workers: Workers, user: str, **flags: Any) -> None:
    """Slack says something else of somebody from now on."""
    workers.people.people[user] = dataclasses.replace(workers.people.people[user], **flags)


def asked(workers: Workers, *rules: Rule) -> Request:
    workers.rules = Rules(rules)
    request = workers.ask("tag-account", account=WEB, tags=["a=b"])
    workers.work()
    return workers.request(request.id)


def approves(workers: Workers, request: Request, *people: str) -> Request:
    """One after the other; nothing is carried out."""
    for user in people:
        workers.click(request, "approve", user)
        decide(workers.context, workers._newest_click())
    return workers.request(request.id)


def counted(workers: Workers, request: Request, *rules: Rule) -> list[Approver]:
    return approvers_now(workers.context, involved(workers.context, request), required(*rules))


def test_approvers_speak_for_the_groups_they_are_in_now_in_the_order_of_their_votes(workers: Workers) -> None:
    workers.people.groups = {LEADS: [BOB, DAVE], SECURITY: [CAROL]}
    request = approves(workers, asked(workers, dataclasses.replace(TWO_GROUPS, approvals=4)), CAROL, BOB, DAVE)
    workers.people.groups = {LEADS: [BOB], SECURITY: [CAROL, BOB]}
    assert [(one.person.user, one.seats) for one in counted(workers, request, TWO_GROUPS)] == [
        (CAROL, {"two groups": Seat.SECOND}),
        (BOB, {"two groups": Seat.EITHER}),
        (DAVE, {}),
    ]


def test_an_approver_who_turns_out_to_be_the_requester_does_not_count_and_those_after_them_do(workers: Workers) -> None:
    rule = Rule("three", (BOB, CAROL, DAVE), approvals=3)
    request = approves(workers, asked(workers, rule), BOB, CAROL)
    changes(workers, BOB, key="alice@example.com")
    bob, carol = counted(workers, request, rule)
    assert (bob.person.user, bob.seats, bob.same_as and bob.same_as.user) == (BOB, {}, ALICE)
    assert (carol.person.user, carol.seats, carol.same_as) == (CAROL, {"three": Seat.FIRST}, None)


def test_two_accounts_of_one_person_speak_once_for_the_groups_of_both(workers: Workers) -> None:
    """The others keep their places before and after them."""
    workers.people.groups = {LEADS: [DAVE, BOB], SECURITY: [CAROL]}
    workers.people.people["U0ERIN"] = dataclasses.replace(
        workers.people.people[BOB], user="U0ERIN", key="erin@example.com"
    )
    workers.people.groups[LEADS].append("U0ERIN")
    request = approves(
        workers, asked(workers, dataclasses.replace(TWO_GROUPS, approvals=5)), DAVE, BOB, "U0ERIN", CAROL
    )
    changes(workers, CAROL, key="bob@example.com")
    found = counted(workers, request, TWO_GROUPS)
    assert [(one.person.user, one.seats, one.same_as and one.same_as.user) for one in found] == [
        (DAVE, {"two groups": Seat.FIRST}, None),
        (BOB, {"two groups": Seat.EITHER}, None),
        ("U0ERIN", {"two groups": Seat.FIRST}, None),
        (CAROL, {}, BOB),
    ]


def test_two_accounts_of_one_person_speak_under_the_rules_of_either(workers: Workers) -> None:
    rules = (Rule("a", (BOB,), approvals=2), Rule("b", (CAROL,), approvals=2))
    workers.rules = Rules([dataclasses.replace(rules[0], approvers=(BOB, CAROL), approvals=3)])
    request = approves(workers, asked(workers, *workers.rules.rules), BOB, CAROL)
    changes(workers, CAROL, key="bob@example.com")
    bob, carol = counted(workers, request, *rules)
    assert (bob.seats, carol.seats) == ({"a": Seat.FIRST, "b": Seat.FIRST}, {})


def test_those_who_have_to_do_with_a_request_are_known_as_they_were_then_and_as_they_are_now(workers: Workers) -> None:
    """And nobody who voted on another request, or on what is no longer asked for, or against it, has approved it."""
    rule = Rule("many", (BOB, CAROL, DAVE), approvals=3)
    request = approves(workers, asked(workers, rule), BOB, CAROL)
    other = workers.ask("create-ou", unit_name="Data")
    workers.work()
    approves(workers, other, DAVE)
    with workers.context.store.write() as session:
        session.exec(select(Vote).where(Vote.user == BOB)).one().digest = "of something else"
        session.add(
            Vote(
                request_id=request.id or 0,
                user=DAVE,
                person="d",
                decision="deny",
                digest=request.digest,
                at=workers.clock(),
            )
        )
    for user in (ALICE, CAROL):
        changes(workers, user, key=f"new-{user.lower()}@example.com")
    found = involved(workers.context, workers.request(request.id))
    with workers.context.store.read() as session:
        assert [vote.user for vote in votes_of(session, request.id)] == [BOB, CAROL, DAVE]
    assert [person.user for person in found.approved] == [CAROL]
    assert found.asked.addresses == {"alice@example.com", f"new-{ALICE.lower()}@example.com"}
    assert found.voted.keys() == {BOB, CAROL, DAVE}
    assert found.voted[CAROL].addresses == {"carol@example.com", f"new-{CAROL.lower()}@example.com"}


def test_who_is_no_member_any_more_has_no_seat_and_breaks_no_glass(workers: Workers) -> None:
    rule = Rule("a", (BOB,), break_glass=(BOB,))
    bob = workers.people.look(BOB)
    assert seats_of(workers.context, required(rule), bob) == {"a": Seat.FIRST}
    assert may_break(workers.context, required(rule), bob)
    assert may_act(workers.context, BOB)
    gone = dataclasses.replace(bob, deactivated=True)
    workers.people.people[BOB] = gone
    assert seats_of(workers.context, required(rule), gone) == {}
    assert not may_break(workers.context, required(rule), gone)
    assert not may_act(workers.context, BOB)


def test_the_glass_is_broken_only_by_who_may_break_it_under_every_rule(workers: Workers) -> None:
    bob, carol = workers.people.look(BOB), workers.people.look(CAROL)
    both = required(Rule("a", (), break_glass=(BOB, CAROL)), Rule("b", (), break_glass=(BOB,)))
    assert may_break(workers.context, both, bob)
    assert not may_break(workers.context, both, carol)


def test_who_decides_about_credentials_by_any_one_rule_oversees_the_sessions(workers: Workers) -> None:
    workers.rules = Rules(
        [
            Rule("tags", (ALICE,), operations=("tag-account",)),
            Rule("credentials", (BOB,), operations=("tag-account", "credentials"), second_approvers=(DAVE,)),
            Rule("whatever", (CAROL,)),
        ]
    )
    found = [user for user in (ALICE, BOB, CAROL, DAVE) if oversees(workers.context, user)]
    assert found == [BOB, CAROL, DAVE]
    changes(workers, BOB, guest=True)
    assert not oversees(workers.context, BOB)


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (ALICE, "You acted under break glass, so somebody else has to review it."),
        (CAROL, "You are not among the approvers of the rule “a&amp;b”, who review what it let happen."),
        (BOB, ""),
    ],
)
def test_who_may_review(workers: Workers, by: str, told: str) -> None:
    request = asked(workers, Rule("a&b", (ALICE, BOB)))
    of_request = involved(workers.context, request)
    assert review_objection(workers.context, request, workers.people.look(by), of_request) == told


def test_what_a_rule_let_happen_that_is_gone_todays_rules_people_review(workers: Workers) -> None:
    request = asked(workers, Rule("a&b", (BOB,)))
    workers.rules = Rules([Rule("new", (CAROL,))])
    of_request = involved(workers.context, request)
    assert review_objection(workers.context, request, workers.people.look(CAROL), of_request) == ""
    assert "the rule “new”" in review_objection(workers.context, request, workers.people.look(BOB), of_request)
    workers.rules = Rules([])
    with pytest.raises(ObjectionError, match="The rule “a&amp;b” no longer exists, and no rule allows tag-account"):
        review_objection(workers.context, request, workers.people.look(BOB), of_request)


def test_a_press_under_a_rule_that_is_gone_puts_it_under_todays_rules(workers: Workers) -> None:
    request = asked(workers, Rule("old", (BOB,)))
    workers.rules = Rules([Rule("new", (BOB,))])
    assert approves(workers, request, BOB).status == Status.PENDING
    assert "The rule “new” decides now. Look at the card again." in workers.said("private")[-1]
    assert approves(workers, request, BOB).status == Status.APPROVED


def test_under_a_rule_that_is_gone_todays_rules_people_deny(workers: Workers, aws: AwsSandbox) -> None:
    """Also while AWS is away: what is denied needs nothing of it."""
    request = asked(workers, Rule("old", (BOB,)))
    aws.faults.add("ListParents", "throttle", times=None)
    workers.rules = Rules([Rule("new", (CAROL,))])
    workers.click(request, "deny", BOB)
    workers.click(request, "deny", CAROL)
    workers.work()
    assert "can decide this" in workers.said("private")[-1]
    assert workers.request(request.id).decided_by == CAROL


def test_as_long_as_the_organization_was_not_read_the_rules_on_the_card_decide(workers: Workers) -> None:
    """What was approved is judged anew before anything is sent, and that waits for the organization."""
    request = asked(workers, Rule("a", (BOB,)))
    workers.context = dataclasses.replace(workers.context, organization=lambda: None)
    assert approves(workers, request, BOB).status == Status.APPROVED


def test_where_no_rule_decides_any_more_it_can_be_denied_but_not_approved(workers: Workers) -> None:
    request = asked(workers, Rule("a", (BOB,)))
    workers.rules = Rules([Rule("a", (BOB,), operations=("create-ou",))])
    assert approves(workers, request, BOB).status == Status.PENDING
    assert "It can no longer be approved: no rule allows tag-account" in workers.said("private")[-1]
    workers.click(request, "deny", BOB)
    workers.work()
    assert workers.request(request.id).status == Status.DENIED


@pytest.mark.parametrize(
    ("rule", "role", "may"),
    [
        (Rule("all", (BOB,)), "OrganizationAccountAccessRole", True),
        (Rule("all", (BOB,)), "Admin", False),
        (Rule("all", (BOB,), roles=("Admin",)), "Admin", True),
        (Rule("tags", (BOB,), operations=("tag-account",)), "OrganizationAccountAccessRole", False),
        (
            Rule("elsewhere", (BOB,), operations=("credentials",), under="/Security"),
            "OrganizationAccountAccessRole",
            False,
        ),
        (Rule("hers", (BOB,), requesters=(ALICE,)), "OrganizationAccountAccessRole", True),
        (Rule("his", (BOB,), requesters=(DAVE,)), "OrganizationAccountAccessRole", False),
    ],
)
def test_what_comes_next_is_offered_where_the_rules_let_the_requester_ask(
    workers: Workers, rule: Rule, role: str, *, may: bool
) -> None:
    request = asked(workers, Rule("all", (BOB,)))
    workers.rules = Rules([rule])
    assert may_ask_next(workers.context, request, get_credentials(role, WEB)) is may


def test_what_cannot_be_judged_yet_is_offered_unless_it_is_switched_off(workers: Workers) -> None:
    request = asked(workers, Rule("all", (BOB,)))
    unfinished = Prefilled(operation="create-ou", label="Create an OU")
    unknown = get_credentials("OrganizationAccountAccessRole", "999999999999")
    assert may_ask_next(workers.context, request, unfinished)
    assert may_ask_next(workers.context, request, unknown)
    workers.rules = Rules([Rule("all", (BOB,))], without=frozenset({"create-ou"}))
    assert not may_ask_next(workers.context, request, unfinished)


def test_while_slack_is_away_rules_for_some_requesters_count_as_met(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> Person:
        raise SlackAwayError("users.info")

    request = asked(workers, Rule("all", (BOB,)))
    workers.rules = Rules([Rule("his", (BOB,), requesters=(DAVE,))])
    monkeypatch.setattr(workers.people, "look", away)
    assert may_ask_next(workers.context, request, get_credentials("OrganizationAccountAccessRole", WEB))


@pytest.mark.parametrize("fault", [("throttle", ""), ("drop-before", ""), ("error", "ExpiredTokenException")])
def test_while_aws_does_not_tell_an_approval_counts_by_what_was_read_last(
    workers: Workers, aws: AwsSandbox, fault: tuple[Any, str]
) -> None:
    request = asked(workers, Rule("a", (BOB,)))
    kind, code = fault
    aws.faults.add("ListParents", kind, code=code, times=None)
    assert approves(workers, request, BOB).status == Status.APPROVED


def test_who_may_not_approve_any_more_may_still_take_their_approval_back(workers: Workers) -> None:
    request = approves(workers, asked(workers, Rule("two", (BOB, CAROL), approvals=2)), BOB)
    workers.rules = Rules([Rule("two", (CAROL, DAVE), approvals=2)])
    workers.click(request, "withdraw", BOB)
    decide(workers.context, workers._newest_click())
    with workers.context.store.read() as session:
        assert session.exec(select(Vote)).all() == []


def test_where_a_rule_has_no_approvers_it_is_named_itself(workers: Workers) -> None:
    request = asked(workers, Rule("a&b", (), approvals=0))
    workers.click(request, "end", BOB)
    decide(workers.context, workers._newest_click())
    assert "Only the rule “a&amp;b” can do this." in workers.said("private")[-1]


def test_whoever_is_known_by_the_addresses_of_an_approver_and_of_the_requester_is_one_person_with_both() -> None:
    """Somebody voted under the requester's address and another; by that other one the requester comes back."""
    voted = {BOB: Aliases.of(BOB, "alice@example.com", "second@example.com")}
    found = Involved(KnownPeople().look(ALICE), Aliases.of(ALICE, "alice@example.com"), voted)
    assert found.asks(Aliases.of(DAVE, "second@example.com"))
    assert not found.asks(Aliases.of(DAVE, "dave@example.com"))
