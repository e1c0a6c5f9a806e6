"""The audit's keys. With one, a record's hash is an HMAC-SHA256 in place of plain SHA-256, so that whoever may write to the
database still cannot write a record that counts. What is taken in from Slack is sealed with it as well, until the audit has it: a
request that nobody asked for, and a press that nobody made, count as little. So is what waits to be said, until it is.

Source: RFC 2104, "HMAC: Keyed-Hashing for Message Authentication".
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import event as events
from sqlalchemy.orm import Session, object_session

from approvals.audit.lines import moment
from approvals.models import KnownChange, Message, SharedSnapshot
from approvals.queue.store import Store

log = logging.getLogger(__name__)

INFO = "audit keys"
NAMING = b"the name of this key in orgbot's audit"
TAKEN_IN = b"taken in from Slack by orgbot: "
ASKED = (
    "delivery",
    "marker",
    "key",
    "operation",
    "subject",
    "params",
    "reason",
    "team",
    "requester",
    "channel",
    "follows",
    "break_glass",
    "created_at",
)  # Of a request, as it was asked.
PRESSED = (
    "delivery",
    "kind",
    "user",
    "team",
    "request_id",
    "key",
    "channel",
    "message_ts",
    "private",
    "reason",
    "shown",
)  # Of a click.
SAID = ("lane", "kind", "request_id", "user", "body")  # Of a message that waits.
READ: dict[type[SharedSnapshot | KnownChange], tuple[str, ...]] = {
    SharedSnapshot: ("read_at", "content"),
    KnownChange: ("at", "changes"),
}  # What processes tell each other of the organization.
PLACED = ("edit", "remove", "private")  # Kinds of messages whose row says where they stand or go.


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

    @classmethod
    def kept(cls, store: Store) -> Keys:
        """The keys that a store's sessions carry."""
        found: Keys = store.told(INFO) or NO_KEYS
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

    def seal(self, row: Mapping[str, Any], columns: tuple[str, ...]) -> str:
        """What nobody without a key can write beside these columns of a row; empty without a key."""
        return hmac.digest(self.secrets[0], _sealed(row, columns), "sha256").hex() if self.secrets else ""

    def bears_out(self, row: Mapping[str, Any], columns: tuple[str, ...], seal: str) -> bool:
        """Whether these columns are as they were sealed; without a key they are believed."""
        if not self.secrets:
            return True
        said = _sealed(row, columns)
        made = (hmac.digest(secret, said, "sha256").hex() for secret in self.secrets)
        return any(hmac.compare_digest(one, seal) for one in made)

    def seal_message(self, row: Mapping[str, Any]) -> str:
        """The same of a message that is queued."""
        return self.seal(row, _said(row))

    def bears_out_message(self, row: Mapping[str, Any], seal: str) -> bool:
        """Whether a message is as it was queued."""
        return self.bears_out(row, _said(row), seal)

    @property
    def name(self) -> str:
        """The signing key's name in the audit, which does not give the key away; empty without a key."""
        return hmac.digest(self.secrets[0], NAMING, "sha256").hex()[:16] if self.secrets else ""


NO_KEYS = Keys()


def _said(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (*SAID, "channel", "ts") if row["kind"] in PLACED else SAID


@events.listens_for(Message, "before_insert")
def _seal_what_is_queued(_mapper: object, _connection: object, message: Message) -> None:
    session = object_session(message)
    if session is not None and (keys := Keys.of(session)):
        message.sealed = keys.seal_message(message.model_dump())


def _seal_what_is_read(_mapper: object, _connection: object, row: SharedSnapshot | KnownChange) -> None:
    session = object_session(row)
    if session is not None:
        row.sealed = Keys.of(session).seal(row.model_dump(), READ[type(row)])


for _model in READ:
    for _moment in ("before_insert", "before_update"):
        events.listen(_model, _moment, _seal_what_is_read)


def is_genuine(session: Session, row: SharedSnapshot | KnownChange) -> bool:
    """Whether a process of the bot's has written this of the organization, as far as the key tells."""
    found = Keys.of(session).bears_out(row.model_dump(), READ[type(row)], row.sealed)
    if not found:
        _tell_forged(type(row).__name__, moment(getattr(row, READ[type(row)][0])))
    return found


@lru_cache(maxsize=1000)  # It is looked at every second.
def _tell_forged(what: str, at: str) -> None:
    log.error(
        "row %s of %s was not written by orgbot and is not used; find out who can write to the database", at, what
    )


def _sealed(row: Mapping[str, Any], columns: tuple[str, ...]) -> bytes:
    """What the database fills by itself is left out, so that a row is sealed before it is written."""
    held = {name: row[name] for name in columns if row.get(name)}
    return TAKEN_IN + json.dumps(held, sort_keys=True, separators=(",", ":"), default=moment).encode()


def plain(content: bytes) -> str:
    """The hash without a key."""
    return hashlib.sha256(content).hexdigest()
