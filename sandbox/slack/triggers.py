"""Trigger ids (3 seconds, once) and response_urls (30 minutes, 5 times).

Source: Slack's "Handling user interaction in your Slack apps".
"""

from __future__ import annotations

import secrets
from contextvars import ContextVar
from dataclasses import dataclass

from sandbox.slack.clock import Clock
from sandbox.slack.errors import SlackRefusal

TRIGGER_SECONDS = 3.0
HOOK_SECONDS = 30 * 60.0
HOOK_USES = 5
WINDOW: ContextVar[str | None] = ContextVar("window", default=None)
"""The browser's window in which somebody acts just now; None for people without one, as in tests and the story."""


@dataclass
class Trigger:
    """What a person just did, which lets the app open a form for that person, in the window where it was done."""

    user: str
    made: float
    view_id: str | None = None
    window: str | None = None
    used: bool = False


class Triggers:
    """Mints trigger ids and takes each back once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Trigger] = {}

    def mint(self, user: str, view_id: str | None = None) -> str:
        """A new trigger id in Slack's form."""
        key = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self._known[key] = Trigger(user, self._clock.now(), view_id, WINDOW.get())
        return key

    def spend(self, key: str) -> Trigger:
        """The trigger behind an id; raises SlackRefusal: invalid_, exchanged_ or expired_trigger_id."""
        trigger = self._known.get(key)
        if trigger is None:
            raise SlackRefusal("invalid_trigger_id")
        if trigger.used:
            raise SlackRefusal("exchanged_trigger_id")
        if self._clock.now() - trigger.made > TRIGGER_SECONDS:
            raise SlackRefusal("expired_trigger_id")
        trigger.used = True
        return trigger


@dataclass
class Hook:
    """Where a response_url answers to: a person in a channel, and the message it came from, if any."""

    user: str
    channel: str
    made: float
    message_ts: str | None = None
    thread_ts: str | None = None
    uses: int = 0


class Hooks:
    """The response_urls that were handed out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Hook] = {}

    def mint(self, user: str, channel: str, message_ts: str | None = None, thread_ts: str | None = None) -> str:
        """The secret part of a new response_url."""
        key = secrets.token_urlsafe(18)
        self._known[key] = Hook(user, channel, self._clock.now(), message_ts, thread_ts)
        return key

    def use(self, key: str) -> Hook:
        """The hook, counted; raises SlackRefusal: no_hook, expired_url or used_url."""
        hook = self._known.get(key)
        if hook is None:
            raise SlackRefusal("no_hook")
        if self._clock.now() - hook.made > HOOK_SECONDS:
            raise SlackRefusal("expired_url")
        if hook.uses >= HOOK_USES:
            raise SlackRefusal("used_url")
        hook.uses += 1
        return hook
