"""Carrying out what was approved: observe, write the intent down, act once, observe again.

A call whose answer is lost is looked up in AWS, and sent again only after the settle time. This loop is all the recovery
there is: a restart, a redelivery and a lost answer take the same way.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import replace

from approvals.audit import alarm
from approvals.audit.chain import noting_calls
from approvals.audit.proof import WISH
from approvals.authority.standing import approval_lost
from approvals.context import Context, NotYetError
from approvals.models import Attempt, operation_of
from approvals.pools import STRAY
from approvals.queue.worker import work_off
from approvals.request.attempts import LeaseLostError, fence
from approvals.request.execution import RUN, Execution, take
from approvals.request.following import (
    LOST_ANSWER,
    follow,
    is_short,
    may_send,
    not_seen,
    outcome_of,
    turn_of,
    wait_for_turn,
    what_changed,
)
from approvals.slack.client import SlackAwayError
from approvals.slack.codes import meaning
from approvals.states import TERMINAL, Outcome, Status
from approvals.views.hindered import SILENT
from approvals.views.on_hold import FAILED_LOOKS, GIVE_UP, SLACK, UNBEGUN, approval_unknown, given_up, keeps_waiting
from operations.aws.client import fenced
from operations.aws.errors import AmbiguousError, AwsError, BusyError, CredentialsError, FencedError, RefusedError
from operations.aws.reasons import meaning_of
from operations.aws.sorting import Next
from operations.core.explanations import hindrance, refusal
from operations.core.observations import Facts, Failed, Ready, Stale
from operations.core.steps import Shared, Step, World

log = logging.getLogger(__name__)
PATIENCE = 10  # Looks that may fail in a row before a refusal by AWS ends a request that has sent nothing.
TELL_FROM = 3  # Failed looks in a row from which on people are told; fewer may be a blip.
TELL_SLACK_FROM = 4  # The same where Slack does not answer: about half a minute.
TELL_SILENCE_FROM = 8  # The same where AWS was busy, away, or late to show something, which mostly passes by itself.
QUICK_PAUSES = (0.2, 0.5)  # Seconds; a longer wait follows.


def run(context: Context, number: int, shared: Shared) -> None:
    """Carries a request on as far as it goes now; gives it back when AWS needs time."""
    work_off(RUN, context.desk, number, lambda request: _carry_on(take(context, request), shared))


def _carry_on(execution: Execution, shared: Shared) -> None:
    with noting_calls(execution.calls):
        try:
            _go_on(execution, shared)
        except (Exception, *STRAY):
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
    except (BusyError, AmbiguousError) as error:
        log.warning("AWS does not answer a look: %s", error)
        _stumble(execution, hindrance(error), TELL_SILENCE_FROM)
    except SlackAwayError as error:
        log.warning("the request waits: %s", error)
        _wait_for_slack(execution, error)
    except NotYetError as error:
        log.warning("the request waits: %s", error)
        _hold(execution)
    except RefusedError as error:
        log.warning("AWS refused a look: %s", error)
        _refused_look(execution, error)


def _proceed(execution: Execution, shared: Shared) -> None:
    if keeps_waiting(execution.request) and execution.request.memory.get(WISH) == GIVE_UP.key:
        execution.fail(given_up(execution.request, sent=execution.has_sent()))
        return
    if not _is_proven(execution):
        return
    if execution.request.status == Status.APPROVED and not execution.has_sent():
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
    if not isinstance(observation, Ready):
        return follow(execution, step, observation)
    if execution.context.quarantined():
        execution.wait(execution.request.status)
        return False
    return (
        may_send(execution, step, sent, observation)
        and _is_proven(execution)
        and (observation.takes_back or _still_approved(execution))
        and _act(execution, step, world)
    )


def _is_proven(execution: Execution) -> bool:
    """Whether the audit proves the approval, and what its steps go by: asked each time that it is taken up, and before each step
    acts. What is not proven ends, because what would be looked at may be something else too.
    """
    if execution.proven_at == execution.request.step:
        return True
    objection = alarm.objection(execution.context, execution.number, sent=execution.has_sent())
    if objection:
        execution.stop(objection)
        return False
    execution.proven_at = execution.request.step
    return True


def _still_approved(execution: Execution) -> bool:
    """Asks once more when time has passed since it was asked: after a restart, a throttle or a lost answer, and between two steps,
    of which an invitation may wait for days. What is left then is asked for by itself.
    """
    lost = None if execution.approval_is_fresh else _lost_since(execution)
    if lost:
        execution.go_stale(lost)
    return lost is None


def _lost_since(execution: Execution) -> Stale | None:
    """What had not begun when a backup was taken is judged as what has just been approved."""
    if execution.request.memory.get(UNBEGUN) and not execution.request.step:
        return what_changed(execution)
    lost = approval_lost(execution.context, execution.request)
    return Stale(lost) if lost else None


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


def _act(execution: Execution, step: Step, world: World) -> bool:
    """Acts once; only what AWS has surely not carried out, because it was busy, is sent again, some times at once."""
    pauses = iter(QUICK_PAUSES)
    while True:
        attempt = execution.begin_step(step)
        try:
            with fenced(fence(execution.context, attempt)):
                learned = step.act(world)
        except (AwsError, FencedError) as error:
            outcome = outcome_of(error)
            execution.end_attempt(attempt, outcome, str(error))
            pause = next(pauses, None) if outcome == Outcome.BUSY and is_short(execution, error) else None
            if pause is None:
                return _not_done(execution, step, world, error)
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  No secret: it keeps workers out of step.
        else:
            execution.end_attempt(attempt, Outcome.OK)
            return _after(execution, step, world, attempt, learned)


def _after(execution: Execution, step: Step, world: World, attempt: Attempt, learned: Facts) -> bool:
    """AWS has accepted the call: whether its goal stands is seen, and until then waited for."""
    if learned:
        execution.remember(learned)
    tried = (*world.attempts, attempt.started_at or world.now)
    found = step.observe(
        replace(world, shared=Shared(), memory={**world.memory, **learned}, attempts=tried)
    )  # What was read before doesn't show it.
    if found == Ready():
        not_seen(execution, step, attempt, learned)
        return False
    return follow(execution, step, found)


def _not_done(execution: Execution, step: Step, world: World, error: AwsError | FencedError) -> bool:
    match error:
        case FencedError():
            execution.wait(Status.RUNNING)
        case CredentialsError() | AwsError(write=False):
            raise error  # As with any other look that failed.
        case AmbiguousError():
            execution.wait(Status.UNKNOWN, LOST_ANSWER)
        case BusyError():
            wait_for_turn(execution, step, turn_of(error), error.reason or error.code)
        case _:
            return _refused(execution, step, world, error)
    return False


def _refused(execution: Execution, step: Step, world: World, error: AwsError) -> bool:
    """What AWS refused for good ends the request. Where the refusal does not tell how things stand, AWS is looked at."""
    meaning = meaning_of(error.code, error.reason)
    end = step.explain(error.code, error.reason, error.message)
    if meaning.next is not Next.LOOK:
        execution.fail(end)
        return False
    found = step.observe(replace(world, shared=Shared()))
    if not isinstance(found, Ready):
        return follow(execution, step, found)
    name = error.reason or error.code
    said = f"AWS answers {name}, and what was asked for does not show."
    wait_for_turn(execution, step, replace(meaning, say=said), name, end=end)
    return False


def _wait_for_slack(execution: Execution, error: SlackAwayError) -> None:
    """What somebody has to mend is told at once, silence when it is not over in a moment."""
    why = approval_unknown(meaning(error.to_mend) if error.to_mend else SILENT)
    stumbles = _stumbles(execution)
    _hold(execution, stumbles, why if error.to_mend or stumbles >= TELL_SLACK_FROM else None, SLACK)


def _hold(execution: Execution, stumbles: int = 0, why: Failed | None = None, by: str = "") -> None:
    """Gives the request back for a while as it is; a lost lease needs nothing."""
    try:
        execution.hold(stumbles, why, by)
    except LeaseLostError:
        _lost(execution)


def _lost(execution: Execution) -> None:
    log.warning("another worker has taken request %s over", execution.number)


def _stumbles(execution: Execution) -> int:
    """How many looks have failed in a row, with this one."""
    return int(execution.request.memory.get(FAILED_LOOKS, 0)) + 1


def _stumble(execution: Execution, why: Failed, tell_from: int = TELL_FROM) -> None:
    """One more look that failed; what keeps failing is told."""
    stumbles = _stumbles(execution)
    _hold(execution, stumbles, why if stumbles >= tell_from else None)


def _refused_look(execution: Execution, error: RefusedError) -> None:
    step = execution.steps[execution.request.step] if execution.request.step < len(execution.steps) else None
    explain = step.explain if step else refusal
    may_be_late = meaning_of(error.code, error.reason).next is Next.LOOK
    tell_from = TELL_SILENCE_FROM if may_be_late else TELL_FROM
    _failed_look(execution, hindrance(error), explain(error.code, error.reason, error.message), tell_from)


def _failed_look(execution: Execution, why: Failed, end: Failed, tell_from: int) -> None:
    """Right after a change a refusal may pass, so that even a request which has sent nothing ends only when it stays so.

    Whether a call took effect only AWS can tell: once one was sent, no look that failed ends the request.
    """
    if execution.has_sent():
        _stumble(execution, why, tell_from)
    elif _stumbles(execution) <= PATIENCE:
        _hold(execution, _stumbles(execution))
    else:
        execution.fail(end)
