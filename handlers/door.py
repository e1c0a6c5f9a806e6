"""What is let in: deliveries of the shapes that Slack sends, before Bolt or a listener looks into them, and no more presses of one
person than people make.

Source: Bolt for Python, "Listener middleware"; Slack API, "Events API" (Callback field), "block_actions payload", "block_suggestion payload", "view_submission payload".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cachetools import LRUCache
from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware
from slack_sdk import WebClient

from approvals.request.limits import FloodError
from handlers.caller import Caller, delivery, of_interaction
from handlers.dependencies import Dependencies
from handlers.responder import tell

log = logging.getLogger(__name__)
DEEPEST = 100  # Levels, of which Slack's own have about fifteen.
MOST = 100  # Options of one menu, which is Slack's limit.
OBJECTS = ("user", "container", "message", "state", "view", "event")
MAY_BE_NULL = ("team", "channel", "enterprise")
LONGEST_ID = 2000  # A response_url is the longest.
IDS = ("user_id", "team_id", "channel_id", "trigger_id", "response_url", "api_app_id", "id", "ts", "message_ts", "user")
Body = Mapping[str, Any]
MOST_TOLD = 1000  # People of whom it is remembered when they were told.
TOLD_AGAIN = timedelta(seconds=5)  # Telling is a call to Slack for each.


class Readable(Middleware):
    """Refuses what has none of the shapes that Slack sends, over which Bolt itself trips: the first that Bolt calls.

    A class and not a function, because Bolt collects all that a function could ask for, and Slack waits meanwhile.
    """

    def process(self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], Any]) -> BoltResponse | None:  # noqa: A002  Bolt's name.
        """Bolt's answer so far, or 400 without a further look. What came over HTTP was measured before it was parsed."""
        if not (is_whole(req.body) and (req.mode == "http" or is_flat(req.body))):
            log.warning("a delivery that has no shape of Slack's was refused")
            return BoltResponse(status=400)
        next()
        return resp


class Unhurried(Middleware):
    """Takes no more presses of one person than people press, whatever the button; who presses on is told now and then."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._told: LRUCache[str, datetime] = LRUCache(maxsize=MOST_TOLD)

    def process(self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], Any]) -> BoltResponse | None:  # noqa: A002  Bolt's name.
        """Bolt's answer so far; an empty one, and nothing else, for one press too many."""
        if req.body.get("type") == "block_actions":
            try:
                self._count(req.body)
            except FloodError as error:
                self._tell(req.context.client, of_interaction(req.body), f":hourglass: {error}")
                return BoltResponse(status=200, body="")
        next()
        return resp

    def _count(self, body: dict[str, Any]) -> None:
        caller, action = of_interaction(body), body["actions"][0]
        name = delivery("press", caller.team, caller.user, action, caller.trigger)
        self._deps.intake.press(caller.user, name)

    def _tell(self, slack: WebClient | None, caller: Caller, sentence: str) -> None:
        now, last = self._deps.clock(), self._told.get(caller.user)
        if slack and (last is None or now - last >= TOLD_AGAIN):
            self._told[caller.user] = now
            tell(self._deps, slack, caller, sentence)


def is_whole(body: Body) -> bool:
    """Whether what listeners read of a delivery is there, and of the type that Slack gives it."""
    parts = [body, *(body[name] for name in OBJECTS if name in body)]
    parts += [body[name] for name in MAY_BE_NULL if body.get(name) is not None]
    if not isinstance(body.get("type", ""), str) or not all(
        isinstance(part, dict) and _is_named(part) for part in parts
    ):
        return False
    return KINDS.get(str(body.get("type")), _anything)(body)


def _is_named(part: Body) -> bool:
    """Whether the ids are such that they can be kept and compared: short, and without what nobody sees."""
    return all(_is_id(part[name]) for name in IDS if name in part)


def _is_id(found: Any) -> bool:
    """An id, none, or the object that has one: `user` is either."""
    if isinstance(found, str):
        return len(found) <= LONGEST_ID and found.isascii() and found.isprintable()
    return found is None or isinstance(found, dict)


def is_flat(body: Any) -> bool:
    """Whether the parsed body is at most `DEEPEST` levels deep."""
    level, depth = [body], 0
    while level:
        depth += 1
        level = [item for value in level for item in _inside(value) if isinstance(item, dict | list)]
        if depth > DEEPEST:
            return False
    return True


def _inside(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _texts(found: Any, *names: str) -> bool:
    return isinstance(found, dict) and all(isinstance(found.get(name), str) for name in names)


def _anything(_: Body) -> bool:
    return True


def _press(body: Body) -> bool:
    actions = body.get("actions")
    named = isinstance(actions, list) and bool(actions) and all(_texts(action, "action_id") for action in actions)
    return named and _person(body)


def _form(body: Body) -> bool:
    view = body.get("view")
    if not _texts(view, "id", "callback_id") or not isinstance(view, dict):
        return False
    state = view.get("state")
    values = state.get("values") if isinstance(state, dict) else None
    return _person(body) and isinstance(values, dict) and all(_input(block) for block in values.values())


def _input(block: Any) -> bool:
    return isinstance(block, dict) and all(_element(element) for element in block.values())


def _element(element: Any) -> bool:
    if not isinstance(element, dict) or not isinstance(element.get("value"), str | None):
        return False
    several = [element.get(name) or [] for name in ("selected_options", "files")]
    if not all(isinstance(items, list) and len(items) <= MOST for items in several):
        return False
    picked = [element.get("selected_option") or {}, *several[0], *several[1]]
    return all(isinstance(item, dict) and isinstance(item.get("value"), str | None) for item in picked)


def _shortcut(body: Body) -> bool:
    return _texts(body, "callback_id") and _person(body)


def _message_shortcut(body: Body) -> bool:
    message = body.get("message")
    return _shortcut(body) and isinstance(message, dict) and isinstance(message.get("text", ""), str)


def _closed(body: Body) -> bool:
    return _texts(body.get("view"), "callback_id") and _person(body)


def _suggestion(body: Body) -> bool:
    return _texts(body, "action_id", "value") and _person(body)


def _person(body: Body) -> bool:
    return _texts(body.get("user"), "id")


def _event(body: Body) -> bool:
    return _texts(body.get("event"), "type")


KINDS: dict[str, Callable[[Body], bool]] = {
    "block_actions": _press,
    "view_submission": _form,
    "view_closed": _closed,
    "shortcut": _shortcut,
    "message_action": _message_shortcut,
    "block_suggestion": _suggestion,
    "event_callback": _event,
}
