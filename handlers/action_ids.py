"""The action and callback ids by which Slack's deliveries find their listeners."""

from __future__ import annotations

import re

from operations.core.fields import FieldKind

COMMAND = "/org"
REQUEST_FORM = re.compile(r"^request:")
DENY_FORM = "deny"
BREAK_GLASS_FORM = re.compile(r"^break-glass:")
LAUNCHER, MESSAGE_LAUNCHER, WANT = "launcher", "launcher-message", "want"
ENDING = re.compile(r"^end:(cancel|undo)$")
OPEN_FORM = re.compile(r"^form:")
DECISION = re.compile(r"^(approve|cancel|withdraw|review|show|control:[a-z-]{1,40})$")
ANEW = re.compile(r"^(undo|again|edit)$")
CODE = "code"
LINK = re.compile(r"^link")
PICKERS = {
    "account": FieldKind.ACCOUNT,
    "accounts": FieldKind.ACCOUNT,
    "service": FieldKind.SERVICE,
    "ou": FieldKind.OU,
    "target": FieldKind.TARGET,
    "policy": FieldKind.POLICY,
}
PICKER = re.compile(rf"^({'|'.join(PICKERS)}):")
