"""Judging and making a message out of arguments, for chat.*, response_urls and command answers alike."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox.slack.errors import SlackRefusal, invalid_blocks
from sandbox.slack.limits import MESSAGE_TEXT, message_error, problems
from sandbox.slack.modals import with_ids

Json = dict[str, Any]
MOST_METADATA = 16_000


@dataclass(frozen=True)
class Content:
    """A message's content after Slack has taken it; None means: not given."""

    text: str | None
    blocks: list[Json] | None
    attachments: list[Json] | None = None
    metadata: Json | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.text or self.blocks or self.attachments)


def content(text: Any, blocks: Any, attachments: Any, metadata: Any, most_text: int = MESSAGE_TEXT) -> Content:
    """Judge a message's parts; raises SlackRefusal with Slack's code for the first that it does not take."""
    if attachments is not None and not isinstance(attachments, list):
        raise SlackRefusal("invalid_attachments")
    made = Content(None if text is None else str(text), _blocks(blocks), attachments, _metadata(metadata))
    for attachment in attachments or []:
        _blocks(attachment.get("blocks"))
    too_long = message_error(made.text or "", made.blocks, most_text)
    if too_long:
        raise SlackRefusal(too_long)
    return made


def _blocks(blocks: Any) -> list[Json] | None:
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise SlackRefusal("invalid_blocks_format")
    found = problems(blocks, "message")
    if found:
        raise invalid_blocks(found)
    return with_ids(blocks)


def _metadata(metadata: Any) -> Json | None:
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        raise SlackRefusal("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        raise SlackRefusal("invalid_metadata_format")
    if len(json.dumps(metadata)) > MOST_METADATA:
        raise SlackRefusal("metadata_too_large")
    return metadata
