"""`/org create-account` from Slack to AWS and back."""

from __future__ import annotations

from tests.harness.scenario import Scenario


def test_from_the_command_to_the_account(either: Scenario) -> None:
    reply = either.ask()
    assert "#1" in reply.text

    card = str(either.card()["blocks"])
    for words in (
        "fullback-mobile@example.com",
        "/Workloads/Staging",
        "owner=mobile",
        "for the mobile team",
        "CreateAccount",
        "MoveAccount",
    ):
        assert words in card
    either.press("Approve", "bob")
    account = either.done()

    assert either.accounts("fullback-mobile@example.com") == [account]
    assert either.unit_of(account) == "Staging"
    assert account in either.direct("alice", "is ready")
    end = str(either.slack.replies(either.card())[-1]["blocks"])
    assert f"switchrole?account={account}" in end
    assert f"role_arn = arn:aws:iam::{account}:role/OrganizationAccountAccessRole" in end
    assert not [line for line in either.log() if line["level"] == "error"]


def test_from_a_message_to_the_request(scenario: Scenario) -> None:
    """The bot is no member of that channel, and answers there all the same."""
    alice = scenario.person("alice")
    alice.types("Please give the mobile team an account", "platform")
    alice.takes_shortcut("Request in AWS", scenario.slack.messages("platform")[-1])
    scenario.sees("alice", "New account")
    alice.clicks("New account")
    scenario.sees("alice", "E-mail")
    alice.fills(
        {"Account name": "fullback-mobile", "E-mail": "mobile@example.com", "Organizational unit": "/Workloads/Staging"}
    )
    assert alice.submits().ok
    told = scenario.slack.wait_for(lambda: alice.ephemerals, what="the answer")[-1]
    assert "received" in told["text"]
    assert told["channel"] == "C0PLATFORM"
    assert "Please give the mobile team an account" in str(scenario.card()["blocks"])


def test_the_thread_tells_each_step_in_order(scenario: Scenario) -> None:
    scenario.ask()
    scenario.press("Approve", "bob")
    scenario.done()
    line, end = scenario.thread()
    found = [line.index(words) for words in ("Approved", "created", "is in its")]
    assert found == sorted(found)
    assert "is ready" in end


def test_by_the_form_with_type_ahead_and_errors_at_their_fields(either: Scenario) -> None:
    alice = either.person("alice")
    alice.types("/org create-account --name from-the-form")
    either.sees("alice", "Organizational unit")
    assert [option["text"]["text"] for option in alice.suggests("Organizational unit", "prod")] == [
        "/Workloads/Production"
    ]

    alice.fills(
        {
            "E-mail": "form@example.com",
            "Organizational unit": "/Workloads/Production",
            "Tags": "no tag",
            "Reason": "to see",
        }
    )
    refused = alice.submits()
    assert "key=value" in refused.errors["Tags"]

    alice.fills({"Tags": "owner=web\nstage=prod"})
    assert alice.submits().ok
    either.press("Approve", "carol")
    assert either.unit_of(either.done()) == "Production"


def test_warnings_are_on_the_card(scenario: Scenario) -> None:
    scenario.person("alice").types("/org create-account --name fullback-audit --email audit@example.com --ou /Security")
    card = str(scenario.card()["blocks"])
    assert "An account of this name exists: 555555555555" in card


def test_a_failure_says_what_aws_means_and_what_to_do(scenario: Scenario) -> None:
    scenario.aws.fail_next_creation("ACCOUNT_LIMIT_EXCEEDED")
    scenario.ask()
    scenario.press("Approve", "bob")
    scenario.until("Failed")
    assert "Service Quotas" in scenario.direct("alice", "account quota")
    assert scenario.accounts("fullback-mobile@example.com") == []


def test_wrong_values_are_told_at_once_and_nothing_is_filed(scenario: Scenario) -> None:
    scenario.person("alice").types("/org create-account --name x --email nonsense --ou /Nowhere")
    scenario.told("alice", "--email")
    scenario.is_the_first()


def test_what_slack_makes_of_typed_text_is_understood(scenario: Scenario) -> None:
    text = '/org create-account --name "two words" --email two@example.com --ou /Workloads/Staging --reason "a & b"'
    scenario.person("alice").types(text, as_slack_rewrites=True)
    card = str(scenario.card()["blocks"])
    assert "two words" in card
    assert "two@example.com" in card
    assert "a & b" in card


def test_an_account_is_moved(scenario: Scenario) -> None:
    scenario.person("alice").types(
        "/org move --account fullback-staging-web --to /Workloads/Production --reason growth"
    )
    scenario.press("Approve", "bob")
    scenario.until("Done")
    assert scenario.unit_of("222222222222") == "Production"
