"""The page in a real browser, over a workspace with the tiny Bolt app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.slack.driver import SlackSandbox
from tests.harness.browser import page_of
from tests.sandbox.slack.bots import Bot

Look = Callable[..., Page]


@pytest.fixture
def look(slack: SlackSandbox, bot: Bot, browser: Browser) -> Iterator[Look]:
    """Opens the page at an address such as "U0BOB/C0APPROVALS", in a browser of the size and colours that are given."""
    with ExitStack() as open_pages:

        def opened(address: str = "U0ALICE/C0GENERAL", **how: object) -> Page:
            page = open_pages.enter_context(page_of(browser, **how))  # type: ignore[arg-type]
            page.goto(f"{slack.page_url}/#{address}")
            expect(page.locator("#place h2")).to_be_visible()
            return page

        yield opened
