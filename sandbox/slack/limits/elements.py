"""The limits of each element. Source: Slack's "Block elements" pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.slack.limits.checks import (
    Check,
    Shape,
    anything,
    array,
    boolean,
    integer,
    one_of,
    pattern,
    problem,
    string,
    url,
)
from sandbox.slack.limits.objects import (
    CHOICE,
    CONFIRM,
    DISPATCH,
    FILTER,
    IDENTIFIER,
    OPTION,
    OPTION_GROUP,
    OVERFLOW_OPTION,
    PLACEHOLDER,
    SLACK_FILE,
    options_or_groups,
    plain,
)

PLAIN_TEXT_INPUT_MOST = 3000
STRING_ID = string(255)
DATE = pattern(r"\d{4}-\d{2}-\d{2}", "a date in the form YYYY-MM-DD")
TIME = pattern(r"\d{2}:\d{2}", "a time in the form HH:mm")
NUMBER = pattern(r"-?\d+(\.\d+)?", "a number in a string")

_COMMON: dict[str, Check] = {"action_id": IDENTIFIER, "confirm": CONFIRM}
_MENU: dict[str, Check] = {**_COMMON, "placeholder": PLACEHOLDER, "focus_on_load": boolean}
_MULTI: dict[str, Check] = {**_MENU, "max_selected_items": integer(1, 1_000)}
_TYPED: dict[str, Check] = {
    "action_id": IDENTIFIER,
    "placeholder": PLACEHOLDER,
    "focus_on_load": boolean,
    "dispatch_action_config": DISPATCH,
}
_STATIC: dict[str, Check] = {"options": array(OPTION, 100), "option_groups": array(OPTION_GROUP, 100)}
_BUTTON: dict[str, Check] = {
    **_COMMON,
    "value": string(2000, 0),
    "url": url(3000),
    "style": one_of("primary", "danger"),
    "accessibility_label": string(75),
}


def every_option(element: dict[str, Any]) -> list[Any]:
    """The options of a menu, groups flattened."""
    groups = element.get("option_groups") or []
    nested = [option for group in groups if isinstance(group, dict) for option in group.get("options") or []]
    return [*(element.get("options") or []), *nested]


def _initial_is_offered(value: dict[str, Any], at: str) -> Iterator[str]:
    offered = every_option(value)
    if "initial_option" in value and value["initial_option"] not in offered:
        yield problem("initial_option must be one of the options", f"{at}/initial_option")
    for index, option in enumerate(value.get("initial_options") or []):
        if option not in offered:
            yield problem("initial_options must be among the options", f"{at}/initial_options/{index}")


def _values_differ(value: dict[str, Any], at: str) -> Iterator[str]:
    values = [option.get("value") for option in every_option(value) if isinstance(option, dict)]
    if len(values) != len(set(map(str, values))):
        yield problem("options must have different values", f"{at}/options")


def _select(shape: Shape, *, static: bool) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        yield from shape(value, at)
        if static:
            yield from options_or_groups(value, at)
            yield from _initial_is_offered(value, at)

    return check


def _choices(shape: Shape) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        yield from shape(value, at)
        yield from _initial_is_offered(value, at)
        yield from _values_differ(value, at)

    return check


def _plain_text_input(value: Any, at: str) -> Iterator[str]:
    shape = Shape(
        {},
        {
            **_TYPED,
            "initial_value": string(PLAIN_TEXT_INPUT_MOST, 0),
            "multiline": boolean,
            "min_length": integer(0, PLAIN_TEXT_INPUT_MOST),
            "max_length": integer(1, PLAIN_TEXT_INPUT_MOST),
        },
    )
    yield from shape(value, at)
    least, most = value.get("min_length"), value.get("max_length")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield problem("min_length must not exceed max_length", f"{at}/min_length")


def _image(value: Any, at: str) -> Iterator[str]:
    yield from Shape({"alt_text": string(2000)}, {"image_url": url(3000), "slack_file": SLACK_FILE})(value, at)
    if ("image_url" in value) == ("slack_file" in value):
        yield problem("must have either image_url or slack_file", at)


_FEEDBACK = Shape({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})

ELEMENTS: dict[str, Check] = {
    "button": Shape({"text": plain(75)}, _BUTTON),
    "image": _image,
    "plain_text_input": _plain_text_input,
    "email_text_input": Shape({}, {**_TYPED, "initial_value": string(3000, 0)}),
    "url_text_input": Shape({}, {**_TYPED, "initial_value": string(3000, 0)}),
    "number_input": Shape(
        {"is_decimal_allowed": boolean},
        {**_TYPED, "initial_value": NUMBER, "min_value": NUMBER, "max_value": NUMBER},
    ),
    "rich_text_input": Shape({}, {**_TYPED, "initial_value": anything}),
    "file_input": Shape(
        {}, {"action_id": IDENTIFIER, "filetypes": array(string(50), 100), "max_files": integer(1, 10)}
    ),
    "datepicker": Shape({}, {**_MENU, "initial_date": DATE}),
    "timepicker": Shape({}, {**_MENU, "initial_time": TIME, "timezone": string(100)}),
    "datetimepicker": Shape(
        {}, {**_COMMON, "focus_on_load": boolean, "initial_date_time": integer(1_000_000_000, 9_999_999_999)}
    ),
    "checkboxes": _choices(
        Shape(
            {"options": array(CHOICE, 10)}, {**_COMMON, "focus_on_load": boolean, "initial_options": array(CHOICE, 10)}
        )
    ),
    "radio_buttons": _choices(
        Shape({"options": array(CHOICE, 10)}, {**_COMMON, "focus_on_load": boolean, "initial_option": CHOICE})
    ),
    "overflow": Shape({"options": array(OVERFLOW_OPTION, 5)}, _COMMON),
    "static_select": _select(Shape({}, {**_MENU, **_STATIC, "initial_option": OPTION}), static=True),
    "multi_static_select": _select(
        Shape({}, {**_MULTI, **_STATIC, "initial_options": array(OPTION, 100)}), static=True
    ),
    "external_select": _select(
        Shape({}, {**_MENU, "min_query_length": integer(0, 3000), "initial_option": OPTION}), static=False
    ),
    "multi_external_select": _select(
        Shape({}, {**_MULTI, "min_query_length": integer(0, 3000), "initial_options": array(OPTION, 100)}),
        static=False,
    ),
    "users_select": Shape({}, {**_MENU, "initial_user": STRING_ID}),
    "multi_users_select": Shape({}, {**_MULTI, "initial_users": array(STRING_ID, 1_000)}),
    "conversations_select": Shape(
        {},
        {
            **_MENU,
            "initial_conversation": STRING_ID,
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": FILTER,
        },
    ),
    "multi_conversations_select": Shape(
        {},
        {
            **_MULTI,
            "initial_conversations": array(STRING_ID, 1_000),
            "default_to_current_conversation": boolean,
            "filter": FILTER,
        },
    ),
    "channels_select": Shape({}, {**_MENU, "initial_channel": STRING_ID, "response_url_enabled": boolean}),
    "multi_channels_select": Shape({}, {**_MULTI, "initial_channels": array(STRING_ID, 1_000)}),
    "workflow_button": Shape({"text": plain(75), "workflow": anything}, _BUTTON),
    "feedback_buttons": Shape({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {"action_id": IDENTIFIER}),
    "icon_button": Shape(
        {"icon": one_of("trash"), "text": plain(75)},
        {
            **_COMMON,
            "value": string(2000, 0),
            "accessibility_label": string(75),
            "visible_to_user_ids": array(STRING_ID, 100),
        },
    ),
}
"""By type. The place decides which of them are allowed: see blocks.py."""
