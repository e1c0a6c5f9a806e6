"""Ending a role session before its time: the role denies everything to sessions of this name that are older than now.

It is written with the rights of the member account's own role, into the same inline policy that the IAM console uses.
Source: IAM User Guide, "Revoke IAM role temporary security credentials"; "AWS global condition context keys" (aws:userid,
aws:TokenIssueTime).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from operations.access.access_role import DEFAULT_ROLE
from operations.access.role_sessions import DENIED, Wanted, bare_name, mint
from operations.access.session_length import LONGEST, SHORTEST
from operations.aws.client import Aws, aws_time
from operations.aws.codes import NO_SUCH_ENTITY
from operations.aws.errors import AmbiguousError, RefusedError

POLICY = "AWSRevokeOlderSessions"
PREFIX = "Orgbot"
Document = dict[str, Any]


def revoke(aws: Aws, wanted: Wanted, role_id: str) -> None:
    """Denies everything to the sessions that were opened for `wanted` until now; raises AwsError.

    The default role does it, because it may; where it isn't there the session's own role does. Doing it twice changes nothing.
    """
    *others, last = dict.fromkeys((DEFAULT_ROLE, wanted.role))
    for role in others:
        try:
            return _revoke_by(role, aws, wanted, role_id)
        except RefusedError as error:
            if error.code != DENIED:
                raise
    return _revoke_by(last, aws, wanted, role_id)


def _revoke_by(helper: str, aws: Aws, wanted: Wanted, role_id: str) -> None:
    own = Wanted(wanted.account, helper, SHORTEST, "revoke", wanted.request)
    fresh = mint(aws, own)
    now = fresh.expires_at - timedelta(seconds=SHORTEST)  # AWS's own clock, on which the sessions' age is judged.
    member = aws.acting_as(fresh)
    ours = statement(wanted, role_id, now)
    document = merged(_present(member, wanted.role), ours, now)
    write = {"RoleName": bare_name(wanted.role), "PolicyName": POLICY, "PolicyDocument": json.dumps(document)}
    member.write("iam", "put_role_policy", **write)
    if ours not in _statements(_present(member, wanted.role)):
        raise AmbiguousError("PutRolePolicy", "somebody else has changed the role's policy at the same time")


def statement(wanted: Wanted, role_id: str, now: datetime) -> Document:
    """The denial of the sessions of this name that began until `now`; whole seconds are all that AWS compares."""
    before = aws_time(now + timedelta(seconds=1))
    return {
        "Sid": f"{PREFIX}Request{wanted.request}",
        "Effect": "Deny",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {
            "DateLessThan": {"aws:TokenIssueTime": before},
            "StringLike": {"aws:userid": f"{role_id}:{wanted.session_name}"},
        },
    }


def merged(present: Document, ours: Document, now: datetime) -> Document:
    """The policy with our statement; those of others stay, and of our own those whose sessions may still live."""
    kept = [item for item in _statements(present) if item.get("Sid") != ours["Sid"] and not _is_over(item, now)]
    return {"Version": "2012-10-17", **present, "Statement": [*kept, ours]}


def _is_over(item: Mapping[str, Any], now: datetime) -> bool:
    if not str(item.get("Sid", "")).startswith(f"{PREFIX}Request"):
        return False
    try:
        before = datetime.fromisoformat(str(item["Condition"]["DateLessThan"]["aws:TokenIssueTime"]))
    except (KeyError, TypeError, ValueError):
        return False
    return before < now - timedelta(seconds=LONGEST)


def _present(member: Aws, role: str) -> Document:
    """The inline policy as it stands; empty when there is none."""
    try:
        found = member.read("iam", "get_role_policy", RoleName=bare_name(role), PolicyName=POLICY)["PolicyDocument"]
    except RefusedError as error:
        if error.code not in NO_SUCH_ENTITY:
            raise
        return {}
    return dict(json.loads(unquote(found)) if isinstance(found, str) else found)


def _statements(document: Document) -> list[Document]:
    found = document.get("Statement", [])
    return list(found) if isinstance(found, list) else [found]
