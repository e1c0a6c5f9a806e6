from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.aws import AwsSandbox


@pytest.fixture(scope="module")
def running() -> Iterator[AwsSandbox]:
    with AwsSandbox() as aws:
        yield aws


@pytest.fixture
def aws(running: AwsSandbox) -> AwsSandbox:
    """A sandbox with the seed and nothing else."""
    running.reset()
    return running


@pytest.fixture
def organizations(aws: AwsSandbox) -> Any:
    """A boto3 client of the management account, without retries."""
    return aws.client("organizations")


@pytest.fixture
def root(organizations: Any) -> str:
    return str(organizations.list_roots()["Roots"][0]["Id"])
