"""A bot without Slack's side, whose workers are run by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.aws.server import AwsSandbox
from tests.harness.workers import Workers


@pytest.fixture
def workers(aws: AwsSandbox) -> Iterator[Workers]:
    workers = Workers(aws)
    yield workers
    workers.close()
