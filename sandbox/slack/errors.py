"""What the stand-in refuses, with Slack's own error codes."""

from __future__ import annotations

from typing import Any


class SlackRefusal(Exception):  # noqa: N818 - It is an answer of the API, not a defect of the stand-in.
    """An answer with `ok: false`: Slack's code, and the fields that come with it."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields

    def as_answer(self) -> dict[str, Any]:
        """{ok: false, error, …} as the Web API answers."""
        return {"ok": False, "error": self.code, **self.fields}


def invalid_arguments(*messages: str) -> SlackRefusal:
    """`invalid_arguments` with the reasons where Slack puts them, in response_metadata.messages."""
    return SlackRefusal("invalid_arguments", response_metadata={"messages": list(messages)})


def invalid_blocks(messages: list[str]) -> SlackRefusal:
    """`invalid_blocks`, as chat.* answers; Slack repeats the reasons in `errors`."""
    bare = [message.removeprefix("[ERROR] ") for message in messages]
    return SlackRefusal("invalid_blocks", errors=bare, response_metadata={"messages": messages})
