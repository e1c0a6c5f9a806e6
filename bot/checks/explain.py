"""`orgbot check --explain`: which rule decides about a request, and why each rule before it does not.

The organization and the people are read as the bot reads them, and nothing is filed.
Source: Slack API, "users.lookupByEmail".
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError
from pydantic import ValidationError
from slack_sdk import WebClient
from sqlalchemy.exc import SQLAlchemyError

from approvals.authority.bindings import Words, drifts, guards_of, meant, rebound
from approvals.authority.directory import Directory, NotAMemberError, Person, Workspace
from approvals.authority.reach import Hits, ask_of, hits, judged, other_rules
from approvals.authority.requirements import Requirement, Requirements
from approvals.authority.rules import BY_NAME, Ask, Guards, NoRuleError, Place, Rule, Rules
from approvals.slack.client import SlackAmbiguousError, SlackAwayError, SlackBusyError, SlackRefusedError, call
from approvals.slack.named import Named
from bot.aws import Boto3Clients
from bot.checks.findings import WRONG, settings_or_complaints
from bot.checks.run import bound_words
from bot.config.rules_file import load_rules
from bot.config.settings import Settings, SettingsError, aws_variables
from bot.database import DatabaseError, reading
from bot.rules import are_in_force
from bot.slack import slack_client
from handlers.declared import missing
from handlers.parser import Command, ParseError, parse
from handlers.problems import problems
from operations.access.session_length import written
from operations.aws.client import Aws
from operations.aws.errors import AwsError, FieldError
from operations.core.base import Operation
from operations.core.lookalikes import pointed_out
from operations.snapshot.organization import Organization
from operations.snapshot.reader import read_organization

OTHERS = "note: The bots on this database have other rules in force than this file; a SIGHUP to one puts those of its file in force."


class CannotTellError(Exception):
    """The question cannot be answered, or its answer is no; each line says why."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class Sources:
    """What is asked: the rules, Slack and AWS; `kept` is what the words of the rules were bound to, and with other rules than those
    that the bot has in force, `others` is so.
    """

    rules: Rules
    slack: WebClient
    aws: Aws
    kept: Words = field(default_factory=dict)
    others: bool = False


def run_explain(command: str, asker: str) -> int:
    """Prints which rule decides about `command` (as after `/org`) when `asker` asks; exit code 1 when it is refused."""
    settings = settings_or_complaints(os.environ)
    if settings is None:
        return WRONG
    os.environ.update(aws_variables())
    try:
        for line in explained(_sources(settings), command, asker):
            sys.stdout.write(f"{line}\n")
    except CannotTellError as error:
        for line in error.lines:
            sys.stdout.write(f"refused: {line}\n")
        return WRONG
    return 0


def _sources(settings: Settings) -> Sources:
    try:
        kept, rules = bound_words(settings.database_url), load_rules(settings)
        others = _has_others(settings.database_url, rules)
        return Sources(rules, slack_client(settings), Aws(Boto3Clients()), kept, others)
    except SettingsError as error:
        raise CannotTellError(*error.lines) from error
    except BotoCoreError as error:
        raise CannotTellError(f"AWS's settings: {error}; `orgbot check` says what to mend") from error


def _has_others(url: str, rules: Rules) -> bool:
    """Whether the bots on this database decide by other rules; not where no bot has worked there yet."""
    with suppress(DatabaseError, SQLAlchemyError), reading(url) as connection:
        return not are_in_force(connection, rules)
    return False


def explained(sources: Sources, command: str, asker: str) -> Iterator[str]:
    """The lines, each as soon as it is known; raises CannotTellError."""
    asked = _asked(command)
    try:
        organization = read_organization(sources.aws, lambda: datetime.now(UTC))
        here = Workspace.of(_asked_slack(sources.slack))
        operation = _settled(asked, organization)
        directory = Directory(sources.slack, lambda: here)
        person = _person(directory, asker)
        yield f"{operation.name}: {operation.title(organization)}"
        yield f"asked by {person.name} ({person.user}, {person.key})"
        yield from pointed_out(operation, organization)
        ask, found = ask_of(operation, person, directory), hits(operation, organization)
        today = meant(sources.rules, organization)
        bound = rebound(sources.kept, today, organization)
        guards = guards_of(bound)
        required = judged(sources.rules, ask, found, guards)
        for example in _examples(sources.rules, ask, found, guards):
            yield from _explained(sources.rules, ask, example)
        yield from other_rules(sources.rules, found, guards)
        for one in required.all:
            yield from _decision(one)
        yield from _objections(required, operation)
        yield from (OTHERS,) if sources.others else ()
        yield from (f"note: {drift.sentence}" for drift in drifts(bound, today, organization))
    except NoRuleError as error:
        raise CannotTellError(str(error)) from error
    except AwsError as error:
        raise CannotTellError(f"AWS answers: {error}; `orgbot check` says what to mend") from error
    except SlackAwayError as error:
        raise CannotTellError(f"Slack answers: {error}; `orgbot check` says what to mend") from error


def _asked(text: str) -> Command:
    try:
        command = parse(text.strip().removeprefix("/org "), others=())
    except ParseError as error:
        raise CannotTellError(error.message) from error
    lacking = missing(command.operation, command.given.values)
    if lacking:
        flags = ", ".join(field.flag.names[0] for field in lacking)
        raise CannotTellError(f"{command.operation.name} needs {flags} as well")
    return command


def _settled(command: Command, organization: Organization) -> Operation:
    try:
        return command.operation.model_validate(command.given.values).settled(organization)
    except FieldError as error:
        raise CannotTellError(error.message) from error
    except ValidationError as error:
        found = problems(command.operation, error)
        raise CannotTellError(*(f"{problem.field}: {problem.sentence}" for problem in found)) from error


def _asked_slack(slack: WebClient) -> dict[str, Any]:
    try:
        return call(slack, "auth.test")
    except (SlackRefusedError, SlackBusyError, SlackAmbiguousError) as error:
        raise SlackAwayError(str(error)) from error


def _person(directory: Directory, asker: str) -> Person:
    """The person behind an e-mail address or a user id, when the bot would listen to them."""
    named = Named(asker)
    if not named.is_well_formed or named.is_group:
        raise CannotTellError(f"--as {asker}: give a person's e-mail address or user id (U…)")
    users = directory.users(asker)
    if not users:
        raise CannotTellError(f"--as {asker}: Slack does not know this e-mail address")
    try:
        return directory.member(users[0])
    except NotAMemberError as error:
        raise CannotTellError(f"--as {asker}: {error.person.name} {error.stranger.about}") from error


@dataclass(frozen=True)
class Example:
    """A rule that decides about `places`, of which the first is explained: `afterwards` when it is only then so; `guards` when
    it decides by what its words named when they were first seen.
    """

    rule: Rule
    places: list[Place]
    afterwards: bool
    guards: Guards


def _examples(rules: Rules, ask: Ask, found: Hits, guards: Guards) -> list[Example]:
    """Each rule that decides with its places, now and afterwards, by what is called so and by what was bound, once."""
    examples: dict[str, Example] = {}
    for meaning in (BY_NAME, guards):
        for rule, places in rules.deciding(ask, dict.fromkeys((*found.now, *found.then)), meaning):
            example = Example(rule, places, places[0] not in found.now, meaning)
            examples.setdefault(rule.name, example)
    return [examples[rule.name] for rule in rules.rules if rule.name in examples]


def _explained(rules: Rules, ask: Ask, example: Example) -> Iterator[str]:
    """For the first place, each rule up to the one that decides, numbered as in the file."""
    place, others = example.places[0], len(example.places) - 1
    yield ""
    yield f"for {place}{' afterwards' if example.afterwards else ''}{f' and {others} more' if others else ''}:"
    for number, rule in enumerate(rules.rules, 1):
        if rule is example.rule:
            bound = "" if example.guards is BY_NAME else ", by what its words named when they were first seen"
            yield f"rule {number} “{rule.name}”: matches{bound}"
            return
        yield f"rule {number} “{rule.name}”: {rule.mismatch(ask, place, example.guards)}"


def _objections(required: Requirements, operation: Operation) -> Iterator[str]:
    """What would be refused in spite of the rules that decide."""
    _, why = required.session_objection(operation)
    if why:
        yield ""
        yield f"refused all the same: {why}"


def _decision(one: Requirement) -> Iterator[str]:
    rule = one.rule
    yield ""
    yield f"rule “{rule.name}” has to be satisfied"
    if rule.approvals:
        yield f"  approvals: {_number(rule)}, of {', '.join(rule.approvers)}{_second(rule)}"
        yield f"  expires: {written(int(rule.expires.total_seconds()))} after it was asked for"
    else:
        yield "  approvals: none; it is granted at once"
    if rule.escalate_to:
        yield f"  escalates: after {written(int(rule.escalate_after.total_seconds()))} to {', '.join(rule.escalate_to)}"
    if rule.break_glass:
        yield f"  break glass: {', '.join(rule.break_glass)}"
    if rule.roles or rule.session_policy:
        yield f"  longest session: {written(int(rule.longest_session.total_seconds()))}"
    if rule.session_policy:
        yield f"  session policy: {rule.session_policy}"


def _number(rule: Rule) -> str:
    if rule.approvals_if_able <= rule.approvals:
        return str(rule.approvals)
    return f"{rule.approvals_if_able}, or {rule.approvals} where no more people may approve"


def _second(rule: Rule) -> str:
    return f"; one of them of {', '.join(rule.second_approvers)}" if rule.second_approvers else ""
