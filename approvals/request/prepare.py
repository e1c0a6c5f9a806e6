"""A filed request becomes a card: who asks is checked, the world is looked at, and what would happen is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlmodel import Session, col

from approvals.audit import alarm, chain
from approvals.audit.evidence import sealed
from approvals.audit.proof import FILED
from approvals.authority import may
from approvals.authority.able import approvals_asked
from approvals.authority.directory import NotAMemberError, Person
from approvals.authority.may import barred, may_break
from approvals.authority.reach import ask_of, hits, judged, other_rules
from approvals.authority.requirements import Requirements
from approvals.authority.rules import NoRuleError
from approvals.context import Context, NotYetError
from approvals.models import LIVE, TITLE, Request, operation_of
from approvals.outbox import telling
from approvals.queue import outgoing
from approvals.queue.leases import release, set_held
from approvals.queue.worker import Job, work_off
from approvals.request import reminders
from approvals.request.attempts import any_accepted
from approvals.request.break_glass import break_glass
from approvals.request.lifecycle import transition
from approvals.request.limits import excess
from approvals.slack.blocks import shorten
from approvals.slack.client import SlackAwayError
from approvals.slack.codes import meaning
from approvals.slack.files import FileError
from approvals.slack.named import Aliases
from approvals.states import Status
from approvals.views import hindered, on_hold, set_aside, thread
from approvals.views.thread import OPENS, Body
from approvals.views.whole import in_a_file, in_a_message, whole
from operations.aws.errors import AmbiguousError, BusyError, CredentialsError, FieldError, GoneError, RefusedError
from operations.aws.looks import Looks
from operations.aws.prefilled import Prefilled
from operations.core.base import Operation
from operations.core.explanations import hindrance, refusal
from operations.core.fields import FieldKind, file_in
from operations.core.lookalikes import pointed_out
from operations.core.observations import Failed
from operations.core.preview import Preview, PreviewInput, caution, digest, not_open, unknown_first
from operations.core.registry import by_name
from operations.core.visible import InvisibleError, check
from operations.snapshot.names import capital, listed

MOST_SAID = 3  # Places that a card names about which other rules decide afterwards.
LAG = timedelta(minutes=2)  # Source: AWS Organizations User Guide, "Consistency model".
ACCOUNTS = (FieldKind.ACCOUNT, FieldKind.ACCOUNTS, FieldKind.TARGET)
# So long a request or a press waits for Slack before people hear of it, with the next try, which is at most half a minute later.
TELL_SILENCE_AFTER = timedelta(seconds=15)


class RefusalError(Exception):
    """The request cannot be put before approvers; the text says why and what to do, `opens` are the requests that help."""

    def __init__(self, why: str, opens: Sequence[Prefilled] = ()) -> None:
        super().__init__(why)
        self.opens = tuple(opens)


def look_again(context: Context, operation: Operation, looks: Looks | None = None) -> Preview:
    """The preview as the world is now; raises FieldError, AwsError, or NotYetError before the organization was read and while
    AWS may not show yet what was made a moment ago.
    """
    organization, looks = context.snapshot(), looks or _looks(context)
    try:
        preview = operation.preview(PreviewInput(organization, context.aws, looks))
    except GoneError as error:
        if _changed_lately(context):
            raise NotYetError(f"AWS may not show it yet: {error.message}") from error
        raise
    named = [one for kind in ACCOUNTS for one in operation.named(kind)]
    preview = preview.warning(*not_open(organization, named))
    return unknown_first(preview, organization.policies, operation.named(FieldKind.POLICY))


def _changed_lately(context: Context) -> bool:
    """Whether something was changed a moment ago, so that AWS may not show everywhere yet what was made."""
    with context.store.read() as session:
        return any_accepted(session, context.clock() - LAG)


def _look_closely(context: Context, operation: Operation) -> Preview:
    """The preview, with what only an attempt tells, which is made for approvers alone and not at each look."""
    looks = _looks(context)
    preview, organization = look_again(context, operation, looks), context.organization()
    if organization is None:
        return preview
    more = operation.try_out(PreviewInput(organization, context.aws, looks))
    return preview.warning(*more)


def _looks(context: Context) -> Looks:
    """The time that one card has for all that is good to know."""
    return Looks(context.glancing or context.aws)


def announce(context: Context, number: int) -> None:
    """Takes the preview and queues the card, or refuses the request; when Slack or AWS is away it is tried again later."""
    work_off(ANNOUNCE, context.desk, number, lambda request: _announce(context, request))


def _announce(context: Context, request: Request) -> None:
    if alarm.is_forged(context, request):
        _refuse_forged(context, request)
        return
    try:
        required, values = _prepare(context, request)
    except (CredentialsError, BusyError, AmbiguousError) as error:
        _show_that_it_waits(context, request, hindrance(error))
        raise
    except SlackAwayError as error:
        why = meaning(error.to_mend) if error.to_mend else hindered.SILENT
        waited = context.clock() - request.created_at if request.created_at else timedelta(0)
        if error.to_mend or waited >= TELL_SILENCE_AFTER:
            _tell_once(context, request, hindered.not_asked_yet(request, why))
        raise
    except NotAMemberError as error:
        _refuse(context, request, str(error), about=False)
    except RefusalError as error:
        _refuse(context, request, str(error), opens=error.opens)
    else:
        _publish(context, request, required, values)


def _prepare(context: Context, request: Request) -> tuple[Requirements, dict[str, Any]]:
    """The rules that decide, and the columns to set; raises NotAMemberError, RefusalError, or what says that it is too early."""
    context = replace(context, people=context.people.after(context.clock()))
    person = context.people.member(request.requester, request.team)
    _check_flood(context, request, person.aliases)
    operation, files = _with_files(context, request, operation_of(request))
    required, other = _rules(context, operation, person)
    field, why = required.session_objection(operation)
    if why:
        raise RefusalError(f"{_flag(request, field)}: {why}")
    if request.break_glass and required.approvals and not may_break(context, required, person):
        named = listed(required.quoted)
        raise RefusalError(
            f"{named} does not let you break the glass. Ask without --break-glass: the approvers decide."
        )
    try:
        preview = _look_closely(context, operation)
    except FieldError as error:
        raise _not_submitted(request, error, files) from error
    except CredentialsError:
        raise
    except RefusedError as error:
        failed = refusal(error.code, error.reason, error.message)
        opens = [one.filled(operation.model_dump(mode="json")) for one in failed.opens]
        raise RefusalError(f"{failed.say} {failed.advice}", opens) from error
    params = operation.model_dump(mode="json")
    alike = pointed_out(operation, context.snapshot())
    preview = preview.warning(*map(caution, (*alike, *other)))
    seal = digest(request.operation, params, preview.precondition)
    values = {"person": person.key, "params": params, "preview": preview.model_dump(mode="json"), "digest": seal}
    required = required.asking(lambda rule: approvals_asked(context.people, rule, person.aliases))
    return required, values | _under_rules(request, required)


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
        raise RefusalError(capital(str(error))) from error
    called = {name: f"The file “{shorten(file.name, 100)}”" for name, file in files.items()}
    texts = {name: file.text for name, file in files.items()}
    try:
        for name, text in texts.items():
            _check_visible(operation, name, text)
        return operation.model_copy(update=texts).settled(organization), called
    except FieldError as error:
        raise _not_submitted(request, error, called) from error


def _not_submitted(request: Request, error: FieldError, files: Mapping[str, str]) -> RefusalError:
    """What is wrong with a field, named as forms name it, or as the file is called that was given there."""
    named = files.get(error.field) or _flag(request, error.field)
    return RefusalError(f"{named}: {error.message}" if named else capital(error.message), error.opens)


def _check_visible(operation: Operation, name: str, text: str) -> None:
    """What the operation's class checks of a text that is given at once; raises FieldError."""
    kind = next(field.flag.kind for field in operation.fields() if field.name == name)
    try:
        check(text, kind)
    except InvisibleError as error:
        raise FieldError(name, str(error)) from error


def _rules(context: Context, operation: Operation, person: Person) -> tuple[Requirements, tuple[str, ...]]:
    """The rules that decide, now that Slack tells who asks, and a sentence for each place that other rules would guard after it."""
    rules, found, guards = context.rules(), hits(operation, context.snapshot()), context.guards()
    try:
        required = judged(rules, ask_of(operation, person, context.people), found, guards)
        return required, tuple(islice(other_rules(rules, found, guards), MOST_SAID))
    except NoRuleError as error:
        raise RefusalError(capital(str(error))) from error


def _under_rules(request: Request, required: Requirements) -> dict[str, Any]:
    asked_at = request.created_at
    expires = {"expires_at": asked_at + required.expires} if asked_at else {}
    glass = request.break_glass and required.approvals > 0  # What is granted at once breaks no glass.
    return {**required.columns(), "break_glass": glass, **expires}


def _check_flood(context: Context, request: Request, person: Aliases) -> None:
    with context.store.read() as session:
        flood = excess(session, request, person, context.limits, context.clock())
    if flood:
        raise RefusalError(flood)


def _flag(request: Request, field: str) -> str:
    """The field as forms and cards name it, such as `Name`."""
    fields = by_name()[request.operation].fields()
    return next((known.flag.label for known in fields if known.name == field), field)


def _publish(context: Context, request: Request, required: Requirements, values: dict[str, Any]) -> None:
    now = context.clock()
    number = request.id or 0
    without = barred(context, required.deciders()) if values["break_glass"] else frozenset()
    memory = {name: value for name, value in request.memory.items() if name != on_hold.NOT_ASKED}
    unseen = on_hold.NOT_ASKED in request.memory and not request.digest  # Nobody could decide on its card yet.
    with context.store.write() as session:
        values |= {"announced_at": now, "due_at": None, "memory": memory}
        if not release(session, Request, number, request.lease_owner, **values):
            return
        filed = {"operation": request.operation, "digest": values["digest"], **required.told()}
        filed |= {"break_glass": values["break_glass"]}
        outgoing.unsay(session, _unasked(request))
        request = session.get_one(Request, number, populate_existing=True)
        chain.record(session, now, FILED, request.requester, number, **filed, **sealed(request))
        if request.break_glass:
            break_glass(session, request, required, now, without)
        elif required.approvals:
            put = outgoing.card_anew if unseen else outgoing.card
            put(session, request, now)
        else:
            _grant(session, number, now)
        announced = session.get_one(Request, number, populate_existing=True)
        _tell_whole(session, announced, now)
        if announced.status == Status.PENDING:
            reminders.begin(session, announced, required)


def _tell_whole(session: Session, request: Request, now: datetime) -> None:
    """What the card has no room for."""
    told = whole(Preview.model_validate(request.preview), operation_of(request).free_texts())
    message = in_a_message(told) if told else None
    if message:
        outgoing.thread(session, request, now, message)
    elif told:
        outgoing.file(session, request, now, in_a_file(told))


def _grant(session: Session, number: int, now: datetime) -> None:
    """The rule asks for nobody's approval: it starts at once, and no person is noted as the one who decided."""
    granted = transition(session, number, Status.APPROVED, now, chain.ORGBOT, decided_at=now, due_at=now)
    outgoing.card(session, granted, now)


def _show_that_it_waits(context: Context, request: Request, why: Failed) -> None:
    """A card on which nothing can be approved yet, and the requester's message, which say why as it is now."""
    known = on_hold.not_asked_for(why)
    if known.items() <= request.memory.items():
        return
    with context.store.write() as session:
        if _remembers(session, request, {**_titled(context, request), **known}):
            _say_that_it_waits(session, session.get_one(Request, request.id, populate_existing=True), context.clock())


def _say_that_it_waits(session: Session, request: Request, now: datetime) -> None:
    outgoing.card(session, request, now)
    telling.tell(session, request, now)


def _remembers(session: Session, request: Request, known: Mapping[str, Any]) -> bool:
    """Whether the request is still in this worker's hands, and has this in its memory from now on."""
    return set_held(session, Request, request.id or 0, request.lease_owner, memory={**request.memory, **known})


def _titled(context: Context, request: Request) -> dict[str, str]:
    """For the memory of a request without a preview: what it is called."""
    organization = context.organization()
    return {TITLE: operation_of(request).title(organization)} if organization else {}


def _tell_once(context: Context, request: Request, why: Body) -> None:
    """The requester is told once why nobody has been asked yet."""
    if request.memory.get(on_hold.TOLD):
        return
    with context.store.write() as session:
        if _remembers(session, request, {on_hold.TOLD: True}):
            outgoing.direct(session, request, context.clock(), why).marker = _unasked(request)


def _unasked(request: Request) -> str:
    """By which what was said of a request that waits for Slack is taken back where it has not left yet."""
    return f"request-{request.id}-unasked"


def _tell_set_aside(session: Session, request: Request, now: datetime) -> None:
    outgoing.direct(session, request, now, set_aside.not_announced(request))
    if on_hold.NOT_ASKED in request.memory:
        request.memory = {**request.memory, on_hold.NOT_ASKED: f"{set_aside.ERROR}. {set_aside.ONCE_MORE}"}
        session.add(request)
        _say_that_it_waits(session, request, now)


def refuse(session: Session, number: int, now: datetime, **values: Any) -> Request:
    """Ends a request that approvers could not decide; a card that said why says so. Raises LostRaceError."""
    refused = transition(session, number, Status.REFUSED, now, chain.ORGBOT, **values)
    if on_hold.NOT_ASKED in refused.memory:
        outgoing.card(session, refused, now)
    return refused


def _refuse(
    context: Context, request: Request, why: str, *, about: bool = True, opens: Sequence[Prefilled] = ()
) -> None:
    """Ends it before anybody was asked; without `about`, the requester gets that sentence alone."""
    now, memory = context.clock(), {**request.memory, **_titled(context, request)}
    memory |= {OPENS: kept} if (kept := may.helping(context, request, opens)) else {}
    values = {"outcome": why, "memory": memory, "owner": request.lease_owner}
    with context.store.write() as session:
        refused = refuse(session, request.id or 0, now, **values)
        outgoing.unsay(session, _unasked(request))
        if about:
            telling.tell(session, refused, now, anew=True)
        else:
            outgoing.direct(session, refused, now, thread.body(why))


def _refuse_forged(context: Context, request: Request) -> None:
    """What it says of itself is not gone by, not even for its name."""
    now = context.clock()
    with context.store.write() as session:
        refused = refuse(session, request.id or 0, now, outcome=alarm.FORGED, owner=request.lease_owner)
        outgoing.direct(session, refused, now, thread.body(f":x: Request #{refused.id}: {alarm.FORGED}"))


ANNOUNCE: Job[Request] = Job(
    "announce",
    Request,
    Request.due_at,
    (LIVE, col(Request.status) == Status.PENDING, col(Request.announced_at).is_(None)),
    told=_tell_set_aside,
)
