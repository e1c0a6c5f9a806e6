"""Each operation, once it is done, as code that the tools read: what it says is what was sent to AWS and what stands there."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from approvals.models import Request
from approvals.states import Status
from approvals.views.as_code import as_code
from approvals.views.thread import has_code
from handlers.action_ids import CODE
from operations.access.access_role import DEFAULT_ROLE
from operations.accounts.open_account import REQUEST_TAG
from operations.core.base import Operation
from operations.core.code import CLI, CLOUDFORMATION, TERRAFORM
from operations.core.registry import all_operations
from operations.snapshot.changes import Gone, taken_in
from sandbox.aws.roles import default_trust, make_role
from sandbox.aws.server import AwsSandbox
from sandbox.slack.limits import message_error, problems
from tests.harness.code import Block, hcl, lines, linted
from tests.harness.tables import each_of
from tests.harness.workers import Workers
from tests.operations.organization.test_organization_itself import empty
from tests.operations.test_every_operation_is_known_at_once import OUTSIDER, STORIES
from tests.operations.test_every_operation_survives import WEB

__all__ = ["empty"]

GONE = {
    "delete-alternate-contact",
    "delete-ou",
    "delete-policy",
    "deregister-delegated-administrator",
    "detach-policy",
    "remove-account",
    "revoke-access",
    "untag-account",
}
"""They take away, so that only the call is left, and what to do with code that has it."""
IN_CLOUDFORMATION = {
    "create-account",
    "create-ou",
    "create-policy",
    "grant-access",
    "rename-account",
    "rename-ou",
    "update-policy",
}
"""Besides move-account, which is told like a renaming, and what concerns the organization as a whole."""
WITHOUT = {"close-account", "credentials"}
UNIT, ROOT, ACCOUNT, POLICY = (
    r"ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}",
    r"r-[a-z0-9]{4,32}",
    r"\d{12}",
    r"p-[a-zA-Z0-9_]{8,128}",
)
SERVICE = r"[a-z0-9.-]+\.amazonaws\.com"
# By what Terraform's provider imports a resource, and which arguments it needs and takes besides.
# Source: Terraform AWS Provider, the page of each resource ("Argument Reference", "Import").
PROVIDER: dict[str, tuple[str, set[str], set[str]]] = {
    "aws_organizations_account": (
        ACCOUNT,
        {"name", "email"},
        {"parent_id", "role_name", "iam_user_access_to_billing", "tags"},
    ),
    "aws_organizations_organizational_unit": (UNIT, {"name", "parent_id"}, {"tags"}),
    "aws_organizations_policy": (POLICY, {"name", "content"}, {"type", "description", "tags"}),
    "aws_organizations_policy_attachment": (f"({UNIT}|{ROOT}|{ACCOUNT}):{POLICY}", {"policy_id", "target_id"}, set()),
    "aws_organizations_delegated_administrator": (
        f"{ACCOUNT}/{SERVICE}",
        {"account_id", "service_principal"},
        set(),
    ),
    "aws_organizations_organization": (
        r"o-[a-z0-9]{10,32}",
        set(),
        {"feature_set", "aws_service_access_principals", "enabled_policy_types"},
    ),
    "aws_organizations_tag": (f"{ACCOUNT},.{{1,128}}", {"resource_id", "key", "value"}, set()),
    "aws_account_alternate_contact": (
        f"({ACCOUNT}/)?(BILLING|OPERATIONS|SECURITY)",
        {"alternate_contact_type", "email_address", "name", "phone_number", "title"},
        {"account_id"},
    ),
    **{f"aws_iam_{kind}_policy": (r"[^:]+:[^:]+", {"policy", kind}, {"name"}) for kind in ("group", "role", "user")},
}


def shown(workers: Workers, request: Request) -> dict[str, str]:
    """The tools' texts, by the beginnings of their titles; what is said besides stands under ""."""
    workers.catch_up()
    found = as_code(request, workers.snapshot)
    assert problems(found.blocks, "message") == []
    assert message_error("", found.blocks) is None
    texts = {"": " ".join(block["text"]["text"] for block in found.blocks if block["type"] == "section")}
    for block in (block for block in found.blocks if block["type"] == "rich_text"):
        title, code = (element["elements"][0]["text"] for element in block["elements"])
        texts[title.partition(" (import")[0]] = code
    return texts


def done(workers: Workers, name: str, **params: Any) -> Request:
    request = workers.until_done(workers.approved(name, **params))
    assert request.status == Status.SUCCEEDED, request.outcome
    return request


@each_of("operation", all_operations(), ids=lambda operation: operation.name)
def test_each_has_code_or_says_why_not(operation: type[Operation]) -> None:
    assert bool(operation.no_code) != (operation.as_code is not Operation.as_code)
    assert bool(operation.no_code) == (operation.name in WITHOUT)
    assert not operation.no_code or operation.no_code.endswith(".")


@pytest.mark.parametrize("name", sorted(STORIES.keys() - WITHOUT))
def test_what_is_done_is_given_as_code(workers: Workers, aws: AwsSandbox, tmp_path: Path, name: str) -> None:
    *before, (_, params) = STORIES[name]
    for operation, earlier in before:
        done(workers, operation, **earlier)
    sent_before = len(aws.calls)
    request = done(workers, name, **params)
    texts = shown(workers, request)
    is_what_was_sent(aws, sent_before, texts[CLI], tmp_path)
    if name in GONE:
        assert texts.keys() == {"", CLI}
        assert "remove" in texts[""]
    else:
        fits_the_provider(texts)


def is_what_was_sent(aws: AwsSandbox, since: int, text: str, folder: Path) -> None:
    """The lines are the calls that changed something, in their order, without the bot's own tag."""
    told = [(line.operation, line.params) for line in lines(text, folder)]
    names = {operation for operation, _ in told}
    sent = [(call.operation, _unmarked(call.params)) for call in list(aws.calls)[since:] if call.operation in names]
    assert told
    assert told == sent


def _unmarked(params: dict[str, Any]) -> dict[str, Any]:
    """Nor with the API's version, which the SDK sends to IAM."""
    tags = [tag for tag in params.get("Tags", []) if tag["Key"] != REQUEST_TAG]
    others = {name: value for name, value in params.items() if name not in ("Tags", "Version")}
    return others | ({"Tags": tags} if tags else {})


def fits_the_provider(texts: dict[str, str]) -> list[Block]:
    blocks = hcl(texts[TERRAFORM])
    assert blocks
    for block in blocks:
        identity, needed, taken = PROVIDER[block.type]
        assert re.fullmatch(identity, block.imported), block.imported
        assert needed <= block.arguments.keys() <= needed | taken
        assert {name.partition("[")[0] for name in block.ignored} <= needed | taken
    return blocks


def test_cloudformation_takes_every_template(workers: Workers) -> None:
    """All in one, because cfn-lint takes long for each."""
    template: dict[str, Any] = {"Resources": {}}
    for name in sorted(IN_CLOUDFORMATION):
        (params,) = (params for operation, params in STORIES[name][:1] if operation == name)
        one = json.loads(shown(workers, done(workers, name, **params))[CLOUDFORMATION])
        resources = {f"{name.replace('-', '')}{logical}": found for logical, found in one.pop("Resources").items()}
        template = {**one, "Resources": {**template["Resources"], **resources}}
    assert len(template["Resources"]) == len(IN_CLOUDFORMATION)
    assert linted(json.dumps(template)) == []


def test_an_account_that_has_joined(workers: Workers, aws: AwsSandbox, tmp_path: Path) -> None:
    request = workers.approved("invite-account", who=OUTSIDER, ou="/Security", note="Welcome, it's ${us}")
    workers.work()
    handshakes = aws.client("organizations").list_handshakes_for_organization(Filter={"ActionType": "INVITE"})
    aws.accept(handshakes["Handshakes"][0]["Id"])
    make_role(OUTSIDER, DEFAULT_ROLE, default_trust())
    texts = shown(workers, workers.until_done(request))
    (block,) = fits_the_provider(texts)
    assert block.imported == OUTSIDER
    assert [line.operation for line in lines(texts[CLI], tmp_path)] == ["InviteAccountToOrganization", "MoveAccount"]


@pytest.mark.parametrize("features", ["ALL", "CONSOLIDATED_BILLING"])
def test_a_new_organization(empty: Workers, tmp_path: Path, features: str) -> None:
    texts = shown(empty, done(empty, "create-organization", feature_set=features))
    (block,) = fits_the_provider(texts)
    assert block.arguments["feature_set"] == features
    assert ("enabled_policy_types" in block.arguments) == (features == "ALL"), "both lists need all features"
    assert lines(texts[CLI], tmp_path)[0].params == {"FeatureSet": features}


def test_all_features(empty: Workers, tmp_path: Path) -> None:
    done(empty, "create-organization", feature_set="billing")
    texts = shown(empty, done(empty, "enable-all-features"))
    (block,) = fits_the_provider(texts)
    assert block.arguments["feature_set"] == "ALL"
    assert "FeatureSet" in texts[CLOUDFORMATION]
    assert [line.operation for line in lines(texts[CLI], tmp_path)] == ["EnableAllFeatures", "AcceptHandshake"]


def test_services_that_aws_has_not_told_are_neither_given_nor_compared(workers: Workers, aws: AwsSandbox) -> None:
    """A plan would take their access away."""
    request = done(workers, "disable-policy-type", kind="tag")
    workers.snapshot_is(replace(workers.snapshot, services=(), services_unread="denied"))
    (block,) = fits_the_provider(shown(workers, request))
    assert "aws_service_access_principals" not in block.arguments
    assert block.ignored == ("aws_service_access_principals",)
    assert block.arguments["enabled_policy_types"] == ["SERVICE_CONTROL_POLICY"]


def test_what_was_changed_is_marked_and_the_rest_left_alone(workers: Workers) -> None:
    texts = shown(workers, done(workers, "move-account", account=WEB, to="/Security"))
    security = workers.snapshot.find_unit("/Security", "to").id
    assert f'parent_id = "{security}" # was "ou-' in texts[TERRAFORM]
    assert fits_the_provider(texts)[0].ignored == ("tags",)
    assert "Change only `parent_id` there, and leave the import block out." in texts[""]


def test_what_has_changed_since_does_not_change_what_was_done(workers: Workers) -> None:
    first = done(workers, "move-account", account=WEB, to="/Security")
    security = workers.snapshot.find_unit("/Security", "to").id
    done(workers, "move-account", account=WEB, to="/Workloads")
    assert fits_the_provider(shown(workers, first))[0].arguments["parent_id"] == security


def test_a_new_account_is_not_planned_anew(workers: Workers) -> None:
    """AWS does not tell the role and the access to billing; a plan that compared them would replace the account."""
    tagged = done(workers, "create-account", account_name="new", email="new@example.com", tags=["a=b"])
    (block,) = fits_the_provider(shown(workers, tagged))
    assert block.ignored == ("role_name", "iam_user_access_to_billing", f'tags["{REQUEST_TAG}"]')
    assert block.arguments["tags"] == {"a": "b"}


def test_a_description_alone(workers: Workers, tmp_path: Path) -> None:
    texts = shown(workers, done(workers, "update-policy", policy="RestrictRegions", description="https://example.com"))
    (block,) = hcl(texts[TERRAFORM])
    assert (block.arguments, block.imported) == ({"description": "https://example.com"}, "")
    assert CLOUDFORMATION not in texts
    assert lines(texts[CLI], tmp_path)[0].params["Description"] == "https://example.com"


def test_an_account_that_has_left_since(workers: Workers) -> None:
    request = done(workers, "move-account", account=WEB, to="/Security")
    workers.snapshot_is(taken_in(workers.snapshot, (Gone(id=WEB),)))
    found = as_code(request, workers.snapshot)
    assert "is not in the organization, as far as is known" in found.blocks[0]["text"]["text"]


@each_of("operation", all_operations(), ids=lambda operation: operation.name)
def test_the_button_is_there_where_there_is_code(operation: type[Operation]) -> None:
    request = Request(id=1, delivery="d", marker="m", operation=operation.name, subject="s", team="T", requester="U")
    assert has_code(request) != bool(operation.no_code)
    assert CODE == "code"
