"""What the edge answers: 401 to whoever is not Slack, without a word in the log, and Bolt's answer to Slack."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Sequence
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

from bot.http.edge import Edge, Line, Signatures, SlackEndpoint
from bot.http.metrics import Metrics

SECRET = "a-signing-secret"
NOW = 1_700_000_000
TIME = str(NOW)
BODY = b"command=%2Forg&text=create-account+--reason+canary"
FORM = "application/x-www-form-urlencoded"
SIGNATURE = Signatures(SECRET, clock=lambda: NOW).sign(TIME, BODY)
MUTATIONS = int(os.environ.get("ORGBOT_FUZZ", "300"))


class Bolt:
    """Stands where Bolt's dispatch stands; `given` is what came through."""

    def __init__(self) -> None:
        self.given: list[tuple[str, dict[str, list[str]]]] = []

    def __call__(self, body: str, headers: dict[str, list[str]]) -> tuple[int, dict[str, Sequence[str]], str]:
        self.given.append((body, headers))
        return 200, {"content-type": ["application/json"], "x-two": ["a", "b"]}, '{"ok": "é"}'


class Caller:
    """Calls one edge as a server would, by the rules of PEP 3333."""

    def __init__(self) -> None:
        self.bolt, self.metrics = Bolt(), Metrics()
        self.lines: list[Line] = [("database", True, "answers")]
        self.edge: Any = Edge(SlackEndpoint(SECRET, self.bolt), lambda: self.lines, self.metrics, clock=lambda: NOW)

    def call(
        self, path: str, method: str = "GET", body: bytes = b"", **more: str
    ) -> tuple[int, list[tuple[str, str]], str]:
        environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(body)}
        setup_testing_defaults(environ)
        environ |= {"QUERY_STRING": "", "SCRIPT_NAME": "", "CONTENT_LENGTH": str(len(body)), **more}
        began: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
            began.extend([int(status[:3]), headers])

        answer: Any = validator(self.edge)(environ, start_response)
        text = b"".join(answer).decode()
        answer.close()
        return began[0], began[1], text

    def deliver(self, body: bytes = BODY, time: str = TIME, signature: str = SIGNATURE, **more: str) -> int:
        signed = {"HTTP_X_SLACK_REQUEST_TIMESTAMP": time, "HTTP_X_SLACK_SIGNATURE": signature, "CONTENT_TYPE": FORM}
        return self.call("/slack/events", "POST", body, **{**signed, **more})[0]

    def counted(self) -> str:
        return generate_latest(self.metrics.registry).decode()


@pytest.fixture
def caller() -> Caller:
    return Caller()


def test_a_signed_delivery_goes_to_bolt_and_its_answer_back(caller: Caller) -> None:
    status, headers, text = caller.call(
        "/slack/events",
        "POST",
        BODY,
        HTTP_X_SLACK_REQUEST_TIMESTAMP=TIME,
        HTTP_X_SLACK_SIGNATURE=SIGNATURE,
        HTTP_X_SLACK_RETRY_NUM="1",
        CONTENT_TYPE=FORM,
    )
    assert (status, text) == (200, '{"ok": "é"}')
    assert [value for name, value in headers if name == "x-two"] == ["a", "b"]
    assert ("Content-Length", str(len(text.encode()))) in headers, "in bytes: Slack would wait for more, or read less"
    ((body, given_headers),) = caller.bolt.given
    assert body == BODY.decode()
    assert given_headers["content-type"] == [FORM]
    assert given_headers["x-slack-retry-num"] == ["1"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"time": ""},
        {"time": "x"},
        {"time": str(NOW - 301)},
        {"time": str(NOW + 301)},
        {"signature": ""},
        {"signature": "v0=é"},
        {"body": BODY + b" "},
    ],
)
def test_who_is_not_slack_gets_401_and_leaves_no_trace(
    caller: Caller, wrong: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert caller.deliver(**wrong) == 401
    assert caller.bolt.given == []
    assert "canary" not in caplog.text
    assert 'deliveries_total{status="401"} 1.0' in caller.counted()


def test_missing_headers_are_401(caller: Caller) -> None:
    assert caller.call("/slack/events", "POST", BODY, CONTENT_TYPE=FORM)[0] == 401
    timed = {"HTTP_X_SLACK_REQUEST_TIMESTAMP": TIME}
    assert caller.call("/slack/events", "POST", BODY, CONTENT_TYPE=FORM, **timed)[0] == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_slack_posts(caller: Caller, method: str) -> None:
    status, headers, _ = caller.call("/slack/events", method)
    assert status == 405
    assert ("Allow", "POST") in headers


@pytest.mark.parametrize(("length", "status"), [(2_000_000, 200), (2_000_001, 413)])
def test_too_large_a_body_is_not_read(caller: Caller, length: int, status: int) -> None:
    assert caller.deliver(CONTENT_LENGTH=str(length)) == status


def test_without_a_length_there_is_no_body(caller: Caller) -> None:
    """Whoever would read on would wait for the connection's end."""
    signature = Signatures(SECRET, clock=lambda: NOW).sign(TIME, b"")
    assert caller.deliver(signature=signature, CONTENT_LENGTH="") == 200
    assert [body for body, _ in caller.bolt.given] == [""]


def test_what_is_no_text_goes_to_bolt_as_far_as_it_is(caller: Caller) -> None:
    assert caller.deliver(b"a\xff", signature=Signatures(SECRET, clock=lambda: NOW).sign(TIME, b"a\xff")) == 200
    assert [body for body, _ in caller.bolt.given] == ["a\ufffd"]


def test_bolt_gets_slacks_headers_and_the_content_type_and_no_others(caller: Caller) -> None:
    signed = {"HTTP_X_SLACK_REQUEST_TIMESTAMP": TIME, "HTTP_X_SLACK_SIGNATURE": SIGNATURE}
    caller.call("/slack/events", "POST", BODY, HTTP_COOKIE="a=b", **signed)
    ((_, headers),) = caller.bolt.given
    assert headers == {"content-type": [""], "x-slack-request-timestamp": [TIME], "x-slack-signature": [SIGNATURE]}


def test_how_long_slack_waited_is_measured(caller: Caller) -> None:
    for _ in range(2):
        caller.deliver()
    waited = caller.metrics.registry.get_sample_value
    assert waited("orgbot_ack_seconds_count") == 2
    assert 0 <= (waited("orgbot_ack_seconds_sum") or 0) < 60, "and not since when"


def test_a_handler_that_breaks_is_500_and_counted(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("the handler broke")

    caller.edge = Edge(SlackEndpoint(SECRET, broken), list, caller.metrics, clock=lambda: NOW)
    assert caller.deliver() == 500
    assert "the handler broke" in caplog.text
    assert 'deliveries_total{status="500"} 1.0' in caller.counted()


def test_in_socket_mode_nothing_is_delivered_over_http(caller: Caller) -> None:
    caller.edge = Edge(None, list, caller.metrics)
    assert caller.deliver() == 404


def test_alive(caller: Caller) -> None:
    assert caller.call("/healthz")[::2] == (200, "ok\n")


def test_ready_says_what_is_there(caller: Caller) -> None:
    assert caller.call("/readyz")[::2] == (200, "ok database: answers\n")


def test_not_ready_says_what_is_missing(caller: Caller) -> None:
    caller.lines.append(("slack", False, "not connected"))
    assert caller.call("/readyz")[::2] == (503, "ok database: answers\nNOT OK slack: not connected\n")


def test_what_it_can_do_without_is_neither_ok_nor_a_reason_to_be_cut_off(caller: Caller) -> None:
    caller.lines.append(("organization", None, "cannot be read"))
    assert caller.call("/readyz")[::2] == (200, "ok database: answers\n-- organization: cannot be read\n")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("", "text/plain"), ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text")],
)
def test_metrics_in_the_format_that_is_asked_for(caller: Caller, accept: str, kind: str) -> None:
    caller.metrics.slack_calls.labels("auth.test", "ok").inc()
    status, headers, text = caller.call("/metrics", HTTP_ACCEPT=accept)
    assert status == 200
    assert dict(headers)["Content-Type"].startswith(kind)
    assert 'orgbot_slack_calls_total{method="auth.test",outcome="ok"} 1.0' in text


def test_elsewhere_is_nothing(caller: Caller) -> None:
    assert [caller.call(path)[0] for path in ("/", "/slack/events/", "/healthz/..", "/favicon.ico")] == [404] * 4


def replaced(whole: bytes, place: int, put: bytes) -> bytes:
    at = place % (len(whole) + 1)
    return whole[:at] + put + whole[at + 1 :]


MUTATED = st.tuples(st.sampled_from(["body", "time", "signature"]), st.integers(0, 200), st.binary(max_size=4))


@settings(max_examples=MUTATIONS, deadline=None)
@given(st.lists(MUTATED, min_size=1, max_size=4))
def test_whatever_is_changed_in_a_signed_delivery_is_401(mutations: list[tuple[str, int, bytes]]) -> None:
    parts = {"body": BODY, "time": TIME.encode(), "signature": SIGNATURE.encode()}
    unchanged = dict(parts)
    for part, place, put in mutations:
        parts[part] = replaced(parts[part], place, put)
    caller = Caller()
    status = caller.deliver(parts["body"], parts["time"].decode("latin-1"), parts["signature"].decode("latin-1"))
    assert status == (200 if parts == unchanged else 401)
    assert len(caller.bolt.given) == (status == 200)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_head_has_the_headers_of_get_and_no_body(caller: Caller, path: str) -> None:
    got, head = caller.call(path), caller.call(path, "HEAD")
    assert (head[0], [name for name, _ in head[1]]) == (got[0], [name for name, _ in got[1]])
    assert got[2]
    assert head[2] == ""


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_is_only_looked_at_takes_nothing_else(caller: Caller, path: str) -> None:
    status, headers, _ = caller.call(path, "POST")
    assert (status, dict(headers)["Allow"]) == (405, "GET, HEAD")


def test_slacks_address_is_not_for_head(caller: Caller) -> None:
    status, headers, text = caller.call("/slack/events", "HEAD")
    assert (status, dict(headers)["Allow"], text) == (405, "POST", "")


def test_details_may_be_left_to_another_port(caller: Caller) -> None:
    caller.edge = Edge(SlackEndpoint(SECRET, caller.bolt), lambda: caller.lines, caller.metrics, details=False)
    assert caller.call("/readyz")[0::2] == (200, "ready\n")
    caller.lines = [("database", False, "the disk is full")]
    assert caller.call("/readyz")[0::2] == (503, "not ready\n")
    assert caller.call("/metrics")[0] == 404
    caller.edge = Edge(None, lambda: caller.lines, caller.metrics)
    assert "the disk is full" in caller.call("/readyz")[2]
    assert caller.call("/metrics")[0] == 200
    assert caller.call("/slack/events", "POST")[0] == 404


def test_a_clock_that_somebody_sets_keeps_nobody_out(caller: Caller) -> None:
    slack = SlackEndpoint(SECRET, caller.bolt, steady=lambda: NOW)
    caller.edge = Edge(slack, list, caller.metrics, clock=lambda: NOW + 3600)
    assert caller.deliver() == 200


def test_a_delivery_that_fits_one_of_two_clocks_is_taken() -> None:
    signatures = Signatures(SECRET, lambda: NOW + 3600, lambda: NOW)
    assert signatures.hold(TIME, BODY, signatures.sign(TIME, BODY))
    assert not Signatures(SECRET, lambda: NOW + 3600, lambda: NOW - 3600).hold(TIME, BODY, signatures.sign(TIME, BODY))
