"""What Slack sends an app, in Slack's shapes. Source: Slack's "Interaction payloads", "Slash commands", "Events API"."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.slack.cast import APP_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, Channel, User
from sandbox.slack.messages import Message
from sandbox.slack.workspace import Workspace

Json = dict[str, Any]
VERIFICATION_TOKEN = "sandbox-verification-token"  # noqa: S105 - Slack's deprecated constant, no secret.


@dataclass(frozen=True)
class Payloads:
    """Makes payloads; each mints the trigger id and response_url that it carries."""

    workspace: Workspace
    base_url: Callable[[], str]

    def _hook(self, user: User, channel: str, message: Message | None = None, *, commands: bool = False) -> str:
        ts = message.ts if message else None
        thread_ts = message.thread_ts if message else None
        key = self.workspace.hooks.mint(user.id, channel, ts, thread_ts)
        return f"{self.base_url()}/{'commands' if commands else 'actions'}/{TEAM_ID}/{key}"

    def command(self, user: User, channel: Channel, command: str, text: str) -> Json:
        """A slash command, whose fields are all text."""
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": TEAM_ID,
            "team_domain": TEAM_DOMAIN,
            "channel_id": channel.id,
            "channel_name": "directmessage" if channel.is_im else channel.name,
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": self._hook(user, channel.id, commands=True),
            "trigger_id": self.workspace.triggers.mint(user.id),
        }

    def shortcut(self, user: User, callback_id: str) -> Json:
        """A global shortcut, which knows of no channel."""
        return self._common("shortcut", user) | {
            "callback_id": callback_id,
            "action_ts": self.workspace.clock.ts(),
            "trigger_id": self.workspace.triggers.mint(user.id),
        }

    def message_shortcut(self, user: User, message: Message, callback_id: str) -> Json:
        """A shortcut in the menu of a message."""
        return self._common("message_action", user) | {
            "callback_id": callback_id,
            "action_ts": self.workspace.clock.ts(),
            "trigger_id": self.workspace.triggers.mint(user.id),
            "response_url": self._hook(user, message.channel, message),
            "channel": _channel(self.workspace.channels[message.channel]),
            "message_ts": message.ts,
            "message": self.workspace.show(message),
        }

    def _common(self, kind: str, user: User) -> Json:
        return {
            "type": kind,
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
            "api_app_id": APP_ID,
            "token": VERIFICATION_TOKEN,
            "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def in_message(self, kind: str, user: User, message: Message) -> Json:
        """What block_actions and block_suggestion have in common, when a message holds the element."""
        channel = self.workspace.channels[message.channel]
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.ephemeral_for is not None,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = self._common(kind, user)
        payload |= {"container": container, "channel": _channel(channel)}
        if message.ephemeral_for is None:
            payload["message"] = self.workspace.show(message)
        return payload

    def in_view(self, kind: str, user: User, view: Json, values: Json) -> Json:
        """The same, when a form or home tab holds it."""
        shown = copy.deepcopy(view) | {"state": {"values": values}}
        payload = self._common(kind, user)
        return payload | {"container": {"type": "view", "view_id": view["id"]}, "view": shown}

    def message_action(self, user: User, message: Message, action: Json, values: Json) -> Json:
        """block_actions in a message."""
        return self.in_message("block_actions", user, message) | {
            "trigger_id": self.workspace.triggers.mint(user.id),
            "response_url": self._hook(user, message.channel, message),
            "state": {"values": values},
            "actions": [self._acted(action)],
        }

    def view_action(self, user: User, view: Json, action: Json, values: Json) -> Json:
        """block_actions in a form or home tab."""
        return self.in_view("block_actions", user, view, values) | {
            "trigger_id": self.workspace.triggers.mint(user.id, view["id"]),
            "actions": [self._acted(action)],
        }

    def _acted(self, action: Json) -> Json:
        return {**action, "action_ts": self.workspace.clock.ts()}

    def submission(self, user: User, view: Json, values: Json) -> Json:
        """view_submission."""
        payload = self.in_view("view_submission", user, view, values)
        del payload["container"]
        return payload | {"trigger_id": self.workspace.triggers.mint(user.id, view["id"]), "response_urls": []}

    def closed(self, user: User, view: Json, *, is_cleared: bool) -> Json:
        """view_closed."""
        payload = self.in_view("view_closed", user, view, {})
        del payload["container"]
        return payload | {"is_cleared": is_cleared}

    def event(self, event: Json) -> Json:
        """The Events API's wrapping."""
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": TEAM_ID,
            "api_app_id": APP_ID,
            "event": event | {"event_ts": self.workspace.clock.ts()},
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(self.workspace.clock.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM_ID,
                    "user_id": BOT_USER,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }

    def url_verification(self) -> Json:
        """What Slack asks when a request URL is entered."""
        return {"token": VERIFICATION_TOKEN, "challenge": secrets.token_hex(16), "type": "url_verification"}


def _channel(channel: Channel) -> Json:
    return {"id": channel.id, "name": "directmessage" if channel.is_im else channel.name}
