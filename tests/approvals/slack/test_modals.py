"""Views and inputs are as Slack takes them, whatever length people's texts have."""

from __future__ import annotations

from approvals.slack.blocks import actions, fallback, menu, plain, section
from approvals.slack.modals import (
    Element,
    email_input,
    entry,
    file_input,
    home,
    many_picker,
    modal,
    picker,
    select,
    text_input,
    window,
)
from handlers.options import option
from sandbox.slack.limits import view_problems
from tests.harness.tables import each_of

LONG = "x" * 5000
WEB = option("web", "222222222222")
ELEMENTS = (
    text_input("it", initial="so far", multiline=True, most=500, placeholder=LONG),
    email_input("it", initial="aws@example.com", placeholder="aws@example.com"),
    select("it", [WEB], initial=WEB, placeholder=LONG),
    picker("account:it", initial=WEB),
    picker("account:it"),
    many_picker("accounts:it", initial=[WEB]),
    many_picker("accounts:it"),
    file_input("it", ("json", "txt")),
)


@each_of("element", ELEMENTS, ids=lambda element: element.type)
def test_slack_takes_every_input_with_the_longest_texts_around_it(element: Element) -> None:
    view = modal("request:it", LONG, [entry("it", LONG, element, hint=LONG, optional=True)], LONG, "{}")
    assert view_problems(view) == []


def test_what_is_chosen_or_filled_in_already_stands_there() -> None:
    shown = [entry("it", "It", element)["element"] for element in ELEMENTS]
    assert shown[0]["initial_value"] == "so far"
    assert shown[3]["initial_option"] == WEB
    assert "initial_option" not in shown[4]
    assert shown[5]["initial_options"] == [WEB]
    assert "initial_options" not in shown[6]


def test_what_is_only_read_has_nothing_to_send() -> None:
    view = window("Policy document", [section("text")])
    assert view_problems(view) == []
    assert "submit" not in view


def test_a_home_tab_has_no_title() -> None:
    assert view_problems(home([section("text")])) == []


def test_a_row_without_buttons_is_left_out() -> None:
    assert actions() == []
    (row,) = actions(menu("it", "Choose…", [WEB]))
    assert row["elements"][0]["placeholder"] == plain("Choose…", 150)


def test_notifications_show_what_the_sections_say() -> None:
    assert fallback([section("first"), *actions(menu("it", "x", [WEB])), section("second")]) == "first\nsecond"
    assert fallback([]) == "orgbot"
