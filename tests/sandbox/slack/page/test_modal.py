"""Forms: where they open, where the focus goes, how they are sent."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from sandbox.slack.driver import SlackSandbox
from tests.sandbox.slack.page.conftest import Look


def _open(page: Page) -> None:
    page.get_by_label("Message #general").fill("/org create-account")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Account name")).to_be_focused()


def test_it_opens_in_the_window_where_it_was_asked_for(slack: SlackSandbox, look: Look) -> None:
    page = look()
    other = page.context.new_page()
    other.goto(f"{slack.page_url}/#U0ALICE/C0GENERAL")
    slack.wait_for(lambda: len(slack.workspace.pages._listeners) == 2)
    _open(page)
    _open(other)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(other.get_by_role("dialog")).to_be_visible()
    other.keyboard.press("Escape")
    expect(other.get_by_role("dialog")).to_have_count(0)


def test_the_focus_goes_back_to_where_it_was(look: Look) -> None:
    page = look()
    _open(page)
    page.keyboard.press("Escape")
    expect(page.get_by_label("Message #general")).to_be_focused()


def test_ctrl_enter_sends_it(slack: SlackSandbox, look: Look) -> None:
    page = look()
    _open(page)
    page.keyboard.type("no spaces allowed")
    page.get_by_role("combobox", name="OU").fill("stag")
    page.get_by_role("option", name="Staging").click()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("No spaces, please.")).to_be_visible()
    expect(page.get_by_label("Account name")).to_be_focused()
    page.get_by_label("Account name").fill("web")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert slack.messages("aws-approvals")[0]["text"] == "Request: web"
