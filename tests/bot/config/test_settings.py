"""Settings come from the environment and a `.env` file; each wrong one is one line with its name and the way out."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.config.settings import (
    Settings,
    SettingsError,
    alias_of,
    aws_variables,
    default_of,
    load_audit_keys,
    load_settings,
    names,
    unknown,
)
from tests.harness.tables import each_of

NOWHERE = Path("there-is-no-such-file")
CANARY = "4f3a-canary"
ENOUGH = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "8f742231b10e8888abcd99yyyzzz85a5",
    "ORGBOT_APPROVAL_CHANNEL": "C0APPROVALS",
    "ORGBOT_APPROVERS": "U0BOB",
}


def load(**more: str) -> Settings:
    return load_settings({**ENOUGH, **more}, NOWHERE)


def lines(environ: Mapping[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, NOWHERE)
    return caught.value.lines


def complaint(name: str, value: str) -> str:
    (line,) = lines({**ENOUGH, name: value})
    return line


def test_the_defaults() -> None:
    settings = load()
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.database_url == "sqlite:///orgbot.db"
    assert (settings.poll_seconds, settings.settle_seconds, settings.slack_settle_seconds) == (5, 720, 10)
    assert (settings.expire_hours, settings.refresh_seconds, settings.tick_seconds) == (72, 300, 1)
    assert (settings.requests_per_hour, settings.pending_per_person) == (30, 10)
    assert (settings.workers, settings.http_threads, settings.log_level) == (8, 32, "INFO")
    assert (settings.cli_source_profile, settings.console_url) == ("management", None)
    assert settings.rules is None
    assert settings.slack_app_token is None


def test_without_arguments_the_process_own_environment_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {**ENOUGH, "PORT": "3001"}.items():
        monkeypatch.setenv(name, value)
    assert load_settings().port == 3001


def test_a_given_environment_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "3001")
    assert load().port == 3000


def test_the_file_fills_in_where_the_environment_is_silent(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=3001\nHOST='::1'\n# a comment\nexport ORGBOT_WORKERS=4\n", encoding="utf-8")
    settings = load_settings({**ENOUGH, "PORT": "3002"}, file)
    assert (settings.port, settings.host, settings.workers) == (3002, "::1", 4)


def test_a_secret_in_the_file_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("SLACK_SIGNING_SECRET='a${b}c$d'\n", encoding="utf-8")
    settings = load_settings({name: value for name, value in ENOUGH.items() if name != "SLACK_SIGNING_SECRET"}, file)
    assert settings.slack_signing_secret is not None
    assert settings.slack_signing_secret.get_secret_value() == "a${b}c$d"


def test_aws_variables_of_the_file_are_those_that_the_environment_lacks(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("AWS_REGION=eu-west-1\nAWS_PROFILE=a\nPORT=1\n", encoding="utf-8")
    assert aws_variables({"AWS_PROFILE": "b"}, file) == {"AWS_REGION": "eu-west-1"}


def test_an_empty_variable_is_not_set_and_space_around_a_value_is_dropped() -> None:
    settings = load(SLACK_APP_TOKEN="", ORGBOT_WORKERS=" ", SLACK_BOT_TOKEN=" xoxb-1\n")
    assert settings.slack_app_token is None
    assert settings.workers == 8
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"


def test_everything_that_is_missing_is_told_at_once() -> None:
    assert [line.partition(":")[0] for line in lines({})] == [
        "SLACK_BOT_TOKEN",
        "ORGBOT_APPROVAL_CHANNEL",
        "SLACK_APP_TOKEN",
        "ORGBOT_APPROVERS",
    ]


def test_wrong_and_missing_ones_are_told_together() -> None:
    told = lines({"SLACK_BOT_TOKEN": "xoxb-1", "PORT": "99999", "ORGBOT_APPROVAL_CHANNEL": "C1"})
    assert [re.split("[:=]", line)[0] for line in told] == ["PORT", "SLACK_APP_TOKEN", "ORGBOT_APPROVERS"]


def test_socket_mode_needs_no_signing_secret() -> None:
    settings = load(SLACK_APP_TOKEN="xapp-1", SLACK_SIGNING_SECRET="")
    assert settings.slack_app_token is not None


def test_a_rules_file_takes_the_place_of_approvers(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\n", encoding="utf-8")
    settings = load(ORGBOT_RULES=str(rules), ORGBOT_APPROVERS="")
    assert (settings.rules, settings.approvers) == (rules, ())


def test_a_rules_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]\n", encoding="utf-8")
    assert "line 1" in complaint("ORGBOT_RULES", str(rules))


@pytest.mark.parametrize(
    "value",
    [
        "U0BOB",
        "W0BOB,S0APPROVERS",
        "bob@example.com, U0BOB ,",
        "U_BOB",
        "bob+aws@mail.example.com",
        "Support@example.com",
    ],
)
def test_approvers_are_ids_and_addresses(value: str) -> None:
    assert load(ORGBOT_APPROVERS=value).approvers == tuple(word.strip() for word in value.split(",") if word)


@pytest.mark.parametrize("value", ["C0APPROVALS", "G0APPROVALS", "#aws-approvals"])
def test_the_channel_is_an_id_or_a_name_with_its_sign(value: str) -> None:
    assert load(ORGBOT_APPROVAL_CHANNEL=value).approval_channel == value


@pytest.mark.parametrize("value", ["sqlite://", "sqlite:////data/orgbot.db", "sqlite:///:memory:"])
def test_sqlite_urls(value: str) -> None:
    assert load(DATABASE_URL=value).database_url == value


@each_of(
    ("name", "value", "told"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-1", "begins with xoxb-"),
        ("SLACK_BOT_TOKEN", "xoxb-1 2", "a space"),
        ("SLACK_APP_TOKEN", "xoxb-1", "begins with xapp-"),
        ("PORT", "65536", "has to be 65535 or less; the default is 3000"),
        ("PORT", "-1", "has to be 0 or more"),
        ("PORT", "http", "has to be a whole number; the default is 3000"),
        ("SLACK_API_URL", "slack.com/api", "no web address"),
        ("SLACK_API_URL", "ftp://slack.com", "no web address"),
        ("SLACK_API_URL", "https://slack.com:x/", "no web address"),
        ("ORGBOT_CONSOLE_URL", "https://", "no web address"),
        ("DATABASE_URL", "orgbot.db", "no database URL; write sqlite:///orgbot.db"),
        ("DATABASE_URL", "mysql://h/n", "mysql is not supported"),
        ("DATABASE_URL", "postgres:h/n", "no database URL"),
        (
            "DATABASE_URL",
            "postgresql+psycopg2://h/n",
            "postgresql+psycopg2 is not supported; write sqlite:///orgbot.db or",
        ),
        ("DATABASE_URL", "postgresql+nothing://h/n", "postgresql+nothing is not supported"),
        ("ORGBOT_APPROVAL_CHANNEL", "aws-approvals", "C…"),
        ("ORGBOT_APPROVAL_CHANNEL", "General", "C…"),
        ("ORGBOT_APPROVERS", "U0BOB,Susan,bob", "“Susan”, “bob”"),
        ("ORGBOT_RULES", "no/such/rules.toml", "No such file"),
        ("ORGBOT_EXPIRE_HOURS", "0", "has to be more than 0"),
        ("ORGBOT_POLL_SECONDS", "nan", "the default is 5"),
        ("ORGBOT_SETTLE_SECONDS", "inf", "has to be 86400.0 or less"),
        ("ORGBOT_TICK_SECONDS", "0.01", "has to be 0.05 or more"),
        ("ORGBOT_WORKERS", "1", "has to be 2 or more; the default is 8"),
        ("ORGBOT_HTTP_THREADS", "257", "has to be 256 or less"),
        ("ORGBOT_LOG_LEVEL", "loud", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'; the default is INFO"),
        ("ORGBOT_LOG_FORMAT", "xml", "'json' or 'console'; the default is to leave it out"),
    ],
)
def test_a_wrong_value_is_one_line_with_its_name_and_the_way_out(name: str, value: str, told: str) -> None:
    line = complaint(name, value)
    assert line.startswith(f"{name}=")
    assert told in line
    assert "\n" not in line


def test_a_missing_postgresql_driver_is_told_with_the_way_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install '<the clone>[postgres]'" in complaint("DATABASE_URL", "postgresql://h/n")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_postgresql_url_works_as_people_write_it(scheme: str) -> None:
    rest = "bob:a%40b@db.example.com:5432/orgbot?sslmode=require"
    assert load(DATABASE_URL=f"{scheme}://{rest}").database_url == f"postgresql+psycopg://{rest}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", CANARY),
        ("SLACK_APP_TOKEN", CANARY),
        ("DATABASE_URL", f"mysql://bob:{CANARY}@h/n"),
        ("ORGBOT_AUDIT_KEY", CANARY),
        ("ORGBOT_APPROVAL_CHANNEL", f"xoxb-{CANARY}"),
    ],
)
def test_no_complaint_shows_a_secret(name: str, value: str) -> None:
    assert CANARY not in complaint(name, value)


def test_settings_print_masked_and_hand_their_secrets_to_the_redactor() -> None:
    settings = load(SLACK_BOT_TOKEN=f"xoxb-{CANARY}", SLACK_APP_TOKEN=f"xapp-{CANARY}", SLACK_SIGNING_SECRET=CANARY)
    assert CANARY not in repr(settings) + str(settings)
    assert settings.secrets() == [f"xoxb-{CANARY}", f"xapp-{CANARY}", CANARY]


def test_the_keys_of_the_audit_are_secrets_and_the_first_one_signs() -> None:
    first, second = f"{CANARY}-1" * 4, f"{CANARY}-2" * 4
    settings = load(ORGBOT_AUDIT_KEY=f"{first}, {second}")
    assert CANARY not in repr(settings) + str(settings)
    assert (
        settings.audit_keys() == load_audit_keys({"ORGBOT_AUDIT_KEY": f"{first},{second}"}, NOWHERE) == (first, second)
    )
    assert settings.secrets()[-2:] == [first, second]
    assert load().audit_keys() == load_audit_keys({}, NOWHERE) == ()


def test_a_short_key_is_refused_whatever_needs_it() -> None:
    with pytest.raises(SettingsError, match=r"ORGBOT_AUDIT_KEY=\[hidden\]: a key has 32 characters or more"):
        load_audit_keys({"ORGBOT_AUDIT_KEY": CANARY}, NOWHERE)
    assert "a key has 32 characters or more; make one with `openssl rand -hex 32`" in complaint(
        "ORGBOT_AUDIT_KEY", "x" * 31
    )


def test_addresses_end_as_their_users_expect() -> None:
    settings = load(SLACK_API_URL="http://127.0.0.1:8080/api", ORGBOT_CONSOLE_URL="https://example.com/")
    assert (settings.slack_api_url, settings.console_url) == ("http://127.0.0.1:8080/api/", "https://example.com")


def test_the_level_may_be_written_small() -> None:
    assert load(ORGBOT_LOG_LEVEL="debug").log_level == "DEBUG"


def test_a_misspelt_setting_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("ORGBOT_WORKER=4\n", encoding="utf-8")
    assert unknown({"ORGBOT_POLL_SECOND": "1", "ORGBOT_WORKERS": "4", "HOME": "x"}, file) == [
        "ORGBOT_POLL_SECOND: there is no such setting; did you mean ORGBOT_POLL_SECONDS?",
        "ORGBOT_WORKER: there is no such setting; did you mean ORGBOT_WORKERS?",
    ]


def test_what_is_missing_because_it_is_misspelt_is_told_with_both_names() -> None:
    given = {**ENOUGH, "ORGBOT_APPROVERS": "", "ORGBOT_APROVERS": "U0BOB"}
    assert [line.partition(";")[0] for line in lines(given)] == [
        "ORGBOT_APROVERS: there is no such setting",
        "ORGBOT_APPROVERS: is missing",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "style"), [(Terminal(), "console"), (io.StringIO(), "json")])
def test_people_at_a_terminal_get_readable_logs(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, style: str
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    assert load().log_format == style


def test_every_default_is_a_right_value() -> None:
    defaults = {alias_of(field): default_of(info) for field, info in Settings.model_fields.items()}
    assert load(**{name: value for name, value in defaults.items() if value}) == load()


def test_the_names_are_those_of_the_design() -> None:
    slack = {
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "SLACK_SIGNING_SECRET",
        "SLACK_API_URL",
        "HOST",
        "PORT",
        "DATABASE_URL",
    }
    assert {name for name in names() if not name.startswith("ORGBOT_")} == slack
    assert {"ORGBOT_APPROVAL_CHANNEL", "ORGBOT_APPROVERS", "ORGBOT_RULES"} <= set(names())


ODD = ("", "x", "-1", "1.5", "nan", "inf", "9" * 5000, "yes", "C0A,U0B", "https://x", "#a b", "/", "{", "\x00")


@each_of("name", names())
def test_no_librarys_words_are_told(name: str) -> None:
    for value in ODD:
        try:
            load(**{name: value})
        except SettingsError as error:
            told = "\n".join(error.lines)
            assert not re.search("can't be used here|[Ii]nput|[Vv]alue error|should be", told.replace(value, "")), told
