"""The bot's HTTP addresses as one WSGI application: `/slack/events`, `/healthz`, `/readyz`, `/metrics`; or as two, on two ports.

Slack's signature is checked here, before anything reads the body; a bad one gets 401 and leaves no trace of the body in the
log. The edge does nothing slow of its own: each of its threads is one that Slack may be waiting for, so that probes and
metrics get what was measured last, and wait for no lock.
Source: Slack API, "Verifying requests from Slack", "Using the Slack Events API"; PEP 3333.

Whether a request comes from Slack. Source: Slack API, "Verifying requests from Slack".
"""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from prometheus_client.exposition import choose_encoder

from bot.http.metrics import Metrics

OLDEST = 300

log = logging.getLogger(__name__)
EVENTS = "/slack/events"
LARGEST_BODY = 2_000_000  # Bytes: 100,000 signs of any script, escaped twice.
SLACKS = "HTTP_X_SLACK_"
Line = tuple[str, bool | None, str]
MARKS = {True: "ok", False: "NOT OK", None: "--"}
Answer = tuple[int, list[tuple[str, str]], bytes]
Dispatch = Callable[[str, dict[str, list[str]]], tuple[int, Mapping[str, Sequence[str]], str]]
Environ = dict[str, Any]


@dataclass(frozen=True)
class SlackEndpoint:
    """How `/slack/events` is answered: the secret that signs, and what handles a delivery whose signature is right.

    `dispatch(body, headers)` gives status, headers and body; header names are small and have a list of values each.
    `steady` gives seconds since 1970 as `Edge`'s clock does, and does not follow every setting of it.
    """

    signing_secret: str
    dispatch: Dispatch
    steady: Callable[[], float] | None = None


class Edge:
    """The WSGI application. `slack` is None in Socket Mode: then `/slack/events` does not exist.

    `ready()` gives (name, ok, detail) for everything that the bot needs, with ok None for what it can do without just now;
    both it and `metrics` hold what was measured last. `details` are left to another port when False: no metrics, and of the
    readiness only whether it is. `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        slack: SlackEndpoint | None,
        ready: Callable[[], Sequence[Line]],
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
        *,
        details: bool = True,
    ) -> None:
        self._ready = ready
        self._metrics = metrics
        self._details = details
        self._pages: dict[str, Callable[[Environ], Answer]] = {
            "/healthz": _only_looked_at(_alive),
            "/readyz": _only_looked_at(self._readiness),
        }
        if details:
            self._pages["/metrics"] = _only_looked_at(self._counters)
        if slack:
            self._dispatch = slack.dispatch
            self._signatures = Signatures(slack.signing_secret, clock, slack.steady or clock)
            self._pages[EVENTS] = self._timed_delivery

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        page = self._pages.get(environ.get("PATH_INFO", ""), _nothing)
        try:
            status, headers, body = page(environ)
        except Exception:
            log.exception("an answer could not be made")
            status, headers, body = _text(500, "Something went wrong; the log says what.")
        start_response(f"{status} {HTTPStatus(status).phrase}", [*headers, ("Content-Length", str(len(body)))])
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]

    def _timed_delivery(self, environ: Environ) -> Answer:
        began, status = time.perf_counter(), 500
        try:
            answer = self._delivery(environ)
            status = answer[0]
        finally:
            self._metrics.ack_seconds.observe(time.perf_counter() - began)
            self._metrics.deliveries.labels(str(status)).inc()
        return answer

    def _delivery(self, environ: Environ) -> Answer:
        if environ["REQUEST_METHOD"] != "POST":
            return _text(405, "Slack posts here.", ("Allow", "POST"))
        length = int(environ.get("CONTENT_LENGTH") or 0)  # The server has refused what is no number.
        if length > LARGEST_BODY:
            return _text(413, "The body is too large.")
        body: bytes = environ["wsgi.input"].read(length)
        timestamp = environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "")
        if not self._signatures.hold(timestamp, body, environ.get("HTTP_X_SLACK_SIGNATURE", "")):
            log.warning("a delivery without a valid Slack signature was refused")
            return _text(401, "The signature is not Slack's, or too old.")
        return self._dispatched(environ, body)

    def _dispatched(self, environ: Environ, body: bytes) -> Answer:
        status, headers, text = self._dispatch(body.decode("utf-8", "replace"), _headers(environ))
        return status, [(name, value) for name, values in headers.items() for value in values], text.encode()

    def _readiness(self, _: Environ) -> Answer:
        lines = self._ready()
        ready = all(ok is not False for _, ok, _ in lines)
        if not self._details:
            return _text(200 if ready else 503, "ready" if ready else "not ready")
        told = "\n".join(f"{MARKS[ok]} {name}: {detail}" for name, ok, detail in lines)
        return _text(200 if ready else 503, told)

    def _counters(self, environ: Environ) -> Answer:
        encode, content_type = choose_encoder(environ.get("HTTP_ACCEPT", ""))
        return 200, [("Content-Type", content_type)], encode(self._metrics.registry)


def _headers(environ: Environ) -> dict[str, list[str]]:
    """Slack's own headers and the content type, by small names: Bolt looks at no others."""
    slacks = {key[5:].replace("_", "-").lower(): [environ[key]] for key in environ if key.startswith(SLACKS)}
    return {"content-type": [environ.get("CONTENT_TYPE", "")], **slacks}


def _only_looked_at(page: Callable[[Environ], Answer]) -> Callable[[Environ], Answer]:
    """The page for GET and HEAD, whose answer has the same headers and no body. Source: RFC 9110, "HEAD"."""

    def looked_at(environ: Environ) -> Answer:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _text(405, "This is only looked at.", ("Allow", "GET, HEAD"))
        return page(environ)

    return looked_at


def _alive(_: Environ) -> Answer:
    return _text(200, "ok")


def _nothing(_: Environ) -> Answer:
    return _text(404, "There is nothing here.")


def _text(status: int, text: str, *headers: tuple[str, str]) -> Answer:
    return status, [("Content-Type", "text/plain; charset=utf-8"), *headers], f"{text}\n".encode()


class Signatures:
    """`hold(timestamp, body, signature)` for one signing secret; each clock gives seconds since 1970, and the time has to fit one.

    Nothing makes it raise. A clock that somebody sets would otherwise keep Slack out.
    """

    def __init__(self, signing_secret: str, clock: Callable[[], float], *clocks: Callable[[], float]) -> None:
        if not signing_secret:
            raise ValueError("the signing secret is empty: anybody could sign")
        self._secret = signing_secret.encode()
        self._clocks = (clock, *clocks)

    def hold(self, timestamp: str, body: bytes, signature: str) -> bool:
        """Whether the signature is Slack's for this body, and at most five minutes from now."""
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            return False
        if all(abs(clock() - int(timestamp)) > OLDEST for clock in self._clocks):
            return False
        return hmac.compare_digest(self.sign(timestamp, body).encode(), signature.encode("utf-8", "replace"))

    def sign(self, timestamp: str, body: bytes) -> str:
        """The signature that Slack gives to a body of this time."""
        return "v0=" + hmac.new(self._secret, b"v0:" + timestamp.encode() + b":" + body, sha256).hexdigest()
