"""Which request a press is about: the one whose key its button carries, and only from a message of that request.

A number comes again, after a restore, with a new database, with a second bot on the same Slack app; a key does not. Buttons
of earlier versions carry the number alone: where the message is the request's own they count, but for a decision.

What decides carries the beginning of the digest that stands beside it, on the card and away from it, so that what was seen is
decided. The card of an earlier version, whose buttons carry none, is brought up to date by the first press.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from sqlmodel import Session, col, select

from approvals.models import DIGEST, Interaction, Message, Request, carried

CARRIED = re.compile(rf"([1-9][0-9]{{0,9}})(?:\.([0-9a-f]{{32}})(?:\.([0-9a-f]{{{DIGEST}}}))?)?", re.ASCII)
LARGEST_NUMBER = 2**31 - 1
ON_THE_CARD = frozenset({"approve", "deny", "withdraw", "review"})
BESIDE_ITS_DIGEST = frozenset(
    {"approve", "deny"}
)  # Decided away from the card too, where the digest stands beside them.
# What only shows the request, or makes a new one that is approved like any other: the key is enough while Slack confirms a message.
DECIDES_NOTHING = frozenset({"again", "edit", "undo", "details", "code"})
ON_THE_CARD_NOW = "Its card is in the channel now ({link}). Decide there; nothing was done here."
OUTDATED = "This request has changed since it was shown to you, so nothing was done. Look at {link} before you decide."
UNDATED = "An earlier version of orgbot posted this card, so nothing was done. It is brought up to date now: {link}. Press again there."
STRANGE = "This card belongs to another orgbot or an older database; nothing was done. Look at `/org requests`."
NOT_YET = "Slack has not confirmed this message yet; nothing was done. Press again in a moment."


class StrangeCardError(Exception):
    """The button is not one of the request that has its number here; the text says what to do."""

    def __init__(self) -> None:
        super().__init__(STRANGE)


class CardElsewhereError(StrangeCardError):
    """The decision was offered because there was no card, and by now there is one."""

    def __init__(self, request: Request) -> None:
        Exception.__init__(self, ON_THE_CARD_NOW.format(link=request.link))


class OutdatedError(CardElsewhereError):
    """The digest that stood beside the button is no longer the request's."""

    def __init__(self, request: Request) -> None:
        Exception.__init__(self, OUTDATED.format(link=request.link))


class UndatedError(CardElsewhereError):
    """The button on the card doesn't say which digest it stands beside: an earlier version posted it, which may have shown another."""

    def __init__(self, request: Request) -> None:
        Exception.__init__(self, UNDATED.format(link=request.link))


class UnconfirmedCardError(Exception):
    """The key is right, and whether the message is the request's is known as soon as Slack has confirmed what was posted."""

    def __init__(self) -> None:
        super().__init__(NOT_YET)


@dataclass(frozen=True)
class Pressed:
    """What a button carries, and the message that it stands on; `key` is empty for a button of an earlier version.

    `private` when it stands where the presser alone sees it (the answer to a command, the home tab), of which no `ts` is kept.
    `shown` is the beginning of the digest that stood beside it; empty for what doesn't decide.
    """

    number: int
    key: str
    channel: str = ""
    ts: str = ""
    private: bool = False
    shown: str = ""

    @property
    def carried(self) -> str:
        """What the button carries."""
        return carried(self.number, self.key, self.shown) if self.key else str(self.number)


def new_key() -> str:
    """A key for a new request: random, so that no other request has it, wherever."""
    return secrets.token_hex(16)


def read(value: object, channel: str = "", ts: str = "", *, private: bool = False) -> Pressed | None:
    """The press of a button with this value (see `models.carried`) that stands there; None for a value of anything else."""
    found = CARRIED.fullmatch(value) if isinstance(value, str) else None
    if not found or int(found[1]) > LARGEST_NUMBER:
        return None
    return Pressed(int(found[1]), found[2] or "", channel, ts, private, found[3] or "")


def of_click(click: Interaction) -> Pressed:
    """The press that was kept."""
    return Pressed(click.request_id, click.key, click.channel, click.message_ts, click.private, click.shown)


def pressed_on(session: Session, pressed: Pressed, kind: str) -> Request:
    """The request whose button was pressed; `kind` is the button. Raises StrangeCardError and UnconfirmedCardError."""
    request = session.get(Request, pressed.number, populate_existing=True)
    if request is None or (pressed.key and not secrets.compare_digest(pressed.key, request.key)):
        raise StrangeCardError
    _check_digest(pressed, request, kind)
    if _stands_on_its_own(session, pressed, request, kind):
        return request
    if pressed.key and pressed.private and kind in ON_THE_CARD and request.card_ts:
        raise CardElsewhereError(request)
    unconfirmed = not request.card_ts or kind not in ON_THE_CARD
    if pressed.key and not pressed.private and unconfirmed and _is_leaving(session, request):
        if kind in DECIDES_NOTHING:
            return request
        raise UnconfirmedCardError
    # Where others write meanwhile, the card may have been confirmed since the request was read.
    request = session.get_one(Request, pressed.number, populate_existing=True)
    if _stands_on_its_own(session, pressed, request, kind):
        return request
    raise StrangeCardError


def _check_digest(pressed: Pressed, request: Request, kind: str) -> None:
    """Raises OutdatedError and UndatedError: what was seen is not known to be what would be decided."""
    if pressed.shown and not request.digest.startswith(pressed.shown):
        raise OutdatedError(request)
    if kind in BESIDE_ITS_DIGEST and request.digest and not pressed.shown and _is_on_its_card(pressed, request):
        raise UndatedError(request)


def _stands_on_its_own(session: Session, pressed: Pressed, request: Request, kind: str) -> bool:
    """Whether the button stands on a message of this request.

    Decisions are made on the card, and elsewhere where the digest stands beside the button: on the home tab, in the answer to a
    command, in a direct message, on an old card in another channel.
    """
    if _is_on_its_card(pressed, request):
        return True
    beside = bool(pressed.shown)
    if kind in BESIDE_ITS_DIGEST and not beside:
        return False
    if pressed.private:
        decides = kind in BESIDE_ITS_DIGEST
        return bool(pressed.key) and (kind not in ON_THE_CARD or not request.card_ts or decides)
    if kind in ON_THE_CARD and not pressed.key:
        return False
    return bool(pressed.ts) and _is_message_of(session, request, pressed)


def _is_on_its_card(pressed: Pressed, request: Request) -> bool:
    return bool(pressed.ts) and (pressed.channel, pressed.ts) == (request.card_channel, request.card_ts)


def _is_message_of(session: Session, request: Request, pressed: Pressed) -> bool:
    """A line of the thread or a direct message; of those that an earlier version sent, the channel was not kept."""
    same = (Message.request_id == request.id, Message.ts == pressed.ts)
    channels = session.exec(select(Message.channel).where(*same)).all()
    if request.pruned and pressed.key:
        return True  # Its messages are no longer known; the key is only this request's, and whoever is over is not decided about.
    elsewhere = pressed.channel == request.card_channel or pressed.channel.startswith("D")
    return any(channel == pressed.channel if channel else elsewhere for channel in channels)


def _is_leaving(session: Session, request: Request) -> bool:
    leaving = select(Message.id).where(Message.request_id == request.id, col(Message.status) == "sending")
    return session.exec(leaving.limit(1)).first() is not None
