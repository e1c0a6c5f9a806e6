"""The limits of each block, and which blocks a surface takes. Source: Slack's "Blocks" pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from sandbox.slack.limits.checks import (
    Check,
    Shape,
    array,
    boolean,
    integer,
    one_of,
    problem,
    string,
    typed,
    url,
)
from sandbox.slack.limits.elements import ELEMENTS
from sandbox.slack.limits.objects import IDENTIFIER, SLACK_FILE, plain, text
from sandbox.slack.limits.richtext import rich_text

Surface = Literal["message", "modal", "home"]

_SELECTS = {
    f"{many}{kind}_select"
    for many in ("", "multi_")
    for kind in ("static", "external", "users", "conversations", "channels")
}
_PICKERS = {"checkboxes", "radio_buttons", "datepicker", "timepicker"} | _SELECTS
_IN_SECTIONS = _PICKERS | {"button", "image", "overflow", "workflow_button"}
_IN_ACTIONS = _PICKERS | {"button", "overflow", "datetimepicker", "workflow_button", "rich_text_input"}
_IN_INPUTS = _PICKERS | {
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "rich_text_input",
    "file_input",
    "datetimepicker",
}
_ID: dict[str, Check] = {"block_id": IDENTIFIER}


def _section(value: Any, at: str) -> Iterator[str]:
    shape = Shape(
        {},
        {
            **_ID,
            "text": text(3000),
            "fields": array(text(2000), 10),
            "accessory": typed(ELEMENTS, _IN_SECTIONS),
            "expand": boolean,
        },
    )
    yield from shape(value, at)
    if "text" not in value and "fields" not in value:
        yield problem("missing required field: text or fields", at)


def _image(value: Any, at: str) -> Iterator[str]:
    shape = Shape(
        {"alt_text": string(2000)},
        {**_ID, "image_url": url(3000), "slack_file": SLACK_FILE, "title": plain(2000)},
    )
    yield from shape(value, at)
    if ("image_url" in value) == ("slack_file" in value):
        yield problem("must have either image_url or slack_file", at)


def _context_element(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict) and value.get("type") in {"plain_text", "mrkdwn"}:
        yield from text(3000)(value, at)
    else:
        yield from typed(ELEMENTS, {"image"})(value, at)


def _input(value: Any, at: str) -> Iterator[str]:
    shape = Shape(
        {"label": plain(2000), "element": typed(ELEMENTS, _IN_INPUTS)},
        {**_ID, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    )
    yield from shape(value, at)


_CELL = typed(
    {
        "raw_text": Shape({"text": string(3000)}),
        "raw_number": Shape({"value": integer(-(10**15), 10**15), "text": string(3000)}),
        "rich_text": rich_text,
    }
)


def _by_sdk(value: Any, at: str) -> Iterator[str]:
    """For Slack's newest blocks: slack_sdk's models know them better than a table here would."""
    try:
        parsed = Block.parse(value)
        same = parsed is not None and parsed.to_dict() == value
    except (SlackObjectFormationError, TypeError, KeyError, AttributeError) as error:
        yield problem(str(error), at)
        return
    if not same:
        yield problem("invalid additional property or value", at)


BLOCKS: dict[str, Check] = {
    "section": _section,
    "divider": Shape({}, _ID),
    "header": Shape({"text": plain(150)}, {**_ID, "level": integer(1, 4)}),
    "context": Shape({"elements": array(_context_element, 10)}, _ID),
    "actions": Shape({"elements": array(typed(ELEMENTS, _IN_ACTIONS), 25)}, _ID),
    "context_actions": Shape({"elements": array(typed(ELEMENTS, {"feedback_buttons", "icon_button"}), 5)}, _ID),
    "input": _input,
    "image": _image,
    "file": Shape({"external_id": string(255), "source": one_of("remote")}, _ID),
    "markdown": Shape({"text": string(12_000)}, _ID),
    "rich_text": rich_text,
    "video": Shape(
        {"alt_text": string(2000), "title": plain(199), "thumbnail_url": url(3000), "video_url": url(3000)},
        {
            **_ID,
            "author_name": string(49),
            "description": plain(199),
            "provider_icon_url": url(3000),
            "provider_name": string(255),
            "title_url": url(3000),
        },
    ),
    "table": Shape(
        {"rows": array(array(_CELL, 20), 100)},
        {
            **_ID,
            "column_settings": array(
                Shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean}), 20
            ),
        },
    ),
    "alert": Shape({"text": text(3000)}, {**_ID, "level": one_of("default", "info", "warning", "error", "success")}),
    "task_card": _by_sdk,
    "plan": _by_sdk,
    "card": _by_sdk,
    "container": _by_sdk,
    "carousel": _by_sdk,
}

_EVERYWHERE = {"section", "divider", "header", "context", "actions", "input", "image", "rich_text", "video"}
ALLOWED: dict[Surface, set[str]] = {
    "message": _EVERYWHERE
    | {"file", "markdown", "table", "context_actions", "task_card", "plan", "card", "container", "carousel"},
    "modal": _EVERYWHERE | {"alert"},
    "home": _EVERYWHERE,
}
