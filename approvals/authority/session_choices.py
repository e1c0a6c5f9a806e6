"""Which roles and lengths the rules allow a role session, so that a form offers no others. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from approvals.authority.reach import ask_of, hits, judged
from approvals.authority.rules import BY_NAME, Guards, NoRuleError, Rules
from operations.access.credentials import Credentials
from operations.access.session_length import SHORTEST, USUAL, seconds_of, written
from operations.aws.errors import FieldError
from operations.snapshot.organization import Organization


@dataclass(frozen=True)
class SessionChoices:
    """The longest session in seconds, by each role that is allowed; nothing where no rule allows any."""

    longest: Mapping[str, int]

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles in the order of the rules."""
        return tuple(self.longest)

    def lengths(self, given: str) -> tuple[str, ...]:
        """The usual lengths up to the longest that any role allows, that itself, and the one that was given where it is allowed."""
        most = max(self.longest.values(), default=0)
        wanted = _seconds(given)
        mine = {wanted} if SHORTEST <= wanted <= most else set()
        return tuple(
            written(seconds) for seconds in sorted({*(one for one in USUAL if one < most), most, *mine}) if seconds
        )


def _seconds(text: str) -> int:
    try:
        return seconds_of(text)
    except ValueError:
        return 0


def session_choices(
    rules: Rules, organization: Organization | None, account: str, guards: Guards = BY_NAME
) -> SessionChoices:
    """What the rules allow in the account that `account` means, where it means one; else what they allow anywhere."""
    found: dict[str, int] = {}
    for rule in rules.about_sessions():
        for role in rule.session_roles:
            found[role] = max(found.get(role, 0), int(rule.longest_session.total_seconds()))
    known = _known(organization, account)
    if organization is None or not known:
        return SessionChoices(found)
    there = {role: _longest_there(rules, organization, known, role, guards) for role in found}
    return SessionChoices({role: seconds for role, seconds in there.items() if seconds})


def _known(organization: Organization | None, account: str) -> str:
    """The id of the account; empty where the text means none."""
    try:
        return organization.find_account(account, "account").id if organization and account else ""
    except FieldError:
        return ""


def _longest_there(rules: Rules, organization: Organization, account: str, role: str, guards: Guards) -> int:
    """The longest session of a role in an account, in seconds; 0 where the rules allow none."""
    asked = Credentials(account=account, role=role, duration=written(SHORTEST))
    try:
        required = judged(rules, ask_of(asked), hits(asked, organization), guards)
    except NoRuleError:
        return 0
    if required.session_objection(asked)[1]:
        return 0
    return min(int(rule.longest_session.total_seconds()) for rule in required.rules)
