"""The rules, from a TOML file or, without one, from the settings: every operation, one approval by ORGBOT_APPROVERS, and two
for what is irreversible where two people may approve it.

```toml
[[rule]]
name = "production"
operations = ["create-account", "move-account"]  # left out: every operation
under = "/Production"                            # left out: the whole organization
requesters = ["S0PLATFORM"]                      # left out: everybody
approvers = ["S0PLATFORM", "carol@example.com"]
second_approvers = ["S0SECURITY"]                # one of the approvals must be theirs
approvals = 2                                    # 0 grants at once
expires = "24h"
break_glass = ["S0ONCALL"]                       # may act at once, and somebody reviews it afterwards

[[rule]]
name = "look around"
operations = ["credentials"]
accounts = ["fullback-staging", "222222222222"]  # names, ids, e-mails
roles = ["ReadOnly"]
longest_session = "1h"
session_policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
approvals = 0
```
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from approvals.authority.rules import Rule, Rules
from bot.config import rule_checks as checks
from bot.config.settings import Settings, SettingsError
from bot.config.settings_checks import library_words, toml_in
from operations.core.registry import irreversible, left_out

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SHORTEST_SESSION, LONGEST_SESSION = 15 * MINUTE, 12 * HOUR
LONGEST_LINE = 500
LEFT_OUT = "left out"

Kind = TypeVar("Kind")


def _some(value: tuple[Kind, ...]) -> tuple[Kind, ...]:
    """A list that names nobody would match everybody, which nobody means who writes it."""
    if not value:
        raise ValueError("the list is empty; name at least one, or leave the key out")
    return value


def _period(shortest: timedelta, longest: timedelta) -> BeforeValidator:
    return BeforeValidator(checks.period(shortest, longest))


Some = AfterValidator(_some)
People = Annotated[tuple[Annotated[str, AfterValidator(checks.person)], ...], Some]
Operations = Annotated[tuple[Annotated[str, AfterValidator(checks.operation)], ...], Some]
Accounts = Annotated[tuple[Annotated[str, AfterValidator(checks.account)], ...], Some]
Roles = Annotated[tuple[Annotated[str, AfterValidator(checks.role)], ...], Some]
Under = Annotated[str, AfterValidator(checks.path)]
Wait = Annotated[timedelta, _period(MINUTE, 90 * DAY)]
Session = Annotated[timedelta, _period(SHORTEST_SESSION, LONGEST_SESSION)]
SessionPolicy = Annotated[str, AfterValidator(checks.session_policy)]


def _key(default: Any, says: str, left_out: str = "", **limits: Any) -> Any:
    """A key of a rule, as its reference explains it; `left_out` is what it means without a value, where no default says it."""
    return Field(default, description=says, json_schema_extra={LEFT_OUT: left_out}, **limits)


class RuleEntry(BaseModel):
    """One [[rule]] of the file; each key's description is what the reference says of it."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(checks.visible)] = Field(
        min_length=1,
        max_length=60,
        pattern=r"\S",
        description="what cards, refusals and the audit call the rule; requests remember their rule by it",
    )
    operations: Operations = _key((), "names or aliases of operations", "every operation")
    under: Under = _key("/", "the path or the id of an OU; it and all below it", "the whole organization")
    accounts: Accounts = _key(
        (),
        "ids, names or e-mail addresses; ids are surest, because names can be changed",
        "every account, and what is about none",
    )
    roles: Roles = _key(
        (),
        "names of the role that is wanted, with their paths (`platform/Deployer`), upper or lower case",
        "every role, and what is about none",
    )
    requesters: People = _key((), "who may ask under this rule", "everybody")
    approvers: People = _key((), "who decides; needed unless `approvals = 0`")
    approvals: int = _key(1, "how many people have to approve, 0 to 10; 0 grants at once", ge=0, le=10, strict=True)
    second_approvers: People = _key(
        (),
        "one of the approvals must be theirs, the others of `approvers`; in any order, each by another person",
    )
    expires: Wait = _key(72 * HOUR, "how long a request may wait, 1m to 90d")
    longest_session: Session = _key(HOUR, "the longest role session, 15m to 12h")
    session_policy: SessionPolicy = _key(
        "",
        "a managed policy's ARN, or a policy as JSON of at most 2,048 characters, that bounds role sessions; where several "
        "rules decide, the one policy bounds the session, and two that differ are refused when it is asked for, because AWS "
        "would allow what either allows",
        "no bound",
    )
    remind: Wait = _key(4 * HOUR, "after which time approvers are reminded, and then after twice as long each time")
    escalate_to: People = _key((), "who may decide as well when nobody has decided for a while", "nobody")
    escalate_after: Wait = _key(24 * HOUR, "after which time they may")
    break_glass: People = _key((), "who may act at once with `--break-glass`", "nobody")

    @model_validator(mode="after")
    def _fit(self) -> Self:
        """What only shows when the keys are seen together; the key that is to be changed comes first."""
        wrong = next(self._misfits(), None)
        if wrong:
            raise ValueError(wrong)
        return self

    def _misfits(self) -> Iterator[str]:
        if self.approvals and not self.approvers:
            yield "approvers: is missing"
        if self.second_approvers and self.approvals < 2:
            yield f"approvals: second_approvers need 2 or more, not {self.approvals}"
        if not self.approvals and self.break_glass:
            yield "break_glass: approvals = 0 grants at once, so there is no glass to break"


class RulesFile(BaseModel):
    """The whole file; the order of the rules matters."""

    model_config = ConfigDict(extra="forbid")

    rule: list[RuleEntry] = Field(min_length=1)


def load_rules(settings: Settings) -> Rules:
    """The rules in force; raises SettingsError with one line for each thing that is wrong in the file."""
    return replace(_written(settings), without=left_out(settings.without))


def _written(settings: Settings) -> Rules:
    if settings.rules:
        return read_rules(Path(settings.rules))
    everything = Rule("default", tuple(settings.approvers), expires=timedelta(hours=settings.expire_hours))
    hard = replace(everything, name="irreversible", operations=irreversible(), approvals_if_able=2)
    return Rules((hard, everything))


def read_rules(file: Path) -> Rules:
    """The rules of a TOML file; raises SettingsError."""
    try:
        parsed = toml_in(file)
    except ValueError as error:
        raise SettingsError([f"ORGBOT_RULES={file}: {_line(str(error))}"]) from error
    try:
        return rules_of(parsed)
    except SettingsError as error:
        raise SettingsError([f"{file}: {line}" for line in error.lines]) from error


def rules_of(parsed: dict[str, Any]) -> Rules:
    """The rules of a parsed TOML file; raises SettingsError with a line for each error, beginning with its key."""
    try:
        entries = RulesFile.model_validate(parsed).rule
    except ValidationError as error:
        raise SettingsError([_line(f"{_path(item)}: {_reason(item)}") for item in error.errors()]) from error
    names = [" ".join(entry.name.casefold().split()) for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        told = "is used twice; requests remember their rule by its name"
        raise SettingsError([_line(f"rule: the name “{name}” {told}") for name in twice])
    return Rules(tuple(Rule(**entry.model_dump()) for entry in entries))


def _path(item: Any) -> str:
    """`rule[2].approvers`, counted from 1 as people count."""
    found = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in item["loc"]).lstrip(".")
    together = item["type"] == "value_error" and len(item["loc"]) == 2
    return f"{found}.{library_words(item).partition(': ')[0]}" if together else found


def _reason(item: Any) -> str:
    together = item["type"] == "value_error" and len(item["loc"]) == 2
    return library_words(item).partition(": ")[2] if together else library_words(item)


def _line(text: str) -> str:
    """One line of visible characters: the file may hold anything."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return shown if len(shown) <= LONGEST_LINE else f"{shown[: LONGEST_LINE - 1]}…"
