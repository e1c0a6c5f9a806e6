"""One person is one seat: whoever shares a user or an address with the requester or with an approver, whatever changed since.

The sweep changes addresses between filing, the two votes and the run, in every combination, and compares what happens with
what was ever seen of each account.
"""

from __future__ import annotations

import dataclasses
from itertools import product

import pytest

from approvals.authority.directory import Stranger, Workspace
from approvals.authority.rules import Rule, Rules
from approvals.context import Limits
from approvals.models import Request
from approvals.request.decide import COUNTED, decide
from approvals.states import Status
from tests.harness.people import ALICE, BOB, CAROL, DAVE, TEAM
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}
TWO = Rule("two", (BOB, CAROL, DAVE), approvals=2)
ADDRESSES = {ALICE: "alice@example.com", BOB: "bob@example.com", CAROL: "carol@example.com"}
CHANGES = (None, (ALICE, "bob@example.com"), (BOB, "new@example.com"), (CAROL, "bob@example.com"))


def moves(workers: Workers, user: str, address: str) -> None:
    """Somebody's address in Slack is another one from now on."""
    workers.people.people[user] = dataclasses.replace(workers.people.people[user], key=address)


def asked(workers: Workers, rule: Rule = TWO) -> Request:
    workers.rules = Rules([rule])
    request = workers.ask("create-account", **NEW)
    workers.work()
    return request


def approves(workers: Workers, request: Request, user: str) -> None:
    workers.click(request, "approve", user)
    workers.work()


def is_decided(workers: Workers, request: Request, user: str) -> None:
    """The same, and nothing is carried out yet."""
    workers.click(request, "approve", user)
    decide(workers.context, workers._newest_click())


def test_an_approver_who_changes_their_address_has_one_approval(workers: Workers) -> None:
    request = asked(workers)
    approves(workers, request, BOB)
    moves(workers, BOB, "bob.new@example.com")
    approves(workers, request, BOB)
    assert workers.request(request.id).status == Status.PENDING
    assert COUNTED in workers.said("private")[-1]


def test_a_requester_who_changes_their_address_does_not_approve_from_their_other_account(workers: Workers) -> None:
    request = asked(workers, Rule("one", (BOB,)))
    moves(workers, ALICE, "elsewhere@example.com")
    moves(workers, BOB, "Alice@Example.com")  # The address under which it was asked.
    approves(workers, request, BOB)
    assert workers.request(request.id).status == Status.PENDING
    assert "your own request" in workers.said("private")[-1]


def test_one_person_over_three_steps(workers: Workers) -> None:
    """Bob voted as bob@, and is bob.new@ today; Carol's account has bob.new@; so she has voted."""
    request = asked(workers)
    approves(workers, request, BOB)
    moves(workers, BOB, "bob.new@example.com")
    moves(workers, CAROL, "bob.new@example.com")
    approves(workers, request, CAROL)
    assert COUNTED in workers.said("private")[-1]
    workers.click(request, "withdraw", CAROL)
    workers.work()
    assert "has withdrawn" in workers.said("thread")[-1]


def test_two_who_turn_out_to_be_one_do_not_carry_it(workers: Workers) -> None:
    request = asked(workers)
    approves(workers, request, BOB)
    is_decided(workers, request, CAROL)
    moves(workers, CAROL, "bob@example.com")
    workers.work()
    stale = workers.request(request.id)
    assert stale.status == Status.STALE
    assert "carol, who approved it, is the same person as bob." in stale.outcome


@pytest.mark.parametrize("changes", list(product(CHANGES, repeat=3)))
def test_whatever_changes_a_run_rests_on_two_others(
    workers: Workers, changes: tuple[tuple[str, str] | None, ...]
) -> None:
    """Between filing and the first vote, between the votes, and between the last vote and the run."""
    seen = {user: {(user, address)} for user, address in ADDRESSES.items()}  # What each request and vote was made with.
    request, now = asked(workers), dict(ADDRESSES)
    for user, change in zip((BOB, CAROL, ""), changes, strict=True):
        if change:
            moves(workers, *change)
            now[change[0]] = change[1]
        if user:
            seen[user] = {(user, now[user])}
            is_decided(workers, request, user)
    workers.work()
    names = {user: {user, *(address for _, address in seen[user]), now[user]} for user in seen}
    are_three = not any(names[one] & names[other] for one, other in ((ALICE, BOB), (ALICE, CAROL), (BOB, CAROL)))
    ran = bool(workers.attempts(request))
    assert not ran or are_three
    assert ran or not are_three or not _no_two_ever_met(changes)


def _no_two_ever_met(changes: tuple[tuple[str, str] | None, ...]) -> bool:
    """Whether no address was two accounts' at one time: then nothing may stop it."""
    now = dict(ADDRESSES)
    for change in changes:
        if change:
            now[change[0]] = change[1]
        if len(set(now.values())) < len(now):
            return False
    return True


def test_the_requester_ends_and_cancels_from_any_account(workers: Workers) -> None:
    request = asked(workers)
    moves(workers, DAVE, "alice@example.com")
    workers.click(request, "cancel", DAVE)
    workers.work()
    assert workers.request(request.id).status == Status.CANCELLED


def test_who_broke_the_glass_does_not_sign_its_review_from_another_account(workers: Workers) -> None:
    workers.rules = Rules([Rule("one", (BOB, CAROL), break_glass=(ALICE,))])
    request = workers.ask("create-account", **NEW)
    with workers.context.store.write() as session:
        request.break_glass = True
        session.add(request)
    workers.work()
    moves(workers, ALICE, "elsewhere@example.com")
    moves(workers, BOB, "alice@example.com")
    workers.click(request, "review", BOB)
    workers.work()
    assert "somebody else has to review it" in workers.said("private")[-1]


def test_limits_count_people(workers: Workers) -> None:
    workers.limits = Limits(pending=1)
    workers.restart()
    asked(workers)
    moves(workers, DAVE, "ALICE@example.com")
    second = workers.ask("create-account", DAVE, account_name="fullback-other", email="other@example.com")
    workers.work()
    assert workers.request(second.id).status == Status.REFUSED


def test_a_member_of_several_workspaces_decides_from_any_of_them(workers: Workers) -> None:
    """bolt-js#1875: a click on Enterprise Grid carries another workspace of the person's."""
    workers.people.here = lambda: Workspace(TEAM, "E0GRID")
    of_two = frozenset({TEAM, "T0SECOND"})
    bob = dataclasses.replace(workers.people.people[BOB], team="T0SECOND", teams=of_two, enterprise="E0GRID")
    workers.people.people[BOB] = bob
    request = asked(workers, Rule("one", (BOB,)))
    workers.click(request, "approve", BOB, team="T0OTHER")
    workers.work()
    assert workers.said("private")[-1] == Stranger.FOREIGN
    workers.click(request, "approve", BOB, team="T0SECOND")
    workers.work()
    assert workers.request(request.id).decided_by == BOB


def test_a_stranger_is_told_one_sentence_and_no_number(workers: Workers) -> None:
    request = asked(workers)
    workers.people.people[DAVE] = dataclasses.replace(workers.people.people[DAVE], guest=True)
    for kind in ("approve", "deny", "cancel", "withdraw", "review", "end", "control:cancel"):
        workers.click(request, kind, DAVE, team=TEAM)
        workers.work()
        assert workers.said("private")[-1] == Stranger.GUEST
