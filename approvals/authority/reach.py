"""Which rules decide about a request: what it hits, now and afterwards, each place by its own rule.

`judged` is pure but for `among`; `judged_anew` asks Slack who asks, and AWS whether things are still where they were read.
Source: AWS Organizations API Reference, "ListParents", "ListTargetsForPolicy", "ListAccountsForParent".
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace

from approvals.authority.directory import Directory, Person
from approvals.authority.requirements import Requirement, Requirements
from approvals.authority.rules import BY_NAME, Among, Ask, Guards, NoRuleError, Place, Rule, Rules
from approvals.context import Context, NotYetError
from approvals.models import Request, operation_of
from operations.aws.client import Aws
from operations.aws.errors import RefusedError
from operations.core.base import Operation
from operations.core.fields import FieldKind, Reach
from operations.snapshot.organization import Organization, OrganizationalUnit

MOST_NAMED = 3
MOST_ASKED = 24  # Questions to AWS whether things are where they were read; what reaches more goes by the snapshot.
MUST_BE_THERE = (FieldKind.ACCOUNT, FieldKind.ACCOUNTS, FieldKind.OU, FieldKind.TARGET, FieldKind.POLICY)
A_PAGE = 20  # Targets of a policy that AWS tells at once; one that has more goes by the snapshot.


class GoneError(NoRuleError):
    """What a request names is not in the organization any more, so that no rule decides about it."""

    def __init__(self, gone: str) -> None:
        Exception.__init__(self, f"it is about {gone}, which is not in the organization any more.")


@dataclass(frozen=True)
class Hits:
    """What a request hits: `now` where things stand, `then` where they would stand afterwards, the same where nothing moves."""

    now: tuple[Place, ...]
    then: tuple[Place, ...]


def hits(operation: Operation, organization: Organization) -> Hits:
    """The places that a settled operation hits, and those that it makes."""
    reach, afterwards = operation.reach(organization), operation.afterwards(organization)
    now = tuple(_places(reach, organization))
    if afterwards is organization:
        return Hits(now, now)
    new = Reach(
        frozenset(afterwards.units_by_id.keys() - organization.units_by_id.keys()),
        frozenset(afterwards.accounts_by_id.keys() - organization.accounts_by_id.keys()),
    )
    return Hits(now, tuple(_places(reach | new, afterwards)))


def ask_of(operation: Operation, person: Person | None = None, people: Directory | None = None) -> Ask:
    """What is asked, by somebody whom Slack knows; judging then raises SlackAwayError when Slack does not answer."""
    ask = Ask(operation.name, role=str(getattr(operation, "role", "") or ""))
    if person is None or people is None:
        return ask
    return replace(ask, requester=person.key, among=_remembering(lambda names: people.among(person, names)))


def judged(rules: Rules, ask: Ask, found: Hits, guards: Guards = BY_NAME) -> Requirements:
    """All rules that have to be satisfied: of each place, now and afterwards, by what is called so and by what was bound.

    Raises NoRuleError, and what `ask.among` raises.
    """
    places: dict[str, list[Place]] = {}
    for there in {id(where): where for where in (found.now, found.then)}.values():
        for meant in (BY_NAME,) if guards == BY_NAME else (BY_NAME, guards):
            for rule, its in rules.deciding(ask, there, meant):
                places.setdefault(rule.name, []).extend(its)
    return Requirements(tuple(_required(rule, places[rule.name]) for rule in rules.rules if rule.name in places))


def judged_anew(context: Context, request: Request, asker: Person, *, live: bool = True) -> Requirements:
    """The rules that decide about a request as things are now: by the snapshot, which AWS confirms first (`live`).

    Raises NoRuleError (GoneError where something is not there any more), NotYetError (also where something was moved since the
    organization was read), SlackAwayError, and what AWS raises.
    """
    operation, organization = operation_of(request), context.snapshot()
    _check_there(context, request, operation, organization)
    found = hits(operation, organization)
    if live and not _is_as_read(context.aws, operation, organization, found.now):
        context.changed()
        raise NotYetError("something was moved since the organization was read; it is read again")
    rules, guards = context.rules(), context.guards()
    now = judged(rules, ask_of(operation, asker, context.people), found, guards)
    return now.joined_by(_as_asked_then(context, request, asker, operation, found)).now(request)


def _as_asked_then(
    context: Context, request: Request, asker: Person, operation: Operation, found: Hits
) -> Requirements | None:
    """By the address that the requester had then, where it is another one by now: nobody gets past a rule by changing it.

    None where it is the same, or no rule names it any more.
    """
    if request.person in ("", asker.key, asker.user):
        return None
    ask = ask_of(operation, replace(asker, key=request.person), context.people)
    try:
        return judged(context.rules(), ask, found, context.guards())
    except NoRuleError:
        return None


def _check_there(context: Context, request: Request, operation: Operation, organization: Organization) -> None:
    """What is not there any more is in no place, and must not fall under the rule of everything else."""
    known = organization.units_by_id.keys() | organization.accounts_by_id.keys() | organization.policies.by_id.keys()
    gone = [named for kind in MUST_BE_THERE for named in operation.named(kind) if named not in known]
    if gone and request.created_at and organization.read_at < request.created_at:
        context.changed()
        raise NotYetError(f"the organization was read before {gone[0]} was named; it is read again")
    if gone:
        raise GoneError(gone[0])


def _is_as_read(aws: Aws, operation: Operation, organization: Organization, places: tuple[Place, ...]) -> bool:
    """Whether the accounts that are hit are where they were, each policy that is named attached where it was, and nothing new in
    the OUs that are hit with all that they hold; as far as the bot may know.
    """
    policies = operation.named(FieldKind.POLICY)
    if not all(_is_attached_so(aws, organization, policy) for policy in policies):
        return False
    units = {place.units[-1] for place in places if not place.account} if policies else set()
    alone = _accounts(organization, places, units)
    if len(alone) + 2 * len(units) > MOST_ASKED:
        return True
    return all(_is_in(aws, child, parent) for child, parent in alone) and all(
        _holds_as_read(aws, organization, unit) for unit in units
    )


def _is_attached_so(aws: Aws, organization: Organization, policy: str) -> bool:
    known = set(organization.policies.targets.get(policy, ()))
    if len(known) > A_PAGE or not organization.policies.is_told(policy):
        return True
    return _lists(aws, "list_targets_for_policy", "Targets", "TargetId", known, PolicyId=policy)


def _accounts(organization: Organization, places: Iterable[Place], within: Container[str]) -> list[tuple[str, str]]:
    """Each account with what it is directly in, but for those in OUs that are looked at as a whole."""
    found = {place.account: place.units[-1] for place in places if place.account in organization.accounts_by_id}
    return [(account, parent) for account, parent in found.items() if parent not in within]


def _holds_as_read(aws: Aws, organization: Organization, unit: str) -> bool:
    """Whether accounts and OUs directly beneath are those that were read; of what fills more than a page, the first page."""
    accounts = {account.id for account in organization.accounts if account.parent == unit}
    units = {known.id for known in organization.units if known.parent == unit}
    return _lists(aws, "list_accounts_for_parent", "Accounts", "Id", accounts, ParentId=unit) and _lists(
        aws, "list_organizational_units_for_parent", "OrganizationalUnits", "Id", units, ParentId=unit
    )


def _lists(aws: Aws, method: str, key: str, name: str, known: set[str], **asked: str) -> bool:
    """Whether AWS lists what is known, and nothing else; of several pages the first is looked at, behind which there is more."""
    try:
        answer = aws.probe("organizations", method, **asked)
    except RefusedError as error:
        return error.code != "ParentNotFoundException"
    found = {str(item[name]) for item in answer.get(key, ())}
    return found < known if answer.get("NextToken") else found == known


def _is_in(aws: Aws, child: str, parent: str) -> bool:
    try:
        answer = aws.probe("organizations", "list_parents", ChildId=child)
    except RefusedError as error:
        return error.code != "ChildNotFoundException"
    return parent in {str(found["Id"]) for found in answer.get("Parents") or [{"Id": parent}]}


def other_rules(rules: Rules, found: Hits, guards: Guards = BY_NAME) -> Iterator[str]:
    """A sentence for each place to which other rules apply afterwards."""
    if found.then is found.now:
        return
    before = {_id(place): place for place in found.now}
    for place in found.then:
        earlier = before.get(_id(place))
        if earlier is not None:
            was, will = _applying(rules, earlier, guards), _applying(rules, place, guards)
            if was != will:
                yield f"Afterwards other rules apply to {place}: {_exchanged(was, will)}."


def _id(place: Place) -> str:
    return place.account or place.units[-1]


def _applying(rules: Rules, place: Place, guards: Guards) -> list[str]:
    """By what is called so and by what was bound."""
    return list(dict.fromkeys((*rules.covering(place), *rules.covering(place, guards))))


def _exchanged(was: list[str], will: list[str]) -> str:
    new = ", ".join(f"“{name}”" for name in will if name not in was)
    gone = ", ".join(f"“{name}”" for name in was if name not in will)
    return f"{new} instead of {gone}" if new and gone else f"{new} as well" if new else f"no longer {gone}"


def _required(rule: Rule, places: list[Place]) -> Requirement:
    named = list(dict.fromkeys(map(str, places)))
    return Requirement(rule, rule.approvals, tuple(named[:MOST_NAMED]), len(named))


def _places(reach: Reach, organization: Organization) -> Iterator[Place]:
    chains: dict[str, Place] = {}

    def unit(name: str) -> Place:
        if name not in chains:
            chains[name] = _unit(organization, name)
        return chains[name]

    for found in sorted(reach.units):
        yield unit(found)
    for found in sorted(reach.accounts):
        account = organization.accounts_by_id.get(found)
        above = unit(account.parent if account else organization.root)
        called = (account.name, account.email) if account else ("", "")
        yield Place(above.units, above.path, found, *called)


def _unit(organization: Organization, name: str) -> Place:
    chain = list(_upwards(organization, name))[::-1]
    return Place(tuple(unit.id for unit in chain) or (name,), tuple(unit.name for unit in chain if unit.parent))


def _upwards(organization: Organization, name: str) -> Iterator[OrganizationalUnit]:
    unit = organization.units_by_id.get(name)
    while unit is not None:
        yield unit
        unit = organization.units_by_id.get(unit.parent)


def _remembering(among: Among) -> Among:
    """Slack is asked once for each list of people, however many places there are."""
    known: dict[tuple[str, ...], bool] = {}

    def remembered(names: tuple[str, ...]) -> bool:
        if names not in known:
            known[names] = among(names)
        return known[names]

    return remembered
