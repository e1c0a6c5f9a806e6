"""The sandbox as a newcomer uses it, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.harness.browser import page_of
from tests.harness.scenario import started


def test_alice_asks_bob_approves_and_the_thread_tells(browser: Browser) -> None:
    with started("socket") as scenario, page_of(browser) as page:
        page.goto(scenario.slack.page_url)
        _ask(page)
        scenario.confirmed()
        _approve_as_bob(page)
        thread = page.get_by_label("Thread", exact=True).last
        expect(thread).to_contain_text("is ready")
        (account,) = scenario.accounts("browser@example.com")
        expect(thread).to_contain_text(account)
        page.get_by_role("button", name="Alice").click()
        page.get_by_role("button", name="orgbot").click()
        expect(page.get_by_role("log")).to_contain_text(f"is ready: {account}")


def _ask(page: Page) -> None:
    """The form: what is missing is said at its field, the OU is picked by typing, and a wrong tag is refused by the bot."""
    page.get_by_role("button", name="/org create-account").click()
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Create account")
    form.get_by_role("button", name="Submit request").click()
    expect(form.get_by_text("Please complete this required field.").first).to_be_visible()
    form.get_by_label("Account name").fill("<b>from the browser</b>")
    form.get_by_label("E-mail").fill("browser@example.com")
    form.get_by_label("Organizational unit").fill("stag")
    form.get_by_role("option", name="/Workloads/Staging").click()
    form.get_by_label("Tags").fill("no tag")
    form.get_by_label("Reason").fill("to see it work")
    form.get_by_role("button", name="Submit request").click()
    expect(form.get_by_text("key=value, such as")).to_be_visible()
    form.get_by_label("Tags").fill("owner=web")
    form.get_by_role("button", name="Submit request").click()
    expect(form).to_be_hidden()


def _approve_as_bob(page: Page) -> None:
    page.get_by_role("button", name="Bob").click()
    page.get_by_role("button", name="aws-approvals").click()
    card = page.get_by_role("log").locator("article").first
    expect(card).to_contain_text("<b>from the browser</b>")
    card.get_by_role("button", name="Approve").click()
    card.get_by_text("replies").or_(card.get_by_text("1 reply")).first.click()


def test_the_page_can_be_used_with_the_keyboard_alone(browser: Browser) -> None:
    with started("socket") as scenario, page_of(browser) as page:
        page.goto(scenario.slack.page_url)
        page.get_by_label("Message #general").focus()
        page.keyboard.type("/org move-account")
        page.keyboard.press("Enter")
        form = page.get_by_role("dialog", name="Move account")
        expect(form.get_by_label("Account")).to_be_focused()
        page.keyboard.type("staging-web")
        expect(form.get_by_role("option")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(form.get_by_label("Account")).to_have_value("fullback-staging-web (222222222222) /Workloads/Staging")
        page.keyboard.press("Escape")
        expect(form).to_be_hidden()


def test_what_people_type_stays_text(browser: Browser) -> None:
    with started("socket") as scenario, page_of(browser) as page:
        page.goto(scenario.slack.page_url)
        page.get_by_label("Message #general").fill("<img src=x onerror=alert(1)> *bold* <!channel>")
        page.keyboard.press("Enter")
        log = page.get_by_role("log")
        expect(log).to_contain_text("<img src=x onerror=alert(1)>")
        expect(log.locator("strong", has_text="bold")).to_be_visible()
        assert log.locator("img").count() == 0
