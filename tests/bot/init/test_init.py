"""`orgbot init`, from an empty folder to a green check, against the stand-ins for Slack and AWS."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from dotenv import dotenv_values
from typer.testing import CliRunner, Result

from bot import cli
from bot.config import settings
from bot.iam_policy import policy_text
from bot.init.aws import cloudformation, opentofu
from sandbox.aws.server import AwsSandbox
from sandbox.sandbox import MANIFEST
from sandbox.slack.driver import SlackSandbox


@pytest.fixture
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(MANIFEST, mode="socket") as found:
        yield found


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, slack: SlackSandbox, aws: AwsSandbox) -> Path:
    """An empty folder, none of the bot's settings, and where the stand-ins are."""
    monkeypatch.chdir(tmp_path)
    for name in settings.names():
        monkeypatch.delenv(name, raising=False)
    for name, value in {**aws.environment(), "SLACK_API_URL": slack.api_url}.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def init(*answers: str, words: tuple[str, ...] = ()) -> Result:
    """What was said, and the exit code; an answer for each question."""
    return CliRunner().invoke(cli.app, ["init", *words], input="\n".join([*answers, ""]))


def settled(folder: Path) -> dict[str, str]:
    return {name: value or "" for name, value in dotenv_values(folder / ".env").items()}


def press_the_button(slack: SlackSandbox) -> Thread:
    """Bob presses as soon as the card on trial is there."""

    def press() -> None:
        def card() -> dict[str, Any] | None:
            return next((one for one in slack.messages("aws-approvals") if "Press me" in str(one)), None)

        slack.person("bob").clicks("Press me", slack.wait_for(card, 30, "the card on trial"))

    thread = Thread(target=press)
    thread.start()
    return thread


NAME, AGREE, INSTALLED = "org-helper", "y", ""


def test_the_whole_way(slack: SlackSandbox, empty: Path) -> None:
    pressing = press_the_button(slack)
    answers = (
        *(NAME, AGREE, INSTALLED),
        *(slack.bot_token, slack.app_token),
        "approvals",
        "@aws-approvers",
        *("y", "1", "2", "/Workloads/Production", "2", AGREE),
        *("CloudFormation", AGREE),
        "y",
    )
    found = init(*answers)
    pressing.join()
    assert found.exception is None or isinstance(found.exception, SystemExit), found.output
    assert "the press arrived" in found.output
    assert slack.bot_token not in found.output
    kept = settled(empty)
    assert kept["ORGBOT_APPROVAL_CHANNEL"] == "C0APPROVALS"
    assert kept["ORGBOT_APPROVERS"] == "S0APPROVERS"
    assert (empty / ".env").stat().st_mode & 0o777 == 0o600
    assert yaml.safe_load((empty / "slack-manifest.yml").read_text())["display_information"]["name"] == NAME
    rules = tomllib.loads((empty / "rules.toml").read_text())["rule"]
    assert [(rule["name"], rule["approvals"]) for rule in rules] == [
        ("irreversible", 2),
        ("/Workloads/Production", 2),
        ("everything else", 1),
    ]
    assert "Slack token" in found.output
    assert found.exit_code == 0, found.output


def test_what_was_ended_goes_on_where_it_was(slack: SlackSandbox, empty: Path) -> None:
    init(NAME, AGREE, INSTALLED, slack.bot_token, slack.app_token)  # The channel is not answered: the input ends.
    kept = settled(empty)
    assert kept.keys() == {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"}
    again = init("aws-approvals", "bob@example.com", "n", "the policy alone", AGREE, "n")
    assert again.exit_code == 0, again.output
    assert again.output.count("(kept)") == 3
    printed = CliRunner().invoke(cli.app, ["iam-policy"]).stdout
    assert (empty / "orgbot-policy.json").read_text() == printed
    assert "iam::111111111111:role/orgbot" in printed


def test_anew_everything_is_asked_again(slack: SlackSandbox, empty: Path) -> None:
    """With the answers of before and another name, no question is left out, and no answer is left over."""
    answers = (NAME, AGREE, INSTALLED, slack.bot_token, slack.app_token, "approvals", "@aws-approvers")
    init(*answers, "y", "1", "2", "", AGREE, "OpenTofu", AGREE, "n")
    again = init("another", *answers[1:], "y", "2", "2", "", AGREE, "OpenTofu", "n", words=("--anew",))
    assert "(kept)" not in again.output.replace("orgbot-role.tf is as it should be (kept)", "")
    assert "another" in (empty / "slack-manifest.yml").read_text()
    assert (empty / "rules.toml").read_text().count("approvals = 2") == 2
    assert again.exit_code == 0, again.output


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("xoxp-1", "a bot token begins with xoxb-"), ("xoxb-1", "invalid_auth")],
)
def test_a_token_is_tried_as_soon_as_it_is_given(slack: SlackSandbox, empty: Path, wrong: str, said: str) -> None:
    found = init(NAME, AGREE, INSTALLED, wrong, slack.bot_token)
    assert said in found.output
    assert settled(empty) == {"SLACK_BOT_TOKEN": slack.bot_token}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("nobody@example.com", "nobody@example.com: Slack knows nobody like that in this workspace"),
        ("U0NOBODY", "NOT OK  U0NOBODY: "),
        ("U0GUEST", "NOT OK  U0GUEST: "),
        ("@no-such-group", "there is no user group @no-such-group; there are @aws-approvers"),
        ("guest@example.com", "guest"),
    ],
)
def test_approvers_are_found_before_they_are_kept(slack: SlackSandbox, empty: Path, wrong: str, said: str) -> None:
    found = init(NAME, AGREE, INSTALLED, slack.bot_token, slack.app_token, "approvals", wrong, "bob@example.com")
    assert said in found.output
    assert settled(empty)["ORGBOT_APPROVERS"] == "bob@example.com"


@pytest.mark.parametrize(
    ("flag", "told"),
    [
        ("members", "the bot is not in #aws-approvals; type /invite @orgbot there"),
        ("is_archived", "#aws-approvals is archived; unarchive it"),
        ("is_ext_shared", "#aws-approvals is shared with another organization (Slack Connect)"),
        ("is_read_only", "posting in #aws-approvals is restricted"),
    ],
)
def test_a_channel_that_is_no_place_to_decide_is_told_and_another_may_be_chosen(
    slack: SlackSandbox, empty: Path, flag: str, told: str
) -> None:
    (empty / ".env").write_text("ORGBOT_APPROVAL_CHANNEL='#aws-approvals'\n")
    setattr(slack.workspace.channel("aws-approvals"), flag, set() if flag == "members" else True)
    found = init(NAME, AGREE, INSTALLED, slack.bot_token, slack.app_token, "y", "n", "general")
    assert found.output.count(f"NOT OK  {told}") == 2
    assert settled(empty)["ORGBOT_APPROVAL_CHANNEL"] == slack.workspace.channel("general").id


def test_slack_is_asked_where_the_settings_say(
    slack: SlackSandbox, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLACK_API_URL")
    (empty / ".env").write_text(f"SLACK_API_URL={slack.api_url}\n")
    init(NAME, AGREE, INSTALLED, slack.bot_token)
    assert settled(empty)["SLACK_BOT_TOKEN"] == slack.bot_token


def test_nothing_is_written_without_a_yes(slack: SlackSandbox, empty: Path) -> None:
    init(NAME, "n")
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize(("account", "said"), [("222222222222", "give it a role there"), ("", "in o-")])
def test_whose_the_credentials_are(
    slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch, account: str, said: str
) -> None:
    """In the words of `orgbot check`."""
    if account:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"AKIA{account}")
    found = init(NAME, AGREE, INSTALLED, slack.bot_token, slack.app_token, "approvals", "bob@example.com", "n")
    assert said in found.output.partition("6 of 8")[2]


def test_a_rules_file_that_was_not_written_is_not_named_in_the_settings(slack: SlackSandbox, empty: Path) -> None:
    init(NAME, AGREE, INSTALLED, slack.bot_token, slack.app_token, "approvals", "bob@example.com", "y", *"12", "", "n")
    assert "ORGBOT_RULES" not in settled(empty)


def test_the_roles_files_hold_the_policy_and_are_what_their_tools_read() -> None:
    import hcl2  # noqa: PLC0415  It takes its time, and whoever only collects does not need it.
    from cfnlint import api as cfn  # noqa: PLC0415  Likewise.

    policy = policy_text(grant_to=["user/${aws:username}"])
    template, module = cloudformation(policy), opentofu(policy)
    assert [str(match) for match in cfn.lint(template, config={"ignore_checks": ["W3037", "W3005"]})] == []
    assert len(template.encode()) < 51_200, "AWS takes no longer template from a file"
    assert len("".join(json.dumps(json.loads(policy), separators=(",", ":")).split())) <= 6_144, "IAM's quota"
    assert json.loads(template.partition(" PolicyDocument:")[2].partition("Outputs:")[0]) == json.loads(policy)
    assert json.loads(module.split("POLICY")[1].replace("$${", "${")) == json.loads(policy)
    resources = hcl2.loads(module)["resource"]
    assert sorted(key.strip('"') for resource in resources for key in resource) == [
        "aws_iam_instance_profile",
        "aws_iam_policy",
        "aws_iam_role",
        "aws_iam_role_policy_attachment",
    ]


def test_what_is_kept_stands_without_quotes(slack: SlackSandbox, empty: Path) -> None:
    """`docker run --env-file .env` and `kubectl create secret generic --from-env-file=.env` take quotes for a part of the value."""
    init(NAME, AGREE, INSTALLED, slack.bot_token, slack.app_token, "approvals", "bob@example.com carol@example.com")
    read = dict(line.split("=", 1) for line in (empty / ".env").read_text().splitlines())
    assert read == settled(empty)
    assert read["SLACK_BOT_TOKEN"] == slack.bot_token
    assert read["ORGBOT_APPROVERS"] == "bob@example.com,carol@example.com"


@pytest.mark.parametrize("name", ['Our "bot": x', "a # b", "- 1", "Übersicht"])
def test_any_name_makes_a_manifest_and_a_link_that_say_the_same(empty: Path, name: str) -> None:
    found = init(name, AGREE)
    manifest = yaml.safe_load((empty / "slack-manifest.yml").read_text(encoding="utf-8"))
    (link,) = [line.strip() for line in found.output.splitlines() if "new_app=1" in line]
    assert yaml.safe_load(parse_qs(urlsplit(link).query)["manifest_yaml"][0]) == manifest
    assert manifest["display_information"]["name"] == manifest["features"]["bot_user"]["display_name"] == name
    assert len(link) < 4000


def test_a_name_that_slack_would_refuse_is_asked_again(empty: Path) -> None:
    found = init("x" * 36, NAME, AGREE)
    assert "NOT OK  a name in Slack has 1 to 35 characters" in found.output
    assert NAME in (empty / "slack-manifest.yml").read_text()


@pytest.mark.parametrize("given", [(), (NAME, AGREE), (NAME, AGREE, INSTALLED, "xoxb-1")])
def test_whoever_ends_it_is_told_that_it_goes_on(given: tuple[str, ...]) -> None:
    """The end of the input and Ctrl-C are one to it."""
    found = init(*given)
    assert "Ended. The next `orgbot init` goes on from there." in found.output
    assert found.exit_code == 1


@pytest.mark.parametrize("method", ["conversations.list", "conversations.info"])
def test_a_missing_scope_is_said_and_not_thrown(slack: SlackSandbox, method: str) -> None:
    slack.faults.add(method, error="missing_scope", times=None)
    found = init(NAME, AGREE, INSTALLED, slack.bot_token, slack.app_token, "approvals", "bob@example.com")
    assert isinstance(found.exception, SystemExit)
    assert "NOT OK" in found.output
    assert "Mend this, and type `orgbot init` again" in found.output


def test_without_user_groups_people_are_named(slack: SlackSandbox, empty: Path) -> None:
    """Not every plan of Slack has them."""
    slack.faults.add("usergroups.list", error="paid_teams_only", times=None)
    found = init(NAME, AGREE, INSTALLED, slack.bot_token, slack.app_token, "approvals", "bob@example.com")
    assert "NOT OK  the user groups cannot be read, so name people: " in found.output
    assert "Who approves? E-mail addresses, separated by commas" in found.output
    assert settled(empty)["ORGBOT_APPROVERS"] == "bob@example.com"


def test_over_signed_http_no_app_token_is_asked_for_and_no_card_is_posted(slack: SlackSandbox, empty: Path) -> None:
    (empty / ".env").write_text(f"SLACK_BOT_TOKEN={slack.bot_token}\nSLACK_SIGNING_SECRET=secret\n")
    found = init("approvals", "bob@example.com", "n", "json", AGREE)
    assert "signed HTTP, because SLACK_SIGNING_SECRET is set (kept)" in found.output
    assert "Left out: over signed HTTP presses arrive only once the bot runs." in found.output
    assert found.exit_code == 0, found.output
    assert slack.messages("aws-approvals") == []


def test_a_folder_that_cannot_be_written_is_said(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "write_text", refuse)
    found = init(NAME, AGREE)
    assert isinstance(found.exception, SystemExit)
    assert f"NOT OK  [Errno 13] Permission denied: '{empty / 'slack-manifest.yml'}'" in found.output


def test_an_ou_that_is_not_there_is_asked_again(slack: SlackSandbox, empty: Path) -> None:
    rules = ("y", "1", "2", "/Production", "/Workloads/Production", "2", AGREE)
    found = init(NAME, AGREE, INSTALLED, slack.bot_token, slack.app_token, "approvals", "bob@example.com", *rules)
    assert "did you mean “/Workloads/Production”?" in found.output
    assert tomllib.loads((empty / "rules.toml").read_text())["rule"][1]["under"] == "/Workloads/Production"


def test_without_aws_an_ou_is_taken_as_it_is_given(
    slack: SlackSandbox, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    rules = ("y", "1", "2", "/Production", "2", AGREE)
    init(NAME, AGREE, INSTALLED, slack.bot_token, slack.app_token, "approvals", "bob@example.com", *rules)
    assert tomllib.loads((empty / "rules.toml").read_text())["rule"][1]["under"] == "/Production"


def test_the_environment_is_as_it_was() -> None:
    assert "SLACK_BOT_TOKEN" not in os.environ
