"""What is played for docs/messages.md: each operation from its form to its end, then everything else that can be said.

A chapter begins with an organization and a database of its own. What a chapter needs beforehand happens off stage.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from unittest import mock

from approvals.authority.rules import Rule, Rules
from operations.access.access_role import DEFAULT_ROLE
from operations.core.base import Operation
from operations.core.registry import all_operations, by_name
from operations.snapshot.names import capital
from sandbox.aws.roles import default_trust, make_role
from tests.documentation.playing import APPROVERS, Play
from tests.documentation.rare import aws_refuses, in_the_way, slack_refuses
from tests.harness.people import BOB, CAROL

Scene = Callable[[Play], None]
WHY = ' --reason "For the web team"'
MOVE = "move-account --account fullback-staging-web --to /Workloads/Production"
TAG = "tag-account --account fullback-staging-web --tag owner=mobile"
OU = "create-ou --name Sandbox --parent /Workloads"
# What has to be there before an operation's example can be asked for.
FIRST = {
    "delete-alternate-contact": "put-alternate-contact",
    "delete-ou": "create-ou",
    "delete-policy": "create-policy",
    "deregister-delegated-administrator": "register-delegated-administrator",
    "revoke-access": "grant-access",
    "untag-account": "tag-account",
}


def asked_for(name: str) -> str:
    """An operation's example, as it is typed."""
    return f"{name} {by_name()[name].example}".strip()


def done(play: Play, text: str) -> None:
    """A request to its end, off stage."""
    before = len(play.slack.entries)
    play.says("alice", text)
    play.clicks_on("bob", "Approve")
    play.passes(minutes=5)
    play.workers.look_again()
    del play.slack.entries[before:]


def nothing(play: Play) -> None:
    """Most operations need nothing beforehand, and nobody afterwards."""


def whole(operation: type[Operation]) -> Scene:
    """An operation's form, and its example from the command to the end."""

    def scene(play: Play) -> None:
        BEFORE.get(operation.name, nothing)(play)
        if operation.name in FIRST:
            done(play, asked_for(FIRST[operation.name]))
        play.says("alice", f"help {operation.name}")
        play.says("alice", f"{operation.name} --form")
        play.says("alice", asked_for(operation.name) + WHY)
        play.clicks_on("bob", "Approve")
        play.passes(minutes=3)
        AFTER.get(operation.name, nothing)(play)

    return scene


def _no_organization(play: Play) -> None:
    """The management account alone, as before there was an organization."""
    client = play.aws.client("organizations")
    root = client.list_roots()["Roots"][0]["Id"]
    for account in client.list_accounts()["Accounts"]:
        if account["Id"] != "111111111111":
            client.remove_account_from_organization(AccountId=account["Id"])
    _empty(client, root)
    kinds = ("SERVICE_CONTROL_POLICY", "TAG_POLICY")
    for policy in (found for kind in kinds for found in client.list_policies(Filter=kind)["Policies"]):
        if not policy["AwsManaged"]:
            for target in client.list_targets_for_policy(PolicyId=policy["Id"])["Targets"]:
                client.detach_policy(PolicyId=policy["Id"], TargetId=target["TargetId"])
            client.delete_policy(PolicyId=policy["Id"])
    client.delete_organization()
    play.workers.look_again()


def _empty(client: object, parent: str) -> None:
    units = client.list_organizational_units_for_parent(ParentId=parent)["OrganizationalUnits"]  # type: ignore[attr-defined]
    for unit in units:
        _empty(client, unit["Id"])
        client.delete_organizational_unit(OrganizationalUnitId=unit["Id"])  # type: ignore[attr-defined]


def _billing_only(play: Play) -> None:
    _no_organization(play)
    play.aws.client("organizations").create_organization(FeatureSet="CONSOLIDATED_BILLING")
    play.workers.look_again()


def _accepted(play: Play) -> None:
    (open_one,) = [
        found["Id"]
        for found in play.aws.client("organizations").list_handshakes_for_organization()["Handshakes"]
        if found["State"] in ("OPEN", "REQUESTED")
    ]
    play.meanwhile("The account accepts the invitation")
    play.aws.accept(open_one)
    play.passes(minutes=10)
    play.meanwhile("The account's administrator makes the access role")
    make_role("666666666666", DEFAULT_ROLE, default_trust())
    play.passes(minutes=10)


def _first_credentials(play: Play) -> None:
    play.clicks_on("alice", "Get credentials")
    play.sends("alice", reason="To set it up")
    play.clicks_on("bob", "Approve")
    play.passes(minutes=2)


BEFORE: dict[str, Scene] = {"create-organization": _no_organization, "enable-all-features": _billing_only}
AFTER: dict[str, Scene] = {"create-account": _first_credentials, "invite-account": _accepted}


def denied(play: Play) -> None:
    play.says("alice", MOVE + WHY)
    play.clicks_on("bob", "Deny")
    play.sends("bob", reason="Not before the release")


def cancelled(play: Play) -> None:
    play.says("alice", TAG)
    play.clicks_on("dave", "Cancel request")
    play.clicks_on("alice", "Cancel request")


def not_theirs(play: Play) -> None:
    play.says("alice", TAG)
    play.clicks_on("alice", "Approve")
    play.clicks_on("dave", "Approve")
    play.clicks_on("gus", "Approve")
    play.clicks_on("dave", "Deny")
    play.says("gus", "accounts")
    play.says("gus", TAG)
    play.opens("gus")


def two_approvals(play: Play) -> None:
    play.workers.rules = Rules([Rule("two people", (APPROVERS,), approvals=2)])
    play.says("alice", MOVE + WHY)
    play.clicks_on("bob", "Approve")
    play.clicks_on("bob", "Approve")
    play.clicks_on("bob", "Withdraw approval")
    play.clicks_on("bob", "Approve")
    play.clicks_on("carol", "Approve")
    play.passes(minutes=3)


def two_groups(play: Play) -> None:
    play.workers.people.groups["S0SECURITY"] = [CAROL]
    play.workers.rules = Rules([Rule("production", (APPROVERS,), approvals=2, second_approvers=("S0SECURITY",))])
    play.says("alice", MOVE + WHY)
    play.clicks_on("bob", "Approve")
    play.clicks_on("carol", "Approve")
    play.passes(minutes=3)


def at_once(play: Play) -> None:
    play.workers.rules = Rules([Rule("at once", (), approvals=0)])
    play.says("alice", TAG)
    play.passes(minutes=1)


def no_rule(play: Play) -> None:
    play.workers.rules = Rules([Rule("security only", (APPROVERS,), under="/Security")])
    play.says("alice", TAG)


def nobody_left(play: Play) -> None:
    play.workers.rules = Rules([Rule("only Bob", (BOB,))])
    play.says("bob", TAG)
    play.passes(hours=2)


def reminded(play: Play) -> None:
    play.workers.rules = Rules([Rule("default", (APPROVERS,), escalate_to=("U0DAVE",), expires=timedelta(hours=40))])
    play.workers.people.channel.discard(CAROL)
    play.says("alice", TAG + WHY)
    play.passes(hours=41)
    play.clicks_on("alice", "Ask again")


def out_of_date(play: Play) -> None:
    play.says("alice", MOVE + WHY)
    client = play.aws.client("organizations")
    root = client.list_roots()["Roots"][0]["Id"]
    here = client.list_parents(ChildId="222222222222")["Parents"][0]["Id"]
    play.meanwhile("Somebody moves the account in AWS's console")
    client.move_account(AccountId="222222222222", SourceParentId=here, DestinationParentId=root)
    play.workers.look_again()
    play.clicks_on("bob", "Approve")
    play.passes(minutes=1)


def refused_by_aws(play: Play) -> None:
    play.says("alice", asked_for("create-account"))
    play.aws.fail_next_creation("EMAIL_ALREADY_EXISTS")
    play.clicks_on("bob", "Approve")
    play.passes(minutes=3)


def half_done(play: Play) -> None:
    play.says("alice", asked_for("create-account"))
    play.aws.faults.add("MoveAccount", "error", code="DestinationParentNotFoundException", times=None)
    play.clicks_on("bob", "Approve")
    play.passes(minutes=30)
    play.aws.faults.clear()
    play.clicks_on("alice", "Ask for the rest")


def not_now(play: Play) -> None:
    play.aws.faults.add("MoveAccount", "error", code="ConcurrentModificationException", times=8)
    play.says("alice", MOVE)
    play.clicks_on("bob", "Approve")
    play.passes(minutes=30)


def cannot_be_asked(play: Play) -> None:
    play.says("alice", MOVE)
    play.aws.faults.add(kind="error", code="ExpiredTokenException", times=None)
    play.clicks_on("bob", "Approve")
    play.passes(minutes=10)
    play.meanwhile("The bot has credentials again")
    play.aws.faults.clear()
    play.passes(minutes=10)


def not_asked_yet(play: Play) -> None:
    play.aws.faults.add(kind="error", code="ExpiredTokenException", times=None)
    play.says("alice", MOVE)
    play.passes(minutes=10)
    play.meanwhile("The bot has credentials again")
    play.aws.faults.clear()
    play.passes(minutes=10)


def given_up(play: Play) -> None:
    play.says("alice", OU)
    play.aws.faults.add("ListOrganizationalUnitsForParent", "error", code="AccessDeniedException", times=None)
    play.clicks_on("bob", "Approve")
    play.passes(minutes=10)
    if play.has("Give up"):
        play.clicks_on("alice", "Give up")
    play.passes(minutes=1)


def answer_lost(play: Play) -> None:
    play.says("alice", OU)
    play.aws.faults.add("CreateOrganizationalUnit", "bad-json")
    play.clicks_on("bob", "Approve")
    play.passes(minutes=20)


def undone(play: Play) -> None:
    done(play, OU)
    play.clicks_on("alice", "Undo")
    play.clicks_on("bob", "Approve")
    play.passes(minutes=2)


def glass_broken(play: Play) -> None:
    play.workers.rules = Rules([Rule("default", (APPROVERS,), break_glass=(BOB,))])
    play.says("alice", f"{TAG} --break-glass")
    if play.slack.views:
        play.sends("alice", confirm="tag-account", reason="Production is down")
    play.says("bob", f"{TAG} --break-glass")
    play.sends("bob", confirm="tag", reason="")
    play.sends("bob", confirm="tag-account", reason="Production is down")
    play.passes(minutes=2)
    play.clicks_on("bob", "I have reviewed this")
    play.clicks_on("carol", "I have reviewed this")


def session(play: Play) -> None:
    play.says("alice", asked_for("credentials") + WHY)
    play.clicks_on("bob", "Approve")
    play.passes(minutes=5)
    play.says("alice", "sessions")
    play.says("bob", "sessions")
    play.passes(minutes=50)
    if play.has("Extend"):
        play.clicks_on("alice", "Extend")
    play.passes(minutes=20)


def session_ended(play: Play) -> None:
    play.says("alice", asked_for("credentials") + WHY)
    play.clicks_on("bob", "Approve")
    play.passes(minutes=5)
    play.clicks_on("alice", "End session")
    play.passes(minutes=2)


def revealed(play: Play) -> None:
    play.says("alice", asked_for("credentials") + WHY)
    play.clicks_on("bob", "Approve")
    play.passes(minutes=1)
    play.clicks_on("alice", "Reveal")
    play.passes(minutes=1)


def set_aside(play: Play) -> None:
    play.says("alice", MOVE)
    with mock.patch.object(by_name()["move-account"], "steps", side_effect=KeyError("x")):
        play.clicks_on("bob", "Approve")
        play.passes(minutes=5)


def looks(play: Play) -> None:
    for text in (
        "tree",
        "accounts",
        "accounts web",
        "account fullback-staging-web",
        "policies",
        "policy RestrictRegions",
    ):
        play.says("alice", text)
    play.says("alice", "services")
    play.says("alice", "requests")
    play.says("alice", "help")
    play.says("alice", "help tree")
    done(play, TAG)
    play.says("alice", MOVE)
    play.says("alice", "requests")
    play.says("alice", "request 1")
    play.says("bob", "request 2")
    play.says("alice", "request 99")
    play.opens("alice")
    play.opens("bob")


WRONG = (
    "",
    "acounts",
    "creat-account",
    "create-account --name web --mail a@example.com",
    "create-account fullback",
    "create-account --name web --email nonsense",
    "create-account --name web --email aws-audit@example.com",
    "create-account --name web --email web@example.com --ou /Nowhere",
    "create-account --name web --email web@example.com --billing perhaps",
    "create-account --name web --email web@example.com --tag owner",
    "move-account --account staging --to /Security",
    "move-account --account fullback-management --to /Security",
    "move-account --account fullback-audit --to /Security",
    "tag-account --account fullback-audit --tag aws:x=1",
    "untag-account --account fullback-audit --key nothing",
    "close-account --account fullback-audit --confirm audit",
    "rename-account --account fullback-audit --name fullback-audit",
    "create-ou --name Security",
    "delete-ou --ou /Workloads",
    "rename-ou --ou / --name Root",
    "create-policy --type scp --name Broken --content {nonsense",
    'create-policy --type scp --name Broken --content {"Version": "2012-10-17", "Statment": []}',
    "attach-policy --policy Unknown --target /Security",
    "delete-policy --policy RestrictRegions",
    "enable-policy-type --type scp",
    "disable-service-access --service nothing.amazonaws.com",
    "register-delegated-administrator --account fullback-management --service cloudtrail.amazonaws.com",
    "grant-access --principal group/nobody --account fullback-staging-web",
    "credentials --account fullback-management",
    "credentials --account fullback-staging-web --duration 13h",
    "credentials --account fullback-staging-web --role Admin",
    "create-organization",
    "enable-all-features",
    "account nobody",
    "policy nothing",
    "tree /Nowhere",
    "request twelve",
    "help nothing",
    'create-account --name "web',
    "create-account --name",
    "create-account --name web --name web2 --email web@example.com",
    "create-account --nme web",
    "tree --nothing",
    "tree create",
    "request",
    "account",
    "policy",
    "cancel 1",
    "undo 1",
    "code 1",
    "policies nonsense",
    "accounts nothing-like-that",
    "move-account fullback-audit /Security extra",
    "create-account --name web --email web@example.com --break-glass",
)
VALUES = (
    "create-account --name wéb --email web@example.com",
    f"create-account --name {'w' * 51} --email web@example.com",
    *(
        f"create-account --name web --email {email}"
        for email in (
            ".web@example.com",
            "jörg@example.com",
            "web@example",
            "web@exam_ple.com",
            "web@-example.com",
            '"we b"@example.com',
        )
    ),
    "create-account --name web --email web@example.com --role-name 'a b'",
    "create-account --name web --email web@example.com --tag a=b --tag a=c",
    f"create-account --name web --email web@example.com --tag {'k' * 129}=v",
    "create-account --name web --email web@example.com --tag a=b!",
    "credentials --account fullback-audit --duration soon",
    "credentials --account fullback-audit --duration 1m",
    "credentials --account fullback-audit --role arn:aws:iam::1:role/x",
    "create-policy --type nonsense --name x --content {}",
    "invite-account --account nonsense",
    "put-alternate-contact --account fullback-audit --type security --email nonsense --name A --phone 1 --title B",
    "untag-account --account fullback-audit --key ' '",
    "move-account --account 222222222222 --to Nowhere",
    f"tag-account --account fullback-audit --tag a=b --reason {'r' * 501}",
)
DOCUMENTS = (
    "https://example.com/policy.json",
    "policy.json",
    "{'Version': '2012-10-17'}",
    '{"Version": "2012-10-17", // no',
    '{"Version": "2012-10-17",}',
    "[]",
    '{"Version": NaN}',
    '{"Version": "2012-10-17", "Version": "2012-10-17"}',
    '{"Version": "2012-10-17"}',
    '{"Version": "2012-10-17", "Statement": "x"}',
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}',
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Like": {"a": "b"}}}]}',
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}',
)
REFUSED = (
    "update-policy --policy RestrictRegions",
    "update-policy --policy FullAWSAccess --name Mine",
    "detach-policy --policy RestrictRegions --target /Security",
    "detach-policy --policy FullAWSAccess --target /Security",
    "attach-policy --policy RestrictRegions --target /Workloads",
    "disable-policy-type --type backup",
    "enable-policy-type --type guardduty",
    "enable-policy-type --type ai",
    "register-delegated-administrator --account fullback-audit --service guardduty.amazonaws.com",
    "deregister-delegated-administrator --account fullback-staging-web --service cloudtrail.amazonaws.com",
    "enable-service-access --service cloudtrail.amazonaws.com",
    "delete-alternate-contact --account fullback-audit --type security",
    "remove-account --account fullback-staging-web --confirm fullback-staging-web",
    "invite-account --account 222222222222",
    "rename-ou --ou /Security --name Security",
    "tag-account --account fullback-audit --tag owner=security",
    "grant-access --principal nobody --account fullback-staging-web",
    "revoke-access --principal group/developers --account fullback-staging-web",
    "create-policy --type scp --name RestrictRegions --content {}",
    "credentials --account 222222222222 --role platform/Deployer",
)


def not_accepted(play: Play) -> None:
    for text in WRONG:
        play.says("alice", text)


def values_not_accepted(play: Play) -> None:
    for text in VALUES:
        play.says("alice", text)
    for number, document in enumerate(DOCUMENTS):
        play.says("alice", f"create-policy --type scp --name Document{number} --content {document}")


def not_submitted(play: Play) -> None:
    deployers = Rule("deployers", (APPROVERS,), operations=("credentials",), roles=("platform/Deployer",))
    play.workers.rules = Rules([deployers, Rule("default", (APPROVERS,))])
    for text in REFUSED:
        play.says("alice", text)


def no_organization_yet(play: Play) -> None:
    _no_organization(play)
    for text in ("tree", "account 222222222222", "credentials --account 222222222222", "help", ""):
        play.says("alice", text)
    play.opens("alice")


def looks_while_aws_is_away(play: Play) -> None:
    for code in ("AccessDeniedException", "ServiceException"):
        for call in ("DescribePolicy", "ListTagsForResource", "ListDelegatedAdministrators"):
            play.aws.faults.add(call, "error", code=code, times=None)
        for text in ("account fullback-staging-web", "policy RestrictRegions", "services"):
            play.says("alice", text)
        play.aws.faults.clear()


def wrong_in_the_form(play: Play) -> None:
    play.says("alice", "create-account")
    play.sends("alice", account_name="web", email="nonsense", ou="/", tags="owner")
    play.sends("alice", account_name="web", email="web@example.com")
    play.says("alice", "create-account --name web --email web@example.com")
    play.says("alice", "move-account --account fullback-staging-web --to /Security")
    play.says("alice", "move-account --account fullback-staging-web --to /Security")


BY_BUTTON = "Credentials behind a button"


def chapters() -> dict[str, Scene]:
    """All of it, by its heading."""
    operations = {operation.name: whole(operation) for operation in all_operations()}
    return operations | {
        capital(title): scene
        for title, scene in {
            "denied": denied,
            "cancelled": cancelled,
            "pressed by those who may not": not_theirs,
            "two approvals": two_approvals,
            "AWS cannot be asked before approvers are": not_asked_yet,
            "two groups": two_groups,
            "granted at once by a rule": at_once,
            "no rule for a place": no_rule,
            "nobody left who may approve": nobody_left,
            "reminded, escalated, expired": reminded,
            "out of date": out_of_date,
            "refused by AWS": refused_by_aws,
            "half done": half_done,
            "AWS says: not now": not_now,
            "AWS cannot be asked": cannot_be_asked,
            "given up": given_up,
            "an answer of AWS is lost": answer_lost,
            "undone": undone,
            "break glass": glass_broken,
            "a session to its end": session,
            "a session ended early": session_ended,
            BY_BUTTON: revealed,
            "an error of the bot's own": set_aside,
            "looks": looks,
            "not accepted": not_accepted,
            "values not accepted": values_not_accepted,
            "not submitted": not_submitted,
            "no organization yet": no_organization_yet,
            "looks while AWS is away": looks_while_aws_is_away,
            "wrong in the form": wrong_in_the_form,
            "something is in the way": in_the_way,
            "what AWS refuses": aws_refuses,
            "what Slack refuses": slack_refuses,
        }.items()
    }
