"""The panel on the page, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.panel.keeper import Keeper
from tests.harness.browser import page_of
from tests.harness.scenario import PATIENCE


@pytest.fixture
def page(keeper: Keeper, browser: Browser) -> Iterator[Page]:
    keeper.place.slack.wait_for(lambda: keeper.status == "running", PATIENCE, "the bot")
    with page_of(browser, width=1440, height=900) as opened:
        opened.goto(f"{keeper.place.slack.page_url}/#U0ALICE/C0GENERAL")
        yield opened


def test_it_shows_aws_and_says_what_a_button_did(page: Page) -> None:
    panel = page.get_by_role("complementary", name="Behind the scenes")
    expect(panel).to_contain_text("The bot is running")
    expect(panel).to_contain_text("fullback-audit 555555555555")
    panel.get_by_role("button", name="Throttle AWS").click()
    expect(page.get_by_role("status").filter(has_text="1 call a second")).to_be_visible()
    expect(panel.get_by_role("button", name="Throttle AWS")).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("button", name="Throttle AWS").click()
    expect(panel.get_by_role("button", name="Throttle AWS")).to_have_attribute("aria-pressed", "false")


def test_a_scene_is_followed_from_person_to_person(page: Page) -> None:
    panel = page.get_by_role("complementary", name="Behind the scenes")
    panel.get_by_role("button", name="What would this policy hit?").click()
    expect(page.get_by_role("button", name="Bob")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("complementary", name="Thread")).to_contain_text("RestrictRegions")
    expect(panel.get_by_role("button", name="Undo")).to_be_enabled()


def test_it_is_put_away_and_stays_away(page: Page) -> None:
    page.get_by_role("button", name="Close the panel").click()
    expect(page.get_by_role("complementary", name="Behind the scenes")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("button", name="Behind the scenes")).to_have_attribute("aria-pressed", "false")


def test_the_conversation_keeps_room_beside_the_thread_and_the_panel(page: Page, keeper: Keeper) -> None:
    """On a small desktop, with all of it open; the box to write in is one line high."""
    page.set_viewport_size({"width": 1280, "height": 800})
    panel = page.get_by_role("complementary", name="Behind the scenes")
    panel.get_by_role("button", name="What would this policy hit?").click()
    thread = page.get_by_role("complementary", name="Thread")
    expect(thread).to_be_visible()
    place, box = page.locator("#place").bounding_box(), page.get_by_label("Message #aws-approvals").bounding_box()
    assert place
    assert box
    assert place["width"] > 400
    assert box["height"] < 60
    expect(thread.get_by_role("log").locator("article").first.get_by_text("RestrictRegions").first).to_be_in_viewport()
    expect(panel.get_by_text("Before anybody decides")).to_be_in_viewport()
    expect(panel.get_by_role("button", name="Undo")).to_be_enabled()


def test_whoever_only_watches_sees_the_bot_killed(keeper: Keeper, browser: Browser) -> None:
    """On a narrow screen, where the panel is closed until then."""
    keeper.place.slack.wait_for(lambda: keeper.status == "running", PATIENCE, "the bot")
    with page_of(browser, width=400, height=800) as page:
        page.goto(f"{keeper.place.slack.page_url}/#U0ALICE/C0GENERAL")
        page.get_by_label("Try it").get_by_role("button", name="the bot is killed half-way").click()
        panel = page.get_by_role("complementary", name="Behind the scenes")
        expect(panel.get_by_text("CreateAccount was called once.")).to_be_visible()
        expect(page.get_by_role("complementary", name="Thread")).to_contain_text("is ready")


def test_the_first_story_is_told_where_one_is(page: Page, keeper: Keeper) -> None:
    steps = page.get_by_label("Try it")
    steps.get_by_role("button", name="filled in").click()
    page.get_by_label("Message #general").press("Enter")
    expect(page.get_by_role("log")).to_contain_text("I'll DM you when it's decided")
    steps.get_by_role("link", name="Bob in #aws-approvals").click()
    expect(page.get_by_label("Try it")).to_contain_text("nothing happens twice")
    card = page.get_by_role("log").locator("article").filter(has_text="trial-").last
    card.get_by_role("button", name="Approve").click()
    expect(card).to_contain_text("Done")
    page.get_by_label("Try it").get_by_role("button", name="Put away").click()
    expect(page.get_by_label("Try it")).to_have_count(0)
