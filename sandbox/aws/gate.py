"""The WSGI application in front of moto's: records each call, lets faults happen, tells moto whose call it is."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from threading import Event
from typing import Any

from sandbox.aws import analyzer, partition, responses, signin
from sandbox.aws.answers import HttpAnswer, error_answer, server_error, throttled
from sandbox.aws.backend import LOCK, Backend
from sandbox.aws.calls import Call, CallLog
from sandbox.aws.faults import Fault, Faults, TokenBucket
from sandbox.aws.late import Before
from sandbox.aws.requests import Environ, read_call

StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

log = logging.getLogger(__name__)


class Gate:
    """Stands between the socket and moto; `limit` is the optional rate limit."""

    def __init__(self, app: Application, calls: CallLog, faults: Faults) -> None:
        self._app = app
        self._calls = calls
        self._faults = faults
        self.limit: TokenBucket | None = None
        self.before: Before | None = None
        self.closing = Event()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if self.closing.is_set():
            _hang_up(environ)
        refusal = partition.enter(environ, Backend.conditions)
        call = self._calls.add(_read(environ))
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = call.account
        environ["sandbox.service"] = call.service
        answer = refusal or partition.leave(self._answer(call, environ), Backend.conditions)
        log.debug("%s %s: %s", call.service, call.operation, call.outcome)
        start_response(answer.status_line, answer.headers)
        return [answer.body]

    def _answer(self, call: Call, environ: Environ) -> HttpAnswer:
        """The answer to a call; raises ConnectionAbortedError where there is to be none."""
        fault = self._faults.strike(call.service, call.operation, call.params)
        instead = self._instead(call, fault)
        if fault and fault.kind == "drop-before":
            self._calls.finish(call, fault.kind)
            _hang_up(environ)
        if fault and fault.kind == "delay":
            _wait(fault, environ)
        if fault and fault.kind == "late":
            self.before = Before(fault.seconds)
        answer = instead or self._carry_out(call, environ)
        self._calls.finish(call, fault.kind if fault and fault.kind in ("drop-after", "bad-json") else answer.outcome)
        if fault and fault.kind == "drop-after":
            _hang_up(environ)
        if fault and fault.kind == "delay-after":
            _wait(fault, environ)
        return _cut(answer) if fault and fault.kind == "bad-json" else answer

    def _carry_out(self, call: Call, environ: Environ) -> HttpAnswer:
        """What moto has no endpoint for is answered here, everything else by moto."""
        if call.service == signin.SERVICE:
            return signin.answer(environ)
        if call.service == analyzer.SERVICE:
            return analyzer.answer(call)
        # What moto does without this lock, as in IAM, would be done to the state that a late look shows for a moment, and be lost.
        with LOCK, self.before.shown() if self.before and self.before.hides(call.operation) else nullcontext():
            return responses.answer(call) if call.service == responses.SERVICE else ask(self._app, environ)

    def _instead(self, call: Call, fault: Fault | None) -> HttpAnswer | None:
        """An answer that is given without carrying the call out."""
        if fault is None:
            return throttled(call.service) if self.limit and not self.limit.take() else None
        if fault.kind == "error":
            return error_answer(call.service, fault.code, "The sandbox was asked for this error.", fault.reason)
        if fault.kind == "throttle":
            return throttled(call.service)
        return server_error(call.service, int(fault.kind)) if fault.kind in ("500", "503") else None


def _read(environ: Environ) -> Call:
    if environ["PATH_INFO"] in (signin.PATH, signin.SWITCH_ROLE):
        return Call(signin.SERVICE, signin.action(environ), {})
    return read_call(environ)


def ask(app: Application, environ: Environ) -> HttpAnswer:
    """The answer of a WSGI application, read to its end."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
        started.append((status, headers))
        return lambda _: None

    chunks = app(environ, start_response)
    body = b"".join(chunks)
    close = getattr(chunks, "close", None)
    if close:
        close()
    status, headers = started[-1]
    return HttpAnswer(int(status.split()[0]), list(headers), body)


def _cut(answer: HttpAnswer) -> HttpAnswer:
    """The first half of an answer, sent as if it were whole."""
    headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
    return HttpAnswer(answer.status, headers, answer.body[: len(answer.body) // 2] or b"{")


def _wait(fault: Fault, environ: Environ) -> None:
    """Wait; where the sandbox is stopped or reset meanwhile, nothing may touch its state any more."""
    if not fault.wait():
        _hang_up(environ)


def _hang_up(environ: Environ) -> None:
    """Close the connection without an answer; werkzeug takes the exception as a lost client."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("the sandbox closes this connection without an answer")
