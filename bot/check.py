"""`orgbot check`: is the configuration right? One line for each thing that the bot needs, with the way out.

Source: Slack API, "auth.test" (the header x-oauth-scopes), "conversations.info"; AWS STS API Reference, "GetCallerIdentity".
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from alembic.runtime.migration import MigrationContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from approvals.people import People, SlackAwayError
from bot.aws import Boto3Clients
from bot.database import open_engine
from bot.rules import load_rules
from bot.settings import Settings, SettingsError, aws_variables, unknown
from bot.start import WRONG, settings_or_complaints
from operations.aws import Aws
from operations.errors import AwsError
from operations.registry import all_permissions

NEEDED_SCOPES = frozenset({"chat:write", "commands", "im:write", "users:read"})
USEFUL_SCOPES = frozenset({"files:read", "files:write", "im:history", "usergroups:read", "users:read.email"})


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, whether it is right, and what was found or is to be done."""

    name: str
    ok: bool
    detail: str

    @classmethod
    def right(cls, name: str, detail: str) -> Finding:
        """Something that is as it should be."""
        return cls(name, ok=True, detail=detail)

    @classmethod
    def wrong(cls, name: str, detail: str) -> Finding:
        """Something to mend; the detail says how."""
        return cls(name, ok=False, detail=detail)

    def __str__(self) -> str:
        return f"{'ok      ' if self.ok else 'NOT OK  '}{self.name}: {self.detail}"


def run_checks() -> int:
    """Prints every finding; gives the exit code."""
    settings = settings_or_complaints(os.environ)
    if settings is None:
        return WRONG
    os.environ.update(aws_variables())
    wrong = 0
    for finding in findings(settings):
        sys.stdout.write(f"{finding}\n")
        wrong += not finding.ok
    return WRONG if wrong else 0


def findings(settings: Settings) -> Iterator[Finding]:
    """Every finding, each as soon as it is known; nothing is changed anywhere."""
    yield Finding.right("settings", "complete")
    for line in unknown(os.environ):
        yield Finding.wrong("settings", line)
    yield _tried("database", lambda: _database(settings))
    yield _tried("rules", lambda: f"{len(load_rules(settings).rules)} rule(s)")
    slack = WebClient(
        settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url, timeout=15, retry_handlers=[]
    )
    yield from _slack(slack, settings)
    yield from _aws()


def _tried(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding.right(name, look())
    except SlackApiError as error:
        return Finding.wrong(name, f"Slack answers {error.response.get('error')}")
    except AwsError as error:
        return Finding.wrong(name, f"{error} ({error.code})")
    except Exception as error:  # noqa: BLE001  Whatever is wrong belongs into the line, not into a traceback.
        return Finding.wrong(name, f"{type(error).__name__}: {error}")


def _database(settings: Settings) -> str:
    engine = open_engine(settings.database_url)
    with engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return f"{engine.dialect.name}, revision {revision or 'none yet; made at the first start'}"


def _slack(slack: WebClient, settings: Settings) -> Iterator[Finding]:
    token = _tried("Slack token", lambda: _identity(slack))
    yield token
    if not token.ok:
        return
    yield from _scopes(slack)
    yield _tried("approval channel", lambda: _channel(slack, settings.approval_channel))
    if settings.slack_app_token is not None:
        app_token = settings.slack_app_token.get_secret_value()
        yield _tried("Slack app token", lambda: _socket(slack, app_token))
    for person, name in _named(settings).items():
        yield _person(slack, person, f"{name} {person}")


def _named(settings: Settings) -> dict[str, str]:
    """Everybody whom the rules name, and as what; nobody when the rules are wrong, which another line says."""
    try:
        rules = load_rules(settings).rules
    except SettingsError:
        return {}
    everybody = {person: "named in a rule" for rule in rules for person in rule.people()}
    approvers = {person: "approver" for rule in rules for person in (*rule.approvers, *rule.second_approvers)}
    return approvers | {person: name for person, name in everybody.items() if person not in approvers}


def _identity(slack: WebClient) -> str:
    answer = slack.auth_test()
    return f"{answer.get('user')} in {answer.get('team')} ({answer.get('team_id')})"


def _scopes(slack: WebClient) -> Iterator[Finding]:
    headers = {key.lower(): value for key, value in slack.auth_test().headers.items()}
    granted = {scope.strip() for scope in str(headers.get("x-oauth-scopes", "")).split(",") if scope.strip()}
    if not granted:
        yield Finding.right("scopes", "Slack does not tell them")
        return
    missing = sorted((NEEDED_SCOPES | USEFUL_SCOPES) - granted)
    detail = f"missing: {', '.join(missing)}; install the app again from manifest.yml" if missing else "all there"
    yield Finding("scopes", ok=not missing, detail=detail)


def _channel(slack: WebClient, channel: str) -> str:
    found = slack.conversations_info(channel=channel)["channel"]
    if not found.get("is_member", True):
        raise ValueError(f"the bot is not in #{found.get('name')}; type /invite @orgbot there")
    return f"#{found.get('name')}"


def _socket(slack: WebClient, app_token: str) -> str:
    slack.apps_connections_open(app_token=app_token)
    return "Socket Mode can be opened"


def _person(slack: WebClient, word: str, name: str) -> Finding:
    if word.startswith("S") and "@" not in word:
        return _tried(name, lambda: f"a group of {len(slack.usergroups_users_list(usergroup=word)['users'])}")
    if "@" in word:
        return _tried(name, lambda: str(slack.users_lookupByEmail(email=word)["user"]["id"]))
    try:
        person = People(slack).look(word)
    except SlackAwayError as error:
        return Finding.wrong(name, str(error))
    objection = person.objection(person.team)
    return Finding(name, ok=not objection, detail=objection or person.name)


def _aws() -> Iterator[Finding]:
    aws = Aws(Boto3Clients())
    identity = _tried("AWS credentials", lambda: str(aws.read("sts", "get_caller_identity")["Arn"]))
    yield identity
    if not identity.ok:
        return
    yield _tried("AWS organization", lambda: _organization(aws))
    yield _tried("AWS permissions", lambda: _permissions(aws, identity.detail))


def _organization(aws: Aws) -> str:
    account = aws.read("sts", "get_caller_identity")["Account"]
    found = aws.read("organizations", "describe_organization")["Organization"]
    management = found.get("MasterAccountId") or found.get("ManagementAccountId")
    if management != account:
        raise ValueError(f"the bot runs in {account}; the management account is {management}: give it a role there")
    return f"{found['Id']}, {found.get('FeatureSet')}, management account {management}"


def _permissions(aws: Aws, arn: str) -> str:
    """Asks IAM's policy simulator, which needs iam:SimulatePrincipalPolicy; says so when that isn't allowed."""
    actions = sorted({action for permission in all_permissions() for action in permission.actions})
    try:
        answer = aws.glance("iam", "simulate_principal_policy", PolicySourceArn=arn, ActionNames=actions)
    except AwsError as error:
        return f"not checked ({error.code}); `orgbot iam-policy` prints what is needed"
    denied = [item["EvalActionName"] for item in answer["EvaluationResults"] if item["EvalDecision"] != "allowed"]
    if denied:
        raise ValueError(f"not allowed: {', '.join(denied)}; attach what `orgbot iam-policy` prints")
    return f"all {len(actions)} actions allowed"
