"""Every error code and every reason of botocore's models is sorted; one that AWS has added is named here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import botocore.session
import pytest
from botocore.retries import standard

from operations.aws.codes import CODES, is_denied
from operations.aws.errors import RefusedError
from operations.aws.reasons import REASONS, meaning_of
from operations.aws.sorting import UNSORTED, Next
from operations.core.explanations import hindrance, refusal
from tests.harness.tables import each_of

SESSION = botocore.session.get_session()
SERVICES = ("organizations", "account", "iam", "sts")
AT_A_TIME = (
    "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
    "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED",
    "CONCURRENT_ACCOUNT_MODIFICATION",
)


def codes_in_the_models() -> Iterator[str]:
    """As they are sent: where the model names a code of its own, that one."""
    for service in SERVICES:
        model = SESSION.get_service_model(service)
        for operation in model.operation_names:
            for shape in model.operation_model(operation).error_shapes:
                yield str(shape.metadata.get("error", {}).get("code", shape.name))


def reasons_in_the_models() -> Iterator[str]:
    """The values of every enumeration of reasons, and of the failures of a creation."""
    for service in SERVICES:
        model = SESSION.get_service_model(service)
        for name in model.shape_names:
            if name.endswith("Reason"):
                yield from getattr(model.shape_for(name), "enum", ())


def test_every_code_of_the_models_is_sorted() -> None:
    assert sorted(set(codes_in_the_models()) - CODES.keys()) == []


def known_to_the_sdk(checker: str, codes: str) -> set[str]:
    return set(getattr(getattr(standard, checker), codes))


# IAM's quotas have this code without its ending; the SDK takes it for a throttle of other services.
QUOTA = "LimitExceededException"


def test_every_throttle_that_the_sdk_knows_is_waited_for() -> None:
    found = known_to_the_sdk("ThrottledRetryableChecker", "_THROTTLED_ERROR_CODES") - {QUOTA}
    assert [code for code in sorted(found) if meaning_of(code).next is not Next.WAIT] == []


def test_what_the_sdk_takes_for_passing_is_no_end() -> None:
    found = known_to_the_sdk("TransientRetryableChecker", "_TRANSIENT_ERROR_CODES")
    assert [code for code in sorted(found) if meaning_of(code).next not in (Next.WAIT, Next.LOOK)] == []


def test_every_reason_of_the_models_is_sorted() -> None:
    found = set(reasons_in_the_models())
    assert sorted(found - REASONS.keys()) == []
    assert "ACCOUNT_NUMBER_LIMIT_EXCEEDED" in found
    assert "EMAIL_ALREADY_EXISTS" in found


def test_nothing_is_sorted_twice_and_nothing_is_made_up() -> None:
    assert CODES.keys() & REASONS.keys() == set()
    assert sorted(REASONS.keys() - set(reasons_in_the_models())) == []


@each_of("name", sorted(CODES.keys() | REASONS.keys()))
def test_what_is_waited_for_and_who_can_mend_it_is_said(name: str) -> None:
    found = REASONS.get(name) or CODES[name]
    if found.next in (Next.WAIT, Next.MEND):
        assert found.say.endswith((".", "{message}"))
        assert found.advice
    if found.next is Next.WAIT:
        assert timedelta(minutes=5) <= found.within <= timedelta(hours=25)
        assert found.pause < found.within


@pytest.mark.parametrize("reason", AT_A_TIME)
def test_a_limit_of_what_is_in_progress_at_a_time_is_waited_for(reason: str) -> None:
    assert meaning_of("ConstraintViolationException", reason).next is Next.WAIT


def test_a_refusal_that_says_nothing_is_a_reason_to_look() -> None:
    assert meaning_of("ConflictException").next is Next.LOOK


def test_iams_codes_are_known_with_and_without_their_ending() -> None:
    assert meaning_of("ConcurrentModificationException") == meaning_of("ConcurrentModification")
    assert meaning_of("NoSuchEntityException") == meaning_of("NoSuchEntity")


def test_what_aws_has_added_since_is_shown_as_it_says_it() -> None:
    assert meaning_of("NewException", "NEW_REASON") is UNSORTED
    assert "NEW_REASON" in refusal("NewException", "NEW_REASON", "no").say


@pytest.mark.parametrize(
    ("code", "told"),
    [
        *((code, "ListRoots was denied") for code in ("AccessDenied", "AccessDeniedException")),
        *((code, f"ListRoots was refused ({code})") for code in ("AccessDeniedForDependencyException", "Odd")),
    ],
)
def test_what_is_denied_is_told_so_wherever_it_is_told(code: str, told: str) -> None:
    error = RefusedError("ListRoots", "no", code=code)
    assert error.unread == told
    assert ("do not allow" in hindrance(error).say) is is_denied(code)
