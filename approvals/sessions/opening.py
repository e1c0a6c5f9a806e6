"""Opening the role session that a request was granted: whether its approval still stands and what the rules allow now, then
AssumeRole.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from approvals.audit import alarm
from approvals.authority.requirements import requirements_of
from approvals.authority.rules import session_objection
from approvals.authority.standing import ApprovalLostError, still_approved
from approvals.context import Context
from approvals.models import Request, operation_of
from approvals.queue.worker import LaterError
from approvals.slack.client import SlackAwayError
from approvals.states import TERMINAL, Status
from approvals.views.sessions import Subject
from operations.access.credentials import Credentials
from operations.access.role_look import is_new
from operations.access.role_sessions import DENIED, Minted, Wanted, bare_name, mint
from operations.access.session_refusals import describe, is_young, refused, root_of
from operations.aws.client import check_fence
from operations.aws.errors import AmbiguousError, BusyError, CredentialsError, RefusedError
from operations.core.observations import Failed

PAUSE = timedelta(seconds=5)
NEW_ROLE_PAUSE = timedelta(seconds=20)


class UndeliverableError(Exception):
    """There will be no credentials: `failed` says why, and the way out."""

    def __init__(self, say: str, advice: str = "", *, again: bool = False) -> None:
        super().__init__(say)
        self.failed = Failed(say, advice, again=again)


def wanted_by(context: Context, request: Request) -> Wanted:
    """The session that a request stands for, under its rule as it is now; raises UndeliverableError."""
    operation = granted(request)
    required = requirements_of(request, context.rules())
    _, why = required.session_objection(operation) if required else session_objection(None, operation)
    if why:
        raise UndeliverableError(f"The rules have changed since: {why}")
    return Wanted(
        account=operation.account,
        role=operation.role,
        seconds=operation.seconds,
        person=request.person or request.requester,
        request=request.id or 0,
    )


def open_session(context: Context, request: Request, wanted: Wanted) -> Minted:
    """New credentials; raises LaterError, or UndeliverableError. Neither holds anything of AWS's answer."""
    _check_proof(context, request)
    try:
        policy = _bound(context, request)
        _check_role(context, wanted)
        check_fence()
        return mint(context.aws, replace(wanted, policy=policy))
    except SlackAwayError as error:
        raise LaterError(str(error), PAUSE) from error
    except (BusyError, AmbiguousError, CredentialsError) as error:
        why = f"AWS: {error.code or type(error).__name__}"
    except RefusedError as error:
        raise _explained(context, wanted, error) from None
    raise LaterError(why, PAUSE)


def shorter(wanted: Wanted, seconds: int) -> Wanted:
    """The same session for a shorter time."""
    return replace(wanted, seconds=min(wanted.seconds, seconds))


def granted(request: Request) -> Credentials:
    """The declaration behind a request for credentials."""
    operation = operation_of(request)
    if not isinstance(operation, Credentials):
        raise UndeliverableError(f"Request #{request.id} is not for credentials.")
    return operation


def subject_of(context: Context, request: Request, wanted: Wanted) -> Subject:
    """What the words about this session name."""
    name = account_name(context, wanted.account)
    return Subject(wanted.request, request.button, wanted.account, name, wanted.role, wanted.seconds, context.console)


def account_name(context: Context, account: str) -> str:
    """The account's name, or its id where the name is unknown."""
    organization = context.organization()
    known = organization.accounts_by_id.get(account) if organization else None
    return known.name if known else account


def _check_proof(context: Context, request: Request) -> None:
    with context.store.read() as session:
        status = session.get_one(Request, request.id, populate_existing=True).status
    if status in TERMINAL - {Status.SUCCEEDED}:  # Given up, perhaps, while the message was on its way.
        raise UndeliverableError(f"Request #{request.id} has ended ({status}), so no session is opened.")
    objection = alarm.objection(context, request.id or 0)
    if objection:
        raise UndeliverableError(objection.say, objection.advice, again=objection.again)


def _bound(context: Context, request: Request) -> str:
    """The session policy of the rules that decide now; raises UndeliverableError where they no longer allow the session."""
    try:
        now = still_approved(context, request)
    except ApprovalLostError as error:
        raise UndeliverableError(
            f"The approval no longer holds: {error}", "Ask again if it is still wanted.", again=True
        ) from error
    if why := now.session_objection(granted(request))[1]:
        raise UndeliverableError(f"The rules have changed since: {why}")
    return now.session_policy


def _check_role(context: Context, wanted: Wanted) -> None:
    """Neither the management account nor the bot's own role, whatever was approved."""
    organization = context.organization()
    own_role = context.aws.identity().role
    if (organization and wanted.account == organization.management_account) or bare_name(wanted.role) == own_role:
        raise UndeliverableError("Credentials for the management account and for the bot's own role are never given.")


def _explained(context: Context, wanted: Wanted, error: RefusedError) -> Exception:
    organization, account = context.organization(), {}
    if error.code == DENIED:
        known = organization.accounts_by_id.get(wanted.account) if organization else None
        account = describe(context.aws, wanted.account, known)
        if is_young(account, context.clock()):
            return LaterError("AWS does not let anybody into the new account yet", NEW_ROLE_PAUSE)
        if is_new(context.aws, wanted, context.clock()):
            return LaterError("AWS does not let anybody into the new role yet", NEW_ROLE_PAUSE)
    trusted = root_of(context.aws, organization.management_account if organization else "")
    failed = refused(error, wanted, account, trusted)
    return UndeliverableError(failed.say, failed.advice, again=failed.again)
