"""What is said in the thread and in direct messages: pure, from the request to Slack's blocks.

Source: Slack API, "Formatting text for app surfaces", "Block Kit".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from approvals.authority.quorum import cannot_decide
from approvals.authority.requirements import Requirements, rules_do, rules_named
from approvals.models import Request
from approvals.slack.blocks import (
    Block,
    actions,
    button,
    code,
    confirm,
    context,
    escape,
    fields,
    fit,
    mentions,
    quoted,
    section,
    shorten,
    slack_date,
    url_button,
)
from approvals.states import Status
from approvals.views.confirmations import to_undo
from operations.aws.prefilled import Prefilled
from operations.core.closing import Closing
from operations.core.observations import Snippet
from operations.core.registry import by_name
from operations.core.steps import Control
from operations.snapshot.names import capital, counted

Body = dict[str, Any]
LONGEST_LINE = 2900
# In a request's memory, for people: the steps that are done, where there are several, what is waited for, what is to be copied
# meanwhile, what would undo it, and that a part of it is left to be asked for.
STEPS, SAID, SNIPPETS, UNDO, REST = "steps", "said", "snippets", "undo", "rest"
CLOSING = "closing"  # In a request's memory: what its end has told.
MENDABLE = (
    "mendable"  # In a request's memory: it failed over what somebody can mend, so that the same may be asked for again.
)
OPENS = "opens"  # In a request's memory: the requests that the advice means, as far as its requester may ask for them.


def body(text: str, *blocks: dict[str, Any]) -> Body:
    """A message: `text` is what notifications show, the blocks are what is seen (the text itself when there are none)."""
    text = shorten(text, LONGEST_LINE)
    return {"text": text, "blocks": fit(list(blocks)) or [section(text)]}


def name(request: Request) -> str:
    """The request as people refer to it: number and title, escaped."""
    return f"request #{request.id} ({escape(shorten(request.title, 200))})"


def link(request: Request) -> str:
    """As the request has it."""
    return request.link


def other_rules(said: str, lapsed: int = 0) -> Body:
    """Into the thread, what `now_decides` says; `lapsed` is how many approvals no longer count."""
    again = " Approvals given before no longer count." if lapsed else ""
    return progress(f"{said}{again}", icon=":warning:")


def now_decides(request: Request, *, others: bool, more: bool) -> str:
    """What has changed while it waited: `others` decide, or the same rules ask for `more` approvals, or name other people."""
    if others:
        return f"{capital(rules_do(request, 'decide'))} now, because what this reaches or the rules have changed."
    if more:
        return f"{capital(rules_do(request, 'need'))} {counted(request.approvals_needed, 'approval')} now."
    return f"{capital(rules_do(request, 'name'))} other approvers now."


def glass_broken(request: Request, required: Requirements, without: frozenset[str] = frozenset()) -> Body:
    """Into the thread and the channel: somebody acts without approval, why, and who has to review it."""
    reviewers = mentions(required.deciders(), without | cannot_decide(request, ())) or "Whoever approves such requests"
    told = f":rotating_light: *Break glass:* <@{request.requester}> acts at once, without approval: {name(request)}."
    asked = f"{reviewers}: one of you has to review it, by *I have reviewed this* on the card."
    text = f"{told}\n*Reason:* {escape(shorten(request.reason, 1000))}\n{asked}"
    return body(text, section(told), quoted("Reason", request.reason), section(asked)) | {"reply_broadcast": True}


def reviewed(request: Request) -> Body:
    """Into the thread, when somebody has signed the review of what was done under break glass."""
    return body(f":white_check_mark: Reviewed by <@{request.reviewed_by}>.")


def decided(request: Request) -> Body:
    """Into the thread, when the request has been denied, taken back, or has run out of time."""
    return _decision(
        request, _decided(request), *actions(*([again(request)] if request.status == Status.EXPIRED else []))
    )


def _decided(request: Request) -> str:
    return _DECISIONS[Status(request.status)].format(by=_by(request))


def _decision(request: Request, line: str, *blocks: Block) -> Body:
    """The line and, as a quotation, the reason that came with the decision."""
    if not request.decision_reason:
        return body(line, section(line), *blocks)
    text = f"{line}\nReason: {escape(shorten(request.decision_reason, 1000))}"
    return body(text, section(line), quoted("Reason", request.decision_reason), *blocks)


def withdrawn(request: Request, user: str) -> Body:
    """Into the thread, when an approver has taken their approval back."""
    return body(f":leftwards_arrow_with_hook: <@{user}> has withdrawn their approval of request #{request.id}.")


_DECISIONS = {
    Status.DENIED: ":x: Denied by {by}. Nothing has been changed.",
    Status.CANCELLED: ":wastebasket: Cancelled by {by}. Nothing has been changed.",
    Status.EXPIRED: ":hourglass: Nobody decided in time, so the request has expired. Nothing has been changed.",
}


def _by(request: Request) -> str:
    return f"<@{request.decided_by}>" if request.decided_by else escape(rules_named(request))


def private(number: int, sentence: str) -> Body:
    """A private line about a request."""
    return body(f":information_source: Request #{number}: {sentence}")


def too_late(request: Request) -> str:
    """What somebody is told whose click came after the decision."""
    if request.status == Status.EXPIRED:
        return "nobody decided in time; it has expired."
    verb = {Status.DENIED: "denied", Status.CANCELLED: "cancelled", Status.REFUSED: "refused"}.get(
        Status(request.status), "approved"
    )
    when = f" {slack_date(request.decided_at)}" if request.decided_at else ""
    return f"{_by(request)} {verb} it{when}."


def progress(say: str, *blocks: Block, icon: str = ":gear:") -> Body:
    """One step's news, into the thread, with blocks beneath it."""
    text = f"{icon} {escape(say)}"
    return body(text, section(text), *blocks) if blocks else body(text)


def while_waiting(request: Request, snippets: Sequence[Snippet], controls: Sequence[Control]) -> list[Block]:
    """What people need while a request waits for them: text to copy, and what they may ask for."""
    copied = [section(f"*{escape(snippet.label)}*\n{code(snippet.text)}") for snippet in snippets]
    buttons = [
        button(
            control.label,
            f"control:{control.key}",
            request.button,
            confirm=confirm(f"{control.label}?", control.question, "Yes", "No"),
        )
        for control in controls
    ]
    return [*copied, *actions(*buttons)]


def asks_control(request: Request, user: str, label: str) -> Body:
    """Into the thread, when somebody has pressed a button beside a waiting request."""
    return body(f":point_right: <@{user}> asks: {escape(label)} (request #{request.id}).")


def succeeded(request: Request, closing: Closing, *, undo: Sequence[str] = ()) -> Body:
    """The good end, with what it hands over, and the button that files what undoes it; `undo` has the titles of that."""
    text = f":white_check_mark: {escape(closing.summary)}"
    undoing = [_undo(request, undo)] if undo else []
    end = context(f"Request #{request.id}, {request.operation}")
    return body(text, section(text), *handover(request, closing, (*undoing, *code_button(request))), end)


def _undo(request: Request, titles: Sequence[str]) -> Block:
    return button("Undo", "undo", request.button, confirm=to_undo(request, titles))


def handover(request: Request, closing: Closing, buttons: Sequence[Block] = ()) -> list[Block]:
    """The blocks of what a finished request hands over: facts, snippets to copy, what comes next, links; and further `buttons`."""
    facts = fields({fact.label: fact.value for fact in closing.facts})
    snippets = [section(f"*{escape(snippet.label)}*\n{code(snippet.text)}") for snippet in closing.snippets]
    asks = opening(closing.next, request.button)
    links = [url_button(item.label, f"link-{index}", item.url) for index, item in enumerate(closing.links)]
    return [*facts, *snippets, *actions(*asks, *links, *buttons)]


def ended_badly(request: Request) -> Body:
    """Into the thread, a failed or stale request: what AWS means, what was done and what was not, and the way out."""
    icon = ":warning:" if request.status == Status.STALE else ":x:"
    text = f"{icon} {bad_end(request)}"
    return body(text, section(text), *actions(*advised(request), again(request)))


def bad_end(request: Request) -> str:
    """Why it ended, and what to do."""
    word = "Out of date" if request.status == Status.STALE else "Failed"
    advice = f"\n*What to do:* {escape(shorten(request.advice, 800))}" if request.advice else ""
    return f"*{word}:* {escape(shorten(request.outcome, 1500))}{advice}"


def opening(helping: Sequence[Prefilled], after: str = "") -> list[Block]:
    """For each request that helps the button that opens its form filled in; a label that menus have where it has none.

    `after` is what the buttons of the request carry whose end offers them: they go on in its thread.
    """
    return [
        button(one.label or by_name()[one.operation].wanted, f"form:{one.operation}:{number}", carried(one, after))
        for number, one in enumerate(helping)
    ]


def carried(one: Prefilled, after: str = "") -> str:
    """What such a button carries, as `handlers.carried.Carried` reads it."""
    return json.dumps({"values": one.values, **({"after": after} if after else {})}, separators=(",", ":"))


def advised(request: Request) -> list[Block]:
    """The buttons for what its requester was advised to ask for."""
    return opening([Prefilled.model_validate(one) for one in request.memory.get(OPENS, ())])


def again(request: Request) -> Block:
    """The button for what comes next: the same as it was where that may help now, else its form, to be corrected.

    Of what is half done only the rest is asked for.
    """
    if request.memory.get(REST):
        return button("Ask for the rest", "again" if request.memory.get(MENDABLE) else "edit", request.button)
    if request.status in (Status.STALE, Status.EXPIRED) or request.memory.get(MENDABLE):
        return button("Ask again", "again", request.button)
    return button("Edit and resubmit", "edit", request.button)


def has_code(request: Request) -> bool:
    """Whether a request that succeeds can be given as code."""
    operation = by_name().get(request.operation)
    return operation is not None and not operation.no_code


def code_button(request: Request) -> list[Block]:
    """The button on the message of a good end; none where there is no code."""
    return [button("As code", "code", request.button)] if has_code(request) else []
