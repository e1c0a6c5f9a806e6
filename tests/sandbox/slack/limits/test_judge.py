"""Slack's limits, each at its edge: the longest that passes, the shortest that does not, and where the refusal points."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.slack.limits import message_error, option_problems, problems, view_problems
from sandbox.slack.limits.judge import ALL_BLOCKS_TEXT, WHOLE_VIEW
from tests.harness.tables import each_of

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(text: str = "One", value: str = "1", **more: Any) -> Json:
    return {"text": plain(text), "value": value, **more}


def button(**more: Any) -> Json:
    return {"type": "button", "action_id": "go", "text": plain("Go"), **more}


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn("Hello"), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", "options": [option()], **more}


def entry(element: Json | None = None, **more: Any) -> Json:
    given = element or {"type": "plain_text_input", "action_id": "a"}
    return {"type": "input", "label": plain("Name"), "element": given, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Form"), "submit": plain("Send"), "blocks": list(blocks), **more}


def numbered(count: int) -> list[Json]:
    return [option(str(number), str(number)) for number in range(count)]


CONFIRM = {"title": plain("Sure?"), "text": mrkdwn("Really."), "confirm": plain("Yes"), "deny": plain("No")}


def confirm(**more: Any) -> Json:
    return actions(button(confirm={**CONFIRM, **more}))


LENGTHS = {
    "section text": (3000, lambda n: section(text=mrkdwn("x" * n)), "/blocks/0/text/text"),
    "section field": (2000, lambda n: section(fields=[mrkdwn("x" * n)]), "/blocks/0/fields/0/text"),
    "section fields": (10, lambda n: section(fields=[mrkdwn("x")] * n), "/blocks/0/fields"),
    "header": (150, lambda n: {"type": "header", "text": plain("x" * n)}, "/blocks/0/text/text"),
    "context elements": (10, lambda n: {"type": "context", "elements": [mrkdwn("x")] * n}, "/blocks/0/elements"),
    "actions elements": (25, lambda n: actions(*[button(action_id=str(i)) for i in range(n)]), "/blocks/0/elements"),
    "button text": (75, lambda n: actions(button(text=plain("x" * n))), "/blocks/0/elements/0/text/text"),
    "button value": (2000, lambda n: actions(button(value="x" * n)), "/blocks/0/elements/0/value"),
    "button url": (3000, lambda n: actions(button(url="https://e/" + "x" * (n - 10))), "/blocks/0/elements/0/url"),
    "action_id": (255, lambda n: actions(button(action_id="x" * n)), "/blocks/0/elements/0/action_id"),
    "block_id": (255, lambda n: section(block_id="x" * n), "/blocks/0/block_id"),
    "option text": (75, lambda n: actions(select(options=[option("x" * n)])), "/blocks/0/elements/0/options/0/text/text"),
    "option value": (150, lambda n: actions(select(options=[option("x", "v" * n)])), "/blocks/0/elements/0/options/0/value"),
    "option description": (
        75,
        lambda n: actions(select(options=[option(description=plain("x" * n))])),
        "/blocks/0/elements/0/options/0/description/text",
    ),
    "select options": (100, lambda n: actions(select(options=numbered(n))), "/blocks/0/elements/0/options"),
    "option groups": (
        100,
        lambda n: actions(
            {
                "type": "static_select",
                "action_id": "p",
                "option_groups": [{"label": plain("g"), "options": [option()]}] * n,
            }
        ),
        "/blocks/0/elements/0/option_groups",
    ),
    "radio buttons": (
        10,
        lambda n: actions({"type": "radio_buttons", "action_id": "r", "options": numbered(n)}),
        "/blocks/0/elements/0/options",
    ),
    "checkboxes": (
        10,
        lambda n: actions({"type": "checkboxes", "action_id": "c", "options": numbered(n)}),
        "/blocks/0/elements/0/options",
    ),
    "overflow": (
        5,
        lambda n: section(accessory={"type": "overflow", "action_id": "o", "options": numbered(n)}),
        "/blocks/0/accessory/options",
    ),
    "placeholder": (150, lambda n: actions(select(placeholder=plain("x" * n))), "/blocks/0/elements/0/placeholder/text"),
    "confirm title": (100, lambda n: confirm(title=plain("x" * n)), "/blocks/0/elements/0/confirm/title/text"),
    "confirm text": (300, lambda n: confirm(text=mrkdwn("x" * n)), "/blocks/0/elements/0/confirm/text/text"),
    "confirm button": (30, lambda n: confirm(confirm=plain("x" * n)), "/blocks/0/elements/0/confirm/confirm/text"),
    "deny button": (30, lambda n: confirm(deny=plain("x" * n)), "/blocks/0/elements/0/confirm/deny/text"),
    "input label": (2000, lambda n: entry(label=plain("x" * n)), "/blocks/0/label/text"),
    "input hint": (2000, lambda n: entry(hint=plain("x" * n)), "/blocks/0/hint/text"),
    "initial text": (
        3000,
        lambda n: entry({"type": "plain_text_input", "initial_value": "x" * n}),
        "/blocks/0/element/initial_value",
    ),
    "image alt text": (
        2000,
        lambda n: {"type": "image", "image_url": "https://e/i.png", "alt_text": "x" * n},
        "/blocks/0/alt_text",
    ),
    "markdown": (12_000, lambda n: {"type": "markdown", "text": "x" * n}, "/blocks/0/text"),
    "table columns": (20, lambda n: {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * n]}, "/blocks/0/rows/0"),
    "table rows": (100, lambda n: {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * n}, "/blocks/0/rows"),
}  # fmt: skip


@each_of(("most", "make", "pointer"), LENGTHS.values(), ids=LENGTHS)
def test_a_limit_holds_at_its_edge(most: int, make: Any, pointer: str) -> None:
    assert problems([make(most)], "message") == []
    refused = problems([make(most + 1)], "message")
    assert any(f"[json-pointer:{pointer}]" in sentence for sentence in refused), refused


VIEW_LENGTHS = {
    "title": (24, lambda n: modal(title=plain("x" * n)), "/view/title/text"),
    "submit": (24, lambda n: modal(submit=plain("x" * n)), "/view/submit/text"),
    "close": (24, lambda n: modal(close=plain("x" * n)), "/view/close/text"),
    "private_metadata": (3000, lambda n: modal(private_metadata="x" * n), "/view/private_metadata"),
    "callback_id": (255, lambda n: modal(callback_id="x" * n), "/view/callback_id"),
    "blocks of a modal": (100, lambda n: modal(*[section()] * n), "/view/blocks"),
    "blocks of a home tab": (100, lambda n: {"type": "home", "blocks": [section()] * n}, "/view/blocks"),
}


@pytest.mark.parametrize(("most", "make", "pointer"), VIEW_LENGTHS.values(), ids=VIEW_LENGTHS)
def test_a_view_s_limit_holds_at_its_edge(most: int, make: Any, pointer: str) -> None:
    assert view_problems(make(most)) == []
    assert any(f"[json-pointer:{pointer}]" in sentence for sentence in view_problems(make(most + 1)))


def test_a_message_has_at_most_50_blocks() -> None:
    assert problems([section()] * 50, "message") == []
    assert problems([section()] * 51, "message") == ["[ERROR] no more than 50 items allowed [json-pointer:/blocks]"]


REFUSED = {
    "an unknown block": ([{"type": "banner"}], "unsupported type: banner"),
    "no type": ([{"text": "x"}], "unsupported type: None"),
    "no object": (["text"], "must be an object"),
    "no list": ({"type": "section"}, "must be an array"),
    "an unknown field": ([section(colour="red")], "invalid additional property: colour"),
    "a section without content": ([{"type": "section"}], "missing required field: text or fields"),
    "an empty text": ([section(text=mrkdwn(""))], "must be more than 0 characters"),
    "a header in mrkdwn": ([{"type": "header", "text": mrkdwn("x")}], "unsupported type: mrkdwn"),
    "a button's text in mrkdwn": ([actions(button(text=mrkdwn("x")))], "unsupported type: mrkdwn"),
    "a select's option in mrkdwn": ([actions(select(options=[{"text": mrkdwn("x"), "value": "1"}]))], "unsupported type"),
    "emoji in mrkdwn": ([section(text={**mrkdwn("x"), "emoji": True})], "invalid additional property: emoji"),
    "a button's style": ([actions(button(style="default"))], "must be one of primary, danger"),
    "a button without text": ([actions({"type": "button", "action_id": "a"})], "missing required field: text"),
    "a text input in actions": ([actions({"type": "plain_text_input", "action_id": "a"})], "unsupported type"),
    "a button in an input": ([entry(button())], "unsupported type: button"),
    "no actions": ([actions()], "no less than 1 items"),
    "an input without label": ([{"type": "input", "element": select()}], "missing required field: label"),
    "two blocks of one id": ([section(block_id="a"), section(block_id="a")], "block_id already exists: a"),
    "two actions of one id": ([actions(button(), button())], "action_id already exists in this block: go"),
    "a select without options": ([actions({"type": "static_select", "action_id": "s"})], "either options or option_groups"),
    "an initial option from elsewhere": ([actions(select(initial_option=option("Two", "2")))], "must be one of the options"),
    "an initial option that differs": ([actions(select(initial_option=option("one", "1")))], "must be one of the options"),
    "initial checkboxes from elsewhere": (
        [actions({"type": "checkboxes", "action_id": "c", "options": [option()], "initial_options": [option("2", "2")]})],
        "must be among the options",
    ),
    "radio values twice": (
        [actions({"type": "radio_buttons", "action_id": "r", "options": [option("a"), option("b")]})],
        "options must have different values",
    ),
    "a limit above 3000": ([entry({"type": "plain_text_input", "max_length": 3001})], "must be between 1 and 3000"),
    "min above max": ([entry({"type": "plain_text_input", "min_length": 5, "max_length": 4})], "must not exceed"),
    "a true that is a 1": ([entry(optional=1)], "must be a boolean"),
    "a date in words": ([actions({"type": "datepicker", "action_id": "d", "initial_date": "today"})], "YYYY-MM-DD"),
    "an image of nowhere": ([{"type": "image", "alt_text": "x"}], "either image_url or slack_file"),
    "a button that leads nowhere": ([actions(button(url="javascript:alert(1)"))], "must be a valid URL"),
    "two in focus": (
        [entry({"type": "plain_text_input", "action_id": a, "focus_on_load": True}) for a in "ab"],
        "only one element may have focus_on_load",
    ),
    "a file input in a message": ([entry({"type": "file_input", "action_id": "f"})], "unsupported type: file_input"),
    "an alert in a message": ([{"type": "alert", "text": plain("x")}], "unsupported type: alert"),
    "two tables": ([{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}] * 2, "only one table"),
    "too much markdown in all": ([{"type": "markdown", "text": "x" * 6001}] * 2, "12001 characters in all"),
    "rich text of no kind": ([{"type": "rich_text", "elements": [{"type": "marquee"}]}], "unsupported type: marquee"),
    "a card too long": ([{"type": "card", "title": mrkdwn("x" * 151)}], "150 characters"),
}  # fmt: skip


@each_of(("blocks", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_slack_refuses_in_a_message(blocks: Any, reason: str) -> None:
    assert any(reason in sentence for sentence in problems(blocks, "message")), problems(blocks, "message")


REFUSED_VIEWS = {
    "inputs without submit": ({"type": "modal", "title": plain("F"), "blocks": [entry()]}, "submit"),
    "a modal without title": ({"type": "modal", "blocks": []}, "missing required field: title"),
    "a title in mrkdwn": (modal(title=mrkdwn("x")), "unsupported type: mrkdwn"),
    "no blocks": ({"type": "home"}, "missing required field: blocks"),
    "another type": ({"type": "popup", "blocks": []}, "unsupported type: popup"),
    "a home tab with a title": ({"type": "home", "title": plain("x"), "blocks": []}, "additional property: title"),
    "markdown in a modal": (modal({"type": "markdown", "text": "x"}), "unsupported type: markdown"),
    "a table in a modal": (modal({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}), "unsupported type"),
    "a view too large": (modal(*[section(text=mrkdwn("é" * 3000)) for _ in range(50)]), f"less than {WHOLE_VIEW + 1} bytes"),
}  # fmt: skip


@each_of(("view", "reason"), REFUSED_VIEWS.values(), ids=REFUSED_VIEWS)
def test_what_slack_refuses_in_a_view(view: Any, reason: str) -> None:
    assert any(reason in sentence for sentence in view_problems(view)), view_problems(view)


def test_what_people_really_send_passes() -> None:
    card = [
        {"type": "header", "text": plain("Create account")},
        section(fields=[mrkdwn("*Name*\nweb"), mrkdwn("*OU*\n/Workloads")], accessory=button(confirm=CONFIRM)),
        {"type": "divider"},
        {"type": "context", "elements": [mrkdwn("by <@U0ALICE>"), {"type": "image", "image_url": "https://e/i", "alt_text": "i"}]},
        actions(button(style="primary", value="7"), button(action_id="deny", style="danger", value="7")),
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]},
        {"type": "card", "title": mrkdwn("A card")},
    ]  # fmt: skip
    assert problems(card, "message") == []


def test_what_forms_really_hold_passes() -> None:
    form = modal(
        entry(),
        entry({"type": "external_select", "action_id": "ou", "min_query_length": 0, "initial_option": option()}),
        entry({"type": "multi_static_select", "action_id": "m", "options": numbered(3), "max_selected_items": 2}),
        entry({"type": "number_input", "action_id": "n", "is_decimal_allowed": False, "min_value": "1"}, optional=True),
        entry({"type": "users_select", "action_id": "u"}, dispatch_action=True),
        entry({"type": "file_input", "action_id": "f", "filetypes": ["json"], "max_files": 1}),
        {"type": "alert", "text": mrkdwn("Careful."), "level": "warning"},
        private_metadata="7",
        notify_on_close=True,
    )
    assert view_problems(form) == []


def test_options_are_judged_too() -> None:
    assert option_problems({"options": numbered(100)}) == []
    assert option_problems({"options": []}) == []
    assert "no more than 100" in option_problems({"options": numbered(101)})[0]
    assert "either options or option_groups" in option_problems({})[0]
    assert option_problems("sta")


def test_a_message_s_whole_length() -> None:
    four = [section(text=mrkdwn("x" * (ALL_BLOCKS_TEXT // 5)))] * 5
    assert message_error("", four) is None
    assert message_error("", [*four, section(text=mrkdwn("x"))]) == "msg_blocks_too_long"
    assert message_error("x" * 40_000, None) is None
    assert message_error("x" * 40_001, None) == "msg_too_long"
    assert message_error("x" * 4_001, None, 4_000) == "msg_too_long"
