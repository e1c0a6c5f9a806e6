"""The panel's buttons, as the page presses them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.panel import keeper as keeping
from sandbox.panel.keeper import Keeper
from sandbox.show import Wishes
from tests.harness.scenario import ASK, PATIENCE
from tests.sandbox.slack.page_client import Page


@pytest.fixture
def page(keeper: Keeper) -> Page:
    running(keeper)
    return Page(keeper.place.slack, "U0ALICE")


def is_on(page: Page, name: str) -> bool:
    return bool(next(one["on"] for one in page.get("panel")["buttons"] if one["name"] == name))


def running(keeper: Keeper) -> None:
    keeper.place.slack.wait_for(lambda: keeper.status == "running", PATIENCE, "the bot")


def ask(keeper: Keeper, name: str) -> None:
    reply = keeper.place.slack.person("alice").types(ASK.format(name=name, email=f"{name}@example.com"))
    assert reply.error is None


def there(keeper: Keeper, words: str) -> dict[str, Any]:
    """The message in the approval channel that has these words, once there is one."""
    slack = keeper.place.slack

    def found() -> dict[str, Any] | None:
        return next((one for one in slack.messages("aws-approvals") if words in one["text"]), None)

    return slack.wait_for(found, PATIENCE, words)


def known(keeper: Keeper, words: str) -> dict[str, Any]:
    """The same, once Alice has been told of it: then the bot knows where the card stands, and a press on it counts."""
    card, alice = there(keeper, words), keeper.place.slack.person("alice")
    keeper.place.slack.wait_for(
        lambda: any(words in one["text"] for one in alice.dms), PATIENCE, "the message to Alice"
    )
    return card


def done(keeper: Keeper, words: str) -> None:
    slack = keeper.place.slack
    slack.wait_for(lambda: there(keeper, words)["text"].startswith("Done"), PATIENCE, f"the end of {words}")


def test_the_tree_shows_what_is_attached_and_is_told_once(page: Page) -> None:
    told = page.get("panel")
    workloads = next(unit for unit in told["tree"]["units"] if unit["name"] == "Workloads")
    assert workloads["policies"] == ["RestrictRegions"]
    assert page.get("panel", mark=told["mark"])["tree"] is None


def test_calls_that_only_look_are_shown_when_they_are_wanted(page: Page) -> None:
    assert all(call["changes"] for call in page.get("panel")["calls"])
    assert not all(call["changes"] for call in page.get("panel", reads="1")["calls"])


def test_a_killed_bot_comes_again_and_what_was_asked_is_done(page: Page, keeper: Keeper) -> None:
    ask(keeper, "before-the-kill")
    card = known(keeper, "before-the-kill")
    old = keeper.bot
    assert "killed" in page.post("panel", press="kill")["said"]
    running(keeper)
    assert keeper.bot is not old
    keeper.place.slack.person("bob").clicks("Approve", card)
    done(keeper, "before-the-kill")


def test_a_lost_answer_makes_no_second_account(page: Page, keeper: Keeper) -> None:
    page.post("panel", press="lose")
    assert is_on(page, "lose")
    ask(keeper, "answer-lost")
    keeper.place.slack.person("bob").clicks("Approve", known(keeper, "answer-lost"))
    done(keeper, "answer-lost")
    assert not is_on(page, "lose")
    calls = page.get("panel")["calls"]
    assert ("CreateAccount", "answer-lost", "done, answer lost") in {
        (call["operation"], call["about"], call["outcome"]) for call in calls
    }
    created = [call for call in keeper.place.aws.calls.of("CreateAccount") if "answer-lost" in str(call.params)]
    assert len(created) == 1


@pytest.mark.parametrize("button", ["kill", "day", "anew"])
def test_what_is_not_done_while_the_bot_starts_is_not_said(page: Page, keeper: Keeper, button: str) -> None:
    page.post("panel", press="kill")
    assert page.post("panel", press=button)["said"].startswith("Nothing was done")
    running(keeper)


@pytest.mark.parametrize("switch", ["slack", "throttle", "lose"])
def test_a_switch_is_on_until_it_is_pressed_again(page: Page, switch: str) -> None:
    page.post("panel", press=switch)
    assert is_on(page, switch)
    page.post("panel", press=switch)
    assert not is_on(page, switch)


@pytest.mark.timeout(300)  # It waits for ten seconds: begun last, everybody would wait for it.
def test_throttled_a_request_comes_to_its_end_slowly(page: Page, keeper: Keeper) -> None:
    """What takes several calls at once would never get through one at a time."""
    page.post("panel", press="throttle")
    ask(keeper, "throttled")
    keeper.place.slack.person("bob").clicks("Approve", known(keeper, "throttled"))
    done(keeper, "throttled")
    page.post("panel", press="throttle")
    assert not is_on(page, "throttle")


def test_a_bot_that_starts_while_slack_is_away_comes_when_it_is_there_again(
    page: Page, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long that is: it is looked at a few times in vain."""
    monkeypatch.setattr(keeping, "LOOK_SECONDS", 0.05)
    page.post("panel", press="slack")
    page.post("panel", press="kill")
    keeper.place.slack.wait_for(lambda: keeper.status == "starting", PATIENCE, "the next bot")
    with pytest.raises(AssertionError):
        keeper.place.slack.wait_for(lambda: keeper.status == "running", 0.5, "a bot without Slack")
    page.post("panel", press="slack")
    running(keeper)


def test_somebody_else_moves_an_account_there_and_back(page: Page) -> None:
    first, second = (page.post("panel", press="meddle")["said"] for _ in range(2))
    assert {("/Security" in said, "/Workloads/Staging" in said) for said in (first, second)} == {
        (True, False),
        (False, True),
    }


def test_a_day_passes_for_everybody_and_who_has_not_decided_is_reminded(page: Page, keeper: Keeper) -> None:
    ask(keeper, "too-late")
    card = there(keeper, "too-late")
    before = len(keeper.place.slack.replies(card))
    page.post("panel", press="day")
    running(keeper)
    keeper.place.slack.wait_for(lambda: len(keeper.place.slack.replies(card)) > before, PATIENCE, "the reminder")


@pytest.mark.parametrize(
    ("account", "answer", "said"), [("666666666666", "decline", "declined"), ("777777777777", "accept", "Done")]
)
def test_an_invitation_is_answered_at_a_press(page: Page, keeper: Keeper, account: str, answer: str, said: str) -> None:
    asked = f'/org invite-account --account {account} --ou /Workloads --reason "We bought them"'
    assert keeper.place.slack.person("alice").types(asked).error is None
    card = known(keeper, account)
    keeper.place.slack.person("bob").clicks("Approve", card)
    keeper.place.slack.wait_for(lambda: page.get("panel")["invitations"], PATIENCE, "the invitation")
    (invitation,) = page.get("panel")["invitations"]
    assert account in page.post("panel", **{answer: invitation["id"]})["said"]
    keeper.place.slack.wait_for(lambda: said in str(there(keeper, account)), PATIENCE, said)


def test_what_is_not_there_is_said(page: Page) -> None:
    assert page.post("panel", press="nothing")["error"]
    assert page.post("panel", accept="h-unknown")["error"]
    assert page.post("panel", play="nothing")["error"]


def test_begin_anew(page: Page, keeper: Keeper) -> None:
    page.post("panel", press="anew")
    running(keeper)
    assert keeper.place.slack.messages("aws-approvals") == []
    assert len(keeper.place.aws.calls.of("CreateAccount")) == 0
    ask(keeper, "first-again")
    assert "#1 " in there(keeper, "first-again")["text"]


def test_begin_anew_has_the_large_organization_again(
    page: Page, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--accounts 30`: what was put into AWS at the start is there again."""
    wishes = Wishes(accounts=30)
    monkeypatch.setattr(keeper, "_furnish", lambda: wishes.furnish(keeper.place))
    page.post("panel", press="anew")
    running(keeper)
    assert "grown-0000" in {unit["name"] for unit in page.get("panel")["tree"]["units"]}


def test_begin_anew_is_today_again_and_slack_is_there_again(page: Page, keeper: Keeper) -> None:
    """Slack a day ahead of the bot would hide a message whose answer was lost from the look for it."""
    page.post("panel", press="day")
    running(keeper)
    page.post("panel", press="slack")
    assert is_on(page, "slack")
    page.post("panel", press="anew")
    running(keeper)
    assert not is_on(page, "slack")
    keeper.place.slack.faults.add("chat.postMessage", "drop-after")
    ask(keeper, "today")
    card = known(keeper, "today")
    assert abs(float(card["ts"]) - time.time()) < 600
    assert [one["ts"] for one in keeper.place.slack.messages("aws-approvals") if "today" in one["text"]] == [card["ts"]]
