"""`Reveal`: the requester's own click opens a session and shows it in a form; nothing secret is in a message.

A form cannot be shown again, so nothing here is queued: whoever missed it presses once more, and gets new credentials for
the time that is left. They are handed over when the form is filled, and the request is done then; where AWS opens no session,
it has failed. Source: Slack API, "views.open" (a trigger id lives 3 s), "views.update".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from slack_sdk import WebClient
from sqlmodel import Session

from approvals.audit import chain
from approvals.authority.directory import NotAMemberError
from approvals.authority.may import involved
from approvals.authority.press import Pressed, StrangeCardError, UnconfirmedCardError, pressed_on
from approvals.context import Context, NotYetError
from approvals.models import Request, RoleSession
from approvals.pools import SOON, STRAY
from approvals.queue import outgoing
from approvals.queue.worker import LaterError
from approvals.sessions import book
from approvals.sessions.book import State
from approvals.sessions.handover import leave_why, wake
from approvals.sessions.opening import UndeliverableError, open_session, shorter, subject_of, wanted_by
from approvals.sessions.shells import shell_of
from approvals.slack.blocks import Block
from approvals.slack.client import SlackAmbiguousError, SlackAwayError, SlackBusyError, SlackRefusedError, call
from approvals.views import sessions
from approvals.views.sessions import Handed
from approvals.views.set_aside import ERROR
from approvals.views.thread import opening
from operations.access.credentials import Credentials
from operations.access.role_sessions import Minted, Wanted
from operations.access.session_length import SHORTEST
from operations.access.signin import console_link
from operations.aws.looks import begun
from operations.aws.prefilled import Prefilled

log = logging.getLogger(__name__)
AWAY = "Slack didn't answer. Press Reveal again."
AWAY_NOW = "AWS or Slack didn't answer. Close this and press Reveal again."
READ_AGAIN = "The organization has changed and is being read again. Close this and press Reveal again in a moment."
NOT_YOURS = "Only the person who asked can reveal these credentials."
OVER = "This session is over. Ask again for new credentials."
OWN_ERROR = f"{ERROR}, so nothing is shown here. Close this and press Reveal again."
TOO_SLOW = "That took too long. Press Reveal again."
LITTLE_LEFT = "Less than 15 minutes are left, and AWS opens no shorter session. Use what you have, or press Extend."


def over() -> list[Block]:
    """The button that helps when a session is over."""
    return opening([Prefilled(operation=Credentials.name)])


def _not_shown(why: str) -> Block:
    return sessions.not_shown(why, *(over() if why == OVER else ()))


class NothingToShowError(Exception):
    """This press opens nothing, and nothing is wrong with the request."""


@dataclass(frozen=True)
class Press:
    """A press of `Reveal`; `trigger` opens one form."""

    pressed: Pressed
    user: str
    team: str
    trigger: str


class Reveal:
    """Shows credentials to the one who asked for them."""

    def __init__(
        self, context: Context, slack: WebClient, fill_later: Callable[[Callable[[], None]], None] = lambda work: work()
    ) -> None:
        self._context = context
        self._slack = slack
        self._fill_later = fill_later

    def show(self, press: Press) -> str:
        """Opens the form and has it filled; gives the sentence to be told instead, where there is no form.

        Where Slack takes long to tell who pressed, the form is opened meanwhile, because its trigger lives 3 s.
        """
        asked = begun(lambda: self._allowed(press), SOON)
        if asked.done():
            request, refusal = self._answer(asked)
            if request is None:
                return refusal
        try:
            opened = call(self._slack, "views.open", trigger_id=press.trigger, view=sessions.opening())
        except SlackRefusedError as error:
            return "" if error.code == "exchanged_trigger_id" else TOO_SLOW
        except (SlackBusyError, SlackAmbiguousError):
            return TOO_SLOW
        view = str(opened["view"]["id"])
        with self._never_left_empty(view):
            request, refusal = self._answer(asked)
            if request is None:
                self._put(view, _not_shown(refusal))
            else:
                self._fill_later(partial(self._fill, view, request, press.user))
        return ""

    @contextmanager
    def _never_left_empty(self, view_id: str) -> Iterator[None]:
        """After an error of the bot's own the form says so."""
        try:
            yield
        except (Exception, *STRAY):
            self._put(view_id, _not_shown(OWN_ERROR))
            raise

    def _answer(self, asked: Future[tuple[Request | None, str]]) -> tuple[Request | None, str]:
        try:
            return asked.result()
        except SlackAwayError:
            return None, AWAY

    def _allowed(self, press: Press) -> tuple[Request | None, str]:
        """The request when the click is its requester's own, from whatever account; every other click is in the audit."""
        try:
            person = self._context.people.member(press.user, press.team)
        except NotAMemberError as error:
            self._refused(press, None)
            return None, str(error)
        try:
            with self._context.store.read() as session:
                request = pressed_on(session, press.pressed, "reveal")
                row = book.find(session, request.id)
        except (StrangeCardError, UnconfirmedCardError) as error:
            return None, str(error)
        if row is None:
            return None, OVER
        if involved(self._context, request).asks(person.aliases):
            return (request, "") if row.state in (State.OFFERED, State.LIVE) else (None, OVER)
        self._refused(press, request.id)
        return None, NOT_YOURS

    def _refused(self, press: Press, number: int | None) -> None:
        with self._context.store.write() as session:
            chain.record(session, self._context.clock(), "click.reveal.refused", press.user, number, team=press.team)

    def _fill(self, view_id: str, request: Request, user: str) -> None:
        with self._never_left_empty(view_id):
            self._fill_in(view_id, request, user)

    def _fill_in(self, view_id: str, request: Request, user: str) -> None:
        try:
            view = self._opened(request, user)
        except (LaterError, UndeliverableError, NothingToShowError) as error:
            self._put(view_id, _not_shown(self._why(request, error)))
            return
        if self._put(view_id, view):
            self._handed_over(request, user)
        else:
            self._not_seen(request)

    def _put(self, view_id: str, view: Block) -> bool:
        """Whether the form may have been seen as filled."""
        try:
            call(self._slack, "views.update", view_id=view_id, view=view)
        except SlackAmbiguousError:  # It may have been seen, so the audit keeps it as issued.
            log.warning("a form may or may not have been filled")
        except (SlackRefusedError, SlackBusyError) as error:
            log.warning("a form could not be filled: %s", type(error).__name__)
            return False
        return True

    def _why(self, request: Request, error: Exception) -> str:
        """The sentence in the form that shows nothing; what AWS or the rules refuse for good ends the request too."""
        if isinstance(error, LaterError):
            log.warning("credentials were not revealed: %s", error)
            return READ_AGAIN if isinstance(error, NotYetError) else AWAY_NOW
        if isinstance(error, UndeliverableError):
            self._withdraw(request, error)
            return f"{error.failed.say} {error.failed.advice}".strip()
        return str(error)

    def _opened(self, request: Request, user: str) -> Block:
        """The filled form, once what was opened is in the book."""
        context = self._context
        wanted = self._still(request, wanted_by(context, request))
        fresh = open_session(context, request, wanted)
        self._written_down(request, fresh)
        with context.store.read() as session:
            shell = shell_of(session, user)
        handed = Handed(fresh, console_link(context.console.sign_in, fresh), shell)
        return sessions.shown(subject_of(context, request, wanted), handed)

    def _still(self, request: Request, wanted: Wanted) -> Wanted:
        """The session for the time that is left; the first press gets all of it."""
        with self._context.store.read() as session:
            row = book.find(session, request.id)
            until, over = book.as_told(session, request.id)
        if over:
            raise NothingToShowError(OVER)
        times = [at for at in (until, row.expires_at if row else None) if at]
        if not times:
            return wanted
        left = int((min(times) - self._context.clock()).total_seconds())
        if left < SHORTEST:
            raise NothingToShowError(LITTLE_LEFT)
        return shorter(wanted, left)

    def _written_down(self, request: Request, fresh: Minted) -> None:
        with self._context.store.write() as session:
            row = self._open_row(session, request)
            if row is None:
                raise NothingToShowError(OVER)
            book.revealed(session, row, fresh, self._context.clock())
            session.add(row)

    def _handed_over(self, request: Request, user: str) -> None:
        """The form has the credentials: the audit and the thread say so, and the request is done."""
        now = self._context.clock()
        with self._context.store.write() as session:
            row = self._open_row(session, request)
            if row is None:  # Ended while the form was being filled; AWS denies what is in it.
                return
            first = row.state == State.OFFERED
            book.handed_over(session, row, now, self._context.handover, to=user)
            session.add(row)
            if first:
                outgoing.thread(session, session.get_one(Request, request.id), now, sessions.live(row))
                wake(session, request.id or 0, now)

    def _not_seen(self, request: Request) -> None:
        """The form was closed, or Slack was away: what was opened reached nobody, and the button stays."""
        with self._context.store.write() as session:
            row = self._open_row(session, request)
            if row is not None:
                book.unseen(session, row, self._context.clock())
                session.add(row)

    def _withdraw(self, request: Request, error: UndeliverableError) -> None:
        """An offer from which nothing has come yet ends with its request; credentials that were shown before stay what they are."""
        now = self._context.clock()
        with self._context.store.write() as session:
            row = self._open_row(session, request)
            if row is None or row.state != State.OFFERED:
                return
            book.withdrawn(session, row, now)
            session.add(row)
            leave_why(session, request.id or 0, error, now)

    def _open_row(self, session: Session, request: Request) -> RoleSession | None:
        row = book.find(session, request.id)
        return row if row is not None and row.state in (State.OFFERED, State.LIVE) else None
