"""When AWS cannot be asked: what people are told while a request waits for that, and what they may ask of it."""

from __future__ import annotations

from datetime import timedelta

from approvals.models import Request
from approvals.slack.blocks import escape, section, shorten, span
from approvals.states import Status
from approvals.views.thread import Body, body, link, while_waiting
from operations.core.observations import Failed
from operations.core.steps import Control, Step

ON_HOLD = "held"  # In a request's memory: people were told that it waits.
NOT_ASKED = "not asked"  # In a request's memory: why approvers cannot decide yet; a card that says so was queued.
TOLD = "told"  # In a request's memory: the requester knows why approvers have not been asked yet.
# In a request's memory: it had not begun when the backup was taken that was restored, so all is looked at once more.
UNBEGUN = "restored"
WHY = "why it waits"  # In a request's memory, with it: what they were told.
OWN_ERROR = "own error"  # Its value where the bot's own error, and not AWS, is why.
BY_ITSELF = "It goes on by itself; please don't ask for the same again."
UNSEEN = "unseen"  # Its value where AWS has accepted a call and shows nothing of it.
NOT_NOW = "not now"  # In a request's memory: until when a call is sent again, by what AWS answers.
FAILED_LOOKS = "stumbles"  # In a request's memory: how many looks have failed in a row.
GIVE_UP = Control(
    "give-up",
    "Give up",
    "The request ends here. What was sent to AWS may still take effect, and nobody follows it any more.",
)


def not_asked(request: Request) -> str:
    """While AWS cannot be asked what the request would do, so that nobody can approve it yet; else empty."""
    why = request.memory.get(NOT_ASKED)
    if not why or request.announced_at or request.status != Status.PENDING:
        return ""
    return f":warning: Nobody can approve this yet: {why}"


def not_asked_for(why: Failed) -> dict[str, str]:
    """For the request's memory: why approvers cannot decide yet."""
    return {NOT_ASKED: f"{escape(shorten(why.say, 1000))} {BY_ITSELF}{_to_do(why)}"}


def keeps_waiting(request: Request) -> bool:
    """Whether it waits for what may take long, and people may end it: AWS cannot be asked, or says "not now"."""
    return bool(request.memory.get(ON_HOLD) or request.memory.get(NOT_NOW))


def waits(request: Request, why: Failed, *, sent: bool) -> Body:
    """Into the thread: AWS cannot be looked at, why, whether anything may have been changed, and who has to mend what."""
    text = _waits(why, sent=sent)
    return body(text, section(text), *while_waiting(request, (), (GIVE_UP,)))


def noted(why: Failed, *, sent: bool) -> dict[str, str]:
    """For the request's memory: what people are told of why it waits."""
    return {WHY: _waits(why, sent=sent)}


def _waits(why: Failed, *, sent: bool) -> str:
    return f":warning: *Waiting:* {escape(shorten(why.say, 1000))} {effect(sent=sent)} {BY_ITSELF}{_to_do(why)}"


def effect(*, sent: bool) -> str:
    """Whether AWS may have changed something for a request that does not end well."""
    return "What was sent to AWS may have taken effect." if sent else "Nothing has been changed."


def _to_do(why: Failed) -> str:
    return f"\n*What to do:* {escape(shorten(why.advice, 800))}"


def unseen(step: Step, waited: timedelta) -> Failed:
    """AWS accepted a call, and its effect does not show: it may come, or not."""
    say = f"{step.title}: AWS accepted the call {span(waited)} ago, and it does not show. Whether it takes effect is unknown."
    return Failed(say, "Check in the AWS console what is there. “Give up” ends the request here.")


def goes_on(request: Request) -> Body:
    """Into the thread: what kept it waiting is over."""
    if request.memory.get(ON_HOLD) in (OWN_ERROR, UNSEEN):
        return body(f":arrow_forward: {link(request)} goes on.")
    return body(f":arrow_forward: AWS can be asked again, and {link(request)} goes on.")


def given_up(request: Request, *, sent: bool) -> Failed:
    """The end of a request that somebody would not let wait any longer."""
    reasons = {OWN_ERROR: "after an error of orgbot's own", UNSEEN: "before its effect showed"}
    held = request.memory.get(ON_HOLD)
    why = reasons.get(held, "while AWS could not be asked") if held else "while AWS would not do it yet"
    say = f"It was given up, as asked, {why}. {effect(sent=sent)}"
    return Failed(say, "Check in AWS what is there before asking again.")
