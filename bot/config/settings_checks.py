"""What makes the value of a setting right. Each check gives the value back, or raises ValueError with the way out. Pure.

Source: Slack API, "Token types", "Conversations API" (ids); SQLAlchemy documentation, "Database URLs".
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from approvals.slack.named import Named

CHANNEL = re.compile(r"[CG][A-Z0-9_][A-Za-z0-9_]*|#[^\s#,.]{1,80}")
SHORTEST_KEY = 32
PRINCIPAL = re.compile(r"(group|user|role)/[!-+\--~]{1,640}")  # All that is printed but the comma, which parts them.
POSTGRESQL = re.compile(r"postgres(ql)?(?=://)")
DRIVER = "psycopg"
TOML_PLACE = re.compile(r"\(at line ([0-9]+), column [0-9]+\)$")
TOML_END = "(at end of document)"
LONGEST_FOUND = 80
WRONG = {  # By pydantic's types of errors, all that the settings and the rules can have; a sweep says whether one is missing.
    "missing": "is missing",
    "extra_forbidden": "there is no such key",
    "int_type": "has to be a whole number",
    "int_parsing": "has to be a whole number",
    "int_parsing_size": "is too large",
    "int_from_float": "has to be a whole number",
    "float_parsing": "has to be a number",
    "finite_number": "has to be a finite number",
    "bool_type": "has to be true or false",
    "bool_parsing": "has to be true or false",
    "string_type": "has to be a text",
    "tuple_type": "has to be a list",
    "list_type": "has to be a list",
    "model_type": "has to be a table",
    "greater_than": "has to be more than {gt}",
    "greater_than_equal": "has to be {ge} or more",
    "less_than": "has to be less than {lt}",
    "less_than_equal": "has to be {le} or less",
    "string_too_short": "has to have {min_length} or more characters",
    "string_too_long": "may have {max_length} characters at most",
    "string_pattern_mismatch": "can't consist of spaces alone",
    "too_short": "has to have {min_length} or more entries",
    "literal_error": "has to be {expected}",
    "path_type": "has to be the path of a file",
}
ANOTHER_DATABASE = "write sqlite:///orgbot.db or postgresql://user@host/name"


def token(value: str, prefix: str) -> str:
    """A Slack token that begins with `prefix` and can stand in an HTTP header."""
    if not value.startswith(prefix):
        raise ValueError(f"such a token begins with {prefix}; copy it from the app's settings in Slack")
    if not re.fullmatch(r"[!-~]+", value):
        raise ValueError(
            "there is a space or a foreign character in it; copy it again from the app's settings in Slack"
        )
    return value


def web_address(value: str) -> str:
    """An http or https address with a host, without query and fragment."""
    try:
        parts = urlsplit(value)
        right = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # A port that is no number, a bracket that is not closed.
        right = None
    if not right or parts.query or parts.fragment or re.search(r"\s", value):
        raise ValueError("this is no web address; write one such as https://example.com")
    return value


def channel(value: str) -> str:
    """A channel's id, or its name with a #."""
    if not CHANNEL.fullmatch(value):
        raise ValueError("give the channel's id (C…), which Slack shows in the channel's details, or its name with a #")
    return value


def approvers(value: tuple[str, ...]) -> tuple[str, ...]:
    """Ids of users and user groups, and e-mail addresses."""
    wrong = [word for word in value if not Named(word).is_well_formed]
    if wrong:
        named = ", ".join(f"“{word}”" for word in wrong)
        raise ValueError(f"{named} is no user id (U…), user group id (S…) or e-mail address; separate them by commas")
    return value


def operations(value: tuple[str, ...]) -> tuple[str, ...]:
    """Names of operations; they are looked up only where some are given, because to find all of them takes its time."""
    if value:
        from bot.config.rule_checks import operation  # noqa: PLC0415

        return tuple(operation(word) for word in value)
    return value


def principals(value: tuple[str, ...]) -> tuple[str, ...]:
    """Groups, users and roles of the management account, with their paths."""
    wrong = [word for word in value if not PRINCIPAL.fullmatch(word)]
    if wrong:
        named = ", ".join(f"“{word}”" for word in wrong)
        raise ValueError(
            f"{named} is no principal; write group/…, user/… or role/…, with its path, separated by commas"
        )
    return value


def audit_keys(value: tuple[str, ...]) -> tuple[str, ...]:
    """Secrets that are too long to be guessed."""
    if any(len(key) < SHORTEST_KEY for key in value):
        raise ValueError(f"a key has {SHORTEST_KEY} characters or more; make one with `openssl rand -hex 32`")
    return value


def database_url(value: str) -> str:
    """A database URL for SQLite or PostgreSQL, whose driver is installed and named in it."""
    named = with_driver(value)
    try:
        url = make_url(named)
    except ArgumentError:
        raise ValueError(f"this is no database URL; {ANOTHER_DATABASE}") from None
    if url.drivername not in {"sqlite", "sqlite+pysqlite", f"postgresql+{DRIVER}"}:
        raise ValueError(f"{url.drivername} is not supported; {ANOTHER_DATABASE}")
    _has_driver(url)
    return named


def with_driver(url: str) -> str:
    """A PostgreSQL URL as people write it (`postgresql://…`, `postgres://…`) with the driver that orgbot brings; others as they are."""
    return POSTGRESQL.sub(f"postgresql+{DRIVER}", url, count=1) if POSTGRESQL.match(url) else url


def _has_driver(url: URL) -> None:
    try:
        url.get_dialect().import_dbapi()
    except ImportError as error:
        raise ValueError(
            f"the driver for PostgreSQL is not installed ({error.name}); install it: pip install '<the clone>[postgres]'"
        ) from None


def rules_file(value: Path) -> Path:
    """A TOML file that can be read; what its rules say is checked where they are loaded."""
    toml_in(value)
    return value


def toml_in(file: Path) -> dict[str, Any]:
    """What a TOML file holds; raises ValueError, in words that are the same with every Python."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"the file cannot be read ({error.strerror}); give the path of a TOML file") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"the file is no text in UTF-8 (at byte {error.start + 1}); save it as such") from None
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("the file is nested too deeply; mend it there") from None
    except ValueError as error:  # No TOML, or a number with thousands of digits.
        raise ValueError(_no_toml(text, str(error))) from None


def _no_toml(text: str, said: str) -> str:
    """Where a text stops being TOML and what stands there; only the place is the parser's."""
    place = TOML_PLACE.search(said)
    if not place and not said.endswith(TOML_END):
        return "the file holds a number that is too large; mend it there"
    read = "\n".join(text.split("\n")[: int(place[1])] if place else [text]).rstrip()  # As far as it was read.
    found = read.rpartition("\n")[2].strip()[:LONGEST_FOUND]
    return (
        f"the file is no TOML near line {read.count(chr(10)) + 1}: “{found}”; a text stands in double quotes, "
        "a list in [ and ], and a key once in its table"
    )


def library_words(finding: Any) -> str:
    """What pydantic found wrong with a value, in our words: a finding of its `errors()`, whose own checks say it themselves."""
    limits = finding.get("ctx", {})
    said = WRONG.get(finding["type"], "this can't be used here")
    if finding["type"] == "value_error":
        return str(limits["error"])
    return said.format(**{name: value for name, value in limits.items() if isinstance(value, int | float | str)})
