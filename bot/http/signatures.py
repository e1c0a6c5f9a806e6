"""Whether a request comes from Slack. Source: Slack API, "Verifying requests from Slack"."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256

OLDEST = 300


class Signatures:
    """`hold(timestamp, body, signature)` for one signing secret; `clock` gives seconds since 1970. Nothing makes it raise."""

    def __init__(self, signing_secret: str, clock: Callable[[], float]) -> None:
        if not signing_secret:
            raise ValueError("the signing secret is empty: anybody could sign")
        self._secret = signing_secret.encode()
        self._clock = clock

    def hold(self, timestamp: str, body: bytes, signature: str) -> bool:
        """Whether the signature is Slack's for this body, and at most five minutes from now."""
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            return False
        if abs(self._clock() - int(timestamp)) > OLDEST:
            return False
        return hmac.compare_digest(self.sign(timestamp, body).encode(), signature.encode("utf-8", "replace"))

    def sign(self, timestamp: str, body: bytes) -> str:
        """The signature that Slack gives to a body of this time."""
        return "v0=" + hmac.new(self._secret, b"v0:" + timestamp.encode() + b":" + body, sha256).hexdigest()
