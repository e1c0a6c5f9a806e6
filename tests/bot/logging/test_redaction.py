"""No secret passes the redactor, by whatever way it came into a log line; what helps a reader stays."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logging.redaction import MASK, Redactor

# Put together here, so that nobody who looks for leaked secrets finds one in this file.
SECRET_KEY = "wJalrXUtnFEMI" + "/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
SESSION_TOKEN = "IQoJb3JpZ2luX2VjE" + "x7Yz/+Qk" * 40 + "=="
SLACK_TOKENS = [
    "-".join(["xoxb", "17653672481", "19874698323", "pdFZKVeTuE8sk7oOcBrzbqgy"]),
    "-".join(["xoxe.xoxb", "1", "Mi0yLTE3"]),
    "-".join(["xapp", "1", "A013", "26", "0f3a_b"]),
]


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(["8f742231b10e8888", "s p$ec(ial", "8f742231b10e8888abcd"])


@pytest.mark.parametrize("secret", [*SLACK_TOKENS, SECRET_KEY, SESSION_TOKEN, "v0=" + "a2114d57" * 8])
@pytest.mark.parametrize("around", ["{}", "token={}", "'{}'", '{{"a": "{}"}}', "({},", "https://x.example/?t={}&a=b"])
def test_a_secret_is_known_by_its_shape(redactor: Redactor, secret: str, around: str) -> None:
    masked = redactor.mask(around.format(secret))
    assert secret not in masked
    assert MASK in masked


@pytest.mark.parametrize(
    "text",
    [
        "AWS_SECRET_ACCESS_KEY=canary",
        "{'SecretAccessKey': 'canary', 'x': 1}",
        '"SessionToken": "canary"',
        "X-Amz-Security-Token: canary",
        "aws_session_token = canary",
        "SigninToken=canary&x=1",
        "Authorization: Bearer canary",
        "'Authorization': b'AWS4-HMAC-SHA256 Credential=AKIA, Signature=canary'",
        "SLACK_SIGNING_SECRET=canary",
        "postgresql://bob:canary@localhost/orgbot",
        "https://hooks.slack.com/commands/T1/canary",
        "password='canary'",
    ],
)
def test_a_secret_is_known_by_the_name_before_it(redactor: Redactor, text: str) -> None:
    assert "canary" not in redactor.mask(text)


@pytest.mark.parametrize(
    "text",
    [
        " and ".join(f"{kind}IOSFODNN7EXAMPLE" for kind in ("AKIA", "ASIA")),
        "arn:aws:iam::111111111111:role/OrganizationAccountAccessRole",
        "request 12 by U0ALICE in C0APPROVALS at 1700000000.000100",
        "car-c03bd870bb4011eabda812c69f0a0f79",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "https://slack.com/api/chat.postMessage",
        "the token expires; a password is not needed",
    ],
)
def test_what_helps_a_reader_stays(redactor: Redactor, text: str) -> None:
    assert redactor.mask(text) == text


def test_known_secrets_go_wherever_they_stand_the_longest_first(redactor: Redactor) -> None:
    assert redactor.mask("a8f742231b10e8888abcdz s p$ec(ial") == f"a{MASK}z {MASK}"


def test_a_word_too_short_to_be_a_secret_is_left() -> None:
    assert Redactor(["", "abc"]).mask("abc") == "abc"


def test_keys_that_hold_payloads_are_dropped_at_every_depth(redactor: Redactor) -> None:
    event = {"event": "x", "Body": "b", "payload": {}, "token": "t", "more": [{"authorization": "a", "ok": True}]}
    assert redactor(None, "info", event) == {"event": "x", "more": [{"ok": True}]}


def test_values_of_every_kind_are_looked_into(redactor: Redactor) -> None:
    error = RuntimeError(SLACK_TOKENS[0])
    event = {"error": error, "deep": {"a": (SLACK_TOKENS[1], {SECRET_KEY: 1})}, "n": 1, "none": None}
    shown = redactor(None, "info", event)
    assert not any(secret in repr(shown) for secret in [*SLACK_TOKENS, SECRET_KEY])
    assert (shown["n"], shown["none"]) == (1, None)


AWS_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+"


@given(st.text(AWS_ALPHABET, min_size=37, max_size=37))
def test_every_secret_key_of_aws_is_hidden(letters: str) -> None:
    key = f"aB3{letters}"
    assert key not in Redactor([]).mask(f"the key {key} was made")


@given(st.text())
def test_text_without_a_known_secret_never_gains_one(text: str) -> None:
    canary = secrets.token_hex(16)
    assert canary not in Redactor([canary]).mask(f"{text}{canary}{text}")
