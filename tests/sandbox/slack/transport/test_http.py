"""Signed HTTP: what Bolt accepts, what it must not, and what a person sees when no good answer comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
from slack_sdk.signature import SignatureVerifier

from sandbox.slack.driver import SlackSandbox
from sandbox.slack.transport.http import signature
from tests.sandbox.slack.bots import Bot


@contextmanager
def answering(slack: SlackSandbox, status: int = 200, body: bytes = b"", wait: Event | None = None) -> Iterator[None]:
    """A request URL that always says the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if wait is not None:
                wait.wait(10)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - The name is the library's.
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    slack.request_url = f"http://127.0.0.1:{server.server_port}/slack/events"
    try:
        yield
    finally:
        if wait is not None:
            wait.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_slack_s_own_verifier_takes_the_signature(slack: SlackSandbox) -> None:
    slack.request_url = "http://127.0.0.1:1/slack/events"
    request = slack.person("alice").request_for("/org help")
    assert SignatureVerifier(slack.signing_secret).is_valid_request(request.body, dict(request.headers))


def test_a_signed_request_runs_and_a_changed_one_does_not(slack: SlackSandbox, bot: Bot) -> None:
    request = slack.person("alice").request_for("/org help")
    assert request.send().status == 200
    assert replace(request, body=request.body.replace("U0ALICE", "U0CAROL")).send().status == 401
    assert len(bot.got) == 1


def test_a_foreign_signature_is_refused(slack: SlackSandbox, bot: Bot) -> None:
    request = slack.person("alice").request_for("/org help")
    at = request.headers["X-Slack-Request-Timestamp"]
    foreign = {**request.headers, "X-Slack-Signature": signature("another secret", at, request.body)}
    assert replace(request, headers=foreign).send().status == 401
    assert bot.got == []


def test_an_old_timestamp_is_refused(slack: SlackSandbox, bot: Bot) -> None:
    slack.workspace.clock.advance(-301)
    assert slack.person("alice").request_for("/org help").send().status == 401
    assert bot.got == []


def test_a_bot_that_is_slow_is_an_operation_timeout(slack: SlackSandbox) -> None:
    slack.dispatcher.ack_seconds = 0.2
    with answering(slack, wait=Event()):
        assert slack.person("alice").types("/org help").error == "operation_timeout"


@pytest.mark.parametrize("status", [404, 500])
def test_a_bad_status_is_a_failed_dispatch(slack: SlackSandbox, status: int) -> None:
    with answering(slack, status):
        reply = slack.person("alice").types("/org help")
    assert (reply.status, reply.error) == (status, "dispatch_failed")


def test_nobody_there_is_a_failed_dispatch(slack: SlackSandbox) -> None:
    assert slack.person("alice").types("/org help").error == "dispatch_failed"
    slack.request_url = "http://127.0.0.1:1/slack/events"
    assert slack.person("alice").types("/org help").error == "dispatch_failed"


def test_a_plain_text_answer_is_an_ephemeral(slack: SlackSandbox) -> None:
    with answering(slack, body=b"Done."):
        assert slack.person("alice").types("/org help").text == "Done."
    assert [m["text"] for m in slack.person("alice").ephemerals] == ["Done."]


def test_the_request_url_is_verified(slack: SlackSandbox, bot: Bot) -> None:
    assert slack.verify_url()
    with answering(slack, body=b"something else"):
        assert not slack.verify_url()


def test_an_unacknowledged_event_comes_again(slack: SlackSandbox) -> None:
    with answering(slack, 500):
        slack.person("alice").opens_home()
    assert [(d.delivery.retry, d.answer.status) for d in slack.deliveries] == [(0, 500), (1, 500), (2, 500), (3, 500)]
    assert len({d.delivery.payload["event_id"] for d in slack.deliveries}) == 1
