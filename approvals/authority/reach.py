"""From an operation to what the rules look at: the places, accounts and roles that it touches. Pure."""

from __future__ import annotations

from dataclasses import replace

from approvals.authority.directory import Directory, Person
from approvals.authority.rules import Wish
from operations.core.base import Operation
from operations.snapshot.organization import Organization


def wishes(operation: Operation, organization: Organization) -> tuple[Wish, ...]:
    """One wish for each place that a settled operation touches: its target, and where each of its accounts is now.

    An operation says which accounts (ids) and which role it acts on by fields of the names `account` and `role`.
    """
    target = Wish(operation.name, operation.target(organization), role=str(getattr(operation, "role", "") or ""))
    accounts = _accounts(operation)
    if not accounts:
        return (target,)
    there = [_of_account(target, account, organization) for account in accounts]
    here = [replace(wish, path=organization.account_path(wish.account) or wish.path) for wish in there]
    return tuple(dict.fromkeys([*there, *here]))


def asked_by(found: tuple[Wish, ...], person: Person, people: Directory) -> tuple[Wish, ...]:
    """The wishes of a person whom Slack knows; judging them then raises SlackAwayError when Slack does not answer."""

    def among(names: tuple[str, ...]) -> bool:
        return people.among(person, names)

    return tuple(replace(wish, requester=person.key, among=among) for wish in found)


def _accounts(operation: Operation) -> tuple[str, ...]:
    named = getattr(operation, "account", None) or ()
    return (named,) if isinstance(named, str) else tuple(str(account) for account in named)


def _of_account(wish: Wish, account: str, organization: Organization) -> Wish:
    known = organization.accounts_by_id.get(account)
    if known is None:
        return replace(wish, account=account)
    return replace(wish, account=known.id, account_name=known.name, account_email=known.email)
