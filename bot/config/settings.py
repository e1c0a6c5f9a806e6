"""The settings: environment variables, also read from a `.env` file. A wrong one is refused with one clear line.

Source: pydantic-settings documentation, "Customise settings sources"; python-dotenv documentation, "dotenv_values".
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url

from bot.config import settings_checks as checks
from operations.snapshot.names import uncapital

ENV_FILE = Path(".env")
SECRET_NAMES = frozenset(
    {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "DATABASE_URL", "ORGBOT_AUDIT_KEY"}
)
MASK = "[hidden]"
LogFormat = Literal["json", "console"]
CredentialsDelivery = Annotated[Literal["dm", "reveal"], BeforeValidator(lambda value: value.lower())]


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


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _token(prefix: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        checks.token(value.get_secret_value(), prefix)
        return value

    return AfterValidator(check)


def _audit_key(value: SecretStr) -> SecretStr:
    checks.audit_keys(_keys_in(value))
    return value


def _keys_in(value: SecretStr | None) -> tuple[str, ...]:
    return tuple(_split(value.get_secret_value())) if value else ()


def _format_here() -> LogFormat:
    return "console" if sys.stderr.isatty() else "json"


BotToken = Annotated[SecretStr, _token("xoxb-")]
AppToken = Annotated[SecretStr, _token("xapp-")]
ApiUrl = Annotated[str, AfterValidator(checks.web_address), AfterValidator(lambda value: value.rstrip("/") + "/")]
ConsoleUrl = Annotated[str, AfterValidator(checks.web_address), AfterValidator(lambda value: value.rstrip("/"))]
Channel = Annotated[str, AfterValidator(checks.channel)]
Approvers = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(checks.approvers)]
AuditKey = Annotated[SecretStr, AfterValidator(_audit_key)]
Without = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(checks.operations)]
GrantTo = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(checks.principals)]
RulesFile = Annotated[Path, AfterValidator(checks.rules_file)]
Database = Annotated[str, AfterValidator(checks.database_url)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]


class Settings(BaseSettings):
    """Every setting with its default, in the order of the reference's table; `load_settings` makes one."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    slack_bot_token: BotToken = _needed("SLACK_BOT_TOKEN", "Bot token of the Slack app (`xoxb-…`)")
    slack_app_token: AppToken | None = _setting(
        None, "SLACK_APP_TOKEN", "App-level token (`xapp-…`): set means Socket Mode, otherwise HTTP"
    )
    slack_signing_secret: SecretStr | None = _setting(
        None, "SLACK_SIGNING_SECRET", "Signing secret of the Slack app; needed for HTTP"
    )
    host: str = _setting("127.0.0.1", "HOST", "Address on which the bot listens; the container sets 0.0.0.0")
    port: int = _setting(3000, "PORT", "Port for `/slack/events`, `/healthz`, `/readyz`, `/metrics`", ge=0, le=65535)
    admin_port: int | None = _setting(
        None,
        "ORGBOT_ADMIN_PORT",
        "A port of its own for `/metrics` and the details of `/readyz`, which `PORT` then leaves out",
        ge=0,
        le=65535,
    )
    slack_api_url: ApiUrl = _setting("https://slack.com/api/", "SLACK_API_URL", "Where Slack's Web API is")
    database_url: Database = _setting(
        "sqlite:///orgbot.db", "DATABASE_URL", "The database, SQLite or PostgreSQL", repr=False
    )
    approval_channel: Channel = _needed(
        "ORGBOT_APPROVAL_CHANNEL", "The channel that gets the approval cards: its id (`C…`) or its name with a `#`"
    )
    approvers: Approvers = _setting(
        (), "ORGBOT_APPROVERS", "Who may approve: user ids, user group ids, e-mails, separated by commas"
    )
    rules: RulesFile | None = _setting(
        None, "ORGBOT_RULES", "A TOML file of rules, in place of approval by `ORGBOT_APPROVERS` for everything"
    )
    without: Without = _setting(
        (),
        "ORGBOT_WITHOUT",
        "Operations that are switched off, separated by commas, such as `grant-access`: the bot refuses them, and `orgbot iam-policy` "
        "leaves out what they need",
    )
    grant_to: GrantTo = _setting(
        (),
        "ORGBOT_GRANT_TO",
        "Who may be given access by `grant-access`, as `orgbot iam-policy` allows it: `group/developers,role/admin`; left out: any "
        "group, user or role of the management account",
    )
    expire_hours: float = _setting(
        72, "ORGBOT_EXPIRE_HOURS", "Hours until an unanswered request expires", gt=0, le=24 * 90
    )
    requests_per_hour: int = _setting(
        30, "ORGBOT_REQUESTS_PER_HOUR", "Requests that one person may file in an hour; 0 is no limit", ge=0, le=100_000
    )
    clicks_per_minute: int = _setting(
        60, "ORGBOT_CLICKS_PER_MINUTE", "Buttons that one person may press in a minute; 0 is no limit", ge=0, le=10_000
    )
    pending_per_person: int = _setting(
        10,
        "ORGBOT_PENDING_PER_PERSON",
        "Requests of one person that may wait for approval at a time; 0 is no limit",
        ge=0,
        le=100_000,
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
    post_seconds: float = _setting(
        1.1,
        "ORGBOT_POST_SECONDS",
        "Seconds between two messages in one Slack channel; Slack takes one a second",
        ge=0,
        le=60,
    )
    refresh_seconds: float = _setting(
        300, "ORGBOT_REFRESH_SECONDS", "How often the organization is read anew", ge=1, le=86400
    )
    snapshot: Path | None = _setting(
        None,
        "ORGBOT_PICTURE",
        "A file that keeps the last picture of the organization, for looking at it after a restart while AWS is away; PostgreSQL keeps it by itself",
    )
    tick_seconds: float = _setting(
        1, "ORGBOT_TICK_SECONDS", "How often the scheduler looks for due work", ge=0.05, le=60
    )
    anchor_hours: float = _setting(
        24,
        "ORGBOT_ANCHOR_HOURS",
        "Hours between two anchors, the audit's newest hash posted to the approval channel; 0: never",
        ge=0,
        le=24 * 90,
    )
    audit_key: AuditKey | None = _setting(
        None,
        "ORGBOT_AUDIT_KEY",
        "A secret that signs the audit, so that write access to the database is not enough to rewrite it: 32 characters or more "
        "(`openssl rand -hex 32`). Several, separated by commas: the first signs, all of them check",
    )
    keep_days: int = _setting(
        90,
        "ORGBOT_KEEP_DAYS",
        "Days for which the messages, calls and details of what is over are kept; 0: for ever. The audit and what proves it stay",
        ge=0,
        le=3650,
    )
    workers: int = _setting(8, "ORGBOT_WORKERS", "Threads for each kind of work that calls Slack or AWS", ge=2, le=64)
    http_threads: int = _setting(32, "ORGBOT_HTTP_THREADS", "Threads that answer over HTTP", ge=1, le=256)
    log_level: LogLevel = _setting("INFO", "ORGBOT_LOG_LEVEL", "The least level that is logged")
    log_format: LogFormat = Field(
        default_factory=_format_here,
        validation_alias=AliasChoices("ORGBOT_LOG_FORMAT"),
        description="`json` for machines, `console` for people; by default `console` on a terminal, else `json`",
    )
    cli_source_profile: str = _setting(
        "management", "ORGBOT_CLI_SOURCE_PROFILE", "AWS CLI profile of the management account, named in the snippets"
    )
    console_url: ConsoleUrl | None = _setting(
        None,
        "ORGBOT_CONSOLE_URL",
        "Where people sign in to the AWS console; left out: at the address of the bot's own partition, or of AWS_ENDPOINT_URL",
    )
    credentials_delivery: CredentialsDelivery = _setting(
        "dm",
        "ORGBOT_CREDENTIALS_DELIVERY",
        "`dm`: credentials come by direct message; `reveal`: a button shows them, and nothing secret is in Slack",
    )
    credentials_delete_after: float | None = _setting(
        None,
        "ORGBOT_CREDENTIALS_DELETE_AFTER",
        "Minutes until the message with credentials is deleted; left out: when they expire, which is always the latest",
        gt=0,
        le=720,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` hands over, so that one place reads the environment and a test has its own.

        The library's own sources would count blanks as a value and replace `${…}` in a password of the file; and what is wrong,
        missing and misspelt can be told at once only by who has all that was given.
        """
        return (init_settings,)

    def secrets(self) -> list[str]:
        """Every secret value, for the log's redactor."""
        kept = (self.slack_bot_token, self.slack_app_token, self.slack_signing_secret)
        password = make_url(self.database_url).password
        passwords = [password] if password else []
        return (
            [secret.get_secret_value() for secret in kept if secret is not None] + passwords + list(self.audit_keys())
        )

    def audit_keys(self) -> tuple[str, ...]:
        """The keys of the audit, the one that signs in front."""
        return _keys_in(self.audit_key)


def load_settings(environ: Mapping[str, str] | None = None, env_file: str | Path = ENV_FILE) -> Settings:
    """The settings from `environ` (the process' own), and from `env_file` where it is silent; raises SettingsError.

    An empty variable counts as one that is not set, and space around a value is dropped. What is misspelt is told first,
    because what is missing may be just that.
    """
    values = _given(environ, env_file)
    given = {name: values[name] for name in names() if name in values}
    lines, settings = [], None
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        lines = [_line(item, given) for item in error.errors()]
    lines += _missing_beside_others(given)
    if settings is None or lines:
        raise SettingsError([*unknown(environ, env_file), *lines])
    return settings


def load_some(
    *fields: str, environ: Mapping[str, str] | None = None, env_file: str | Path = ENV_FILE
) -> dict[str, Any]:
    """Some settings alone, by the fields' names, for what needs no other; raises SettingsError."""
    values = _given(environ, env_file)
    declared: dict[str, Any] = {
        name: (info.annotation, info) for name, info in Settings.model_fields.items() if name in fields
    }
    try:
        return dict(create_model("Some", **declared).model_validate(values))
    except ValidationError as error:
        raise SettingsError([_line(item, values) for item in error.errors()]) from error


def load_database_url(environ: Mapping[str, str] | None = None, env_file: str | Path = ENV_FILE) -> str:
    """DATABASE_URL alone; raises SettingsError."""
    return str(load_some("database_url", environ=environ, env_file=env_file)["database_url"])


def load_audit_keys(environ: Mapping[str, str] | None = None, env_file: str | Path = ENV_FILE) -> tuple[str, ...]:
    """ORGBOT_AUDIT_KEY alone, the key that signs in front; empty without one. Raises SettingsError."""
    return _keys_in(load_some("audit_key", environ=environ, env_file=env_file)["audit_key"])


def aws_variables(environ: Mapping[str, str] | None = None, env_file: str | Path = ENV_FILE) -> dict[str, str]:
    """The AWS_… variables of `env_file` that `environ` lacks; boto3 reads them from the process' environment only."""
    own = os.environ if environ is None else environ
    return {name: value for name, value in _from_file(env_file).items() if name.startswith("AWS_") and name not in own}


def unknown(environ: Mapping[str, str] | None = None, env_file: str | Path = ENV_FILE) -> list[str]:
    """One line for each ORGBOT_ variable that is no setting, with the nearest that is."""
    strange = [name for name in _given(environ, env_file) if name.startswith("ORGBOT_") and name not in names()]
    return [f"{name}: there is no such setting{_near(name)}" for name in sorted(strange)]


def names() -> list[str]:
    """The names of all settings, in the order of their declaration."""
    return [alias_of(field) for field in Settings.model_fields]


def alias_of(field: str) -> str:
    """The environment variable behind a field."""
    alias = Settings.model_fields[field].validation_alias
    assert isinstance(alias, AliasChoices)  # noqa: S101  Every field above is declared so; mypy cannot see it.
    return str(alias.choices[0])


def default_of(info: FieldInfo) -> str:
    """A field's default as one writes it in the environment; empty when it has none or depends on the place."""
    return "" if info.is_required() or info.default_factory or not info.default else str(info.default)


def _given(environ: Mapping[str, str] | None, env_file: str | Path) -> dict[str, str]:
    own = os.environ if environ is None else environ
    stripped = {name: value.strip() for name, value in {**_from_file(env_file), **own}.items()}
    return {name: value for name, value in stripped.items() if value}


def _from_file(env_file: str | Path) -> dict[str, str]:
    if not Path(env_file).is_file():
        return {}
    return {name: value or "" for name, value in dotenv_values(env_file, interpolate=False).items()}


def _missing_beside_others(given: Mapping[str, str]) -> list[str]:
    lines = []
    if "SLACK_APP_TOKEN" not in given and "SLACK_SIGNING_SECRET" not in given:
        lines.append(
            "SLACK_APP_TOKEN: is missing; set it for Socket Mode (`xapp-…`, with connections:write), or SLACK_SIGNING_SECRET"
            " for HTTP"
        )
    if "ORGBOT_RULES" not in given and not _split(given.get("ORGBOT_APPROVERS", "")):
        lines.append(
            "ORGBOT_APPROVERS: is missing; name at least one approver (U…, S… or an e-mail address), or set ORGBOT_RULES"
        )
    return lines


def _near(name: str) -> str:
    near = difflib.get_close_matches(name, names(), 1)
    return f"; did you mean {near[0]}?" if near else ""


def _line(item: Any, given: Mapping[str, str]) -> str:
    name = str(item["loc"][0])
    info = next(info for field, info in Settings.model_fields.items() if alias_of(field) == name)
    if item["type"] == "missing":
        return f"{name}: is missing; set it: {info.description}"
    way_out = "" if item["type"] == "value_error" else f"; the default is {default_of(info) or 'to leave it out'}"
    secret = name in SECRET_NAMES or given[name].startswith(("xox", "xapp-"))  # A token in the wrong place is one too.
    shown = MASK if secret else given[name]
    return f"{name}={shown}: {uncapital(checks.library_words(item))}{way_out}"
