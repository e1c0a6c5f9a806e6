"""The launcher's menu, and Slack's shortcuts that open it: one from anywhere, one from a message, which becomes the reason.

Source: Slack API, "Shortcuts payload" (a global one has no channel), "chat.getPermalink", "Modals" (Updating modal views).
"""

from __future__ import annotations

from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from approvals.slack.blocks import Block
from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError, call
from handlers.action_ids import LAUNCHER, MESSAGE_LAUNCHER, WANT
from handlers.actions import open_form
from handlers.caller import Caller, of_interaction
from handlers.carried import Carried
from handlers.commands import looked
from handlers.dependencies import Dependencies
from handlers.launcher import LOOK, launcher_view, offered, reason_from
from handlers.responder import Responder, open_view

LONGEST_LINK = 300


def register(app: App, deps: Dependencies) -> None:
    """Takes both shortcuts and the menu in."""

    @app.global_shortcut(LAUNCHER)
    def anywhere(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        caller = of_interaction(body)
        open_view(deps, client, caller, lambda: _view(deps, Carried.of_caller(caller)))
        ack()

    @app.message_shortcut(MESSAGE_LAUNCHER)
    def from_message(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        caller = of_interaction(body)
        open_view(deps, client, caller, lambda: _about_message(deps, client, caller, body["message"]))
        ack()

    @app.action(WANT)
    def want(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        chosen = body["actions"][0].get("selected_option")
        wanted = str(chosen.get("value") if isinstance(chosen, dict) else "")
        if wanted.startswith(LOOK):
            responder = Responder(deps, client, of_interaction(body))
            responder.if_admitted(lambda: _look(responder, wanted.removeprefix(LOOK)))
        else:
            open_form(deps, client, body, wanted)
        ack()


def _view(deps: Dependencies, kept: Carried) -> Block:
    return launcher_view(offered(deps.rules(), deps.organization()), kept)


def _about_message(deps: Dependencies, slack: WebClient, caller: Caller, message: dict[str, Any]) -> Block:
    reason = reason_from(message, _link(slack, caller.channel, str(message.get("ts") or "")))
    return _view(deps, Carried.of_caller(caller, reason=reason))


def _link(slack: WebClient, channel: str, ts: str) -> str:
    """Where the message stands; empty where Slack doesn't tell, as of a conversation that the bot is not in."""
    try:
        link = str(call(slack, "chat.getPermalink", channel=channel, message_ts=ts)["permalink"])
    except (SlackRefusedError, SlackBusyError, SlackAmbiguousError, KeyError):
        return ""
    return link if len(link) <= LONGEST_LINK else ""


def _look(responder: Responder, word: str) -> None:
    blocks = looked(responder, word)
    if blocks:
        responder.reply(blocks, replace=False)
