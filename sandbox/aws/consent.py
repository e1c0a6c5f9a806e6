"""Accepting handshakes, and the way to all features.

EnableAllFeatures asks every invited account; created ones need not be asked. When all have agreed, the management account
ends it by accepting. Source: AWS Organizations API Reference, "EnableAllFeatures", "AcceptHandshake".
"""

from __future__ import annotations

from sandbox.aws.backend import Backend
from sandbox.aws.conditions import MANAGEMENT_ACCOUNT
from sandbox.aws.handshakes import (
    APPROVE,
    ENABLE,
    INVITE,
    PENDING,
    Handshake,
    begin,
    describe,
    end,
    find,
    join,
    violated,
)
from sandbox.aws.lifecycle import add_full_access
from sandbox.aws.refusals import Refusal
from sandbox.aws.registry import Answer, Params, operation


@operation("EnableAllFeatures")
def enable_all_features(org: Backend, _: Params) -> Answer:
    if org.organization.feature_set == "ALL":
        raise violated("ORGANIZATION_ALREADY_HAS_ALL_FEATURES", "The organization already has all features enabled.")
    if _pending(org, ENABLE):
        raise violated(
            "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION", "All features are being enabled already."
        )
    for invitation in _pending(org, INVITE):
        end(org, invitation, "CANCELED")
    enabling = begin(org, Handshake(ENABLE, org.now(), state="REQUESTED"))
    for account in org.accounts:
        if account.joined_method == "INVITED" and account.id != MANAGEMENT_ACCOUNT:
            begin(org, Handshake(APPROVE, org.now(), account.id, account.email, parent=enabling.id))
    open_when_all_agree(org)
    return {"Handshake": describe(org, enabling)}


@operation("AcceptHandshake")
def accept_handshake(org: Backend, params: Params) -> Answer:
    handshake = find(org, params["HandshakeId"])
    recipient = MANAGEMENT_ACCOUNT if handshake.action == ENABLE else handshake.account
    if org.caller != recipient:
        raise Refusal("AccessDeniedException", "You don't have permissions to access this resource.")
    return {"Handshake": describe(org, accept(org, handshake))}


def accept(org: Backend, handshake: Handshake) -> Handshake:
    """Accept for whoever is asked, with all that follows from it."""
    if handshake.action == INVITE and len(org.accounts) >= org.conditions.account_quota:
        raise violated("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "The organization has as many accounts as it may have.")
    end(org, handshake, "ACCEPTED")
    if handshake.action == INVITE:
        join(org, handshake)
    elif handshake.action == APPROVE:
        open_when_all_agree(org)
    else:
        _enable(org)
    return handshake


def open_when_all_agree(org: Backend) -> None:
    """The handshake of the management account opens when no invited member's consent is missing any more."""
    members = {account.id for account in org.accounts}
    for enabling in _pending(org, ENABLE):
        asked = [h for h in org.handshakes.values() if h.parent == enabling.id and h.account in members]
        if all(h.state == "ACCEPTED" for h in asked):
            enabling.state = "OPEN"


def _enable(org: Backend) -> None:
    org.organization.feature_set = "ALL"
    org.organization.available_policy_types = [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    add_full_access(org)


def _pending(org: Backend, action: str) -> list[Handshake]:
    return [h for h in org.handshakes.values() if h.action == action and h.state in PENDING]
