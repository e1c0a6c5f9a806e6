"""The buttons and menus of the queries: other pages, the picture, and documents in a window of their own.

A button carries ids, the text that was typed, and where the page begins; all else comes from the snapshot. A window opens at once,
because its trigger lives 3 s, and is filled when AWS has told. Source: Slack API, "block_actions payload", "Handling user interaction"
(Message responses), "views.open", "views.update", "Modals" (100 blocks, 250 KB).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from approvals.authority.press import StrangeCardError, read
from approvals.models import operation_of
from approvals.slack.blocks import Block, section
from approvals.slack.client import SlackRefusedError
from approvals.slack.modals import window
from handlers.caller import of_interaction
from handlers.dependencies import Dependencies
from handlers.queries import upload
from handlers.queries.answer import asked, show_later
from handlers.queries.layout import branch, changes_of
from handlers.queries.parts import code_lines, code_sections, name, untold
from handlers.queries.question import Question
from handlers.queries.registry import QUERIES
from handlers.responder import TOO_SLOW, Responder
from operations.aws.errors import AwsError
from operations.core.nesting import load
from operations.snapshot.policy_types import label

MOST_SECTIONS = 80
READING = ":hourglass: Reading it from AWS…"
EMPTY = "_There is none: no policy of this type has an effect here._"

Press = Callable[[Responder, Question, str], bool]
GONE = ":x: That is no longer there. Ask again to see how it is now."


def register(app: App, deps: Dependencies) -> None:
    """Takes the buttons of the looks in; whatever they ask for is answered by a worker."""
    for pattern, press in PRESSES.items():
        app.action(pattern)(_listener(deps, press))


def _listener(deps: Dependencies, press: Press) -> Callable[..., None]:
    def pressed(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        responder, value = Responder(deps, client, of_interaction(body)), _value(body["actions"][0])
        responder.if_admitted(lambda: _answer(responder, press, value))
        ack()

    return pressed


def _value(action: dict[str, Any]) -> str:
    """What a button or a menu's choice carries."""
    chosen = action.get("selected_option")
    value = chosen.get("value") if isinstance(chosen, dict) else action.get("value")
    return value if isinstance(value, str) else ""


def _answer(responder: Responder, press: Press, value: str) -> None:
    question = asked(responder.deps, "")
    if not isinstance(question, Question):
        responder.reply(question, replace=False)
    elif not press(responder, question, value):
        responder.tell(GONE)


def _turn(responder: Responder, question: Question, value: str) -> bool:
    """Another page, or what was meant by a name, in place of this one."""
    return _answered(responder, question, value, replace=True)


def _ask(responder: Responder, question: Question, value: str) -> bool:
    """A query's answer, below the message whose button was pressed."""
    return _answered(responder, question, value, replace=False)


def _answered(responder: Responder, question: Question, value: str, *, replace: bool) -> bool:
    wanted = _page(value)
    if wanted is None:
        return False
    look, text, at = wanted
    show_later(responder, look, question.of(text, at), replace=replace)
    return True


def _page(value: str) -> tuple[str, str, int] | None:
    """The look, its text and the first item of the page that a button carries; None when it carries anything else."""
    try:
        found = load(value)
        look, text, at = found["look"], found["text"], found["at"]
    except (ValueError, TypeError, KeyError):
        return None
    known = isinstance(look, str) and look in QUERIES
    return (look, text, at) if known and isinstance(text, str) and isinstance(at, int) else None


def _picture(responder: Responder, question: Question, value: str) -> bool:
    unit = question.organization.units_by_id.get(value)
    if unit:
        responder.tell(upload.DRAWN)
        upload.send(responder, question, unit)
    return unit is not None


def _branch(responder: Responder, question: Question, value: str) -> bool:
    """What a request changes; nothing is decided here, so that the key is enough, wherever the button stands."""
    pressed = read(value, private=True)
    try:
        request = responder.deps.intake.pressed_on(pressed, "picture") if pressed else None
    except StrangeCardError:
        return False
    changes = changes_of(operation_of(request), question.organization) if request else {}
    if request and changes:
        upload.show_branch(responder, request, branch(question.tree, changes))
    return bool(changes)


def _document(responder: Responder, question: Question, value: str) -> bool:
    policy = question.organization.policies.by_id.get(value)
    if policy:
        show(responder, policy.name, lambda: responder.deps.sources.live.document(value))
    return policy is not None


def _effective(responder: Responder, question: Question, value: str) -> bool:
    account, _, kind = value.partition(" ")
    organization = question.organization
    known = account in organization.accounts_by_id and kind in organization.policies.types
    if known:
        title = f"{label(kind)} in effect on {organization.account_label(account)}"
        show(responder, title, lambda: responder.deps.sources.live.effective(account, kind))
    return known


PRESSES: dict[re.Pattern[str] | str, Press] = {
    re.compile(r"^look:(previous|next|meant:[0-9])$"): _turn,
    "look:ask": _ask,
    "look:picture": _picture,
    "picture": _branch,
    "look:document": _document,
    "look:effective": _effective,
}


def show(responder: Responder, title: str, read: Callable[[], str]) -> None:
    """Opens the window and fills it with what `read()` gives, on a worker; `read` may raise AwsError."""
    responder.later("a document was not shown", lambda: _show(responder, title, read))


def _show(responder: Responder, title: str, read: Callable[[], str]) -> None:
    try:
        opened = responder.call(
            "views.open", trigger_id=responder.caller.trigger, view=_view(title, [section(READING)])
        )
    except SlackRefusedError as error:
        if error.code == "expired_trigger_id":
            responder.tell(TOO_SLOW)
        raise
    responder.look_later("a document was not shown", lambda: _fill(responder, opened["view"]["id"], title, read))


def _fill(responder: Responder, view_id: str, title: str, read: Callable[[], str]) -> None:
    responder.call("views.update", view_id=view_id, view=_view(title, _filling(read)))


def _filling(read: Callable[[], str]) -> list[Block]:
    try:
        sections = code_sections(code_lines(read()))
    except AwsError as error:
        return [untold("Document", error)]
    cut = [section("_The rest is too long for Slack._")] if len(sections) > MOST_SECTIONS else []
    return [*sections[:MOST_SECTIONS], *cut] or [section(EMPTY)]


def _view(title: str, blocks: list[Block]) -> Block:
    return window("Policy document", [section(f"*{name(title, 200)}*"), *blocks])
