"""Credentials: what may be asked for, what AWS is asked, and what its refusals mean."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from approvals.authority.rules import Rule, session_objection
from operations.access.credentials import Credentials
from operations.access.revocation import merged, revoke, statement
from operations.access.role_sessions import Minted, Wanted, mint
from operations.access.session_length import seconds_of, written
from operations.access.session_refusals import describe, is_young, refused, root_of
from operations.access.signin import console_link
from operations.aws.errors import AwsError, FieldError, RefusedError
from operations.core.preview import PreviewInput
from operations.snapshot.reader import read_organization
from sandbox.aws.roles import default_trust, make_role
from sandbox.aws.server import AwsSandbox
from sandbox.aws.sts import sessions
from tests.harness.aws import bot_aws
from tests.harness.people import ALICE, BOB
from tests.harness.tables import each_of
from tests.harness.workers import Workers

MANAGEMENT, WEB, INVITED = "111111111111", "222222222222", "666666666666"
ROLE = "OrganizationAccountAccessRole"
NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def wanted(**changes: Any) -> Wanted:
    values = {"account": WEB, "role": ROLE, "seconds": 3600, "person": "alice@example.com", "request": 12}
    return Wanted(**{**values, **changes})


def inputs() -> PreviewInput:
    aws = bot_aws()
    return PreviewInput(read_organization(aws, lambda: datetime.now(UTC)), aws)


def as_role(aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """From now on the bot runs as a role of the management account."""
    make_role(MANAGEMENT, name, default_trust())
    answer = aws.client("sts").assume_role(RoleArn=f"arn:aws:iam::{MANAGEMENT}:role/{name}", RoleSessionName="bot")
    given = answer["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", given["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", given["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", given["SessionToken"])


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("15m", 900), ("1h", 3600), ("3600", 3600), ("1h30m", 5400), ("90 min", 5400), ("12H", 43_200), ("930s", 930)],
)
def test_durations_as_people_write_them(typed: str, seconds: int) -> None:
    asked = Credentials(account=WEB, duration=typed)
    assert asked.seconds == seconds
    assert seconds_of(written(seconds)) == seconds


@each_of("typed", ["", "soon", "-1h", "1d", "899", "14m59s", "43201", "13h", "1h1h", "\uff19\uff10\uff10", "9" * 99])
def test_durations_that_cannot_be(typed: str) -> None:
    with pytest.raises(ValidationError):
        Credentials(account=WEB, duration=typed)


def test_the_management_account_is_never_given(aws: AwsSandbox) -> None:
    with pytest.raises(FieldError, match="management account"):
        Credentials(account="fullback-management").settled(inputs().organization)


def test_the_preview_says_who_gets_what(aws: AwsSandbox) -> None:
    preview = Credentials(account=WEB).preview(inputs())
    facts = {fact.label: fact.value for fact in preview.facts}
    assert facts["Role"] == ROLE
    assert facts["Duration"] == "1 hour, from delivery"
    assert preview.warnings == ()


def test_a_closed_account_is_refused(aws: AwsSandbox) -> None:
    aws.client("organizations").close_account(AccountId=WEB)
    with pytest.raises(FieldError, match="gives no access to it"):
        Credentials(account=WEB).preview(inputs())


def test_a_bot_that_runs_as_a_role_gives_an_hour_and_never_its_own_role(
    aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_role(aws, monkeypatch, "Bot")
    world = inputs()
    assert Credentials(account=WEB).preview(world).warnings == (), "it holds for every request"
    with pytest.raises(FieldError, match="an hour is the most") as long:
        Credentials(account=WEB, duration="2h").preview(world)
    with pytest.raises(FieldError, match="bot's own role") as own:
        Credentials(account=WEB, role="Bot").preview(world)
    assert (long.value.field, own.value.field) == ("duration", "role")


@pytest.mark.parametrize(
    ("rule", "asked", "field"),
    [
        ({}, {}, ""),
        ({}, {"role": "Admin"}, "role"),
        ({"roles": ("ReadOnly",)}, {}, "role"),
        ({"roles": ("ReadOnly",)}, {"role": "ReadOnly"}, ""),
        ({}, {"duration": "61m"}, "duration"),
        ({"longest_session": timedelta(hours=2)}, {"duration": "2h"}, ""),
    ],
)
def test_what_a_rule_allows(rule: dict[str, Any], asked: dict[str, Any], field: str) -> None:
    found, why = session_objection(Rule("a rule", (BOB,), **rule), Credentials(account=WEB, **asked))
    assert found == field
    assert bool(why) == bool(field)


def test_a_request_that_no_rule_allows_is_not_put_before_approvers(workers: Workers) -> None:
    request = workers.ask("credentials", by=ALICE, account=WEB, role="Admin")
    workers.work()
    assert workers.request(request.id).status == "refused"
    assert "Role: the rule" in workers.request(request.id).outcome


def test_awss_default_role_takes_the_name_alone(aws: AwsSandbox) -> None:
    minted = mint(bot_aws(), wanted())
    assert minted.named == ()
    assert [session.session_name for session in sessions(WEB)] == ["alice@example.com-orgbot-12"]


@pytest.mark.parametrize(
    ("trusted", "named"),
    [
        (("sts:SetSourceIdentity",), ("SourceIdentity",)),
        (("sts:TagSession",), ("Tags",)),
        (("sts:SetSourceIdentity", "sts:TagSession"), ("SourceIdentity", "Tags")),
    ],
)
def test_a_role_that_trusts_more_gets_more_names(
    aws: AwsSandbox, trusted: tuple[str, ...], named: tuple[str, ...]
) -> None:
    make_role(WEB, "Attributed", default_trust(*trusted))
    assert mint(bot_aws(), wanted(role="Attributed")).named == named


@pytest.mark.parametrize("person", ["a" * 200, "ö ü@example.com", "U0ALICE", "x"])
def test_any_person_makes_a_session_name_that_ends_with_the_request(aws: AwsSandbox, person: str) -> None:
    name = wanted(person=person).session_name
    assert name.endswith("-orgbot-12")
    mint(bot_aws(), wanted(person=person))
    assert sessions(WEB)[-1].session_name == name


def test_a_session_policy_is_an_arn_or_json(aws: AwsSandbox) -> None:
    client = bot_aws()
    mint(client, wanted(policy='{"Version":"2012-10-17","Statement":[]}'))
    mint(client, wanted(policy="arn:aws:iam::aws:policy/ReadOnlyAccess"))
    last = [call.params for call in aws.calls.of("AssumeRole") if call.outcome == "ok"]
    assert ["Policy" in last[0], "PolicyArns.member.1.arn" in last[1]] == [True, True]


def test_credentials_print_masked(aws: AwsSandbox) -> None:
    minted = mint(bot_aws(), wanted())
    secrets = (minted.secret_access_key.get_secret_value(), minted.session_token.get_secret_value())
    shown = f"{minted} {minted!r} {minted.secret_access_key} {vars(minted)}"
    assert all(secret and secret not in shown for secret in secrets)
    assert minted.access_key_id in shown


def test_an_answer_that_cannot_be_read_leaves_no_trace_in_its_error(aws: AwsSandbox) -> None:
    aws.faults.add("AssumeRole", "bad-json", times=None)
    with pytest.raises(AwsError) as caught:
        mint(bot_aws(), wanted())
    error = caught.value
    assert (error.__cause__, error.__context__) == (None, None)
    assert "ASIA" not in f"{error!r} {pickle.dumps(error.args)!r}"


def refusal_of(want: Wanted) -> Any:
    client = bot_aws()
    with pytest.raises(RefusedError) as caught:
        mint(client, want)
    return refused(caught.value, want, describe(client, want.account, None), root_of(client, MANAGEMENT))


def test_an_invited_account_lacks_the_role_and_is_told_how_to_make_it(aws: AwsSandbox) -> None:
    organizations = aws.client("organizations")
    invited = organizations.invite_account_to_organization(Target={"Id": INVITED, "Type": "ACCOUNT"})
    aws.accept(invited["Handshake"]["Id"])
    failed = refusal_of(wanted(account=INVITED))
    assert "was invited" in failed.say
    assert f"arn:aws:iam::{MANAGEMENT}:root" in failed.advice
    assert "sts:TagSession" in failed.advice


def test_a_role_that_allows_less_time(aws: AwsSandbox) -> None:
    failed = refusal_of(wanted(seconds=7200))
    assert "MaxSessionDuration" in failed.say
    assert "--max-session-duration 7200" in failed.advice


def test_aws_own_policies_are_meant_in_the_bots_partition(aws: AwsSandbox) -> None:
    mint(bot_aws(), wanted(policy="arn:aws-cn:iam::aws:policy/ReadOnlyAccess"))
    assert "arn:aws:iam::aws:policy/ReadOnlyAccess" in str(aws.calls.of("AssumeRole")[-1].params)


@pytest.mark.parametrize(("given", "role"), [("platform/Deployer", "platform/Deployer"), ("/a/b/C/", "a/b/C")])
def test_roles_have_paths(given: str, role: str) -> None:
    assert Credentials(account=WEB, role=given).role == role
    assert wanted(role=role).role_arn("aws-cn") == f"arn:aws-cn:iam::{WEB}:role/{role}"


@pytest.mark.parametrize("given", ["/", "a b/C", "arn:aws:iam::222222222222:role/C", f"{'p' * 511}/C", "x" * 65])
def test_what_is_no_role(given: str) -> None:
    with pytest.raises(ValidationError):
        Credentials(account=WEB, role=given)


@pytest.mark.parametrize("policy", ["", '{"Version":"2012-10-17","Statement":[]}'])
def test_the_bots_own_tags_are_named_as_the_cause_and_a_policy_only_where_there_is_one(
    aws: AwsSandbox, policy: str
) -> None:
    aws.conditions.session_tags = 101
    failed = refusal_of(wanted(policy=policy))
    assert "EKS Pod Identity's" in failed.say
    assert ("session_policy" in failed.say, "session_policy" in failed.advice) == (bool(policy),) * 2


def test_a_session_of_a_role_with_a_path_can_be_ended(aws: AwsSandbox) -> None:
    make_role(WEB, "Deployer", default_trust(), path="/platform/")
    want = wanted(role="platform/Deployer", seconds=900)
    revoke(bot_aws(), want, mint(bot_aws(), want).role_id)
    assert aws.calls.of("PutRolePolicy")[0].params["RoleName"] == "Deployer"


def test_a_session_policy_that_aws_does_not_take(aws: AwsSandbox) -> None:
    assert "session policy" in refusal_of(wanted(policy="{")).say


def test_a_new_account_may_need_some_minutes(aws: AwsSandbox) -> None:
    created = {"JoinedMethod": "CREATED", "JoinedTimestamp": NOW - timedelta(minutes=5)}
    assert is_young(created, NOW)
    assert not is_young(created, NOW + timedelta(hours=1))
    assert not is_young({**created, "JoinedMethod": "INVITED"}, NOW)
    assert not is_young({}, NOW)


def minted(token: str = "t" * 400) -> Minted:
    return Minted("ASIA1", SecretStr("secret/+="), SecretStr(token), NOW, "AROA1")


def test_the_console_link_comes_from_the_sign_in_page(aws: AwsSandbox) -> None:
    link = console_link(aws.endpoint_url, minted())
    assert link
    assert "SigninToken=" in link.get_secret_value()
    assert "SigninToken" not in str(link)
    assert "SessionDuration" not in link.get_secret_value()


@pytest.mark.parametrize("kind", ["500", "drop-before", "bad-json"])
def test_without_the_sign_in_page_there_is_no_link(
    aws: AwsSandbox, kind: Any, caplog: pytest.LogCaptureFixture
) -> None:
    aws.faults.add("getSigninToken", kind)
    assert console_link(aws.endpoint_url, minted()) is None
    assert "secret" not in caplog.text


def test_a_denial_is_for_one_sessions_name_only() -> None:
    denial = statement(wanted(), "AROA1", NOW)
    assert denial["Condition"] == {
        "DateLessThan": {"aws:TokenIssueTime": "2030-01-02T03:04:06Z"},
        "StringLike": {"aws:userid": "AROA1:alice@example.com-orgbot-12"},
    }


def test_denials_are_merged_and_those_of_sessions_long_over_go() -> None:
    others = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    old = statement(wanted(request=1), "AROA1", NOW - timedelta(hours=13))
    recent = statement(wanted(request=2), "AROA1", NOW - timedelta(hours=11))
    ours = statement(wanted(), "AROA1", NOW)
    present = {"Version": "2012-10-17", "Statement": [others, old, recent, statement(wanted(), "AROA1", NOW)]}
    assert merged(present, ours, NOW)["Statement"] == [others, recent, ours]
    assert merged({}, ours, NOW) == {"Version": "2012-10-17", "Statement": [ours]}
