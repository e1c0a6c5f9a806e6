"""The audit's keys. With one, a record's hash is an HMAC-SHA256 in place of plain SHA-256, so that whoever may write to the
database still cannot write a record that counts.

Source: RFC 2104, "HMAC: Keyed-Hashing for Message Authentication".
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

INFO = "audit keys"
NAMING = b"the name of this key in orgbot's audit"


@dataclass(frozen=True)
class Keys:
    """The first one signs, and each of them checks; without any, hashes are plain. Never printed."""

    secrets: tuple[bytes, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        return bool(self.secrets)

    @classmethod
    def given(cls, texts: tuple[str, ...]) -> Keys:
        """Keys from the setting's words."""
        return cls(tuple(text.encode() for text in texts))

    @classmethod
    def of(cls, session: Session) -> Keys:
        """The keys of the store that opened this session."""
        found: Keys = session.info.get(INFO, NO_KEYS)
        return found

    def info(self) -> dict[Any, Any]:
        """For `Store`: what its sessions carry."""
        return {INFO: self}

    def hash(self, content: bytes) -> str:
        """The hash that a new record with this content gets: 64 hexadecimal digits."""
        return hmac.digest(self.secrets[0], content, "sha256").hex() if self.secrets else plain(content)

    def signed(self, content: bytes, found: str) -> bool:
        """Whether one of the keys made this hash of this content."""
        return any(hmac.digest(secret, content, "sha256").hex() == found for secret in self.secrets)

    @property
    def name(self) -> str:
        """The signing key's name in the audit, which does not give the key away; empty without a key."""
        return hmac.digest(self.secrets[0], NAMING, "sha256").hex()[:16] if self.secrets else ""


NO_KEYS = Keys()


def plain(content: bytes) -> str:
    """The hash without a key."""
    return hashlib.sha256(content).hexdigest()
