"""A signature holds for its body, its time and its secret, and for nothing else."""

from __future__ import annotations

import pytest

from bot.http.edge import Signatures
from tests.harness.tables import each_of

# Slack API, "Verifying requests from Slack": the example of the page.
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TIME = "1531420618"
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


def holding(
    timestamp: str = TIME, body: bytes = BODY, signature: str = SIGNATURE, secret: str = SECRET, now: float = 0
) -> bool:
    return Signatures(secret, lambda: now or float(TIME)).hold(timestamp, body, signature)


def test_slacks_own_example_holds() -> None:
    assert holding()


@pytest.mark.parametrize("seconds", [-300, 300])
def test_it_holds_for_five_minutes(seconds: int) -> None:
    assert holding(now=int(TIME) + seconds)


@pytest.mark.parametrize("seconds", [-301, 301, -1_000_000, 1_000_000])
def test_it_does_not_hold_longer(seconds: int) -> None:
    assert not holding(now=int(TIME) + seconds)


@each_of(
    "timestamp",
    ["", "yesterday", "-1531420618", "1531420618.0", " 1531420618", "\uff11531420618", "²", "9" * 5000, "nan"],
)
def test_a_time_that_is_no_number_does_not_hold(timestamp: str) -> None:
    assert not holding(timestamp=timestamp)


@pytest.mark.parametrize(("timestamp", "holds"), [("9" * 12, True), ("0" + "9" * 12, False)])
def test_a_time_has_twelve_digits_at_most(timestamp: str, holds: bool) -> None:  # noqa: FBT001
    signatures = Signatures(SECRET, lambda: float(timestamp))
    assert signatures.hold(timestamp, BODY, signatures.sign(timestamp, BODY)) is holds


@each_of(
    "signature", ["", "v0=", SIGNATURE[3:], SIGNATURE.upper(), SIGNATURE + "0", "v1" + SIGNATURE[2:], "é", "\ud800"]
)
def test_another_signature_does_not_hold(signature: str) -> None:
    assert not holding(signature=signature)


def test_a_body_that_is_no_text_is_judged_as_it_is() -> None:
    signatures = Signatures(SECRET, lambda: float(TIME))
    assert signatures.hold(TIME, b"\xff\x00", signatures.sign(TIME, b"\xff\x00"))
    assert not holding(body=b"\xff\x00")


def test_another_secret_does_not_hold() -> None:
    assert not holding(secret=SECRET + "0")


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="anybody could sign"):
        Signatures("", lambda: 0.0)
