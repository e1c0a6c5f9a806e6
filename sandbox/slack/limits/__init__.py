"""Slack's limits on Block Kit, judged without Slack: pure functions that list what Slack would refuse.

`problems(blocks, surface)` and `view_problems(view)` return sentences in Slack's form, each with a JSON pointer:
`must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]`. An empty list means accepted.
Sources: Slack's "Block Kit reference", "Composition objects", "Views reference"; facts that only a real workspace shows
are marked where they are used.
"""

from sandbox.slack.limits.blocks import Surface
from sandbox.slack.limits.judge import (
    MESSAGE_TEXT,
    UPDATE_TEXT,
    message_error,
    option_problems,
    problems,
    view_problems,
)

__all__ = ["MESSAGE_TEXT", "UPDATE_TEXT", "Surface", "message_error", "option_problems", "problems", "view_problems"]
