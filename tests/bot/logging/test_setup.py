"""Every line is one event with the request's number, whoever wrote it, and none tells a secret."""

from __future__ import annotations

import errno
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import structlog
from slack_bolt import App, BoltRequest
from slack_sdk import WebClient

from bot.logging.setup import bind_request, request_context, set_up_logs

CANARY = "4f3a5b6c7d8e9f00canary"
log = logging.getLogger("approvals.test")  # Bolt sets the level of the logger that is called as the app is.


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What `set_up_logs` sets belongs to the whole process; pytest's own handlers come back afterwards."""
    root = logging.getLogger()
    kept = (root.handlers[:], root.level, sys.excepthook, threading.excepthook)
    yield
    root.handlers[:], root.level, sys.excepthook, threading.excepthook = kept
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def told(stream: io.StringIO) -> Any:
    """Sets the logs up as JSON; `told()` gives the events so far."""
    set_up_logs("INFO", "json", [CANARY], stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_a_json_object_with_level_logger_and_time(told: Any) -> None:
    log.info("%s asks for %s", "Alice", "create-account")
    (event,) = told()
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "Alice asks for create-account", "level": "info", "logger": "approvals.test"}


def test_structlog_and_logging_are_treated_alike(told: Any) -> None:
    structlog.get_logger("approvals.test").warning("retrying", attempt=2, token=CANARY, note=f"with {CANARY}")
    (event,) = told()
    assert (event["event"], event["attempt"], event["level"]) == ("retrying", 2, "warning")
    assert "token" not in event
    assert event["note"] == "with [hidden]"


def test_lines_about_a_request_carry_its_number(told: Any) -> None:
    with request_context(12):
        log.info("a")
        with request_context(13):
            log.info("b")
        structlog.get_logger().info("c")
    log.info("d")
    assert [event.get("request") for event in told()] == [12, 13, 12, None]


def test_a_number_is_bound_until_it_is_ended(told: Any) -> None:
    bind_request(12)
    log.info("a")
    bind_request(None)
    log.info("b")
    assert [event.get("request") for event in told()] == [12, None]


def test_a_number_stays_in_its_thread(told: Any) -> None:
    with request_context(12):
        other = threading.Thread(target=lambda: log.info("elsewhere"))
        other.start()
        other.join()
    assert "request" not in told()[0]


def raise_with_a_secret() -> None:
    raise RuntimeError(f"Slack refused xoxb-1-{CANARY}")


def test_a_traceback_is_told_without_its_secret(told: Any) -> None:
    try:
        raise_with_a_secret()
    except RuntimeError:
        log.exception("no answer")
    (event,) = told()
    assert "raise_with_a_secret" in event["exception"]
    assert CANARY not in event["exception"]


def test_an_exception_that_nobody_caught_is_a_line_too(told: Any) -> None:
    thread = threading.Thread(target=raise_with_a_secret)
    thread.start()
    thread.join()
    try:
        raise_with_a_secret()
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert [(event["level"], CANARY in event["exception"]) for event in told()] == [("critical", False)] * 2


class Full(io.StringIO):
    """A file on a disk that is full."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("stream", [Full(), closed := io.StringIO(), None], ids=["full", "closed", "none"])
def test_where_no_line_can_be_written_the_work_goes_on(
    stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed.close()
    monkeypatch.setattr("sys.stderr", stream)
    set_up_logs("INFO", "json")
    log.info("not told")


def test_a_broken_log_call_does_not_show_its_arguments(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("INFO", "json", [], stream)
    log.info("%d", CANARY)
    assert "could not be written" in stream.getvalue()
    assert CANARY not in stream.getvalue() + "".join(capsys.readouterr())


def test_secret_keys_of_the_environment_are_known(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    set_up_logs("INFO", "json", [], stream)
    log.info(CANARY)
    assert CANARY not in stream.getvalue()


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_bolt_tells_nothing_of_a_body_whose_signature_is_wrong(stream: io.StringIO, level: str) -> None:
    set_up_logs(level, "json", [], stream)
    app = App(client=WebClient("xoxb-1"), signing_secret="s", token_verification_enabled=False)
    headers: dict[str, str | Sequence[str]] = {"x-slack-request-timestamp": "1", "x-slack-signature": "v0=1"}
    assert app.dispatch(BoltRequest(body=f"text={CANARY}", headers=headers)).status == 401
    assert CANARY not in stream.getvalue()


@pytest.mark.parametrize("library", ["slack_bolt.App", "slack_sdk.web.client", "botocore.endpoint", "urllib3"])
def test_libraries_tell_warnings_only(stream: io.StringIO, library: str) -> None:
    set_up_logs("DEBUG", "json", [], stream)
    logging.getLogger(library).info("body: …")
    assert stream.getvalue() == ""
    logging.getLogger(library).warning("slow")
    assert "slow" in stream.getvalue()


def test_people_get_readable_lines_into_which_nobody_can_write(stream: io.StringIO) -> None:
    set_up_logs("INFO", "console", [CANARY], stream)
    with request_context(12):
        log.info("reason: %s", f"so\n2000-01-01 [info] approved \x1b[31m{CANARY}")
    (line,) = stream.getvalue().splitlines()
    assert "request=12" in line
    assert r"so\n2000" in line
    assert r"\x1b[31m[hidden]" in line


def test_a_level_below_the_set_one_is_silent(told: Any) -> None:
    log.debug("quiet")
    assert told() == []
