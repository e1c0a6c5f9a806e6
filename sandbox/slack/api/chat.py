"""chat.*"""

from __future__ import annotations

from sandbox.slack.api.compose import Content, content
from sandbox.slack.api.registry import Call, Json, method
from sandbox.slack.cast import BOT_USER, Channel
from sandbox.slack.errors import SlackRefusal, invalid_blocks
from sandbox.slack.limits import MESSAGE_TEXT, UPDATE_TEXT
from sandbox.slack.messages import Message

WRITE = ("chat:write",)


def _content(call: Call, most_text: int = MESSAGE_TEXT) -> Content:
    text = call.args.get("text")
    blocks = call.data("blocks", "invalid_blocks_format")
    if call.args.get("markdown_text") is not None:
        if text or blocks:
            raise SlackRefusal("markdown_text_conflict")
        blocks = [{"type": "markdown", "text": call.args["markdown_text"]}]
    found = list(call.workspace.files.unusable(blocks, "/blocks"))
    if found:
        raise invalid_blocks(found)
    metadata = call.data("metadata", "invalid_metadata_format")
    return content(text, blocks, call.data("attachments", "invalid_attachments"), metadata, most_text)


def _place(call: Call) -> Channel:
    """The channel to write in; a person's id means the direct message with that person."""
    workspace, which = call.workspace, call.text("channel")
    if which in workspace.users:
        return workspace.dm(which)
    return workspace.channel(which)


def may_write(call: Call, channel: Channel) -> None:
    """Raises what Slack answers when the bot may not write there."""
    if channel.is_im and not call.workspace.manifest.messages_tab:
        raise SlackRefusal("messages_tab_disabled")
    if channel.is_archived:
        raise SlackRefusal("is_archived")
    if channel.is_read_only:
        raise SlackRefusal("restricted_action_read_only_channel")
    if BOT_USER in channel.members:
        return
    if channel.is_private:
        raise SlackRefusal("channel_not_found")
    if "chat:write.public" not in call.scopes:
        raise SlackRefusal("not_in_channel")


def _thread_ts(call: Call, channel: Channel) -> str | None:
    ts = call.text("thread_ts")
    if not ts:
        return None
    try:
        parent = call.workspace.find(channel.id, ts)
    except SlackRefusal:
        raise SlackRefusal("thread_not_found") from None
    if parent.is_reply:
        raise SlackRefusal("cannot_reply_to_message")
    return ts


@method("chat.postMessage", scopes=WRITE)
def chat_post_message(call: Call) -> Json:
    """Say something in a channel, a thread or a direct message."""
    channel = _place(call)
    may_write(call, channel)
    given = _content(call)
    if given.is_empty:
        raise SlackRefusal("no_text")
    thread_ts = _thread_ts(call, channel)
    ts = call.workspace.clock.ts()
    message = Message(
        ts=ts,
        channel=channel.id,
        user=BOT_USER,
        text=given.text or "",
        blocks=given.blocks or [],
        attachments=given.attachments or [],
        metadata=given.metadata,
        thread_ts=thread_ts,
        broadcast=thread_ts is not None and call.flag("reply_broadcast"),
    )
    call.workspace.post(message)
    return {"ok": True, "channel": channel.id, "ts": ts, "message": call.workspace.show(message, metadata=True)}


@method("chat.postEphemeral", scopes=WRITE)
def chat_post_ephemeral(call: Call) -> Json:
    """Say something that one member of a channel sees."""
    channel = call.workspace.channel(call.text("channel"))
    may_write(call, channel)
    if call.required("user") not in channel.members:
        raise SlackRefusal("user_not_in_channel")
    given = _content(call)
    if given.is_empty:
        raise SlackRefusal("no_text")
    ts = call.workspace.clock.ts()
    call.workspace.post(
        Message(
            ts=ts,
            channel=channel.id,
            user=BOT_USER,
            text=given.text or "",
            blocks=given.blocks or [],
            attachments=given.attachments or [],
            thread_ts=call.text("thread_ts") or None,
            ephemeral_for=call.text("user"),
        )
    )
    return {"ok": True, "message_ts": ts}


def _own(call: Call, refusal: str) -> Message:
    """The bot's own message that `channel` and `ts` name; raises SlackRefusal."""
    channel = call.workspace.channels.get(call.required("channel"))
    if channel is None:
        raise SlackRefusal("channel_not_found")
    message = call.workspace.find(channel.id, call.required("ts"))
    if not message.by_bot:
        raise SlackRefusal(refusal)
    return message


@method("chat.update", scopes=WRITE)
def chat_update(call: Call) -> Json:
    """Give one of the bot's messages new content. Text without blocks takes the blocks away, as in Slack."""
    message = _own(call, "cant_update_message")
    if call.workspace.channels[message.channel].is_archived:
        raise SlackRefusal("is_inactive")
    given = _content(call, UPDATE_TEXT)
    if given.text is None and given.blocks is None and given.attachments is None:
        raise SlackRefusal("no_text")
    workspace = call.workspace
    workspace.change(
        message,
        text=message.text if given.text is None else given.text,
        blocks=given.blocks or [] if given.text is not None or given.blocks is not None else message.blocks,
        attachments=message.attachments if given.attachments is None else given.attachments,
        metadata=given.metadata or message.metadata,
        edited_ts=message.edited_ts if given.blocks else workspace.clock.ts(),
    )
    shown = workspace.show(message, metadata=True)
    return {"ok": True, "channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}


@method("chat.delete", scopes=WRITE)
def chat_delete(call: Call) -> Json:
    """Take one of the bot's messages away."""
    message = _own(call, "cant_delete_message")
    call.workspace.delete(message)
    return {"ok": True, "channel": message.channel, "ts": message.ts}


@method("chat.getPermalink")
def chat_get_permalink(call: Call) -> Json:
    """A message's address."""
    channel = call.workspace.channel(call.required("channel"))
    message = call.workspace.find(channel.id, call.required("message_ts"))
    link = f"{call.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"ok": True, "channel": channel.id, "permalink": link}
