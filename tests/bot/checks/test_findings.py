"""What `orgbot check` says of an error of AWS: what to do, whichever of AWS's codes says it."""

from __future__ import annotations

import pytest

from bot.checks.findings import ATTACH, NO_CREDENTIALS, RENEW, UNREACHABLE, aws_meaning
from operations.aws.codes import CODES, is_denied
from operations.aws.codes import UNREACHABLE as AWAY
from operations.aws.errors import AmbiguousError, CredentialsError, RefusedError
from operations.aws.own_credentials import CREDENTIALS, MISSING
from tests.harness.tables import each_of


@each_of("code", CREDENTIALS)
def test_credentials_that_are_none_or_wrong(code: str) -> None:
    told = NO_CREDENTIALS if CREDENTIALS[code] is MISSING else RENEW
    assert aws_meaning(CredentialsError("ListRoots", "bad", code=code)) == f"{told} (ListRoots: {code})"


@pytest.mark.parametrize("code", [code for code in CODES if is_denied(code)])
def test_permissions_that_are_lacking(code: str) -> None:
    assert aws_meaning(RefusedError("ListRoots", "no", code=code)).startswith(ATTACH)


@pytest.mark.parametrize("code", [code for code, means in CODES.items() if means is AWAY])
def test_an_aws_that_is_not_reached(code: str) -> None:
    assert aws_meaning(AmbiguousError("ListRoots", "no", code=code)).startswith(UNREACHABLE)


def test_whatever_else_is_told_in_the_words_of_aws() -> None:
    odd = RefusedError("ListRoots", "because of the moon", code="StrangeException")
    assert aws_meaning(odd) == "because of the moon (ListRoots: StrangeException)"
    busy = RefusedError("ListRoots", "Rate exceeded", code="Throttling")
    assert aws_meaning(busy) == "Rate exceeded (ListRoots: Throttling)"
