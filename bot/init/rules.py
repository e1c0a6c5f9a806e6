"""The step of `orgbot init` that writes a rules file, from a few questions; without one a single approval decides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError

from bot.aws import Boto3Clients
from bot.checks.aws import missing
from bot.checks.findings import WrongError
from bot.init.talk import Talk
from operations.aws.client import Aws
from operations.aws.errors import AwsError, MisplacedError
from operations.core.registry import irreversible
from operations.snapshot.reader import read_organization

FILE = "rules.toml"


def write_rules(talk: Talk, approvers: Sequence[str]) -> None:
    """Asks who decides about what, and writes rules.toml; leaves it out where nobody wants one."""
    if kept := talk.kept("ORGBOT_RULES"):
        talk.right(f"{kept} (kept)")
        return
    talk.say("Without a rules file one approver decides about everything, and two about what is irreversible.")
    if not talk.yes("Write a rules file, for places that need more?", default=False):
        return
    ordinary = talk.number("How many approvals does an ordinary request need?", 1, 0, 10)
    hard = talk.number(
        "And one that is irreversible (closing or removing an account, disabling a policy type)?", 2, 0, 10
    )
    place = talk.checked("An OU that needs more, by its path, such as /Production (or Enter for none)", _in_aws)
    guarded = talk.number(f"How many approvals does a request about {place} need?", 2, 1, 10) if place else 0
    if talk.write(
        FILE, rules_text(approvers, ordinary, hard, place, guarded), "docs/reference/rules.md explains every key"
    ):
        talk.keep("ORGBOT_RULES", FILE)


def _in_aws(place: str) -> None:
    """Raises WrongError where AWS has no such OU; while AWS cannot be asked, `orgbot check` says so later."""
    if not place:
        return
    try:
        organization = read_organization(Aws(Boto3Clients()), lambda: datetime.now(UTC))
    except (AwsError, MisplacedError, BotoCoreError):
        return
    if all(place != unit.path for unit in organization.units):
        raise WrongError(missing("under", place, organization))


def rules_text(approvers: Sequence[str], ordinary: int, hard: int, place: str = "", guarded: int = 0) -> str:
    """The file: what is irreversible first, then the place, then everything else."""
    parts = [_rule("irreversible", approvers, hard, operations=irreversible())]
    if place:
        parts.append(_rule(place, approvers, guarded, under=place))
    return "\n".join([*parts, _rule("everything else", approvers, ordinary)])


def _rule(name: str, approvers: Sequence[str], approvals: int, **match: object) -> str:
    keys = {"name": name, **match, "approvers": list(approvers), "approvals": approvals}
    return "[[rule]]\n" + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in keys.items())
