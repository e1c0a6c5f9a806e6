"""The settings: environment variables, also read from a `.env` file. A wrong one is refused with one clear line.

Source: pydantic-settings documentation, "Dotenv (.env) support".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

USER_OR_GROUP = re.compile(r"[UWS][A-Za-z0-9_]+")
EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")
CHANNEL = re.compile(r"[CG][A-Za-z0-9_]+")
SECRET_NAMES = frozenset({"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "DATABASE_URL"})


class SettingsError(Exception):
    """Some settings are wrong; `lines` names each with its value, what is wrong, and the way out."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def _setting(default: Any, name: str, description: str, **limits: Any) -> Any:
    return Field(default, validation_alias=AliasChoices(name), description=description, **limits)


def _needed(name: str, description: str) -> Any:
    return Field(validation_alias=AliasChoices(name), description=description)


def _split(value: Any) -> Any:
    return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value


def _empty_is_none(value: Any) -> Any:
    return None if value == "" else value


class Settings(BaseSettings):
    """Every setting with its default; `load_settings` makes one."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    slack_bot_token: SecretStr = _needed("SLACK_BOT_TOKEN", "Bot token of the Slack app (`xoxb-…`)")
    slack_app_token: Annotated[SecretStr | None, BeforeValidator(_empty_is_none)] = _setting(
        None, "SLACK_APP_TOKEN", "App-level token (`xapp-…`): set means Socket Mode, otherwise HTTP"
    )
    slack_signing_secret: Annotated[SecretStr | None, BeforeValidator(_empty_is_none)] = _setting(
        None, "SLACK_SIGNING_SECRET", "Signing secret of the Slack app; needed for HTTP"
    )
    slack_api_url: str = _setting("https://slack.com/api/", "SLACK_API_URL", "Where Slack's Web API is")
    host: str = _setting("127.0.0.1", "HOST", "Address on which the bot listens")
    port: int = _setting(3000, "PORT", "Port for `/slack/events`, `/healthz`, `/readyz`, `/metrics`", ge=0, le=65535)
    database_url: str = _setting(
        "sqlite:///orgbot.db", "DATABASE_URL", "The database, SQLite or PostgreSQL", repr=False
    )
    approval_channel: str = _needed("ORGBOT_APPROVAL_CHANNEL", "Id of the channel that gets the approval cards (`C…`)")
    approvers: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = _setting(
        (), "ORGBOT_APPROVERS", "Who may approve: user ids, user group ids, e-mails, separated by commas"
    )
    expire_hours: float = _setting(
        72, "ORGBOT_EXPIRE_HOURS", "Hours until an unanswered request expires", gt=0, le=24 * 90
    )
    poll_seconds: float = _setting(
        5, "ORGBOT_POLL_SECONDS", "First wait between polls of AWS, growing by half each time", gt=0, le=3600
    )
    settle_seconds: float = _setting(
        720,
        "ORGBOT_SETTLE_SECONDS",
        "Wait before a call to AWS whose answer was lost may be sent again",
        ge=0,
        le=86400,
    )
    slack_settle_seconds: float = _setting(
        10, "ORGBOT_SLACK_SETTLE_SECONDS", "The same for a message to Slack", ge=0, le=3600
    )
    refresh_seconds: float = _setting(
        300, "ORGBOT_REFRESH_SECONDS", "How often the organization is read anew", ge=1, le=86400
    )
    tick_seconds: float = _setting(
        1, "ORGBOT_TICK_SECONDS", "How often the scheduler looks for due work", ge=0.05, le=60
    )
    workers: int = _setting(8, "ORGBOT_WORKERS", "Threads that call Slack and AWS", ge=2, le=64)
    http_threads: int = _setting(32, "ORGBOT_HTTP_THREADS", "Threads that answer Slack over HTTP", ge=1, le=256)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting(
        "INFO", "ORGBOT_LOG_LEVEL", "The least level that is logged"
    )
    log_format: Literal["json", "console"] = _setting(
        "json", "ORGBOT_LOG_FORMAT", "`json` for machines or `console` for people"
    )
    cli_source_profile: str = _setting(
        "management", "ORGBOT_CLI_SOURCE_PROFILE", "AWS CLI profile of the management account, named in the snippets"
    )
    console_url: str = _setting(
        "https://signin.aws.amazon.com", "ORGBOT_CONSOLE_URL", "Where people sign in to the AWS console"
    )

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _has_prefix(cls, value: SecretStr | None, info: Any) -> SecretStr | None:
        prefix = "xoxb-" if info.field_name == "slack_bot_token" else "xapp-"
        if value is not None and not value.get_secret_value().startswith(prefix):
            raise ValueError(f"such a token begins with {prefix}; copy it from the app's settings in Slack")
        return value

    @field_validator("slack_api_url", "console_url")
    @classmethod
    def _is_url(cls, value: str, info: Any) -> str:
        if not re.match(r"https?://[^\s/]+", value):
            raise ValueError("this is no address; it begins with https://")
        return value.rstrip("/") + ("/" if info.field_name == "slack_api_url" else "")

    @field_validator("approval_channel")
    @classmethod
    def _is_channel(cls, value: str) -> str:
        if not CHANNEL.fullmatch(value):
            raise ValueError("give the channel's id (C…), which Slack shows at the bottom of the channel's details")
        return value

    @field_validator("approvers")
    @classmethod
    def _are_approvers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:
            if not USER_OR_GROUP.fullmatch(word) and not EMAIL.fullmatch(word):
                raise ValueError(f"“{word}” is no user id (U…), user group id (S…) or e-mail address")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, value: str) -> str:
        try:
            name = make_url(value).get_backend_name()
        except ArgumentError as error:
            raise ValueError(
                "this is no database URL; write sqlite:///orgbot.db or postgresql+psycopg://user@host/name"
            ) from error
        if name not in ("sqlite", "postgresql"):
            raise ValueError(f"{name} is not supported; use sqlite or postgresql")
        return value

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.slack_app_token is None and self.slack_signing_secret is None:
            raise ValueError("SLACK_SIGNING_SECRET: is missing; set it for HTTP, or SLACK_APP_TOKEN for Socket Mode")
        if not self.approvers:
            raise ValueError("ORGBOT_APPROVERS: is missing; name at least one approver (U…, S… or an e-mail address)")
        return self

    def secrets(self) -> list[str]:
        """Every secret value, for the log's redactor."""
        kept = (self.slack_bot_token, self.slack_app_token, self.slack_signing_secret)
        password = make_url(self.database_url).password
        return [secret.get_secret_value() for secret in kept if secret is not None] + ([password] if password else [])


def load_settings(environ: Mapping[str, str], env_file: Path = Path(".env")) -> Settings:
    """The settings from `environ`, and from `env_file` where `environ` is silent; raises SettingsError."""
    from_file = {key: value or "" for key, value in dotenv_values(env_file).items()} if env_file.is_file() else {}
    values = {**from_file, **environ}
    given = {name: values[name] for name in names() if name in values}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError([_line(item, given) for item in error.errors()]) from None


def names() -> list[str]:
    """The names of all settings, in the order of their declaration."""
    return [alias_of(field) for field in Settings.model_fields]


def alias_of(field: str) -> str:
    """The environment variable behind a field."""
    alias = Settings.model_fields[field].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else field.upper()


def unknown(environ: Mapping[str, str]) -> list[str]:
    """One line for each ORGBOT_ variable that is no setting, with the nearest that is."""
    strange = [name for name in environ if name.startswith("ORGBOT_") and name not in names()]
    return [f"{name}: there is no such setting{_near(name)}" for name in sorted(strange)]


def _near(name: str) -> str:
    near = difflib.get_close_matches(name, names(), 1)
    return f"; did you mean {near[0]}?" if near else ""


def _line(item: Any, given: Mapping[str, str]) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    if not item["loc"]:
        return message
    name = str(item["loc"][0])
    if item["type"] == "missing":
        return f"{name}: is missing; {_description(name)}"
    shown = "[hidden]" if name in SECRET_NAMES else given.get(name, "")
    return f"{name}={shown}: {message[0].lower()}{message[1:]}"


def _description(name: str) -> str:
    return next(info.description or "" for field, info in Settings.model_fields.items() if alias_of(field) == name)


def settings_table() -> str:
    """The settings as a Markdown table, for the README."""
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    for field, info in Settings.model_fields.items():
        default = "needed" if info.is_required() else f"`{info.default}`" if info.default not in (None, ()) else ""
        rows.append(f"| `{alias_of(field)}` | {default} | {info.description} |")
    return "\n".join(rows)
