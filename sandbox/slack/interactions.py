"""What people do with commands, buttons and menus: find the element, build the payload, deliver it, show the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.slack.api.compose import content
from sandbox.slack.cast import BOT_USER, Channel, User
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.limits import option_problems
from sandbox.slack.messages import Message
from sandbox.slack.outcomes import ActionResult, CommandReply
from sandbox.slack.payloads import Payloads
from sandbox.slack.rewriting import escaped
from sandbox.slack.state import Place, Values, acted, filled, find
from sandbox.slack.transport.delivery import Answer, Delivery
from sandbox.slack.transport.dispatcher import Dispatcher
from sandbox.slack.workspace import Workspace

Json = dict[str, Any]
Target = Message | Json
"""Where an element is: a message, or a view."""


@dataclass
class Interactions:
    """People's side of the workspace. Every method blocks until the bot has answered, at most `ack_seconds`."""

    workspace: Workspace
    dispatcher: Dispatcher
    payloads: Payloads

    def say(self, user_id: str, channel_id: str, text: str, thread_ts: str | None = None) -> Message:
        """A person's message; raises SlackRefusal when they may not write there."""
        user, channel = self.workspace.user(user_id), self.workspace.channel(channel_id)
        if user.id not in channel.members:
            raise SlackRefusal("not_in_channel")
        self._can_type(channel)
        ts = self.workspace.clock.ts()
        said = self.workspace.post(Message(ts, channel.id, user.id, escaped(text), thread_ts=thread_ts))
        self._tell_bot(channel, said)
        return said

    def _can_type(self, channel: Channel) -> None:
        """A messages tab that is read-only has no field to type in, not for commands either."""
        if channel.is_im and self.workspace.manifest.messages_tab_read_only:
            raise SlackRefusal("messages_tab_read_only")

    def _tell_bot(self, channel: Channel, said: Message) -> None:
        """message.* events go out only when the app subscribed and the bot is there."""
        kind = {"im": "im", "private_channel": "groups"}.get(channel.kind, "channels")
        if f"message.{kind}" not in self.workspace.manifest.bot_events or BOT_USER not in channel.members:
            return
        event = self.workspace.show(said) | {"channel": channel.id, "channel_type": kind.removesuffix("s")}
        self.dispatcher.send_event(Delivery("events_api", self.payloads.event(event)))

    def command_delivery(self, user_id: str, channel_id: str, text: str) -> Delivery:
        """The delivery of a typed command, not sent; raises SlackRefusal invalid_command for one the app lacks."""
        with self.workspace.lock:
            user, channel = self.workspace.user(user_id), self._seen(user_id, channel_id)
            self._can_type(channel)
            command, _, rest = text.partition(" ")
            if command not in {entry.command for entry in self.workspace.manifest.commands}:
                raise SlackRefusal("invalid_command")
            return Delivery("slash_commands", self.payloads.command(user, channel, command, rest.strip()))

    def _seen(self, user_id: str, channel_id: str) -> Channel:
        user, channel = self.workspace.user(user_id), self.workspace.channel(channel_id)
        if not self.workspace.sees(user, channel):
            raise SlackRefusal("channel_not_found")
        return channel

    def command(self, user_id: str, channel_id: str, text: str) -> CommandReply:
        """Type a slash command; what the ack says is shown to the person, or to the channel when it asks so."""
        delivery = self.command_delivery(user_id, channel_id, text)
        answer = self.dispatcher.send(delivery)
        if not answer.ok:
            return CommandReply(answer.status, error=answer.error)
        return self._reply(delivery.payload, answer)

    def _reply(self, payload: Json, answer: Answer) -> CommandReply:
        body = {"text": answer.body} if isinstance(answer.body, str) else answer.body
        if not body:
            return CommandReply(answer.status)
        try:
            said = self.answer(payload["user_id"], payload["channel_id"], body)
        except SlackRefusal as refusal:
            return CommandReply(answer.status, error=refusal.code)
        return CommandReply(answer.status, said.text, said.blocks)

    def answer(self, user_id: str, channel_id: str, body: Json, thread_ts: str | None = None) -> Message:
        """Say what an ack or a response_url brings: to the one person, unless response_type is in_channel."""
        given = content(body.get("text"), body.get("blocks"), body.get("attachments"), body.get("metadata"))
        if given.is_empty:
            raise SlackRefusal("no_text")
        alone = body.get("response_type", "ephemeral") != "in_channel"
        message = Message(
            ts=self.workspace.clock.ts(),
            channel=channel_id,
            user=BOT_USER,
            text=given.text or "",
            blocks=given.blocks or [],
            attachments=given.attachments or [],
            thread_ts=body.get("thread_ts") or thread_ts,
            ephemeral_for=user_id if alone else None,
        )
        return self.workspace.post(message)

    def target(self, user_id: str, body: Json) -> Target:
        """The message (channel, message_ts) or view (view_id) that a request names; raises SlackRefusal."""
        if body.get("view_id"):
            owner, view = self.workspace.views.find(body["view_id"])
            if owner != self.workspace.user(user_id).id:
                raise SlackRefusal("not_found")
            return view
        channel = self._seen(user_id, str(body.get("channel", "")))
        return self.workspace.find_for(user_id, channel.id, str(body.get("message_ts", "")))

    def action_delivery(self, user_id: str, body: Json) -> Delivery:
        """The delivery of a click or choice, not sent. `body` is that of the page's /sandbox/action."""
        with self.workspace.lock:
            user, target = self.workspace.user(user_id), self.target(user_id, body)
            given, values = body.get("action", {}), (body.get("state") or {}).get("values", {})
            place = _place(target, given)
            action = acted(place, given)
            state = filled(blocks_of(target), _with(values, place, action))
            return Delivery("interactive", self._action_payload(user, target, action, state))

    def _action_payload(self, user: User, target: Target, action: Json, state: Values) -> Json:
        if isinstance(target, Message):
            return self.payloads.message_action(user, target, action, state)
        return self.payloads.view_action(user, target, action, state)

    def act(self, user_id: str, body: Json) -> ActionResult:
        """Click a button or choose in a menu."""
        if not self.workspace.manifest.interactivity:
            return ActionResult(ok=False, error="interactivity is not enabled in the manifest")
        answer = self.dispatcher.send(self.action_delivery(user_id, body))
        return ActionResult(answer.ok, answer.error)

    def shortcut(self, user_id: str, body: Json) -> ActionResult:
        """Take one of the app's shortcuts, by its callback_id; one of a message with channel and message_ts. Raises SlackRefusal."""
        with self.workspace.lock:
            user, kind = self.workspace.user(user_id), "message" if body.get("message_ts") else "global"
            declared = {(entry.type, entry.callback_id) for entry in self.workspace.manifest.shortcuts}
            callback = str(body.get("callback_id", ""))
            if (kind, callback) not in declared:
                raise SlackRefusal("unknown_shortcut")
            payload = self._shortcut(user, body, callback)
        answer = self.dispatcher.send(Delivery("interactive", payload))
        return ActionResult(answer.ok, answer.error)

    def _shortcut(self, user: User, body: Json, callback: str) -> Json:
        if not body.get("message_ts"):
            return self.payloads.shortcut(user, callback)
        said = self.target(user.id, body)
        if not isinstance(said, Message) or said.ephemeral_for:
            raise SlackRefusal("message_not_found")
        return self.payloads.message_shortcut(user, said, callback)

    def options(self, user_id: str, body: Json) -> Json:
        """Ask the bot for a menu's options: {options} or {option_groups}, or {error}."""
        with self.workspace.lock:
            user, target = self.workspace.user(user_id), self.target(user_id, body)
            place = _place(target, body)
            delivery = Delivery("interactive", self._suggestion(user, target, place, str(body.get("value", ""))))
        answer = self.dispatcher.send(delivery)
        if not answer.ok:
            return {"error": answer.error}
        found = option_problems(answer.body)
        return {"error": "invalid options: " + "; ".join(found)} if found else dict(answer.body)

    def _suggestion(self, user: User, target: Target, place: Place, text: str) -> Json:
        if isinstance(target, Message):
            payload = self.payloads.in_message("block_suggestion", user, target)
        else:
            payload = self.payloads.in_view("block_suggestion", user, target, filled(blocks_of(target), {}))
        return payload | {"action_id": place.action_id, "block_id": place.block_id, "value": text}

    def open_home(self, user_id: str) -> Answer:
        """Open the app's home tab; the bot hears app_home_opened when it subscribed."""
        with self.workspace.lock:
            user = self.workspace.user(user_id)
            event = {
                "type": "app_home_opened",
                "user": user.id,
                "channel": self.workspace.dm(user.id).id,
                "tab": "home",
            }
            home = self.workspace.views.home(user.id)
            delivery = Delivery("events_api", self.payloads.event(event | ({"view": home} if home else {})))
        if "app_home_opened" not in self.workspace.manifest.bot_events:
            return Answer(error="the app is not subscribed to app_home_opened")
        return self.dispatcher.send_event(delivery)


def blocks_of(target: Target) -> list[Json]:
    """The blocks of a message or view."""
    return target.blocks if isinstance(target, Message) else target["blocks"]


def _place(target: Target, given: Json) -> Place:
    """The element that ids name; raises SlackRefusal when the message or view has none such."""
    place = find(blocks_of(target), str(given.get("block_id", "")), str(given.get("action_id", "")))
    if place is None:
        raise SlackRefusal("element_not_found")
    return place


def _with(values: Values, place: Place, action: Json) -> Values:
    """The state with what was just chosen."""
    return {**values, place.block_id: {**values.get(place.block_id, {}), place.action_id: action}}
