"""Fixtures that every part's tests share: one AWS for each module, begun anew for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.aws.server import AwsSandbox
from tests.harness.aws import running
from tests.harness.profiles import choose_profile

choose_profile()


@pytest.fixture(scope="module")
def running_aws() -> Iterator[AwsSandbox]:
    with running() as aws:
        yield aws


@pytest.fixture
def aws(running_aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> AwsSandbox:
    """The article's organization, fresh; the environment points boto3 at it."""
    running_aws.reset()
    for name, value in running_aws.environment().items():
        monkeypatch.setenv(name, value)
    return running_aws
