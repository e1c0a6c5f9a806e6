"""A bot without Slack's side, whose workers are run by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.aws.server import AwsSandbox
from tests.harness.workers import Workers


@pytest.fixture
def workers(aws: AwsSandbox, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(f"sqlite:///{tmp_path / 'orgbot.db'}")
    yield workers
    workers.close()
