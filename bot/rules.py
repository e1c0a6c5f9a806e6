"""The rules, from a TOML file or, without one, from the settings: every operation, one approval by ORGBOT_APPROVERS.

```toml
[[rule]]
name = "production"
operations = ["create-account", "move-account"]  # left out: every operation
under = "/Production"                            # left out: the whole organization
approvers = ["S0SECURITY", "carol@example.com"]
approvals = 2
expires = "24h"
```
"""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from approvals.rules import Rule, Rules
from bot.settings import Settings, SettingsError
from operations.registry import by_name

PERIOD = re.compile(r"(\d{1,5})([mhd])")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
APPROVER = re.compile(r"[UWS][A-Za-z0-9_]+|[^@\s,]+@[^@\s,]+\.[^@\s,]+")


def _period(value: Any) -> Any:
    found = PERIOD.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError("a period is a number with m, h or d, such as 24h")
    return int(found[1]) * UNITS[found[2]]


def _operation(value: str) -> str:
    if value not in by_name():
        raise ValueError(f"there is no operation “{value}”; `/org help` lists them")
    return by_name()[value].name


def _approver(value: str) -> str:
    if not APPROVER.fullmatch(value):
        raise ValueError(f"“{value}” is no user id (U…), user group id (S…) or e-mail address")
    return value


def _path(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError("a path begins with /, which is the root")
    return value


class RuleEntry(BaseModel):
    """One [[rule]] of the file."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    operations: tuple[Annotated[str, AfterValidator(_operation)], ...] = ()
    under: Annotated[str, AfterValidator(_path)] = "/"
    approvers: tuple[Annotated[str, AfterValidator(_approver)], ...] = Field(min_length=1)
    approvals: int = Field(1, ge=1, le=10)
    expires: Annotated[timedelta, BeforeValidator(_period)] = timedelta(hours=72)


class RulesFile(BaseModel):
    """The whole file; the order of the rules matters."""

    model_config = ConfigDict(extra="forbid")

    rule: list[RuleEntry] = Field(min_length=1)


def load_rules(settings: Settings) -> Rules:
    """The rules in force; raises SettingsError with one line for each thing that is wrong in the file."""
    if settings.rules:
        return read_rules(Path(settings.rules))
    expires = timedelta(hours=settings.expire_hours)
    return Rules((Rule("default", tuple(settings.approvers), expires=expires),))


def read_rules(file: Path) -> Rules:
    """The rules of a TOML file; raises SettingsError."""
    try:
        parsed = RulesFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError([f"ORGBOT_RULES={file}: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{file}: {error}"]) from error
    except ValidationError as error:
        raise SettingsError([f"{file}: {_key(item['loc'])}: {_reason(item)}" for item in error.errors()]) from error
    names = [entry.name for entry in parsed.rule]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingsError(
            [
                f"{file}: rule: the name “{name}” is used twice; requests remember their rule by its name"
                for name in twice
            ]
        )
    return Rules(tuple(Rule(**entry.model_dump()) for entry in parsed.rule))


def _key(location: tuple[int | str, ...]) -> str:
    """`rule[2].approvers`, counted from 1 as people count."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _reason(item: Any) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    return {"missing": "is missing", "extra_forbidden": "there is no such key"}.get(item["type"], message)
