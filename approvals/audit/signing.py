"""Where a key begins: a signed record (chain.MARK) says so, and signs over what was recorded before about the requests that
still live, so that they can be proven under the key.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session, col, select

from approvals.audit import chain
from approvals.audit.chain import MARK, ORGBOT
from approvals.audit.evidence import newest, newest_mark, records_of, seal, unproven
from approvals.audit.keys import ASKED, NO_KEYS, PRESSED, Keys
from approvals.models import LIVE_SQL, AuditRecord, Interaction, Message, Request
from approvals.queue import outgoing
from approvals.queue.store import Store
from approvals.views.thread import Body, body

SEALED = "audit.messages_sealed"


class KeyMissingError(Exception):
    """The audit is signed, and there is no key to go on with; the text says the way out."""


def begin(store: Store, now: datetime) -> None:
    """At the bot's start: notes and tells where a new key begins. Raises KeyMissingError.

    A request that was not proven before does not become so by this.
    """
    with store.write(alone=True) as session:
        begin_in(session, now)


def begin_in(session: Session, now: datetime) -> None:
    """The same, with the transaction of `session`, in which nobody else may write."""
    keys = Keys.of(session)
    if not keys:
        _check_unsigned(session)
    elif not _begun(session, keys):
        live = _live(session)
        _seal_what_waits(session, keys)
        _seal_messages(session, keys, all_of_them=_seals(session) is None)
        chain.record(session, now, MARK, ORGBOT, key=keys.name, live=live, messages=True)
        (mark,) = chain.append(session)
        outgoing.notice(session, now, told(mark))
    elif not _seals(session):  # The bot was of a version that sealed no messages.
        _seal_messages(session, keys, all_of_them=True)
        chain.record(session, now, SEALED, ORGBOT)


def _seals(session: Session) -> bool | None:
    """Whether messages are sealed; None before there was any key."""
    mark = newest(session, MARK)
    said = mark.detail if mark and isinstance(mark.detail, dict) else {}
    return None if mark is None else bool(said.get("messages")) or newest(session, SEALED) is not None


def _seal_messages(session: Session, keys: Keys, *, all_of_them: bool) -> None:
    """What waits to be said is sealed as it is where nothing was sealed before; else what a key bears out."""
    for message in session.exec(select(Message).where(col(Message.status).in_(("queued", "sending")))).all():
        held = message.model_dump()
        if all_of_them or keys.bears_out_message(held, message.sealed):
            message.sealed = keys.seal_message(held)
            session.add(message)


def check_key(session: Session) -> None:
    """For whoever writes into the audit beside the bot: what they write is to count as the bot's own. Raises KeyMissingError."""
    keys = Keys.of(session)
    if not keys:
        _check_unsigned(session)
    elif not _begun(session, keys):
        raise KeyMissingError(
            "ORGBOT_AUDIT_KEY: is not the key with which the audit is signed; give the one that the bot has, or start the bot with "
            "this one first"
        )


def _check_unsigned(session: Session) -> None:
    if _has_mark(session):
        raise KeyMissingError(
            "ORGBOT_AUDIT_KEY: is missing, while the audit is signed with a key; set that key, or, where it is lost, a new one "
            "(what the lost one signed can then no longer be checked)"
        )


def _seal_what_waits(session: Session, keys: Keys) -> None:
    """What was taken in before there was any key, and waits, is sealed as it is; once there was one, by that alone."""
    first = not _has_mark(session)
    asked = session.exec(select(Request).where(text(LIVE_SQL), col(Request.announced_at).is_(None))).all()
    pressed = session.exec(select(Interaction).where(col(Interaction.due_at).is_not(None))).all()
    waits: list[tuple[Request | Interaction, tuple[str, ...]]] = [(one, ASKED) for one in asked]
    waits += [(one, PRESSED) for one in pressed]
    for row, columns in waits:
        held = row.model_dump(include=set(columns))
        if first or keys.bears_out(held, columns, row.sealed):
            row.sealed = keys.seal(held, columns)
            session.add(row)


def _has_mark(session: Session) -> bool:
    return session.exec(select(AuditRecord.id).where(AuditRecord.event == MARK).limit(1)).first() is not None


def _begun(session: Session, keys: Keys) -> bool:
    mark = newest_mark(session.connection(), keys)
    return mark is not None and isinstance(mark.detail, dict) and mark.detail.get("key") == keys.name


def _live(session: Session) -> dict[str, str]:
    """For each live request that is proven so far, the seal over its records."""
    keys = Keys.of(session) if _has_mark(session) else NO_KEYS  # Before there was a key, nothing could be signed.
    numbers = session.exec(select(Request.id).where(text(LIVE_SQL)).order_by(col(Request.id))).all()
    proven = [
        number for number in numbers if number is not None and not unproven(session, number, runs=False, keys=keys)
    ]
    own = {number: records_of(session.connection(), number) for number in proven}
    return {str(number): seal(found) for number, found in own.items() if found}


def told(mark: AuditRecord) -> Body:
    """For the approval channel: an anchor of another kind."""
    return body(
        f":lock: From record {mark.id:,} on the audit is signed with the key {mark.detail['key']}. If nobody has just set or changed "
        "ORGBOT_AUDIT_KEY, the signed part may have been removed: run `orgbot audit verify` with the anchors of this channel."
    )
