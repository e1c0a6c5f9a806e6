"""Rules from the file to the channel: two groups, what is granted at once, and broken glass with its review."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.database import POSTGRESQL
from tests.harness.scenario import PATIENCE, QUICK, Scenario, started
from tests.harness.tree import unit_at

RULES = """
[[rule]]
name = "tags"
operations = ["tag-account"]
requesters = ["alice@example.com"]
approvals = 0

[[rule]]
name = "two groups"
approvers = ["U0BOB"]
second_approvers = ["U0CAROL"]
approvals = 2
break_glass = ["alice@example.com"]
"""
MOVE = "/org move-account --account fullback-audit --to /Workloads"


@pytest.fixture
def ruled(tmp_path: Path) -> Iterator[Scenario]:
    file = tmp_path / "rules.toml"
    file.write_text(RULES, encoding="utf-8")
    with started("socket", ORGBOT_RULES=str(file)) as found:
        yield found


def shown(scenario: Scenario, words: str) -> bool:
    return bool(
        scenario.slack.wait_for(lambda: words in str(scenario.card()["blocks"]), PATIENCE, f"“{words}” on the card")
    )


def test_one_of_each_group_approves(ruled: Scenario) -> None:
    ruled.person("alice").types(f'{MOVE} --reason "tidy"')
    assert shown(ruled, "needs 1 of <@U0BOB> and 1 of <@U0CAROL>")
    ruled.press("Approve", "carol")
    assert shown(ruled, "1 of 2 approvals (<@U0CAROL>)  ·  needs 1 of <@U0BOB>")
    ruled.press("Approve", "bob")
    ruled.until("Done")


def test_what_a_rule_grants_at_once_is_done_without_a_click(ruled: Scenario) -> None:
    ruled.person("alice").types("/org tag-account --account fullback-audit --tag owner=security --reason tidy")
    ruled.until("Done")
    alice = ruled.person("alice")
    ruled.slack.wait_for(
        lambda: "No approval needed, by the rule “tags”" in str(alice.dms), what="why nobody was asked"
    )


def test_broken_glass_acts_at_once_and_is_reviewed_by_somebody_else(ruled: Scenario) -> None:
    alice = ruled.person("alice")
    alice.types(f"{MOVE} --break-glass")
    ruled.sees("alice", "Type move-account")
    alice.fills({"Type move-account to confirm": "move-account", "Reason": "production is on fire"})
    alice.submits()
    ruled.until("Done")
    assert shown(ruled, "Needs a review by <@U0BOB>, <@U0CAROL>")
    loud = [message for message in ruled.slack.messages("aws-approvals") if "Break glass" in message["text"]]
    assert "production is on fire" in loud[0]["text"]

    ruled.press("I have reviewed this", "alice")
    ruled.told("alice", "somebody else has to review it")
    ruled.press("I have reviewed this", "bob")
    assert shown(ruled, "reviewed by <@U0BOB>")


def test_whoever_the_rule_does_not_name_breaks_no_glass(ruled: Scenario) -> None:
    dave = ruled.person("dave")
    dave.types(f"{MOVE} --break-glass")
    ruled.sees("dave", "Type move-account")
    dave.fills({"Type move-account to confirm": "move-account", "Reason": "I am in a hurry"})
    dave.submits()
    ruled.direct("dave", "does not let you break the glass")
    assert ruled.aws.calls.of("MoveAccount") == []


PLACES = """
[[rule]]
name = "security"
under = "/Security"
approvers = ["U0CAROL"]

[[rule]]
name = "rest"
approvers = ["U0BOB"]
"""


def test_a_press_right_after_somebody_has_moved_the_account_does_not_count(tmp_path: Path) -> None:
    """The bot has read the organization before, and learns of it when it asks AWS at the press."""
    file = tmp_path / "rules.toml"
    file.write_text(PLACES, encoding="utf-8")
    with started("http", ORGBOT_RULES=str(file), ORGBOT_REFRESH_SECONDS="3600") as place:
        place.person("alice").types("/org tag-account --account fullback-staging-web --tag owner=web --reason tidy")
        assert shown(place, "needs 1 of <@U0BOB>")
        place.confirmed()
        organizations = place.aws.client("organizations")
        (parent,) = organizations.list_parents(ChildId="222222222222")["Parents"]
        there = unit_at(place.aws, "/Security")
        organizations.move_account(AccountId="222222222222", SourceParentId=parent["Id"], DestinationParentId=there)
        place.press("Approve", "bob")
        place.told("bob", "The rule “security” decides now. Look at the card again.")
        assert shown(place, "needs 1 of <@U0CAROL>")
        place.press("Approve", "carol")
        place.until("Done")


def test_rules_that_are_read_anew_reach_the_cards_that_wait(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(PLACES, encoding="utf-8")
    with started("http", ORGBOT_RULES=str(file)) as place:
        place.person("alice").types("/org tag-account --account fullback-staging-web --tag owner=web --reason tidy")
        assert shown(place, "needs 1 of <@U0BOB>")
        place.confirmed()
        file.write_text(PLACES.replace("/Security", "/Workloads"), encoding="utf-8")
        place.bot.process.send_signal(signal.SIGHUP)
        assert shown(place, "needs 1 of <@U0CAROL>")
        place.direct("alice", "Waiting for <@U0CAROL>")


def test_rules_that_one_process_was_given_are_in_force_in_all_of_them(tmp_path: Path) -> None:
    before, after = tmp_path / "before.toml", tmp_path / "after.toml"
    before.write_text(PLACES, encoding="utf-8")
    after.write_text(PLACES.replace("/Security", "/Workloads"), encoding="utf-8")
    with started("socket", POSTGRESQL, ORGBOT_RULES=str(before)) as place:
        place.person("alice").types("/org tag-account --account fullback-staging-web --tag owner=web --reason tidy")
        assert shown(place, "needs 1 of <@U0BOB>")
        second = place.place.launch_bot(**QUICK, DATABASE_URL=place.database, ORGBOT_RULES=str(after))
        try:
            assert shown(place, "needs 1 of <@U0CAROL>")
            told = "another process's rules are in force"
            place.slack.wait_for(lambda: told in str(place.log()), PATIENCE, "the rules of the other")
        finally:
            second.kill()
