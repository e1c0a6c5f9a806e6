"""Signed requests to the bot's request URL. Source: Slack's "Verifying requests from Slack"."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from sandbox.slack.transport.delivery import Answer, Delivery, parsed

MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class SignedRequest:
    """A request as Slack sends it; tests change it with dataclasses.replace before `send()`."""

    url: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(self, seconds: float = 3.0) -> Answer:
        """Send it; Answer.error is operation_timeout or dispatch_failed when no good answer came in time."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=seconds)
        try:
            connection.request("POST", parts.path or "/", self.body.encode(), dict(self.headers))
            response = connection.getresponse()
            return _answer(response.status, response.read(MOST_BYTES), response.getheader("content-type", "") or "")
        except TimeoutError:
            return Answer(error="operation_timeout")
        except (OSError, http.client.HTTPException):
            return Answer(error="dispatch_failed")
        finally:
            connection.close()


def _answer(status: int, body: bytes, content_type: str) -> Answer:
    error = None if 200 <= status < 300 else "dispatch_failed"
    return Answer(status, parsed(body, content_type), error)


def signature(secret: str, timestamp: str, body: str) -> str:
    """X-Slack-Signature: v0, an HMAC-SHA256 of version, timestamp and body."""
    base = f"v0:{timestamp}:{body}".encode()
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def signed(url: str, delivery: Delivery, secret: str, at: float) -> SignedRequest:
    """The request for a delivery: commands as forms, interactions as `payload=`, events as JSON."""
    if delivery.kind == "events_api":
        body, kind = json.dumps(delivery.payload), "application/json"
    elif delivery.kind == "interactive":
        body, kind = urlencode({"payload": json.dumps(delivery.payload)}), "application/x-www-form-urlencoded"
    else:
        body, kind = urlencode(delivery.payload), "application/x-www-form-urlencoded"
    timestamp = str(int(at))
    headers = {
        "Content-Type": kind,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(secret, timestamp, body),
    }
    if delivery.retry:
        headers |= {"X-Slack-Retry-Num": str(delivery.retry), "X-Slack-Retry-Reason": delivery.retry_reason}
    return SignedRequest(url, body, headers)


@dataclass
class HttpTransport:
    """Posts each delivery to the request URL, which may be set later."""

    secret: str
    now: Callable[[], float]
    request_url: str | None = None

    def sign(self, delivery: Delivery) -> SignedRequest:
        """The request, not sent; raises RuntimeError when there is no request URL yet."""
        if self.request_url is None:
            raise RuntimeError("request_url is not set: slack.request_url = 'http://127.0.0.1:<port>/slack/events'")
        return signed(self.request_url, delivery, self.secret, self.now())

    def deliver(self, delivery: Delivery, seconds: float) -> Answer:
        """Post it and wait for the answer."""
        if self.request_url is None:
            return Answer(error="dispatch_failed")
        return self.sign(delivery).send(seconds)
