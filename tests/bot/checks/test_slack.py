"""The scopes of a token against those that the bot needs."""

from __future__ import annotations

from bot.checks.slack import SCOPES, _scopes
from tests.harness.tables import each_of


def test_all_scopes_are_there() -> None:
    assert _scopes(",".join(SCOPES)).ok


@each_of("scope", SCOPES)
def test_each_missing_scope_is_wrong_and_says_what_goes_without_it(scope: str) -> None:
    found = _scopes(", ".join(word for word in SCOPES if word != scope))
    assert found.ok is False
    assert f"missing: {scope} ({SCOPES[scope]}); install the app again" in found.detail


def test_scopes_that_slack_does_not_tell_are_not_ok() -> None:
    assert _scopes("").ok is None
