"""The office: a bot whose workers are run by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.aws.server import AwsSandbox
from tests.approvals.office import Office


@pytest.fixture
def office(aws: AwsSandbox, tmp_path: Path) -> Iterator[Office]:
    office = Office(f"sqlite:///{tmp_path / 'orgbot.db'}")
    yield office
    office.close()
