"""A list of messages keeps what has not changed, and the focus on the action where it was."""

from __future__ import annotations

from playwright.sync_api import expect

from sandbox.slack.driver import SlackSandbox
from sandbox.slack.messages import Message
from tests.sandbox.slack.bots import card, client_of
from tests.sandbox.slack.page.conftest import Look

HERE = "C0APPROVALS"
BELOW = "() => { const list = document.querySelector('[role=log]'); return list.scrollHeight - list.scrollTop - list.clientHeight; }"
# Ends when the page has heard of it: its own listener was there before this one. Where the page has scrolled down meanwhile, once more.
SCROLL_UP = """async node => {
  do await new Promise(heard => { node.addEventListener('scroll', heard, { once: true }); node.scrollTop = 0; });
  while (node.scrollTop !== 0);
}"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="400"/>'


def _post(slack: SlackSandbox, text: str) -> str:
    return str(client_of(slack).chat_postMessage(channel=HERE, text=text, blocks=card(text))["ts"])


def test_deny_keeps_the_focus_when_the_card_changes(slack: SlackSandbox, look: Look) -> None:
    ts = _post(slack, "Request 1")
    page = look(f"U0BOB/{HERE}")
    page.get_by_role("button", name="Deny").focus()
    client_of(slack).chat_update(channel=HERE, ts=ts, text="x", blocks=card("Request 1, reminded"))
    expect(page.get_by_role("log")).to_contain_text("reminded")
    expect(page.get_by_role("button", name="Deny")).to_be_focused()


def test_a_button_that_is_gone_leaves_the_focus_on_its_message(slack: SlackSandbox, look: Look) -> None:
    ts = _post(slack, "Request 1")
    page = look(f"U0BOB/{HERE}")
    page.get_by_role("button", name="Deny").focus()
    client_of(slack).chat_update(channel=HERE, ts=ts, text="Done", blocks=card("Done")[:1])
    expect(page.locator("article", has_text="Done")).to_be_focused()


def test_what_has_not_changed_is_not_drawn_anew(slack: SlackSandbox, look: Look) -> None:
    first, second = _post(slack, "Request 1"), _post(slack, "Request 2")
    page = look(f"U0BOB/{HERE}")
    expect(page.locator("article")).to_have_count(2)
    page.evaluate("document.querySelectorAll('article, .day').forEach(node => { node.dataset.kept = 'yes' })")
    client_of(slack).chat_update(channel=HERE, ts=second, text="x", blocks=card("Request 2, reminded"))
    expect(page.get_by_role("log")).to_contain_text("reminded")
    kept = page.locator("[data-kept]").evaluate_all("nodes => nodes.map(node => node.dataset.ts ?? 'day')")
    assert kept == ["day", first]


def test_a_picture_that_loads_later_is_seen_to_its_end(slack: SlackSandbox, look: Look) -> None:
    for number in range(12):
        _post(slack, f"Request {number}")
    picture = {"name": "tree.png", "mimetype": "image/png", "url_private": f"{slack.page_url}/late.png"}
    slack.workspace.post(Message(slack.workspace.clock.ts(), HERE, "U0ORGBOT", "The tree", files=[picture]))
    page = look("U0BOB/C0GENERAL")
    page.route("**/late.png", lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml"))
    page.get_by_role("button", name="aws-approvals").click()
    page.wait_for_function("document.querySelector('img.large')?.naturalHeight === 400")
    page.wait_for_function(f"({BELOW})() < 2")


def test_who_reads_further_up_stays_there(slack: SlackSandbox, look: Look) -> None:
    for number in range(12):
        _post(slack, f"Request {number}")
    page = look(f"U0BOB/{HERE}")
    expect(page.locator("article")).to_have_count(12)
    page.wait_for_function(f"document.querySelector('[role=log]').scrollTop > 0 && ({BELOW})() < 2")
    page.get_by_role("log").evaluate(SCROLL_UP)
    _post(slack, "Request 13")
    expect(page.locator("article")).to_have_count(13)
    assert page.get_by_role("log").evaluate("node => node.scrollTop") == 0


def test_only_the_list_is_a_live_region(look: Look) -> None:
    assert look().locator("main").get_attribute("aria-live") is None
