"""Carrying out what was approved: observe, write the intent down, act once, observe again.

A call whose answer is lost is looked up in AWS, and sent again only after the settle time. This loop is all the recovery
there is: a restart, a redelivery and a lost answer take the same way.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import timedelta

from approvals import lines
from approvals.announce import NotYetError, operation_of
from approvals.attempts import IN_DOUBT, LeaseLostError, Outcome, fence
from approvals.calls import noting
from approvals.context import Context
from approvals.freshness import approval_lost, what_changed
from approvals.models import Attempt
from approvals.people import SlackAwayError
from approvals.states import Status
from approvals.turn import Turn, take
from operations.aws import fenced
from operations.errors import AmbiguousError, BusyError, FencedError, RefusedError
from operations.observations import Done, Facts, Failed, Observation, Ready, Stale, Waiting
from operations.steps import Shared, Step, World

log = logging.getLogger(__name__)
PATIENCE = 10  # Looks that may fail in a row before a refusal by AWS, or an error of our own, ends a request.
SLOW = timedelta(minutes=10)
QUICK_PAUSES = (0.2, 0.5, 0.0)  # Seconds; the last one is followed by a longer wait.
LOST_ANSWER = (
    "AWS's answer was lost. I'm looking whether the call took effect, and send it again only when it surely has not."
)


def run(context: Context, number: int, shared: Shared) -> None:
    """Carries a request on as far as it goes now; gives it back when AWS needs time."""
    turn = take(context, number)
    if turn is None:
        return
    with noting(turn.calls):
        _go_on(turn, shared)
    turn.note_other_calls()


def _go_on(turn: Turn, shared: Shared) -> None:
    try:
        _proceed(turn, shared)
    except LeaseLostError:
        log.warning("another worker has taken the request over")
    except (BusyError, AmbiguousError, SlackAwayError, NotYetError) as error:
        log.warning("the request waits: %s", error)
        _wait(turn, Status(turn.request.status))
    except RefusedError as error:
        _refused_look(turn, error)
    except Exception:
        log.exception("an error of the bot's own")
        _own_error(turn)


def _proceed(turn: Turn, shared: Shared) -> None:
    if turn.request.status == Status.APPROVED:
        stale = what_changed(turn)
        if stale:
            turn.go_stale(stale)
            return
        turn.approval_is_fresh = True
        turn.start()
    turn.steps = operation_of(turn.request).steps(turn.request.preview["precondition"])
    while turn.request.step < len(turn.steps):
        if not _take_step(turn, turn.steps[turn.request.step], shared):
            return
    turn.succeed()
    turn.context.changed()


def _take_step(turn: Turn, step: Step, shared: Shared) -> bool:
    """Whether the step's goal stands, so that the next one may follow at once."""
    sent = turn.attempts(step)
    for attempt in sent:
        if attempt.outcome == Outcome.OPEN:
            turn.give_up_attempt(attempt)
    world = _world(turn, sent, shared)
    observation = step.observe(world)
    if isinstance(observation, Ready):
        doubtful = [attempt for attempt in sent if attempt.outcome in IN_DOUBT]
        return not (doubtful and _settling(turn, doubtful[-1])) and _still_approved(turn) and _act(turn, step, world)
    return _follow(turn, observation)


def _still_approved(turn: Turn) -> bool:
    """Asks once more when time has passed since it was asked: after a restart, a throttle or a lost answer.

    What is half done is finished all the same, because an end in between would be none that anybody has approved.
    """
    lost = "" if turn.approval_is_fresh or turn.request.step else approval_lost(turn)
    if lost:
        turn.go_stale(lost)
    return not lost


def _world(turn: Turn, sent: list[Attempt], shared: Shared) -> World:
    times = tuple(attempt.started_at for attempt in sent if attempt.started_at)
    request, context = turn.request, turn.context
    return World(
        context.aws,
        shared,
        request.marker,
        request.memory,
        times,
        turn.others,
        now=context.clock(),
        delivery=turn.delivery,
    )


def _settling(turn: Turn, attempt: Attempt) -> bool:
    """Whether a call whose answer was lost may still show its effect; then the request waits, and AWS is asked again."""
    settled_at = (attempt.started_at or turn.context.clock()) + turn.context.pace.settle
    left = settled_at - turn.context.clock()
    if left <= timedelta(0):
        return False
    turn.wait(Status.UNKNOWN, min(left, turn.context.pace.after(turn.request.polls)), LOST_ANSWER)
    return True


def _act(turn: Turn, step: Step, world: World) -> bool:
    """Acts once; only what AWS has surely not carried out, because it was busy, is sent again, some times at once."""
    for pause in QUICK_PAUSES:
        attempt = turn.begin_step(step)
        try:
            with fenced(fence(turn.context, attempt)):
                observation = step.act(world)
        except BusyError as error:
            turn.end_attempt(attempt, Outcome.BUSY, str(error))
            busy = error
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  No secret: it keeps workers out of step.
        except (RefusedError, AmbiguousError, FencedError) as error:
            _unanswered(turn, step, attempt, error)
            return False
        else:
            turn.end_attempt(attempt, Outcome.OK)
            return _follow(turn, observation)
    _after_busy(turn, busy)
    return False


def _unanswered(turn: Turn, step: Step, attempt: Attempt, error: Exception) -> None:
    """Writes down what an error means for the attempt, and goes on as that allows."""
    for kind, outcome, follow in _AFTER:
        if isinstance(error, kind):
            turn.end_attempt(attempt, outcome, str(error))
            follow(turn, step, error)
            return


def _after_refusal(turn: Turn, step: Step, error: Exception) -> None:
    if isinstance(error, RefusedError):
        turn.fail(step.explain(error.code, error.reason, error.message))


def _after_busy(turn: Turn, error: BusyError) -> None:
    code = error.code
    turn.wait(
        Status.WAITING,
        turn.context.pace.after(turn.request.polls),
        f"AWS asks for patience ({code}); I'm trying again.",
    )


def _after_ambiguity(turn: Turn, _: Step, __: Exception) -> None:
    turn.wait(Status.UNKNOWN, turn.context.pace.after(0), LOST_ANSWER)


def _after_fencing(turn: Turn, _: Step, __: Exception) -> None:
    _wait(turn, Status.RUNNING)


_AFTER: tuple[tuple[type[Exception], Outcome, Callable[[Turn, Step, Exception], None]], ...] = (
    (RefusedError, Outcome.REFUSED, _after_refusal),
    (AmbiguousError, Outcome.AMBIGUOUS, _after_ambiguity),
    (FencedError, Outcome.FENCED, _after_fencing),
)


def _follow(turn: Turn, observation: Observation) -> bool:
    match observation:
        case Done():
            turn.advance(observation)
            return True
        case Waiting():
            _await(turn, observation)
        case Failed():
            turn.fail(observation)
        case Stale():
            turn.go_stale(observation.say)
        case Ready():
            _wait(turn, Status.RUNNING)
    return False


def _await(turn: Turn, waiting: Waiting) -> None:
    """Gives the request back until AWS, or whoever has to act, may have done something; people get what they need for it."""
    learned = {**waiting.learned, "stumbles": 0}
    controls = operation_of(turn.request).controls({**turn.request.memory, **learned})
    blocks = lines.while_waiting(turn.number, waiting.snippets, controls)
    pause = turn.context.pace.after(turn.request.polls, waiting.longest)
    turn.wait(Status.WAITING, pause, _still(turn, waiting), learned, blocks)


def _still(turn: Turn, waiting: Waiting) -> str:
    """The line for the thread: a second one when it takes unusually long, because slow is not failed."""
    since = turn.request.decided_at
    if since is None or waiting.longest or turn.context.clock() - since < SLOW:
        return waiting.say
    return f"{waiting.say} It takes longer than usual, and is still in progress; I keep looking."


def _wait(turn: Turn, status: Status, learned: Facts | None = None) -> None:
    """Gives the request back for a while as it is; a lost lease needs nothing."""
    try:
        turn.wait(status, turn.context.pace.after(turn.request.polls), learned=learned)
    except LeaseLostError:
        log.warning("another worker has taken the request over")


def _stumble(turn: Turn) -> bool:
    """Whether patience is left after one more look that failed; then the request waits."""
    stumbles = int(turn.request.memory.get("stumbles", 0)) + 1
    if stumbles <= PATIENCE:
        _wait(turn, Status(turn.request.status), {"stumbles": stumbles})
    return stumbles <= PATIENCE


def _refused_look(turn: Turn, error: RefusedError) -> None:
    """AWS refused to be looked at: right after a change that may pass, so it ends the request only when it stays so."""
    log.warning("AWS refused a look: %s", error)
    if _stumble(turn):
        return
    step = turn.steps[turn.request.step] if turn.request.step < len(turn.steps) else None
    failed = step.explain(error.code, error.reason, error.message) if step else Failed(str(error))
    turn.fail(failed)


def _own_error(turn: Turn) -> None:
    if _stumble(turn):
        return
    say = "The bot came upon an error of its own."
    turn.fail(Failed(say, f"The log has it under request={turn.number}. Look in AWS what stands before asking again."))
