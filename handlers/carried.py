"""What a form's metadata and the button that opens a form carry for us: the values, the reason, and where it is answered. Pure.

Whoever sends it may have changed it, so that only what has the right shape counts.
Source: Slack API, "Views" (private_metadata, 3,000 characters), "Button element" (value, 2,000 characters).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handlers.caller import LONGEST_ID, Caller
from handlers.declared import Value, fields_of
from operations.core.base import Operation

LONGEST_AFTER = 100
LONGEST_URL = 500  # Slack's own have about a hundred characters.


class Carried(BaseModel):
    """`values` are those of an operation's fields, `channel` is where it was asked for, and `reply_to` the response_url by
    which that place takes an answer, whether the bot is there or not. `after` is what the buttons of the request carry whose end
    offered this one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    values: dict[str, Any] = {}
    reason: str = ""
    channel: str = Field(default="", max_length=LONGEST_ID, pattern=r"^[!-~]*$")
    reply_to: str = Field(default="", max_length=LONGEST_URL, pattern=r"^[!-~]*$")
    after: str = Field(default="", max_length=LONGEST_AFTER, pattern=r"^[!-~]*$")

    @classmethod
    def of_caller(cls, caller: Caller, **more: Any) -> Self:
        """With where the caller is answered, as far as that can be carried."""
        reply_to = caller.reply_to if len(caller.reply_to) <= LONGEST_URL else ""
        return cls(channel=caller.channel, reply_to=reply_to, **more)

    def where(self, caller: Caller) -> Caller:
        """Who sends a form or presses a button in it, where it was opened: a form's own deliveries do not say."""
        return replace(caller, channel=self.channel, reply_to=self.reply_to)

    def packed(self) -> str:
        """As JSON, without what is empty."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def unpacked(cls, text: object) -> Self:
        """What is in the JSON; nothing when it is not ours."""
        try:
            return cls.model_validate_json(str(text or "{}"))
        except ValidationError:
            return cls()

    def of(self, operation: type[Operation]) -> dict[str, Value]:
        """The values of the operation's own fields that have a value's shape."""
        known = {field.name for field in fields_of(operation)} - {"reason"}
        return {name: value for name, value in self.values.items() if name in known and _is_value(value)}


def _is_value(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(text, str) for text in value))
