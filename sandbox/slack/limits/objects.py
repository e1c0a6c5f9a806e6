"""Composition objects: texts, options, option groups, confirm dialogs, filters.

Source: Slack's "Composition objects" pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.slack.limits.checks import Check, Shape, array, boolean, one_of, problem, string, typed, url

IDENTIFIER = string(255)
"""action_id, block_id, callback_id."""


def plain(most: int) -> Check:
    """A plain_text object: headers, labels, titles, the text of buttons."""
    return typed({"plain_text": Shape({"text": string(most)}, {"emoji": boolean})})


def text(most: int) -> Check:
    """A plain_text or mrkdwn object."""
    return typed(
        {
            "plain_text": Shape({"text": string(most)}, {"emoji": boolean}),
            "mrkdwn": Shape({"text": string(most)}, {"verbatim": boolean}),
        }
    )


PLACEHOLDER = plain(150)

OPTION = Shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
"""Of selects, multi-selects."""

OVERFLOW_OPTION = Shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": url(3000)})

CHOICE = Shape({"text": text(75), "value": string(150)}, {"description": text(75)})
"""Of radio buttons and checkboxes, which may be mrkdwn."""

OPTION_GROUP = Shape({"label": plain(75), "options": array(OPTION, 100)})

CONFIRM = Shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)

FILTER = Shape(
    {},
    {
        "include": array(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)

DISPATCH = Shape({}, {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2)})

SLACK_FILE = Shape({}, {"id": string(255), "url": url(3000)})


def options_or_groups(value: dict[str, Any], at: str) -> Iterator[str]:
    """A static menu has options or option groups, not both."""
    if ("options" in value) == ("option_groups" in value):
        yield problem("must have either options or option_groups", at)
