"""What `orgbot check` asks Slack: the tokens, the scopes, the channel, and everybody whom the rules name.

Source: Slack API, "auth.test" (the header x-oauth-scopes), "conversations.info", "users.lookupByEmail".

The scopes that the bot's token needs, and what is missing without each. `manifest.yml` asks for exactly these; a test holds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from slack_sdk import WebClient

from approvals.authority.able import Able, electorate, indispensable, shortfall
from approvals.authority.directory import Directory, NotAMemberError, Workspace
from approvals.authority.rules import Rule
from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError, call
from approvals.slack.codes import meaning
from approvals.slack.named import Named
from bot.channel import troubles
from bot.checks.findings import Finding, WrongError, sentence, tried
from bot.config.settings import Settings
from bot.identity import channel_id
from operations.snapshot.names import counted, listed

SCOPES = {
    "channels:history": "a message whose answer was lost is not found again",
    "channels:read": "approvers who are not in the channel are not noticed",
    "chat:write": "nothing can be said",
    "commands": "/org does not exist",
    "files:read": "policy documents can't be given as files, and home tabs and cards have no pictures",
    "files:write": "there are no pictures: of the tree, on home tabs, of what a request changes",
    "groups:history": "a message in a private channel whose answer was lost is not found again",
    "groups:read": "a private approval channel is not seen",
    "im:history": "a direct message whose answer was lost is not found again",
    "im:write": "nobody can be told by direct message",
    "usergroups:read": "user groups cannot approve",
    "users:read": "nobody is known, so nobody can ask or decide",
    "users:read.email": "approvers cannot be named by e-mail address, and one person may have two identities",
}


def slack_findings(slack: WebClient, settings: Settings) -> Iterator[Finding]:
    """What Slack tells of the app, its tokens and the approval channel."""
    try:
        answer = slack.auth_test()
    except Exception as error:  # noqa: BLE001  As in `tried`.
        yield Finding.wrong("Slack token", sentence(error))
        return
    yield Finding.right("Slack token", f"{answer.get('user')} in {answer.get('team')} ({answer.get('team_id')})")
    yield _scopes({key.lower(): value for key, value in answer.headers.items()}.get("x-oauth-scopes", ""))
    yield tried("approval channel", lambda: _channel(slack, settings.approval_channel))
    if settings.slack_app_token is not None:
        app_token = settings.slack_app_token.get_secret_value()
        yield tried("Slack app token", lambda: socket_mode(slack, app_token))


def people_findings(slack: WebClient, settings: Settings, rules: Sequence[Rule]) -> Iterator[Finding]:
    """What Slack tells of everybody whom the rules name, and whether they are enough."""
    try:
        here = Workspace.of(call(slack, "auth.test"))
    except (SlackRefusedError, SlackBusyError, SlackAmbiguousError):
        yield Finding.unknown("approvers", "not looked at, because Slack does not tell")
        return
    directory = Directory(slack, lambda: here)
    for word, role in _named(rules).items():
        yield tried(f"{role} {word}", partial(named_one, slack, directory, word))
    for rule in rules:
        if rule.approvals:
            yield tried(f"rule “{rule.name}”", partial(_can_be_approved, directory, rule))
    yield tried("approvers in the channel", lambda: _reached(slack, directory, settings.approval_channel, rules))


def _named(rules: Sequence[Rule]) -> dict[str, str]:
    """Everybody whom the rules name, and as what."""
    everybody = {person: "named in a rule" for rule in rules for person in rule.people()}
    approvers = {person: "approver" for rule in rules for person in (*rule.approvers, *rule.second_approvers)}
    return approvers | {person: name for person, name in everybody.items() if person not in approvers}


def _scopes(header: object) -> Finding:
    granted = {scope.strip() for scope in str(header).split(",") if scope.strip()}
    if not granted:
        return Finding.unknown("scopes", "Slack does not tell them; compare them with manifest.yml")
    missing = [f"{scope} ({without})" for scope, without in SCOPES.items() if scope not in granted]
    if missing:
        return Finding.wrong("scopes", f"missing: {', '.join(missing)}; install the app again from manifest.yml")
    return Finding.right("scopes", f"all {len(SCOPES)} of manifest.yml")


def _channel(slack: WebClient, setting: str) -> str:
    channel = channel_id(slack, setting, asking=lambda ask: ask())
    found = call(slack, "conversations.info", channel=channel)["channel"]
    if wrong := troubles(found):
        raise WrongError("; ".join(wrong))
    return f"#{found.get('name')} ({channel})"


def socket_mode(slack: WebClient, app_token: str) -> str:
    """Whether a connection can be opened with this token; raises as `call`."""
    call(slack, "apps.connections.open", app_token=app_token)
    return "Socket Mode can be opened"


def named_one(slack: WebClient, directory: Directory, word: str) -> str:
    """Who stands behind a word of a rule; raises WrongError where that is nobody who may decide, and as `call`."""
    if Named(word).is_group:
        return _group(call(slack, "usergroups.users.list", usergroup=word)["users"])
    users = directory.users(word)
    if not users:
        raise WrongError(meaning("users_not_found"))
    try:
        person = directory.member(users[0])
    except NotAMemberError as error:
        raise WrongError(
            f"{error.person.name} {error.stranger.about}; name a full member of this workspace instead"
        ) from error
    return f"{person.name} ({person.user})" if Named(word).is_address else person.name


def _can_be_approved(directory: Directory, rule: Rule) -> str:
    """Whether there are people enough for the rule's approvals, and on whom it depends that there are."""

    def enough(able: Sequence[Able]) -> bool:
        seats = [one.seat for one in able]
        return not shortfall(rule, rule.approvals, (), seats) and not indispensable(rule, seats)

    found = electorate(directory, rule, (), enough)
    wanted = counted(rule.approvals, "approval")
    short = shortfall(rule, rule.approvals, (), found.seats)
    if short is None:
        names = [found.able[number].person.name for number in indispensable(rule, found.seats)]
        depends = f"; depends on {listed(names)}, whose own requests cannot be approved" if names else ""
        return f"{wanted}{depends}"
    if not found.complete:
        return f"{wanted}; too many people are named to look at all"
    people = {0: "nobody", 1: "only 1 person"}.get(short.able, f"only {short.able} people")
    lacking = "none of its second approvers" if short.second else people
    raise WrongError(f"needs {wanted}, and {lacking} may give one; name more approvers")


def _reached(slack: WebClient, directory: Directory, setting: str, rules: Sequence[Rule]) -> str:
    """Whether at least one approver of each rule sees the cards; the others get a direct message."""
    present = directory.in_channel(channel_id(slack, setting, asking=lambda ask: ask()))
    for rule in rules:
        called = {user for word in rule.deciders() for user in directory.users(word)}
        if rule.approvals and called and not called & present:
            raise WrongError(f"nobody who decides by rule “{rule.name}” is in the approval channel; invite them there")
    return "each rule has some"


def _group(members: Sequence[str]) -> str:
    if not members:
        raise WrongError("nobody is in this user group; add people to it in Slack")
    return f"a group of {counted(len(members), 'person', 'people')}"
