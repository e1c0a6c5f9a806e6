"""The home tab is right for each person, and follows what happens without being opened again."""

from __future__ import annotations

import json

from tests.harness.scenario import PATIENCE, Scenario


def sees(scenario: Scenario, name: str, *words: str) -> str:
    """The person's home tab, once it has all of these words."""

    def shown() -> str:
        text = json.dumps(scenario.person(name).home)
        return text if all(word in text for word in words) else ""

    return scenario.slack.wait_for(shown, PATIENCE, f"{words} on {name}'s home tab")


def test_it_follows_a_request_from_the_card_to_its_end(scenario: Scenario) -> None:
    for name in ("alice", "bob", "dave"):
        scenario.person(name).opens_home()
        sees(scenario, name, "Nothing needs you right now")

    scenario.ask()
    sees(scenario, "bob", "Waiting for your decision", "|#1 Create", "Approve")
    sees(scenario, "alice", "1 request waiting for others", "Waiting for approval", "Cancel request")
    sees(scenario, "dave", "1 request waiting for others")

    scenario.person("bob").clicks("Approve")
    scenario.done()
    sees(scenario, "alice", "Done")
    sees(scenario, "bob", "Nothing needs you right now")


def test_it_has_the_organizations_picture_and_the_card_that_of_a_move(scenario: Scenario) -> None:
    scenario.person("bob").opens_home()
    sees(scenario, "bob", "slack_file")

    scenario.person("alice").types("/org move-account --account fullback-staging-web --to /Workloads/Production")
    scenario.press("Show picture", "bob")
    scenario.sees("bob", "slack_file")
