"""What people see from the command to the end, on a desktop, in 400 pixels and in the dark: nothing runs out of the window.

With ORGBOT_PICTURES=folder each state is written there as a picture, to be looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.panel.keeper import Keeper
from tests.harness.browser import page_of
from tests.harness.scenario import PATIENCE

SIZES: dict[str, tuple[int, int, Literal["light", "dark"]]] = {
    "desktop": (1280, 860, "light"),
    "narrow": (400, 860, "light"),
    "dark": (1280, 860, "dark"),
}
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
ASK = '/org create-account --name pictured --email pictured@example.com --ou /Workloads/Staging --reason "to look at"'
README = (
    "/org create-account --name fullback-mobile --email mobile@example.com --ou /Workloads/Staging --tag owner=mobile "
    '--reason "The mobile team needs a place of its own"'
)
POLICY = '/org attach-policy --policy RestrictRegions --target /Security --reason "to look at"'


@pytest.fixture
def page(keeper: Keeper, browser: Browser) -> Iterator[Page]:
    keeper.place.slack.wait_for(lambda: keeper.status == "running", PATIENCE, "the bot")
    with page_of(browser) as opened:
        yield opened


def seen(page: Page, state: str) -> None:
    """The state as it stands, in each size."""
    for name, (width, height, scheme) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(FITS), f"{state} runs out of the window: {name}"
        if folder := os.environ.get("ORGBOT_PICTURES"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{state}-{name}.png")
    page.set_viewport_size({"width": 1280, "height": 860})


def close_the_panel(page: Page) -> None:
    """It stands open at first."""
    panel = page.get_by_role("complementary", name="Behind the scenes")
    expect(panel).to_be_visible()
    page.get_by_role("button", name="Behind the scenes").click()
    expect(panel).to_be_hidden()


def types(page: Page, text: str) -> None:
    page.get_by_label("Message #general").fill(text)
    page.keyboard.press("Enter")


def in_one_thread_and_with_help(page: Page, url: str) -> None:
    """The first credentials for the new account, and a request that something stands in the way of."""
    page.get_by_role("button", name="Get credentials").last.click()
    expect(page.get_by_role("combobox", name="Account")).to_have_value(re.compile("pictured"))
    seen(page, "first-credentials")
    page.get_by_role("button", name="Submit request").click()
    expect(page.get_by_role("dialog", name="Credentials")).to_be_hidden()
    page.goto(f"{url}/#U0BOB/C0APPROVALS")
    expect(page.get_by_role("log").locator("article").last).to_contain_text("Credentials for pictured")
    seen(page, "card-in-the-thread")

    page.goto(f"{url}/#U0ALICE/C0GENERAL")
    types(page, "/org delete-policy RestrictRegions")
    page.get_by_role("button", name="orgbot").click()
    expect(page.get_by_role("log")).to_contain_text("Detach it there first")
    seen(page, "what-helps")


def test_from_the_launcher_to_the_end(keeper: Keeper, page: Page) -> None:
    url = keeper.place.slack.page_url
    page.goto(f"{url}/#U0ALICE/C0GENERAL")
    close_the_panel(page)
    types(page, "/org")
    expect(page.get_by_text("What would you like to do?")).to_be_visible()
    seen(page, "launcher")
    page.get_by_role("button", name="New account").click()
    expect(page.get_by_role("dialog", name="Create account")).to_be_visible()
    seen(page, "form")
    page.keyboard.press("Escape")
    types(page, "/org move pictured-not-there /Security")
    expect(page.get_by_text("No account named")).to_be_visible()
    seen(page, "near-match")
    types(page, POLICY)
    types(page, ASK)
    expect(page.get_by_role("log")).to_contain_text("pictured in /Workloads/Staging")
    page.get_by_role("button", name="orgbot").click()
    expect(page.get_by_role("log")).to_contain_text("pictured in /Workloads/Staging")
    seen(page, "message-waiting")

    page.goto(f"{url}/#U0BOB/C0APPROVALS")
    policy = page.get_by_role("log").locator("article").filter(has_text="RestrictRegions").last
    policy.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    seen(page, "deny")
    page.keyboard.press("Escape")
    card = page.get_by_role("log").locator("article").filter(has_text="pictured").last
    seen(page, "cards-waiting")
    card.get_by_role("button", name="Approve").click()
    expect(card).to_contain_text("Done")
    seen(page, "card-over")
    card.get_by_text("replies").click()
    expect(page.get_by_role("complementary", name="Thread")).to_contain_text("is ready")
    seen(page, "thread")

    page.goto(f"{url}/#U0ALICE/C0GENERAL")
    page.get_by_role("button", name="orgbot").click()
    expect(page.get_by_role("log")).to_contain_text("is ready")
    seen(page, "message-end")
    in_one_thread_and_with_help(page, url)
    page.get_by_role("tab", name="Home").click()
    expect(page.get_by_text("Your AWS Organization")).to_be_visible()
    expect(page.get_by_role("img", name="Root")).to_be_visible()
    seen(page, "home")


def test_the_picture_of_the_readme(keeper: Keeper, page: Page) -> None:
    """An approval card beside AWS as it is: docs/sandbox.png is `sandbox.png` of ORGBOT_PICTURES."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{keeper.place.slack.page_url}/#U0BOB/C0APPROVALS")
    expect(page.get_by_role("complementary", name="Behind the scenes")).to_be_visible()
    keeper.place.slack.person("alice").types(README)
    card = page.get_by_role("log").locator("article").filter(has_text="fullback-mobile").last
    expect(card.get_by_role("button", name="Approve")).to_be_in_viewport()
    assert page.evaluate(FITS)
    if folder := os.environ.get("ORGBOT_PICTURES"):
        page.screenshot(path=Path(folder) / "sandbox.png")
