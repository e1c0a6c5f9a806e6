"""Handshakes: invitations into the organization, and the consent to all features.

Source: AWS Organizations API Reference, "Handshake", "InviteAccountToOrganization", "EnableAllFeatures"; Quotas (15 and
90 days).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from moto.organizations import utils

INVITE, ENABLE, APPROVE = "INVITE", "ENABLE_ALL_FEATURES", "APPROVE_ALL_FEATURES"
PENDING = ("REQUESTED", "OPEN")


@dataclass
class Handshake:
    """One handshake; `account` is whose consent is asked ("" in an ENABLE_ALL_FEATURES, which the management account ends)."""

    organization: str
    arn_prefix: str
    action: str
    requested: datetime
    expires: datetime
    account: str = ""
    email: str = ""
    parent: str = ""
    notes: str = ""
    tags: list[dict[str, str]] = field(default_factory=list)
    state: str = "OPEN"
    id: str = field(default_factory=lambda: "h-" + utils.make_random_create_account_status_id()[4:])
    named_by_email: bool = False

    @property
    def is_open_invitation(self) -> bool:
        """Whether it is an invitation that nobody has answered; those count towards the account quota."""
        return self.action == INVITE and self.state in PENDING
