"""`orgbot iam-policy`: the policy for the bot's own role, for the place where it runs and for what this installation does.

Source: IAM User Guide, "Policies and permissions in IAM"; AWS STS API Reference, "GetCallerIdentity".
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from botocore.exceptions import BotoCoreError

from approvals.authority.rules import Rule
from bot.aws import GLANCING, Boto3Clients
from bot.config import settings_checks
from bot.config.rules_file import read_rules
from bot.config.settings import SettingsError, aws_variables, load_some
from operations.access.access_role import DEFAULT_ROLE
from operations.aws.client import Aws
from operations.aws.errors import AwsError
from operations.aws.partitions import COMMERCIAL, Identity, partitions, role_arns
from operations.aws.permissions import Place, iam_policy
from operations.core.registry import all_permissions, left_out
from operations.snapshot.standing import management_of

ROLE = "orgbot"
UNKNOWN = (
    "orgbot: AWS did not tell who the bot is, so this is for any management account of the partition {}; with the bot's own "
    "credentials, or --partition, it is for the right one\n"
)


def place_of(identity: Identity, grants: Iterable[str], rules: Iterable[Rule]) -> Place:
    """Where the bot's policy is to be, by who the bot is, to whom access may be granted, and the roles that rules name."""
    roles = {role for rule in rules for role in rule.roles} - {DEFAULT_ROLE}
    return Place(identity.partition, identity.account, identity.principals, tuple(grants), tuple(sorted(roles)))


def print_policy(without: Sequence[str], grant_to: Sequence[str], role: str, partition: str) -> None:
    """Prints what `policy_text` gives. Raises SettingsError."""
    sys.stdout.write(policy_text(without, grant_to, role, partition))


def policy_text(without: Sequence[str] = (), grant_to: Sequence[str] = (), role: str = "", partition: str = "") -> str:
    """The policy as JSON, with a line's end; what is given here is added to the settings. Raises SettingsError."""
    os.environ.update(aws_variables())
    settings = load_some("without", "grant_to", "rules")
    rules = read_rules(Path(settings["rules"])).rules if settings["rules"] else ()
    named = (*settings["without"], *_given("--without", without, settings_checks.operations))
    grants = (*settings["grant_to"], *_given("--grant-to", grant_to, settings_checks.principals))
    place = _beside(place_of(_identity(partition), dict.fromkeys(grants), rules), role)
    return json.dumps(iam_policy(all_permissions(left_out(named)), place), indent=2) + "\n"


def _given(option: str, values: Sequence[str], check: Callable[[tuple[str, ...]], tuple[str, ...]]) -> tuple[str, ...]:
    words = tuple(word.strip() for value in values for word in value.split(",") if word.strip())
    try:
        return check(words)
    except ValueError as error:
        raise SettingsError([f"{option}: {error}"]) from error


def _identity(partition: str) -> Identity:
    """Whoever runs the command, in the management account; what AWS does not tell is left open."""
    if partition and partition not in partitions():
        raise SettingsError([f"--partition: “{partition}” is none; there are {', '.join(partitions())}"])
    found = COMMERCIAL
    with suppress(AwsError, BotoCoreError):
        aws = Aws(Boto3Clients(reading=GLANCING))
        found = aws.partition
        identity = aws.identity()
        if partition in ("", identity.partition):
            return replace(identity, account=_management(aws) or identity.account)
    sys.stderr.write(UNKNOWN.format(partition or found))
    return Identity("*", f"arn:{partition or found}:iam::*:role/{ROLE}")


def _management(aws: Aws) -> str:
    """Somebody may print the policy with credentials of another account."""
    with suppress(AwsError):
        return management_of(aws.probe("organizations", "describe_organization")["Organization"])
    return ""


def _beside(place: Place, role: str) -> Place:
    """With the role of this name as the bot's own; unless one is named, both who asks and a role with the usual name."""
    own = role_arns(place.partition, place.management, role or ROLE)
    return replace(place, own=own if role else tuple(dict.fromkeys((*place.own, *own))))
