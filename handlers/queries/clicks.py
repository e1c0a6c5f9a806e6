"""The buttons and menus of the looks: other pages, the picture, and documents in a window of their own.

A button carries ids, the text that was typed, and where the page begins; all else comes from the picture.
Source: Slack API, "block_actions payload", "Handling user interaction" (Message responses).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from handlers.caller import of_interaction
from handlers.front import Front
from handlers.queries import upload, window
from handlers.queries.answer import asked, show_later
from handlers.queries.question import Question
from handlers.queries.registry import LOOKS
from handlers.visit import Visit
from operations.snapshot.policy_types import label

Press = Callable[[Visit, Question, str], bool]
GONE = ":x: What this button is about is no longer there, so nothing is shown. Ask once more."


def register(app: App, front: Front) -> None:
    """Takes the buttons of the looks in; whatever they ask for is answered by a worker."""
    for pattern, press in PRESSES.items():
        app.action(re.compile(pattern))(_listener(front, press))


def _listener(front: Front, press: Press) -> Callable[..., None]:
    def pressed(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        visit, value = Visit(front, client, of_interaction(body)), _value(body["actions"][0])
        visit.if_admitted(lambda: _answer(visit, press, value))
        ack()

    return pressed


def _value(action: dict[str, Any]) -> str:
    """What a button or a menu's choice carries."""
    chosen = action.get("selected_option")
    value = chosen.get("value") if isinstance(chosen, dict) else action.get("value")
    return value if isinstance(value, str) else ""


def _answer(visit: Visit, press: Press, value: str) -> None:
    question = asked(visit.front, "")
    if isinstance(question, str):
        visit.tell(question)
    elif not press(visit, question, value):
        visit.tell(GONE)


def _turn(visit: Visit, question: Question, value: str) -> bool:
    """Another page, in place of this one."""
    wanted = _page(value)
    if wanted is None:
        return False
    look, text, at = wanted
    show_later(visit, look, question.of(text, at), replace=True)
    return True


def _page(value: str) -> tuple[str, str, int] | None:
    """The look, its text and the first item of the page that a button carries; None when it carries anything else."""
    try:
        found = json.loads(value)
        look, text, at = found["look"], found["text"], found["at"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    known = isinstance(look, str) and look in LOOKS
    return (look, text, at) if known and isinstance(text, str) and isinstance(at, int) else None


def _picture(visit: Visit, question: Question, value: str) -> bool:
    unit = question.organization.units_by_id.get(value)
    if unit:
        visit.tell(upload.DRAWN)
        upload.send(visit, question, unit)
    return unit is not None


def _document(visit: Visit, question: Question, value: str) -> bool:
    policy = question.organization.policies.by_id.get(value)
    if policy:
        window.show(visit, policy.name, lambda: visit.front.sources.live.document(value))
    return policy is not None


def _effective(visit: Visit, question: Question, value: str) -> bool:
    account, _, kind = value.partition(" ")
    organization = question.organization
    known = account in organization.accounts_by_id and kind in organization.policies.types
    if known:
        title = f"{label(kind)} in effect on {organization.account_label(account)}"
        window.show(visit, title, lambda: visit.front.sources.live.effective(account, kind))
    return known


PRESSES: dict[str, Press] = {
    r"^look:(previous|next)$": _turn,
    r"^look:picture$": _picture,
    r"^look:document$": _document,
    r"^look:effective$": _effective,
}
