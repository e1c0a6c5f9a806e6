"""Messages as the workspace keeps them, and as the Web API and the page show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.slack.cast import APP_ID, BOT_ID, BOT_USER, TEAM_ID

Json = dict[str, Any]


@dataclass
class Message:
    """One message; `ephemeral_for` is the one person who sees it, or None."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    edited_ts: str | None = None
    ephemeral_for: str | None = None
    subtype: str | None = None

    @property
    def by_bot(self) -> bool:
        """Whether the app wrote it."""
        return self.user == BOT_USER

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread under another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True)
class Thread:
    """What a parent knows of its replies, and a reply of its parent."""

    replies: tuple[Message, ...] = ()
    parent_user: str | None = None

    @property
    def users(self) -> list[str]:
        """Who replied, each once, in order."""
        return list(dict.fromkeys(reply.user for reply in self.replies))

    def summary(self, parent: str) -> Json:
        """The fields that Slack adds to a parent; none when there is no reply."""
        if not self.replies:
            return {}
        return {
            "thread_ts": parent,
            "reply_count": len(self.replies),
            "reply_users_count": len(self.users),
            "latest_reply": self.replies[-1].ts,
            "reply_users": self.users,
            "is_locked": False,
            "subscribed": False,
        }


def _optional(message: Message) -> Json:
    fields: Json = {
        "blocks": message.blocks,
        "attachments": message.attachments,
        "files": message.files,
        "thread_ts": message.thread_ts,
        "subtype": message.subtype or ("thread_broadcast" if message.broadcast else None),
    }
    if message.edited_ts:
        fields["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.by_bot:
        fields |= {"bot_id": BOT_ID, "app_id": APP_ID, "bot_profile": bot_profile()}
    return {name: value for name, value in fields.items() if value}


def bot_profile() -> Json:
    """The bot as it comes with each of its messages."""
    return {"id": BOT_ID, "app_id": APP_ID, "name": "orgbot", "deleted": False, "updated": 0, "team_id": TEAM_ID}


def for_api(message: Message, thread: Thread, *, metadata: bool = False) -> Json:
    """The message object of the Web API; metadata only when it was asked for."""
    shown: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": TEAM_ID,
        **_optional(message),
        **thread.summary(message.ts),
    }
    if message.is_reply and thread.parent_user:
        shown["parent_user_id"] = thread.parent_user
    if metadata and message.metadata:
        shown["metadata"] = message.metadata
    return shown


def for_page(message: Message, thread: Thread) -> Json:
    """MSG of the page's contract: always with its channel, counts and flags."""
    return {
        **for_api(message, thread, metadata=True),
        "channel": message.channel,
        "reply_count": len(thread.replies),
        "reply_users": thread.users,
        "edited": message.edited_ts is not None,
        "ephemeral": message.ephemeral_for is not None,
    }


@dataclass(frozen=True)
class Span:
    """The part of a history that is asked for: `oldest` and `latest` as ts, ends included or not."""

    oldest: str = "0"
    latest: str | None = None
    inclusive: bool = False

    def has(self, ts: str) -> bool:
        """Whether a message of that ts belongs to it."""
        at = Decimal(ts)
        if self.inclusive and ts in {self.oldest, self.latest}:
            return True
        return at > Decimal(self.oldest) and (self.latest is None or at < Decimal(self.latest))
