"""A bot whose audit is signed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from approvals.audit import signing
from sandbox.aws.server import AwsSandbox
from tests.harness.tampering import KEYS
from tests.harness.workers import Workers


@pytest.fixture
def signed(aws: AwsSandbox) -> Iterator[Workers]:
    found = Workers(aws, keys=KEYS)
    signing.begin(found.context.store, found.clock())
    yield found
    found.close()
