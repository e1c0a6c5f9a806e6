"""Groups, users and roles of the management account, and the one inline policy that the bot keeps on them.

Source: IAM API Reference, "GetGroupPolicy", "GetUserPolicy", "GetRolePolicy"; IAM User Guide, "IAM and AWS STS quotas".
"""

from __future__ import annotations

import json
import re
from typing import Any

from operations.aws.client import Aws
from operations.aws.codes import NO_SUCH_ENTITY
from operations.aws.errors import FieldError, RefusedError
from operations.snapshot.names import joined

POLICY = "orgbot-assume-role"
KINDS = ("group", "user", "role")
LIMITS = {"group": 5_120, "user": 2_048, "role": 10_240}  # Characters without white space, of all inline policies.
ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(?P<kind>group|user|role)/(?>(?:[^/]+/)*)(?P<name>[^/]+)")
NAMED = re.compile(r"(?P<kind>group|user|role)s?[/:](?P<name>[\w+=,.@-]{1,128})", re.ASCII | re.IGNORECASE)
BARE = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)


def find_principal(aws: Aws, text: str) -> str:
    """`group/developers` for what `text` means; raises FieldError when it is none, or may be more than one."""
    wanted = text.strip()
    found = ARN.fullmatch(wanted) or NAMED.fullmatch(wanted)
    if found:
        kind, name = found["kind"].casefold(), found["name"]
        if not _exists(aws, kind, name):
            raise FieldError(
                "principal", f"there is no {kind} {name} in the management account. Look in its IAM console."
            )
        return f"{kind}/{name}"
    if not BARE.fullmatch(wanted):
        raise FieldError("principal", f"“{wanted[:100]}” is not a principal. Write group/…, user/…, role/… or an ARN.")
    kinds = [kind for kind in KINDS if _exists(aws, kind, wanted)]
    if len(kinds) == 1:
        return f"{kinds[0]}/{wanted}"
    if kinds:
        choices = joined((f"{kind}/{wanted}" for kind in kinds), "or")
        raise FieldError("principal", f"“{wanted}” names {len(kinds)} principals. Write {choices}.")
    raise FieldError("principal", f"there is no group, user or role “{wanted}” in the management account.")


def _exists(aws: Aws, kind: str, name: str) -> bool:
    try:
        aws.read("iam", f"get_{kind}", **{f"{kind.capitalize()}Name": name})
    except RefusedError as error:
        if error.code not in NO_SUCH_ENTITY:
            raise
        return False
    return True


def read_policy(aws: Aws, principal: str) -> str:
    """The JSON text of the bot's inline policy on a principal; empty when there is none. Raises AwsError."""
    kind, name = principal.split("/", 1)
    try:
        answer = aws.read("iam", f"get_{kind}_policy", PolicyName=POLICY, **{f"{kind.capitalize()}Name": name})
    except RefusedError as error:
        if error.code not in NO_SUCH_ENTITY:
            raise
        return ""
    document: Any = answer["PolicyDocument"]
    return document if isinstance(document, str) else json.dumps(document)
