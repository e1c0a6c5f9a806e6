"""`/org account <which>`: one account, its tags, the policies that reach it and where they come from, and what can be done. Pure."""

from __future__ import annotations

from collections import defaultdict

from approvals.slack.blocks import (
    Block,
    actions,
    button,
    fields,
    header,
    menu,
    packed,
    section,
    url_button,
)
from handlers.carried import Carried
from handlers.declared import readable
from handlers.options import middle, option
from handlers.queries.parts import aged, name, unread, untold
from handlers.queries.policies import ENABLED
from handlers.queries.question import Question
from operations.access.access_role import DEFAULT_ROLE
from operations.aws.errors import AwsError, FieldError
from operations.core.closing import switch_role_link
from operations.core.fields import FieldKind
from operations.core.registry import by_name
from operations.snapshot.live import Live
from operations.snapshot.names import spread, utc
from operations.snapshot.organization import Account, Organization
from operations.snapshot.places import Inherited, inherited
from operations.snapshot.policy_types import is_authorization, label

EFFECTIVE = "look:effective"
FOR_MANAGEMENT = ("tag-account",)
OFFERED = ("credentials", "grant-access", "move-account", *FOR_MANAGEMENT)
MOST_POLICIES, MOST_SOURCES, MOST_TAGS = 15, 4, 20
INVITED = f"It was invited: it has the role {DEFAULT_ROLE} only if its administrator has created it."
UNBOUND = "This is the management account: service control and resource control policies do not bind it."


def account(question: Question, live: Live) -> list[Block]:
    """The account that was asked for."""
    if not question.text:
        raise FieldError("account", "say which account: `/org account <id, name or e-mail>`")
    found = question.organization.find_account(question.text, "account")
    return [
        header(found.name),
        *fields(_facts(question.organization, found)),
        *_tags(live, found),
        *packed(["*Policies that reach it*", *_policies(question, found.id)]),
        *_actions(question, found),
        aged(question, *_notes(question.organization, found)),
    ]


def _facts(organization: Organization, found: Account) -> dict[str, str]:
    management = found.id == organization.management_account
    joined = "Management account" if management else found.joined.capitalize()
    when = utc(found.joined_at, date_only=True) if found.joined_at else ""
    facts = {
        "Account": found.id,
        "State": found.state,
        "E-mail": found.email,
        "Organizational unit": middle(organization.path_of(found.parent), 700),
        "Joined": " ".join(filter(None, (joined, when))),
    }
    return {label: value for label, value in facts.items() if value}


def _tags(live: Live, found: Account) -> list[Block]:
    try:
        tags = live.tags(found.id)
    except AwsError as error:
        return [untold("Tags", error)]
    shown = spread(sorted(tags.items()), MOST_TAGS, lambda tag: f"`{name('='.join(tag), 100)}`")
    return [section(f"*Tags*\n{'  '.join(shown) or '_None._'}")]


def _policies(question: Question, account_id: str) -> list[str]:
    gaps = unread(question)
    return [*_policy_lines(question.organization, account_id), *gaps] or ["_None._"]


def _policy_lines(organization: Organization, account_id: str) -> list[str]:
    """A headline for each type, and its policies with the places from which the account has them."""
    by_type: dict[str, dict[str, list[Inherited]]] = defaultdict(lambda: defaultdict(list))
    for found in inherited(organization, account_id):
        by_type[found.policy.type][found.policy.id].append(found)
    return [
        line
        for kind, policies in by_type.items()
        for line in (
            f"_{label(kind)}_",
            *spread([*policies.values()], MOST_POLICIES, lambda one: _from(organization, one)),
        )
    ]


def _from(organization: Organization, found: list[Inherited]) -> str:
    places = spread(found, MOST_SOURCES, lambda one: _place(organization, one.source))
    return f"•  {name(found[0].policy.name)} from {', '.join(places)}"


def _place(organization: Organization, source: str) -> str:
    unit = organization.units_by_id.get(source)
    return name(unit.path, 60) if unit else "the account itself"


def _actions(question: Question, found: Account) -> list[Block]:
    """The link to switch roles, the forms about this account, and the menu of effective policies."""
    management = found.id == question.organization.management_account
    forms = [_form(operation, found.id) for operation in (FOR_MANAGEMENT if management else OFFERED)]
    link = switch_role_link(question.console, found.id, DEFAULT_ROLE, found.name)
    elements = [
        *([] if management else [url_button(link.label, "link:switch-role", link.url)]),
        *(form for form in forms if form),
        *_effective(question.organization, found),
    ]
    return actions(*elements)


def _form(operation: str, account_id: str) -> Block | None:
    """The button that opens an operation's form with this account in it; None when there is no such operation."""
    declared = by_name().get(operation)
    if declared is None:
        return None
    kinds = {field.flag.kind: field.name for field in declared.fields()}
    one, many = kinds.get(FieldKind.ACCOUNT), kinds.get(FieldKind.ACCOUNTS)
    values = {one: account_id} if one else {many: [account_id]} if many else {}
    return button(readable(operation), f"form:{operation}", Carried(values=values).packed())


def _effective(organization: Organization, found: Account) -> list[Block]:
    """The menu of the types that come to one effective policy, where any is enabled."""
    kinds = [
        kind for kind, status in organization.policies.types.items() if status == ENABLED and not is_authorization(kind)
    ]
    options = [option(label(kind), f"{found.id} {kind}") for kind in kinds]
    return [menu(EFFECTIVE, "Effective policy…", options)] if options else []


def _notes(organization: Organization, found: Account) -> list[str]:
    return [
        *([UNBOUND] if found.id == organization.management_account else []),
        *([INVITED] if found.joined == "INVITED" and found.id != organization.management_account else []),
    ]
