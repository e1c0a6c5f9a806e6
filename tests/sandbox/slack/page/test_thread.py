"""The thread takes the focus and gives it back."""

from __future__ import annotations

from playwright.sync_api import expect

from sandbox.slack.driver import SlackSandbox
from tests.sandbox.slack.bots import client_of
from tests.sandbox.slack.page.conftest import Look

HERE = "C0APPROVALS"


def test_it_opens_with_the_focus_and_closes_with_escape(slack: SlackSandbox, look: Look) -> None:
    first = slack.interactions.say("alice", HERE, "Hi")
    slack.interactions.say("bob", HERE, "Hello", first.ts)
    page = look(f"U0BOB/{HERE}")
    page.get_by_role("button", name="1 reply").click()
    expect(page.get_by_label("Reply…")).to_be_focused()
    page.keyboard.type("and welcome")
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary", name="Thread")).to_be_hidden()
    expect(page.get_by_role("button", name="1 reply")).to_be_focused()


def test_a_draft_is_kept_for_each_place(slack: SlackSandbox, look: Look) -> None:
    first = slack.interactions.say("alice", HERE, "Hi")
    page = look(f"U0BOB/{HERE}")
    page.get_by_label("Message #aws-approvals").fill("half a sentence")
    page.get_by_role("button", name="Reply in thread").click()
    page.get_by_label("Reply…").fill("half an answer")
    page.get_by_role("button", name="general").click()
    expect(page.get_by_label("Message #general")).to_have_value("")
    page.get_by_role("button", name="Alice").click()
    page.get_by_role("button", name="aws-approvals").click()
    expect(page.get_by_label("Message #aws-approvals")).to_have_value("")
    page.get_by_role("button", name="Bob").click()
    expect(page.get_by_label("Message #aws-approvals")).to_have_value("half a sentence")
    page.locator(f"[data-ts='{first.ts}']").get_by_role("button", name="Reply in thread").click()
    expect(page.get_by_label("Reply…")).to_have_value("half an answer")


def test_a_thread_without_replies_shows_its_message_from_the_top(slack: SlackSandbox, look: Look) -> None:
    slack.interactions.say("alice", HERE, "First of many lines\n" + "and on\n" * 100)
    page = look(f"U0BOB/{HERE}")
    page.get_by_role("button", name="Reply in thread").click()
    thread = page.get_by_role("complementary", name="Thread")
    expect(thread.get_by_text("First of many lines")).to_be_in_viewport()


def test_the_thread_of_a_deleted_message_closes(slack: SlackSandbox, look: Look) -> None:
    """Such as that of credentials that have expired."""
    client = client_of(slack)
    direct = slack.workspace.dm("bob").id
    posted = client.chat_postMessage(channel=direct, text="A secret")
    page = look(f"U0BOB/{direct}")
    page.get_by_role("button", name="Reply in thread").click()
    expect(page.get_by_role("complementary", name="Thread")).to_contain_text("A secret")
    client.chat_delete(channel=direct, ts=posted["ts"])
    expect(page.get_by_role("complementary", name="Thread")).to_be_hidden()
    expect(page.get_by_text("A secret")).to_have_count(0)


def test_a_command_in_a_thread_is_refused_as_slack_does(slack: SlackSandbox, look: Look) -> None:
    """Slack API, "Slash commands": those of apps cannot be invoked in message threads."""
    first = slack.interactions.say("alice", HERE, "Hi")
    page = look(f"U0BOB/{HERE}")
    page.get_by_role("button", name="Reply in thread").click()
    page.get_by_label("Reply…").fill("/org tree")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="/org is not supported in threads. Sorry!")).to_be_visible()
    expect(page.get_by_label("Reply…")).to_have_value("/org tree")
    assert slack.replies({"channel": HERE, "ts": first.ts}) == []


def test_a_command_that_nobody_has_is_told_as_slack_does(look: Look) -> None:
    page = look(f"U0BOB/{HERE}")
    page.get_by_label("Message #aws-approvals").fill("/foo bar")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="/foo is not a valid command")).to_be_visible()
    expect(page.get_by_label("Message #aws-approvals")).to_have_value("/foo bar")
