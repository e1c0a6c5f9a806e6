"""What is approved is carried out once, whatever happens between two lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from approvals.audit.proof import WISH
from approvals.context import Context, NotYetError
from approvals.models import Attempt, Request, operation_of
from approvals.request.attempts import LeaseLostError
from approvals.request.execute import _carry_on, _go_on, _is_proven, _lost_since, _proceed, _take_step, run
from approvals.request.execution import Execution
from approvals.request.following import outcome_of
from approvals.slack.client import SlackAwayError, SlackRefusedError
from approvals.states import TERMINAL, Outcome, Status
from approvals.views.on_hold import FAILED_LOOKS, GIVE_UP, NOT_NOW, ON_HOLD, SLACK, UNBEGUN, given_up
from approvals.views.thread import MENDABLE, SAID, SNIPPETS
from operations.accounts.open_account import REQUEST_TAG
from operations.aws.client import Call
from operations.aws.errors import AmbiguousError, AwsError, BusyError, CredentialsError, FencedError, RefusedError
from operations.core.explanations import refusal
from operations.core.observations import Done, Facts, Failed, Observation, Ready, Stale
from operations.core.steps import Shared, Step, World
from sandbox.aws.server import AwsSandbox
from tests.approvals.views.test_card import longest
from tests.harness.people import BOB
from tests.harness.tables import each_of
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com", "ou": "/Workloads/Staging"}


def accounts_with(aws: AwsSandbox, email: str) -> list[dict[str, Any]]:
    pages = aws.client("organizations").get_paginator("list_accounts").paginate()
    return [account for page in pages for account in page["Accounts"] if account["Email"] == email]


def place_of(aws: AwsSandbox, account: str) -> str:
    organizations = aws.client("organizations")
    parent = organizations.list_parents(ChildId=account)["Parents"][0]
    if parent["Type"] == "ROOT":
        return "/"
    return str(
        organizations.describe_organizational_unit(OrganizationalUnitId=parent["Id"])["OrganizationalUnit"]["Name"]
    )


def test_an_approved_account_is_created_and_moved(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.until_done(workers.approved("create-account", **NEW, tags=["owner=web"]))

    (account,) = accounts_with(aws, NEW["email"])
    assert (request.status, request.memory["account"]) == (Status.SUCCEEDED, account["Id"])
    assert place_of(aws, account["Id"]) == "Staging"
    assert account["Id"] in workers.said("dm")[-1]


def test_the_account_carries_the_mark_of_its_request(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.until_done(workers.approved("create-account", **NEW, tags=["owner=web"]))

    tags = aws.client("organizations").list_tags_for_resource(ResourceId=request.memory["account"])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"owner": "web", REQUEST_TAG: request.marker}


def test_a_slow_creation_is_followed_and_never_called_failed(workers: Workers, aws: AwsSandbox) -> None:
    aws.conditions.creation_seconds = 3600.0
    request = workers.approved("create-account", **NEW)
    for _ in range(100):
        workers.work()
        workers.clock.advance(seconds=60)
    assert workers.request(request.id).status == Status.WAITING
    first, second = (line for line in workers.said("thread") if "AWS is creating the account." in line)
    assert ("longer than usual" in first, "longer than usual" in second) == (False, True)

    aws.finish_creations()
    assert workers.until_done(request).status == Status.SUCCEEDED


@pytest.mark.parametrize("kind", ["drop-after", "bad-json"])
@pytest.mark.parametrize("operation", ["CreateAccount", "MoveAccount"])
def test_a_lost_answer_is_looked_up_and_nothing_is_done_twice(
    workers: Workers, aws: AwsSandbox, operation: str, kind: Any
) -> None:
    aws.faults.add(operation, kind)
    request = workers.until_done(workers.approved("create-account", **NEW))

    assert request.status == Status.SUCCEEDED
    assert len(aws.calls.of(operation)) == 1
    assert len(accounts_with(aws, NEW["email"])) == 1


@pytest.mark.parametrize("kind", ["drop-before", "500", "503"])
@pytest.mark.parametrize("operation", ["CreateAccount", "MoveAccount"])
def test_a_call_that_never_took_effect_is_sent_again_only_after_the_settle_time(
    workers: Workers, aws: AwsSandbox, operation: str, kind: Any
) -> None:
    aws.faults.add(operation, kind)
    request = workers.approved("create-account", **NEW)
    for _ in range(100):
        workers.work()
        workers.clock.advance(seconds=5)
    assert len(aws.calls.of(operation)) == 1
    waiting = workers.request(request.id)
    assert (waiting.status, FAILED_LOOKS in waiting.memory) == (
        Status.UNKNOWN,
        False,
    )  # It settles; no look has failed.

    assert workers.until_done(request).status == Status.SUCCEEDED
    assert len(aws.calls.of(operation)) == 2


@pytest.mark.parametrize(("seconds", "again"), [(719, 0), (720, 1), (721, 1)])
@pytest.mark.parametrize("lost_before", [0, 1])
def test_the_settle_time_counts_to_the_second_from_the_last_call_whose_answer_was_lost(
    workers: Workers, aws: AwsSandbox, seconds: int, again: int, lost_before: int
) -> None:
    aws.faults.add("CreateAccount", "drop-before", times=lost_before + 1)
    workers.approved("create-account", **NEW)
    workers.work()
    for _ in range(lost_before):
        workers.clock.advance(hours=13)
        workers.work()
    sent = len(aws.calls.of("CreateAccount"))
    assert sent == lost_before + 1

    workers.clock.advance(seconds=seconds)
    workers.work()
    assert len(aws.calls.of("CreateAccount")) == sent + again


@pytest.mark.parametrize(("seconds", "told"), [(599, 0), (600, 1)])
def test_what_takes_ten_minutes_is_said_to_take_longer_than_usual(
    workers: Workers, aws: AwsSandbox, seconds: int, told: int
) -> None:
    aws.conditions.creation_seconds = 3600.0
    workers.approved("create-account", **NEW)
    workers.work()
    workers.clock.advance(seconds=seconds)
    workers.work()
    assert len([line for line in workers.said("thread") if "longer than usual" in line]) == told


def test_throttling_is_waited_out(workers: Workers, aws: AwsSandbox) -> None:
    aws.faults.add("CreateAccount", "throttle", times=3)
    request = workers.until_done(workers.approved("create-account", **NEW))

    assert request.status == Status.SUCCEEDED
    assert [*workers.attempts(request)] == [Outcome.BUSY, Outcome.BUSY, Outcome.BUSY, Outcome.OK, Outcome.OK]


def test_between_quick_tries_aws_is_left_a_moment_that_differs_from_worker_to_worker(
    workers: Workers, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("approvals.request.execute.time", SimpleNamespace(sleep=slept.append))
    aws.faults.add("CreateAccount", "throttle", times=None)
    for number in range(4):
        workers.approved("create-account", **NEW | {"email": f"mobile{number}@example.com"})
    workers.work()
    first, second = slept[0::2], slept[1::2]
    assert len(first) == len(second) == 4, "a longer wait follows, in which the worker does something else"
    assert all(0.1 <= pause <= 0.3 for pause in first)
    assert all(0.25 <= pause <= 0.75 for pause in second)
    assert len(set(first)) > 1

    workers.clock.advance(seconds=30)
    workers.work()
    assert len(slept) == 8, "what is busy for longer is asked once at a time"


def test_a_new_organization_that_is_not_final_yet_is_waited_for(workers: Workers, aws: AwsSandbox) -> None:
    aws.faults.add("CreateAccount", "error", code="FinalizingOrganizationException", times=2)
    assert workers.until_done(workers.approved("create-account", **NEW)).status == Status.SUCCEEDED


def test_a_failed_creation_says_what_aws_means_and_what_to_do(workers: Workers, aws: AwsSandbox) -> None:
    aws.fail_next_creation("ACCOUNT_LIMIT_EXCEEDED")
    request = workers.until_done(workers.approved("create-account", **NEW))

    assert request.status == Status.FAILED
    assert "quota" in request.outcome
    assert "Service Quotas" in request.advice
    assert request.outcome in workers.said("dm")[-1]


def test_an_email_that_is_taken_fails_although_an_answer_was_lost(workers: Workers, aws: AwsSandbox) -> None:
    """The account with this e-mail, outside of the organization, is not ours: it does not carry the request's mark."""
    aws.faults.add("CreateAccount", "drop-after")
    request = workers.until_done(workers.approved("create-account", **(NEW | {"email": "aws-partner@example.com"})))

    assert request.status == Status.FAILED
    assert "already belongs" in request.outcome


def test_an_account_that_cannot_be_moved_is_not_left_without_a_word(workers: Workers, aws: AwsSandbox) -> None:
    aws.faults.add("MoveAccount", "error", code="AccessDeniedException")
    request = workers.until_done(workers.approved("create-account", **NEW))

    (account,) = accounts_with(aws, NEW["email"])
    assert request.status == Status.FAILED
    assert f"Done before: Create the account (account {account['Id']})" in request.outcome
    assert "Not done: Move" in request.outcome
    assert request.advice.endswith("then ask again. Ask only for what is missing.")


def test_a_bad_end_outdates_the_picture(workers: Workers, aws: AwsSandbox) -> None:
    """So that what is asked for next is judged by what has been done."""
    aws.faults.add("MoveAccount", "error", code="AccessDeniedException")
    request = workers.until_done(workers.approved("create-account", **NEW))

    rest = workers.ask("move-account", account=request.memory["account"], to=NEW["ou"])
    assert rest.params == {"account": request.memory["account"], "to": request.params["ou"]}


DYING_LINES = ["begin_step", "end_attempt", "advance", "wait", "succeed", "start"]


class Died(BaseException):
    """The process is gone: nothing catches it, and nothing after it runs."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("line", DYING_LINES)
@pytest.mark.parametrize("nth", [1, 2])
def test_a_process_that_dies_between_two_lines_changes_nothing(
    workers: Workers, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch, line: str, when: str, nth: int
) -> None:
    aws.conditions.creation_seconds = 0.02
    request = workers.approved("create-account", **NEW)
    _die(monkeypatch, line, when, nth)
    try:
        workers.until_done(request)
    except Died:
        monkeypatch.undo()
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        workers.restart()

    assert workers.until_done(request).status == Status.SUCCEEDED
    (account,) = accounts_with(aws, NEW["email"])
    assert place_of(aws, account["Id"]) == "Staging"
    assert len(aws.calls.of("CreateAccount")) == 1
    assert len([line for line in workers.said("dm") if "is ready" in line]) == 1


def _die(monkeypatch: pytest.MonkeyPatch, line: str, when: str, nth: int) -> None:
    real = getattr(Execution, line)
    calls = iter(range(1, 1000))

    def dying(execution: Execution, *args: Any, **kwargs: Any) -> Any:
        last = next(calls) == nth
        if last and when == "before":
            raise Died
        answer = real(execution, *args, **kwargs)
        if last:
            raise Died
        return answer

    monkeypatch.setattr(Execution, line, dying)


def _after_the_intent(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """What happens between the first intent and its call."""
    begin_step, first = Execution.begin_step, iter((True,))

    def begin(execution: Execution, step: Step) -> Attempt:
        attempt = begin_step(execution, step)
        if next(first, False):
            happens()
        return attempt

    monkeypatch.setattr(Execution, "begin_step", begin)


@pytest.mark.parametrize(
    ("seconds", "outcomes"),
    [(59, [Outcome.OK, Outcome.OK]), (60, [Outcome.OK, Outcome.OK]), (61, [Outcome.FENCED, Outcome.OK, Outcome.OK])],
)
def test_a_call_whose_intent_has_become_too_old_is_stopped_and_made_anew(
    workers: Workers, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch, seconds: int, outcomes: list[Outcome]
) -> None:
    _after_the_intent(monkeypatch, lambda: workers.clock.advance(seconds=seconds))
    request = workers.approved("create-account", **NEW)
    workers.work()
    assert len(aws.calls.of("CreateAccount")) == (seconds <= 60)

    assert workers.until_done(request).status == Status.SUCCEEDED
    assert workers.attempts(request) == outcomes
    assert len(aws.calls.of("CreateAccount")) == 1


def test_a_call_whose_request_another_process_has_taken_is_stopped_and_made_by_that_one(
    workers: Workers, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = workers.approved("create-account", **NEW)

    def another_takes_it() -> None:
        workers.restart()
        assert workers.take(request)

    _after_the_intent(monkeypatch, another_takes_it)
    workers.work()
    assert aws.calls.of("CreateAccount") == []
    assert workers.attempts(request) == [Outcome.FENCED]
    assert workers.request(request.id).lease_owner == "second process"

    assert workers.until_done(request).status == Status.SUCCEEDED
    assert len(aws.calls.of("CreateAccount")) == 1


def test_an_account_moved_by_somebody_else_makes_the_approval_stale(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("move-account", account="fullback-staging-web", to="/Workloads/Production")
    _move_in_the_console(aws, request)
    request = workers.until_done(request)

    assert request.status == Status.STALE
    assert aws.calls.of("MoveAccount")[1:] == []
    assert "Nothing has been changed" in request.outcome


def _move_in_the_console(aws: AwsSandbox, request: Request) -> None:
    organizations = aws.client("organizations")
    source = organizations.list_parents(ChildId=request.params["account"])["Parents"][0]["Id"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.move_account(AccountId=request.params["account"], SourceParentId=source, DestinationParentId=root)


def test_an_approver_who_was_removed_since_makes_the_approval_void(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("create-account", **NEW)
    del workers.people.people[BOB]

    assert workers.until_done(request).status == Status.STALE
    assert aws.calls.of("CreateAccount") == []


@pytest.mark.parametrize("trouble", ["death", "throttle"])
def test_an_approver_who_is_removed_before_the_first_call_took_effect_makes_it_void(
    workers: Workers, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """The approvals are asked for again whenever time has passed between them and the call."""
    request = workers.approved("create-account", **NEW)
    if trouble == "death":
        _die(monkeypatch, "start", "after", 1)
        with pytest.raises(Died):
            workers.work()
        workers.restart()
    else:
        aws.faults.add("CreateAccount", "throttle", times=3)
        workers.work()
    aws.calls.clear()
    del workers.people.people[BOB]

    assert workers.until_done(request).status == Status.STALE
    assert aws.calls.of("CreateAccount") == []


@pytest.mark.parametrize("field", ["params", "operation", "preview"])
def test_what_is_carried_out_is_what_was_approved(workers: Workers, aws: AwsSandbox, field: str) -> None:
    request = workers.approved("create-account", **NEW)
    changed: dict[str, Any] = {
        "params": request.params | {"email": "mallory@example.com"},
        "operation": "move-account",
        "preview": request.preview | {"precondition": {"root": "r-evil"}},
    }
    with workers.context.store.write() as session:
        setattr(session.get_one(Request, request.id), field, changed[field])

    request = workers.until_done(request)
    assert accounts_with(aws, "mallory@example.com") == []
    if field == "preview":  # The precondition is read anew, so a changed record of it has no effect on what is done.
        assert aws.calls.of("MoveAccount") == [] or request.status == Status.SUCCEEDED
    else:
        assert request.status in (Status.STALE, Status.FAILED)
        assert aws.calls.of("CreateAccount") == []


@pytest.mark.parametrize("error", [None, KeyError("no"), SystemExit(1)], ids=repr)
def test_each_call_is_noted_though_an_error_of_the_bots_own_follows(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, error: BaseException | None
) -> None:
    def go_on(execution: Execution, _: Shared) -> None:
        execution.calls.append(Call("sts", "AssumeRole", "AccessDenied", "aws-1", write=False))
        if error:
            raise error

    request = workers.approved("create-account", **NEW)
    monkeypatch.setattr("approvals.request.execute._go_on", go_on)
    run(workers.context, request.id or 0, Shared())
    assert [line.request_id for line in workers.audit() if line.detail.get("aws_request_id") == "aws-1"] == [request.id]


def test_what_is_not_proven_ends_before_aws_is_looked_at(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    request, steps = workers.approved("create-account", **NEW), list[object]()
    why = Failed("It is not what was approved.")
    monkeypatch.setattr("approvals.request.execute.alarm.objection", lambda *_, **__: why)
    monkeypatch.setattr("approvals.request.execute._take_step", lambda _, step, __: steps.append(step))
    workers.work()
    request = workers.request(request.id)
    assert (request.status, request.outcome, steps) == (Status.FAILED, why.say, [])


def test_what_was_asked_when_it_began_is_not_asked_again_until_time_has_passed(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each asks Slack, or reads the audit."""
    asked: list[str] = []

    def asks(name: str) -> Callable[..., None]:
        return lambda *_, **__: asked.append(name)

    request = workers.approved("tag-account", account="222222222222", tags=["owner=web"])
    monkeypatch.setattr("approvals.request.execute.alarm.objection", asks("proof"))
    monkeypatch.setattr("approvals.request.execute.approval_lost", asks("approval"))
    workers.work()
    assert (workers.request(request.id).status, asked) == (Status.SUCCEEDED, ["proof"])


class Told(Step):
    """A step that notes what it is told, and whose call ends as it is said to."""

    key, title = "told", "Do it"

    def __init__(self, end: Exception | None = None) -> None:
        self.end = end
        self.worlds: list[World] = []
        self.calls = 0

    def observe(self, world: World) -> Observation:
        self.worlds.append(world)
        return Done("It is done.") if world.attempts else Ready()

    def act(self, world: World) -> Facts:
        self.calls += 1
        if self.end:
            raise self.end
        return {"creation": "car-1"}


def begun(workers: Workers, memory: Facts) -> Execution:
    """A request under way whose proof is not asked for any more."""
    execution = workers.take(workers.approved("create-account", **NEW))
    assert execution
    execution.start()
    execution.request.memory = dict(memory)
    execution.proven_at, execution.approval_is_fresh = 0, True
    return execution


def test_after_a_call_the_step_knows_when_it_was_made_what_it_told_and_nothing_that_was_read_before(
    workers: Workers,
) -> None:
    step, shared, execution = Told(), Shared(), begun(workers, {"account": "1"})
    looked, pace = step.observe, 5

    def looking(world: World) -> Observation:
        workers.clock.advance(seconds=pace)
        return looked(world)

    step.observe = looking  # type: ignore[method-assign]
    begins = workers.clock()
    assert _take_step(execution, step, shared)
    before, after = step.worlds
    assert (before.shared, before.attempts, before.memory) == (shared, (), {"account": "1"})
    assert (after.attempts, after.memory) == (
        (begins + timedelta(seconds=pace),),
        {"account": "1", "creation": "car-1"},
    )
    assert after.shared is not shared
    assert workers.request(execution.number).memory == {"account": "1", "creation": "car-1"}


@pytest.mark.parametrize(
    ("error", "status", "remembered"),
    [
        (FencedError(), Status.RUNNING, set()),
        (AmbiguousError("CreateAccount", "no"), Status.UNKNOWN, {SAID, SNIPPETS}),
        (BusyError("CreateAccount", "no", code="FinalizingOrganizationException"), Status.WAITING, {NOT_NOW, SAID, SNIPPETS}),
        (RefusedError("CreateAccount", "no", code="AccessDeniedException"), Status.FAILED, {MENDABLE}),
        (RefusedError("CreateAccount", "no", code="ConflictException"), Status.WAITING, {NOT_NOW, SAID, SNIPPETS}),
    ],
)  # fmt: skip
def test_a_call_that_did_not_go_through_is_looked_for_made_later_or_ends_the_request(
    workers: Workers, error: AwsError | FencedError, status: Status, remembered: set[str]
) -> None:
    if isinstance(error, AwsError):
        error.write = True
    execution = begun(workers, {})
    assert not _take_step(execution, Told(error), Shared())
    request = workers.request(execution.number)
    assert (request.status, set(request.memory)) == (status, remembered)
    assert (request.lease_owner, workers.attempts(request)) == ("", [outcome_of(error)])


@pytest.mark.parametrize("error", [BusyError, AmbiguousError, CredentialsError])
def test_a_look_that_failed_in_the_midst_of_a_call_is_no_reason_to_make_the_call_again_at_once(
    workers: Workers, error: type[AwsError]
) -> None:
    step, execution = Told(error("ListRoots", "no")), begun(workers, {})
    with pytest.raises(error):
        _take_step(execution, step, Shared())
    assert (step.calls, workers.attempts(execution.request)) == (1, [outcome_of(error("ListRoots", "no"))])


@pytest.mark.parametrize(
    ("code", "reason", "key"),
    [
        ("ConcurrentModificationException", "", "ConcurrentModificationException"),
        (
            "ConstraintViolationException",
            "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
            "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
        ),
        ("ConflictException", "", "ConflictException"),
        ("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED", "SERVICE_ACCESS_NOT_ENABLED"),
    ],
)
def test_what_is_waited_for_is_known_by_awss_most_precise_word_and_looked_at_once_a_turn(
    workers: Workers, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch, code: str, reason: str, key: str
) -> None:
    turns: list[Step] = []

    def counted(execution: Execution, step: Step, shared: Shared) -> bool:
        turns.append(step)
        return _take_step(execution, step, shared)

    monkeypatch.setattr("approvals.request.execute._take_step", counted)
    monkeypatch.setattr("approvals.request.execute.QUICK_PAUSES", ())
    aws.faults.add("TagResource", "error", code=code, reason=reason, times=None)
    request = workers.approved("tag-account", account="222222222222", tags=["owner=web"])
    workers.work()
    assert (list(workers.request(request.id).memory[NOT_NOW]), len(turns)) == ([key], 1)


def test_after_a_refusal_for_good_nothing_is_looked_at_any_more(workers: Workers) -> None:
    refused = RefusedError("TagResource", "no", code="AccessDeniedException")
    refused.write = True
    step, execution = Told(refused), begun(workers, {})
    assert not _take_step(execution, step, Shared())
    assert (workers.request(execution.number).status, len(step.worlds)) == (Status.FAILED, 1)


def test_a_call_whose_process_died_is_in_doubt_and_one_that_was_answered_is_not(workers: Workers) -> None:
    request = workers.approved("create-account", **NEW)
    execution = workers.take(request)
    assert execution
    execution.start()
    step = operation_of(request).steps(request.preview["precondition"])[0]
    for outcome in (Outcome.REFUSED, Outcome.OPEN):
        attempt = execution.begin_step(step)
        if outcome != Outcome.OPEN:
            execution.end_attempt(attempt, outcome)
    workers.restart()
    workers.work()
    assert workers.attempts(request) == [Outcome.REFUSED, Outcome.AMBIGUOUS]
    workers.clock.advance(hours=1)
    workers.work()
    assert workers.attempts(request)[:3] == [Outcome.REFUSED, Outcome.AMBIGUOUS, Outcome.OK]


def test_polling_asks_once_for_all_creations_in_flight(workers: Workers, aws: AwsSandbox) -> None:
    aws.conditions.creation_seconds = 3600.0
    aws.conditions.account_quota = 100
    aws.conditions.creations_at_once = 100
    for number in range(5):
        workers.approved("create-account", account_name=f"one of many {number}", email=f"many{number}@example.com")
    workers.work()
    aws.calls.clear()

    workers.clock.advance(seconds=6)
    workers.work()
    assert len(aws.calls.of("ListCreateAccountStatus")) == 1
    assert aws.calls.of("DescribeCreateAccountStatus") == []


def test_what_has_begun_does_not_begin_again_though_nothing_took_effect_yet(
    workers: Workers, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The requester would be told so, and be handed what it makes, as often as AWS says "not now"."""
    begun: list[str] = []
    start = Execution.start

    def starting(execution: Execution) -> None:
        begun.append(execution.request.status)
        start(execution)

    monkeypatch.setattr(Execution, "start", starting)
    monkeypatch.setattr("approvals.request.execute.QUICK_PAUSES", ())
    aws.faults.add("CreateAccount", "throttle", times=3)
    request = workers.approved("create-account", **NEW)
    assert workers.until_done(request).status == Status.SUCCEEDED
    assert begun == [Status.APPROVED]


class Kept(Execution):
    """A request in hand which notes what becomes of it, without a database."""

    def __init__(self, failed: int = 0, *, sent: bool = False) -> None:
        memory = {FAILED_LOOKS: failed} if failed else {}
        super().__init__(cast("Context", None), longest(Status.RUNNING).sqlmodel_update({"memory": memory, "step": 0}))
        self.became: list[tuple[object, ...]] = []
        self._sent = sent

    def has_sent(self) -> bool:
        return self._sent

    def hold(self, stumbles: int = 0, why: Failed | None = None, by: str = "") -> None:
        self.became.append(("waits", stumbles, bool(why), by))

    def fail(self, failed: Failed) -> None:
        self.became.append(("ends", failed.say))


MUST_BE_MENDED = SlackAwayError("users.info", SlackRefusedError("users.info", "missing_scope"))
DENIED = RefusedError("ListRoots", "no", code="AccessDeniedException")
MAY_BE_LATE = RefusedError("ListRoots", "no", code="ConflictException")
NEVER = 99


@each_of(
    ("error", "sent", "told_from", "ends_after"),
    [
        (CredentialsError("ListRoots", "no"), False, 3, NEVER),
        (BusyError("ListRoots", "no"), False, 8, NEVER),
        (AmbiguousError("ListRoots", "no"), True, 8, NEVER),
        (SlackAwayError("users.info"), False, 4, NEVER),
        (MUST_BE_MENDED, False, 1, NEVER),
        (DENIED, False, NEVER, 10),
        (DENIED, True, 3, NEVER),
        (MAY_BE_LATE, False, NEVER, 10),
        (MAY_BE_LATE, True, 8, NEVER),
    ],
)
def test_of_looks_that_fail_one_after_the_other_people_are_told_when_it_is_no_blip_any_more(
    monkeypatch: pytest.MonkeyPatch, error: Exception, *, sent: bool, told_from: int, ends_after: int
) -> None:
    """What somebody has to mend is told sooner than what passes by itself. Only what has sent nothing ends, and only when AWS says no."""
    monkeypatch.setattr("approvals.request.execute._proceed", _raising(error))
    by = SLACK if isinstance(error, SlackAwayError) else ""
    for looks in range(1, 13):
        execution = Kept(looks - 1, sent=sent)
        _go_on(execution, Shared())
        if looks > ends_after:
            assert [what for what, *_ in execution.became] == ["ends"]
        else:
            assert execution.became == [("waits", looks, looks >= told_from, by)]


@each_of("error", [NotYetError("the organization has not been read yet"), LeaseLostError()])
def test_what_is_no_failed_look_is_not_counted_as_one(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """What is only not there yet is asked for again, and what another worker has taken over is left to that one."""
    monkeypatch.setattr("approvals.request.execute._proceed", _raising(error))
    execution = Kept(2)
    _go_on(execution, Shared())
    assert execution.became == ([("waits", 0, False, "")] if isinstance(error, NotYetError) else [])


def _raising(error: Exception) -> Callable[..., None]:
    def proceed(*_: object) -> None:
        raise error

    return proceed


def test_what_a_look_was_refused_for_is_said_by_the_step_that_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first step and behind the last it is said by nobody in particular."""
    monkeypatch.setattr("approvals.request.execute._proceed", _raising(DENIED))

    class Explains(Told):
        def explain(self, code: str, reason: str, message: str) -> Failed:
            return Failed(f"In this step: {code}.")

    nobody = refusal(DENIED.code, DENIED.reason, DENIED.message).say
    for steps, at, said in (((), 0, nobody), ((Explains(),), 0, "In this step: AccessDeniedException."), ((Explains(),), 1, nobody)):  # fmt: skip
        execution = Kept(10)
        execution.steps, execution.request.step = steps, at
        _go_on(execution, Shared())
        assert execution.became == [("ends", said)]


@each_of(
    ("memory", "step", "asked"),
    [({}, 0, "approval"), ({UNBEGUN: True}, 0, "everything"), ({UNBEGUN: True}, 1, "approval")],
)
def test_what_had_not_begun_before_a_restore_is_judged_as_what_was_just_approved(
    monkeypatch: pytest.MonkeyPatch, memory: dict[str, Any], step: int, asked: str
) -> None:
    monkeypatch.setattr("approvals.request.execute.what_changed", lambda _: Stale("everything"))
    monkeypatch.setattr("approvals.request.execute.approval_lost", lambda *_: "approval")
    execution = Kept()
    execution.request.memory, execution.request.step = memory, step
    assert _lost_since(execution) == Stale(asked)
    monkeypatch.setattr("approvals.request.execute.approval_lost", lambda *_: "")
    assert _lost_since(execution) == (None if asked == "approval" else Stale(asked))


def test_in_quarantine_aws_is_looked_at_and_nothing_is_sent(workers: Workers) -> None:
    execution, step = begun(workers, {}), Told()
    execution.context = replace(execution.context, quarantined=lambda: True)
    assert not _take_step(execution, step, Shared())
    assert (len(step.worlds), step.calls) == (1, 0)
    request = workers.request(execution.number)
    assert (request.status, request.lease_owner) == (Status.RUNNING, "")


@each_of("status", Status)
def test_only_a_bad_end_outdates_the_picture(monkeypatch: pytest.MonkeyPatch, status: Status) -> None:
    """What was done well is known already."""
    outdated: list[Status] = []
    execution = Kept()
    execution.context = cast("Context", SimpleNamespace(changed=lambda: outdated.append(status)))
    execution.request.status = status
    monkeypatch.setattr("approvals.request.execute._go_on", lambda *_: None)
    _carry_on(execution, Shared())
    assert outdated == ([status] if status in TERMINAL and status != Status.SUCCEEDED else [])


@each_of(
    ("memory", "ends"),
    [
        ({WISH: GIVE_UP.key}, False),
        ({ON_HOLD: True}, False),
        ({ON_HOLD: True, WISH: "cancel"}, False),
        ({ON_HOLD: True, WISH: GIVE_UP.key}, True),
        ({NOT_NOW: {"any": "until then"}, WISH: GIVE_UP.key}, True),
    ],
)
def test_what_is_given_up_ends_only_as_long_as_it_waits(
    monkeypatch: pytest.MonkeyPatch, memory: dict[str, Any], *, ends: bool
) -> None:
    monkeypatch.setattr("approvals.request.execute._is_proven", lambda _: False)
    execution = Kept()
    execution.request.memory = memory
    _proceed(execution, Shared())
    assert execution.became == ([("ends", given_up(execution.request, sent=False).say)] if ends else [])


@each_of("sent", [True, False])
def test_what_is_not_proven_is_said_with_whether_anything_was_sent(
    monkeypatch: pytest.MonkeyPatch, *, sent: bool
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr("approvals.request.execute.alarm.objection", lambda *_, sent=None: asked.append(sent))
    assert _is_proven(Kept(sent=sent))
    assert asked == [sent]
