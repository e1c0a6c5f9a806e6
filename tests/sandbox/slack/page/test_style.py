"""The look, where it decides whether one can read and reach things."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sandbox.slack.driver import SlackSandbox
from tests.sandbox.slack.bots import card, client_of
from tests.sandbox.slack.page.conftest import Look

HERE = "C0APPROVALS"
READABLE = 4.5  # WCAG 2.2, "Contrast (Minimum)", level AA.
CONTRAST = """node => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, index) => sum + v * [0.2126, 0.7152, 0.0722][index], 0);
  let under = node;
  while (rgb(getComputedStyle(under).backgroundColor)[3] === 0) under = under.parentElement;
  const [dark, bright] = [light(rgb(getComputedStyle(node).color)), light(rgb(getComputedStyle(under).backgroundColor))].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}"""


def _fits(page: Page, selector: str) -> bool:
    """Whether an element shows all of its width."""
    return bool(page.locator(selector).evaluate("node => node.scrollWidth <= node.clientWidth"))


def test_a_narrow_window_shows_the_newest_message_and_the_box_to_write_in(slack: SlackSandbox, look: Look) -> None:
    for number in range(30):
        slack.interactions.say("alice", HERE, f"Line {number}")
    page = look(f"U0BOB/{HERE}", width=390, height=800)
    expect(page.get_by_text("Line 29")).to_be_in_viewport()
    expect(page.get_by_label("Message #aws-approvals")).to_be_in_viewport()
    expect(page.get_by_role("button", name="orgbot")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollHeight") == 800
    assert _fits(page, "html")
    assert _fits(page, "#sidebar")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_errors_and_mentions_can_be_read(slack: SlackSandbox, look: Look, scheme: str) -> None:
    client_of(slack).chat_postMessage(channel=HERE, text="<@U0ALICE> asks", blocks=card("<@U0ALICE> asks"))
    page = look(f"U0ALICE/{HERE}", scheme=scheme)
    for looked in (page.locator(".mention").first, page.get_by_role("button", name="Deny")):
        assert looked.evaluate(CONTRAST) >= READABLE
    page.get_by_label("Message #aws-approvals").fill("/org create-account")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Send").click()
    assert page.get_by_text("Please complete this required field.").first.evaluate(CONTRAST) >= READABLE


def test_a_confirmation_keeps_its_lines(slack: SlackSandbox, look: Look) -> None:
    blocks: list[dict[str, Any]] = card("Request 1")
    words = {"title": "Sure?", "text": "One line\nand another", "confirm": "Yes", "deny": "No"}
    texts = {name: {"type": "plain_text", "text": text} for name, text in words.items()}
    blocks[1]["elements"][0]["confirm"] = texts
    client_of(slack).chat_postMessage(channel=HERE, text="Request 1", blocks=blocks)
    page = look(f"U0BOB/{HERE}")
    page.get_by_role("button", name="Approve").click()
    assert page.get_by_role("dialog", name="Sure?").locator("p").inner_text() == "One line\nand another"
