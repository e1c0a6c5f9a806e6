"""What a private answer with code shows: a block for each tool, a file for what is long, or why there is none."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import Request
from approvals.states import TERMINAL, Status
from approvals.views import living, thread
from approvals.views.as_code import LONGEST, as_code
from operations.core.closing import Closing
from tests.harness.handling import organization

STAGING, PRODUCTION = "ou-1-stag", "ou-1-prod"
MOVED = {"account": "222222222222", "to": PRODUCTION}


def request(operation: str = "move-account", status: Status = Status.SUCCEEDED, **values: Any) -> Request:
    known: dict[str, Any] = {
        "params": MOVED,
        "preview": {"title": "Move fullback-staging to /Workloads/Production", "precondition": {"source": STAGING}},
        **values,
    }
    who: dict[str, Any] = {"delivery": "d", "marker": "m", "subject": "s", "team": "T0", "requester": "U0ALICE"}
    return Request(id=12, key="0" * 32, operation=operation, status=status, **who, **known)


def said(shown: Request) -> str:
    found = as_code(shown, organization())
    assert found.files == {}
    (block,) = found.blocks
    return str(block["text"]["text"])


def test_a_block_for_each_tool() -> None:
    head, *blocks = as_code(request(), organization()).blocks
    assert head["text"]["text"].startswith("*As code: #12* Move fullback-staging to /Workloads/Production\n")
    titles = [block["elements"][0]["elements"][0]["text"] for block in blocks]
    assert titles == ["OpenTofu / Terraform", "CloudFormation (import it by AccountId 222222222222)", "AWS CLI"]


def test_what_is_long_is_a_file() -> None:
    """Here the template; the others are short enough to be read."""
    content = '{"Statement":[{"Action":[' + ",".join(['"s3:DeleteBucketWebsite"'] * 90) + "]}]}"
    params = {"kind": "scp", "policy_name": "Keep", "content": content}
    found = as_code(request("create-policy", params=params, memory={"policy": "p-12345678"}), organization())
    assert found.files.keys() == {"create-policy-12.tf", "create-policy-12.template.json"}
    assert all(len(text) > LONGEST for text in found.files.values())
    lines = [block["text"]["text"] for block in found.blocks if block["type"] == "section"]
    assert "*OpenTofu / Terraform*: long, so you get it as the file `create-policy-12.tf` by direct message." in lines
    assert [block["type"] for block in found.blocks] == ["section", "section", "section", "rich_text"]


@pytest.mark.parametrize("status", sorted(TERMINAL - {Status.SUCCEEDED}))
def test_of_what_was_not_done_there_is_none(status: Status) -> None:
    assert "ended without success" in said(request(status=status))


@pytest.mark.parametrize("status", [Status.PENDING, Status.RUNNING, Status.WAITING])
def test_of_what_is_not_over_there_is_none(status: Status) -> None:
    assert "isn't finished" in said(request(status=status))


@pytest.mark.parametrize("operation", ["credentials", "close-account"])
def test_an_operation_may_say_why_it_has_none(operation: str) -> None:
    assert said(request(operation)).endswith((".", "too."))


@pytest.mark.parametrize(
    "values",
    [{"params": {"account": "222222222222"}}, {"preview": {}}, {"operation": "create-account"}, {"operation": "dance"}],
    ids=["other fields", "no precondition", "no memory", "no operation"],
)
def test_what_an_older_version_kept_is_not_enough(values: dict[str, Any]) -> None:
    assert "older version" in said(request(**values))


def test_names_cannot_format_the_answer() -> None:
    named = request(preview={"title": "Move <!channel>", "precondition": {"source": STAGING}})
    assert "Move &lt;!channel&gt;" in as_code(named, organization()).blocks[0]["text"]["text"]


@pytest.mark.parametrize(("undo", "labels"), [([], ["As code"]), (["back"], ["Undo", "As code"])])
def test_the_button_stands_on_the_good_end(undo: list[str], labels: list[str]) -> None:
    """In the thread, and in the requester's direct message."""
    closing = Closing(summary="done")
    over = request(memory={"closing": closing.model_dump(mode="json"), thread.UNDO: undo})
    for message in (thread.succeeded(over, closing, undo=undo), living.living(over)):
        found = [item for block in message["blocks"] if block["type"] == "actions" for item in block["elements"]]
        assert [item["text"]["text"] for item in found] == labels
        assert {item["value"] for item in found} == {over.button}


def test_there_is_no_button_where_there_is_no_code() -> None:
    message = thread.succeeded(request("credentials"), Closing(summary="done"))
    assert not [block for block in message["blocks"] if block["type"] == "actions"]
