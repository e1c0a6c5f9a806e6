"""What the words of the rules are bound to, as the audit has it: the rows alone would let whoever writes to the database bind a
guard to another OU.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlmodel import Session

from approvals.audit import chain
from approvals.audit.evidence import broken_since, newest
from approvals.authority.bindings import Key, Witness, Words
from approvals.queue import outgoing
from approvals.slack.blocks import escape
from approvals.views.thread import body
from operations.snapshot.names import listed

log = logging.getLogger(__name__)
EVENT = "rules.bound"
KEYS: tuple[Key, ...] = ("under", "accounts")


class Audited(Witness):
    """The audit as the witness of what words are bound to."""

    def __init__(self) -> None:
        self._seen = (-1, "")

    def is_cut(self, session: Session) -> bool:
        """Whether a newer record may have been removed: what was there is not, or the chain is broken since. Looked at where it is
        another record than the last time.
        """
        seen = self._seen
        self.see(session)
        return seen != self._seen and (self._seen < seen or broken_since(session, self._seen[0]))

    def see(self, session: Session) -> None:
        """The newest record is not seen to go."""
        found = newest(session, EVENT)
        self._seen = (found.id, found.hash) if found else (0, "")

    def told(self, session: Session) -> Words | None:
        """What was noted last, by a record that counts; None where there is none."""
        found = newest(session, EVENT)
        return None if found is None else _words(found.detail)

    def note(self, session: Session, bound: Words, now: datetime) -> None:
        """Notes it with the transaction of `session`."""
        chain.record(session, now, EVENT, chain.ORGBOT, **_detail(bound))

    def alarm(self, session: Session, changed: list[str], now: datetime) -> None:
        """For the approval channel: what the words were bound to was changed, and is as it was."""
        log.error("what words of the rules are bound to was changed in the database: %s", ", ".join(changed))
        named = escape(listed([f"“{word}”" for word in changed]))
        outgoing.notice(
            session,
            now,
            body(
                f":rotating_light: *What {named} in the rules means can't be proven.* It was changed in the bot's database, and is again "
                "what the audit has, or, where that was changed, all that it may have meant. Find out who can write to the database, and run `orgbot audit verify`."
            ),
        )


def _detail(bound: Words) -> dict[str, Any]:
    return {key: {word: sorted(ids) for (of, word), ids in sorted(bound.items()) if of == key} for key in KEYS}


def _words(detail: Any) -> Words:
    noted = detail if isinstance(detail, dict) else {}
    return {(key, word): frozenset(ids) for key in KEYS for word, ids in noted.get(key, {}).items()}
