"""Places in the tree: the chain above a target, the accounts beneath it, and the policies that reach it. Pure.

A target is a root, an organizational unit or an account, by its id.
Source: AWS Organizations User Guide, "Understanding policy inheritance".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from operations.aws.errors import FieldError, UnknownError
from operations.snapshot.names import counted, did_you_mean
from operations.snapshot.organization import Account, Organization
from operations.snapshot.policies import Policy
from operations.snapshot.policy_types import is_authorization

MOST_NAMED = 20
MOST_NEAR = 3


@dataclass(frozen=True)
class Inherited:
    """A policy that reaches an account, and the root, OU or account to which it is attached."""

    policy: Policy
    source: str


def find_target(organization: Organization, text: str, field_name: str) -> str:
    """The id of the root, OU or account that `text` (path, id, name, e-mail) means; raises FieldError with the candidates."""
    wanted = text.strip()
    if wanted in organization.units_by_id or wanted in organization.accounts_by_id:
        return wanted
    if wanted.startswith("/"):
        return organization.find_unit(wanted, field_name).id
    try:
        account = organization.find_account(wanted, field_name)
    except FieldError as no_account:
        try:
            return organization.find_unit(wanted, field_name).id
        except FieldError as no_unit:
            raise _neither(wanted, field_name, no_account, no_unit) from no_unit
    if any(unit.name.casefold() == wanted.casefold() and unit.parent for unit in organization.units):
        raise FieldError(
            field_name,
            f"“{wanted}” names an account ({account.id}) and an organizational unit. Give the id or the path.",
        )
    return account.id


def _neither(wanted: str, field_name: str, no_account: FieldError, no_unit: FieldError) -> FieldError:
    for error in (no_account, no_unit):
        if not isinstance(error, UnknownError):
            return error
    near = (*no_account.near, *no_unit.near)[:MOST_NEAR]
    way_out = did_you_mean([one.label for one in near]) or "Give a path such as /Workloads, a name or an id."
    return UnknownError(field_name, f"no OU or account named “{wanted}”. {way_out}", "target", wanted, near)


def target_label(organization: Organization, target: str) -> str:
    """A path for a root or OU, name and id for an account."""
    return organization.path_of(target) if target in organization.units_by_id else organization.account_label(target)


def target_path(organization: Organization, target: str) -> str:
    """The path of a root or OU; of the OU in which an account is."""
    return organization.path_of(target) if target in organization.units_by_id else organization.account_path(target)


def chain(organization: Organization, target: str) -> tuple[str, ...]:
    """The ids from the root down to the target itself."""
    found: list[str] = []
    account = organization.accounts_by_id.get(target)
    at = target
    if account:
        found.append(target)
        at = account.parent
    while at and at in organization.units_by_id and at not in found:
        found.append(at)
        at = organization.units_by_id[at].parent
    return tuple(reversed(found))


def units_beneath(organization: Organization, target: str) -> set[str]:
    """The ids of the OU (or root) itself and of all OUs beneath it."""
    below: dict[str, list[str]] = defaultdict(list)
    for unit in organization.units:
        below[unit.parent].append(unit.id)
    found, waiting = set(), [target]
    while waiting:
        at = waiting.pop()
        found.add(at)
        waiting += [unit for unit in below[at] if unit not in found]
    return found


def accounts_beneath(organization: Organization, target: str) -> list[Account]:
    """The accounts in an OU or the root, however deep, or the account itself; by path and name."""
    if target in organization.accounts_by_id:
        return [organization.accounts_by_id[target]]
    units = units_beneath(organization, target)
    return in_order(organization, (account for account in organization.accounts if account.parent in units))


def in_order(organization: Organization, accounts: Iterable[Account]) -> list[Account]:
    """Accounts by the path of their OU, then by name."""
    return sorted(accounts, key=lambda a: (organization.path_of(a.parent).casefold(), a.name.casefold(), a.id))


def inherited(organization: Organization, target: str) -> list[Inherited]:
    """The policies that reach a target, from the root downwards; one attached at two levels is named twice."""
    return [
        Inherited(policy, source)
        for source in chain(organization, target)
        for policy in organization.policies.on(source)
    ]


def policies_unread(organization: Organization) -> tuple[str, ...]:
    """What a card says that tells which policies reach an account, where not all of them could be read."""
    gaps = organization.policies.gaps()
    if not gaps:
        return ()
    return (f"Which policies apply is not fully known: {'; '.join(gaps)}.",)


def unbound(organization: Organization, kind: str) -> str:
    """The account that no policy of this type binds: the management account for SCPs and RCPs, else none ("")."""
    return organization.management_account if is_authorization(kind) else ""


def reached(organization: Organization, policy: str) -> list[Account]:
    """The accounts that a policy reaches through all its attachments."""
    found = {
        account.id: account
        for target in organization.policies.targets.get(policy, ())
        for account in accounts_beneath(organization, target)
    }
    return in_order(organization, found.values())


def reach_lines(organization: Organization, accounts: Sequence[Account]) -> tuple[str, ...]:
    """A card's hits: how many accounts, then each with its path; where there are many, how many in each OU."""
    if not accounts:
        return ("No account",)
    count = counted(len(accounts), "account")
    if len(accounts) <= MOST_NAMED:
        return (
            count,
            *(f"{account.name} ({account.id}) in {organization.path_of(account.parent)}" for account in accounts),
        )
    tally = Counter(organization.path_of(account.parent) for account in accounts)
    shown = tally.most_common(MOST_NAMED)
    rest = len(tally) - len(shown)
    more = (f"and accounts in {rest} more organizational units",) if rest else ()
    return (count, *(f"{number:,} in {path}" for path, number in shown), *more)
