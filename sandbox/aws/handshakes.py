"""Handshakes: invitations into the organization, and the consent to all features.

Source: AWS Organizations API Reference, "Handshake", "InviteAccountToOrganization", "EnableAllFeatures"; Quotas (15 and
90 days, kept for 30 days).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from moto.organizations import utils

from sandbox.aws.backend import Backend
from sandbox.aws.conditions import MANAGEMENT_ACCOUNT
from sandbox.aws.creation import check_quota
from sandbox.aws.models import Account
from sandbox.aws.refusals import Refusal, invalid, not_found
from sandbox.aws.registry import Answer, Listing, Params, listing, operation
from sandbox.aws.tags import check_tags

INVITE, ENABLE, APPROVE = "INVITE", "ENABLE_ALL_FEATURES", "APPROVE_ALL_FEATURES"
PENDING = ("REQUESTED", "OPEN")
LIFETIMES = {INVITE: timedelta(days=15), ENABLE: timedelta(days=90), APPROVE: timedelta(days=90)}
KEPT = timedelta(days=30)


def _handshake_id() -> str:
    return "h-" + utils.make_random_policy_id().removeprefix("p-")


@dataclass
class Handshake:
    """One handshake; `account` and `email` are whose consent is asked, as far as the stand-in knows them."""

    action: str
    requested: datetime
    account: str = ""
    email: str = ""
    target_type: str = "ACCOUNT"
    parent: str = ""
    notes: str = ""
    tags: list[dict[str, str]] = field(default_factory=list)
    state: str = "OPEN"
    id: str = field(default_factory=_handshake_id)

    @property
    def expires(self) -> datetime:
        return self.requested + LIFETIMES[self.action]

    @property
    def is_open_invitation(self) -> bool:
        """Whether it is an invitation that nobody has answered; those count towards the account quota."""
        return self.action == INVITE and self.state in PENDING


@operation("InviteAccountToOrganization")
def invite_account_to_organization(org: Backend, params: Params) -> Answer:
    target, tags = params["Target"], params.get("Tags") or []
    check_tags({}, tags)
    account, email = _invited(org, target["Type"], target["Id"])
    _check_invitation(org, account, email)
    handshake = Handshake(INVITE, org.now(), account, email, target["Type"], notes=params.get("Notes", ""), tags=tags)
    return {"Handshake": describe(org, begin(org, handshake))}


@operation("DescribeHandshake")
def describe_handshake(org: Backend, params: Params) -> Answer:
    return {"Handshake": describe(org, find(org, params["HandshakeId"]))}


@listing("ListHandshakesForOrganization", "Handshakes")
def list_handshakes_for_organization(org: Backend, params: Params) -> Listing:
    found = [h for h in org.handshakes.values() if _matches(h, params.get("Filter") or {})]
    return Listing(found, lambda handshake: describe(org, handshake))


@listing("ListHandshakesForAccount", "Handshakes")
def list_handshakes_for_account(org: Backend, params: Params) -> Listing:
    wanted = params.get("Filter") or {}
    found = [h for h in org.handshakes.values() if _is_for(h, org.caller) and _matches(h, wanted)]
    return Listing(found, lambda handshake: describe(org, handshake))


@operation("CancelHandshake")
def cancel_handshake(org: Backend, params: Params) -> Answer:
    return {"Handshake": describe(org, end(org, find(org, params["HandshakeId"]), "CANCELED"))}


@operation("DeclineHandshake")
def decline_handshake(org: Backend, params: Params) -> Answer:
    handshake = find(org, params["HandshakeId"])
    _check_recipient(org, handshake)
    return {"Handshake": describe(org, end(org, handshake, "DECLINED"))}


def begin(org: Backend, handshake: Handshake) -> Handshake:
    """Let a handshake begin; it expires by itself."""
    org.handshakes[handshake.id] = handshake
    org.later(LIFETIMES[handshake.action].total_seconds(), "expiry", lambda: _expire(org, handshake))
    return handshake


def end(org: Backend, handshake: Handshake, state: str) -> Handshake:
    """End a pending handshake; AWS forgets it 30 days later."""
    if handshake.state == state:
        raise Refusal("HandshakeAlreadyInStateException", f"The specified handshake is already in the state {state}.")
    if handshake.state not in PENDING or (handshake.state == "REQUESTED" and state == "ACCEPTED"):
        raise Refusal(
            "InvalidHandshakeTransitionException",
            f"You can't perform the operation on the handshake in its current state, {handshake.state}.",
        )
    handshake.state = state
    org.later(KEPT.total_seconds(), "forget", lambda: _forget(org, handshake))
    return handshake


def find(org: Backend, handshake_id: str) -> Handshake:
    """The handshake of that id that the caller may see; raises HandshakeNotFoundException."""
    handshake = org.handshakes.get(handshake_id)
    if handshake is None or (org.caller != MANAGEMENT_ACCOUNT and not _is_for(handshake, org.caller)):
        raise not_found("Handshake", "a handshake")
    return handshake


def join(org: Backend, handshake: Handshake) -> Account:
    """The invited account is a member from now on: in the root, and without any access role."""
    account_id = handshake.account or _free_account_id(org)
    account = Account(
        org.organization,
        name=handshake.email.partition("@")[0] or f"account-{account_id}",
        email=handshake.email or f"account-{account_id}@example.com",
        account_id=account_id,
        joined=org.now(),
        joined_method="INVITED",
        tags=handshake.tags,
    )
    org.conditions.outside_emails.pop(account_id, None)
    org.add_account(account)
    handshake.account = account_id
    return account


def describe(org: Backend, handshake: Handshake) -> Answer:
    """The Handshake structure."""
    organization = org.organization
    kind = handshake.action.lower()
    return {
        "Id": handshake.id,
        "Arn": f"arn:aws:organizations::{MANAGEMENT_ACCOUNT}:handshake/{organization.id}/{kind}/{handshake.id}",
        "Parties": [{"Id": organization.id, "Type": "ORGANIZATION"}, *_recipient(handshake)],
        "State": handshake.state,
        "RequestedTimestamp": handshake.requested.timestamp(),
        "ExpirationTimestamp": handshake.expires.timestamp(),
        "Action": handshake.action,
        "Resources": _resources(org, handshake),
    }


def _recipient(handshake: Handshake) -> list[Answer]:
    if handshake.action == ENABLE:
        return []
    named = handshake.email if handshake.target_type == "EMAIL" else handshake.account
    return [{"Id": named, "Type": handshake.target_type}]


def _resources(org: Backend, handshake: Handshake) -> list[Answer]:
    inside = [
        {"Type": "MASTER_EMAIL", "Value": org.organization.master_account_email},
        {"Type": "MASTER_NAME", "Value": org.accounts[0].name},
        {"Type": "ORGANIZATION_FEATURE_SET", "Value": org.organization.feature_set},
    ]
    resources: list[Answer] = [{"Type": "ORGANIZATION", "Value": org.organization.id, "Resources": inside}]
    resources += [{"Type": party["Type"], "Value": party["Id"]} for party in _recipient(handshake)]
    resources += [{"Type": "PARENT_HANDSHAKE", "Value": handshake.parent}] if handshake.parent else []
    return resources + ([{"Type": "NOTES", "Value": handshake.notes}] if handshake.notes else [])


def _invited(org: Backend, kind: str, named: str) -> tuple[str, str]:
    """The account id and address that an invitation names; one of them is "" where the stand-in doesn't know it."""
    known = {account.id: account.email for account in org.accounts} | org.conditions.outside_emails
    if kind == "ACCOUNT":
        if not re.fullmatch(r"\d{12}", named):
            raise invalid("INVALID_PATTERN_TARGET_ID", "You provided an account id that isn't 12 digits.")
        return named, known.get(named, "")
    if kind == "EMAIL":
        if not re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", named):
            raise invalid("INVALID_EMAIL_ADDRESS_TARGET", "You specified an invalid email address.")
        return next((i for i, email in known.items() if email.casefold() == named.casefold()), ""), named
    raise invalid("INVALID_PARTY_TYPE_TARGET", "You specified the wrong type of entity as the target.")


def _check_invitation(org: Backend, account: str, email: str) -> None:
    if any(member.id == account for member in org.accounts):
        raise violated("ALREADY_IN_AN_ORGANIZATION", "The account is already a member of an organization.")
    pending = [h for h in org.handshakes.values() if h.state in PENDING]
    if any(h.action == ENABLE for h in pending):
        raise violated("INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES", "All features are being enabled; invite later.")
    if any(
        h.action == INVITE and ((account and h.account == account) or (email and h.email == email)) for h in pending
    ):
        raise Refusal("DuplicateHandshakeException", "A handshake with the same action and target already exists.")
    try:
        check_quota(org)
    except Refusal as refusal:
        raise violated(refusal.reason, refusal.message) from None


def violated(reason: str, message: str) -> Refusal:
    """A HandshakeConstraintViolationException with its Reason."""
    return Refusal("HandshakeConstraintViolationException", message, reason)


def _is_for(handshake: Handshake, account: str) -> bool:
    return bool(handshake.account) and handshake.account == account


def _check_recipient(org: Backend, handshake: Handshake) -> None:
    if not _is_for(handshake, org.caller):
        raise Refusal("AccessDeniedException", "You don't have permissions to access this resource.")


def _matches(handshake: Handshake, wanted: Params) -> bool:
    action, parent = wanted.get("ActionType"), wanted.get("ParentHandshakeId")
    return (not action or handshake.action == action) and (not parent or handshake.parent == parent)


def _forget(org: Backend, handshake: Handshake) -> None:
    org.handshakes.pop(handshake.id, None)


def _expire(org: Backend, handshake: Handshake) -> None:
    if handshake.state in PENDING:
        end(org, handshake, "EXPIRED")


def _free_account_id(org: Backend) -> str:
    taken = {account.id for account in org.accounts}
    while (account_id := str(utils.make_random_account_id())) in taken:
        continue
    return account_id
