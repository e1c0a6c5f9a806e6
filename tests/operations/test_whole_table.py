"""The whole table of operations typed one straight after the other, each about what those before it have made. The organization
is read once, at the beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import pytest

from approvals.states import Status
from approvals.views.thread import carried
from handlers.carried import Carried
from handlers.parser import parse
from operations.access.access_role import DEFAULT_ROLE
from operations.core.closing import Closing
from operations.core.preview import Level, Preview
from operations.core.registry import all_operations, by_name, irreversible
from sandbox.aws.roles import default_trust, make_role
from sandbox.aws.server import AwsSandbox
from tests.harness import workers as harness
from tests.harness.workers import Workers
from tests.operations.organization.test_organization_itself import empty

__all__ = ["empty"]
SCP = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]}'
BACKUP = '{"plans": {"Daily": {"regions": {"@@assign": ["us-east-1"]}}}}'
OUTSIDER = "666666666666"
# Each part is typed by itself, so that none takes long.
TABLE: dict[str, tuple[str, ...]] = {
    "units and accounts": (
        "create-ou --name Lab",
        "create-ou --name Web --parent /Lab",
        "rename-ou --ou /Lab --name Labs",
        "create-account --name lab-web --email lab-web@example.com --ou /Labs/Web --tag owner=lab",
        "tag-account --account lab-web --tag stage=test",
        "untag-account --account lab-web@example.com --key stage",
        "rename-account --account lab-web --name labs-web",
        "put-alternate-contact --account labs-web --type security --name Team --title CSIRT --email c@example.com --phone 1",
        "delete-alternate-contact --account labs-web --type security",
        "create-ou --name Attic",
        "move-account --account labs-web --to /Attic",
        "close-account --account labs-web --confirm labs-web",
        "delete-ou --ou /Labs/Web",
        "delete-ou --ou /Labs",
    ),
    "policies": (
        "create-account --name lab --email lab@example.com",
        f"create-policy --type scp --name KeepBuckets --content {SCP}",
        "attach-policy --policy KeepBuckets --target lab",
        "update-policy --policy KeepBuckets --name HoldBuckets",
        "detach-policy --policy HoldBuckets --target lab",
        "delete-policy --policy HoldBuckets",
        "enable-policy-type --type backup",
        f"create-policy --type backup --name Daily --content {BACKUP}",
        "attach-policy --policy Daily --target lab",
        "disable-policy-type --type backup",
    ),
    "access, and accounts from outside": (
        "create-account --name lab --email lab@example.com",
        "enable-service-access --service guardduty",
        "register-delegated-administrator --account lab --service guardduty",
        "deregister-delegated-administrator --account lab --service guardduty",
        "disable-service-access --service guardduty",
        "grant-access --principal group/developers --account lab",
        "revoke-access --principal group/developers --account lab",
        "create-ou --name Guests",
        f"invite-account --account {OUTSIDER} --ou /Guests",
        "move-account --account aws-acquired@example.com --to /",
        f"remove-account --account aws-acquired@example.com --confirm {OUTSIDER}",
        "delete-ou --ou /Guests",
    ),
}
FOUNDED = (
    "create-organization --feature-set billing",
    "create-ou --name Lab",
    "enable-all-features",
    "enable-policy-type --type rcp",
    "create-account --name lab --email lab@example.com --ou /Lab",
    "rename-ou --ou /Lab --name Labs",
)
FOR_GOOD = {*irreversible(), "enable-all-features"}
SAYS_SOMETHING = ("--feature-set billing", "--type rcp")
# Credentials are handed over by the outbox: tests/scenarios/test_known_at_once.py has them.
BY_THE_PROCESS = {"credentials"}


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def stop() -> None:
        def read(*_: object) -> None:
            raise AssertionError("the whole organization was read again")

        monkeypatch.setattr(harness, "organization", read)

    return stop


def asked(workers: Workers, aws: AwsSandbox, typed: str) -> None:
    """Types one command, approves it, and sees it done; whoever was invited accepts."""
    command = parse(typed)
    request = workers.approved(command.operation.name, **command.given.values)
    if command.operation.name == "invite-account":
        workers.work()
        found = aws.client("organizations").list_handshakes_for_organization(Filter={"ActionType": "INVITE"})
        aws.accept(found["Handshakes"][0]["Id"])
        make_role(OUTSIDER, DEFAULT_ROLE, default_trust())
    warns_of_what_matters(typed, Preview.model_validate(request.preview))
    ended = workers.until_done(request)
    assert ended.status == Status.SUCCEEDED, f"{typed}: {ended.outcome}"
    hands_over_no_command(Closing.model_validate(ended.memory["closing"]))


def warns_of_what_matters(typed: str, preview: Preview) -> None:
    """All of these are as harmless as they can be: a card that says more than what was typed calls for would say it always. What
    can't be undone says so.
    """
    operation, said = parse(typed).operation.name, preview.warnings
    if operation in FOR_GOOD:
        assert preview.dangers, "it can't be undone"
    elif any(word in typed for word in SAYS_SOMETHING):
        assert {notice.level for notice in said} == {Level.FACT}
    else:
        assert said == ()


def hands_over_no_command(closing: Closing) -> None:
    """What may be done next is a button, whose form has what is known filled in; nobody is told to type anything."""
    assert "/org " not in str((closing.summary, closing.facts, closing.snippets))
    for wanted in closing.next:
        operation = by_name()[wanted.operation]
        filled_in = Carried.unpacked(carried(wanted)).of(operation)
        assert filled_in == wanted.values, "the form takes all of it"


def test_every_operation_is_in_the_table() -> None:
    typed = {parse(text).operation.name for text in (*chain(*TABLE.values()), *FOUNDED)} | BY_THE_PROCESS
    assert typed == {operation.name for operation in all_operations()}


@pytest.mark.parametrize("part", TABLE)
def test_each_command_knows_what_the_former_has_done(
    workers: Workers, aws: AwsSandbox, read_once: Callable[[], None], part: str
) -> None:
    read_once()
    for typed in TABLE[part]:
        asked(workers, aws, typed)


def test_so_it_is_in_an_organization_that_was_created_just_now(
    empty: Workers, aws: AwsSandbox, read_once: Callable[[], None]
) -> None:
    read_once()
    for typed in FOUNDED:
        asked(empty, aws, typed)
