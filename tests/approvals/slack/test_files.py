"""A document in a file: read once, from its requester only, and its text is what is approved."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import select

from approvals.models import Message
from approvals.queue.outgoing import ANEW
from approvals.slack.client import SlackAwayError
from approvals.slack.files import Attached, Attachments, FileError
from approvals.states import Status
from operations.core.fields import FieldKind
from operations.core.registry import all_operations
from tests.harness.tables import each_of
from tests.harness.unseen import UNSEEN
from tests.harness.workers import Workers

FILE = "slack-file:F0123456789"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
NEW = {"kind": "scp", "policy_name": "FromAFile", "content": FILE}


class Files:
    """What `files.info` and the download would give."""

    def __init__(self, text: str = "", error: Exception | None = None) -> None:
        self.text = text
        self.error = error
        self.asked: list[tuple[str, str]] = []

    def __call__(self, file: str, user: str) -> Attached:
        self.asked.append((file, user))
        if self.error:
            raise self.error
        return Attached("deny.json", self.text)


def reading(workers: Workers, files: Files) -> None:
    workers.context = dataclasses.replace(workers.context, files=files)


def test_the_text_takes_the_files_place_before_anybody_approves(workers: Workers) -> None:
    files = Files(json.dumps(DOCUMENT, indent=4))
    reading(workers, files)
    request = workers.ask("create-policy", **NEW)
    workers.work()
    request = workers.request(request.id)
    assert json.loads(request.params["content"]) == DOCUMENT
    assert files.asked == [("F0123456789", request.requester)]
    workers.click(request, "approve", "U0BOB")
    assert workers.until_done(request).status == Status.SUCCEEDED


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (Files("{"), "The file “deny.json”: invalid JSON at line 1, column 2"),
        (Files(error=FileError("the file was uploaded by somebody else.")), "The file was uploaded by somebody else."),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(workers: Workers, files: Files, said: str) -> None:
    reading(workers, files)
    request = workers.ask("create-policy", **NEW)
    workers.work()
    request = workers.request(request.id)
    assert request.status == Status.REFUSED
    assert said in request.outcome
    assert "--content" not in request.outcome
    with workers.context.store.read() as session:
        (told,) = session.exec(select(Message).where(Message.kind == ANEW)).all()
    assert told.body["blocks"][-1]["elements"][0]["action_id"] == "edit"


def as_escape(character: str) -> str:
    """As JSON writes it when it has to be ASCII."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


@pytest.mark.parametrize("operation", ["create-policy", "update-policy"])
@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN)
@pytest.mark.parametrize("written", [str, as_escape], ids=["as it is", "as an escape"])
def test_what_nobody_sees_in_a_file_is_refused_with_its_place(
    workers: Workers, operation: str, unseen: str, written: Callable[[str], str]
) -> None:
    reading(workers, Files(f'{{\n"Statement": "s3:Delete{written(unseen)}Bucket"}}'))
    new = {"kind": "scp", "policy_name": "FromAFile"} if operation == "create-policy" else {"policy": "p-FullAWSAccess"}
    request = workers.ask(operation, **new, content=FILE)
    workers.work()
    request = workers.request(request.id)
    assert request.status == Status.REFUSED
    assert f"“deny.json”: line 2, column 24 holds an invisible character, U+{ord(unseen):04X}" in request.outcome


def test_every_operation_with_a_document_is_in_the_sweep() -> None:
    with_documents = {
        operation.name
        for operation in all_operations()
        if any(field.flag.kind is FieldKind.DOCUMENT for field in operation.fields())
    }
    assert with_documents == {"create-policy", "update-policy"}


def test_slack_away_is_tried_again(workers: Workers) -> None:
    files = Files(json.dumps(DOCUMENT), error=SlackAwayError("files.info"))
    reading(workers, files)
    request = workers.ask("create-policy", **NEW)
    workers.work()
    assert workers.request(request.id).status == Status.PENDING
    files.error = None
    workers.clock.advance(minutes=1)
    workers.work()
    assert workers.request(request.id).announced_at


@each_of(
    "address",
    [
        *("https://evil.example/x", "https://files.slack.com.evil.example/x", "file:///etc/passwd", ""),
        *(
            "http://files.slack.com/x",
            "https://slack.com/x",
            "https://files.slack.com:8443/x",
            "https://a@files.slack.com/x",
        ),
    ],
)
def test_the_token_goes_to_slack_alone(address: str) -> None:
    with pytest.raises(FileError, match="not kept by Slack itself"):
        reads("https://slack.com/api/", address)


@pytest.mark.parametrize("api", ["http://127.0.0.1:1/api/", "http://localhost:1/api/", "http://[::1]:1/api/"])
def test_a_stand_in_on_this_machine_keeps_files_itself(api: str) -> None:
    with pytest.raises(SlackAwayError):
        reads(api, api)


def test_a_stand_in_elsewhere_does_not() -> None:
    with pytest.raises(FileError, match="not kept by Slack itself"):
        reads("http://slack.example:1/api/", "http://slack.example:1/x")


def reads(api: str, address: str) -> None:
    slack: Any = SimpleNamespace(base_url=api, token="xoxb-canary")
    Attachments(slack)._download(address)
