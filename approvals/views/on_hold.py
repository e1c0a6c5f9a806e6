"""What keeps a request besides the decision, what people are told of it, and what they may ask: AWS cannot be asked or says "not now",
or its approvals cannot be reached. Pure.
"""

from __future__ import annotations

from datetime import timedelta

from approvals.authority.able import Shortfall
from approvals.models import Request
from approvals.slack.blocks import escape, section, shorten, span
from approvals.states import Status
from approvals.views.thread import Body, body, link, while_waiting
from operations.core.observations import Failed
from operations.core.steps import Control, Step
from operations.snapshot.names import counted

ON_HOLD = "held"  # In a request's memory: people were told that it waits.
NOT_ASKED = "not asked"  # In a request's memory: why approvers cannot decide yet; a card that says so was queued.
TOLD = "told"  # In a request's memory: the requester knows why approvers have not been asked yet.
# In a request's memory: it had not begun when the backup was taken that was restored, so all is looked at once more.
UNBEGUN = "restored"
WHY = "why it waits"  # In a request's memory, with it: what they were told.
OWN_ERROR = "own error"  # Its value where the bot's own error, and not AWS, is why.
BY_ITSELF = "It goes on by itself; please don't ask for the same again."
SLACK = "slack"  # Its value where Slack, and not AWS, is why.
UNSEEN = "unseen"  # Its value where AWS has accepted a call and shows nothing of it.
NOT_NOW = "not now"  # In a request's memory: until when a call is sent again, by what AWS answers.
FAILED_LOOKS = "stumbles"  # In a request's memory: how many looks have failed in a row.
SHORT = "unreachable"  # In a request's memory: its shortfalls, as they were told.
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


def approval_unknown(why: str) -> Failed:
    """Slack does not tell who may decide, so that nobody knows whether the approval still stands; `why` as in `hindered`."""
    say = f"Whether the approval still stands can't be looked up: {why}."
    return Failed(say, "Mend that in Slack, where it says what; else nothing, because it is asked again and again.")


def goes_on(request: Request) -> Body:
    """Into the thread: what kept it waiting is over."""
    if request.memory.get(ON_HOLD) in (OWN_ERROR, UNSEEN, SLACK):
        return body(f":arrow_forward: {link(request)} goes on.")
    return body(f":arrow_forward: AWS can be asked again, and {link(request)} goes on.")


def given_up(request: Request, *, sent: bool) -> Failed:
    """The end of a request that somebody would not let wait any longer."""
    reasons = {OWN_ERROR: "after an error of orgbot's own", UNSEEN: "before its effect showed"}
    reasons[SLACK] = "while Slack could not be asked"
    held = request.memory.get(ON_HOLD)
    why = reasons.get(held, "while AWS could not be asked") if held else "while AWS would not do it yet"
    say = f"It was given up, as asked, {why}. {effect(sent=sent)}"
    return Failed(say, "Check in AWS what is there before asking again.")


def unreachable(request: Request) -> str:
    """For the requester: why, and what to do; empty where nothing is known to be missing."""
    found = shortfalls(request)
    why = " ".join(f"{_lacks(one, 'you')}." for one in found)
    return f":warning: It can't be approved as things stand. {why} {_way_out(found)}" if found else ""


def unreachable_on_card(request: Request) -> str:
    """For the card; empty where nothing is known to be missing."""
    found = shortfalls(request)
    why = " ".join(f"{_lacks(one, 'the person who asked')}." for one in found)
    return f":warning: Can't be approved as things stand. {why}" if found else ""


def shortfalls(request: Request) -> tuple[Shortfall, ...]:
    """What cannot be reached, as it was found last."""
    return tuple(Shortfall(**one) for one in request.memory.get(SHORT, []))


def _lacks(short: Shortfall, asker: str) -> str:
    if short.why:
        return escape(short.why.rstrip("."))
    if short.gone:
        return f"The rule “{escape(short.rule)}” no longer exists"
    needed = f"The rule “{escape(short.rule)}” needs {counted(short.needed, 'approval')}"
    if short.second:
        return f"{needed}, one of them by its second approvers, and no such person is left"
    if not short.able:
        return f"{needed}, and nobody other than {asker} may give one"
    people = "only 1 person" if short.able == 1 else f"only {short.able} people"
    return f"{needed}, and {people} other than {asker} may give one"


def _way_out(found: tuple[Shortfall, ...]) -> str:
    if any(short.gone or short.why for short in found):
        return "Cancel it and ask again."
    return "Have another approver named in the bot's rules, or cancel it."
