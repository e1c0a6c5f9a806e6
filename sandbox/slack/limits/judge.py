"""The judge: what Slack refuses in a list of blocks, in a view, in an answer with options."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.slack.limits.blocks import ALLOWED, BLOCKS, Surface
from sandbox.slack.limits.checks import Check, Shape, anything, array, boolean, problem, string, typed
from sandbox.slack.limits.objects import IDENTIFIER, OPTION, OPTION_GROUP, plain

MOST_BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}
MESSAGE_TEXT = 40_000
UPDATE_TEXT = 4_000
"""`chat.update` refuses more with msg_too_long, though chat.postMessage takes 40,000 (seen in a real workspace)."""
ALL_BLOCKS_TEXT = 13_200
"""Characters in all of a message's blocks: above it msg_blocks_too_long was seen, far below the documented limits."""
MARKDOWN_TEXT = 12_000
WHOLE_VIEW = 250_000


def problems(blocks: Any, surface: Surface, pointer: str = "/blocks") -> list[str]:
    """Everything that Slack would refuse in these blocks; empty when it takes them."""
    return list(_blocks(blocks, surface, pointer))


def _blocks(blocks: Any, surface: Surface, at: str) -> Iterator[str]:
    yield from array(typed(BLOCKS, ALLOWED[surface]), MOST_BLOCKS[surface], 0)(blocks, at)
    whole = [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    yield from _block_ids_differ(whole, at)
    yield from _action_ids_differ(whole, at)
    yield from _one_focus(whole, at)
    if surface != "modal":
        yield from _no_file_input(whole, at)
    if surface == "message":
        yield from _one_table(whole, at)
        yield from _markdown_total(whole, at)


def _repeated(values: list[Any]) -> list[Any]:
    return [value for value, count in Counter(map(str, values)).items() if count > 1]


def _block_ids_differ(blocks: list[dict[str, Any]], at: str) -> Iterator[str]:
    for value in _repeated([block["block_id"] for block in blocks if block.get("block_id") is not None]):
        yield problem(f"block_id already exists: {value}", at)


def elements_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    """A block's elements, whichever field holds them."""
    found = [block.get("accessory"), block.get("element"), *_listed(block.get("elements"))]
    return [element for element in found if isinstance(element, dict)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _action_ids_differ(blocks: list[dict[str, Any]], at: str) -> Iterator[str]:
    for index, block in enumerate(blocks):
        ids = [element["action_id"] for element in elements_of(block) if element.get("action_id") is not None]
        for value in _repeated(ids):
            yield problem(f"action_id already exists in this block: {value}", f"{at}/{index}")


def _one_focus(blocks: list[dict[str, Any]], at: str) -> Iterator[str]:
    focused = sum(element.get("focus_on_load") is True for block in blocks for element in elements_of(block))
    if focused > 1:
        yield problem("only one element may have focus_on_load set to true", at)


def _no_file_input(blocks: list[dict[str, Any]], at: str) -> Iterator[str]:
    for index, block in enumerate(blocks):
        if any(element.get("type") == "file_input" for element in elements_of(block)):
            yield problem("unsupported type: file_input", f"{at}/{index}/element/type")


def _one_table(blocks: list[dict[str, Any]], at: str) -> Iterator[str]:
    if sum(block.get("type") == "table" for block in blocks) > 1:
        yield problem("only one table allowed", at)


def _markdown_total(blocks: list[dict[str, Any]], at: str) -> Iterator[str]:
    texts = [block.get("text") for block in blocks if block.get("type") == "markdown"]
    if sum(len(entry) for entry in texts if isinstance(entry, str)) > MARKDOWN_TEXT:
        yield problem(f"markdown blocks must have less than {MARKDOWN_TEXT + 1} characters in all", at)


_VIEW: dict[str, Check] = {
    "blocks": anything,
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": IDENTIFIER,
}
_VIEWS: dict[str, Check] = {
    "modal": Shape(
        {"title": plain(24)},
        {
            **_VIEW,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
    "home": Shape({}, _VIEW),
}


def view_problems(view: Any) -> list[str]:
    """Everything that Slack would refuse in a modal or home view."""
    found = list(typed(_VIEWS)(view, "/view"))
    if not isinstance(view, dict) or view.get("type") not in _VIEWS:
        return found
    if view.get("blocks") is None:
        return [*found, problem("missing required field: blocks", "/view")]
    found += _blocks(view["blocks"], view["type"], "/view/blocks")
    has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in _listed(view["blocks"]))
    if view["type"] == "modal" and has_input and not view.get("submit"):
        found.append(problem("missing required field: submit (a view with an input block needs it)", "/view"))
    if len(json.dumps(view, ensure_ascii=False).encode()) > WHOLE_VIEW:
        found.append(problem(f"view must be less than {WHOLE_VIEW + 1} bytes", "/view"))
    return found


_OPTIONS: Check = Shape({}, {"options": array(OPTION, 100, 0), "option_groups": array(OPTION_GROUP, 100, 0)})


def option_problems(answer: Any) -> list[str]:
    """Everything that Slack would refuse in the answer to a block_suggestion."""
    found = list(_OPTIONS(answer, ""))
    if isinstance(answer, dict) and ("options" in answer) == ("option_groups" in answer):
        found.append(problem("must have either options or option_groups", ""))
    return found


def message_error(text: str, blocks: Any, most_text: int = MESSAGE_TEXT) -> str | None:
    """The error code for a message that is too long, or None."""
    if len(text) > most_text:
        return "msg_too_long"
    if sum(map(len, _texts(blocks))) > ALL_BLOCKS_TEXT:
        return "msg_blocks_too_long"
    return None


def _texts(value: Any) -> Iterator[str]:
    """Every text that a reader sees somewhere below."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
