"""What is unread, by person; tabs; what an outsider is shown."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from sandbox.slack.driver import SlackSandbox
from tests.sandbox.slack.bots import client_of
from tests.sandbox.slack.page.conftest import Look


def test_one_sees_that_somebody_else_has_a_direct_message(slack: SlackSandbox, look: Look) -> None:
    page = look("U0BOB/C0GENERAL")
    slack.wait_for(lambda: slack.workspace.pages._listeners)
    client_of(slack).chat_postMessage(channel=slack.workspace.dm("alice").id, text="Your account is ready")
    alice = page.get_by_role("button", name="Alice has a direct message")
    expect(alice).to_be_visible()
    alice.click()
    expect(page).to_have_title(re.compile(r"^\(1\) Alice Ahmed"))
    page.get_by_role("button", name="orgbot unread").click()
    expect(page).to_have_title(re.compile(r"^Alice Ahmed"))
    expect(page.get_by_role("button", name="has a direct message")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("log")).to_contain_text("Your account is ready")
    expect(page).to_have_title(re.compile(r"^Alice Ahmed"))


def test_what_one_looks_at_is_never_unread(slack: SlackSandbox, look: Look) -> None:
    page = look("U0BOB/C0APPROVALS")
    slack.wait_for(lambda: slack.workspace.pages._listeners)
    client_of(slack).chat_postMessage(channel="C0APPROVALS", text="A request")
    expect(page.get_by_role("log")).to_contain_text("A request")
    slack.wait_for(lambda: ("U0BOB", "C0APPROVALS") not in slack.workspace.unread)
    expect(page.get_by_role("button", name="unread")).to_have_count(0)
    assert ("U0CAROL", "C0APPROVALS") in slack.workspace.unread


def test_the_home_tab_stays_after_a_reload_and_arrows_change_tabs(look: Look) -> None:
    page = look("U0ALICE/D0ALICE")
    page.get_by_role("tab", name="Messages").press("ArrowLeft")
    home = page.get_by_role("tab", name="Home")
    expect(home).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Home")).to_contain_text("Nothing to do.")
    page.reload()
    expect(home).to_have_attribute("aria-selected", "true")
    expect(home).to_have_attribute("aria-controls", page.get_by_role("tabpanel").get_attribute("id") or "none")


def test_an_outsider_sees_a_public_channel_s_name_and_nothing_of_a_private_one(slack: SlackSandbox, look: Look) -> None:
    slack.workspace.channel("platform").is_private = True
    client_of(slack).chat_postMessage(
        channel=slack.workspace.dm("guest").id, text="Ask in <#C0APPROVALS> or <#C0PLATFORM>"
    )
    expect(look("U0GUEST/D0GUEST").get_by_role("log")).to_contain_text("Ask in #aws-approvals or private channel")


def test_the_welcome_speaks_to_who_sits_there(look: Look) -> None:
    panel = look("U0BOB/C0GENERAL").get_by_label("Try it")
    expect(panel).to_contain_text("Be Carol in #aws-approvals")
    expect(panel).to_contain_text("Bob has a direct message")


def test_the_people_at_the_top_say_which_groups_they_are_in(look: Look) -> None:
    page = look("U0ALICE/C0GENERAL")
    carol = page.get_by_role("button", name="Carol")
    expect(carol).to_have_attribute("title", "Carol Chen: Security, @aws-approvers, @aws-security")


def test_what_the_page_cannot_show_is_said(slack: SlackSandbox, look: Look) -> None:
    """The stand-in refuses such blocks; a newer one may take them before the page knows them."""
    said = slack.interactions.say("alice", "C0GENERAL", "Hi")
    said.blocks = [
        {"type": "hologram", "block_id": "a"},
        {"type": "actions", "block_id": "b", "elements": [{"type": "lever", "action_id": "c"}]},
    ]
    log = look("U0ALICE/C0GENERAL").get_by_role("log")
    expect(log).to_contain_text("unsupported block: hologram")
    expect(log).to_contain_text("unsupported element: lever")
