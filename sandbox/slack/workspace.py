"""The workspace: who is there, what was said, which forms are open. Every change passes here and is told to the pages."""

from __future__ import annotations

from dataclasses import replace
from threading import Condition, RLock
from typing import Any

from sandbox.slack import cast
from sandbox.slack.cast import BOT_USER, Channel, User
from sandbox.slack.clock import Clock
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.events import Broker
from sandbox.slack.files import Files
from sandbox.slack.manifest import Manifest
from sandbox.slack.messages import Json, Message, Thread, for_api, for_page
from sandbox.slack.modals import Views
from sandbox.slack.triggers import Hooks, Triggers


class Workspace:
    """All state of the stand-in. Hold `lock` around whatever reads and then writes; `changed` wakes those who wait."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.clock = Clock()
        self.lock = RLock()
        self.changed = Condition(self.lock)
        self.users = {user.id: user for user in cast.people()}
        self.groups = {group.id: group for group in cast.groups()}
        self.channels = {channel.id: channel for channel in cast.channels()}
        self.views = Views(self.clock)
        self.triggers = Triggers(self.clock)
        self.hooks = Hooks(self.clock)
        self.pages = Broker()
        self._silence()

    def _silence(self) -> None:
        self.log: dict[str, list[Message]] = {}
        self._by_ts: dict[tuple[str, str], Message] = {}
        self._replies: dict[tuple[str, str], list[Message]] = {}
        self.files = Files()
        self.unread: set[tuple[str, str]] = set()

    def begin_anew(self) -> None:
        """Forget what was said, every form and every home tab, and what the clock was set forward by; the people and the channels
        stay. The pages hear of it.
        """
        with self.changed:
            self.clock.reset()
            self._silence()
            self.views.clear()
            self.pages.publish({"type": "begun_anew"})
            self.changed.notify_all()

    def user(self, which: str) -> User:
        """By id or name; raises SlackRefusal user_not_found."""
        for user in self.users.values():
            if which.removeprefix("@") in {user.id, user.name}:
                return user
        raise SlackRefusal("user_not_found")

    def channel(self, which: str) -> Channel:
        """By id or name, with or without #; raises SlackRefusal channel_not_found."""
        for channel in self.channels.values():
            if which == channel.id or (not channel.is_im and which.removeprefix("#") == channel.name):
                return channel
        raise SlackRefusal("channel_not_found")

    def dm(self, user_id: str) -> Channel:
        """The person's direct message with the bot, made when there is none."""
        user = self.user(user_id)
        found = self.channels.get(f"D0{user.id[2:]}")
        if found is None:
            found = Channel(f"D0{user.id[2:]}", user.name, {user.id, BOT_USER}, user=user.id)
            self.add_channel(found)
        return found

    def add_channel(self, channel: Channel) -> Channel:
        """A new channel; its members' pages hear of it."""
        with self.changed:
            self.channels[channel.id] = channel
            self.pages.publish({"type": "channel_created", "channel": channel_for_page(channel)}, channel.members)
            self.changed.notify_all()
        return channel

    def sees(self, user: User, channel: Channel) -> bool:
        """Whether a person may read a channel: members always, everybody else the public ones unless from outside."""
        return user.id in channel.members or not (user.is_outside or channel.is_private or channel.is_im)

    def find(self, channel: str, ts: str) -> Message:
        """A message that all may see; raises SlackRefusal message_not_found."""
        message = self._by_ts.get((channel, ts))
        if message is None or message.ephemeral_for is not None:
            raise SlackRefusal("message_not_found")
        return message

    def find_for(self, user: str, channel: str, ts: str) -> Message:
        """A message that this person may see, ephemeral ones included; raises SlackRefusal message_not_found."""
        message = self._by_ts.get((channel, ts))
        if message is None or message.ephemeral_for not in {None, user}:
            raise SlackRefusal("message_not_found")
        return message

    def thread(self, message: Message) -> Thread:
        """What is under a message, or above a reply."""
        if message.is_reply:
            parent = self._by_ts.get((message.channel, message.thread_ts or ""))
            return Thread(parent_user=parent.user if parent else None)
        return Thread(tuple(self._replies.get((message.channel, message.ts), ())))

    def show(self, message: Message, *, metadata: bool = False) -> Json:
        """The message as the Web API shows it."""
        return for_api(message, self.thread(message), metadata=metadata)

    def show_page(self, message: Message) -> Json:
        """The message as the page shows it."""
        return for_page(message, self.thread(message))

    def post(self, message: Message) -> Message:
        """Say it; ephemeral messages reach one person."""
        with self.changed:
            self.log.setdefault(message.channel, []).append(message)
            self._by_ts[message.channel, message.ts] = message
            if message.is_reply and message.thread_ts and message.ephemeral_for is None:
                self._replies.setdefault((message.channel, message.thread_ts), []).append(message)
            kind = "ephemeral" if message.ephemeral_for else "message"
            self.tell(message.channel, {"type": kind, "message": self.show_page(message)}, message.ephemeral_for)
            self._tell_news(message)
            self._tell_parent(message)
            self.changed.notify_all()
        return message

    def change(self, message: Message, **fields: Any) -> Message:
        """Give a message new content."""
        with self.changed:
            for name, value in fields.items():
                setattr(message, name, value)
            event = {"type": "message_changed", "message": self.show_page(message)}
            self.tell(message.channel, event, message.ephemeral_for)
            self.changed.notify_all()
        return message

    def delete(self, message: Message) -> None:
        """Take a message away; a parent with replies leaves a tombstone, as in Slack."""
        if self.thread(message).replies:
            gone = replace(message, user="USLACKBOT", text="This message was deleted.", subtype="tombstone")
            self.change(message, **{**vars(gone), "blocks": [], "attachments": [], "files": [], "metadata": None})
            return
        with self.changed:
            self.log[message.channel].remove(message)
            del self._by_ts[message.channel, message.ts]
            siblings = self._replies.get((message.channel, message.thread_ts or ""), [])
            if message in siblings:
                siblings.remove(message)
            event = {"type": "message_deleted", "channel": message.channel, "ts": message.ts}
            self.tell(message.channel, event, message.ephemeral_for)
            self._tell_parent(message)
            self.changed.notify_all()

    def _tell_news(self, message: Message) -> None:
        """Every page may become anybody: it hears for whom a channel has something new, but not what."""
        if message.is_reply and not message.broadcast:
            return
        readers = {message.ephemeral_for} if message.ephemeral_for else self.channels[message.channel].members
        users = sorted(readers - {message.user, BOT_USER})
        self.unread |= {(user, message.channel) for user in users}
        self.pages.publish({"type": "news", "channel": message.channel, "users": users})

    def see(self, user: str, channel: str) -> None:
        """A person has read a channel: no page shows it as unread for them any more."""
        with self.lock:
            self.unread.discard((user, channel))
            self.pages.publish({"type": "seen", "channel": channel, "user": user})

    def _tell_parent(self, message: Message) -> None:
        if message.is_reply and message.thread_ts and message.ephemeral_for is None:
            parent = self._by_ts.get((message.channel, message.thread_ts))
            if parent is not None:
                self.tell(message.channel, {"type": "message_changed", "message": self.show_page(parent)})

    def tell(self, channel: str, event: Json, only: str | None = None) -> None:
        """Give an event to the pages of all who see the channel, or of one person."""
        place = self.channels[channel]
        seers = {user.id for user in self.users.values() if self.sees(user, place)}
        self.pages.publish(event, {only} if only else seers)

    def tell_user(self, user: str, event: Json, window: str | None = None) -> None:
        """Give an event to one person's pages, or to one window alone, and wake those who wait for a change."""
        with self.changed:
            self.pages.publish(event, {user}, window)
            self.changed.notify_all()


def channel_for_page(channel: Channel, user: str | None = None) -> Json:
    """A channel of the page's contract."""
    shown: Json = {"id": channel.id, "name": channel.name, "is_im": channel.is_im, "topic": channel.topic}
    shown["is_member"] = user is None or user in channel.members
    shown["is_private"] = channel.is_private
    return shown | ({"user": BOT_USER} if channel.is_im else {})
