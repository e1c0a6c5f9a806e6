"""A tiny Bolt app, and the ways to run it against the stand-in: what a real bot would use."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.slack.driver import SlackSandbox

OUS = ["Staging", "Production", "Security"]


def option(text: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": text}, "value": text.lower()}


def text_input(label: str, **more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "value"}
    return {
        "type": "input",
        "block_id": label.lower().replace(" ", "_"),
        "label": {"type": "plain_text", "text": label},
        "element": element,
        **more,
    }


def form() -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "create-account",
        "title": {"type": "plain_text", "text": "Create account"},
        "submit": {"type": "plain_text", "text": "Send"},
        "notify_on_close": True,
        "blocks": [
            text_input("Account name"),
            text_input("Note", optional=True),
            {
                "type": "input",
                "block_id": "ou",
                "label": {"type": "plain_text", "text": "OU"},
                "element": {"type": "external_select", "action_id": "ou", "min_query_length": 1},
            },
            {
                "type": "input",
                "block_id": "billing",
                "label": {"type": "plain_text", "text": "Billing"},
                "element": {
                    "type": "static_select",
                    "action_id": "billing",
                    "options": [option("Allow"), option("Deny")],
                    "initial_option": option("Deny"),
                },
            },
        ],
    }


def card(text: str) -> list[dict[str, Any]]:
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        {
            "type": "actions",
            "block_id": "decision",
            "elements": [
                {
                    "type": "button",
                    "action_id": "approve",
                    "text": {"type": "plain_text", "text": "Approve"},
                    "value": "1",
                },
                {
                    "type": "button",
                    "action_id": "deny",
                    "text": {"type": "plain_text", "text": "Deny"},
                    "style": "danger",
                    "value": "1",
                },
            ],
        },
    ]


class Bot:
    """A bot with one form, one card and a home tab; it keeps the payloads that it got."""

    def __init__(self, slack: SlackSandbox) -> None:
        self.got: list[dict[str, Any]] = []
        self.client = client_of(slack)
        self.app = App(
            name="orgbot",
            client=self.client,
            signing_secret=slack.signing_secret,
            process_before_response=True,
            request_verification_enabled=slack.mode == "http",
        )
        self.app.command("/org")(self.on_command)
        self.app.view("create-account")(self.on_form)
        self.app.view_closed("create-account")(self.on_closed)
        self.app.options("ou")(self.on_options)
        self.app.action("approve")(self.on_approve)
        self.app.action("deny")(self.on_deny)
        self.app.shortcut("ask")(self.on_shortcut)
        self.app.message_shortcut("ask-about")(self.on_shortcut)
        self.app.event("app_home_opened")(self.on_home)

    def on_command(self, ack: Any, body: dict[str, Any], client: WebClient) -> None:
        self.got.append(body)
        if body["text"] == "help":
            ack("Ask for an account.")
        elif body["text"] == "public":
            ack({"response_type": "in_channel", "text": "All see this."})
        else:
            ack()
            client.views_open(trigger_id=body["trigger_id"], view=form())

    def on_shortcut(self, ack: Any, body: dict[str, Any], client: WebClient) -> None:
        self.got.append(body)
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=form())

    def on_form(self, ack: Any, body: dict[str, Any], client: WebClient) -> None:
        self.got.append(body)
        name = body["view"]["state"]["values"]["account_name"]["value"]["value"]
        if " " in name:
            ack(response_action="errors", errors={"account_name": "No spaces, please."})
            return
        ack()
        client.chat_postMessage(channel="C0APPROVALS", text=f"Request: {name}", blocks=card(f"Request: {name}"))

    def on_closed(self, ack: Any, body: dict[str, Any]) -> None:
        ack()
        self.got.append(body)

    def on_options(self, ack: Any, payload: dict[str, Any]) -> None:
        self.got.append(payload)
        ack(options=[option(ou) for ou in OUS if payload["value"].lower() in ou.lower()])

    def on_approve(self, ack: Any, body: dict[str, Any], client: WebClient) -> None:
        self.got.append(body)
        ack()
        client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="Approved", blocks=card("Approved")
        )

    def on_deny(self, ack: Any, body: dict[str, Any], respond: Any) -> None:
        self.got.append(body)
        ack()
        respond(text="Say why in the thread.", replace_original=False)

    def on_home(self, event: dict[str, Any], client: WebClient) -> None:
        self.got.append(event)
        view = {"type": "home", "blocks": card("Nothing to do.")}
        client.views_publish(user_id=event["user"], view=view)


def client_of(slack: SlackSandbox, **more: Any) -> WebClient:
    """slack_sdk's own client; it repeats nothing."""
    return WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[], **more)


class Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - The name is werkzeug's.
        """Nothing."""


@contextmanager
def over_http(bot: Bot, slack: SlackSandbox) -> Iterator[None]:
    """Serve the bot, and tell Slack where."""
    server = make_server("127.0.0.1", 0, SlackRequestHandler(bot.app), threaded=True, request_handler=Silent)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    slack.request_url = f"http://127.0.0.1:{server.server_port}/slack/events"
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def over_socket(bot: Bot, slack: SlackSandbox) -> Iterator[SocketModeHandler]:
    """Connect the bot by slack_sdk's own Socket Mode client."""
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
    handler = SocketModeHandler(bot.app, slack.app_token, ping_interval=5)
    handler.connect()  # type: ignore[no-untyped-call]
    try:
        yield handler
    finally:
        _end_reading(handler)
        handler.close()  # type: ignore[no-untyped-call]


def _end_reading(handler: SocketModeHandler) -> None:
    """The client closes when its reader lets go of the connection: at the next frame, such as a pong, or after 3 s."""
    handler.client.auto_reconnect_enabled = False
    handler.client.current_session_state.terminated = True
    if handler.client.current_session:
        with suppress(OSError):
            handler.client.current_session.ping("end")  # Of an empty pong it would go on to read the content.
