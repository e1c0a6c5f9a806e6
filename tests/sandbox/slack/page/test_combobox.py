"""A menu opens when it is asked to, and takes what is marked."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.sandbox.slack.page.conftest import Look


@pytest.fixture
def form(look: Look) -> Page:
    """A page with the form open."""
    page = look()
    page.get_by_label("Message #general").fill("/org create-account")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Account name")).to_be_focused()
    return page


@pytest.fixture
def billing(form: Page) -> Locator:
    """A menu with two options and one chosen."""
    field = form.get_by_label("Billing")
    field.focus()
    return field


def test_focus_alone_opens_nothing(form: Page, billing: Locator) -> None:
    expect(form.get_by_role("option")).to_have_count(0)
    billing.press("Escape")
    expect(form.get_by_role("dialog")).to_have_count(0)


def test_enter_takes_nothing_that_is_not_marked(form: Page, billing: Locator) -> None:
    billing.click()
    expect(form.get_by_role("option")).to_have_count(2)
    billing.press("Enter")
    expect(billing).to_have_value("Deny")
    expect(form.get_by_role("dialog")).to_be_visible()


def test_arrow_down_opens_again_after_escape(form: Page, billing: Locator) -> None:
    billing.click()
    expect(form.get_by_role("option")).to_have_count(2)
    billing.press("Escape")
    expect(form.get_by_role("option")).to_have_count(0)
    billing.press("ArrowDown")
    expect(form.get_by_role("option", name="Allow")).to_have_attribute("aria-selected", "true")
    billing.press("Enter")
    expect(billing).to_have_value("Allow")


def test_typing_marks_the_first_that_matches(form: Page, billing: Locator) -> None:
    billing.fill("all")
    expect(form.get_by_role("option", name="Allow")).to_have_attribute("aria-selected", "true")
    billing.press("Enter")
    expect(billing).to_have_value("Allow")
