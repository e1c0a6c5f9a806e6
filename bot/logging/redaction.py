"""Hiding secrets in what is logged: the known ones by value, the others by their shape or by the name before them. Pure.

Source: Slack API, "Token types", "Verifying requests from Slack"; AWS General Reference, "AWS access keys". The ids of AWS
keys (AKIA…, ASIA…) are no secrets and stay, because they are how a session is found in CloudTrail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

MASK = "[hidden]"
DROPPED_KEYS = frozenset({"authorization", "body", "credentials", "headers", "password", "payload", "secret", "token"})
SHORTEST = 6  # Hiding every place of a shorter word would make the log unreadable and give the word away.
AWS = "[A-Za-z0-9/+]"
# Each alternative is a secret as a whole; none of them can backtrack more than its own length.
SHAPES = re.compile(
    r"xox[a-z][-.][\w.-]+|xapp-[\w-]+"  # Slack's tokens, rotated ones (xoxe.xoxb-…) included.
    r"|\bv0=[0-9a-f]{64}"  # A request's signature, which stays valid for five minutes.
    r"|(?<=hooks\.slack\.com/)[^\s\"'<>]+"  # A response_url is a permission to post.
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # User and password in a URL.
    rf"|(?<![\w/+-])(?={AWS}{{0,39}}[a-z])(?={AWS}{{0,39}}[A-Z])(?={AWS}{{0,39}}\d){AWS}{{40}}(?![\w/+-])"  # A secret access key.
    r"|[\w/+=%-]{100,}"  # A session token; nothing that helps a reader is so long without a space.
)
NAMED = re.compile(
    r"(?i)(?P<name>secret[_ ]?access[_ ]?key|(?:session|security|signin)[_-]?token|signing[_ ]?secret|password)"
    r"(?P<between>['\"]?\s*[=:]\s*b?['\"]?)[^\s'\"&,}]+"
)
NAMED_MASK = rf"\g<name>\g<between>{MASK}"
HEADER = re.compile(r"(?i)(?P<name>authorization)(?P<between>['\"]?\s*[=:]\s*+b?['\"]?)[^'\"\r\n]+")


class Redactor:
    """A structlog processor that masks known secrets and whatever has a secret's shape, and drops keys that hold payloads."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted({secret for secret in secrets if len(secret) >= SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known)) or r"(?!)")

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return self._mapping(event)

    def mask(self, text: str) -> str:
        """The text with every secret hidden."""
        for pattern, put in ((self._known, MASK), (HEADER, NAMED_MASK), (NAMED, NAMED_MASK), (SHAPES, MASK)):
            text = pattern.sub(put, text)
        return text

    def _mapping(self, given: Mapping[Any, Any]) -> dict[str, Any]:
        return {
            self.mask(str(key)): self._value(value)
            for key, value in given.items()
            if str(key).lower() not in DROPPED_KEYS
        }

    def _value(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(item) for item in value]
        return self.mask(value if isinstance(value, str) else repr(value))
