"""blocks.validate"""

from __future__ import annotations

from sandbox.slack.api.compose import content
from sandbox.slack.api.registry import Call, Json, method
from sandbox.slack.api.views import judged
from sandbox.slack.errors import invalid_arguments, invalid_blocks
from sandbox.slack.limits import problems


@method("blocks.validate")
def blocks_validate(call: Call) -> Json:
    """Judge exactly one of `blocks`, `message` and `view` without showing it to anybody."""
    given = {name: call.data(name, "invalid_arguments") for name in ("blocks", "message", "view")}
    present = {name: value for name, value in given.items() if value is not None}
    if len(present) != 1:
        raise invalid_arguments("[ERROR] exactly one of blocks, message and view must be given")
    if "view" in present:
        judged(present["view"])
    elif "message" in present:
        message = present["message"]
        content(message.get("text"), message.get("blocks"), message.get("attachments"), message.get("metadata"))
    elif found := problems(present["blocks"], "message"):
        raise invalid_blocks(found)
    return {"ok": True}
