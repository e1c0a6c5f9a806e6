"""The slash commands that are suggested obey the keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.sandbox.slack.bots import Bot
from tests.sandbox.slack.page.conftest import Look


def test_enter_takes_the_marked_command_and_then_sends(bot: Bot, look: Look) -> None:
    page = look()
    field = page.get_by_label("Message #general")
    field.press_sequentially("/o")
    expect(field).to_have_attribute("aria-activedescendant", "suggestions-0")
    option = page.get_by_role("listbox", name="Commands").get_by_role("option", name="/org")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "none")
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("/org ")
    field.press_sequentially("help")
    field.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Ask for an account.")


def test_escape_puts_them_away(look: Look) -> None:
    page = look()
    field = page.get_by_label("Message #general")
    field.press_sequentially("/o")
    field.press("Escape")
    expect(page.get_by_role("listbox", name="Commands")).to_be_hidden()
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile(".*"))
