"""The home tab may be published anew at any moment."""

from __future__ import annotations

from playwright.sync_api import expect

from sandbox.slack.driver import SlackSandbox
from tests.sandbox.slack.bots import card, client_of
from tests.sandbox.slack.page.conftest import Look


def test_the_focus_stays_on_its_button(slack: SlackSandbox, look: Look) -> None:
    page = look("U0ALICE/D0ALICE/home")
    page.get_by_role("button", name="Deny").focus()
    client_of(slack).views_publish(user_id="U0ALICE", view={"type": "home", "blocks": card("Something to do.")})
    expect(page.get_by_role("tabpanel")).to_contain_text("Something to do.")
    expect(page.get_by_role("button", name="Deny")).to_be_focused()
