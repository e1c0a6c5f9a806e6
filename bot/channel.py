"""Whether the approval channel is a place where approvers see and decide: asked by `orgbot check`, and each minute while the bot runs.

Source: Slack API, "conversations.info", "Conversation object" (is_archived, is_ext_shared, is_read_only, is_thread_only).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient

from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError, call
from approvals.slack.codes import meaning
from bot.http.edge import Line

log = logging.getLogger(__name__)
EVERY = timedelta(minutes=1)
RESTRICTED = "let everyone or the bot post in it, in its settings in Slack"


def troubles(channel: Mapping[str, Any]) -> list[str]:
    """What is wrong with the channel, each with the way out; `channel` as conversations.info tells it."""
    name, allowed = f"#{channel.get('name')}", channel.get("properties") or {}
    shared = channel.get("is_ext_shared") or channel.get("is_pending_ext_shared")
    read_only = channel.get("is_read_only") or channel.get("is_frozen") or "posting_restricted_to" in allowed
    no_threads = channel.get("is_non_threadable") or "threads_restricted_to" in allowed
    found = {
        f"{name} is archived; unarchive it, or set another ORGBOT_APPROVAL_CHANNEL": channel.get("is_archived"),
        f"the bot is not in {name}; type /invite @orgbot there": not channel.get("is_member", True),
        f"{name} is shared with another organization (Slack Connect), whose people read every request there; "
        "take a channel of your own": shared,
        f"posting in {name} is restricted; {RESTRICTED}": read_only,
        f"{name} takes replies only; set another ORGBOT_APPROVAL_CHANNEL": channel.get("is_thread_only"),
        f"replies in {name} are restricted; {RESTRICTED}": no_threads,
    }
    return [sentence for sentence, holds in found.items() if holds]


class ChannelWatch:
    """Looks each minute; `lost` is called while nobody can press a button in the channel, because it is archived."""

    def __init__(self, clock: Callable[[], datetime], lost: Callable[[], object]) -> None:
        self._clock = clock
        self._lost = lost
        self._looked: datetime | None = None
        self._found: tuple[str, ...] = ()

    def look(self, slack: WebClient, channel: str) -> None:
        """Asks Slack when it is time; while Slack does not tell, what was found last stays."""
        now = self._clock()
        if self._looked and now - self._looked < EVERY:
            return
        self._looked = now
        try:
            info = call(slack, "conversations.info", channel=channel).get("channel") or {}
        except SlackRefusedError as error:
            self._note((meaning(error.code),))
        except (SlackBusyError, SlackAmbiguousError):
            return
        else:
            self._note(tuple(troubles(info)))
            if info.get("is_archived"):
                self._lost()

    def _note(self, found: tuple[str, ...]) -> None:
        if found != self._found:
            for sentence in found:
                log.error("the approval channel: %s", sentence)
        self._found = found

    def line(self) -> Line:
        """For `/readyz`: the bot goes on with everything else."""
        return ("approval channel", None if self._found else True, "; ".join(self._found) or "can be used")
