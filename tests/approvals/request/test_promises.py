"""What is promised whatever people, clocks, networks and processes do: a state machine, its promises the invariants.

Source: Hypothesis documentation, "Stateful tests"; docs/explanation/how-it-works.md, "The life of a request".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from approvals.audit import alarm
from approvals.audit.chain import problems
from approvals.audit.evidence import every
from approvals.authority.directory import Stranger
from approvals.authority.rules import Rule, Rules
from approvals.models import Attempt, Message, Request, Vote
from approvals.states import TERMINAL, Status
from approvals.views.card import STATES
from sandbox.aws.server import AwsSandbox
from tests.harness.crashing import (
    ACCOUNTS,
    ALICE_TOO,
    APPROVERS,
    BOB_TOO,
    DEATHS,
    EVERYBODY,
    FOREIGN,
    GUEST,
    LEFT,
    ONE,
    TWO,
    CrashingWorkers,
    Died,
    dying,
    two_approvals,
)
from tests.harness.people import ALICE, BOB, CAROL, TEAM
from tests.harness.profiles import for_machine

POSTED = {"card_channel", "card_ts", "card_link", "tell_at"}  # A card may arrive in Slack after the end.
STAYS = frozenset(Request.model_fields) - POSTED - {"lease_owner", "lease_until"}
FINAL_WORDS = {
    Status.REFUSED: "Not submitted",
    Status.DENIED: "Denied by",
    Status.CANCELLED: "Cancelled.",
    Status.EXPIRED: "so it has expired",
    Status.SUCCEEDED: "1 tag set on",
    Status.FAILED: "*Failed:*",
    Status.STALE: "*Out of date:*",
}
WAITS = (5, 61, 200, 800, 3 * 3600, 73 * 3600)  # Seconds: a poll, a guard, a lease, the settle time, hours, an expiry.
TROUBLES: Any = ("throttle", "drop-before", "drop-after", "bad-json", "500", "error")

which = st.integers(0, 5)
process = st.integers(0, 1)


class Promises(RuleBasedStateMachine):
    """The rules are what may happen; the invariants hold after each of them, and `teardown` looks at the end of it all."""

    crashing: ClassVar[CrashingWorkers]

    def __init__(self) -> None:
        super().__init__()
        self.crashing.begin()
        self.clicks: list[tuple[Request, str, str, str, str]] = []
        self.ended: dict[int, dict[str, Any]] = {}
        self.counted: set[int] = set()
        self.seen: list[tuple[str, int | str]] = []
        self.sent = 0

    @initialize(account=st.sampled_from(ACCOUNTS), rule=st.sampled_from((ONE, TWO)))
    def begin_with_a_card(self, account: str, rule: str) -> None:
        self.ask(ALICE, account, rule)
        self.work()

    def ask(self, by: str, account: str, rule: str) -> None:
        found = self.crashing.rules.named(rule)
        if found is not None:
            self.crashing.request_tag(by, account, found)

    @rule(
        by=st.sampled_from((ALICE, ALICE_TOO, BOB, GUEST, LEFT, FOREIGN)),
        account=st.sampled_from(ACCOUNTS),
        rule=st.sampled_from((ONE, TWO)),
    )
    def somebody_asks(self, by: str, account: str, rule: str) -> None:
        self.ask(by, account, rule)

    @rule(
        number=which,
        kind=st.sampled_from(("approve", "deny", "cancel")),
        by=st.sampled_from(EVERYBODY),
        team=st.sampled_from((TEAM, TEAM, TEAM, "T0OTHER")),
    )
    def somebody_clicks(self, number: int, kind: str, by: str, team: str) -> None:
        self.click(number, kind, by, team)

    @rule(number=which, by=st.sampled_from((BOB, BOB_TOO, CAROL)))
    def an_approver_approves(self, number: int, by: str) -> None:
        self.click(number, "approve", by, TEAM)

    def click(self, number: int, kind: str, by: str, team: str) -> None:
        requests = self.crashing.rows(Request)
        if requests:
            name = f"click {len(self.clicks)}"
            self.clicks.append((requests[-1 - number % len(requests)], kind, by, team, name))
            self._deliver(self.clicks[-1])

    @rule(number=which, process=process)
    def two_approve_and_it_is_carried_out(self, number: int, process: int) -> None:
        for by in (CAROL, BOB):
            self.click(number, "approve", by, TEAM)
        self.work(process)

    @rule(number=which)
    def the_requester_takes_it_back(self, number: int) -> None:
        requests = self.crashing.rows(Request)
        if requests:
            self.click(number, "cancel", requests[-1 - number % len(requests)].requester, TEAM)
            self.work()

    @rule(number=which)
    def one_person_approves_from_two_accounts(self, number: int) -> None:
        for by in (BOB, BOB_TOO):
            self.click(number, "approve", by, TEAM)
        self.work()

    @rule(account=st.sampled_from(ACCOUNTS), seconds=st.sampled_from(WAITS))
    def the_approvers_go_while_aws_is_busy(self, account: str, seconds: int) -> None:
        self.ask(ALICE, account, ONE)
        self.work()
        self.crashing.aws.faults.add("TagResource", "throttle", times=3)
        self.two_approve_and_it_is_carried_out(0, 0)
        self.nobody_decides_who_may_not()  # What was so far is judged by those who were approvers so far.
        self.nothing_is_sent_without_enough_approvers_who_still_may()
        self.the_approvers_change({BOB, BOB_TOO, CAROL})
        self.crashing.clock.advance(seconds=seconds)
        self.work()

    @rule(number=which)
    def slack_delivers_a_click_again(self, number: int) -> None:
        if self.clicks:
            self._deliver(self.clicks[-1 - number % len(self.clicks)])

    def _deliver(self, click: tuple[Request, str, str, str, str]) -> None:
        request, kind, by, team, name = click
        self.crashing.click(request, kind, by, team=team, delivery=name)

    @rule(gone=st.sets(st.sampled_from((BOB, BOB_TOO, CAROL))))
    def the_approvers_change(self, gone: set[str]) -> None:
        now = tuple(user for user in APPROVERS if user not in gone)
        self.crashing.rules = Rules([two_approvals(now), Rule(ONE, now)])

    @rule()
    def a_rule_goes(self) -> None:
        self.crashing.rules = Rules([two_approvals(APPROVERS)])

    @rule(user=st.sampled_from((ALICE, BOB, CAROL)), flag=st.sampled_from(("guest", "deactivated")), on=st.booleans())
    def somebody_changes(self, user: str, flag: str, *, on: bool) -> None:
        self.crashing.set_flag(user, flag, on=on)

    @rule(away=st.booleans())
    def slack_goes_away_or_comes_back(self, *, away: bool) -> None:
        self.crashing.people.away = away

    @rule(seconds=st.sampled_from(WAITS))
    def time_passes(self, seconds: int) -> None:
        self.crashing.clock.advance(seconds=seconds)

    @rule(kind=st.sampled_from(TROUBLES), times=st.integers(1, 4))
    def aws_will_be_in_trouble(self, kind: Any, times: int) -> None:
        self.crashing.aws.faults.add("TagResource", kind, times=times, code="AccessDeniedException")

    @rule(process=process)
    def everything_due_is_done(self, process: int) -> None:
        self.work(process)

    def work(self, process: int = 0) -> None:
        for _ in range(4):
            if not (due := self._due()):
                return
            for job in due:
                self.crashing.do(job, process)

    @rule(picks=st.lists(st.integers(0, 20), min_size=1, max_size=4), process=process)
    def some_jobs_are_done(self, picks: list[int], process: int) -> None:
        for pick in picks:
            due = self._due()
            if due:
                self.crashing.do(due[pick % len(due)], process)

    @rule(pick=st.integers(0, 100), process=process)
    def a_worker_comes_late(self, pick: int, process: int) -> None:
        """It took the job from a list that was read before somebody else did the job."""
        if self.seen:
            self.crashing.do(self.seen[-1 - pick % len(self.seen)], process)

    @rule(place=st.sampled_from(DEATHS), before=st.booleans(), forget=st.booleans(), process=process)
    def a_process_dies(self, place: tuple[type, str], process: int, *, before: bool, forget: bool) -> None:
        try:
            with dying(place, before=before):
                self.work(process)
        except Died:
            self.crashing.replace(process, forget=forget)

    def _due(self) -> list[tuple[str, int | str]]:
        jobs = self.crashing.jobs()
        self.seen = [*self.seen, *(job for job in jobs if job not in self.seen)]
        return jobs

    @invariant()
    def what_has_ended_never_changes(self) -> None:
        for request in self.crashing.rows(Request):
            if request.status in TERMINAL:
                now = {name: getattr(request, name) for name in STAYS}
                assert self.ended.setdefault(request.id or 0, now) == now

    @invariant()
    def nobody_decides_who_may_not(self) -> None:
        requests = {request.id: request for request in self.crashing.rows(Request)}
        for vote in self.crashing.rows(Vote):
            if vote.id not in self.counted:
                self.counted.add(vote.id or 0)
                assert vote in self._good(requests[vote.request_id], [vote])

    @invariant()
    def a_person_votes_once(self) -> None:
        people = self.crashing.people.people
        votes = Counter((vote.request_id, people[vote.user].key) for vote in self.crashing.rows(Vote))
        assert [voter for voter, times in votes.items() if times > 1] == []

    @invariant()
    def nothing_is_sent_without_enough_approvers_who_still_may(self) -> None:
        calls = self.crashing.aws.calls.of("TagResource")
        for call in calls[self.sent :]:
            (request,) = (found for found in self.crashing.rows(Request) if self.crashing.is_for(call, found))
            good = self._good(request, [v for v in self.crashing.votes(request.id) if v.decision == "approve"])
            assert len({vote.person for vote in good}) >= request.approvals_needed
        self.sent = len(calls)

    def _good(self, request: Request, votes: list[Vote]) -> list[Vote]:
        """The votes that count now, judged without the bot's own code."""
        found = self.crashing.rules.named(request.rule)
        people = self.crashing.people.people
        return [
            vote
            for vote in votes
            if found is not None
            and vote.user in found.approvers
            and vote.user in self.crashing.able()
            and people[vote.user].key not in (people[request.requester].key, request.person)
            and vote.digest == request.digest
        ]

    @invariant()
    def what_is_asked_is_done_once(self) -> None:
        for request in self.crashing.rows(Request):
            done = self.crashing.effects(request)
            assert done <= 1
            assert done == 0 or request.decided_by
            assert done == (request.status == Status.SUCCEEDED) or request.status not in TERMINAL

    @invariant()
    def the_audit_is_whole_and_proves_everything(self) -> None:
        found = self.crashing.audit()
        assert problems(found) == []
        assert alarm.EVENT not in [entry.event for entry in found]
        with self.crashing.engine.connect() as connection:
            assert list(every(connection)) == []

    @invariant()
    def only_the_dead_hold_what_nobody_works_on(self) -> None:
        assert self.crashing.lease_owners() <= self.crashing.dead

    @invariant()
    def a_click_is_answered_once(self) -> None:
        """Besides one word that it waits, where Slack does not tell who may decide."""
        lines = [message.marker for message in self.crashing.rows(Message) if message.kind == "private"]
        waits = [marker for marker in lines if marker.endswith("-waits")]
        assert len(lines) - len(waits) <= len(self.clicks)
        assert len(waits) == len(set(waits)) <= len(self.clicks)

    @invariant()
    def each_call_is_in_the_audit(self) -> None:
        """Once its worker has ended: with its answer, or with the note that the process died before it came."""
        open_ones = Counter(attempt.request_id for attempt in self.crashing.rows(Attempt) if not attempt.outcome)
        noted = Counter(entry.request_id or 0 for entry in self.crashing.audit() if entry.event == "aws.call")
        for request in self.crashing.rows(Request):
            made = [call for call in self.crashing.aws.calls.of("TagResource") if self.crashing.is_for(call, request)]
            assert len(made) <= noted[request.id or 0] + open_ones[request.id or 0]

    def teardown(self) -> None:
        """In the end everything has ended, each request has one card that says how, and its requester one word of it."""
        self.crashing.drain()
        for promise in self.invariants:
            promise.function(self)
        posted = Counter(post["metadata"]["event_payload"]["id"] for post in self.crashing.slack.posts)
        assert [marker for marker, times in posted.items() if times > 1] == []
        for request in self.crashing.rows(Request):
            self._is_told(request)

    def _is_told(self, request: Request) -> None:
        status = Status(request.status)
        cards = self.crashing.slack.cards("C0APPROVALS", request.id or 0)
        assert len(cards) == (status != Status.REFUSED)
        assert all(card.startswith(STATES[status][1]) for card in cards)
        is_stranger = request.outcome in list(Stranger)
        final = request.outcome if is_stranger else FINAL_WORDS[status]
        words = [post["text"] for post in self.crashing.direct(request) if final in post["text"]]
        assert len(words) == 1


@pytest.fixture(scope="module")
def one_crashing(running_aws: AwsSandbox) -> Iterator[CrashingWorkers]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in running_aws.environment().items():
            environment.setenv(name, value)
        found = CrashingWorkers(running_aws)
        yield found
        found.close()


@pytest.mark.timeout(0)
def test_the_promises_hold_whatever_happens(one_crashing: CrashingWorkers) -> None:
    Promises.crashing = one_crashing
    run_state_machine_as_test(Promises, settings=for_machine(9, 30))
