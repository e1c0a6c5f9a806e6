"""Carrying out what was approved: observe, write the intent down, act once, observe again.

A call whose answer is lost is looked up in AWS, and sent again only after the settle time. This loop is all the recovery
there is: a restart, a redelivery and a lost answer take the same way.
"""

from __future__ import annotations

import logging
import random
import time
from datetime import timedelta

from approvals.audit import alarm
from approvals.audit.chain import noting_calls
from approvals.authority.standing import approval_lost
from approvals.context import Context, NotYetError
from approvals.models import Attempt, operation_of
from approvals.queue.worker import work_off
from approvals.request.attempts import IN_DOUBT, LeaseLostError, Outcome, fence
from approvals.request.execution import RUN, Execution, take
from approvals.request.recheck import what_changed
from approvals.slack.client import SlackAwayError
from approvals.states import TERMINAL, Status
from approvals.views import thread
from approvals.views.on_hold import FAILED_LOOKS, GIVE_UP, ON_HOLD, given_up
from operations.aws.client import fenced
from operations.aws.errors import AmbiguousError, AwsError, BusyError, CredentialsError, FencedError, RefusedError
from operations.core.explanations import hindrance, refusal
from operations.core.observations import Done, Failed, Observation, Ready, Stale, Waiting
from operations.core.steps import Shared, Step, World

log = logging.getLogger(__name__)
PATIENCE = 10  # Looks that may fail in a row before a refusal by AWS ends a request that has sent nothing.
TELL_FROM = 3  # Failed looks in a row from which on people are told; fewer may be a blip.
SLOW = timedelta(minutes=10)
QUICK_PAUSES = (0.2, 0.5, 0.0)  # Seconds; the last one is followed by a longer wait.
LOST_ANSWER = (
    "AWS's answer was lost. I'm looking whether the call took effect, and send it again only when it surely has not."
)


def run(context: Context, number: int, shared: Shared) -> None:
    """Carries a request on as far as it goes now; gives it back when AWS needs time."""
    work_off(RUN, context.desk, number, lambda request: _carry_on(take(context, request), shared))


def _carry_on(execution: Execution, shared: Shared) -> None:
    with noting_calls(execution.calls):
        try:
            _go_on(execution, shared)
        except Exception:
            execution.note_other_calls()
            raise
    execution.note_other_calls()
    if execution.request.status in TERMINAL - {Status.SUCCEEDED}:
        execution.context.changed()  # The world may be another one; what was done well is known already.


def _go_on(execution: Execution, shared: Shared) -> None:
    try:
        _proceed(execution, shared)
    except LeaseLostError:
        _lost(execution)
    except CredentialsError as error:
        log.warning("AWS does not take the bot's credentials: %s", error)
        _stumble(execution, hindrance(error))
    except (BusyError, AmbiguousError, SlackAwayError, NotYetError) as error:
        log.warning("the request waits: %s", error)
        _hold(execution)
    except RefusedError as error:
        log.warning("AWS refused a look: %s", error)
        _refused_look(execution, error)


def _proceed(execution: Execution, shared: Shared) -> None:
    if execution.request.memory.get(ON_HOLD) and execution.request.memory.get("asked") == GIVE_UP.key:
        execution.fail(given_up(execution.request, sent=execution.has_sent()))
        return
    if not execution.has_sent() and not _is_proven(execution):
        return
    if execution.request.status == Status.APPROVED:
        stale = what_changed(execution)
        if stale:
            execution.go_stale(stale)
            return
        execution.approval_is_fresh = True
        execution.start()
    execution.steps = operation_of(execution.request).steps(execution.request.preview["precondition"])
    while execution.request.step < len(execution.steps):
        if not _take_step(execution, execution.steps[execution.request.step], shared):
            return
    execution.succeed()


def _take_step(execution: Execution, step: Step, shared: Shared) -> bool:
    """Whether the step's goal stands, so that the next one may follow at once."""
    sent = execution.attempts(step)
    for attempt in sent:
        if attempt.outcome == Outcome.OPEN:
            execution.give_up_attempt(attempt)
    world = _world(execution, sent, shared)
    observation = step.observe(world)
    if isinstance(observation, Ready):
        doubtful = [attempt for attempt in sent if attempt.outcome in IN_DOUBT]
        return (
            not (doubtful and _settling(execution, doubtful[-1]))
            and _is_proven(execution)
            and _still_approved(execution)
            and _act(execution, step, world)
        )
    return _follow(execution, observation)


def _is_proven(execution: Execution) -> bool:
    """Whether the audit proves the approval; asked before the first call leaves and before each worker's first act."""
    if not execution.approval_is_proven:
        objection = alarm.objection(execution.context, execution.number, sent=execution.has_sent())
        if objection:
            execution.fail(objection)
        execution.approval_is_proven = objection is None
    return execution.approval_is_proven


def _still_approved(execution: Execution) -> bool:
    """Asks once more when time has passed since it was asked: after a restart, a throttle or a lost answer.

    What is half done is finished all the same, because an end in between would be none that anybody has approved.
    """
    fresh = execution.approval_is_fresh or execution.request.step
    lost = "" if fresh else approval_lost(execution.context, execution.request)
    if lost:
        execution.go_stale(lost)
    return not lost


def _world(execution: Execution, sent: list[Attempt], shared: Shared) -> World:
    times = tuple(attempt.started_at for attempt in sent if attempt.started_at)
    request, context = execution.request, execution.context
    return World(
        context.aws,
        shared,
        request.marker,
        request.memory,
        times,
        execution.others,
        now=context.clock(),
        delivery=execution.delivery,
    )


def _settling(execution: Execution, attempt: Attempt) -> bool:
    """Whether a call whose answer was lost may still show its effect; then the request waits, and AWS is asked again."""
    settled_at = (attempt.started_at or execution.context.clock()) + execution.context.pace.settle
    left = settled_at - execution.context.clock()
    if left <= timedelta(0):
        return False
    execution.wait(Status.UNKNOWN, LOST_ANSWER, longest=min(left, execution.context.pace.longest_poll))
    return True


def _act(execution: Execution, step: Step, world: World) -> bool:
    """Acts once; only what AWS has surely not carried out, because it was busy, is sent again, some times at once."""
    for pause in QUICK_PAUSES:
        attempt = execution.begin_step(step)
        try:
            with fenced(fence(execution.context, attempt)):
                observation = step.act(world)
        except (AwsError, FencedError) as error:
            outcome = outcome_of(error)
            execution.end_attempt(attempt, outcome, str(error))
            if not isinstance(error, BusyError) or outcome != Outcome.BUSY:
                _unanswered(execution, step, error)
                return False
            busy = error
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  No secret: it keeps workers out of step.
        else:
            execution.end_attempt(attempt, Outcome.OK)
            return _follow(execution, observation)
    execution.wait(Status.WAITING, f"AWS asks for patience ({busy.code}); I'm trying again.")
    return False


def outcome_of(error: AwsError | FencedError) -> Outcome:
    """What an error of an act means for its call. One of a look in it, before or after the call, does not tell."""
    match error:
        case FencedError():
            return Outcome.FENCED
        case AmbiguousError() | AwsError(write=False):
            return Outcome.AMBIGUOUS
        case BusyError() | CredentialsError():
            return Outcome.BUSY
        case _:
            return Outcome.REFUSED


def _unanswered(execution: Execution, step: Step, error: AwsError | FencedError) -> None:
    match error:
        case FencedError():
            execution.wait(Status.RUNNING)
        case CredentialsError() | AwsError(write=False):
            raise error  # As with any other look that failed.
        case AmbiguousError():
            execution.wait(Status.UNKNOWN, LOST_ANSWER)
        case _:
            execution.fail(step.explain(error.code, error.reason, error.message))


def _follow(execution: Execution, observation: Observation) -> bool:
    match observation:
        case Done():
            execution.advance(observation)
            return True
        case Waiting():
            _await(execution, observation)
        case Failed():
            execution.fail(observation)
        case Stale():
            execution.go_stale(observation.say)
        case Ready():
            execution.wait(Status.RUNNING)
    return False


def _await(execution: Execution, waiting: Waiting) -> None:
    """Gives the request back until AWS, or whoever has to act, may have done something; people get what they need for it."""
    controls = operation_of(execution.request).controls({**execution.request.memory, **waiting.learned})
    blocks = thread.while_waiting(execution.request, waiting.snippets, controls)
    execution.wait(Status.WAITING, _still(execution, waiting), waiting.learned, blocks, longest=waiting.longest)


def _still(execution: Execution, waiting: Waiting) -> str:
    """The line for the thread: a second one when it takes unusually long, because slow is not failed."""
    since = execution.request.decided_at
    if since is None or waiting.longest or execution.context.clock() - since < SLOW:
        return waiting.say
    return f"{waiting.say} It takes longer than usual, and is still in progress; I keep looking."


def _hold(execution: Execution, stumbles: int = 0, why: Failed | None = None) -> None:
    """Gives the request back for a while as it is; a lost lease needs nothing."""
    try:
        execution.hold(stumbles, why)
    except LeaseLostError:
        _lost(execution)


def _lost(execution: Execution) -> None:
    log.warning("another worker has taken request %s over", execution.number)


def _stumbles(execution: Execution) -> int:
    """How many looks have failed in a row, with this one."""
    return int(execution.request.memory.get(FAILED_LOOKS, 0)) + 1


def _stumble(execution: Execution, why: Failed) -> None:
    """One more look that failed; what keeps failing is told."""
    stumbles = _stumbles(execution)
    _hold(execution, stumbles, why if stumbles >= TELL_FROM else None)


def _refused_look(execution: Execution, error: RefusedError) -> None:
    step = execution.steps[execution.request.step] if execution.request.step < len(execution.steps) else None
    explain = step.explain if step else refusal
    _failed_look(execution, hindrance(error), explain(error.code, error.reason, error.message))


def _failed_look(execution: Execution, why: Failed, end: Failed) -> None:
    """Right after a change a refusal may pass, so that even a request which has sent nothing ends only when it stays so.

    Whether a call took effect only AWS can tell: once one was sent, no look that failed ends the request.
    """
    if execution.has_sent():
        _stumble(execution, why)
    elif _stumbles(execution) <= PATIENCE:
        _hold(execution, _stumbles(execution))
    else:
        execution.fail(end)
