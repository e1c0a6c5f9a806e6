"""When AWS cannot be asked: a request waits, people are told once, and nothing is claimed that only AWS knows."""

from __future__ import annotations

from datetime import datetime

import pytest

from approvals.models import Request
from approvals.request.attempts import LeaseLostError
from approvals.request.execute import PATIENCE, TELL_FROM
from approvals.request.following import outcome_of
from approvals.states import TERMINAL, Outcome, Status
from approvals.views.on_hold import FAILED_LOOKS, GIVE_UP, ON_HOLD
from operations.accounts.open_account import OpenAccount
from operations.aws.errors import AmbiguousError, AwsError, BusyError, CredentialsError, FencedError, RefusedError
from operations.core.observations import Failed
from sandbox.aws.server import AwsSandbox
from tests.approvals.request.test_execute import NEW, accounts_with, place_of
from tests.harness.people import ALICE, BOB
from tests.harness.workers import Workers

MANY = PATIENCE * 3
LOOKS = ("ListCreateAccountStatus", "DescribeCreateAccountStatus")
EXPIRED = "The bot's own AWS credentials have expired."


def refuse(aws: AwsSandbox, code: str, *operations: str) -> None:
    """AWS refuses these operations from now on; all of them when none is named."""
    for operation in operations or ("",):
        aws.faults.add(operation, "error", code=code, times=None)


def let_time_pass(workers: Workers, looks: int = MANY) -> None:
    for _ in range(looks):
        workers.work()
        workers.clock.advance(seconds=61)


def told(workers: Workers, words: str) -> list[int]:
    """How often these words were said in the thread, and to the requester."""
    return [len([line for line in workers.said(kind) if words in line]) for kind in ("thread", "dm")]


def under_way(workers: Workers, aws: AwsSandbox) -> Request:
    """A creation that AWS has taken on."""
    aws.conditions.creation_seconds = 3600.0
    request = workers.approved("create-account", **NEW)
    workers.work()
    return workers.request(request.id)


@pytest.mark.parametrize(
    ("code", "why", "way_out"),
    [
        ("AccessDeniedException", "permissions do not allow this call", "`orgbot iam-policy`"),
        ("ExpiredTokenException", EXPIRED, "`orgbot check`"),
        ("OddException", "OddException", "`orgbot check`"),
    ],
)
def test_a_refused_look_never_ends_what_was_sent(
    workers: Workers, aws: AwsSandbox, code: str, why: str, way_out: str
) -> None:
    request = under_way(workers, aws)
    refuse(aws, code, *LOOKS)
    let_time_pass(workers)
    assert workers.request(request.id).status == Status.WAITING
    assert told(workers, "*Waiting:*") == told(workers, why) == told(workers, way_out) == [1, 1]
    assert told(workers, "may have taken effect") == [1, 1]
    assert told(workers, "not created") == told(workers, "asked again") == [0, 0]

    aws.faults.clear()
    aws.finish_creations()
    assert workers.until_done(request).status == Status.SUCCEEDED
    assert told(workers, "AWS can be asked again") == [1, 0]
    assert "*Waiting:*" not in workers.said("dm")[-1]
    assert len(accounts_with(aws, NEW["email"])) == len(aws.calls.of("CreateAccount")) == 1


def test_a_worker_that_has_lost_the_request_tells_nothing(workers: Workers, aws: AwsSandbox) -> None:
    """The one that has it now counts its own looks, and tells what it finds."""
    request = under_way(workers, aws)
    workers.clock.advance(seconds=10)
    execution = workers.take(request)
    assert execution
    workers.restart()
    with pytest.raises(LeaseLostError):
        execution.hold(TELL_FROM, Failed("no"))
    assert told(workers, "*Waiting:*") == [0, 0]


def test_a_blip_is_not_told(workers: Workers, aws: AwsSandbox) -> None:
    request = under_way(workers, aws)
    refuse(aws, "AccessDeniedException", *LOOKS)
    let_time_pass(workers, 2)
    aws.faults.clear()
    aws.finish_creations()
    assert workers.until_done(request).status == Status.SUCCEEDED
    assert told(workers, "*Waiting:*") == told(workers, "asked again") == [0, 0]


def test_from_the_third_look_on_that_failed_in_a_row_it_is_told(workers: Workers, aws: AwsSandbox) -> None:
    under_way(workers, aws)
    refuse(aws, "AccessDeniedException", *LOOKS)
    heard = []
    for _ in range(5):
        workers.clock.advance(seconds=61)
        workers.work()
        heard.append(told(workers, "*Waiting:*"))
    assert heard == [[0, 0], [0, 0], [1, 1], [1, 1], [1, 1]]


def test_an_aws_that_only_does_not_answer_is_told_from_the_eighth_look_on(workers: Workers, aws: AwsSandbox) -> None:
    request = under_way(workers, aws)
    refuse(aws, "ConcurrentModificationException", *LOOKS)
    heard = {}
    for _ in range(9):
        workers.clock.advance(minutes=5)
        workers.work()
        memory = workers.request(request.id).memory
        heard[memory[FAILED_LOOKS]] = (told(workers, "*Waiting:*"), memory.get(ON_HOLD))
    assert heard == {looks: ([1, 1], True) if looks >= 8 else ([0, 0], None) for looks in range(1, 10)}


def test_ten_looks_may_fail_in_a_row_before_what_has_sent_nothing_ends(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("move-account", account="fullback-staging-web", to="/Workloads/Production")
    refuse(aws, "AccessDeniedException", "ListParents")
    let_time_pass(workers, PATIENCE)
    assert workers.request(request.id).status not in TERMINAL
    let_time_pass(workers, 1)
    assert workers.request(request.id).status == Status.FAILED


def test_an_error_of_our_own_never_ends_what_was_sent(
    workers: Workers, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is set aside, and what became of it is said to be unknown; a new version may mend it."""
    request = under_way(workers, aws)
    with monkeypatch.context() as broken:
        broken.setattr(OpenAccount, "observe", lambda *_: 1 / 0)
        let_time_pass(workers)
    assert workers.request(request.id).status == Status.WAITING
    assert told(workers, f"in the log under request={request.id}") == [1, 1]
    assert told(workers, "it is not known whether it did") == [1, 1]
    assert told(workers, f"Check in AWS whether this was done: {request.title}") == [1, 1]

    aws.finish_creations()
    workers.restart()
    assert workers.until_done(request).status == Status.SUCCEEDED


@pytest.mark.parametrize("by", [ALICE, BOB])
def test_whoever_may_not_wait_gives_up(workers: Workers, aws: AwsSandbox, by: str) -> None:
    request = under_way(workers, aws)
    refuse(aws, "AccessDeniedException", *LOOKS)
    let_time_pass(workers, TELL_FROM + 1)
    workers.click(request, f"control:{GIVE_UP.key}", by)
    request = workers.until_done(request)
    assert request.status == Status.FAILED
    assert "What was sent to AWS may have taken effect." in request.outcome
    assert "Check in AWS" in request.advice


def test_nobody_gives_up_what_goes_on(workers: Workers, aws: AwsSandbox) -> None:
    request = under_way(workers, aws)
    workers.click(request, f"control:{GIVE_UP.key}", ALICE)
    workers.work()
    assert workers.request(request.id).status == Status.WAITING
    assert "can no longer be asked for" in workers.said("private")[-1]


def test_a_half_done_request_waits_as_well(workers: Workers, aws: AwsSandbox) -> None:
    """Only the move is left, and where the account is cannot be seen."""
    refuse(aws, "AccessDeniedException", "ListParents")
    request = workers.approved("create-account", **NEW)
    let_time_pass(workers)
    assert workers.request(request.id).status not in TERMINAL

    aws.faults.clear()
    request = workers.until_done(request)
    assert place_of(aws, request.memory["account"]) == "Staging"


def test_expired_credentials_end_nothing_before_the_first_call(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("create-account", **NEW)
    refuse(aws, "ExpiredTokenException")
    let_time_pass(workers)
    assert workers.request(request.id).status == Status.APPROVED
    assert told(workers, EXPIRED) == told(workers, "Nothing has been changed") == [1, 1]

    aws.faults.clear()
    assert workers.until_done(request).status == Status.SUCCEEDED


def test_a_call_that_was_turned_away_for_its_credentials_is_sent_again(workers: Workers, aws: AwsSandbox) -> None:
    refuse(aws, "InvalidClientTokenId", "CreateAccount")
    request = workers.approved("create-account", **NEW)
    let_time_pass(workers, 5)
    assert set(workers.attempts(request)) == {Outcome.BUSY}
    assert told(workers, "AWS does not accept the bot's own AWS credentials.") == [1, 1]

    aws.faults.clear()
    assert workers.until_done(request).status == Status.SUCCEEDED
    assert len(accounts_with(aws, NEW["email"])) == 1


def test_a_look_that_stays_refused_ends_what_has_sent_nothing(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("move-account", account="fullback-staging-web", to="/Workloads/Production")
    refuse(aws, "AccessDeniedException", "ListParents")
    request = workers.until_done(request)
    assert (request.status, told(workers, "*Waiting:*")) == (Status.FAILED, [0, 0])
    assert "permissions" in request.outcome


def test_who_asks_is_told_that_approvers_cannot_be_asked_yet(workers: Workers, aws: AwsSandbox) -> None:
    refuse(aws, "ExpiredTokenException")
    request = workers.ask("create-account", **NEW)
    let_time_pass(workers)
    assert (workers.request(request.id).status, told(workers, EXPIRED)) == (Status.PENDING, [0, 1])

    aws.faults.clear()
    workers.work()
    assert workers.request(request.id).announced_at is not None


def _soon(workers: Workers, request: Request) -> float:
    due = workers.request(request.id).due_at
    assert isinstance(due, datetime)
    return (due - workers.clock()).total_seconds()


def test_the_pauses_are_short_again_when_it_goes_on(workers: Workers, aws: AwsSandbox) -> None:
    request = under_way(workers, aws)
    refuse(aws, "AccessDeniedException", *LOOKS)
    let_time_pass(workers)
    aws.faults.clear()
    workers.work()
    assert _soon(workers, request) == workers.context.pace.poll.total_seconds()


def test_the_pauses_are_short_again_after_a_lost_answer(workers: Workers, aws: AwsSandbox) -> None:
    aws.conditions.creation_seconds = 3600.0
    aws.faults.add("CreateAccount", "drop-before")
    request = workers.approved("create-account", **NEW)
    while workers.request(request.id).status in (Status.APPROVED, Status.UNKNOWN):
        workers.work()
        last, left = workers.request(request.id).status, _soon(workers, request)
        workers.clock.advance(seconds=left)
    assert (last, left) == (Status.WAITING, workers.context.pace.poll.total_seconds())


@pytest.mark.parametrize(
    ("kind", "of_the_call", "of_a_look"),
    [
        (RefusedError, Outcome.REFUSED, Outcome.AMBIGUOUS),
        (BusyError, Outcome.BUSY, Outcome.AMBIGUOUS),
        (CredentialsError, Outcome.BUSY, Outcome.AMBIGUOUS),
        (AmbiguousError, Outcome.AMBIGUOUS, Outcome.AMBIGUOUS),
    ],
)
def test_what_an_error_says_about_the_call(kind: type[AwsError], of_the_call: Outcome, of_a_look: Outcome) -> None:
    """A look within an act says nothing about the call before it, such as one that found a duplicate."""
    error = kind("CreateAccount", "no")
    assert outcome_of(error) == of_a_look
    error.write = True
    assert outcome_of(error) == of_the_call
    assert outcome_of(FencedError()) == Outcome.FENCED
