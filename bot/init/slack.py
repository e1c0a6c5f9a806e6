"""The steps of `orgbot init` in Slack: the app, its tokens, the approval channel, the approvers, a card on trial.

Source: Slack API, "App manifests" (sharing a manifest by link), "Using Socket Mode".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import quote

from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from approvals.authority.directory import Directory, Workspace
from approvals.slack.blocks import actions, button, section
from approvals.slack.client import SlackRefusedError, call
from bot.channel import troubles
from bot.checks.findings import WrongError, sentence
from bot.checks.slack import named_one, socket_mode
from bot.config.settings import load_some
from bot.identity import channels
from bot.init.talk import Talk

PACKED, KEPT = Path(__file__).with_name("manifest.yml"), Path(__file__).parents[2] / "manifest.yml"
MANIFEST = PACKED if PACKED.exists() else KEPT  # In an installed package it stands beside this file.
NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_yaml="
NAME_MOST = 35
PRESS = "init_press"
PATIENCE_SECONDS = 120.0
Json = dict[str, Any]


def web_client(token: str) -> WebClient:
    """A client for this token, at SLACK_API_URL; raises SettingsError where that is no address."""
    return WebClient(token, base_url=load_some("slack_api_url")["slack_api_url"], retry_handlers=[], timeout=15)


def make_app(talk: Talk) -> None:
    """Offers the manifest, unless there is a token of an app already."""
    if talk.kept("SLACK_BOT_TOKEN"):
        talk.right("there is an app already (kept)")
        return
    name = talk.checked("Name of the app", _app_name, "orgbot")
    whole = MANIFEST.read_text(encoding="utf-8")
    text, short = (_named_app(version, name) for version in (whole, _without_comments(whole)))
    talk.write("slack-manifest.yml", text, "the app's manifest")
    talk.say(
        "Open this link, choose your workspace, and press Create; or choose “From a manifest” and paste slack-manifest.yml."
    )
    talk.say(NEW_APP + quote(short, safe=""))
    talk.pause("Create the app, press Install to Workspace")


def _without_comments(manifest: str) -> str:
    """What the link has, so that a terminal can show it."""
    lines = (line.partition(" # ")[0] for line in manifest.splitlines() if not line.startswith("#"))
    return "".join(f"{line}\n" for line in lines)


def _named_app(manifest: str, name: str) -> str:
    """With this name, and as the bot's display name as well."""
    return manifest.replace("name: orgbot\n", f"name: {json.dumps(name, ensure_ascii=False)}\n")


def _app_name(name: str) -> None:
    if not 0 < len(name) <= NAME_MOST or not name.isprintable():
        raise WrongError(f"a name in Slack has 1 to {NAME_MOST} characters; give another")


def give_tokens(talk: Talk) -> WebClient:
    """The bot's token and the app's, each tried at once."""
    bot = talk.setting("SLACK_BOT_TOKEN", "Bot User OAuth Token (OAuth & Permissions, xoxb-…)", _bot_token, secret=True)
    slack = web_client(bot)
    if talk.kept("SLACK_SIGNING_SECRET") and not talk.kept("SLACK_APP_TOKEN"):
        talk.right("signed HTTP, because SLACK_SIGNING_SECRET is set (kept)")
    else:
        talk.say("Basic Information, App-Level Tokens, Generate, with the scope connections:write:")
        talk.setting("SLACK_APP_TOKEN", "App-level token (xapp-…)", lambda token: _app_token(slack, token), secret=True)
    return slack


def _bot_token(token: str) -> str:
    if not token.startswith("xoxb-"):
        raise WrongError("a bot token begins with xoxb-; it stands under OAuth & Permissions")
    answer = call(web_client(token), "auth.test")
    return f"{answer['user']} in {answer['team']}"


def _app_token(slack: WebClient, token: str) -> str:
    if not token.startswith("xapp-"):
        raise WrongError("an app-level token begins with xapp-; it stands under Basic Information")
    return socket_mode(slack, token)


def choose_channel(talk: Talk, slack: WebClient) -> str:
    """The approval channel, in which approvers see and decide; its id."""
    kept, seen = talk.kept("ORGBOT_APPROVAL_CHANNEL"), list(channels(slack, lambda ask: ask()))
    found = next((one for one in seen if kept in (one["id"], f"#{one['name']}")), None)
    if found:
        talk.right(f"#{found['name']} (kept)")
    found = found or _chosen(talk, seen)
    while wrong := troubles(call(slack, "conversations.info", channel=found["id"])["channel"]):
        for trouble in wrong:
            talk.wrong(trouble)
        if not talk.yes("Look again, now that it is mended? (n: choose another channel)"):
            found = _chosen(talk, seen)
    talk.right(f"the bot is in #{found['name']}")
    return str(found["id"])


def _chosen(talk: Talk, seen: Sequence[Json]) -> Json:
    usable = [one for one in seen if not one.get("is_archived")]
    talk.say("Where do approval cards go? A private channel is in the list once the bot was invited into it.")
    found = talk.choose(
        "Number, or a part of the name", sorted(usable, key=lambda one: (not one.get("is_member"), one["name"])), _named
    )
    talk.keep("ORGBOT_APPROVAL_CHANNEL", found["id"])
    return found


def _named(channel: Json) -> str:
    return f"#{channel['name']}{' (the bot is in it)' if channel.get('is_member') else ''}"


def name_approvers(talk: Talk, slack: WebClient) -> list[str]:
    """Who may approve, each found in Slack: ids and e-mail addresses as the rules take them."""
    directory = Directory(slack, lambda: Workspace.of(call(slack, "auth.test")))
    handles = _groups(talk, slack)
    found: list[str] = []

    def check(text: str) -> str:
        found[:] = [handles.get(word, word) for word in text.replace(",", " ").split()]
        return ", ".join(_who(slack, directory, word, handles) for word in found)

    groups = f" or user groups such as {next(iter(handles))}" if handles else ""
    talk.setting("ORGBOT_APPROVERS", f"Who approves? E-mail addresses{groups}, separated by commas", check)
    talk.keep("ORGBOT_APPROVERS", ",".join(found))
    return found


def _groups(talk: Talk, slack: WebClient) -> dict[str, str]:
    """The user groups' ids by their handles; none, after a line that says why, where Slack does not tell: people are enough."""
    try:
        return {f"@{group['handle']}": group["id"] for group in call(slack, "usergroups.list")["usergroups"]}
    except SlackRefusedError as error:
        talk.wrong(f"the user groups cannot be read, so name people: {sentence(error)}")
        return {}


def _who(slack: WebClient, directory: Directory, word: str, handles: dict[str, str]) -> str:
    """In the words of `orgbot check`, with what was typed where it is nobody."""
    if word.startswith("@"):
        raise WrongError(f"there is no user group {word}; there are {', '.join(handles) or 'none'}")
    try:
        said = named_one(slack, directory, word)
    except (WrongError, SlackRefusedError) as error:
        raise WrongError(f"{word}: {sentence(error)}") from error
    return next((f"{name}, {said}" for name, key in handles.items() if key == word), said)


def try_a_card(talk: Talk, slack: WebClient, channel: str) -> None:
    """Posts a card with one button, and waits until somebody has pressed it; over Socket Mode alone."""
    app_token = talk.value("SLACK_APP_TOKEN")
    if not app_token:
        talk.say("Left out: over signed HTTP presses arrive only once the bot runs.")
        return
    if not talk.yes("Post a card on trial into the approval channel, to see that a press arrives?"):
        return
    pressed = Event()
    socket = SocketModeClient(app_token, web_client=slack)
    socket.socket_mode_request_listeners.append(lambda client, request: _heard(client, request, pressed))
    socket.connect()
    try:
        _post_and_wait(talk, slack, channel, pressed)
    finally:
        socket.close()


def _heard(client: Any, request: SocketModeRequest, pressed: Event) -> None:
    client.send_socket_mode_response(SocketModeResponse(request.envelope_id))
    if PRESS in str(request.payload.get("actions")):
        pressed.set()


def _post_and_wait(talk: Talk, slack: WebClient, channel: str, pressed: Event) -> None:
    text = "orgbot is being set up. Press the button, so that it knows that presses arrive."
    said = call(
        slack,
        "chat.postMessage",
        channel=channel,
        text=text,
        blocks=[section(text), *actions(button("Press me", PRESS, "1"))],
    )
    talk.say(f"Press the button in the channel now; I wait for {PATIENCE_SECONDS:.0f} seconds.")
    try:
        came = pressed.wait(PATIENCE_SECONDS)
    finally:  # Also after Ctrl-C: nobody is to press what nobody waits for.
        done = "The button arrived: orgbot is connected." if pressed.is_set() else "No press has arrived."
        call(slack, "chat.update", channel=channel, ts=said["ts"], text=done, blocks=[section(done)])
    if came:
        talk.right("the press arrived")
    else:
        talk.wrong("no press has arrived; is Interactivity on in the app's settings, and is no other bot on this app?")
