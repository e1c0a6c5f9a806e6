"""A person at their Slack, for tests and the terminal story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from sandbox.slack.choosing import named, option, static_options
from sandbox.slack.outcomes import ActionResult, CommandReply, SubmitResult
from sandbox.slack.rewriting import rewritten
from sandbox.slack.state import KEPT, Kept, Place, Values
from sandbox.slack.transport.http import SignedRequest

if TYPE_CHECKING:
    from sandbox.slack.driver import SlackSandbox

Json = dict[str, Any]
OVERFLOW = Kept("selected_option", "")
SHORTEST_QUERY = 3
"""Characters that Slack waits for before it asks an external menu's app, unless min_query_length says otherwise."""


class Person:
    """What one person does and sees. Assertions name what there is when something isn't there."""

    def __init__(self, slack: SlackSandbox, user_id: str) -> None:
        self._slack = slack
        self._drafts: dict[str, Values] = {}
        self.id = user_id

    @property
    def name(self) -> str:
        """The handle."""
        return self._slack.workspace.users[self.id].name

    @property
    def view(self) -> Json | None:
        """The open form, the topmost when several lie on each other."""
        with self._slack.workspace.lock:
            return deepcopy(self._slack.workspace.views.top(self.id))

    @property
    def home(self) -> Json | None:
        """The home tab as the bot published it."""
        with self._slack.workspace.lock:
            return deepcopy(self._slack.workspace.views.home(self.id))

    @property
    def ephemerals(self) -> list[Json]:
        """What only this person was shown, in every channel, in order."""
        return self._slack.seen(lambda message: message.ephemeral_for == self.id)

    @property
    def dms(self) -> list[Json]:
        """The direct messages with the bot."""
        dm = self._slack.workspace.dm(self.id).id
        return self._slack.seen(lambda message: message.channel == dm and message.ephemeral_for is None)

    def types(self, text: str, channel: str = "general", *, as_slack_rewrites: bool = False) -> CommandReply:
        """Type into a channel: a slash command, or a message. Slack's rewriting of what is typed is an option."""
        channel_id = self._channel(channel)
        if not text.startswith("/"):
            self._slack.interactions.say(self.id, channel_id, text)
            return CommandReply()
        return self._slack.interactions.command(self.id, channel_id, rewritten(text) if as_slack_rewrites else text)

    def _channel(self, channel: str) -> str:
        return self._slack.workspace.dm(self.id).id if channel == "dm" else self._slack.workspace.channel(channel).id

    def request_for(self, text: str, channel: str = "general") -> SignedRequest:
        """The signed HTTP request of a command, not sent, so that a test can change it."""
        delivery = self._slack.interactions.command_delivery(self.id, self._channel(channel), text)
        return self._slack.sign(delivery)

    def request_for_click(self, button: str, message: Json) -> SignedRequest:
        """The signed HTTP request of a click, not sent."""
        return self._slack.sign(self._slack.interactions.action_delivery(self.id, self._click(button, message)))

    def clicks(self, button: str, message: Json | None = None) -> ActionResult:
        """Press a button by its text: in a message (as of `slack.messages()`), the open form or the home tab."""
        return self._slack.interactions.act(self.id, self._click(button, message))

    def takes_shortcut(self, name: str, message: Json | None = None) -> ActionResult:
        """Take one of the app's shortcuts by its name: from anywhere, or from a message's menu."""
        found = [entry for entry in self._slack.workspace.manifest.shortcuts if entry.name == name]
        if not found:
            raise AssertionError(f"the app has no shortcut {name!r}")
        where = {"channel": message["channel"], "message_ts": message["ts"]} if message else {}
        return self._slack.interactions.shortcut(self.id, {"callback_id": found[0].callback_id, **where})

    def _click(self, button: str, message: Json | None) -> Json:
        blocks, where, target = self._target(message)
        place = named(blocks, button, where, buttons=True)
        return {**target, "action": _ids(place), "state": {"values": self._draft(target)}}

    def _target(self, message: Json | None) -> tuple[list[Json], str, Json]:
        """(blocks, its name for people, the ids) of a message, or of what is open."""
        if message is not None:
            found = self._slack.workspace.find_for(self.id, message["channel"], message["ts"])
            return found.blocks, f"the message {found.text!r}", {"channel": found.channel, "message_ts": found.ts}
        shown = self.view or self.home
        if shown is None:
            raise AssertionError(f"{self.name} has no form and no home tab open; name a message")
        title = shown["title"]["text"] if shown["type"] == "modal" else "the home tab"
        return shown["blocks"], title, {"view_id": shown["id"]}

    def _draft(self, target: Json) -> Values:
        key = target.get("view_id") or target["message_ts"]
        return self._drafts.setdefault(key, {})

    def fills(self, inputs: Mapping[str, Any], message: Json | None = None) -> Json:
        """Fill inputs by label: text; options by their text (external menus ask the bot); lists; None empties.

        Returns the values so far, by block_id and action_id. Menus that act at once (in sections and actions, or inputs
        with dispatch_action) are sent to the bot as Slack does.
        """
        for label, value in inputs.items():
            blocks, where, target = self._target(message)
            place = named(blocks, label, where)
            entry = {"type": place.type, **self._entry(place, value, message)}
            self._draft(target).setdefault(place.block_id, {})[place.action_id] = entry
            if place.block["type"] != "input" or place.block.get("dispatch_action"):
                action = _ids(place) | entry
                self._slack.interactions.act(
                    self.id, {**target, "action": action, "state": {"values": self._draft(target)}}
                )
        return self._draft(self._target(message)[2])

    def _entry(self, place: Place, value: Any, message: Json | None) -> Json:
        """The element's state for a value as people say it."""
        kept = OVERFLOW if place.type == "overflow" else KEPT[place.type]
        if value is None:
            return {kept.key: kept.empty}
        translate = self._translation(kept.key, place, message)
        return {kept.key: [translate(entry) for entry in value] if kept.empty == [] else translate(value)}

    def _translation(self, key: str, place: Place, message: Json | None) -> Callable[[Any], Any]:
        """From what people say to what Slack sends: texts to options, names to ids."""
        if "option" in key:
            return lambda value: self._option(place, value, message)
        if "user" in key:
            return lambda value: self._slack.workspace.user(value).id
        if "conversation" in key or "channel" in key:
            return self._channel
        return lambda value: value

    def _option(self, place: Place, value: str, message: Json | None) -> Json:
        if "external" in place.type:
            return option(self.suggests(place.action_id, value, message), value, words_of(place))
        return option(static_options(place), value, words_of(place))

    def suggests(self, name: str, text: str, message: Json | None = None) -> list[Json]:
        """Type into an external menu (by label or action_id): the options that the bot offers, groups flattened."""
        blocks, where, target = self._target(message)
        place = named(blocks, name, where)
        least = place.element.get("min_query_length", SHORTEST_QUERY)
        if len(text) < least:
            raise AssertionError(f"Slack asks the app from {least} characters on; {text!r} is shorter")
        answer = self._slack.interactions.options(self.id, {**target, **_ids(place), "value": text})
        if "error" in answer:
            raise AssertionError(f"the menu {name!r} failed: {answer['error']}")
        groups = answer.get("option_groups") or [{"options": answer.get("options") or []}]
        return [entry for group in groups for entry in group["options"]]

    def _form(self) -> Json:
        if self.view is None:
            raise AssertionError(f"{self.name} has no form open")
        return self.view

    def submits(self) -> SubmitResult:
        """Send the open form with what was filled in."""
        view = self._form()
        return self._slack.forms.submit(self.id, view["id"], self._drafts.get(view["id"], {}))

    def submission(self) -> SignedRequest:
        """The signed HTTP request of the filled form, not sent."""
        view = self._form()
        return self._slack.sign(self._slack.forms.submission(self.id, view["id"], self._drafts.get(view["id"], {})))

    def closes(self) -> None:
        """Cancel the open form."""
        view = self._form()
        self._slack.forms.close(self.id, view["id"])

    def opens_home(self) -> Json | None:
        """Open the app's home tab; what it shows when the bot has answered the event."""
        self._slack.interactions.open_home(self.id)
        return self.home


def _ids(place: Place) -> Json:
    return {"type": place.type, "block_id": place.block_id, "action_id": place.action_id}


def words_of(place: Place) -> str:
    """An element's label, or its action_id."""
    return str((place.block.get("label") or {}).get("text", place.action_id))
