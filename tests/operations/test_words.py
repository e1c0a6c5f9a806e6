"""Every failure that AWS names is said in plain words with a way out; an unknown one is shown raw."""

from __future__ import annotations

import botocore.session
import pytest

from operations.words import creation_failure, refusal

MODEL = botocore.session.get_session().get_service_model("organizations")
REASONS: list[str] = MODEL.shape_for("CreateAccountFailureReason").metadata["enum"]


@pytest.mark.parametrize("reason", REASONS)
def test_every_creation_failure_of_botocores_model_has_words(reason: str) -> None:
    failed = creation_failure(reason)
    assert failed.advice
    assert failed.code == reason
    assert not failed.say.startswith("AWS could not create the account")


def test_an_unknown_reason_is_shown_raw() -> None:
    assert "SOMETHING_NEW" in creation_failure("SOMETHING_NEW").say


def test_a_constraint_is_told_by_its_reason() -> None:
    assert "quota" in refusal("ConstraintViolationException", "ACCOUNT_NUMBER_LIMIT_EXCEEDED", "no").say


def test_an_unknown_refusal_is_shown_raw() -> None:
    said = refusal("StrangeException", "ODD", "because of the moon").say
    assert all(word in said for word in ("StrangeException", "ODD", "because of the moon"))
