"""files.*: announced, uploaded, shared."""

from __future__ import annotations

import urllib.request

import pytest
from slack_sdk import WebClient

from sandbox.slack import files
from sandbox.slack.driver import SlackSandbox
from tests.sandbox.slack.api.test_chat import HERE, refusal


def read(url: str, token: str | None = None) -> bytes:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:  # noqa: S310 - Loopback.
        return bytes(response.read())


def test_an_upload_appears_in_the_thread(client: WebClient, slack: SlackSandbox) -> None:
    parent = client.chat_postMessage(channel=HERE, text="The tree")["ts"]
    client.files_upload_v2(channel=HERE, thread_ts=parent, filename="tree.txt", content="root", title="Tree")
    (reply,) = slack.replies(slack.messages(HERE)[0])
    (file,) = reply["files"]
    assert (file["name"], file["title"], file["size"]) == ("tree.txt", "Tree", 4)
    assert client.files_info(file=file["id"])["file"]["id"] == file["id"]
    client.files_delete(file=file["id"])
    assert refusal(client.files_info, file=file["id"]) == "file_not_found"


def test_reading_a_file_needs_the_token(client: WebClient, slack: SlackSandbox) -> None:
    client.files_upload_v2(channel=HERE, filename="policy.json", content="{}")
    (file,) = slack.messages(HERE)[0]["files"]
    assert read(file["url_private"], slack.bot_token) == b"{}"
    assert b"Sign in" in read(file["url_private"])


def test_a_file_without_bytes_cannot_be_shared(client: WebClient) -> None:
    announced = client.files_getUploadURLExternal(filename="a.txt", length=3)
    error = refusal(client.files_completeUploadExternal, files=[{"id": announced["file_id"]}], channel_id=HERE)
    assert error == "file_not_found"


def test_blocks_show_a_file_once_slack_is_done_with_it(
    client: WebClient, slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LOOKED_AT_WITHIN", 600.0)
    kept = client.files_upload_v2(filename="tree.png", content=b"png")["files"][0]["id"]
    blocks = [{"type": "image", "slack_file": {"id": kept}, "alt_text": "The tree"}]
    home = {"type": "home", "blocks": blocks}
    assert client.files_info(file=kept)["file"]["mimetype"] == ""
    assert refusal(client.chat_postMessage, channel=HERE, text="x", blocks=blocks) == "invalid_blocks"
    assert refusal(client.views_publish, user_id="U0ALICE", view=home) == "invalid_arguments"
    monkeypatch.setattr(files, "LOOKED_AT_WITHIN", 0.0)
    slack.wait_for(lambda: client.files_info(file=kept)["file"]["mimetype"], 5, "the file's type")
    client.chat_postMessage(channel=HERE, text="x", blocks=blocks)
    client.views_publish(user_id="U0ALICE", view=home)
    other = [{**blocks[0], "slack_file": {"id": "F0NOSUCHFILE"}}]
    assert refusal(client.chat_postMessage, channel=HERE, text="x", blocks=other) == "invalid_blocks"
