"""files.*"""

from __future__ import annotations

import time

from sandbox.slack.api.chat import may_write
from sandbox.slack.api.registry import Call, Json, method
from sandbox.slack.cast import BOT_USER
from sandbox.slack.errors import SlackRefusal, invalid_arguments
from sandbox.slack.files import MOST_BYTES, File
from sandbox.slack.messages import Message

WRITE = ("files:write",)


@method("files.getUploadURLExternal", scopes=WRITE)
def files_get_upload_url_external(call: Call) -> Json:
    """An address to which the file's bytes are posted; `length` must be theirs."""
    name, length = call.required("filename"), call.number("length", 0, MOST_BYTES)
    file = call.workspace.files.announce(name, length, BOT_USER)
    return {"ok": True, "upload_url": f"{call.base_url}/upload/{file.ticket}", "file_id": file.id}


@method("files.completeUploadExternal", scopes=WRITE)
def files_complete_upload_external(call: Call) -> Json:
    """Share what was uploaded; in a channel or thread it appears as a message with files."""
    entries = call.data("files", "invalid_arguments")
    if not isinstance(entries, list) or not entries:
        raise invalid_arguments("[ERROR] missing required field: files")
    files = [_complete(call, entry) for entry in entries]
    for channel_id in filter(None, [call.text("channel_id"), *call.text("channels").split(",")]):
        _share(call, channel_id, files)
    return {"ok": True, "files": [file.for_api(call.base_url) for file in files]}


def _complete(call: Call, entry: Json) -> File:
    file = call.workspace.files.find(str(entry.get("id")))
    if file.content is None:
        raise SlackRefusal("file_not_found")
    file.title = str(entry.get("title") or file.name)
    file.completed_at = time.monotonic()
    return file


def _share(call: Call, channel_id: str, files: list[File]) -> None:
    channel = call.workspace.channel(channel_id)
    may_write(call, channel)
    for file in files:
        file.shared_in = channel.id
    call.workspace.post(
        Message(
            ts=call.workspace.clock.ts(),
            channel=channel.id,
            user=BOT_USER,
            text=call.text("initial_comment"),
            files=[file.for_api(call.base_url) for file in files],
            thread_ts=call.text("thread_ts") or None,
        )
    )


@method("files.info", scopes=("files:read",))
def files_info(call: Call) -> Json:
    """One file."""
    return {"ok": True, "file": call.workspace.files.find(call.required("file")).for_api(call.base_url)}


@method("files.delete", scopes=WRITE)
def files_delete(call: Call) -> Json:
    """Take a file away."""
    call.workspace.files.delete(call.required("file"))
    return {"ok": True}
