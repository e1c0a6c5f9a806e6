"""Live events reach as many windows as there are, and come again to a window that was left."""

from __future__ import annotations

from playwright.sync_api import APIResponse, Route, expect

from sandbox.slack.driver import SlackSandbox
from tests.sandbox.slack.bots import client_of
from tests.sandbox.slack.page.conftest import Look

MORE_THAN_A_BROWSER_S_CONNECTIONS = 7


def test_the_whole_cast_may_sit_there_at_once(slack: SlackSandbox, look: Look) -> None:
    windows = [look("U0ALICE/C0APPROVALS")]
    for _ in range(MORE_THAN_A_BROWSER_S_CONNECTIONS):
        window = windows[0].context.new_page()
        window.goto(f"{slack.page_url}/#U0BOB/C0APPROVALS")
        windows.append(window)
        expect(window.locator("#place h2")).to_have_text("# aws-approvals")
    slack.wait_for(lambda: len(slack.workspace.pages._listeners) == len(windows))
    client_of(slack).chat_postMessage(channel="C0APPROVALS", text="news for all")
    for window in windows:
        expect(window.get_by_role("log")).to_contain_text("news for all")


def test_a_window_that_is_left_listens_no_more_and_one_that_is_come_back_to_has_missed_nothing(
    slack: SlackSandbox, look: Look
) -> None:
    page = look("U0ALICE/C0APPROVALS")
    slack.wait_for(lambda: len(slack.workspace.pages._listeners) == 1)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    slack.wait_for(lambda: not slack.workspace.pages._listeners)
    client_of(slack).chat_postMessage(channel="C0APPROVALS", text="while away")
    expect(page.get_by_role("log")).not_to_contain_text("while away")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(page.get_by_role("log")).to_contain_text("while away")
    client_of(slack).chat_postMessage(channel="C0APPROVALS", text="and after")
    expect(page.get_by_role("log")).to_contain_text("and after")


def test_what_is_heard_while_an_older_answer_is_on_its_way_stays(slack: SlackSandbox, look: Look) -> None:
    client_of(slack).chat_postMessage(channel="C0APPROVALS", text="said before")
    page = look("U0ALICE/C0GENERAL")
    log = page.get_by_role("log")
    on_its_way: list[tuple[Route, APIResponse]] = []

    def late(route: Route) -> None:
        on_its_way.append((route, route.fetch()))
        client_of(slack).chat_postMessage(channel="C0APPROVALS", text="just now")

    page.route("**/sandbox/messages*", late, times=1)
    page.get_by_role("button", name="aws-approvals").click()
    expect(log).to_contain_text("just now")
    ((route, answer),) = on_its_way
    route.fulfill(response=answer)
    expect(log).to_contain_text("said before")  # It stands in the answer alone.
    assert "just now" in log.inner_text()


def test_no_answer_is_told(look: Look) -> None:
    page = look()
    page.route("**/sandbox/messages*", lambda route: route.abort())
    page.get_by_role("button", name="platform").click()
    expect(page.get_by_text("The sandbox does not answer. Is it still running?")).to_be_visible()


def test_an_address_of_nobody_leads_to_alice(look: Look) -> None:
    expect(look("U0NOBODY/C0GENERAL").get_by_text("You are Alice Ahmed")).to_be_visible()
