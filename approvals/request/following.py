"""What comes after a look at AWS, or after its refusal: the step is done, the request waits, or it ends.

Nothing is called done before it was seen: a call that AWS accepted is only the beginning of its effect.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from approvals.authority.standing import approval_lost
from approvals.models import Attempt, Request, operation_of
from approvals.request.attempts import IN_DOUBT
from approvals.request.execution import Execution
from approvals.request.prepare import look_again
from approvals.slack.blocks import shorten
from approvals.states import Outcome, Status
from approvals.views.on_hold import NOT_NOW, unseen
from operations.aws.codes import BUSY, CHANGING
from operations.aws.errors import AmbiguousError, AwsError, BusyError, CredentialsError, FencedError, FieldError
from operations.aws.reasons import meaning_of
from operations.aws.sorting import Meaning, Next
from operations.core.meaning import same_meaning
from operations.core.observations import Done, Facts, Failed, NotNow, Observation, Ready, Stale, Waiting
from operations.core.preview import Preview, digest
from operations.core.steps import Step
from operations.snapshot.names import listed, zoned

LONGEST_FACT = 200

SLOW = timedelta(minutes=10)
LOST_ANSWER = "AWS's answer was lost. orgbot looks whether the call took effect, and sends it again only if it has not."
ACCEPTED = "AWS has accepted it; it does not show yet."


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


def may_send(execution: Execution, step: Step, sent: list[Attempt], ready: Ready) -> bool:
    """Whether the call may be sent: not while an earlier one may still show its effect, and not again once AWS accepted it."""
    doubtful = [attempt for attempt in sent if attempt.outcome in IN_DOUBT]
    if doubtful and _settling(execution, doubtful[-1]):
        return False
    accepted = [attempt for attempt in sent if attempt.outcome not in IN_DOUBT]
    if accepted and not ready.again:
        not_seen(execution, step, accepted[-1])
        return False
    return True


def _settling(execution: Execution, attempt: Attempt) -> bool:
    """Whether a call whose answer was lost may still show its effect; then the request waits, and AWS is asked again."""
    left = _left_to_settle(execution, attempt)
    if left <= timedelta(0):
        return False
    execution.wait(Status.UNKNOWN, LOST_ANSWER, longest=min(left, execution.context.pace.longest_poll))
    return True


def _left_to_settle(execution: Execution, attempt: Attempt) -> timedelta:
    now = execution.context.clock()
    return (attempt.started_at or now) + execution.context.pace.settle - now


def not_seen(execution: Execution, step: Step, attempt: Attempt, learned: Facts | None = None) -> None:
    """AWS accepted a call and shows nothing of it: that is waited for, and after the settle time it is said to be unknown."""
    if _left_to_settle(execution, attempt) > timedelta(0):
        execution.wait(Status.WAITING, ACCEPTED, learned)
    else:
        execution.lose_sight(unseen(step, execution.context.pace.settle))


def follow(execution: Execution, step: Step, observation: Observation) -> bool:
    """Whether the step's goal stands, so that the next step may follow at once."""
    match observation:
        case Done():
            execution.advance(observation)
            return True
        case Waiting():
            _await(execution, observation)
        case NotNow():
            wait_for_turn(execution, step, meaning_of("", observation.reason), observation.reason, observation.learned)
        case Failed():
            execution.fail(observation)
        case Stale():
            execution.go_stale(observation)
        case Ready():
            execution.wait(Status.RUNNING)
    return False


def _await(execution: Execution, waiting: Waiting) -> None:
    """Gives the request back until AWS, or whoever has to act, may have done something; people get what they need for it."""
    say = _still(execution, waiting)
    execution.wait(Status.WAITING, say, waiting.learned, waiting.snippets, longest=waiting.longest)


def _still(execution: Execution, waiting: Waiting) -> str:
    """The line for the thread: a second one when it takes unusually long, because slow is not failed."""
    since = execution.request.decided_at
    if since is None or waiting.longest or execution.context.clock() - since < SLOW:
        return waiting.say
    return f"{waiting.say} It takes longer than usual and is still in progress."


def wait_for_turn(  # noqa: PLR0913  Each is a fact of one refusal.
    execution: Execution,
    step: Step,
    meaning: Meaning,
    name: str,
    learned: Facts | None = None,
    end: Failed | None = None,
) -> None:
    """AWS says "not now", or refuses without telling how things stand: the call is sent again later, up to an end that is said.

    `end` is what is said then; without it, that it stayed so.
    """
    now = execution.context.clock()
    waits = dict(execution.request.memory.get(NOT_NOW, {}))
    told = name in waits
    until = datetime.fromisoformat(waits.setdefault(name, (now + meaning.within).isoformat()))
    if now >= until:
        stayed = Failed(
            f"{step.not_done} {meaning.say} It stayed so until {zoned(until)}.".strip(),
            meaning.advice,
            name,
            again=meaning.again,
        )
        execution.fail(end or stayed)
        return
    say = "" if told else f"{meaning.say} It is tried again until {zoned(until)}; nothing has to be approved again."
    execution.wait(Status.WAITING, say, {**(learned or {}), NOT_NOW: waits}, longest=meaning.pause)


def turn_of(error: AwsError) -> Meaning:
    """What is waited for after AWS was busy."""
    found = meaning_of(error.code, error.reason)
    return found if found.next is Next.WAIT else BUSY


def is_short(execution: Execution, error: AwsError | FencedError) -> bool:
    """Whether it may be over in a second: AWS was called too often, or was at another change, and not for long yet."""
    waits = execution.request.memory.get(NOT_NOW)
    return not waits and isinstance(error, BusyError) and turn_of(error) in (BUSY, CHANGING)


def what_changed(execution: Execution) -> Stale | None:
    """Why what would be done is not what was approved, or was approved by people who may no longer; None when all is well."""
    request = execution.request
    try:
        preview = look_again(execution.context, operation_of(request))
    except FieldError as error:
        return Stale(error.message, error.opens)
    if not _is_as_approved(request, preview):
        changed = differences(Preview.model_validate(request.preview), preview)
        return Stale(changed or "the request is not the one that was approved.")
    lost = approval_lost(execution.context, request)
    return Stale(lost) if lost else None


def _is_as_approved(request: Request, now: Preview) -> bool:
    """Whether the request is the one that was approved, and starts from what means the same."""
    approved = request.preview["precondition"]
    sealed = digest(request.operation, request.params, approved) == request.digest
    return sealed and same_meaning(approved, now.precondition)


def differences(approved: Preview, now: Preview) -> str:
    """The differing facts, `From is now /Security (was /Workloads)`; empty when both are bound to the same."""
    if approved.precondition == now.precondition:
        return ""
    before = {fact.label: fact.value for fact in approved.facts}
    after = {fact.label: fact.value for fact in now.facts}
    found = [_one(label, before.get(label), after.get(label)) for label in {**before, **after}]
    said = [sentence for sentence in found if sentence]
    if approved.diff != now.diff:
        said.append("the document it starts from is another one")
    if approved.hits != now.hits:
        said.append(f"it would hit: {shorten((*now.hits, 'nothing')[0], LONGEST_FACT)}")
    return f"{listed(said)}." if said else "it would now start from something else than what the card says."


def _one(label: str, before: str | None, after: str | None) -> str:
    if before == after:
        return ""
    if before is None or after is None:
        return f"{label}: {shorten(after or 'no longer there', LONGEST_FACT)}"
    return f"{label} is now {shorten(after, LONGEST_FACT)} (was {shorten(before, LONGEST_FACT)})"
