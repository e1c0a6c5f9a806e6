"""The HTTP edge: waitress with its own threads in this process, and four addresses.

Slack's signature is checked here, before anything reads the body; a bad one gets 401 and leaves no trace of the body in the
log. Source: Slack API, "Verifying requests from Slack"; waitress documentation, "Arguments to waitress.serve".
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import waitress
from prometheus_client import CollectorRegistry, generate_latest
from slack_sdk.signature import SignatureVerifier

from bot.metrics import Metrics
from bot.ready import Line

log = logging.getLogger(__name__)
EVENTS = "/slack/events"
LARGEST_BODY = 1_000_000
Answer = tuple[int, list[tuple[str, str]], bytes]
Dispatch = Callable[[str, dict[str, list[str]]], tuple[int, dict[str, Sequence[str]], str]]
Environ = dict[str, Any]


@dataclass(frozen=True)
class SlackDoor:
    """How `/slack/events` is answered: the secret that signs, and what handles a delivery whose signature is right."""

    signing_secret: str
    dispatch: Dispatch


class Edge:
    """The WSGI application. `slack` is None in Socket Mode: then `/slack/events` does not exist."""

    def __init__(self, slack: SlackDoor | None, ready: Callable[[], list[Line]], metrics: Metrics) -> None:
        self._slack = slack
        self._ready = ready
        self._metrics = metrics
        self._verifier = SignatureVerifier(slack.signing_secret) if slack else None

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        status, headers, body = self._answer(environ)
        start_response(f"{status} {HTTPStatus(status).phrase}", [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def _answer(self, environ: Environ) -> Answer:
        path = environ.get("PATH_INFO", "")
        if path == EVENTS and self._slack:
            return self._timed_delivery(environ, self._slack)
        pages: dict[str, Callable[[], Answer]] = {
            "/healthz": _alive,
            "/readyz": self._readiness,
            "/metrics": self._counters,
        }
        return pages[path]() if path in pages else _text(404, "There is nothing here.")

    def _timed_delivery(self, environ: Environ, slack: SlackDoor) -> Answer:
        began = time.perf_counter()
        answer = self._delivery(environ, slack)
        self._metrics.ack_seconds.observe(time.perf_counter() - began)
        self._metrics.deliveries.labels(str(answer[0])).inc()
        return answer

    def _delivery(self, environ: Environ, slack: SlackDoor) -> Answer:
        if environ["REQUEST_METHOD"] != "POST":
            return _text(405, "Slack posts here.", ("Allow", "POST"))
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > LARGEST_BODY:
            return _text(413, "The body is too large.")
        body: bytes = environ["wsgi.input"].read(length)
        if not self._signed(environ, body):
            log.warning("a delivery without a valid Slack signature was refused")
            return _text(401, "The signature is not Slack's, or too old.")
        return _dispatched(slack, environ, body)

    def _signed(self, environ: Environ, body: bytes) -> bool:
        timestamp, signature = (
            environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", ""),
            environ.get("HTTP_X_SLACK_SIGNATURE", ""),
        )
        if self._verifier is None or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
            return False
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except (TypeError, ValueError):  # A signature or a body that is no text.
            return False

    def _readiness(self) -> Answer:
        lines = self._ready()
        ready = all(ok for _, ok, _ in lines)
        return _text(
            200 if ready else 503,
            "\n".join(f"{'ok' if ok else 'NOT OK'} {name}: {detail}" for name, ok, detail in lines),
        )

    def _counters(self) -> Answer:
        return 200, [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")], _exposed(self._metrics.registry)


def _dispatched(slack: SlackDoor, environ: Environ, body: bytes) -> Answer:
    headers = {
        key[5:].replace("_", "-").lower(): [str(value)] for key, value in environ.items() if key.startswith("HTTP_")
    }
    headers["content-type"] = [environ.get("CONTENT_TYPE", "")]
    status, answered, text = slack.dispatch(body.decode("utf-8", "replace"), headers)
    return status, [(name, value) for name, values in answered.items() for value in values], text.encode()


def _alive() -> Answer:
    return _text(200, "ok")


def _text(status: int, text: str, *headers: tuple[str, str]) -> Answer:
    return status, [("Content-Type", "text/plain; charset=utf-8"), *headers], f"{text}\n".encode()


def _exposed(registry: CollectorRegistry) -> bytes:
    return bytes(generate_latest(registry))


class EdgeServer:
    """Waitress around the edge. `stop` closes the listener, lets the requests in hand be answered, and returns."""

    def __init__(self, edge: Edge, host: str, port: int, threads: int) -> None:
        self._server = waitress.create_server(
            edge,
            host=host,
            port=port,
            threads=threads,
            ident="orgbot",
            backlog=1024,
            max_request_body_size=LARGEST_BODY,
            channel_timeout=30,
            clear_untrusted_proxy_headers=True,
        )
        self.port = int(self._server.effective_port)
        self._thread = threading.Thread(target=self._server.run, name="edge", daemon=True)

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answers what has come in, then nothing more."""
        self._server.task_dispatcher.shutdown(cancel_pending=False, timeout=10)
        self._server.close()
        self._thread.join(timeout=10)
