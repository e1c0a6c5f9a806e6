"""Whether a role can be had, as far as that can be known before anybody approves, and whether it is new.

The bot enters the account by the default role, in a session that may call GetRole and nothing else, and is thrown away.
Source: AWS STS API Reference, "AssumeRole" (Policy); IAM API Reference, "GetRole" (NoSuchEntity, MaxSessionDuration).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from operations.access.access_role import DEFAULT_ROLE
from operations.access.role_sessions import DENIED, Wanted, bare_name, glance
from operations.access.session_length import SHORTEST, written
from operations.access.session_refusals import YOUNG, describe, is_young, refused, root_of
from operations.aws.client import Answer, Aws
from operations.aws.codes import NO_SUCH_ENTITY
from operations.aws.errors import AwsError, CredentialsError, FieldError, RefusedError
from operations.core.preview import Notice, PreviewInput, caution, fact
from operations.snapshot.names import listed

ONLY_LOOK = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "*"}}
)


def look(inputs: PreviewInput, account: str, role: str, seconds: int) -> tuple[Notice, ...]:
    """What approvers have to know of the role, as far as AWS tells in time; raises FieldError where it will surely refuse the
    session.
    """
    try:
        return inputs.optional("AssumeRole", lambda aws: _look(replace(inputs, aws=aws), account, role, seconds))
    except CredentialsError:
        raise
    except AwsError as error:
        return (_not_looked_at(error),)


def _look(inputs: PreviewInput, account: str, role: str, seconds: int) -> tuple[Notice, ...]:
    label = inputs.organization.account_label(account)
    try:
        found = _described(inputs.aws, account, role)
    except CredentialsError:
        raise
    except RefusedError as error:
        if error.code in NO_SUCH_ENTITY:
            raise FieldError(
                "role", f"there is no role {role} in {label}. Look at the roles in its IAM console."
            ) from None
        if error.code != DENIED:
            raise
        return _denied(inputs, account, role, error)
    _check(found, role, seconds, label)
    return ()


def check_exists(inputs: PreviewInput, accounts: Iterable[str], role: str) -> tuple[Notice, ...]:
    """What approvers have to know of a role that somebody may assume from now on; raises FieldError where it is known not to be
    there. Whether somebody else than the bot can assume it, the bot can't try.
    """
    try:
        missing, unread = inputs.optional("GetRole", lambda aws: _looked_for(aws, accounts, role))
    except AwsError as error:
        return (_not_looked_at(error),)
    label = inputs.organization.account_label
    if missing:
        where = listed([label(account) for account in missing], 5)
        raise FieldError("role", f"there is no role {role} in {where}. Look at the roles in its IAM console.")
    told = dict.fromkeys(error.unread for error in unread.values())
    where = listed([label(account) for account in unread], 5)
    return (caution(f"Whether {role} exists in {where} could not be checked: {listed(list(told))}."),) if unread else ()


def _looked_for(aws: Aws, accounts: Iterable[str], role: str) -> tuple[list[str], dict[str, AwsError]]:
    """The accounts without the role, and those that could not be looked at."""
    missing: list[str] = []
    unread: dict[str, AwsError] = {}
    for account in accounts:
        try:
            _described(aws, account, role)
        except AwsError as error:
            if error.code in NO_SUCH_ENTITY:
                missing.append(account)
            else:
                unread[account] = error
    return missing, unread


def is_new(aws: Aws, wanted: Wanted, now: datetime) -> bool:
    """Whether the role was made a moment ago, so that AWS may not know it everywhere yet; no where that is unknown."""
    try:
        created = _described(aws, wanted.account, wanted.role).get("CreateDate")
    except AwsError:
        return False
    return isinstance(created, datetime) and now - created < YOUNG


def _described(aws: Aws, account: str, role: str) -> Answer:
    """GetRole's answer, which is empty where the role itself may not be asked for it; raises AwsError."""
    helper = aws.acting_as(glance(aws, _only_look(account, DEFAULT_ROLE)))
    try:
        found: Answer = helper.probe("iam", "get_role", RoleName=bare_name(role))["Role"]
    except RefusedError as error:
        if error.code in NO_SUCH_ENTITY or role != DEFAULT_ROLE:
            raise
        return {}
    return found


def _only_look(account: str, role: str) -> Wanted:
    return Wanted(account, role, SHORTEST, "look", 0, ONLY_LOOK)


def _denied(inputs: PreviewInput, account: str, role: str, error: RefusedError) -> tuple[Notice, ...]:
    """The default role lets nobody in, so that only the role itself can tell."""
    told = describe(inputs.aws, account, inputs.organization.accounts_by_id.get(account))
    if is_young(told, inputs.organization.read_at):
        return (
            fact("The account is new, and its role can't be assumed yet; the session is opened as soon as it can."),
        )
    wanted = _only_look(account, role)
    if role != DEFAULT_ROLE:
        try:
            glance(inputs.aws, wanted)
        except RefusedError as second:
            error = second
        except AwsError as second:
            return (_not_looked_at(second),)
        else:
            return ()
    failed = refused(error, wanted, told, root_of(inputs.aws, inputs.organization.management_account))
    raise FieldError("role", f"{failed.say} {failed.advice}")


def _not_looked_at(error: AwsError) -> Notice:
    return caution(f"Whether the role exists could not be checked ({error.operation}: {error.code or 'no answer'}).")


def _check(found: dict[str, Any], role: str, seconds: int, label: str) -> None:
    own = str(found.get("Arn", "")).partition(":role/")[2]
    if own and own != role:
        raise FieldError("role", f"the role in {label} is called {own}, with its path. Give that.")
    longest = int(found.get("MaxSessionDuration") or seconds)
    if seconds > longest:
        raise FieldError(
            "duration",
            f"the role {role} in {label} allows {written(longest)} at most (MaxSessionDuration). Choose {written(longest)} or less.",
        )
