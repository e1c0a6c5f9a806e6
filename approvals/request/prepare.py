"""A filed request becomes a card: who asks is checked, the world is looked at, and what would happen is written down."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from approvals.audit import chain
from approvals.authority.able import approvals_asked
from approvals.authority.aliases import Aliases
from approvals.authority.directory import NotAMemberError, Person
from approvals.authority.may import barred, may_break
from approvals.authority.reach import asked_by, wishes
from approvals.authority.rules import NoRuleError, Rule, session_objection
from approvals.context import Context
from approvals.models import Request, operation_of
from approvals.queue import outgoing
from approvals.queue.leases import claim, release
from approvals.request import reminders
from approvals.request.break_glass import break_glass
from approvals.request.lifecycle import transition
from approvals.request.limits import excess
from approvals.slack.blocks import shorten
from approvals.slack.client import SlackAwayError
from approvals.slack.files import FileError
from approvals.states import Status
from approvals.views import on_hold, thread
from approvals.views.card import whole
from operations.aws.errors import AmbiguousError, BusyError, CredentialsError, FieldError, RefusedError
from operations.core.base import Operation
from operations.core.explanations import hindrance, refusal
from operations.core.fields import file_in
from operations.core.observations import Failed
from operations.core.preview import Preview, PreviewInput, digest
from operations.core.registry import by_name

log = logging.getLogger(__name__)
TOLD = "told"  # In a request's memory: the requester knows why approvers have not been asked yet.


class RefusalError(Exception):
    """The request cannot be put before approvers; the text says why and what to do."""


class NotYetError(Exception):
    """What is needed to judge the request is not there yet; it is tried again."""


def look_again(context: Context, operation: Operation) -> Preview:
    """The preview as the world is now; raises FieldError, AwsError, or NotYetError before the organization was read."""
    organization = context.organization()
    if organization is None:
        raise NotYetError("the organization has not been read yet")
    return operation.preview(PreviewInput(organization, context.aws))


def announce(context: Context, number: int) -> None:
    """Takes the preview and queues the card, or refuses the request; when Slack or AWS is away it is tried again later."""
    request = _claimed(context, number)
    if request is None:
        return
    try:
        rule, values = _prepare(context, request)
    except CredentialsError as error:
        log.warning("the request cannot be announced yet: %s", error)
        _postpone(context, request, hindrance(error))
    except (SlackAwayError, BusyError, AmbiguousError, NotYetError) as error:
        log.warning("the request cannot be announced yet: %s", error)
        _postpone(context, request)
    except NotAMemberError as error:
        _refuse(context, request, str(error), about=False)
    except RefusalError as error:
        _refuse(context, request, str(error))
    else:
        _publish(context, request, rule, values)


def _claimed(context: Context, number: int) -> Request | None:
    with context.store.write() as session:
        if not claim(session, Request, number, context.owner, context.clock()):
            return None
        request = session.get_one(Request, number, populate_existing=True)
        if request.status == Status.PENDING and request.announced_at is None:
            return request
        release(session, Request, number, context.owner)  # A worker that comes late must not keep others waiting.
        return None


def _prepare(context: Context, request: Request) -> tuple[Rule, dict[str, Any]]:
    """The rule that decides, and the columns to set; raises RefusalError, or what says that it is too early."""
    person = context.people.member(request.requester, request.team)
    _check_flood(context, request, person.aliases)
    operation, files = _with_files(context, request, operation_of(request))
    rule = _rule(context, operation, person)
    field, why = session_objection(rule, operation)
    if why:
        raise RefusalError(f"{_flag(request, field)}: {why}")
    if request.break_glass and rule.approvals and not may_break(context, rule, person):
        raise RefusalError(
            f"The rule “{rule.name}” does not let you break the glass. Ask without --break-glass: its approvers decide."
        )
    try:
        preview = look_again(context, operation)
    except FieldError as error:
        raise RefusalError(f"{files.get(error.field) or _flag(request, error.field)}: {error.message}") from error
    except CredentialsError:
        raise
    except RefusedError as error:
        failed = refusal(error.code, error.reason, error.message)
        raise RefusalError(f"{failed.say} {failed.advice}") from error
    params = operation.model_dump(mode="json")
    seal = digest(request.operation, params, preview.precondition)
    values = {"person": person.key, "params": params, "preview": preview.model_dump(mode="json"), "digest": seal}
    return rule, values | _under_rule(request, rule, approvals_asked(context.people, rule, person.aliases))


def _with_files(context: Context, request: Request, operation: Operation) -> tuple[Operation, dict[str, str]]:
    """The operation with the text of a file in the file's place, so that the text is what is approved; and what the files
    are called, by field.
    """
    fields = {name: file_in(getattr(operation, name)) for name in type(operation).model_fields}
    given = {name: file for name, file in fields.items() if file}
    organization = context.organization()
    if not given or organization is None:
        return operation, {}
    try:
        files = {name: context.files(file, request.requester) for name, file in given.items()}
    except FileError as error:
        raise RefusalError(f"{str(error)[0].upper()}{str(error)[1:]}") from error
    called = {name: f"The file “{shorten(file.name, 100)}”" for name, file in files.items()}
    try:
        return operation.model_copy(update={name: file.text for name, file in files.items()}).settled(
            organization
        ), called
    except FieldError as error:
        raise RefusalError(f"{called.get(error.field) or _flag(request, error.field)}: {error.message}") from error


def _rule(context: Context, operation: Operation, person: Person) -> Rule:
    """The rule that decides, now that Slack tells who asks; it may be another than the one it was filed with."""
    organization = context.organization()
    if organization is None:
        raise NotYetError("the organization has not been read yet")
    try:
        return context.rules().deciding(asked_by(wishes(operation, organization), person, context.people))
    except NoRuleError as error:
        raise RefusalError(f"{str(error)[0].upper()}{str(error)[1:]}") from error


def _under_rule(request: Request, rule: Rule, approvals: int) -> dict[str, Any]:
    asked_at = request.created_at
    expires = {"expires_at": asked_at + rule.expires} if asked_at else {}
    glass = request.break_glass and rule.approvals > 0  # What is granted at once breaks no glass.
    return {"rule": rule.name, "approvals_needed": approvals, "break_glass": glass, **expires}


def _check_flood(context: Context, request: Request, person: Aliases) -> None:
    with context.store.read() as session:
        flood = excess(session, request, person, context.limits, context.clock())
    if flood:
        raise RefusalError(flood)


def _flag(request: Request, field: str) -> str:
    """The field as people type it, such as `--name`."""
    fields = by_name()[request.operation].fields()
    return next((known.flag.names[0] for known in fields if known.name == field), field)


def _publish(context: Context, request: Request, rule: Rule, values: dict[str, Any]) -> None:
    now = context.clock()
    number = request.id or 0
    without = barred(context, rule.deciders()) if values["break_glass"] else frozenset()
    with context.store.write() as session:
        if not release(session, Request, number, context.owner, announced_at=now, due_at=None, polls=0, **values):
            return
        filed = {"operation": request.operation, "digest": values["digest"], "rule": rule.name}
        chain.record(session, now, "request.filed", request.requester, number, **filed)
        request = session.get_one(Request, number, populate_existing=True)
        if request.break_glass:
            break_glass(session, request, rule, now, without)
        elif rule.approvals:
            outgoing.card(session, request, now)
        else:
            _grant(session, number, now)
        announced = session.get_one(Request, number, populate_existing=True)
        for text in whole(Preview.model_validate(announced.preview)):
            outgoing.thread(session, announced, now, thread.body(text))
        if announced.status == Status.PENDING:
            reminders.begin(session, announced, rule)


def _grant(session: Session, number: int, now: datetime) -> None:
    """The rule asks for nobody's approval: it starts at once, and no person is noted as the one who decided."""
    granted = transition(session, number, Status.APPROVED, now, "orgbot", decided_at=now, due_at=now)
    outgoing.card(session, granted, now)


def _postpone(context: Context, request: Request, why: Failed | None = None) -> None:
    """Gives the request back for a while; the requester is told once `why` nobody has been asked yet."""
    now, number = context.clock(), request.id or 0
    values: dict[str, Any] = {"polls": request.polls + 1}
    wait = min(context.pace.after(request.polls), timedelta(seconds=30))
    with context.store.write() as session:
        if why and not request.memory.get(TOLD):
            values["memory"] = {**request.memory, TOLD: True}
            outgoing.direct(session, request, now, on_hold.postponed(request, why))
        release(session, Request, number, context.owner, due_at=now + wait, **values)


def _refuse(context: Context, request: Request, why: str, *, about: bool = True) -> None:
    """Ends it before anybody was asked; without `about`, the requester gets that sentence alone."""
    now = context.clock()
    with context.store.write() as session:
        refused = transition(session, request.id or 0, Status.REFUSED, now, "orgbot", outcome=why, owner=context.owner)
        outgoing.direct(session, refused, now, thread.refused(refused) if about else thread.body(why))
