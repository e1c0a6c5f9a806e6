"""Who may press what, and what happens when people press at once, twice, or too late."""

from __future__ import annotations

from tests.harness.scenario import Scenario, on_both_databases

WRONG = {
    "alice": "your own request",
    "dave": "can decide this",
    "guest": "available to guest accounts",
    "foreign": "other workspaces",
}


def test_a_click_by_the_wrong_person(scenario: Scenario) -> None:
    scenario.ask()
    for who, told in WRONG.items():
        scenario.slack.invite(who, "aws-approvals")
        scenario.press("Approve", who)
        scenario.told(who, told)
        assert "Waiting" in scenario.card()["text"], who
    assert scenario.aws.calls.of("CreateAccount") == []


def test_two_approvals_at_the_same_instant(either: Scenario) -> None:
    either.ask()
    card = either.card()
    either.confirmed()
    bob, carol = either.person("bob"), either.person("carol")
    either.slack.at_once(lambda: bob.clicks("Approve", card), lambda: carol.clicks("Approve", card))
    either.done()

    either.slack.wait_for(lambda: len(bob.ephemerals) + len(carol.ephemerals) == 1, what="one private line")
    assert "> approved it" in (bob.ephemerals + carol.ephemerals)[0]["text"]
    assert len(either.accounts("fullback-mobile@example.com")) == 1


@on_both_databases
def test_approve_and_deny_at_the_same_instant(scenario: Scenario) -> None:
    scenario.ask()
    card = scenario.card()
    scenario.confirmed()
    carol = scenario.person("carol")
    carol.clicks("Deny", card)
    scenario.sees("carol", "Reason")
    carol.fills({"Reason": "not now"})
    bob = scenario.person("bob")
    scenario.slack.at_once(lambda: bob.clicks("Approve", card), carol.submits)

    scenario.slack.wait_for(lambda: len(bob.ephemerals) + len(carol.ephemerals) == 1, what="one private line")
    assert "ed it <!date" in (bob.ephemerals + carol.ephemerals)[0]["text"]
    decided = scenario.slack.wait_for(lambda: _decisions(scenario), what="the decision in the thread")
    assert len(decided) == 1


def _decisions(scenario: Scenario) -> list[str]:
    return [line for line in scenario.thread() if "Approved by" in line or "Denied by" in line]


def test_a_denial_with_its_reason(scenario: Scenario) -> None:
    scenario.ask()
    carol = scenario.person("carol")
    card = scenario.card()
    scenario.confirmed()
    carol.clicks("Deny", card)
    scenario.sees("carol", "Reason")
    carol.fills({"Reason": "use the shared account"})
    assert carol.submits().ok
    scenario.until("Denied")
    assert "use the shared account" in scenario.direct("alice", "Denied by")
    assert "Approve" not in str(scenario.card()["blocks"])


def test_the_requester_cancels(scenario: Scenario) -> None:
    scenario.ask()
    scenario.press("Cancel request", "alice")
    scenario.until("Cancelled")
    assert scenario.aws.calls.of("CreateAccount") == []


def test_the_same_command_delivered_twice_is_one_request(either: Scenario) -> None:
    either.ask()
    either.slack.redeliver()
    either.card()
    either.press("Approve", "bob")
    either.done()
    assert len(either.cards()) == 1


def test_the_same_wish_typed_twice_points_to_the_first(scenario: Scenario) -> None:
    scenario.ask()
    reply, alice = scenario.ask(), scenario.person("alice")
    # While Slack has not told who asks, a worker answers, a moment later.
    scenario.slack.wait_for(lambda: "#1 already" in f"{reply.text} {alice.ephemerals}", what="which it is")
    scenario.card()
    assert len(scenario.cards()) == 1


def test_the_same_click_delivered_twice_counts_once(either: Scenario) -> None:
    either.ask()
    either.press("Approve", "bob")
    either.slack.redeliver()
    either.done()
    assert either.person("bob").ephemerals == []
    assert len(either.aws.calls.of("CreateAccount")) == 1


def test_an_approver_removed_from_the_group_no_longer_decides(scenario: Scenario) -> None:
    scenario.ask()
    card = scenario.card()
    scenario.confirmed()
    scenario.slack.workspace.groups["S0APPROVERS"].users.remove("U0BOB")
    scenario.person("bob").clicks("Approve", card)
    scenario.told("bob", "can decide this")


def test_who_may_not_deny_is_shown_no_form(scenario: Scenario) -> None:
    scenario.slack.invite("dave", "aws-approvals")
    scenario.ask()
    scenario.press("Deny", "dave")
    scenario.told("dave", "can decide this")
    assert scenario.person("dave").view is None


def test_a_slow_slack_keeps_no_approver_from_denying(scenario: Scenario) -> None:
    """The trigger of a click lives 3 s; the bot gives up asking who this is before that."""
    scenario.ask()
    card = scenario.card()
    scenario.confirmed()
    slow = scenario.slack.faults.add("users.info", delay=4)
    carol = scenario.person("carol")
    carol.clicks("Deny", card)
    scenario.sees("carol", "Reason")
    assert slow.times == 0
