"""What people ask of a fleet, all of it at the same time: a table of operations, each with the call to AWS that has to be made for it once.

Each person has things of their own in AWS, so that what they ask can be asked beside what others ask, any number of times.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.aws import responses
from sandbox.aws.backend import LOCK
from sandbox.aws.calls import Call
from sandbox.aws.models import DEFAULT_ROLE
from sandbox.aws.roles import default_trust, make_role
from sandbox.aws.server import AwsSandbox

SCP = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]}'
CONTACT = "--title CSIRT --email csirt@example.com --phone '+49 1'"
SERVICES = [
    "access-analyzer",
    "auditmanager",
    "backup",
    "compute-optimizer",
    "config",
    "detective",
    "devops-guru",
    "fms",
    "guardduty",
    "health",
    "inspector2",
    "ipam",
    "license-manager",
    "macie",
    "networkmanager",
    "ram",
    "securityhub",
    "servicecatalog",
    "ssm",
    "wellarchitected",
]
ENOUGH = 10_000
Row = tuple[str, str, str]
# What is asked, the call, and what stands in its parameters. `new` is a name that nobody else has, `old` that of the person's
# request before, and `made` the id of what that request has made; the others are the person's own things.
SCRIPTS: tuple[tuple[Row, ...], ...] = (
    (
        ("create-ou --name {new} --parent {ou}", "CreateOrganizationalUnit", "{new}"),
        ("delete-ou --ou {made}", "DeleteOrganizationalUnit", "{made}"),
    ),
    (("rename-ou --ou {ou} --name {new}", "UpdateOrganizationalUnit", "{new}"),),
    (
        ("tag-account --account {account} --tag {new}=yes", "TagResource", "{new}"),
        ("untag-account --account {account} --key {old}", "UntagResource", "{old}"),
    ),
    (
        ("move-account --account {account} --to /Security", "MoveAccount", "{account}"),
        ("move-account --account {account} --to {ou}", "MoveAccount", "{account}"),
    ),
    (
        (
            f"create-policy --type scp --name {{new}} --content '{SCP.replace('{', '{{').replace('}', '}}')}'",
            "CreatePolicy",
            "{new}",
        ),
        ("delete-policy --policy {made}", "DeletePolicy", "{made}"),
    ),
    (
        ("attach-policy --policy {policy} --target {ou}", "AttachPolicy", "{policy}"),
        ("detach-policy --policy {policy} --target {ou}", "DetachPolicy", "{policy}"),
    ),
    (("update-policy --policy {policy} --description {new}", "UpdatePolicy", "{new}"),),
    (("create-account --name {new} --email {new}@example.com", "CreateAccount", "{new}"),),
    (("invite-account --account {new}@example.com", "InviteAccountToOrganization", "{new}"),),
    (("rename-account --account {account} --name {new}", "PutAccountName", "{new}"),),
    (
        (
            f"put-alternate-contact --account {{account}} --type security --name {{new}} {CONTACT}",
            "PutAlternateContact",
            "{new}",
        ),
        ("delete-alternate-contact --account {account} --type security", "DeleteAlternateContact", "{account}"),
    ),
    (
        ("enable-service-access --service {service}", "EnableAWSServiceAccess", "{service}"),
        (
            "register-delegated-administrator --account {account} --service {service}",
            "RegisterDelegatedAdministrator",
            "{service}",
        ),
        (
            "deregister-delegated-administrator --account {account} --service {service}",
            "DeregisterDelegatedAdministrator",
            "{service}",
        ),
        ("disable-service-access --service {service}", "DisableAWSServiceAccess", "{service}"),
    ),
    (
        ("grant-access --principal group/{group} --account {account}", "PutGroupPolicy", "{group}"),
        ("revoke-access --principal group/{group} --account {account}", "DeleteGroupPolicy", "{group}"),
    ),
)
CALLS = {call for script in SCRIPTS for _, call, _ in script}


@dataclass(frozen=True)
class Asked:
    """One request: its `name` is the reason that is given, `mark` stands in the parameters of the `call` that is made for it."""

    name: str
    command: str
    call: str
    mark: str


@dataclass(frozen=True)
class Things:
    """What one person's requests are about: ids, and names where there are no ids."""

    account: str
    ou: str
    policy: str
    service: str
    group: str


def prepare(aws: AwsSandbox, people: int) -> list[Things]:
    """Makes each person's things; the account lies in the OU. Gives as many people as there are services, at most."""
    many = min(people, len(SERVICES))
    aws.grow(many, many)
    aws.conditions.account_quota = ENOUGH
    organizations, iam = aws.client("organizations"), aws.client("iam")
    root = organizations.list_roots()["Roots"][0]["Id"]
    units = organizations.get_paginator("list_organizational_units_for_parent").paginate(ParentId=root)
    grown = [unit["Id"] for page in units for unit in page["OrganizationalUnits"] if unit["Name"].startswith("grown")]
    return [_things(organizations, iam, number, unit) for number, unit in enumerate(grown)]


def _things(organizations: Any, iam: Any, number: int, unit: str) -> Things:
    account = organizations.list_accounts_for_parent(ParentId=unit)["Accounts"][0]["Id"]
    policy = organizations.create_policy(
        Name=f"own-{number:02}", Type="SERVICE_CONTROL_POLICY", Description="", Content=SCP
    )
    iam.create_group(GroupName=f"own-{number:02}")
    return Things(
        account, unit, policy["Policy"]["PolicySummary"]["Id"], f"{SERVICES[number]}.amazonaws.com", f"own-{number:02}"
    )


def answer_invitation(aws: AwsSandbox, name: str) -> None:
    """Whoever was invited under this name accepts, and makes the role by which the management account gets in."""
    with LOCK:
        sent = [one for one in responses.management().handshakes.values() if one.email == f"{name}@example.com"]
    for invitation in sent:
        if invitation.state == "OPEN":
            aws.accept(invitation.id)
            make_role(invitation.account, DEFAULT_ROLE, default_trust("sts:SetSourceIdentity", "sts:TagSession"))


def asked_by(number: int, things: Things) -> Iterator[tuple[str, Row]]:
    """What this person asks, for ever: a name and a row of the table; each begins elsewhere in it."""
    begin = number * 3 % len(SCRIPTS)
    rows = itertools.chain.from_iterable(itertools.cycle((*SCRIPTS[begin:], *SCRIPTS[:begin])))
    return ((f"load-{number:02}-{turn:04}", row) for turn, row in enumerate(rows))


def filled(name: str, row: Row, things: Things, old: str, made: str) -> Asked:
    """The request, in this person's words."""
    command, call, mark = (part.format(new=name, old=old, made=made, **vars(things)) for part in row)
    return Asked(name, f"/org {command} --reason {name}", call, mark)


def wrong_effects(asked: list[Asked], calls: list[Call]) -> Iterator[str]:
    """What AWS was not told once for each request, and what nobody has asked for."""
    wanted = Counter((one.call, one.mark) for one in asked)
    made: Counter[tuple[str, str]] = Counter()
    for call in calls:
        words = json.dumps(call.params, default=str)
        found = [pair for pair in wanted if pair[0] == call.operation and pair[1] in words]
        made.update(found)
        if not found:
            yield f"nobody has asked for {call.operation} {words}"
    for pair, times in wanted.items():
        if made[pair] != times:
            yield f"{pair[0]} of {pair[1]} was made {made[pair]} times, and asked for {times} times"
