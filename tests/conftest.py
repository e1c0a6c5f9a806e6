"""Fixtures that every part's tests share: one AWS for each module, begun anew for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.aws.server import AwsSandbox
from tests.harness.profiles import choose_profile

choose_profile()


@pytest.fixture(scope="module")
def _one_aws() -> Iterator[AwsSandbox]:
    with AwsSandbox(creation_seconds=0.0) as aws:
        yield aws


@pytest.fixture
def aws(_one_aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> AwsSandbox:
    """The article's organization, fresh; the environment points boto3 at it."""
    _one_aws.reset()
    for name, value in _one_aws.environment().items():
        monkeypatch.setenv(name, value)
    return _one_aws
