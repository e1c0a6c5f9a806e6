"""Views: each person's stack of forms and their home tab, with ids, hashes and states as Slack gives them."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.slack.cast import APP_ID, BOT_ID, TEAM_ID
from sandbox.slack.clock import Clock
from sandbox.slack.errors import SlackRefusal

Json = dict[str, Any]
MOST_STACKED = 3


class Views:
    """The open forms by person and window, the topmost last, and the published home tabs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stacks: dict[tuple[str, str | None], list[Json]] = {}
        self._homes: dict[str, Json] = {}

    def clear(self) -> None:
        """Close and forget every view."""
        self._stacks.clear()
        self._homes.clear()

    def top(self, user: str) -> Json | None:
        """The form that the person sees; with several windows, that of the one where a form was opened last."""
        stacks = [stack for (owner, _), stack in self._stacks.items() if owner == user and stack]
        return stacks[-1][-1] if stacks else None

    def home(self, user: str) -> Json | None:
        """The person's home tab, once published."""
        return self._homes.get(user)

    def find(self, view_id: str) -> tuple[str, Json]:
        """(owner, view); raises SlackRefusal not_found when it is not open."""
        for user, view in self._all():
            if view["id"] == view_id:
                return user, view
        raise SlackRefusal("not_found")

    def find_external(self, external_id: str) -> tuple[str, Json]:
        """(owner, view) by external_id; raises SlackRefusal not_found."""
        for user, view in self._all():
            if external_id and view["external_id"] == external_id:
                return user, view
        raise SlackRefusal("not_found")

    def _all(self) -> list[tuple[str, Json]]:
        stacked = [(user, view) for (user, _), stack in self._stacks.items() for view in stack]
        return stacked + list(self._homes.items())

    def open(self, user: str, view: Json, window: str | None = None) -> Json:
        """A new form in place of whatever was open in that window."""
        self._refuse_duplicate(view.get("external_id"), None)
        opened = self._dress(view, _new_id())
        self._stacks.pop((user, window), None)
        self._stacks[user, window] = [opened]
        return opened

    def push(self, user: str, view: Json, window: str | None = None) -> Json:
        """A form on top of the one that is open in that window; raises SlackRefusal push_limit_reached above three."""
        stack = self._stacks.get((user, window)) or []
        if not stack:
            raise SlackRefusal("not_found")
        if len(stack) >= MOST_STACKED:
            raise SlackRefusal("push_limit_reached")
        self._refuse_duplicate(view.get("external_id"), None)
        pushed = self._dress(view, _new_id(), root=stack[0]["id"], previous=stack[-1]["id"])
        stack.append(pushed)
        return pushed

    def replace(self, old: Json, view: Json, expected_hash: str | None) -> Json:
        """A view's new content under its id; raises SlackRefusal hash_conflict when it changed meanwhile."""
        if expected_hash and expected_hash != old["hash"]:
            raise SlackRefusal("hash_conflict")
        self._refuse_duplicate(view.get("external_id"), old["id"])
        old.update(self._dress(view, old["id"], root=old["root_view_id"], previous=old["previous_view_id"]))
        return old

    def publish(self, user: str, view: Json, expected_hash: str | None) -> Json:
        """A person's home tab."""
        if user in self._homes:
            return self.replace(self._homes[user], view, expected_hash)
        self._homes[user] = self._dress(view, _new_id())
        return self._homes[user]

    def close(self, view_id: str, *, whole_stack: bool = False) -> list[Json]:
        """Take a form (and what lies on it, or the whole stack) away; what was closed, topmost first."""
        for stack in self._stacks.values():
            at = next((index for index, view in enumerate(stack) if view["id"] == view_id), None)
            if at is not None:
                start = 0 if whole_stack else at
                closed, stack[start:] = stack[start:], []
                return closed[::-1]
        self.find(view_id)  # A home tab stays; anything else is not open.
        return []

    def _refuse_duplicate(self, external_id: str | None, but: str | None) -> None:
        if external_id and any(v["external_id"] == external_id and v["id"] != but for _, v in self._all()):
            raise SlackRefusal("duplicate_external_id")

    def _dress(self, view: Json, view_id: str, root: str | None = None, previous: str | None = None) -> Json:
        """The view object that Slack answers with and sends along."""
        return {
            "id": view_id,
            "team_id": TEAM_ID,
            "type": view["type"],
            "blocks": with_ids(view["blocks"]),
            "private_metadata": view.get("private_metadata", ""),
            "callback_id": view.get("callback_id", ""),
            "state": {"values": {}},
            "hash": f"{int(self._clock.now())}.{secrets.token_hex(4)}",
            "title": _with_defaults(view.get("title", {"type": "plain_text", "text": "View Title"})),
            "clear_on_close": view.get("clear_on_close", False),
            "notify_on_close": view.get("notify_on_close", False),
            "close": _with_defaults(view.get("close")),
            "submit": _with_defaults(view.get("submit")),
            "previous_view_id": previous,
            "root_view_id": root or view_id,
            "app_id": APP_ID,
            "external_id": view.get("external_id", ""),
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        }


def _new_id() -> str:
    return f"V{secrets.token_hex(5).upper()}"


def with_ids(blocks: list[Json]) -> list[Json]:
    """The blocks as Slack gives them back: with ids where the app gave none, texts with their defaults."""
    dressed: list[Json] = _with_defaults(blocks)
    for block in dressed:
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
        for element in (block.get("accessory"), block.get("element"), *(block.get("elements") or [])):
            if isinstance(element, dict) and element.get("type") in _INTERACTIVE:
                element.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return dressed


_DEFAULTS = {"plain_text": {"emoji": True}, "mrkdwn": {"verbatim": False}}


def _with_defaults(value: Any) -> Any:
    """A deep copy in which each text object has `emoji` or `verbatim`, as in every answer of Slack."""
    if isinstance(value, list):
        return [_with_defaults(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    copied = {name: _with_defaults(entry) for name, entry in value.items()}
    return copied | {k: v for k, v in _DEFAULTS.get(str(value.get("type")), {}).items() if k not in copied}


_INTERACTIVE = {
    *("button", "overflow", "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker"),
    *("plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input"),
    *(f"{many}{kind}_select" for many in ("", "multi_") for kind in ("static", "external", "users")),
    *(f"{many}{kind}_select" for many in ("", "multi_") for kind in ("conversations", "channels")),
}
