"""conversations.*"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sandbox.slack.api.registry import Call, Json, method
from sandbox.slack.cast import BOT_USER, Channel
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.messages import Message, Span

READ = {"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read"}
HISTORY = {"public_channel": "channels:history", "private_channel": "groups:history", "im": "im:history"}
TYPES = {*READ, "mpim"}


def channel_object(channel: Channel) -> Json:
    """A channel as the Web API shows it."""
    common = {
        "id": channel.id,
        "created": 1700000000,
        "is_archived": channel.is_archived,
        "is_im": channel.is_im,
        "is_org_shared": False,
        "is_ext_shared": channel.is_ext_shared,
        "is_shared": channel.is_ext_shared,
        "updated": 1700000000000,
    }
    if channel.is_im:
        return {**common, "user": channel.user, "is_user_deleted": False, "priority": 0}
    return {
        **common,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_general": channel.name == "general",
        "is_read_only": channel.is_read_only,
        "is_member": BOT_USER in channel.members,
        "creator": "U0BOB",
        "topic": {"value": channel.topic, "creator": "U0BOB", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def visible(call: Call) -> Channel:
    """The channel of the call; the bot sees no private one of which it is no member."""
    channel = call.workspace.channels.get(call.required("channel"))
    if channel is None or (channel.kind != "public_channel" and BOT_USER not in channel.members):
        raise SlackRefusal("channel_not_found")
    return channel


def types(call: Call) -> set[str]:
    """The kinds of channel that are asked for; raises invalid_types."""
    wanted = {entry.strip() for entry in call.text("types", "public_channel").split(",")}
    if not wanted <= TYPES:
        raise SlackRefusal("invalid_types")
    for kind in sorted(wanted & set(READ)):
        call.need(READ[kind])
    return wanted


@method("conversations.open", scopes=("im:write",))
def conversations_open(call: Call) -> Json:
    """The direct message with one person."""
    if call.text("channel"):
        channel = visible(call)
    else:
        users = [entry for entry in re.split(r"[,\s]+", call.text("users")) if entry]
        if not users:
            raise SlackRefusal("users_list_not_supplied")
        if len(users) > 1:
            call.need("mpim:write")
            raise SlackRefusal("method_not_supported_for_channel_type")
        channel = _direct(call, users[0])
    shown = channel_object(channel) if call.flag("return_im") else {"id": channel.id}
    return {"ok": True, "channel": shown}


def _direct(call: Call, user_id: str) -> Channel:
    user = call.workspace.users.get(user_id)
    if user is None:
        raise SlackRefusal("user_not_found")
    if user.deleted:
        raise SlackRefusal("user_disabled")
    if user.is_bot:
        raise SlackRefusal("cannot_dm_bot")
    return call.workspace.dm(user.id)


@method("conversations.list")
def conversations_list(call: Call) -> Json:
    """The channels that the bot may see."""
    wanted = types(call)
    found: Iterable[Channel] = [
        channel
        for channel in call.workspace.channels.values()
        if channel.kind in wanted
        and (channel.kind == "public_channel" or BOT_USER in channel.members)
        and not (channel.is_archived and call.flag("exclude_archived"))
    ]
    page, following = call.page(found)
    return {"ok": True, "channels": [channel_object(entry) for entry in page], "response_metadata": following}


@method("conversations.info")
def conversations_info(call: Call) -> Json:
    """One channel."""
    channel = visible(call)
    call.need(READ[channel.kind])
    return {"ok": True, "channel": channel_object(channel)}


@method("conversations.members")
def conversations_members(call: Call) -> Json:
    """Who is in a channel."""
    channel = visible(call)
    call.need(READ[channel.kind])
    page, following = call.page(sorted(channel.members))
    return {"ok": True, "members": page, "response_metadata": following}


@method("conversations.join", scopes=("channels:join",))
def conversations_join(call: Call) -> Json:
    """The bot enters a public channel."""
    channel = visible(call)
    if channel.kind != "public_channel":
        raise SlackRefusal("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackRefusal("is_archived")
    extra = {"warning": "already_in_channel"} if BOT_USER in channel.members else {}
    channel.members.add(BOT_USER)
    return {"ok": True, "channel": channel_object(channel), **extra}


def _span(call: Call) -> Span:
    for name in ("oldest", "latest"):
        if call.text(name) and not re.fullmatch(r"\d+(\.\d+)?", call.text(name)):
            raise SlackRefusal(f"invalid_ts_{name}")
    return Span(call.text("oldest") or "0", call.text("latest") or None, call.flag("inclusive"))


def _readable(call: Call) -> Channel:
    channel = visible(call)
    call.need(HISTORY[channel.kind])
    if BOT_USER not in channel.members:
        raise SlackRefusal("not_in_channel")
    return channel


def _answer(call: Call, found: list[Message]) -> Json:
    page, following = call.page(found, most=999)
    metadata = call.flag("include_all_metadata")
    return {
        "ok": True,
        "messages": [call.workspace.show(message, metadata=metadata) for message in page],
        "has_more": bool(following["next_cursor"]),
        "response_metadata": following,
    }


@method("conversations.history")
def conversations_history(call: Call) -> Json:
    """A channel's messages, newest first; replies stay in their threads unless they were broadcast."""
    channel, span = _readable(call), _span(call)
    said = call.workspace.log.get(channel.id, [])
    shown = [m for m in said if m.ephemeral_for is None and (m.broadcast or not m.is_reply) and span.has(m.ts)]
    return {**_answer(call, shown[::-1]), "pin_count": 0}


@method("conversations.replies")
def conversations_replies(call: Call) -> Json:
    """A thread: the parent first, then its replies, oldest first."""
    channel, span = _readable(call), _span(call)
    try:
        parent = call.workspace.find(channel.id, call.required("ts"))
    except SlackRefusal as refusal:
        raise SlackRefusal("thread_not_found" if refusal.code == "message_not_found" else refusal.code) from None
    replies = [reply for reply in call.workspace.thread(parent).replies if span.has(reply.ts)]
    return _answer(call, [parent, *replies])
