"""Every failure that AWS names is said in plain words with a way out; an unknown one is shown raw."""

from __future__ import annotations

import botocore.session
import pytest

from operations.aws.errors import CredentialsError, RefusedError
from operations.core.explanations import creation_failure, hindrance, refusal
from tests.harness.tables import each_of

MODEL = botocore.session.get_session().get_service_model("organizations")
REASONS: list[str] = MODEL.shape_for("CreateAccountFailureReason").metadata["enum"]


@each_of("reason", REASONS)
def test_every_creation_failure_of_botocores_model_has_words(reason: str) -> None:
    failed = creation_failure(reason)
    assert failed.advice
    assert failed.code == reason
    assert not failed.say.startswith("AWS could not create the account")


def test_an_unknown_reason_is_shown_raw() -> None:
    assert "SOMETHING_NEW" in creation_failure("SOMETHING_NEW").say


def test_a_constraint_is_told_by_its_reason() -> None:
    assert "quota" in refusal("ConstraintViolationException", "ACCOUNT_NUMBER_LIMIT_EXCEEDED", "no").say


@pytest.mark.parametrize("code", ["ExpiredTokenException", "SignatureDoesNotMatch", "NoCredentialsError"])
def test_credentials_of_the_bot_are_mended_by_whoever_runs_it(code: str) -> None:
    failed = refusal(code, "", "the token is bad")
    assert "credentials" in failed.say
    assert failed.advice.startswith("Whoever runs the bot")
    assert hindrance(CredentialsError("ListRoots", "bad", code=code)) == failed


def test_credentials_that_cannot_be_fetched_are_told_with_aws_words() -> None:
    said = hindrance(CredentialsError("AssumeRole", "not you", code="AccessDenied")).say
    assert all(word in said for word in ("no AWS credentials", "AssumeRole", "AccessDenied", "not you"))


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_a_look_that_is_not_allowed_names_what_was_looked_at(code: str) -> None:
    why = hindrance(RefusedError("ListParents", "no", code=code))
    assert "ListParents" in why.say
    assert "orgbot iam-policy" in why.advice


def test_an_unknown_refusal_is_shown_raw() -> None:
    said = refusal("StrangeException", "ODD", "because of the moon").say
    assert all(word in said for word in ("StrangeException", "ODD", "because of the moon"))
