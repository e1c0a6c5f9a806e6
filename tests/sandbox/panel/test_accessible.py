"""The page for everybody: axe finds nothing in it, light or dark; a request's whole life with the keyboard; 400 pixels.

Source: axe-core's rules (WCAG 2.2, levels A and AA, and best practices).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from sandbox.panel.keeper import Keeper
from tests.harness.browser import page_of
from tests.harness.scenario import PATIENCE

ASK = '/org create-account --name {name} --email {name}@example.com --ou /Workloads/Staging --reason "to try"'
Scheme = Literal["light", "dark"]
Role = Literal["button", "textbox", "link", "checkbox"]


@pytest.fixture
def page(keeper: Keeper, browser: Browser) -> Iterator[Page]:
    keeper.place.slack.wait_for(lambda: keeper.status == "running", PATIENCE, "the bot")
    with page_of(browser, width=1440, height=900) as opened:
        opened.goto(f"{keeper.place.slack.page_url}/#U0ALICE/C0GENERAL")
        yield opened


def faults(page: Page) -> list[str]:
    """What axe finds, in light and in dark: the rule, what it says, and where."""
    found = []
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page).response["violations"]
        found += [
            f"{scheme}: {rule['id']}: {rule['help']}: {node['html'][:120]} {[check['message'] for check in node['any']]}"
            for rule in violations
            for node in rule["nodes"][:3]
        ]
    return found


def asked(keeper: Keeper, name: str) -> None:
    keeper.place.slack.person("alice").types(ASK.format(name=name))
    keeper.place.slack.wait_for(
        lambda: [one for one in keeper.place.slack.messages("aws-approvals") if name in str(one["blocks"])],
        PATIENCE,
        "the card",
    )


def test_axe_finds_nothing_in_the_page_and_the_panel(page: Page, keeper: Keeper) -> None:
    panel = page.get_by_role("complementary", name="Behind the scenes")
    expect(panel).to_contain_text("fullback-audit 555555555555")
    assert "\n".join(faults(page)) == ""
    page.get_by_label("Message #general").fill("/org create-account")
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Create account")
    form.get_by_role("button", name="Submit request").click()
    expect(form.get_by_text("Please complete this required field.").first).to_be_visible()
    assert "\n".join(faults(page)) == ""
    form.get_by_label("Organizational unit").fill("stag")
    expect(form.get_by_role("option")).to_have_count(1)
    assert "\n".join(faults(page)) == ""


def test_axe_finds_nothing_in_a_card_its_thread_and_its_question(page: Page, keeper: Keeper) -> None:
    asked(keeper, "seen-by-axe")
    page.goto(f"{keeper.place.slack.page_url}/#U0BOB/C0APPROVALS")
    card = page.get_by_role("log").locator("article").filter(has_text="seen-by-axe").last
    card.get_by_role("button", name="Cancel request").click()
    question = page.get_by_role("dialog")
    assert "\n".join(faults(page)) == ""
    question.get_by_role("button", name="Keep it").click()
    card.get_by_role("button", name="Approve").click()
    expect(card).to_contain_text("Done")
    card.get_by_text("replies").click()
    expect(page.get_by_role("complementary", name="Thread")).to_contain_text("is ready")
    assert "\n".join(faults(page)) == ""


def test_axe_finds_nothing_in_the_home_tab_and_private_answers(page: Page, keeper: Keeper) -> None:
    page.get_by_label("Message #general").fill("/org tree")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Only visible to you")
    assert "\n".join(faults(page)) == ""
    page.get_by_role("button", name="orgbot").click()
    page.get_by_role("tab", name="Home").click()
    expect(page.get_by_text("Your AWS Organization")).to_be_visible()
    assert "\n".join(faults(page)) == ""


def test_a_requests_whole_life_with_the_keyboard_alone(page: Page) -> None:
    """From the command to the account's id in the thread; whatever is pressed has a name that is read aloud."""
    _tab_to(page, "Message #general")
    page.keyboard.type(ASK.format(name="by-keyboard"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("received")
    _press(page, "Bob")
    _press(page, "aws-approvals")
    card = page.get_by_role("log").locator("article").filter(has_text="by-keyboard").last
    expect(card.get_by_role("button", name="Approve")).to_be_visible()
    _press(page, "Cancel request", within=card)
    question = page.get_by_role("dialog")
    _press(page, "Keep it", within=question)
    expect(question).to_be_hidden()
    _press(page, "Approve", within=card)
    expect(card).to_contain_text("Done")
    _press(page, "repl", within=card)
    expect(page.get_by_role("complementary", name="Thread")).to_contain_text("is ready")
    _press(page, "Close thread")
    expect(page.get_by_role("complementary", name="Thread")).to_be_hidden()


def _press(page: Page, name: str, within: Locator | None = None) -> None:
    _tab_to(page, name, within)
    page.keyboard.press("Enter")


def _tab_to(page: Page, name: str, within: Locator | None = None) -> None:
    """Tab by tab, until what has the focus is called so, as the browser's own tree for screen readers says."""
    wanted = (within or page.locator("body")).locator("*:focus")
    for _ in range(150):
        page.keyboard.press("Tab")
        if wanted.count() and name in (wanted.get_attribute("aria-label") or wanted.inner_text()):
            return
    raise AssertionError(f"the keyboard does not reach “{name}”")


def test_everything_that_can_be_pressed_has_a_name(page: Page, keeper: Keeper) -> None:
    asked(keeper, "read-aloud")
    page.goto(f"{keeper.place.slack.page_url}/#U0BOB/C0APPROVALS")
    expect(page.get_by_role("log")).to_contain_text("read-aloud")
    roles: tuple[Role, ...] = ("button", "textbox", "link", "checkbox")
    for role in roles:
        nameless = page.get_by_role(role, name=re.compile(r"^\W*$"))
        assert [found.evaluate("node => node.outerHTML") for found in nameless.all()] == []


def test_a_scene_can_be_watched_in_400_pixels_and_moves_no_window_that_is_opened_later(
    keeper: Keeper, browser: Browser
) -> None:
    keeper.place.slack.wait_for(lambda: keeper.status == "running", PATIENCE, "the bot")
    with page_of(browser, width=400, height=800) as page:
        page.goto(f"{keeper.place.slack.page_url}/#U0ALICE/C0GENERAL")
        page.get_by_role("button", name="Behind the scenes").click()
        panel = page.get_by_role("complementary", name="Behind the scenes")
        panel.get_by_role("button", name="What would this policy hit?").click()
        expect(panel.get_by_text("Before anybody decides")).to_be_visible()
        thread = page.get_by_role("complementary", name="Thread")
        expect(thread).to_contain_text("RestrictRegions")
        expect(thread.get_by_role("button", name="Close thread")).to_be_in_viewport()
        below, above = panel.bounding_box(), thread.bounding_box()
        assert below
        assert above
        assert below["height"] < above["height"] / 2
        assert page.evaluate("document.documentElement.scrollWidth") == 400
        expect(panel.get_by_text("Alice has seen enough")).to_be_visible()
        other = page.context.new_page()
        other.goto(f"{keeper.place.slack.page_url}/#U0DAVE/C0GENERAL")
        other.get_by_role("button", name="Behind the scenes").click()
        expect(other.get_by_text("Alice has seen enough")).to_be_visible()
        expect(other.get_by_role("button", name="Dave")).to_have_attribute("aria-pressed", "true")
