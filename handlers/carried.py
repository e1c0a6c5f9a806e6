"""What a form's metadata and the button that opens a form carry for us: the values, the reason, and where it was asked for. Pure.

Whoever sends it may have changed it, so that only what has the right shape counts.
Source: Slack API, "Views" (private_metadata, 3,000 characters), "Button element" (value, 2,000 characters).
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handlers.caller import LONGEST_ID
from handlers.declared import Value, fields_of
from operations.core.base import Operation


class Carried(BaseModel):
    """`values` are those of an operation's fields, `channel` is where it was asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    values: dict[str, Any] = {}
    reason: str = ""
    channel: str = Field(default="", max_length=LONGEST_ID, pattern=r"^[!-~]*$")

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
