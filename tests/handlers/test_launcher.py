"""`/org` alone: the commonest wishes as buttons, all that there is in a menu by what one wants."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from approvals.authority.rules import Rule, Rules
from approvals.slack.blocks import Block
from handlers.launcher import reason_from
from handlers.query_names import NAMES
from operations.core.base import Operation
from operations.core.registry import all_operations
from tests.harness.handling import ALICE, BOB, CLICK_URL, GENERAL, PRIVATE, Handling, organization

BUTTONS = ["Get credentials", "New account", "Move an account", "Look around"]


def shown(handling: Handling) -> tuple[list[Block], list[Block]]:
    """The buttons, and the options of the menu."""
    handling.types("")
    (row, rest) = [block["elements"] for block in handling.blocks if block["type"] == "actions"]
    return row, [option for group in rest[0]["option_groups"] for option in group["options"]]


def texts(items: list[Block]) -> list[str]:
    return [item["text"]["text"] for item in items]


@pytest.mark.parametrize("text", ["", "  ", "/org", "`/org`"])
def test_the_command_alone_is_a_launcher(handling: Handling, text: str) -> None:
    handling.types(text)
    assert handling.blocks[0]["text"]["text"] == "*What would you like to do?*"
    assert not handling.waiting


def test_the_commonest_wishes_are_buttons_and_everything_is_in_the_menu(handling: Handling) -> None:
    buttons, options = shown(handling)
    assert texts(buttons) == BUTTONS
    wishes = [operation.wanted for operation in all_operations() if not operation.founds]
    assert sorted(texts(options)) == sorted([*wishes, *(name.wanted for name in NAMES if name.wanted)])


@pytest.mark.parametrize(
    "rules",
    [
        Rules([Rule("default", (BOB,))], frozenset({"move-account"})),
        Rules([Rule("few", (BOB,), operations=("credentials", "create-account"))]),
    ],
    ids=["left out", "no rule"],
)
def test_what_nobody_may_ask_for_is_not_offered(handling: Handling, rules: Rules) -> None:
    handling.rules = rules
    buttons, options = shown(handling)
    assert texts(buttons) == ["Get credentials", "New account", "Look around"]
    assert "Move an account" not in texts(options)
    assert "`/org move-account`" not in handling.types("help")


def test_where_there_is_no_organization_yet(handling: Handling) -> None:
    handling.organization = replace(organization(), id="")
    assert texts(shown(handling)[0]) == ["Create the organization", "Look around"]


@pytest.mark.parametrize("number", range(3))
def test_a_button_opens_its_form(handling: Handling, number: int) -> None:
    button = shown(handling)[0][number]
    handling.presses(button["action_id"], button["value"], user=ALICE, channel=GENERAL, on=PRIVATE)
    assert handling.form()["callback_id"] == f"request:{button['action_id'].removeprefix('form:')}"


def test_look_around_shows_the_tree(handling: Handling) -> None:
    button = shown(handling)[0][-1]
    handling.presses(button["action_id"], button["value"], user=ALICE, channel=GENERAL, on=PRIVATE)
    handling.work()
    (url, answer) = handling.replies[-1]
    assert (url, answer["replace_original"]) == (CLICK_URL, False)
    handling.types("tree")
    assert answer["blocks"] == handling.blocks


@pytest.mark.parametrize("operation", [one for one in all_operations() if not one.founds], ids=lambda one: one.name)
def test_a_wish_in_the_menu_opens_its_form(handling: Handling, operation: type[Operation]) -> None:
    handling.presses("want", None, user=ALICE, channel=GENERAL, on=PRIVATE, chosen=operation.name)
    assert handling.form()["callback_id"] == f"request:{operation.name}"


@pytest.mark.parametrize("word", [name.word for name in NAMES if name.wanted])
def test_a_look_in_the_menu_is_answered_below(handling: Handling, word: str) -> None:
    handling.presses("want", None, user=ALICE, channel=GENERAL, on=PRIVATE, chosen=f"look:{word}")
    handling.work()
    answers = [body["blocks"] for _, body in handling.replies]
    handling.replies.clear()
    handling.types(word)
    handling.work()
    assert answers[0] == (handling.blocks or handling.replies[0][1]["blocks"])


@pytest.mark.parametrize("chosen", ["make-coffee", "look:nonsense", "look:", ""])
def test_a_choice_that_there_is_no_more(handling: Handling, chosen: str) -> None:
    handling.presses("want", None, user=ALICE, channel=GENERAL, on=PRIVATE, chosen=chosen or "look")
    told = handling.told()
    assert len(told) == 1
    assert not handling.requests()


@pytest.mark.parametrize(
    ("text", "link", "reason"),
    [
        ("We need it", "https://slack.example/1", "We need it https://slack.example/1"),
        ("a &amp; b\n <https://x.example|x.example>", "", "a & b x.example"),
        ("", "https://slack.example/1", "https://slack.example/1"),
        ("un\u200bseen", "", "unseen"),
        (None, "", ""),
    ],
)
def test_a_message_as_the_reason(text: str | None, link: str, reason: str) -> None:
    assert reason_from({"text": text}, link) == reason


def test_a_long_message_is_cut_and_its_link_is_whole() -> None:
    reason = reason_from({"text": "word " * 5000}, "https://slack.example/1")
    assert len(reason) <= 500
    assert reason.endswith("… https://slack.example/1")
    assert json.dumps(reason)
