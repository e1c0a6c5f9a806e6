"""Type-ahead over accounts, organizational units and policies, quick enough for tens of thousands of them.

Source: Slack API, "block_suggestion payload", "Select menu element" (external data source: at most 100 options).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache, cached
from slack_bolt import App

from approvals.slack.blocks import Block, clean, plain
from handlers.action_ids import PICKER, PICKERS
from handlers.caller import of_interaction
from handlers.dependencies import Dependencies
from operations.core.fields import FieldKind
from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from operations.snapshot.policies import Policy
from operations.snapshot.policy_types import label
from operations.snapshot.services import PRINCIPAL, SERVICES, service_label

MOST, LONGEST_TEXT, LONGEST_QUERY = 100, 75, 200
UNREAD = "what could not be read"


@dataclass(frozen=True)
class Entry:
    """Something to choose; `hay` is all that it may be found by, folded, each on a line of its own."""

    hay: str
    text: str
    value: str


class Index:
    """Accounts, OUs and policies of one snapshot, ready to be searched."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization  # Held, so that no other snapshot gets its identity while this index is kept.
        accounts = sorted(organization.accounts, key=lambda account: (account.name.casefold(), account.id))
        units = sorted(organization.units, key=lambda unit: unit.path.casefold())
        policies = sorted(organization.policies.known, key=lambda policy: (policy.name.casefold(), policy.id))
        in_accounts = [_account_entry(organization, account) for account in accounts]
        in_units = [_unit_entry(unit) for unit in units]
        self.entries: dict[FieldKind, list[Entry]] = {
            FieldKind.ACCOUNT: in_accounts,
            FieldKind.OU: in_units,
            FieldKind.TARGET: [*in_units, *in_accounts],
            FieldKind.SERVICE: [_service_entry(principal) for principal in sorted({*SERVICES, *organization.services})],
            FieldKind.POLICY: [_policy_entry(policy) for policy in policies],
        }

    def search(self, kind: FieldKind, query: str) -> list[Block]:
        """At most 100 options that hold every word of `query` in name, id, e-mail or path; those that begin with it come first."""
        folded = clean(query)[:LONGEST_QUERY].casefold()
        found = self._holding(kind, folded.split())
        beginning = f"\n{' '.join(folded.split())}"
        first = [entry for entry in found if beginning in entry.hay]
        then = [entry for entry in found if beginning not in entry.hay] if len(first) < MOST else []
        gaps = self._gaps(kind)
        return [option(entry.text, entry.value) for entry in [*first, *then][: MOST - len(gaps)]] + gaps

    def _gaps(self, kind: FieldKind) -> list[Block]:
        """An option that says that there may be more; who takes it all the same reads why."""
        missing = kind is FieldKind.POLICY and self.organization.policies.missing()
        return [option("Not all policies could be read", UNREAD)] if missing else []

    def _holding(self, kind: FieldKind, words: list[str]) -> list[Entry]:
        found = self.entries[kind]
        for word in words:
            found = [entry for entry in found if word in entry.hay]
        return found


@cached(LRUCache(maxsize=1), key=id, lock=threading.Lock())
def index_of(organization: Organization) -> Index:
    """The index of this very snapshot, made at the first question; an older one is forgotten."""
    return Index(organization)


def option(text: str, value: str) -> Block:
    """One option; a long text loses its middle, because both the beginning and the end tell things apart."""
    return {"text": plain(middle(clean(text), LONGEST_TEXT), LONGEST_TEXT), "value": value}


def option_of(organization: Organization, kind: FieldKind, found: str) -> Block:
    """The option for something of this kind, by its id."""
    account = organization.accounts_by_id.get(found)
    policy = organization.policies.by_id.get(found)
    if account:
        return option(account_text(organization, account), found)
    if policy:
        return option(policy_text(policy), found)
    return option(service_label(found) if kind is FieldKind.SERVICE else organization.path_of(found), found)


def account_text(organization: Organization, account: Account) -> str:
    """`web (222222222222) /Workloads`, and the state of an account that is not active."""
    state = "" if account.state in ("", "ACTIVE") else f" {account.state}"
    return f"{account.name} ({account.id}){state} {organization.path_of(account.parent)}"


def middle(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis in the middle."""
    if len(text) <= limit:
        return text
    end = (limit - 1) // 2
    return f"{text[: limit - 1 - end]}…{text[-end:]}"


def _account_entry(organization: Organization, account: Account) -> Entry:
    path = organization.path_of(account.parent)
    hay = "\n".join(("", account.name, account.id, account.email, path)).casefold()
    return Entry(hay, account_text(organization, account), account.id)


def _unit_entry(unit: OrganizationalUnit) -> Entry:
    return Entry("\n".join(("", unit.path, unit.name, unit.id)).casefold(), unit.path, unit.id)


def _service_entry(principal: str) -> Entry:
    return Entry(f"\n{service_label(principal)}\n{principal}".casefold(), service_label(principal), principal)


def _as_typed(kind: FieldKind, typed: str) -> list[Block]:
    """A service that is not in the list can be given all the same, because AWS decides."""
    principal = clean(typed).strip().casefold()
    return [option(principal, principal)] if kind is FieldKind.SERVICE and PRINCIPAL.fullmatch(principal) else []


def policy_text(policy: Policy) -> str:
    """`DenyRegions (p-examplepolicyid111) Service control policy`."""
    return f"{policy.name} ({policy.id}) {label(policy.type)}"


def _policy_entry(policy: Policy) -> Entry:
    hay = "\n".join(("", policy.name, policy.id, policy.type, label(policy.type), policy.description)).casefold()
    return Entry(hay, policy_text(policy), policy.id)


def register(app: App, deps: Dependencies) -> None:
    """Answers the pickers of the forms."""

    @app.options(PICKER)
    def suggest(ack: Any, body: dict[str, Any]) -> None:
        organization = deps.organization()
        caller = of_interaction(body)
        unwelcome = deps.admission.lately(caller.user, caller.team)
        if unwelcome is None:  # Slack waits for this answer; the next letter gets a better one.
            deps.admission.learn(deps.run, caller.user, caller.team)
        if organization is None or unwelcome != "":
            ack(options=[])
            return
        kind, typed = PICKERS[str(body["action_id"]).partition(":")[0]], str(body.get("value") or "")
        found = index_of(organization).search(kind, typed)
        ack(options=found or _as_typed(kind, typed))
