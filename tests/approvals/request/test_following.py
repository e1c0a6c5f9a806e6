"""Whether a call may be sent, how long is waited for what, and what has changed since the approval, in the words of the card."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from approvals.authority.standing import approval_lost
from approvals.context import Context
from approvals.models import Request, operation_of
from approvals.queue.leases import claim
from approvals.request.execution import Execution, take
from approvals.request.following import (
    ACCEPTED,
    LOST_ANSWER,
    differences,
    follow,
    is_short,
    may_send,
    outcome_of,
    turn_of,
    wait_for_turn,
    what_changed,
)
from approvals.states import Outcome, Status
from approvals.views.on_hold import NOT_NOW, ON_HOLD, UNSEEN
from approvals.views.thread import MENDABLE, SAID, SNIPPETS
from operations.aws.codes import BUSY, CHANGING
from operations.aws.errors import AmbiguousError, AwsError, BusyError, CredentialsError, FencedError, RefusedError
from operations.aws.reasons import meaning_of
from operations.aws.sorting import Meaning, wait
from operations.core.observations import Done, Failed, NotNow, Observation, Ready, Snippet, Stale, Waiting
from operations.core.preview import Fact, Preview
from operations.core.steps import Step
from operations.snapshot.names import zoned
from sandbox.aws.server import AwsSandbox
from tests.approvals.views.test_card import longest
from tests.harness.people import BOB
from tests.harness.tables import each_of
from tests.harness.tree import unit_at
from tests.harness.workers import Workers

READY = Ready()
NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}


@pytest.fixture
def execution(workers: Workers) -> Execution:
    """A request in a worker's hands, which has begun."""
    found = workers.take(workers.approved_as_before("create-account", **NEW))
    assert found
    found.start()
    return found


def later(workers: Workers, execution: Execution, polls: int = 0, **passes: float) -> Execution:
    """The same request after so long, in a worker's hands again, having been looked at so often in vain."""
    workers.clock.advance(**passes)
    context = workers.context
    with context.store.write() as session:
        claim(session, Request, execution.number, context.owner, context.clock())
    found = take(context, workers.request(execution.number))
    found.request.polls = polls
    return found


def step_of(execution: Execution) -> Step:
    return operation_of(execution.request).steps(execution.request.preview["precondition"])[0]


def sent(execution: Execution, outcome: Outcome) -> None:
    """One more call, which ended so."""
    execution.end_attempt(execution.begin_step(step_of(execution)), outcome)


def sends(execution: Execution, ready: Ready = READY) -> bool:
    step = step_of(execution)
    return may_send(execution, step, execution.attempts(step), ready)


def waits(workers: Workers, execution: Execution) -> tuple[str, timedelta]:
    """In which state, and until it is looked at again."""
    request = workers.request(execution.number)
    assert request.due_at
    return request.status, request.due_at - workers.clock()


def test_a_call_whose_answer_was_lost_is_sent_again_when_it_can_show_no_effect_any_more(
    workers: Workers, execution: Execution
) -> None:
    """Until then it is looked for, in the end when its time is over, and before that each minute."""
    sent(execution, Outcome.AMBIGUOUS)
    assert not sends(execution)
    assert workers.request(execution.number).memory[SAID] == LOST_ANSWER
    for passes, wait_s in ((600, 60), (90, 30), (29, 5)):
        execution = later(workers, execution, polls=30, seconds=passes)
        assert not sends(execution)
        assert waits(workers, execution) == (Status.UNKNOWN, timedelta(seconds=wait_s))
    assert sends(later(workers, execution, seconds=1))


def test_of_calls_whose_answers_were_lost_the_last_one_counts(workers: Workers, execution: Execution) -> None:
    sent(execution, Outcome.AMBIGUOUS)
    execution = later(workers, execution, seconds=700)
    sent(execution, Outcome.AMBIGUOUS)
    assert not sends(later(workers, execution, seconds=20))
    assert sends(later(workers, execution, seconds=700))


def test_what_aws_has_accepted_is_sent_again_only_by_a_step_that_wants_it(
    workers: Workers, execution: Execution
) -> None:
    """It is waited for, and looked for on when it does not show in time; an answer that was lost later changes nothing of that."""
    sent(execution, Outcome.OK)
    assert sends(execution, Ready(again=True))
    execution = later(workers, execution, seconds=700)
    sent(execution, Outcome.OK)
    execution = later(workers, execution, seconds=719)
    assert not sends(execution)
    waiting = workers.request(execution.number)
    assert (waiting.status, waiting.memory[SAID], ON_HOLD in waiting.memory) == (Status.WAITING, ACCEPTED, False)
    execution = later(workers, execution, seconds=1)
    assert not sends(execution)
    unseen = workers.request(execution.number)
    assert (unseen.status, unseen.memory[ON_HOLD]) == (Status.UNKNOWN, UNSEEN)
    execution = later(workers, execution, seconds=1)
    sent(execution, Outcome.AMBIGUOUS)
    assert not sends(later(workers, execution, seconds=720))


def test_each_look_ends_the_step_or_the_request_or_is_followed_by_another_look(workers: Workers) -> None:
    """Only what is done is followed by the next step at once."""
    creating = Waiting("AWS is creating it.", {"creation": "car-1"}, (Snippet(label="Ask them", text="Please."),))
    looks: tuple[tuple[Observation, Status, dict[str, Any]], ...] = (
        (Done("It is there.", {"account": "1"}), Status.RUNNING, {"account": "1"}),
        (creating, Status.WAITING, {"creation": "car-1", SAID: "AWS is creating it."}),
        (NotNow("INTERNAL_FAILURE", {"creation": ""}), Status.WAITING, {"creation": ""}),
        (Failed("AWS says no."), Status.FAILED, {}),
        (Stale("It is elsewhere."), Status.STALE, {}),
        (Ready(), Status.RUNNING, {}),
    )
    for number, (found, status, remembered) in enumerate(looks):
        execution = workers.take(workers.approved("create-account", **NEW | {"email": f"m{number}@example.com"}))
        assert execution
        execution.start()
        assert follow(execution, step_of(execution), found) == isinstance(found, Done)
        request = workers.request(execution.number)
        assert (request.status, request.step) == (status, int(isinstance(found, Done)))
        assert remembered.items() <= request.memory.items()
        assert list(request.memory.get(NOT_NOW, ())) == (["INTERNAL_FAILURE"] if isinstance(found, NotNow) else [])
        assert [one["text"] for one in request.memory.get(SNIPPETS, ())] == (["Please."] if found == creating else [])
        assert bool(request.lease_owner) == isinstance(found, Done), "what waits is given back"


def test_where_people_have_to_act_days_are_not_called_slow(workers: Workers, execution: Execution) -> None:
    day = timedelta(days=1)
    follow(execution, step_of(execution), Waiting("Everybody has to agree.", longest=day))
    execution = later(workers, execution, polls=30, days=3)
    follow(execution, step_of(execution), Waiting("Everybody has to agree.", longest=day))
    assert waits(workers, execution) == (Status.WAITING, day)
    assert workers.request(execution.number).memory[SAID] == "Everybody has to agree."


BUSY_HERE = wait("AWS is busy here.", within=timedelta(hours=3), pause=timedelta(minutes=5))


def test_what_aws_refuses_for_now_is_tried_again_up_to_an_end_that_is_told_once(
    workers: Workers, execution: Execution
) -> None:
    step, until, others = step_of(execution), workers.clock() + timedelta(hours=3), workers.said("thread")
    wait_for_turn(execution, step, BUSY_HERE, "HERE", {"seen": "yes"})
    told = f"AWS is busy here. It is tried again until {zoned(until)}; nothing has to be approved again."
    memory = workers.request(execution.number).memory
    assert (memory[SAID], memory["seen"], memory[NOT_NOW]) == (told, "yes", {"HERE": until.isoformat()})
    execution = later(workers, execution, polls=30, hours=1)
    wait_for_turn(execution, step, BUSY_HERE, "HERE")
    assert waits(workers, execution) == (Status.WAITING, BUSY_HERE.pause)
    assert len(workers.said("thread")) == len(others) + 1
    execution = later(workers, execution)
    wait_for_turn(execution, step, BUSY_HERE, "THERE")
    assert workers.request(execution.number).memory[NOT_NOW] == {
        "HERE": until.isoformat(),
        "THERE": (workers.clock() + timedelta(hours=3)).isoformat(),
    }
    execution = later(workers, execution, hours=2, seconds=-1)
    wait_for_turn(execution, step, BUSY_HERE, "HERE")
    assert workers.request(execution.number).status == Status.WAITING
    execution = later(workers, execution, seconds=1)
    wait_for_turn(execution, step, BUSY_HERE, "HERE")
    ended = workers.request(execution.number)
    assert ended.outcome == f"{step.not_done} AWS is busy here. It stayed so until {zoned(until)}."
    assert ended.advice.startswith(BUSY_HERE.advice)
    assert ended.memory[MENDABLE] is True


def test_what_is_said_at_the_end_may_be_said_by_the_step(workers: Workers, execution: Execution) -> None:
    end = Failed("The account does not show.", "Look in AWS.")
    step = step_of(execution)
    wait_for_turn(execution, step, BUSY_HERE, "HERE", end=end)
    assert workers.request(execution.number).status == Status.WAITING
    wait_for_turn(later(workers, execution, hours=3), step, BUSY_HERE, "HERE", end=end)
    assert workers.request(execution.number).outcome == end.say


def test_a_step_without_a_sentence_of_its_own_begins_with_what_was_waited_for(
    workers: Workers, execution: Execution
) -> None:
    step, until = step_of(execution), workers.clock() + BUSY_HERE.within
    step.not_done = ""
    wait_for_turn(execution, step, BUSY_HERE, "HERE")
    wait_for_turn(later(workers, execution, hours=3), step, BUSY_HERE, "HERE")
    assert workers.request(execution.number).outcome == f"AWS is busy here. It stayed so until {zoned(until)}."


def failed(kind: type[AwsError], code: str = "", *, write: bool = True) -> AwsError:
    """An error of a call that was to change something, or of a look."""
    error = kind("CreateAccount", "no", code=code)
    error.write = write
    return error


@each_of(
    ("error", "outcome"),
    [
        (FencedError(), Outcome.FENCED),
        (failed(AmbiguousError), Outcome.AMBIGUOUS),
        (failed(BusyError), Outcome.BUSY),
        (failed(CredentialsError), Outcome.BUSY),
        (failed(RefusedError), Outcome.REFUSED),
        *((failed(kind, write=False), Outcome.AMBIGUOUS) for kind in (BusyError, CredentialsError, RefusedError)),
    ],
)
def test_only_what_aws_answers_to_the_call_itself_tells_that_nothing_was_changed(
    error: AwsError | FencedError, outcome: Outcome
) -> None:
    assert outcome_of(error) == outcome


def remembering(memory: dict[str, Any]) -> Request:
    return longest(Status.WAITING).sqlmodel_update({"memory": memory})


@each_of(
    ("error", "turn", "short"),
    [
        (failed(BusyError, "ThrottlingException"), BUSY, True),
        (failed(BusyError, "ConcurrentModificationException"), CHANGING, True),
        (failed(BusyError, "NobodyKnowsException"), BUSY, True),
        (failed(BusyError, "AccessDeniedException"), BUSY, True),
        (failed(RefusedError, "ThrottlingException"), BUSY, False),
        (failed(BusyError, "FinalizingOrganizationException"), None, False),
    ],
)
def test_what_may_be_over_in_a_second_is_tried_again_at_once_until_it_has_lasted(
    error: AwsError, turn: Meaning | None, *, short: bool
) -> None:
    assert turn_of(error) == (turn or meaning_of(error.code))
    fresh = Execution(cast("Context", None), remembering({}))
    lasting = Execution(cast("Context", None), remembering({NOT_NOW: {"any": "until then"}}))
    assert (is_short(fresh, error), is_short(lasting, error)) == (short, False)


def preview(facts: dict[str, str] | None = None, state: int = 1, **more: object) -> Preview:
    listed = [Fact(label=label, value=value) for label, value in (facts or {}).items()]
    return Preview.model_validate({"title": "x", "facts": listed, "plan": [], "precondition": {"s": state}, **more})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"From": "/A", "To": "/B"}, {"From": "/C", "To": "/B"}, "From is now /C (was /A)."),
        ({"To": "/B"}, {"To": "/B", "Tags": "a=b"}, "Tags: a=b."),
        ({"To": "/B", "Tags": "a=b"}, {"To": "/B"}, "Tags: no longer there."),
        ({"To": "/B"}, {"To": "/B"}, "it would now start from something else than what the card says."),
    ],
)
def test_each_fact_that_is_another_one_is_named(before: dict[str, str], after: dict[str, str], said: str) -> None:
    assert differences(preview(before), preview(after, state=2)) == said


def test_another_document_and_other_accounts_are_told_one_after_the_other() -> None:
    old, new = preview(diff="- a", hits=["1 account"]), preview(state=2, diff="- b", hits=["2 accounts", "shop"])
    assert differences(old, new) == "the document it starts from is another one, it would hit: 2 accounts."
    assert differences(old, preview(state=2, diff="- a")) == "it would hit: nothing."


def test_what_makes_no_difference_to_what_is_done_is_not_told() -> None:
    assert differences(preview({"From": "/A"}), preview({"From": "/B"})) == ""


def test_a_record_that_was_changed_is_not_what_was_approved(workers: Workers) -> None:
    """Though the world is as it was, so that no fact of it is another one."""
    request = workers.approved("create-account", account_name="fullback-mobile", email="mobile@example.com")
    assert what_changed(Execution(workers.context, request)) is None
    request.params = {**request.params, "email": "mallory@example.com"}
    assert what_changed(Execution(workers.context, request)) == Stale("the request is not the one that was approved.")


def test_what_would_start_from_something_else_is_not_what_was_approved(workers: Workers, aws: AwsSandbox) -> None:
    web = "222222222222"
    request = workers.approved("move-account", account=web, to="/Workloads/Production")
    execution = Execution(workers.context, request)
    assert what_changed(execution) is None
    source, target = request.preview["precondition"]["source"], unit_at(aws, "/Security")
    aws.client("organizations").move_account(AccountId=web, SourceParentId=source, DestinationParentId=target)
    workers.look_again()
    changed = what_changed(execution)
    assert changed is not None
    assert changed.say.startswith("From is now /Security (was /Workloads/Staging)")
    there = request.params["to"]
    aws.client("organizations").move_account(AccountId=web, SourceParentId=target, DestinationParentId=there)
    workers.look_again()
    assert what_changed(execution) == Stale("the account is already in /Workloads/Production. Choose another place.")


def test_what_cannot_be_asked_for_any_more_says_why_and_whose_approval_is_gone_too(workers: Workers) -> None:
    request = workers.approved("move-account", account="222222222222", to="/Workloads/Production")
    execution = Execution(workers.context, request)
    del workers.people.people[BOB]
    lost = what_changed(execution)
    assert lost is not None
    assert lost == Stale(approval_lost(workers.context, request))
    workers.snapshot_is(replace(workers.snapshot, accounts=()))
    gone = what_changed(execution)
    assert gone is not None
    assert "222222222222" in gone.say


def test_long_values_are_shortened() -> None:
    said = differences(
        preview({"Text": "a" * 999, "Gone": ""}), preview({"Text": "b" * 999, "New": "c" * 999}, state=2)
    )
    hit = differences(preview(), preview(state=2, hits=["d" * 999]))
    for letter in "abc":
        assert (letter * 199 in said, letter * 200 in said) == (True, False)
    assert ("d" * 199 in hit, "d" * 200 in hit) == (True, False)
