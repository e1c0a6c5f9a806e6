"""`As code` and `/org code 12`: private, for members, and only of the request that was meant."""

from __future__ import annotations

import json

import pytest

from handlers.action_ids import CODE
from tests.harness.handling import ALICE, BOB, CLICK_URL, GENERAL, GUEST, Handling

LONG = '{"Statement":[{"Action":[' + ",".join(['"s3:DeleteBucketWebsite"'] * 90) + "]}]}"


def answered(handling: Handling) -> tuple[str, str]:
    """Where the answer went, and its blocks."""
    handling.work()
    ((url, body),) = handling.replies
    assert (body["response_type"], body["replace_original"]) == ("ephemeral", False)
    return url, json.dumps(body["blocks"])


@pytest.mark.parametrize("user", [ALICE, BOB])
def test_the_button_is_answered_where_it_stands_and_in_private(over: Handling, user: str) -> None:
    over.presses(CODE, over.button(), user=user)
    url, blocks = answered(over)
    assert url == CLICK_URL
    for words in (
        "aws_organizations_account.fullback_staging",
        "AWS::Organizations::Account",
        "aws organizations move-account",
    ):
        assert words in blocks
    assert len(over.requests()) == 1, "nothing is filed"
    assert not over.slack.made("chat.postMessage")


def test_the_command_gives_the_same(over: Handling) -> None:
    over.types("code 1")
    typed = json.dumps(over.blocks)
    over.presses(CODE, over.button())
    assert answered(over)[1] == typed


def test_what_is_long_comes_as_a_file(over: Handling) -> None:
    params = {"kind": "scp", "policy_name": "Keep", "content": LONG}
    over.ends(operation="create-policy", params=params, memory={"policy": "p-12345678"})
    over.types("code #1", user=BOB)
    assert "create-policy-1.tf" in json.dumps(over.blocks)
    over.work()
    assert {opened["users"] for opened in over.slack.made("conversations.open")} == {BOB}
    names = [announced["filename"] for announced in over.slack.made("files.getUploadURLExternal")]
    assert names == ["create-policy-1.tf", "create-policy-1.template.json"]


def test_a_file_that_slack_refuses_is_told(over: Handling) -> None:
    over.slack.refuse["files.getUploadURLExternal"] = "missing_scope"
    params = {"kind": "scp", "policy_name": "Keep", "content": LONG}
    over.ends(operation="create-policy", params=params, memory={"policy": "p-12345678"})
    over.types("code 1")
    assert "The file create-policy-1.tf could not be sent" in over.told()[0]


def test_guests_see_nothing(over: Handling) -> None:
    over.presses(CODE, over.button(), user=GUEST)
    told = over.types("code 1", user=GUEST)
    over.work()
    assert "aws_organizations" not in told + json.dumps([body for _, body in over.replies])
    assert any("uest" in line for line in over.told())


def test_a_button_of_another_database_shows_nothing(over: Handling) -> None:
    over.presses(CODE, f"1.{'0' * 32}")
    assert "another orgbot or an older database" in answered(over)[1]


def test_a_number_that_is_none(over: Handling) -> None:
    assert "Try `/org code 12`" in over.types("code twelve")
    assert "There is no request #7" in over.types("code 7")


def test_before_the_organization_was_read_there_is_none(over: Handling) -> None:
    over.organization = None
    assert over.unread.split(".")[0] in over.types("code 1")


def test_the_button_of_a_request_that_is_not_over_says_so(over: Handling) -> None:
    over.ends(status="running")
    over.presses(CODE, over.button(), channel=GENERAL, on="private")
    assert "isn't finished" in answered(over)[1]
