"""Carrying out what was approved: observe, write the intent down, act once, observe again.

A call whose answer is lost is looked up in AWS, and sent again only after the settle time. This loop is all the recovery
there is: a restart, a redelivery and a lost answer take the same way.
"""

from __future__ import annotations

import logging
import random
import time
from datetime import timedelta

from approvals.audit.calls import noting
from approvals.authority.people import SlackAwayError
from approvals.context import Context
from approvals.models import Attempt
from approvals.request.announce import NotYetError, operation_of
from approvals.request.attempts import IN_DOUBT, LeaseLostError, Outcome, fence
from approvals.request.freshness import approval_lost, what_changed
from approvals.request.turn import Turn, take
from approvals.states import TERMINAL, Status
from approvals.views import lines
from approvals.views.held import GIVE_UP, HELD, STUMBLES, given_up
from operations.aws.aws import fenced
from operations.aws.errors import AmbiguousError, AwsError, BusyError, CredentialsError, FencedError, RefusedError
from operations.core.observations import Done, Failed, Observation, Ready, Stale, Waiting
from operations.core.steps import Shared, Step, World
from operations.core.words import hindrance, refusal

log = logging.getLogger(__name__)
PATIENCE = 10  # Looks that may fail in a row before a refusal by AWS, or an error of our own, ends a request that has sent nothing.
TELL_FROM = 3  # Failed looks in a row from which on people are told; fewer may be a blip.
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
    if turn.request.status in TERMINAL:
        context.changed()  # A bad end as well: something may have been done before it, or the world is another one.


def _go_on(turn: Turn, shared: Shared) -> None:
    try:
        _proceed(turn, shared)
    except LeaseLostError:
        _lost(turn)
    except CredentialsError as error:
        log.warning("AWS does not take the bot's credentials: %s", error)
        _stumble(turn, hindrance(error))
    except (BusyError, AmbiguousError, SlackAwayError, NotYetError) as error:
        log.warning("the request waits: %s", error)
        _hold(turn)
    except RefusedError as error:
        log.warning("AWS refused a look: %s", error)
        _refused_look(turn, error)
    except Exception:
        log.exception("an error of the bot's own")
        _own_error(turn)


def _proceed(turn: Turn, shared: Shared) -> None:
    if turn.request.memory.get(HELD) and turn.request.memory.get("asked") == GIVE_UP.key:
        turn.fail(given_up(sent=turn.has_sent()))
        return
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
    turn.wait(Status.UNKNOWN, LOST_ANSWER, longest=min(left, turn.context.pace.longest_poll))
    return True


def _act(turn: Turn, step: Step, world: World) -> bool:
    """Acts once; only what AWS has surely not carried out, because it was busy, is sent again, some times at once."""
    for pause in QUICK_PAUSES:
        attempt = turn.begin_step(step)
        try:
            with fenced(fence(turn.context, attempt)):
                observation = step.act(world)
        except (AwsError, FencedError) as error:
            outcome = outcome_of(error)
            turn.end_attempt(attempt, outcome, str(error))
            if not isinstance(error, BusyError) or outcome != Outcome.BUSY:
                _unanswered(turn, step, error)
                return False
            busy = error
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  No secret: it keeps workers out of step.
        else:
            turn.end_attempt(attempt, Outcome.OK)
            return _follow(turn, observation)
    turn.wait(Status.WAITING, f"AWS asks for patience ({busy.code}); I'm trying again.")
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


def _unanswered(turn: Turn, step: Step, error: AwsError | FencedError) -> None:
    match error:
        case FencedError():
            turn.wait(Status.RUNNING)
        case CredentialsError() | AwsError(write=False):
            raise error  # As with any other look that failed.
        case AmbiguousError():
            turn.wait(Status.UNKNOWN, LOST_ANSWER)
        case _:
            turn.fail(step.explain(error.code, error.reason, error.message))


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
            turn.wait(Status.RUNNING)
    return False


def _await(turn: Turn, waiting: Waiting) -> None:
    """Gives the request back until AWS, or whoever has to act, may have done something; people get what they need for it."""
    controls = operation_of(turn.request).controls({**turn.request.memory, **waiting.learned})
    blocks = lines.while_waiting(turn.number, waiting.snippets, controls)
    turn.wait(Status.WAITING, _still(turn, waiting), waiting.learned, blocks, longest=waiting.longest)


def _still(turn: Turn, waiting: Waiting) -> str:
    """The line for the thread: a second one when it takes unusually long, because slow is not failed."""
    since = turn.request.decided_at
    if since is None or waiting.longest or turn.context.clock() - since < SLOW:
        return waiting.say
    return f"{waiting.say} It takes longer than usual, and is still in progress; I keep looking."


def _hold(turn: Turn, stumbles: int = 0, why: Failed | None = None) -> None:
    """Gives the request back for a while as it is; a lost lease needs nothing."""
    try:
        turn.hold(stumbles, why)
    except LeaseLostError:
        _lost(turn)


def _lost(turn: Turn) -> None:
    log.warning("another worker has taken request %s over", turn.number)


def _stumbles(turn: Turn) -> int:
    """How many looks have failed in a row, with this one."""
    return int(turn.request.memory.get(STUMBLES, 0)) + 1


def _stumble(turn: Turn, why: Failed) -> None:
    """One more look that failed; what keeps failing is told."""
    stumbles = _stumbles(turn)
    _hold(turn, stumbles, why if stumbles >= TELL_FROM else None)


def _refused_look(turn: Turn, error: RefusedError) -> None:
    step = turn.steps[turn.request.step] if turn.request.step < len(turn.steps) else None
    explain = step.explain if step else refusal
    _failed_look(turn, hindrance(error), explain(error.code, error.reason, error.message))


def _own_error(turn: Turn) -> None:
    say, where = "The bot came upon an error of its own.", f"under request={turn.number}"
    end = Failed(say, f"The log has it {where}. Look in AWS what stands before asking again.")
    _failed_look(turn, Failed(say, f"Whoever runs the bot finds it in the log {where}."), end)


def _failed_look(turn: Turn, why: Failed, end: Failed) -> None:
    """Right after a change a refusal may pass, so that even a request which has sent nothing ends only when it stays so.

    Whether a call took effect only AWS can tell: once one was sent, no look that failed ends the request.
    """
    if turn.has_sent():
        _stumble(turn, why)
    elif _stumbles(turn) <= PATIENCE:
        _hold(turn, _stumbles(turn))
    else:
        turn.fail(end)
