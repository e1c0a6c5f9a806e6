"""Every method of Slack's that the bot calls: whatever comes in place of Slack's answer leaves open what was done.

The methods are those that the source names, so that one that is called anew is swept before its author writes a test.
"""

from __future__ import annotations

import inspect
import socket
from typing import Any

import pytest

from approvals.slack.client import HOLDS, SlackAmbiguousError, call
from bot.slack import CountingWebClient
from tests.approvals.slack.test_codes import named_methods
from tests.approvals.slack.test_http import Answers, Server, answering, client, resets, says
from tests.harness.tables import each_of

UPLOAD = "files.upload.v2"
# A file goes in three steps, each with an answer of its own: what is right for those before the one that goes wrong.
STEPS = ("files.getUploadURLExternal", "upload", "files.completeUploadExternal")
WRONG: dict[str, Answers] = {
    "a page": says(b"<!doctype html><html>sign in</html>", "Content-Type: text/html"),
    "a redirect": says(b"", "Location: http://127.0.0.1:9/", status=302),
    "a page that refuses": says(b"<html>blocked</html>", status=403),
    "a page of an error": says(b"<html>bad gateway</html>", status=502),
    "reset after it was taken": resets,
    "cut": says(b'{"ok": tr', length=60),
}
NO_JSON: dict[str, Answers] = {  # An upload's answer is no JSON; that it is one of Slack's its status says.
    "nothing": says(b""),
    "half of it": says(b'{"ok": true, "channel": {"id'),
    "no object": says([{"ok": True}]),
    "no truth": says({"ok": "true"}),
    "a refusal that is no JSON": says(b"denied", status=400),
    "no word of Slack's": says({"ok": False, "error": "Not now!"}, status=404),
}


def called(slack: CountingWebClient, method: str) -> None:
    """The call with all that the SDK wants for it."""
    declared = inspect.signature(getattr(slack, method.replace(".", "_"))).parameters.values()
    wanted: dict[str, Any] = {
        one.name: "x" for one in declared if one.default is one.empty and one.kind != one.VAR_KEYWORD
    }
    wanted |= {"view": {}} if "view" in wanted else {}
    more: dict[str, dict[str, Any]] = {
        UPLOAD: {"content": "x", "filename": "x"},
        "chat.postMessage": {"text": "x"},
        "chat.update": {"text": "x"},
    }
    more |= {
        "chat.postEphemeral": {"text": "x"},
        "conversations.open": {"users": "x"},
        "views.update": {"view_id": "x"},
    }
    more |= {"views.open": {"trigger_id": "x"}, "files.completeUploadExternal": {"files": [{"id": "x"}]}}
    wanted.pop("files", None)
    call(slack, method, **wanted, **more.get(method, {}))


@each_of("method", sorted(named_methods() | {"usergroups.list"}))
def test_what_is_not_slacks_own_word_leaves_open_what_was_done(method: str) -> None:
    for name, answers in (WRONG | NO_JSON).items():
        with answering(answers) as server:
            with pytest.raises(SlackAmbiguousError):
                called(client(server), method)
            assert len(server.asked) == 1, name


@each_of("method", sorted(HOLDS))
def test_an_answer_without_what_its_method_promises_is_none(method: str) -> None:
    others: tuple[dict[str, Any], ...] = ({}, dict.fromkeys(HOLDS[method]), dict.fromkeys(HOLDS[method], 7))
    for other in others:
        with answering(says({"ok": True, **other})) as server, pytest.raises(SlackAmbiguousError):
            called(client(server), method)


class InSteps:
    """Answers each step of an upload as Slack does, and one of them otherwise."""

    def __init__(self, wrong: str, answers: Answers) -> None:
        self.server: Server | None = None
        self._wrong, self._answers = wrong, answers

    def __call__(self, taken: socket.socket) -> None:
        assert self.server is not None
        asked = self.server.asked[-1].split(b" ", 2)[1].decode()
        step = next(step for step in STEPS if asked.endswith(step))
        url = f"{self.server.url}upload"
        right: dict[str, dict[str, Any]] = {
            STEPS[0]: {"upload_url": url, "file_id": "F1"},
            STEPS[2]: {"files": [{"id": "F1"}]},
        }
        says_right = says(b"OK - 1") if step == "upload" else says({"ok": True, **right[step]})
        (self._answers if step == self._wrong else says_right)(taken)


@pytest.mark.parametrize("step", STEPS)
def test_a_file_of_which_one_step_goes_wrong_may_be_there(step: str) -> None:
    for name, answers in (WRONG | ({} if step == "upload" else NO_JSON)).items():
        steps = InSteps(step, answers)
        with answering(steps) as steps.server:
            with pytest.raises(SlackAmbiguousError):
                called(client(steps.server), UPLOAD)
            assert len(steps.server.asked) == 1 + STEPS.index(step), (name, [one[:60] for one in steps.server.asked])


@pytest.mark.parametrize("missing", ["upload_url", "file_id"])
def test_a_file_for_which_no_place_is_given_is_not_sent_anywhere(missing: str) -> None:
    others: tuple[Any, ...] = (None, 7, [])
    for other in others:
        given = {"ok": True, "upload_url": "http://127.0.0.1:9/upload", "file_id": "F1", missing: other}
        with answering(says(given)) as server, pytest.raises(SlackAmbiguousError):
            called(client(server), UPLOAD)


def test_with_slacks_own_answers_a_file_is_sent() -> None:
    steps = InSteps("", says())
    with answering(steps) as steps.server:
        called(client(steps.server), UPLOAD)
        assert len(steps.server.asked) == len(STEPS)
